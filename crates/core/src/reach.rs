//! Who reaches a mailbox, and what a person reaches.

use std::sync::Arc;

use serde::Serialize;

use crate::access::{AtMailbox, Obstacle, Power, Purpose, no_user, sees_all};
use crate::actor::{Actor, By};
use crate::address::Address;
use crate::device::{Device, DeviceSecret, Protocols};
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::grant::{Grant, Right, Rights};
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::last_use::{LastUse, last_uses, uses_under};
use crate::lists::{known_page, prefix_page, term_page, waits_for_sweep};
use crate::login::{keys_of, may_use};
use crate::membership::{Membership, MembershipState, Role, Services};
use crate::names::{key, stream, term};
use crate::organisation::OrganisationState;
use crate::paging::{Cursor, Page, PageRequest};
use crate::questions::Person;
use crate::reader::{Reader, of_kind};
use crate::store::Key;
use crate::time::Timestamp;
use crate::words::words;

/// Who or what reaches a mailbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reacher {
    /// A person.
    Person(Person),
    /// A device.
    #[non_exhaustive]
    Device {
        /// The id.
        id: DeviceId,
        /// What people call it.
        label: String,
        /// Whose it is.
        holder: Option<UserId>,
        /// Who has it, in words.
        handed_to: Option<String>,
        /// How it may talk to the server.
        protocols: Protocols,
        /// Everyone to whom a secret of it was shown.
        known_to: Vec<UserId>,
    },
}

words! {
    /// Through what a mailbox is reached.
    pub enum Through {
        /// A grant, without another password.
        Grant = "grant",
        /// The password of one device.
        DevicePassword = "device_password",
        /// The mailbox password of another system.
        LegacyPassword = "legacy_password",
    }
}

/// One way to a mailbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Access {
    /// Who or what.
    pub who: Reacher,
    /// Through what.
    pub through: Through,
    /// What it gives besides reading; of a device what it gives now, which is never more than its holder's.
    pub rights: Rights,
    /// Since when.
    pub since: Timestamp,
    /// Who gave or made it.
    pub by: By,
    /// Until when.
    pub until: Option<Timestamp>,
    /// When it was last used, of a person's also through a device of theirs. For themselves, a device's for its
    /// holder, and for the managers.
    pub last_used: Option<LastUse>,
    /// What stands in the way now, such as `user_suspended`; nothing where it works.
    pub blocked: Option<String>,
}

/// An organisation that a person belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReachedOrganisation {
    /// The organisation.
    pub id: OrganisationId,
    /// What it is called.
    pub name: String,
    /// Whether it works.
    pub state: OrganisationState,
    /// What the person is there.
    pub role: Role,
    /// Their service rights there.
    pub services: Services,
    /// Whether their membership counts.
    pub membership: MembershipState,
    /// Since when.
    pub since: Timestamp,
    /// The mailboxes granted to them there.
    pub mailboxes: Vec<ReachedMailbox>,
}

/// A mailbox that a person reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReachedMailbox {
    /// The mailbox.
    pub id: MailboxId,
    /// Its address.
    pub address: Address,
    /// What they may do besides reading.
    pub rights: Rights,
    /// Since when.
    pub since: Timestamp,
    /// Who gave it.
    pub by: By,
    /// Until when.
    pub until: Option<Timestamp>,
    /// What stands in the way of reading it now.
    pub obstacle: Option<Obstacle>,
    /// The devices that they hold on it.
    pub devices: Vec<HeldDevice>,
}

/// A device that a person holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HeldDevice {
    /// The device.
    pub id: DeviceId,
    /// What people call it.
    pub label: String,
    /// How it may talk to the server.
    pub protocols: Protocols,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// Everything that a person reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reach {
    /// Who.
    pub person: Person,
    /// Every organisation that they belong to and the asker may see.
    pub organisations: Vec<ReachedOrganisation>,
}

/// The two lists that [`Directory::access`] goes through, one after the other.
fn people_list(mailbox: MailboxId) -> String {
    format!("people/{mailbox}")
}

fn devices_list(mailbox: MailboxId) -> String {
    format!("access-devices/{mailbox}")
}

