//! The short questions: may somebody, why not, where does mail go, and what is under an id or an address.

use serde::{Deserialize, Serialize};

use crate::access::{
    Facts, Link, Obstacle, Power, Purpose, administers, concerns, no_invitation, no_mailbox, no_organisation,
    no_user, visible_device,
};
use crate::actor::Actor;
use crate::address::{Address, DomainName};
use crate::device::{Device, Protocol};
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::grant::Right;
use crate::id::{DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::invitation::Invitation;
use crate::mailbox::Mailbox;
use crate::organisation::Organisation;
use crate::reader::{AddressHolder, Reader};
use crate::replica;
use crate::resolve::{self, Resolution, Senders};
use crate::time::Timestamp;
use crate::user::{Contact, User, UserState};

/// The answer of [`Directory::may`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    obstacle: Option<Obstacle>,
}

impl Verdict {
    /// Whether they may.
    pub fn allowed(self) -> bool {
        self.obstacle.is_none()
    }

    /// Why not: the first obstacle on the chain.
    pub fn obstacle(self) -> Option<Obstacle> {
        self.obstacle
    }
}

/// A link of the chain from a person to a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChainLink {
    /// Which link.
    pub link: Link,
    /// What is wrong with it, if anything.
    pub obstacle: Option<Obstacle>,
}

/// The answer of [`Directory::explain`]: the whole chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Who.
    pub user: UserId,
    /// What.
    pub right: Right,
    /// Where.
    pub mailbox: MailboxId,
    /// Whether they may.
    pub allowed: bool,
    /// Every link, in order, each sound or with its obstacle.
    pub chain: Vec<ChainLink>,
    /// Until when, where the grant ends.
    pub until: Option<Timestamp>,
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub login: Contact,
    /// Whether they may do anything.
    pub state: UserState,
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        Self { id: user.id, name: user.name.clone(), login: user.login.clone(), state: user.state }
    }
}

/// Who sends. In JSON the id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sender {
    /// A person, by their grant.
    User(UserId),
    /// A device, by SMTP.
    Device(DeviceId),
}

impl From<UserId> for Sender {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl From<DeviceId> for Sender {
    fn from(device: DeviceId) -> Self {
        Self::Device(device)
    }
}

impl Directory {
    /// Whether a person may do something with a mailbox now. The host's own question, unfiltered.
    ///
    /// Costs one snapshot with five look-ups; with an access view three in memory.
    ///
    /// # Errors
    /// Those of the store; `view.stale`.
    pub fn may(&self, user: UserId, right: Right, mailbox: MailboxId) -> Result<Verdict, Error> {
        let now = self.host().now();
        if let Some(view) = self.fresh_view(now)? {
            let obstacle = view.read(|access| access.may(user, right, mailbox, now)).err();
            return Ok(Verdict { obstacle });
        }
        self.ask_host(&mut |read| {
            let facts = read.facts(user, mailbox)?;
            let obstacle = facts.access(right, read.now_at(mailbox)?).err();
            Ok(Verdict { obstacle })
        })
    }

    /// Whether a person may do something with a mailbox now, with every link of the chain. About oneself; for
    /// owners and admins about anyone, in their organisation.
    ///
    /// Costs one snapshot with seven look-ups, with an access view fewer.
    ///
    /// # Errors
    /// `mailbox.not_found` for whom the mailbox does not concern; `view.stale`.
    pub fn explain(
        &self,
        actor: &Actor,
        user: UserId,
        right: Right,
        mailbox: MailboxId,
    ) -> Result<Explanation, Error> {
        self.ask_with_view(actor, &mut |read| {
            concerns(read, user, mailbox)?;
            let facts: Facts = read.facts(user, mailbox)?;
            let now = read.now_at(mailbox)?;
            let chain: Vec<ChainLink> = Link::ALL
                .iter()
                .map(|link| ChainLink { link: *link, obstacle: facts.obstacle(*link, right, now) })
                .collect();
            let allowed = chain.iter().all(|link| link.obstacle.is_none());
            let until = facts.grant.and_then(|(_, expires)| expires);
            Ok(Explanation { user, right, mailbox, allowed, chain, until })
        })
    }

