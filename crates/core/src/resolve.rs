//! Where mail to an address goes, and as what one may send.

use std::sync::Arc;

use serde::Serialize;

use crate::address::Address;
use crate::alias::AliasSending;
use crate::error::Error;
use crate::id::{MailboxId, OrganisationId};
use crate::mailbox::{Mailbox, MailboxState};
use crate::names::{stream, term};
use crate::reader::{AddressHolder, Reader, of_kind};
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

/// A resolution with the mailbox that it ends at.
pub(crate) struct Route {
    pub(crate) resolution: Resolution,
    pub(crate) mailbox: Option<Arc<Mailbox>>,
}

impl Route {
    fn refused(organisation: Option<OrganisationId>, mut way: Vec<Step>, step: Step) -> Self {
        way.push(step);
        Self {
            resolution: Resolution { delivery: Delivery::Refuse, mailbox: None, organisation, way },
            mailbox: None,
        }
    }

    /// The mailbox where somebody can read the mail now.
    pub(crate) fn readable(&self) -> Option<MailboxId> {
        self.mailbox.as_ref().filter(|mailbox| mailbox.is_open()).map(|mailbox| mailbox.id)
    }
}

/// Resolves an address: alias domain, exact, quarantine, subaddress, catch-all.
pub(crate) fn route(read: &mut Reader<'_>, address: &Address) -> Result<Route, Error> {
    let mut way = Vec::new();
    let Some(mut domain) = read.verified_domain(address.domain())? else {
        return Ok(Route::refused(None, way, Step::UnknownDomain));
    };
    let Some(organisation) = read.organisation(domain.organisation)? else {
        return Ok(Route::refused(None, way, Step::UnknownDomain));
    };
    let mut address = address.clone();
    if let Some(of) = domain.alias_of.clone() {
        way.push(Step::AliasDomain);
        // What was freed under this name stays free of mail, whatever it is another name of now.
        if let Some(AddressHolder::Freed(freed)) = read.address_holder(organisation.id, &address)?
            && freed.is_in_quarantine(read.now(&stream::organisation(organisation.id))?)
        {
            return Ok(Route::refused(Some(organisation.id), way, Step::Quarantine));
        }
        let (Some(main), Ok(there)) = (read.domain(organisation.id, &of)?, address.at_domain(&of)) else {
            return Ok(Route::refused(Some(organisation.id), way, Step::Unknown));
        };
        (domain, address) = (main, there);
    }
    let mut found = holder(read, organisation.id, &address)?;
    let base = organisation.policy.separator.and_then(|separator| address.cut(separator));
    if let (None, Some(base)) = (&found, &base) {
        found = holder(read, organisation.id, base)?;
        if found.is_some() {
            way.push(Step::Subaddress);
        }
    }
    if found.is_none() && !base.unwrap_or(address).is_role_account() {
        found = match domain.catch_all {
            Some(mailbox) => read.mailbox(mailbox)?.map(|mailbox| (Step::CatchAll, Some(mailbox))),
            None => None,
        };
    }
    match found {
        None => Ok(Route::refused(Some(organisation.id), way, Step::Unknown)),
        Some((step, None)) => Ok(Route::refused(Some(organisation.id), way, step)),
        Some((step, Some(mailbox))) => {
            way.push(step);
            let delivery = match mailbox.state {
                MailboxState::Closed(_) | MailboxState::Deleted => Delivery::Refuse,
                _ if !organisation.is_active() => Delivery::Defer,
                MailboxState::Open | MailboxState::Suspended(_) => Delivery::Accept,
            };
            let resolution =
                Resolution { delivery, mailbox: Some(mailbox.id), organisation: Some(organisation.id), way };
            Ok(Route { resolution, mailbox: Some(mailbox) })
        }
    }
}

/// A step, and the mailbox that it leads to; none where it refuses.
type Found = (Step, Option<Arc<Mailbox>>);

/// Who has exactly this address.
fn holder(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    address: &Address,
) -> Result<Option<Found>, Error> {
    Ok(match read.address_holder(organisation, address)? {
        Some(AddressHolder::Mailbox(mailbox)) => Some((Step::Mailbox, Some(mailbox))),
        Some(AddressHolder::Alias(alias)) => Some((Step::Alias, read.mailbox(alias.mailbox)?)),
        Some(AddressHolder::Freed(freed)) => {
            let now = read.now(&stream::organisation(organisation))?;
            freed.is_in_quarantine(now).then_some((Step::Quarantine, None))
        }
        None => None,
    })
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
    let others: Vec<Arc<crate::domain::Domain>> =
        of_kind!(read.all_by_term(&term::alias_domains(organisation, address.domain()))?, Domain);
    let elsewhere = others.iter().filter_map(|domain| address.at_domain(&domain.name).ok());
    Ok(std::iter::once(address.clone()).chain(elsewhere).collect())
}
