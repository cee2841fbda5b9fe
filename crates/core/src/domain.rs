//! A domain of an organisation: its proof, its catch-all, and what it is another name of.

mod commands;

pub use commands::{AddDomain, DomainAdded, RemoveDomain, SetCatchAll, SetDomainAlias, VerifyDomain};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::DomainName;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId};
use crate::names::{claim, term};
use crate::store::{Claim, Term};
use crate::time::Timestamp;

/// How long a domain may stay unproved.
pub(crate) const PENDING_LIFE: Duration = super::organisation::days(7);

/// Whether an organisation proved that a domain is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DomainProof {
    /// Not yet: it blocks nobody, holds no addresses, and lapses after 7 days.
    Pending {
        /// What the host asks to see, for example in a TXT record. Public.
        challenge: String,
        /// When it lapses.
        lapses: Timestamp,
    },
    /// The host saw the proof.
    Verified {
        /// Since when.
        since: Timestamp,
    },
}

/// A domain of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Domain {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its name, in A-labels.
    pub name: DomainName,
    /// Whether that is proved.
    pub proof: DomainProof,
    /// The domain that it is another name of.
    pub alias_of: Option<DomainName>,
    /// The mailbox that gets what nobody else does.
    pub catch_all: Option<MailboxId>,
}

events! {
    /// What happens to a domain.
    pub enum DomainEvent {
        /// Somebody says it is theirs.
        Added = "domain.added" {
            /// What the host asks to see.
            challenge: String,
            /// When it lapses.
            lapses: Timestamp,
        },
        /// The host saw the proof.
        Verified = "domain.verified",
        /// What nobody else gets goes there, or nowhere.
        CatchAllSet = "domain.catch_all_set" {
            /// The mailbox.
            mailbox: Option<MailboxId>,
        },
        /// It is another name of that domain, or of none.
        AliasSet = "domain.alias_set" {
            /// The other domain.
            of: Option<DomainName>,
        },
        /// The organisation has it no more.
        Removed = "domain.removed",
    }
}

impl Domain {
    /// Whether its proof was seen.
    pub fn is_verified(&self) -> bool {
        matches!(self.proof, DomainProof::Verified { .. })
    }

    pub(crate) fn has_lapsed(&self, now: Timestamp) -> bool {
        matches!(self.proof, DomainProof::Pending { lapses, .. } if now >= lapses)
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        name: &DomainName,
        event: &DomainEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let DomainEvent::Added { challenge, lapses } = event {
            if state.as_ref().is_some_and(|domain| !domain.has_lapsed(stamp.at)) {
                nothing(&state, event.kind())?;
            }
            let proof = DomainProof::Pending { challenge: challenge.clone(), lapses: *lapses };
            return Ok(Some(Self {
                organisation,
                name: name.clone(),
                proof,
                alias_of: None,
                catch_all: None,
            }));
        }
        let mut domain = existing(state, event.kind())?;
        match event {
            DomainEvent::Added { .. } => {}
            DomainEvent::Verified => domain.proof = DomainProof::Verified { since: stamp.at },
            DomainEvent::CatchAllSet { mailbox } => domain.catch_all = *mailbox,
            DomainEvent::AliasSet { of } => domain.alias_of.clone_from(of),
            DomainEvent::Removed => return Ok(None),
        }
        Ok(Some(domain))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        if self.is_verified() { vec![claim::domain(&self.name)] } else { Vec::new() }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        let alias_of = self.alias_of.as_ref().map(|of| term::alias_domains(self.organisation, of));
        alias_of.into_iter().chain(self.catch_all.map(term::catch_alls)).collect()
    }
}
