//! An alias: another entrance to a mailbox, granted to nobody, without devices, with which nobody logs in.

mod commands;

pub use commands::{AddAlias, AliasRemoved, RemoveAlias, SetAliasSending};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId};
use crate::names::{claim, term};
use crate::store::{Claim, Term};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Whether one may send as an alias.
    #[derive(Default)]
    pub enum AliasSending {
        /// Those who may send from the mailbox may send as the alias.
        #[default]
        Allowed = "allowed",
        /// Nobody sends as it; it only receives.
        Refused = "refused",
    }
}

/// Another entrance to a mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Alias {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it leads.
    pub mailbox: MailboxId,
    /// The address, unique among addresses.
    pub address: Address,
    /// Whether one may send as it.
    pub sending: AliasSending,
    /// Since when it exists.
    pub added_at: Timestamp,
}

events! {
    /// What happens to an alias.
    pub enum AliasEvent {
        /// It leads to the mailbox now.
        Added = "alias.added" {
            /// Whether one may send as it.
            sending: AliasSending,
        },
        /// One may send as it, or not any more.
        SendingSet = "alias.sending_set" {
            /// Which.
            sending: AliasSending,
        },
        /// It leads nowhere any more.
        Removed = "alias.removed",
        /// It went with its domain to another organisation.
        TransferredOut = "alias.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came with its domain from another organisation.
        TransferredIn = "alias.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// Whether one may send as it.
            sending: AliasSending,
            /// Since when it exists.
            added_at: Timestamp,
        },
    }
}

impl Alias {
    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        mailbox: MailboxId,
        address: &Address,
        event: &AliasEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        match event {
            AliasEvent::Added { sending } => {
                nothing(&state, event.kind())?;
                let address = address.clone();
                Ok(Some(Self { organisation, mailbox, address, sending: *sending, added_at: stamp.at }))
            }
            AliasEvent::SendingSet { sending } => {
                existing(state, event.kind()).map(|alias| Some(Self { sending: *sending, ..alias }))
            }
            AliasEvent::TransferredIn { sending, added_at, .. } => {
                nothing(&state, event.kind())?;
                let address = address.clone();
                Ok(Some(Self { organisation, mailbox, address, sending: *sending, added_at: *added_at }))
            }
            AliasEvent::Removed | AliasEvent::TransferredOut { .. } => {
                existing(state, event.kind()).map(|_| None)
            }
        }
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        vec![claim::address(self.organisation, &self.address)]
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        vec![
            term::aliases(self.organisation),
            term::addresses(self.organisation, self.address.domain()),
            term::look(self.organisation, &self.address),
        ]
    }
}
