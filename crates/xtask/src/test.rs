//! `cargo xtask test`: everything that is checked, as a list of steps.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use crate::call::Call;
use crate::files;
use crate::generate;
use crate::report::Report;
use crate::step::{Need, Step, Work};

/// The steps, in order. A new one is one more entry.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "files",
        what: "no file holds a path of somebody's machine, no lock file an unknown registry",
        needs: &[GIT],
        work: Work::Check(files::check),
    },
    Step {
        name: "generated",
        what: "`cargo xtask generate` would change nothing",
        needs: &[],
        work: Work::Check(generate::check),
    },
    Step {
        name: "format",
        what: "rustfmt would change nothing",
        needs: &[RUSTFMT],
        work: Work::Calls(&[Call::new("cargo", &["fmt", "--all", "--check"])]),
    },
    Step {
        name: "lint",
        what: "clippy and the compiler have nothing to say on any target with every feature",
        needs: &[CLIPPY],
        work: Work::Calls(&[Call::new(
            "cargo",
            &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
        )]),
    },
    Step {
        name: "lint-minimal",
        what: "nor on the core without its default features",
        needs: &[CLIPPY],
        work: Work::Calls(&[Call::new(
            "cargo",
            &["clippy", "--package", "mailgrant", "--no-default-features", "--", "-D", "warnings"],
        )]),
    },
    Step {
        name: "docs",
        what: "the documentation builds without warnings",
        needs: &[],
        work: Work::Calls(&[Call::new("cargo", &["doc", "--workspace", "--all-features", "--no-deps"])
            .with(&[("RUSTDOCFLAGS", "-D warnings")])]),
    },
    Step {
        name: "tests",
        what: "the examples build, and the tests pass, those that run the examples too",
        needs: &[],
        // `cargo test --all-targets` would build the examples as tests, not as the programs that tests run.
        work: Work::Calls(&[
            Call::new("cargo", &["build", "--workspace", "--all-features", "--examples"]),
            Call::new("cargo", &["test", "--workspace", "--all-features", "--tests", "--no-fail-fast"]),
        ]),
    },
    Step {
        name: "doctests",
        what: "every example in the documentation does what it says",
        needs: &[],
        work: Work::Calls(&[Call::new(
            "cargo",
            &["test", "--workspace", "--all-features", "--doc", "--no-fail-fast"],
        )]),
    },
    Step {
        name: "wheel",
        what: "the Python wheel builds and installs into a fresh environment, as its README says",
        needs: &[PYTHON, VENV],
        work: Work::Calls(&[
            Call::new("python3", &["-m", "venv", "--clear", "target/python"]),
            Call::new(INTERPRETER, &["-m", "pip", "install", "--quiet", "--upgrade", "pip"]),
            Call::new(INTERPRETER, &["-m", "pip", "install", "--quiet", "./bindings/python[cli,networkx]"]),
            Call::new(
                INTERPRETER,
                &["-m", "pip", "install", "--quiet", "--group", "bindings/python/pyproject.toml:test"],
            ),
        ]),
    },
    Step {
        name: "python-lint",
        what: "ruff and mypy have nothing to say, and the stubs are those of the compiled module",
        needs: &[WHEEL],
        work: Work::Calls(&[
            Call::new(
                INTERPRETER,
                &["-m", "ruff", "check", PYTHON_FILES[0], PYTHON_FILES[1], PYTHON_FILES[2]],
            ),
            Call::new(
                INTERPRETER,
                &["-m", "ruff", "format", "--check", PYTHON_FILES[0], PYTHON_FILES[1], PYTHON_FILES[2]],
            ),
            Call::new(
                INTERPRETER,
                &[
                    "-m",
                    "mypy",
                    "--config-file",
                    "bindings/python/pyproject.toml",
                    "bindings/python/python",
                    "bindings/python/tests",
                    PYTHON_FILES[1],
                ],
            ),
            Call::new(INTERPRETER, &["-m", "mypy.stubtest", "mailgrant._native"]),
        ]),
    },
    Step {
        name: "python-tests",
        what: "the installed wheel does what it says, its command line and its examples too",
        needs: &[WHEEL],
        work: Work::Calls(&[
            // With the features of all, so that what the tests built serves.
            Call::new("cargo", &["build", "--workspace", "--all-features", "--bin", "mailgrant-oracle"]),
            Call::new(
                INTERPRETER,
                &[
                    "-m",
                    "pytest",
                    "-n",
                    "auto",
                    "-c",
                    "bindings/python/pyproject.toml",
                    "bindings/python/tests",
                ],
            )
            .with(&[("MAILGRANT_ORACLE", "target/debug/mailgrant-oracle")]),
        ]),
    },
];

/// Of the fresh environment that the wheel is installed into.
const INTERPRETER: &str = "target/python/bin/python";

/// Where Python is that people wrote.
const PYTHON_FILES: [&str; 3] = ["bindings/python", "examples/python", "benches/python"];

const PYTHON: Need = Need {
    name: "Python 3.11 or later",
    probe: Call::new("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]),
    get: None,
};

const VENV: Need = Need {
    name: "venv for Python",
    probe: Call::new("python3", &["-c", "import venv, ensurepip"]),
    get: Some(Call::new("apt-get", &["install", "--yes", "python3-venv"])),
};

const WHEEL: Need = Need {
    name: "installed wheel",
    probe: Call::new(INTERPRETER, &["-c", "import mailgrant, mypy, pytest, ruff"]),
    get: None,
};

const GIT: Need =
    Need { name: "git checkout", probe: Call::new("git", &["rev-parse", "--git-dir"]), get: None };

const RUSTFMT: Need = Need {
    name: "rustfmt",
    probe: Call::new("cargo", &["fmt", "--version"]),
    get: Some(Call::new("rustup", &["component", "add", "rustfmt"])),
};

const CLIPPY: Need = Need {
    name: "clippy",
    probe: Call::new("cargo", &["clippy", "--version"]),
    get: Some(Call::new("rustup", &["component", "add", "clippy"])),
};

/// Whether leaving a step out is a failure, given the environment's `CI`.
pub(crate) fn strict(ci: Option<&OsStr>) -> bool {
    ci.is_some_and(|value| value == "true")
}

/// The steps, one a line.
pub(crate) fn list() -> String {
    STEPS.iter().map(|step| format!("{:<14}{}\n", step.name, step.what)).collect()
}

/// Runs the steps named in `only`, or all where it names none, to the end whatever fails.
pub(crate) fn run(root: &Path, only: &[String], strict: bool) -> Report {
    let mut report = Report::new(strict);
    for step in STEPS {
        if !only.is_empty() && !only.iter().any(|name| name == step.name) {
            report.add_unasked(step.name);
            continue;
        }
        println!("\n== {}: {}", step.name, step.what);
        #[expect(clippy::disallowed_methods, reason = "how long a step really takes is the question")]
        let begin = Instant::now();
        let outcome = step.run(root);
        let took = begin.elapsed();
        println!("== {}: {} after {:.1} s", step.name, outcome.told().0, took.as_secs_f64());
        report.add(step.name, outcome, took);
    }
    report
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn strict_under_ci_true_alone() {
        assert!(strict(Some(OsStr::new("true"))));
        assert!(!strict(Some(OsStr::new("false"))));
        assert!(!strict(Some(OsStr::new(""))));
        assert!(!strict(None));
    }

    #[test]
    fn every_step_has_a_name_of_its_own() {
        let names: HashSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
