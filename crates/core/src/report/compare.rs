//! Who gained and lost what between two instants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::access::{DeviceFacts, Facts, Obstacle};
use crate::actor::Actor;
use crate::address::Address;
use crate::device::{Device, DeviceEvent, Protocols};
use crate::directory::Directory;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::{Entry, Event};
use crate::grant::{Grant, Right, Rights};
use crate::history::{Past, World, may_see_past};
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::mailbox::{Mailbox, MailboxEvent};
use crate::membership::{Membership, MembershipEvent, Role, Services};
use crate::names::key;
use crate::organisation::{Organisation, OrganisationEvent};
use crate::paging::{Cursor, Page, PageRequest};
use crate::questions::Person;
use crate::store::{JournalEntry, Key};
use crate::time::Timestamp;
use crate::user::{User, UserState};
use crate::words::words;

words! {
    /// What became of somebody's access.
    pub enum Change {
        /// There was none before.
        Gained = "gained",
        /// There is none afterwards.
        Lost = "lost",
        /// It is another.
        Changed = "changed",
    }
}

/// Whose access a difference is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compared {
    /// A member's place in the organisation.
    Member(Person),
    /// A person's access to a mailbox.
    #[non_exhaustive]
    Person {
        /// The mailbox.
        mailbox: MailboxId,
        /// Its address.
        address: Address,
        /// Who.
        person: Person,
    },
    /// A device's access to its mailbox.
    #[non_exhaustive]
    Device {
        /// The mailbox.
        mailbox: MailboxId,
        /// Its address.
        address: Address,
        /// The device.
        device: DeviceId,
        /// What people call it.
        label: String,
    },
}

/// How things stood at one of the two instants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Situation {
    /// No access.
    #[non_exhaustive]
    Nothing {
        /// What stood in the way, such as `grant_missing` or `user_suspended`.
        obstacle: Option<String>,
    },
    /// A place in the organisation.
    #[non_exhaustive]
    Member {
        /// As what.
        role: Role,
        /// With which services.
        services: Services,
    },
    /// Reading a mailbox, and more.
    #[non_exhaustive]
    Access {
        /// What else they may do.
        rights: Rights,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// A device that opens its mailbox.
    #[non_exhaustive]
    Device {
        /// By which protocols, whatever its networks.
        protocols: Protocols,
        /// What it may do besides reading.
        rights: Rights,
        /// Whose it is.
        holder: Option<UserId>,
        /// Until when.
        until: Option<Timestamp>,
    },
}

impl Situation {
    fn nothing(obstacle: Option<impl ToString>) -> Self {
        Self::Nothing { obstacle: obstacle.map(|obstacle| obstacle.to_string()) }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }
}

/// What somebody gained, lost, or has otherwise than before.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Whose access it is.
    pub whose: Compared,
    /// What became of it.
    pub change: Change,
    /// How it stood at the first instant.
    pub before: Situation,
    /// How it stands at the second.
    pub after: Situation,
    /// The entries between the two that did it, the oldest first; of a device also those of the grant and the membership
    /// that it hung on. Nothing where it was none of the organisation's: then the
    /// obstacle says why, such as `user_suspended` or `grant_expired`.
    pub why: Vec<Entry>,
}

