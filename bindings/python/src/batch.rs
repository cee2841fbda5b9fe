//! Several commands that become one commit.

use std::cell::Cell;

use mailgrant::store::StoreError;
use mailgrant::{Actor, AnyCommand, AnyOutput, ChangeId, Code, Error};
use pyo3::prelude::*;
use scoped_tls_hkt::scoped_thread_local;

use crate::actor::By;
use crate::call::asked;
use crate::directory::{command, shown};
use crate::error::refused;

/// What a running batch can do.
trait Runs {
    fn run_any(&mut self, actor: &Actor, command: AnyCommand) -> Result<AnyOutput, Error>;
}

impl Runs for mailgrant::Batch<'_> {
    fn run_any(&mut self, actor: &Actor, command: AnyCommand) -> Result<AnyOutput, Error> {
        mailgrant::Batch::run_any(self, actor, command)
    }
}

// The core lends its batch for as long as a closure runs; Python's object outlives that, so it finds the batch here
// and not in itself.
scoped_thread_local!(static mut RUNNING: for<'a> &'a mut (dyn Runs + 'a));

thread_local! {
    /// The number of the batch that runs on this thread; 0 where none does.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// Whether a batch runs on this thread: then a directory may not be used beside it.
pub(crate) fn runs_here() -> bool {
    NUMBER.get() != 0
}

/// A batch, for as long as the function runs that it was handed to.
#[pyclass(frozen, module = "mailgrant._native")]
pub(crate) struct Batch {
    number: u64,
}

#[pymethods]
impl Batch {
    /// Runs a command, given as JSON, with the secrets of its fields: its answer as JSON, and the secret beside it.
    fn run(
        &self,
        py: Python<'_>,
        by: By,
        json: &str,
        secrets: Vec<(String, String)>,
    ) -> PyResult<(String, Option<Py<PyAny>>)> {
        if NUMBER.get() != self.number {
            let message =
                "this batch is over, or belongs to another thread: use it in the function it was handed to";
            return Err(refused(py, Code::BatchMisused, message));
        }
        let command = command(py, json, secrets)?;
        let output = asked(py, || RUNNING.with(|batch| batch.run_any(&by.0, command)))?;
        shown(py, output)
    }
}

/// Runs a Python function with a batch; what it raises ends the batch, and nothing happens.
pub(crate) fn run(
    directory: &mailgrant::Directory,
    request: Option<ChangeId>,
    body: &Py<PyAny>,
) -> Result<Py<PyAny>, Stopped> {
    let mut raised = None;
    let mut turn = |batch: &mut mailgrant::Batch<'_>| {
        raised = None;
        let number = NUMBERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        NUMBER.set(number);
        let answer =
            RUNNING.set(batch, || Python::attach(|py| body.call1(py, (Py::new(py, Batch { number })?,))));
        NUMBER.set(0);
        answer.map_err(|error| {
            raised = Some(error);
            Error::from(StoreError::GivenUp)
        })
    };
    let answer = match request {
        Some(request) => directory.batch_once(request, &mut turn),
        None => directory.batch(&mut turn),
    };
    answer.map_err(|error| match raised {
        Some(raised) => Stopped::Raised(raised),
        None => Stopped::Refused(error),
    })
}

/// Why a batch did not become a commit.
pub(crate) enum Stopped {
    /// The function raised this.
    Raised(PyErr),
    /// The core refused it.
    Refused(Error),
}
