//! Whose mail hangs on an address: people's logins and recovery addresses, and pending invitations.
//!
//! Nobody loses the mail they sign in by because somebody tidied up (`login.depends`), and nobody opens an
//! address to read what was meant for another person (`address.reserved`). Both are found the same way: where
//! the mail goes now is compared with where it would go.

use std::sync::Arc;

use crate::access::{Power, Standing, denied};
use crate::address::{Address, DomainName};
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{OrganisationId, UserId};
use crate::mailbox::Mailbox;
use crate::names::term;
use crate::reader::Reader;
use crate::resolve::{in_all_domains, route};
use crate::store::Term;
use crate::user::{User, mail_terms};
use crate::vacancy::reserved;
use crate::words::words;

words! {
    /// What to do where mail to somebody's login or recovery address would stop or go elsewhere.
    #[derive(Default)]
    pub enum OnDependants {
        /// Refuse: `login.depends`.
        #[default]
        Refuse = "refuse",
        /// Go on all the same. Managers alone may say so.
        GoOn = "go_on",
    }
}

/// Somebody, and an address where they get mail.
pub(crate) struct Dependant {
    who: Who,
    address: Address,
}

enum Who {
    User(Arc<User>),
    Invited,
}

impl Dependant {
    fn is_active_user(&self) -> bool {
        matches!(&self.who, Who::User(user) if user.is_active())
    }

    fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::User(user) => Some(user.id),
            Who::Invited => None,
        }
    }

    /// Whether it is `person`'s own: their account, or an invitation to an address of theirs.
    fn belongs_to(&self, person: Option<&User>) -> bool {
        person.is_some_and(|person| match &self.who {
            Who::User(user) => user.id == person.id,
            Who::Invited => person.mail_addresses().any(|own| *own == self.address),
        })
    }
}

/// Whoever gets mail at an address of the organisation, or before its separator, in any of its domains.
pub(crate) fn at_address(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    address: &Address,
) -> Result<Vec<Dependant>, Error> {
    let mut found = Vec::new();
    for address in in_all_domains(read, organisation, address)? {
        found.extend(filed(read, &term::mail(&address))?);
    }
    Ok(found)
}

/// Whoever gets mail at any address of a mailbox: its own, its aliases, and where it is a catch-all.
pub(crate) fn at_mailbox(read: &mut Reader<'_>, mailbox: &Mailbox) -> Result<Vec<Dependant>, Error> {
    let mut found = at_address(read, mailbox.organisation, &mailbox.address)?;
    for alias in read.aliases_of_mailbox(mailbox.id)? {
        found.extend(at_address(read, mailbox.organisation, &alias.address)?);
    }
    for entity in read.all_by_term(&term::catch_alls(mailbox.id))? {
        if let Entity::Domain(domain) = entity {
            found.extend(at_domain_and_aliases(read, mailbox.organisation, &domain.name)?);
        }
    }
    Ok(found)
}

/// Whoever gets mail anywhere in a domain. Costs one row each.
fn at_domain(read: &mut Reader<'_>, domain: &DomainName) -> Result<Vec<Dependant>, Error> {
    filed(read, &term::mail_domain(domain))
}

/// Whoever gets mail anywhere in a domain or in the other names of it. Costs one row each.
pub(crate) fn at_domain_and_aliases(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    domain: &DomainName,
) -> Result<Vec<Dependant>, Error> {
    let mut found = at_domain(read, domain)?;
    for other in read.domains_of(organisation)?.iter().filter(|other| other.alias_of.as_ref() == Some(domain))
    {
        found.extend(at_domain(read, &other.name)?);
    }
    Ok(found)
}

/// Whoever gets mail anywhere in the organisation's domains. Costs one row each.
pub(crate) fn at_organisation(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
) -> Result<Vec<Dependant>, Error> {
    let mut found = Vec::new();
    for domain in read.domains_of(organisation)?.iter().filter(|domain| domain.is_verified()) {
        found.extend(at_domain(read, &domain.name)?);
    }
    Ok(found)
}

fn filed(read: &mut Reader<'_>, term: &Term) -> Result<Vec<Dependant>, Error> {
    let mut found = Vec::new();
    let here = |address: &&Address| mail_terms(std::iter::once(*address)).contains(term);
    for entity in read.all_by_term(term)? {
        match entity {
            Entity::User(user) => {
                let addresses = user.mail_addresses().filter(here).cloned();
                found.extend(addresses.map(|address| Dependant { who: Who::User(user.clone()), address }));
            }
            Entity::Invitation(invitation) if read.organisation(invitation.organisation)?.is_some() => {
                found.push(Dependant { who: Who::Invited, address: invitation.address.clone() });
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Refuses `events` where they would stop or divert an active user's mail (`login.depends`), unless a manager
/// said to go on, and where they would bring somebody else's mail here (`address.reserved`), unless an owner
/// does it. A manager is whoever has the power `managing`.
pub(crate) fn check(
    read: &mut Reader<'_>,
    standing: &Standing,
    dependants: &[Dependant],
    events: &[Event],
    choice: OnDependants,
    managing: Power,
) -> Result<(), Error> {
    if dependants.is_empty() {
        return Ok(());
    }
    let routes = |read: &mut Reader<'_>| {
        dependants.iter().map(|dependant| route(read, &dependant.address)).collect::<Result<Vec<_>, _>>()
    };
    let before = routes(read)?;
    let after = read.supposing(events, routes)?;
    let actor = match standing.user() {
        Some(user) => read.user(user)?,
        None => None,
    };
    let manager = standing.has(managing);
    let mut cut_off = Vec::new();
    for ((dependant, before), after) in dependants.iter().zip(&before).zip(&after) {
        let (arrives, arrived) = (after.resolution.mailbox, before.resolution.mailbox);
        if arrives.is_some()
            && arrives != arrived
            && !dependant.belongs_to(actor.as_deref())
            && !standing.is_owner()
        {
            if !manager {
                return Err(reserved(&dependant.address));
            }
            return Err(Error::new(
                Code::AddressReserved,
                format!(
                    "`{}` is where somebody else gets mail: only an owner may take it",
                    dependant.address
                ),
            )
            .with("reason", "somebody_else")
            .with("address", dependant.address.canonical()));
        }
        if dependant.is_active_user() && before.readable().is_some() && after.readable() != before.readable()
        {
            cut_off.extend(dependant.user());
        }
    }
    if cut_off.is_empty() || (manager && choice == OnDependants::GoOn) {
        return Ok(());
    }
    if !manager {
        return Err(ask_a_manager());
    }
    depends(read, standing.id(), cut_off)
}

/// Whoever only has `Aliases` is not told whose mail it is about.
fn ask_a_manager() -> Error {
    denied("ask a manager: only they may do this here", "mail:manage")
}

/// `login.depends`: members by name, others by number.
fn depends(read: &mut Reader<'_>, organisation: OrganisationId, mut users: Vec<UserId>) -> Result<(), Error> {
    users.sort();
    users.dedup();
    let mut members = Vec::new();
    for user in &users {
        if read.membership(organisation, *user)?.is_some() {
            members.push(user.to_string());
        }
    }
    let others = users.len() - members.len();
    Err(Error::new(
        Code::LoginDepends,
        "people sign in or recover by mail that would stop: tell it to go on, or move them first",
    )
    .with("members", members)
    .with("others", others))
}
