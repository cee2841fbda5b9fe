//! One step of a task: what it needs, what it does and how it ended.

use std::path::Path;

use crate::call::Call;

/// Something a step cannot run without.
pub(crate) struct Need {
    pub(crate) name: &'static str,
    /// Succeeds where it is there.
    pub(crate) probe: Call,
    /// Brings it, where something can.
    pub(crate) get: Option<Call>,
}

/// What a step does.
pub(crate) enum Work {
    /// Programs, one after the other up to the first that fails.
    Calls(&'static [Call]),
    /// A check of ours, given the folder of the workspace.
    Check(fn(&Path) -> Result<(), String>),
}

/// A step.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// One line for the heading.
    pub(crate) what: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) work: Work,
}

/// How a step ended, with the reason where it did not pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    LeftOut(String),
}

impl Outcome {
    /// How, and why.
    pub(crate) fn told(&self) -> (&'static str, &str) {
        match self {
            Self::Passed => ("passed", ""),
            Self::Failed(reason) => ("failed", reason),
            Self::LeftOut(reason) => ("left out", reason),
        }
    }
}

impl Step {
    pub(crate) fn run(&self, root: &Path) -> Outcome {
        if let Err(reason) = self.needs.iter().try_for_each(|need| need.meet(root)) {
            return Outcome::LeftOut(reason);
        }
        let result = match &self.work {
            Work::Calls(calls) => calls.iter().try_for_each(|call| call.run(root)),
            Work::Check(check) => check(root),
        };
        result.map_or_else(Outcome::Failed, |()| Outcome::Passed)
    }
}

impl Need {
    fn meet(&self, root: &Path) -> Result<(), String> {
        let Err(missing) = self.probe.run_unseen(root) else { return Ok(()) };
        let Some(get) = &self.get else { return Err(format!("no {} here: {missing}", self.name)) };
        println!("no {} here, trying `{get}`", self.name);
        get.run_unseen(root)
            .and_then(|()| self.probe.run_unseen(root))
            .map_err(|reason| format!("no {} here: {reason}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Call = Call::new("true", &[]);
    const NO: Call = Call::new("false", &[]);
    const MISSING: Call = Call::new("no-such-program", &[]);

    fn outcome(needs: &'static [Need], work: Work) -> Outcome {
        Step { name: "step", what: "a step", needs, work }.run(Path::new("."))
    }

    #[test]
    fn passes_where_needs_are_met_and_calls_succeed() {
        let needs = &[Need { name: "it", probe: YES, get: None }];
        assert_eq!(outcome(needs, Work::Calls(&[YES, YES])), Outcome::Passed);
    }

    #[test]
    fn fails_with_the_call_that_failed() {
        let Outcome::Failed(reason) = outcome(&[], Work::Calls(&[YES, NO])) else { panic!("did not fail") };
        assert_eq!(reason, "`false` ended with exit status: 1");
    }

    #[test]
    fn fails_with_what_the_check_found() {
        let check = Work::Check(|_| Err("this".to_owned()));
        assert_eq!(outcome(&[], check), Outcome::Failed("this".to_owned()));
    }

    #[test]
    fn is_left_out_where_nothing_can_bring_what_it_needs() {
        let needs = &[Need { name: "it", probe: NO, get: None }];
        let reason = "no it here: `false` ended with exit status: 1".to_owned();
        assert_eq!(outcome(needs, Work::Calls(&[YES])), Outcome::LeftOut(reason));
    }

    #[test]
    fn is_left_out_where_bringing_fails() {
        let needs = &[Need { name: "it", probe: NO, get: Some(MISSING) }];
        let Outcome::LeftOut(reason) = outcome(needs, Work::Calls(&[YES])) else {
            panic!("was not left out")
        };
        assert!(reason.starts_with("no it here: `no-such-program` did not start"), "{reason}");
    }

    #[test]
    fn is_left_out_where_bringing_did_not_help() {
        let needs = &[Need { name: "it", probe: NO, get: Some(YES) }];
        assert!(matches!(outcome(needs, Work::Calls(&[YES])), Outcome::LeftOut(_)));
    }
}
