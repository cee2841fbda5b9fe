//! What deserves a second look, and the command that settles it.

use std::fmt;

use serde::Serialize;

use crate::commands::AnyCommand;
use crate::id::UserId;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Why something deserves a second look.
    pub enum WarningKind {
        /// No owner of the organisation can act. The command makes an acting admin, or whoever was a member longest, its
        /// owner, and is for the host to run.
        OrganisationOwnerless = "organisation.ownerless",
        /// The organisation is suspended: nobody gets in, and no command of the other warnings goes through.
        OrganisationSuspended = "organisation.suspended",
        /// It was given more than 30 days ago and never used.
        NeverUsed = "access.never_used",
        /// It was not used for 90 days.
        Unused = "access.unused",
        /// It is past its expiry and gives nothing any more.
        Expired = "access.expired",
        /// It ends within 14 days. The command lets it go on for 90 days more; to let it end, do nothing.
        ExpiresSoon = "access.expires_soon",
        /// Somebody from outside the organisation has it.
        External = "access.external",
        /// Its holder gave it to herself.
        SelfGiven = "grant.self_given",
        /// Whoever gave it, or changed it last, could not give it today: they left, or lost the power or the rights for it.
        GiverLost = "grant.giver_lost",
        /// Nobody holds the device, so that it ends with nobody's access.
        Holderless = "device.holderless",
        /// Somebody was shown a password that still works and has no access to the mailbox any more.
        KnownToLeaver = "device.known_to_leaver",
        /// The device still works by the mailbox password of another system.
        Legacy = "device.legacy",
        /// The invitation is past its expiry and cannot be accepted.
        InvitationExpired = "invitation.expired",
        /// Whoever sent the invitation could not give today what it promises, so that it cannot be accepted.
        SenderLost = "invitation.sender_lost",
    }
}

/// Why something deserves a second look, and the command that settles it.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// Why.
    pub kind: WarningKind,
    /// The instant it is about: the last use, the expiry, or since when.
    pub at: Option<Timestamp>,
    /// The person it is about: the giver, the sender, or whoever knows the password.
    pub who: Option<UserId>,
    /// The command that settles it, for [`Directory::preview_any`](crate::Directory::preview_any) and
    /// [`run_any`](crate::Directory::run_any). None where nobody is there to settle it, where whoever asked may not, and
    /// in a past. The command of `organisation.ownerless` alone is shown to admins too, who hand it to the host.
    pub settle: Option<AnyCommand>,
}

impl Warning {
    pub(super) fn new(kind: WarningKind, settle: impl Into<Option<AnyCommand>>) -> Self {
        Self { kind, at: None, who: None, settle: settle.into() }
    }

    pub(super) fn at(mut self, at: Option<Timestamp>) -> Self {
        self.at = at;
        self
    }

    pub(super) fn about(mut self, who: Option<UserId>) -> Self {
        self.who = who;
        self
    }
}

/// One sentence for people; to translate it, go by `kind`, `at` and `who`.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.who.map_or_else(|| "somebody".to_owned(), |who| format!("`{who}`"));
        let at = self.at.map_or_else(|| "some time ago".to_owned(), |at| format!("`{at}`"));
        match self.kind {
            WarningKind::OrganisationOwnerless => f.write_str("no owner can act: let the host appoint one"),
            WarningKind::OrganisationSuspended => {
                f.write_str("the organisation is suspended: nothing in it changes until it is resumed")
            }
            WarningKind::NeverUsed => write!(f, "there since {at} and never used: take it back"),
            WarningKind::Unused => write!(f, "last used at {at}: take it back if nobody misses it"),
            WarningKind::Expired => write!(f, "ended at {at}: take it back, or grant access anew"),
            WarningKind::ExpiresSoon => write!(f, "ends at {at}: extend it, or let it end"),
            WarningKind::External => {
                write!(f, "held by someone outside, {who}: take it back once it is done with")
            }
            WarningKind::SelfGiven => write!(f, "{who} gave it to herself: ask why, or take it back"),
            WarningKind::GiverLost => {
                write!(f, "given by {who}, who could not give it today: take it back, or give it anew")
            }
            WarningKind::Holderless => f.write_str(
                "nobody holds the device, so nobody's leaving ends it: revoke it once it is not needed",
            ),
            WarningKind::KnownToLeaver => {
                write!(f, "{who} knows the password and has no access any more: rotate the device")
            }
            WarningKind::Legacy => {
                f.write_str("it still works by the mailbox password of another system: rotate the device")
            }
            WarningKind::InvitationExpired => write!(f, "ended at {at}: take it back, or invite again"),
            WarningKind::SenderLost => {
                write!(f, "sent by {who}, who could not give it today: send it anew, or take it back")
            }
        }
    }
}
