//! What happened, and how things stood at any instant.

mod rebuild;

use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

pub(crate) use rebuild::World;

use crate::access::{AtMailbox, Power, Purpose, denied, no_organisation, no_user, sees_all};
use crate::actor::{Actor, By};
use crate::address::DomainName;
use crate::command::Host;
use crate::device::DeviceEvent;
use crate::directory::{Directory, Nature};
use crate::error::{Code, Error};
use crate::event::{Entry, Event};
use crate::grant::Right;
use crate::id::{DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::names::stream;
use crate::organisation::days;
use crate::paging::{Cursor, Page, PageRequest};
use crate::reader::Reader;
use crate::store::{JournalQuery, Order, Stream};
use crate::time::{ManualClock, Timestamp};

/// What whoever asked may see of a past: decided as of today, when they asked for it.
#[derive(Debug, Clone)]
pub(crate) enum Past {
    /// All of the organisation.
    Whole,
    /// These mailboxes, to whose history their grants give the right.
    Mailboxes(FxHashSet<MailboxId>),
}

/// What history is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum About {
    /// A person: their membership, grants and devices. Costs a pass over the time asked for.
    User(UserId),
    /// A mailbox with its aliases, grants and devices.
    Mailbox(MailboxId),
    /// A device.
    Device(DeviceId),
    /// A domain.
    Domain(DomainName),
    /// An invitation.
    Invitation(InvitationId),
    /// The organisation itself: its name, policy and state.
    Organisation(OrganisationId),
}

/// Which part of a history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryFilter {
    /// Only what is about this.
    pub about: Option<About>,
    /// Only what they did.
    pub by: Option<By>,
    /// Only these kinds, such as `grant.given`; all where there are none.
    pub kinds: Vec<String>,
    /// Not before this instant.
    pub since: Option<Timestamp>,
    /// Not after this instant.
    pub until: Option<Timestamp>,
    /// Whether the newest come first.
    pub order: Order,
}

/// What whoever has a mailbox may see of its history without `Activity`.
const RECENT_DAYS: u32 = 90;
/// At least so many entries are looked through at a time.
const FETCHED: usize = 500;

