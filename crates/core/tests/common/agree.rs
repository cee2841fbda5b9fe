//! Whether everything that can be asked agrees: the live directory with the past of this very moment, the journal
//! with itself, the lists with what may be done.

use std::collections::BTreeSet;
use std::fmt::Debug;

use mailgrant::*;

/// A directory and an organisation of it.
pub struct Asked<'a> {
    pub directory: &'a Directory,
    pub organisation: OrganisationId,
    pub now: Timestamp,
}

fn host() -> Actor {
    Actor::system("test")
}

fn all<T>(question: impl FnMut(&PageRequest) -> Result<Page<T>, Error>) -> Vec<T> {
    every(question).collect::<Result<_, _>>().unwrap()
}

/// Organisation and users in the order of their ids, with everything that may be asked about them.
pub fn answers(
    directory: &Directory,
    asked: &Asked<'_>,
    users: &[UserId],
    addresses: &[Address],
) -> Vec<String> {
    let (host, organisation) = (host(), asked.organisation);
    let mut said = Vec::new();
    fn say(said: &mut Vec<String>, what: impl Debug, answer: impl Debug) {
        said.push(format!("{what:?}: {answer:#?}"));
    }
    say(&mut said, "organisation", directory.organisation(&host, organisation).unwrap());
    say(&mut said, "members", all(|page| directory.members(&host, organisation, page)));
    say(&mut said, "domains", all(|page| directory.domains(&host, organisation, page)));
    say(&mut said, "invitations", all(|page| directory.invitations(&host, organisation, page)));
    say(&mut said, "aliases", all(|page| directory.aliases(&host, organisation, page)));
    let mut devices = all(|page| directory.devices(&host, organisation, page));
    // Last uses are notes, and no part of a past.
    devices.iter_mut().for_each(|device| device.last_used = None);
    say(&mut said, "devices", devices);
    let mailboxes = all(|page| directory.mailboxes(&host, organisation, page));
    say(&mut said, "mailboxes", &mailboxes);
    for mailbox in &mailboxes {
        let mut access = all(|page| directory.access(&host, mailbox.id, page));
        access.iter_mut().for_each(|access| access.last_used = None);
        say(&mut said, ("access", mailbox.id), &access);
        for user in users {
            for right in Right::ALL {
                let verdict = directory.may(*user, *right, mailbox.id).unwrap();
                say(&mut said, ("may", user, right, mailbox.id), verdict);
            }
            say(&mut said, ("senders", user, mailbox.id), directory.senders(*user, mailbox.id).unwrap());
        }
    }
    for user in users {
        // Of other organisations the past of this one knows nothing.
        let reach = directory.reach(&host, *user).map(|mut reach| {
            reach.organisations.retain(|reached| reached.id == organisation);
            reach
        });
        say(&mut said, ("reach", user), reach.map_err(|error| error.code()));
    }
    for address in addresses {
        say(&mut said, ("resolve", address), directory.resolve(address).unwrap());
    }
    said
}

