//! Granting access to a mailbox, changing it, and taking it away with a choice about the devices.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Grant, GrantEvent, Right, Rights};
use crate::access::{AtMailbox, Purpose, allowed_protocols, denied, may_share, no_mailbox, no_user};
use crate::actor::By;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::device::{Bounds, Device, DeviceEvent};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::membership::NamedDevice;
use crate::reader::Reader;
use crate::text;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What becomes of the devices that a person holds on a mailbox whose grant ends. There is no default.
    pub enum HeldDevices {
        /// They are revoked.
        Revoke = "revoke",
        /// They go on without a holder, within what the grant allowed. For those who may add a device for nobody.
        Release = "release",
    }
}

/// Gives a member access to a mailbox: reading, and these rights. The managers; also a grant with `Sharing`, to
/// others than managers, within its own rights and expiry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantAccess {
    /// To which mailbox.
    pub mailbox: MailboxId,
    /// For whom: a member of the mailbox's organisation, if only as an External.
    pub user: UserId,
    /// What they may do besides reading; the organisation's default where it is left out.
    #[serde(default)]
    pub rights: Option<Rights>,
    /// Until when.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// What becomes of devices that they still hold from a grant past its expiry.
    #[serde(default)]
    pub held: Option<HeldDevices>,
}

impl GrantAccess {
    /// The organisation's default rights, without an end.
    pub fn new(mailbox: MailboxId, user: UserId) -> Self {
        Self { mailbox, user, rights: None, expires: None, reason: None, held: None }
    }

    /// What they may do besides reading.
    #[must_use]
    pub fn rights(mut self, rights: impl Into<Rights>) -> Self {
        self.rights = Some(rights.into());
        self
    }

    /// Until when.
    #[must_use]
    pub fn expires(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Why.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// What becomes of devices that they still hold from a grant past its expiry.
    #[must_use]
    pub fn held(mut self, held: HeldDevices) -> Self {
        self.held = Some(held);
        self
    }
}

impl Command for GrantAccess {
    type Output = ();
    const NAME: &'static str = "grant_access";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        let rights =
            self.rights.unwrap_or(at.standing.organisation.policy.mailbox_rights).without(Right::Read);
        refuse_past(self.expires, at.now())?;
        let membership = read.membership(at.organisation(), self.user)?;
        let former = read.grant(self.mailbox, self.user)?;
        let mut terms = vec![(rights, self.expires)];
        terms.extend(former.iter().map(|former| (former.rights, former.expires)));
        may_share(&at, membership.as_deref(), Some(self.user), &terms)?;
        if membership.is_none() {
            return Err(Error::new(
                Code::GrantNotMember,
                "the user is no member of the organisation: invite them first",
            ));
        }
        read.user(self.user)?.ok_or_else(no_user)?;
        let mut events = Vec::new();
        if let Some(former) = former {
            if !former.has_expired(at.now()) {
                return Err(Error::new(
                    Code::GrantExists,
                    "the user has a grant on the mailbox: change that one",
                ));
            }
            events.extend(settle_devices(read, &at, &former, self.held)?.events);
        }
        let reason = text::optional("reason", self.reason.as_deref())?;
        events.push(give(at.organisation(), self.mailbox, self.user, (rights, self.expires), reason, None));
        Ok(Decision::new(events, ()))
    }
}

/// The event that gives a grant.
pub(crate) fn give(
    organisation: OrganisationId,
    mailbox: MailboxId,
    user: UserId,
    (rights, expires): (Rights, Option<Timestamp>),
    reason: Option<String>,
    giver: Option<By>,
) -> Event {
    Event::Grant(organisation, mailbox, user, GrantEvent::Given { rights, expires, reason, giver })
}

/// Changes what a grant gives besides reading. The managers; also `Sharing`, within its bounds before and after.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeGrant {
    /// On which mailbox.
    pub mailbox: MailboxId,
    /// Whose.
    pub user: UserId,
    /// The new rights, whole.
    pub rights: Rights,
}

impl Command for ChangeGrant {
    type Output = ();
    const NAME: &'static str = "change_grant";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let rights = self.rights.without(Right::Read);
        let (at, grant) = standing_grant(read, self.mailbox, self.user, |grant| (rights, grant.expires))?;
        if grant.rights == rights {
            return Ok(Decision::nothing(()));
        }
        Ok(only(&at, &grant, GrantEvent::RightsSet { rights }))
    }
}

/// Extends or shortens a grant; the devices that hang on it stay. The managers; also `Sharing`, within its
/// bounds before and after. A grant past its expiry is given anew instead.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetGrantExpiry {
    /// On which mailbox.
    pub mailbox: MailboxId,
    /// Whose.
    pub user: UserId,
    /// Until when; `None` without an end.
    pub expires: Option<Timestamp>,
}

impl Command for SetGrantExpiry {
    type Output = ();
    const NAME: &'static str = "set_grant_expiry";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (at, grant) =
            standing_grant(read, self.mailbox, self.user, |grant| (grant.rights, self.expires))?;
        refuse_past(self.expires, at.now())?;
        if grant.expires == self.expires {
            return Ok(Decision::nothing(()));
        }
        Ok(only(&at, &grant, GrantEvent::ExpirySet { expires: self.expires }))
    }
}

/// Takes a grant away, and says what becomes of the devices that its user holds on the mailbox. The managers;
/// also `Sharing`, what lies within its bounds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeGrant {
    /// On which mailbox.
    pub mailbox: MailboxId,
    /// Whose.
    pub user: UserId,
    /// What becomes of the devices.
    pub held: HeldDevices,
}

