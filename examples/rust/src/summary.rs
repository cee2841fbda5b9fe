//! What a replay left behind, counted by questions.

use std::collections::HashMap;

use mailgrant::{Error, Reacher, UserId, every};

use crate::replay::Replay;

/// What a replay left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Organisations that are there now.
    pub organisations: usize,
    /// People who belong to one of them.
    pub people: usize,
    /// People who belong to several.
    pub in_several: usize,
    /// Their mailboxes.
    pub mailboxes: usize,
    /// Their aliases.
    pub aliases: usize,
    /// The grants on them.
    pub grants: usize,
    /// Changes that were replayed.
    pub changes: usize,
    /// Commits that it took.
    pub commits: usize,
}

impl Replay {
    /// What is there now.
    ///
    /// # Errors
    /// Those of the directory.
    pub fn summary(&self) -> Result<Summary, Error> {
        let (directory, host) = (&self.directory, &self.host);
        let mut summary = Summary { changes: self.changes, commits: self.commits, ..Summary::default() };
        let mut places: HashMap<UserId, usize> = HashMap::new();
        for organisation in self.names.organisations.values() {
            summary.organisations += 1;
            for member in every(|page| directory.members(host, organisation, page)) {
                *places.entry(member?.person.id).or_default() += 1;
            }
            for mailbox in every(|page| directory.mailboxes(host, organisation, page)) {
                summary.mailboxes += 1;
                let mailbox = mailbox?.id;
                for access in every(|page| directory.access(host, mailbox, page)) {
                    summary.grants += usize::from(matches!(access?.who, Reacher::Person(_)));
                }
            }
            for alias in every(|page| directory.aliases(host, organisation, page)) {
                alias?;
                summary.aliases += 1;
            }
        }
        summary.people = places.len();
        summary.in_several = places.values().filter(|places| **places > 1).count();
        Ok(summary)
    }
}
