//! Which rows a person's questions are answered from, and what of them no answer shows.
//!
//! A field that must be there and that no answer shows holds the same in every replica: nothing can be read from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::access::{Power, Purpose, Standing, discreet, no_user, sees_all};
use crate::actor::{Authority, By};
use crate::address::DomainName;
use crate::alias::{Alias, AliasSending};
use crate::device::{Bounds, Device, DeviceSecret, DeviceState};
use crate::domain::{Domain, DomainProof};
use crate::entity::Entity;
use crate::error::Error;
use crate::grant::{Grant, Right};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::invitation::Invitation;
use crate::last_use::{LastUse, last_uses, uses_under};
use crate::lists::waits_for_sweep;
use crate::mailbox::{Mailbox, MailboxState, Sending};
use crate::membership::{Membership, MembershipState, Role, Services};
use crate::names::{key, term};
use crate::organisation::{Organisation, Policy};
use crate::reader::{Reader, of_kind};
use crate::store::Key;
use crate::time::Timestamp;
use crate::user::{Contact, PasswordState, Proof, User, UserState};

/// What was found.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) rows: BTreeMap<Key, Entity>,
    pub(super) uses: Vec<(Key, LastUse)>,
}

/// What of one organisation a person sees.
struct Part {
    organisation: OrganisationId,
    person: UserId,
    standing: Standing,
    /// Mailboxes that they may ask everything about.
    seen: FxHashSet<MailboxId>,
}

/// Everything that answers a person's questions.
pub(super) fn gather(read: &mut Reader<'_>, person: UserId) -> Result<Gathered, Error> {
    let user = read.user(person)?.ok_or_else(no_user)?;
    let mut found = Gathered::default();
    if !user.is_active() {
        // Whatever they ask, they are told that they are suspended.
        found.put(Entity::User(nameless(person)?.into()));
        return Ok(found);
    }
    found.put(Entity::User(user));
    for membership in read.memberships_of(person)? {
        let Some(organisation) = read.organisation(membership.organisation)? else { continue };
        if membership.is_active() {
            found.organisation(read, &organisation, &membership)?;
        } else {
            found.put(Entity::Organisation(glimpsed_organisation(&organisation).into()));
            found.put(Entity::Membership(Membership { added_by: By::Bearer, ..owned(&membership) }.into()));
            let grants = read.grants_of_user(organisation.id, person)?;
            found.glimpses(read, organisation.id, person, grants)?;
        }
    }
    Ok(found)
}

impl Gathered {
    /// Nothing that is here whole is replaced by a part of it.
    fn put(&mut self, entity: Entity) {
        self.rows.entry(entity.key()).or_insert(entity);
    }

    fn organisation(
        &mut self,
        read: &mut Reader<'_>,
        organisation: &Arc<Organisation>,
        membership: &Arc<Membership>,
    ) -> Result<(), Error> {
        let standing = read.standing(organisation.id, Purpose::Ask)?;
        let (id, person) = (organisation.id, membership.user);
        self.put(Entity::Organisation(organisation.clone()));
        let grants = read.grants_of_user(id, person)?;
        let manages = standing.has(Power::ManageMail);
        let mailboxes: Vec<Arc<Mailbox>> = if manages {
            of_kind!(read.all_by_term(&term::mailboxes(id))?, Mailbox)
        } else {
            let good = grants.iter().filter(|grant| !grant.has_expired(standing.now));
            read.mailboxes(good.map(|grant| grant.mailbox))?
        };
        let seen = mailboxes.iter().map(|mailbox| mailbox.id).collect();
        let part = Part { organisation: id, person, standing, seen };
        let aliases = part.aliases(read)?;
        let addresses: FxHashSet<DomainName> = mailboxes
            .iter()
            .map(|mailbox| mailbox.address.domain().clone())
            .chain(aliases.iter().map(|alias| alias.address.domain().clone()))
            .collect();
        mailboxes.into_iter().for_each(|mailbox| self.put(Entity::Mailbox(mailbox)));
        aliases.into_iter().for_each(|alias| self.put(Entity::Alias(alias)));
        self.members(read, &part, membership)?;
        self.grants(read, &part)?;
        self.devices(read, &part)?;
        let glimpsed = grants.into_iter().filter(|grant| !part.seen.contains(&grant.mailbox)).collect();
        let elsewhere = self.glimpses(read, id, person, glimpsed)?;
        self.domains(read, &part, addresses.into_iter().chain(elsewhere).collect())?;
        self.invitations(read, &part)
    }