    /// Where mail to an address goes, and which way. The host's own question, unfiltered.
    ///
    /// Costs one snapshot with up to eight look-ups; with an access view none.
    ///
    /// # Errors
    /// Those of the store; `view.stale`; `directory.replica` where a replica cannot know.
    pub fn resolve(&self, address: &Address) -> Result<Resolution, Error> {
        let now = self.host().now();
        if let Some(view) = self.fresh_view(now)? {
            let route = view.read(|access| resolve::route(&mut access.book(now), address));
            return Ok(route?.resolution);
        }
        self.ask_host(&mut |read| {
            replica::knows_address(read, address)?;
            Ok(resolve::route(read, address)?.resolution)
        })
    }

    /// As what a person or a device may send from a mailbox now; nothing without the right to send. The host's
    /// own question, unfiltered. What is in quarantine under another name of a domain is among them, and
    /// [`may_send_as`](Self::may_send_as) refuses it.
    ///
    /// Costs one snapshot with seven look-ups and one row an alias.
    ///
    /// # Errors
    /// Those of the store; `directory.replica` where a replica cannot know.
    pub fn senders(&self, who: impl Into<Sender>, mailbox: MailboxId) -> Result<Senders, Error> {
        let who = who.into();
        self.ask_host(&mut |read| {
            replica::knows_senders(read, who, mailbox)?;
            senders_of(read, who, mailbox)
        })
    }

    /// Whether a person or a device may send from a mailbox with this sender address now: one of
    /// [`Directory::senders`], or a subaddress of the mailbox's own that is nobody else's. The host's own question,
    /// unfiltered.
    ///
    /// Costs what `senders` and `resolve` cost.
    ///
    /// # Errors
    /// Those of the store; `directory.replica` where a replica cannot know.
    pub fn may_send_as(
        &self,
        who: impl Into<Sender>,
        mailbox: MailboxId,
        from: &Address,
    ) -> Result<bool, Error> {
        let who = who.into();
        self.ask_host(&mut |read| {
            replica::knows_senders(read, who, mailbox)?;
            if !senders_of(read, who, mailbox)?.name(from) {
                return Ok(false);
            }
            replica::knows_address(read, from)?;
            Ok(resolve::route(read, from)?.resolution.mailbox == Some(mailbox))
        })
    }

    /// A person's account. All of it for themselves and the host.
    ///
    /// Costs one look-up.
    ///
    /// # Errors
    /// `user.not_found`.
    pub fn user(&self, actor: &Actor, user: UserId) -> Result<User, Error> {
        self.ask(actor, &mut |read| {
            if !actor.is_system() && actor.user() != Some(user) {
                return Err(no_user());
            }
            Ok(read.user(user)?.ok_or_else(no_user)?.as_ref().clone())
        })
    }

    /// The person who signs in with an address: for themselves, the host, and owners and admins of an
    /// organisation that they belong to.
    ///
    /// Costs two look-ups; for an owner or admin one more an organisation of theirs.
    ///
    /// # Errors
    /// `user.not_found`.
    pub fn user_by_login(&self, actor: &Actor, login: &Address) -> Result<Person, Error> {
        self.ask(actor, &mut |read| {
            let user = read.user_by_login(login)?.ok_or_else(no_user)?;
            if !actor.is_system()
                && actor.user() != Some(user.id)
                && !administers(read, actor, user.id, Purpose::Ask)?
            {
                return Err(no_user());
            }
            Ok(Person::from(user.as_ref()))
        })
    }

    /// An organisation, for its members. Externals see no more of it than this.
    ///
    /// Costs three look-ups.
    ///
    /// # Errors
    /// `organisation.not_found`.
    pub fn organisation(&self, actor: &Actor, organisation: OrganisationId) -> Result<Organisation, Error> {
        self.ask(actor, &mut |read| {
            Ok(read.standing(organisation, Purpose::Ask)?.organisation.as_ref().clone())
        })
    }

