//! What effective access, device logins and resolving need, in memory: interned, dense, in both directions.
//!
//! Questions on the way of every mail and every login do not read rows. The rules are those of `access.rs` and
//! `resolve.rs`; here is only where they look things up. What a state hangs on stands in one cell, so that
//! suspending somebody changes one cell, whatever the number of their grants.

mod follow;
mod freshness;
mod interned;
mod learn;

pub(crate) use follow::View;
pub use freshness::{Beyond, ViewOptions, ViewState};
pub(crate) use learn::{NewRow, News};

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;

use ipnet::IpNet;
use rustc_hash::FxHashMap;
use siphasher::sip::SipHasher13;
use subtle::ConstantTimeEq;

use crate::access::{DeviceFacts, DeviceObstacle, Facts, Obstacle};
use crate::address::{Address, DomainName};
use crate::device::{Protocol, Protocols};
use crate::error::Error;
use crate::grant::{Right, Rights};
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::mailbox::{MailboxState, Sending};
use crate::membership::MembershipState;
use crate::organisation::OrganisationState;
use crate::resolve::{AddressHolder, Addresses, DomainFacts, OrganisationFacts};
use crate::secret::{PresentedDevicePassword, Selector};
use crate::time::Timestamp;
use crate::user::UserState;
use interned::{Interned, Place, pair};

/// Who reaches what.
pub(crate) struct AccessView {
    users: Interned<UserId, UserCell, OfUser>,
    organisations: Interned<OrganisationId, OrganisationCell>,
    mailboxes: Interned<MailboxId, MailboxCell, OfMailbox>,
    devices: Interned<DeviceId, DeviceCell>,
    /// By (organisation, user): the place of the membership's state.
    members: FxHashMap<u64, Place>,
    memberships: Vec<Option<MembershipState>>,
    /// How many there are; they stand with their users.
    grants: usize,
    selectors: FxHashMap<(Place, Selector), Place>,
    /// Verified ones.
    domains: HashMap<Box<str>, DomainFacts, Keyed>,
    keyed: Keyed,
}

#[derive(Debug, Default)]
struct UserCell {
    state: Option<UserState>,
    epoch: u32,
    seq: u64,
}

#[derive(Debug, Default)]
struct OrganisationCell {
    state: Option<OrganisationState>,
    separator: Option<char>,
    seq: u64,
    /// When its last entry was written: its present is never before.
    at: Option<Timestamp>,
    addresses: Option<HashMap<Box<str>, Held, Keyed>>,
}

#[derive(Debug)]
struct MailboxCell {
    state: Option<MailboxState>,
    held: Option<Sending>,
    organisation: Place,
}

/// A state of nobody's: places that were never given out.
const NOWHERE: Place = Place::MAX;
/// For what never ends.
const NEVER: i64 = i64::MAX;

#[derive(Debug, Clone, Copy)]
struct GrantCell {
    mailbox: Place,
    membership: Place,
    expires: i64,
    rights: Rights,
}

#[derive(Debug)]
struct DeviceCell {
    mailbox: Place,
    holder: Option<Place>,
    active: bool,
    protocols: Protocols,
    networks: Option<Box<[IpNet]>>,
    expires: Option<Timestamp>,
    /// The present secret and the one before.
    secrets: [Option<SecretCell>; 2],
    is_legacy: bool,
    is_known: bool,
}

#[derive(Debug, Clone)]
struct SecretCell {
    selector: Selector,
    /// Until when it works, where a rotation replaced it.
    until: Option<Timestamp>,
    digest: Option<Digest>,
}

/// What is kept of a device password. Never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// Of the hexadecimal text that is kept; none of anything else, such as a PHC string.
    pub(crate) fn of(secret: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(secret.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// Whether it is this password's, in a time that tells nothing about where it differs.
    pub(crate) fn is_of(&self, presented: &PresentedDevicePassword) -> bool {
        self.0.ct_eq(&presented.digest_bytes()).into()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(***)")
    }
}

/// Who has an address.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Held {
    Mailbox(Place),
    Alias(Place),
    Freed(Timestamp),
}

#[derive(Debug, Default)]
struct OfUser {
    organisations: Vec<Place>,
    /// By mailbox. People have few, side by side: no table of all grants is as close together.
    grants: Vec<GrantCell>,
    devices: Vec<Place>,
}

impl OfUser {
    fn grant(&self, mailbox: Place) -> Option<&GrantCell> {
        self.grants.get(self.find(mailbox).ok()?)
    }

