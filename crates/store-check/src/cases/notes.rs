//! Notes: when something was last used.

use mailgrant::Timestamp;
use mailgrant::store::{Key, Note, Store};

use super::{commit, conflict, refuse};
use crate::{Change, Subject, look};

fn note(key: &str, seconds: i64, body: &str) -> Note {
    Note { key: Key::new(key), at: Timestamp::from_seconds(seconds), body: body.to_owned() }
}

fn notes<const N: usize>(store: &dyn Store, keys: [&str; N]) -> Vec<Option<Note>> {
    look(store, |read| read.notes(&keys.map(Key::new)))
}

/// An older one never replaces a newer one, be they in one call or in several, in whatever order.
pub fn the_newest_note_stays(subject: &impl Subject) {
    let store = subject.fresh();
    store.note(&[]).unwrap();
    store.note(&[note("dev_a", 20, "b"), note("dev_b", 5, "x"), note("dev_a", 10, "a")]).unwrap();
    let expected = [Some(note("dev_b", 5, "x")), None, Some(note("dev_a", 20, "b"))];
    assert_eq!(notes(&store, ["dev_b", "dev_c", "dev_a"]), expected);
    store.note(&[note("dev_a", 19, "c"), note("dev_b", 6, "y"), note("dev_b", 7, "z")]).unwrap();
    let expected = [Some(note("dev_a", 20, "b")), Some(note("dev_b", 7, "z"))];
    assert_eq!(notes(&store, ["dev_a", "dev_b"]), expected);
    store.note(&[note("dev_a", 21, "{\"from\":\"é\"}")]).unwrap();
    assert_eq!(notes(&store, ["dev_a"]), [Some(note("dev_a", 21, "{\"from\":\"é\"}"))]);
}

/// A note needs no row, makes none and is no change: no head moves.
pub fn notes_stand_by_themselves(subject: &impl Subject) {
    let store = subject.fresh();
    store.note(&[note("dev_a", 1, "{}")]).unwrap();
    assert_eq!(look(&store, |read| read.rows(&[Key::new("dev_a")])), [None]);
    let change = Change::new(1).expect("org_a", 0).put("dev_a", "{}").append("org_a", 1);
    commit(&store, &change);
    store.note(&[note("dev_a", 2, "{}")]).unwrap();
    commit(&store, &Change::new(2).expect("org_a", 1).append("org_a", 2));
    assert_eq!(notes(&store, ["dev_a"]), [Some(note("dev_a", 2, "{}"))]);
}

/// With a change, whole or not at all; one that is not there is fine, and a later one begins anew.
pub fn a_note_is_forgotten(subject: &impl Subject) {
    let store = subject.fresh();
    store.note(&[note("dev_a", 20, "a"), note("dev_b", 20, "b")]).unwrap();
    let change = Change::new(1).forget("dev_a").forget("dev_a").forget("dev_c");
    refuse(&store, &change.clone().expect("org_a", 1), conflict);
    commit(&store, &change);
    assert_eq!(notes(&store, ["dev_a", "dev_b"]), [None, Some(note("dev_b", 20, "b"))]);
    store.note(&[note("dev_a", 1, "older")]).unwrap();
    assert_eq!(notes(&store, ["dev_a"]), [Some(note("dev_a", 1, "older"))]);
}
