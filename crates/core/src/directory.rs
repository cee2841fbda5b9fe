//! The front door: run a command, preview it, run several in one commit, ask questions.

mod builder;

pub use builder::DirectoryBuilder;

use std::sync::Arc;
use std::time::Duration;

use crate::access_view::{View, ViewOptions, ViewState};
use crate::actor::Actor;
use crate::change::Work;
use crate::command::{Command, Decision, Draw, Host, MOST_EVENTS, Plan, Tape};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::history::Past;
use crate::id::{ChangeId, UserId};
use crate::last_use::Waiting;
use crate::reader::Reader;
use crate::store::{ReadTxn, Store, StoreError};
use crate::throttle::Strangers;
use crate::time::Timestamp;

/// How often a change is decided again when somebody else was faster.
const ATTEMPTS: u32 = 24;

/// Who may use which address, and how: everything that a host program asks and changes.
///
/// It is cheap to share: put it in an `Arc`. Every call is synchronous; an async service calls it from
/// `spawn_blocking`.
///
/// ```
/// use mailgrant::{Actor, Directory, MemoryStore, Proof, Right};
/// use mailgrant::{domain::*, mailbox::*, organisation::*, user::*};
///
/// # fn main() -> Result<(), mailgrant::Error> {
/// let directory = Directory::new(MemoryStore::new())?;
/// let system = Actor::system("panel");
///
/// let anna = directory.run(&system, RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified))?.user;
/// let owner = Actor::User(anna);
/// let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
/// let domain: mailgrant::DomainName = "bakery.example".parse()?;
/// directory.run(&owner, AddDomain { organisation, name: domain.clone() })?;
/// directory.run(&system, VerifyDomain { organisation, name: domain })?;
/// let contact = directory.run(&owner, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
///
/// // Managing is not reading: nobody can read it yet.
/// assert!(!directory.may(anna, Right::Read, contact)?.allowed());
/// # Ok(()) }
/// ```
pub struct Directory {
    store: Arc<dyn Store>,
    host: Host,
    strangers: Strangers,
    waiting: Waiting,
    nature: Nature,
    view: Option<View>,
}

/// What a directory is over: the present, or a copy in memory that takes no changes.
#[derive(Debug)]
pub(crate) enum Nature {
    /// A store.
    Live,
    /// An organisation as it was, of which so much may be seen.
    Past(Past),
    /// What one person may see, which nobody else asks.
    Replica(UserId),
}

impl Nature {
    pub(crate) fn past(&self) -> Option<&Past> {
        match self {
            Self::Past(past) => Some(past),
            Self::Live | Self::Replica(_) => None,
        }
    }

    pub(crate) fn replica(&self) -> Option<UserId> {
        match self {
            Self::Replica(person) => Some(*person),
            Self::Live | Self::Past(_) => None,
        }
    }
}

/// Several commands that become one commit.
pub struct Batch<'a> {
    directory: &'a Directory,
    txn: &'a mut (dyn ReadTxn + 'a),
    work: &'a mut Work,
    tape: &'a mut Tape,
    change: ChangeId,
}

