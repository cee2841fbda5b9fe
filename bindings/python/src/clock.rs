//! A clock that stands where it was put.

use std::sync::Arc;

use mailgrant::{Clock as _, Timestamp};
use pyo3::prelude::*;

/// A clock that stands where it was put: for tests and for replaying a past. `mailgrant.ManualClock` in Python.
#[pyclass(frozen, subclass, module = "mailgrant._native")]
pub(crate) struct ManualClock(pub(crate) Arc<mailgrant::ManualClock>);

#[pymethods]
impl ManualClock {
    #[new]
    fn new(millis: i64) -> Self {
        Self(Arc::new(mailgrant::ManualClock::new(Timestamp::from_millis(millis))))
    }

    /// Milliseconds since 1970.
    fn millis(&self) -> i64 {
        self.0.now().as_millis()
    }

    /// Puts it at so many milliseconds since 1970.
    fn put(&self, millis: i64) {
        self.0.set(Timestamp::from_millis(millis));
    }
}
