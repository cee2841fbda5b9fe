//! How the core is called: without the interpreter's lock, in the process that opened it, and with no panic coming through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use mailgrant::Code;
use pyo3::prelude::*;

use crate::error::{raised, refused};

/// How often this process came out of a fork.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Says that this process has just come out of a fork: what was opened before belongs to the parent.
#[pyfunction]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The process as it was when something was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn present() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Refuses what was opened before a fork: `directory.forked`.
    pub(crate) fn check(self, py: Python<'_>) -> PyResult<()> {
        match self.is_gone() {
            true => {
                let message =
                    "this process forked after the directory was opened: open it again in the child";
                Err(refused(py, Code::DirectoryForked, message))
            }
            false => Ok(()),
        }
    }

    /// Whether it forked since.
    pub(crate) fn is_gone(self) -> bool {
        self != Self::present()
    }
}

/// Calls the core while other threads of Python go on. A panic is a mistake of ours: `library.fault`.
pub(crate) fn without_lock<T: Send>(py: Python<'_>, work: impl Send + FnOnce() -> T) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|_| {
        refused(py, Code::LibraryFault, "a mistake in mailgrant itself: please report what stands in the log")
    })
}

/// The same for what may be refused.
pub(crate) fn asked<T: Send>(
    py: Python<'_>,
    work: impl Send + FnOnce() -> Result<T, mailgrant::Error>,
) -> PyResult<T> {
    without_lock(py, work)?.map_err(|error| raised(py, &error))
}
