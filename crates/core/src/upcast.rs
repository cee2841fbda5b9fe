//! Every shape ever written stays readable: what an older version wrote becomes today's shape here.
//!
//! A row and a journal entry carry the version of their kind. When a shape changes, raise its version below
//! and turn the former shape into the new one; the fixtures of this file's tests prove that nothing is lost.

use std::borrow::Cow;

use crate::error::Corrupt;
use crate::store::{JournalEntry, Row};

/// The version that rows are written with.
pub(crate) const ROW: u32 = 1;
/// The version that journal entries are written with.
pub(crate) const EVENT: u32 = 1;

/// The body of a row in today's shape.
pub(crate) fn row(row: &Row) -> Result<Cow<'_, str>, Corrupt> {
    match row.version {
        ROW => Ok(Cow::Borrowed(&row.body)),
        other => {
            Err(Corrupt(format!("row `{}` has version {other}, this version knows up to {ROW}", row.key)))
        }
    }
}

/// The body of a journal entry in today's shape.
pub(crate) fn event(entry: &JournalEntry) -> Result<Cow<'_, str>, Corrupt> {
    match entry.version {
        EVENT => Ok(Cow::Borrowed(&entry.body)),
        other => Err(Corrupt(format!(
            "entry {} of `{}` has version {other}, this version knows up to {EVENT}",
            entry.seq, entry.stream
        ))),
    }
}
