//! Devices: one look-up and one comparison, however many a mailbox has.

use std::net::IpAddr;

use super::{DeviceLogin, DeviceSession, Reason, Refusal, gone, library, own_command};
use crate::access::{DeviceFacts, DeviceObstacle};
use crate::access_view::AccessView;
use crate::address::Address;
use crate::command::{Command, Decision, Draw, Host, LegacyPasswords};
use crate::device::{Device, DeviceEvent, DeviceSecret, Protocol};
use crate::directory::Directory;
use crate::error::Error;
use crate::event::Event;
use crate::grant::Rights;
use crate::id::DeviceId;
use crate::names::{claim, key, stream};
use crate::password::Password;
use crate::reader::Reader;
use crate::resolve::own_mailbox;
use crate::secret::{PresentedDevicePassword, Selector, same_digest};
use crate::store::Key;
use crate::time::Timestamp;

impl Directory {
    /// Lets a mail program in, with the password of one device of exactly that mailbox.
    ///
    /// Costs one snapshot with five look-ups, whatever the number of devices, with an access view none; and writes
    /// nothing but the first use of a rotated password.
    ///
    /// # Errors
    /// A [`Refusal`], alike for every reason on the outside.
    pub fn login_device(&self, login: &DeviceLogin<'_>) -> Result<DeviceSession, Refusal> {
        self.require_live()?;
        let now = self.host().now();
        let presented = PresentedDevicePassword::parse(login.password);
        let session = match presented {
            Some(presented) => self.login_with_device_password(login, &presented, now)?,
            None if self.host().legacy == LegacyPasswords::Allowed => {
                self.login_with_legacy_password(login)?
            }
            None => return Err(Refusal::new(Reason::NotADevicePassword)),
        };
        self.note_use(&session, now);
        Ok(session)
    }

    fn login_with_device_password(
        &self,
        login: &DeviceLogin<'_>,
        presented: &PresentedDevicePassword,
        now: Timestamp,
    ) -> Result<DeviceSession, Refusal> {
        let address: Address = login.address.parse().map_err(|_| Refusal::new(Reason::Unknown))?;
        let judged = match self.fresh_view(now)? {
            Some(view) => view.read(|access| judge_in_view(access, now, login, &address, presented)),
            None => self.ask_for_login(|read| judge_in_rows(read, login, &address, presented))?,
        };
        let (session, overlap_ends) = judged?;
        if overlap_ends {
            // The overlap ends by its time anyway: a store that cannot write now must not keep the phone out.
            let _ = self.run(&library(), EndOverlap { device: session.device });
        }
        Ok(session)
    }

    /// Every address, known or not, costs exactly one slow hash.
    fn login_with_legacy_password(&self, login: &DeviceLogin<'_>) -> Result<DeviceSession, Refusal> {
        let address: Option<Address> = login.address.parse().ok();
        let mut found = None;
        let mut unknown = Reason::Unknown;
        if let Some(address) = &address {
            let answer = self.ask_for_login(|read| {
                let mailbox = match own_mailbox(read, address)? {
                    Ok(mailbox) => mailbox,
                    Err(why) => return Ok(Err(why.into())),
                };
                let Some(device) = read.device_by_claim(&claim::legacy(mailbox))? else {
                    return Ok(Err(Reason::WrongPassword));
                };
                let secret = key::legacy_secret(device.id);
                let verdict = stands(read, &device, None, login.protocol, login.from)?;
                Ok(Ok((device, read.verifier(&secret)?, secret, verdict)))
            })?;
            match answer {
                Ok((device, Some(verifier), secret, verdict)) => {
                    found = Some((device, verifier, secret, verdict))
                }
                Ok((_, None, _, _)) => unknown = Reason::WrongPassword,
                Err(reason) => unknown = reason,
            }
        }
        let known = found.as_ref().map(|(_, verifier, secret, _)| (verifier, secret));
        let shown = address.as_ref().map_or(login.address, |address| address.canonical());
        let check = self.check_slowly(known, shown, &Password::from(login.password), unknown);
        match (check, found) {
            (Ok(()), Some((device, _, _, Ok(rights)))) => Ok(session_of(&device, login, rights, None)),
            (Ok(()), Some((device, _, _, Err(obstacle)))) => Err(Refusal::of_device(device.id, obstacle)),
            (Ok(()), None) => Err(Refusal::new(Reason::Unknown)),
            (Err(slow), found) => {
                if let Some((device, ..)) = found {
                    self.disable_guessed_device(device.id, slow.failures);
                }
                Err(slow.refusal)
            }
        }
    }
}

/// A session, and whether it is the first use of a new password while the former one still works.
type Judged = Result<(DeviceSession, bool), Refusal>;

fn judge_in_rows(
    read: &mut Reader<'_>,
    login: &DeviceLogin<'_>,
    address: &Address,
    presented: &PresentedDevicePassword,
) -> Result<Judged, Error> {
    let mailbox = match own_mailbox(read, address)? {
        Ok(mailbox) => mailbox,
        Err(why) => return Ok(Err(Refusal::new(why.into()))),
    };
    let selector = presented.selector();
    let Some(device) = read.device_by_claim(&claim::selector(mailbox, &selector))? else {
        return Ok(Err(Refusal::new(Reason::WrongPassword)));
    };
    let verifier = read.verifier(&key::device_secret(device.id, &selector))?;
    let known = verifier.is_some_and(|verifier| same_digest(&verifier.secret, &presented.digest()));
    if !known {
        return Ok(Err(Refusal::new(Reason::WrongPassword)));
    }
    let session = match stands(read, &device, Some(&selector), login.protocol, login.from)? {
        Ok(rights) => session_of(&device, login, rights, Some(selector)),
        Err(obstacle) => return Ok(Err(Refusal::of_device(device.id, obstacle))),
    };
    let now = read.now(&stream::organisation(device.organisation))?;
    Ok(Ok((session, first_use(&device, &selector, now))))
}

