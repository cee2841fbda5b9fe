//! Whose login or recovery address hangs on a mailbox, and what would cut them off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::access::{Obstacle, Power, Purpose, needed_by};
use crate::actor::Actor;
use crate::address::{Address, DomainName};
use crate::device::Protocol;
use crate::directory::Directory;
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::Error;
use crate::grant::Right;
use crate::id::{MailboxId, OrganisationId};
use crate::lists::term_page;
use crate::login::may_use;
use crate::mailbox::Mailbox;
use crate::names::{claim, key, term};
use crate::organisation::Organisation;
use crate::paging::{Cursor, Page, PageRequest, foreign_cursor};
use crate::questions::Person;
use crate::reader::{AddressHolder, Reader};
use crate::readers::Readers;
use crate::resolve::{Delivery, Step, route, route_to_mailbox};
use crate::store::{Claim, Key};
use crate::time::Timestamp;
use crate::user::{AddressKind, Contact, Proof, User};
use crate::words::words;

words! {
    /// What would cut somebody off from the mail they sign in by.
    pub enum CutOff {
        /// The mailbox is suspended: nobody reads it.
        MailboxSuspended = "mailbox_suspended",
        /// The mailbox is closed: mail is refused too.
        MailboxClosed = "mailbox_closed",
        /// The mailbox is deleted.
        MailboxDeleted = "mailbox_deleted",
        /// The mailbox gets another address and does not keep this one as an alias.
        MailboxRenamed = "mailbox_renamed",
        /// The alias is removed, or leads elsewhere.
        AliasRemoved = "alias_removed",
        /// The domain's catch-all becomes another, or none; or somebody opens the address.
        CatchAllChanged = "catch_all_changed",
        /// The organisation's separator becomes another, or none; or somebody opens the address.
        SeparatorChanged = "separator_changed",
        /// The domain is no other name of the mailbox's any more, or is removed.
        DomainAliasEnded = "domain_alias_ended",
        /// Their own grant on the mailbox ends or expires.
        GrantEnded = "grant_ended",
        /// Their membership is suspended or ends.
        MembershipEnded = "membership_ended",
        /// The organisation is suspended: mail waits and nobody reads it.
        OrganisationSuspended = "organisation_suspended",
        /// The organisation is deleted, or its domain goes.
        OrganisationDeleted = "organisation_deleted",
    }
}

words! {
    /// How somebody who lost their password would get in again.
    pub enum WayBack {
        /// By a reset to a proved address that is none of the organisation's. What becomes of mail there, where that is hosted
    /// here for another one, the host alone is told.
        Elsewhere = "elsewhere",
        /// By a reset that a device of theirs reads, without signing in.
        Device = "device",
        /// Not at all without help: every reset would go where they must be signed in to read it, where nobody reads it, or
        /// where somebody else does, so that it is refused (`reset.exposed`).
        Nothing = "nothing",
    }
}

/// An address by which somebody signs in or recovers, and on which mailbox it hangs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LoginRisk {
    /// Whose address it is; members are named, others only counted.
    pub person: Option<Person>,
    /// Which of their addresses.
    pub kind: AddressKind,
    /// The address, of members.
    pub address: Option<Contact>,
    /// The mailbox that gets the mail; none where mail to the address is refused already.
    pub mailbox: Option<MailboxId>,
    /// The steps on the way there.
    pub way: Vec<Step>,
    /// What becomes of the mail now.
    pub delivery: Delivery,
    /// Why they cannot read it themselves now; nothing where they can.
    pub obstacle: Option<Obstacle>,
    /// How many others could read it: people, and devices that nobody holds, whatever stands in their way now, such as a
    /// device's protocols. With one or more a reset there is refused.
    pub other_readers: usize,
    /// How they would get in again without their password; of members.
    pub way_back: Option<WayBack>,
    /// What would cut them off.
    pub cut_off_by: Vec<CutOff>,
}

