//! The journal: gapless streams, and pages of them.

use mailgrant::Timestamp;
use mailgrant::store::{Head, JournalEntry, JournalQuery, Order, Stream};

use super::{commit, conflict, refuse};
use crate::look::{entries, every, seq};
use crate::{Change, Subject, look};

/// Every field of an entry, at the edges of its type.
pub fn entries_come_back_whole(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(u128::MAX)
        .append_as("org_ä", 1, |entry| {
            entry.at = Timestamp::from_millis(-1);
            entry.actor = "sys:größe 🐌".to_owned();
            entry.command = String::new();
            entry.version = u32::MAX;
        })
        .append_as("org_ä", 2, |entry| {
            entry.at = Timestamp::from_millis(i64::MAX);
            entry.kind = "mailbox.renamed".to_owned();
            entry.body = r#"{"to":"x"}"#.to_owned();
        });
    commit(&store, &change);
    assert_eq!(entries(&store, "org_ä"), change.append);
}

/// `None` for a stream without entries; in the order of the question.
pub fn heads_stand_at_the_last_entry(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).append("org_a", 1).append("org_a", 2).append("org_b", 1));
    commit(&store, &Change::new(2).expect("org_a", 2).append("org_a", 3));
    let question = ["org_b", "org_c", "org_a", "org_b", "org_"].map(Stream::new);
    let head = |seq| Some(Head { seq, at: Timestamp::from_seconds(i64::try_from(seq).unwrap()) });
    assert_eq!(look(&store, |read| read.heads(&question)), [head(1), None, head(3), head(1), None]);
}

/// An entry that is not the next one is refused, whether or not its stream's head is expected.
pub fn a_sequence_has_no_gaps(subject: &impl Subject) {
    let store = subject.fresh();
    refuse(&store, &Change::new(1).append("org_a", 0), conflict);
    refuse(&store, &Change::new(1).append("org_a", 2), conflict);
    refuse(&store, &Change::new(1).append("org_a", 1).append("org_a", 1), conflict);
    refuse(&store, &Change::new(1).expect("org_a", 0).append("org_a", 1).append("org_a", 3), conflict);
    commit(&store, &Change::new(1).append("org_a", 1).append("org_a", 2));
    refuse(&store, &Change::new(2).append("org_a", 2), conflict);
    refuse(&store, &Change::new(2).append("org_a", 4), conflict);
    refuse(&store, &Change::new(2).append("org_b", 3), conflict);
    refuse(&store, &Change::new(2).expect("org_a", 2).append("org_a", u64::MAX), conflict);
    assert_eq!(seq(&store, "org_a"), 2);
}

/// Interleaved as the events came.
pub fn one_change_appends_to_several_streams(subject: &impl Subject) {
    let store = subject.fresh();
    let change = Change::new(1)
        .expect("org_a", 0)
        .expect("usr_a", 0)
        .append("org_a", 1)
        .append("usr_a", 1)
        .append("org_a", 2)
        .append("usr_a", 2);
    commit(&store, &change);
    for stream in ["org_a", "usr_a"] {
        let found = entries(&store, stream);
        assert_eq!(found.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
        assert!(found.iter().all(|entry| entry.stream.as_str() == stream && entry.change == change.id));
    }
}

/// Its version and body, and nothing else of it or around it; no head moves, and a later word counts.
pub fn an_entry_is_rewritten_in_its_place(subject: &impl Subject) {
    let store = subject.fresh();
    let change = (1..=3).fold(Change::new(1), |change, seq| {
        change.append_as("org_a", seq, |entry| entry.body = format!("former {seq}"))
    });
    commit(&store, &change.append("org_b", 1));
    let mut expected = [entries(&store, "org_a"), entries(&store, "org_b")];
    let rewriting = Change::new(2)
        .redact("org_a", 2, "draft")
        .redact("org_a", 2, "{\"name\":\"é\"}")
        .redact("org_b", 1, "");
    commit(&store, &rewriting);
    (expected[0][1].version, expected[0][1].body) = (2, "{\"name\":\"é\"}".to_owned());
    (expected[1][0].version, expected[1][0].body) = (2, String::new());
    assert_eq!([entries(&store, "org_a"), entries(&store, "org_b")], expected);
    assert!(!look(&store, |read| read.committed(&rewriting.id)), "it appends nothing, so it leaves no id");

    let with_entry = Change::new(3).expect("org_a", 3).redact("org_a", 3, "x").append("org_a", 4);
    commit(&store, &with_entry);
    assert_eq!(
        entries(&store, "org_a").iter().map(|entry| entry.body.len()).collect::<Vec<_>>(),
        [8, 13, 1, 2]
    );
}

/// Not even one that the same change appends.
pub fn an_entry_that_is_not_there_is_not_rewritten(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).append("org_a", 1));
    for (stream, seq) in [("org_a", 0), ("org_a", 2), ("org_b", 1), ("org_", 1)] {
        refuse(&store, &Change::new(2).redact(stream, seq, "x"), conflict);
        refuse(&store, &Change::new(2).redact("org_a", 1, "x").redact(stream, seq, "x"), conflict);
    }
    refuse(&store, &Change::new(2).expect("org_a", 1).redact("org_a", 2, "x").append("org_a", 2), conflict);
    refuse(&store, &Change::new(2).expect("org_a", 0).redact("org_a", 1, "x"), conflict);
}

