//! Why a replay came to its end too early.

use std::io;

/// Why a replay came to its end too early. What stood before it in the history is kept.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A line that cannot be replayed.
    #[error("line {number}: {problem}")]
    Line {
        /// Which, the first being 1.
        number: usize,
        /// Why.
        problem: Problem,
    },
    /// The history cannot be read on.
    #[error("the history cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The store did not take a commit.
    #[error(transparent)]
    Store(mailgrant::Error),
}

/// Why a line cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is no change.
    #[error("{} (column {})", without_place(.0), .0.column())]
    Malformed(serde_json::Error),
    /// It happened before the line above it.
    #[error("`at` goes back from {0} to {1}")]
    Backwards(i64, i64),
    /// There is no such organisation at the time.
    #[error("there is no organisation `{0}`")]
    NoOrganisation(String),
    /// An organisation has this name at the time.
    #[error("there is an organisation `{0}` already")]
    OrganisationExists(String),
    /// The organisation has no such mailbox at the time.
    #[error("`{0}` has no mailbox `{1}`")]
    NoMailbox(String, String),
    /// The directory refused it.
    #[error("{0} ({code})", code = .0.code())]
    Refused(#[from] mailgrant::Error),
}

impl Problem {
    pub(crate) fn on(self, number: usize) -> Stopped {
        Stopped::Line { number, problem: self }
    }
}

/// What serde says, without the place that it puts at the end: it counts lines from this one.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}