impl Directory {
    /// Everyone whose login or recovery address is one of the organisation's domains: on which mailbox it hangs, who else
    /// reads it, whether they could lock themselves out, and what would cut them off. For owners and admins.
    ///
    /// Invitations are left out: nobody signs in by them yet. A past knows those who were members by then, and nobody else.
    ///
    /// A row an address. Costs two index ranges a domain, five look-ups a page, and two index ranges a mailbox on it.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    ///
    /// ```
    /// use mailgrant::report::{CutOff, WayBack};
    /// use mailgrant::{Actor, Directory, MemoryStore, PageRequest, Proof};
    /// use mailgrant::{domain::*, grant::*, mailbox::*, membership::*, organisation::*, user::*};
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
    /// // Ben signs in with the mailbox that he reads: without his password he reads no reset.
    /// let ben = RegisterUser::new("ben@bakery.example".parse()?, "Ben").proof(Proof::Verified);
    /// let ben = directory.run(&system, ben)?.user;
    /// directory.run(&system, AddMember { organisation, user: ben, role: Role::Collaborator, services: Services::new() })?;
    /// let mailbox = directory.run(&owner, OpenMailbox::new(organisation, "ben@bakery.example".parse()?))?;
    /// directory.run(&owner, GrantAccess::new(mailbox, ben))?;
    ///
    /// let risks = directory.login_risks(&owner, organisation, &PageRequest::default())?.items;
    /// assert_eq!(risks.len(), 1);
    /// assert_eq!(risks[0].mailbox, Some(mailbox));
    /// assert_eq!(risks[0].way_back, Some(WayBack::Nothing));
    /// assert!(risks[0].cut_off_by.contains(&CutOff::GrantEnded));
    /// # Ok(()) }
    /// # use mailgrant::{Role, Services};
    /// ```
    pub fn login_risks(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<LoginRisk>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            standing.require(Power::Administer)?;
            let organisation = standing.organisation.clone();
            let found = hanging(read, organisation.id, page)?;
            let mut risks = Risks { organisation, now: standing.now, readers: BTreeMap::new() };
            risks.fetch(read, &found.items)?;
            let items = found.items.iter().map(|one| risks.row(read, one)).collect::<Result<_, _>>()?;
            Ok(Page { items, next: found.next })
        })
    }
}

/// Somebody, and an address of theirs in a domain of the organisation.
struct Hanging {
    user: Arc<User>,
    kind: AddressKind,
}

impl Hanging {
    fn contact(&self) -> Option<&Contact> {
        contact(&self.user, self.kind)
    }
}

fn contact(user: &User, kind: AddressKind) -> Option<&Contact> {
    match kind {
        AddressKind::Login => Some(&user.login),
        AddressKind::Recovery => user.recovery.as_ref(),
    }
}

/// A page of those whose mail goes to the organisation's domains: domain by domain those who sign in with an address
/// there, then those who recover by one.
fn hanging(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    page: &PageRequest,
) -> Result<Page<Hanging>, Error> {
    let domains = read.domains_of(organisation)?;
    let verified = domains.iter().filter(|domain| domain.is_verified());
    let lists: Vec<(&DomainName, AddressKind, String)> = verified
        .flat_map(|domain| AddressKind::ALL.iter().map(|kind| (&domain.name, *kind)))
        .map(|(name, kind)| (name, kind, format!("login-risks/{organisation}/{}/{kind}", name.as_str())))
        .collect();
    let mut after = page.after.clone();
    let begun = match &after {
        None => 0,
        Some(cursor) => {
            lists.iter().position(|(_, _, list)| cursor.place(list).is_ok()).ok_or_else(foreign_cursor)?
        }
    };
    let mut items = Vec::new();
    for (domain, kind, list) in lists.iter().skip(begun) {
        let limit = page.size().saturating_sub(items.len());
        if limit == 0 {
            return Ok(Page { items, next: Some(Cursor::new(list, "")) });
        }
        let request = PageRequest { after: after.take(), limit };
        let found = term_page(read, list, &term::mail_domain(domain), &request)?;
        for entity in found.items {
            let Entity::User(user) = entity else { continue };
            if contact(&user, *kind).is_some_and(|contact| contact.address.domain() == *domain) {
                items.push(Hanging { user, kind: *kind });
            }
        }
        if found.next.is_some() {
            return Ok(Page { items, next: found.next });
        }
    }
    Ok(Page { items, next: None })
}

