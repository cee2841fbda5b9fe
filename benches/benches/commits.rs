//! Commits on SQLite: one durable change beside a bare durable write of a page, and many mailboxes opened in batches.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot begin shall say so")]

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

use divan::{Bencher, counter::ItemsCount};
use mailgrant::mailbox::{OpenMailbox, SetMailboxName};
use mailgrant::organisation::FoundOrganisation;
use mailgrant::{Directory, MailboxId, OrganisationId};
use mailgrant_benches::{World, add_domain, host, on_disk};

/// Mailboxes that are opened.
const MAILBOXES: usize = 100_000;
/// In one commit.
const BATCH: usize = 2_000;

fn main() {
    divan::main();
}

/// What the disk itself takes: 4 KiB appended, durable when it returns.
#[divan::bench(sample_count = 300, sample_size = 1)]
fn a_bare_durable_write_of_a_page(bencher: Bencher<'_, '_>) {
    let folder = on_disk().unwrap();
    let path = folder.path().join("bare");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
    // SQLite's log is written over again and again too: its length changes seldom.
    file.write_all(&vec![1; 4 << 20]).unwrap();
    file.sync_all().unwrap();
    let (page, mut number) = ([7; 4096], 0_u64);
    bencher.bench_local(|| {
        file.seek(SeekFrom::Start(number % 1024 * 4096)).unwrap();
        number += 1;
        file.write_all(&page).unwrap();
        file.sync_data().unwrap();
    });
}

#[divan::bench(sample_count = 300, sample_size = 1)]
fn one_durable_change_on_sqlite(bencher: Bencher<'_, '_>) {
    let folder = on_disk().unwrap();
    let store = mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap();
    let world = World::new(store, 1).unwrap();
    let mailbox: MailboxId = world.mailboxes[0];
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        let name = Some(format!("name {number}"));
        world.directory.run(&host(), SetMailboxName { mailbox, name }).unwrap();
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn opening_mailboxes_in_batches_on_sqlite(bencher: Bencher<'_, '_>) {
    let fresh = || {
        let folder = on_disk().unwrap();
        let store = mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap();
        let directory = Directory::new(store).unwrap();
        let owner = mailgrant::user::RegisterUser::new("olivia@people.example".parse().unwrap(), "Olivia");
        let owner = directory.run(&host(), owner).unwrap().user;
        let found = FoundOrganisation { name: "Large".into(), owner: Some(owner) };
        let organisation = directory.run(&host(), found).unwrap().organisation;
        add_domain(&directory, organisation, "large.example").unwrap();
        (folder, directory, organisation)
    };
    bencher
        .counter(ItemsCount::new(MAILBOXES))
        .with_inputs(fresh)
        .bench_local_refs(|(_folder, directory, organisation)| open(directory, *organisation));
}

fn open(directory: &Directory, organisation: OrganisationId) {
    for first in (0..MAILBOXES).step_by(BATCH) {
        let opened = directory.batch(|batch| {
            for number in first..first + BATCH {
                let address = format!("box-{number}@large.example").parse()?;
                batch.run(&host(), OpenMailbox::new(organisation, address))?;
            }
            Ok(())
        });
        opened.unwrap();
    }
}
