//! Guesses that run in parallel: what others guess while one password is hashed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::*;
use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, Store, StoreError};
use mailgrant::*;

/// A store where others guess at a password right after the next look at it.
struct Meanwhile {
    store: Arc<MemoryStore>,
    verifier: Key,
    at: Timestamp,
    guesses: AtomicU32,
}

impl Store for Meanwhile {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.store.read(body)?;
        (0..self.guesses.swap(0, Ordering::SeqCst))
            .try_for_each(|_| self.store.attempt(&self.verifier, self.at).map(drop))
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.store.commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.store.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.store.note(notes)
    }
}

/// Signs in while others guess so often: the text, the wait and the true reason of the answer.
fn signs_in_while_others_guess(guesses: u32, password: &str) -> Result<(), (String, Option<u64>, String)> {
    let world = World::new();
    let user = world.person("anna@people.example");
    let meanwhile = Meanwhile {
        store: world.store.clone(),
        verifier: Key::new(user.to_string()),
        at: world.now(),
        guesses: AtomicU32::new(guesses),
    };
    let directory = builder(meanwhile, &world.clock, 8).build().unwrap();
    let answer = directory.login_user(&UserLogin { login: "anna@people.example", password });
    answer.map(drop).map_err(|refusal| {
        let wait = refusal.retry_after().map(|wait| wait.as_secs());
        (refusal.to_string(), wait, refusal.reason().to_string())
    })
}

#[test]
fn the_right_password_among_many_parallel_guesses_looks_like_a_wrong_one() {
    let right = signs_in_while_others_guess(9, PASSWORD).unwrap_err();
    let wrong = signs_in_while_others_guess(9, "four lamps under one bridge").unwrap_err();
    assert_eq!((&right.0, right.1), (&wrong.0, wrong.1));
    assert_eq!(right.2, "too soon after a failure");
}

#[test]
fn a_few_parallel_mistakes_keep_nobody_out() {
    assert_eq!(signs_in_while_others_guess(4, PASSWORD), Ok(()));
}

#[test]
fn the_hundredth_parallel_guess_is_too_many_for_the_right_password_too() {
    assert!(signs_in_while_others_guess(100, PASSWORD).is_err());
}
