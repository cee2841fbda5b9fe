//! A mailbox: the container, which has no password of its own; and the addresses that one leaves behind.

mod commands;
mod removal;

pub use commands::{
    CloseMailbox, FormerAddress, HoldSending, MailboxRenamed, OpenMailbox, ReleaseSending, RenameMailbox,
    ReopenMailbox, ResumeMailbox, SetMailboxName, SuspendMailbox,
};
pub use removal::{DeleteMailbox, MailboxDeleted};

use serde::{Deserialize, Serialize};

use crate::actor::{Authority, By};
use crate::address::Address;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId};
use crate::names::{claim, term};
use crate::store::{Claim, Term};
use crate::time::Timestamp;

/// Whether a mailbox takes mail and lets people in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MailboxState {
    /// Both.
    Open,
    /// Mail is accepted; nobody gets in and nothing is sent.
    Suspended(Authority),
    /// Mail is refused too; everything comes back on reopening.
    Closed(Authority),
    /// Gone; the id stays for the history.
    Deleted,
}

/// Whether mail may be sent from a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sending {
    /// It may.
    Allowed,
    /// It may not, whoever asks.
    Held(Authority),
}

/// A mailbox: the container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mailbox {
    /// The id.
    pub id: MailboxId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its address, unique among addresses.
    pub address: Address,
    /// What people read beside the address.
    pub name: Option<String>,
    /// Whether it takes mail and lets people in.
    pub state: MailboxState,
    /// Whether mail may be sent from it.
    pub sending: Sending,
    /// Since when it exists.
    pub opened_at: Timestamp,
    /// Who opened it.
    pub opened_by: By,
}

events! {
    /// What happens to a mailbox.
    pub enum MailboxEvent {
        /// It exists now.
        Opened = "mailbox.opened" {
            /// Its address.
            address: Address,
            /// What people read beside it.
            name: Option<String>,
        },
        /// Its address is another.
        Renamed = "mailbox.renamed" {
            /// The new address.
            address: Address,
        },
        /// People read another name beside the address.
        NameSet = "mailbox.name_set" {
            /// The new name.
            name: Option<String>,
        },
        /// Nobody gets in for now.
        Suspended = "mailbox.suspended" {
            /// Who alone may lift it.
            by: Authority,
        },
        /// Whoever had access has it again.
        Resumed = "mailbox.resumed",
        /// Nobody gets in and mail is refused.
        Closed = "mailbox.closed" {
            /// Who alone may lift it.
            by: Authority,
        },
        /// Everything is back.
        Reopened = "mailbox.reopened",
        /// Nothing may be sent from it.
        SendingHeld = "mailbox.sending_held" {
            /// Who alone may lift it.
            by: Authority,
        },
        /// Mail may be sent again.
        SendingReleased = "mailbox.sending_released",
        /// It is gone, and all access to it.
        Deleted = "mailbox.deleted",
        /// It went with its domain to another organisation.
        TransferredOut = "mailbox.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came with its domain from another organisation, as it was there.
        TransferredIn = "mailbox.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// Its address.
            address: Address,
            /// What people read beside it.
            name: Option<String>,
            /// Whether it takes mail and lets people in.
            state: MailboxState,
            /// Whether mail may be sent from it.
            sending: Sending,
            /// Since when it exists.
            opened_at: Timestamp,
            /// Who opened it.
            opened_by: By,
        },
    }
}

impl Mailbox {
    /// Whether it lets people in.
    pub fn is_open(&self) -> bool {
        self.state == MailboxState::Open
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        id: MailboxId,
        event: &MailboxEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let MailboxEvent::Opened { address, name } = event {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                organisation,
                address: address.clone(),
                name: name.clone(),
                state: MailboxState::Open,
                sending: Sending::Allowed,
                opened_at: stamp.at,
                opened_by: stamp.by.clone(),
            }));
        }
        if let MailboxEvent::TransferredIn {
            address,
            name,
            state: as_it_was,
            sending,
            opened_at,
            opened_by,
            ..
        } = event
        {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                organisation,
                address: address.clone(),
                name: name.clone(),
                state: *as_it_was,
                sending: *sending,
                opened_at: *opened_at,
                opened_by: opened_by.clone(),
            }));
        }
        let mut mailbox = existing(state, event.kind())?;
        match event {
            MailboxEvent::Opened { .. } | MailboxEvent::TransferredIn { .. } => {}
            MailboxEvent::Renamed { address } => mailbox.address = address.clone(),
            MailboxEvent::NameSet { name } => mailbox.name.clone_from(name),
            MailboxEvent::Suspended { by } => mailbox.state = MailboxState::Suspended(*by),
            MailboxEvent::Closed { by } => mailbox.state = MailboxState::Closed(*by),
            MailboxEvent::Resumed | MailboxEvent::Reopened => mailbox.state = MailboxState::Open,
            MailboxEvent::SendingHeld { by } => mailbox.sending = Sending::Held(*by),
            MailboxEvent::SendingReleased => mailbox.sending = Sending::Allowed,
            MailboxEvent::Deleted => mailbox.state = MailboxState::Deleted,
            MailboxEvent::TransferredOut { .. } => return Ok(None),
        }
        Ok(Some(mailbox))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        match self.state {
            MailboxState::Deleted => Vec::new(),
            _ => vec![claim::address(self.organisation, &self.address)],
        }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        match self.state {
            MailboxState::Deleted => vec![term::deleted()],
            _ => vec![
                term::mailboxes(self.organisation),
                term::addresses(self.organisation, self.address.domain()),
                term::look(self.organisation, &self.address),
            ],
        }
    }
}

/// An address that was freed. Nobody gets it until its quarantine ends, unless a manager reclaims it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FreedAddress {
    /// Whose it was.
    pub organisation: OrganisationId,
    /// The address.
    pub address: Address,
    /// Since when it is free.
    pub freed_at: Timestamp,
    /// Until when mail to it is refused and nobody gets it.
    pub until: Timestamp,
}

events! {
    /// What happens to an address without a mailbox.
    pub enum FreedAddressEvent {
        /// It leads nowhere any more.
        Freed = "address.freed" {
            /// When its quarantine ends.
            until: Timestamp,
        },
        /// Somebody gets it.
        Reused = "address.reused",
        /// It went with its domain to another organisation.
        TransferredOut = "address.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came with its domain from another organisation.
        TransferredIn = "address.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// Since when it is free.
            freed_at: Timestamp,
            /// When its quarantine ends.
            until: Timestamp,
        },
    }
}

impl FreedAddress {
    /// Whether mail to it is still refused and nobody gets it.
    pub fn is_in_quarantine(&self, now: Timestamp) -> bool {
        now < self.until
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        address: &Address,
        event: &FreedAddressEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        match event {
            FreedAddressEvent::Freed { until } => {
                nothing(&state, event.kind())?;
                Ok(Some(Self { organisation, address: address.clone(), freed_at: stamp.at, until: *until }))
            }
            FreedAddressEvent::TransferredIn { freed_at, until, .. } => {
                nothing(&state, event.kind())?;
                let address = address.clone();
                Ok(Some(Self { organisation, address, freed_at: *freed_at, until: *until }))
            }
            FreedAddressEvent::Reused | FreedAddressEvent::TransferredOut { .. } => {
                existing(state, event.kind()).map(|_| None)
            }
        }
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        vec![claim::address(self.organisation, &self.address)]
    }
}
