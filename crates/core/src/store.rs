//! What a store must do: keep rows, claims, terms, verifiers and a journal, all or nothing.
//!
//! A store knows nothing about mail. Keys, claims and terms are text; bodies are JSON text that it never
//! looks into. Whoever writes one runs `mailgrant-store-check` on it.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::ChangeId;
use crate::time::Timestamp;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Of a text; the core alone knows how it is made up.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text!(
    /// The name of a row, such as `mbx_…` or `grt/mbx_…/usr_…`. Ordered by its bytes.
    Key);
text!(
    /// A name that only one row may hold at a time, such as an address in its organisation.
    Claim);
text!(
    /// A name under which any number of rows are found: the reverse direction of a relation.
    Term);
text!(
    /// A stream: one organisation or one user, each with its own gapless sequence of journal entries.
    Stream);
text!(
    /// Where all streams together stand: what a snapshot holds lies before its mark. The store alone knows how it
    /// is made up.
    Mark);

impl Mark {
    /// Before everything, in every store.
    pub fn beginning() -> Self {
        Self::new("")
    }
}

/// A row as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub key: Key,
    /// The version of the shape of `body`.
    pub version: u32,
    /// The entity, JSON.
    pub body: String,
}

/// Where a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of entries, which is the sequence number of the last one.
    pub seq: u64,
    /// The time of the last one.
    pub at: Timestamp,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The stream it belongs to.
    pub stream: Stream,
    /// Its place in the stream, from 1, without gaps.
    pub seq: u64,
    /// When it happened; never before its predecessor.
    pub at: Timestamp,
    /// The commit it belongs to.
    pub change: ChangeId,
    /// Who did it: `usr_…`, `sys:name` or `bearer`.
    pub actor: String,
    /// The command that did it, such as `open_mailbox`.
    pub command: String,
    /// What happened, such as `mailbox.opened`.
    pub kind: String,
    /// The version of the shape of `body`.
    pub version: u32,
    /// What it happened to: the noun that people would look under.
    pub subject: String,
    /// The event, JSON.
    pub body: String,
}

/// What proves that somebody knows a secret: a PHC string or a digest in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    /// How often it was set, from 1: a change names the version it read.
    pub version: u64,
    /// The PHC string or digest.
    pub secret: String,
    /// Failures in a row since it was set.
    pub failures: u32,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("version", &self.version)
            .field("secret", &"***")
            .field("failures", &self.failures)
            .field("failed_at", &self.failed_at)
            .finish()
    }
}

/// Sets or removes one verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierChange {
    /// Whose it is.
    pub key: Key,
    /// The version that was read; `None` where there must be none.
    pub expect: Option<u64>,
    /// The new one, with version `expect + 1` (1 where there was none) and no failures; `None` removes it.
    pub secret: Option<String>,
}

impl fmt::Debug for VerifierChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierChange")
            .field("key", &self.key)
            .field("expect", &self.expect)
            .field("secret", &"***")
            .finish()
    }
}

/// When something was last used: coarse and lossy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was used.
    pub key: Key,
    /// When.
    pub at: Timestamp,
    /// From where, JSON.
    pub body: String,
}

/// Rewrites one entry of the journal, so that a person's data can be erased: its shape and its body, and nothing
/// else about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// The stream of the entry.
    pub stream: Stream,
    /// Its place in the stream.
    pub seq: u64,
    /// The version of the shape of the new `body`.
    pub version: u32,
    /// What stands there from now on, JSON.
    pub body: String,
}

/// A stream that a change read or appends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The stream.
    pub stream: Stream,
    /// Its sequence number as it was read; 0 where it does not exist yet.
    pub seq: u64,
}

/// Everything that one commit writes, flat. Applied in the order of the fields; the first reason to refuse, in
/// the same order, is the one that is given. Rows, claims and terms know nothing of each other: a deleted row
/// keeps its claims and terms until the change ends them too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// The id, unique among all commits that append to the journal; others leave no trace of theirs. One that
    /// is known is `Done`, whatever else is in the change.
    pub id: ChangeId,
    /// The heads to lock and compare, in the order of their streams, each stream once. Those that nothing is
    /// appended to are locked shared.
    pub expect: Vec<Expect>,
    /// Claims that end. All of these come before all takes. Releasing what another row holds, or
    /// none, is `Conflict`.
    pub release: Vec<(Claim, Key)>,
    /// Claims that begin; a claim that another row holds is `Claimed`. Taking what the same row holds is fine.
    pub take: Vec<(Claim, Key)>,
    /// Rows that go; one that is not there is fine.
    pub delete: Vec<Key>,
    /// Rows that come or change.
    pub put: Vec<Row>,
    /// Terms that end; one that is not there is fine.
    pub unfile: Vec<(Term, Key)>,
    /// Terms that begin; one that is there is fine.
    pub file: Vec<(Term, Key)>,
    /// Verifiers that change; a version that differs from `expect` is `Conflict`.
    pub verifiers: Vec<VerifierChange>,
    /// Notes that go; one that is not there is fine.
    pub forget: Vec<Key>,
    /// Entries to rewrite; one that was not there before this change is `Conflict`. No byte of the former body
    /// stays where the store can help it.
    pub redact: Vec<Redaction>,
    /// Entries to append, in order; one that does not continue its stream's sequence is `Conflict`.
    pub append: Vec<JournalEntry>,
}

impl ChangeSet {
    /// One that writes nothing yet.
    pub const fn empty(id: ChangeId) -> Self {
        Self {
            id,
            expect: Vec::new(),
            release: Vec::new(),
            take: Vec::new(),
            delete: Vec::new(),
            put: Vec::new(),
            unfile: Vec::new(),
            file: Vec::new(),
            verifiers: Vec::new(),
            forget: Vec::new(),
            redact: Vec::new(),
            append: Vec::new(),
        }
    }
}

