//! Sessions: of a device that is logged in, of a person who signed in.

use mailgrant::{Code, Session};
use pyo3::prelude::*;

use crate::error::refused;
use crate::ids::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::text::Text;

/// A device that is logged in: what it may do, and what `Directory.session_valid` needs. Keep it on the server.
#[pyclass(frozen, eq, module = "mailgrant")]
#[derive(PartialEq)]
pub(crate) struct DeviceSession(pub(crate) mailgrant::DeviceSession);

#[pymethods]
impl DeviceSession {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str, &'static str) = ("device", "mailbox", "protocol");

    /// The device.
    #[getter]
    fn device(&self) -> DeviceId {
        DeviceId(self.0.device)
    }

    /// The mailbox that it opens.
    #[getter]
    fn mailbox(&self) -> MailboxId {
        MailboxId(self.0.mailbox)
    }

    /// Whose mailbox it is.
    #[getter]
    fn organisation(&self) -> OrganisationId {
        OrganisationId(self.0.organisation)
    }

    /// Whose device it is; `None` where it has no holder.
    #[getter]
    fn holder(&self) -> Option<UserId> {
        self.0.holder.map(UserId)
    }

    /// How it talks to the server.
    #[getter]
    fn protocol<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Protocol", self.0.protocol.as_str())
    }

    /// Where it came from, if the server knew.
    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let read = |from: std::net::IpAddr| {
            py.import("ipaddress")?.getattr("ip_address")?.call1((from.to_string(),))
        };
        self.0.from.map(read).transpose()
    }

    /// What it may do besides reading.
    #[getter]
    fn rights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let rights = self.0.rights.iter().map(|right| word(py, "Right", right.as_str()));
        let rights: Vec<Bound<'py, PyAny>> = rights.collect::<PyResult<_>>()?;
        py.import("mailgrant._frozen")?.getattr("WordSet")?.call1((rights,))
    }

    /// The session as JSON, for a server that keeps sessions elsewhere. No secret is in it.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        written(py, &self.0)
    }

    /// The session that `to_json` wrote.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Self> {
        read(py, text).map(Self)
    }

    fn __repr__(&self) -> String {
        let session = &self.0;
        format!(
            "DeviceSession(device={}, mailbox={}, protocol={})",
            session.device, session.mailbox, session.protocol
        )
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        Ok((slf.getattr("from_json")?.unbind(), (slf.get().to_json(slf.py())?,)))
    }
}

/// A person who is signed in. Keep it on the server.
#[pyclass(frozen, eq, module = "mailgrant")]
#[derive(PartialEq)]
pub(crate) struct UserSession(pub(crate) mailgrant::UserSession);

#[pymethods]
impl UserSession {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str) = ("user", "epoch");

    /// The person.
    #[getter]
    fn user(&self) -> UserId {
        UserId(self.0.user)
    }

    /// The epoch of their account: a change of the password or a suspension begins another.
    #[getter]
    fn epoch(&self) -> u32 {
        self.0.epoch
    }

    /// The session as JSON, for a server that keeps sessions elsewhere. No secret is in it.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        written(py, &self.0)
    }

    /// The session that `to_json` wrote.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Self> {
        read(py, text).map(Self)
    }

    fn __repr__(&self) -> String {
        format!("UserSession(user={}, epoch={})", self.0.user, self.0.epoch)
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        Ok((slf.getattr("from_json")?.unbind(), (slf.get().to_json(slf.py())?,)))
    }
}

/// A session of either kind, as an argument.
#[derive(FromPyObject)]
pub(crate) enum AnySession<'py> {
    Device(Bound<'py, DeviceSession>),
    User(Bound<'py, UserSession>),
}

impl AnySession<'_> {
    pub(crate) fn session(&self) -> Session<'_> {
        match self {
            Self::Device(session) => Session::Device(&session.get().0),
            Self::User(session) => Session::User(&session.get().0),
        }
    }
}

/// A word of an enumeration of `mailgrant.types`.
pub(crate) fn word<'py>(py: Python<'py>, of: &str, word: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("mailgrant.types")?.getattr(of)?.call1((word,))
}

fn written(py: Python<'_>, session: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(session).map_err(|error| refused(py, Code::LibraryFault, &error.to_string()))
}

fn read<T: serde::de::DeserializeOwned>(py: Python<'_>, text: Text<'_>) -> PyResult<T> {
    serde_json::from_str(text.0)
        .map_err(|error| refused(py, Code::ValueInvalid, &format!("this is no session: {error}")))
}
