//! Text as an argument.

use mailgrant::Code;
use pyo3::exceptions::PyUnicodeError;
use pyo3::prelude::*;

use crate::error::refused;

/// Text that can be written as UTF-8. Python's may hold half a character: `text.invalid`, and nothing of it is told, as
/// it may be a secret.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = object.py();
        object.extract::<&'a str>().map(Self).map_err(|error| {
            if error.is_instance_of::<PyUnicodeError>(py) {
                refused(py, Code::TextInvalid, "the text holds half a character (a lone surrogate)")
            } else {
                error
            }
        })
    }
}
