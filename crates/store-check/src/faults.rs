//! A store that fails when it is told to: faults are an input like any other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use mailgrant::store::{
    ChangeSet, Claim, Head, JournalEntry, JournalQuery, Key, Mark, Moved, Note, Range, ReadTxn, Row, Store,
    StoreError, Stream, Term, Verifier,
};
use mailgrant::{ChangeId, Timestamp};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `Unavailable`, and nothing was done.
    Unavailable,
    /// `Full`, and nothing was done.
    Full,
    /// `Conflict`, and nothing was done: somebody was faster.
    Conflict,
    /// It was done, but the reply was lost: `Unavailable`.
    ReplyLost,
}

/// Any store, with a fault at a chosen call. Every call counts, of [`Store`] and of [`ReadTxn`] alike, so that a
/// test can try each in turn until none is left:
///
/// ```
/// use mailgrant::MemoryStore;
/// use mailgrant::store::Store;
/// use mailgrant_store_check::faults::{Fault, FaultyStore};
/// use mailgrant_store_check::{Change, look};
///
/// let change = Change::new(1).append("org_a", 1);
/// for nth in 1.. {
///     let store = FaultyStore::new(MemoryStore::new());
///     store.fail(nth, Fault::ReplyLost);
///     let outcome = store.commit(&change);
///     assert_eq!(outcome.is_err(), store.has_failed());
///     assert_eq!(look(store.inner(), |read| read.committed(&change.id)), true, "done all the same");
///     if !store.has_failed() {
///         break;
///     }
/// }
/// ```
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    calls: AtomicU64,
    plan: Mutex<Option<(u64, Fault)>>,
    failed: AtomicBool,
}

impl<S> FaultyStore<S> {
    /// Around a store; nothing fails until [`fail`](Self::fail).
    pub fn new(inner: S) -> Self {
        Self { inner, calls: AtomicU64::new(0), plan: Mutex::default(), failed: AtomicBool::new(false) }
    }

    /// Makes the `nth` call from now fail, counted from 1, and only that one.
    pub fn fail(&self, nth: u64, fault: Fault) {
        let call = self.calls().saturating_add(nth);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some((call, fault));
        self.failed.store(false, Ordering::SeqCst);
    }

    /// Whether the fault of the last [`fail`](Self::fail) has happened.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The store inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn call<T>(&self, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let fault = self
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|(planned, _)| *planned == call)
            .map(|(_, fault)| fault);
        let Some(fault) = fault else { return run() };
        self.failed.store(true, Ordering::SeqCst);
        Err(match fault {
            Fault::Unavailable => StoreError::Unavailable("injected".to_owned()),
            Fault::Full => StoreError::Full("injected".to_owned()),
            Fault::Conflict => StoreError::Conflict,
            Fault::ReplyLost => {
                run()?;
                StoreError::Unavailable("injected: the reply was lost".to_owned())
            }
        })
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.call(|| self.inner.read(&mut |read| body(&mut FaultyRead { read, store: self })))
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.call(|| self.inner.commit(change))
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.call(|| self.inner.attempt(key, at))
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.call(|| self.inner.note(notes))
    }
}

struct FaultyRead<'a, S> {
    read: &'a mut dyn ReadTxn,
    store: &'a FaultyStore<S>,
}

impl<S: Store> ReadTxn for FaultyRead<'_, S> {
    fn rows(&mut self, keys: &[Key]) -> Result<Vec<Option<Row>>, StoreError> {
        self.store.call(|| self.read.rows(keys))
    }

    fn claimed(&mut self, claims: &[Claim]) -> Result<Vec<Option<Row>>, StoreError> {
        self.store.call(|| self.read.claimed(claims))
    }

    fn rows_by_prefix(&mut self, prefix: &str, range: &Range) -> Result<Vec<Row>, StoreError> {
        self.store.call(|| self.read.rows_by_prefix(prefix, range))
    }

    fn rows_by_term(&mut self, term: &Term, range: &Range) -> Result<Vec<Row>, StoreError> {
        self.store.call(|| self.read.rows_by_term(term, range))
    }

    fn journal(&mut self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        self.store.call(|| self.read.journal(query))
    }

    fn heads(&mut self, streams: &[Stream]) -> Result<Vec<Option<Head>>, StoreError> {
        self.store.call(|| self.read.heads(streams))
    }

    fn mark(&mut self) -> Result<Mark, StoreError> {
        self.store.call(|| self.read.mark())
    }

    fn moved(&mut self, since: &Mark, limit: usize) -> Result<Moved, StoreError> {
        self.store.call(|| self.read.moved(since, limit))
    }

    fn verifiers(&mut self, keys: &[Key]) -> Result<Vec<Option<Verifier>>, StoreError> {
        self.store.call(|| self.read.verifiers(keys))
    }

    fn notes(&mut self, keys: &[Key]) -> Result<Vec<Option<Note>>, StoreError> {
        self.store.call(|| self.read.notes(keys))
    }

    fn committed(&mut self, change: &ChangeId) -> Result<bool, StoreError> {
        self.store.call(|| self.read.committed(change))
    }
}
