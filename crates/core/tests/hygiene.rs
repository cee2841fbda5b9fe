//! A canary: no secret appears in anything that this library says, keeps or writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fmt::{Debug, Display};

use common::*;
use mailgrant::device::*;
use mailgrant::invitation::*;
use mailgrant::membership::Leave;
use mailgrant::store::{JournalQuery, Store, Stream};
use mailgrant::user::*;
use mailgrant::*;
use serde::Serialize;

const CONTACT: &str = "contact@bakery.example";
const FIRST: &str = "canary seven sings over water";
const SECOND: &str = "canary eight sleeps under stone";
const THIRD: &str = "canary nine counts every feather";
const WRONG: &str = "canary ten never flew away";

/// What was said, and what must not be in it.
#[derive(Default)]
struct Ear {
    said: Vec<String>,
    secrets: Vec<(String, String)>,
}

impl Ear {
    fn hear<T: Debug>(&mut self, what: T) -> T {
        self.said.push(format!("{what:?} {what:#?}"));
        what
    }

    fn hear_json<T: Debug + Serialize>(&mut self, what: T) -> T {
        self.said.push(serde_json::to_string(&what).unwrap());
        self.hear(what)
    }

    fn hear_error<T: Debug + Display>(&mut self, what: T) -> T {
        self.said.push(what.to_string());
        self.hear(what)
    }

    fn secret(&mut self, name: &str, text: &str) {
        self.secrets.push((name.to_owned(), text.to_owned()));
    }

    /// A secret that this library made, as it is shown and as it may be typed.
    fn made(&mut self, name: &str, revealed: &str) {
        self.secret(name, revealed);
        let bare = revealed.replace('-', "");
        self.secret(name, &bare);
        self.secret(name, &bare[bare.len() - 12..]);
        if revealed.contains('-') {
            self.secret(name, &revealed[revealed.len() - 11..]);
        }
    }

    fn look_for(&self, secrets: &[(String, String)], place: &str, text: &str) {
        let text = text.to_lowercase();
        for (name, secret) in secrets {
            assert!(!text.contains(&secret.to_lowercase()), "{name} is in {place}");
        }
    }
}

/// What the store keeps of secrets: digests and PHC strings.
fn verifiers(dump: &str) -> Vec<(String, String)> {
    dump.lines()
        .filter_map(|line| line.strip_prefix("verifier "))
        .map(|line| {
            let mut words = line.split(' ');
            (format!("the verifier {}", words.next().unwrap()), words.nth(1).unwrap().to_owned())
        })
        .filter(|(_, text)| text.len() > 1)
        .collect()
}

