//! The house-keeping of mailgrant: `cargo xtask`.
#![forbid(unsafe_code)]

mod bench;
mod call;
mod files;
mod generate;
mod report;
mod step;
mod test;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use call::Call;

const HELP: &str = "\
cargo xtask TASK

  test               check everything that can be checked on this machine
  test --only NAME   only this step; may be given several times
  test --list        the steps and what they do
  wheel              build the Python wheel into target/wheels
  generate           write what bindings say, from the core's own tables
  bench              measure everything in benches/
  bench NAME         only what has this in its name, or `python`; may be several

What a step lacks is fetched where that is possible. A step that cannot run here is left out, and the
end says why; under CI=true that is a failure.
";

const WHEEL: Call = Call::new(
    "python3",
    &["-m", "pip", "wheel", "--no-deps", "--wheel-dir", "target/wheels", "./bindings/python"],
);

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    List,
    Test { only: Vec<String> },
    Generate,
    Wheel,
    Bench { filters: Vec<String> },
}

fn main() -> ExitCode {
    match task(env::args().skip(1)) {
        Ok(Task::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Task::List) => {
            print!("{}", test::list());
            ExitCode::SUCCESS
        }
        Ok(Task::Test { only }) => {
            let report = test::run(&root(), &only, test::strict(env::var_os("CI").as_deref()));
            print!("\n{report}");
            if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(Task::Generate) => ended(generate::run(&root())),
        Ok(Task::Wheel) => ended(WHEEL.run(&root())),
        Ok(Task::Bench { filters }) => ended(bench::run(&root(), &filters)),
        Err(problem) => {
            eprint!("{problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn ended(how: Result<(), String>) -> ExitCode {
    match how {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn task(mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => return Ok(Task::Help),
        Some("test") => {}
        Some("generate") => return alone(Task::Generate, "generate", arguments),
        Some("wheel") => return alone(Task::Wheel, "wheel", arguments),
        Some("bench") => return bench_task(arguments),
        Some(other) => return Err(format!("there is no task `{other}`")),
    }
    let mut only = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--list" => return Ok(Task::List),
            "--only" => {
                let name = arguments.next().ok_or("`--only` needs the name of a step")?;
                if !test::STEPS.iter().any(|step| step.name == name) {
                    return Err(format!("there is no step `{name}`; see `cargo xtask test --list`"));
                }
                only.push(name);
            }
            other => return Err(format!("`test` knows no `{other}`")),
        }
    }
    Ok(Task::Test { only })
}

/// A task that takes no arguments.
fn alone(task: Task, name: &str, mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    match arguments.next().as_deref() {
        None => Ok(task),
        Some("--help" | "-h") => Ok(Task::Help),
        Some(other) => Err(format!("`{name}` knows no `{other}`")),
    }
}

fn bench_task(arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let filters: Vec<String> = arguments.collect();
    match filters.iter().find(|filter| filter.starts_with('-')) {
        Some(flag) if matches!(flag.as_str(), "--help" | "-h") => Ok(Task::Help),
        Some(other) => Err(format!("`bench` knows no `{other}`")),
        None => Ok(Task::Bench { filters }),
    }
}

/// The folder of the workspace. Cargo says at run time where this package is, so that the program itself
/// holds no path of the machine that built it.
fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    package.join("../..").canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arguments: &[&str]) -> Result<Task, String> {
        task(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn nothing_asked_is_answered_with_help() {
        assert_eq!(asked(&[]), Ok(Task::Help));
    }

    #[test]
    fn steps_are_picked_by_name() {
        let only = vec!["format".to_owned(), "docs".to_owned()];
        assert_eq!(asked(&["test", "--only", "format", "--only", "docs"]), Ok(Task::Test { only }));
    }

    #[test]
    fn benches_are_picked_by_what_is_in_their_names() {
        assert_eq!(asked(&["bench"]), Ok(Task::Bench { filters: Vec::new() }));
        let filters = vec!["may".to_owned(), "login".to_owned()];
        assert_eq!(asked(&["bench", "may", "login"]), Ok(Task::Bench { filters }));
    }

    #[test]
    fn unknown_words_are_refused() {
        for words in [
            &["bench", "--fast"][..],
            &["generate", "--fast"],
            &["tests"],
            &["test", "--only"],
            &["test", "--only", "nothing"],
            &["test", "-x"],
        ] {
            assert!(asked(words).is_err(), "{words:?}");
        }
    }
}