    /// Where a grant is, or where it would be.
    fn find(&self, mailbox: Place) -> Result<usize, usize> {
        self.grants.binary_search_by_key(&mailbox, |grant| grant.mailbox)
    }
}

#[derive(Debug, Default)]
struct OfMailbox {
    address: Option<Box<str>>,
    users: Vec<Place>,
    devices: Vec<Place>,
}

/// Hashes what strangers choose, such as addresses, so that they cannot choose the slots.
#[derive(Debug, Clone, Copy)]
struct Keyed([u8; 16]);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_key(&self.0)
    }
}

/// A device that was found by its password.
pub(crate) struct FoundDevice<'v> {
    view: &'v AccessView,
    cell: &'v DeviceCell,
    secret: &'v SecretCell,
    pub(crate) id: DeviceId,
}

impl AccessView {
    /// Whether a person may do something with a mailbox; without a clock where nothing ends.
    pub(crate) fn may(
        &self,
        user: UserId,
        right: Right,
        mailbox: MailboxId,
        clock: Timestamp,
    ) -> Result<(), Obstacle> {
        let facts = self.facts(user, mailbox);
        // Where nothing ends, no time matters.
        let ends = facts.grant.is_some_and(|(_, expires)| expires.is_some());
        let now = if ends { self.present_at(self.mailboxes.place(mailbox), clock) } else { clock };
        facts.access(right, now)
    }

    /// What a person's access to a mailbox depends on.
    pub(crate) fn facts(&self, user: UserId, mailbox: MailboxId) -> Facts {
        self.facts_at(self.users.place(user), self.mailboxes.place(mailbox))
    }

    fn facts_at(&self, user: Option<Place>, mailbox: Option<Place>) -> Facts {
        let grant = user.zip(mailbox).and_then(|(user, mailbox)| self.users.lists_at(user)?.grant(mailbox));
        let exists = |cell: &&MailboxCell| cell.state.is_some_and(|state| state != MailboxState::Deleted);
        let cell = mailbox.and_then(|mailbox| self.mailboxes.at(mailbox)).filter(exists);
        let organisation = cell.and_then(|cell| self.organisation_state(cell.organisation));
        // Of an organisation that is gone there is no mailbox.
        let cell = cell.filter(|_| organisation.is_some());
        let membership = match (cell, grant, user) {
            (None, ..) => None,
            (Some(_), Some(grant), _) => self.membership(grant.membership),
            (Some(cell), None, Some(user)) => self
                .members
                .get(&pair(cell.organisation, user))
                .and_then(|membership| self.membership(*membership)),
            (Some(_), None, None) => None,
        };
        Facts {
            user: user
                .and_then(|user| self.users.at(user)?.state)
                .filter(|state| *state != UserState::Deleted),
            mailbox: cell.and_then(|cell| cell.state),
            sending: cell.and_then(|cell| cell.held).unwrap_or(Sending::Allowed),
            organisation,
            membership,
            grant: grant.map(|grant| (grant.rights, ending(grant.expires))),
        }
    }

    fn membership(&self, place: Place) -> Option<MembershipState> {
        self.memberships.get(place as usize).copied().flatten()
    }

    /// Of an organisation that was not deleted.
    fn organisation_state(&self, organisation: Place) -> Option<OrganisationState> {
        self.organisations.at(organisation)?.state.filter(|state| *state != OrganisationState::Deleted)
    }

    /// The present of the organisation that a mailbox belongs to: the clock, but never before its last entry.
    fn present_at(&self, mailbox: Option<Place>, clock: Timestamp) -> Timestamp {
        let organisation =
            mailbox.and_then(|mailbox| self.mailboxes.at(mailbox)).map(|cell| cell.organisation);
        organisation.map_or(clock, |organisation| self.present_of(organisation, clock))
    }

    fn present_of(&self, organisation: Place, clock: Timestamp) -> Timestamp {
        let at = self.organisations.at(organisation).and_then(|cell| cell.at);
        at.map_or(clock, |at| at.max(clock))
    }

