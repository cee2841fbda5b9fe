//! The typed part of the Python package.

mod calls;
mod reading;
mod spelling;
mod types;
mod writing;

use super::Written;
use super::model::Model;
use spelling::Spelling;

const HEAD: &str = "# Written by `cargo xtask generate` from the core's own tables. Change those instead.\n";

/// The files, in the order in which they build on each other.
pub(super) fn write(model: &Model) -> Result<Vec<Written>, String> {
    let spelling = Spelling::of(model)?;
    let file = |path, text: String| Written { path, text };
    Ok(vec![
        file("bindings/python/python/mailgrant/types.py", types::write(model, &spelling)),
        file("bindings/python/python/mailgrant/_reading.py", reading::write(model, &spelling)),
        file("bindings/python/python/mailgrant/_writing.py", writing::write(model, &spelling)),
        file("bindings/python/python/mailgrant/_commands.py", calls::commands(model, &spelling)),
        file("bindings/python/python/mailgrant/_questions.py", calls::questions(model, &spelling)),
    ])
}

/// A docstring of these sections, indented.
fn docstring(indent: usize, sections: &[String]) -> String {
    let margin = " ".repeat(indent);
    let sections: Vec<&String> = sections.iter().filter(|section| !section.trim().is_empty()).collect();
    let mut text = format!("{margin}\"\"\"");
    for (place, section) in sections.iter().enumerate() {
        if place > 0 {
            text += "\n";
        }
        let filled = filled(section, if place == 0 { 3 } else { 0 }, 104 - indent);
        for (number, line) in filled.lines().enumerate() {
            let begins = place == 0 && number == 0;
            if !begins && !line.is_empty() {
                text += &margin;
            }
            text += line.trim_end();
            text += "\n";
        }
    }
    // A single line closes on itself.
    if sections.len() == 1 && text.lines().count() == 1 {
        return format!("{}\"\"\"\n", text.trim_end());
    }
    format!("{text}{margin}\"\"\"\n")
}

/// Lines of bearable length. What is laid out by hand, such as a table or a list of arguments, stays.
fn filled(section: &str, before: usize, width: usize) -> String {
    if section.contains("\n|") || section.starts_with('|') || section.contains("\n    ") {
        return section.to_owned();
    }
    let first = "x".repeat(before);
    let flowing = section.split_whitespace().collect::<Vec<_>>().join(" ");
    let options = textwrap::Options::new(width).break_words(false).initial_indent(&first);
    let text = textwrap::fill(&flowing, options);
    text.get(before..).unwrap_or_default().to_owned()
}

/// A named list such as `Args:`, each entry wrapped under its name.
fn listed(title: &str, entries: &[(String, String)], width: usize) -> String {
    let mut text = format!("{title}:");
    for (name, what) in entries {
        let flowing = what.split_whitespace().collect::<Vec<_>>().join(" ");
        let entry = format!("{name}: {flowing}");
        let options = textwrap::Options::new(width)
            .break_words(false)
            .initial_indent("    ")
            .subsequent_indent("        ");
        text += "\n";
        text += &textwrap::fill(&entry, options);
    }
    text
}
