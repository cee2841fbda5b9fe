//! People: one slow hash, whatever the answer.

use super::{Reason, Refusal, UserLogin, UserSession};
use crate::address::Address;
use crate::directory::Directory;
use crate::names::key;
use crate::password::Password;
use crate::user::PasswordState;

impl Directory {
    /// Signs a person in with their password.
    ///
    /// Costs one slow hash whatever the answer; a failure is counted durably.
    ///
    /// # Errors
    /// A [`Refusal`], alike for every reason on the outside.
    pub fn login_user(&self, login: &UserLogin<'_>) -> Result<UserSession, Refusal> {
        self.require_live()?;
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
}
