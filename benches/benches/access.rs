//! May somebody do something, and where does mail go: from memory and from rows, beside two bare look-ups.
//!
//! 100,000 users, 100,000 mailboxes, 500,000 grants.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot begin shall say so")]

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use mailgrant::{
    Address, Directory, MailboxId, MemoryStore, PageRequest, Right, Rights, UserId, ViewOptions,
};
use mailgrant_benches::{World, address, host};
use rustc_hash::FxHashMap;

const ORGANISATIONS: usize = 100;

fn main() {
    divan::main();
}

/// What both answer from.
static STORE: LazyLock<Arc<MemoryStore>> = LazyLock::new(Arc::default);

/// Asks the rows.
static ROWS: LazyLock<Directory> = LazyLock::new(|| {
    LazyLock::force(&WORLD);
    Directory::new(STORE.clone()).unwrap()
});

/// Answers from an access view.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut world = World::new(STORE.clone(), ORGANISATIONS).unwrap();
    world.directory = world.directory.with_view(ViewOptions::default()).unwrap();
    world
});

type Tables = (FxHashMap<MailboxId, u32>, FxHashMap<(UserId, MailboxId), Rights>);

/// The same in bare tables: what a program could at best do with the same ids.
static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let rights = Rights::from([Right::Send]);
    let grants = WORLD.grants.iter().map(|grant| (*grant, rights)).collect();
    (WORLD.mailboxes.iter().zip(0..).map(|(mailbox, number)| (*mailbox, number)).collect(), grants)
});

/// Grants in an order that no cache foresees, the same for everyone who asks.
static PAIRS: LazyLock<Vec<(UserId, MailboxId)>> = LazyLock::new(|| {
    let grants = &WORLD.grants;
    (0..grants.len()).map(|number| grants[number * 299_993 % grants.len()]).collect()
});

fn next<T: Copy>(of: &[T]) -> T {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    of[NEXT.fetch_add(1, Ordering::Relaxed) % of.len()]
}

#[divan::bench(sample_count = 50, sample_size = 20_000)]
fn may_a_two_bare_look_ups(bencher: Bencher<'_, '_>) {
    let ((mailboxes, grants), pairs) = (&*TABLES, &*PAIRS);
    bencher.bench_local(|| {
        let (user, mailbox) = next(pairs);
        let number = mailboxes.get(&mailbox).copied();
        let rights = grants.get(&(user, mailbox)).copied();
        black_box(number.is_some() && rights.is_some_and(|rights| rights.contains(Right::Send)))
    });
}

#[divan::bench(sample_count = 50, sample_size = 20_000)]
fn may_b_with_the_view(bencher: Bencher<'_, '_>) {
    let (world, pairs) = (&*WORLD, &*PAIRS);
    bencher.bench_local(|| {
        let (user, mailbox) = next(pairs);
        let verdict = world.directory.may(user, Right::Send, mailbox).unwrap();
        assert!(verdict.allowed());
    });
}

#[divan::bench(sample_count = 20, sample_size = 500)]
fn may_c_from_rows_in_memory(bencher: Bencher<'_, '_>) {
    let (rows, pairs) = (&*ROWS, &*PAIRS);
    bencher.bench_local(|| {
        let (user, mailbox) = next(pairs);
        assert!(rows.may(user, Right::Send, mailbox).unwrap().allowed());
    });
}

#[divan::bench(sample_count = 50, sample_size = 20_000)]
fn resolve_with_the_view(bencher: Bencher<'_, '_>) {
    let world = &*WORLD;
    let addresses: Vec<Address> =
        (0..world.mailboxes.len()).step_by(7).map(|number| address(number).unwrap()).collect();
    let places: Vec<usize> = (0..addresses.len()).map(|place| place * 7_919 % addresses.len()).collect();
    bencher.bench_local(|| {
        let found = world.directory.resolve(&addresses[next(&places)]).unwrap();
        assert!(found.mailbox.is_some());
    });
}

#[divan::bench(sample_count = 20, sample_size = 200)]
fn access_to_a_mailbox_with_the_view(bencher: Bencher<'_, '_>) {
    let (world, pairs) = (&*WORLD, &*PAIRS);
    bencher.bench_local(|| world.directory.access(&host(), next(pairs).1, &PageRequest::default()).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 200)]
fn access_to_a_mailbox_from_rows(bencher: Bencher<'_, '_>) {
    let (rows, pairs) = (&*ROWS, &*PAIRS);
    bencher.bench_local(|| rows.access(&host(), next(pairs).1, &PageRequest::default()).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 200)]
fn reach_of_a_person_with_the_view(bencher: Bencher<'_, '_>) {
    let (world, pairs) = (&*WORLD, &*PAIRS);
    bencher.bench_local(|| world.directory.reach(&host(), next(pairs).0).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 200)]
fn reach_of_a_person_from_rows(bencher: Bencher<'_, '_>) {
    let (rows, pairs) = (&*ROWS, &*PAIRS);
    bencher.bench_local(|| rows.reach(&host(), next(pairs).0).unwrap());
}
