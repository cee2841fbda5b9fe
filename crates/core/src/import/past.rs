//! The history in an export: that it is whole, and tells how the rows came to be.

use rustc_hash::{FxHashMap, FxHashSet};

use super::lines::{File, Placed, Recorded, invalid};
use crate::entity::{self, Entity};
use crate::error::Error;
use crate::event::{Event, Stamp};
use crate::export::{ENTRY, History, has_lost_holder};
use crate::id::{MailboxId, UserId};
use crate::mailbox::MailboxState;
use crate::names::stream;
use crate::store::{Head, Key, Stream};
use crate::time::Timestamp;
use crate::user::UserEvent;

/// What the history of an export tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Everything as it stood at the end, what waits for the sweep too.
    pub(super) entities: FxHashMap<Key, Entity>,
    /// Where each stream ended.
    pub(super) heads: FxHashMap<Stream, Head>,
    /// Since when somebody was a member for the first time.
    pub(super) members: FxHashMap<UserId, Timestamp>,
    /// What waits for the sweep.
    pub(super) left: Vec<Key>,
}

/// Folds the history, and refuses one that does not end at the rows.
pub(super) fn check(file: &File) -> Result<Told, Error> {
    let mut told = Told::default();
    match (file.header.history, file.entries.first()) {
        (History::Without, None) => return Ok(told),
        (History::Without, Some(first)) => {
            return Err(invalid(
                first.line,
                ENTRY,
                "history",
                "the first line says that there is no history",
            ));
        }
        (History::With, _) => {}
    }
    let users: FxHashSet<UserId> = file
        .rows
        .iter()
        .filter_map(|row| match &row.what {
            Entity::User(user) => Some(user.id),
            _ => None,
        })
        .collect();
    let organisation = stream::organisation(file.header.organisation);
    for recorded in &file.entries {
        told.add(file, recorded, &organisation, &users)?;
    }
    told.sort_out(file, &users);
    told.compare(file)?;
    Ok(told)
}

impl Told {
    fn add(
        &mut self,
        file: &File,
        Placed { line, what: Recorded { entry, event } }: &Placed<Recorded>,
        organisation: &Stream,
        users: &FxHashSet<UserId>,
    ) -> Result<(), Error> {
        let refused = |field: &str, reason: &str, because: &str| {
            Err(invalid(*line, &format!("{ENTRY}.{field}"), reason, because))
        };
        if entry.stream != *organisation {
            let told_of_people = match event {
                Event::User(user, event) => users.contains(user) && is_of_a_person(event),
                Event::Import(row) => {
                    matches!(&row.0, Entity::User(user) if users.contains(&user.id))
                }
                _ => false,
            };
            if !told_of_people {
                return refused("stream", "foreign", "this is not of the organisation or its people");
            }
        }
        let head = self.heads.get(&entry.stream);
        if entry.seq != head.map_or(0, |head| head.seq) + 1 {
            return refused("seq", "gap", "an entry is missing, or stands there twice");
        }
        // The clock may have gone back since a person's last entry.
        let latest =
            if entry.stream == *organisation { file.header.at } else { file.header.at.plus(super::AHEAD) };
        if head.is_some_and(|head| entry.at < head.at) || entry.at > latest {
            return refused("at", "time", "time goes back, or beyond the making of the export");
        }
        self.heads.insert(entry.stream.clone(), Head { seq: entry.seq, at: entry.at });
        if let Event::Membership(_, user, _) = event {
            self.members.entry(*user).or_insert(entry.at);
        }
        if let Event::Import(row) = event
            && let Some(user) = row.member()
        {
            self.members.entry(user).or_insert(entry.at);
        }
        let key = event.key();
        let former = self.entities.remove(&key);
        if former.as_ref().is_some_and(|former| former.stream() != entry.stream) {
            return refused("body.on", "foreign", "this changes what another stream is about");
        }
        let by = match entry.actor.parse() {
            Ok(by) => by,
            Err(_) => return refused("actor", "malformed", "this is nobody who acts"),
        };
        match entity::apply(former, event, &Stamp { at: entry.at, by }) {
            Ok(Some(next)) => {
                self.entities.insert(key, next);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(source) => refused("body", "contradiction", &source.0),
        }
    }

    /// Puts aside what deletions left behind and a sweep would clear away: it is not exported.
    fn sort_out(&mut self, file: &File, users: &FxHashSet<UserId>) {
        let open: FxHashSet<MailboxId> = self
            .entities
            .values()
            .filter_map(|entity| match entity {
                Entity::Mailbox(mailbox) if mailbox.state != MailboxState::Deleted => Some(mailbox.id),
                _ => None,
            })
            .collect();
        let is_left = |entity: &Entity| match entity {
            Entity::Mailbox(mailbox) => !open.contains(&mailbox.id),
            Entity::Alias(alias) => !open.contains(&alias.mailbox),
            Entity::Grant(grant) => !open.contains(&grant.mailbox) || file.gone.contains(&grant.user),
            Entity::Device(device) => {
                let lost = has_lost_holder(device, users)
                    && device.holder.is_some_and(|holder| file.gone.contains(&holder));
                !open.contains(&device.mailbox) || lost
            }
            Entity::Membership(membership) => file.gone.contains(&membership.user),
            _ => false,
        };
        self.left =
            self.entities.iter().filter(|(_, entity)| is_left(entity)).map(|(key, _)| key.clone()).collect();
        self.left.sort();
    }

    fn compare(&self, file: &File) -> Result<(), Error> {
        let mut seen: FxHashSet<Key> = self.left.iter().cloned().collect();
        for row in &file.rows {
            let key = row.what.key();
            let word = row.what.word();
            let tells = match (self.entities.get(&key), &row.what) {
                (None, Entity::User(_)) => true,
                (Some(Entity::User(told)), Entity::User(user)) => {
                    let since = file.persons.contains(&user.id) || told.registered_at == user.registered_at;
                    since && (&told.login, &told.name, told.state) == (&user.login, &user.name, user.state)
                }
                (told, entity) => told == Some(entity) && !seen.contains(&key),
            };
            if !tells {
                return Err(invalid(row.line, word, "history", "the history tells it otherwise"));
            }
            seen.insert(key);
        }
        match self.entities.keys().find(|key| !seen.contains(*key)) {
            Some(key) => Err(invalid(
                file.last_line,
                key.as_str(),
                "history",
                "the history tells of it, and no line says what became of it",
            )),
            None => Ok(()),
        }
    }
}

/// What an export tells of people, and nothing of how they sign in or where else they belong.
fn is_of_a_person(event: &UserEvent) -> bool {
    matches!(
        event,
        UserEvent::Registered { .. }
            | UserEvent::Renamed { .. }
            | UserEvent::LoginConfirmed { .. }
            | UserEvent::Suspended
            | UserEvent::Resumed
    )
}
