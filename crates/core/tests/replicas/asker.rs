//! Somebody who asks everything, about everything that there is.

use std::collections::BTreeSet;

use mailgrant::*;
use serde::Serialize;
use serde_json::Value;

use crate::common::World;

/// Everything there is to ask about.
pub struct Known {
    pub users: Vec<UserId>,
    pub organisations: Vec<OrganisationId>,
    pub mailboxes: Vec<MailboxId>,
    pub devices: Vec<DeviceId>,
    invitations: Vec<InvitationId>,
    domains: Vec<DomainName>,
    addresses: Vec<Address>,
    /// Every text and every instant in the rows and notes.
    texts: BTreeSet<String>,
    instants: BTreeSet<i64>,
}

fn leaves(value: &Value, texts: &mut BTreeSet<String>, instants: &mut BTreeSet<i64>) {
    match value {
        Value::String(text) => {
            texts.insert(text.clone());
        }
        Value::Number(number) => {
            // Instants of this century; other numbers say nothing of anyone.
            instants.extend(number.as_i64().filter(|number| *number > 1_000_000_000_000));
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts, instants)),
        Value::Object(fields) => fields.iter().for_each(|(name, item)| {
            texts.insert(name.clone());
            leaves(item, texts, instants);
        }),
        _ => {}
    }
}

/// Whether a text tells something of someone: words of the format, such as states and rights, do not.
fn tells(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        && text != "+"
        && text != "-"
}

impl Known {
    pub fn of(world: &World) -> Self {
        world.directory.flush_uses().unwrap();
        let dump = world.store.dump();
        let mut known = Self {
            users: Vec::new(),
            organisations: Vec::new(),
            mailboxes: Vec::new(),
            devices: Vec::new(),
            invitations: Vec::new(),
            domains: Vec::new(),
            addresses: Vec::new(),
            texts: BTreeSet::new(),
            instants: BTreeSet::new(),
        };
        let mut addresses = BTreeSet::new();
        let mut domains = BTreeSet::new();
        for line in dump.lines() {
            if let Some(row) = line.strip_prefix("row ") {
                let mut parts = row.splitn(3, ' ');
                let (key, body) = (parts.next().unwrap(), parts.nth(1).unwrap());
                let body: Value = serde_json::from_str(body).unwrap();
                leaves(&body, &mut known.texts, &mut known.instants);
                match &key[..4] {
                    "usr_" => known.users.push(key.parse().unwrap()),
                    "org_" => known.organisations.push(key.parse().unwrap()),
                    "mbx_" => known.mailboxes.push(key.parse().unwrap()),
                    "dev_" => known.devices.push(key.parse().unwrap()),
                    "inv_" => known.invitations.push(key.parse().unwrap()),
                    "dom/" => {
                        domains.insert(body["name"].as_str().unwrap().to_owned());
                    }
                    _ => {}
                }
            } else if line.starts_with("Note ") {
                let body =
                    line.split("body: \"").nth(1).unwrap().trim_end_matches(" }").trim_end_matches('"');
                let body: Value = serde_json::from_str(&body.replace("\\\"", "\"")).unwrap();
                leaves(&body, &mut known.texts, &mut known.instants);
            }
        }
        addresses.extend(known.texts.iter().filter(|text| text.contains('@')).cloned());
        known.addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        known.domains = domains.iter().map(|domain| domain.parse().unwrap()).collect();
        known.texts.retain(|text| tells(text));
        known
    }

    /// Every text and instant of the world that is in a replica is in an answer.
    #[track_caller]
    pub fn nothing_else_is_in(&self, replica: &str, answers: &str) {
        let (mut texts, mut instants) = (BTreeSet::new(), BTreeSet::new());
        leaves(&serde_json::from_str(replica).unwrap(), &mut texts, &mut instants);
        for text in &self.texts {
            let written = serde_json::to_string(text).unwrap();
            let written = written.trim_matches('"');
            // Short ones, such as selectors, stand in longer ones by chance.
            let here = if text.len() < 6 { texts.contains(text) } else { replica.contains(written) };
            assert!(!here || answers.contains(written), "`{text}` is in the replica and in no answer");
        }
        for instant in instants.intersection(&self.instants) {
            assert!(answers.contains(&instant.to_string()), "{instant} is in the replica and in no answer");
        }
    }
}

