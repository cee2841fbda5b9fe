//! Whether the rows of an export are sound together: what commands would never have let happen is refused.

use rustc_hash::{FxHashMap, FxHashSet};

use super::lines::{File, Placed, invalid};
use crate::address::{Address, DomainName};
use crate::device::{Device, MOST_NETWORKS};
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::Error;
use crate::grant::{Grant, Right, Rights};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::invitation::Invitation;
use crate::mailbox::{Mailbox, MailboxState};
use crate::membership::{Membership, Role, check_services};
use crate::names::key;
use crate::organisation::{Organisation, OrganisationState};
use crate::store::{Claim, Key};
use crate::text;
use crate::user::{User, UserState};

/// What the rows refer to one another by.
#[derive(Default)]
struct Index<'f> {
    keys: FxHashSet<Key>,
    users: FxHashSet<UserId>,
    members: FxHashSet<UserId>,
    mailboxes: FxHashMap<MailboxId, &'f Mailbox>,
    domains: FxHashMap<&'f DomainName, &'f Domain>,
    owner: bool,
}

/// Refuses rows that dangle, stand there twice, or say what no command would have let happen.
pub(super) fn check(file: &File) -> Result<(), Error> {
    let index = Index::of(file)?;
    let organisation = file.header.organisation;
    if !index.keys.contains(&key::organisation(organisation)) {
        return Err(invalid(
            file.last_line,
            "organisation",
            "missing",
            "the organisation itself is not here",
        ));
    }
    if !index.owner {
        return Err(invalid(file.last_line, "member", "no_owner", "the organisation has no owner"));
    }
    if let Some(user) = file.gone.iter().find(|user| index.users.contains(user)) {
        let because = format!("`{user}` is here and said to be gone");
        return Err(invalid(file.last_line, "gone", "contradiction", &because));
    }
    for row in &file.rows {
        index.check(organisation, row)?;
    }
    no_address_twice(file)
}

impl<'f> Index<'f> {
    fn of(file: &'f File) -> Result<Self, Error> {
        let mut index = Self::default();
        for row in &file.rows {
            if !index.keys.insert(row.what.key()) {
                return Err(refused(row, "id", "duplicate", "the same stands in another line"));
            }
            match &row.what {
                Entity::User(user) => {
                    index.users.insert(user.id);
                }
                Entity::Membership(membership) => {
                    index.members.insert(membership.user);
                    index.owner |= membership.role == Role::Owner;
                }
                Entity::Mailbox(mailbox) => {
                    index.mailboxes.insert(mailbox.id, mailbox);
                }
                Entity::Domain(domain) => {
                    index.domains.insert(&domain.name, domain);
                }
                _ => {}
            }
        }
        Ok(index)
    }

    fn check(&self, organisation: OrganisationId, row: &Placed<Entity>) -> Result<(), Error> {
        let of = match &row.what {
            Entity::User(_) => organisation,
            Entity::Organisation(other) => other.id,
            Entity::Domain(domain) => domain.organisation,
            Entity::Membership(membership) => membership.organisation,
            Entity::Mailbox(mailbox) => mailbox.organisation,
            Entity::Alias(alias) => alias.organisation,
            Entity::FreedAddress(freed) => freed.organisation,
            Entity::Grant(grant) => grant.organisation,
            Entity::Device(device) => device.organisation,
            Entity::Invitation(invitation) => invitation.organisation,
        };
        if of != organisation {
            return Err(refused(row, "organisation", "foreign", "this belongs to another organisation"));
        }
        match &row.what {
            Entity::User(user) => self.user(row, user),
            Entity::Organisation(organisation) => check_organisation(row, organisation),
            Entity::Domain(domain) => self.domain(row, domain),
            Entity::Membership(membership) => self.membership(row, membership),
            Entity::Mailbox(mailbox) => self.mailbox(row, mailbox),
            Entity::Alias(alias) => {
                self.is_here(row, "mailbox", alias.mailbox)?;
                self.address(row, &alias.address)
            }
            Entity::FreedAddress(_) => Ok(()),
            Entity::Grant(grant) => self.grant(row, grant),
            Entity::Device(device) => self.device(row, device),
            Entity::Invitation(invitation) => self.invitation(row, invitation),
        }
    }

