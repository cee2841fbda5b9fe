//! Who acts, and who acted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Code, Error};
use crate::id::UserId;

/// Who runs a command or asks a question. The host says so after it has checked; it cannot be read from JSON
/// and has no default, so that no request body ever decides it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// Whoever holds the token that the command brings.
    Bearer,
    /// The host program, by the name of the part that acts: `panel`, `import`, `cron`.
    System(String),
}

impl Actor {
    /// The host program, by the name of the part that acts.
    pub fn system(name: impl Into<String>) -> Self {
        Self::System(name.into())
    }

    /// The acting person, if it is one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(*user),
            Self::Bearer | Self::System(_) => None,
        }
    }

    /// Whether the host program acts.
    pub fn is_system(&self) -> bool {
        matches!(self, Self::System(_))
    }
}

impl From<UserId> for Actor {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

/// Who did something, as the journal and the entities keep it: `usr_…`, `sys:name` or `bearer`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum By {
    /// A person.
    User(UserId),
    /// Whoever held the token.
    Bearer,
    /// The host program.
    System(String),
}

impl By {
    /// The person, if it was one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(*user),
            Self::Bearer | Self::System(_) => None,
        }
    }

    /// Whoever it was, acting again.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::User(user) => Actor::User(*user),
            Self::Bearer => Actor::Bearer,
            Self::System(name) => Actor::System(name.clone()),
        }
    }
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self::User(*user),
            Actor::Bearer => Self::Bearer,
            Actor::System(name) => Self::System(name.clone()),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Bearer => f.write_str("bearer"),
            Self::System(name) => write!(f, "sys:{name}"),
        }
    }
}

impl FromStr for By {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.strip_prefix("sys:") {
            Some(name) => Ok(Self::System(name.to_owned())),
            None if text == "bearer" => Ok(Self::Bearer),
            None => text.parse().map(Self::User).map_err(|_| {
                Error::new(Code::IdInvalid, "an actor is `usr_…`, `sys:name` or `bearer`")
                    .with("expected", "usr_")
            }),
        }
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who suspended or held something. What System suspended only System resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// Someone in the organisation.
    Member,
    /// The host program.
    System,
}

impl Authority {
    /// The authority with which `actor` acts.
    pub(crate) fn of(actor: &Actor) -> Self {
        if actor.is_system() { Self::System } else { Self::Member }
    }

    /// Whether `actor` may lift what this authority imposed.
    pub(crate) fn lifted_by(self, actor: &Actor) -> bool {
        self == Self::Member || actor.is_system()
    }
}
