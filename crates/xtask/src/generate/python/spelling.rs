//! What Python calls things, and how it says their types.

use std::collections::BTreeMap;

use super::super::model::*;
use super::super::prose::Prose;
use super::docstring;

/// What a variant with content is called, as it stands beside others in one module.
const VARIANTS: &[(&str, &str, &str)] = &[
    ("DeviceState", "Active", "DeviceActive"),
    ("DeviceState", "Revoked", "DeviceRevoked"),
    ("DomainProof", "Pending", "DomainPending"),
    ("DomainProof", "Verified", "DomainVerified"),
    ("DeviceSecret", "Password", "PasswordSecret"),
    ("DeviceSecret", "Legacy", "LegacySecret"),
    ("DeviceSecret", "Missing", "MissingSecret"),
    ("For", "Myself", "Myself"),
    ("For", "Nobody", "Nobody"),
    ("Reacher", "Device", "ReachingDevice"),
    ("Compared", "Person", "ComparedPerson"),
    ("Compared", "Device", "ComparedDevice"),
    ("Situation", "Nothing", "NoAccess"),
    ("Situation", "Member", "MemberAccess"),
    ("Situation", "Access", "PersonAccess"),
    ("Situation", "Device", "DeviceAccess"),
    ("Subject", "Access", "AccessSubject"),
];

/// Types that are called otherwise.
const TYPES: &[(&str, &str)] =
    &[("For", "Holder"), ("Subject", "ReviewSubject"), ("History", "ExportHistory")];

/// Methods that are called otherwise, by what the core calls them.
const METHODS: &[(&str, &str)] = &[("import", "import_")];

pub(super) struct Spelling<'m> {
    model: &'m Model,
    /// What the core calls a command, and its method.
    commands: BTreeMap<&'m str, &'m str>,
}

impl<'m> Spelling<'m> {
    /// Refuses a model that has a variant without a name.
    pub(super) fn of(model: &'m Model) -> Result<Self, String> {
        let commands =
            model.commands.iter().map(|command| (command.rust.as_str(), command.name.as_str())).collect();
        for (name, of) in &model.types {
            let Shape::Union { variants, .. } = &of.shape else { continue };
            for variant in variants.iter().filter(|variant| !matches!(variant.content, Content::One(_))) {
                if variant_of(name, &variant.rust).is_none() {
                    return Err(format!("`{name}::{}` needs a name in `VARIANTS`", variant.rust));
                }
            }
        }
        Ok(Self { model, commands })
    }

    pub(super) fn shape(&self, name: &str) -> Option<&'m Shape> {
        self.model.types.get(name).map(|of| &of.shape)
    }

    /// What a named type is called.
    pub(super) fn named(&self, name: &str) -> String {
        TYPES.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to).to_owned()
    }

    /// What a variant is called.
    pub(super) fn variant(&self, of: &str, name: &str) -> String {
        variant_of(of, name).unwrap_or(name).to_owned()
    }

    /// The type as an answer has it.
    pub(super) fn ty(&self, ty: &Ty) -> String {
        match ty {
            Ty::Id(name) => name.clone(),
            Ty::Text | Ty::Address | Ty::DomainName | Ty::Presented => "str".to_owned(),
            Ty::Number => "int".to_owned(),
            Ty::Truth => "bool".to_owned(),
            Ty::Instant => "datetime".to_owned(),
            Ty::By => "Actor".to_owned(),
            Ty::Services => "Services".to_owned(),
            Ty::Network => "Network".to_owned(),
            Ty::Ip => "IPAddress".to_owned(),
            Ty::DevicePassword => "DevicePassword".to_owned(),
            Ty::Token => "Token".to_owned(),
            Ty::Event => "Event".to_owned(),
            Ty::AnyCommand => "Command".to_owned(),
            Ty::Nothing => "None".to_owned(),
            Ty::Named(name) => self.named(name),
            Ty::Set(name) => format!("frozenset[{}]", self.named(name)),
            Ty::Optional(inner) => format!("{} | None", self.ty(inner)),
            Ty::List(inner) => format!("tuple[{}, ...]", self.ty(inner)),
            Ty::Page(inner) => format!("Page[{}]", self.ty(inner)),
            Ty::PageRequest => "str".to_owned(),
        }
    }

    /// The type as an argument has it: more than an answer, so that plain words and lists do.
    pub(super) fn taken(&self, ty: &Ty) -> String {
        match ty {
            Ty::Set(name) => format!("Iterable[{}]", self.taken_word(name)),
            Ty::Named(name) if matches!(self.shape(name), Some(Shape::Words { .. })) => self.taken_word(name),
            Ty::Services => "Mapping[str, LevelLike]".to_owned(),
            Ty::Network => "Network | str".to_owned(),
            Ty::Optional(inner) => format!("{} | None", self.taken(inner)),
            Ty::List(inner) => format!("Iterable[{}]", self.taken(inner)),
            _ => self.ty(ty),
        }
    }

    fn taken_word(&self, name: &str) -> String {
        format!("{}Like", self.named(name))
    }

    /// What a field is where nothing was said.
    pub(super) fn default(&self, ty: &Ty, default: &Fallback) -> String {
        if let Fallback::Number(seconds) = default {
            return format!("timedelta(seconds={seconds})");
        }
        match ty {
            Ty::Optional(_) => "None".to_owned(),
            Ty::List(_) => "()".to_owned(),
            Ty::Set(_) => "frozenset()".to_owned(),
            Ty::Services => "NO_SERVICES".to_owned(),
            Ty::Named(name) => match self.shape(name) {
                Some(Shape::Words { default: Some(value), .. }) => {
                    format!("{}.{}", self.named(name), loud(value))
                }
                Some(Shape::Union { default: Some(value), .. }) => format!("{}()", self.variant(name, value)),
                _ => "None".to_owned(),
            },
            _ => "None".to_owned(),
        }
    }

    /// What a doc comment says, in Python's words.
    pub(super) fn prose(&self, docs: &str) -> Prose {
        Prose::of(docs, &|name| self.word(name))
    }

    /// The docstring of a class, a field or a word.
    pub(super) fn docstring(&self, docs: &str) -> String {
        docstring(4, &self.prose(docs).paragraphs)
    }

    /// Whether somebody may have imposed it, who alone lifts it.
    pub(super) fn is_imposed(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(name) if matches!(self.shape(name), Some(Shape::Imposed { .. })))
    }

    /// What Python calls what the core's documentation calls so.
    pub(super) fn word(&self, rust: &str) -> String {
        if let Some(method) = self.commands.get(rust) {
            return (*method).to_owned();
        }
        let Some((of, part)) = rust.rsplit_once("::") else { return self.named(rust) };
        let of = of.rsplit("::").next().unwrap_or(of);
        if of == "Self" {
            return part.to_owned();
        }
        match self.shape(of) {
            Some(Shape::Words { .. } | Shape::Imposed { .. }) => format!("{}.{}", self.named(of), loud(part)),
            Some(Shape::Union { .. }) => self.variant(of, part),
            _ => {
                let part = METHODS.iter().find(|(from, _)| *from == part).map_or(part, |(_, to)| to);
                format!("{of}.{part}")
            }
        }
    }
}