impl Directory {
    /// Everyone and everything that reaches a mailbox: first its people, then its devices. For whoever has the
    /// mailbox and for the managers.
    ///
    /// Costs one index range and four look-ups a page.
    ///
    /// # Errors
    /// `mailbox.not_found`, `cursor.invalid`, `view.stale`.
    pub fn access(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        page: &PageRequest,
    ) -> Result<Page<Access>, Error> {
        self.ask_with_view(actor, &mut |read| {
            let at = read.at_mailbox(mailbox, Purpose::Ask)?;
            let devices_next =
                page.after.as_ref().is_some_and(|cursor| cursor.place(&devices_list(mailbox)).is_ok());
            if devices_next {
                return devices(read, &at, page);
            }
            let mut found = people(read, &at, page)?;
            let left = page.size() - found.items.len().min(page.size());
            if found.next.is_none() {
                // The people came to their end on this page: it goes on with devices.
                if left == 0 {
                    found.next = Some(Cursor::new(&devices_list(mailbox), ""));
                } else {
                    let rest = devices(read, &at, &PageRequest::first(left))?;
                    found.items.extend(rest.items);
                    found.next = rest.next;
                }
            }
            Ok(found)
        })
    }

    /// Every organisation, role, service and mailbox of a person, across organisations. All of it for themselves
    /// and the host; for an owner or admin what is in organisations of theirs.
    ///
    /// Costs three index ranges an organisation and three look-ups.
    ///
    /// # Errors
    /// `user.not_found`, `view.stale`.
    pub fn reach(&self, actor: &Actor, user: UserId) -> Result<Reach, Error> {
        self.ask_with_view(actor, &mut |read| {
            let person = read.user(user)?.ok_or_else(no_user)?;
            let all = actor.is_system() || actor.user() == Some(user);
            let memberships = read.memberships_of(user)?;
            let keys: Vec<Key> =
                memberships.iter().map(|membership| key::organisation(membership.organisation)).collect();
            read.entities(&keys)?;
            let mut organisations = Vec::new();
            for membership in memberships {
                if (all && read.past().is_none()) || sees_members(read, membership.organisation)? {
                    organisations.extend(reached(read, &membership)?);
                }
            }
            if !all && organisations.is_empty() {
                return Err(no_user());
            }
            Ok(Reach { person: Person::from(person.as_ref()), organisations })
        })
    }
}