    /// All members for owners and admins; for others themselves, and of those with a grant on a mailbox that they see
    /// whether something about their membership stands in the way.
    fn members(&mut self, read: &mut Reader<'_>, part: &Part, own: &Arc<Membership>) -> Result<(), Error> {
        if !part.standing.has(Power::Administer) {
            self.put(Entity::Membership(Membership { added_by: By::Bearer, ..owned(own) }.into()));
            return Ok(());
        }
        let members: Vec<Arc<Membership>> =
            of_kind!(read.all_by_prefix(&key::memberships(part.organisation))?, Membership);
        let users = read.users(members.iter().map(|member| member.user))?;
        let people: FxHashSet<UserId> = users.iter().map(|user| user.id).collect();
        users.iter().for_each(|user| self.put(Entity::User(as_others_see(user).into())));
        for member in members {
            // Of somebody whose account is gone an explanation shows whether the membership would count.
            let gone = !people.contains(&member.user);
            self.put(Entity::Membership(if gone {
                glimpsed_membership(&member, true).into()
            } else {
                member
            }));
        }
        for entity in read.all_by_prefix(&key::freed_addresses(part.organisation))? {
            self.put(entity);
        }
        Ok(())
    }

    fn grants(&mut self, read: &mut Reader<'_>, part: &Part) -> Result<(), Error> {
        let grants = part.grants(read)?;
        let users = read.users(grants.iter().map(|grant| grant.user))?;
        let people: FxHashSet<UserId> = users.iter().map(|user| user.id).collect();
        let keys: Vec<Key> =
            grants.iter().map(|grant| key::membership(part.organisation, grant.user)).collect();
        read.entities(&keys)?;
        let whole = part.standing.has(Power::Administer);
        let mut shown = Vec::new();
        let mut stuck = FxHashSet::default();
        for grant in &grants {
            // Somebody whose account is gone is explained to owners and admins alone.
            if !whole && !people.contains(&grant.user) {
                continue;
            }
            if part.shows_membership(read, grant)? {
                stuck.insert(grant.user);
            }
            if part.standing.has(Power::ManageMail) || grant.user == part.person {
                shown.push(key::grant(grant.mailbox, grant.user));
            }
            let grant = Grant { reason: None, terms_by: None, ..owned(grant) };
            self.put(Entity::Grant(match people.contains(&grant.user) {
                true => grant.into(),
                false => Grant { given_by: By::Bearer, given_at: Timestamp::EPOCH, ..grant }.into(),
            }));
        }
        for grant in &grants {
            let Some(membership) = read.membership(part.organisation, grant.user)? else { continue };
            if people.contains(&grant.user) {
                let seen = stuck.contains(&grant.user);
                self.put(Entity::Membership(glimpsed_membership(&membership, seen).into()));
            }
        }
        users.iter().for_each(|user| self.put(Entity::User(as_others_see(user).into())));
        let uses = uses_under(read, &shown)?;
        self.uses.extend(shown.into_iter().zip(uses).filter_map(|(key, used)| Some((key, used?))));
        Ok(())
    }

    /// Active and revoked devices; last uses and networks for their holder and the managers.
    fn devices(&mut self, read: &mut Reader<'_>, part: &Part) -> Result<(), Error> {
        let devices = part.devices(read)?;
        let holders: Vec<UserId> = devices.iter().filter_map(|device| device.holder).collect();
        read.users(holders.into_iter())?;
        let mut noted = Vec::new();
        for device in devices {
            let all = sees_all(&part.standing, &device);
            if all && device.is_active() && !waits_for_sweep(read, &device)? {
                noted.push(device.clone());
            }
            let device = if all { device } else { discreet(owned(&device)).into() };
            self.put(Entity::Device(device));
        }
        for (device, used) in noted.iter().zip(last_uses(read, &noted)?) {
            // Only the latest is shown, by whichever protocol it was.
            if let Some((used, protocol)) = used.and_then(|used| Some((used, used.protocol?))) {
                self.uses.push((key::last_use(device.id, protocol.as_str()), used));
            }
        }
        Ok(())
    }