/// A life with every kind of secret, of which everything is heard.
fn life() -> (Business, Ear) {
    let b = Business::in_world(World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed)));
    let mut ear = Ear::default();
    let (d, system) = (&b.directory, &b.system);
    for (name, password) in
        [("a password", FIRST), ("another", SECOND), ("a third", THIRD), ("a guess", WRONG)]
    {
        ear.secret(name, password);
    }
    ear.secret("the usual password", PASSWORD);

    // People's passwords.
    let register =
        RegisterUser::new(addr("zoe@people.example"), "Zoe").proof(Proof::Verified).password(FIRST);
    let register = ear.hear_json(register);
    let zoe = ear.hear_json(d.run(system, register).unwrap()).user;
    let change = ChangePassword { user: zoe, current: Some(FIRST.into()), new: SECOND.into() };
    let change = ear.hear_json(change);
    d.run(&zoe.into(), change).unwrap();
    let wrong = ChangePassword { user: zoe, current: Some(WRONG.into()), new: THIRD.into() };
    ear.hear_error(d.run(&zoe.into(), wrong).unwrap_err());
    b.advance(std::time::Duration::from_secs(3_600));
    let weak = ChangePassword { user: zoe, current: Some(SECOND.into()), new: "canary eleven".into() };
    ear.secret("a short password", "canary eleven");
    ear.hear_error(d.run(&zoe.into(), weak).unwrap_err());
    let login = ear.hear(UserLogin { login: "zoe@people.example", password: SECOND });
    ear.hear_json(d.login_user(&login).unwrap());
    let login = ear.hear(UserLogin { login: "zoe@people.example", password: WRONG });
    let refusal = ear.hear_error(d.login_user(&login).unwrap_err());
    ear.said.push(refusal.reason().to_string());
    b.advance(std::time::Duration::from_secs(3_600));

    // Tokens.
    let confirm = SetRecoveryAddress { user: zoe, address: addr("zoe@other.example") };
    d.run(&zoe.into(), ear.hear_json(confirm)).unwrap();
    let issued = ear.hear_json(b.sys(IssueConfirmation { user: zoe, of: AddressKind::Recovery }));
    let token = issued.token.reveal();
    ear.hear(&token);
    ear.made("a confirmation token", &token);
    let confirm = ear.hear_json(ConfirmAddress { token: (&*token).into() });
    ear.hear_json(d.run(&Actor::Bearer, confirm).unwrap());
    ear.hear_error(d.run(&Actor::Bearer, ConfirmAddress { token: (&*token).into() }).unwrap_err());
    let reset = ear.hear_json(b.sys(StartReset { user: zoe, to: AddressKind::Recovery }));
    let token = reset.token.unwrap().reveal();
    ear.made("a reset token", &token);
    let finish = ear.hear_json(FinishReset { token: (&*token).into(), password: THIRD.into() });
    ear.hear_json(d.run(&Actor::Bearer, finish).unwrap());
    let reset = b.sys(StartReset { user: zoe, to: AddressKind::Login });
    ear.made("an open reset token", &reset.token.unwrap().reveal());
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
    let address = addr("ivo@people.example");
    let invite = Invite { organisation: b.organisation, address: address.clone(), offer: offer.clone() };
    let plan = d.preview(&b.owner.into(), invite).unwrap();
    ear.hear(&plan);
    ear.made("the token of a plan", &plan.output.token.reveal());
    let invite = ear.hear_json(Invite { organisation: b.organisation, address, offer });
    let invited = ear.hear_json(d.run(&b.owner.into(), invite).unwrap());
    let token = invited.token.reveal();
    ear.made("an invitation token", &token);
    let accept =
        AcceptInvitationAsNew { token: (&*token).into(), name: "Ivo".into(), password: THIRD.into() };
    let accept = ear.hear_json(accept);
    let ivo = ear.hear_json(d.run(&Actor::Bearer, accept).unwrap()).user;
    let again = ear.hear_json(AcceptInvitation { token: (&*token).into() });
    ear.hear_error(d.run(&ivo.into(), again).unwrap_err());

    // Device passwords.
    let add = || AddDevice::new(b.contact, "phone").protocols([Protocol::Imap, Protocol::Smtp]);
    let plan = d.preview(&b.assistant.into(), add()).unwrap();
    ear.hear(&plan);
    ear.made("the password of a plan", &plan.output.password.reveal());
    let issued = ear.hear_json(d.run(&b.assistant.into(), add()).unwrap());
    let device = issued.id;
    let old = issued.password.reveal();
    ear.hear(&old);
    ear.made("a device password", &old);
    let login = DeviceLogin { address: CONTACT, password: &old, protocol: Protocol::Imap, from: None };
    let login = ear.hear(login);
    ear.hear_json(d.login_device(&login).unwrap());
    let rotated = ear.hear_json(d.run(&b.assistant.into(), RotateDevice::new(device)).unwrap());
    let new = rotated.password.reveal();
    ear.made("a rotated device password", &new);
    ear.hear_json(d.login_device(&DeviceLogin { password: &new, ..login }).unwrap());
    ear.hear_error(d.login_device(&login).unwrap_err());
    let guess = format!("{}zzzzz-zzzzz", &new[..new.len() - 11]);
    ear.hear_error(d.login_device(&DeviceLogin { password: &guess, ..login }).unwrap_err());
    d.run(&b.owner.into(), RevokeDevice { device }).unwrap();
    ear.hear_error(d.login_device(&DeviceLogin { password: &new, ..login }).unwrap_err());

    // A legacy password, which is the same text as a person's.
    let phc =
        verifiers(&b.store.dump()).into_iter().find(|(_, text)| text.starts_with("$argon2id$")).unwrap().1;
    let legacy = AddLegacyDevice {
        mailbox: b.contact,
        label: "old".into(),
        holder: For::Nobody { handed_to: None },
        protocols: [Protocol::Imap].into(),
        phc: phc.clone().into(),
    };
    let legacy = ear.hear_json(legacy);
    ear.hear_json(d.run(system, legacy).unwrap());
    ear.hear_error(d.login_device(&DeviceLogin { password: WRONG, ..login }).unwrap_err());
    let bad = AddLegacyDevice {
        mailbox: b.contact,
        label: "old".into(),
        holder: For::Nobody { handed_to: None },
        protocols: [Protocol::Imap].into(),
        phc: format!("{phc}A").into(),
    };
    ear.hear_error(d.run(system, bad).unwrap_err());

    // By the table of all commands.
    let json = format!(
        r#"{{"command":"add_device","mailbox":"{}","label":"till","protocols":["imap"],"holder":{{"nobody":{{"handed_to":null}}}}}}"#,
        b.contact
    );
    let any: AnyCommand = ear.hear_json(serde_json::from_str(&json).unwrap());
    let output = ear.hear(d.run_any(&b.owner.into(), any).unwrap());
    ear.said.push(output.value.to_string());
    match output.secret.unwrap() {
        IssuedSecret::DevicePassword(password) => ear.made("a password by the table", &password.reveal()),
        other => panic!("{other:?}"),
    }
    let json = format!(r#"{{"command":"change_password","user":"{zoe}"}}"#);
    let mut any: AnyCommand = serde_json::from_str(&json).unwrap();
    any.supply("current", THIRD).unwrap();
    any.supply("new", FIRST).unwrap();
    ear.hear_error(any.supply("phc", SECOND).unwrap_err());
    let any = ear.hear_json(any);
    ear.hear(d.run_any(&zoe.into(), any).unwrap());

    // All that can be asked.
    let page = PageRequest::default();
    let (o, m) = (b.organisation, b.contact);
    for user in [zoe, ivo, b.owner, b.assistant] {
        ear.hear_json(d.user(system, user).unwrap());
        ear.hear_json(d.reach(system, user).unwrap());
    }
    ear.hear_json(d.organisation(system, o).unwrap());
    ear.hear_json(d.members(system, o, &page).unwrap());
    ear.hear_json(d.mailboxes(system, o, &page).unwrap());
    ear.hear_json(d.devices(system, o, &page).unwrap());
    ear.hear_json(d.device(system, device).unwrap());
    ear.hear_json(d.invitations(system, o, &page).unwrap());
    ear.hear_json(d.domains(system, o, &page).unwrap());
    ear.hear_json(d.access(system, m, &page).unwrap());
    let all = HistoryFilter::default();
    let mut entries = d.history(system, o, &all, &page).unwrap().items;
    entries.extend(d.mailbox_history(system, m, &all, &page).unwrap().items);
    for user in [zoe, ivo] {
        entries.extend(d.user_history(system, user, &all, &page).unwrap().items);
    }
    for entry in entries {
        ear.said.push(entry.event.to_json().to_string());
        ear.hear(entry);
    }
    let then = d.at(system, o, b.now()).unwrap();
    ear.hear_json(then.devices(system, o, &page).unwrap());
    ear.hear(&then);
    ear.hear_json(d.run(&ivo.into(), Leave { organisation: o }).unwrap());
    ear.hear(d);
    ear.hear(&*b.store);
    (b, ear)
}

