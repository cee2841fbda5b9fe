//! Changing and resetting a person's password.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::oneself;
use super::address::{AddressKind, expired_token, refuse_inactive, token_holder, unknown_token};
use super::{Contact, PasswordState, Proof, RESET, Reset, User, UserEvent};
use crate::access::{Purpose, administers, no_user, organisation_suspended};
use crate::address::Address;
use crate::command::{Command, Decision, Draw, Host, nothing_to_prepare};
use crate::device::DeviceEvent;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::GrantEvent;
use crate::id::{MailboxId, UserId};
use crate::mailbox::MailboxEvent;
use crate::names::{key, stream};
use crate::password::{Outcome, Password, Prepared};
use crate::reader::Reader;
use crate::readers::Readers;
use crate::resolve::route_to_mailbox;
use crate::secret::{PresentedToken, Token, TokenPurpose};
use crate::store::JournalQuery;
use crate::throttle;

/// So many changes of a mailbox within the life of a reset count as one too many.
const MOST_MEANWHILE: usize = 1_000;
/// How long a reset is good.
const RESET_LIFE: Duration = Duration::from_secs(3_600);

/// Changes a person's password; their other sessions end. Themselves, with the current one; or the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// Who.
    pub user: UserId,
    /// The current password. The host, and who has none yet, leave it out.
    #[serde(skip)]
    pub current: Option<Password>,
    /// The new password.
    #[serde(skip, default = "Password::nothing")]
    pub new: Password,
}

impl Command for ChangePassword {
    type Output = ();
    type Prepared = String;
    const NAME: &'static str = "change_password";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "current" => self.current = Some(secret.into()),
            "new" => self.new = secret.into(),
            _ => return false,
        }
        true
    }

    fn prepare(&self, host: &Host) -> Result<String, Error> {
        host.hash(&host.passwords.admit(&self.new)?)
    }

    fn decide(
        &self,
        read: &mut Reader<'_>,
        phc: &String,
        draw: &mut Draw<'_>,
    ) -> Result<Decision<()>, Error> {
        let user = oneself(read, self.user)?;
        if !read.actor().is_system() && user.password != PasswordState::Missing {
            check_current(read, draw, &user, self.current.as_ref())?;
        }
        refuse_own_words(read, draw.host(), &self.new, &user)?;
        Ok(Decision::new(vec![Event::User(user.id, UserEvent::PasswordChanged)], ())
            .verifier(key::user(user.id), phc.clone())
            .without_verifiers(key::user_tokens(user.id)))
    }
}

/// Refuses a wrong current password, counted as a guess: `password.wrong`.
fn check_current(
    read: &mut Reader<'_>,
    draw: &mut Draw<'_>,
    user: &User,
    current: Option<&Password>,
) -> Result<(), Error> {
    let wrong = || Error::new(Code::PasswordWrong, "the current password is wrong, or may not be used now");
    let verifier = read.verifier(&key::user(user.id))?.ok_or_else(wrong)?;
    let prepared = Prepared::for_login(current.ok_or_else(wrong)?);
    let outcome = draw.host().hasher.verify(&verifier.secret, &prepared)?;
    if let Some(left) = throttle::remaining(verifier.failures, verifier.failed_at, draw.host().now()) {
        return Err(wrong().with("retry_after", left.as_secs_f64().ceil()));
    }
    let usable = user.password == PasswordState::Set && verifier.failures < throttle::MOST_FAILURES;
    if usable && matches!(outcome, Outcome::Match { .. }) {
        return Ok(());
    }
    draw.guess_failed(user.id);
    Err(wrong())
}

/// Refuses a password made of the person's own login, name or organisations: `password.refused`.
fn refuse_own_words(
    read: &mut Reader<'_>,
    host: &Host,
    password: &Password,
    user: &User,
) -> Result<(), Error> {
    // A name that changes meanwhile breaks no rule: their streams need not stand still.
    let organisations = read.apart(|read| {
        let memberships = read.memberships_of(user.id)?;
        memberships
            .iter()
            .map(|membership| read.organisation(membership.organisation))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let own = [user.login.address.local(), user.login.address.canonical(), user.name.as_str()];
    let names = organisations.iter().flatten().map(|organisation| organisation.name.as_str());
    host.passwords.check(password, &own.into_iter().chain(names).collect::<Vec<_>>()).map(drop)
}

/// Starts a password reset.
///
/// The host gets the token, for mailing to a verified address of the person. The person themselves, and owners
/// and admins of an organisation of theirs, may ask for one and get nothing secret back: the host then starts it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartReset {
    /// Whose password.
    pub user: UserId,
    /// To which of their addresses.
    pub to: AddressKind,
}

/// The answer of [`StartReset`].
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ResetStarted {
    /// What to mail, for the host alone. Good for an hour.
    #[serde(skip)]
    pub token: Option<Token>,
    /// Where to, for the host alone.
    pub send_to: Option<Address>,
}

impl Command for StartReset {
    type Output = ResetStarted;
    const NAME: &'static str = "start_reset";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<ResetStarted>, Error> {
        let actor = read.actor();
        read.refuse_suspended()?;
        let user = read.user(self.user)?.ok_or_else(no_user)?;
        if !actor.is_system() {
            if actor.user() != Some(user.id) && !administers(read, actor, user.id, Purpose::Change)? {
                let seen = administers(read, actor, user.id, Purpose::Ask)?;
                return Err(if seen { organisation_suspended() } else { no_user() });
            }
            let event = Event::User(user.id, UserEvent::ResetAsked);
            return Ok(Decision::new(vec![event], ResetStarted { token: None, send_to: None }));
        }
        refuse_inactive(&user)?;
        let contact = match self.to {
            AddressKind::Login => Some(&user.login),
            AddressKind::Recovery => user.recovery.as_ref(),
        };
        let Some(Contact { address, proof: Proof::Verified }) = contact else {
            return Err(Error::new(
                Code::ResetUnverified,
                format!("the user has no verified {} address", self.to),
            ));
        };
        let mailbox = readers_mailbox(read, address, user.id)?;
        let expires = read.now(&stream::user(user.id))?.plus(RESET_LIFE);
        let token = Token::from_random(TokenPurpose::Reset, user.id.as_uuid().as_u128(), &draw.bytes()?);
        let digest = token.digest();
        let output = ResetStarted { token: Some(token), send_to: Some(address.clone()) };
        let event = UserEvent::ResetIssued { to: address.clone(), mailbox, expires };
        Ok(Decision::new(vec![Event::User(user.id, event)], output)
            .verifier(key::user_token(user.id, RESET), digest))
    }
}

