//! Effective access: whether a person may do something with a mailbox.

use crate::error::Error;
use crate::grant::{Grant, Right, Rights};
use crate::id::{MailboxId, UserId};
use crate::mailbox::{Mailbox, MailboxState, Sending};
use crate::membership::{Membership, MembershipState};
use crate::names::{key, stream};
use crate::organisation::{Organisation, OrganisationState};
use crate::reader::Reader;
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

pub(super) fn mailbox_obstacle(mailbox: Option<MailboxState>) -> Option<Obstacle> {
    match mailbox {
        Some(MailboxState::Open) => None,
        Some(MailboxState::Suspended(_)) => Some(Obstacle::MailboxSuspended),
        Some(MailboxState::Closed(_)) => Some(Obstacle::MailboxClosed),
        Some(MailboxState::Deleted) | None => Some(Obstacle::MailboxUnknown),
    }
}

pub(super) fn organisation_obstacle(organisation: Option<OrganisationState>) -> Option<Obstacle> {
    match organisation {
        Some(OrganisationState::Active) => None,
        Some(OrganisationState::Suspended(_)) => Some(Obstacle::OrganisationSuspended),
        Some(OrganisationState::Deleted) | None => Some(Obstacle::OrganisationUnknown),
    }
}

pub(super) fn sending_obstacle(right: Right, sending: Sending) -> Option<Obstacle> {
    (right == Right::Send && matches!(sending, Sending::Held(_))).then_some(Obstacle::SendingHeld)
}

impl Reader<'_> {
    /// The present of the organisation that a mailbox belongs to.
    pub(crate) fn now_at(&mut self, mailbox: MailboxId) -> Result<Timestamp, Error> {
        match self.any_mailbox(mailbox)? {
            Some(mailbox) => self.now(&stream::organisation(mailbox.organisation)),
            None => Ok(self.instant()),
        }
    }

    /// What a user's access to a mailbox depends on.
    pub(crate) fn facts(&mut self, user: UserId, mailbox: MailboxId) -> Result<Facts, Error> {
        if let Some(view) = self.view() {
            return Ok(view.read(|access| access.facts(user, mailbox)));
        }
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