impl Batch<'_> {
    /// Runs one command; it sees what those before it decided. A refused one leaves no trace: the batch may go
    /// on without it.
    ///
    /// # Errors
    /// The command's.
    pub fn run<C: Command>(&mut self, actor: &Actor, command: C) -> Result<C::Output, Error> {
        let prepared = command.prepare(&self.directory.host)?;
        self.run_prepared(actor, &command, &prepared)
    }

    fn run_prepared<C: Command>(
        &mut self,
        actor: &Actor,
        command: &C,
        prepared: &C::Prepared,
    ) -> Result<C::Output, Error> {
        let decision = self.decide(actor, command, prepared)?;
        let mut read = Reader::new(&mut *self.txn, self.work, actor, self.tape.last_instant());
        write(&mut read, &decision.events, C::NAME, self.change)?;
        for (key, secret) in decision.verifiers {
            let stored = read.txn().verifiers(std::slice::from_ref(&key))?.pop().flatten();
            read.work().set_verifier(key, stored.map(|verifier| verifier.version), secret);
        }
        decision.redactions.into_iter().for_each(|redaction| read.work().redact(redaction));
        read.work().forget(decision.forgotten);
        Ok(decision.output)
    }

    fn decide<C: Command>(
        &mut self,
        actor: &Actor,
        command: &C,
        prepared: &C::Prepared,
    ) -> Result<Decision<C::Output>, Error> {
        let host = &self.directory.host;
        let instant = self.tape.instant(host);
        let mut read = Reader::new(&mut *self.txn, self.work, actor, instant);
        let mut draw = Draw { tape: self.tape, host, instant };
        let decision = command.decide(&mut read, prepared, &mut draw)?;
        if decision.events.len() > MOST_EVENTS && !C::UNBOUNDED {
            return Err(Error::new(
                Code::ChangeTooLarge,
                "one command changes at most 10000 things: do it in parts",
            )
            .with("events", decision.events.len())
            .with("most", MOST_EVENTS));
        }
        Ok(decision)
    }
}

/// Applies events to the work in hand and writes them to its journal.
fn write(read: &mut Reader<'_>, events: &[Event], command: &str, change: ChangeId) -> Result<(), Error> {
    for event in events {
        let stamp = read.apply(event)?;
        read.work().append(event, &stamp, command, change)?;
    }
    Ok(())
}

impl Directory {
    /// A directory over a store, with the operating system's clock and randomness.
    ///
    /// # Errors
    /// `entropy.failed` where the operating system gives no randomness.
    pub fn new(store: impl Store + 'static) -> Result<Self, Error> {
        Self::builder(store).build()
    }

    /// A directory over a store, with more to say.
    pub fn builder(store: impl Store + 'static) -> DirectoryBuilder {
        DirectoryBuilder::new(Arc::new(store))
    }

    /// A copy that takes no changes.
    pub(crate) fn copy(store: Arc<dyn Store>, host: Host, nature: Nature) -> Self {
        let (strangers, waiting) = (Strangers::new([0; 16]), Waiting::default());
        Self { store, host, strangers, waiting, nature, view: None }
    }

    /// The same directory with an access view: who may what, in memory, by the same rules. For a program that is asked at
    /// every login and for every mail; one that runs a command now and then does without.
    ///
    /// | question | with the view |
    /// | --- | --- |
    /// | `may`, `resolve`, `session_valid`, `login_device` with a device password | from memory alone |
    /// | `explain`, `access`, `reach` | access from memory, names and dates from the store |
    /// | all others, and commands | as without it |
    ///
    /// How current it is: what is committed here is in it before the command returns. What is committed elsewhere, by
    /// another process on the same store, may be missing for as long as [`ViewOptions`] says, one second unless told
    /// otherwise: a question that finds the view older looks at the store first.
    ///
    /// Costs one pass over the store's rows, and some 200 octets a user, mailbox, grant or device; then one look-up
    /// each time its bound has passed, and what it takes to read what others committed.
    ///
    /// # Errors
    /// Those of the store; `directory.past`, `directory.replica`. The questions are refused with `view.stale`, to be tried
    /// again, where the view is older than its bound and the store cannot be asked.
    ///
    /// ```
    /// use mailgrant::{Actor, Directory, MemoryStore, ViewOptions, user::RegisterUser};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// let directory = Directory::new(MemoryStore::new())?.with_view(ViewOptions::default())?;
    /// let anna = RegisterUser::new("anna@private.example".parse()?, "Anna");
    /// directory.run(&Actor::system("panel"), anna)?;
    ///
    /// let state = directory.view_state().expect("it was asked for");
    /// assert_eq!(state.users, 1, "what is committed here is in it at once");
    /// assert!(state.behind <= state.bound);
    /// # Ok(()) }
    /// ```
    pub fn with_view(mut self, options: ViewOptions) -> Result<Self, Error> {
        self.require_live()?;
        self.view = Some(View::build(self.store(), options, self.host.random()?, self.host.now())?);
        Ok(self)
    }

