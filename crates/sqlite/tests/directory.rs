//! A directory over SQLite: threads and processes that want the same, and what is written to the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../core/tests/common/mod.rs"]
mod common;
#[path = "../../core/tests/races/mod.rs"]
mod races;

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::{PASSWORD, TUESDAY, addr};
use mailgrant::device::{AddDevice, For, RotateDevice};
use mailgrant::invitation::{AcceptInvitationAsNew, Invite};
use mailgrant::mailbox::OpenMailbox;
use mailgrant::membership::Leave;
use mailgrant::user::{
    AddressKind, ChangePassword, FinishReset, IssueConfirmation, RegisterUser, SetRecoveryAddress, StartReset,
};
use mailgrant::*;
use races::{Firm, Ground};
use tempfile::tempdir;

fn on_file(file: &Path) -> Ground {
    let file = file.to_owned();
    Ground::new(move || Arc::new(mailgrant_sqlite::open(&file).unwrap()), 1)
}

macro_rules! races {
    ($($race:ident)+) => {
        $(#[test]
        fn $race() {
            let folder = tempdir().unwrap();
            races::$race(&on_file(&folder.path().join("mail.db")));
        })+
    };
}

races!(
    the_last_owner_stays
    an_owner_is_left_whatever_moves
    one_gets_the_address
    one_gets_the_login
    an_invitation_is_answered_once
    one_organisation_gets_the_domain
    a_domain_is_handed_over_once
    nothing_is_lost_while_a_domain_goes
    the_device_limit_holds
    a_first_use_is_one_event
    a_request_is_done_once
    much_at_once_ends_well
);

const FILE: &str = "MAILGRANT_TEST_FILE";
const NUMBER: &str = "MAILGRANT_TEST_NUMBER";
const FIRMS: usize = 12;

/// Runs [`child`] of this very test in another process.
fn spawn(file: &Path, number: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FILE, file)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// One of the owners of every firm: opens a mailbox that the other wants too, and leaves, as the other does.
#[test]
fn child() {
    let Some(file) = env::var_os(FILE) else { return };
    let number: usize = env::var(NUMBER).unwrap().parse().unwrap();
    let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
    let store = Arc::new(mailgrant_sqlite::open(&file).unwrap());
    let directory = races::directory(store, &clock);
    while !Path::new(&file).with_extension("go").exists() {
        thread::sleep(Duration::from_millis(1));
    }
    for firm in 0..FIRMS {
        let domain = format!("process-{firm}.example");
        let system = Actor::system("test");
        let login = addr(&format!("owner{number}@of-{domain}"));
        let own = Actor::User(directory.user_by_login(&system, &login).unwrap().id);
        let organisation = directory.organisation_by_domain(&system, &domain.parse().unwrap()).unwrap().id;
        match directory.run(&own, OpenMailbox::new(organisation, addr(&format!("wanted@{domain}")))) {
            Ok(_) => println!("opened {firm}"),
            Err(error) => assert!([Code::AddressTaken].contains(&error.code()), "{error:?}"),
        }
        let own_mailbox = OpenMailbox::new(organisation, addr(&format!("of-{number}@{domain}")));
        // The other's leaving takes nothing from this one.
        directory.run(&own, own_mailbox).unwrap();
        match directory.run(&own, Leave { organisation }) {
            Ok(_) => println!("left {firm}"),
            Err(error) => assert_eq!(error.code(), Code::OwnerLast, "{error:?}"),
        }
    }
}

#[test]
fn two_processes_on_one_file() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mail.db");
    let ground = on_file(&file);
    let firms: Vec<Firm> = (0..FIRMS).map(|firm| ground.firm(&format!("process-{firm}"))).collect();
    let children = [0, 1].map(|number| spawn(&file, number));
    std::fs::write(file.with_extension("go"), "").unwrap();
    let mut said = String::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        said.push_str(&text);
    }
    for (number, firm) in firms.iter().enumerate() {
        for what in ["opened", "left"] {
            let line = format!("{what} {number}");
            assert_eq!(said.lines().filter(|said| *said == line).count(), 1, "{line}");
        }
        assert_eq!(ground.asked(firm).acting_owners().len(), 1);
        let addresses = ["wanted", "of-0", "of-1"].map(|local| addr(&format!("{local}@{}", firm.domain)));
        for address in &addresses {
            assert_eq!(ground.main.resolve(address).unwrap().delivery, Delivery::Accept);
        }
        ground.all_agrees(firm, &firm.owners, &addresses);
    }
}

