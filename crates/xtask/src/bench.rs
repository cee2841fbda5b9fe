//! `cargo xtask bench`: how fast it is, beside what it is compared with.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the benches whose names contain one of `filters`, or all where there are none. The error says how they ended.
pub(crate) fn run(root: &Path, filters: &[String]) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores here; a busy machine measures itself. See benches/ for what each line does.");
    let mut command = Command::new("cargo");
    command.args(["bench", "--package", "mailgrant-benches", "--"]).args(filters);
    command.current_dir(root).stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo bench` ended with {status}")),
        Err(error) => Err(format!("`cargo bench` did not start: {error}")),
    }
}