    /// What the access view holds, how long ago it looked at the store, and how far behind it may be: for a health check.
    /// None where there is no view.
    ///
    /// Costs a pass over what it holds, in memory. There is an example at [`Directory::with_view`].
    pub fn view_state(&self) -> Option<ViewState> {
        self.view.as_ref().map(|view| view.state(self.host.now()))
    }

    /// Takes what was committed elsewhere into the access view. Whoever calls it more often than the view's bound,
    /// for example from a thread of their own, keeps that work off every question. Does nothing without a view.
    ///
    /// Costs one look-up where nothing moved.
    ///
    /// # Errors
    /// Those of the store: the view then stays as it was, and grows older.
    ///
    /// ```
    /// # use mailgrant::{Directory, MemoryStore, ViewOptions};
    /// use std::{sync::Arc, thread, time::Duration};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// let directory = Directory::new(MemoryStore::new())?.with_view(ViewOptions::default())?;
    /// let directory = Arc::new(directory);
    /// let followed = Arc::downgrade(&directory);
    /// thread::spawn(move || {
    ///     while let Some(directory) = followed.upgrade() {
    ///         if let Err(error) = directory.refresh_view() {
    ///             eprintln!("the view is {:?} old: {error}", directory.view_state().map(|state| state.behind));
    ///         }
    ///         drop(directory);
    ///         thread::sleep(Duration::from_millis(200));
    ///     }
    /// });
    /// # Ok(()) }
    /// ```
    pub fn refresh_view(&self) -> Result<(), Error> {
        match &self.view {
            Some(view) => view.look(self.store(), self.host.now()),
            None => Ok(()),
        }
    }

    /// After a commit that the access view was not told of, or may not have been.
    pub(crate) fn view_must_look(&self) {
        if let Some(view) = &self.view {
            view.doubt();
        }
    }

    /// After a commit whose rows the access view was not told.
    pub(crate) fn view_catches_up(&self) {
        if let Some(view) = &self.view {
            view.catch_up(self.store(), self.host.now());
        }
    }

    /// The access view, at this instant of the clock no older than its bound: `view.stale` where it cannot be.
    pub(crate) fn fresh_view(&self, now: Timestamp) -> Result<Option<&View>, Error> {
        let Some(view) = &self.view else { return Ok(None) };
        view.freshen(self.store(), now)?;
        Ok(Some(view))
    }

    /// Runs a command: all of it happens, durably, or nothing.
    ///
    /// # Errors
    /// The command's; `store.busy` where others kept being faster; `store.unavailable` and its kin;
    /// `directory.past` on a past, `directory.replica` on a replica.
    pub fn run<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output, Error> {
        self.run_named(None, actor, &command)
    }

    /// The same, once: a request id that was carried out before is refused with `request.done`, and nothing
    /// happens twice.
    ///
    /// # Errors
    /// As [`Directory::run`], and `request.done`.
    pub fn run_once<C: Command>(
        &self,
        request: ChangeId,
        actor: &Actor,
        command: C,
    ) -> Result<C::Output, Error> {
        self.run_named(Some(request), actor, &command)
    }

    fn run_named<C: Command>(
        &self,
        request: Option<ChangeId>,
        actor: &Actor,
        command: &C,
    ) -> Result<C::Output, Error> {
        self.require_live()?;
        let prepared = command.prepare(&self.host)?;
        self.transact(request, &mut |batch| batch.run_prepared(actor, command, &prepared))
    }

    /// What a command would do, by the same code; nothing of it happens.
    ///
    /// # Errors
    /// The command's.
    pub fn preview<C: Command>(&self, actor: &Actor, command: C) -> Result<Plan<C::Output>, Error> {
        self.require_live()?;
        let prepared = command.prepare(&self.host)?;
        let (mut work, mut tape, change) = (Work::command(), Tape::default(), self.host.change_id()?);
        let mut answer = None;
        self.store.read(&mut |txn| {
            work = Work::command();
            tape.rewind();
            let mut batch = Batch { directory: self, txn, work: &mut work, tape: &mut tape, change };
            answer = Some(batch.decide(actor, &command, &prepared));
            Ok(())
        })?;
        self.count_guesses(&tape)?;
        let decision = answer.unwrap_or_else(|| Err(unanswered()))?;
        Ok(Plan { output: decision.output, events: decision.events })
    }

