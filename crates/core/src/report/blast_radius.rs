//! What a stolen device password opens.

use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

use crate::access::{DeviceObstacle, Purpose, denied, sees_all, visible_device};
use crate::actor::Actor;
use crate::address::Address;
use crate::alias::{Alias, AliasSending};
use crate::command::LegacyPasswords;
use crate::device::{Device, DeviceSecret, DeviceState, Protocol};
use crate::directory::Directory;
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::grant::Rights;
use crate::id::{DeviceId, MailboxId, UserId};
use crate::last_use::{LastUse, uses_under};
use crate::login::may_use;
use crate::mailbox::Mailbox;
use crate::names::key;
use crate::paging::{Cursor, Page, PageRequest};
use crate::questions::Person;
use crate::reach::Through;
use crate::reader::Reader;
use crate::store::{Key, Range};
use crate::throttle::MOST_FAILURES;
use crate::time::Timestamp;

/// What whoever has a device's password can do with it now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BlastRadius {
    /// The device.
    pub device: DeviceId,
    /// What people call it.
    pub label: String,
    /// Whether it was revoked, and since when.
    pub state: DeviceState,
    /// The mailbox that it opens.
    pub mailbox: MailboxId,
    /// Its address, under which it logs in.
    pub address: Address,
    /// Whether it opens anything now.
    pub opens: bool,
    /// The protocols that it may use, and those by which it was used before.
    pub protocols: Vec<OpenProtocol>,
    /// The networks that it may come from; none for all.
    pub networks: Option<Vec<IpNet>>,
    /// The passwords that work, the present one first; nothing where it is revoked
    /// or came by an import.
    pub secrets: Vec<LiveSecret>,
    /// Until when, by its own expiry or its holder's grant.
    pub until: Option<Timestamp>,
    /// Whose it is; nobody's for a CRM or a printer.
    pub holder: Option<Person>,
    /// Who has it, in words.
    pub handed_to: Option<String>,
    /// Everyone to whom any password of it was ever shown.
    pub known_to: Vec<UserId>,
    /// A page of the addresses that it sends as now, the mailbox's own first; nothing where it may not send.
    pub senders: Page<Address>,
    /// What separates a user from the rest of a subaddress: it sends as every subaddress of the mailbox's own addresses
    /// too.
    pub separator: Option<char>,
}

/// What a device password opens by one protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OpenProtocol {
    /// The protocol.
    pub protocol: Protocol,
    /// What stands in the way now, whatever the network; nothing where it is open.
    pub obstacle: Option<DeviceObstacle>,
    /// What a session may do besides reading.
    pub rights: Rights,
    /// When and from where it was last used by this protocol.
    pub last_used: Option<LastUse>,
}

/// A password of a device that works.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LiveSecret {
    /// Whether this library made it or it came from another system.
    pub through: Through,
    /// Since when it works.
    pub since: Timestamp,
    /// Until when, where a rotation overlaps.
    pub until: Option<Timestamp>,
    /// Everyone to whom it was shown.
    pub known_to: Vec<UserId>,
}

