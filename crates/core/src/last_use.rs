//! When something was last used: a side note, coarse and lossy, never on the way of a login.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::device::{Device, Protocol};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{DeviceId, MailboxId, UserId};
use crate::login::DeviceSession;
use crate::names::key;
use crate::reader::Reader;
use crate::store::{Key, Note};
use crate::time::Timestamp;

/// How coarse last uses are: a later one within this time is not kept.
const GRAIN: Duration = Duration::from_secs(15 * 60);
/// The most notes that wait in memory; what comes on top is lost.
const MOST_WAITING: usize = 100_000;
/// How many notes are written at a time.
const CHUNK: usize = 1_000;

/// When and from where something was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When, to about a quarter of an hour.
    pub at: Timestamp,
    /// By which protocol of a device; none for a person at the host's own pages.
    pub protocol: Option<Protocol>,
    /// From where, if the server knew.
    pub from: Option<IpAddr>,
}

/// What was used. Ids, and no text: this is on the way of every login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Used {
    Device(DeviceId, Protocol),
    Grant(MailboxId, UserId),
}

impl Used {
    /// The name of its note.
    fn key(self) -> Key {
        match self {
            Self::Device(device, protocol) => key::last_use(device, protocol.as_str()),
            Self::Grant(mailbox, user) => key::grant(mailbox, user),
        }
    }

    /// What a note of this name is about.
    fn of(key: &Key) -> Option<Self> {
        let mut parts = key.as_str().split('/');
        match (parts.next()?, parts.next()?, parts.next()) {
            ("grt", mailbox, Some(user)) => Some(Self::Grant(mailbox.parse().ok()?, user.parse().ok()?)),
            (device, protocol, None) => Some(Self::Device(device.parse().ok()?, protocol.parse().ok()?)),
            _ => None,
        }
    }
}

/// Last uses that were not written yet, and when those written were.
#[derive(Default)]
pub(crate) struct Waiting {
    uses: Mutex<Inner>,
    /// Held by whoever writes them, and by whoever sees to it that some are never written.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Inner {
    notes: FxHashMap<Used, LastUse>,
    written: FxHashMap<Used, Timestamp>,
}

impl Waiting {
    fn add(&self, used: impl Iterator<Item = Used>, last: LastUse) {
        let mut inner = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for what in used {
            if let Some(waits) = inner.notes.get_mut(&what) {
                *waits = last;
                continue;
            }
            let fresh = inner.written.get(&what).is_none_or(|written| last.at.since(*written) >= GRAIN);
            if fresh && inner.notes.len() < MOST_WAITING {
                inner.notes.insert(what, last);
            }
        }
    }

    /// What waits under these names, in their order.
    fn get(&self, keys: &[Key]) -> Vec<Option<LastUse>> {
        let inner = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.notes.is_empty() {
            true => vec![None; keys.len()],
            false => keys.iter().map(|key| inner.notes.get(&Used::of(key)?).copied()).collect(),
        }
    }

    /// Lets go of what nobody should learn any more.
    pub(crate) fn forget(&self, keys: &[Key]) {
        if keys.is_empty() {
            return;
        }
        let mut inner = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for what in keys.iter().filter_map(Used::of) {
            inner.notes.remove(&what);
            inner.written.remove(&what);
        }
    }

    /// As long as this is held nothing is being written: what is forgotten meanwhile does not come back.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<(Used, LastUse)> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).notes.drain().collect()
    }

    fn are_written(&self, uses: &[(Used, LastUse)]) {
        let mut inner = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.written.len() > MOST_WAITING {
            inner.written.clear();
        }
        inner.written.extend(uses.iter().map(|(what, used)| (*what, used.at)));
    }

    /// They could not be written: they wait on, but for those that were used again since.
    fn put_back(&self, uses: &[(Used, LastUse)]) {
        let mut inner = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for (what, used) in uses {
            inner.notes.entry(*what).or_insert(*used);
        }
    }
}

impl Directory {
    /// Writes the last uses that wait in memory. The host calls it from time to time, for example once a minute;
    /// dropping the directory calls it too. What a crash takes with it is lost.
    ///
    /// Costs one write a thousand uses.
    ///
    /// # Errors
    /// Those of the store.
    pub fn flush_uses(&self) -> Result<(), Error> {
        let _alone = self.waiting().hold();
        let uses = self.waiting().take();
        for (place, some) in uses.chunks(CHUNK).enumerate() {
            let note = |(what, used): &(Used, LastUse)| Note {
                key: what.key(),
                at: used.at,
                body: serde_json::to_string(used).unwrap_or_default(),
            };
            if let Err(error) = self.store().note(&some.iter().map(note).collect::<Vec<_>>()) {
                self.waiting().put_back(uses.get(place * CHUNK..).unwrap_or_default());
                return Err(error.into());
            }
            self.waiting().are_written(some);
        }
        Ok(())
    }

    /// Notes that a person opened a mailbox at the host's own pages. Costs nothing: it is written later. A past or a
    /// replica notes nothing.
    pub fn note_opened(&self, user: UserId, mailbox: MailboxId, from: Option<IpAddr>) {
        if !self.is_live() {
            return;
        }
        let used = LastUse { at: self.host().now(), protocol: None, from };
        self.waiting().add(std::iter::once(Used::Grant(mailbox, user)), used);
    }

    /// Notes the use of a device, and of the grant that it hangs on: so that a page of grants needs not look through
    /// everybody's devices.
    pub(crate) fn note_use(&self, session: &DeviceSession, now: Timestamp) {
        let used = LastUse { at: now, protocol: Some(session.protocol), from: session.from };
        let device = Used::Device(session.device, session.protocol);
        let grant = session.holder.map(|holder| Used::Grant(session.mailbox, holder));
        self.waiting().add(std::iter::once(device).chain(grant), used);
    }
}

/// The last use of each device by any protocol, also one that it may use no more, in one look-up.
pub(crate) fn last_uses(
    read: &mut Reader<'_>,
    devices: &[Arc<Device>],
) -> Result<Vec<Option<LastUse>>, Error> {
    let keys: Vec<Key> = devices.iter().flat_map(|device| device.notes()).collect();
    let mut uses = uses_under(read, &keys)?.into_iter();
    let mut latest = || uses.by_ref().take(Protocol::ALL.len()).flatten().max_by_key(|used| used.at);
    Ok(devices.iter().map(|_| latest()).collect())
}

/// The last uses under these keys, in their order: written ones, or later ones that wait.
pub(crate) fn uses_under(read: &mut Reader<'_>, keys: &[Key]) -> Result<Vec<Option<LastUse>>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let written = read.txn().notes(keys)?;
    let waiting = read.waiting().map_or_else(|| vec![None; keys.len()], |waiting| waiting.get(keys));
    let read_note = |note: Note| serde_json::from_str::<LastUse>(&note.body).ok();
    Ok(waiting
        .into_iter()
        .zip(written)
        .map(|(waits, note)| waits.or_else(|| note.and_then(read_note)))
        .collect())
}