impl Directory {
    /// Who gained and lost what between two instants, and why: the places of members, then mailbox by mailbox what people
    /// and devices may do there, compared by effective access. What came and went in between is not shown.
    ///
    /// Who may ask is decided as of today, as for [`Directory::at`]: owners and admins see all of it, members with `Activity`
    /// those mailboxes, the host deleted organisations too, at instants before their end.
    ///
    /// Costs, for every page, one pass over the organisation's journal and its members' up to the second instant.
    ///
    /// # Errors
    /// `time.future`; `time.reversed` where the first instant is the later one; `organisation.not_found` for outsiders, and
    /// where either instant lies before the founding or after the deletion; `access.denied`; `cursor.invalid`;
    /// `directory.past` on a past.
    ///
    /// ```
    /// use mailgrant::report::{Change, Situation};
    /// use mailgrant::{Actor, Clock, Directory, HeldDevices, ManualClock, MemoryStore, PageRequest, Proof};
    /// use mailgrant::{domain::*, grant::*, mailbox::*, organisation::*, user::*};
    /// # use std::{sync::Arc, time::Duration};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// # let clock = Arc::new(ManualClock::new("2026-03-03T09:00:00Z".parse()?));
    /// # let directory = Directory::builder(MemoryStore::new()).clock(clock.clone()).build()?;
    /// # let system = Actor::system("panel");
    /// # let anna = RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified);
    /// # let anna = directory.run(&system, anna)?.user;
    /// # let owner = Actor::User(anna);
    /// # let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
    /// # let name: mailgrant::DomainName = "bakery.example".parse()?;
    /// # directory.run(&owner, AddDomain { organisation, name: name.clone() })?;
    /// # directory.run(&system, VerifyDomain { organisation, name })?;
    /// # let contact = directory.run(&owner, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
    /// directory.run(&owner, GrantAccess::new(contact, anna))?;
    /// let tuesday = clock.now();
    /// # clock.advance(Duration::from_secs(86_400));
    /// directory.run(&owner, RevokeGrant { mailbox: contact, user: anna, held: HeldDevices::Revoke })?;
    /// let wednesday = clock.now();
    ///
    /// let differences = directory.compare(&owner, organisation, tuesday, wednesday, &PageRequest::default())?.items;
    /// assert_eq!(differences[0].change, Change::Lost);
    /// assert!(matches!(differences[0].before, Situation::Access { .. }));
    /// assert_eq!(differences[0].why[0].event.kind(), "grant.revoked");
    /// # Ok(()) }
    /// ```
    pub fn compare(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        from: Timestamp,
        to: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<Difference>, Error> {
        self.require_live()?;
        self.refuse_future(from)?;
        self.refuse_future(to)?;
        if from > to {
            return Err(Error::new(
                Code::TimeReversed,
                format!("`{from}` is later than `{to}`: name the earlier instant first"),
            ));
        }
        self.ask(actor, &mut |read| {
            let past = may_see_past(read, organisation)?;
            let list = format!("compare/{organisation}/{}/{}", from.as_millis(), to.as_millis());
            let after = page.after.as_ref().map(|cursor| cursor.place(&list)).transpose()?;
            let mut world = World::new(organisation);
            world.replay(read.txn(), from)?;
            world.take_entries();
            let before = Instant { entities: world.entities(), now: from, organisation, past: &past }.look();
            world.replay(read.txn(), to)?;
            let entries = world.take_entries();
            let there = Instant { entities: world.entities(), now: to, organisation, past: &past };
            let (rows, next) = differ(&before, &there, after, page.size());
            let items = explain(rows, &entries, &past)?;
            Ok(Page { items, next: next.map(|place| Cursor::new(&list, &place)) })
        })
    }
}

/// Whose access stands or falls.
#[derive(Clone)]
enum Thing {
    Member(UserId),
    Grant(UserId, MailboxId),
    Device(Arc<Device>),
}

/// How one thing stood at an instant.
#[derive(Clone)]
struct Stood {
    thing: Thing,
    user: Option<Arc<User>>,
    mailbox: Option<Arc<Mailbox>>,
    facts: Facts,
    situation: Situation,
}

/// All things in the order of the answer.
type Stands = BTreeMap<String, Stood>;

/// An organisation at an instant.
struct Instant<'w> {
    entities: &'w FxHashMap<Key, Entity>,
    now: Timestamp,
    organisation: OrganisationId,
    past: &'w Past,
}

macro_rules! lookups {
    ($($name:ident($($arg:ident: $type:ty),*) -> $kind:ident = $key:expr;)+) => {
        $(fn $name(&self, $($arg: $type),*) -> Option<&Arc<$kind>> {
            match self.entities.get(&$key) {
                Some(Entity::$kind(found)) => Some(found),
                _ => None,
            }
        })+
    };
}

