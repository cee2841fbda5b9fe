//! The lines of an export: JSON, one thing a line, under a word that says what it is.

use std::io::{BufWriter, Write};

use serde::{Deserialize, Serialize};

use super::History;
use crate::error::{Code, Error};
use crate::id::OrganisationId;
use crate::store::JournalEntry;
use crate::time::Timestamp;
use crate::upcast;

/// The first line: what this is.
pub(crate) const EXPORT: &str = "export";
/// A person as an owner or admin sees them.
pub(crate) const PERSON: &str = "person";
/// A member whose account is gone and whose place waits for the sweep.
pub(crate) const GONE: &str = "gone";
/// An entry of the journal.
pub(crate) const ENTRY: &str = "entry";
/// The last line, by which half a file is recognised.
pub(crate) const END: &str = "end";

/// The name of the format.
pub(crate) const FORMAT: &str = "mailgrant";
/// Its version.
pub(crate) const VERSION: u32 = 1;

/// What an export says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// The version of the shape of the rows.
    pub(crate) rows: u32,
    pub(crate) organisation: OrganisationId,
    /// When it was made.
    pub(crate) at: Timestamp,
    pub(crate) history: History,
}

impl Header {
    pub(crate) fn new(organisation: OrganisationId, at: Timestamp, history: History) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, rows: upcast::ROW, organisation, at, history }
    }
}

/// How much there was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) rows: u64,
    pub(crate) entries: u64,
}

/// Writes lines.
pub(crate) struct Lines<W: Write> {
    output: BufWriter<W>,
    begun: bool,
}

impl<W: Write> Lines<W> {
    pub(crate) fn new(output: W) -> Self {
        Self { output: BufWriter::new(output), begun: false }
    }

    /// Whether anything was written.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// A line of a word and what is JSON already.
    pub(crate) fn text(&mut self, word: &str, json: &str) -> Result<(), Error> {
        self.begun = true;
        writeln!(self.output, "{{\"{word}\":{json}}}").map_err(unwritable)
    }

    pub(crate) fn object(&mut self, word: &str, what: &impl Serialize) -> Result<(), Error> {
        let json = serde_json::to_string(what).map_err(unwritable)?;
        self.text(word, &json)
    }

    pub(crate) fn entry(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Outside<'a> {
            stream: &'a str,
            seq: u64,
            at: Timestamp,
            change: crate::id::ChangeId,
            actor: &'a str,
            command: &'a str,
            kind: &'a str,
            version: u32,
            subject: &'a str,
        }
        let outside = serde_json::to_string(&Outside {
            stream: entry.stream.as_str(),
            seq: entry.seq,
            at: entry.at,
            change: entry.change,
            actor: &entry.actor,
            command: &entry.command,
            kind: &entry.kind,
            version: entry.version,
            subject: &entry.subject,
        })
        .map_err(unwritable)?;
        let outside = outside.strip_suffix('}').unwrap_or(&outside);
        self.text(ENTRY, &format!("{outside},\"body\":{}}}", entry.body))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.output.flush().map_err(unwritable)
    }
}

fn unwritable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Code::ExportUnwritable, "the export could not be written: begin again with an empty output")
        .caused_by(source)
}
