//! Changing and confirming the addresses of a user: a new one counts once its token came back.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::{login_warnings, oneself, refuse_taken};
use super::{Awaited, LOGIN, Proof, RECOVERY, RESET, User, UserEvent, Warning};
use crate::access::no_user;
use crate::address::Address;
use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::UserId;
use crate::names::{key, stream};
use crate::reader::Reader;
use crate::secret::{PresentedToken, Token, TokenPurpose, same_digest};
use crate::store::Key;
use crate::words::words;

/// How long a confirmation token is good.
const CONFIRMATION_LIFE: Duration = Duration::from_secs(24 * 3_600);

words! {
    /// Which of a user's addresses.
    pub enum AddressKind {
        /// The one they sign in with.
        Login = "login",
        /// The one a reset may go to besides.
        Recovery = "recovery",
    }
}

impl AddressKind {
    fn purpose(self) -> TokenPurpose {
        match self {
            Self::Login => TokenPurpose::ConfirmLogin,
            Self::Recovery => TokenPurpose::ConfirmRecovery,
        }
    }

    fn secret(self, user: UserId) -> Key {
        let purpose = match self {
            Self::Login => LOGIN,
            Self::Recovery => RECOVERY,
        };
        key::user_token(user, purpose)
    }

    fn awaited(self, user: &User) -> Option<&Awaited> {
        match self {
            Self::Login => user.awaited_login.as_ref(),
            Self::Recovery => user.awaited_recovery.as_ref(),
        }
    }
}

/// Asks for another login. It counts once the token came back that the host sends there with
/// [`IssueConfirmation`]; until then the present one does. Themselves or the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeLogin {
    /// Who.
    pub user: UserId,
    /// The new login.
    pub login: Address,
}

/// The answer of [`ChangeLogin`]. It is the same whether or not somebody else has the login: that shows when
/// the token comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoginChangeAsked {
    /// What they should know.
    pub warnings: Vec<Warning>,
}

impl Command for ChangeLogin {
    type Output = LoginChangeAsked;
    const NAME: &'static str = "change_login";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<LoginChangeAsked>, Error> {
        let user = oneself(read, self.user)?;
        let warnings = login_warnings(read, &self.login)?;
        let event = Event::User(user.id, UserEvent::LoginAsked { login: self.login.clone() });
        Ok(Decision::new(vec![event], LoginChangeAsked { warnings })
            .without_verifier(AddressKind::Login.secret(user.id)))
    }
}

/// Asks for another recovery address. It counts once the token came back that the host sends there. Themselves
/// or the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRecoveryAddress {
    /// Who.
    pub user: UserId,
    /// The new recovery address.
    pub address: Address,
}

impl Command for SetRecoveryAddress {
    type Output = ();
    const NAME: &'static str = "set_recovery_address";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let user = oneself(read, self.user)?;
        let event = Event::User(user.id, UserEvent::RecoveryAsked { address: self.address.clone() });
        Ok(Decision::new(vec![event], ()).without_verifier(AddressKind::Recovery.secret(user.id)))
    }
}

/// Removes the recovery address. Themselves or the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveRecoveryAddress {
    /// Who.
    pub user: UserId,
}

impl Command for RemoveRecoveryAddress {
    type Output = ();
    const NAME: &'static str = "remove_recovery_address";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let user = oneself(read, self.user)?;
        let decision = Decision::new(vec![Event::User(user.id, UserEvent::RecoveryRemoved)], ());
        Ok(decision
            .without_verifiers([AddressKind::Recovery.secret(user.id), key::user_token(user.id, RESET)]))
    }
}

/// Issues a token for the host to mail to an address that is not confirmed. A former token ends. The host alone
/// may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueConfirmation {
    /// Whose address.
    pub user: UserId,
    /// Which one.
    pub of: AddressKind,
}

/// The answer of [`IssueConfirmation`].
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ConfirmationIssued {
    /// What to mail. Good for 24 hours.
    #[serde(skip)]
    pub token: Token,
    /// Where to.
    pub send_to: Address,
}

