//! Clearing away what deletions left behind: all access ended with them, the rows go bit by bit.

use serde::{Deserialize, Serialize};

use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::entity::Entity;
use crate::error::Error;
use crate::event::{Event, SweepEvent};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::membership::{MembershipEvent, end_membership};
use crate::names::{key, term};
use crate::reader::Reader;
use crate::store::Range;

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
        let mut events = Vec::new();
        let deleted = read.by_term(&term::deleted(), &Range { after: None, limit: MOST })?;
        let mut finished = deleted.len() < MOST;
        for entity in deleted {
            let swept = match &entity {
                Entity::Mailbox(mailbox) => sweep_mailbox(read, mailbox.id, &mut events)?,
                Entity::Organisation(organisation) => sweep_organisation(read, organisation.id, &mut events)?,
                Entity::User(user) => sweep_user(read, user.id, &mut events)?,
                _ => true,
            };
            if !swept || events.len() >= MOST {
                finished = false;
                break;
            }
            events.push(swept_row(&entity));
        }
        let rows = events.len();
        Ok(Decision::new(events, Swept { rows, finished }))
    }
}

fn swept_row(entity: &Entity) -> Event {
    Event::Sweep(entity.stream(), entity.key(), SweepEvent::Swept)
}

fn room(events: &[Event]) -> Range {
    Range { after: None, limit: MOST.saturating_sub(events.len()) }
}

/// Sweeps what was found, which came to its end where it is less than there was room for.
fn sweep_all(events: &mut Vec<Event>, found: &[Entity], range: &Range) -> bool {
    events.extend(found.iter().map(swept_row));
    found.len() < range.limit
}

/// What hung on a mailbox that is gone. Whether that is all of it.
fn sweep_mailbox(read: &mut Reader<'_>, mailbox: MailboxId, events: &mut Vec<Event>) -> Result<bool, Error> {
    for prefix in [key::grants(mailbox), key::aliases(mailbox)] {
        let range = room(events);
        if !sweep_all(events, &read.by_prefix(&prefix, &range)?, &range) {
            return Ok(false);
        }
    }
    for term in [term::mailbox_devices(mailbox), term::revoked_devices(mailbox)] {
        let range = room(events);
        if !sweep_all(events, &read.by_term(&term, &range)?, &range) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What was in an organisation that is gone. Whether that is all of it.
fn sweep_organisation(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    events: &mut Vec<Event>,
) -> Result<bool, Error> {
    let range = room(events);
    let mailboxes = read.by_term(&term::mailboxes(organisation), &range)?;
    for entity in &mailboxes {
        if let Entity::Mailbox(mailbox) = entity {
            if !sweep_mailbox(read, mailbox.id, events)? || events.len() >= MOST {
                return Ok(false);
            }
            events.push(swept_row(entity));
        }
    }
    if mailboxes.len() >= range.limit {
        return Ok(false);
    }
    for prefix in
        [key::memberships(organisation), key::domains(organisation), key::freed_addresses(organisation)]
    {
        let range = room(events);
        if !sweep_all(events, &read.by_prefix(&prefix, &range)?, &range) {
            return Ok(false);
        }
    }
    let range = room(events);
    Ok(sweep_all(events, &read.by_term(&term::invitations(organisation), &range)?, &range))
}

/// The places of somebody who is gone, in organisations that go on. Whether those are all.
fn sweep_user(read: &mut Reader<'_>, user: UserId, events: &mut Vec<Event>) -> Result<bool, Error> {
    for membership in read.memberships_of(user)? {
        if events.len() >= MOST {
            return Ok(false);
        }
        events.extend(end_membership(read, membership.organisation, user)?.events);
        events.push(Event::Membership(membership.organisation, user, MembershipEvent::Removed));
    }
    Ok(true)
}
