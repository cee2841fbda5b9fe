//! A tiny adapter that passes the suite: `cargo test -p mailgrant-store-check --example adapter`, or
//! `cargo run` for the same without a test harness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, Store, StoreError};
use mailgrant::{MemoryStore, Timestamp};
use mailgrant_store_check::Subject;

/// A store that counts its commits, wherever it keeps them.
#[derive(Clone, Default)]
struct Counted {
    inner: Arc<MemoryStore>,
    commits: Arc<AtomicU64>,
}

impl Store for Counted {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.inner.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.inner.commit(change)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.inner.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.inner.note(notes)
    }
}

/// How the suite gets at it. Without `again`, which gives a second handle to the same store, a plain
/// `Counted::default` would do.
struct Adapter;

impl Subject for Adapter {
    type Store = Counted;

    fn fresh(&self) -> Counted {
        Counted::default()
    }

    fn again(&self, store: &Counted) -> Option<Counted> {
        Some(store.clone())
    }
}

mailgrant_store_check::store_tests!(counted, Adapter);

fn main() {
    mailgrant_store_check::run(&Adapter);
    println!("{} cases passed", mailgrant_store_check::NAMES.len());
}
