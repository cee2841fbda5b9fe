//! Replicas: what a person sees is answered there as here, and what they do not see is nowhere in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(unreachable_pub, missing_docs, dead_code, reason = "modules of a test")]

mod common;

#[path = "replicas/asker.rs"]
mod asker;
#[path = "model/life.rs"]
mod life;
#[path = "model/rows.rs"]
mod rows;

use std::time::Duration;

use asker::{Asker, Known};
use common::*;
use life::{Life, Step};
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For, RenameDevice, RevokeDevice};
use mailgrant::domain::AddDomain;
use mailgrant::grant::GrantAccess;
use mailgrant::mailbox::{OpenMailbox, SetMailboxName};
use mailgrant::membership::{SetServices, SuspendMember};
use mailgrant::organisation::{FoundOrganisation, RenameOrganisation};
use mailgrant::user::{
    AddressKind, ConfirmAddress, IssueConfirmation, RenameUser, SetRecoveryAddress, SuspendUser,
};
use mailgrant::*;

/// Makes a person's replica, sends it, and asks it everything, now and later.
#[track_caller]
fn agrees(world: &World, known: &Known, person: UserId) {
    // The instant that it was made at is its own.
    world.advance(Duration::from_millis(1));
    let replica = world.directory.export_for(&world.system, person).unwrap();
    let json = replica.to_json().unwrap();
    let read = Replica::from_json(&json).unwrap();
    assert!(read == replica, "it reads as it was written");
    let there = Directory::from_replica(&read, world.clock.clone()).unwrap();

    known.nothing_else_is_in(&json, &Asker::of(&world.directory, person, known).everything());
    let began = world.now();
    for hours in [0, 30, 24 * 9] {
        world.advance(Duration::from_secs(hours * 3_600));
        Asker::of(&world.directory, person, known).agrees_with(&there);
    }
    world.set(began);
}

/// Gives everything in a life names of its own, and brings in what a life has not.
fn enrich(life: &Life) {
    let world = life.world();
    let known = Known::of(world);
    let run = |command: AnyCommand| {
        let bearer = matches!(command, AnyCommand::ConfirmAddress(_));
        let actor = if bearer { Actor::Bearer } else { world.system.clone() };
        drop(world.directory.run_any(&actor, command));
    };
    for (number, user) in known.users.iter().enumerate() {
        run(AnyCommand::RenameUser(RenameUser { user: *user, name: format!("Person No {number}") }));
        let address = addr(&format!("recovery{number}@recovery.example"));
        run(AnyCommand::SetRecoveryAddress(SetRecoveryAddress { user: *user, address }));
        if let Ok(issued) =
            world.directory.run(&world.system, IssueConfirmation { user: *user, of: AddressKind::Recovery })
            && number % 2 == 0
        {
            run(AnyCommand::ConfirmAddress(ConfirmAddress { token: (&*issued.token.reveal()).into() }));
        }
    }
    for (number, organisation) in known.organisations.iter().enumerate() {
        let organisation = *organisation;
        run(AnyCommand::RenameOrganisation(RenameOrganisation {
            organisation,
            name: format!("Firm No {number}"),
        }));
        let name = format!("pending{number}.example").parse().unwrap();
        run(AnyCommand::AddDomain(AddDomain { organisation, name }));
    }
    for (number, mailbox) in known.mailboxes.iter().enumerate() {
        world.advance(Duration::from_millis(1_371));
        let (mailbox, user) = (*mailbox, known.users[number % known.users.len()]);
        run(AnyCommand::SetMailboxName(SetMailboxName { mailbox, name: Some(format!("Box No {number}")) }));
        let grant = GrantAccess::new(mailbox, user).rights(Rights::ALL).reason(format!("Reason No {number}"));
        run(AnyCommand::GrantAccess(match number % 3 {
            0 => grant.expires(world.now().plus(Duration::from_secs(20 * 3_600))),
            _ => grant,
        }));
        for holder in [For::User(user), For::Nobody { handed_to: Some(format!("Shop No {number}")) }] {
            let mine = matches!(holder, For::User(_));
            let networks = [format!("198.51.{number}.0/24").parse().unwrap()];
            let add = AddDevice::new(mailbox, format!("Phone No {number} {mine}"))
                .holder(holder)
                .protocols([Protocol::Imap, Protocol::Pop3, Protocol::Smtp])
                .networks(networks);
            let Ok(issued) = world.directory.run(&world.system, add) else { continue };
            let id = issued.id;
            let password = issued.password.reveal().to_string();
            let Ok(at) = world.directory.mailbox(&world.system, mailbox) else { continue };
            for (place, protocol) in [Protocol::Imap, Protocol::Pop3].into_iter().enumerate() {
                world.advance(Duration::from_millis(977));
                let host = number * 4 + place * 2 + usize::from(mine);
                let from = Some(format!("198.51.{number}.{host}").parse().unwrap());
                let address = at.address.canonical();
                let _ = world.directory.login_device(&DeviceLogin {
                    address,
                    password: &password,
                    protocol,
                    from,
                });
            }
            if number % 4 == 3 && !mine {
                run(AnyCommand::RevokeDevice(RevokeDevice { device: id }));
            }
        }
        let from = format!("203.0.113.{number}").parse().unwrap();
        world.directory.note_opened(user, mailbox, Some(from));
        if number % 2 == 0 {
            world.directory.flush_uses().unwrap();
        }
    }
    for (number, device) in known.devices.iter().enumerate() {
        let label = format!("Label No {number}");
        run(AnyCommand::RenameDevice(RenameDevice { device: *device, label }));
    }
}

