//! A domain of an organisation: its proof, its catch-all, what it is another name of, and to whom it is offered.
//!
//! | to | run, in this order |
//! | --- | --- |
//! | hold addresses in a domain | [`AddDomain`], which gives a challenge; [`VerifyDomain`], once the host has seen it in the DNS |
//! | get mail to unknown addresses | [`SetCatchAll`] |
//! | let one domain be another name of a second | [`SetDomainAlias`] |
//! | hand it over with its mailboxes, where a firm is sold or split | [`OfferDomain`] by one owner, [`AcceptDomain`] by the other |
//! | let go of it | [`RemoveDomain`], once no address is in it |

mod commands;
mod offer;
mod transfer;

pub use commands::{AddDomain, DomainAdded, RemoveDomain, SetCatchAll, SetDomainAlias, VerifyDomain};

pub use offer::{DeclineDomainOffer, DomainOffered, OfferDomain, OfferedDomain, WithdrawDomainOffer};
pub use transfer::{AcceptDomain, AccessEnded, DomainAccepted};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::actor::By;
use crate::address::DomainName;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId};
use crate::names::{claim, term};
use crate::store::{Claim, Term};
use crate::time::Timestamp;
use crate::words::words;

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
    /// To whom its owners offer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<DomainOffer>,
}

words! {
    /// What becomes of access to the mailboxes of a domain that goes to another organisation.
    pub enum OfferedAccess {
        /// It ends: all grants and all devices are revoked.
        Ends = "ends",
        /// It goes on: whoever has a grant becomes an External there, and devices work as before.
        GoesOn = "goes_on",
    }
}

/// A domain on offer to another organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DomainOffer {
    /// Who may have it.
    pub to: OrganisationId,
    /// What becomes of access.
    pub access: OfferedAccess,
    /// Who offered it.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// Until when; good while it is earlier than that.
    pub until: Timestamp,
    /// How many mailboxes there were then.
    pub mailboxes: usize,
    /// How many people had a grant on one of them then.
    pub people: usize,
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
        /// Another organisation may have it.
        Offered = "domain.offered" {
            /// Which.
            to: OrganisationId,
            /// What becomes of access.
            access: OfferedAccess,
            /// Until when.
            until: Timestamp,
            /// How many mailboxes there are.
            mailboxes: usize,
            /// How many people have a grant on one of them.
            people: usize,
        },
        /// The offer was taken back.
        OfferWithdrawn = "domain.offer_withdrawn",
        /// The other organisation does not want it.
        OfferDeclined = "domain.offer_declined",
        /// The other organisation has it now, with its mailboxes.
        TransferredOut = "domain.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came from another organisation, with its mailboxes.
        TransferredIn = "domain.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// Since when it is verified.
            since: Timestamp,
            /// The mailbox that gets what nobody else does.
            catch_all: Option<MailboxId>,
        },
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
                offer: None,
            }));
        }
        if let DomainEvent::TransferredIn { since, catch_all, .. } = event {
            // A proof that was waited for is needed no more.
            if state.as_ref().is_some_and(Self::is_verified) {
                nothing(&state, event.kind())?;
            }
            return Ok(Some(Self {
                organisation,
                name: name.clone(),
                proof: DomainProof::Verified { since: *since },
                alias_of: None,
                catch_all: *catch_all,
                offer: None,
            }));
        }
        let mut domain = existing(state, event.kind())?;
        match event {
            DomainEvent::Added { .. } | DomainEvent::TransferredIn { .. } => {}
            DomainEvent::Verified => domain.proof = DomainProof::Verified { since: stamp.at },
            DomainEvent::CatchAllSet { mailbox } => domain.catch_all = *mailbox,
            DomainEvent::AliasSet { of } => domain.alias_of.clone_from(of),
            DomainEvent::Offered { to, access, until, mailboxes, people } => {
                domain.offer = Some(DomainOffer {
                    to: *to,
                    access: *access,
                    by: stamp.by.clone(),
                    at: stamp.at,
                    until: *until,
                    mailboxes: *mailboxes,
                    people: *people,
                });
            }
            DomainEvent::OfferWithdrawn | DomainEvent::OfferDeclined => domain.offer = None,
            DomainEvent::Removed | DomainEvent::TransferredOut { .. } => return Ok(None),
        }
        Ok(Some(domain))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        if self.is_verified() { vec![claim::domain(&self.name)] } else { Vec::new() }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        let alias_of = self.alias_of.as_ref().map(|of| term::alias_domains(self.organisation, of));
        let offered = self.offer.as_ref().map(|offer| term::domain_offers(offer.to));
        alias_of.into_iter().chain(self.catch_all.map(term::catch_alls)).chain(offered).collect()
    }
}
