//! Commits: once, whole or not at all, and only where nothing has moved.

use mailgrant::store::{Key, Store, StoreError};

use super::{claimed, commit, conflict, done, refuse};
use crate::look::{row, seq};
use crate::{Change, Subject, dump, look};

/// It writes nothing, not even its id.
pub fn an_empty_change_is_fine(subject: &impl Subject) {
    let store = subject.fresh();
    let empty = Change::new(1);
    let before = dump(&store, &[&empty]);
    commit(&store, &empty);
    commit(&store, &empty);
    assert_eq!(dump(&store, &[&empty]), before);
}

/// A repeat is told so, whatever else it would have met, and does nothing.
pub fn a_change_is_done_once(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .expect("org_a", 0)
        .take("address/a", "mbx_a")
        .put("mbx_a", "{}")
        .verifier("mbx_a", None, Some("a"))
        .append("org_a", 1);
    assert!(!look(&store, |read| read.committed(&change.id)));
    commit(&store, &change);
    assert!(look(&store, |read| read.committed(&change.id)));
    refuse(&store, &change, done);
    refuse(&store, &Change::new(1), done);
    refuse(&store, &Change::new(1).expect("org_b", 0).put("mbx_b", "{}").append("org_b", 1), done);
    assert!(!look(&store, |read| read.committed(&Change::new(2).id)));
}

/// Only what is in the journal is remembered.
pub fn a_change_without_entries_leaves_no_id(subject: &impl Subject) {
    let store = subject.fresh();
    let rehash = Change::new(1).put("usr_a", "{}");
    commit(&store, &rehash);
    assert!(!look(&store, |read| read.committed(&rehash.id)));
    commit(&store, &rehash);
    commit(&store, &Change::new(1).append("usr_a", 1));
    refuse(&store, &rehash, done);
}

/// Of streams that are appended to and of those that were only read; 0 means that there is none.
pub fn heads_are_compared(subject: &impl Subject) {
    let store = subject.fresh();
    refuse(&store, &Change::new(1).expect("org_a", 1).put("mbx_a", "{}"), conflict);
    commit(&store, &Change::new(1).expect("org_a", 0).expect("usr_a", 0).append("org_a", 1));
    commit(&store, &Change::new(2).expect("org_a", 1).append("org_a", 2));
    for stale in [0, 1, 3, u64::MAX] {
        let change = Change::new(3).expect("org_a", stale).put("mbx_a", "{}");
        refuse(&store, &change, conflict);
        refuse(&store, &change.expect("usr_a", 0).append("usr_a", 1), conflict);
    }
    let change = Change::new(3).expect("org_a", 2).expect("usr_a", 0).append("usr_a", 1);
    commit(&store, &change);
    assert_eq!((seq(&store, "org_a"), seq(&store, "usr_a")), (2, 1));
}

/// However late it is refused.
pub fn a_refused_change_leaves_no_trace(subject: &impl Subject) {
    let store = subject.fresh();
    let setting = Change::new(1)
        .expect("org_a", 0)
        .take("address/a", "mbx_a")
        .take("address/b", "mbx_b")
        .put("mbx_a", "a")
        .put("mbx_b", "b")
        .file("organisation/org_a", "mbx_a")
        .verifier("usr_a", None, Some("secret"))
        .append("org_a", 1);
    commit(&store, &setting);
    store.attempt(&Key::new("usr_a"), mailgrant::Timestamp::EPOCH).unwrap();
    let (at, body) = (mailgrant::Timestamp::EPOCH, "{}".to_owned());
    store.note(&[mailgrant::store::Note { key: Key::new("dev_a"), at, body }]).unwrap();
    let sound = Change::new(2)
        .expect("org_a", 1)
        .expect("org_b", 0)
        .release("address/a", "mbx_a")
        .take("address/c", "mbx_b")
        .delete("mbx_a")
        .put("mbx_b", "new")
        .unfile("organisation/org_a", "mbx_a")
        .file("organisation/org_a", "mbx_b")
        .verifier("usr_a", Some(1), Some("other"))
        .forget("dev_a")
        .redact("org_a", 1, "rewritten")
        .append("org_a", 2)
        .append("org_b", 1);
    refuse(&store, &sound.clone().expect("org_c", 1), conflict);
    refuse(&store, &sound.clone().release("address/b", "mbx_a"), conflict);
    refuse(&store, &sound.clone().take("address/b", "mbx_a"), claimed("address/b"));
    refuse(&store, &sound.clone().verifier("usr_b", Some(1), None), conflict);
    refuse(&store, &sound.clone().redact("org_a", 2, "not there before"), conflict);
    refuse(&store, &sound.clone().append("org_b", 3), conflict);

    let before = dump(&store, &[&setting, &sound]);
    commit(&store, &sound);
    assert_ne!(dump(&store, &[&setting, &sound]), before);
}

