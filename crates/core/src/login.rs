//! Logins: a person with their password, a device with its own. Refusals look alike outside and are exact inside.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::{DeviceFacts, DeviceObstacle};
use crate::actor::Actor;
use crate::address::Address;
use crate::command::{Command, Decision, Draw, Host, LegacyPasswords};
use crate::device::{Device, DeviceEvent, DeviceSecret, Protocol};
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::Rights;
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::names::{claim, key, stream};
use crate::password::{Outcome, Password, Prepared};
use crate::reader::{AddressHolder, Reader};
use crate::secret::{PresentedDevicePassword, Selector, same_digest};
use crate::store::{ChangeSet, Key, StoreError, Verifier, VerifierChange};
use crate::throttle;
use crate::time::Timestamp;
use crate::user::{PasswordState, UserEvent};

/// What a mail program says when it logs in.
#[derive(Clone, Copy)]
pub struct DeviceLogin<'a> {
    /// The mailbox's own address, never an alias's.
    pub address: &'a str,
    /// What was typed as the password; case, spaces and hyphens don't matter.
    pub password: &'a str,
    /// How it talks to the server.
    pub protocol: Protocol,
    /// Where it comes from, if the server knows.
    pub from: Option<IpAddr>,
}

impl fmt::Debug for DeviceLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin")
            .field("address", &self.address)
            .field("password", &"***")
            .field("protocol", &self.protocol)
            .field("from", &self.from)
            .finish()
    }
}

/// What a person says when they sign in.
#[derive(Clone, Copy)]
pub struct UserLogin<'a> {
    /// Their login address.
    pub login: &'a str,
    /// Their password.
    pub password: &'a str,
}

impl fmt::Debug for UserLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserLogin").field("login", &self.login).field("password", &"***").finish()
    }
}

/// A device that is logged in: what it may do, and what [`Directory::session_valid`] needs. Keep it on the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceSession {
    /// The device.
    pub device: DeviceId,
    /// The mailbox that it opens.
    pub mailbox: MailboxId,
    /// Whose mailbox it is.
    pub organisation: OrganisationId,
    /// Whose device it is.
    pub holder: Option<UserId>,
    /// How it talks to the server.
    pub protocol: Protocol,
    /// Where it came from.
    pub from: Option<IpAddr>,
    /// What it may do besides reading.
    pub rights: Rights,
    /// The password that it logged in with; none for a legacy password.
    pub selector: Option<Selector>,
}

/// A person who is signed in. Keep it on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserSession {
    /// The person.
    pub user: UserId,
    /// The epoch of their account: a change of the password or a suspension begins another.
    pub epoch: u32,
}

/// A running session, of a device or a person.
#[derive(Debug, Clone, Copy)]
pub enum Session<'a> {
    /// Of a device.
    Device(&'a DeviceSession),
    /// Of a person.
    User(&'a UserSession),
}

impl<'a> From<&'a DeviceSession> for Session<'a> {
    fn from(session: &'a DeviceSession) -> Self {
        Self::Device(session)
    }
}

impl<'a> From<&'a UserSession> for Session<'a> {
    fn from(session: &'a UserSession) -> Self {
        Self::User(session)
    }
}

/// The true reason of a refusal, for the host's log and nobody else.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// There is no such login, or no such mailbox.
    Unknown,
    /// The address is an alias, with which nobody logs in.
    Alias,
    /// The password is wrong.
    WrongPassword,
    /// The user is suspended.
    UserSuspended,
    /// The user has no password.
    NoPassword,
    /// The password was disabled after too many failures.
    Locked,
    /// Too soon after a failure.
    Throttled,
    /// Not in the form of a device password, and no others are allowed.
    NotADevicePassword,
    /// The password is this device's, and something forbids it.
    Device(DeviceObstacle),
    /// The library could not tell; the host answers that it is temporarily unavailable.
    Failed(Error),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown address"),
            Self::Alias => f.write_str("an alias does not log in"),
            Self::WrongPassword => f.write_str("wrong password"),
            Self::UserSuspended => f.write_str("the user is suspended"),
            Self::NoPassword => f.write_str("the user has no password"),
            Self::Locked => f.write_str("the password is disabled after too many failures"),
            Self::Throttled => f.write_str("too soon after a failure"),
            Self::NotADevicePassword => f.write_str("not in the form of a device password"),
            Self::Device(obstacle) => write!(f, "the device's password, but: {obstacle}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// A refused login. Its text is the same whatever the reason.
#[derive(Debug)]
pub struct Refusal {
    reason: Reason,
    device: Option<DeviceId>,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(reason: Reason) -> Self {
        Self { reason, device: None, retry_after: None }
    }

    fn of_device(device: DeviceId, obstacle: DeviceObstacle) -> Self {
        Self { reason: Reason::Device(obstacle), device: Some(device), retry_after: None }
    }

    /// The true reason, for the host's log.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The device whose password it was, also of a revoked one: known, and no guessing.
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// How long the host lets this client wait. The same for known and unknown addresses.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("login refused")
    }
}

