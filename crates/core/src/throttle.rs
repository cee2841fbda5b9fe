//! How guessing at passwords that people chose is slowed down.
//!
//! Failures are counted with the verifier. For addresses that have none, a small table in memory counts as
//! well, so that a wait tells nobody which addresses exist. It may forget strangers, never accounts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// Failures in a row before a password is disabled (NIST SP 800-63B-4 §3.2.2).
pub(crate) const MOST_FAILURES: u32 = 100;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
const LONGEST: Duration = Duration::from_secs(15 * 60);
const SLOTS: usize = 16_384;

/// How long after the last of so many failures no guess is heard: from the sixth on 1, 2, 4 … seconds, at most
/// 15 minutes.
pub(crate) fn wait(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(over) => LONGEST.min(Duration::from_secs(1 << (over - 1).min(20))),
    }
}

/// What is left of the wait.
pub(crate) fn remaining(failures: u32, failed_at: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let until = failed_at?.plus(wait(failures));
    Some(until.since(now)).filter(|left| !left.is_zero())
}

#[derive(Clone, Copy)]
struct Slot {
    whose: u64,
    failures: u32,
    failed_at: Timestamp,
}

const EMPTY: Slot = Slot { whose: 0, failures: 0, failed_at: Timestamp::EPOCH };

/// Failures at addresses without a verifier, each address in its slot; a newer one takes the slot of an older.
pub(crate) struct Strangers {
    key: [u8; 16],
    slots: Mutex<Vec<Slot>>,
}

impl Strangers {
    /// The key keeps strangers from choosing whose slot they take.
    pub(crate) fn new(key: [u8; 16]) -> Self {
        Self { key, slots: Mutex::new(vec![EMPTY; SLOTS]) }
    }

    fn fingerprint(&self, address: &str) -> u64 {
        let digest = Sha256::new().chain_update(self.key).chain_update(address.as_bytes()).finalize();
        digest.iter().take(8).fold(0, |print, byte| print << 8 | u64::from(*byte))
    }

    /// The slot of an address.
    pub(crate) fn place(&self, address: &str) -> usize {
        usize::try_from(self.fingerprint(address) % SLOTS as u64).unwrap_or(0)
    }

    /// What is left of the wait at an address.
    pub(crate) fn remaining(&self, address: &str, now: Timestamp) -> Option<Duration> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get(self.place(address)).filter(|slot| slot.whose == self.fingerprint(address))?;
        remaining(slot.failures, Some(slot.failed_at), now)
    }

    /// Counts a failure at an address and gives the failures in a row.
    pub(crate) fn fail(&self, address: &str, now: Timestamp) -> u32 {
        let whose = self.fingerprint(address);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get_mut(self.place(address)) else { return 0 };
        if slot.whose != whose {
            *slot = EMPTY;
        }
        *slot = Slot { whose, failures: slot.failures.saturating_add(1), failed_at: now };
        slot.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_nothing_to_a_quarter_of_an_hour() {
        let waits: Vec<u64> =
            [0, 5, 6, 7, 8, 15, 16, 99, u32::MAX].map(|failures| wait(failures).as_secs()).to_vec();
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 900, 900, 900]);
    }

    #[test]
    fn a_wait_ends() {
        let failed = Timestamp::from_seconds(1_000);
        assert_eq!(remaining(7, Some(failed), failed), Some(Duration::from_secs(2)));
        assert_eq!(remaining(7, Some(failed), failed.plus(Duration::from_secs(2))), None);
        assert_eq!(remaining(5, Some(failed), failed), None);
    }

    #[test]
    fn strangers_are_counted_by_address() {
        let strangers = Strangers::new([7; 16]);
        let now = Timestamp::from_seconds(1_000);
        let counts: Vec<u32> = (0..6).map(|_| strangers.fail("a@example.ch", now)).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6]);
        assert_eq!(strangers.remaining("a@example.ch", now), Some(Duration::from_secs(1)));
        assert_eq!(strangers.remaining("b@example.ch", now), None);
    }

    #[test]
    fn strangers_do_not_answer_for_each_other() {
        let strangers = Strangers::new([7; 16]);
        let now = Timestamp::from_seconds(1_000);
        (0..50_000).for_each(|number| {
            strangers.fail(&format!("nobody{number}@example.ch"), now);
        });
        assert_eq!(strangers.remaining("first@example.ch", now), None);
        assert_eq!(strangers.fail("first@example.ch", now), 1);
    }
}