fn judge_in_view(
    access: &AccessView,
    now: Timestamp,
    login: &DeviceLogin<'_>,
    address: &Address,
    presented: &PresentedDevicePassword,
) -> Judged {
    let mailbox = own_mailbox(&mut access.book(now), address)?.map_err(|why| Refusal::new(why.into()))?;
    let selector = presented.selector();
    let known = access.device_of(mailbox, selector, |digest| digest.is_of(presented));
    let device = known.ok_or_else(|| Refusal::new(Reason::WrongPassword))?;
    let rights = device
        .login(login.protocol, login.from, now)
        .map_err(|obstacle| Refusal::of_device(device.id, obstacle))?;
    let session = DeviceSession {
        device: device.id,
        mailbox,
        organisation: device.organisation().ok_or_else(gone)?,
        holder: device.holder(),
        protocol: login.protocol,
        from: login.from,
        rights,
        selector: Some(selector),
    };
    Ok((session, device.is_first_use(now)))
}

/// Whether a device may be used now with this secret, by this protocol, from there.
pub(super) fn stands(
    read: &mut Reader<'_>,
    device: &Device,
    selector: Option<&Selector>,
    protocol: Protocol,
    from: Option<IpAddr>,
) -> Result<Result<Rights, DeviceObstacle>, Error> {
    let facts = DeviceFacts { secret_ends: secret_ends(device, selector), ..facts_of(read, device)? };
    Ok(facts.login(protocol, from, read.now(&stream::organisation(device.organisation))?))
}

/// Whether a device could be used now by a protocol, from wherever it may come.
pub(crate) fn may_use(
    read: &mut Reader<'_>,
    device: &Device,
    protocol: Protocol,
) -> Result<Result<Rights, DeviceObstacle>, Error> {
    let instant = read.instant();
    let known =
        read.view().and_then(|view| view.read(|one| one.device_may_use(device.id, protocol, instant)));
    if let Some(known) = known {
        return Ok(known);
    }
    let facts = DeviceFacts { networks: None, ..facts_of(read, device)? };
    Ok(facts.login(protocol, None, read.now(&stream::organisation(device.organisation))?))
}

/// Until when a secret of a device works: long ended where it is none of its secrets.
fn secret_ends(device: &Device, used: Option<&Selector>) -> Option<Timestamp> {
    match (&device.secret, used) {
        (DeviceSecret::Password { selector, .. }, Some(used)) if selector == used => None,
        (DeviceSecret::Password { former: Some(former), .. }, Some(used)) if former.selector == *used => {
            Some(former.until)
        }
        (DeviceSecret::Legacy, None) => None,
        _ => Some(Timestamp::from_millis(i64::MIN)),
    }
}

/// What the use of a device depends on, apart from which secret is used.
fn facts_of<'d>(read: &mut Reader<'_>, device: &'d Device) -> Result<DeviceFacts<'d>, Error> {
    // Everything that the rule asks about, in one look-up.
    read.entities(&keys_of(device))?;
    let mailbox = read.mailbox(device.mailbox)?;
    let organisation = read.organisation(device.organisation)?;
    let holder = match device.holder {
        Some(holder) => Some(read.facts(holder, device.mailbox)?),
        None => None,
    };
    Ok(DeviceFacts::of(device, mailbox.as_deref(), organisation.as_deref(), holder))
}

/// The rows that the use of a device depends on.
pub(crate) fn keys_of(device: &Device) -> Vec<Key> {
    let mut keys = vec![key::mailbox(device.mailbox), key::organisation(device.organisation)];
    if let Some(holder) = device.holder {
        keys.extend([
            key::user(holder),
            key::membership(device.organisation, holder),
            key::grant(device.mailbox, holder),
        ]);
    }
    keys
}

fn session_of(
    device: &Device,
    login: &DeviceLogin<'_>,
    rights: Rights,
    selector: Option<Selector>,
) -> DeviceSession {
    DeviceSession {
        device: device.id,
        mailbox: device.mailbox,
        organisation: device.organisation,
        holder: device.holder,
        protocol: login.protocol,
        from: login.from,
        rights,
        selector,
    }
}

/// Whether this is the first use of a new password while the former one still works.
fn first_use(device: &Device, used: &Selector, now: Timestamp) -> bool {
    match &device.secret {
        DeviceSecret::Password { selector, former: Some(former) } => selector == used && now < former.until,
        _ => false,
    }
}

own_command!(EndOverlap { device: DeviceId } = "end_overlap", |command, read| {
    let device = read.device(command.device)?.ok_or_else(gone)?;
    let now = read.now(&stream::organisation(device.organisation))?;
    Ok(match &device.secret {
        DeviceSecret::Password { selector, .. } if first_use(&device, selector, now) => {
            let event =
                Event::Device(device.organisation, device.mailbox, device.id, DeviceEvent::OverlapEnded);
            Decision::new(vec![event], ())
        }
        // Another login of the same moment was faster.
        _ => Decision::nothing(()),
    })
});
