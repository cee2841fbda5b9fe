//! Where an actor stands in an organisation or at a mailbox: every command and question begins here.

use std::sync::Arc;

use serde::Serialize;

use crate::actor::Actor;
use crate::error::{Code, Error};
use crate::grant::{Grant, Right};
use crate::history::Past;
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::mailbox::Mailbox;
use crate::membership::{Level, Membership, Role, Service, has_service};
use crate::names::stream;
use crate::organisation::Organisation;
use crate::reader::Reader;
use crate::time::Timestamp;
use crate::user::User;

/// A managing power in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Power {
    /// What an owner alone may do.
    Own,
    /// What admins may do.
    Administer,
    /// Mailboxes, aliases, grants and devices.
    ManageMail,
    /// Domains.
    ManageDomains,
}

impl Power {
    fn needs(self) -> &'static str {
        match self {
            Self::Own => "owner",
            Self::Administer => "admin",
            Self::ManageMail => "mail:manage",
            Self::ManageDomains => "domains:manage",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Own => "only an owner of the organisation may do this",
            Self::Administer => "only an owner or admin of the organisation may do this",
            Self::ManageMail => "only those who manage the organisation's mail may do this",
            Self::ManageDomains => "only those who manage the organisation's domains may do this",
        }
    }
}

/// Whether a membership has a managing power, were it active.
pub(crate) fn has_power(membership: &Membership, power: Power) -> bool {
    let admin = matches!(membership.role, Role::Owner | Role::Admin);
    match power {
        Power::Own => membership.role == Role::Owner,
        Power::Administer => admin,
        Power::ManageMail => admin || has_service(&membership.services, &Service::Mail, Level::Manage),
        Power::ManageDomains => admin || has_service(&membership.services, &Service::Domains, Level::Manage),
    }
}

/// The refusal of what somebody may see but not do.
pub(crate) fn denied(message: &str, needs: &str) -> Error {
    Error::new(Code::AccessDenied, message).with("needs", needs)
}

pub(crate) fn no_organisation() -> Error {
    Error::new(Code::OrganisationNotFound, "there is no such organisation, or you may not see it")
}

pub(crate) fn organisation_suspended() -> Error {
    Error::new(Code::OrganisationSuspended, "the organisation is suspended: nothing in it changes")
}

pub(crate) fn no_mailbox() -> Error {
    Error::new(Code::MailboxNotFound, "there is no such mailbox, or you may not see it")
}

pub(crate) fn no_user() -> Error {
    Error::new(Code::UserNotFound, "there is no such user, or you may not see them")
}

pub(crate) fn no_member() -> Error {
    Error::new(Code::MemberNotFound, "the organisation has no such member")
}

/// Whether somebody asks or changes: in a suspended organisation only asking goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Ask,
    Change,
}

#[derive(Debug, Clone)]
enum Asker {
    System,
    Member(Arc<Membership>),
    /// Someone who looks at a few mailboxes of a past, without any power there.
    Onlooker(Option<UserId>),
}

/// Where an actor stands in an organisation that they may see.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) organisation: Arc<Organisation>,
    pub(crate) now: Timestamp,
    asker: Asker,
}

impl Standing {
    /// Whether they have a managing power.
    pub(crate) fn has(&self, power: Power) -> bool {
        match &self.asker {
            Asker::System => true,
            Asker::Member(membership) => has_power(membership, power),
            Asker::Onlooker(_) => false,
        }
    }

    /// Refuses those without a managing power: `access.denied`.
    pub(crate) fn require(&self, power: Power) -> Result<(), Error> {
        if self.has(power) { Ok(()) } else { Err(denied(power.message(), power.needs())) }
    }

    /// Refuses changes in a suspended organisation: `organisation.suspended`. Asked after what the actor may see,
    /// so that it tells nobody what is there.
    pub(crate) fn allow(&self, purpose: Purpose) -> Result<(), Error> {
        if purpose == Purpose::Ask || self.organisation.is_active() {
            return Ok(());
        }
        Err(organisation_suspended())
    }

    /// Whether the actor is an owner. System is not: it passes the table of rights and no other rule.
    pub(crate) fn is_owner(&self) -> bool {
        matches!(&self.asker, Asker::Member(membership) if membership.role == Role::Owner)
    }

    /// The acting member.
    pub(crate) fn user(&self) -> Option<UserId> {
        match &self.asker {
            Asker::System => None,
            Asker::Member(membership) => Some(membership.user),
            Asker::Onlooker(user) => *user,
        }
    }

    pub(crate) fn id(&self) -> OrganisationId {
        self.organisation.id
    }
}

