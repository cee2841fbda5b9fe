//! An organisation: who it is, its policy, and its end.

mod commands;
mod sweep;

pub(crate) use commands::lifted;
pub use commands::{
    DeleteOrganisation, FoundOrganisation, Founded, OrganisationDeleted, RenameOrganisation,
    ResumeOrganisation, SetPolicy, SuspendOrganisation,
};
pub use sweep::{Sweep, Swept};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::actor::Authority;
use crate::entity::{existing, nothing};
use crate::error::{Code, Corrupt, Error};
use crate::event::{Stamp, events};
use crate::grant::{Right, Rights};
use crate::id::OrganisationId;
use crate::names::term;
use crate::store::Term;
use crate::time::Timestamp;
use crate::words::words;

/// The characters that may separate a user from the rest of a subaddress (RFC 5233).
pub const SEPARATORS: &[char] = &['+', '-', '=', '#'];

words! {
    /// Whether outsiders may be invited by those who hold `Sharing` on a mailbox.
    pub enum SharingInvites {
        /// They may invite Externals to that mailbox, within their own bounds.
        Allowed = "allowed",
        /// They may not.
        Refused = "refused",
    }
}

/// What an organisation's owners decide once for all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The rights of a grant that names none.
    pub mailbox_rights: Rights,
    /// Active devices a mailbox, 1 to 1,000.
    pub devices_per_mailbox: u32,
    /// How long an invitation is good, in days, 1 to 90.
    pub invitation_days: u32,
    /// How long a freed address is refused, in days, up to 3,650.
    pub quarantine_days: u32,
    /// What separates a user from the rest of a subaddress (RFC 5233): one of `+ - = #`; `None` for no subaddresses.
    pub separator: Option<char>,
    /// Up to how many aliases a mailbox may get by a grant with `Aliases`, up to 1,000.
    pub aliases_by_grant: u32,
    /// Whether holders of `Sharing` may invite outsiders.
    pub sharing_invites: SharingInvites,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mailbox_rights: Rights::from([
                Right::Send,
                Right::Devices,
                Right::AutoReplies,
                Right::Signatures,
                Right::Folders,
            ]),
            devices_per_mailbox: 100,
            invitation_days: 7,
            quarantine_days: 30,
            separator: Some('+'),
            aliases_by_grant: 20,
            sharing_invites: SharingInvites::Refused,
        }
    }
}

impl Policy {
    /// Refuses values out of range: `policy.invalid`.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |field: &str, range: &str| {
            Err(Error::new(Code::PolicyInvalid, format!("`{field}` must be {range}")).with("field", field))
        };
        if !(1..=1_000).contains(&self.devices_per_mailbox) {
            return refuse("devices_per_mailbox", "from 1 to 1000");
        }
        if !(1..=90).contains(&self.invitation_days) {
            return refuse("invitation_days", "from 1 to 90");
        }
        if self.quarantine_days > 3_650 {
            return refuse("quarantine_days", "at most 3650");
        }
        if self.aliases_by_grant > 1_000 {
            return refuse("aliases_by_grant", "at most 1000");
        }
        if self.separator.is_some_and(|separator| !SEPARATORS.contains(&separator)) {
            return refuse("separator", "one of + - = # or none");
        }
        Ok(())
    }

    pub(crate) fn invitation_life(&self) -> Duration {
        days(self.invitation_days)
    }

    pub(crate) fn quarantine(&self) -> Duration {
        days(self.quarantine_days)
    }
}

pub(crate) const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 86_400)
}

/// Whether an organisation works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrganisationState {
    /// It works.
    Active,
    /// Nobody gets in and mail waits; only reading and export go on.
    Suspended(Authority),
    /// Gone; the id stays for the history.
    Deleted,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organisation {
    /// The id.
    pub id: OrganisationId,
    /// What it is called.
    pub name: String,
    /// Whether it works.
    pub state: OrganisationState,
    /// What its owners decided for all of it.
    pub policy: Policy,
    /// Since when it exists.
    pub founded_at: Timestamp,
}

events! {
    /// What happens to an organisation.
    pub enum OrganisationEvent {
        /// It exists now.
        Founded = "organisation.founded" {
            /// Its name.
            name: String,
        },
        /// It is called otherwise.
        Renamed = "organisation.renamed" {
            /// The new name.
            name: String,
        },
        /// Its policy is another.
        PolicySet = "organisation.policy_set" {
            /// The new policy, whole.
            policy: Policy,
        },
        /// Nobody gets in any more.
        Suspended = "organisation.suspended" {
            /// Who alone may lift it.
            by: Authority,
        },
        /// It works again.
        Resumed = "organisation.resumed",
        /// It is gone, and all access in it with it.
        Deleted = "organisation.deleted",
    }
}

impl Organisation {
    /// Whether it works.
    pub fn is_active(&self) -> bool {
        self.state == OrganisationState::Active
    }

    pub(crate) fn apply(
        state: Option<Self>,
        id: OrganisationId,
        event: &OrganisationEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let OrganisationEvent::Founded { name } = event {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                name: name.clone(),
                state: OrganisationState::Active,
                policy: Policy::default(),
                founded_at: stamp.at,
            }));
        }
        let mut organisation = existing(state, event.kind())?;
        match event {
            OrganisationEvent::Founded { .. } => {}
            OrganisationEvent::Renamed { name } => organisation.name.clone_from(name),
            OrganisationEvent::PolicySet { policy } => organisation.policy = policy.clone(),
            OrganisationEvent::Suspended { by } => organisation.state = OrganisationState::Suspended(*by),
            OrganisationEvent::Resumed => organisation.state = OrganisationState::Active,
            OrganisationEvent::Deleted => organisation.state = OrganisationState::Deleted,
        }
        Ok(Some(organisation))
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        match self.state {
            OrganisationState::Deleted => vec![term::deleted()],
            _ => Vec::new(),
        }
    }
}
