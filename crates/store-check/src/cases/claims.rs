//! Claims: names that one row holds at a time.

use mailgrant::store::Claim;

use super::{claimed, commit, conflict, refuse};
use crate::look::holder;
use crate::{Change, Subject, look};

/// Several at once, in the order of the question, absent and repeated ones too.
pub fn a_claim_finds_its_row(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .put("mbx_a", "a")
        .put("mbx_b", "b")
        .take("address/a@example.ch", "mbx_a")
        .take("address/alias@example.ch", "mbx_a")
        .take("address/b@example.ch", "mbx_b");
    commit(&store, &change);
    let question = ["b@", "absent@", "a@", "alias@", "b@", "B@"];
    let question = question.map(|name| Claim::new(format!("address/{name}example.ch")));
    let found = look(&store, |read| read.claimed(&question));
    let bodies: Vec<Option<String>> = found.into_iter().map(|row| row.map(|row| row.body)).collect();
    let expected = [Some("b"), None, Some("a"), Some("a"), Some("b"), None];
    assert_eq!(bodies, expected.map(|body| body.map(str::to_owned)));
}

/// Another row is told which of the claims is taken.
pub fn a_claim_is_held_by_one_row(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "a").take("address/a", "mbx_a"));
    let change = Change::new(2)
        .put("mbx_b", "b")
        .take("address/b", "mbx_b")
        .take("address/a", "mbx_b")
        .take("address/c", "mbx_b");
    refuse(&store, &change, claimed("address/a"));
    assert_eq!(holder(&store, "address/a").as_deref(), Some("mbx_a"));
    assert_eq!(holder(&store, "address/b"), None);
}

/// The row that holds it may take it once more.
pub fn taking_again_what_one_holds_is_fine(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "a").take("address/a", "mbx_a").take("address/a", "mbx_a"));
    commit(&store, &Change::new(2).take("address/a", "mbx_a"));
    assert_eq!(holder(&store, "address/a").as_deref(), Some("mbx_a"));
    commit(&store, &Change::new(3).release("address/a", "mbx_a"));
    assert_eq!(holder(&store, "address/a"), None);
}

/// Nor may a claim be taken twice within one change.
pub fn one_change_cannot_give_a_claim_to_two_rows(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .put("mbx_a", "a")
        .put("mbx_b", "b")
        .take("address/a", "mbx_a")
        .take("address/a", "mbx_b");
    refuse(&store, &change, claimed("address/a"));
}

/// Releasing what another row holds, or nobody, means that somebody was faster.
pub fn only_the_holder_is_released(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "a").put("mbx_b", "b").take("address/a", "mbx_a"));
    refuse(&store, &Change::new(2).release("address/a", "mbx_b"), conflict);
    refuse(&store, &Change::new(3).release("address/free", "mbx_a"), conflict);
    refuse(&store, &Change::new(4).release("address/a", "mbx_b").take("address/a", "mbx_b"), conflict);
    assert_eq!(holder(&store, "address/a").as_deref(), Some("mbx_a"));
}

/// What one change releases twice was not held the second time.
pub fn a_claim_is_released_once(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "a").take("address/a", "mbx_a"));
    refuse(&store, &Change::new(2).release("address/a", "mbx_a").release("address/a", "mbx_a"), conflict);
}

/// All releases come before all takes, whatever the order of the rows.
pub fn claims_are_swapped_in_one_change(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .put("mbx_a", "a")
        .put("mbx_b", "b")
        .take("address/a", "mbx_a")
        .take("address/b", "mbx_b");
    commit(&store, &change);
    let swap = Change::new(2)
        .take("address/b", "mbx_a")
        .release("address/a", "mbx_a")
        .take("address/a", "mbx_b")
        .release("address/b", "mbx_b");
    commit(&store, &swap);
    assert_eq!(holder(&store, "address/a").as_deref(), Some("mbx_b"));
    assert_eq!(holder(&store, "address/b").as_deref(), Some("mbx_a"));
}

/// A row takes its claims with it only where the change says so: a store keeps no relation by itself.
pub fn a_claim_may_stand_without_a_row(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "a").take("address/a", "mbx_a"));
    commit(&store, &Change::new(2).delete("mbx_a"));
    assert_eq!(holder(&store, "address/a"), None, "there is no row to give");
    refuse(&store, &Change::new(3).put("mbx_b", "b").take("address/a", "mbx_b"), claimed("address/a"));
    commit(&store, &Change::new(4).put("mbx_a", "again"));
    assert_eq!(holder(&store, "address/a").as_deref(), Some("mbx_a"));
}
