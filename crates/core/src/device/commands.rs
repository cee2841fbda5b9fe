//! Adding, renaming and rotating devices: the passwords that are shown once.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Bounds, Device, DeviceEvent, DeviceSecret, DeviceState, FormerSecret, Protocols};
use crate::access::{AtMailbox, Purpose, denied, needed_by, visible_device};
use crate::command::{Command, Decision, Draw, LegacyPasswords, nothing_to_prepare, system_only};
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::{Grant, Right, refuse_past};
use crate::id::{DeviceId, MailboxId, UserId};
use crate::names::{claim, key, term};
use crate::organisation::days;
use crate::password::{Password, check_phc};
use crate::reader::Reader;
use crate::secret::DevicePassword;
use crate::store::Range;
use crate::text;
use crate::time::Timestamp;

/// How many revoked devices of a mailbox stay recognisable.
const REMEMBERED: usize = 1_000;
/// How many secrets are drawn until one has a free selector.
const DRAWN: usize = 8;
/// The most networks of a device.
pub(crate) const MOST_NETWORKS: usize = 100;
/// The longest overlap of a rotation.
const LONGEST_GRACE: Duration = days(30);

/// For whom a device is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum For {
    /// The acting person.
    #[default]
    Myself,
    /// Somebody with a grant on the mailbox.
    User(UserId),
    /// Nobody: a CRM, a printer, a person without an account.
    Nobody {
        /// Who has it, in words.
        handed_to: Option<String>,
    },
}

/// Adds a device, and gives its password once. Those with `Devices`, for themselves; the managers, for anyone
/// with a grant or for nobody.
///
/// # Errors
/// `mailbox.not_found`, `access.denied`, `device.holder`, `device.protocols`, `device.exceeds_grant`,
/// `device.limit`, `device.retry`, `expiry.past`, `text.invalid`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddDevice {
    /// The mailbox that it opens.
    pub mailbox: MailboxId,
    /// What people call it.
    pub label: String,
    /// For whom it is.
    #[serde(default)]
    pub holder: For,
    /// How it may talk to the server; at least one.
    pub protocols: Protocols,
    /// The networks that it may come from; `None` for all.
    #[serde(default)]
    pub networks: Option<Vec<IpNet>>,
    /// Until when.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

impl AddDevice {
    /// A device for the acting person, from everywhere, without an end. It still needs
    /// [`protocols`](Self::protocols).
    pub fn new(mailbox: MailboxId, label: impl Into<String>) -> Self {
        Self {
            mailbox,
            label: label.into(),
            holder: For::Myself,
            protocols: Protocols::EMPTY,
            networks: None,
            expires: None,
        }
    }

    /// For whom it is.
    #[must_use]
    pub fn holder(mut self, holder: For) -> Self {
        self.holder = holder;
        self
    }

    /// How it may talk to the server.
    #[must_use]
    pub fn protocols(mut self, protocols: impl Into<Protocols>) -> Self {
        self.protocols = protocols.into();
        self
    }

    /// The networks that it may come from.
    #[must_use]
    pub fn networks(mut self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        self.networks = Some(networks.into_iter().collect());
        self
    }

    /// Until when.
    #[must_use]
    pub fn expires(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }
}

/// A device and its password, which nothing can show again.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Issued {
    /// The device.
    pub id: DeviceId,
    /// Its password: show it to whoever sets up the device, once.
    #[serde(skip)]
    pub password: DevicePassword,
}

impl Command for AddDevice {
    type Output = Issued;
    const NAME: &'static str = "add_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), draw: &mut Draw<'_>) -> Result<Decision<Issued>, Error> {
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        let (holder, handed_to) = whose(read, &at, &self.holder)?;
        let bounds =
            Bounds { protocols: self.protocols, networks: self.networks.clone(), expires: self.expires };
        check_bounds(read, &at, holder, &bounds)?;
        let label = text::name("label", &self.label)?;
        let mut events = make_room(read, &at)?;
        let id = draw.device_id()?;
        let password = free_password(read, at.mailbox.id, draw)?;
        let added = DeviceEvent::Added {
            label,
            holder,
            handed_to,
            shown_to: read.actor().user(),
            bounds,
            secret: DeviceSecret::Password { selector: password.selector(), former: None },
        };
        events.push(Event::Device(at.organisation(), at.mailbox.id, id, added));
        let (secret, digest) = (key::device_secret(id, &password.selector()), password.digest());
        Ok(Decision::new(events, Issued { id, password }).verifier(secret, digest))
    }
}

