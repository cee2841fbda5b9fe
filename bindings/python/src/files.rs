//! Python's files as Rust's.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// What Python itself raised on the way, so that it can be raised again as it was.
pub(crate) type Fault = Arc<Mutex<Option<PyErr>>>;

/// An object with `write` or `read`, such as an open file in binary mode.
pub(crate) struct PythonFile {
    file: Py<PyAny>,
    fault: Fault,
}

impl PythonFile {
    pub(crate) fn new(file: Py<PyAny>) -> (Self, Fault) {
        let fault = Fault::default();
        (Self { file, fault: fault.clone() }, fault)
    }

    fn failed<T>(&self, error: PyErr) -> io::Result<T> {
        let told = io::Error::other(error.to_string());
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        Err(told)
    }
}

impl Write for PythonFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = Python::attach(|py| {
            let count = self.file.call_method1(py, "write", (PyBytes::new(py, bytes),))?;
            count.extract::<Option<usize>>(py)
        });
        match written {
            Ok(count) => Ok(count.unwrap_or(bytes.len()).min(bytes.len())),
            Err(error) => self.failed(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match Python::attach(|py| self.file.call_method0(py, "flush").map(|_| ())) {
            Ok(()) => Ok(()),
            Err(error) => self.failed(error),
        }
    }
}

impl Read for PythonFile {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = Python::attach(|py| {
            let bytes = self.file.call_method1(py, "read", (room.len(),))?;
            let bytes = bytes.bind(py).cast::<PyBytes>()?.as_bytes();
            match room.get_mut(..bytes.len()) {
                Some(room) => room.copy_from_slice(bytes),
                None => return Err(PyValueError::new_err("`read` gave more than it was asked for")),
            }
            Ok(bytes.len())
        });
        match read {
            Ok(count) => Ok(count),
            Err(error) => self.failed(error),
        }
    }
}

/// What the core said, because of what Python raised. Where that is no failure of input or output, such as a file in
/// text mode or somebody's Ctrl-C, it is raised as it is.
pub(crate) fn told<T>(py: Python<'_>, fault: &Fault, answer: PyResult<T>) -> PyResult<T> {
    let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (answer, fault) {
        (Err(error), Some(cause)) if cause.is_instance_of::<PyOSError>(py) => {
            error.set_cause(py, Some(cause));
            Err(error)
        }
        (Err(_), Some(cause)) => Err(cause),
        (answer, _) => answer,
    }
}