impl Directory {
    /// Who did what in an organisation, when, and to what. For its owners and admins.
    ///
    /// Costs one index range of the journal, by subject, by actor or by time.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    pub fn history(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        filter: &HistoryFilter,
        page: &PageRequest,
    ) -> Result<Page<Entry>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            read.standing(organisation, Purpose::Ask)?.require(Power::Administer)?;
            let list = format!("history/{organisation}");
            entries(read, stream::organisation(organisation), &list, None, filter, page, |_| true)
        })
    }

    /// What happened to a mailbox, its aliases, grants and devices. Owners, admins and those with `Activity`
    /// see all of it; everyone else who has the mailbox sees the grants and devices of the last 90 days. The
    /// networks of devices are for managers.
    ///
    /// Costs one index range of the journal, by the mailbox.
    ///
    /// # Errors
    /// `mailbox.not_found`, `cursor.invalid`.
    pub fn mailbox_history(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        filter: &HistoryFilter,
        page: &PageRequest,
    ) -> Result<Page<Entry>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            let at = read.at_mailbox(mailbox, Purpose::Ask)?;
            let all =
                read.past().is_some() || at.standing.has(Power::Administer) || at.holds(Right::Activity);
            let mut filter = filter.clone();
            if !all {
                let recent = at.now().minus(days(RECENT_DAYS));
                filter.since = Some(filter.since.map_or(recent, |since| since.max(recent)));
            }
            let seen = |entry: &Entry| match &entry.event {
                Event::Grant(_, of, ..) | Event::Device(_, of, ..) => *of == mailbox,
                Event::Mailbox(_, of, _) | Event::Alias(_, of, ..) => all && *of == mailbox,
                Event::Import(row) => all && row.mailbox() == Some(mailbox),
                _ => false,
            };
            let (stream, list) = (stream::organisation(at.organisation()), format!("history/{mailbox}"));
            let mut found = entries(read, stream, &list, Some(mailbox), &filter, page, seen)?;
            for entry in &mut found.items {
                hide_networks(read, &at, entry)?;
            }
            Ok(found)
        })
    }

    /// What happened to a person's account. For themselves and the host.
    ///
    /// Costs one index range of the journal.
    ///
    /// # Errors
    /// `user.not_found`, `cursor.invalid`.
    pub fn user_history(
        &self,
        actor: &Actor,
        user: UserId,
        filter: &HistoryFilter,
        page: &PageRequest,
    ) -> Result<Page<Entry>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            if !actor.is_system() && actor.user() != Some(user) {
                return Err(no_user());
            }
            entries(read, stream::user(user), &format!("history/{user}"), None, filter, page, |_| true)
        })
    }

    /// The organisation as it was at an instant, everything up to and including it: a directory of its own, in
    /// memory, that answers the same questions and takes no commands or logins (`directory.past`).
    ///
    /// Owners and admins of today see all of it; members with `Activity` on open mailboxes see those; the host
    /// sees deleted organisations too. Costs one pass over the organisation's journal and its members'.
    ///
    /// # Errors
    /// `time.future`; `organisation.not_found` for outsiders, before the founding and after the deletion;
    /// `access.denied`.
    ///
    /// ```
    /// # use mailgrant::{Actor, Directory, Error, MailboxId, OrganisationId, PageRequest};
    /// # fn show(directory: &Directory, owner: &Actor, organisation: OrganisationId, contact: MailboxId) -> Result<(), Error> {
    /// let then = directory.at(owner, organisation, "2026-03-03T12:00:00Z".parse()?)?;
    /// for entry in then.access(owner, contact, &PageRequest::default())?.items {
    ///     println!("{:?} through {:?}", entry.who, entry.through);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn at(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        instant: Timestamp,
    ) -> Result<Directory, Error> {
        self.require_live()?;
        self.refuse_future(instant)?;
        let mut rebuilt = None;
        let past = self.ask(actor, &mut |read| {
            let past = may_see_past(read, organisation)?;
            let mut world = World::new(organisation);
            world.replay(read.txn(), instant)?;
            rebuilt = Some(world.into_store()?);
            Ok(past)
        })?;
        let store = rebuilt.ok_or_else(no_organisation)?;
        let host = Host::of_copy(Box::new(ManualClock::new(instant)))?;
        Ok(Directory::copy(Arc::new(store), host, Nature::Past(past)))
    }
}

impl Directory {
    /// Refuses an instant that lies ahead: `time.future`.
    pub(crate) fn refuse_future(&self, instant: Timestamp) -> Result<(), Error> {
        match instant > self.host().now() {
            true => Err(Error::new(Code::TimeFuture, format!("`{instant}` lies in the future"))),
            false => Ok(()),
        }
    }
}

/// Decided as of today, whatever the instant.
pub(crate) fn may_see_past(read: &mut Reader<'_>, organisation: OrganisationId) -> Result<Past, Error> {
    if read.actor().is_system() {
        return Ok(Past::Whole);
    }
    let standing = read.standing(organisation, Purpose::Ask)?;
    if standing.has(Power::Administer) {
        return Ok(Past::Whole);
    }
    let user = standing.user().ok_or_else(no_organisation)?;
    let granted: Vec<MailboxId> = read
        .grants_of_user(organisation, user)?
        .iter()
        .filter(|grant| grant.gives(Right::Activity) && !grant.has_expired(standing.now))
        .map(|grant| grant.mailbox)
        .collect();
    let granted: FxHashSet<MailboxId> = read
        .mailboxes(granted.into_iter())?
        .iter()
        .filter(|mailbox| mailbox.is_open())
        .map(|mailbox| mailbox.id)
        .collect();
    if granted.is_empty() {
        return Err(denied(
            "only owners, admins and those with `activity` on a mailbox see the past",
            "admin",
        ));
    }
    Ok(Past::Mailboxes(granted))
}