/// The mailbox here that gets mail to an address. Refuses it where somebody other than the user can read it:
/// `reset.exposed`.
fn readers_mailbox(
    read: &mut Reader<'_>,
    address: &Address,
    user: UserId,
) -> Result<Option<MailboxId>, Error> {
    let Some(mailbox) = route_to_mailbox(read, address)?.1 else { return Ok(None) };
    if Readers::of(read, &mailbox)?.others(user) > 0 { Err(exposed()) } else { Ok(Some(mailbox.id)) }
}

/// Refuses a reset that somebody other than the user could have read since it was sent: `reset.exposed`.
fn refuse_read_meanwhile(read: &mut Reader<'_>, reset: &Reset, user: UserId) -> Result<(), Error> {
    if readers_mailbox(read, &reset.to, user)? != reset.mailbox {
        return Err(exposed());
    }
    let Some(mailbox) = reset.mailbox else { return Ok(()) };
    let Some(mailbox) = read.any_mailbox(mailbox)? else { return Err(exposed()) };
    let query = JournalQuery {
        streams: vec![stream::organisation(mailbox.organisation)],
        subject: Some(mailbox.id.to_string()),
        since: Some(reset.issued),
        limit: MOST_MEANWHILE,
        ..JournalQuery::default()
    };
    let meanwhile = read.txn().journal(&query)?;
    let opened = meanwhile.len() >= MOST_MEANWHILE
        || meanwhile.iter().any(|entry| match Event::read(entry) {
            Ok(Event::Grant(_, _, to, GrantEvent::Given { .. })) => to != user,
            Ok(Event::Device(
                _,
                _,
                _,
                DeviceEvent::Added { shown_to, .. } | DeviceEvent::Rotated { shown_to, .. },
            )) => shown_to != Some(user),
            // Who was given it before it came stands in the journal of another organisation.
            Ok(Event::Mailbox(_, _, MailboxEvent::TransferredIn { .. })) => true,
            Ok(_) => false,
            Err(_) => true,
        });
    if opened { Err(exposed()) } else { Ok(()) }
}

fn exposed() -> Error {
    Error::new(
        Code::ResetExposed,
        "somebody other than the user can read mail to that address here: choose the other address",
    )
}

/// Makes a new password with the token of a reset. Whoever holds the token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishReset {
    /// The token.
    #[serde(skip, default = "PresentedToken::nothing")]
    pub token: PresentedToken,
    /// The new password.
    #[serde(skip, default = "Password::nothing")]
    pub password: Password,
}

impl Command for FinishReset {
    type Output = UserId;
    type Prepared = String;
    const NAME: &'static str = "finish_reset";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "token" => self.token = secret.into(),
            "password" => self.password = secret.into(),
            _ => return false,
        }
        true
    }

    fn prepare(&self, host: &Host) -> Result<String, Error> {
        if self.token.locate().is_none() {
            return Err(unknown_token());
        }
        host.hash(&host.passwords.admit(&self.password)?)
    }

    fn decide(
        &self,
        read: &mut Reader<'_>,
        phc: &String,
        draw: &mut Draw<'_>,
    ) -> Result<Decision<UserId>, Error> {
        let Some((TokenPurpose::Reset, id, digest)) = self.token.locate() else {
            return Err(unknown_token());
        };
        let user = UserId::from_uuid(uuid::Uuid::from_u128(id));
        let secret = key::user_token(user, RESET);
        let user = token_holder(read, user, &secret, &digest)?;
        let now = read.now(&stream::user(user.id))?;
        let reset = user.reset.as_ref().filter(|reset| now < reset.expires).ok_or_else(expired_token)?;
        refuse_inactive(&user)?;
        refuse_read_meanwhile(read, reset, user.id)?;
        refuse_own_words(read, draw.host(), &self.password, &user)?;
        Ok(Decision::new(vec![Event::User(user.id, UserEvent::PasswordReset)], user.id)
            .verifier(key::user(user.id), phc.clone())
            .without_verifiers(key::user_tokens(user.id)))
    }
}