fn sees_members(read: &mut Reader<'_>, organisation: OrganisationId) -> Result<bool, Error> {
    match read.standing(organisation, Purpose::Ask) {
        Ok(standing) => Ok(standing.has(Power::Administer)),
        Err(error) if error.code() == Code::OrganisationNotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn people(read: &mut Reader<'_>, at: &AtMailbox, page: &PageRequest) -> Result<Page<Access>, Error> {
    let (mailbox, list) = (at.mailbox.id, people_list(at.mailbox.id));
    let found = match read.view() {
        Some(view) => {
            let after = page.key_after(&list)?.and_then(|key| key.as_str().rsplit('/').next()?.parse().ok());
            let known = view.read(|access| access.users_of(mailbox, after, page.size()));
            known_page(read, &list, known.into_iter().map(|user| key::grant(mailbox, user)), page)?
        }
        None => prefix_page(read, &list, &key::grants(mailbox), page)?,
    };
    let grants: Vec<Arc<Grant>> = of_kind!(found.items, Grant);
    let mut keys: Vec<Key> = grants.iter().map(|grant| key::user(grant.user)).collect();
    if read.view().is_none() {
        keys.extend(grants.iter().map(|grant| key::membership(grant.organisation, grant.user)));
    }
    read.entities(&keys)?;
    let noted: Vec<Key> = grants.iter().map(|grant| key::grant(grant.mailbox, grant.user)).collect();
    let uses = uses_under(read, &noted)?;
    let mut items = Vec::with_capacity(grants.len());
    for (grant, last_used) in grants.iter().zip(uses) {
        let own = at.standing.user() == Some(grant.user);
        let last_used = last_used.filter(|_| own || at.manages());
        items.extend(person_access(read, grant, last_used, at.now())?);
    }
    Ok(Page { items, next: found.next })
}

/// A person's way to a mailbox; none where their account is gone and waits for the sweep.
pub(crate) fn person_access(
    read: &mut Reader<'_>,
    grant: &Grant,
    last_used: Option<LastUse>,
    now: Timestamp,
) -> Result<Option<Access>, Error> {
    let Some(user) = read.user(grant.user)? else { return Ok(None) };
    let obstacle = read.facts(grant.user, grant.mailbox)?.access(Right::Read, now).err();
    Ok(Some(Access {
        who: Reacher::Person(Person::from(user.as_ref())),
        through: Through::Grant,
        rights: grant.rights,
        since: grant.given_at,
        by: grant.given_by.clone(),
        until: grant.expires,
        last_used,
        blocked: obstacle.map(|obstacle| obstacle.to_string()),
    }))
}

fn devices(read: &mut Reader<'_>, at: &AtMailbox, page: &PageRequest) -> Result<Page<Access>, Error> {
    let (mailbox, list) = (at.mailbox.id, devices_list(at.mailbox.id));
    let found = match read.view() {
        Some(view) => {
            let after = page.key_after(&list)?.and_then(|key| key.as_str().parse().ok());
            let known = view.read(|access| access.devices_of(mailbox, after, page.size()));
            known_page(read, &list, known.into_iter().map(key::device), page)?
        }
        None => term_page(read, &list, &term::mailbox_devices(mailbox), page)?,
    };
    let mut devices: Vec<Arc<Device>> = of_kind!(found.items, Device);
    devices.retain(|device| device.is_active());
    let keys: Vec<Key> = devices.iter().flat_map(|device| keys_of(device)).collect();
    read.entities(&keys)?;
    let uses = last_uses(read, &devices)?;
    let mut items = Vec::with_capacity(devices.len());
    for (device, last_used) in devices.iter().zip(uses) {
        if !waits_for_sweep(read, device)? {
            items.push(device_access(read, device, last_used.filter(|_| sees_all(&at.standing, device)))?);
        }
    }
    Ok(Page { items, next: found.next })
}

/// A device's way to its mailbox.
pub(crate) fn device_access(
    read: &mut Reader<'_>,
    device: &Device,
    last_used: Option<LastUse>,
) -> Result<Access, Error> {
    let mut rights = Rights::EMPTY;
    let mut works = false;
    let mut blocked = None;
    for protocol in device.bounds.protocols.iter() {
        match may_use(read, device, protocol)? {
            Ok(given) => {
                works = true;
                rights = rights.union(given);
            }
            Err(obstacle) => blocked = blocked.or(Some(obstacle.to_string())),
        }
    }
    let grant_ends = match device.holder {
        Some(holder) => read.grant(device.mailbox, holder)?.and_then(|grant| grant.expires),
        None => None,
    };
    Ok(Access {
        who: Reacher::Device {
            id: device.id,
            label: device.label.clone(),
            holder: device.holder,
            handed_to: device.handed_to.clone(),
            protocols: device.bounds.protocols,
            known_to: device.known_to.clone(),
        },
        through: match device.secret {
            DeviceSecret::Password { .. } | DeviceSecret::Missing => Through::DevicePassword,
            DeviceSecret::Legacy => Through::LegacyPassword,
        },
        rights,
        since: device.made_at,
        by: device.made_by.clone(),
        until: device.bounds.expires.into_iter().chain(grant_ends).min(),
        last_used,
        blocked: blocked.filter(|_| !works),
    })
}

fn reached(read: &mut Reader<'_>, membership: &Membership) -> Result<Option<ReachedOrganisation>, Error> {
    let Some(organisation) = read.organisation(membership.organisation)? else { return Ok(None) };
    let grants = read.grants_of_user(organisation.id, membership.user)?;
    let held = read.devices_held(organisation.id, membership.user)?;
    read.mailboxes(grants.iter().map(|grant| grant.mailbox))?;
    let now = read.now(&stream::organisation(organisation.id))?;
    let mut mailboxes = Vec::with_capacity(grants.len());
    for grant in grants {
        let Some(mailbox) = read.mailbox(grant.mailbox)? else { continue };
        let devices = held.iter().filter(|device| device.mailbox == mailbox.id).map(|device| HeldDevice {
            id: device.id,
            label: device.label.clone(),
            protocols: device.bounds.protocols,
            until: device.bounds.expires,
        });
        mailboxes.push(ReachedMailbox {
            id: mailbox.id,
            address: mailbox.address.clone(),
            rights: grant.rights,
            since: grant.given_at,
            by: grant.given_by.clone(),
            until: grant.expires,
            obstacle: read.facts(grant.user, grant.mailbox)?.access(Right::Read, now).err(),
            devices: devices.collect(),
        });
    }
    Ok(Some(ReachedOrganisation {
        id: organisation.id,
        name: organisation.name.clone(),
        state: organisation.state,
        role: membership.role,
        services: membership.services.clone(),
        membership: membership.state,
        since: membership.since,
        mailboxes,
    }))
}
