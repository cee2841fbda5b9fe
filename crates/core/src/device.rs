//! A device: one mail program on one machine, with one password of its own, shown once.

mod bounds;
mod commands;
mod revocation;

pub use bounds::{NarrowDevice, WidenDevice};
pub(crate) use commands::MOST_NETWORKS;
pub use commands::{AddDevice, AddLegacyDevice, For, Issued, RenameDevice, RotateDevice};
pub use revocation::{
    DevicesRevoked, RevokeDevice, RevokeDevicesOfHolder, RevokeDevicesOfMailbox, RevokeDevicesOfOrganisation,
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::actor::By;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::names::{claim, key, term};
use crate::secret::Selector;
use crate::store::{Claim, Key, Term};
use crate::time::Timestamp;
use crate::words::{Set, words};

words! {
    /// How a mail program talks to the server.
    pub enum Protocol {
        /// IMAP (RFC 9051).
        Imap = "imap",
        /// POP3 (RFC 1939).
        Pop3 = "pop3",
        /// SMTP submission (RFC 6409).
        Smtp = "smtp",
        /// ManageSieve (RFC 5804).
        ManageSieve = "managesieve",
        /// JMAP (RFC 8620).
        Jmap = "jmap",
        /// CalDAV (RFC 4791).
        CalDav = "caldav",
        /// CardDAV (RFC 6352).
        CardDav = "carddav",
    }
}

/// The protocols of a device.
pub type Protocols = Set<Protocol>;

/// The secret of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceSecret {
    /// One that this library made. Its selector is public.
    Password {
        /// Tells it from the other passwords of the mailbox.
        selector: Selector,
        /// The one before, while a rotation overlaps, and afterwards so that it is recognised.
        former: Option<FormerSecret>,
    },
    /// The mailbox password of another system, as it came from there.
    Legacy,
    /// None: the device came from elsewhere without its password, and opens nothing until it is rotated.
    Missing,
}

/// The secret before the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FormerSecret {
    /// Tells it from the other passwords of the mailbox.
    pub selector: Selector,
    /// Until when it works.
    pub until: Timestamp,
}

/// Since when the present and the former secret of a rotated device work, and to whom they were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rotation {
    /// Since when the present secret works.
    pub at: Timestamp,
    /// Everyone to whom the present secret was shown.
    pub known_to: Vec<UserId>,
    /// Since when the former one works or worked.
    pub former_since: Timestamp,
    /// Everyone to whom the former one was shown.
    pub former_known_to: Vec<UserId>,
}

/// Whether a device works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceState {
    /// It works, as far as its holder, mailbox and organisation let it.
    Active,
    /// Never again; it stays recognisable.
    Revoked {
        /// When.
        at: Timestamp,
        /// By whom.
        by: By,
    },
}

/// What a device may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The protocols that it may use.
    pub protocols: Protocols,
    /// The networks that it may come from; `None` for all.
    pub networks: Option<Vec<IpNet>>,
    /// Until when; good while it is earlier than that.
    pub expires: Option<Timestamp>,
}

/// One mail program on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Device {
    /// The id.
    pub id: DeviceId,
    /// Whose mailbox it is.
    pub organisation: OrganisationId,
    /// The mailbox that it opens.
    pub mailbox: MailboxId,
    /// What people call it.
    pub label: String,
    /// Whose it is; nobody's for a CRM or a printer.
    pub holder: Option<UserId>,
    /// Who has it, in words, where nobody with an account does.
    pub handed_to: Option<String>,
    /// Who made it.
    pub made_by: By,
    /// Since when.
    pub made_at: Timestamp,
    /// Everyone to whom a secret of it was shown.
    pub known_to: Vec<UserId>,
    /// What it may do.
    pub bounds: Bounds,
    /// Whether it works.
    pub state: DeviceState,
    /// Its secret, without what is secret about it.
    pub secret: DeviceSecret,
    /// Its last rotation; none while its first secret is the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

