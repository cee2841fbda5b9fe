//! A directory, and the clock that it goes by.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailgrant::store::StoreError;
use mailgrant::{
    Actor, AnyCommand, AnyQuestion, By, DeviceLogin, DeviceSession, Directory, Error, HashCosts,
    LegacyPasswords, ManualClock, MemoryStore, Timestamp, UserLogin, UserSession, ViewOptions,
};
use serde::Deserialize as _;
use serde_json::Value;

use crate::answer::Answer;
use crate::request::{Past, Request};

/// What is asked, once it is open.
#[derive(Default)]
pub(crate) struct World(Option<Opened>);

struct Opened {
    directory: Directory,
    clock: Arc<ManualClock>,
}

/// Why there is no answer.
enum Trouble {
    Refused(Error),
    Fault(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

impl World {
    pub(crate) fn answer(&mut self, request: Request) -> Answer {
        let answer = match (request, &self.0) {
            (Request::Open { at, sqlite, view, legacy_passwords }, _) => {
                self.open(at, sqlite.as_deref(), view, legacy_passwords)
            }
            (request, Some(opened)) => opened.answer(request),
            (_, None) => Err(Trouble::Fault("nothing is open yet".to_owned())),
        };
        answer.unwrap_or_else(|trouble| match trouble {
            Trouble::Refused(error) => Answer::error(&error),
            Trouble::Fault(message) => Answer::fault(message),
        })
    }

    fn open(&mut self, at: i64, sqlite: Option<&str>, view: bool, legacy: bool) -> Result<Answer, Trouble> {
        // A file may be opened again: the one before lets go of it first.
        self.0 = None;
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(at)));
        let builder = match sqlite {
            None => Directory::builder(MemoryStore::new()),
            Some(path) => Directory::builder(mailgrant_sqlite::open(path).map_err(of_store)?),
        };
        let legacy = if legacy { LegacyPasswords::Allowed } else { LegacyPasswords::Refused };
        let costs = HashCosts { memory_kib: 8, iterations: 1, parallelism: 1 };
        let mut directory =
            builder.clock(clock.clone()).hash_costs(costs).legacy_passwords(legacy).build()?;
        if view {
            directory = directory.with_view(ViewOptions::default())?;
        }
        self.0 = Some(Opened { directory, clock });
        Ok(Answer::ok(()))
    }
}

fn of_store(error: StoreError) -> Trouble {
    Trouble::Refused(error.into())
}

impl Opened {
    fn answer(&self, request: Request) -> Result<Answer, Trouble> {
        let it = &self.directory;
        Ok(match request {
            Request::Open { .. } => return Err(Trouble::Fault("it is open".to_owned())),
            Request::Clock { at } => {
                self.clock.set(Timestamp::from_millis(at));
                Answer::ok(())
            }
            Request::Run { by, command, secrets, request } => {
                let (by, command) = (actor(by), supplied(command, secrets)?);
                Answer::output(match request {
                    Some(request) => it.run_any_once(request, &by, command)?,
                    None => it.run_any(&by, command)?,
                })
            }
            Request::Preview { by, command, secrets } => {
                let plan = it.preview_any(&actor(by), supplied(command, secrets)?)?;
                Answer::plan(plan.output, &plan.events)
            }
            Request::Ask { by, question, past } => self.ask(&actor(by), &question, past.as_ref())?,
            Request::May { user, right, mailbox } => {
                let verdict = it.may(user, right, mailbox)?;
                Answer::ok(verdict.obstacle())
            }
            Request::LoginDevice { address, password, protocol, from } => {
                let login = DeviceLogin { address: &address, password: &password, protocol, from };
                it.login_device(&login).map_or_else(Answer::refused, Answer::ok)
            }
            Request::LoginUser { login, password } => {
                let login = UserLogin { login: &login, password: &password };
                it.login_user(&login).map_or_else(Answer::refused, Answer::ok)
            }
            Request::SessionValid { session } => {
                let stands = match DeviceSession::deserialize(&session) {
                    Ok(session) => it.session_valid(&session)?,
                    Err(_) => it.session_valid(&UserSession::deserialize(&session)?)?,
                };
                Answer::ok(stands)
            }
            Request::NoteOpened { user, mailbox, from } => {
                it.note_opened(user, mailbox, from);
                Answer::ok(())
            }
            Request::ExportFor { by, user } => Answer::ok(it.export_for(&actor(by), user)?.to_json()?),
        })
    }

    fn ask(&self, by: &Actor, question: &Value, past: Option<&Past>) -> Result<Answer, Trouble> {
        let question = AnyQuestion::deserialize(question)?;
        let told = match past {
            None => self.directory.ask_any(by, &question)?,
            Some(past) => {
                let then = self.directory.at(by, past.organisation, Timestamp::from_millis(past.at))?;
                then.ask_any(by, &question)?
            }
        };
        Ok(Answer::ok(serde_json::from_str::<Value>(&told)?))
    }
}

fn supplied(command: Value, secrets: BTreeMap<String, String>) -> Result<AnyCommand, Trouble> {
    let mut command = AnyCommand::deserialize(command)?;
    for (field, secret) in secrets {
        command.supply(&field, secret)?;
    }
    Ok(command)
}

fn actor(by: By) -> Actor {
    match by {
        By::User(user) => Actor::User(user),
        By::Bearer => Actor::Bearer,
        By::System(name) => Actor::System(name),
    }
}
