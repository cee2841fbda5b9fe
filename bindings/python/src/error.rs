//! The core's errors as Python's.

use mailgrant::{Code, Error, Refusal};
use pyo3::prelude::*;

use crate::ids::DeviceId;

/// Asked for anew each time: every interpreter has its own.
fn errors<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("mailgrant.errors")?.getattr(name)
}

/// What was made, to be raised; where even that failed, what failed.
fn thrown(made: PyResult<Bound<'_, PyAny>>) -> PyErr {
    made.map_or_else(|error| error, PyErr::from_value)
}

/// The exception of an error.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let details = serde_json::Value::Object(error.details().clone()).to_string();
    of(py, error.code(), &error.to_string(), &details, error.is_retryable())
}

/// The exception of a problem that bindings alone have.
pub(crate) fn refused(py: Python<'_>, code: Code, message: &str) -> PyErr {
    of(py, code, message, "{}", false)
}

fn of(py: Python<'_>, code: Code, message: &str, details: &str, retryable: bool) -> PyErr {
    let made = errors(py, "_of_code").and_then(|of_code| {
        of_code.call1((code.as_str(), code.kind().as_str(), message, details, retryable))
    });
    thrown(made)
}

/// The exception of a refused login: what the client hears, and for the host's log what it does not.
pub(crate) fn login_refused(py: Python<'_>, refusal: Refusal) -> PyErr {
    let (reason, device) = (refusal.reason().as_str(), refusal.device().map(DeviceId));
    let told = refusal.reason().to_string();
    let retry_after = refusal.retry_after();
    if reason == "failed" {
        return raised(py, &refusal.into_error());
    }
    let made = errors(py, "LoginRefused").and_then(|class| class.call1((reason, told, device, retry_after)));
    thrown(made)
}