/// What the rows of a page share.
struct Risks {
    organisation: Arc<Organisation>,
    now: Timestamp,
    readers: BTreeMap<MailboxId, Readers>,
}

impl Risks {
    /// Reads what the rows need, one look-up after the other for all of them: the domains of the addresses, whose those
    /// are, who holds the addresses, and the mailboxes with the people's grants there.
    fn fetch(&self, read: &mut Reader<'_>, found: &[Hanging]) -> Result<(), Error> {
        let addresses: BTreeSet<&Address> = found.iter().flat_map(|one| one.user.mail_addresses()).collect();
        let claims: BTreeSet<Claim> =
            addresses.iter().map(|address| claim::domain(address.domain())).collect();
        read.claims(&claims.into_iter().collect::<Vec<_>>())?;
        let mut keys = BTreeSet::new();
        let mut hosted = Vec::new();
        for address in addresses {
            if let Some(domain) = read.verified_domain(address.domain())? {
                keys.insert(key::organisation(domain.organisation));
                keys.extend(domain.alias_of.as_ref().map(|main| key::domain(domain.organisation, main)));
                hosted.push((domain, address));
            }
        }
        fetch(read, keys)?;
        let mut on_the_way = BTreeSet::new();
        for (domain, address) in &hosted {
            on_the_way.extend(ways(read, domain, address)?);
        }
        let claims: Vec<Claim> =
            on_the_way.iter().map(|(owner, address)| claim::address(*owner, address)).collect();
        read.claims(&claims)?;
        let mut mailboxes = BTreeSet::new();
        for (owner, address) in &on_the_way {
            mailboxes.extend(match read.address_holder(*owner, address)? {
                Some(AddressHolder::Mailbox(mailbox)) => Some(mailbox.id),
                Some(AddressHolder::Alias(alias)) => Some(alias.mailbox),
                Some(AddressHolder::Freed(_)) | None => None,
            });
        }
        for (domain, _) in &hosted {
            mailboxes.extend(domain.catch_all);
            if let Some(main) = &domain.alias_of {
                mailboxes.extend(read.domain(domain.organisation, main)?.and_then(|main| main.catch_all));
            }
        }
        let mut keys: BTreeSet<Key> = mailboxes.into_iter().map(key::mailbox).collect();
        keys.extend(found.iter().map(|one| key::membership(self.organisation.id, one.user.id)));
        fetch(read, keys)?;
        let mut keys = BTreeSet::new();
        for one in found {
            for address in one.user.mail_addresses() {
                let mailbox = route(read, address)?.resolution.mailbox;
                keys.extend(mailbox.map(|mailbox| key::grant(mailbox, one.user.id)));
            }
        }
        fetch(read, keys)
    }

    fn row(&mut self, read: &mut Reader<'_>, one: &Hanging) -> Result<LoginRisk, Error> {
        let user = &one.user;
        let Some(contact) = one.contact() else {
            return Err(crate::error::Corrupt("a person without the address they are found by".into()).into());
        };
        let (resolution, mailbox) = route_to_mailbox(read, &contact.address)?;
        let member = read.membership(self.organisation.id, user.id)?.is_some();
        let mut cut_off_by = Vec::new();
        let (mut obstacle, mut other_readers) = (None, 0);
        if let Some(mailbox) = &mailbox {
            let facts = read.facts(user.id, mailbox.id)?;
            obstacle = facts.access(Right::Read, self.now).err();
            other_readers = self.readers(read, mailbox)?.others(user.id);
            cut_off_by = cuts(&resolution.way, facts.grant.is_some(), member);
        }
        let way_back = match member {
            true => Some(self.way_back(read, user)?),
            false => None,
        };
        Ok(LoginRisk {
            person: member.then(|| Person::from(user.as_ref())),
            kind: one.kind,
            address: member.then(|| contact.clone()),
            mailbox: resolution.mailbox,
            way: resolution.way,
            delivery: resolution.delivery,
            obstacle,
            other_readers,
            way_back,
            cut_off_by,
        })
    }

