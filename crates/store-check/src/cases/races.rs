//! Races: many threads, and as many handles as the subject gives.

use std::collections::BTreeSet;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use mailgrant::Timestamp;
use mailgrant::store::{Key, Mark, Store, StoreError, Stream};

use super::{claimed, commit, conflict, done};
use crate::look::{entries, every, holder, seq};
use crate::{Change, Subject, look};

const THREADS: usize = 8;
const ROUNDS: usize = 10;

/// Whoever follows the marks while others commit sees every entry in the end.
pub fn whoever_follows_misses_nothing(subject: &impl Subject) {
    let store = subject.fresh();
    let follow = |store: &dyn Store, at: &mut Mark, seen: &mut BTreeSet<(Stream, u64)>| {
        let page = look(store, |read| read.moved(at, 3));
        for span in page.spans {
            seen.extend((span.after + 1..=span.up_to).map(|seq| (span.stream.clone(), seq)));
        }
        *at = page.mark;
    };
    let followed = race(subject, &store, |number, store| {
        let (mut at, mut seen) = (Mark::beginning(), BTreeSet::new());
        for round in 1..=ROUNDS as u64 {
            let stream = format!("org_{number}");
            commit(store, &Change::new(id(round as usize, number)).append(&stream, round));
            follow(store, &mut at, &mut seen);
        }
        (at, seen)
    });
    for (mut at, mut seen) in followed {
        while at != look(&store, |read| read.mark()) {
            follow(&store, &mut at, &mut seen);
        }
        assert_eq!(seen.len(), THREADS * ROUNDS, "entries were left out");
    }
}

/// Runs `body` on many threads at once, every other one on a handle of its own where there is one.
fn race<S: Store, T: Send>(
    subject: &impl Subject<Store = S>,
    store: &S,
    body: impl Fn(usize, &dyn Store) -> T + Sync,
) -> Vec<T> {
    let other = subject.again(store);
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let store = other.as_ref().filter(|_| number % 2 == 1).unwrap_or(store);
                let (body, start) = (&body, &start);
                scope.spawn(move || {
                    start.wait();
                    body(number, store)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

/// Expects that one has won and that all the others heard why they had not.
#[track_caller]
fn one_wins(outcomes: Vec<Result<(), StoreError>>, lost: impl Fn(&StoreError) -> bool) {
    let (won, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{refused:?}");
    for refusal in refused.into_iter().filter_map(Result::err) {
        assert!(lost(&refusal), "lost for another reason: {refusal}");
    }
}

fn id(round: usize, thread: usize) -> u128 {
    (round * THREADS + thread + 1) as u128
}

/// Nothing moves within a read, whoever commits meanwhile. A store may also make the commit wait.
pub fn a_read_is_one_snapshot(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).put("mbx_a", "old").append("org_a", 1));
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            begun.recv().unwrap();
            let change = Change::new(2)
                .expect("org_a", 1)
                .put("mbx_a", "new")
                .put("mbx_b", "new")
                .verifier("usr_a", None, Some("new"))
                .append("org_a", 2);
            commit(store, &change);
            end.send(()).unwrap();
        });
        let look_around = |read: &mut dyn mailgrant::store::ReadTxn| {
            Ok((
                read.heads(&[Stream::new("org_a")])?,
                read.rows(&["mbx_a", "mbx_b"].map(Key::new))?,
                read.verifiers(&[Key::new("usr_a")])?,
                read.journal(&every(&[Stream::new("org_a")]))?,
                read.committed(&Change::new(2).id)?,
            ))
        };
        let (first, second) = look(store, |read| {
            let first = look_around(read)?;
            begin.send(()).unwrap();
            // Long enough for a store that does not make it wait; one that does goes on after the read.
            let _ = ended.recv_timeout(Duration::from_millis(200));
            Ok((first, look_around(read)?))
        });
        assert_eq!(first, second);
        assert_eq!(first.0[0].map(|head| head.seq), Some(1));
    });
    assert_eq!(seq(&store, "org_a"), 2);
}