impl Instant<'_> {
    lookups! {
        user(user: UserId) -> User = key::user(user);
        mailbox(mailbox: MailboxId) -> Mailbox = key::mailbox(mailbox);
        membership(organisation: OrganisationId, user: UserId) -> Membership = key::membership(organisation, user);
        grant(mailbox: MailboxId, user: UserId) -> Grant = key::grant(mailbox, user);
        of(organisation: OrganisationId) -> Organisation = key::organisation(organisation);
    }

    fn look(&self) -> Stands {
        let mut stands = Stands::new();
        for entity in self.entities.values() {
            let thing = match entity {
                Entity::Membership(membership) if matches!(self.past, Past::Whole) => {
                    Thing::Member(membership.user)
                }
                Entity::Grant(grant) if self.sees(grant.mailbox) => Thing::Grant(grant.user, grant.mailbox),
                Entity::Device(device) if self.sees(device.mailbox) => Thing::Device(device.clone()),
                _ => continue,
            };
            stands.insert(place(&thing), self.stand(thing));
        }
        stands
    }

    fn sees(&self, mailbox: MailboxId) -> bool {
        match self.past {
            Past::Whole => true,
            Past::Mailboxes(visible) => visible.contains(&mailbox),
        }
    }

    /// How a thing stands, whether or not it is there.
    fn stand(&self, thing: Thing) -> Stood {
        let (user, mailbox) = match &thing {
            Thing::Member(user) => (Some(*user), None),
            Thing::Grant(user, mailbox) => (Some(*user), Some(*mailbox)),
            Thing::Device(device) => {
                let present = self.device(device.id);
                (present.map_or(device.holder, |device| device.holder), Some(device.mailbox))
            }
        };
        let grant = mailbox.zip(user).and_then(|(mailbox, user)| self.grant(mailbox, user));
        let membership = user.and_then(|user| self.membership(self.organisation, user));
        let (user, mailbox) =
            (user.and_then(|user| self.user(user)), mailbox.and_then(|mailbox| self.mailbox(mailbox)));
        let organisation = self.of(self.organisation);
        let facts = Facts::of(
            user.map(Arc::as_ref),
            mailbox.map(Arc::as_ref),
            organisation.map(Arc::as_ref),
            membership.map(Arc::as_ref),
            grant.map(Arc::as_ref),
        );
        let situation = match &thing {
            Thing::Member(_) => self.place_of(&facts, membership.map(Arc::as_ref)),
            Thing::Grant(..) => match (facts.access(Right::Read, self.now), facts.effective_rights(self.now))
            {
                (Ok(()), rights) => Situation::Access {
                    rights: rights.unwrap_or_default(),
                    until: grant.and_then(|grant| grant.expires),
                },
                (Err(obstacle), _) => Situation::nothing(Some(obstacle)),
            },
            Thing::Device(known) => match self.device(known.id) {
                Some(device) => {
                    let organisation = organisation.map(Arc::as_ref);
                    self.device_stands(device, mailbox.map(Arc::as_ref), organisation, facts)
                }
                None => Situation::nothing(None::<Obstacle>),
            },
        };
        Stood { thing, user: user.cloned(), mailbox: mailbox.cloned(), facts, situation }
    }

    fn device(&self, device: DeviceId) -> Option<&Arc<Device>> {
        match self.entities.get(&key::device(device)) {
            Some(Entity::Device(device)) => Some(device),
            _ => None,
        }
    }

    /// A member's place, as far as they may act.
    fn place_of(&self, facts: &Facts, membership: Option<&Membership>) -> Situation {
        let obstacle = match facts.user {
            Some(UserState::Active) => match membership {
                Some(membership) if membership.is_active() => {
                    let (role, services) = (membership.role, membership.services.clone());
                    return Situation::Member { role, services };
                }
                Some(_) => Obstacle::MembershipSuspended,
                None => Obstacle::MembershipMissing,
            },
            Some(UserState::Suspended) => Obstacle::UserSuspended,
            Some(UserState::Deleted) | None => Obstacle::UserUnknown,
        };
        Situation::nothing(Some(obstacle))
    }

    fn device_stands(
        &self,
        device: &Device,
        mailbox: Option<&Mailbox>,
        organisation: Option<&Organisation>,
        facts: Facts,
    ) -> Situation {
        let holder = device.holder.map(|_| facts);
        let login = DeviceFacts { networks: None, ..DeviceFacts::of(device, mailbox, organisation, holder) };
        let (mut protocols, mut rights, mut first) = (Protocols::EMPTY, Rights::EMPTY, None);
        for protocol in device.bounds.protocols.iter() {
            match login.login(protocol, None, self.now) {
                Ok(given) => {
                    protocols = protocols.union(Protocols::from([protocol]));
                    rights = rights.union(given);
                }
                Err(obstacle) => first = first.or(Some(obstacle)),
            }
        }
        if protocols.is_empty() {
            return Situation::nothing(first);
        }
        let grant_ends = facts.grant.and_then(|(_, expires)| expires);
        let until = device.bounds.expires.into_iter().chain(grant_ends).min();
        Situation::Device { protocols, rights, holder: device.holder, until }
    }
}