/// Where an actor stands at a mailbox that they may see.
#[derive(Debug, Clone)]
pub(crate) struct AtMailbox {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) standing: Standing,
    /// Their own grant, if it is not past its expiry.
    pub(crate) grant: Option<Arc<Grant>>,
}

impl AtMailbox {
    /// Whether they manage the organisation's mail.
    pub(crate) fn manages(&self) -> bool {
        self.standing.has(Power::ManageMail)
    }

    /// Refuses those who do not manage the organisation's mail: `access.denied`.
    pub(crate) fn require_manager(&self) -> Result<(), Error> {
        self.standing.require(Power::ManageMail)
    }

    /// Whether their own grant gives a right now.
    pub(crate) fn holds(&self, right: Right) -> bool {
        self.mailbox.is_open() && self.grant.as_ref().is_some_and(|grant| grant.gives(right))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.standing.now
    }

    pub(crate) fn organisation(&self) -> OrganisationId {
        self.mailbox.organisation
    }
}

impl Reader<'_> {
    /// The acting user, who must be active: `user.not_found`, `actor.suspended`.
    pub(crate) fn acting_user(&mut self, user: UserId) -> Result<Arc<User>, Error> {
        let user = self.user(user)?.ok_or_else(no_user)?;
        if user.is_active() {
            Ok(user)
        } else {
            Err(Error::new(Code::ActorSuspended, "the acting user is suspended"))
        }
    }

    /// Refuses an acting person who is suspended: `actor.suspended`. Who may look at a past was decided when it was
    /// asked for.
    pub(crate) fn refuse_suspended(&mut self) -> Result<(), Error> {
        match self.actor().user() {
            Some(user) if self.past().is_none() => self.acting_user(user).map(drop),
            _ => Ok(()),
        }
    }

    /// Where the actor stands in an organisation: `organisation.not_found` for outsiders,
    /// `organisation.suspended` for changes in a suspended one.
    pub(crate) fn standing(
        &mut self,
        organisation: OrganisationId,
        purpose: Purpose,
    ) -> Result<Standing, Error> {
        let standing = self.standing_in_any_state(organisation)?;
        standing.allow(purpose)?;
        Ok(standing)
    }

    /// The same, where a suspended organisation takes the change.
    pub(crate) fn standing_in_any_state(&mut self, organisation: OrganisationId) -> Result<Standing, Error> {
        let asker = match (self.past(), self.actor()) {
            (Some(past), _) => match past {
                Past::Whole => Asker::System,
                Past::Mailboxes(_) => return Err(no_organisation()),
            },
            (None, Actor::System(_)) => Asker::System,
            (None, Actor::Bearer) => return Err(no_organisation()),
            (None, Actor::User(user)) => {
                let user = self.acting_user(*user)?;
                let membership = self.membership(organisation, user.id)?;
                Asker::Member(
                    membership.filter(|membership| membership.is_active()).ok_or_else(no_organisation)?,
                )
            }
        };
        let organisation = self.organisation(organisation)?.ok_or_else(no_organisation)?;
        let now = self.now(&stream::organisation(organisation.id))?;
        Ok(Standing { organisation, now, asker })
    }

    /// Where the actor stands at a mailbox: `mailbox.not_found` for those who neither manage it nor were
    /// granted it.
    pub(crate) fn at_mailbox(&mut self, mailbox: MailboxId, purpose: Purpose) -> Result<AtMailbox, Error> {
        let mailbox = self.mailbox(mailbox)?.ok_or_else(no_mailbox)?;
        if let Some(Past::Mailboxes(visible)) = self.past() {
            if !visible.contains(&mailbox.id) {
                return Err(no_mailbox());
            }
            let organisation = self.organisation(mailbox.organisation)?.ok_or_else(no_mailbox)?;
            let asker = Asker::Onlooker(self.actor().user());
            let standing = Standing { organisation, now: self.instant(), asker };
            return Ok(AtMailbox { mailbox, standing, grant: None });
        }
        let standing =
            self.standing_in_any_state(mailbox.organisation).map_err(|error| match error.code() {
                Code::OrganisationNotFound => no_mailbox(),
                _ => error,
            })?;
        let grant = match standing.user() {
            Some(user) => self.grant(mailbox.id, user)?.filter(|grant| !grant.has_expired(standing.now)),
            None => None,
        };
        if grant.is_none() && !standing.has(Power::ManageMail) {
            return Err(no_mailbox());
        }
        standing.allow(purpose)?;
        Ok(AtMailbox { mailbox, standing, grant })
    }
}