    fn is_here(&self, row: &Placed<Entity>, field: &str, mailbox: MailboxId) -> Result<(), Error> {
        if self.mailboxes.contains_key(&mailbox) {
            return Ok(());
        }
        Err(dangling(row, field, &format!("there is no mailbox `{mailbox}`")))
    }

    fn user(&self, row: &Placed<Entity>, user: &User) -> Result<(), Error> {
        written(row, "name", Some(&user.name))?;
        if user.state == UserState::Deleted {
            return Err(refused(row, "state", "state", "what is deleted is not exported"));
        }
        if user.awaited_login.is_some() || user.awaited_recovery.is_some() || user.reset.is_some() {
            return Err(refused(row, "reset", "state", "what waits for a token is not exported"));
        }
        if !self.members.contains(&user.id) {
            return Err(dangling(row, "id", "the person is no member of the organisation"));
        }
        Ok(())
    }

    fn membership(&self, row: &Placed<Entity>, membership: &Membership) -> Result<(), Error> {
        if !self.users.contains(&membership.user) {
            return Err(dangling(row, "user", &format!("there is no user `{}`", membership.user)));
        }
        check_services(membership.role, &membership.services)
            .map_err(|source| refused(row, "services", "services", &source.to_string()))
    }

    fn domain(&self, row: &Placed<Entity>, domain: &Domain) -> Result<(), Error> {
        if (domain.alias_of.is_some() || domain.catch_all.is_some()) && !domain.is_verified() {
            return Err(refused(row, "proof", "unverified", "only a verified domain gets mail"));
        }
        if let Some(mailbox) = domain.catch_all {
            self.is_here(row, "catch_all", mailbox)?;
        }
        let Some(of) = &domain.alias_of else { return Ok(()) };
        if domain.catch_all.is_some() {
            return Err(refused(
                row,
                "catch_all",
                "alias_domain",
                "another name of a domain has no catch-all",
            ));
        }
        match self.domains.get(of) {
            None => Err(dangling(row, "alias_of", &format!("there is no domain `{of}`"))),
            Some(main) if !main.is_verified() || main.alias_of.is_some() => Err(refused(
                row,
                "alias_of",
                "alias_domain",
                "it is another name of what is unverified or another name itself",
            )),
            Some(_) => Ok(()),
        }
    }

    /// Addresses stand on verified domains that are no other names.
    fn address(&self, row: &Placed<Entity>, address: &Address) -> Result<(), Error> {
        match self.domains.get(address.domain()) {
            None => Err(dangling(row, "address", &format!("there is no domain `{}`", address.domain()))),
            Some(domain) if !domain.is_verified() || domain.alias_of.is_some() => Err(refused(
                row,
                "address",
                "unverified",
                "its domain is not verified, or another name of one",
            )),
            Some(_) => Ok(()),
        }
    }

    fn mailbox(&self, row: &Placed<Entity>, mailbox: &Mailbox) -> Result<(), Error> {
        written(row, "name", mailbox.name.as_ref())?;
        if mailbox.state == MailboxState::Deleted {
            return Err(refused(row, "state", "state", "what is deleted is not exported"));
        }
        self.address(row, &mailbox.address)
    }

    fn grant(&self, row: &Placed<Entity>, grant: &Grant) -> Result<(), Error> {
        written(row, "reason", grant.reason.as_ref())?;
        self.is_here(row, "mailbox", grant.mailbox)?;
        refuse_read(row, "rights", grant.rights)?;
        if self.members.contains(&grant.user) {
            return Ok(());
        }
        Err(dangling(row, "user", &format!("`{}` is no member of the organisation", grant.user)))
    }

