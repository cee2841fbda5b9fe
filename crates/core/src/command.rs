//! What every change is: a command that decides and never writes.

use std::sync::Mutex;

use crate::actor::Actor;
use crate::error::Error;
use crate::event::Event;
use crate::id::{ChangeId, DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::password::{HashCosts, Hasher, PasswordPolicy, Prepared};
use crate::reader::Reader;
use crate::secret::Entropy;
use crate::store::{Key, Redaction};
use crate::time::{Clock, Timestamp};

/// The most events of one command.
pub(crate) const MOST_EVENTS: usize = 10_000;

/// A change, as a plain struct with named fields.
///
/// `prepare` does what needs no rule, such as hashing a password. `decide` reads a consistent snapshot, checks
/// the rules and says what happens; it never writes, so that the same code answers a preview, and may run again
/// when somebody else was faster.
pub trait Command {
    /// What it answers.
    type Output;
    /// What `prepare` makes.
    type Prepared;
    /// Its name in the journal and in the bindings.
    const NAME: &'static str;
    /// Whether it may make more than 10,000 events: only what must be one commit whatever its size.
    const UNBOUNDED: bool = false;

    /// Puts a secret into the field of this name, where the command came without its secrets; whether there is
    /// such a field.
    fn supply(&mut self, field: &str, secret: String) -> bool {
        let _ = (field, secret);
        false
    }

    /// Does what needs no rule.
    fn prepare(&self, host: &Host) -> Result<Self::Prepared, Error>;

    /// Checks the rules and says what happens.
    fn decide(
        &self,
        read: &mut Reader<'_>,
        prepared: &Self::Prepared,
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Self::Output>, Error>;
}

/// For the commands that prepare nothing.
macro_rules! nothing_to_prepare {
    () => {
        type Prepared = ();

        fn prepare(&self, _: &$crate::command::Host) -> Result<(), $crate::error::Error> {
            Ok(())
        }
    };
}
pub(crate) use nothing_to_prepare;

/// What a command decided.
#[derive(Debug)]
pub struct Decision<T> {
    pub(crate) output: T,
    pub(crate) events: Vec<Event>,
    pub(crate) verifiers: Vec<(Key, Option<String>)>,
    pub(crate) redactions: Vec<Redaction>,
    pub(crate) forgotten: Vec<Key>,
}

impl<T> Decision<T> {
    /// These events, and this answer.
    pub(crate) fn new(events: Vec<Event>, output: T) -> Self {
        Self { output, events, verifiers: Vec::new(), redactions: Vec::new(), forgotten: Vec::new() }
    }

    /// Nothing happens.
    pub(crate) fn nothing(output: T) -> Self {
        Self::new(Vec::new(), output)
    }

    /// Sets a verifier as well.
    pub(crate) fn verifier(mut self, key: Key, secret: String) -> Self {
        self.verifiers.push((key, Some(secret)));
        self
    }

    /// Removes several verifiers as well.
    pub(crate) fn without_verifiers(self, keys: impl IntoIterator<Item = Key>) -> Self {
        keys.into_iter().fold(self, Self::without_verifier)
    }

    /// Rewrites entries of the journal as well.
    pub(crate) fn redacting(mut self, redactions: impl IntoIterator<Item = Redaction>) -> Self {
        self.redactions.extend(redactions);
        self
    }

    /// Lets go of notes as well.
    pub(crate) fn forgetting(mut self, notes: Vec<Key>) -> Self {
        self.forgotten.extend(notes);
        self
    }

    /// Removes a verifier as well.
    pub(crate) fn without_verifier(mut self, key: Key) -> Self {
        self.verifiers.push((key, None));
        self
    }
}

/// What of a plan's events a person should know, before or instead of their happening.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plan<T> {
    /// What the command would answer. Ids and secrets in it are never valid.
    pub output: T,
    /// What would happen, in order.
    pub events: Vec<Event>,
}

/// What the host program provides: clock, randomness, and how people's passwords are treated.
pub struct Host {
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) entropy: Mutex<Box<dyn Entropy>>,
    pub(crate) passwords: PasswordPolicy,
    pub(crate) hasher: Hasher,
    pub(crate) legacy: LegacyPasswords,
}

/// Whether mailboxes may be opened with the passwords of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LegacyPasswords {
    /// Whatever is not in the form of a device password is refused at once.
    #[default]
    Refused,
    /// Every address, known or not, costs exactly one slow hash.
    Allowed,
}

