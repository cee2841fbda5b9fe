//! How the view learns: rows as they are now, of a commit made here or read again from the store.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::interned::{Interned, Place, pair};
use super::{
    AccessView, DeviceCell, Digest, GrantCell, Held, Keyed, MailboxCell, NEVER, NOWHERE, SecretCell,
};
use crate::device::{Device, DeviceSecret, Protocols};
use crate::entity::Entity;
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::mailbox::{Mailbox, MailboxState, Sending};
use crate::membership::Membership;
use crate::names::key;
use crate::resolve::DomainFacts;
use crate::secret::Selector;
use crate::store::{ChangeSet, Head, Key, Span, Stream, VerifierChange};
use crate::time::Timestamp;
use crate::user::UserState;

/// A row as it is now.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub(crate) key: Key,
    /// The stream that changed it.
    pub(crate) stream: Stream,
    /// None where it is gone.
    pub(crate) entity: Option<Entity>,
}

/// What is new: rows, the digests of device passwords, and where their streams stand.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) rows: Vec<NewRow>,
    /// Of device passwords alone; one that is not named stays as it was.
    pub(crate) digests: FxHashMap<Key, Option<Digest>>,
    pub(crate) heads: Vec<(Stream, Head)>,
}

impl News {
    /// Of a commit that was made here.
    pub(super) fn of(change: &ChangeSet, spans: &[Span], rows: Vec<NewRow>) -> Self {
        let digest = |set: &VerifierChange| (set.key.clone(), set.secret.as_deref().and_then(Digest::of));
        let head = |span: &Span| {
            let last = change.append.iter().rev().find(|entry| entry.stream == span.stream)?;
            Some((span.stream.clone(), Head { seq: last.seq, at: last.at }))
        };
        Self {
            rows,
            digests: change.verifiers.iter().map(digest).collect(),
            heads: spans.iter().filter_map(head).collect(),
        }
    }
}

impl Default for MailboxCell {
    fn default() -> Self {
        Self { state: None, held: None, organisation: NOWHERE }
    }
}

impl Default for DeviceCell {
    fn default() -> Self {
        Self {
            mailbox: NOWHERE,
            holder: None,
            active: false,
            protocols: Protocols::EMPTY,
            networks: None,
            expires: None,
            secrets: [None, None],
            is_legacy: false,
            is_known: false,
        }
    }
}

impl AccessView {
    /// One that knows nothing yet. The key keeps strangers from choosing slots.
    pub(crate) fn new(key: [u8; 16]) -> Self {
        let keyed = Keyed(key);
        Self {
            users: Interned::default(),
            organisations: Interned::default(),
            mailboxes: Interned::default(),
            devices: Interned::default(),
            members: FxHashMap::default(),
            memberships: Vec::new(),
            grants: 0,
            selectors: FxHashMap::default(),
            domains: HashMap::with_hasher(keyed),
            keyed,
        }
    }

    /// Users, mailboxes, grants and devices that it knows of.
    pub(crate) fn counts(&self) -> [usize; 4] {
        let users =
            self.users.cells().filter(|cell| cell.state.is_some_and(|state| state != UserState::Deleted));
        let mailboxes = self
            .mailboxes
            .cells()
            .filter(|cell| cell.state.is_some_and(|state| state != MailboxState::Deleted));
        let devices = self.devices.cells().filter(|cell| cell.is_known);
        [users.count(), mailboxes.count(), self.grants, devices.count()]
    }

    /// The sequence number up to which it knows a stream.
    pub(crate) fn seq(&self, stream: &Stream) -> u64 {
        let text = stream.as_str();
        if let Ok(organisation) = text.parse::<OrganisationId>() {
            return self.organisations.get(organisation).map_or(0, |cell| cell.seq);
        }
        text.parse::<UserId>().ok().and_then(|user| self.users.get(user)).map_or(0, |cell| cell.seq)
    }

    /// Takes in what is new. Rows of streams that it knows further already are older than what it knows, and left
    /// out.
    pub(crate) fn learn(&mut self, news: &News) {
        let fresh: FxHashMap<&Stream, bool> =
            news.heads.iter().map(|(stream, head)| (stream, head.seq >= self.seq(stream))).collect();
        let is_fresh = |stream: &Stream| fresh.get(stream).copied().unwrap_or(true);
        // Whatever is gone makes room first.
        for row in news.rows.iter().filter(|row| row.entity.is_none() && is_fresh(&row.stream)) {
            self.forget(&row.key);
        }
        for entity in news.rows.iter().filter_map(|row| row.entity.as_ref()) {
            if is_fresh(&entity.stream()) {
                self.put(entity, &news.digests);
            }
        }
        for (stream, head) in news.heads.iter().filter(|(stream, _)| fresh.get(stream) == Some(&true)) {
            self.stand(stream, *head);
        }
    }