    /// What people see of themselves where they may not ask about the mailbox: that they have a grant on it, until when
    /// it was good, what stands in the way, and their devices. Gives back the domains of the addresses.
    fn glimpses(
        &mut self,
        read: &mut Reader<'_>,
        organisation: OrganisationId,
        person: UserId,
        grants: Vec<Arc<Grant>>,
    ) -> Result<Vec<DomainName>, Error> {
        let held = read.devices_held(organisation, person)?;
        let mailboxes = read.mailboxes(grants.iter().map(|grant| grant.mailbox))?;
        let ids: FxHashSet<MailboxId> = mailboxes.iter().map(|mailbox| mailbox.id).collect();
        for grant in grants.iter().filter(|grant| ids.contains(&grant.mailbox)) {
            self.put(Entity::Grant(Grant { reason: None, terms_by: None, ..owned(grant) }.into()));
        }
        for device in held.iter().filter(|device| ids.contains(&device.mailbox)) {
            self.put(Entity::Device(glimpsed_device(device).into()));
        }
        for mailbox in &mailboxes {
            self.put(Entity::Mailbox(glimpsed_mailbox(mailbox).into()));
        }
        Ok(mailboxes.iter().map(|mailbox| mailbox.address.domain().clone()).collect())
    }

    /// All domains for those who manage them; for others that those exist on which they see addresses, and the other
    /// names under which they may send.
    fn domains(
        &mut self,
        read: &mut Reader<'_>,
        part: &Part,
        seen: FxHashSet<DomainName>,
    ) -> Result<(), Error> {
        let now = part.standing.now;
        if part.standing.has(Power::ManageDomains) {
            let all = read.domains_of(part.organisation)?;
            all.into_iter()
                .filter(|domain| !domain.has_lapsed(now))
                .for_each(|domain| self.put(Entity::Domain(domain)));
            return Ok(());
        }
        let keys: Vec<Key> = seen.iter().map(|name| key::domain(part.organisation, name)).collect();
        let domains: Vec<Arc<Domain>> = of_kind!(read.entities(&keys)?.into_iter().flatten(), Domain);
        for domain in domains {
            self.put(Entity::Domain(bare_domain(&domain, None).into()));
        }
        for of in part.sends_on(read)? {
            let others: Vec<Arc<Domain>> =
                of_kind!(read.all_by_term(&term::alias_domains(part.organisation, &of))?, Domain);
            for other in others {
                self.put(Entity::Domain(bare_domain(&other, Some(of.clone())).into()));
            }
        }
        Ok(())
    }

    /// All invitations for owners and admins, for others those that they sent.
    fn invitations(&mut self, read: &mut Reader<'_>, part: &Part) -> Result<(), Error> {
        let all: Vec<Arc<Invitation>> =
            of_kind!(read.all_by_term(&term::invitations(part.organisation))?, Invitation);
        let whole = part.standing.has(Power::Administer);
        all.into_iter()
            .filter(|invitation| whole || invitation.sender.user() == Some(part.person))
            .for_each(|invitation| self.put(Entity::Invitation(invitation)));
        Ok(())
    }
}

impl Part {
    fn manages(&self) -> bool {
        self.standing.has(Power::ManageMail)
    }

    /// Aliases of the mailboxes that they see; for managers in one pass over all.
    fn aliases(&self, read: &mut Reader<'_>) -> Result<Vec<Arc<Alias>>, Error> {
        if self.manages() {
            let mut all: Vec<Arc<Alias>> =
                of_kind!(read.all_by_term(&term::aliases(self.organisation))?, Alias);
            all.retain(|alias| self.seen.contains(&alias.mailbox));
            return Ok(all);
        }
        self.each(|mailbox| read.aliases_of_mailbox(mailbox))
    }

    fn grants(&self, read: &mut Reader<'_>) -> Result<Vec<Arc<Grant>>, Error> {
        if self.manages() {
            let mut all: Vec<Arc<Grant>> =
                of_kind!(read.all_by_term(&term::all_grants(self.organisation))?, Grant);
            all.retain(|grant| self.seen.contains(&grant.mailbox));
            return Ok(all);
        }
        self.each(|mailbox| read.grants_of_mailbox(mailbox))
    }

    fn devices(&self, read: &mut Reader<'_>) -> Result<Vec<Arc<Device>>, Error> {
        if self.manages() {
            let mut all: Vec<Arc<Device>> = Vec::new();
            for term in [term::devices(self.organisation), term::all_revoked_devices(self.organisation)] {
                let some: Vec<Arc<Device>> = of_kind!(read.all_by_term(&term)?, Device);
                all.extend(some);
            }
            all.retain(|device| self.seen.contains(&device.mailbox));
            return Ok(all);
        }
        self.each(|mailbox| {
            let mut all = read.devices_of_mailbox(mailbox)?;
            let revoked: Vec<Arc<Device>> =
                of_kind!(read.all_by_term(&term::revoked_devices(mailbox))?, Device);
            all.extend(revoked);
            Ok(all)
        })
    }

    fn each<T>(&self, mut of: impl FnMut(MailboxId) -> Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        for mailbox in &self.seen {
            all.extend(of(*mailbox)?);
        }
        Ok(all)
    }

