//! `cargo xtask generate`: writes what bindings say in their languages, from the core's own tables.

mod model;
mod prose;
mod python;
mod source;

use std::fs;
use std::path::Path;

/// A file that is written, by its place in the repository.
struct Written {
    path: &'static str,
    text: String,
}

fn all(root: &Path) -> Result<Vec<Written>, String> {
    let model = source::read(&root.join("crates/core/src"))?;
    python::write(&model)
}

/// Writes every file that would change.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    for Written { path, text } in all(root)? {
        if fs::read_to_string(root.join(path)).is_ok_and(|present| present == text) {
            println!("as it was  {path}");
            continue;
        }
        fs::write(root.join(path), text).map_err(|error| format!("`{path}` cannot be written: {error}"))?;
        println!("written    {path}");
    }
    Ok(())
}

/// Refuses a file that would change.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let files = all(root)?;
    let stale: Vec<&str> = files
        .iter()
        .filter(|Written { path, text }| {
            !fs::read_to_string(root.join(path)).is_ok_and(|present| present == *text)
        })
        .map(|written| written.path)
        .collect();
    println!("compared {} files", files.len());
    match stale.is_empty() {
        true => Ok(()),
        false => Err(format!("out of step with the core, run `cargo xtask generate`: {}", stale.join(", "))),
    }
}
