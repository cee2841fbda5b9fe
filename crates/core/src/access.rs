//! The rules: who has access to what, and who may do what. They stand here once.
//!
//! The first half is pure: facts in, verdict out, so that rows and the access view share it. The second half
//! places an actor in an organisation or at a mailbox, where every command and question begins.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

use crate::actor::Actor;
use crate::device::{Protocol, Protocols};
use crate::error::{Code, Error};
use crate::grant::{Grant, Right, Rights};
use crate::history::Past;
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::mailbox::{Mailbox, MailboxState, Sending};
use crate::membership::{Level, Membership, MembershipState, Role, Service, has_service};
use crate::names::{key, stream};
use crate::organisation::{Organisation, OrganisationState};
use crate::reader::{Reader, of_kind};
use crate::time::Timestamp;
use crate::user::{User, UserState};
use crate::words::words;

words! {
    /// The links of the chain from a person to a right on a mailbox.
    pub enum Link {
        /// The person, who must be active.
        User = "user",
        /// The mailbox, which must be open.
        Mailbox = "mailbox",
        /// Its organisation, which must be active.
        Organisation = "organisation",
        /// The person's membership there, which must be active.
        Membership = "membership",
        /// Their grant on the mailbox, which must not be past its expiry.
        Grant = "grant",
        /// The right, which must be `read` or in the grant.
        Right = "right",
        /// The mailbox's sending, which must not be held where the right is `send`.
        Sending = "sending",
    }
}

words! {
    /// What is wrong with a link.
    pub enum Obstacle {
        /// There is no such user.
        UserUnknown = "user_unknown",
        /// The user is suspended.
        UserSuspended = "user_suspended",
        /// There is no such mailbox.
        MailboxUnknown = "mailbox_unknown",
        /// The mailbox is suspended.
        MailboxSuspended = "mailbox_suspended",
        /// The mailbox is closed.
        MailboxClosed = "mailbox_closed",
        /// The organisation is gone.
        OrganisationUnknown = "organisation_unknown",
        /// The organisation is suspended.
        OrganisationSuspended = "organisation_suspended",
        /// The user is no member.
        MembershipMissing = "membership_missing",
        /// The membership is suspended.
        MembershipSuspended = "membership_suspended",
        /// The user has no grant on the mailbox.
        GrantMissing = "grant_missing",
        /// The grant is past its expiry.
        GrantExpired = "grant_expired",
        /// The grant does not give the right.
        RightMissing = "right_missing",
        /// Sending from the mailbox is held.
        SendingHeld = "sending_held",
    }
}

/// What effective access depends on. Small and copied, so that dense arrays can give it too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    pub(crate) user: Option<UserState>,
    pub(crate) mailbox: Option<MailboxState>,
    pub(crate) sending: Sending,
    pub(crate) organisation: Option<OrganisationState>,
    pub(crate) membership: Option<MembershipState>,
    pub(crate) grant: Option<(Rights, Option<Timestamp>)>,
}

impl Facts {
    pub(crate) fn of(
        user: Option<&User>,
        mailbox: Option<&Mailbox>,
        organisation: Option<&Organisation>,
        membership: Option<&Membership>,
        grant: Option<&Grant>,
    ) -> Self {
        Self {
            user: user.map(|user| user.state),
            mailbox: mailbox.map(|mailbox| mailbox.state),
            sending: mailbox.map_or(Sending::Allowed, |mailbox| mailbox.sending),
            organisation: organisation.map(|organisation| organisation.state),
            membership: membership.map(|membership| membership.state),
            grant: grant.map(|grant| (grant.rights, grant.expires)),
        }
    }

    /// What is wrong with one link, if anything.
    pub(crate) fn obstacle(&self, link: Link, right: Right, now: Timestamp) -> Option<Obstacle> {
        match link {
            Link::User => match self.user {
                Some(UserState::Active) => None,
                Some(UserState::Suspended) => Some(Obstacle::UserSuspended),
                Some(UserState::Deleted) | None => Some(Obstacle::UserUnknown),
            },
            Link::Mailbox => mailbox_obstacle(self.mailbox),
            Link::Organisation => organisation_obstacle(self.organisation),
            Link::Membership => match self.membership {
                Some(MembershipState::Active) => None,
                Some(MembershipState::Suspended(_)) => Some(Obstacle::MembershipSuspended),
                None => Some(Obstacle::MembershipMissing),
            },
            Link::Grant => match self.grant {
                Some((_, Some(expires))) if now >= expires => Some(Obstacle::GrantExpired),
                Some(_) => None,
                None => Some(Obstacle::GrantMissing),
            },
            Link::Right => {
                let given =
                    right == Right::Read || self.grant.is_some_and(|(rights, _)| rights.contains(right));
                (!given).then_some(Obstacle::RightMissing)
            }
            Link::Sending => sending_obstacle(right, self.sending),
        }
    }

