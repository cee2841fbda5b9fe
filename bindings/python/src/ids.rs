//! Ids, each kind a class of its own.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::error::raised;
use crate::text::Text;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        ///
        /// `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
        #[pyclass(frozen, eq, ord, hash, from_py_object, module = "mailgrant")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) mailgrant::$name);

        #[pymethods]
        impl $name {
            #[new]
            fn new(py: Python<'_>, text: Text<'_>) -> PyResult<Self> {
                text.0.parse().map(Self).map_err(|error| raised(py, &error))
            }

            /// An id of a UUID, such as one from another system.
            #[classmethod]
            fn from_uuid(_: &Bound<'_, PyType>, uuid: &Bound<'_, PyAny>) -> PyResult<Self> {
                let value = uuid.getattr("int").and_then(|value| value.extract::<u128>());
                let value = value.map_err(|_| PyTypeError::new_err("an id is made of a `uuid.UUID`"))?;
                Ok(Self(mailgrant::$name::from_uuid(uuid::Uuid::from_u128(value))))
            }

            /// The UUID without the prefix.
            #[getter]
            fn uuid<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let text = self.0.as_uuid().to_string();
                py.import("uuid")?.getattr("UUID")?.call1((text,))
            }

            fn __str__(&self) -> String {
                self.0.to_string()
            }

            fn __repr__(&self) -> String {
                format!(concat!(stringify!($name), "('{}')"), self.0)
            }

            fn __getnewargs__(&self) -> (String,) {
                (self.0.to_string(),)
            }
        }
    )+};
}

ids! {
    /// A person with a login: `usr_…`.
    UserId,
    /// An organisation: `org_…`.
    OrganisationId,
    /// A mailbox: `mbx_…`.
    MailboxId,
    /// A device, one mail program on one machine: `dev_…`.
    DeviceId,
    /// An invitation: `inv_…`.
    InvitationId,
    /// A commit, or the request that a caller named by it: `chg_…`.
    ChangeId,
}
