//! The directory: any command and any question by JSON, and by hand what a mail server asks at every login.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mailgrant::{
    AnyCommand, AnyOutput, AnyQuestion, Code, DeviceLogin, Event, History, IssuedSecret, Protocol, Right,
    Timestamp, UserLogin,
};
use pyo3::prelude::*;

use crate::actor::By;
use crate::batch::{self, Stopped, runs_here};
use crate::call::{Process, asked, without_lock};
use crate::error::{login_refused, raised, refused};
use crate::files::{PythonFile, told};
use crate::ids::{ChangeId, MailboxId, OrganisationId, UserId};
use crate::replica::Replica;
use crate::secret::{DevicePassword, Token};
use crate::session::{AnySession, DeviceSession, UserSession, word};
use crate::text::Text;

/// What reading a file takes at a time.
const CHUNK: usize = 1 << 16;

/// A directory, until it is closed.
#[pyclass(frozen, module = "mailgrant._native")]
pub(crate) struct Directory {
    open: RwLock<Option<Arc<mailgrant::Directory>>>,
    process: Process,
}

impl Directory {
    pub(crate) fn new(directory: mailgrant::Directory) -> Self {
        Self { open: RwLock::new(Some(Arc::new(directory))), process: Process::present() }
    }

    /// Refuses a directory that is closed, of another process, or whose batch runs on this thread.
    fn get(&self, py: Python<'_>) -> PyResult<Arc<mailgrant::Directory>> {
        self.process.check(py)?;
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(directory) = open else {
            return Err(refused(py, Code::DirectoryClosed, "the directory is closed: open it again"));
        };
        if runs_here(&directory) {
            let message =
                "a batch of this directory runs on this thread: go on with the batch, or finish it first";
            return Err(refused(py, Code::BatchMisused, message));
        }
        Ok(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.process.is_gone() {
            // Its file is the parent's: SQLite must not even close it here.
            std::mem::forget(self.open.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// The command that this JSON says, with its secrets.
pub(crate) fn command(py: Python<'_>, json: &str, secrets: Vec<(String, String)>) -> PyResult<AnyCommand> {
    let mut command: AnyCommand = serde_json::from_str(json)
        .map_err(|error| refused(py, Code::ValueInvalid, &format!("the command cannot be read: {error}")))?;
    for (field, secret) in secrets {
        command.supply(&field, secret).map_err(|error| raised(py, &error))?;
    }
    Ok(command)
}

/// An answer as JSON, and the secret beside it.
pub(crate) fn shown(py: Python<'_>, output: AnyOutput) -> PyResult<(String, Option<Py<PyAny>>)> {
    let secret = match output.secret {
        None => None,
        Some(IssuedSecret::DevicePassword(password)) => {
            Some(Py::new(py, DevicePassword::new(password))?.into_any())
        }
        Some(IssuedSecret::Token(token)) => Some(Py::new(py, Token::new(token))?.into_any()),
        Some(_) => return Err(refused(py, Code::LibraryFault, "a secret of an unknown kind")),
    };
    Ok((output.value.to_string(), secret))
}

#[pymethods]
impl Directory {
    /// Runs a command, given as JSON, with the secrets of its fields: its answer as JSON, and the secret beside it.
    fn run(
        &self,
        py: Python<'_>,
        by: By,
        json: &str,
        secrets: Vec<(String, String)>,
        request: Option<ChangeId>,
    ) -> PyResult<(String, Option<Py<PyAny>>)> {
        let (directory, command) = (self.get(py)?, command(py, json, secrets)?);
        let output = asked(py, || match request {
            Some(request) => directory.run_any_once(request.0, &by.0, command),
            None => directory.run_any(&by.0, command),
        })?;
        shown(py, output)
    }

    /// The same without doing it: also what would happen, as JSON.
    fn preview(
        &self,
        py: Python<'_>,
        by: By,
        json: &str,
        secrets: Vec<(String, String)>,
    ) -> PyResult<(String, Option<Py<PyAny>>, String)> {
        let (directory, command) = (self.get(py)?, command(py, json, secrets)?);
        let plan = asked(py, || directory.preview_any(&by.0, command))?;
        let events = serde_json::Value::Array(plan.events.iter().map(Event::to_json).collect()).to_string();
        let (answer, secret) = shown(py, plan.output)?;
        Ok((answer, secret, events))
    }

    /// Runs a function with a batch: what it does there becomes one commit.
    fn batch(&self, py: Python<'_>, body: Py<PyAny>, request: Option<ChangeId>) -> PyResult<Py<PyAny>> {
        let directory = self.get(py)?;
        let request = request.map(|request| request.0);
        match without_lock(py, || batch::run(&directory, request, &body))? {
            Ok(answer) => Ok(answer),
            Err(Stopped::Raised(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(raised(py, &error)),
        }
    }

    /// Answers a question, given as JSON, in JSON.
    fn ask(&self, py: Python<'_>, by: By, json: &str) -> PyResult<String> {
        let directory = self.get(py)?;
        let question: AnyQuestion = serde_json::from_str(json).map_err(|error| {
            refused(py, Code::ValueInvalid, &format!("the question cannot be read: {error}"))
        })?;
        asked(py, || directory.ask_any(&by.0, &question))
    }

    /// Whether a person may do something with a mailbox now.
    fn may(&self, py: Python<'_>, user: UserId, right: Text<'_>, mailbox: MailboxId) -> PyResult<Verdict> {
        let directory = self.get(py)?;
        let right: Right = right.0.parse().map_err(|error| raised(py, &error))?;
        asked(py, || directory.may(user.0, right, mailbox.0)).map(Verdict)
    }

    /// Logs a device in.
    fn login_device(
        &self,
        py: Python<'_>,
        address: Text<'_>,
        password: Text<'_>,
        protocol: Text<'_>,
        source: Option<IpAddr>,
    ) -> PyResult<DeviceSession> {
        let directory = self.get(py)?;
        let protocol: Protocol = protocol.0.parse().map_err(|error| raised(py, &error))?;
        let login = DeviceLogin { address: address.0, password: password.0, protocol, from: source };
        without_lock(py, || directory.login_device(&login))?
            .map(DeviceSession)
            .map_err(|refusal| login_refused(py, refusal))
    }

    /// Signs a person in.
    fn login_user(&self, py: Python<'_>, login: Text<'_>, password: Text<'_>) -> PyResult<UserSession> {
        let directory = self.get(py)?;
        let login = UserLogin { login: login.0, password: password.0 };
        without_lock(py, || directory.login_user(&login))?
            .map(UserSession)
            .map_err(|refusal| login_refused(py, refusal))
    }

    /// Whether a running session still stands.
    fn session_valid(&self, py: Python<'_>, session: AnySession<'_>) -> PyResult<bool> {
        let directory = self.get(py)?;
        let session = session.session();
        asked(py, || directory.session_valid(session))
    }

    /// Notes that a person opened a mailbox.
    fn note_opened(
        &self,
        py: Python<'_>,
        user: UserId,
        mailbox: MailboxId,
        source: Option<IpAddr>,
    ) -> PyResult<()> {
        let directory = self.get(py)?;
        without_lock(py, || directory.note_opened(user.0, mailbox.0, source))
    }

    /// Writes the last uses that wait.
    fn flush_uses(&self, py: Python<'_>) -> PyResult<()> {
        let directory = self.get(py)?;
        asked(py, || directory.flush_uses())
    }

    /// A fresh id of a request.
    fn request_id(&self, py: Python<'_>) -> PyResult<ChangeId> {
        let directory = self.get(py)?;
        asked(py, || directory.request_id()).map(ChangeId)
    }

    /// The organisation as it was at an instant.
    fn at(&self, py: Python<'_>, by: By, organisation: OrganisationId, millis: i64) -> PyResult<Self> {
        let directory = self.get(py)?;
        let past = asked(py, || directory.at(&by.0, organisation.0, Timestamp::from_millis(millis)))?;
        Ok(Self::new(past))
    }

    /// Writes an organisation to a file: how many rows and entries.
    fn export(
        &self,
        py: Python<'_>,
        by: By,
        organisation: OrganisationId,
        history: Text<'_>,
        file: Py<PyAny>,
    ) -> PyResult<(u64, u64)> {
        let directory = self.get(py)?;
        let history: History = history.0.parse().map_err(|error| raised(py, &error))?;
        let (file, fault) = PythonFile::new(file);
        let output = std::io::BufWriter::with_capacity(CHUNK, file);
        let answer = asked(py, || directory.export(&by.0, organisation.0, history, output));
        told(py, &fault, answer).map(|exported| (exported.rows, exported.entries))
    }

    /// Takes over an organisation from a file, and says what it brought, in JSON.
    fn import_from(&self, py: Python<'_>, by: By, file: Py<PyAny>) -> PyResult<String> {
        let directory = self.get(py)?;
        let (file, fault) = PythonFile::new(file);
        let input = std::io::BufReader::with_capacity(CHUNK, file);
        let imported = told(py, &fault, asked(py, || directory.import(&by.0, input)))?;
        serde_json::to_string(&imported).map_err(|error| refused(py, Code::LibraryFault, &error.to_string()))
    }

    /// What a person may see, as a copy.
    fn export_for(&self, py: Python<'_>, by: By, user: UserId) -> PyResult<Replica> {
        let directory = self.get(py)?;
        asked(py, || directory.export_for(&by.0, user.0)).map(|replica| Replica(Arc::new(replica)))
    }

    /// How far behind the view is and may be, in seconds, and what it holds: users, mailboxes, grants, devices.
    fn view_state(&self, py: Python<'_>) -> PyResult<Option<(Duration, Duration, [usize; 4])>> {
        let directory = self.get(py)?;
        let state = without_lock(py, || directory.view_state())?;
        Ok(state.map(|of| (of.behind, of.bound, [of.users, of.mailboxes, of.grants, of.devices])))
    }

    /// Takes what was committed elsewhere into the view.
    fn refresh_view(&self, py: Python<'_>) -> PyResult<()> {
        let directory = self.get(py)?;
        asked(py, || directory.refresh_view())
    }

    /// Its present, in milliseconds since 1970.
    fn now(&self, py: Python<'_>) -> PyResult<i64> {
        let directory = self.get(py)?;
        without_lock(py, || directory.now().as_millis())
    }

    /// Closes it. Calls that run finish first; more than once is no more than once.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.process.is_gone() {
            return Ok(());
        }
        let closed = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        without_lock(py, || drop(closed))
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.open.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// The answer of `Directory.may`: true where they may.
#[pyclass(frozen, eq, hash, module = "mailgrant")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Verdict(mailgrant::Verdict);

#[pymethods]
impl Verdict {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str) = ("allowed", "obstacle");

    /// Whether they may.
    #[getter]
    fn allowed(&self) -> bool {
        self.0.allowed()
    }

    /// Why not: the first obstacle on the chain; `None` where they may.
    #[getter]
    fn obstacle<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.obstacle().map(|obstacle| word(py, "Obstacle", obstacle.as_str())).transpose()
    }

    fn __bool__(&self) -> bool {
        self.0.allowed()
    }

    /// The verdict that this JSON says.
    #[staticmethod]
    fn _of(py: Python<'_>, json: Text<'_>) -> PyResult<Self> {
        serde_json::from_str(json.0)
            .map(Self)
            .map_err(|error| refused(py, Code::ValueInvalid, &format!("this is no verdict: {error}")))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        let json = serde_json::to_string(&slf.get().0)
            .map_err(|error| refused(slf.py(), Code::LibraryFault, &error.to_string()))?;
        Ok((slf.getattr("_of")?.unbind(), (json,)))
    }

    fn __repr__(&self) -> String {
        match self.0.obstacle() {
            None => "Verdict(allowed=True)".to_owned(),
            Some(obstacle) => format!("Verdict(allowed=False, obstacle='{obstacle}')"),
        }
    }
}