/// Who holds the device, and who has it in words: `access.denied`, `device.holder`.
fn whose(
    read: &mut Reader<'_>,
    at: &AtMailbox,
    holder: &For,
) -> Result<(Option<UserId>, Option<String>), Error> {
    match holder {
        For::Myself => {
            let user = at.standing.user().ok_or_else(|| {
                Error::new(Code::DeviceHolder, "the host program holds no devices: say for whom it is")
            })?;
            match &at.grant {
                Some(_) if at.manages() || at.holds(Right::Devices) => Ok((Some(user), None)),
                Some(_) => Err(denied("your grant on the mailbox does not let you add devices", "devices")),
                None => Err(no_grant()),
            }
        }
        For::User(user) => {
            let own = at.standing.user() == Some(*user) && at.holds(Right::Devices);
            if !own && !at.manages() {
                return Err(denied("only the managers add devices for others", "mail:manage"));
            }
            let grant = read.grant(at.mailbox.id, *user)?.filter(|grant| !grant.has_expired(at.now()));
            grant.map(|grant| (Some(grant.user), None)).ok_or_else(no_grant)
        }
        For::Nobody { handed_to } => {
            if !at.manages() {
                return Err(denied("only the managers add devices for nobody", "mail:manage"));
            }
            Ok((None, text::optional("handed to", handed_to.as_deref())?))
        }
    }
}

fn no_grant() -> Error {
    Error::new(Code::DeviceHolder, "the holder has no grant on the mailbox: grant it first")
}

/// Refuses what no device may have, and what the holder's grant does not give: `device.protocols`,
/// `device.bounds`, `expiry.past`, `device.exceeds_grant`.
pub(super) fn check_bounds(
    read: &mut Reader<'_>,
    at: &AtMailbox,
    holder: Option<UserId>,
    bounds: &Bounds,
) -> Result<(), Error> {
    if bounds.protocols.is_empty() {
        return Err(Error::new(Code::DeviceProtocols, "a device needs at least one protocol"));
    }
    if bounds.networks.as_ref().is_some_and(|networks| networks.is_empty() || networks.len() > MOST_NETWORKS)
    {
        return Err(Error::new(
            Code::DeviceBounds,
            "a list of networks holds 1 to 100 of them; leave it out for all",
        ));
    }
    refuse_past(bounds.expires, at.now())?;
    if let Some(holder) = holder {
        let grant = read.grant(at.mailbox.id, holder)?.ok_or_else(no_grant)?;
        refuse_excess(&grant, bounds.protocols)?;
    }
    Ok(())
}

fn refuse_excess(grant: &Grant, protocols: Protocols) -> Result<(), Error> {
    match protocols.iter().find(|protocol| !needed_by(*protocol).is_subset(grant.rights)) {
        Some(protocol) => Err(Error::new(
            Code::DeviceExceedsGrant,
            format!("`{protocol}` needs `{}`, which the holder's grant does not give", needed_by(protocol)),
        )
        .with("protocol", protocol.as_str())),
        None => Ok(()),
    }
}

/// Refuses one device too many (`device.limit`), and forgets the device revoked longest ago where too many are
/// remembered.
fn make_room(read: &mut Reader<'_>, at: &AtMailbox) -> Result<Vec<Event>, Error> {
    let most = at.standing.organisation.policy.devices_per_mailbox;
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let active = read.by_term(&term::mailbox_devices(at.mailbox.id), &Range { after: None, limit })?.len();
    if active >= limit {
        return Err(Error::new(
            Code::DeviceLimit,
            format!("the mailbox has {most} devices: revoke one first"),
        )
        .with("most", most));
    }
    let range = Range { after: None, limit: REMEMBERED + limit };
    let mut revoked: Vec<(Timestamp, DeviceId)> = read
        .by_term(&term::revoked_devices(at.mailbox.id), &range)?
        .iter()
        .filter_map(|entity| match entity {
            Entity::Device(device) => match device.state {
                DeviceState::Revoked { at, .. } => Some((at, device.id)),
                DeviceState::Active => None,
            },
            _ => None,
        })
        .collect();
    revoked.sort();
    let over = revoked.len().saturating_sub(REMEMBERED);
    Ok(revoked
        .iter()
        .take(over)
        .map(|(_, device)| Event::Device(at.organisation(), at.mailbox.id, *device, DeviceEvent::Forgotten))
        .collect())
}

/// A fresh password whose selector is free in the mailbox: `device.retry`.
fn free_password(
    read: &mut Reader<'_>,
    mailbox: MailboxId,
    draw: &mut Draw<'_>,
) -> Result<DevicePassword, Error> {
    for _ in 0..DRAWN {
        let password = DevicePassword::from_random(&draw.bytes()?);
        if read.device_by_claim(&claim::selector(mailbox, &password.selector()))?.is_none() {
            return Ok(password);
        }
    }
    Err(Error::new(Code::DeviceRetry, "no free selector was drawn: try again"))
}

/// Adds a device whose password is the mailbox password of another system, so that nobody reconfigures anything on
/// the day of the move. At most one a mailbox; rotating it makes it a device like any other. The host alone may,
/// where the directory allows legacy passwords.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddLegacyDevice {
    /// The mailbox that it opens.
    pub mailbox: MailboxId,
    /// What people call it.
    pub label: String,
    /// For whom it is.
    pub holder: For,
    /// How it may talk to the server.
    pub protocols: Protocols,
    /// The Argon2id PHC string of the password, from the other system.
    #[serde(skip, default = "Password::nothing")]
    pub phc: Password,
}

