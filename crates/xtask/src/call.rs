//! One call of a program.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// A program, its arguments and what is added to its environment.
pub(crate) struct Call {
    program: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

impl Call {
    pub(crate) const fn new(program: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { program, arguments, environment: &[] }
    }

    pub(crate) const fn with(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    /// Runs it for all to see. The error says how it ended.
    pub(crate) fn run(&self, folder: &Path) -> Result<(), String> {
        println!("$ {self}");
        self.ended(self.command(folder).status())
    }

    /// Runs it unseen. The error says how it ended and the first thing it complained of.
    pub(crate) fn run_unseen(&self, folder: &Path) -> Result<(), String> {
        let output = self.command(folder).output();
        let complaint = output.as_ref().map(|output| complaint(&String::from_utf8_lossy(&output.stderr)));
        let complaint = complaint.unwrap_or_default();
        self.ended(output.map(|output| output.status)).map_err(|how| how + &complaint)
    }

    fn command(&self, folder: &Path) -> Command {
        // A program that was built here is found from wherever this runs.
        let mut command = match self.program.contains('/') {
            true => Command::new(folder.join(self.program)),
            false => Command::new(self.program),
        };
        command.args(self.arguments).envs(self.environment.iter().copied());
        command.current_dir(folder).stdin(Stdio::null());
        command
    }

    fn ended(&self, how: io::Result<ExitStatus>) -> Result<(), String> {
        match how {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{self}` ended with {status}")),
            Err(error) => Err(format!("`{self}` did not start: {error}")),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.environment {
            write!(f, "{name}='{value}' ")?;
        }
        f.write_str(self.program)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// The line that names the error, else the last one, after a colon.
fn complaint(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().find(|line| line.starts_with("error")).or_else(|| lines().next_back());
    line.map(|line| format!(": {line}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_as_one_would_type_it() {
        let call = Call::new("cargo", &["doc", "--no-deps"]).with(&[("RUSTDOCFLAGS", "-D warnings")]);
        assert_eq!(call.to_string(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_failure_says_why() {
        let call = Call::new("sh", &["-c", "echo info: hm >&2; echo error: no >&2; echo bye >&2; exit 3"]);
        let error = call.run_unseen(Path::new(".")).unwrap_err();
        assert!(error.ends_with("ended with exit status: 3: error: no"), "{error}");
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = Call::new("no-such-program", &[]).run_unseen(Path::new(".")).unwrap_err();
        assert!(error.starts_with("`no-such-program` did not start: "), "{error}");
    }
}