    fn device(&self, row: &Placed<Entity>, device: &Device) -> Result<(), Error> {
        written(row, "label", Some(&device.label))?;
        written(row, "handed_to", device.handed_to.as_ref())?;
        self.is_here(row, "mailbox", device.mailbox)?;
        if device.bounds.protocols.is_empty() {
            return Err(refused(row, "bounds.protocols", "bounds", "a device needs at least one protocol"));
        }
        let fits = |networks: usize| (1..=MOST_NETWORKS).contains(&networks);
        if device.bounds.networks.as_ref().is_some_and(|networks| !fits(networks.len())) {
            return Err(refused(
                row,
                "bounds.networks",
                "bounds",
                "a list of networks holds 1 to 100 of them",
            ));
        }
        let known: FxHashSet<&UserId> = device.known_to.iter().collect();
        if known.len() != device.known_to.len() {
            return Err(refused(row, "known_to", "duplicate", "somebody stands there twice"));
        }
        match device.holder {
            Some(holder)
                if device.is_active() && !self.keys.contains(&key::grant(device.mailbox, holder)) =>
            {
                Err(dangling(row, "holder", &format!("`{holder}` has no grant on the mailbox")))
            }
            _ => Ok(()),
        }
    }

    fn invitation(&self, row: &Placed<Entity>, invitation: &Invitation) -> Result<(), Error> {
        let offer = &invitation.offer;
        check_services(offer.role, &offer.services)
            .map_err(|source| refused(row, "offer.services", "services", &source.to_string()))?;
        for promise in &offer.mailboxes {
            refuse_read(row, "offer.mailboxes", promise.rights)?;
            // What an answered one promised may be gone since.
            if invitation.is_pending() {
                self.is_here(row, "offer.mailboxes", promise.mailbox)?;
            }
        }
        Ok(())
    }
}

fn check_organisation(row: &Placed<Entity>, organisation: &Organisation) -> Result<(), Error> {
    written(row, "name", Some(&organisation.name))?;
    if organisation.state == OrganisationState::Deleted {
        return Err(refused(row, "state", "state", "what is deleted is not exported"));
    }
    organisation.policy.check().map_err(|source| refused(row, "policy", "policy", &source.to_string()))
}

/// What one row alone may hold: logins, domains, addresses, selectors, pending invitations. And no two addresses
/// that look the same.
fn no_address_twice(file: &File) -> Result<(), Error> {
    let mut claims: FxHashMap<Claim, u64> = FxHashMap::default();
    let mut looks: FxHashMap<(&DomainName, String), Vec<&Address>> = FxHashMap::default();
    for row in &file.rows {
        for claim in row.what.claims() {
            if let Some(other) = claims.insert(claim, row.line) {
                let field = match &row.what {
                    Entity::User(_) => "login",
                    Entity::Device(_) => "secret",
                    Entity::Domain(_) => "name",
                    _ => "address",
                };
                return Err(refused(row, field, "duplicate", &format!("line {other} has the same")));
            }
        }
        let address = match &row.what {
            Entity::Mailbox(mailbox) => &mailbox.address,
            Entity::Alias(alias) => &alias.address,
            _ => continue,
        };
        let alike = looks.entry((address.domain(), address.skeleton())).or_default();
        if let Some(other) = alike.iter().find(|other| !(other.is_ascii() && address.is_ascii())) {
            return Err(refused(row, "address", "look_alike", &format!("`{address}` looks like `{other}`")));
        }
        alike.push(address);
    }
    Ok(())
}

fn refuse_read(row: &Placed<Entity>, field: &str, rights: Rights) -> Result<(), Error> {
    match rights.contains(Right::Read) {
        true => Err(refused(row, field, "rights", "reading goes without saying, and no grant lists it")),
        false => Ok(()),
    }
}

/// Refuses what no command would have taken as a name or label.
fn written(row: &Placed<Entity>, field: &str, text: Option<&String>) -> Result<(), Error> {
    let Some(written) = text else { return Ok(()) };
    match text::name(field, written) {
        Ok(trimmed) if trimmed == *written => Ok(()),
        Ok(_) => Err(refused(row, field, "text", "it begins or ends with white space")),
        Err(source) => Err(refused(row, field, "text", &source.to_string())),
    }
}

fn dangling(row: &Placed<Entity>, field: &str, because: &str) -> Error {
    refused(row, field, "dangling", because)
}

fn refused(row: &Placed<Entity>, field: &str, reason: &str, because: &str) -> Error {
    invalid(row.line, &format!("{}.{field}", row.what.word()), reason, because)
}