/// A page of one stream, of all of it or of what is about one mailbox.
fn entries(
    read: &mut Reader<'_>,
    stream: Stream,
    list: &str,
    within: Option<MailboxId>,
    filter: &HistoryFilter,
    page: &PageRequest,
    seen: impl Fn(&Entry) -> bool,
) -> Result<Page<Entry>, Error> {
    let (subject, device, person) = match &filter.about {
        None => (None, None, None),
        Some(About::User(user)) => (None, None, Some(*user)),
        Some(About::Mailbox(mailbox)) => (Some(mailbox.to_string()), None, None),
        Some(About::Domain(name)) => (Some(name.as_str().to_owned()), None, None),
        Some(About::Invitation(invitation)) => (Some(invitation.to_string()), None, None),
        Some(About::Organisation(organisation)) => (Some(organisation.to_string()), None, None),
        Some(About::Device(device)) => match read.device(*device)? {
            Some(found) => (Some(found.mailbox.to_string()), Some(*device), None),
            None => (None, Some(*device), None),
        },
    };
    let subject = within.map(|mailbox| mailbox.to_string()).or(subject);
    let after = match &page.after {
        Some(cursor) => {
            let seq = cursor.place(list)?.parse::<u64>();
            let seq = seq
                .map_err(|_| Error::new(Code::CursorInvalid, "this cursor is damaged: begin without one"))?;
            Some((stream.clone(), seq))
        }
        None => None,
    };
    let limit = page.size();
    let fetched = limit.max(FETCHED);
    let mut query = JournalQuery {
        streams: vec![stream],
        subject,
        actor: filter.by.as_ref().map(By::to_string),
        since: filter.since,
        until: filter.until,
        after,
        order: filter.order,
        limit: fetched,
    };
    let wanted = |entry: &Entry| {
        (filter.kinds.is_empty() || filter.kinds.iter().any(|kind| kind == entry.event.kind()))
            && device.is_none_or(|device| is_of_device(&entry.event, device))
            && seen(entry)
    };
    let mut items = Vec::new();
    loop {
        let found = read.txn().journal(&query)?;
        let more = found.len() >= fetched;
        for raw in &found {
            let entry = Entry::read(raw)?;
            query.after = Some(entry.place.clone());
            let involved = match person {
                Some(person) => involves(read, &entry, person)?,
                None => true,
            };
            if involved && wanted(&entry) {
                items.push(entry);
                if items.len() >= limit {
                    break;
                }
            }
        }
        let done = items.len() >= limit;
        if done || !more {
            let next = done
                .then(|| query.after.as_ref().map(|(_, seq)| Cursor::new(list, &seq.to_string())))
                .flatten();
            return Ok(Page { items, next });
        }
    }
}

fn is_of_device(event: &Event, device: DeviceId) -> bool {
    match event {
        Event::Device(_, _, of, _) => *of == device,
        Event::Import(row) => row.device().is_some_and(|found| found.id == device),
        _ => false,
    }
}

/// Whether a person did it or it was done to them or to a device of theirs.
fn involves(read: &mut Reader<'_>, entry: &Entry, person: UserId) -> Result<bool, Error> {
    if entry.by.user() == Some(person) {
        return Ok(true);
    }
    Ok(match &entry.event {
        Event::User(user, _) | Event::Membership(_, user, _) | Event::Grant(_, _, user, _) => *user == person,
        Event::Import(row) => row.concerns(person),
        Event::Device(
            _,
            _,
            _,
            DeviceEvent::Added { holder, .. } | DeviceEvent::TransferredIn { holder, .. },
        ) => *holder == Some(person),
        Event::Device(_, _, device, _) => {
            read.device(*device)?.is_some_and(|device| device.holder == Some(person))
        }
        _ => false,
    })
}

/// Networks are for the device's holder and the managers.
fn hide_networks(read: &mut Reader<'_>, at: &AtMailbox, entry: &mut Entry) -> Result<(), Error> {
    if let Event::Import(row) = &mut entry.event {
        if row.device().is_some_and(|device| !sees_all(&at.standing, device)) {
            row.hide_networks();
        }
        return Ok(());
    }
    let Event::Device(_, _, device, event) = &mut entry.event else { return Ok(()) };
    let Some(bounds) = event.bounds_mut() else { return Ok(()) };
    let seen = match read.device(*device)? {
        Some(device) => sees_all(&at.standing, &device),
        None => at.manages(),
    };
    if !seen {
        bounds.networks = None;
    }
    Ok(())
}
