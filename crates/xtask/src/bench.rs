//! `cargo xtask bench`: how fast it is, beside what it is compared with.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::call::Call;

/// The name of the bench that is no Rust.
const PYTHON: &str = "python";

/// Installs the wheel and its peers into an environment of their own, and measures them.
const OF_PYTHON: &[Call] = &[
    Call::new("python3", &["-m", "venv", "--clear", "target/python-bench"]),
    Call::new("target/python-bench/bin/python", &["-m", "pip", "install", "--quiet", "./bindings/python"]),
    Call::new(
        "target/python-bench/bin/python",
        &["-m", "pip", "install", "--quiet", "--requirement", "benches/python/requirements.txt"],
    ),
    Call::new("target/python-bench/bin/python", &["benches/python/peers.py"]),
];

/// Runs the benches whose names contain one of `filters`, or all where there are none. The error says how they ended.
pub(crate) fn run(root: &Path, filters: &[String]) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores here; a busy machine measures itself. See benches/ for what each line does.");
    let (of_python, of_rust): (Vec<&String>, Vec<&String>) =
        filters.iter().partition(|filter| filter.as_str() == PYTHON);
    if filters.is_empty() || !of_rust.is_empty() {
        of_cargo(root, &of_rust)?;
    }
    if filters.is_empty() || !of_python.is_empty() {
        OF_PYTHON.iter().try_for_each(|call| call.run(root))?;
    }
    Ok(())
}

fn of_cargo(root: &Path, filters: &[&String]) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.args(["bench", "--package", "mailgrant-benches", "--"]).args(filters);
    command.current_dir(root).stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo bench` ended with {status}")),
        Err(error) => Err(format!("`cargo bench` did not start: {error}")),
    }
}
