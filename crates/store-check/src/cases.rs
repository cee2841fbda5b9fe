//! The cases, by what they look at. Each makes its own store and panics where the contract is broken.

use mailgrant::store::{ChangeSet, Store, StoreError};

use crate::dump;

pub mod claims;
pub mod commits;
pub mod journal;
pub mod marks;
pub mod notes;
pub mod races;
pub mod rows;
pub mod terms;
pub mod verifiers;

#[track_caller]
fn commit(store: &dyn Store, change: &ChangeSet) {
    if let Err(error) = store.commit(change) {
        panic!("a sound change is refused: {error}\n{change:#?}");
    }
}

/// Expects a refusal of a certain kind, and that it changes nothing.
#[track_caller]
fn refuse(store: &dyn Store, change: &ChangeSet, is: impl Fn(&StoreError) -> bool) {
    let before = dump(store, &[change]);
    match store.commit(change) {
        Ok(()) => panic!("an unsound change is committed:\n{change:#?}"),
        Err(error) => assert!(is(&error), "refused for another reason, `{error}`:\n{change:#?}"),
    }
    assert_eq!(dump(store, &[change]), before, "a refused change has left a trace:\n{change:#?}");
}

fn conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict)
}

fn done(error: &StoreError) -> bool {
    matches!(error, StoreError::Done)
}

fn claimed(claim: &str) -> impl Fn(&StoreError) -> bool {
    move |error| matches!(error, StoreError::Claimed(taken) if taken.as_str() == claim)
}
