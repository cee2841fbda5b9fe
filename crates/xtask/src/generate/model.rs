//! What bindings are made from: the commands, the questions and the types of the core, as its source says them.

use std::collections::BTreeMap;

/// What the directory's other methods take or answer, those that bindings have by hand.
const BESIDES: &[&str] = &["Beyond", "DeviceObstacle", "Exported", "History", "Imported", "Obstacle"];

/// Everything that is read from the core.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) commands: Vec<Command>,
    pub(crate) questions: Vec<Question>,
    /// The types that commands and questions mention, by name, and those that these mention.
    pub(crate) types: BTreeMap<String, Type>,
    /// What can happen, by its stable name.
    pub(crate) events: Vec<Event>,
    /// The stable names of problems, with what each means.
    pub(crate) codes: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: String,
    /// What the core calls the struct.
    pub(crate) rust: String,
    pub(crate) docs: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) output: Ty,
}

#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) docs: String,
    /// Whether who asks is of account.
    pub(crate) asked_by: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) output: Ty,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) ty: Ty,
    pub(crate) default: Option<Fallback>,
}

/// What a field is where nothing was said.
#[derive(Debug, Clone)]
pub(crate) enum Fallback {
    /// As its type has it.
    OfType,
    /// A number.
    Number(u64),
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) docs: String,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Shape {
    /// An enumeration with a word for each value.
    Words { words: Vec<Word>, default: Option<String> },
    /// A word for each value; some say besides who alone may lift it.
    Imposed { words: Vec<Word> },
    /// Named fields.
    Struct { fields: Vec<Field> },
    /// One of several; under the name of the variant unless it has no content.
    Union { variants: Vec<Variant>, default: Option<String> },
}

#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// What the core calls it.
    pub(crate) rust: String,
    pub(crate) word: String,
    pub(crate) docs: String,
}

#[derive(Debug)]
pub(crate) struct Variant {
    /// What the core calls it.
    pub(crate) rust: String,
    pub(crate) word: String,
    pub(crate) docs: String,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Nothing,
    One(Ty),
    Fields(Vec<Field>),
}

/// The type of a field or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ty {
    /// An id of a kind, such as `UserId`.
    Id(String),
    Text,
    Address,
    DomainName,
    Number,
    Truth,
    /// Milliseconds since 1970.
    Instant,
    /// Who acted.
    By,
    /// Service rights: words of the host, each at a level.
    Services,
    Network,
    Ip,
    /// A secret that goes in.
    Presented,
    /// A device password that comes out, beside the answer.
    DevicePassword,
    /// A token that comes out, beside the answer.
    Token,
    /// An event, whichever.
    Event,
    /// A command, whichever.
    AnyCommand,
    Nothing,
    Named(String),
    /// Some of the words of an enumeration.
    Set(String),
    Optional(Box<Ty>),
    List(Box<Ty>),
    Page(Box<Ty>),
    /// Which page.
    PageRequest,
}

impl Ty {
    /// Whether it is a secret that comes out beside the answer.
    pub(crate) fn is_shown_once(&self) -> bool {
        match self {
            Self::DevicePassword | Self::Token => true,
            Self::Optional(inner) => inner.is_shown_once(),
            _ => false,
        }
    }

    /// Whether it is a secret that goes in.
    pub(crate) fn is_presented(&self) -> bool {
        match self {
            Self::Presented => true,
            Self::Optional(inner) => inner.is_presented(),
            _ => false,
        }
    }

    /// The named types in it.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) | Self::Set(name) => vec![name],
            Self::Optional(inner) | Self::List(inner) | Self::Page(inner) => inner.names(),
            Self::Services => vec!["Level"],
            _ => Vec::new(),
        }
    }
}

impl Type {
    /// The types in it.
    pub(crate) fn parts(&self) -> Vec<&Ty> {
        match &self.shape {
            Shape::Words { .. } | Shape::Imposed { .. } => Vec::new(),
            Shape::Struct { fields } => fields.iter().map(|field| &field.ty).collect(),
            Shape::Union { variants, .. } => {
                variants.iter().flat_map(|variant| variant.content.parts()).collect()
            }
        }
    }
}

impl Content {
    fn parts(&self) -> Vec<&Ty> {
        match self {
            Self::Nothing => Vec::new(),
            Self::One(ty) => vec![ty],
            Self::Fields(fields) => fields.iter().map(|field| &field.ty).collect(),
        }
    }
}

impl Model {
    /// The types that go in, in the order of their names.
    pub(crate) fn taken(&self) -> Vec<String> {
        let fields = self.commands.iter().flat_map(|command| &command.fields);
        let fields = fields.chain(self.questions.iter().flat_map(|question| &question.fields));
        let mut waiting: Vec<String> = fields.flat_map(|field| field.ty.names()).map(str::to_owned).collect();
        waiting.extend(["Beyond", "History", "Protocol", "Right"].map(str::to_owned));
        let mut found: Vec<String> = Vec::new();
        while let Some(name) = waiting.pop() {
            if !found.contains(&name) {
                let parts = self.types.get(&name).map(Type::parts).unwrap_or_default();
                waiting.extend(parts.into_iter().flat_map(Ty::names).map(str::to_owned));
                found.push(name);
            }
        }
        found.sort();
        found
    }

    /// Keeps the types that commands, questions and events mention, and those that these mention.
    pub(crate) fn without_the_unmentioned(mut self) -> Self {
        let mut reached: Vec<String> = Vec::new();
        let mut waiting: Vec<String> =
            {
                let commands = self.commands.iter().flat_map(|command| {
                    command.fields.iter().map(|field| &field.ty).chain([&command.output])
                });
                let questions = self.questions.iter().flat_map(|question| {
                    question.fields.iter().map(|field| &field.ty).chain([&question.output])
                });
                let events = self.events.iter().flat_map(|event| event.fields.iter().map(|field| &field.ty));
                let types = commands.chain(questions).chain(events);
                types.flat_map(Ty::names).chain(BESIDES.iter().copied()).map(str::to_owned).collect()
            };
        while let Some(name) = waiting.pop() {
            if reached.contains(&name) {
                continue;
            }
            if let Some(found) = self.types.get(&name) {
                waiting.extend(found.parts().into_iter().flat_map(Ty::names).map(str::to_owned));
            }
            reached.push(name);
        }
        self.types.retain(|name, _| reached.contains(name));
        self
    }
}
