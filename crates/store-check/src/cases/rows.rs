//! Rows by key and by prefix.

use mailgrant::ChangeId;
use mailgrant::store::{Claim, Key, Range, Row, Stream, Term};
use uuid::Uuid;

use super::commit;
use crate::look::{every, keys_of, row};
use crate::{Change, Subject, look};

/// Nothing is found, and nothing fails.
pub fn an_empty_store_answers_everything(subject: &impl Subject) {
    let store = subject.fresh();
    let all = Range { after: None, limit: 10 };
    let (keys, streams) = ([Key::new("mbx_a")], [Stream::new("org_a")]);
    assert_eq!(look(&store, |read| read.rows(&[])), []);
    assert_eq!(look(&store, |read| read.rows(&keys)), [None]);
    assert_eq!(look(&store, |read| read.claimed(&[Claim::new("address/a")])), [None]);
    assert_eq!(look(&store, |read| read.rows_by_prefix("", &all)), []);
    assert_eq!(look(&store, |read| read.rows_by_term(&Term::new("user/a"), &all)), []);
    assert_eq!(look(&store, |read| read.journal(&every(&streams))), []);
    assert_eq!(look(&store, |read| read.journal(&every(&[]))), []);
    assert_eq!(look(&store, |read| read.heads(&streams)), [None]);
    assert_eq!(look(&store, |read| read.verifiers(&keys)), [None]);
    assert_eq!(look(&store, |read| read.notes(&keys)), [None]);
    let id = ChangeId::from_uuid(Uuid::from_u128(1));
    assert!(!look(&store, |read| read.committed(&id)));
}

/// Several keys at once: what is absent is `None`, what is asked twice is given twice.
pub fn look_ups_keep_the_order_of_the_question(subject: &impl Subject) {
    let store = subject.fresh();
    let keys: Vec<String> = (0..50).map(|number| format!("mbx_{number:02}")).collect();
    let change = keys.iter().fold(Change::new(1), |change, key| change.put(key, key));
    commit(&store, &change);

    let mut question: Vec<&str> = keys.iter().rev().map(String::as_str).collect();
    question.extend(["mbx_07", "mbx_absent", "mbx_07"]);
    let question: Vec<Key> = question.into_iter().map(Key::new).collect();
    let found = look(&store, |read| read.rows(&question));
    assert_eq!(found.len(), question.len());
    for (key, row) in question.iter().zip(found) {
        let expected = (key.as_str() != "mbx_absent").then(|| Row {
            key: key.clone(),
            version: 1,
            body: key.to_string(),
        });
        assert_eq!(row, expected);
    }
}

/// A row is replaced whole, version and body, and deleting what is not there is fine.
pub fn a_row_is_put_replaced_and_deleted(subject: &impl Subject) {
    let store = subject.fresh();
    let first = Row { key: Key::new("mbx_a"), version: 1, body: r#"{"name":"first"}"#.to_owned() };
    let second = Row { version: u32::MAX, body: "{}".to_owned(), ..first.clone() };
    commit(&store, &Change::new(1).row(first.clone()));
    assert_eq!(row(&store, "mbx_a"), Some(first));
    commit(&store, &Change::new(2).row(second.clone()));
    assert_eq!(row(&store, "mbx_a"), Some(second));
    commit(&store, &Change::new(3).delete("mbx_a").delete("mbx_absent"));
    assert_eq!(row(&store, "mbx_a"), None);
}

/// What one change deletes and puts is there afterwards.
pub fn deleting_comes_before_putting(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "old"));
    commit(&store, &Change::new(2).delete("mbx_a").put("mbx_a", "new"));
    assert_eq!(row(&store, "mbx_a").map(|row| row.body), Some("new".to_owned()));
}