#[test]
fn nothing_that_is_said_holds_a_secret() {
    let (_, ear) = life();
    for said in &ear.said {
        ear.look_for(&ear.secrets, said, said);
    }
}

#[test]
fn nothing_that_is_said_holds_a_verifier() {
    let (b, ear) = life();
    let verifiers = verifiers(&b.store.dump());
    assert!(verifiers.iter().any(|(_, text)| text.starts_with("$argon2id$")));
    assert!(verifiers.iter().any(|(_, text)| text.len() == 64));
    for said in &ear.said {
        ear.look_for(&verifiers, said, said);
        assert!(!said.contains("$argon2"), "{said}");
    }
}

#[test]
fn the_store_keeps_no_secret_as_it_was_shown_or_typed() {
    let (b, ear) = life();
    ear.look_for(&ear.secrets, "the store", &b.store.dump());
}

#[test]
fn the_store_keeps_digests_and_phc_strings_as_verifiers_alone() {
    let (b, ear) = life();
    let dump = b.store.dump();
    let verifiers = verifiers(&dump);
    for line in dump.lines().filter(|line| !line.starts_with("verifier ")) {
        ear.look_for(&verifiers, "a row, a claim or an entry", line);
        assert!(!line.contains("$argon2"), "{line}");
    }
    for (name, text) in &verifiers {
        let digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(digest || text.starts_with("$argon2id$v=19$"), "{name}: {text}");
    }
}

#[test]
fn the_journal_holds_neither_secrets_nor_verifiers() {
    let (b, ear) = life();
    let verifiers = verifiers(&b.store.dump());
    let people = [b.owner, b.assistant].map(|user| Stream::new(user.to_string()));
    let mut streams = vec![Stream::new(b.organisation.to_string())];
    streams.extend(people);
    let query = JournalQuery { streams, limit: 10_000, ..JournalQuery::default() };
    let mut entries = Vec::new();
    b.store
        .read(&mut |txn| {
            entries = txn.journal(&query)?;
            Ok(())
        })
        .unwrap();
    assert!(entries.len() > 10);
    for entry in entries {
        ear.look_for(&ear.secrets, "the journal", &entry.body);
        ear.look_for(&verifiers, "the journal", &entry.body);
    }
}