impl Asked<'_> {
    /// The journals of the organisation and of these users have no gaps, and time never goes back in them.
    #[track_caller]
    pub fn journals_have_no_gaps(&self, users: &[UserId]) {
        let (host, filter) = (host(), HistoryFilter::default());
        let sound = |entries: Vec<Entry>| {
            assert!(!entries.is_empty());
            for (place, entry) in entries.iter().enumerate() {
                assert_eq!(entry.place.1, place as u64 + 1, "a gap in {}", entry.place.0);
            }
            assert!(entries.is_sorted_by_key(|entry| entry.at), "time goes back");
        };
        sound(all(|page| self.directory.history(&host, self.organisation, &filter, page)));
        for user in users {
            sound(all(|page| self.directory.user_history(&host, *user, &filter, page)));
        }
    }

    /// Everyone who was ever a member.
    pub fn ever_members(&self) -> Vec<UserId> {
        let (host, filter) = (host(), HistoryFilter::default());
        let users: BTreeSet<UserId> =
            all(|page| self.directory.history(&host, self.organisation, &filter, page))
                .iter()
                .filter_map(|entry| match &entry.event {
                    Event::Membership(_, user, _) => Some(*user),
                    Event::Import(row) if row.word() == "member" => {
                        Some(row.to_json()["user"].as_str().unwrap().parse().unwrap())
                    }
                    _ => None,
                })
                .collect();
        users.into_iter().collect()
    }

    /// The past of this moment, rebuilt from the journal, gives the answers of the live directory.
    #[track_caller]
    pub fn past_agrees_with_present(&self, addresses: &[Address]) {
        let users = self.ever_members();
        let then = self.directory.at(&host(), self.organisation, self.now).unwrap();
        let live = answers(self.directory, self, &users, addresses);
        let past = answers(&then, self, &users, addresses);
        assert_eq!(live.len(), past.len());
        for (live, past) in live.iter().zip(&past) {
            assert!(live == past, "live {live}\n\npast {past}");
        }
    }

    /// What `access` lists is what `may` allows, no more and no less.
    #[track_caller]
    pub fn access_agrees_with_may(&self) {
        let host = host();
        let users = self.ever_members();
        for mailbox in all(|page| self.directory.mailboxes(&host, self.organisation, page)) {
            let access = all(|page| self.directory.access(&host, mailbox.id, page));
            let held = !matches!(mailbox.sending, Sending::Allowed);
            for user in &users {
                let listed = access
                    .iter()
                    .find(|access| matches!(&access.who, Reacher::Person(person) if person.id == *user));
                for right in Right::ALL {
                    let verdict = self.directory.may(*user, *right, mailbox.id).unwrap();
                    let expected = listed.is_some_and(|access| {
                        access.blocked.is_none()
                            && (*right == Right::Read || access.rights.contains(*right))
                            && !(held && *right == Right::Send)
                    });
                    assert_eq!(verdict.allowed(), expected, "{user} {right} {} {listed:?}", mailbox.id);
                    let why = self.directory.explain(&host, *user, *right, mailbox.id).unwrap();
                    assert_eq!(why.allowed, verdict.allowed());
                    let first = why.chain.iter().find_map(|link| link.obstacle);
                    assert_eq!(first, verdict.obstacle());
                }
                let may_send = self.directory.may(*user, Right::Send, mailbox.id).unwrap().allowed();
                let own = self.directory.may_send_as(*user, mailbox.id, &mailbox.address).unwrap();
                assert_eq!(own, may_send, "{user} as `{}`", mailbox.address);
            }
        }
    }

    /// Addresses are unique, and each resolves to its mailbox.
    #[track_caller]
    pub fn addresses_are_unique(&self) {
        let host = host();
        let mut seen = BTreeSet::new();
        let mailboxes = all(|page| self.directory.mailboxes(&host, self.organisation, page));
        let aliases = all(|page| self.directory.aliases(&host, self.organisation, page));
        let mailboxes = mailboxes.iter().map(|mailbox| (mailbox.address.clone(), mailbox.id, Step::Mailbox));
        let aliases = aliases.iter().map(|alias| (alias.address.clone(), alias.mailbox, Step::Alias));
        for (address, mailbox, step) in mailboxes.chain(aliases) {
            assert!(seen.insert(address.canonical().to_owned()), "`{address}` twice");
            let resolution = self.directory.resolve(&address).unwrap();
            assert_eq!(resolution.mailbox, Some(mailbox), "`{address}`");
            assert_eq!(resolution.way, [step], "`{address}`");
        }
    }

    /// The owners that count.
    pub fn acting_owners(&self) -> Vec<UserId> {
        all(|page| self.directory.members(&host(), self.organisation, page))
            .into_iter()
            .filter(|member| {
                member.role == Role::Owner
                    && member.state == MembershipState::Active
                    && member.person.state == UserState::Active
            })
            .map(|member| member.person.id)
            .collect()
    }
}
