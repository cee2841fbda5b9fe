//! Registering, renaming, suspending and deleting a user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{PasswordState, Proof, User, UserEvent, UserState};
use crate::access::{acting_owners, no_user};
use crate::address::Address;
use crate::command::{Command, Decision, Draw, Host, nothing_to_prepare, system_only};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{OrganisationId, UserId};
use crate::membership::{MemberRemoved, Role, end_membership};
use crate::names::key;
use crate::password::Password;
use crate::reader::Reader;
use crate::text;
use crate::words::words;

words! {
    /// What a person should know about an answer that is no refusal.
    pub enum Warning {
        /// The login is an address of a domain hosted here: who loses the mailbox loses the way to reset the
        /// password.
        LoginHostedHere = "login.hosted_here",
    }
}

/// Registers a person. The host alone may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterUser {
    /// The address they sign in with, hosted here or elsewhere.
    pub login: Address,
    /// What they are called.
    pub name: String,
    /// Whether the host vouches that the address is theirs.
    pub proof: Proof,
    /// Their password; they have none where it is left out, until a reset makes one.
    #[serde(skip)]
    pub password: Option<Password>,
}

impl RegisterUser {
    /// A person whose address is not proved yet, without a password.
    pub fn new(login: Address, name: impl Into<String>) -> Self {
        Self { login, name: name.into(), proof: Proof::Unverified, password: None }
    }

    /// Whether the host vouches for the address.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// Their password.
    #[must_use]
    pub fn password(mut self, password: impl Into<Password>) -> Self {
        self.password = Some(password.into());
        self
    }
}

/// The answer of [`RegisterUser`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Registered {
    /// The new user.
    pub user: UserId,
    /// What they should know.
    pub warnings: Vec<Warning>,
}

impl Command for RegisterUser {
    type Output = Registered;
    type Prepared = Option<String>;
    const NAME: &'static str = "register_user";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "password" => self.password = Some(secret.into()),
            _ => return false,
        }
        true
    }

    fn prepare(&self, host: &Host) -> Result<Option<String>, Error> {
        let Some(password) = &self.password else { return Ok(None) };
        let prepared =
            host.passwords.check(password, &[self.login.local(), self.login.canonical(), &self.name])?;
        host.hash(&prepared).map(Some)
    }

    fn decide(
        &self,
        read: &mut Reader<'_>,
        phc: &Option<String>,
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Registered>, Error> {
        system_only(read.actor())?;
        let user = draw.user_id()?;
        let event = register(read, &self.login, self.proof, &self.name, phc.is_some())?;
        let warnings = login_warnings(read, &self.login)?;
        let decision = Decision::new(vec![Event::User(user, event)], Registered { user, warnings });
        Ok(match phc {
            Some(phc) => decision.verifier(key::user(user), phc.clone()),
            None => decision,
        })
    }
}

/// The event that makes a user of a login that nobody has: `login.taken`.
pub(crate) fn register(
    read: &mut Reader<'_>,
    login: &Address,
    proof: Proof,
    name: &str,
    has_password: bool,
) -> Result<UserEvent, Error> {
    refuse_taken(read, login, None)?;
    Ok(UserEvent::Registered {
        login: super::Contact { address: login.clone(), proof },
        name: text::name("name", name)?,
        password: if has_password { PasswordState::Set } else { PasswordState::Missing },
    })
}

/// Refuses a login that somebody else has: `login.taken`.
pub(super) fn refuse_taken(
    read: &mut Reader<'_>,
    login: &Address,
    user: Option<UserId>,
) -> Result<(), Error> {
    match read.user_by_login(login)? {
        Some(other) if Some(other.id) != user => {
            Err(Error::new(Code::LoginTaken, format!("somebody signs in with `{login}` already"))
                .with("login", login.canonical()))
        }
        _ => Ok(()),
    }
}