#[test]
fn in_any_life_a_replica_answers_as_the_directory_and_holds_nothing_else() {
    for seed in 11..15 {
        let (mut life, mut random) = (Life::new(), Seeded::new(seed));
        for _ in 0..120 {
            let mut bytes = [0; 8];
            Entropy::fill(&mut random, &mut bytes).unwrap();
            let [operation, who, a, b, c, host, ..] = bytes;
            let who = if host % 3 < 2 { 8 } else { who };
            life.step(&Step { operation, who, a, b, c });
        }
        enrich(&life);
        let known = Known::of(life.world());
        for person in known.users.clone() {
            if life.world().directory.user(&life.world().system, person).is_ok() {
                agrees(life.world(), &known, person);
            }
        }
    }
}

/// Everyone whom the rules tell apart, in one organisation.
struct Stage {
    world: World,
    everyone: Vec<UserId>,
    organisation: OrganisationId,
    contact: MailboxId,
}

impl Stage {
    fn new() -> Self {
        let Business { world, organisation, owner, assistant, outsider, contact } = Business::new();
        let w = &world;
        let admin = w.member(organisation, "adam@people.example", Role::Admin);
        let mail = w.manager(organisation, "mia@people.example", Service::Mail);
        let domains = w.manager(organisation, "dan@people.example", Service::Domains);
        let plain = w.member(organisation, "paul@people.example", Role::Collaborator);
        let late = w.member(organisation, "lena@people.example", Role::External);
        let stopped = w.member(organisation, "stan@people.example", Role::Collaborator);
        let suspended = w.member(organisation, "sue@people.example", Role::Admin);
        w.domain(organisation, "cake.example");
        let other = w.domain(organisation, "bread.example");
        let main: DomainName = "bakery.example".parse().unwrap();
        let on_dependants = OnDependants::Refuse;
        let alias =
            mailgrant::domain::SetDomainAlias { organisation, domain: other, of: Some(main), on_dependants };
        w.run(owner, alias);
        let secret = w.mailbox(organisation, "secret@cake.example");
        w.run(owner, AddAlias::new(contact, addr("hello@bakery.example")));
        w.run(owner, AddAlias::new(secret, addr("hidden@cake.example")));
        let soon = w.now().plus(Duration::from_secs(60));
        w.run(owner, GrantAccess::new(secret, late).rights(Rights::ALL).expires(soon).reason("only today"));
        w.device(late, secret, [Protocol::Imap]);
        w.advance(Duration::from_secs(120));
        let later = w.now().plus(Duration::from_secs(86_400));
        w.run(
            owner,
            GrantAccess::new(contact, plain).rights([Right::Sharing]).expires(later).reason("a trial"),
        );
        w.grant(contact, stopped, Rights::ALL);
        w.device(stopped, contact, [Protocol::Imap]);
        w.run(admin, SuspendMember { organisation, user: stopped });
        w.grant(secret, suspended, [Right::Send]);
        w.sys(SuspendUser { user: suspended });
        let (_, _) = w.invite(mail, organisation, "nora@invited.example", offer_of(contact, [Right::Send]));
        let gone = w.mailbox(organisation, "gone@cake.example");
        w.grant(gone, plain, Rights::ALL);
        let delete = mailgrant::mailbox::DeleteMailbox { mailbox: gone, on_dependants };
        w.run(owner, delete);
        // Another organisation of the assistant's, of which the owner is told nothing.
        let mill = w.organisation(assistant, "mill.example");
        let office = w.mailbox(mill, "office@mill.example");
        w.grant(office, assistant, Rights::ALL);
        let everyone =
            vec![owner, assistant, outsider, admin, mail, domains, plain, late, stopped, suspended];
        Self { world, everyone, organisation, contact }
    }
}

