//! Argon2id (RFC 9106), slow on purpose, in memory that is kept for the next one.

use std::fmt;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Prepared;
use crate::error::{Code, Error};

/// Octets of salt in every new verifier.
pub(crate) const SALT_LENGTH: usize = 16;
/// Octets of output in every verifier.
const OUTPUT_LENGTH: usize = 32;
/// Idle memories that are kept; more hashes at once allocate, and free, their own.
const KEPT: usize = 4;

/// What hashing one password costs.
///
/// The default is OWASP's: 19,456 KiB, two iterations, one lane; some 20 ms. Cheaper ones are for tests.
///
/// ```
/// use mailgrant::HashCosts;
///
/// let costs = HashCosts { memory_kib: 65_536, ..HashCosts::default() };
/// assert_eq!((costs.iterations, costs.parallelism), (2, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCosts {
    /// Memory in KiB: 8 for each lane at least, 65,536 at most.
    pub memory_kib: u32,
    /// Passes over the memory: 1 to 10.
    pub iterations: u32,
    /// Lanes: 1 to 4. They are computed one after another.
    pub parallelism: u32,
}

impl Default for HashCosts {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl HashCosts {
    /// Argon2's parameters, unless they are beyond what this library will spend.
    fn params(self) -> Option<Params> {
        let affordable = self.memory_kib <= 65_536
            && (1..=10).contains(&self.iterations)
            && (1..=4).contains(&self.parallelism);
        // Argon2 itself refuses less than 8 KiB a lane.
        affordable
            .then(|| {
                Params::new(self.memory_kib, self.iterations, self.parallelism, Some(OUTPUT_LENGTH)).ok()
            })
            .flatten()
    }
}

impl From<&Params> for HashCosts {
    fn from(params: &Params) -> Self {
        Self { memory_kib: params.m_cost(), iterations: params.t_cost(), parallelism: params.p_cost() }
    }
}

/// Whether a password is the one behind a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is; `outdated` where the verifier was made at other costs than today's.
    Match {
        /// Whether the password deserves a new verifier.
        outdated: bool,
    },
    /// It is not.
    Mismatch,
}

/// A verifier's parts, its costs checked.
struct Phc {
    params: Params,
    salt: Salt,
    output: Output,
}

impl Phc {
    fn parse(phc: &str) -> Result<Self, Error> {
        // The text is a verifier: no part of it goes into the message.
        let refused = || {
            Error::new(
                Code::PasswordCosts,
                "the verifier is not argon2id version 19 with m from 8 to 65536, t to 10, p to 4 and 32 octets",
            )
        };
        let hash = PasswordHash::new(phc).map_err(|_| refused())?;
        if hash.algorithm != ARGON2ID_IDENT || hash.version != Some(Version::V0x13.into()) {
            return Err(refused());
        }
        let stated = Params::try_from(&hash).map_err(|_| refused())?;
        match (HashCosts::from(&stated).params(), hash.salt, hash.hash) {
            // A key id or associated data would change the result: nobody uses them, so nobody gets them.
            (Some(params), Some(salt), Some(output)) if params == stated => Ok(Self { params, salt, output }),
            _ => Err(refused()),
        }
    }
}

/// Refuses a PHC string that this library will not verify, without taking memory for it.
///
/// It verifies Argon2id, version 19, at 8 to 65,536 KiB, at most 10 iterations and 4 lanes, with 8 to 48 octets of
/// salt and 32 of output. Fails with `password.costs`.
pub(crate) fn check_phc(phc: &str) -> Result<(), Error> {
    Phc::parse(phc).map(drop)
}

/// Hashes and verifies. Costly calls: the host keeps them off its async threads.
pub(crate) struct Hasher {
    params: Params,
    /// Memories of exactly today's costs, idle.
    idle: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// Fails with `policy.invalid` where the costs are out of range.
    pub(crate) fn new(costs: HashCosts) -> Result<Self, Error> {
        let params = costs.params().ok_or_else(|| {
            Error::new(
                Code::PolicyInvalid,
                "choose hash costs of 8 to 65536 KiB a lane, 1 to 10 iterations and 1 to 4 lanes",
            )
        })?;
        Ok(Self { params, idle: Mutex::default() })
    }