    /// The organisation that verified a domain, for its members.
    ///
    /// Costs four look-ups.
    ///
    /// # Errors
    /// `organisation.not_found`; `directory.replica` where a replica cannot know.
    pub fn organisation_by_domain(&self, actor: &Actor, domain: &DomainName) -> Result<Organisation, Error> {
        self.ask(actor, &mut |read| {
            let Some(domain) = read.verified_domain(domain)? else {
                replica::knows_domains(read)?;
                return Err(no_organisation());
            };
            Ok(read.standing(domain.organisation, Purpose::Ask)?.organisation.as_ref().clone())
        })
    }

    /// A mailbox, for whoever has it and for the managers.
    ///
    /// Costs five look-ups.
    ///
    /// # Errors
    /// `mailbox.not_found`.
    pub fn mailbox(&self, actor: &Actor, mailbox: MailboxId) -> Result<Mailbox, Error> {
        self.ask(actor, &mut |read| Ok(read.at_mailbox(mailbox, Purpose::Ask)?.mailbox.as_ref().clone()))
    }

    /// The mailbox whose own address it is, or an alias's; for whoever has it and for the managers.
    ///
    /// Costs six look-ups.
    ///
    /// # Errors
    /// `mailbox.not_found`.
    pub fn mailbox_by_address(&self, actor: &Actor, address: &Address) -> Result<Mailbox, Error> {
        self.ask(actor, &mut |read| {
            let domain = read.verified_domain(address.domain())?.ok_or_else(no_mailbox)?;
            let mailbox = match read.address_holder(domain.organisation, address)? {
                Some(AddressHolder::Mailbox(mailbox)) => mailbox.id,
                Some(AddressHolder::Alias(alias)) => alias.mailbox,
                Some(AddressHolder::Freed(_)) | None => return Err(no_mailbox()),
            };
            Ok(read.at_mailbox(mailbox, Purpose::Ask)?.mailbox.as_ref().clone())
        })
    }

    /// A device, active or revoked; for whoever has its mailbox. Its networks are for its holder and the
    /// managers.
    ///
    /// Costs six look-ups.
    ///
    /// # Errors
    /// `device.not_found`.
    pub fn device(&self, actor: &Actor, device: DeviceId) -> Result<Device, Error> {
        self.ask(actor, &mut |read| Ok(visible_device(read, device, Purpose::Ask)?.1))
    }

    /// An invitation, for owners and admins, and for whoever sent it.
    ///
    /// Costs four look-ups.
    ///
    /// # Errors
    /// `invitation.not_found`.
    pub fn invitation(&self, actor: &Actor, invitation: InvitationId) -> Result<Invitation, Error> {
        self.ask(actor, &mut |read| {
            let invitation = read.invitation(invitation)?.ok_or_else(no_invitation)?;
            let standing = read.standing(invitation.organisation, Purpose::Ask).map_err(|error| {
                if error.code() == Code::OrganisationNotFound { no_invitation() } else { error }
            })?;
            let sent = standing.user().is_some() && standing.user() == invitation.sender.user();
            if standing.has(Power::Administer) || sent {
                Ok(invitation.as_ref().clone())
            } else {
                Err(no_invitation())
            }
        })
    }
}

/// As what one may send from a mailbox now: nothing without the right to send.
fn senders_of(read: &mut Reader<'_>, who: Sender, mailbox: MailboxId) -> Result<Senders, Error> {
    let Some(mailbox) = read.mailbox(mailbox)? else { return Ok(Senders::NONE) };
    let may = match who {
        Sender::User(user) => {
            let now = read.now_at(mailbox.id)?;
            read.facts(user, mailbox.id)?.access(Right::Send, now).is_ok()
        }
        Sender::Device(device) => match read.device(device)? {
            Some(device) if device.mailbox == mailbox.id => {
                crate::login::may_use(read, &device, Protocol::Smtp)?.is_ok()
            }
            _ => false,
        },
    };
    if may { resolve::senders(read, &mailbox) } else { Ok(Senders::NONE) }
}
