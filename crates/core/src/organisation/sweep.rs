//! Clearing away what deletions left behind: all access ended with them, the rows go bit by bit.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::entity::Entity;
use crate::error::Error;
use crate::event::{Event, SweepEvent};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::membership::{MembershipEvent, end_membership};
use crate::names::{key, term};
use crate::reader::Reader;
use crate::store::{Key, Range};

/// How many deleted things one sweep looks at: each stands in a stream that a commit elsewhere may move.
const MOST_DELETED: usize = 50;
/// The most events of one sweep, save that a member is removed in one commit whatever they had.
const MOST: usize = 1_000;

/// Clears away what deleted users, organisations and mailboxes left behind, about 1,000 rows at a time. The host
/// runs it now and then, again and again until it is finished. Nothing that anyone may do depends on it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {}

/// The answer of [`Sweep`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Swept {
    /// How many rows went or changed.
    pub rows: usize,
    /// Whether nothing is left to clear away.
    pub finished: bool,
}

impl Command for Sweep {
    type Output = Swept;
    const NAME: &'static str = "sweep";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<Swept>, Error> {
        system_only(read.actor())?;
        let deleted = read.by_term(&term::deleted(), &Range { after: None, limit: MOST_DELETED })?;
        let mut broom = Broom::default();
        let mut finished = deleted.len() < MOST_DELETED;
        for entity in deleted {
            let swept = match &entity {
                Entity::Mailbox(mailbox) => broom.mailbox(read, mailbox.id)?,
                Entity::Organisation(organisation) => broom.organisation(read, organisation.id)?,
                Entity::User(user) => broom.user(read, user.id)?,
                _ => true,
            };
            if !swept || broom.is_full() {
                finished = false;
                break;
            }
            broom.row(&entity);
        }
        let rows = broom.events.len();
        let decision = Decision::new(broom.events, Swept { rows, finished });
        Ok(decision.without_verifiers(broom.secrets))
    }
}

/// What one sweep takes away. Two deleted things may have shared a row: it goes once.
#[derive(Default)]
struct Broom {
    events: Vec<Event>,
    keys: FxHashSet<Key>,
    secrets: Vec<Key>,
}

impl Broom {
    fn is_full(&self) -> bool {
        self.events.len() >= MOST
    }

    fn room(&self) -> Range {
        Range { after: None, limit: MOST.saturating_sub(self.events.len()) }
    }

    fn push(&mut self, event: Event) {
        if self.keys.insert(event.key()) {
            self.events.push(event);
        }
    }

    /// A row and the secrets that belong to it.
    fn row(&mut self, entity: &Entity) {
        self.push(Event::Sweep(entity.stream(), entity.key(), SweepEvent::Swept));
        match entity {
            Entity::Device(device) => self.secrets.extend(device.secrets()),
            Entity::Invitation(invitation) => self.secrets.push(key::invitation(invitation.id)),
            _ => {}
        }
    }

    /// Whether the list came to its end.
    fn list(&mut self, found: &[Entity], range: &Range) -> bool {
        found.iter().for_each(|entity| self.row(entity));
        found.len() < range.limit
    }

    /// What hung on a mailbox that is gone. Whether that is all of it.
    fn mailbox(&mut self, read: &mut Reader<'_>, mailbox: MailboxId) -> Result<bool, Error> {
        for prefix in [key::grants(mailbox), key::aliases(mailbox)] {
            let range = self.room();
            if !self.list(&read.by_prefix(&prefix, &range)?, &range) {
                return Ok(false);
            }
        }
        for term in [term::mailbox_devices(mailbox), term::revoked_devices(mailbox)] {
            let range = self.room();
            if !self.list(&read.by_term(&term, &range)?, &range) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What was in an organisation that is gone. Whether that is all of it.
    fn organisation(&mut self, read: &mut Reader<'_>, organisation: OrganisationId) -> Result<bool, Error> {
        let range = self.room();
        let mailboxes = read.by_term(&term::mailboxes(organisation), &range)?;
        for entity in &mailboxes {
            if let Entity::Mailbox(mailbox) = entity {
                if !self.mailbox(read, mailbox.id)? || self.is_full() {
                    return Ok(false);
                }
                self.row(entity);
            }
        }
        if mailboxes.len() >= range.limit {
            return Ok(false);
        }
        for prefix in
            [key::memberships(organisation), key::domains(organisation), key::freed_addresses(organisation)]
        {
            let range = self.room();
            if !self.list(&read.by_prefix(&prefix, &range)?, &range) {
                return Ok(false);
            }
        }
        let range = self.room();
        Ok(self.list(&read.by_term(&term::invitations(organisation), &range)?, &range))
    }

    /// The places of somebody who is gone, in organisations that go on. Whether those are all.
    fn user(&mut self, read: &mut Reader<'_>, user: UserId) -> Result<bool, Error> {
        for membership in read.memberships_of(user)? {
            if self.is_full() {
                return Ok(false);
            }
            let organisation = membership.organisation;
            let ending = end_membership(read, organisation, user)?;
            ending.events.into_iter().for_each(|event| self.push(event));
            self.push(Event::Membership(organisation, user, MembershipEvent::Removed));
        }
        Ok(true)
    }
}