impl std::error::Error for Refusal {}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::new(Reason::Failed(error.into()))
    }
}

/// How many verifiers stand for addresses that have none: enough that strangers seldom wait for each other.
const DECOYS: usize = 64;

/// Who acts when the library itself writes.
fn library() -> Actor {
    Actor::system("mailgrant")
}

impl Directory {
    /// Lets a mail program in, with the password of one device of exactly that mailbox.
    ///
    /// Costs one snapshot with five look-ups, whatever the number of devices, and writes nothing but the first
    /// use of a rotated password.
    ///
    /// # Errors
    /// A [`Refusal`], alike for every reason on the outside.
    pub fn login_device(&self, login: &DeviceLogin<'_>) -> Result<DeviceSession, Refusal> {
        self.refuse_past()?;
        let presented = PresentedDevicePassword::parse(login.password);
        let session = match presented {
            Some(presented) => self.login_with_device_password(login, &presented)?,
            None if self.host().legacy == LegacyPasswords::Allowed => {
                self.login_with_legacy_password(login)?
            }
            None => return Err(Refusal::new(Reason::NotADevicePassword)),
        };
        self.note_use(&session);
        Ok(session)
    }

    fn login_with_device_password(
        &self,
        login: &DeviceLogin<'_>,
        presented: &PresentedDevicePassword,
    ) -> Result<DeviceSession, Refusal> {
        let address: Address = login.address.parse().map_err(|_| Refusal::new(Reason::Unknown))?;
        let (session, overlap_ends) = self.ask_for_login(|read| {
            let mailbox = match mailbox_of(read, &address)? {
                Ok(mailbox) => mailbox,
                Err(reason) => return Ok(Err(Refusal::new(reason))),
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
        })??;
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
                let mailbox = match mailbox_of(read, address)? {
                    Ok(mailbox) => mailbox,
                    Err(reason) => return Ok(Err(reason)),
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
                if slow.failures == throttle::MOST_FAILURES
                    && let Some((device, ..)) = found
                {
                    let (device, failures) = (device.id, slow.failures);
                    let _ = self.run(&library(), DisableLegacyPassword { device, failures });
                }
                Err(slow.refusal)
            }
        }
    }

    /// Signs a person in with their password.
    ///
    /// Costs one slow hash whatever the answer; a failure is counted durably.
    ///
    /// # Errors
    /// A [`Refusal`], alike for every reason on the outside.
    pub fn login_user(&self, login: &UserLogin<'_>) -> Result<UserSession, Refusal> {
        self.refuse_past()?;
        let address: Option<Address> = login.login.parse().ok();
        let mut user = None;
        if let Some(address) = &address {
            user = self.ask_for_login(|read| match read.user_by_login(address)? {
                Some(user) => Ok(Some((read.verifier(&key::user(user.id))?, user))),
                None => Ok(None),
            })?;
        }
        let unknown = match &user {
            Some((_, user)) if !user.is_active() => Reason::UserSuspended,
            Some(_) => Reason::NoPassword,
            None => Reason::Unknown,
        };
        let usable = match &user {
            Some((Some(verifier), user)) if user.is_active() && user.password != PasswordState::Missing => {
                Some((verifier, key::user(user.id)))
            }
            _ => None,
        };
        let known = usable.as_ref().map(|(verifier, key)| (*verifier, key));
        let shown = address.as_ref().map_or(login.login, |address| address.canonical());
        let check = self.check_slowly(known, shown, &Password::from(login.password), unknown);
        let Some((_, user)) = user else {
            return Err(check.err().map_or_else(|| Refusal::new(Reason::Unknown), |slow| slow.refusal));
        };
        match check {
            Ok(()) if user.password == PasswordState::Disabled => Err(Refusal::new(Reason::Locked)),
            Ok(()) => Ok(UserSession { user: user.id, epoch: user.epoch }),
            Err(slow) => {
                self.disable_guessed(user.id, slow.failures);
                Err(slow.refusal)
            }
        }
    }

