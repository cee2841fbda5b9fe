//! Accepting a domain that another organisation offers: it goes over with its mailboxes, in one commit.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::offer::{Goods, OfferedDomain, offered, owning};
use super::{Domain, DomainEvent, DomainProof, OfferedAccess};
use crate::access::{Power, Purpose};
use crate::actor::{Actor, Authority, By};
use crate::address::{Address, DomainName};
use crate::alias::AliasEvent;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::dependants::{self, OnDependants};
use crate::device::{Device, DeviceEvent, DeviceState};
use crate::error::{Code, Error, ErrorKind};
use crate::event::Event;
use crate::grant::{Grant, GrantEvent};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::invitation::{Invitation, InvitationEvent};
use crate::mailbox::{FreedAddress, FreedAddressEvent, Mailbox, MailboxEvent};
use crate::membership::{Membership, MembershipEvent, MembershipState, NamedDevice, Role, Services};
use crate::names::{key, stream, term};
use crate::reader::{Reader, of_kind};
use crate::store::Key;
use crate::time::Timestamp;
use crate::user::UserEvent;

/// So many revoked devices of a mailbox come along, the latest: what was revoked long ago is not to hold up a transfer.
const RECOGNISED: usize = 100;

/// Accepts a domain that another organisation offers ([`OfferDomain`](super::OfferDomain)): from one instant to the
/// next it is this organisation's, with its mailboxes, their aliases, grants and devices, and freed addresses with
/// what is left of their quarantine. No mail is refused meanwhile, and no device notices where access goes on. Owners.
///
/// Nobody reaches more after it than before. Where access ends ([`OfferedAccess::Ends`]), all grants are revoked, and
/// all devices. Where it goes on, whoever had a grant and is no member here becomes an External; whoever was
/// suspended there comes along suspended, by the same authority. A grant ends all the same, with the devices held by
/// it, where it was past its expiry, where its user is gone, and where they were suspended there and are a member
/// here. What the host suspended, closed or held stays so. Devices and aliases may be more than this organisation's
/// policy allows. What the other organisation's pending invitations promised of it is promised no more.
///
/// Of the devices of a mailbox that were revoked before, the latest hundred stay recognisable.
///
/// The former history stays with the other organisation, and the new one begins here. At most 10,000 events: one for
/// each thing that ends, two for each that moves.
///
/// Costs one index range for the domain and five a mailbox, and one over the freed addresses of either organisation.
///
/// # Errors
/// `organisation.not_found`, `access.denied`; `organisation.suspended` where either side is; `offer.not_found`;
/// `offer.expired`; `offer.changed` where the choice about access is another; `offer.sender` where whoever offered it
/// is no acting owner there any more; `domain.entangled`; `login.depends`; `change.too_large`.
/// There is an example at [`OfferDomain`](super::OfferDomain).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptDomain {
    /// Who gets it.
    pub organisation: OrganisationId,
    /// Whose it is.
    pub from: OrganisationId,
    /// Its name.
    pub name: DomainName,
    /// What becomes of access: as it was offered.
    pub access: OfferedAccess,
    /// What to do where that would stop or divert mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl AcceptDomain {
    /// Accepts what was offered, as it was offered.
    pub fn new(organisation: OrganisationId, offered: &OfferedDomain) -> Self {
        Self {
            organisation,
            from: offered.from,
            name: offered.domain.clone(),
            access: offered.access,
            on_dependants: OnDependants::Refuse,
        }
    }

    /// What to do where that would stop or divert mail that people sign in by.
    #[must_use]
    pub fn on_dependants(mut self, choice: OnDependants) -> Self {
        self.on_dependants = choice;
        self
    }
}

/// The answer of [`AcceptDomain`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DomainAccepted {
    /// The mailboxes that are the organisation's now.
    pub mailboxes: Vec<MailboxId>,
    /// Who became an External by it.
    pub joined: Vec<UserId>,
    /// The grants that ended.
    pub grants: Vec<AccessEnded>,
    /// The devices that were revoked.
    pub devices: Vec<NamedDevice>,
    /// Devices that go on although somebody without a grant knows a password of theirs: rotate them.
    pub still_known: Vec<NamedDevice>,
}

/// A grant that ended with a transfer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccessEnded {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// Whose it was.
    pub user: UserId,
}

