//! How things stood: entities made of their events again.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::access::no_organisation;
use crate::entity::{self, Entity};
use crate::error::Error;
use crate::event::{Event, Stamp};
use crate::id::OrganisationId;
use crate::memory::MemoryStore;
use crate::names::{key, stream};
use crate::organisation::OrganisationState;
use crate::store::{ChangeSet, Expect, JournalEntry, JournalQuery, Key, ReadTxn, Store, Stream};
use crate::time::Timestamp;

/// How many entries are read at a time.
const CHUNK: usize = 10_000;
/// Of how many members at a time.
const MEMBERS: usize = 500;

/// An organisation made of its events and its members'.
pub(crate) struct World {
    organisation: OrganisationId,
    entities: FxHashMap<Key, Entity>,
    entries: Vec<JournalEntry>,
    streams: BTreeSet<Stream>,
    /// The streams of whoever was a member by now.
    members: BTreeSet<Stream>,
    /// The instant up to and including which it was replayed.
    reached: Option<Timestamp>,
}

impl World {
    /// Before anything happened.
    pub(crate) fn new(organisation: OrganisationId) -> Self {
        Self {
            organisation,
            entities: FxHashMap::default(),
            entries: Vec::new(),
            streams: BTreeSet::new(),
            members: BTreeSet::new(),
            reached: None,
        }
    }

    /// Goes on to an instant, which lies no earlier than where it stands: the organisation's stream, then the streams of
    /// whoever was a member by then. `organisation.not_found` before the founding and after the deletion.
    pub(crate) fn replay(&mut self, txn: &mut dyn ReadTxn, until: Timestamp) -> Result<(), Error> {
        let since = self.reached.map(|reached| Timestamp::from_millis(reached.as_millis().saturating_add(1)));
        let known = self.members.clone();
        self.read(txn, vec![stream::organisation(self.organisation)], since, until)?;
        let founded = self.entities.get(&key::organisation(self.organisation));
        match founded {
            Some(Entity::Organisation(found)) if found.state != OrganisationState::Deleted => {}
            _ => return Err(no_organisation()),
        }
        let new: Vec<Stream> = self.members.difference(&known).cloned().collect();
        let known: Vec<Stream> = known.into_iter().collect();
        for some in known.chunks(MEMBERS) {
            self.read(txn, some.to_vec(), since, until)?;
        }
        for some in new.chunks(MEMBERS) {
            self.read(txn, some.to_vec(), None, until)?;
        }
        self.reached = Some(until);
        Ok(())
    }

    /// What there is at the instant that it was replayed to.
    pub(crate) fn entities(&self) -> &FxHashMap<Key, Entity> {
        &self.entities
    }

    /// The entries that were replayed since this was asked last.
    pub(crate) fn take_entries(&mut self) -> Vec<JournalEntry> {
        std::mem::take(&mut self.entries)
    }

    fn read(
        &mut self,
        txn: &mut dyn ReadTxn,
        streams: Vec<Stream>,
        since: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<(), Error> {
        let until = Some(until);
        let mut query = JournalQuery { streams, since, until, limit: CHUNK, ..JournalQuery::default() };
        loop {
            let page = txn.journal(&query)?;
            let more = page.len() >= CHUNK;
            query.after = page.last().map(|entry| (entry.stream.clone(), entry.seq));
            for entry in &page {
                let event = Event::read(entry)?;
                match &event {
                    Event::Membership(_, user, _) => drop(self.members.insert(stream::user(*user))),
                    Event::Import(row) => self.members.extend(row.member().map(stream::user)),
                    _ => {}
                }
                let by = entry.actor.parse()?;
                let key = event.key();
                let next = entity::apply(self.entities.remove(&key), &event, &Stamp { at: entry.at, by })?;
                if let Some(next) = next {
                    self.entities.insert(key, next);
                }
                self.streams.insert(entry.stream.clone());
            }
            self.entries.extend(page);
            if !more {
                return Ok(());
            }
        }
    }

    /// A store that holds it, without verifiers and last uses.
    pub(crate) fn into_store(self) -> Result<MemoryStore, Error> {
        let id = crate::id::ChangeId::from_uuid(self.organisation.as_uuid());
        let mut change = ChangeSet::empty(id);
        let mut taken = FxHashSet::default();
        for (key, entity) in &self.entities {
            change.put.push(entity.row()?);
            // Where clocks differed, two users may seem to have had a login at the same instant: one of them has it.
            let free = entity.claims().into_iter().filter(|claim| taken.insert(claim.clone()));
            change.take.extend(free.map(|claim| (claim, key.clone())));
            change.file.extend(entity.terms().into_iter().map(|term| (term, key.clone())));
        }
        change.expect = self.streams.into_iter().map(|stream| Expect { stream, seq: 0 }).collect();
        change.append = self.entries;
        let store = MemoryStore::new();
        store.commit(&change)?;
        Ok(store)
    }
}