#[test]
fn no_secret_is_on_the_disk() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mail.db");
    let ground = on_file(&file);
    let firm = ground.firm("canary");
    let system = Actor::system("test");
    let run = |directory: &Directory| {
        let mut secrets: Vec<String> = Vec::new();
        let mut keep = |secret: &str| {
            secrets.push(secret.to_owned());
            secret.to_owned()
        };

        // People's passwords: the first one, wrong guesses, a changed one, one after a reset.
        let login = addr("canary@people.example");
        let register =
            RegisterUser::new(login.clone(), "Coal").proof(Proof::Verified).password(keep(PASSWORD));
        let user = directory.run(&system, register).unwrap().user;
        let guess = keep("a guess nobody should read");
        let sign_in = |password: &str| {
            directory.login_user(&UserLogin { login: login.canonical(), password }).map(drop)
        };
        sign_in(&guess).unwrap_err();
        let changed = keep("five lamps over three rivers");
        let change = |current: &str| ChangePassword {
            user,
            current: Some(current.into()),
            new: changed.as_str().into(),
        };
        directory.run(&user.into(), change(&guess)).unwrap_err();
        directory.run(&system, change(PASSWORD)).unwrap();
        let reset = directory.run(&system, StartReset { user, to: AddressKind::Login }).unwrap();
        let token = keep(&reset.token.unwrap().reveal());
        let again = keep("six lamps along the coast");
        let finish = FinishReset { token: token.as_str().into(), password: again.as_str().into() };
        directory.run(&Actor::Bearer, finish).unwrap();
        sign_in(&again).unwrap();
        let recovery = SetRecoveryAddress { user, address: addr("coal@elsewhere.example") };
        directory.run(&user.into(), recovery).unwrap();
        let confirmation = IssueConfirmation { user, of: AddressKind::Recovery };
        keep(&directory.run(&system, confirmation).unwrap().token.reveal());

        // Invitations.
        let owner = Actor::User(firm.owners[0]);
        let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
        let address = addr("nora@invited.example");
        let invite = Invite { organisation: firm.organisation, address, offer };
        let token = keep(&directory.run(&owner, invite).unwrap().token.reveal());
        let password = keep("seven lamps in a long row");
        let accept = AcceptInvitationAsNew {
            token: token.as_str().into(),
            name: "Nora".into(),
            password: password.as_str().into(),
        };
        directory.run(&Actor::Bearer, accept).unwrap();

        // Devices, and a rotation of each.
        let contact = addr("contact@canary.example");
        let mailbox = directory.run(&owner, OpenMailbox::new(firm.organisation, contact)).unwrap();
        let nobody = For::Nobody { handed_to: None };
        let add = AddDevice::new(mailbox, "CRM").holder(nobody).protocols([Protocol::Imap]);
        let issued = directory.run(&owner, add).unwrap();
        let first = keep(&issued.password.reveal());
        let rotated = directory.run(&owner, RotateDevice::new(issued.id)).unwrap();
        let second = keep(&rotated.password.reveal());
        for password in [&first, &second, &guess] {
            let _ = directory.login_device(&DeviceLogin {
                address: "contact@canary.example",
                password,
                protocol: Protocol::Imap,
                from: None,
            });
        }
        // However they are written, and whatever of them is secret: all but the selector.
        for password in [first, second] {
            keep(&password.replace('-', ""));
            keep(&password[4..]);
            keep(&password.replace('-', "")[4..]);
            keep(&password.to_uppercase());
        }
        directory.flush_uses().unwrap();
        secrets
    };
    let secrets = run(&ground.main);
    assert!(secrets.len() > 15);

    let find = |when: &str| {
        let files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        let mut seen = false;
        for file in &files {
            let bytes = std::fs::read(file).unwrap();
            let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            seen |= has("canary@people.example");
            for secret in &secrets {
                assert!(!has(secret), "{when}: a secret is in {}", file.display());
            }
        }
        assert!(seen, "{when}: the search finds what is there");
        files.len()
    };
    assert!(find("while it is open") > 1, "the log is another file");
    drop(ground);
    find("when it is closed");
}

/// What an erased person was called and where they got mail is in no byte of the file.
#[test]
fn an_erased_person_is_in_no_byte_of_the_file() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mail.db");
    let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
    let directory = races::directory(Arc::new(mailgrant_sqlite::open(&file).unwrap()), &clock);
    let host = Actor::system("test");
    let ground = on_file(&file);
    let firm = ground.firm("firm");
    let mailbox = OpenMailbox::new(firm.organisation, addr("contact@firm.example"));
    let mailbox = directory.run(&host, mailbox).unwrap();
    let promise = Promise { mailbox, rights: Rights::ALL, expires: None };
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![promise] };
    for address in ["Zelda.Zimmer@zz-private.example", "declined-zz@zz-private.example"] {
        let invite = Invite { organisation: firm.organisation, address: addr(address), offer: offer.clone() };
        let token = directory.run(&host, invite).unwrap().token.reveal().to_string();
        if address.starts_with("Zelda") {
            let accept = AcceptInvitationAsNew {
                token: token.as_str().into(),
                name: "Zelda Zzimmermann".into(),
                password: PASSWORD.into(),
            };
            let user = directory.run(&Actor::Bearer, accept).unwrap().user;
            let address = addr("declined-zz@zz-private.example");
            directory.run(&Actor::User(user), SetRecoveryAddress { user, address }).unwrap();
            let token = directory.run(&host, IssueConfirmation { user, of: AddressKind::Recovery }).unwrap();
            let token = token.token.reveal().to_string();
            directory
                .run(&Actor::Bearer, mailgrant::user::ConfirmAddress { token: token.as_str().into() })
                .unwrap();
            directory.note_opened(user, mailbox, Some("203.0.113.77".parse().unwrap()));
            directory.flush_uses().unwrap();
        }
    }
    let user = directory.members(&host, firm.organisation, &PageRequest::default()).unwrap();
    let user = user.items.iter().find(|member| member.role == Role::External).unwrap().person.id;
    directory.run(&host, mailgrant::user::DeleteUser { user }).unwrap();
    let texts = ["zimmer", "Zimmer", "zz-private", "Zzimmermann", "203.0.113.77"];
    let found = |texts: &[&str]| -> Vec<String> {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let bytes: Vec<u8> = std::fs::read_dir(folder.path())
            .unwrap()
            .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect();
        let there = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        texts.iter().filter(there).map(|text| text.to_string()).collect()
    };
    assert_eq!(found(&texts).len(), texts.len(), "they are there before");
    let erased = directory.run(&host, mailgrant::user::EraseUser { user }).unwrap();
    assert_eq!(erased.invitations.len(), 2);
    assert_eq!(found(&texts), Vec::<String>::new());
}