    /// Counts a wrong guess at a person's password that was made elsewhere than at a login.
    pub(crate) fn count_guess(&self, user: UserId) -> Result<(), Error> {
        let failures = self.store().attempt(&key::user(user), self.host().now())?;
        self.disable_guessed(user, failures);
        Ok(())
    }

    /// Writes down that a password is disabled. The count alone keeps it out, so a failure here opens nothing.
    fn disable_guessed(&self, user: UserId, failures: u32) {
        if failures == throttle::MOST_FAILURES {
            let _ = self.run(&library(), DisablePassword { user, failures });
        }
    }

    /// One slow hash, whoever asks: against the verifier, or in vain. Counts the failure where it belongs.
    pub(crate) fn check_slowly(
        &self,
        known: Option<(&Verifier, &Key)>,
        shown: &str,
        password: &Password,
        unknown: Reason,
    ) -> Result<(), SlowRefusal> {
        let host = self.host();
        let now = host.now();
        let prepared = Prepared::for_login(password);
        let fail = |reason: Reason, failures: u32| {
            let wait = throttle::wait(failures);
            let retry_after = (!wait.is_zero()).then_some(wait);
            SlowRefusal { failures, refusal: Refusal { reason, device: None, retry_after } }
        };
        let Some((verifier, key)) = known else {
            host.hasher.hash_in_vain(&prepared);
            if let Some(left) = self.strangers().remaining(shown, now) {
                return Err(SlowRefusal::throttled(left));
            }
            self.count_in_vain(shown, now);
            return Err(fail(unknown, self.strangers().fail(shown, now)).uncounted());
        };
        let outcome = host.hasher.verify(&verifier.secret, &prepared).map_err(SlowRefusal::failed)?;
        if verifier.failures >= throttle::MOST_FAILURES {
            return Err(fail(Reason::Locked, verifier.failures).uncounted());
        }
        if let Some(left) = throttle::remaining(verifier.failures, verifier.failed_at, now) {
            return Err(SlowRefusal::throttled(left));
        }
        match outcome {
            Outcome::Mismatch => {
                let failures =
                    self.store().attempt(key, now).map_err(|error| SlowRefusal::failed(error.into()))?;
                Err(fail(Reason::WrongPassword, failures))
            }
            Outcome::Match { .. }
                if self.was_guessed_at(verifier, key, now).map_err(SlowRefusal::failed)? =>
            {
                Err(fail(Reason::Throttled, 0))
            }
            Outcome::Match { outdated } => {
                if outdated || verifier.failures > 0 {
                    self.renew_verifier(verifier, key, outdated.then_some(&prepared))
                        .map_err(SlowRefusal::failed)?;
                }
                Ok(())
            }
        }
    }

    /// Whether the password changed, or others guessed too often at it, while this one was hashed: otherwise a
    /// thousand guesses at once would all count as the first.
    fn was_guessed_at(&self, verifier: &Verifier, key: &Key, now: Timestamp) -> Result<bool, Error> {
        let present = self.ask_for_login(|read| read.verifier(key))?;
        Ok(present.is_none_or(|present| {
            present.version != verifier.version
                || present.failures >= throttle::MOST_FAILURES
                || (present.failures > verifier.failures
                    && throttle::remaining(present.failures, present.failed_at, now).is_some())
        }))
    }

