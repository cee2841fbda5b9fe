//! Guessing at passwords that people chose: counted, slowed down, and in the end without avail.

use std::time::Duration;

use super::{Reason, Refusal, gone, library, own_command};
use crate::command::{Command, Decision, Draw, Host};
use crate::device::DeviceEvent;
use crate::directory::Directory;
use crate::error::Error;
use crate::event::Event;
use crate::id::{ChangeId, DeviceId, UserId};
use crate::names::key;
use crate::password::{Outcome, Password, Prepared};
use crate::reader::Reader;
use crate::store::{ChangeSet, Key, StoreError, Verifier, VerifierChange};
use crate::throttle;
use crate::time::Timestamp;
use crate::user::{PasswordState, UserEvent};

/// How many verifiers stand for addresses that have none: enough that strangers seldom wait for each other.
const DECOYS: usize = 64;

impl Directory {
    /// Counts a wrong guess at a person's password that was made elsewhere than at a login.
    pub(crate) fn count_guess(&self, user: UserId) -> Result<(), Error> {
        let failures = self.store().attempt(&key::user(user), self.host().now())?;
        self.disable_guessed(user, failures);
        Ok(())
    }

    /// Writes down that a password is disabled. The count alone keeps it out, so a failure here opens nothing.
    pub(super) fn disable_guessed(&self, user: UserId, failures: u32) {
        if failures == throttle::MOST_FAILURES {
            let _ = self.run(&library(), DisablePassword { user, failures });
        }
    }

    /// The same of a device's legacy password.
    pub(super) fn disable_guessed_device(&self, device: DeviceId, failures: u32) {
        if failures == throttle::MOST_FAILURES {
            let _ = self.run(&library(), DisableLegacyPassword { device, failures });
        }
    }

    /// One slow hash, whoever asks: against the verifier, or in vain. Counts the failure where it belongs.
    pub(super) fn check_slowly(
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
        let count = || self.store().attempt(key, now).map_err(|error| SlowRefusal::failed(error.into()));
        let left = throttle::remaining(verifier.failures, verifier.failed_at, now);
        if verifier.failures >= throttle::MOST_FAILURES {
            if let Some(left) = left {
                return Err(SlowRefusal::waiting(Reason::Locked, left));
            }
            // Counted all the same, so that it waits as long as an unknown login does.
            return Err(fail(Reason::Locked, count()?).uncounted());
        }
        if let Some(left) = left {
            return Err(SlowRefusal::throttled(left));
        }
        match outcome {
            Outcome::Mismatch => Err(fail(Reason::WrongPassword, count()?)),
            // Counted and answered like a wrong one: whoever guesses in parallel must not see which one was right.
            Outcome::Match { .. }
                if self.was_guessed_at(verifier, key, now).map_err(SlowRefusal::failed)? =>
            {
                Err(fail(Reason::Throttled, count()?))
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
}

fn verifiers_only(id: ChangeId, change: VerifierChange) -> ChangeSet {
    ChangeSet { verifiers: vec![change], ..ChangeSet::empty(id) }
}

/// A refusal after a slow hash, with the failures in a row.
pub(super) struct SlowRefusal {
    pub(super) failures: u32,
    pub(super) refusal: Refusal,
}

impl SlowRefusal {
    fn throttled(left: Duration) -> Self {
        Self::waiting(Reason::Throttled, left)
    }

    fn waiting(reason: Reason, left: Duration) -> Self {
        Self { failures: 0, refusal: Refusal { reason, device: None, retry_after: Some(left) } }
    }

    fn failed(error: Error) -> Self {
        Self { failures: 0, refusal: Refusal::new(Reason::Failed(error)) }
    }

    /// Failures that disable nothing.
    fn uncounted(self) -> Self {
        Self { failures: 0, ..self }
    }
}

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

own_command!(
    DisableLegacyPassword { device: DeviceId, failures: u32 } = "disable_password",
    |command, read| {
        let device = read.device(command.device)?.ok_or_else(gone)?;
        let event = DeviceEvent::PasswordDisabled { failures: command.failures };
        Ok(Decision::new(vec![Event::Device(device.organisation, device.mailbox, device.id, event)], ()))
    }
);
