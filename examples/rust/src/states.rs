//! How things stood at any instant, asked of the directory's past.

use std::collections::BTreeMap;

use mailgrant::{Clock, Code, Directory, Error, OrganisationId, Reacher, Right, Rights, Timestamp, every};
use serde::{Deserialize, Serialize};

use crate::replay::Replay;

/// The organisations at each instant, in seconds since 1970.
pub type States = BTreeMap<i64, BTreeMap<String, OrganisationState>>;

/// An organisation at an instant. All lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrganisationState {
    /// Its owners.
    pub admins: Vec<String>,
    /// All other members.
    pub members: Vec<String>,
    /// Its mailboxes.
    pub mailboxes: BTreeMap<String, MailboxState>,
}

/// A mailbox at an instant. All lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailboxState {
    /// Who may do everything.
    pub maintainers: Vec<String>,
    /// Who has less.
    pub members: Vec<String>,
    /// Its aliases.
    pub previously: Vec<String>,
}

impl Replay {
    /// How things stood at these instants, everything up to and including them. One that lies ahead of the history is
    /// waited for: the clock goes there.
    ///
    /// # Errors
    /// Those of the directory.
    pub fn states(&self, instants: &[i64]) -> Result<States, Error> {
        instants.iter().map(|seconds| Ok((*seconds, self.state(*seconds)?))).collect()
    }

    fn state(&self, seconds: i64) -> Result<BTreeMap<String, OrganisationState>, Error> {
        let instant = Timestamp::from_seconds(seconds);
        self.clock.set(instant.max(self.clock.now()));
        let mut state = BTreeMap::new();
        for organisation in &self.founded {
            match self.directory.at(&self.host, *organisation, instant) {
                Ok(then) => state.extend([self.organisation(&then, *organisation)?]),
                // Not yet, or no more.
                Err(error) if error.code() == Code::OrganisationNotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(state)
    }

    fn organisation(
        &self,
        then: &Directory,
        organisation: OrganisationId,
    ) -> Result<(String, OrganisationState), Error> {
        let host = &self.host;
        let mut state = OrganisationState::default();
        for member in every(|page| then.members(host, organisation, page)) {
            let member = member?;
            let list = match member.role {
                mailgrant::Role::Owner => &mut state.admins,
                _ => &mut state.members,
            };
            list.push(member.person.name);
        }
        let mut names = BTreeMap::new();
        for mailbox in every(|page| then.mailboxes(host, organisation, page)) {
            let mailbox = mailbox?;
            let mut one = MailboxState::default();
            for access in every(|page| then.access(host, mailbox.id, page)) {
                let access = access?;
                if let Reacher::Person(person) = access.who {
                    let list = match Rights::ALL.without(Right::Read).is_subset(access.rights) {
                        true => &mut one.maintainers,
                        false => &mut one.members,
                    };
                    list.push(person.name);
                }
            }
            one.maintainers.sort();
            one.members.sort();
            let name = mailbox.address.local().to_owned();
            names.insert(mailbox.id, name.clone());
            state.mailboxes.insert(name, one);
        }
        for alias in every(|page| then.aliases(host, organisation, page)) {
            let alias = alias?;
            let mailbox = names.get(&alias.mailbox).and_then(|name| state.mailboxes.get_mut(name));
            if let Some(mailbox) = mailbox {
                mailbox.previously.push(alias.address.local().to_owned());
            }
        }
        for mailbox in state.mailboxes.values_mut() {
            mailbox.previously.sort();
        }
        state.admins.sort();
        state.members.sort();
        Ok((then.organisation(host, organisation)?.name, state))
    }
}