/// In the order: done before, heads, releases, takes, verifiers, entries to rewrite, sequence.
pub fn the_first_reason_is_given(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).take("address/a", "mbx_a").put("mbx_a", "{}").append("org_a", 1));
    let change = Change::new(2).verifier("usr_a", Some(1), None).append("org_a", 9);
    refuse(&store, &change.clone().take("address/a", "mbx_b"), claimed("address/a"));
    refuse(&store, &change.clone().take("address/a", "mbx_b").release("address/x", "mbx_a"), conflict);
    refuse(&store, &change.clone().take("address/a", "mbx_b").expect("org_a", 0), conflict);
    refuse(&store, &Change::new(1).take("address/a", "mbx_b").expect("org_a", 0), done);
}

/// The largest change that the core makes.
pub fn ten_thousand_entries_are_one_commit(subject: &impl Subject) {
    let store = subject.fresh();
    let change = (1..=10_000).fold(Change::new(1).expect("org_a", 0), |change, seq| {
        let key = format!("mbx_{seq:05}");
        change.put(&key, "{}").take(&format!("address/{seq}"), &key).file("org_a", &key).append("org_a", seq)
    });
    commit(&store, &change);
    assert_eq!(seq(&store, "org_a"), 10_000);
    assert!(row(&store, "mbx_10000").is_some());
    let keys: Vec<Key> = change.put.iter().map(|row| row.key.clone()).collect();
    assert!(look(&store, |read| read.rows(&keys)).iter().all(Option::is_some));
}

/// Its error comes out of the read, and the store goes on.
pub fn a_body_that_gives_up_is_heard(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "{}"));
    let given_up = store.read(&mut |read| {
        read.rows(&[Key::new("mbx_a")])?;
        Err(StoreError::GivenUp)
    });
    assert!(matches!(given_up, Err(StoreError::GivenUp)), "{given_up:?}");
    commit(&store, &Change::new(2).put("mbx_a", "new"));
    assert_eq!(row(&store, "mbx_a").map(|row| row.body).as_deref(), Some("new"));
}

/// Through another handle at once, and after the first one is gone.
pub fn what_is_committed_is_there_for_others(subject: &impl Subject) {
    let store = subject.fresh();
    let Some(other) = subject.again(&store) else { return };
    let change = Change::new(1)
        .expect("org_a", 0)
        .take("address/a", "mbx_a")
        .put("mbx_a", "{}")
        .file("org_a", "mbx_a")
        .verifier("mbx_a", None, Some("a"))
        .append("org_a", 1);
    commit(&store, &change);
    let kept = dump(&store, &[&change]);
    assert_eq!(dump(&other, &[&change]), kept);
    refuse(&other, &change, done);
    refuse(&other, &Change::new(2).expect("org_a", 0).append("org_a", 1), conflict);
    refuse(&other, &Change::new(2).take("address/a", "mbx_b"), claimed("address/a"));
    drop(store);
    assert_eq!(dump(&other, &[&change]), kept);
    let third = subject.again(&other).expect("a second handle gives a third");
    drop(other);
    assert_eq!(dump(&third, &[&change]), kept);
}