impl Command for AcceptDomain {
    type Output = DomainAccepted;
    const NAME: &'static str = "accept_domain";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<DomainAccepted>, Error> {
        let standing = owning(read, self.organisation)?;
        let domain = offered(read, &standing, self.from, &self.name)?;
        let offer = domain.offer.as_ref();
        if offer.is_none_or(|offer| offer.access != self.access) {
            return Err(Error::new(
                Code::OfferChanged,
                "another choice about access is offered: look at it again",
            ));
        }
        if let Some(offer) = offer {
            sender_can(read, self.from, &offer.by)?;
        }
        let goods = Goods::of(read, &domain)?;
        goods.refuse_entangled_elsewhere()?;

        let mut moving = Moving::new(read, &domain, self.organisation, self.access)?;
        moving.domain(read, &domain)?;
        moving.grants(read, &goods.mailboxes)?;
        for mailbox in &goods.mailboxes {
            moving.mailbox(read, mailbox)?;
        }
        for alias in &goods.aliases {
            let from = AliasEvent::TransferredIn {
                from: self.from,
                sending: alias.sending,
                added_at: alias.added_at,
            };
            let event =
                |organisation, event| Event::Alias(organisation, alias.mailbox, alias.address.clone(), event);
            moving.go(event, AliasEvent::TransferredOut { to: self.organisation }, from);
        }
        let (events, accepted) = moving.finish();
        let dependants = dependants::at_domain_and_aliases(read, self.from, &self.name)?;
        dependants::check(read, &standing, &dependants, &events, self.on_dependants, Power::Own)?;
        Ok(Decision::new(events, accepted))
    }
}

/// Whether whoever offered it could still do so: `offer.sender`.
fn sender_can(read: &mut Reader<'_>, giver: OrganisationId, by: &By) -> Result<(), Error> {
    let sender = match by {
        By::User(user) => Actor::User(*user),
        By::System(name) => Actor::System(name.clone()),
        By::Bearer => Actor::Bearer,
    };
    read.acting_as(&sender, |read| read.standing(giver, Purpose::Change)?.require(Power::Own)).map_err(
        |error| match error.kind() {
            ErrorKind::Denied | ErrorKind::NotFound => Error::new(
                Code::OfferSender,
                "whoever offered the domain could not do so any more: ask for another offer",
            ),
            _ => error,
        },
    )
}

/// What one organisation loses and the other gets. All that ends or leaves comes before anything arrives, so that
/// what is unique is free by then.
struct Moving {
    from: OrganisationId,
    to: OrganisationId,
    access: OfferedAccess,
    now: Timestamp,
    actor: By,
    leaving: Vec<Event>,
    arriving: Vec<Event>,
    /// Grants that go on.
    kept: FxHashSet<(MailboxId, UserId)>,
    grants: BTreeMap<MailboxId, Vec<Arc<Grant>>>,
    accepted: DomainAccepted,
}

impl Moving {
    fn new(
        read: &mut Reader<'_>,
        domain: &Domain,
        to: OrganisationId,
        access: OfferedAccess,
    ) -> Result<Self, Error> {
        Ok(Self {
            from: domain.organisation,
            to,
            access,
            now: read.now(&stream::organisation(domain.organisation))?,
            actor: read.actor().into(),
            leaving: Vec::new(),
            arriving: Vec::new(),
            kept: FxHashSet::default(),
            grants: BTreeMap::new(),
            accepted: DomainAccepted {
                mailboxes: Vec::new(),
                joined: Vec::new(),
                grants: Vec::new(),
                devices: Vec::new(),
                still_known: Vec::new(),
            },
        })
    }

    /// Something leaves the one and arrives at the other.
    fn go<E>(&mut self, about: impl Fn(OrganisationId, E) -> Event, leaves: E, arrives: E) {
        self.leaving.push(about(self.from, leaves));
        self.arriving.push(about(self.to, arrives));
    }