    /// A new verifier as a PHC string. The salt is to be random and new each time.
    pub(crate) fn hash(&self, password: &Prepared, salt: &[u8; SALT_LENGTH]) -> Result<String, Error> {
        let output = self.compute(&self.params, password, salt)?;
        let phc = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(uncomputable)?,
            salt: Some(Salt::new(salt).map_err(uncomputable)?),
            hash: Some(Output::new(output.as_slice()).map_err(uncomputable)?),
        };
        Ok(phc.to_string())
    }

    /// Compares in constant time. Fails with `password.costs` where the verifier is not one to spend memory on.
    pub(crate) fn verify(&self, phc: &str, password: &Prepared) -> Result<Outcome, Error> {
        let phc = Phc::parse(phc)?;
        let output = self.compute(&phc.params, password, phc.salt.as_ref())?;
        let same: bool = output.as_slice().ct_eq(phc.output.as_bytes()).into();
        Ok(match same && password.possible {
            true => Outcome::Match { outdated: phc.params != self.params },
            false => Outcome::Mismatch,
        })
    }

    /// Costs exactly one hash: for the login that is unknown, so that it takes no less time than a known one.
    pub(crate) fn hash_in_vain(&self, password: &Prepared) {
        let _ = black_box(self.compute(&self.params, password, &[0; SALT_LENGTH]));
    }

    fn compute(
        &self,
        params: &Params,
        password: &Prepared,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; OUTPUT_LENGTH]>, Error> {
        let mut output = Zeroizing::new([0; OUTPUT_LENGTH]);
        let mut memory = self.take(params.block_count());
        let computed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(
                password.text.as_bytes(),
                salt,
                output.as_mut_slice(),
                &mut memory,
            );
        self.give_back(memory, params);
        computed.map_err(uncomputable)?;
        Ok(output)
    }

    /// Memory for so many blocks. What an earlier hash left in it is overwritten before it is read.
    fn take(&self, blocks: usize) -> Vec<Block> {
        let fits = blocks <= self.params.block_count();
        let idle = if fits { self.idle().pop() } else { None };
        let needed = if fits { self.params.block_count() } else { blocks };
        idle.unwrap_or_else(|| vec![Block::new(); needed])
    }

    fn give_back(&self, mut memory: Vec<Block>, used: &Params) {
        // A single pass leaves blocks from which a guess is checked cheaply; a second one mixes everything.
        if used.t_cost() == 1 {
            memory.fill(Block::new());
        }
        let mut idle = self.idle();
        if memory.len() == self.params.block_count() && idle.len() < KEPT {
            idle.push(memory);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uncomputable(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Code::PasswordCosts, "the password cannot be hashed at these costs").caused_by(source)
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hasher").field(&HashCosts::from(&self.params)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Password;
    use super::*;

    const CHEAP: HashCosts = HashCosts { memory_kib: 8, iterations: 1, parallelism: 1 };

    /// Made by the reference implementation in C (phc-winner-argon2, test.c): `password`, `somesalt`.
    const REFERENCE: [&str; 2] = [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ];

    fn hasher(costs: HashCosts) -> Hasher {
        Hasher::new(costs).unwrap()
    }

    fn typed(text: &str) -> Prepared {
        Prepared::for_login(&Password::from(text))
    }

    #[test]
    fn verifiers_of_the_reference_implementation_match() {
        for phc in REFERENCE {
            let outcome = hasher(CHEAP).verify(phc, &typed("password")).unwrap();
            assert_eq!(outcome, Outcome::Match { outdated: true }, "{phc}");
        }
    }

    #[test]
    fn another_password_does_not_match() {
        assert_eq!(hasher(CHEAP).verify(REFERENCE[0], &typed("passwore")).unwrap(), Outcome::Mismatch);
    }

    #[test]
    fn a_verifier_says_what_it_cost() {
        let phc = hasher(HashCosts { parallelism: 2, memory_kib: 16, iterations: 3 })
            .hash(&typed("x"), &[7; SALT_LENGTH])
            .unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=16,t=3,p=2$BwcHBwcHBwcHBwcHBwcHBw$"), "{phc}");
    }

    #[test]
    fn a_verifier_at_todays_costs_is_not_outdated() {
        let hasher = hasher(CHEAP);
        let phc = hasher.hash(&typed("Zürich"), &[7; SALT_LENGTH]).unwrap();
        assert_eq!(hasher.verify(&phc, &typed("Zu\u{308}rich")).unwrap(), Outcome::Match { outdated: false });
    }

    #[test]
    fn another_salt_makes_another_verifier() {
        let hasher = hasher(CHEAP);
        let [one, two] =
            [[1; SALT_LENGTH], [2; SALT_LENGTH]].map(|salt| hasher.hash(&typed("x"), &salt).unwrap());
        assert_ne!(one, two);
    }

    #[test]
    fn what_cannot_be_a_password_never_matches() {
        let hasher = hasher(CHEAP);
        let impossible = typed("\0");
        let phc = hasher.hash(&impossible, &[7; SALT_LENGTH]).unwrap();
        assert_eq!(hasher.verify(&phc, &impossible).unwrap(), Outcome::Mismatch);
    }

    #[test]
    fn absurd_or_foreign_verifiers_are_refused() {
        let tail = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        for phc in [
            format!("$argon2id$v=19$m=65537,t=2,p=1${tail}"),
            format!("$argon2id$v=19$m=4294967295,t=2,p=1${tail}"),
            format!("$argon2id$v=19$m=256,t=11,p=1${tail}"),
            format!("$argon2id$v=19$m=256,t=0,p=1${tail}"),
            format!("$argon2id$v=19$m=256,t=2,p=5${tail}"),
            format!("$argon2id$v=19$m=256,t=2,p=536870913${tail}"),
            format!("$argon2id$v=19$m=7,t=2,p=1${tail}"),
            format!("$argon2id$v=19$m=8,t=2,p=2${tail}"),
            format!("$argon2i$v=19$m=256,t=2,p=1${tail}"),
            format!("$argon2id$v=16$m=256,t=2,p=1${tail}"),
            format!("$argon2id$m=256,t=2,p=1${tail}"),
            format!("$argon2id$v=19$m=256,t=2,p=1,keyid=Zm9v${tail}"),
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg".to_owned(),
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ".to_owned(),
            "$argon2id$v=19$m=256,t=2,p=1$c2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4".to_owned(),
            "{SSHA}bm90aGluZw==".to_owned(),
            String::new(),
        ] {
            let error = check_phc(&phc).unwrap_err();
            assert_eq!(error.code(), Code::PasswordCosts, "{phc}");
            assert!(phc.is_empty() || !format!("{error:?}").contains(&phc), "{error:?}");
        }
        check_phc(REFERENCE[0]).unwrap();
    }

    #[test]
    fn absurd_costs_take_no_memory() {
        let hasher = hasher(CHEAP);
        let phc = REFERENCE[0].replace("m=256", "m=4294967295");
        hasher.verify(&phc, &typed("password")).unwrap_err();
        assert!(hasher.idle().is_empty());
    }

    #[test]
    fn memory_is_used_again_whatever_was_in_it() {
        let hasher = hasher(HashCosts { memory_kib: 256, iterations: 2, parallelism: 1 });
        hasher.hash_in_vain(&typed("somebody else"));
        assert_eq!(hasher.idle().len(), 1);
        assert_eq!(
            hasher.verify(REFERENCE[0], &typed("password")).unwrap(),
            Outcome::Match { outdated: false }
        );
        let smaller = self::hasher(CHEAP).hash(&typed("x"), &[7; SALT_LENGTH]).unwrap();
        assert_eq!(hasher.verify(&smaller, &typed("x")).unwrap(), Outcome::Match { outdated: true });
        assert_eq!(hasher.idle().len(), 1);
    }

    #[test]
    fn memory_of_a_dearer_verifier_is_not_kept() {
        let hasher = hasher(CHEAP);
        hasher.verify(REFERENCE[0], &typed("password")).unwrap();
        assert!(hasher.idle().is_empty());
    }

    #[test]
    fn costs_out_of_range_cannot_be_chosen() {
        for costs in [
            HashCosts { memory_kib: 7, ..CHEAP },
            HashCosts { memory_kib: 65_537, ..CHEAP },
            HashCosts { iterations: 0, ..CHEAP },
            HashCosts { parallelism: 2, ..CHEAP },
            HashCosts { parallelism: u32::MAX, ..CHEAP },
        ] {
            assert_eq!(Hasher::new(costs).unwrap_err().code(), Code::PolicyInvalid, "{costs:?}");
        }
    }
}