/// Every mixture of streams, subject, actor, times, place, order and limit.
pub fn every_query_agrees_with_a_plain_filter(subject: &impl Subject) {
    let store = subject.fresh();
    // Two entries share each instant, and subjects and actors alternate at different paces.
    for (number, stream, length) in [(1, "org_a", 9), (2, "org_b", 6), (3, "usr_a", 1), (4, "org_aa", 3)] {
        let change = (1..=length).fold(Change::new(number), |change, seq| {
            change.append_as(stream, seq, |entry| {
                entry.at = Timestamp::from_seconds(i64::try_from(seq / 2).unwrap());
                entry.subject = ["mbx_a", "mbx_b"][usize::from(seq % 2 == 0)].to_owned();
                entry.actor = ["usr_a", "sys:host"][usize::from(seq % 3 == 0)].to_owned();
            })
        });
        commit(&store, &change);
    }
    let names = ["org_a", "org_aa", "org_absent", "org_b", "usr_a"].map(Stream::new);
    let all = look(&store, |read| read.journal(&every(&names)));
    assert_eq!(all.len(), 19);

    let streams: [&[&str]; 5] = [
        &[],
        &["org_a"],
        &["org_b", "org_a", "org_b"],
        &["org_absent", "usr_a"],
        &["usr_a", "org_aa", "org_a", "org_b"],
    ];
    let subjects = [None, Some("mbx_a"), Some("mbx_b"), Some("mbx_")];
    let actors = [None, Some("sys:host")];
    let times = [None, Some(-1), Some(0), Some(2), Some(4), Some(9)];
    let places = [
        None,
        Some(("org_a", 0)),
        Some(("org_a", 4)),
        Some(("org_a", u64::MAX)),
        Some(("org_ab", 1)),
        Some(("org_b", 3)),
        Some(("usr_a", 1)),
    ];
    for streams in streams {
        for subject in subjects {
            for actor in actors {
                for since in times {
                    for until in times {
                        for after in places {
                            for order in [Order::Oldest, Order::Newest] {
                                for limit in [0, 1, 4, usize::MAX] {
                                    let query = JournalQuery {
                                        streams: streams.iter().copied().map(Stream::new).collect(),
                                        subject: subject.map(str::to_owned),
                                        actor: actor.map(str::to_owned),
                                        since: since.map(Timestamp::from_seconds),
                                        until: until.map(Timestamp::from_seconds),
                                        after: after.map(|(stream, seq)| (Stream::new(stream), seq)),
                                        order,
                                        limit,
                                    };
                                    let found = look(&store, |read| read.journal(&query));
                                    assert_eq!(found, filter(&all, &query), "{query:#?}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn filter(all: &[JournalEntry], query: &JournalQuery) -> Vec<JournalEntry> {
    let mut found: Vec<JournalEntry> = all
        .iter()
        .filter(|entry| {
            let place = (&entry.stream, entry.seq);
            query.streams.contains(&entry.stream)
                && query.subject.as_ref().is_none_or(|subject| *subject == entry.subject)
                && query.actor.as_ref().is_none_or(|actor| *actor == entry.actor)
                && query.since.is_none_or(|since| entry.at >= since)
                && query.until.is_none_or(|until| entry.at <= until)
                && query.after.as_ref().is_none_or(|(stream, seq)| match query.order {
                    Order::Oldest => place > (stream, *seq),
                    Order::Newest => place < (stream, *seq),
                })
        })
        .cloned()
        .collect();
    found.sort_by(|a, b| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
    if query.order == Order::Newest {
        found.reverse();
    }
    found.truncate(query.limit);
    found
}
