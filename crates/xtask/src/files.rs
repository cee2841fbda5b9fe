//! What must stand in no file of the repository: paths of somebody's machine, registries that others
//! cannot reach.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// Folders in which people and build machines keep their checkouts.
const MACHINE_FOLDERS: [&str; 4] = ["home", "root", "Users", "work"];

/// How a line of `Cargo.lock` that says where a package comes from begins.
const ORIGIN: &str = "source = ";

/// The registry that everybody can reach, as cargo writes it.
const REGISTRY: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

/// Looks through every text file that git tracks or would track.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let mut looked = 0;
    let mut found = 0;
    for name in names(root)? {
        let text = match fs::read(root.join(&name)).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            // Not text.
            Ok(Err(_)) => continue,
            // Deleted but not yet committed, or the folder of a submodule.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => continue,
            Err(error) => return Err(format!("`{name}` cannot be read: {error}")),
        };
        looked += 1;
        for finding in findings(&name, &text) {
            println!("{finding}");
            found += 1;
        }
    }
    println!("looked through {looked} text files");
    if found == 0 { Ok(()) } else { Err(format!("{found} found, listed above")) }
}

fn names(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("`git ls-files` did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("`git ls-files` ended with {}", output.status));
    }
    let names = String::from_utf8(output.stdout).map_err(|_| "the name of a file is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

fn findings(name: &str, text: &str) -> Vec<String> {
    let locks = name.ends_with("Cargo.lock");
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_path(line, folder)) {
            findings.push(format!("{name}:{number}: a path of one machine, in /{folder}"));
        }
        if locks && strange_origin(line) {
            findings.push(format!("{name}:{number}: not from the public registry: {}", line.trim()));
        }
    }
    findings
}

/// Whether a path beginning with this folder stands in the line, other than as part of a longer one.
fn names_path(line: &str, folder: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-~*)}>%".contains(c);
    line.match_indices(&format!("/{folder}/"))
        .any(|(place, _)| !line.get(..place).is_some_and(|before| before.ends_with(inside)))
}

fn strange_origin(line: &str) -> bool {
    line.trim_start().strip_prefix(ORIGIN).is_some_and(|origin| !origin.starts_with(REGISTRY))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path of a machine; in two parts, as this file is looked through as well.
    fn path() -> String {
        ["/", "home/alice/mail"].concat()
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        for line in [path(), format!("see `{}`", path()), format!("file://{}", path())] {
            let found = findings("a.md", &format!("fine\n{line}\n"));
            assert_eq!(found, ["a.md:2: a path of one machine, in /home"], "{line}");
        }
    }

    #[test]
    fn a_part_of_another_path_is_not() {
        for before in ["https://example.ch", "../..", "{base}", "target"] {
            assert!(findings("a.md", &format!("{before}{}", path())).is_empty(), "{before}");
        }
    }

    #[test]
    fn the_public_registry_is_known() {
        let origin = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(findings("Cargo.lock", origin).is_empty());
    }

    #[test]
    fn other_origins_are_found() {
        let origin = "source = \"git+https://example.ch/a/b\"";
        assert_eq!(findings("Cargo.lock", origin).len(), 1);
        assert!(findings("other.txt", origin).is_empty());
    }
}
