//! Years of real organisations: the past of the largest, and a view of all of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot begin shall say so")]

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use mailgrant::store::Store;
use mailgrant::{Directory, MemoryStore, OrganisationId, PageRequest, Timestamp, ViewOptions, every};
use mailgrant_benches::{host, on_disk};
use mailgrant_examples::{Replay, lines};

fn main() {
    divan::main();
}

/// The roster in a store, and its largest organisation.
struct Roster {
    directory: Directory,
    store: Arc<dyn Store>,
    largest: OrganisationId,
    until: Timestamp,
    /// Removed at the end.
    _folder: tempfile::TempDir,
}

impl Roster {
    fn new(store: impl Store + 'static, folder: tempfile::TempDir) -> Self {
        let store: Arc<dyn Store> = Arc::new(store);
        let history = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/roster/history.jsonl");
        let history = lines(BufReader::new(File::open(history).unwrap()));
        let mut replay = Replay::new(store.clone()).unwrap();
        replay.run(history, NonZeroUsize::new(500).unwrap(), |_| ()).unwrap();
        let directory = Directory::new(store.clone()).unwrap();
        // The one with the most that ever happened in it.
        let mut count = std::collections::BTreeMap::<String, (usize, Timestamp)>::new();
        let mut page = PageRequest::first(1_000);
        loop {
            let changes = directory.changes(&page).unwrap();
            if changes.entries.is_empty() {
                break;
            }
            for entry in &changes.entries {
                let (seen, at) = count.entry(entry.place.0.to_string()).or_insert((0, entry.at));
                (*seen, *at) = (*seen + 1, entry.at);
            }
            page.after = Some(changes.next);
        }
        let organisations = count.iter().filter_map(|(stream, seen)| Some((seen, stream.parse().ok()?)));
        let ((_, until), largest) = organisations.max_by_key(|(seen, _)| seen.0).unwrap();
        Self { directory, store, largest, until: *until, _folder: folder }
    }
}

static MEMORY: LazyLock<Roster> = LazyLock::new(|| Roster::new(MemoryStore::new(), on_disk().unwrap()));

static SQLITE: LazyLock<Roster> = LazyLock::new(|| {
    let folder = on_disk().unwrap();
    let store = mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap();
    Roster::new(store, folder)
});

fn at(bencher: Bencher<'_, '_>, roster: &Roster) {
    bencher.bench_local(|| {
        let then = roster.directory.at(&host(), roster.largest, roster.until).unwrap();
        assert!(every(|page| then.mailboxes(&host(), roster.largest, page)).count() > 100);
        then
    });
}

#[divan::bench]
fn the_past_of_the_largest_organisation_in_memory(bencher: Bencher<'_, '_>) {
    at(bencher, &MEMORY);
}

#[divan::bench]
fn the_past_of_the_largest_organisation_on_sqlite(bencher: Bencher<'_, '_>) {
    at(bencher, &SQLITE);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn building_a_view_of_the_roster_on_sqlite(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        Directory::new(SQLITE.store.clone()).unwrap().with_view(ViewOptions::default()).unwrap()
    });
}