    /// Sets the failures back to none, and the costs to today's. A newer password is never overwritten.
    fn renew_verifier(
        &self,
        verifier: &Verifier,
        key: &Key,
        outdated: Option<&Prepared>,
    ) -> Result<(), Error> {
        let secret = match outdated {
            Some(prepared) => self.host().hash(prepared)?,
            None => verifier.secret.clone(),
        };
        let change =
            VerifierChange { key: key.clone(), expect: Some(verifier.version), secret: Some(secret) };
        match self.store().commit(&verifiers_only(self.host().change_id()?, change)) {
            // Somebody set a password meanwhile, or the store takes no writes now: the login stands.
            Ok(()) | Err(StoreError::Conflict | StoreError::ReadOnly(_) | StoreError::Full(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes as much for an unknown address as for a known one, so that the time tells nobody which it is.
    fn count_in_vain(&self, shown: &str, now: Timestamp) {
        let decoy = key::decoy(self.strangers().place(shown) % DECOYS);
        if let Ok(0) = self.store().attempt(&decoy, now)
            && let Ok(id) = self.host().change_id()
        {
            let change = VerifierChange { key: decoy, expect: None, secret: Some("-".to_owned()) };
            let _ = self.store().commit(&verifiers_only(id, change));
        }
    }

    /// Whether a running session still stands: one cheap call, for every command of a long connection.
    ///
    /// # Errors
    /// Those of the store.
    pub fn session_valid<'s>(&self, session: impl Into<Session<'s>>) -> Result<bool, Error> {
        self.refuse_past()?;
        let session = session.into();
        self.ask_for_login(|read| match session {
            Session::User(session) => {
                let user = read.user(session.user)?;
                Ok(user.is_some_and(|user| user.is_active() && user.epoch == session.epoch))
            }
            Session::Device(session) => {
                let Some(device) = read.device(session.device)? else { return Ok(false) };
                let selector = session.selector.as_ref();
                Ok(device.mailbox == session.mailbox
                    && stands(read, &device, selector, session.protocol, session.from)?.is_ok())
            }
        })
    }

    fn ask_for_login<T>(
        &self,
        mut question: impl FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.ask(&library(), &mut question)
    }
}

fn verifiers_only(id: crate::id::ChangeId, change: VerifierChange) -> ChangeSet {
    ChangeSet { verifiers: vec![change], ..ChangeSet::empty(id) }
}

/// A refusal after a slow hash, with the failures in a row.
pub(crate) struct SlowRefusal {
    pub(crate) failures: u32,
    pub(crate) refusal: Refusal,
}

impl SlowRefusal {
    fn throttled(left: Duration) -> Self {
        Self {
            failures: 0,
            refusal: Refusal { reason: Reason::Throttled, device: None, retry_after: Some(left) },
        }
    }

    fn failed(error: Error) -> Self {
        Self { failures: 0, refusal: Refusal::new(Reason::Failed(error)) }
    }

    /// Failures that disable nothing.
    fn uncounted(self) -> Self {
        Self { failures: 0, ..self }
    }
}

/// The mailbox whose own address it is.
fn mailbox_of(read: &mut Reader<'_>, address: &Address) -> Result<Result<MailboxId, Reason>, Error> {
    let Some(domain) = read.verified_domain(address.domain())? else {
        return Ok(Err(Reason::Unknown));
    };
    if domain.alias_of.is_some() {
        return Ok(Err(Reason::Alias));
    }
    Ok(match read.address_holder(domain.organisation, address)? {
        Some(AddressHolder::Mailbox(mailbox)) => Ok(mailbox.id),
        Some(AddressHolder::Alias(_)) => Err(Reason::Alias),
        Some(AddressHolder::Freed(_)) | None => Err(Reason::Unknown),
    })
}

/// Whether a device may be used now with this secret, by this protocol, from there.
fn stands(
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
    Ok(DeviceFacts {
        active: device.is_active(),
        protocols: device.bounds.protocols,
        networks: device.bounds.networks.as_deref(),
        expires: device.bounds.expires,
        secret_ends: None,
        mailbox: mailbox.as_ref().map(|mailbox| mailbox.state),
        sending: mailbox.as_ref().map_or(crate::mailbox::Sending::Allowed, |mailbox| mailbox.sending),
        organisation: organisation.as_ref().map(|organisation| organisation.state),
        holder,
    })
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

/// What the library itself writes on the way of a login. No caller can run these.
macro_rules! own_command {
    ($name:ident { $($field:ident: $type:ty),* } = $text:literal, |$command:ident, $read:ident| $body:expr) => {
        struct $name { $($field: $type),* }

        impl Command for $name {
            type Output = ();
            type Prepared = ();
            const NAME: &'static str = $text;

            fn prepare(&self, _: &Host) -> Result<(), Error> {
                Ok(())
            }

            fn decide(&self, $read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
                let $command = self;
                $body
            }
        }
    };
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

own_command!(
    DisableLegacyPassword { device: DeviceId, failures: u32 } = "disable_password",
    |command, read| {
        let device = read.device(command.device)?.ok_or_else(gone)?;
        let event = DeviceEvent::PasswordDisabled { failures: command.failures };
        Ok(Decision::new(vec![Event::Device(device.organisation, device.mailbox, device.id, event)], ()))
    }
);

own_command!(DisablePassword { user: UserId, failures: u32 } = "disable_password", |command, read| {
    let user = read.user(command.user)?.ok_or_else(crate::access::no_user)?;
    Ok(match user.password {
        PasswordState::Set => {
            let event = UserEvent::PasswordDisabled { failures: command.failures };
            Decision::new(vec![Event::User(user.id, event)], ())
        }
        PasswordState::Missing | PasswordState::Disabled => Decision::nothing(()),
    })
});

fn gone() -> Error {
    Error::new(Code::DeviceNotFound, "the device is gone")
}