/// The answer of [`RevokeGrant`] and [`GiveUpGrant`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct GrantEnded {
    /// The devices that are revoked.
    pub revoked: Vec<DeviceId>,
    /// The devices that go on without a holder. Their passwords are known to whoever lost the grant.
    pub released: Vec<DeviceId>,
    /// Other devices of the mailbox that live on although a password of theirs was shown to whoever lost the
    /// grant: rotate them.
    pub still_known: Vec<NamedDevice>,
}

impl Command for RevokeGrant {
    type Output = GrantEnded;
    const NAME: &'static str = "revoke_grant";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<GrantEnded>, Error> {
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        let grant = read.grant(self.mailbox, self.user)?;
        let membership = read.membership(at.organisation(), self.user)?;
        let before: Vec<_> = grant.iter().map(|grant| (grant.rights, grant.expires)).collect();
        may_share(&at, membership.as_deref(), Some(self.user), &before)?;
        let grant = grant.ok_or_else(no_grant)?;
        end_grant(read, &at, &grant, self.held, GrantEvent::Revoked)
    }
}

/// Gives up one's own grant; the devices that one holds on the mailbox are revoked. Oneself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUpGrant {
    /// On which mailbox.
    pub mailbox: MailboxId,
}

impl Command for GiveUpGrant {
    type Output = GrantEnded;
    const NAME: &'static str = "give_up_grant";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<GrantEnded>, Error> {
        let user = read.actor().user().ok_or_else(no_mailbox)?;
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        let grant = read.grant(self.mailbox, user)?.ok_or_else(no_grant)?;
        end_grant(read, &at, &grant, HeldDevices::Revoke, GrantEvent::GivenUp)
    }
}

/// Ends a grant with the choice about its devices.
fn end_grant(
    read: &mut Reader<'_>,
    at: &AtMailbox,
    grant: &Grant,
    held: HeldDevices,
    event: GrantEvent,
) -> Result<Decision<GrantEnded>, Error> {
    let mut settled = settle_devices(read, at, grant, Some(held))?;
    settled.events.push(Event::Grant(at.organisation(), grant.mailbox, grant.user, event));
    for device in read.devices_known_to(at.organisation(), grant.user)? {
        if device.mailbox == grant.mailbox && device.holder != Some(grant.user) {
            settled.ended.still_known.extend(read.named(&device)?);
        }
    }
    Ok(Decision::new(settled.events, settled.ended))
}

struct Settled {
    events: Vec<Event>,
    ended: GrantEnded,
}

/// What becomes of the devices that a grant's user holds on its mailbox: `grant.devices_undecided` where nobody
/// said.
fn settle_devices(
    read: &mut Reader<'_>,
    at: &AtMailbox,
    grant: &Grant,
    held: Option<HeldDevices>,
) -> Result<Settled, Error> {
    if held == Some(HeldDevices::Release) && !at.manages() {
        return Err(denied("only a manager may let a device go on for nobody", "mail:manage"));
    }
    let mut devices = read.devices_held(at.organisation(), grant.user)?;
    devices.retain(|device| device.mailbox == grant.mailbox);
    let mut settled = Settled { events: Vec::new(), ended: GrantEnded::default() };
    for device in devices {
        let Some(held) = held else { return Err(undecided()) };
        let event = match released(&device, grant).filter(|_| held == HeldDevices::Release) {
            Some(bounds) => {
                settled.ended.released.push(device.id);
                DeviceEvent::Released { bounds }
            }
            None => {
                settled.ended.revoked.push(device.id);
                DeviceEvent::Revoked
            }
        };
        settled.events.push(Event::Device(at.organisation(), device.mailbox, device.id, event));
    }
    Ok(settled)
}

/// What a device may do that goes on without its holder: what the grant allowed, until it would have ended.
/// Nothing where that is nothing.
fn released(device: &Arc<Device>, grant: &Grant) -> Option<Bounds> {
    let protocols = device.bounds.protocols.intersection(allowed_protocols(grant.rights));
    let expires = device.bounds.expires.into_iter().chain(grant.expires).min();
    let networks = device.bounds.networks.clone();
    (!protocols.is_empty()).then_some(Bounds { protocols, networks, expires })
}

/// A grant that stands, and that the actor may change to what `after` says.
fn standing_grant(
    read: &mut Reader<'_>,
    mailbox: MailboxId,
    user: UserId,
    after: impl Fn(&Grant) -> (Rights, Option<Timestamp>),
) -> Result<(AtMailbox, Arc<Grant>), Error> {
    let at = read.at_mailbox(mailbox, Purpose::Change)?;
    let grant = read.grant(mailbox, user)?;
    let membership = read.membership(at.organisation(), user)?;
    let terms: Vec<_> =
        grant.iter().flat_map(|grant| [(grant.rights, grant.expires), after(grant)]).collect();
    may_share(&at, membership.as_deref(), Some(user), &terms)?;
    let grant = grant.ok_or_else(no_grant)?;
    if grant.has_expired(at.now()) {
        return Err(Error::new(Code::GrantExpired, "the grant is past its expiry: grant access anew"));
    }
    Ok((at, grant))
}

/// Refuses an expiry that is over already: `expiry.past`.
pub(crate) fn refuse_past(expires: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    match expires {
        Some(expires) if expires <= now => {
            Err(Error::new(Code::ExpiryPast, format!("the expiry `{expires}` lies in the past")))
        }
        _ => Ok(()),
    }
}

fn only(at: &AtMailbox, grant: &Grant, event: GrantEvent) -> Decision<()> {
    Decision::new(vec![Event::Grant(at.organisation(), grant.mailbox, grant.user, event)], ())
}

fn no_grant() -> Error {
    Error::new(Code::GrantNotFound, "the user has no grant on the mailbox")
}

fn undecided() -> Error {
    Error::new(
        Code::GrantDevicesUndecided,
        "the user still holds devices on the mailbox: say whether they are revoked or released",
    )
}
