//! Whether access views and rows give the same answers for everybody.

use std::sync::{Arc, Mutex};

use mailgrant::store::{Range, Row, Store};
use mailgrant::*;

/// Beyond so many pairs of people and mailboxes, or things of another kind, only some are compared after each command,
/// others after the next.
const MOST_PAIRS: usize = 60;
const MOST: usize = 8;

/// Two more directories over the store of a world.
pub struct Views {
    /// Asks the rows.
    rows: Directory,
    /// Has a view that learns from the journal alone.
    following: Directory,
    /// Where the journal stood when they were compared last, and how often that was.
    compared: Mutex<(Option<Cursor>, usize)>,
}

impl Views {
    pub fn new(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Self {
        let rows = super::builder(store.clone(), clock, 8).build().unwrap();
        let following = super::builder(store.clone(), clock, 9).build().unwrap();
        let following = following.with_view(ViewOptions::strict()).unwrap();
        Self { rows, following, compared: Mutex::default() }
    }

    /// After a command that has changed something: everyone, at every mailbox and address.
    #[track_caller]
    pub fn agree(&self, own: &Directory, store: &MemoryStore, after: &str) {
        let stands = Some(self.rows.changes_from_now().unwrap());
        let mut compared = self.compared.lock().unwrap();
        if compared.0 == stands {
            return;
        }
        *compared = (stands, compared.1 + 1);
        for viewed in [own, &self.following] {
            compare(&self.rows, viewed, store, compared.1, after);
        }
    }
}

fn rows(store: &MemoryStore, prefix: &str) -> Vec<Row> {
    let mut found = Vec::new();
    let all = Range { after: None, limit: usize::MAX };
    store
        .read(&mut |txn| {
            found = txn.rows_by_prefix(prefix, &all)?;
            Ok(())
        })
        .unwrap();
    found
}

fn ids<I: std::str::FromStr>(store: &MemoryStore, prefix: &str) -> Vec<I> {
    rows(store, prefix).iter().filter_map(|row| row.key.as_str().parse().ok()).collect()
}

/// Whatever is or was an address, and what could be one of its subaddresses.
fn addresses(rows: &Directory, store: &MemoryStore) -> Vec<Address> {
    let host = Actor::system("test");
    let own = ids::<MailboxId>(store, "mbx_");
    let own = own.iter().filter_map(|mailbox| Some(rows.mailbox(&host, *mailbox).ok()?.address));
    let mut found: Vec<Address> = own.collect();
    for kind in ["als/", "fre/"] {
        let keys = self::rows(store, kind);
        found.extend(keys.iter().map(|row| row.key.as_str().splitn(3, '/').nth(2).unwrap().parse().unwrap()));
    }
    let below = |address: &Address| format!("{}+x@{}", address.local(), address.domain()).parse().ok();
    let subaddresses: Vec<Address> = found.iter().filter_map(below).collect();
    found.extend(subaddresses);
    for row in self::rows(store, "dom/") {
        let domain = row.key.as_str().rsplit('/').next().unwrap().to_owned();
        let names = ["contact", "nobody", "postmaster"];
        found.extend(names.map(|local| format!("{local}@{domain}").parse().unwrap()));
    }
    found
}

/// Some of a list, others the next time.
fn some<T>(list: &[T], most: usize, round: usize) -> impl Iterator<Item = &T> {
    let stride = list.len().div_ceil(most).max(1);
    list.iter().skip(round % stride).step_by(stride)
}

#[track_caller]
pub fn compare(rows: &Directory, viewed: &Directory, store: &MemoryStore, round: usize, after: &str) {
    let host = Actor::system("test");
    let (users, mailboxes) = (ids::<UserId>(store, "usr_"), ids::<MailboxId>(store, "mbx_"));
    let pairs = mailboxes.iter().flat_map(|mailbox| users.iter().map(move |user| (*user, *mailbox)));
    for (user, mailbox) in some(&pairs.collect::<Vec<_>>(), MOST_PAIRS, round).copied() {
        for right in [Right::Read, Right::Send, Right::Sharing] {
            let (here, there) = (rows.may(user, right, mailbox), viewed.may(user, right, mailbox));
            assert_eq!(here.unwrap(), there.unwrap(), "after {after}: may {user} {right} {mailbox}");
        }
    }
    for mailbox in some(&mailboxes, MOST, round) {
        let page = PageRequest::default();
        let (here, there) = (rows.access(&host, *mailbox, &page), viewed.access(&host, *mailbox, &page));
        let plain = |answer: Result<Page<Access>, Error>| {
            answer.map_err(|error| error.code()).map(|mut page| {
                // Last uses wait in the directory that saw them.
                page.items.iter_mut().for_each(|access| access.last_used = None);
                page
            })
        };
        assert_eq!(plain(here), plain(there), "after {after}: access to {mailbox}");
    }
    for user in some(&users, MOST, round) {
        let (here, there) = (rows.reach(&host, *user), viewed.reach(&host, *user));
        let (here, there) = (here.map_err(|error| error.code()), there.map_err(|error| error.code()));
        assert_eq!(here, there, "after {after}: reach of {user}");
    }
    for address in some(&addresses(rows, store), 2 * MOST, round) {
        assert_eq!(
            rows.resolve(address).unwrap(),
            viewed.resolve(address).unwrap(),
            "after {after}: where mail to {address} goes"
        );
    }
}