    /// Takes in one row.
    pub(crate) fn put(&mut self, entity: &Entity, digests: &FxHashMap<Key, Option<Digest>>) {
        match entity {
            Entity::User(user) => {
                if let (_, Some(cell)) = self.users.entry(user.id) {
                    cell.state = Some(user.state);
                    cell.epoch = user.epoch;
                }
            }
            Entity::Organisation(organisation) => {
                if let (_, Some(cell)) = self.organisations.entry(organisation.id) {
                    cell.state = Some(organisation.state);
                    cell.separator = organisation.policy.separator;
                }
            }
            Entity::Domain(domain) => {
                let name = domain.name.as_str();
                if domain.is_verified() {
                    self.domains.insert(name.into(), DomainFacts::from(domain.as_ref()));
                } else {
                    self.forget_domain(domain.organisation, name);
                }
            }
            Entity::Membership(membership) => self.put_membership(membership),
            Entity::Mailbox(mailbox) => self.put_mailbox(mailbox),
            Entity::Alias(alias) => {
                let mailbox = self.mailboxes.intern(alias.mailbox);
                // The mailbox of a domain that goes to another organisation comes after its aliases.
                let (was, is) = (self.home_of(mailbox), self.organisations.intern(alias.organisation));
                if was != is {
                    self.free(was, alias.address.canonical(), Held::Alias(mailbox));
                }
                self.hold(alias.organisation, alias.address.canonical(), Held::Alias(mailbox));
            }
            Entity::FreedAddress(freed) => {
                self.hold(freed.organisation, freed.address.canonical(), Held::Freed(freed.until));
            }
            Entity::Grant(grant) => {
                let (user, mailbox) = (self.users.intern(grant.user), self.mailboxes.intern(grant.mailbox));
                let cell = GrantCell {
                    mailbox,
                    membership: self.member(grant.organisation, grant.user),
                    expires: grant.expires.map_or(NEVER, Timestamp::as_millis),
                    rights: grant.rights,
                };
                let is_new = self.users.list(user, |of| match of.find(mailbox) {
                    Ok(at) => {
                        of.grants.splice(at..=at, [cell]);
                        false
                    }
                    Err(at) => {
                        of.grants.insert(at, cell);
                        true
                    }
                });
                if is_new {
                    self.grants += 1;
                    self.list_user(mailbox, user);
                }
            }
            Entity::Device(device) => self.put_device(device, digests),
            Entity::Invitation(_) => {}
        }
    }

    fn put_membership(&mut self, membership: &Membership) {
        let place = self.member(membership.organisation, membership.user);
        let (user, organisation) =
            (self.users.intern(membership.user), self.organisations.intern(membership.organisation));
        if let Some(state) = self.memberships.get_mut(place as usize) {
            let was = state.replace(membership.state);
            if was.is_none() {
                self.users.list(user, |of| of.organisations.push(organisation));
            }
        }
    }

    /// The place of a membership, which may be missing.
    fn member(&mut self, organisation: OrganisationId, user: UserId) -> Place {
        let key = pair(self.organisations.intern(organisation), self.users.intern(user));
        *self.members.entry(key).or_insert_with(|| {
            self.memberships.push(None);
            Place::try_from(self.memberships.len() - 1).unwrap_or(NOWHERE)
        })
    }

    fn put_mailbox(&mut self, mailbox: &Mailbox) {
        let organisation = self.organisations.intern(mailbox.organisation);
        let place = self.mailboxes.intern(mailbox.id);
        let was = self.home_of(place);
        if let Some(cell) = self.mailboxes.at_mut(place) {
            cell.state = Some(mailbox.state);
            cell.held = Some(mailbox.sending).filter(|sending| *sending != Sending::Allowed);
            cell.organisation = organisation;
        }
        let exists = mailbox.state != MailboxState::Deleted;
        let address = Some(mailbox.address.canonical()).filter(|_| exists);
        let former = self.mailboxes.list(place, |of| of.address.take());
        if let Some(former) = former.filter(|former| was != organisation || Some(former.as_ref()) != address)
        {
            self.free(was, &former, Held::Mailbox(place));
        }
        if let Some(address) = address {
            self.mailboxes.list(place, |of| of.address = Some(address.into()));
            self.hold(mailbox.organisation, address, Held::Mailbox(place));
        }
    }

