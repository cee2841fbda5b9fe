//! Verifiers: versions and failures.

use mailgrant::Timestamp;
use mailgrant::store::{Key, Store, Verifier};

use super::{commit, conflict, refuse};
use crate::{Change, Subject, look};

fn verifier(store: &dyn Store, key: &str) -> Option<Verifier> {
    look(store, |read| read.verifiers(&[Key::new(key)])).remove(0)
}

fn unused(version: u64, secret: &str) -> Option<Verifier> {
    Some(Verifier { version, secret: secret.to_owned(), failures: 0, failed_at: None })
}

/// Versions count from 1, and begin anew where a verifier was removed.
pub fn a_verifier_is_set_changed_and_removed(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).verifier("usr_a", None, Some("$argon2id$a")));
    assert_eq!(verifier(&store, "usr_a"), unused(1, "$argon2id$a"));
    commit(&store, &Change::new(2).verifier("usr_a", Some(1), Some("$argon2id$b")));
    assert_eq!(verifier(&store, "usr_a"), unused(2, "$argon2id$b"));
    commit(&store, &Change::new(3).verifier("usr_a", Some(2), None));
    assert_eq!(verifier(&store, "usr_a"), None);
    commit(&store, &Change::new(4).verifier("usr_a", None, Some("$argon2id$c")));
    assert_eq!(verifier(&store, "usr_a"), unused(1, "$argon2id$c"));

    commit(&store, &Change::new(5).verifier("dev_b", None, Some("b")).verifier("dev_a", None, Some("a")));
    let question = ["dev_b", "dev_c", "dev_a", "dev_b"].map(Key::new);
    let expected = [unused(1, "b"), None, unused(1, "a"), unused(1, "b")];
    assert_eq!(look(&store, |read| read.verifiers(&question)), expected);
}

/// Any other version means that somebody was faster.
pub fn a_change_names_the_version_it_read(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).verifier("usr_a", None, Some("a")));
    commit(&store, &Change::new(2).verifier("usr_a", Some(1), Some("b")));
    for (key, expect) in [
        ("usr_a", None),
        ("usr_a", Some(0)),
        ("usr_a", Some(1)),
        ("usr_a", Some(3)),
        ("usr_absent", Some(0)),
        ("usr_absent", Some(1)),
    ] {
        for secret in [Some("c"), None] {
            let change = Change::new(3).put("mbx_a", "{}").verifier(key, expect, secret);
            refuse(&store, &change, conflict);
        }
    }
    commit(&store, &Change::new(4).verifier("usr_absent", None, None));
    assert_eq!(verifier(&store, "usr_a"), unused(2, "b"));
}

/// Each against what the one before it left.
pub fn one_change_may_set_a_verifier_twice(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1).verifier("usr_a", None, Some("a")).verifier("usr_a", Some(1), Some("b"));
    commit(&store, &change);
    assert_eq!(verifier(&store, "usr_a"), unused(2, "b"));
    let change = Change::new(2).verifier("usr_a", Some(2), None).verifier("usr_a", Some(2), Some("c"));
    refuse(&store, &change, conflict);
}

/// An attempt changes the count and its time alone; setting the verifier ends the row of failures.
pub fn failures_are_counted_until_it_is_set(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1).verifier("usr_a", None, Some("a")).verifier("usr_b", None, Some("b"));
    commit(&store, &change);
    for count in 1..=3 {
        let at = Timestamp::from_seconds(i64::from(count));
        assert_eq!(store.attempt(&Key::new("usr_a"), at).unwrap(), count);
        let failed = Verifier { version: 1, secret: "a".to_owned(), failures: count, failed_at: Some(at) };
        assert_eq!(verifier(&store, "usr_a"), Some(failed));
    }
    assert_eq!(verifier(&store, "usr_b"), unused(1, "b"));
    commit(&store, &Change::new(2).verifier("usr_a", Some(1), Some("a")));
    assert_eq!(verifier(&store, "usr_a"), unused(2, "a"));
    assert_eq!(store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap(), 1);
}

/// Guessing against nothing makes nothing.
pub fn what_is_not_there_counts_nothing(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("usr_a", "{}"));
    assert_eq!(store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap(), 0);
    assert_eq!(store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap(), 0);
    assert_eq!(verifier(&store, "usr_a"), None);
}