/// A person who asks a directory.
pub struct Asker<'a> {
    directory: &'a Directory,
    person: UserId,
    known: &'a Known,
}

/// A question and its answer.
type Said = (String, Result<String, Code>);

fn say<T: Serialize>(said: &mut Vec<Said>, question: String, answer: Result<T, Error>) {
    said.push((
        question,
        answer.map(|answer| serde_json::to_string(&answer).unwrap()).map_err(|error| error.code()),
    ));
}

fn all<T>(question: impl FnMut(&PageRequest) -> Result<Page<T>, Error>) -> Result<Vec<T>, Error> {
    every(question).collect()
}

impl<'a> Asker<'a> {
    pub fn of(directory: &'a Directory, person: UserId, known: &'a Known) -> Self {
        Self { directory, person, known }
    }

    /// The filtered questions, of any directory.
    fn ask(&self, d: &Directory) -> Vec<Said> {
        let (me, known) = (Actor::User(self.person), self.known);
        let mut said = Vec::new();
        let s = &mut said;
        for id in &known.organisations {
            say(s, format!("organisation {id}"), d.organisation(&me, *id));
            say(s, format!("members {id}"), all(|page| d.members(&me, *id, page)));
            say(s, format!("mailboxes {id}"), all(|page| d.mailboxes(&me, *id, page)));
            say(s, format!("aliases {id}"), all(|page| d.aliases(&me, *id, page)));
            say(s, format!("devices {id}"), all(|page| d.devices(&me, *id, page)));
            say(s, format!("invitations {id}"), all(|page| d.invitations(&me, *id, page)));
            say(s, format!("domains {id}"), all(|page| d.domains(&me, *id, page)));
        }
        for id in &known.mailboxes {
            say(s, format!("mailbox {id}"), d.mailbox(&me, *id));
            say(s, format!("aliases_of {id}"), all(|page| d.aliases_of(&me, *id, page)));
            say(s, format!("access {id}"), all(|page| d.access(&me, *id, page)));
            for user in &known.users {
                for right in [Right::Read, Right::Send, Right::Filters] {
                    say(s, format!("explain {user} {right} {id}"), d.explain(&me, *user, right, *id));
                }
            }
        }
        for id in &known.devices {
            say(s, format!("device {id}"), d.device(&me, *id));
        }
        for id in &known.invitations {
            say(s, format!("invitation {id}"), d.invitation(&me, *id));
        }
        for id in &known.users {
            say(s, format!("user {id}"), d.user(&me, *id));
            say(s, format!("reach {id}"), d.reach(&me, *id));
        }
        for address in &known.addresses {
            say(s, format!("mailbox_by_address {address}"), d.mailbox_by_address(&me, address));
            say(s, format!("user_by_login {address}"), d.user_by_login(&me, address));
        }
        for domain in &known.domains {
            say(
                s,
                format!("organisation_by_domain {}", domain.as_str()),
                d.organisation_by_domain(&me, domain),
            );
        }
        said
    }

    /// All answers of all questions that the person may ask, as one text.
    pub fn everything(&self) -> String {
        let d = self.directory;
        let me = Actor::User(self.person);
        let mut said = self.ask(d);
        for id in &self.known.organisations {
            let filter = HistoryFilter::default();
            let history = all(|page| d.history(&me, *id, &filter, page));
            let history = history.map(|entries| {
                entries.iter().map(|entry| (entry.at, entry.event.to_json())).collect::<Vec<_>>()
            });
            say(&mut said, format!("history {id}"), history);
        }
        for mailbox in &self.known.mailboxes {
            say(&mut said, String::new(), d.senders(self.person, *mailbox));
        }
        let mut text = self.person.to_string();
        for answer in said.into_iter().filter_map(|(_, answer)| answer.ok()) {
            text.push('\n');
            text.push_str(&answer);
        }
        text
    }