    fn readers(&mut self, read: &mut Reader<'_>, mailbox: &Mailbox) -> Result<&Readers, Error> {
        use std::collections::btree_map::Entry;
        Ok(match self.readers.entry(mailbox.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Readers::of(read, mailbox)?),
        })
    }

    /// The best way to get in again that any proved address gives.
    fn way_back(&mut self, read: &mut Reader<'_>, user: &User) -> Result<WayBack, Error> {
        let mut best = WayBack::Nothing;
        for kind in AddressKind::ALL {
            let Some(Contact { address, proof: Proof::Verified }) = contact(user, *kind) else { continue };
            let (resolution, mailbox) = route_to_mailbox(read, address)?;
            let own = resolution.organisation == Some(self.organisation.id);
            if resolution.organisation.is_none() || !(own || read.actor().is_system()) {
                return Ok(WayBack::Elsewhere);
            }
            let Some(mailbox) = mailbox else { continue };
            let readers = self.readers(read, &mailbox)?;
            if resolution.delivery != Delivery::Accept || readers.others(user.id) > 0 {
                continue;
            }
            let devices: Vec<_> = readers.held_by(user.id).cloned().collect();
            for device in devices {
                for protocol in device.bounds.protocols.iter().filter(|protocol| reads(*protocol)) {
                    if may_use(read, &device, protocol)?.is_ok() {
                        best = WayBack::Device;
                    }
                }
            }
        }
        Ok(best)
    }
}

fn fetch(read: &mut Reader<'_>, keys: BTreeSet<Key>) -> Result<(), Error> {
    read.entities(&keys.into_iter().collect::<Vec<_>>()).map(drop)
}

/// Every address that might hold the mail to an address on its way, with the organisation whose it is.
fn ways(
    read: &mut Reader<'_>,
    domain: &Domain,
    address: &Address,
) -> Result<Vec<(OrganisationId, Address)>, Error> {
    let Some(organisation) = read.organisation(domain.organisation)? else { return Ok(Vec::new()) };
    let mut ways = vec![address.clone()];
    ways.extend(domain.alias_of.as_ref().and_then(|main| address.at_domain(main).ok()));
    let separator = organisation.policy.separator;
    let bases: Vec<Address> = ways.iter().filter_map(|address| address.cut(separator?)).collect();
    ways.extend(bases);
    Ok(ways.into_iter().map(|address| (organisation.id, address)).collect())
}

/// Whether a mail program reads mail by a protocol.
fn reads(protocol: Protocol) -> bool {
    needed_by(protocol).is_empty() && matches!(protocol, Protocol::Imap | Protocol::Pop3 | Protocol::Jmap)
}

/// What would end the way to a mailbox or the reading there.
fn cuts(way: &[Step], granted: bool, member: bool) -> Vec<CutOff> {
    let mut cuts = vec![CutOff::MailboxSuspended, CutOff::MailboxClosed, CutOff::MailboxDeleted];
    for step in way {
        match step {
            Step::Mailbox => cuts.push(CutOff::MailboxRenamed),
            Step::Alias => cuts.push(CutOff::AliasRemoved),
            Step::CatchAll => cuts.push(CutOff::CatchAllChanged),
            Step::Subaddress => cuts.push(CutOff::SeparatorChanged),
            Step::AliasDomain => cuts.push(CutOff::DomainAliasEnded),
            Step::Quarantine | Step::Unknown | Step::UnknownDomain => {}
        }
    }
    cuts.extend(granted.then_some(CutOff::GrantEnded));
    cuts.extend(member.then_some(CutOff::MembershipEnded));
    cuts.extend([CutOff::OrganisationSuspended, CutOff::OrganisationDeleted]);
    cuts
}