impl Directory {
    /// What a stolen password of a device opens now: by which protocols, which mailbox, as which senders, since when, and
    /// from where it was used. For the device's holder and the managers. A past knows no last uses.
    ///
    /// The page is one of sender addresses, of which those of aliases that only receive are left out: it may be short, or
    /// empty, and others follow. What is in quarantine under another name of the domain is not
    /// (see [`may_send_as`](Self::may_send_as)). Costs eight look-ups, and two index ranges a page where it may send.
    ///
    /// # Errors
    /// `device.not_found`; `access.denied` for others who have the mailbox; `cursor.invalid`.
    ///
    /// ```
    /// use mailgrant::{Actor, Directory, MemoryStore, PageRequest, Proof, Protocol};
    /// use mailgrant::{device::*, domain::*, grant::*, mailbox::*, organisation::*, user::*};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// # let directory = Directory::new(MemoryStore::new())?;
    /// # let system = Actor::system("panel");
    /// # let anna = RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified);
    /// # let anna = directory.run(&system, anna)?.user;
    /// # let owner = Actor::User(anna);
    /// # let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
    /// # let name: mailgrant::DomainName = "bakery.example".parse()?;
    /// # directory.run(&owner, AddDomain { organisation, name: name.clone() })?;
    /// # directory.run(&system, VerifyDomain { organisation, name })?;
    /// # let contact = directory.run(&owner, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
    /// # directory.run(&owner, GrantAccess::new(contact, anna))?;
    /// let phone = AddDevice::new(contact, "phone").protocols([Protocol::Imap, Protocol::Smtp]);
    /// let phone = directory.run(&owner, phone)?.id;
    ///
    /// // The phone was stolen. What did the thief get?
    /// let radius = directory.blast_radius(&owner, phone, &PageRequest::default())?;
    /// assert!(radius.opens);
    /// assert_eq!(radius.address.to_string(), "contact@bakery.example");
    /// assert_eq!(radius.senders.items.len(), 1);
    ///
    /// // And after it was revoked?
    /// directory.run(&owner, RevokeDevice { device: phone })?;
    /// assert!(!directory.blast_radius(&owner, phone, &PageRequest::default())?.opens);
    /// # Ok(()) }
    /// ```
    pub fn blast_radius(
        &self,
        actor: &Actor,
        device: DeviceId,
        page: &PageRequest,
    ) -> Result<BlastRadius, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            let (at, device) = visible_device(read, device, Purpose::Ask)?;
            if !sees_all(&at.standing, &device) {
                return Err(denied("only its holder and the managers may know this", "mail:manage"));
            }
            // Of a past nobody knows what the host took then.
            let legacy = match read.past() {
                None => self.host().legacy,
                Some(_) => LegacyPasswords::Allowed,
            };
            radius(read, &at.mailbox, device, legacy, at.now(), page)
        })
    }
}

fn radius(
    read: &mut Reader<'_>,
    mailbox: &Mailbox,
    device: Device,
    legacy: LegacyPasswords,
    now: Timestamp,
    page: &PageRequest,
) -> Result<BlastRadius, Error> {
    let secrets = live_secrets(read, &device, legacy, now)?;
    let protocols = protocols(read, &device)?;
    let open = |one: &OpenProtocol| one.obstacle.is_none() && !secrets.is_empty();
    let opens = protocols.iter().any(open);
    let sends = protocols.iter().any(|one| one.protocol == Protocol::Smtp && open(one));
    let list = format!("blast-radius/{}", device.id);
    let senders = match sends {
        true => senders(read, mailbox, &list, page)?,
        false => {
            page.range(&list)?;
            Page { items: Vec::new(), next: None }
        }
    };
    let organisation = read.organisation(mailbox.organisation)?;
    let (holder, grant) = match device.holder {
        Some(holder) => (read.user(holder)?, read.grant(device.mailbox, holder)?),
        None => (None, None),
    };
    let grant_ends = grant.and_then(|grant| grant.expires);
    Ok(BlastRadius {
        device: device.id,
        label: device.label,
        state: device.state,
        mailbox: mailbox.id,
        address: mailbox.address.clone(),
        opens,
        protocols,
        networks: device.bounds.networks,
        secrets,
        until: device.bounds.expires.into_iter().chain(grant_ends).min(),
        holder: holder.map(|holder| Person::from(holder.as_ref())),
        handed_to: device.handed_to,
        known_to: device.known_to,
        senders,
        separator: organisation.filter(|_| sends).and_then(|organisation| organisation.policy.separator),
    })
}

fn protocols(read: &mut Reader<'_>, device: &Device) -> Result<Vec<OpenProtocol>, Error> {
    let noted: Vec<Key> =
        Protocol::ALL.iter().map(|protocol| key::last_use(device.id, protocol.as_str())).collect();
    let uses = uses_under(read, &noted)?;
    let mut found = Vec::new();
    for (protocol, last_used) in Protocol::ALL.iter().copied().zip(uses) {
        if last_used.is_none() && !device.bounds.protocols.contains(protocol) {
            continue;
        }
        found.push(match may_use(read, device, protocol)? {
            Ok(rights) => OpenProtocol { protocol, obstacle: None, rights, last_used },
            Err(obstacle) => {
                OpenProtocol { protocol, obstacle: Some(obstacle), rights: Rights::EMPTY, last_used }
            }
        });
    }
    Ok(found)
}

