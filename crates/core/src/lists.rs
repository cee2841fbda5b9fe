//! What an organisation has: members, mailboxes, aliases, devices, invitations, domains.

use std::sync::Arc;

use serde::Serialize;

use crate::access::{Power, Purpose, Standing, discreet, sees_all};
use crate::actor::{Actor, By};
use crate::address::Address;
use crate::alias::Alias;
use crate::device::Device;
use crate::directory::Directory;
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::Error;
use crate::id::{MailboxId, OrganisationId};
use crate::invitation::Invitation;
use crate::last_use::{LastUse, last_uses};
use crate::mailbox::Mailbox;
use crate::membership::{MembershipState, Role, Services};
use crate::names::{key, term};
use crate::paging::{Cursor, Page, PageRequest};
use crate::questions::Person;
use crate::reader::{Reader, of_kind};
use crate::store::{Key, Term};
use crate::time::Timestamp;

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Member {
    /// Who.
    pub person: Person,
    /// As what.
    pub role: Role,
    /// With which services.
    pub services: Services,
    /// Whether the membership counts.
    pub state: MembershipState,
    /// Since when.
    pub since: Timestamp,
    /// Who made them a member.
    pub added_by: By,
}

/// A device of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedDevice {
    /// The device. Its networks are left out for those who may not see them.
    pub device: Device,
    /// The mailbox that it opens.
    pub address: Address,
    /// When it was last used, for its holder and the managers.
    pub last_used: Option<LastUse>,
}

impl Directory {
    /// The members of an organisation, for its owners and admins.
    ///
    /// Costs one index range and one look-up a page.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    pub fn members(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Member>, Error> {
        self.ask(actor, &mut |read| {
            read.standing(organisation, Purpose::Ask)?.require(Power::Administer)?;
            let found =
                prefix_page(read, &format!("members/{organisation}"), &key::memberships(organisation), page)?;
            let memberships: Vec<_> = found
                .items
                .into_iter()
                .filter_map(|entity| match entity {
                    Entity::Membership(membership) => Some(membership),
                    _ => None,
                })
                .collect();
            read.users(memberships.iter().map(|membership| membership.user))?;
            let mut items = Vec::with_capacity(memberships.len());
            for membership in memberships {
                // Someone whose account is gone waits for the sweep.
                let Some(user) = read.user(membership.user)? else { continue };
                items.push(Member {
                    person: Person::from(user.as_ref()),
                    role: membership.role,
                    services: membership.services.clone(),
                    state: membership.state,
                    since: membership.since,
                    added_by: membership.added_by.clone(),
                });
            }
            Ok(Page { items, next: found.next })
        })
    }

    /// The mailboxes of an organisation: all for the managers, for others those granted to them.
    ///
    /// Costs one index range and one look-up a page.
    ///
    /// # Errors
    /// `organisation.not_found`, `cursor.invalid`.
    pub fn mailboxes(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Mailbox>, Error> {
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            if standing.has(Power::ManageMail) {
                let found = term_page(
                    read,
                    &format!("mailboxes/{organisation}"),
                    &term::mailboxes(organisation),
                    page,
                )?;
                return Ok(Page { items: owned(of_kind!(found.items, Mailbox)), next: found.next });
            }
            let (mailboxes, next) = granted(read, &standing, "mailboxes", page)?;
            Ok(Page { items: owned(mailboxes), next })
        })
    }

    /// The aliases of an organisation: all for the managers, for others those of the mailboxes granted to them.
    ///
    /// Costs one index range a page; for others than managers one a mailbox, and a page is one of mailboxes.
    ///
    /// # Errors
    /// `organisation.not_found`, `cursor.invalid`.
    pub fn aliases(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Alias>, Error> {
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            if standing.has(Power::ManageMail) {
                let found =
                    term_page(read, &format!("aliases/{organisation}"), &term::aliases(organisation), page)?;
                return Ok(Page { items: owned(of_kind!(found.items, Alias)), next: found.next });
            }
            let (mailboxes, next) = granted(read, &standing, "aliases", page)?;
            let mut items = Vec::new();
            for mailbox in mailboxes {
                items.extend(owned(read.aliases_of_mailbox(mailbox.id)?));
            }
            Ok(Page { items, next })
        })
    }

    /// The aliases of a mailbox, for whoever has it and for the managers.
    ///
    /// Costs one index range.
    ///
    /// # Errors
    /// `mailbox.not_found`, `cursor.invalid`.
    pub fn aliases_of(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        page: &PageRequest,
    ) -> Result<Page<Alias>, Error> {
        self.ask(actor, &mut |read| {
            read.at_mailbox(mailbox, Purpose::Ask)?;
            let found = prefix_page(read, &format!("aliases-of/{mailbox}"), &key::aliases(mailbox), page)?;
            Ok(Page { items: owned(of_kind!(found.items, Alias)), next: found.next })
        })
    }

    /// The active devices of an organisation: all for the managers, for others those of the mailboxes granted
    /// to them.
    ///
    /// Costs one index range and three look-ups a page; for others than managers one a mailbox, and a page is one
    /// of mailboxes.
    ///
    /// # Errors
    /// `organisation.not_found`, `cursor.invalid`.
    pub fn devices(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<ListedDevice>, Error> {
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            if standing.has(Power::ManageMail) {
                let found =
                    term_page(read, &format!("devices/{organisation}"), &term::devices(organisation), page)?;
                return Ok(Page {
                    items: listed(read, &standing, of_kind!(found.items, Device))?,
                    next: found.next,
                });
            }
            let (mailboxes, next) = granted(read, &standing, "devices", page)?;
            let mut devices = Vec::new();
            for mailbox in mailboxes {
                devices.extend(read.devices_of_mailbox(mailbox.id)?);
            }
            Ok(Page { items: listed(read, &standing, devices)?, next })
        })
    }

    /// The invitations of an organisation, answered ones too, for its owners and admins.
    ///
    /// Costs one index range a page.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    pub fn invitations(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Invitation>, Error> {
        self.ask(actor, &mut |read| {
            read.standing(organisation, Purpose::Ask)?.require(Power::Administer)?;
            let found = term_page(
                read,
                &format!("invitations/{organisation}"),
                &term::invitations(organisation),
                page,
            )?;
            Ok(Page { items: owned(of_kind!(found.items, Invitation)), next: found.next })
        })
    }

    /// The domains of an organisation, for those who manage them.
    ///
    /// Costs one index range a page.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    pub fn domains(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Domain>, Error> {
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            standing.require(Power::ManageDomains)?;
            let found =
                prefix_page(read, &format!("domains/{organisation}"), &key::domains(organisation), page)?;
            let now = standing.now;
            let mut items: Vec<Domain> = owned(of_kind!(found.items, Domain));
            items.retain(|domain| !domain.has_lapsed(now));
            Ok(Page { items, next: found.next })
        })
    }
}

