//! Threads that want the same thing at the same moment, in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;
mod races;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, Store, StoreError};
use mailgrant::{MemoryStore, Timestamp};
use races::Ground;

/// A store that takes its time before it commits, so that others have read the same meanwhile.
#[derive(Default)]
struct Tardy {
    inner: MemoryStore,
    conflicts: AtomicUsize,
}

impl Store for Tardy {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.inner.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        std::thread::sleep(Duration::from_micros(300));
        let outcome = self.inner.commit(change);
        if let Err(StoreError::Conflict | StoreError::Claimed(_) | StoreError::Done) = &outcome {
            self.conflicts.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.inner.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.inner.note(notes)
    }
}

macro_rules! races {
    ($($race:ident)+) => {
        $(#[test]
        fn $race() {
            let store = Arc::new(Tardy::default());
            let ground = store.clone();
            races::$race(&Ground::new(move || ground.clone(), 5));
            assert!(store.conflicts.load(Ordering::Relaxed) > 0, "nobody was in anybody's way");
        })+
    };
}

races!(
    the_last_owner_stays
    an_owner_is_left_whatever_moves
    one_gets_the_address
    one_gets_the_login
    an_invitation_is_answered_once
    one_organisation_gets_the_domain
    a_domain_is_handed_over_once
    nothing_is_lost_while_a_domain_goes
    the_device_limit_holds
    a_first_use_is_one_event
    a_request_is_done_once
    much_at_once_ends_well
);