impl Host {
    /// Of a past or a replica.
    pub(crate) fn of_copy(clock: Box<dyn Clock>) -> Result<Self, Error> {
        Ok(Self {
            clock,
            entropy: Mutex::new(Box::new(NoEntropy)),
            passwords: PasswordPolicy::default(),
            hasher: Hasher::new(HashCosts::default())?,
            legacy: LegacyPasswords::Refused,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let mut entropy = self.entropy.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(entropy.fill(bytes)?)
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The PHC string of a password that passed the policy.
    pub(crate) fn hash(&self, password: &Prepared) -> Result<String, Error> {
        self.hasher.hash(password, &self.random()?)
    }

    pub(crate) fn change_id(&self) -> Result<ChangeId, Error> {
        Ok(ChangeId::from_uuid(uuid_at(self.now(), self.random()?)))
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("passwords", &self.passwords)
            .field("legacy", &self.legacy)
            .finish_non_exhaustive()
    }
}

fn uuid_at(instant: Timestamp, random: [u8; 10]) -> uuid::Uuid {
    let millis = u64::try_from(instant.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// What a unit of work drew: instants and random bytes, given again in the same order when it decides again.
#[derive(Default)]
pub(crate) struct Tape {
    instants: Vec<Timestamp>,
    bytes: Vec<u8>,
    next_instant: usize,
    next_byte: usize,
    /// Whose passwords were guessed at wrongly.
    pub(crate) guessed: Vec<UserId>,
}

impl Tape {
    pub(crate) fn rewind(&mut self) {
        self.guessed.clear();
        self.next_instant = 0;
        self.next_byte = 0;
    }

    /// The instant of the present command.
    pub(crate) fn last_instant(&self) -> Timestamp {
        self.next_instant
            .checked_sub(1)
            .and_then(|place| self.instants.get(place))
            .copied()
            .unwrap_or(Timestamp::EPOCH)
    }

    /// The instant of the next command.
    pub(crate) fn instant(&mut self, host: &Host) -> Timestamp {
        let place = self.next_instant;
        self.next_instant += 1;
        match self.instants.get(place) {
            Some(instant) => *instant,
            None => {
                let now = host.now();
                self.instants.push(now);
                now
            }
        }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.bytes);
    }
}

/// Draws ids and random bytes for one command, from a tape that rewinds when it is decided again: a rerun
/// gives the same ids and secrets.
pub struct Draw<'a> {
    pub(crate) tape: &'a mut Tape,
    pub(crate) host: &'a Host,
    pub(crate) instant: Timestamp,
}

macro_rules! draw_ids {
    ($($name:ident: $id:ident,)+) => {
        $(pub(crate) fn $name(&mut self) -> Result<$id, Error> {
            Ok($id::from_uuid(uuid_at(self.instant, self.bytes()?)))
        })+
    };
}

impl<'h> Draw<'h> {
    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let start = self.tape.next_byte;
        self.tape.next_byte += N;
        if self.tape.bytes.len() < self.tape.next_byte {
            let fresh: [u8; N] = self.host.random()?;
            self.tape.bytes.truncate(start);
            self.tape.bytes.extend_from_slice(&fresh);
        }
        let mut bytes = [0; N];
        if let Some(drawn) = self.tape.bytes.get(start..start + N) {
            bytes.copy_from_slice(drawn);
        }
        Ok(bytes)
    }

    /// Counts a wrong guess at a person's password, whatever becomes of the command.
    pub(crate) fn guess_failed(&mut self, user: UserId) {
        self.tape.guessed.push(user);
    }

    /// The host, for what its policy says.
    pub(crate) fn host(&self) -> &'h Host {
        self.host
    }

    draw_ids! {
        user_id: UserId,
        organisation_id: OrganisationId,
        mailbox_id: MailboxId,
        device_id: DeviceId,
        invitation_id: InvitationId,
    }
}

/// Refuses anyone but the host program: `access.denied`.
pub(crate) fn system_only(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::System(_) => Ok(()),
        Actor::User(_) | Actor::Bearer => {
            Err(crate::access::denied("only the host program may do this", "system"))
        }
    }
}

/// There is no randomness in a past or a replica: nothing new happens there.
struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), crate::secret::EntropyError> {
        Err(crate::secret::EntropyError::new("a past or a replica draws nothing"))
    }
}