    /// The domain itself, and the addresses that were freed on it.
    fn domain(&mut self, read: &mut Reader<'_>, domain: &Domain) -> Result<(), Error> {
        let since = match domain.proof {
            DomainProof::Verified { since } => since,
            DomainProof::Pending { .. } => self.now,
        };
        let (to, from) = (self.to, self.from);
        let arrives = DomainEvent::TransferredIn { from, since, catch_all: domain.catch_all };
        let about = |organisation, event| Event::Domain(organisation, domain.name.clone(), event);
        self.go(about, DomainEvent::TransferredOut { to }, arrives);

        let freed_on = |read: &mut Reader<'_>, organisation| -> Result<Vec<Arc<FreedAddress>>, Error> {
            let mut freed: Vec<Arc<FreedAddress>> =
                of_kind!(read.all_by_prefix(&key::freed_addresses(organisation))?, FreedAddress);
            freed.retain(|freed| *freed.address.domain() == domain.name);
            Ok(freed)
        };
        // From a time when the domain was theirs before: that quarantine ended when the other side verified it.
        for stale in freed_on(read, to)? {
            self.leaving.push(Event::FreedAddress(to, stale.address.clone(), FreedAddressEvent::Reused));
        }
        let now = self.now;
        for freed in freed_on(read, from)?.iter().filter(|freed| freed.is_in_quarantine(now)) {
            let arrives =
                FreedAddressEvent::TransferredIn { from, freed_at: freed.freed_at, until: freed.until };
            let about = |organisation, event| Event::FreedAddress(organisation, freed.address.clone(), event);
            self.go(about, FreedAddressEvent::TransferredOut { to }, arrives);
        }
        Ok(())
    }

    /// Which grants go on, and who becomes an External for it.
    fn grants(&mut self, read: &mut Reader<'_>, mailboxes: &[Arc<Mailbox>]) -> Result<(), Error> {
        for mailbox in mailboxes {
            self.grants.insert(mailbox.id, read.grants_of_mailbox(mailbox.id)?);
        }
        if self.access == OfferedAccess::Ends {
            return Ok(());
        }
        let standing: Vec<(MailboxId, UserId)> = self
            .grants
            .values()
            .flatten()
            .filter(|grant| !grant.has_expired(self.now))
            .map(|grant| (grant.mailbox, grant.user))
            .collect();
        let people: FxHashSet<UserId> = standing.iter().map(|(_, user)| *user).collect();
        let places: Vec<Key> = people
            .iter()
            .flat_map(|user| [key::membership(self.from, *user), key::membership(self.to, *user)])
            .collect();
        read.entities(&places)?;
        let mut coming = FxHashMap::default();
        for user in read.users(people.into_iter())? {
            let there = read.membership(self.from, user.id)?;
            let here = read.membership(self.to, user.id)?;
            if let Some(place) = Place::of(there.as_deref(), here.as_deref()) {
                coming.insert(user.id, place);
            }
        }
        self.kept = standing.into_iter().filter(|(_, user)| coming.contains_key(user)).collect();
        let mut joining: Vec<(UserId, Option<Authority>)> = coming
            .into_iter()
            .filter_map(|(user, place)| match place {
                Place::Member => None,
                Place::External { suspended } => Some((user, suspended)),
            })
            .collect();
        joining.sort_by_key(|(user, _)| *user);
        for (user, suspended) in joining {
            let added =
                MembershipEvent::Added { role: Role::External, services: Services::new(), giver: None };
            self.arriving.push(Event::Membership(self.to, user, added));
            if let Some(by) = suspended {
                self.arriving.push(Event::Membership(self.to, user, MembershipEvent::Suspended { by }));
            }
            self.arriving.push(Event::User(user, UserEvent::Joined { organisation: self.to }));
            self.accepted.joined.push(user);
        }
        Ok(())
    }

    /// A mailbox with the access to it.
    fn mailbox(&mut self, read: &mut Reader<'_>, mailbox: &Mailbox) -> Result<(), Error> {
        let (from, to) = (self.from, self.to);
        let arrives = MailboxEvent::TransferredIn {
            from,
            address: mailbox.address.clone(),
            name: mailbox.name.clone(),
            state: mailbox.state,
            sending: mailbox.sending,
            opened_at: mailbox.opened_at,
            opened_by: mailbox.opened_by.clone(),
        };
        let about = |organisation, event| Event::Mailbox(organisation, mailbox.id, event);
        self.go(about, MailboxEvent::TransferredOut { to }, arrives);
        self.accepted.mailboxes.push(mailbox.id);
        for grant in self.grants.remove(&mailbox.id).unwrap_or_default() {
            self.grant(mailbox, &grant);
        }
        for device in read.devices_of_mailbox(mailbox.id)? {
            self.device(mailbox, &device);
        }
        let mut revoked: Vec<Arc<Device>> =
            of_kind!(read.all_by_term(&term::revoked_devices(mailbox.id))?, Device);
        revoked.sort_by_key(|device| match device.state {
            DeviceState::Revoked { at, .. } => Reverse(at),
            DeviceState::Active => Reverse(self.now),
        });
        for (place, device) in revoked.iter().enumerate() {
            if place < RECOGNISED {
                self.carry(device, device.state.clone());
            } else {
                self.leaving.push(Event::Device(from, mailbox.id, device.id, DeviceEvent::Forgotten));
            }
        }
        let promised: Vec<Arc<Invitation>> =
            of_kind!(read.all_by_term(&term::promises(mailbox.id))?, Invitation);
        for invitation in promised {
            let ended = InvitationEvent::PromiseEnded { mailbox: mailbox.id };
            self.leaving.push(Event::Invitation(invitation.organisation, invitation.id, ended));
        }
        Ok(())
    }

    fn grant(&mut self, mailbox: &Mailbox, grant: &Grant) {
        let about = |organisation, event| Event::Grant(organisation, grant.mailbox, grant.user, event);
        if self.kept.contains(&(grant.mailbox, grant.user)) {
            let arrives = GrantEvent::TransferredIn {
                from: self.from,
                rights: grant.rights,
                expires: grant.expires,
                reason: grant.reason.clone(),
                given_by: grant.given_by.clone(),
                given_at: grant.given_at,
                terms_by: grant.terms_by.clone(),
            };
            self.go(about, GrantEvent::TransferredOut { to: self.to }, arrives);
        } else {
            self.leaving.push(about(self.from, GrantEvent::Revoked));
            let (address, user) = (mailbox.address.clone(), grant.user);
            self.accepted.grants.push(AccessEnded { mailbox: mailbox.id, address, user });
        }
    }

    /// An active device: it goes on, or comes along revoked, so that it stays recognisable.
    fn device(&mut self, mailbox: &Mailbox, device: &Device) {
        let named = NamedDevice {
            device: device.id,
            label: device.label.clone(),
            mailbox: mailbox.id,
            address: mailbox.address.clone(),
        };
        let has_grant = |user: &UserId| self.kept.contains(&(mailbox.id, *user));
        let goes_on = self.access == OfferedAccess::GoesOn && device.holder.as_ref().is_none_or(has_grant);
        if goes_on {
            if device.knowers(self.now).iter().any(|user| !has_grant(user)) {
                self.accepted.still_known.push(named);
            }
            self.carry(device, DeviceState::Active);
        } else {
            self.leaving.push(Event::Device(self.from, device.mailbox, device.id, DeviceEvent::Revoked));
            self.accepted.devices.push(named);
            self.carry(device, DeviceState::Revoked { at: self.now, by: self.actor.clone() });
        }
    }

    fn carry(&mut self, device: &Device, state: DeviceState) {
        let arrives = DeviceEvent::TransferredIn {
            from: self.from,
            label: device.label.clone(),
            holder: device.holder,
            handed_to: device.handed_to.clone(),
            made_by: device.made_by.clone(),
            made_at: device.made_at,
            known_to: device.known_to.clone(),
            bounds: device.bounds.clone(),
            state,
            secret: device.secret.clone(),
            rotation: device.rotation.clone(),
        };
        let about = |organisation, event| Event::Device(organisation, device.mailbox, device.id, event);
        self.go(about, DeviceEvent::TransferredOut { to: self.to }, arrives);
    }

    fn finish(self) -> (Vec<Event>, DomainAccepted) {
        let events = self.leaving.into_iter().chain(self.arriving).collect();
        (events, self.accepted)
    }
}

/// As what somebody with a grant goes on.
enum Place {
    /// As the member that they are.
    Member,
    /// As an External, new here.
    External {
        /// By whom they were suspended where they come from, and are here too.
        suspended: Option<Authority>,
    },
}

impl Place {
    /// None for those who would reach more than they did.
    fn of(there: Option<&Membership>, here: Option<&Membership>) -> Option<Self> {
        match (there?.state, here) {
            (MembershipState::Active, Some(_)) => Some(Self::Member),
            (MembershipState::Suspended(_), Some(_)) => None,
            (MembershipState::Active, None) => Some(Self::External { suspended: None }),
            (MembershipState::Suspended(by), None) => Some(Self::External { suspended: Some(by) }),
        }
    }
}
