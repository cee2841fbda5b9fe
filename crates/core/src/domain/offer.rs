//! Offering a domain with its mailboxes to another organisation: the first of two words.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

use super::commands::verified;
use super::{Domain, DomainEvent, OfferedAccess};
use crate::access::{Power, Purpose, Standing, no_organisation, organisation_suspended};
use crate::actor::{Actor, By};
use crate::address::{Address, DomainName};
use crate::alias::Alias;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::directory::Directory;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::lists::term_page;
use crate::mailbox::Mailbox;
use crate::names::{key, stream, term};
use crate::organisation::days;
use crate::paging::{Page, PageRequest};
use crate::reader::{Reader, of_kind};
use crate::store::Key;
use crate::time::Timestamp;

/// How long an offer is good.
const OFFER_LIFE: Duration = days(14);
/// How many things a refusal names at most, of each sort.
const MOST_NAMED: usize = 100;

/// Offers a verified domain with its mailboxes to another organisation, for 14 days: it goes over once an owner there
/// accepts ([`AcceptDomain`](super::AcceptDomain)). Offering again replaces the offer. Owners.
///
/// Everything that has an address on the domain goes: the mailboxes, their aliases, grants and devices, and freed
/// addresses with what is left of their quarantine. What becomes of access is chosen here, and the other side
/// accepts the choice. Whoever owns the other organisation learns of the offer ([`Directory::domain_offers`]): whose it
/// is, who made it, how many mailboxes and people come along. They may preview the acceptance, and see what comes.
///
/// Costs one index range for the domain and two a mailbox.
///
/// # Errors
/// `organisation.not_found`, also where there is no such organisation to offer it to; `access.denied`;
/// `domain.not_found`, `domain.unverified`; `value.invalid` for one's own organisation; `domain.entangled` while
/// something of the domain leads to what stays, or something that stays leads to it: `details` names what, up to
/// 100 of a sort.
///
/// ```
/// use mailgrant::domain::{AcceptDomain, OfferDomain, OfferedAccess};
/// # use mailgrant::{domain::*, grant::*, mailbox::*, organisation::*, user::*};
/// # use mailgrant::{Actor, Directory, MemoryStore, PageRequest, Proof, Right};
///
/// # fn main() -> Result<(), mailgrant::Error> {
/// # let directory = Directory::new(MemoryStore::new())?;
/// # let system = Actor::system("panel");
/// # let person = |login: &str| -> Result<_, mailgrant::Error> {
/// #     Ok(directory.run(&system, RegisterUser::new(login.parse()?, "Somebody").proof(Proof::Verified))?.user)
/// # };
/// # let (olivia, rita) = (person("olivia@private.example")?, person("rita@private.example")?);
/// # let found = |owner| FoundOrganisation { name: "Bakery".into(), owner: Some(owner) };
/// # let bakery = directory.run(&system, found(olivia))?.organisation;
/// # let buyers = directory.run(&system, found(rita))?.organisation;
/// # let name: mailgrant::DomainName = "bakery.example".parse()?;
/// # directory.run(&system, AddDomain { organisation: bakery, name: name.clone() })?;
/// # directory.run(&system, VerifyDomain { organisation: bakery, name: name.clone() })?;
/// # let contact = directory.run(&system, OpenMailbox::new(bakery, "contact@bakery.example".parse()?))?;
/// # directory.run(&system, GrantAccess::new(contact, olivia))?;
/// # let (seller, buyer) = (Actor::User(olivia), Actor::User(rita));
/// let offer = OfferDomain { organisation: bakery, name, to: buyers, access: OfferedAccess::GoesOn };
/// let offered = directory.run(&seller, offer)?;
/// assert_eq!((offered.mailboxes, offered.people), (1, 1));
///
/// // The other side looks at what it gets, and takes it.
/// for offered in directory.domain_offers(&buyer, buyers, &PageRequest::default())?.items {
///     println!("{} of {}: {} mailboxes", offered.domain, offered.name, offered.mailboxes);
///     let accepted = directory.run(&buyer, AcceptDomain::new(buyers, &offered))?;
///     assert_eq!((accepted.mailboxes, accepted.joined), (vec![contact], vec![olivia]));
/// }
///
/// // Whoever had access goes on, as someone outside.
/// assert!(directory.may(olivia, Right::Send, contact)?.allowed());
/// assert_eq!(directory.mailbox(&buyer, contact)?.organisation, buyers);
/// # Ok(()) }
/// ```
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferDomain {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
    /// Who may have it.
    pub to: OrganisationId,
    /// What becomes of access to its mailboxes.
    pub access: OfferedAccess,
}

/// The answer of [`OfferDomain`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DomainOffered {
    /// Until when the offer is good.
    pub until: Timestamp,
    /// How many mailboxes would go.
    pub mailboxes: usize,
    /// How many people have a grant on one of them.
    pub people: usize,
}

