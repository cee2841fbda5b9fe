//! The file: one change a line, as `examples/data/roster/README.md` describes them.

use std::io::BufRead;

use serde::Deserialize;

use crate::stopped::{Problem, Stopped};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// Its number in the file, the first being 1.
    #[serde(skip)]
    pub number: usize,
    /// When, in seconds since 1970.
    pub at: i64,
    /// In which organisation.
    pub org: String,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the README of the data says what the fields are")]
pub enum Change {
    /// A person founds the organisation.
    OpenOrganisation { owner: String },
    /// It ends, with all in it.
    DeleteOrganisation,
    /// A person belongs to it now.
    AddMember { person: String, role: Role },
    /// A member's role is another.
    SetRole { person: String, role: Role },
    /// A person belongs to it no more.
    RemoveMember { person: String },
    /// A mailbox exists now.
    OpenMailbox { mailbox: String },
    /// It is gone.
    DeleteMailbox { mailbox: String },
    /// Another address leads to a mailbox.
    AddAlias { mailbox: String, alias: String },
    /// It does no more.
    RemoveAlias { mailbox: String, alias: String },
    /// A member has a mailbox now.
    Grant { mailbox: String, person: String, level: Level },
    /// What they may do with it is something else.
    ChangeGrant { mailbox: String, person: String, level: Level },
    /// They have it no more.
    Revoke { mailbox: String, person: String },
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An owner.
    Admin,
    /// Anybody else.
    Member,
}

/// What somebody may do with a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Everything.
    Maintainer,
    /// What is usual in the organisation.
    Member,
}

/// The lines of a history, read as they are needed; blank ones are passed over.
pub fn lines(mut history: impl BufRead) -> impl Iterator<Item = Result<Line, Stopped>> {
    let (mut number, mut latest, mut text) = (0, i64::MIN, Vec::new());
    std::iter::from_fn(move || {
        loop {
            text.clear();
            number += 1;
            match history.read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(_) if text.trim_ascii().is_empty() => {}
                Ok(_) => {
                    let line = read(&text, number, latest).map_err(|problem| problem.on(number));
                    latest = line.as_ref().map_or(latest, |line| line.at);
                    return Some(line);
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    })
}

fn read(text: &[u8], number: usize, latest: i64) -> Result<Line, Problem> {
    let line: Line = serde_json::from_slice(text.trim_ascii_end()).map_err(Problem::Malformed)?;
    if line.at < latest {
        return Err(Problem::Backwards(latest, line.at));
    }
    Ok(Line { number, ..line })
}
