//! Long answers come in pages, each continued by the cursor of the one before.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::store::{Key, Range};

/// The most items of a page.
const MOST_ITEMS: usize = 1_000;

/// Where the next page begins. Opaque; good for the question that handed it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn new(list: &str, place: &str) -> Self {
        Self(format!("{list}:{place}"))
    }

    /// The place within a list; `cursor.invalid` where another list handed it out.
    pub(crate) fn place(&self, list: &str) -> Result<&str, Error> {
        self.0.strip_prefix(list).and_then(|rest| rest.strip_prefix(':')).ok_or_else(foreign_cursor)
    }
}

/// The refusal of a cursor that another list handed out.
pub(crate) fn foreign_cursor() -> Error {
    Error::new(Code::CursorInvalid, "this cursor is of another question: begin without one")
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Which page: what comes after a cursor, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageRequest {
    /// Where the page before ended; `None` from the beginning.
    pub after: Option<Cursor>,
    /// At most so many items, 1 to 1,000; others count as the nearest of these.
    pub limit: usize,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { after: None, limit: 100 }
    }
}

impl PageRequest {
    /// From the beginning, at most so many items.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    /// What comes after a page; `None` after the last one.
    pub fn next<T>(&self, page: &Page<T>) -> Option<Self> {
        page.next.clone().map(|next| Self { after: Some(next), limit: self.limit })
    }

    pub(crate) fn size(&self) -> usize {
        self.limit.clamp(1, MOST_ITEMS)
    }

    pub(crate) fn range(&self, list: &str) -> Result<Range, Error> {
        Ok(Range { after: self.key_after(list)?, limit: self.size() })
    }

    /// The key after which the page begins.
    pub(crate) fn key_after(&self, list: &str) -> Result<Option<Key>, Error> {
        self.after.as_ref().map(|cursor| cursor.place(list).map(Key::new)).transpose()
    }
}

/// A part of a long answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page<T> {
    /// The items. A page may have fewer than asked for, even none, and still not be the last.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

/// Goes through all pages of a question.
///
/// ```
/// # use mailgrant::{Actor, Directory, MemoryStore, OrganisationId, Error, every};
/// # fn show(directory: &Directory, owner: &Actor, organisation: OrganisationId) -> Result<(), Error> {
/// for mailbox in every(|page| directory.mailboxes(owner, organisation, page)) {
///     println!("{}", mailbox?.address);
/// }
/// # Ok(()) }
/// ```
pub fn every<T>(
    mut question: impl FnMut(&PageRequest) -> Result<Page<T>, Error>,
) -> impl Iterator<Item = Result<T, Error>> {
    let mut request = Some(PageRequest { after: None, limit: MOST_ITEMS });
    std::iter::from_fn(move || {
        let asked = request.take()?;
        let page = question(&asked);
        request = page.as_ref().ok().and_then(|page| asked.next(page));
        Some(page)
    })
    .flat_map(|page| match page {
        Ok(page) => page.items.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    })
}
