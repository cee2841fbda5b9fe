//! Adding, verifying and removing a domain; its catch-all; making it another name of a domain.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Domain, DomainEvent, DomainProof, PENDING_LIFE};
use crate::access::{Power, Purpose, Standing, no_mailbox};
use crate::address::DomainName;
use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::dependants::{self, OnDependants};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{MailboxId, OrganisationId};
use crate::names::term;
use crate::reader::Reader;
use crate::store::{Range, Term};
use crate::time::Timestamp;

/// Adds a domain, pending until the host saw the proof. It blocks nobody else, and lapses after 7 days. Those who
/// manage domains.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddDomain {
    /// To which organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
}

/// The answer of [`AddDomain`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DomainAdded {
    /// What the host asks to see, for example in a TXT record. Public.
    pub challenge: String,
    /// When it lapses.
    pub lapses: Timestamp,
}

impl Command for AddDomain {
    type Output = DomainAdded;
    const NAME: &'static str = "add_domain";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<DomainAdded>, Error> {
        let standing = managing(read, self.organisation)?;
        if read.domain(standing.id(), &self.name)?.is_some_and(|domain| !domain.has_lapsed(standing.now)) {
            return Err(Error::new(
                Code::DomainExists,
                format!("the organisation has `{}` already", self.name),
            ));
        }
        refuse_taken(read, &self.name)?;
        let challenge = format!("mailgrant-{}", HEXLOWER.encode(&draw.bytes::<16>()?));
        let lapses = standing.now.plus(PENDING_LIFE);
        let event = DomainEvent::Added { challenge: challenge.clone(), lapses };
        Ok(Decision::new(vec![self.event(event)], DomainAdded { challenge, lapses }))
    }
}

impl AddDomain {
    fn event(&self, event: DomainEvent) -> Event {
        Event::Domain(self.organisation, self.name.clone(), event)
    }
}

/// Reports that the proof of a domain was seen. From now on it is the organisation's alone. The host alone may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyDomain {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
}

impl Command for VerifyDomain {
    type Output = ();
    const NAME: &'static str = "verify_domain";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        system_only(read.actor())?;
        let standing = read.standing(self.organisation, Purpose::Change)?;
        let domain = read.domain(standing.id(), &self.name)?.ok_or_else(|| no_domain(&self.name))?;
        match domain.proof {
            DomainProof::Verified { .. } => Ok(Decision::nothing(())),
            DomainProof::Pending { .. } if domain.has_lapsed(standing.now) => Err(Error::new(
                Code::DomainLapsed,
                format!("the challenge of `{}` lapsed: add the domain again", self.name),
            )),
            DomainProof::Pending { .. } => {
                refuse_taken(read, &self.name)?;
                let event = Event::Domain(standing.id(), self.name.clone(), DomainEvent::Verified);
                Ok(Decision::new(vec![event], ()))
            }
        }
    }
}

/// Removes a domain without addresses. Those who manage domains.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveDomain {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
    /// What to do where that would stop mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for RemoveDomain {
    type Output = ();
    const NAME: &'static str = "remove_domain";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = managing(read, self.organisation)?;
        let domain = read.domain(standing.id(), &self.name)?.ok_or_else(|| no_domain(&self.name))?;
        refuse_in_use(read, &standing, &domain)?;
        let event = Event::Domain(standing.id(), self.name.clone(), DomainEvent::Removed);
        settle(read, &standing, &domain, vec![event], self.on_dependants, Power::ManageDomains)
    }
}

/// Sets the mailbox that gets what nobody else in a domain does, or none. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCatchAll {
    /// Whose domain it is.
    pub organisation: OrganisationId,
    /// The domain.
    pub domain: DomainName,
    /// The mailbox, of the same organisation; `None` for no catch-all.
    pub mailbox: Option<MailboxId>,
    /// What to do where that would stop or divert mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for SetCatchAll {
    type Output = ();
    const NAME: &'static str = "set_catch_all";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::ManageMail)?;
        let domain = verified(read, &standing, &self.domain)?;
        if domain.alias_of.is_some() {
            return Err(alias_refused("another name of a domain has no catch-all: set it there"));
        }
        if let Some(mailbox) = self.mailbox {
            read.mailbox(mailbox)?
                .filter(|mailbox| mailbox.organisation == standing.id())
                .ok_or_else(no_mailbox)?;
        }
        let event = DomainEvent::CatchAllSet { mailbox: self.mailbox };
        let events = vec![Event::Domain(standing.id(), self.domain.clone(), event)];
        settle(read, &standing, &domain, events, self.on_dependants, Power::ManageMail)
    }
}

