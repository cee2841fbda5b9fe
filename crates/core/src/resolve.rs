//! Where mail to an address goes, and as what one may send.

use std::sync::Arc;

use serde::Serialize;

use crate::address::{Address, DomainName};
use crate::alias::AliasSending;
use crate::domain::Domain;
use crate::error::Error;
use crate::id::{MailboxId, OrganisationId};
use crate::mailbox::{Mailbox, MailboxState};
use crate::names::{stream, term};
use crate::organisation::OrganisationState;
use crate::reader::{AddressHolder as Holder, Reader, of_kind};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What a mail server does with mail to an address.
    pub enum Delivery {
        /// Take it: the mailbox is open or suspended.
        Accept = "accept",
        /// Refuse it for good (RFC 5321: 5yz).
        Refuse = "refuse",
        /// Ask to try again later (RFC 5321: 4yz): the organisation is suspended.
        Defer = "defer",
    }
}

words! {
    /// A step on the way from an address to a mailbox.
    pub enum Step {
        /// The domain is another name of a domain.
        AliasDomain = "alias_domain",
        /// What follows the separator was cut off (RFC 5233).
        Subaddress = "subaddress",
        /// It is the mailbox's own address.
        Mailbox = "mailbox",
        /// It is an alias of the mailbox.
        Alias = "alias",
        /// Nobody has it, and the domain's catch-all takes it.
        CatchAll = "catch_all",
        /// It was freed lately and is in quarantine.
        Quarantine = "quarantine",
        /// Nobody has it.
        Unknown = "unknown",
        /// Nobody verified the domain here.
        UnknownDomain = "unknown_domain",
    }
}

/// Where mail to an address goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Resolution {
    /// What to do with the mail.
    pub delivery: Delivery,
    /// The mailbox that it is for, also where a closed one refuses it.
    pub mailbox: Option<MailboxId>,
    /// Whose mailbox it is.
    pub organisation: Option<OrganisationId>,
    /// Which way it went.
    pub way: Vec<Step>,
}

/// Where addresses are looked up: in rows, or in the access view.
pub(crate) trait Addresses {
    /// The domain of whoever verified it.
    fn domain_facts(&mut self, name: &DomainName) -> Result<Option<DomainFacts>, Error>;
    /// A domain of an organisation, such as the one that another is a name of.
    fn own_domain_facts(
        &mut self,
        organisation: OrganisationId,
        name: &DomainName,
    ) -> Result<Option<DomainFacts>, Error>;
    /// Of an organisation that was not deleted.
    fn organisation_facts(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<OrganisationFacts>, Error>;
    /// Who has exactly this address.
    fn holder(
        &mut self,
        organisation: OrganisationId,
        address: &Address,
    ) -> Result<Option<AddressHolder>, Error>;
    /// Of a mailbox that was not deleted, nor its organisation.
    fn mailbox_state(&mut self, mailbox: MailboxId) -> Result<Option<MailboxState>, Error>;
    /// The present of an organisation.
    fn present(&mut self, organisation: OrganisationId) -> Result<Timestamp, Error>;
}

/// What resolving needs of a domain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DomainFacts {
    pub(crate) organisation: OrganisationId,
    pub(crate) alias_of: Option<DomainName>,
    pub(crate) catch_all: Option<MailboxId>,
}

/// What resolving needs of an organisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OrganisationFacts {
    pub(crate) state: OrganisationState,
    pub(crate) separator: Option<char>,
}

/// Who has an address.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AddressHolder {
    Mailbox(MailboxId),
    /// An alias of that mailbox.
    Alias(MailboxId),
    /// Nobody, and until then nobody gets it.
    Freed(Timestamp),
}

/// A resolution with the mailbox that it ends at.
pub(crate) struct Route {
    pub(crate) resolution: Resolution,
    state: Option<MailboxState>,
}

impl Route {
    fn refused(organisation: Option<OrganisationId>, mut way: Vec<Step>, step: Step) -> Self {
        way.push(step);
        Self {
            resolution: Resolution { delivery: Delivery::Refuse, mailbox: None, organisation, way },
            state: None,
        }
    }

    /// The mailbox where somebody can read the mail now.
    pub(crate) fn readable(&self) -> Option<MailboxId> {
        self.resolution.mailbox.filter(|_| self.state == Some(MailboxState::Open))
    }
}

