//! An invitation: a place in an organisation, promised to an address.

mod accept;
mod commands;

pub(crate) use accept::sender_can;
pub use accept::{AcceptInvitation, AcceptInvitationAsNew, Accepted};
pub use commands::{DeclineInvitation, Invite, Invited, ResendInvitation, RevokeInvitation};
pub(crate) use commands::{Missing, giver_can};

use serde::{Deserialize, Serialize};

use crate::actor::By;
use crate::address::Address;
use crate::entity::existing;
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::grant::Rights;
use crate::id::{InvitationId, MailboxId, OrganisationId};
use crate::membership::{Role, Services};
use crate::names::{claim, term};
use crate::store::{Claim, Term};
use crate::time::Timestamp;
use crate::user::{erased_address, mail_terms};
use crate::words::words;

words! {
    /// What became of an invitation.
    pub enum InvitationState {
        /// It waits for its answer.
        Pending = "pending",
        /// It was accepted.
        Accepted = "accepted",
        /// The invited person declined.
        Declined = "declined",
        /// Somebody took it back.
        Revoked = "revoked",
    }
}

/// A mailbox that an invitation promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What the invited person may do besides reading.
    pub rights: Rights,
    /// Until when.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// What an invitation promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The role.
    pub role: Role,
    /// The service rights.
    #[serde(default)]
    pub services: Services,
    /// The mailboxes.
    #[serde(default)]
    pub mailboxes: Vec<Promise>,
}

/// A place in an organisation, promised to an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// Where to.
    pub organisation: OrganisationId,
    /// Whoever reads mail there is invited.
    pub address: Address,
    /// What is promised.
    pub offer: Offer,
    /// Who vouches for it.
    pub sender: By,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// Until when; good while it is earlier than that.
    pub expires: Timestamp,
    /// What became of it.
    pub state: InvitationState,
    /// Who accepted it.
    pub accepted_by: Option<By>,
    /// Promised mailboxes that are gone.
    pub ended: Vec<MailboxId>,
}

events! {
    /// What happens to an invitation.
    pub enum InvitationEvent {
        /// It was sent, for the first time or anew.
        Sent = "invitation.sent" {
            /// To whom.
            address: Address,
            /// What is promised.
            offer: Offer,
            /// Until when.
            expires: Timestamp,
        },
        /// It was accepted.
        Accepted = "invitation.accepted" {
            /// By whom.
            user: crate::id::UserId,
            /// Whether with an account that was there before.
            account: Account,
            /// Promised mailboxes that were gone.
            left_out: Vec<MailboxId>,
        },
        /// The invited person declined.
        Declined = "invitation.declined",
        /// Somebody took it back.
        Revoked = "invitation.revoked",
        /// A mailbox that it promised is gone.
        PromiseEnded = "invitation.promise_ended" {
            /// The mailbox.
            mailbox: MailboxId,
        },
        /// To whom it was sent was erased, here and in the entries before this one; it ended where it waited.
        Erased = "invitation.erased",
    }
}

words! {
    /// With which account an invitation was accepted.
    pub enum Account {
        /// One that was there before.
        Existing = "existing",
        /// One that was made for it, with the invited address as its login.
        New = "new",
    }
}

impl Invitation {
    /// Whether it waits for its answer, expired or not.
    pub fn is_pending(&self) -> bool {
        self.state == InvitationState::Pending
    }

    /// Whether it is past its expiry.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        id: InvitationId,
        event: &InvitationEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let InvitationEvent::Sent { address, offer, expires } = event {
            if state.as_ref().is_some_and(|invitation| !invitation.is_pending()) {
                return Err(Corrupt(format!("`{}` met an invitation that ended", event.kind())));
            }
            return Ok(Some(Self {
                id,
                organisation,
                address: address.clone(),
                offer: offer.clone(),
                sender: stamp.by.clone(),
                sent_at: stamp.at,
                expires: *expires,
                state: InvitationState::Pending,
                accepted_by: None,
                ended: Vec::new(),
            }));
        }
        if state.is_none() && *event == InvitationEvent::Erased {
            // The row was swept before, with its organisation.
            return Ok(None);
        }
        let mut invitation = existing(state, event.kind())?;
        match event {
            InvitationEvent::Sent { .. } => {}
            InvitationEvent::Accepted { user, .. } => {
                invitation.state = InvitationState::Accepted;
                invitation.accepted_by = Some(By::User(*user));
            }
            InvitationEvent::Declined => invitation.state = InvitationState::Declined,
            InvitationEvent::Revoked => invitation.state = InvitationState::Revoked,
            InvitationEvent::PromiseEnded { mailbox } => {
                invitation.offer.mailboxes.retain(|promise| promise.mailbox != *mailbox);
                invitation.ended.push(*mailbox);
            }
            InvitationEvent::Erased => {
                invitation.address = erased_address(id)?;
                if invitation.is_pending() {
                    invitation.state = InvitationState::Revoked;
                }
            }
        }
        Ok(Some(invitation))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        if self.is_pending() { vec![claim::invitation(self.organisation, &self.address)] } else { Vec::new() }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        let mut terms = vec![term::invitations(self.organisation), term::invited(&self.address)];
        terms.extend(self.accepted_by.as_ref().and_then(By::user).map(term::accepted));
        if self.is_pending() {
            terms.extend(mail_terms(std::iter::once(&self.address)));
            terms.extend(self.sender.user().map(|sender| term::sent(self.organisation, sender)));
            terms.extend(self.offer.mailboxes.iter().map(|promise| term::promises(promise.mailbox)));
        }
        terms
    }
}
