//! Who acts.

use mailgrant::Actor;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::ids::UserId;
use crate::text::Text;

/// The host program, by the name of the part that acts, such as `panel`, `import` or `cron`.
#[pyclass(frozen, eq, hash, module = "mailgrant")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct System {
    /// The part that acts.
    #[pyo3(get)]
    name: String,
}

#[pymethods]
impl System {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str,) = ("name",);

    #[new]
    fn new(name: Text<'_>) -> Self {
        Self { name: name.0.to_owned() }
    }

    fn __repr__(&self) -> String {
        format!("System({:?})", self.name)
    }

    fn __str__(&self) -> String {
        format!("sys:{}", self.name)
    }

    fn __getnewargs__(&self) -> (String,) {
        (self.name.clone(),)
    }
}

/// Whoever holds the token that a command brings.
#[pyclass(frozen, eq, hash, module = "mailgrant")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Bearer;

#[pymethods]
impl Bearer {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __repr__(&self) -> &'static str {
        "Bearer()"
    }

    fn __str__(&self) -> &'static str {
        "bearer"
    }
}

/// An actor as an argument.
pub(crate) struct By(pub(crate) Actor);

impl<'a, 'py> FromPyObject<'a, 'py> for By {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(user) = object.cast::<UserId>() {
            return Ok(Self(Actor::User(user.get().0)));
        }
        if let Ok(system) = object.cast::<System>() {
            return Ok(Self(Actor::system(&system.get().name)));
        }
        if object.cast::<Bearer>().is_ok() {
            return Ok(Self(Actor::Bearer));
        }
        let given = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("`by` is a UserId, a System or a Bearer, not a {given}")))
    }
}