/// Resolves an address: alias domain, exact, quarantine, subaddress, catch-all.
pub(crate) fn route(book: &mut impl Addresses, address: &Address) -> Result<Route, Error> {
    let mut way = Vec::new();
    let Some(mut domain) = book.domain_facts(address.domain())? else {
        return Ok(Route::refused(None, way, Step::UnknownDomain));
    };
    let id = domain.organisation;
    let Some(organisation) = book.organisation_facts(id)? else {
        return Ok(Route::refused(None, way, Step::UnknownDomain));
    };
    let mut address = address.clone();
    let mut other_name = None;
    if let Some(of) = domain.alias_of.clone() {
        way.push(Step::AliasDomain);
        // What was freed under this name stays free of mail, whatever it is another name of now.
        if in_quarantine(book, id, &address)? {
            return Ok(Route::refused(Some(id), way, Step::Quarantine));
        }
        let (Some(main), Ok(there)) = (book.own_domain_facts(id, &of)?, address.at_domain(&of)) else {
            return Ok(Route::refused(Some(id), way, Step::Unknown));
        };
        other_name = Some(address.domain().clone());
        (domain, address) = (main, there);
    }
    let mut found = exactly(book, id, &address)?;
    // A role account is nobody's subaddress, though one has a separator in its name: `mailer-daemon`.
    let separator = organisation.separator.filter(|_| !address.is_role_account());
    let base = separator.and_then(|separator| address.cut(separator));
    if let (None, Some(base)) = (&found, &base) {
        // So do the subaddresses of what was freed there.
        let freed = match other_name.and_then(|name| base.at_domain(&name).ok()) {
            Some(there) => in_quarantine(book, id, &there)?,
            None => false,
        };
        found = if freed { Some((Step::Quarantine, None)) } else { exactly(book, id, base)? };
        if found.is_some() {
            way.push(Step::Subaddress);
        }
    }
    if found.is_none() && !base.unwrap_or(address).is_role_account() {
        found = match domain.catch_all {
            Some(mailbox) => {
                book.mailbox_state(mailbox)?.map(|state| (Step::CatchAll, Some((mailbox, state))))
            }
            None => None,
        };
    }
    match found {
        None => Ok(Route::refused(Some(id), way, Step::Unknown)),
        Some((step, None)) => Ok(Route::refused(Some(id), way, step)),
        Some((step, Some((mailbox, state)))) => {
            way.push(step);
            let delivery = match state {
                MailboxState::Closed(_) | MailboxState::Deleted => Delivery::Refuse,
                _ if organisation.state != OrganisationState::Active => Delivery::Defer,
                MailboxState::Open | MailboxState::Suspended(_) => Delivery::Accept,
            };
            let resolution = Resolution { delivery, mailbox: Some(mailbox), organisation: Some(id), way };
            Ok(Route { resolution, state: Some(state) })
        }
    }
}

/// The same, with the mailbox that it ends at.
pub(crate) fn route_to_mailbox(
    read: &mut Reader<'_>,
    address: &Address,
) -> Result<(Resolution, Option<Arc<Mailbox>>), Error> {
    let resolution = route(read, address)?.resolution;
    let mailbox = match resolution.mailbox {
        Some(mailbox) => read.mailbox(mailbox)?,
        None => None,
    };
    Ok((resolution, mailbox))
}

/// A step, and the mailbox that it leads to; none where it refuses.
type Found = (Step, Option<(MailboxId, MailboxState)>);

/// Whether exactly this address was freed lately.
fn in_quarantine(
    book: &mut impl Addresses,
    organisation: OrganisationId,
    address: &Address,
) -> Result<bool, Error> {
    Ok(matches!(exactly(book, organisation, address)?, Some((Step::Quarantine, _))))
}

/// Who has exactly this address.
fn exactly(
    book: &mut impl Addresses,
    organisation: OrganisationId,
    address: &Address,
) -> Result<Option<Found>, Error> {
    let (step, mailbox) = match book.holder(organisation, address)? {
        Some(AddressHolder::Mailbox(mailbox)) => (Step::Mailbox, mailbox),
        Some(AddressHolder::Alias(mailbox)) => (Step::Alias, mailbox),
        Some(AddressHolder::Freed(until)) => {
            return Ok((book.present(organisation)? < until).then_some((Step::Quarantine, None)));
        }
        None => return Ok(None),
    };
    let state = book.mailbox_state(mailbox)?;
    Ok(Some((step, state.map(|state| (mailbox, state)))))
}