events! {
    /// What happens to a device.
    pub enum DeviceEvent {
        /// It exists now, and its password was shown.
        Added = "device.added" {
            /// What people call it.
            label: String,
            /// Whose it is.
            holder: Option<UserId>,
            /// Who has it, in words.
            handed_to: Option<String>,
            /// To whom its password was shown.
            shown_to: Option<UserId>,
            /// What it may do.
            bounds: Bounds,
            /// Its secret, without what is secret about it.
            secret: DeviceSecret,
        },
        /// People call it otherwise.
        Renamed = "device.renamed" {
            /// The new label.
            label: String,
        },
        /// It may do less.
        Narrowed = "device.narrowed" {
            /// The new bounds, whole.
            bounds: Bounds,
        },
        /// It may do more.
        Widened = "device.widened" {
            /// The new bounds, whole.
            bounds: Bounds,
        },
        /// It has a new password; the former one ends with the overlap.
        Rotated = "device.rotated" {
            /// Tells the new one from the others of the mailbox.
            selector: Selector,
            /// To whom it was shown.
            shown_to: Option<UserId>,
            /// Until when the former one works.
            until: Timestamp,
        },
        /// The new password was used for the first time, so the former one ended.
        OverlapEnded = "device.overlap_ended",
        /// Its legacy password was guessed at too often and works no more: rotate the device.
        PasswordDisabled = "device.password_disabled" {
            /// Failures in a row.
            failures: u32,
        },
        /// It goes on without a holder.
        Released = "device.released" {
            /// What it may do from now on.
            bounds: Bounds,
        },
        /// It never works again.
        Revoked = "device.revoked",
        /// It was revoked long ago and is not recognised any more.
        Forgotten = "device.forgotten",
        /// It went with its mailbox to another organisation.
        TransferredOut = "device.transferred_out" {
            /// Which.
            to: OrganisationId,
        },
        /// It came with its mailbox from another organisation, with the passwords that it has.
        TransferredIn = "device.transferred_in" {
            /// Which.
            from: OrganisationId,
            /// What people call it.
            label: String,
            /// Whose it is.
            holder: Option<UserId>,
            /// Who has it, in words.
            handed_to: Option<String>,
            /// Who made it.
            made_by: By,
            /// Since when.
            made_at: Timestamp,
            /// Everyone to whom a secret of it was shown.
            known_to: Vec<UserId>,
            /// What it may do.
            bounds: Bounds,
            /// Whether it works.
            state: DeviceState,
            /// Its secret, without what is secret about it.
            secret: DeviceSecret,
            /// Its last rotation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            rotation: Option<Rotation>,
        },
    }
}

impl DeviceEvent {
    /// The bounds that it tells, with the networks that not everybody may know.
    pub(crate) fn bounds_mut(&mut self) -> Option<&mut Bounds> {
        match self {
            Self::Added { bounds, .. }
            | Self::TransferredIn { bounds, .. }
            | Self::Narrowed { bounds }
            | Self::Widened { bounds }
            | Self::Released { bounds } => Some(bounds),
            Self::Renamed { .. }
            | Self::Rotated { .. }
            | Self::OverlapEnded
            | Self::PasswordDisabled { .. }
            | Self::Revoked
            | Self::Forgotten
            | Self::TransferredOut { .. } => None,
        }
    }
}

impl Device {
    /// Whether it was not revoked.
    pub fn is_active(&self) -> bool {
        self.state == DeviceState::Active
    }

    /// The verifiers of its secrets.
    pub(crate) fn secrets(&self) -> Vec<Key> {
        match &self.secret {
            DeviceSecret::Password { selector, former } => {
                let former = former.iter().map(|former| &former.selector);
                std::iter::once(selector).chain(former).map(|one| key::device_secret(self.id, one)).collect()
            }
            DeviceSecret::Legacy => vec![key::legacy_secret(self.id)],
            DeviceSecret::Missing => Vec::new(),
        }
    }

    /// The notes of its last use, by every protocol that it may ever have had.
    pub(crate) fn notes(&self) -> impl Iterator<Item = Key> {
        let id = self.id;
        Protocol::ALL.iter().map(move |protocol| key::last_use(id, protocol.as_str()))
    }

    fn learn(&mut self, person: Option<UserId>) {
        let present = self.rotation.iter_mut().map(|rotation| &mut rotation.known_to);
        for known_to in std::iter::once(&mut self.known_to).chain(present) {
            known_to.extend(person.filter(|person| !known_to.contains(person)));
        }
    }

    /// Everyone to whom a secret was shown that still works.
    pub(crate) fn knowers(&self, now: Timestamp) -> Vec<UserId> {
        if self.secret == DeviceSecret::Missing {
            return Vec::new();
        }
        let Some(rotation) = &self.rotation else { return self.known_to.clone() };
        let mut knowers = rotation.known_to.clone();
        if self.former_works(now).is_some() {
            knowers
                .extend(rotation.former_known_to.iter().filter(|person| !rotation.known_to.contains(person)));
        }
        knowers
    }