#[test]
fn everyone_sees_in_their_replica_what_they_see_here() {
    let stage = Stage::new();
    let known = Known::of(&stage.world);
    for person in &stage.everyone {
        agrees(&stage.world, &known, *person);
    }
}

#[test]
fn in_a_suspended_organisation_too() {
    let stage = Stage::new();
    stage.world.sys(mailgrant::organisation::SuspendOrganisation { organisation: stage.organisation });
    let known = Known::of(&stage.world);
    for person in &stage.everyone {
        agrees(&stage.world, &known, *person);
    }
}

#[test]
fn no_secret_is_in_a_replica() {
    let stage = Stage::new();
    for person in &stage.everyone {
        let json = stage.world.directory.export_for(&stage.world.system, *person).unwrap().to_json().unwrap();
        for line in stage.world.store.dump().lines().filter(|line| line.starts_with("verifier ")) {
            let secret = line.split(' ').nth(3).unwrap();
            assert!(!json.contains(secret), "{line}");
        }
        assert!(!json.contains("reason\":\""), "reasons are history");
    }
}

#[test]
fn ones_own_replica_is_for_oneself_and_the_host() {
    let stage = Stage::new();
    let code = |actor: Actor, user| code(stage.world.directory.export_for(&actor, user));
    let [owner, assistant, .., suspended] = stage.everyone[..] else { panic!() };
    assert_eq!(code(owner.into(), owner), None);
    assert_eq!(code(stage.world.system.clone(), owner), None);
    assert_eq!(code(owner.into(), assistant), Some(Code::UserNotFound));
    assert_eq!(code(Actor::Bearer, assistant), Some(Code::UserNotFound));
    assert_eq!(code(suspended.into(), suspended), Some(Code::ActorSuspended));
    assert_eq!(code(suspended.into(), owner), Some(Code::ActorSuspended));
    let nobody = "usr_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert_eq!(code(stage.world.system.clone(), nobody), Some(Code::UserNotFound));
}

#[test]
fn a_replica_takes_no_commands_logins_or_sessions_and_answers_nobody_else() {
    let stage = Stage::new();
    let (world, owner) = (&stage.world, stage.everyone[0]);
    let phone = world.device(stage.everyone[1], stage.contact, [Protocol::Imap]);
    let typed = phone.password.reveal().to_string();
    let address = "contact@bakery.example";
    let session = world.login(address, &typed, Protocol::Imap).unwrap();
    let replica = world.directory.export_for(&world.system, owner).unwrap();
    let there = Directory::from_replica(&replica, world.clock.clone()).unwrap();
    let open = || OpenMailbox::new(stage.organisation, addr("new@bakery.example"));
    let me = Actor::User(owner);
    let refused = |code: Option<Code>| assert_eq!(code, Some(Code::DirectoryReplica));
    refused(code(there.run(&me, open())));
    refused(code(there.run(&world.system, open())));
    refused(code(there.preview(&me, open())));
    refused(code(there.batch(|batch| batch.run(&me, open()))));
    refused(code(there.run(&me, FoundOrganisation { name: "Mill".into(), owner: None })));
    refused(code(there.session_valid(&session)));
    refused(code(there.at(&me, stage.organisation, world.now())));
    refused(code(there.export(&me, stage.organisation, History::Without, Vec::new())));
    refused(code(there.import(&world.system, &b""[..])));
    refused(code(there.export_for(&me, owner)));
    let (filter, page) = (HistoryFilter::default(), PageRequest::default());
    refused(code(there.history(&me, stage.organisation, &filter, &page)));
    refused(code(there.mailbox_history(&me, stage.contact, &filter, &page)));
    refused(code(there.user_history(&me, owner, &filter, &page)));
    for other in [world.system.clone(), Actor::User(stage.everyone[1]), Actor::Bearer] {
        refused(code(there.organisation(&other, stage.organisation)));
        refused(code(there.members(&other, stage.organisation, &page)));
    }
    let is_replica =
        |reason: &Reason| matches!(reason, Reason::Failed(error) if error.code() == Code::DirectoryReplica);
    let login = DeviceLogin { address, password: &typed, protocol: Protocol::Imap, from: None };
    assert!(is_replica(there.login_device(&login).unwrap_err().reason()));
    let login = UserLogin { login: "olivia@people.example", password: PASSWORD };
    assert!(is_replica(there.login_user(&login).unwrap_err().reason()));
    there.note_opened(owner, stage.contact, None);
    there.flush_uses().unwrap();
    Asker::of(&world.directory, owner, &Known::of(world)).agrees_with(&there);
}