    /// Runs several commands in one commit; later ones see earlier ones. The body may run more than once, and
    /// must then do the same.
    ///
    /// # Errors
    /// Whatever the body gives, and then nothing happens; as [`Directory::run`].
    pub fn batch<T>(&self, mut body: impl FnMut(&mut Batch<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.require_live()?;
        self.transact(None, &mut body)
    }

    /// The same, once: see [`Directory::run_once`].
    ///
    /// # Errors
    /// As [`Directory::batch`], and `request.done`.
    pub fn batch_once<T>(
        &self,
        request: ChangeId,
        mut body: impl FnMut(&mut Batch<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.require_live()?;
        self.transact(Some(request), &mut body)
    }

    /// The present of this directory: its clock's, the instant of a past, of a replica the present of whoever asks.
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// A fresh id, to name a request by before it is sent.
    ///
    /// # Errors
    /// `entropy.failed`.
    pub fn request_id(&self) -> Result<ChangeId, Error> {
        self.host.change_id()
    }

    /// Decides on a snapshot and commits; when somebody else was faster, decides again.
    fn transact<T>(
        &self,
        request: Option<ChangeId>,
        body: &mut dyn FnMut(&mut Batch<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let change = request.map_or_else(|| self.host.change_id(), Ok)?;
        let mut tape = Tape::default();
        for attempt in 0..ATTEMPTS {
            let mut work = Work::command();
            let mut answer = None;
            self.store.read(&mut |txn| {
                work = Work::command();
                tape.rewind();
                if request.is_some() && txn.committed(&change)? {
                    answer = Some(Err(done(change)));
                    return Ok(());
                }
                answer =
                    Some(body(&mut Batch { directory: self, txn, work: &mut work, tape: &mut tape, change }));
                Ok(())
            })?;
            if attempt == 0 {
                self.count_guesses(&tape)?;
            }
            let answer = answer.unwrap_or_else(|| Err(unanswered()));
            if matches!(&answer, Err(error) if error.code() == Code::RequestDone) {
                // It may have been done elsewhere.
                self.view_must_look();
            }
            let output = answer?;
            if work.is_idle() {
                return Ok(output);
            }
            let rows = self.view.as_ref().map(|_| work.new_rows());
            let change_set = work.change_set(change)?;
            let take_in = |rows| {
                self.waiting.forget(&change_set.forget);
                if let (Some(view), Some(rows)) = (&self.view, rows) {
                    view.committed(self.store(), &change_set, rows, self.host.now());
                }
            };
            let _written = (!change_set.forget.is_empty()).then(|| self.waiting.hold());
            match self.store.commit(&change_set) {
                Ok(()) => {
                    take_in(rows);
                    return Ok(output);
                }
                Err(StoreError::Conflict | StoreError::Claimed(_)) => self.wait(attempt)?,
                Err(StoreError::Done) => {
                    self.view_must_look();
                    return Err(done(change));
                }
                // The reply may have been lost after all was written.
                Err(error) if self.was_committed(change) => {
                    let _ = error;
                    take_in(rows);
                    return Ok(output);
                }
                Err(error) => {
                    // It may have been written all the same.
                    self.view_must_look();
                    return Err(error.into());
                }
            }
        }
        Err(Error::new(Code::StoreBusy, "others keep changing the same things: try again")
            .with("attempts", ATTEMPTS))
    }

    /// Counts the wrong guesses at people's passwords, whatever became of the commands: a preview is one too.
    fn count_guesses(&self, tape: &Tape) -> Result<(), Error> {
        tape.guessed.iter().try_for_each(|user| self.count_guess(*user))
    }

    pub(crate) fn was_committed(&self, change: ChangeId) -> bool {
        let mut committed = false;
        let read = self.store.read(&mut |txn| {
            committed = txn.committed(&change)?;
            Ok(())
        });
        read.is_ok() && committed
    }

    /// Waits a little, and not as long as the others: up to 1, 2, 4 … 64 ms.
    fn wait(&self, attempt: u32) -> Result<(), Error> {
        let [low, high] = self.host.random()?;
        let longest = 1_000u64 << attempt.min(6);
        std::thread::sleep(Duration::from_micros(
            u64::from(u16::from_be_bytes([low, high])) * longest / 65_536,
        ));
        Ok(())
    }

    /// Answers a question on one snapshot. Whoever is suspended is told so, whatever they ask: otherwise the
    /// answer would tell them what there is. Who may look at a past was decided when it was asked for.
    pub(crate) fn ask<T>(
        &self,
        actor: &Actor,
        question: &mut dyn FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.nature.replica().is_some_and(|person| actor.user() != Some(person)) {
            return Err(Error::new(Code::DirectoryReplica, "a replica answers the person whose it is"));
        }
        self.look(actor, None, &mut |read| {
            read.refuse_suspended()?;
            question(read)
        })
    }

    /// The same, with the access view where there is one: what is asked of it must say so, for it may be behind.
    pub(crate) fn ask_with_view<T>(
        &self,
        actor: &Actor,
        question: &mut dyn FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(view) = self.fresh_view(self.host.now())? else { return self.ask(actor, question) };
        self.look(actor, Some(view), &mut |read| {
            read.refuse_suspended()?;
            question(read)
        })
    }

    /// The same, whoever asks.
    pub(crate) fn look<T>(
        &self,
        actor: &Actor,
        view: Option<&View>,
        question: &mut dyn FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut answer = None;
        let instant = self.host.now();
        self.store.read(&mut |txn| {
            let mut work = Work::question();
            let mut read =
                Reader::new(txn, &mut work, actor, instant).asking(&self.nature, &self.waiting, view);
            answer = Some(question(&mut read));
            Ok(())
        })?;
        answer.unwrap_or_else(|| Err(unanswered()))
    }

    /// The same for the host program itself.
    pub(crate) fn ask_host<T>(
        &self,
        question: &mut dyn FnMut(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.look(&Actor::system("host"), None, question)
    }

    /// Refuses what only a live directory does: `directory.past`, `directory.replica`.
    pub(crate) fn require_live(&self) -> Result<(), Error> {
        match self.nature {
            Nature::Live => Ok(()),
            Nature::Past(_) => Err(Error::new(
                Code::DirectoryPast,
                "the past answers questions and takes no commands or logins",
            )),
            Nature::Replica(_) => Err(Error::new(
                Code::DirectoryReplica,
                "a replica answers questions and takes no commands or logins",
            )),
        }
    }

    /// Refuses questions that need what a replica leaves out, such as the journal: `directory.replica`.
    pub(crate) fn require_whole(&self) -> Result<(), Error> {
        match self.nature {
            Nature::Replica(_) => {
                Err(Error::new(Code::DirectoryReplica, "a replica cannot tell: ask the directory"))
            }
            Nature::Live | Nature::Past(_) => Ok(()),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.nature, Nature::Live)
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    pub(crate) fn strangers(&self) -> &Strangers {
        &self.strangers
    }

    pub(crate) fn waiting(&self) -> &Waiting {
        &self.waiting
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory")
            .field("host", &self.host)
            .field("nature", &self.nature)
            .finish_non_exhaustive()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.is_live() {
            // Last uses are coarse and lossy: there is nobody left to tell.
            let _ = self.flush_uses();
        }
    }
}

fn done(change: ChangeId) -> Error {
    Error::new(Code::RequestDone, "this request was carried out before; nothing was done again")
        .with("request", change.to_string())
}

fn unanswered() -> Error {
    Error::new(Code::StoreUnavailable, "the store did not read")
}
