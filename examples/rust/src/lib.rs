//! What the example `roster` does: it replays a history of real organisations through the commands that any host
//! program uses, and reads back how things stood at any instant through the questions that any host asks.
#![forbid(unsafe_code)]

mod history;
mod place;
mod replay;
mod staged;
mod states;
mod stopped;
mod summary;

pub use history::{Change, Level, Line, Role, lines};
pub use place::{NoStore, Place};
pub use replay::Replay;
pub use states::{MailboxState, OrganisationState, States};
pub use stopped::{Problem, Stopped};
pub use summary::Summary;

/// The programs in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
