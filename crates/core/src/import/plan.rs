//! What an import writes: the rows as they arrive, and the journal that tells how they came here.

use std::sync::Arc;

use super::lines::{File, Placed};
use super::past::Told;
use super::{Imported, ImportedRow};
use crate::actor::By;
use crate::device::DeviceSecret;
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::Error;
use crate::event::{Event, Stamp, SweepEvent};
use crate::export::History;
use crate::id::{ChangeId, UserId};
use crate::invitation::{InvitationEvent, InvitationState};
use crate::membership::Membership;
use crate::names::stream;
use crate::store::{ChangeSet, Claim, Expect, Head, JournalEntry, Key, Stream};
use crate::time::Timestamp;
use crate::upcast;
use crate::user::{PasswordState, User, UserEvent};

/// Everything that an import will write.
pub(super) struct Plan {
    pub(super) change: ChangeSet,
    pub(super) imported: Imported,
}

impl Plan {
    /// The streams that it begins.
    pub(super) fn streams(&self) -> Vec<Stream> {
        self.change.expect.iter().map(|expect| expect.stream.clone()).collect()
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.change.put.iter().map(|row| row.key.clone()).collect()
    }

    pub(super) fn claims(&self) -> Vec<Claim> {
        self.change.take.iter().map(|(claim, _)| claim.clone()).collect()
    }
}

/// Makes the change of it.
pub(super) fn plan(file: File, told: Told, by: &By, now: Timestamp, id: ChangeId) -> Result<Plan, Error> {
    let mut journal = Journal { by, now, change: id, heads: told.heads.clone(), entries: Vec::new() };
    let history = file.header.history;
    let organisation = stream::organisation(file.header.organisation);
    let mut imported = Imported {
        organisation: file.header.organisation,
        rows: file.rows.len() as u64,
        entries: file.entries.len() as u64,
        devices: 0,
        invitations: 0,
    };
    journal.entries.reserve(file.entries.len() + file.rows.len());
    journal.entries.extend(file.entries.into_iter().map(|recorded| recorded.what.entry));
    for left in &told.left {
        journal.append(&Event::Sweep(organisation.clone(), left.clone(), SweepEvent::Swept))?;
    }
    let persons = file.persons;
    let mut change = ChangeSet::empty(id);
    let since: rustc_hash::FxHashMap<_, _> =
        file.rows.iter().filter_map(|row| membership(row)).map(|one| (one.user, one.since)).collect();
    let mut joined: Vec<UserId> = Vec::new();
    for Placed { what, .. } in file.rows {
        let arrived = match &what {
            Entity::User(user) => {
                let earliest = told.members.get(&user.id).or(since.get(&user.id)).copied();
                let known = persons.contains(&user.id).then_some(earliest).flatten();
                Entity::User(arrive(user, known).into())
            }
            Entity::Device(device) => {
                imported.devices += u64::from(device.is_active());
                let mut device = device.as_ref().clone();
                device.secret = DeviceSecret::Missing;
                device.rotation = None;
                Entity::Device(device.into())
            }
            // It was offered to somebody where it came from.
            Entity::Domain(domain) if domain.offer.is_some() => {
                Entity::Domain(Domain { offer: None, ..domain.as_ref().clone() }.into())
            }
            Entity::Invitation(invitation) if invitation.is_pending() => {
                imported.invitations += 1;
                let mut invitation = invitation.as_ref().clone();
                invitation.state = InvitationState::Revoked;
                Entity::Invitation(invitation.into())
            }
            _ => what.clone(),
        };
        match (history, &arrived) {
            (History::With, Entity::User(user)) => {
                if !told.heads.contains_key(&stream::user(user.id)) {
                    journal.register(user)?;
                }
                journal.append(&Event::Import(ImportedRow(arrived.clone())))?;
            }
            (History::With, Entity::Invitation(invitation)) if arrived != what => {
                let event = InvitationEvent::Revoked;
                journal.append(&Event::Invitation(invitation.organisation, invitation.id, event))?;
            }
            // One line in the history says that the organisation came here.
            (History::With, Entity::Organisation(_)) => {
                journal.append(&Event::Import(ImportedRow(arrived.clone())))?;
            }
            (History::With, _) if arrived == what => {}
            _ => journal.append(&Event::Import(ImportedRow(arrived.clone())))?,
        }
        if let Entity::Membership(membership) = &arrived {
            joined.push(membership.user);
        }
        let key = arrived.key();
        change.take.extend(arrived.claims().into_iter().map(|claim| (claim, key.clone())));
        change.file.extend(arrived.terms().into_iter().map(|term| (term, key.clone())));
        change.put.push(arrived.row()?);
    }
    // As whenever somebody joins: their own journal leads to the organisations that it says more of them.
    for user in joined {
        let organisation = file.header.organisation;
        journal.append(&Event::User(user, UserEvent::Joined { organisation }))?;
    }
    let mut streams: Vec<Stream> = journal.heads.keys().cloned().collect();
    streams.sort();
    change.expect = streams.into_iter().map(|stream| Expect { stream, seq: 0 }).collect();
    change.file.sort();
    change.file.dedup();
    change.append = journal.entries;
    Ok(Plan { change, imported })
}

fn membership(row: &Placed<Entity>) -> Option<&Arc<Membership>> {
    match &row.what {
        Entity::Membership(membership) => Some(membership),
        _ => None,
    }
}

/// A person without a password, whose former sessions are over.
fn arrive(user: &User, known_since: Option<Timestamp>) -> User {
    let mut user = user.clone();
    user.password = PasswordState::Missing;
    user.end_session();
    user.registered_at = known_since.unwrap_or(user.registered_at);
    user
}

/// The journal of an import.
struct Journal<'a> {
    by: &'a By,
    now: Timestamp,
    change: ChangeId,
    heads: rustc_hash::FxHashMap<Stream, Head>,
    entries: Vec<JournalEntry>,
}

impl Journal<'_> {
    fn append(&mut self, event: &Event) -> Result<(), Error> {
        self.append_at(event, self.now)
    }

    /// Somebody whose history stayed behind was here all the time, by the name that they have now: otherwise nobody
    /// would be found in the past.
    fn register(&mut self, user: &User) -> Result<(), Error> {
        let login = user.login.clone();
        let registered =
            UserEvent::Registered { login, name: user.name.clone(), password: PasswordState::Missing };
        self.append_at(&Event::User(user.id, registered), user.registered_at.min(self.now))
    }

    fn append_at(&mut self, event: &Event, at: Timestamp) -> Result<(), Error> {
        let stream = event.stream();
        let head = self.heads.get(&stream).copied();
        let at = head.map_or(at, |head| head.at.max(at));
        let stamp = Stamp { at, by: self.by.clone() };
        let seq = head.map_or(0, |head| head.seq) + 1;
        self.heads.insert(stream.clone(), Head { seq, at });
        self.entries.push(JournalEntry {
            stream,
            seq,
            at: stamp.at,
            change: self.change,
            actor: stamp.by.to_string(),
            command: super::COMMAND.to_owned(),
            kind: event.kind().to_owned(),
            version: upcast::EVENT,
            subject: event.subject(),
            body: event.body()?,
        });
        Ok(())
    }
}

/// How a key or claim is named where it is taken.
pub(super) fn named(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((kind @ ("login" | "domain"), name)) => (kind, name),
        _ => ("id", text),
    }
}