/// Members first, then mailbox by mailbox its people and its devices.
fn place(thing: &Thing) -> String {
    match thing {
        Thing::Member(user) => format!("1/{user}"),
        Thing::Grant(user, mailbox) => format!("2/{mailbox}/1/{user}"),
        Thing::Device(device) => format!("2/{}/2/{}", device.mailbox, device.id),
    }
}

/// What stood before and what stands there, where that is not the same.
type Pair = (Stood, Stood);

/// The differences after a place, and the last one's place where there may be more.
fn differ(
    before: &Stands,
    there: &Instant<'_>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<Pair>, Option<String>) {
    let now = there.look();
    let places: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let mut rows = Vec::new();
    for place in places.into_iter().filter(|place| after.is_none_or(|after| place.as_str() > after)) {
        let pair = match (before.get(place), now.get(place)) {
            (Some(before), Some(now)) => (before.clone(), now.clone()),
            (Some(before), None) => (before.clone(), there.stand(before.thing.clone())),
            (None, Some(now)) => (absent(now), now.clone()),
            (None, None) => continue,
        };
        let (had, has) = (&pair.0.situation, &pair.1.situation);
        if had == has || (had.is_nothing() && has.is_nothing()) {
            continue;
        }
        rows.push(pair);
        if rows.len() >= limit {
            return (rows, Some(place.clone()));
        }
    }
    (rows, None)
}

/// How a thing stood that was not there.
fn absent(now: &Stood) -> Stood {
    let (facts, obstacle) = match now.thing {
        Thing::Member(_) => (Facts { membership: None, ..now.facts }, Some(Obstacle::MembershipMissing)),
        Thing::Grant(..) => (Facts { grant: None, ..now.facts }, Some(Obstacle::GrantMissing)),
        Thing::Device(_) => (now.facts, None),
    };
    Stood { facts, situation: Situation::nothing(obstacle), ..now.clone() }
}

/// The rows, each with the entries that made the difference.
fn explain(rows: Vec<Pair>, entries: &[JournalEntry], past: &Past) -> Result<Vec<Difference>, Error> {
    let wanted: FxHashSet<String> = rows.iter().flat_map(|(_, there)| subjects(there)).collect();
    let mut about = Vec::new();
    for entry in entries.iter().filter(|entry| wanted.contains(&entry.subject)) {
        let mut entry = Entry::read(entry)?;
        if visible(&mut entry, past) {
            about.push(entry);
        }
    }
    let mut by_subject: FxHashMap<String, Vec<&Entry>> = FxHashMap::default();
    for entry in &about {
        by_subject.entry(entry.event.subject()).or_default().push(entry);
    }
    let mut items = Vec::with_capacity(rows.len());
    for (before, there) in rows {
        let Some(whose) = named(&before, &there) else { continue };
        let candidates = subjects(&there);
        let candidates = candidates.iter().filter_map(|subject| by_subject.get(subject)).flatten();
        let mut why: Vec<Entry> = candidates
            .filter(|entry| did(&entry.event, &before, &there))
            .map(|entry| (*entry).clone())
            .collect();
        why.sort_by_key(|entry| entry.place.1);
        let change = match (before.situation.is_nothing(), there.situation.is_nothing()) {
            (true, _) => Change::Gained,
            (_, true) => Change::Lost,
            _ => Change::Changed,
        };
        items.push(Difference { whose, change, before: before.situation, after: there.situation, why });
    }
    Ok(items)
}