    /// Effective access: the first obstacle on the chain, if there is one.
    pub(crate) fn access(&self, right: Right, now: Timestamp) -> Result<(), Obstacle> {
        Link::ALL.iter().find_map(|link| self.obstacle(*link, right, now)).map_or(Ok(()), Err)
    }

    /// What a person may do with the mailbox now: nothing, or reading and these rights.
    pub(crate) fn effective_rights(&self, now: Timestamp) -> Option<Rights> {
        self.access(Right::Read, now).ok()?;
        let rights = self.grant.map_or(Rights::EMPTY, |(rights, _)| rights);
        Some(match self.sending {
            Sending::Allowed => rights,
            Sending::Held(_) => rights.without(Right::Send),
        })
    }
}

fn mailbox_obstacle(mailbox: Option<MailboxState>) -> Option<Obstacle> {
    match mailbox {
        Some(MailboxState::Open) => None,
        Some(MailboxState::Suspended(_)) => Some(Obstacle::MailboxSuspended),
        Some(MailboxState::Closed(_)) => Some(Obstacle::MailboxClosed),
        Some(MailboxState::Deleted) | None => Some(Obstacle::MailboxUnknown),
    }
}

fn organisation_obstacle(organisation: Option<OrganisationState>) -> Option<Obstacle> {
    match organisation {
        Some(OrganisationState::Active) => None,
        Some(OrganisationState::Suspended(_)) => Some(Obstacle::OrganisationSuspended),
        Some(OrganisationState::Deleted) | None => Some(Obstacle::OrganisationUnknown),
    }
}

fn sending_obstacle(right: Right, sending: Sending) -> Option<Obstacle> {
    (right == Right::Send && matches!(sending, Sending::Held(_))).then_some(Obstacle::SendingHeld)
}

/// The rights that a protocol needs besides reading.
pub(crate) fn needed_by(protocol: Protocol) -> Rights {
    match protocol {
        Protocol::Smtp => Rights::from([Right::Send]),
        Protocol::ManageSieve => Rights::from([Right::Filters, Right::Forwarding]),
        Protocol::Imap | Protocol::Pop3 | Protocol::Jmap | Protocol::CalDav | Protocol::CardDav => {
            Rights::EMPTY
        }
    }
}

/// The protocols that these rights allow.
pub(crate) fn allowed_protocols(rights: Rights) -> Protocols {
    Protocols::ALL.iter().filter(|protocol| needed_by(*protocol).is_subset(rights)).collect()
}

words! {
    /// Why a device password that is right does not open its mailbox.
    pub enum DeviceObstacle {
        /// The device was revoked.
        Revoked = "revoked",
        /// The device is past its expiry.
        Expired = "expired",
        /// A rotation replaced the password.
        Replaced = "replaced",
        /// The protocol is not among the device's.
        Protocol = "protocol",
        /// The source address is not in the device's networks, or not known.
        Network = "network",
        /// The mailbox is suspended.
        MailboxSuspended = "mailbox_suspended",
        /// The mailbox is closed or gone.
        MailboxClosed = "mailbox_closed",
        /// The organisation is suspended or gone.
        OrganisationSuspended = "organisation_suspended",
        /// The holder has no effective access any more.
        Holder = "holder",
        /// The holder may not do what the protocol needs.
        HolderRight = "holder_right",
        /// Sending from the mailbox is held.
        SendingHeld = "sending_held",
    }
}

/// What a device login depends on, once the password is known to be right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceFacts<'a> {
    pub(crate) active: bool,
    pub(crate) protocols: Protocols,
    pub(crate) networks: Option<&'a [IpNet]>,
    pub(crate) expires: Option<Timestamp>,
    /// The secret's own end, where a rotation overlaps.
    pub(crate) secret_ends: Option<Timestamp>,
    pub(crate) mailbox: Option<MailboxState>,
    pub(crate) sending: Sending,
    pub(crate) organisation: Option<OrganisationState>,
    /// What the holder's access depends on, where there is a holder.
    pub(crate) holder: Option<Facts>,
}