    /// Every question has the same answer there; what cannot be known there is said to be so.
    #[track_caller]
    pub fn agrees_with(&self, there: &Directory) {
        let me = self.person;
        for ((question, here), (_, there)) in self.ask(self.directory).into_iter().zip(self.ask(there)) {
            let may_be_unknown = question.starts_with("organisation_by_domain");
            if may_be_unknown && there == Err(Code::DirectoryReplica) {
                continue;
            }
            assert_eq!(here, there, "{me} asks: {question}");
        }
        self.host_questions_agree(there);
    }

    fn host_questions_agree(&self, there: &Directory) {
        let (here, person, known) = (self.directory, self.person, self.known);
        let me = Actor::User(person);
        let mut seen: Vec<Address> = Vec::new();
        for mailbox in &known.mailboxes {
            let access = all(|page| here.access(&me, *mailbox, page));
            if let Ok(found) = here.mailbox(&me, *mailbox) {
                seen.push(found.address.clone());
                seen.extend(
                    all(|page| here.aliases_of(&me, *mailbox, page)).unwrap().into_iter().map(|a| a.address),
                );
            }
            for user in &known.users {
                let listed = *user == person
                    && here.reach(&me, person).is_ok_and(|reach| {
                        reach
                            .organisations
                            .iter()
                            .flat_map(|one| &one.mailboxes)
                            .any(|one| one.id == *mailbox)
                    });
                let listed = listed
                    || access.as_ref().is_ok_and(|access| {
                        access.iter().any(|one| matches!(&one.who, Reacher::Person(one) if one.id == *user))
                    });
                let asks = here.organisation(&me, known.organisations[0]).err().map(|error| error.code())
                    != Some(Code::ActorSuspended);
                for right in [Right::Read, Right::Send, Right::Sharing] {
                    let (live, copy) = (
                        here.may(*user, right, *mailbox).unwrap(),
                        there.may(*user, right, *mailbox).unwrap(),
                    );
                    if listed {
                        assert_eq!(live, copy, "may {user} {right} {mailbox} for {person}");
                    } else if asks && *user == person {
                        assert_eq!(
                            live.allowed(),
                            copy.allowed(),
                            "may {user} {right} {mailbox} for {person}"
                        );
                    }
                    assert!(live.allowed() || !copy.allowed(), "more there than here");
                }
                let (live, copy) = (here.senders(*user, *mailbox).unwrap(), there.senders(*user, *mailbox));
                match copy {
                    Ok(copy) => assert_eq!(live, copy, "senders {user} {mailbox} for {person}"),
                    Err(error) => {
                        assert_eq!(error.code(), Code::DirectoryReplica);
                        assert_ne!(*user, person);
                    }
                }
                for address in &known.addresses {
                    let live = here.may_send_as(*user, *mailbox, address).unwrap();
                    match there.may_send_as(*user, *mailbox, address) {
                        Ok(copy) => assert_eq!(live, copy, "{user} as {address} from {mailbox} for {person}"),
                        Err(error) => assert_eq!(error.code(), Code::DirectoryReplica),
                    }
                }
            }
            for device in &known.devices {
                let (live, copy) =
                    (here.senders(*device, *mailbox).unwrap(), there.senders(*device, *mailbox));
                match copy {
                    Ok(copy) => assert_eq!(live, copy),
                    Err(error) => assert_eq!(error.code(), Code::DirectoryReplica),
                }
            }
        }
        for address in &known.addresses {
            let (live, copy) = (here.resolve(address).unwrap(), there.resolve(address));
            match copy {
                Ok(copy) => assert_eq!(live, copy, "resolve {address} for {person}"),
                Err(error) => {
                    assert_eq!(error.code(), Code::DirectoryReplica);
                    assert!(!seen.contains(address), "resolve {address} for {person}");
                }
            }
        }
    }
}