    /// Whether it shows that a membership is suspended: nothing before it stands in the way.
    fn shows_membership(&self, read: &mut Reader<'_>, grant: &Grant) -> Result<bool, Error> {
        let facts = read.facts(grant.user, grant.mailbox)?;
        Ok(facts.user == Some(UserState::Active)
            && facts.mailbox == Some(MailboxState::Open)
            && self.standing.organisation.is_active())
    }

    /// The domains on which they may send from a mailbox now.
    fn sends_on(&self, read: &mut Reader<'_>) -> Result<FxHashSet<DomainName>, Error> {
        let mut found = FxHashSet::default();
        let own = read.grants_of_user(self.organisation, self.person)?;
        for mailbox in read.mailboxes(own.iter().map(|grant| grant.mailbox))? {
            if read.facts(self.person, mailbox.id)?.access(Right::Send, self.standing.now).is_err() {
                continue;
            }
            found.insert(mailbox.address.domain().clone());
            for alias in read.aliases_of_mailbox(mailbox.id)? {
                if alias.sending == AliasSending::Allowed {
                    found.insert(alias.address.domain().clone());
                }
            }
        }
        Ok(found)
    }
}

fn owned<T: Clone>(entity: &Arc<T>) -> T {
    entity.as_ref().clone()
}

/// Somebody of whom it is known that they are suspended, and nothing else.
fn nameless(id: UserId) -> Result<User, Error> {
    let login = Contact { address: "nobody@replica.invalid".parse()?, proof: Proof::Unverified };
    Ok(stub(id, login, String::new(), UserState::Suspended))
}

/// What [`Person`](crate::Person) shows.
fn as_others_see(user: &User) -> User {
    stub(user.id, user.login.clone(), user.name.clone(), user.state)
}

fn stub(id: UserId, login: Contact, name: String, state: UserState) -> User {
    User {
        id,
        login,
        name,
        recovery: None,
        state,
        password: PasswordState::Missing,
        registered_at: Timestamp::EPOCH,
        epoch: 0,
        awaited_login: None,
        awaited_recovery: None,
        reset: None,
    }
}

/// What [`ReachedOrganisation`](crate::ReachedOrganisation) shows.
fn glimpsed_organisation(organisation: &Organisation) -> Organisation {
    Organisation { policy: Policy::default(), founded_at: Timestamp::EPOCH, ..organisation.clone() }
}

/// Whether a membership stands in the way, where that shows at all.
fn glimpsed_membership(membership: &Membership, shows: bool) -> Membership {
    let state = match membership.state {
        MembershipState::Suspended(_) if shows => MembershipState::Suspended(Authority::Member),
        _ => MembershipState::Active,
    };
    Membership {
        organisation: membership.organisation,
        user: membership.user,
        role: Role::External,
        services: Services::new(),
        state,
        since: Timestamp::EPOCH,
        added_by: By::Bearer,
    }
}

/// What [`ReachedMailbox`](crate::ReachedMailbox) and an explanation show.
fn glimpsed_mailbox(mailbox: &Mailbox) -> Mailbox {
    Mailbox {
        name: None,
        state: match mailbox.state {
            MailboxState::Suspended(_) => MailboxState::Suspended(Authority::Member),
            MailboxState::Closed(_) => MailboxState::Closed(Authority::Member),
            other => other,
        },
        sending: match mailbox.sending {
            Sending::Held(_) => Sending::Held(Authority::Member),
            Sending::Allowed => Sending::Allowed,
        },
        opened_at: Timestamp::EPOCH,
        opened_by: By::Bearer,
        ..mailbox.clone()
    }
}

/// What [`HeldDevice`](crate::HeldDevice) shows.
fn glimpsed_device(device: &Device) -> Device {
    Device {
        handed_to: None,
        made_by: By::Bearer,
        made_at: Timestamp::EPOCH,
        known_to: Vec::new(),
        bounds: Bounds { networks: None, ..device.bounds.clone() },
        state: DeviceState::Active,
        secret: DeviceSecret::Missing,
        ..device.clone()
    }
}

/// That a domain is the organisation's.
fn bare_domain(domain: &Domain, alias_of: Option<DomainName>) -> Domain {
    Domain {
        organisation: domain.organisation,
        name: domain.name.clone(),
        proof: match domain.proof {
            DomainProof::Verified { .. } => DomainProof::Verified { since: Timestamp::EPOCH },
            DomainProof::Pending { .. } => {
                DomainProof::Pending { challenge: String::new(), lapses: Timestamp::EPOCH }
            }
        },
        alias_of,
        catch_all: None,
        offer: None,
    }
}