#[test]
fn what_a_replica_cannot_know_it_says() {
    let stage = Stage::new();
    let (world, assistant) = (&stage.world, stage.everyone[1]);
    let replica = world.directory.export_for(&world.system, assistant).unwrap();
    let there = Directory::from_replica(&replica, world.clock.clone()).unwrap();
    let unknown = Some(Code::DirectoryReplica);
    assert_eq!(code(there.resolve(&addr("contact@bakery.example"))), None);
    assert_eq!(code(there.resolve(&addr("secret@cake.example"))), unknown);
    assert_eq!(code(there.resolve(&addr("contact+x@bakery.example"))), unknown);
    assert_eq!(code(there.senders(assistant, stage.contact)), None);
    assert_eq!(code(there.senders(stage.everyone[0], stage.contact)), unknown);
    assert!(there.may_send_as(assistant, stage.contact, &addr("contact@bakery.example")).unwrap());
    assert!(!there.may_send_as(assistant, stage.contact, &addr("secret@cake.example")).unwrap());
    let subaddress = there.may_send_as(assistant, stage.contact, &addr("contact+x@bakery.example"));
    assert_eq!(code(subaddress), unknown);
    let me = Actor::User(assistant);
    assert_eq!(code(there.organisation_by_domain(&me, &"cake.example".parse().unwrap())), unknown);
}

#[test]
fn expiries_go_on_counting() {
    let stage = Stage::new();
    let (world, plain) = (&stage.world, stage.everyone[6]);
    let replica = world.directory.export_for(&world.system, plain).unwrap();
    let there = Directory::from_replica(&replica, world.clock.clone()).unwrap();
    assert!(there.may(plain, Right::Read, stage.contact).unwrap().allowed());
    assert_eq!(replica.made_at(), world.now());
    world.days(2);
    assert!(!there.may(plain, Right::Read, stage.contact).unwrap().allowed());
    assert_eq!(code(there.mailbox(&plain.into(), stage.contact)), Some(Code::MailboxNotFound));
}

#[test]
fn a_replica_that_is_none_is_refused() {
    let stage = Stage::new();
    let replica = stage.world.directory.export_for(&stage.world.system, stage.everyone[0]).unwrap();
    let json = replica.to_json().unwrap();
    let refused = |json: &str| match Replica::from_json(json) {
        Ok(replica) => Directory::from_replica(&replica, SystemClock).unwrap_err().code(),
        Err(error) => error.code(),
    };
    for text in [
        "".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        json[..json.len() - 1].to_owned(),
        json[..json.len() / 2].to_owned(),
        "[".repeat(100_000),
        json.replacen("mailgrant-replica", "something-else", 1),
        json.replacen("\"rows\":[", "\"rows\":[{\"verifier\":{}},", 1),
        json.replacen("\"rows\":[", "\"rows\":[{},", 1),
        json.replacen("\"rows\":[", "\"rows\":[7,", 1),
        json.replacen("\"made_at\"", "\"more\":1,\"made_at\"", 1),
        json.replacen("\"role\":\"owner\"", "\"role\":\"root\"", 1),
    ] {
        assert_eq!(refused(&text), Code::ReplicaInvalid, "{}", &text[..text.len().min(200)]);
    }
    // Two mailboxes with one address.
    let twice = json.replace("secret@cake.example", "contact@bakery.example");
    assert_eq!(refused(&twice), Code::ReplicaInvalid);
    let newer = json.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(refused(&newer), Code::ReplicaNewer);
    let newer = json.replacen("\"shape\":1", "\"shape\":2", 1);
    assert_eq!(refused(&newer), Code::ReplicaNewer);
}

#[test]
fn debug_does_not_spill_a_replica() {
    let stage = Stage::new();
    let replica = stage.world.directory.export_for(&stage.world.system, stage.everyone[0]).unwrap();
    assert!(!format!("{replica:?}").contains('@'));
}

#[test]
fn services_of_ones_own_are_seen_and_those_of_others_are_not() {
    let stage = Stage::new();
    let world = &stage.world;
    let assistant = stage.everyone[1];
    let plain = stage.everyone[6];
    let services = Services::from([(Service::Other("phone exchange".into()), Level::Use)]);
    world.sys(SetServices { organisation: stage.organisation, user: plain, services });
    let json = |user| world.directory.export_for(&world.system, user).unwrap().to_json().unwrap();
    assert!(json(plain).contains("phone exchange"));
    assert!(!json(assistant).contains("phone exchange"));
}