impl Command for OfferDomain {
    type Output = DomainOffered;
    const NAME: &'static str = "offer_domain";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<DomainOffered>, Error> {
        let standing = owning(read, self.organisation)?;
        let domain = verified(read, &standing, &self.name)?;
        if self.to == standing.id() {
            return Err(Error::new(Code::ValueInvalid, "the organisation has the domain already"));
        }
        read.organisation(self.to)?.ok_or_else(no_organisation)?;
        let goods = Goods::of(read, &domain)?;
        goods.refuse_entangled()?;
        let mut people: BTreeSet<UserId> = BTreeSet::new();
        for mailbox in &goods.mailboxes {
            let grants = read.grants_of_mailbox(mailbox.id)?;
            people.extend(
                grants.iter().filter(|grant| !grant.has_expired(standing.now)).map(|grant| grant.user),
            );
        }
        let until = standing.now.plus(OFFER_LIFE);
        let (mailboxes, people) = (goods.mailboxes.len(), people.len());
        let event = DomainEvent::Offered { to: self.to, access: self.access, until, mailboxes, people };
        let event = Event::Domain(standing.id(), self.name.clone(), event);
        Ok(Decision::new(vec![event], DomainOffered { until, mailboxes, people }))
    }
}

/// Takes the offer of a domain back. Owners.
///
/// # Errors
/// `organisation.not_found`, `access.denied`, `domain.not_found`; `offer.not_found` where it is not offered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawDomainOffer {
    /// Whose domain it is.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
}

impl Command for WithdrawDomainOffer {
    type Output = ();
    const NAME: &'static str = "withdraw_domain_offer";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = owning(read, self.organisation)?;
        let domain = verified(read, &standing, &self.name)?;
        domain.offer.as_ref().ok_or_else(no_offer)?;
        let event = Event::Domain(standing.id(), self.name.clone(), DomainEvent::OfferWithdrawn);
        Ok(Decision::new(vec![event], ()))
    }
}

/// Declines a domain that was offered to the organisation; the offer ends, and the other side sees who declined.
/// Owners.
///
/// # Errors
/// `organisation.not_found`, `access.denied`, `offer.not_found`; `organisation.suspended` where either side is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclineDomainOffer {
    /// To whom it was offered.
    pub organisation: OrganisationId,
    /// Whose it is.
    pub from: OrganisationId,
    /// Its name.
    pub name: DomainName,
}

impl Command for DeclineDomainOffer {
    type Output = ();
    const NAME: &'static str = "decline_domain_offer";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = owning(read, self.organisation)?;
        offered(read, &standing, self.from, &self.name)?;
        let event = Event::Domain(self.from, self.name.clone(), DomainEvent::OfferDeclined);
        Ok(Decision::new(vec![event], ()))
    }
}

/// A domain that was offered to an organisation: all that it may know of it before it accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfferedDomain {
    /// Whose it is.
    pub from: OrganisationId,
    /// What that organisation is called.
    pub name: String,
    /// The domain.
    pub domain: DomainName,
    /// What becomes of access to its mailboxes.
    pub access: OfferedAccess,
    /// Who offered it.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// Until when the offer is good.
    pub until: Timestamp,
    /// How many mailboxes there were then.
    pub mailboxes: usize,
    /// How many people had a grant on one of them then.
    pub people: usize,
}

impl Directory {
    /// The domains that other organisations offer to this one, for its owners.
    ///
    /// Costs one index range and one look-up a page.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    pub fn domain_offers(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<OfferedDomain>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            standing.require(Power::Own)?;
            let list = format!("domain-offers/{organisation}");
            let found = term_page(read, &list, &term::domain_offers(organisation), page)?;
            let domains: Vec<Arc<Domain>> = of_kind!(found.items, Domain);
            let givers: Vec<Key> =
                domains.iter().map(|domain| key::organisation(domain.organisation)).collect();
            read.entities(&givers)?;
            let mut items = Vec::with_capacity(domains.len());
            for domain in domains {
                let Some(giver) = read.organisation(domain.organisation)? else { continue };
                let Some(offer) = domain.offer.as_ref().filter(|offer| standing.now < offer.until) else {
                    continue;
                };
                items.push(OfferedDomain {
                    from: giver.id,
                    name: giver.name.clone(),
                    domain: domain.name.clone(),
                    access: offer.access,
                    by: offer.by.clone(),
                    at: offer.at,
                    until: offer.until,
                    mailboxes: offer.mailboxes,
                    people: offer.people,
                });
            }
            Ok(Page { items, next: found.next })
        })
    }
}

/// Where an owner stands in their organisation.
pub(super) fn owning(read: &mut Reader<'_>, organisation: OrganisationId) -> Result<Standing, Error> {
    let standing = read.standing(organisation, Purpose::Change)?;
    standing.require(Power::Own)?;
    Ok(standing)
}

