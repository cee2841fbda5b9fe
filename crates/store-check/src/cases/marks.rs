//! Marks: following everything that is appended, whichever stream it goes to.

use std::collections::BTreeMap;

use mailgrant::store::{Mark, Moved, Store, StoreError, Stream};

use super::commit;
use crate::{Change, Subject, look};

fn mark(store: &dyn Store) -> Mark {
    look(store, |read| read.mark())
}

fn moved(store: &dyn Store, since: &Mark, limit: usize) -> Moved {
    look(store, |read| read.moved(since, limit))
}

/// What spans hold, once each: several may hold the same entry.
fn entries(moved: &Moved) -> BTreeMap<Stream, Vec<u64>> {
    let mut held = BTreeMap::<Stream, Vec<u64>>::new();
    for span in &moved.spans {
        let seqs = held.entry(span.stream.clone()).or_default();
        assert!(span.after < span.up_to, "an empty span: {span:?}");
        assert!(seqs.last().is_none_or(|last| *last <= span.up_to), "not in order: {:?}", moved.spans);
        let last = seqs.last().copied().unwrap_or(0);
        seqs.extend(span.after.max(last) + 1..=span.up_to);
    }
    held
}

/// From the beginning, and from any mark.
pub fn what_moved_is_found(subject: &impl Subject) {
    let store = subject.fresh();
    let empty = mark(&store);
    assert_eq!(entries(&moved(&store, &Mark::beginning(), 10)), BTreeMap::new());
    commit(&store, &Change::new(1).append("org_a", 1).append("usr_a", 1).append("org_a", 2));
    let between = mark(&store);
    commit(&store, &Change::new(2).append("org_b", 1));
    commit(&store, &Change::new(3).append("org_a", 3));
    let later = BTreeMap::from([(Stream::new("org_a"), vec![3]), (Stream::new("org_b"), vec![1])]);
    let all = BTreeMap::from([
        (Stream::new("org_a"), vec![1, 2, 3]),
        (Stream::new("org_b"), vec![1]),
        (Stream::new("usr_a"), vec![1]),
    ]);
    assert_eq!(entries(&moved(&store, &Mark::beginning(), usize::MAX)), all);
    assert_eq!(entries(&moved(&store, &empty, usize::MAX)), all, "an empty store's mark is before all");
    let since = moved(&store, &between, usize::MAX);
    for (stream, seqs) in later {
        assert!(seqs.iter().all(|seq| entries(&since)[&stream].contains(seq)), "{stream} is left out");
    }
}

/// Nothing is listed where nothing moved, and the mark stays.
pub fn a_mark_stays_where_nothing_moves(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).append("org_a", 1));
    let before = mark(&store);
    commit(&store, &Change::new(2).put("mbx_a", "{}").verifier("usr_a", None, Some("secret")));
    let nothing = moved(&store, &before, 10);
    assert_eq!((nothing.spans, nothing.mark), (Vec::new(), before.clone()));
    assert_eq!(mark(&store), before);
}

/// Page by page, each from the mark of the one before, down to one span a page.
pub fn following_misses_nothing(subject: &impl Subject) {
    let store = subject.fresh();
    for number in 1..=12_u64 {
        let change = Change::new(u128::from(number))
            .append("org_a", 2 * number - 1)
            .append("org_a", 2 * number)
            .append("usr_a", number);
        commit(&store, &change);
    }
    for limit in [1, 2, 5, 100] {
        let (mut at, mut seen) = (Mark::beginning(), BTreeMap::<Stream, Vec<u64>>::new());
        loop {
            let page = moved(&store, &at, limit);
            assert!(page.spans.len() <= limit);
            if page.mark == at {
                assert_eq!(page.spans, []);
                break;
            }
            for (stream, seqs) in entries(&page) {
                let known = seen.entry(stream).or_default();
                let last = known.last().copied().unwrap_or(0);
                assert!(seqs[0] <= last + 1, "entries are left out, {limit} a page");
                known.extend(seqs.into_iter().filter(|seq| *seq > last));
            }
            at = page.mark;
        }
        assert_eq!(at, mark(&store), "the end of all pages is where the journal stands");
        assert_eq!(seen[&Stream::new("org_a")], (1..=24).collect::<Vec<_>>());
        assert_eq!(seen[&Stream::new("usr_a")], (1..=12).collect::<Vec<_>>());
    }
}

/// Of another store, of a store that went another way since, and plain nonsense.
pub fn strange_marks_are_refused(subject: &impl Subject) {
    let (store, other) = (subject.fresh(), subject.fresh());
    commit(&store, &Change::new(1).append("org_a", 1));
    commit(&other, &Change::new(2).append("org_a", 1));
    commit(&other, &Change::new(3).append("org_a", 2));
    let marks = [mark(&other).to_string(), moved(&other, &Mark::beginning(), 1).mark.to_string()];
    let nonsense = ["x", "1", ".", "-1.", "99999999999999999999.x", "1.'--"].map(str::to_owned);
    for strange in marks.into_iter().chain(nonsense) {
        let strange = Mark::new(strange);
        let outcome = store.read(&mut |read| read.moved(&strange, 10).map(drop));
        assert!(
            matches!(&outcome, Err(StoreError::UnknownMark(mark)) if *mark == strange),
            "`{strange}`: {outcome:?}"
        );
    }
}
