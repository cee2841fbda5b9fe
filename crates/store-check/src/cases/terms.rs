//! Terms: names under which any number of rows are found.

use mailgrant::store::{Key, Range, Store, Term};

use super::commit;
use crate::look::keys_of;
use crate::{Change, Subject, look};

const ALL: Range = Range { after: None, limit: usize::MAX };

fn filed(store: &dyn Store, term: &str) -> Vec<String> {
    let rows = look(store, |read| read.rows_by_term(&Term::new(term), &ALL));
    keys_of(&rows).into_iter().map(str::to_owned).collect()
}

/// Rows come in the order of their keys, under every term they are filed under, with what they hold now.
pub fn filing_and_unfiling(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .put("grt/mbx_b/usr_a", "{}")
        .put("grt/mbx_a/usr_a", "{}")
        .file("user/usr_a", "grt/mbx_b/usr_a")
        .file("user/usr_a", "grt/mbx_a/usr_a")
        .file("organisation/org_a", "grt/mbx_a/usr_a");
    commit(&store, &change);
    assert_eq!(filed(&store, "user/usr_a"), ["grt/mbx_a/usr_a", "grt/mbx_b/usr_a"]);
    assert_eq!(filed(&store, "organisation/org_a"), ["grt/mbx_a/usr_a"]);

    commit(&store, &Change::new(2).put("grt/mbx_b/usr_a", "new").unfile("user/usr_a", "grt/mbx_a/usr_a"));
    let rows = look(&store, |read| read.rows_by_term(&Term::new("user/usr_a"), &ALL));
    assert_eq!(keys_of(&rows), ["grt/mbx_b/usr_a"]);
    assert_eq!(rows[0].body, "new");
    assert_eq!(filed(&store, "organisation/org_a"), ["grt/mbx_a/usr_a"]);
}

/// What one change unfiles and files is filed afterwards.
pub fn unfiling_comes_before_filing(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("dev_a", "{}").file("mailbox/mbx_a", "dev_a"));
    commit(&store, &Change::new(2).file("mailbox/mbx_a", "dev_a").unfile("mailbox/mbx_a", "dev_a"));
    assert_eq!(filed(&store, "mailbox/mbx_a"), ["dev_a"]);
}

/// Neither is an error, and nothing is found twice.
pub fn filing_twice_and_unfiling_nothing_are_fine(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .put("dev_a", "{}")
        .file("mailbox/mbx_a", "dev_a")
        .file("mailbox/mbx_a", "dev_a")
        .unfile("mailbox/mbx_b", "dev_a");
    commit(&store, &change);
    commit(&store, &Change::new(2).file("mailbox/mbx_a", "dev_a"));
    assert_eq!(filed(&store, "mailbox/mbx_a"), ["dev_a"]);
}

/// No prefix, no pattern, no folding of case.
pub fn a_term_is_matched_whole(subject: &impl Subject) {
    let store = subject.fresh();
    let terms = ["user/a", "user/aa", "user/A", "user/", "user/%", "user/_", "user/é", "user/e\u{301}"];
    for (number, term) in (1..).zip(terms) {
        commit(&store, &Change::new(number).put(term, "{}").file(term, term));
    }
    for term in terms {
        assert_eq!(filed(&store, term), [term]);
    }
}

/// A term may outlive its row; such a row takes no place in a page.
pub fn rows_that_are_gone_are_left_out(subject: &impl Subject) {
    let store = subject.fresh();
    let keys = ["dev_a", "dev_b", "dev_c"];
    let change = keys.iter().fold(Change::new(1), |change, key| change.put(key, "{}").file("mailbox/a", key));
    commit(&store, &change);
    commit(&store, &Change::new(2).delete("dev_a"));
    let range = Range { after: None, limit: 2 };
    let rows = look(&store, |read| read.rows_by_term(&Term::new("mailbox/a"), &range));
    assert_eq!(keys_of(&rows), ["dev_b", "dev_c"]);
}

/// Every place and limit.
pub fn every_page_agrees_with_a_plain_filter(subject: &impl Subject) {
    let store = subject.fresh();
    let mut keys = ["a", "a/", "a/b", "a0", "A", "é", "\u{ffff}", "\u{10000}", "b"];
    keys.sort_unstable();
    let change = keys.iter().fold(Change::new(1), |change, key| {
        change.put(key, "{}").file("term", key).file("term/", key).file("ter", "b")
    });
    commit(&store, &change);
    let places = keys.into_iter().chain(["", "absent", "\u{10ffff}"]).map(Some);
    for after in std::iter::once(None).chain(places) {
        for limit in [0, 1, 2, usize::MAX] {
            let expected: Vec<&str> =
                keys.into_iter().filter(|key| after.is_none_or(|after| *key > after)).take(limit).collect();
            let range = Range { after: after.map(Key::new), limit };
            let rows = look(&store, |read| read.rows_by_term(&Term::new("term"), &range));
            assert_eq!(keys_of(&rows), expected, "{range:?}");
        }
    }
}