/// What somebody should know who signs in with this address.
pub(crate) fn login_warnings(read: &mut Reader<'_>, login: &Address) -> Result<Vec<Warning>, Error> {
    let hosted = read.verified_domain(login.domain())?.is_some();
    Ok(hosted.then_some(Warning::LoginHostedHere).into_iter().collect())
}

/// The user, where they act themselves or the host does: `user.not_found`, `actor.suspended`.
pub(super) fn oneself(read: &mut Reader<'_>, user: UserId) -> Result<Arc<User>, Error> {
    match read.actor().user() {
        Some(actor) if actor == user => read.acting_user(user),
        None if read.actor().is_system() => read.user(user)?.ok_or_else(no_user),
        _ => Err(no_user()),
    }
}

/// Changes what a person is called. Themselves or the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameUser {
    /// Who.
    pub user: UserId,
    /// The new name.
    pub name: String,
}

impl Command for RenameUser {
    type Output = ();
    const NAME: &'static str = "rename_user";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let user = oneself(read, self.user)?;
        let name = text::name("name", &self.name)?;
        Ok(Decision::new(vec![Event::User(user.id, UserEvent::Renamed { name })], ()))
    }
}

/// Suspends a person: no login, no access, no device, and running sessions end. The host alone may, also where
/// they are an organisation's last owner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendUser {
    /// Who.
    pub user: UserId,
}

impl Command for SuspendUser {
    type Output = ();
    const NAME: &'static str = "suspend_user";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        system_only(read.actor())?;
        let tokens = key::user_tokens(self.user);
        Ok(switch(read, self.user, UserState::Active, UserEvent::Suspended)?.without_verifiers(tokens))
    }
}

/// Lets a suspended person act again; their devices work again, their former sessions don't. The host alone may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeUser {
    /// Who.
    pub user: UserId,
}

impl Command for ResumeUser {
    type Output = ();
    const NAME: &'static str = "resume_user";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        system_only(read.actor())?;
        switch(read, self.user, UserState::Suspended, UserEvent::Resumed)
    }
}

fn switch(
    read: &mut Reader<'_>,
    user: UserId,
    from: UserState,
    event: UserEvent,
) -> Result<Decision<()>, Error> {
    let user = read.user(user)?.ok_or_else(no_user)?;
    if user.state != from {
        return Err(Error::new(Code::UserState, format!("the user is {}", user.state))
            .with("state", user.state.as_str()));
    }
    Ok(Decision::new(vec![Event::User(user.id, event)], ()))
}

/// Deletes a person's account. Themselves or the host; not while they are an organisation's last owner.
///
/// All their access ends at once; `Sweep` clears away what it hung on. History keeps the id.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteUser {
    /// Who.
    pub user: UserId,
}

/// The answer of [`DeleteUser`]: what ended with the account, by organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UserDeleted {
    /// What went in each organisation, and which devices there are still known to them.
    pub organisations: Vec<MemberRemoved>,
}

impl Command for DeleteUser {
    type Output = UserDeleted;
    const NAME: &'static str = "delete_user";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<UserDeleted>, Error> {
        let user = oneself(read, self.user)?;
        let mut organisations = Vec::new();
        for membership in read.memberships_of(user.id)? {
            let Some(organisation) = read.organisation(membership.organisation)? else { continue };
            if membership.role == Role::Owner && acting_owners(read, organisation.id)?.as_slice() == [user.id]
            {
                return Err(last_owner(organisation.id));
            }
            organisations.push(end_membership(read, organisation.id, user.id)?.report);
        }
        let decision =
            Decision::new(vec![Event::User(user.id, UserEvent::Deleted)], UserDeleted { organisations });
        Ok(decision.without_verifier(key::user(user.id)).without_verifiers(key::user_tokens(user.id)))
    }
}

fn last_owner(organisation: OrganisationId) -> Error {
    Error::new(Code::OwnerLast, "the user is the last owner of an organisation: transfer or delete it first")
        .with("organisation", organisation.to_string())
}