/// What entries about a thing would be found under.
fn subjects(stood: &Stood) -> Vec<String> {
    let (user, mailbox) = match &stood.thing {
        Thing::Member(user) => (Some(*user), None),
        Thing::Grant(user, mailbox) => (Some(*user), Some(*mailbox)),
        Thing::Device(device) => (device.holder, Some(device.mailbox)),
    };
    let organisation = stood.mailbox.as_ref().map(|mailbox| mailbox.organisation.to_string());
    user.map(|user| user.to_string())
        .into_iter()
        .chain(mailbox.map(|mailbox| mailbox.to_string()))
        .chain(organisation)
        .collect()
}

/// Members with `Activity` see what happened to mailboxes, grants and devices, without networks.
fn visible(entry: &mut Entry, past: &Past) -> bool {
    if matches!(past, Past::Whole) {
        return true;
    }
    if let Event::Device(_, _, _, event) = &mut entry.event
        && let Some(bounds) = event.bounds_mut()
    {
        bounds.networks = None;
    }
    matches!(entry.event, Event::Grant(..) | Event::Device(..) | Event::Mailbox(..))
}

/// Whether an event is about what is not the same before and after.
fn did(event: &Event, before: &Stood, there: &Stood) -> bool {
    let (had, has) = (&before.facts, &there.facts);
    let (user, mailbox, device) = match &there.thing {
        Thing::Member(user) => {
            return matches!(event, Event::Membership(_, of, _) if of == user);
        }
        Thing::Grant(user, mailbox) => (Some(*user), *mailbox, None),
        Thing::Device(device) => (device.holder, device.mailbox, Some(device.id)),
    };
    match event {
        Event::Grant(_, of, to, _) => had.grant != has.grant && *of == mailbox && Some(*to) == user,
        Event::Device(_, _, of, event) => {
            Some(*of) == device && !matches!(event, DeviceEvent::Renamed { .. } | DeviceEvent::Rotated { .. })
        }
        Event::Membership(_, of, event) => {
            had.membership != has.membership
                && Some(*of) == user
                && !matches!(event, MembershipEvent::RoleSet { .. } | MembershipEvent::ServicesSet { .. })
        }
        Event::Mailbox(_, of, event) => {
            let sending = matches!(event, MailboxEvent::SendingHeld { .. } | MailboxEvent::SendingReleased);
            let named = matches!(event, MailboxEvent::Renamed { .. } | MailboxEvent::NameSet { .. });
            let moved = if sending { had.sending != has.sending } else { had.mailbox != has.mailbox };
            *of == mailbox && moved && !named
        }
        Event::Organisation(_, event) => {
            had.organisation != has.organisation
                && matches!(event, OrganisationEvent::Suspended { .. } | OrganisationEvent::Resumed)
        }
        _ => false,
    }
}

/// The names of a thing, as they are at the later instant where it is known then. Whoever had access was there.
fn named(before: &Stood, there: &Stood) -> Option<Compared> {
    let user = there.user.as_ref().or(before.user.as_ref());
    let mailbox = there.mailbox.as_ref().or(before.mailbox.as_ref());
    Some(match &there.thing {
        Thing::Member(_) => Compared::Member(Person::from(user?.as_ref())),
        Thing::Grant(..) => {
            let mailbox = mailbox?;
            let person = Person::from(user?.as_ref());
            Compared::Person { mailbox: mailbox.id, address: mailbox.address.clone(), person }
        }
        Thing::Device(device) => {
            let mailbox = mailbox?;
            let (address, label) = (mailbox.address.clone(), device.label.clone());
            Compared::Device { mailbox: mailbox.id, address, device: device.id, label }
        }
    })
}
