//! What ran, what was left out and why.

use std::fmt;
use std::time::Duration;

use crate::step::Outcome;

/// The steps of a task and how they ended; shown as a table that ends with `N passed, N failed`.
pub(crate) struct Report {
    rows: Vec<Row>,
    /// Steps that nobody asked for.
    unasked: Vec<&'static str>,
    /// Whether leaving a step out is a failure.
    strict: bool,
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl Report {
    pub(crate) fn new(strict: bool) -> Self {
        Self { rows: Vec::new(), unasked: Vec::new(), strict }
    }

    pub(crate) fn add(&mut self, name: &'static str, outcome: Outcome, took: Duration) {
        self.rows.push(Row { name, outcome, took });
    }

    pub(crate) fn add_unasked(&mut self, name: &'static str) {
        self.unasked.push(name);
    }

    pub(crate) fn passed(&self) -> usize {
        self.rows.iter().filter(|row| row.outcome == Outcome::Passed).count()
    }

    pub(crate) fn failed(&self) -> usize {
        let failed = |row: &&Row| match row.outcome {
            Outcome::Passed => false,
            Outcome::Failed(_) => true,
            Outcome::LeftOut(_) => self.strict,
        };
        self.rows.iter().filter(failed).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { name, outcome, took } in &self.rows {
            let (how, reason) = outcome.told();
            let row = format!("{name:<14}{how:<10}{:>7.1} s  {reason}", took.as_secs_f64());
            writeln!(f, "{}", row.trim_end())?;
        }
        if !self.unasked.is_empty() {
            writeln!(f, "not asked for: {}", self.unasked.join(", "))?;
        }
        if self.strict && self.rows.iter().any(|row| matches!(row.outcome, Outcome::LeftOut(_))) {
            writeln!(f, "under CI=true a step left out has failed")?;
        }
        writeln!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(strict: bool) -> Report {
        let mut report = Report::new(strict);
        report.add("format", Outcome::Passed, Duration::from_millis(1_234));
        report.add("lint", Outcome::LeftOut("no clippy here".to_owned()), Duration::ZERO);
        report.add_unasked("docs");
        report
    }

    #[test]
    fn left_out_is_neither_passed_nor_failed() {
        assert_eq!((report(false).passed(), report(false).failed()), (1, 0));
    }

    #[test]
    fn left_out_is_failed_where_strict() {
        assert_eq!((report(true).passed(), report(true).failed()), (1, 1));
    }

    #[test]
    fn failed_is_failed_strict_or_not() {
        for strict in [false, true] {
            let mut report = Report::new(strict);
            report.add("lint", Outcome::Failed("no".to_owned()), Duration::ZERO);
            assert_eq!(report.failed(), 1);
        }
    }

    #[test]
    fn says_what_ran_and_ends_with_the_count() {
        let expected = "\
format        passed        1.2 s
lint          left out      0.0 s  no clippy here
not asked for: docs
1 passed, 0 failed
";
        assert_eq!(report(false).to_string(), expected);
    }

    #[test]
    fn says_why_left_out_has_failed() {
        let text = report(true).to_string();
        assert!(text.ends_with("under CI=true a step left out has failed\n1 passed, 1 failed\n"), "{text}");
    }
}
