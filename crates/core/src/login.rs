//! Logins: a person with their password, a device with its own. Refusals look alike outside and are exact inside.

mod device;
mod guessing;
mod person;

pub(crate) use device::{keys_of, may_use};

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::DeviceObstacle;
use crate::actor::Actor;
use crate::device::Protocol;
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::grant::Rights;
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::reader::Reader;
use crate::resolve::NotOwn;
use crate::secret::Selector;

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

impl Reason {
    /// The reason in a word, such as `wrong_password` or, of a device, `revoked`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Alias => "alias",
            Self::WrongPassword => "wrong_password",
            Self::UserSuspended => "user_suspended",
            Self::NoPassword => "no_password",
            Self::Locked => "locked",
            Self::Throttled => "throttled",
            Self::NotADevicePassword => "not_a_device_password",
            Self::Device(obstacle) => obstacle.as_str(),
            Self::Failed(_) => "failed",
        }
    }
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

impl From<NotOwn> for Reason {
    fn from(why: NotOwn) -> Self {
        match why {
            NotOwn::Unknown => Self::Unknown,
            NotOwn::Alias => Self::Alias,
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

    /// As an error: `login.refused`, which tells nothing of the reason, or what failed where the library could not tell.
    pub fn into_error(self) -> Error {
        let message = self.to_string();
        match self.reason {
            Reason::Failed(error) => error,
            _ => Error::new(Code::LoginRefused, message),
        }
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

/// Who acts when the library itself writes.
fn library() -> Actor {
    Actor::system("mailgrant")
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

use own_command;

impl Directory {
    /// Whether a running session still stands: one cheap call, for every command of a long connection.
    ///
    /// Costs one snapshot with one look-up for a person, three for a device; with an access view none.
    ///
    /// # Errors
    /// Those of the store; `view.stale`; `directory.past`, `directory.replica`.
    pub fn session_valid<'s>(&self, session: impl Into<Session<'s>>) -> Result<bool, Error> {
        self.require_live()?;
        let session = session.into();
        let now = self.host().now();
        if let Some(view) = self.fresh_view(now)? {
            return Ok(view.read(|access| match session {
                Session::User(session) => access.user_stands(session.user, session.epoch),
                Session::Device(DeviceSession { device, mailbox, protocol, from, selector, .. }) => access
                    .device_stands(*device, *selector, *protocol, *from, now)
                    .is_some_and(|(of, verdict)| of == *mailbox && verdict.is_ok()),
            }));
        }
        self.ask_for_login(|read| match session {
            Session::User(session) => {
                let user = read.user(session.user)?;
                Ok(user.is_some_and(|user| user.is_active() && user.epoch == session.epoch))
            }
            Session::Device(session) => {
                let Some(device) = read.device(session.device)? else { return Ok(false) };
                let selector = session.selector.as_ref();
                Ok(device.mailbox == session.mailbox
                    && device::stands(read, &device, selector, session.protocol, session.from)?.is_ok())
            }
        })
    }

    pub(crate) fn ask_for_login<T>(
        &self,
        mut question: impl FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.look(&library(), None, &mut question)
    }
}

fn gone() -> Error {
    Error::new(Code::DeviceNotFound, "the device is gone")
}