/// All the others are in conflict.
pub fn one_thread_wins_a_head(subject: &impl Subject) {
    let store = subject.fresh();
    for round in 0..ROUNDS {
        let outcomes = race(subject, &store, |thread, store| {
            let body = thread.to_string();
            let seq = round as u64;
            store.commit(&Change::new(id(round, thread)).expect("org_a", seq).put("mbx_a", &body).append_as(
                "org_a",
                seq + 1,
                |entry| entry.body = body.clone(),
            ))
        });
        one_wins(outcomes, conflict);
        let (row, last) = (crate::look::row(&store, "mbx_a"), entries(&store, "org_a").pop());
        assert_eq!(row.map(|row| row.body), last.map(|entry| entry.body), "the winner's are both there");
    }
    assert_eq!(seq(&store, "org_a"), ROUNDS as u64);
}

/// All the others are told which claim is taken, though they share no stream.
pub fn one_thread_wins_a_claim(subject: &impl Subject) {
    let store = subject.fresh();
    for round in 0..ROUNDS {
        let claim = format!("address/{round}");
        let outcomes = race(subject, &store, |thread, store| {
            let (key, stream) = (format!("mbx_{thread}"), format!("org_{thread}_{round}"));
            store.commit(
                &Change::new(id(round, thread))
                    .expect(&stream, 0)
                    .take(&claim, &key)
                    .put(&key, "{}")
                    .append(&stream, 1),
            )
        });
        let winner = outcomes.iter().position(Result::is_ok);
        one_wins(outcomes, claimed(&claim));
        assert_eq!(holder(&store, &claim), winner.map(|thread| format!("mbx_{thread}")));
    }
}

/// A rehash never overwrites a newer password.
pub fn one_thread_wins_a_verifier(subject: &impl Subject) {
    let store = subject.fresh();
    for round in 0..ROUNDS {
        let read = (round > 0).then_some(round as u64);
        let outcomes = race(subject, &store, |thread, store| {
            store.commit(&Change::new(id(round, thread)).verifier("usr_a", read, Some(&thread.to_string())))
        });
        let winner = outcomes.iter().position(Result::is_ok).map(|thread| thread.to_string());
        one_wins(outcomes, conflict);
        let verifier = look(&store, |read| read.verifiers(&[Key::new("usr_a")])).remove(0).unwrap();
        assert_eq!((verifier.version, Some(verifier.secret)), (round as u64 + 1, winner));
    }
}

/// The same request from many at once is carried out by one.
pub fn one_thread_does_a_change(subject: &impl Subject) {
    let store = subject.fresh();
    for round in 0..ROUNDS {
        let outcomes = race(subject, &store, |thread, store| {
            store.commit(&Change::new(id(round, 0)).append(&format!("org_{round}_{thread}"), 1))
        });
        one_wins(outcomes, done);
    }
}

/// No two guesses get the same number.
pub fn every_failure_is_counted(subject: &impl Subject) {
    let store = subject.fresh();
    commit(&store, &Change::new(1).verifier("usr_a", None, Some("a")));
    let mut counts: Vec<u32> = race(subject, &store, |_, store| {
        (0..ROUNDS)
            .map(|_| store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).expect("it is counted"))
            .collect::<Vec<_>>()
    })
    .concat();
    counts.sort_unstable();
    let expected: Vec<u32> = (1..).take(THREADS * ROUNDS).collect();
    assert_eq!(counts, expected);
    let verifier = look(&store, |read| read.verifiers(&[Key::new("usr_a")])).remove(0);
    assert_eq!(verifier.map(|verifier| verifier.failures), expected.last().copied());
}

/// Threads that read, decide, and decide again after a conflict, all get through.
pub fn nobody_loses_an_entry(subject: &impl Subject) {
    let store = subject.fresh();
    race(subject, &store, |thread, store| {
        for round in 0..ROUNDS {
            loop {
                let head = seq(store, "org_a");
                let change = Change::new(id(round, thread)).expect("org_a", head).append_as(
                    "org_a",
                    head + 1,
                    |entry| entry.subject = format!("{thread}/{round}"),
                );
                match store.commit(&change) {
                    Ok(()) => break,
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("neither won nor lost: {error}"),
                }
            }
        }
    });
    let found = entries(&store, "org_a");
    assert!(found.iter().map(|entry| entry.seq).eq(1..=(THREADS * ROUNDS) as u64), "without gaps");
    let mut subjects: Vec<&str> = found.iter().map(|entry| entry.subject.as_str()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), THREADS * ROUNDS, "each once");
}