    /// The device, active or revoked, one of whose passwords this is.
    pub(crate) fn device_of(
        &self,
        mailbox: MailboxId,
        selector: Selector,
        is_right: impl FnOnce(&Digest) -> bool,
    ) -> Option<FoundDevice<'_>> {
        let place = *self.selectors.get(&(self.mailboxes.place(mailbox)?, selector))?;
        let cell = self.devices.at(place)?;
        let secret = cell.secrets.iter().flatten().find(|secret| secret.selector == selector)?;
        let right = secret.digest.as_ref().is_some_and(is_right);
        let id = self.devices.id(place)?;
        right.then_some(FoundDevice { view: self, cell, secret, id })
    }

    /// Whether a session of a device still stands, or the first obstacle; none where there is no such device.
    pub(crate) fn device_stands(
        &self,
        device: DeviceId,
        selector: Option<Selector>,
        protocol: Protocol,
        from: Option<IpAddr>,
        clock: Timestamp,
    ) -> Option<(MailboxId, Result<Rights, DeviceObstacle>)> {
        let cell = self.devices.get(device).filter(|cell| cell.is_known)?;
        let long_ago = Some(Timestamp::from_millis(i64::MIN));
        let ends = match selector {
            None if cell.is_legacy => None,
            None => long_ago,
            Some(selector) => cell
                .secrets
                .iter()
                .flatten()
                .find(|secret| secret.selector == selector)
                .map_or(long_ago, |secret| secret.until),
        };
        let now = self.present_at(Some(cell.mailbox), clock);
        Some((self.mailboxes.id(cell.mailbox)?, self.device_facts(cell, ends).login(protocol, from, now)))
    }

    /// Whether a device could be used from anywhere; none where there is no such device.
    pub(crate) fn device_may_use(
        &self,
        device: DeviceId,
        protocol: Protocol,
        clock: Timestamp,
    ) -> Option<Result<Rights, DeviceObstacle>> {
        let cell = self.devices.get(device).filter(|cell| cell.is_known)?;
        let facts = DeviceFacts { networks: None, ..self.device_facts(cell, None) };
        Some(facts.login(protocol, None, self.present_at(Some(cell.mailbox), clock)))
    }

    fn device_facts<'v>(&self, cell: &'v DeviceCell, secret_ends: Option<Timestamp>) -> DeviceFacts<'v> {
        let exists = |cell: &&MailboxCell| cell.state.is_some_and(|state| state != MailboxState::Deleted);
        let mailbox = self.mailboxes.at(cell.mailbox).filter(exists);
        let organisation = mailbox.and_then(|mailbox| self.organisation_state(mailbox.organisation));
        let mailbox = mailbox.filter(|_| organisation.is_some());
        DeviceFacts {
            active: cell.active,
            has_secret: cell.is_legacy || cell.secrets.iter().any(Option::is_some),
            protocols: cell.protocols,
            networks: cell.networks.as_deref(),
            expires: cell.expires,
            secret_ends,
            mailbox: mailbox.and_then(|mailbox| mailbox.state),
            sending: mailbox.and_then(|mailbox| mailbox.held).unwrap_or(Sending::Allowed),
            organisation,
            holder: cell.holder.map(|holder| self.facts_at(Some(holder), Some(cell.mailbox))),
        }
    }

    /// Whether a person's session still stands.
    pub(crate) fn user_stands(&self, user: UserId, epoch: u32) -> bool {
        self.users.get(user).is_some_and(|cell| cell.state == Some(UserState::Active) && cell.epoch == epoch)
    }

    /// The people with a grant on a mailbox, in the order of their ids, after one of them.
    pub(crate) fn users_of(&self, mailbox: MailboxId, after: Option<UserId>, limit: usize) -> Vec<UserId> {
        let users = self.mailboxes.lists(mailbox).map(|of| of.users.as_slice()).unwrap_or_default();
        self.users.page(users, after, limit)
    }

    /// The active devices of a mailbox, in the order of their ids, after one of them.
    pub(crate) fn devices_of(
        &self,
        mailbox: MailboxId,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Vec<DeviceId> {
        let devices = self.mailboxes.lists(mailbox).map(|of| of.devices.as_slice()).unwrap_or_default();
        self.devices.page(devices, after, limit)
    }

    /// The organisations that a person belongs to.
    pub(crate) fn organisations_of(&self, user: UserId) -> Vec<OrganisationId> {
        let ids =
            |of: &OfUser| of.organisations.iter().filter_map(|place| self.organisations.id(*place)).collect();
        self.users.lists(user).map(ids).unwrap_or_default()
    }

    /// The mailboxes of an organisation that are granted to a person.
    pub(crate) fn mailboxes_of(&self, organisation: OrganisationId, user: UserId) -> Vec<MailboxId> {
        let Some(organisation) = self.organisations.place(organisation) else { return Vec::new() };
        let here = |place: &Place| self.is_in(*place, organisation);
        let ids = |of: &OfUser| {
            of.grants
                .iter()
                .map(|grant| grant.mailbox)
                .filter(here)
                .filter_map(|place| self.mailboxes.id(place))
                .collect()
        };
        self.users.lists(user).map(ids).unwrap_or_default()
    }

    /// The active devices that a person holds in an organisation.
    pub(crate) fn devices_held(&self, organisation: OrganisationId, user: UserId) -> Vec<DeviceId> {
        let Some(organisation) = self.organisations.place(organisation) else { return Vec::new() };
        let here = |place: &&Place| {
            self.devices.at(**place).is_some_and(|device| self.is_in(device.mailbox, organisation))
        };
        let ids = |of: &OfUser| {
            of.devices.iter().filter(here).filter_map(|place| self.devices.id(*place)).collect()
        };
        self.users.lists(user).map(ids).unwrap_or_default()
    }

    fn is_in(&self, mailbox: Place, organisation: Place) -> bool {
        self.mailboxes.at(mailbox).is_some_and(|cell| cell.organisation == organisation)
    }

    /// Looks up addresses, at this instant of the clock.
    pub(crate) fn book(&self, clock: Timestamp) -> Book<'_> {
        Book { view: self, clock }
    }
}