/// A domain that is offered to the organisation where the actor stands: `offer.not_found`, `offer.expired`,
/// `organisation.suspended`.
pub(super) fn offered(
    read: &mut Reader<'_>,
    standing: &Standing,
    from: OrganisationId,
    name: &DomainName,
) -> Result<Arc<Domain>, Error> {
    let domain = read.domain(from, name)?.ok_or_else(no_offer)?;
    let offer = domain.offer.as_ref().filter(|offer| offer.to == standing.id()).ok_or_else(no_offer)?;
    let giver = read.organisation(from)?.ok_or_else(no_offer)?;
    if !giver.is_active() {
        return Err(organisation_suspended());
    }
    if read.now(&stream::organisation(from))? >= offer.until {
        return Err(Error::new(
            Code::OfferExpired,
            format!("the offer of `{name}` has expired: ask for another"),
        )
        .with("until", offer.until.as_millis()));
    }
    Ok(domain)
}

fn no_offer() -> Error {
    Error::new(Code::OfferNotFound, "there is no such offer of a domain, or you may not see it")
}

/// What goes with a domain, and what ties it to what stays.
pub(super) struct Goods {
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    pub(super) aliases: Vec<Arc<Alias>>,
    ties: Ties,
}

/// Mail must go on as it went: nothing that goes may lead to what stays, nor the other way round.
#[derive(Default)]
struct Ties {
    /// Aliases of which one end goes and the other stays.
    aliases: Vec<Address>,
    /// Domains that are another name of this one, or of which this is another name.
    alias_domains: Vec<DomainName>,
    /// Domains whose catch-all is on the other side.
    catch_alls: Vec<DomainName>,
}

impl Goods {
    /// What has an address on the domain. Costs one index range and one a mailbox.
    pub(super) fn of(read: &mut Reader<'_>, domain: &Domain) -> Result<Self, Error> {
        let giver = domain.organisation;
        let (mut mailboxes, mut ties) = (Vec::new(), Ties::default());
        let mut here: Vec<Arc<Alias>> = Vec::new();
        for entity in read.all_by_term(&term::addresses(giver, &domain.name))? {
            match entity {
                Entity::Mailbox(mailbox) => mailboxes.push(mailbox),
                Entity::Alias(alias) => here.push(alias),
                _ => {}
            }
        }
        let moved: FxHashSet<MailboxId> = mailboxes.iter().map(|mailbox| mailbox.id).collect();
        let leads_out = here.iter().filter(|alias| !moved.contains(&alias.mailbox));
        ties.aliases.extend(leads_out.map(|alias| alias.address.clone()));
        let mut aliases = Vec::new();
        for mailbox in &mailboxes {
            for alias in read.aliases_of_mailbox(mailbox.id)? {
                if *alias.address.domain() == domain.name {
                    aliases.push(alias);
                } else {
                    ties.aliases.push(alias.address.clone());
                }
            }
        }
        ties.alias_domains.extend(domain.alias_of.clone());
        for other in read.domains_of(giver)? {
            let catches = other.catch_all.is_some_and(|mailbox| moved.contains(&mailbox));
            let goes = other.name == domain.name;
            if other.catch_all.is_some() && catches != goes {
                ties.catch_alls.push(other.name.clone());
            }
            if other.alias_of.as_ref() == Some(&domain.name) {
                ties.alias_domains.push(other.name.clone());
            }
        }
        Ok(Self { mailboxes, aliases, ties })
    }

    /// `domain.entangled`, with what to untangle: for those whose it is.
    pub(super) fn refuse_entangled(&self) -> Result<(), Error> {
        if !self.is_entangled() {
            return Ok(());
        }
        let addresses = self.ties.aliases.iter().take(MOST_NAMED).map(Address::canonical);
        fn names(domains: &[DomainName]) -> Vec<&str> {
            domains.iter().take(MOST_NAMED).map(DomainName::as_str).collect()
        }
        Err(entangled("aliases, other names or catch-alls tie the domain to what stays: untie them first")
            .with("aliases", addresses.collect::<Vec<_>>())
            .with("alias_domains", names(&self.ties.alias_domains))
            .with("catch_alls", names(&self.ties.catch_alls)))
    }

    /// The same for those whose it is not yet: they are not told what.
    pub(super) fn refuse_entangled_elsewhere(&self) -> Result<(), Error> {
        if self.is_entangled() {
            return Err(entangled(
                "something ties the domain to what stays: ask those who offered it to untie it",
            ));
        }
        Ok(())
    }

    fn is_entangled(&self) -> bool {
        let Ties { aliases, alias_domains, catch_alls } = &self.ties;
        !(aliases.is_empty() && alias_domains.is_empty() && catch_alls.is_empty())
    }
}

fn entangled(message: &str) -> Error {
    Error::new(Code::DomainEntangled, message)
}
