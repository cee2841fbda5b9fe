//! Several commands that become one commit.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use mailgrant::store::StoreError;
use mailgrant::{Actor, AnyCommand, AnyOutput, ChangeId, Code, Error};
use pyo3::prelude::*;
use scoped_tls_hkt::scoped_thread_local;

use crate::actor::By;
use crate::call::{Process, asked};
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
    /// The batches that run on this thread, each inside the one before: its number, and which directory's it is.
    static INSIDE: RefCell<Vec<(u64, *const mailgrant::Directory)>> = const { RefCell::new(Vec::new()) };
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Whether a batch of this directory runs on this thread: then the directory may not be used beside it.
pub(crate) fn runs_here(directory: &mailgrant::Directory) -> bool {
    INSIDE.with_borrow(|inside| inside.iter().any(|(_, of)| std::ptr::eq(*of, directory)))
}

/// A batch that runs on this thread, until it is dropped.
struct Inside {
    number: u64,
}

impl Inside {
    fn enter(directory: &mailgrant::Directory) -> Self {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        INSIDE.with_borrow_mut(|inside| inside.push((number, directory)));
        Self { number }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(Vec::pop);
    }
}

/// A batch, for as long as the function runs that it was handed to.
#[pyclass(frozen, module = "mailgrant._native")]
pub(crate) struct Batch {
    number: u64,
    process: Process,
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
        self.process.check(py)?;
        if INSIDE.with_borrow(|inside| inside.last().is_none_or(|(number, _)| *number != self.number)) {
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
        let inside = Inside::enter(directory);
        let process = Process::present();
        let answer = RUNNING.set(batch, || {
            Python::attach(|py| {
                let answer = body.call1(py, (Py::new(py, Batch { number: inside.number, process })?,))?;
                // A child that comes out of a fork in there must not commit what is its parent's.
                process.check(py)?;
                Ok(answer)
            })
        });
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
