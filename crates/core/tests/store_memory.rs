//! The memory store passes the suite that every store passes.

use mailgrant::store::Store;
use mailgrant::{MemoryStore, Timestamp};
use mailgrant_store_check::Change;

mailgrant_store_check::store_tests!(memory, MemoryStore::new);

#[test]
fn a_dump_holds_everything_and_a_refused_change_leaves_it_equal() {
    let store = MemoryStore::new();
    let change = Change::new(1)
        .put("mbx_a", "canary-row")
        .take("canary-claim", "mbx_a")
        .file("canary-term", "mbx_a")
        .verifier("usr_a", None, Some("canary-secret"))
        .append_as("org_a", 1, |entry| entry.body = "canary-entry".to_owned());
    store.commit(&change).unwrap();
    store
        .note(&[mailgrant::store::Note {
            key: mailgrant::store::Key::new("dev_a"),
            at: Timestamp::EPOCH,
            body: "canary-note".to_owned(),
        }])
        .unwrap();
    let dump = store.dump();
    for canary in ["row", "claim", "term", "secret", "entry", "note"] {
        assert!(dump.contains(&format!("canary-{canary}")), "{canary}: {dump}");
    }
    assert!(dump.contains(&change.id.to_string()));
    assert!(!format!("{store:?}").contains("canary"));

    store.commit(&change).unwrap_err();
    let late = Change::new(2).put("mbx_b", "{}").delete("mbx_a").append("org_a", 1);
    store.commit(&late).unwrap_err();
    assert_eq!(store.dump(), dump);
}