    /// The organisation that a mailbox belongs to, as far as it is known.
    fn home_of(&self, mailbox: Place) -> Place {
        self.mailboxes.at(mailbox).map_or(NOWHERE, |cell| cell.organisation)
    }

    fn put_device(&mut self, device: &Device, digests: &FxHashMap<Key, Option<Digest>>) {
        let mailbox = self.mailboxes.intern(device.mailbox);
        let holder = device.holder.map(|holder| self.users.intern(holder));
        let place = self.devices.intern(device.id);
        self.unlist(place);
        let Some(cell) = self.devices.at_mut(place) else { return };
        let known: Vec<SecretCell> = cell.secrets.iter_mut().filter_map(Option::take).collect();
        let secret = |selector, until| {
            let digest = match digests.get(&key::device_secret(device.id, &selector)) {
                Some(news) => *news,
                None => known.iter().find(|one| one.selector == selector).and_then(|one| one.digest),
            };
            SecretCell { selector, until, digest }
        };
        let secrets = match &device.secret {
            DeviceSecret::Password { selector, former } => [
                Some(secret(*selector, None)),
                former.as_ref().map(|former| secret(former.selector, Some(former.until))),
            ],
            DeviceSecret::Legacy | DeviceSecret::Missing => [None, None],
        };
        *cell = DeviceCell {
            mailbox,
            holder,
            active: device.is_active(),
            protocols: device.bounds.protocols,
            networks: device.bounds.networks.as_deref().map(Box::from),
            expires: device.bounds.expires,
            secrets,
            is_legacy: device.secret == DeviceSecret::Legacy,
            is_known: true,
        };
        let selectors: Vec<_> = cell.secrets.iter().flatten().map(|secret| secret.selector).collect();
        for former in known.iter().filter(|former| !selectors.contains(&former.selector)) {
            self.forget_selector(mailbox, former.selector, place);
        }
        self.selectors.extend(selectors.into_iter().map(|selector| ((mailbox, selector), place)));
        if device.is_active() {
            self.list_device(mailbox, place);
            if let Some(holder) = holder {
                self.users.list(holder, |of| of.devices.push(place));
            }
        }
    }

    /// Lists in the order of the ids, so that a page of many is found by halving.
    fn list_user(&mut self, mailbox: Place, user: Place) {
        let (users, id) = (&self.users, self.users.id(user));
        self.mailboxes.list(mailbox, |of| {
            let at = of.users.partition_point(|other| users.id(*other) < id);
            of.users.insert(at, user);
        });
    }

    fn list_device(&mut self, mailbox: Place, device: Place) {
        let (devices, id) = (&self.devices, self.devices.id(device));
        self.mailboxes.list(mailbox, |of| {
            let at = of.devices.partition_point(|other| devices.id(*other) < id);
            of.devices.insert(at, device);
        });
    }

    /// Takes a device out of the lists of its mailbox and its holder.
    fn unlist(&mut self, device: Place) {
        let Some(cell) = self.devices.at(device).filter(|cell| cell.is_known && cell.active) else { return };
        let (mailbox, holder) = (cell.mailbox, cell.holder);
        self.mailboxes.list(mailbox, |of| of.devices.retain(|one| *one != device));
        if let Some(holder) = holder {
            self.users.list(holder, |of| of.devices.retain(|one| *one != device));
        }
    }

    /// A row is gone.
    fn forget(&mut self, key: &Key) {
        let text = key.as_str();
        let mut parts = text.splitn(3, '/');
        let (kind, first, second) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (kind, first, second) {
            ("dom", Some(organisation), Some(name)) => {
                if let Ok(organisation) = organisation.parse() {
                    self.forget_domain(organisation, name);
                }
            }
            ("mem", Some(organisation), Some(user)) => {
                if let (Ok(organisation), Ok(user)) = (organisation.parse(), user.parse()) {
                    self.forget_membership(organisation, user);
                }
            }
            ("grt", Some(mailbox), Some(user)) => {
                if let (Ok(mailbox), Ok(user)) = (mailbox.parse(), user.parse()) {
                    self.forget_grant(mailbox, user);
                }
            }
            ("als", Some(mailbox), Some(address)) => {
                let mailbox = mailbox.parse::<MailboxId>().ok().and_then(|id| self.mailboxes.place(id));
                let organisation =
                    mailbox.and_then(|place| self.mailboxes.at(place)).map(|cell| cell.organisation);
                if let (Some(mailbox), Some(organisation)) = (mailbox, organisation) {
                    self.free(organisation, address, Held::Alias(mailbox));
                }
            }
            ("fre", Some(organisation), Some(address)) => {
                let place = organisation.parse().ok().and_then(|id| self.organisations.place(id));
                if let Some(addresses) = place
                    .and_then(|place| self.organisations.at_mut(place))
                    .and_then(|cell| cell.addresses.as_mut())
                    && matches!(addresses.get(address), Some(Held::Freed(_)))
                {
                    addresses.remove(address);
                }
            }
            _ => self.forget_with_id(text),
        }
    }

