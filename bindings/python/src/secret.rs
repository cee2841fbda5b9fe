//! Secrets that are shown once.

use std::sync::Mutex;

use mailgrant::{Code, Revealed};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::refused;

macro_rules! shown_once {
    ($($(#[$doc:meta])* $name:ident = $what:literal,)+) => {$(
        $(#[$doc])*
        ///
        /// `reveal()` gives its text a single time; nothing else ever shows it, copies it or writes it.
        #[pyclass(frozen, module = "mailgrant")]
        pub(crate) struct $name(Mutex<Option<mailgrant::$name>>);

        impl $name {
            pub(crate) fn new(secret: mailgrant::$name) -> Self {
                Self(Mutex::new(Some(secret)))
            }
        }

        #[pymethods]
        impl $name {
            /// The text, to show to the person it is for. A second call raises `Invalid` with `secret.revealed`.
            fn reveal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
                let secret = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                let Some(secret) = secret else {
                    let message = concat!($what, " was shown already, and nothing can show it again: make another");
                    return Err(refused(py, Code::SecretRevealed, message));
                };
                let text: Revealed = secret.reveal();
                Ok(PyString::new(py, &text))
            }

            fn __repr__(&self) -> &'static str {
                concat!(stringify!($name), "(***)")
            }

            fn __reduce__(&self) -> PyResult<()> {
                Err(PyTypeError::new_err(concat!($what, " cannot be copied or pickled: it is shown once")))
            }

            fn __reduce_ex__(&self, _protocol: i32) -> PyResult<()> {
                self.__reduce__()
            }

            fn __copy__(&self) -> PyResult<()> {
                self.__reduce__()
            }

            fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
                self.__reduce__()
            }
        }
    )+};
}

shown_once! {
    /// The password of a device: 30 characters in six groups, to type into a mail program.
    DevicePassword = "the device password",
    /// A token to mail: of an invitation, a confirmation or a reset.
    Token = "the token",
}