impl ChangeSet {
    /// What it appends to each stream, in the order of the streams.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: BTreeMap<&Stream, Span> = BTreeMap::new();
        for entry in &self.append {
            let begins = || Span {
                stream: entry.stream.clone(),
                after: entry.seq.saturating_sub(1),
                up_to: entry.seq,
            };
            spans.entry(&entry.stream).or_insert_with(begins).up_to = entry.seq;
        }
        spans.into_values().collect()
    }
}

/// A page: what comes after a key, at most so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Rows whose key is greater; `None` from the beginning.
    pub after: Option<Key>,
    /// At most so many rows.
    pub limit: usize,
}

/// Which entries of the journal, in the order of (stream, sequence) or its reverse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalQuery {
    /// The streams; entries of no other are given.
    pub streams: Vec<Stream>,
    /// Only those about this subject.
    pub subject: Option<String>,
    /// Only those by this actor.
    pub actor: Option<String>,
    /// Only those at or after this instant.
    pub since: Option<Timestamp>,
    /// Only those at or before this instant.
    pub until: Option<Timestamp>,
    /// Continue after this place, in the direction of `order`: (stream, sequence).
    pub after: Option<(Stream, u64)>,
    /// Whether the newest come first.
    pub order: Order,
    /// At most so many entries.
    pub limit: usize,
}

/// Entries of one stream that follow each other: those after one sequence number, up to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The stream.
    pub stream: Stream,
    /// The sequence number before the first of them.
    pub after: u64,
    /// That of the last.
    pub up_to: u64,
}

/// What was appended between two marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Spans that hold every entry between the marks, those of one stream in their order. They may hold
    /// some before as well.
    pub spans: Vec<Span>,
    /// Where these spans end. Equal to the mark that was asked from where nothing has moved, and then alone.
    pub mark: Mark,
}

/// The direction of a journal page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By (stream, sequence), rising.
    #[default]
    Oldest,
    /// By (stream, sequence), falling.
    Newest,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A head, a verifier or a claim's row is not what the change expected: read and decide again.
    #[error("somebody else changed the same things")]
    Conflict,
    /// Another row holds this claim.
    #[error("`{0}` is taken")]
    Claimed(Claim),
    /// A change with this id was committed before.
    #[error("the change was committed before")]
    Done,
    /// Too busy, or gone for now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The disk is full.
    #[error("the disk of the store is full: {0}")]
    Full(String),
    /// It may be read, not written.
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    /// Written by a newer version.
    #[error("the store has schema {found}, this version knows up to {known}")]
    Newer {
        /// The schema of the store.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// Not a mailgrant store.
    #[error("not a mailgrant store: {0}")]
    Foreign(String),
    /// What it holds contradicts itself.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A mark where this store never stood: another store gave it, or this one was put back to an earlier day.
    #[error("this store never stood at `{0}`")]
    UnknownMark(Mark),
    /// The body of a read gave up; not a fault of the store.
    #[error("the read was given up")]
    GivenUp,
}

/// One consistent snapshot: nothing in it changes while it is read.
pub trait ReadTxn {
    /// Rows by key, in the order of the keys.
    fn rows(&mut self, keys: &[Key]) -> Result<Vec<Option<Row>>, StoreError>;
    /// The rows that hold these claims, in the order of the claims; `None` also where the holder is no row.
    fn claimed(&mut self, claims: &[Claim]) -> Result<Vec<Option<Row>>, StoreError>;
    /// Rows whose key starts with `prefix`, in the order of their keys.
    fn rows_by_prefix(&mut self, prefix: &str, range: &Range) -> Result<Vec<Row>, StoreError>;
    /// Rows filed under `term`, in the order of their keys.
    fn rows_by_term(&mut self, term: &Term, range: &Range) -> Result<Vec<Row>, StoreError>;
    /// Entries of the journal.
    fn journal(&mut self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError>;
    /// Where the streams stand, in their order; `None` for one without entries.
    fn heads(&mut self, streams: &[Stream]) -> Result<Vec<Option<Head>>, StoreError>;
    /// Where all streams together stand.
    fn mark(&mut self) -> Result<Mark, StoreError>;
    /// What was appended after a mark, oldest commits first, at most so many spans; `UnknownMark` where it is
    /// none of this store's. Whoever follows every mark to its end has missed nothing, whatever was
    /// committed at the same time.
    fn moved(&mut self, since: &Mark, limit: usize) -> Result<Moved, StoreError>;
    /// Verifiers, in the order of the keys.
    fn verifiers(&mut self, keys: &[Key]) -> Result<Vec<Option<Verifier>>, StoreError>;
    /// Notes, in the order of the keys.
    fn notes(&mut self, keys: &[Key]) -> Result<Vec<Option<Note>>, StoreError>;
    /// Whether a change with this id was committed.
    fn committed(&mut self, change: &ChangeId) -> Result<bool, StoreError>;
}

/// Keeps what a directory knows. Commits are serialisable: a change is written only if every stream it read
/// stands where it was read, and then whole.
pub trait Store: Send + Sync {
    /// Runs `body` on one consistent snapshot and gives back what it gave. It may be run more than once. It
    /// must not call the store again, which may be waiting for it to end.
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
    /// All or nothing, durable when it returns. A refused change leaves the store byte-equal.
    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError>;
    /// Counts a failed guess against a verifier, durably and atomically, and gives the failures in a row; 0
    /// where there is no such verifier.
    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError>;
    /// Keeps last uses, in bulk; an older note never replaces a newer one.
    fn note(&self, notes: &[Note]) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        (**self).read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        (**self).commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        (**self).attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        (**self).note(notes)
    }
}
