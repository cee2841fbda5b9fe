//! What the core's documentation says, without its Rust.

/// A doc comment in parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    /// Paragraphs, tables and lists as they stand, without headings and code.
    pub(crate) paragraphs: Vec<String>,
    /// What `# Errors` says.
    pub(crate) errors: Option<String>,
}

impl Prose {
    /// Of a doc comment. `spell` says what a binding calls what the core calls so.
    pub(crate) fn of(docs: &str, spell: &dyn Fn(&str) -> String) -> Self {
        let mut prose = Self::default();
        let (mut errors, mut code) = (false, false);
        for part in docs.split("\n\n") {
            let fences = part.matches("```").count();
            if code || fences > 0 {
                code ^= fences % 2 == 1;
                continue;
            }
            let text = match part.trim().strip_prefix("# Errors") {
                Some(rest) => {
                    errors = true;
                    rest.trim()
                }
                None => part.trim(),
            };
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let text = plain(text, spell);
            if errors {
                prose.errors =
                    Some(prose.errors.map_or_else(|| text.clone(), |before| format!("{before}\n\n{text}")));
            } else {
                prose.paragraphs.push(text);
            }
        }
        prose
    }
}

/// Links become what they show; paths become names.
fn plain(text: &str, spell: &dyn Fn(&str) -> String) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, link) = rest.split_at(start);
        shown += before;
        let Some((label, after)) = link.get(1..).and_then(|link| link.split_once(']')) else { break };
        let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        match (label.starts_with('`') || target.is_some(), target) {
            (true, Some((_, after))) => {
                shown += label;
                rest = after;
            }
            (true, None) => {
                shown += label;
                rest = after;
            }
            // Brackets that are no link.
            (false, _) => {
                shown += "[";
                rest = link.get(1..).unwrap_or_default();
            }
        }
    }
    shown += rest;
    spelt(&shown, spell)
}

/// What stands in backticks, as a binding spells it.
fn spelt(text: &str, spell: &dyn Fn(&str) -> String) -> String {
    let mut parts = text.split('`');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    let mut quoted = true;
    for part in parts {
        shown.push('`');
        shown += &if quoted { spell(part) } else { part.to_owned() };
        quoted = !quoted;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(name: &str) -> String {
        name.replace("::", ".")
    }

    #[test]
    fn links_become_what_they_show_and_errors_stand_apart() {
        let docs = "As [`Directory::at`], [since](Self::since) then.\n\nCosts [1].\n\n# Errors\n`a.b`; [`c`](d).\n\n```\nlet x;\n\nlet y;\n```";
        let prose = Prose::of(docs, &spell);
        assert_eq!(prose.paragraphs, ["As `Directory.at`, since then.", "Costs [1]."]);
        assert_eq!(prose.errors.as_deref(), Some("`a.b`; `c`."));
    }
}
