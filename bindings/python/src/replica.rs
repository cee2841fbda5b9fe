//! What one person may see, as a copy.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::call::asked;
use crate::directory::Directory;
use crate::ids::UserId;
use crate::text::Text;

/// What one person may see, in all their organisations: `Directory.export_for` makes it, `Directory.from_replica`
/// answers that person's questions from it. Send it to them and to nobody else.
#[pyclass(frozen, module = "mailgrant")]
pub(crate) struct Replica(pub(crate) Arc<mailgrant::Replica>);

#[pymethods]
impl Replica {
    /// Whose it is.
    #[getter]
    fn person(&self) -> UserId {
        UserId(self.0.person())
    }

    /// When it was made, in milliseconds since 1970.
    #[getter]
    fn _made_at(&self) -> i64 {
        self.0.made_at().as_millis()
    }

    /// The replica as JSON.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        asked(py, || self.0.to_json())
    }

    /// The replica that `to_json` wrote. Raises `Invalid` with `replica.invalid` or `replica.newer`.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Self> {
        let text = text.0;
        asked(py, || mailgrant::Replica::from_json(text)).map(|replica| Self(Arc::new(replica)))
    }

    /// A directory that answers from it.
    fn _open(&self, py: Python<'_>) -> PyResult<Directory> {
        let opened = asked(py, || mailgrant::Directory::from_replica(&self.0, mailgrant::SystemClock))?;
        Ok(Directory::new(opened))
    }

    fn __repr__(&self) -> String {
        format!("Replica(person={})", self.0.person())
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        Ok((slf.getattr("from_json")?.unbind(), (slf.get().to_json(slf.py())?,)))
    }
}