impl DeviceFacts<'_> {
    /// The rights of a session by `protocol` from `source`, or the first obstacle.
    pub(crate) fn login(
        &self,
        protocol: Protocol,
        source: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Rights, DeviceObstacle> {
        let ended = |end: Option<Timestamp>| end.is_some_and(|end| now >= end);
        if !self.active {
            return Err(DeviceObstacle::Revoked);
        }
        if ended(self.secret_ends) {
            return Err(DeviceObstacle::Replaced);
        }
        if ended(self.expires) {
            return Err(DeviceObstacle::Expired);
        }
        if !self.protocols.contains(protocol) {
            return Err(DeviceObstacle::Protocol);
        }
        if !self.networks.is_none_or(|networks| within(networks, source)) {
            return Err(DeviceObstacle::Network);
        }
        match mailbox_obstacle(self.mailbox) {
            None => {}
            Some(Obstacle::MailboxSuspended) => return Err(DeviceObstacle::MailboxSuspended),
            Some(_) => return Err(DeviceObstacle::MailboxClosed),
        }
        if organisation_obstacle(self.organisation).is_some() {
            return Err(DeviceObstacle::OrganisationSuspended);
        }
        if protocol == Protocol::Smtp && sending_obstacle(Right::Send, self.sending).is_some() {
            return Err(DeviceObstacle::SendingHeld);
        }
        match &self.holder {
            Some(holder) => {
                let rights = holder.effective_rights(now).ok_or(DeviceObstacle::Holder)?;
                if needed_by(protocol).is_subset(rights) {
                    Ok(rights)
                } else {
                    Err(DeviceObstacle::HolderRight)
                }
            }
            None => Ok(self.rights_of_nobody()),
        }
    }

    /// Without a holder a device may do what its protocols are for, and no more.
    fn rights_of_nobody(&self) -> Rights {
        let rights = self.protocols.iter().map(needed_by).fold(Rights::EMPTY, Rights::union);
        match self.sending {
            Sending::Allowed => rights,
            Sending::Held(_) => rights.without(Right::Send),
        }
    }
}

/// Whether a source lies in one of the networks; IPv4-mapped addresses count as IPv4, an unknown one is outside.
pub(crate) fn within(networks: &[IpNet], source: Option<IpAddr>) -> bool {
    source.is_some_and(|source| {
        let source = source.to_canonical();
        networks.iter().any(|network| network.contains(&source))
    })
}

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

    /// The present of the organisation that a mailbox belongs to.
    pub(crate) fn now_at(&mut self, mailbox: MailboxId) -> Result<Timestamp, Error> {
        match self.any_mailbox(mailbox)? {
            Some(mailbox) => self.now(&stream::organisation(mailbox.organisation)),
            None => Ok(self.instant()),
        }
    }

    /// What a user's access to a mailbox depends on.
    pub(crate) fn facts(&mut self, user: UserId, mailbox: MailboxId) -> Result<Facts, Error> {
        self.entities(&[key::user(user), key::mailbox(mailbox), key::grant(mailbox, user)])?;
        let user_row = self.user(user)?;
        let mailbox_row = self.mailbox(mailbox)?;
        let (organisation, membership) = match &mailbox_row {
            Some(mailbox) => {
                (self.organisation(mailbox.organisation)?, self.membership(mailbox.organisation, user)?)
            }
            None => (None, None),
        };
        let grant = self.grant(mailbox, user)?;
        Ok(Facts::of(
            user_row.as_deref(),
            mailbox_row.as_deref(),
            organisation.as_deref(),
            membership.as_deref(),
            grant.as_deref(),
        ))
    }
}

/// Refuses to give away more than one has: `grant.exceeds` for holders of `Sharing`, whose rights and expiry
/// bound what they give, before and after; `access.denied` for everybody else but the managers.
pub(crate) fn may_share(
    at: &AtMailbox,
    to: Option<&Membership>,
    user: Option<UserId>,
    terms: &[(Rights, Option<Timestamp>)],
) -> Result<(), Error> {
    if at.manages() {
        return Ok(());
    }
    let own = match &at.grant {
        Some(own) if at.holds(Right::Sharing) => own,
        _ => return Err(denied("only the managers and those with `sharing` may do this", "sharing")),
    };
    if user.is_some_and(|user| user == own.user) {
        return Err(denied("nobody changes their own grant", "mail:manage"));
    }
    if to.is_some_and(|membership| has_power(membership, Power::ManageMail)) {
        return Err(denied("only a manager changes a manager's grant", "mail:manage"));
    }
    let exceeds = terms.iter().any(|(rights, expires)| {
        let outlives = match (own.expires, expires) {
            (Some(own), Some(theirs)) => *theirs > own,
            (Some(_), None) => true,
            (None, _) => false,
        };
        outlives || !rights.is_subset(own.rights)
    });
    if exceeds {
        return Err(Error::new(
            Code::GrantExceeds,
            "nobody gives or takes away more than they have themselves",
        )
        .with("most", own.rights.iter().map(|right| right.as_str()).collect::<Vec<_>>()));
    }
    Ok(())
}

/// The owners that count: membership and user active.
pub(crate) fn acting_owners(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
) -> Result<Vec<UserId>, Error> {
    let owners: Vec<Arc<Membership>> =
        of_kind!(read.all_by_term(&crate::names::term::owners(organisation))?, Membership);
    let active = owners.iter().filter(|membership| membership.is_active()).map(|membership| membership.user);
    let users = read.users(active)?;
    Ok(users.into_iter().filter(|user| user.is_active()).map(|user| user.id).collect())
}

/// Refuses to take an organisation's last owner away: `owner.last`.
pub(crate) fn owner_remains(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    without: UserId,
) -> Result<(), Error> {
    if acting_owners(read, organisation)?.as_slice() == [without] {
        return Err(Error::new(
            Code::OwnerLast,
            "the organisation would have no owner: make another one first",
        )
        .with("organisation", organisation.to_string()));
    }
    Ok(())
}