/// By bytes: no collation, no folding of case, no order of UTF-16, no normal forms.
pub fn keys_are_ordered_by_their_bytes(subject: &impl Subject) {
    let store = subject.fresh();
    let mut keys =
        ["a", "A", "Z", "a/b", "a-b", "a b", "aa", "é", "e\u{301}", "ß", "ss", "\u{ffff}", "\u{10000}"];
    let change = keys.iter().fold(Change::new(1), |change, key| change.put(key, key));
    commit(&store, &change);
    keys.sort_unstable();
    let all = Range { after: None, limit: usize::MAX };
    assert_eq!(keys_of(&look(&store, |read| read.rows_by_prefix("", &all))), keys);
}

/// What means something to SQL or to a shell means itself here.
pub fn a_prefix_is_no_pattern(subject: &impl Subject) {
    let store = subject.fresh();
    let keys = ["a%b", "a_b", "a*b", "a?b", "a[b", "a\\b", "a'b", "axb"];
    let change = keys.iter().fold(Change::new(1), |change, key| change.put(key, "{}"));
    commit(&store, &change);
    let all = Range { after: None, limit: 10 };
    for key in keys {
        for prefix in [&key[..2], key] {
            assert_eq!(keys_of(&look(&store, |read| read.rows_by_prefix(prefix, &all))), [key]);
        }
    }
    assert_eq!(look(&store, |read| read.rows_by_prefix("A", &all)), [], "case counts");
}

/// Every prefix, place and limit over keys that lie close to each other.
pub fn every_prefix_page_agrees_with_a_plain_filter(subject: &impl Subject) {
    let store = subject.fresh();
    let mut keys = [
        "grt",
        "grt/",
        "grt/mbx_1",
        "grt/mbx_1/",
        "grt/mbx_1/usr_1",
        "grt/mbx_1/usr_2",
        "grt/mbx_10/usr_1",
        "grt0",
        "grt/é",
        "grt/ê",
        "grt/\u{7f}",
        "grt/\u{80}",
        "grt/\u{d7ff}",
        "grt/\u{e000}",
        "grt/\u{10ffff}",
        "grt/\u{10ffff}x",
        "\u{10ffff}",
        "\u{10ffff}\u{10ffff}",
        "mbx_1",
    ];
    keys.sort_unstable();
    let change = keys.iter().fold(Change::new(1), |change, key| change.put(key, "{}"));
    commit(&store, &change);

    let elsewhere = ["", "absent", "grt/mbx_1/usr_1x", "z"];
    let places = keys.into_iter().chain(elsewhere);
    for prefix in places.clone() {
        for after in std::iter::once(None).chain(places.clone().map(Some)) {
            for limit in [0, 1, 2, 3, usize::MAX] {
                let expected: Vec<&str> = keys
                    .into_iter()
                    .filter(|key| key.starts_with(prefix) && after.is_none_or(|after| *key > after))
                    .take(limit)
                    .collect();
                let range = Range { after: after.map(Key::new), limit };
                let found = look(&store, |read| read.rows_by_prefix(prefix, &range));
                assert_eq!(keys_of(&found), expected, "prefix {prefix:?}, {range:?}");
            }
        }
    }
}

/// Large ones, and text of any script.
pub fn bodies_come_back_byte_by_byte(subject: &impl Subject) {
    let store = subject.fresh();
    let large = format!("\"{}\"", "grüezi 🐌 ".repeat(100_000));
    let bodies =
        ["", "{}", "\"e\u{301}\"", "\"é\"", "\"\\u0000\"", "\"\u{feff}\r\n\t\"", "\"\u{10ffff}\"", &large];
    for (number, body) in (1..).zip(bodies) {
        commit(
            &store,
            &Change::new(number).put("mbx_ä", body).append_as("org_a", number as u64, |entry| {
                entry.body = body.to_owned();
            }),
        );
        assert_eq!(row(&store, "mbx_ä").map(|row| row.body).as_deref(), Some(body));
    }
    let found: Vec<String> =
        crate::look::entries(&store, "org_a").into_iter().map(|entry| entry.body).collect();
    assert_eq!(found, bodies);
}