/// The passwords that work. A legacy password that was guessed at too often does not, nor where the host refuses them; a
/// past keeps no count of that.
fn live_secrets(
    read: &mut Reader<'_>,
    device: &Device,
    legacy: LegacyPasswords,
    now: Timestamp,
) -> Result<Vec<LiveSecret>, Error> {
    if !device.is_active() || device.secret == DeviceSecret::Missing {
        return Ok(Vec::new());
    }
    let (since, known_to) = match &device.rotation {
        Some(rotation) => (rotation.at, rotation.known_to.clone()),
        None => (device.made_at, device.known_to.clone()),
    };
    if device.secret == DeviceSecret::Legacy {
        let verifier = read.verifier(&key::legacy_secret(device.id))?;
        let guessed = verifier.is_some_and(|verifier| verifier.failures >= MOST_FAILURES);
        if guessed || legacy == LegacyPasswords::Refused {
            return Ok(Vec::new());
        }
        return Ok(vec![LiveSecret { through: Through::LegacyPassword, since, until: None, known_to }]);
    }
    let through = Through::DevicePassword;
    let mut secrets = vec![LiveSecret { through, since, until: None, known_to }];
    if let (Some(until), Some(rotation)) = (device.former_works(now), &device.rotation) {
        let (since, known_to) = (rotation.former_since, rotation.former_known_to.clone());
        secrets.push(LiveSecret { through, since, until: Some(until), known_to });
    }
    Ok(secrets)
}

/// A page of the addresses that a mailbox sends as: its own, then those of its aliases that may send, each followed by the
/// same in the domains that are other names.
///
/// A place in the list is an alias and how many of its addresses were given; the mailbox's own come before all aliases.
fn senders(
    read: &mut Reader<'_>,
    mailbox: &Mailbox,
    list: &str,
    page: &PageRequest,
) -> Result<Page<Address>, Error> {
    let domains = read.domains_of(mailbox.organisation)?;
    let limit = page.size();
    let place = page.after.as_ref().map(|cursor| cursor.place(list)).transpose()?;
    let (given, after) = match place.map(|place| place.split_once('/')) {
        None => (0, None),
        Some(Some((given, key))) => {
            (given.parse::<usize>().map_err(|_| damaged())?, (!key.is_empty()).then(|| Key::new(key)))
        }
        Some(None) => return Err(damaged()),
    };
    if after.as_ref().is_some_and(|key| !key.as_str().starts_with(&key::aliases(mailbox.id))) {
        return Err(damaged());
    }
    let mut items: Vec<Address> = Vec::new();
    // The addresses of one source that were not given yet; the cursor, where the page is full.
    let mut add = |addresses: Vec<Address>, given: usize, key: &str| {
        let all = addresses.len();
        let room = limit.saturating_sub(items.len());
        items.extend(addresses.into_iter().skip(given).take(room));
        let given = all.min(given.saturating_add(room));
        (items.len() >= limit).then(|| Cursor::new(list, &format!("{given}/{key}")))
    };
    let mut next = None;
    match &after {
        None => {
            next = add(in_all(&domains, &mailbox.address), given, "");
        }
        Some(key) => {
            if let Some(Entity::Alias(alias)) = read.entity(key)?.filter(|_| given > 0) {
                next = add(of_alias(&domains, &alias), given, key.as_str());
            }
        }
    }
    if next.is_some() {
        return Ok(Page { items, next });
    }
    let range = Range { after, limit };
    let found = read.by_prefix(&key::aliases(mailbox.id), &range)?;
    for entity in &found {
        let Entity::Alias(alias) = entity else { continue };
        next = add(of_alias(&domains, alias), 0, entity.key().as_str());
        if next.is_some() {
            return Ok(Page { items, next });
        }
    }
    // Aliases that only receive fill no page: it may be short, and others follow.
    let last = found.last().filter(|_| found.len() >= limit);
    let next = last.map(|last| Cursor::new(list, &format!("{}/{}", usize::MAX, last.key().as_str())));
    Ok(Page { items, next })
}

fn damaged() -> Error {
    Error::new(Code::CursorInvalid, "this cursor is damaged: begin without one")
}

fn of_alias(domains: &[Arc<Domain>], alias: &Alias) -> Vec<Address> {
    match alias.sending {
        AliasSending::Allowed => in_all(domains, &alias.address),
        AliasSending::Refused => Vec::new(),
    }
}

/// An address, and the same in every domain that is another name of its domain.
fn in_all(domains: &[Arc<Domain>], address: &Address) -> Vec<Address> {
    let others = domains.iter().filter(|domain| domain.alias_of.as_ref() == Some(address.domain()));
    let elsewhere = others.filter_map(|domain| address.at_domain(&domain.name).ok());
    std::iter::once(address.clone()).chain(elsewhere).collect()
}