fn variant_of(of: &str, name: &str) -> Option<&'static str> {
    VARIANTS.iter().find(|(ty, variant, _)| *ty == of && *variant == name).map(|(_, _, to)| *to)
}

/// `ManageSieve` becomes `MANAGE_SIEVE`.
pub(super) fn loud(name: &str) -> String {
    super::super::source::snake(name).to_uppercase()
}

/// What a field is called: a span of seconds is a `timedelta` under its own name, and the words of the language are
/// others.
pub(super) fn field(field: &Field) -> &str {
    match (field.name.as_str(), &field.ty) {
        ("from", ty) if is_ip(ty) => "source",
        ("from", Ty::Address) => "sender",
        ("from", Ty::Instant) => "since",
        ("to", Ty::Instant) => "until",
        ("except", _) => "except_",
        ("from", _) => "from_",
        (name, _) => name.strip_suffix("_seconds").unwrap_or(name),
    }
}

fn is_ip(ty: &Ty) -> bool {
    match ty {
        Ty::Ip => true,
        Ty::Optional(inner) => is_ip(inner),
        _ => false,
    }
}

/// Whether a number is a span of seconds.
pub(super) fn is_span(field: &Field) -> bool {
    field.ty == Ty::Number && field.name.ends_with("_seconds")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::source;
    use super::*;

    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
        "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
        "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];

    fn model() -> Model {
        source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src")).unwrap()
    }

    #[test]
    fn no_argument_and_no_field_is_a_word_of_the_language() {
        let model = model();
        let structs = model.types.values().filter_map(|of| match &of.shape {
            Shape::Struct { fields } => Some(fields),
            _ => None,
        });
        let commands = model.commands.iter().map(|command| &command.fields);
        let questions = model.questions.iter().map(|question| &question.fields);
        let all: Vec<&Field> = structs.chain(commands).chain(questions).flatten().collect();
        assert!(all.len() > 300, "{}", all.len());
        for of in all {
            assert!(!KEYWORDS.contains(&field(of)), "{}", of.name);
        }
    }

    #[test]
    fn two_fields_of_one_thing_have_two_names() {
        let model = model();
        for fields in model.commands.iter().map(|command| &command.fields) {
            let mut names: Vec<&str> = fields.iter().map(field).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields.len(), "{names:?}");
        }
    }

    #[test]
    fn everything_that_people_see_is_documented() {
        let model = model();
        let spelling = Spelling::of(&model).unwrap();
        for command in &model.commands {
            assert!(!spelling.prose(&command.docs).paragraphs.is_empty(), "{}", command.name);
            for of in &command.fields {
                assert!(!of.docs.is_empty(), "{}: {}", command.name, of.name);
            }
        }
        for question in &model.questions {
            assert!(spelling.prose(&question.docs).errors.is_some(), "{}", question.name);
        }
        for (name, of) in &model.types {
            assert!(!of.docs.is_empty(), "{name}");
        }
    }

    #[test]
    fn rust_is_spelt_as_python() {
        let model = model();
        let spelling = Spelling::of(&model).unwrap();
        for (rust, python) in [
            ("RotateDevice", "rotate_device"),
            ("Directory::import", "Directory.import_"),
            ("Right::AutoReplies", "Right.AUTO_REPLIES"),
            ("DeviceSecret::Missing", "MissingSecret"),
            ("Self::may_send_as", "may_send_as"),
            ("None", "None"),
        ] {
            assert_eq!(spelling.word(rust), python);
        }
    }
}