    /// Until when the secret before the present one works, if it still does.
    pub(crate) fn former_works(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.secret {
            DeviceSecret::Password { former: Some(former), .. } if now < former.until => Some(former.until),
            _ => None,
        }
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        mailbox: MailboxId,
        id: DeviceId,
        event: &DeviceEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let DeviceEvent::Added { label, holder, handed_to, shown_to, bounds, secret } = event {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                organisation,
                mailbox,
                label: label.clone(),
                holder: *holder,
                handed_to: handed_to.clone(),
                made_by: stamp.by.clone(),
                made_at: stamp.at,
                known_to: shown_to.iter().copied().collect(),
                bounds: bounds.clone(),
                state: DeviceState::Active,
                secret: secret.clone(),
                rotation: None,
            }));
        }
        if let DeviceEvent::TransferredIn {
            from: _,
            label,
            holder,
            handed_to,
            made_by,
            made_at,
            known_to,
            bounds,
            state: as_it_was,
            secret,
            rotation,
        } = event
        {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                organisation,
                mailbox,
                label: label.clone(),
                holder: *holder,
                handed_to: handed_to.clone(),
                made_by: made_by.clone(),
                made_at: *made_at,
                known_to: known_to.clone(),
                bounds: bounds.clone(),
                state: as_it_was.clone(),
                secret: secret.clone(),
                rotation: rotation.clone(),
            }));
        }
        let mut device = existing(state, event.kind())?;
        match event {
            DeviceEvent::Added { .. } | DeviceEvent::TransferredIn { .. } => {}
            DeviceEvent::Renamed { label } => device.label.clone_from(label),
            DeviceEvent::Narrowed { bounds } | DeviceEvent::Widened { bounds } => {
                device.bounds.clone_from(bounds)
            }
            DeviceEvent::Rotated { selector, shown_to, until } => {
                let former = match &device.secret {
                    DeviceSecret::Password { selector, .. } => {
                        Some(FormerSecret { selector: *selector, until: *until })
                    }
                    DeviceSecret::Legacy | DeviceSecret::Missing => None,
                };
                device.secret = DeviceSecret::Password { selector: *selector, former };
                let (former_since, former_known_to) = match device.rotation.take() {
                    Some(before) => (before.at, before.known_to),
                    None => (device.made_at, device.known_to.clone()),
                };
                let known_to = shown_to.iter().copied().collect();
                device.rotation = Some(Rotation { at: stamp.at, known_to, former_since, former_known_to });
                device.learn(*shown_to);
            }
            DeviceEvent::OverlapEnded => {
                if let DeviceSecret::Password { former: Some(former), .. } = &mut device.secret {
                    former.until = former.until.min(stamp.at);
                }
            }
            DeviceEvent::Released { bounds } => {
                let former = device.holder.take();
                device.learn(former);
                device.bounds.clone_from(bounds);
            }
            DeviceEvent::PasswordDisabled { .. } => {}
            DeviceEvent::Revoked => {
                device.state = DeviceState::Revoked { at: stamp.at, by: stamp.by.clone() }
            }
            DeviceEvent::Forgotten | DeviceEvent::TransferredOut { .. } => return Ok(None),
        }
        Ok(Some(device))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        match &self.secret {
            DeviceSecret::Password { selector, former } => {
                let former = former.iter().map(|former| &former.selector);
                std::iter::once(selector)
                    .chain(former)
                    .map(|one| claim::selector(self.mailbox, one))
                    .collect()
            }
            DeviceSecret::Legacy if self.is_active() => vec![claim::legacy(self.mailbox)],
            DeviceSecret::Legacy | DeviceSecret::Missing => Vec::new(),
        }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        let held = self.holder.map(term::all_held_devices);
        if !self.is_active() {
            let revoked = [term::revoked_devices(self.mailbox), term::all_revoked_devices(self.organisation)];
            return held.into_iter().chain(revoked).collect();
        }
        let held =
            held.into_iter().chain(self.holder.map(|holder| term::held_devices(self.organisation, holder)));
        let known = self.known_to.iter().map(|person| term::known_devices(self.organisation, *person));
        [term::devices(self.organisation), term::mailbox_devices(self.mailbox)]
            .into_iter()
            .chain(held)
            .chain(known)
            .collect()
    }
}