impl Command for IssueConfirmation {
    type Output = ConfirmationIssued;
    const NAME: &'static str = "issue_confirmation";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<ConfirmationIssued>, Error> {
        system_only(read.actor())?;
        let user = read.user(self.user)?.ok_or_else(no_user)?;
        let expires = read.now(&stream::user(user.id))?.plus(CONFIRMATION_LIFE);
        let send_to = match self.of.awaited(&user) {
            Some(awaited) => awaited.address.clone(),
            None if self.of == AddressKind::Login && user.login.proof == Proof::Unverified => {
                user.login.address.clone()
            }
            None => return Err(Error::new(Code::LoginConfirmed, "no address waits to be confirmed")),
        };
        let event = match self.of {
            AddressKind::Login => UserEvent::LoginTokenIssued { expires },
            AddressKind::Recovery => UserEvent::RecoveryTokenIssued { expires },
        };
        let token = Token::from_random(self.of.purpose(), user.id.as_uuid().as_u128(), &draw.bytes()?);
        let digest = token.digest();
        Ok(Decision::new(vec![Event::User(user.id, event)], ConfirmationIssued { token, send_to })
            .verifier(self.of.secret(user.id), digest))
    }
}

/// Confirms an address with the token that was mailed there. Whoever holds the token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAddress {
    /// The token.
    #[serde(skip, default = "PresentedToken::nothing")]
    pub token: PresentedToken,
}

/// The answer of [`ConfirmAddress`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Confirmed {
    /// Whose address it is.
    pub user: UserId,
    /// Which of theirs.
    pub kind: AddressKind,
    /// The address.
    pub address: Address,
}

impl Command for ConfirmAddress {
    type Output = Confirmed;
    const NAME: &'static str = "confirm_address";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "token" => self.token = secret.into(),
            _ => return false,
        }
        true
    }

    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<Confirmed>, Error> {
        let (kind, id, digest) = match self.token.locate() {
            Some((TokenPurpose::ConfirmLogin, id, digest)) => (AddressKind::Login, id, digest),
            Some((TokenPurpose::ConfirmRecovery, id, digest)) => (AddressKind::Recovery, id, digest),
            _ => return Err(unknown_token()),
        };
        let user = UserId::from_uuid(uuid::Uuid::from_u128(id));
        let user = token_holder(read, user, &kind.secret(user), &digest)?;
        refuse_inactive(&user)?;
        let awaited = kind.awaited(&user).ok_or_else(unknown_token)?;
        let now = read.now(&stream::user(user.id))?;
        if awaited.expires.is_none_or(|expires| now >= expires) {
            return Err(expired_token());
        }
        let address = awaited.address.clone();
        // Where it is hosted here, its organisation must not open or give away the address meanwhile.
        read.verified_domain(address.domain())?;
        let event = match kind {
            AddressKind::Login => {
                refuse_taken(read, &address, Some(user.id))?;
                UserEvent::LoginConfirmed { login: address.clone() }
            }
            AddressKind::Recovery => UserEvent::RecoveryConfirmed { address: address.clone() },
        };
        Ok(Decision::new(vec![Event::User(user.id, event)], Confirmed { user: user.id, kind, address })
            .without_verifiers([kind.secret(user.id), key::user_token(user.id, RESET)]))
    }
}

/// Refuses whoever may not act: `user.state`.
pub(super) fn refuse_inactive(user: &User) -> Result<(), Error> {
    if user.is_active() {
        return Ok(());
    }
    Err(Error::new(Code::UserState, format!("the user is {}", user.state)).with("state", user.state.as_str()))
}

/// The user whose token it is: `token.invalid`.
pub(super) fn token_holder(
    read: &mut Reader<'_>,
    user: UserId,
    secret: &Key,
    digest: &str,
) -> Result<Arc<User>, Error> {
    let user = read.user(user)?;
    let known = read.verifier(secret)?.is_some_and(|verifier| same_digest(&verifier.secret, digest));
    user.filter(|_| known).ok_or_else(unknown_token)
}

pub(crate) fn unknown_token() -> Error {
    Error::new(Code::TokenInvalid, "the token is not known: it was used or replaced, or is incomplete")
}

pub(super) fn expired_token() -> Error {
    Error::new(Code::TokenExpired, "the token is past its expiry: ask for another one")
}