impl FoundDevice<'_> {
    pub(crate) fn login(
        &self,
        protocol: Protocol,
        from: Option<IpAddr>,
        clock: Timestamp,
    ) -> Result<Rights, DeviceObstacle> {
        let now = self.view.present_at(Some(self.cell.mailbox), clock);
        self.view.device_facts(self.cell, self.secret.until).login(protocol, from, now)
    }

    pub(crate) fn holder(&self) -> Option<UserId> {
        self.cell.holder.and_then(|holder| self.view.users.id(holder))
    }

    pub(crate) fn organisation(&self) -> Option<OrganisationId> {
        self.view.organisations.id(self.view.mailboxes.at(self.cell.mailbox)?.organisation)
    }

    /// Whether this is the first use of a new password while the former one still works.
    pub(crate) fn is_first_use(&self, clock: Timestamp) -> bool {
        let now = self.view.present_at(Some(self.cell.mailbox), clock);
        let overlaps = |secret: &SecretCell| secret.until.is_some_and(|until| now < until);
        self.secret.until.is_none() && self.cell.secrets.iter().flatten().any(overlaps)
    }
}

/// The view as a book of addresses.
pub(crate) struct Book<'v> {
    view: &'v AccessView,
    clock: Timestamp,
}

impl Addresses for Book<'_> {
    fn domain_facts(&mut self, name: &DomainName) -> Result<Option<DomainFacts>, Error> {
        Ok(self.view.domains.get(name.as_str()).cloned())
    }

    fn own_domain_facts(
        &mut self,
        organisation: OrganisationId,
        name: &DomainName,
    ) -> Result<Option<DomainFacts>, Error> {
        // What another domain is a name of is verified.
        let domain = self.view.domains.get(name.as_str());
        Ok(domain.filter(|domain| domain.organisation == organisation).cloned())
    }

    fn organisation_facts(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<OrganisationFacts>, Error> {
        let place = self.view.organisations.place(organisation);
        let cell = place.and_then(|place| self.view.organisations.at(place));
        let state = place.and_then(|place| self.view.organisation_state(place));
        Ok(state.map(|state| OrganisationFacts { state, separator: cell.and_then(|cell| cell.separator) }))
    }

    fn holder(
        &mut self,
        organisation: OrganisationId,
        address: &Address,
    ) -> Result<Option<AddressHolder>, Error> {
        let addresses = self.view.organisations.get(organisation).and_then(|cell| cell.addresses.as_ref());
        let id = |place: Place| self.view.mailboxes.id(place);
        Ok(addresses.and_then(|addresses| match addresses.get(address.canonical())? {
            Held::Mailbox(mailbox) => id(*mailbox).map(AddressHolder::Mailbox),
            Held::Alias(mailbox) => id(*mailbox).map(AddressHolder::Alias),
            Held::Freed(until) => Some(AddressHolder::Freed(*until)),
        }))
    }

    fn mailbox_state(&mut self, mailbox: MailboxId) -> Result<Option<MailboxState>, Error> {
        let cell = self.view.mailboxes.get(mailbox);
        let cell = cell.filter(|cell| self.view.organisation_state(cell.organisation).is_some());
        Ok(cell.and_then(|cell| cell.state).filter(|state| *state != MailboxState::Deleted))
    }

    fn present(&mut self, organisation: OrganisationId) -> Result<Timestamp, Error> {
        let place = self.view.organisations.place(organisation);
        Ok(place.map_or(self.clock, |place| self.view.present_of(place, self.clock)))
    }
}

fn ending(expires: i64) -> Option<Timestamp> {
    (expires != NEVER).then(|| Timestamp::from_millis(expires))
}