    fn forget_with_id(&mut self, text: &str) {
        if let Ok(device) = text.parse::<DeviceId>() {
            self.forget_device(device);
        } else if let Some(cell) = text
            .parse::<UserId>()
            .ok()
            .and_then(|id| self.users.place(id))
            .and_then(|at| self.users.at_mut(at))
        {
            cell.state = None;
        } else if let Some(place) = text.parse::<MailboxId>().ok().and_then(|id| self.mailboxes.place(id))
            && let Some(cell) = self.mailboxes.at_mut(place)
        {
            cell.state = None;
            let organisation = cell.organisation;
            if let Some(address) = self.mailboxes.list(place, |of| of.address.take()) {
                self.free(organisation, &address, Held::Mailbox(place));
            }
        } else if let Some(cell) = text
            .parse::<OrganisationId>()
            .ok()
            .and_then(|id| self.organisations.place(id))
            .and_then(|at| self.organisations.at_mut(at))
        {
            cell.state = None;
        }
    }

    fn forget_domain(&mut self, organisation: OrganisationId, name: &str) {
        if self.domains.get(name).is_some_and(|domain| domain.organisation == organisation) {
            self.domains.remove(name);
        }
    }

    fn forget_membership(&mut self, organisation: OrganisationId, user: UserId) {
        let (Some(user), Some(organisation)) =
            (self.users.place(user), self.organisations.place(organisation))
        else {
            return;
        };
        let place = self.members.get(&pair(organisation, user));
        if let Some(state) = place.and_then(|place| self.memberships.get_mut(*place as usize)) {
            *state = None;
        }
        self.users.list(user, |of| of.organisations.retain(|one| *one != organisation));
    }

    fn forget_grant(&mut self, mailbox: MailboxId, user: UserId) {
        let (Some(user), Some(mailbox)) = (self.users.place(user), self.mailboxes.place(mailbox)) else {
            return;
        };
        if self.users.list(user, |of| of.find(mailbox).ok().map(|at| of.grants.remove(at))).is_some() {
            self.grants -= 1;
            self.mailboxes.list(mailbox, |of| of.users.retain(|one| *one != user));
        }
    }

    fn forget_device(&mut self, device: DeviceId) {
        let Some(place) = self.devices.place(device) else { return };
        self.unlist(place);
        if let Some(cell) = self.devices.at_mut(place) {
            let gone = std::mem::take(cell);
            for secret in gone.secrets.iter().flatten() {
                self.forget_selector(gone.mailbox, secret.selector, place);
            }
        }
    }

    /// A selector is no longer this device's. Another may have taken it since.
    fn forget_selector(&mut self, mailbox: Place, selector: Selector, device: Place) {
        if self.selectors.get(&(mailbox, selector)) == Some(&device) {
            self.selectors.remove(&(mailbox, selector));
        }
    }

    fn hold(&mut self, organisation: OrganisationId, address: &str, held: Held) {
        let keyed = self.keyed;
        if let (_, Some(cell)) = self.organisations.entry(organisation) {
            let addresses = cell.addresses.get_or_insert_with(|| HashMap::with_hasher(keyed));
            match addresses.get_mut(address) {
                Some(holder) => *holder = held,
                None => drop(addresses.insert(address.into(), held)),
            }
        }
    }

    /// An address is no longer this one's. Another may have taken it since.
    fn free(&mut self, organisation: Place, address: &str, held: Held) {
        if let Some(addresses) =
            self.organisations.at_mut(organisation).and_then(|cell| cell.addresses.as_mut())
            && addresses.get(address) == Some(&held)
        {
            addresses.remove(address);
        }
    }

    /// Where a stream stands.
    pub(crate) fn stand(&mut self, stream: &Stream, head: Head) {
        let text = stream.as_str();
        if let Ok(organisation) = text.parse::<OrganisationId>() {
            if let (_, Some(cell)) = self.organisations.entry(organisation) {
                cell.seq = head.seq;
                cell.at = Some(head.at);
            }
        } else if let Ok(user) = text.parse::<UserId>()
            && let (_, Some(cell)) = self.users.entry(user)
        {
            cell.seq = head.seq;
        }
    }
}