impl Command for AddLegacyDevice {
    type Output = DeviceId;
    const NAME: &'static str = "add_legacy_device";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "phc" => self.phc = secret.into(),
            _ => return false,
        }
        true
    }

    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<DeviceId>, Error> {
        system_only(read.actor())?;
        if draw.host().legacy == LegacyPasswords::Refused {
            return Err(Error::new(Code::DeviceLegacyRefused, "this directory allows no legacy passwords"));
        }
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        let phc = self.phc.expose();
        check_phc(phc).map_err(|source| {
            Error::new(Code::DeviceLegacyRefused, "not an argon2id PHC string of bearable costs")
                .caused_by(source)
        })?;
        if read.device_by_claim(&claim::legacy(at.mailbox.id))?.is_some() {
            return Err(Error::new(Code::DeviceLegacyTaken, "the mailbox has a legacy password already"));
        }
        let (holder, handed_to) = whose(read, &at, &self.holder)?;
        let bounds = Bounds { protocols: self.protocols, networks: None, expires: None };
        check_bounds(read, &at, holder, &bounds)?;
        let label = text::name("label", &self.label)?;
        let mut events = make_room(read, &at)?;
        let id = draw.device_id()?;
        let secret = DeviceSecret::Legacy;
        let added = DeviceEvent::Added { label, holder, handed_to, shown_to: None, bounds, secret };
        events.push(Event::Device(at.organisation(), at.mailbox.id, id, added));
        Ok(Decision::new(events, id).verifier(key::legacy_secret(id), phc.to_owned()))
    }
}

/// Changes what people call a device. Its holder; the managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameDevice {
    /// Which.
    pub device: DeviceId,
    /// The new label.
    pub label: String,
}

impl Command for RenameDevice {
    type Output = ();
    const NAME: &'static str = "rename_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (_, device) = own_device(read, self.device)?;
        let label = text::name("label", &self.label)?;
        Ok(only(&device, DeviceEvent::Renamed { label }))
    }
}

/// Gives a device a new password. The former one works until the grace time ends or the new one is first used.
/// Its holder, with `Devices`; the managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateDevice {
    /// Which.
    pub device: DeviceId,
    /// How long the former password still works, in seconds: 24 hours unless said otherwise, 0 for a leak, 30
    /// days at most.
    #[serde(default = "usual_grace")]
    pub grace_seconds: u32,
}

const fn usual_grace() -> u32 {
    86_400
}

impl RotateDevice {
    /// With an overlap of 24 hours.
    pub fn new(device: DeviceId) -> Self {
        Self { device, grace_seconds: usual_grace() }
    }

    /// How long the former password still works; zero for a leak.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace_seconds = u32::try_from(grace.as_secs()).unwrap_or(u32::MAX);
        self
    }
}

impl Command for RotateDevice {
    type Output = Issued;
    const NAME: &'static str = "rotate_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), draw: &mut Draw<'_>) -> Result<Decision<Issued>, Error> {
        let (at, device) = own_device(read, self.device)?;
        if !at.manages() && !at.holds(Right::Devices) {
            return Err(denied("your grant on the mailbox does not let you make passwords", "devices"));
        }
        let grace = Duration::from_secs(u64::from(self.grace_seconds));
        if grace > LONGEST_GRACE {
            return Err(Error::new(Code::DeviceGrace, "the former password works for 30 days at most")
                .with("most_seconds", LONGEST_GRACE.as_secs()));
        }
        let password = free_password(read, device.mailbox, draw)?;
        let rotated = DeviceEvent::Rotated {
            selector: password.selector(),
            shown_to: read.actor().user(),
            until: at.now().plus(grace),
        };
        let ended = match &device.secret {
            DeviceSecret::Password { former: Some(FormerSecret { selector, .. }), .. } => {
                Some(key::device_secret(device.id, selector))
            }
            DeviceSecret::Password { former: None, .. } | DeviceSecret::Missing => None,
            DeviceSecret::Legacy => Some(key::legacy_secret(device.id)),
        };
        let (secret, digest) = (key::device_secret(device.id, &password.selector()), password.digest());
        let event = Event::Device(device.organisation, device.mailbox, device.id, rotated);
        let decision =
            Decision::new(vec![event], Issued { id: device.id, password }).verifier(secret, digest);
        Ok(decision.without_verifiers(ended))
    }
}

/// An active device that the actor holds or manages: `device.not_found`, `access.denied`, `device.revoked`.
pub(super) fn own_device(read: &mut Reader<'_>, device: DeviceId) -> Result<(AtMailbox, Device), Error> {
    let (at, device) = visible_device(read, device, Purpose::Change)?;
    let holds = device.holder.is_some() && device.holder == at.standing.user();
    if !holds && !at.manages() {
        return Err(denied("only its holder and the managers may do this", "mail:manage"));
    }
    if !device.is_active() {
        return Err(Error::new(Code::DeviceRevoked, "the device is revoked: add another one"));
    }
    Ok((at, device))
}

pub(super) fn only(device: &Device, event: DeviceEvent) -> Decision<()> {
    Decision::new(vec![Event::Device(device.organisation, device.mailbox, device.id, event)], ())
}