/// The mailbox whose own address it is: with nothing else does anybody log in.
pub(crate) fn own_mailbox(
    book: &mut impl Addresses,
    address: &Address,
) -> Result<Result<MailboxId, NotOwn>, Error> {
    let Some(domain) = book.domain_facts(address.domain())? else { return Ok(Err(NotOwn::Unknown)) };
    if domain.alias_of.is_some() {
        return Ok(Err(NotOwn::Alias));
    }
    Ok(match book.holder(domain.organisation, address)? {
        Some(AddressHolder::Mailbox(mailbox)) => Ok(mailbox),
        Some(AddressHolder::Alias(_)) => Err(NotOwn::Alias),
        Some(AddressHolder::Freed(_)) | None => Err(NotOwn::Unknown),
    })
}

/// Why an address is no mailbox's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOwn {
    Unknown,
    Alias,
}

impl Addresses for Reader<'_> {
    fn domain_facts(&mut self, name: &DomainName) -> Result<Option<DomainFacts>, Error> {
        Ok(self.verified_domain(name)?.as_deref().map(DomainFacts::from))
    }

    fn own_domain_facts(
        &mut self,
        organisation: OrganisationId,
        name: &DomainName,
    ) -> Result<Option<DomainFacts>, Error> {
        Ok(self.domain(organisation, name)?.as_deref().map(DomainFacts::from))
    }

    fn organisation_facts(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<OrganisationFacts>, Error> {
        Ok(self.organisation(organisation)?.map(|organisation| OrganisationFacts {
            state: organisation.state,
            separator: organisation.policy.separator,
        }))
    }

    fn holder(
        &mut self,
        organisation: OrganisationId,
        address: &Address,
    ) -> Result<Option<AddressHolder>, Error> {
        Ok(match self.address_holder(organisation, address)? {
            Some(Holder::Mailbox(mailbox)) => Some(AddressHolder::Mailbox(mailbox.id)),
            Some(Holder::Alias(alias)) => Some(AddressHolder::Alias(alias.mailbox)),
            Some(Holder::Freed(freed)) => Some(AddressHolder::Freed(freed.until)),
            None => None,
        })
    }

    fn mailbox_state(&mut self, mailbox: MailboxId) -> Result<Option<MailboxState>, Error> {
        Ok(self.mailbox(mailbox)?.map(|mailbox| mailbox.state))
    }

    fn present(&mut self, organisation: OrganisationId) -> Result<Timestamp, Error> {
        self.now(&stream::organisation(organisation))
    }
}

impl From<&Domain> for DomainFacts {
    fn from(domain: &Domain) -> Self {
        Self {
            organisation: domain.organisation,
            alias_of: domain.alias_of.clone(),
            catch_all: domain.catch_all,
        }
    }
}

/// As what one may send from a mailbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Senders {
    /// The addresses, the mailbox's own first. Never the catch-all's.
    pub addresses: Vec<Address>,
    /// How many of them, from the first, are the mailbox's own, in each of its domains: one may send as their
    /// subaddresses too.
    pub own: usize,
    /// What separates a user from the rest of a subaddress.
    pub separator: Option<char>,
}

impl Senders {
    /// Nothing at all: without the right to send.
    pub(crate) const NONE: Self = Self { addresses: Vec::new(), own: 0, separator: None };

    /// Whether `from` is one of these or a subaddress of one's own. A subaddress may still be somebody else's.
    pub(crate) fn name(&self, from: &Address) -> bool {
        let base = self.separator.and_then(|separator| from.cut(separator));
        self.addresses.contains(from)
            || base.is_some_and(|base| self.addresses.iter().take(self.own).any(|address| *address == base))
    }
}

/// The mailbox's own address and the aliases that may send, each also in the domains that are other names.
pub(crate) fn senders(read: &mut Reader<'_>, mailbox: &Mailbox) -> Result<Senders, Error> {
    let separator =
        read.organisation(mailbox.organisation)?.and_then(|organisation| organisation.policy.separator);
    let mut addresses = in_all_domains(read, mailbox.organisation, &mailbox.address)?;
    let own = addresses.len();
    for alias in read.aliases_of_mailbox(mailbox.id)? {
        if alias.sending == AliasSending::Allowed {
            addresses.extend(in_all_domains(read, mailbox.organisation, &alias.address)?);
        }
    }
    Ok(Senders { addresses, own, separator })
}

/// An address, and the same in every domain that is another name of its domain.
pub(crate) fn in_all_domains(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    address: &Address,
) -> Result<Vec<Address>, Error> {
    let others: Vec<Arc<Domain>> =
        of_kind!(read.all_by_term(&term::alias_domains(organisation, address.domain()))?, Domain);
    let elsewhere = others.iter().filter_map(|domain| address.at_domain(&domain.name).ok());
    Ok(std::iter::once(address.clone()).chain(elsewhere).collect())
}
