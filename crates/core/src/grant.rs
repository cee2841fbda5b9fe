//! A grant: how a person gets to a mailbox, without another password.

mod commands;

pub use commands::{
    ChangeGrant, GiveUpGrant, GrantAccess, GrantEnded, HeldDevices, RevokeGrant, SetGrantExpiry,
};
pub(crate) use commands::{give, refuse_past};

use serde::{Deserialize, Serialize};

use crate::actor::By;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::names::term;
use crate::store::Term;
use crate::time::Timestamp;
use crate::words::{Set, words};

words! {
    /// What a person may do with a mailbox besides reading it.
    pub enum Right {
        /// Read it. Every grant implies it; none lists it.
        Read = "read",
        /// Send from it.
        Send = "send",
        /// Set up one's own devices.
        Devices = "devices",
        /// Set automatic replies.
        AutoReplies = "auto_replies",
        /// Change signatures.
        Signatures = "signatures",
        /// Forward its mail elsewhere.
        Forwarding = "forwarding",
        /// Add and remove its aliases.
        Aliases = "aliases",
        /// See its history.
        Activity = "activity",
        /// Restore what was deleted.
        Restorations = "restorations",
        /// Change filters.
        Filters = "filters",
        /// Change rules.
        Rules = "rules",
        /// Change folders.
        Folders = "folders",
        /// Change its security settings.
        Security = "security",
        /// Grant it to others, within one's own rights.
        Sharing = "sharing",
    }
}

/// Rights of a grant. `Read` goes without saying and is left out.
pub type Rights = Set<Right>;

/// How a person gets to a mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// Whose mailbox it is.
    pub organisation: OrganisationId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The person.
    pub user: UserId,
    /// What they may do besides reading.
    pub rights: Rights,
    /// Until when; good while it is earlier than that.
    pub expires: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// Who gave it.
    pub given_by: By,
    /// Since when.
    pub given_at: Timestamp,
    /// Who answers for its rights and its end now, where somebody else than who gave it has changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_by: Option<By>,
}

events! {
    /// What happens to a grant.
    pub enum GrantEvent {
        /// They have it now.
        Given = "grant.given" {
            /// What they may do besides reading.
            rights: Rights,
            /// Until when.
            expires: Option<Timestamp>,
            /// Why.
            reason: Option<String>,
            /// Who vouches for it, where that is not who acted: the sender of an invitation.
            giver: Option<By>,
        },
        /// They may do something else.
        RightsSet = "grant.rights_set" {
            /// The new rights, whole.
            rights: Rights,
        },
        /// It ends at another time.
        ExpirySet = "grant.expiry_set" {
            /// Until when.
            expires: Option<Timestamp>,
        },
        /// Somebody took it away.
        Revoked = "grant.revoked",
        /// They gave it up.
        GivenUp = "grant.given_up",
        /// It went with its mailbox to another organisation.
        TransferredOut = "grant.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came with its mailbox from another organisation, as it was there.
        TransferredIn = "grant.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// What they may do besides reading.
            rights: Rights,
            /// Until when.
            expires: Option<Timestamp>,
            /// Why.
            reason: Option<String>,
            /// Who gave it.
            given_by: By,
            /// Since when.
            given_at: Timestamp,
            /// Who answers for its rights and its end.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            terms_by: Option<By>,
        },
    }
}

impl Grant {
    /// Whether it is past its expiry.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// Whether it gives `right`; `Read` always.
    pub fn gives(&self, right: Right) -> bool {
        right == Right::Read || self.rights.contains(right)
    }

    /// Who answers for its rights and its end.
    pub fn terms_by(&self) -> &By {
        self.terms_by.as_ref().unwrap_or(&self.given_by)
    }

    fn vouched_by(&mut self, by: &By) {
        self.terms_by = (*by != self.given_by).then(|| by.clone());
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        mailbox: MailboxId,
        user: UserId,
        event: &GrantEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let GrantEvent::Given { rights, expires, reason, giver } = event {
            if state.as_ref().is_some_and(|grant| !grant.has_expired(stamp.at)) {
                return Err(Corrupt(format!("`{}` met a grant that stands", event.kind())));
            }
            return Ok(Some(Self {
                organisation,
                mailbox,
                user,
                rights: *rights,
                expires: *expires,
                reason: reason.clone(),
                given_by: giver.clone().unwrap_or_else(|| stamp.by.clone()),
                given_at: stamp.at,
                terms_by: None,
            }));
        }
        if let GrantEvent::TransferredIn { from: _, rights, expires, reason, given_by, given_at, terms_by } =
            event
        {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                organisation,
                mailbox,
                user,
                rights: *rights,
                expires: *expires,
                reason: reason.clone(),
                given_by: given_by.clone(),
                given_at: *given_at,
                terms_by: terms_by.clone(),
            }));
        }
        let mut grant = existing(state, event.kind())?;
        match event {
            GrantEvent::Given { .. } | GrantEvent::TransferredIn { .. } => {}
            GrantEvent::RightsSet { rights } => {
                grant.rights = *rights;
                grant.vouched_by(&stamp.by);
            }
            GrantEvent::ExpirySet { expires } => {
                grant.expires = *expires;
                grant.vouched_by(&stamp.by);
            }
            GrantEvent::Revoked | GrantEvent::GivenUp | GrantEvent::TransferredOut { .. } => return Ok(None),
        }
        Ok(Some(grant))
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        vec![term::all_grants(self.organisation), term::grants(self.organisation, self.user)]
    }
}
