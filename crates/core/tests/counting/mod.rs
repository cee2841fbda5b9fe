//! A store that counts how often it is read.
#![allow(unreachable_pub, missing_docs, reason = "a module of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mailgrant::store::{
    ChangeSet, Claim, Head, JournalEntry, JournalQuery, Key, Mark, Moved, Note, Range, ReadTxn, Row,
    StoreError, Stream, Term, Verifier,
};
use mailgrant::{ChangeId, MemoryStore, Store, Timestamp};

/// Counts what is asked of a store.
pub struct Counting(pub Arc<MemoryStore>, pub Arc<AtomicUsize>);

struct Counted<'a>(&'a mut dyn ReadTxn, &'a AtomicUsize);

impl Store for Counting {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.0.read(&mut |txn| body(&mut Counted(txn, &self.1)))
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.0.commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.0.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.0.note(notes)
    }
}

macro_rules! counted {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        impl ReadTxn for Counted<'_> {
            $(fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.1.fetch_add(1, Ordering::Relaxed);
                self.0.$name($($arg),*)
            })+
        }
    };
}

counted! {
    rows(keys: &[Key]) -> Vec<Option<Row>>;
    claimed(claims: &[Claim]) -> Vec<Option<Row>>;
    rows_by_prefix(prefix: &str, range: &Range) -> Vec<Row>;
    rows_by_term(term: &Term, range: &Range) -> Vec<Row>;
    journal(query: &JournalQuery) -> Vec<JournalEntry>;
    heads(streams: &[Stream]) -> Vec<Option<Head>>;
    mark() -> Mark;
    moved(since: &Mark, limit: usize) -> Moved;
    verifiers(keys: &[Key]) -> Vec<Option<Verifier>>;
    notes(keys: &[Key]) -> Vec<Option<Note>>;
    committed(change: &ChangeId) -> bool;
}
