//! What a directory is made of.

use std::sync::Arc;

use super::{Directory, Nature};
use crate::command::{Host, LegacyPasswords};
use crate::error::Error;
use crate::last_use::Waiting;
use crate::password::{HashCosts, Hasher, PasswordPolicy};
use crate::secret::Entropy;
use crate::store::Store;
use crate::throttle::Strangers;
use crate::time::{Clock, SystemClock};

/// What a [`Directory`] is made of besides its store.
pub struct DirectoryBuilder {
    store: Arc<dyn Store>,
    clock: Box<dyn Clock>,
    entropy: Option<Box<dyn Entropy>>,
    passwords: PasswordPolicy,
    costs: HashCosts,
    legacy: LegacyPasswords,
}

impl DirectoryBuilder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Box::new(SystemClock),
            entropy: None,
            passwords: PasswordPolicy::default(),
            costs: HashCosts::default(),
            legacy: LegacyPasswords::default(),
        }
    }

    /// The clock; the operating system's where none is given.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Where randomness comes from; the operating system where nothing is given.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Entropy + 'static) -> Self {
        self.entropy = Some(Box::new(entropy));
        self
    }

    /// What people's passwords must be.
    #[must_use]
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.passwords = policy;
        self
    }

    /// What a guess at a person's password costs. The default is OWASP's; tests inject cheap ones.
    #[must_use]
    pub fn hash_costs(mut self, costs: HashCosts) -> Self {
        self.costs = costs;
        self
    }

    /// Whether mailboxes may be opened with the passwords of another system. Refused unless said otherwise.
    #[must_use]
    pub fn legacy_passwords(mut self, legacy: LegacyPasswords) -> Self {
        self.legacy = legacy;
        self
    }

    /// The directory.
    ///
    /// # Errors
    /// `entropy.failed` where there is no randomness, `policy.invalid` for costs out of range.
    pub fn build(self) -> Result<Directory, Error> {
        let entropy = match self.entropy {
            Some(entropy) => entropy,
            None => default_entropy()?,
        };
        let host = Host {
            clock: self.clock,
            entropy: entropy.into(),
            passwords: self.passwords,
            hasher: Hasher::new(self.costs)?,
            legacy: self.legacy,
        };
        let strangers = Strangers::new(host.random()?);
        let (store, waiting) = (self.store, Waiting::default());
        Ok(Directory { store, host, strangers, waiting, nature: Nature::Live, view: None })
    }
}

#[cfg(feature = "os-entropy")]
fn default_entropy() -> Result<Box<dyn Entropy>, Error> {
    Ok(Box::new(crate::secret::os_entropy()))
}

#[cfg(not(feature = "os-entropy"))]
fn default_entropy() -> Result<Box<dyn Entropy>, Error> {
    Err(Error::new(
        crate::error::Code::EntropyFailed,
        "no randomness was given, and this build has no default",
    ))
}