/// Makes a domain another name of a domain of the same organisation, or of none. It holds no addresses itself,
/// and there are no chains. Those who manage domains.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetDomainAlias {
    /// Whose domain it is.
    pub organisation: OrganisationId,
    /// The domain.
    pub domain: DomainName,
    /// The domain that it becomes another name of; `None` for none.
    pub of: Option<DomainName>,
    /// What to do where that would stop or divert mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for SetDomainAlias {
    type Output = ();
    const NAME: &'static str = "set_domain_alias";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = managing(read, self.organisation)?;
        let domain = verified(read, &standing, &self.domain)?;
        if let Some(of) = &self.of {
            if *of == self.domain {
                return Err(alias_refused("a domain is no other name of itself"));
            }
            if verified(read, &standing, of)?.alias_of.is_some() {
                return Err(alias_refused(
                    "the other domain is itself another name: choose the one it stands for",
                ));
            }
            refuse_in_use(read, &standing, &domain)?;
            if domain.catch_all.is_some() {
                return Err(in_use(&domain, "catch_all"));
            }
        }
        let event = DomainEvent::AliasSet { of: self.of.clone() };
        let events = vec![Event::Domain(standing.id(), self.domain.clone(), event)];
        settle(read, &standing, &domain, events, self.on_dependants, Power::ManageDomains)
    }
}

fn managing(read: &mut Reader<'_>, organisation: OrganisationId) -> Result<Standing, Error> {
    let standing = read.standing(organisation, Purpose::Change)?;
    standing.require(Power::ManageDomains)?;
    Ok(standing)
}

/// Decides events about a domain unless people's mail hangs on it.
fn settle(
    read: &mut Reader<'_>,
    standing: &Standing,
    domain: &Domain,
    events: Vec<Event>,
    choice: OnDependants,
    managing: Power,
) -> Result<Decision<()>, Error> {
    if domain.is_verified() {
        let dependants = dependants::at_domain_and_aliases(read, standing.id(), &domain.name)?;
        dependants::check(read, standing, &dependants, &events, choice, managing)?;
    }
    Ok(Decision::new(events, ()))
}

pub(super) fn verified(
    read: &mut Reader<'_>,
    standing: &Standing,
    name: &DomainName,
) -> Result<std::sync::Arc<Domain>, Error> {
    let domain = read.domain(standing.id(), name)?.ok_or_else(|| no_domain(name))?;
    if domain.is_verified() {
        Ok(domain)
    } else {
        Err(Error::new(Code::DomainUnverified, format!("`{name}` is not verified yet")))
    }
}

/// `domain.in_use`: it has addresses, or others are other names of it.
fn refuse_in_use(read: &mut Reader<'_>, standing: &Standing, domain: &Domain) -> Result<(), Error> {
    let mut any =
        |term: Term| read.by_term(&term, &Range { after: None, limit: 1 }).map(|found| !found.is_empty());
    if any(term::addresses(standing.id(), &domain.name))? {
        return Err(in_use(domain, "addresses"));
    }
    if any(term::alias_domains(standing.id(), &domain.name))? {
        return Err(in_use(domain, "alias_domains"));
    }
    Ok(())
}

fn in_use(domain: &Domain, by: &str) -> Error {
    Error::new(
        Code::DomainInUse,
        format!("`{}` is in use: remove its {} first", domain.name, by.replace('_', " ")),
    )
    .with("by", by)
}

fn refuse_taken(read: &mut Reader<'_>, name: &DomainName) -> Result<(), Error> {
    match read.verified_domain(name)? {
        Some(_) => Err(Error::new(Code::DomainTaken, format!("another organisation has verified `{name}`"))),
        None => Ok(()),
    }
}

fn no_domain(name: &DomainName) -> Error {
    Error::new(Code::DomainNotFound, format!("the organisation has no domain `{name}`"))
}

fn alias_refused(message: &str) -> Error {
    Error::new(Code::DomainAlias, message)
}