fn owned<T: Clone>(found: Vec<Arc<T>>) -> Vec<T> {
    found.into_iter().map(Arc::unwrap_or_clone).collect()
}

fn page_of(found: Vec<Entity>, list: &str, limit: usize) -> Page<Entity> {
    let full = found.len() >= limit;
    let next = found.last().filter(|_| full).map(|last| Cursor::new(list, last.key().as_str()));
    Page { items: found, next }
}

pub(crate) fn prefix_page(
    read: &mut Reader<'_>,
    list: &str,
    prefix: &str,
    page: &PageRequest,
) -> Result<Page<Entity>, Error> {
    let range = page.range(list)?;
    Ok(page_of(read.by_prefix(prefix, &range)?, list, range.limit))
}

pub(crate) fn term_page(
    read: &mut Reader<'_>,
    list: &str,
    term: &Term,
    page: &PageRequest,
) -> Result<Page<Entity>, Error> {
    let range = page.range(list)?;
    Ok(page_of(read.by_term(term, &range)?, list, range.limit))
}

/// A page of rows whose keys the access view knows: those of the page, in order.
pub(crate) fn known_page(
    read: &mut Reader<'_>,
    list: &str,
    keys: impl Iterator<Item = Key>,
    page: &PageRequest,
) -> Result<Page<Entity>, Error> {
    let keys: Vec<Key> = keys.collect();
    let next = keys.last().filter(|_| keys.len() >= page.size()).map(|last| Cursor::new(list, last.as_str()));
    let items = read.entities(&keys)?.into_iter().flatten().collect();
    Ok(Page { items, next })
}

/// A page of the mailboxes granted to the asker, for a list of `of`.
fn granted(
    read: &mut Reader<'_>,
    standing: &Standing,
    of: &str,
    page: &PageRequest,
) -> Result<(Vec<Arc<Mailbox>>, Option<Cursor>), Error> {
    let Some(user) = standing.user() else { return Ok((Vec::new(), None)) };
    let list = format!("granted-{of}/{}", standing.id());
    let found = term_page(read, &list, &term::grants(standing.id(), user), page)?;
    let mailboxes = found.items.iter().filter_map(|entity| match entity {
        Entity::Grant(grant) if !grant.has_expired(standing.now) => Some(grant.mailbox),
        _ => None,
    });
    Ok((read.mailboxes(mailboxes)?, found.next))
}

/// Whether a device's holder is gone, so that it opens nothing any more and waits for the sweep.
pub(crate) fn waits_for_sweep(read: &mut Reader<'_>, device: &Device) -> Result<bool, Error> {
    match device.holder {
        Some(holder) => Ok(read.user(holder)?.is_none()),
        None => Ok(false),
    }
}

fn listed(
    read: &mut Reader<'_>,
    standing: &Standing,
    devices: Vec<Arc<Device>>,
) -> Result<Vec<ListedDevice>, Error> {
    read.mailboxes(devices.iter().map(|device| device.mailbox))?;
    read.users(devices.iter().filter_map(|device| device.holder))?;
    let uses = last_uses(read, &devices)?;
    let mut rows = Vec::with_capacity(devices.len());
    for (device, last_used) in devices.into_iter().zip(uses) {
        // A device of a mailbox that is gone waits for the sweep.
        let Some(mailbox) = read.mailbox(device.mailbox)? else { continue };
        if waits_for_sweep(read, &device)? {
            continue;
        }
        let device = Arc::unwrap_or_clone(device);
        rows.push(match sees_all(standing, &device) {
            true => ListedDevice { device, address: mailbox.address.clone(), last_used },
            false => {
                ListedDevice { device: discreet(device), address: mailbox.address.clone(), last_used: None }
            }
        });
    }
    Ok(rows)
}
