//! A device logs in: from memory and from SQLite's rows, at a mailbox with one device and at one with a thousand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot begin shall say so")]

use std::sync::LazyLock;

use divan::Bencher;
use mailgrant::{
    DeviceLogin, DeviceSession, Directory, MailboxId, MemoryStore, Protocol, Revealed, ViewOptions,
};
use mailgrant_benches::{World, address, on_disk};

const DEVICES: [usize; 2] = [1, 1_000];

fn main() {
    divan::main();
}

/// A directory, and the passwords of the last devices of two mailboxes.
struct Logins {
    directory: Directory,
    passwords: [(usize, MailboxId, Revealed); 2],
    /// Removed at the end.
    _folder: Option<tempfile::TempDir>,
}

impl Logins {
    fn new(world: World, folder: Option<tempfile::TempDir>) -> Self {
        let passwords = [0, 1].map(|place| {
            let mailbox = world.mailboxes[place];
            (place, mailbox, world.add_devices(mailbox, DEVICES[place]).unwrap().unwrap())
        });
        Self { directory: world.directory, passwords, _folder: folder }
    }

    fn log_in(&self, devices: usize) -> DeviceSession {
        let place = usize::from(devices != DEVICES[0]);
        let (number, mailbox, password) = &self.passwords[place];
        let address = address(*number).unwrap();
        let login = DeviceLogin {
            address: address.canonical(),
            password,
            protocol: Protocol::Imap,
            from: Some("192.0.2.7".parse().unwrap()),
        };
        let session = self.directory.login_device(&login).unwrap();
        assert_eq!(session.mailbox, *mailbox);
        session
    }
}

static VIEWED: LazyLock<Logins> = LazyLock::new(|| {
    let mut logins = Logins::new(World::new(MemoryStore::new(), 10).unwrap(), None);
    logins.directory = logins.directory.with_view(ViewOptions::default()).unwrap();
    logins
});

static SQLITE: LazyLock<Logins> = LazyLock::new(|| {
    let folder = on_disk().unwrap();
    let store = mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap();
    Logins::new(World::new(store, 10).unwrap(), Some(folder))
});

fn bench(bencher: Bencher<'_, '_>, logins: &Logins, devices: usize) {
    let place = usize::from(devices != DEVICES[0]);
    let (number, _, password) = &logins.passwords[place];
    let address = address(*number).unwrap();
    let from = Some("192.0.2.7".parse().unwrap());
    logins.log_in(devices);
    bencher.bench_local(|| {
        let login = DeviceLogin { address: address.canonical(), password, protocol: Protocol::Imap, from };
        logins.directory.login_device(&login).unwrap()
    });
}

#[divan::bench(args = DEVICES, sample_count = 50, sample_size = 5_000)]
fn login_with_the_view(bencher: Bencher<'_, '_>, devices: usize) {
    bench(bencher, &VIEWED, devices);
}

#[divan::bench(args = DEVICES, sample_count = 50, sample_size = 500)]
fn login_on_sqlite(bencher: Bencher<'_, '_>, devices: usize) {
    bench(bencher, &SQLITE, devices);
}

#[divan::bench(sample_count = 50, sample_size = 5_000)]
fn a_wrong_password_with_the_view(bencher: Bencher<'_, '_>) {
    let address = address(1).unwrap();
    let password = "00000-00000-00000-00000-00000-00000";
    bencher.bench_local(|| {
        let login =
            DeviceLogin { address: address.canonical(), password, protocol: Protocol::Imap, from: None };
        VIEWED.directory.login_device(&login).unwrap_err()
    });
}

#[divan::bench(sample_count = 50, sample_size = 20_000)]
fn session_valid_with_the_view(bencher: Bencher<'_, '_>) {
    let session = VIEWED.log_in(1_000);
    bencher.bench_local(|| assert!(VIEWED.directory.session_valid(&session).unwrap()));
}

#[divan::bench(sample_count = 50, sample_size = 500)]
fn session_valid_on_sqlite(bencher: Bencher<'_, '_>) {
    let session = SQLITE.log_in(1_000);
    bencher.bench_local(|| assert!(SQLITE.directory.session_valid(&session).unwrap()));
}
