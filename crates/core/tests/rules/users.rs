//! The rules about people: registering, renaming, suspending, deleting, their addresses.

use std::time::Duration;

use crate::common::*;
use mailgrant::device::{AddDevice, For};
use mailgrant::grant::GrantAccess;
use mailgrant::invitation::{AcceptInvitation, ResendInvitation};
use mailgrant::organisation::{DeleteOrganisation, FoundOrganisation, SuspendOrganisation};
use mailgrant::user::*;
use mailgrant::*;

const OTHER_PASSWORD: &str = "seven kites above the harbour";

/// A token that the host mailed to confirm an address.
#[track_caller]
fn confirmation(world: &World, user: UserId, of: AddressKind) -> String {
    world.sys(IssueConfirmation { user, of }).token.reveal().to_string()
}

fn confirm(token: &str) -> ConfirmAddress {
    ConfirmAddress { token: token.into() }
}

/// A person whose recovery address is proved.
#[track_caller]
fn with_recovery(world: &World, login: &str, recovery: &str) -> UserId {
    let user = world.person(login);
    world.run(user, SetRecoveryAddress { user, address: addr(recovery) });
    let token = confirmation(world, user, AddressKind::Recovery);
    world.run(Actor::Bearer, confirm(&token));
    user
}

// Registering.

#[test]
fn a_registered_person_can_be_looked_up_by_the_host() {
    let world = World::new();
    let registered = world.sys(RegisterUser::new(addr("Anna@people.example"), " Anna "));
    let user = world.directory.user(&world.system, registered.user).unwrap();
    assert_eq!(user.name, "Anna");
    assert_eq!(user.login, Contact { address: addr("anna@people.example"), proof: Proof::Unverified });
    assert_eq!((user.state, user.password), (UserState::Active, PasswordState::Missing));
    assert!(registered.warnings.is_empty());
}

#[test]
fn only_the_host_registers_people() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    for actor in [Actor::User(anna), Actor::Bearer] {
        world.refused(actor, RegisterUser::new(addr("ben@people.example"), "Ben"), "access.denied");
    }
}

#[test]
fn a_login_belongs_to_one_person_however_it_is_written() {
    let world = World::new();
    world.person("anna@bücher.example");
    for login in ["anna@bücher.example", "ANNA@xn--bcher-kva.example", "Anna@BÜCHER.example"] {
        world.refused(world.system.clone(), RegisterUser::new(addr(login), "Other"), "login.taken");
    }
}

#[test]
fn of_many_who_register_one_login_at_the_same_time_one_has_it() {
    let world = World::new();
    let registered = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let register = RegisterUser::new(addr("wanted@people.example"), "W");
                scope.spawn(|| world.directory.run(&world.system, register).map(drop))
            })
            .collect();
        threads.into_iter().map(|thread| code(thread.join().unwrap())).collect::<Vec<_>>()
    });
    assert_eq!(registered.iter().filter(|code| code.is_none()).count(), 1);
    assert!(registered.iter().flatten().all(|code| *code == Code::LoginTaken), "{registered:?}");
}

#[test]
fn a_login_that_is_hosted_here_is_warned_of() {
    let business = Business::new();
    let registered = business.sys(RegisterUser::new(addr("new@bakery.example"), "New"));
    assert_eq!(registered.warnings, [Warning::LoginHostedHere]);
    assert_eq!(Warning::LoginHostedHere.as_str(), "login.hosted_here");
}

#[test]
fn a_login_of_a_domain_that_nobody_verified_is_not_warned_of() {
    let business = Business::new();
    let (organisation, name) = (business.organisation, "pending.example".parse().unwrap());
    business.sys(domain::AddDomain { organisation, name });
    assert!(business.sys(RegisterUser::new(addr("new@pending.example"), "New")).warnings.is_empty());
}

#[test]
fn registering_opens_no_mailbox_and_opening_one_registers_nobody() {
    let business = Business::new();
    business.sys(RegisterUser::new(addr("new@bakery.example"), "New"));
    let resolved = business.directory.resolve(&addr("new@bakery.example")).unwrap();
    assert_eq!(resolved.mailbox, None);
    let found = business.directory.user_by_login(&business.system, &addr("contact@bakery.example"));
    business.hidden(found, "user.not_found");
}

#[test]
fn names_that_are_empty_too_long_or_hold_control_characters_are_refused() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    for name in ["", "   ", "a\nb", "a\0b", "\u{7f}", &"x".repeat(201), &"x".repeat(1_000_000)] {
        let register = RegisterUser::new(addr("new@people.example"), name);
        world.refused(world.system.clone(), register, "text.invalid");
        world.refused(anna, RenameUser { user: anna, name: name.into() }, "text.invalid");
    }
    world.run(anna, RenameUser { user: anna, name: "ü".repeat(200) });
}

// Being somebody.

#[test]
fn people_rename_themselves_and_the_host_may_too() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    world.run(anna, RenameUser { user: anna, name: "Anna B.".into() });
    assert_eq!(world.directory.user(&Actor::User(anna), anna).unwrap().name, "Anna B.");
    world.sys(RenameUser { user: anna, name: "Anna C.".into() });
    assert_eq!(world.directory.user(&Actor::User(anna), anna).unwrap().name, "Anna C.");
}

#[test]
fn nobody_touches_the_account_of_somebody_else_not_even_their_owner() {
    let business = Business::new();
    let user = business.assistant;
    for actor in [Actor::User(business.owner), Actor::User(business.outsider), Actor::Bearer] {
        all_refused!(
            business,
            actor,
            "user.not_found",
            [
                RenameUser { user, name: "X".into() },
                ChangeLogin { user, login: addr("x@people.example") },
                SetRecoveryAddress { user, address: addr("x@people.example") },
                RemoveRecoveryAddress { user },
                ChangePassword { user, current: Some(PASSWORD.into()), new: OTHER_PASSWORD.into() },
                DeleteUser { user },
            ]
        );
        all_refused!(
            business,
            actor,
            "access.denied",
            [SuspendUser { user }, ResumeUser { user }, IssueConfirmation { user, of: AddressKind::Login },]
        );
        business.hidden(business.directory.user(&actor, user), "user.not_found");
    }
}

#[test]
fn a_suspended_person_does_nothing_in_their_own_name() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.sys(SuspendUser { user });
    let actor = Actor::User(user);
    all_refused!(
        world,
        actor,
        "actor.suspended",
        [
            RenameUser { user, name: "X".into() },
            ChangeLogin { user, login: addr("x@people.example") },
            SetRecoveryAddress { user, address: addr("x@people.example") },
            RemoveRecoveryAddress { user },
            ChangePassword { user, current: Some(PASSWORD.into()), new: OTHER_PASSWORD.into() },
            DeleteUser { user },
            StartReset { user, to: AddressKind::Login },
            FoundOrganisation { name: "X".into(), owner: None },
        ]
    );
}

#[test]
fn nobody_who_does_not_exist_does_anything() {
    let world = World::new();
    let user = UserId::from_uuid(uuid_of(7));
    all_refused!(
        world,
        Actor::User(user),
        "user.not_found",
        [
            RenameUser { user, name: "X".into() },
            DeleteUser { user },
            FoundOrganisation { name: "X".into(), owner: None },
        ]
    );
    all_refused!(
        world,
        world.system,
        "user.not_found",
        [
            RenameUser { user, name: "X".into() },
            SuspendUser { user },
            ResumeUser { user },
            DeleteUser { user },
            StartReset { user, to: AddressKind::Login },
            IssueConfirmation { user, of: AddressKind::Login },
        ]
    );
}

fn uuid_of(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

// Suspending.

#[test]
fn a_suspended_person_has_no_access_and_has_it_again_when_resumed() {
    let business = Business::new();
    let (user, contact) = (business.assistant, business.contact);
    business.sys(SuspendUser { user });
    let verdict = business.directory.may(user, Right::Read, contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::UserSuspended));
    business.sys(ResumeUser { user });
    assert!(business.directory.may(user, Right::Send, contact).unwrap().allowed());
}

#[test]
fn nobody_is_suspended_twice_or_resumed_who_is_active() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.refused(world.system.clone(), ResumeUser { user }, "user.state");
    world.sys(SuspendUser { user });
    world.refused(world.system.clone(), SuspendUser { user }, "user.state");
}

#[test]
fn the_host_suspends_even_a_last_owner() {
    let business = Business::new();
    business.sys(SuspendUser { user: business.owner });
    let member = membership::SetRole {
        organisation: business.organisation,
        user: business.assistant,
        role: Role::Owner,
    };
    business.sys(member);
    let actor = Actor::User(business.assistant);
    assert_eq!(
        business
            .directory
            .members(&actor, business.organisation, &PageRequest::default())
            .unwrap()
            .items
            .len(),
        2
    );
}

// Deleting.

#[test]
fn people_delete_themselves_and_their_login_is_free_again() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, DeleteUser { user });
    world.hidden(world.directory.user(&world.system, user), "user.not_found");
    let again = world.person("anna@people.example");
    assert_ne!(again, user);
}

#[test]
fn deleting_a_person_ends_all_their_access_at_once() {
    let business = Business::new();
    let (user, contact) = (business.assistant, business.contact);
    let issued = business.device(user, contact, [Protocol::Imap]);
    let password = issued.password.reveal();
    let session = business.login("contact@bakery.example", &password, Protocol::Imap).unwrap();
    let person = business.sign_in("ada@people.example", PASSWORD).unwrap();
    business.run(user, DeleteUser { user });
    assert_eq!(
        business.directory.may(user, Right::Read, contact).unwrap().obstacle(),
        Some(Obstacle::UserUnknown)
    );
    assert!(!business.directory.session_valid(&session).unwrap());
    assert!(!business.directory.session_valid(&person).unwrap());
    assert!(business.login("contact@bakery.example", &password, Protocol::Imap).is_err());
    assert_eq!(business.signs_in("ada@people.example", PASSWORD).unwrap_err(), "unknown address");
}

#[test]
fn deleting_a_person_tells_what_went_in_each_organisation_and_what_they_still_know() {
    let business = Business::new();
    let (user, contact) = (business.assistant, business.contact);
    let held = business.device(user, contact, [Protocol::Imap]).id;
    let manager = business.manager(business.organisation, "mia@people.example", Service::Mail);
    let nobody = For::Nobody { handed_to: Some("the CRM".into()) };
    let robot =
        business.run(manager, AddDevice::new(contact, "CRM").holder(nobody).protocols([Protocol::Imap])).id;
    let own = business.run(user, FoundOrganisation { name: "Own".into(), owner: None }).organisation;
    let second = business.person("second@people.example");
    business.sys(membership::AddMember {
        organisation: own,
        user: second,
        role: Role::Owner,
        services: Services::new(),
    });

    let deleted = business.run(user, DeleteUser { user });
    assert_eq!(deleted.organisations.len(), 2);
    let there = deleted.organisations.iter().find(|one| one.organisation == business.organisation).unwrap();
    assert_eq!(there.grants.iter().map(|grant| grant.mailbox).collect::<Vec<_>>(), [contact]);
    assert_eq!(there.devices.iter().map(|device| device.device).collect::<Vec<_>>(), [held]);
    assert!(there.still_known.is_empty());

    let of_manager = business.run(manager, DeleteUser { user: manager });
    assert_eq!(of_manager.organisations[0].still_known[0].device, robot);
}

#[test]
fn the_last_owner_of_an_organisation_cannot_be_deleted_whoever_asks() {
    let business = Business::new();
    let user = business.owner;
    for actor in [Actor::User(user), business.system.clone()] {
        let error = business.refused(actor, DeleteUser { user }, "owner.last");
        assert_eq!(error.details()["organisation"], business.organisation.to_string());
    }
}

#[test]
fn an_owner_beside_whom_another_acts_can_be_deleted() {
    let business = Business::new();
    business.member(business.organisation, "second@people.example", Role::Owner);
    business.run(business.owner, DeleteUser { user: business.owner });
}

#[test]
fn an_owner_beside_whom_only_a_suspended_one_is_left_cannot_be_deleted() {
    let business = Business::new();
    let second = business.member(business.organisation, "second@people.example", Role::Owner);
    business.sys(SuspendUser { user: second });
    business.refused(business.owner, DeleteUser { user: business.owner }, "owner.last");
}

#[test]
fn the_owner_of_a_deleted_organisation_can_be_deleted() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, DeleteOrganisation { organisation, on_dependants: OnDependants::Refuse });
    assert!(business.run(business.owner, DeleteUser { user: business.owner }).organisations.is_empty());
}

#[test]
fn a_deleted_person_acts_no_more_and_the_tokens_they_were_sent_are_dead() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("spare@people.example") });
    let recovery = confirmation(&world, user, AddressKind::Recovery);
    let reset = world.sys(StartReset { user, to: AddressKind::Login }).token.unwrap().reveal();
    world.run(user, DeleteUser { user });
    world.refused(user, RenameUser { user, name: "X".into() }, "user.not_found");
    world.refused(Actor::Bearer, confirm(&recovery), "token.invalid");
    let finish = FinishReset { token: (&*reset).into(), password: OTHER_PASSWORD.into() };
    world.refused(Actor::Bearer, finish, "token.invalid");
}

#[test]
fn a_person_deleted_while_their_organisation_is_suspended_is_gone_all_the_same() {
    let business = Business::new();
    business.sys(SuspendOrganisation { organisation: business.organisation });
    business.run(business.assistant, DeleteUser { user: business.assistant });
    business.hidden(business.directory.user(&business.system, business.assistant), "user.not_found");
}

#[test]
fn what_a_deleted_person_invited_to_is_given_to_nobody() {
    let business = Business::new();
    let admin = business.member(business.organisation, "alma@people.example", Role::Admin);
    let (_, token) =
        business.invite(admin, business.organisation, "new@people.example", offer(Role::Collaborator));
    business.run(admin, DeleteUser { user: admin });
    let accept = AcceptInvitation { token: token.as_str().into() };
    business.refused(business.outsider, accept, "invitation.sender");
}

// Changing the login.

#[test]
fn a_new_login_counts_once_its_token_came_back() {
    let world = World::new();
    let user = world.person("anna@people.example");
    assert!(world.run(user, ChangeLogin { user, login: addr("ann@other.example") }).warnings.is_empty());
    let issued = world.sys(IssueConfirmation { user, of: AddressKind::Login });
    assert_eq!(issued.send_to, addr("ann@other.example"));
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
    assert!(world.signs_in("ann@other.example", PASSWORD).is_err());

    let token = issued.token.reveal();
    let confirmed = world.run(Actor::Bearer, confirm(&token));
    assert_eq!((confirmed.user, confirmed.kind), (user, AddressKind::Login));
    assert_eq!(world.signs_in("ann@other.example", PASSWORD), Ok(()));
    assert!(world.signs_in("anna@people.example", PASSWORD).is_err());
    world.person("anna@people.example");
}

#[test]
fn a_new_login_that_is_hosted_here_is_warned_of() {
    let business = Business::new();
    let user = business.outsider;
    let asked = business.run(user, ChangeLogin { user, login: addr("otto@bakery.example") });
    assert_eq!(asked.warnings, [Warning::LoginHostedHere]);
}

#[test]
fn asking_for_a_login_that_somebody_has_shows_nothing_until_the_token_comes_back() {
    let world = World::new();
    let (user, _) = (world.person("anna@people.example"), world.person("ben@people.example"));
    world.run(user, ChangeLogin { user, login: addr("ben@people.example") });
    let token = confirmation(&world, user, AddressKind::Login);
    world.refused(Actor::Bearer, confirm(&token), "login.taken");
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
}

#[test]
fn of_two_who_ask_for_one_login_the_first_to_confirm_has_it() {
    let world = World::new();
    let people = [world.person("anna@people.example"), world.person("ben@people.example")];
    let tokens = people.map(|user| {
        world.run(user, ChangeLogin { user, login: addr("wanted@people.example") });
        confirmation(&world, user, AddressKind::Login)
    });
    world.run(Actor::Bearer, confirm(&tokens[1]));
    world.refused(Actor::Bearer, confirm(&tokens[0]), "login.taken");
}

#[test]
fn an_unverified_login_is_confirmed_by_a_token_sent_there() {
    let world = World::new();
    let user = world.sys(RegisterUser::new(addr("anna@people.example"), "Anna")).user;
    let token = confirmation(&world, user, AddressKind::Login);
    world.run(Actor::Bearer, confirm(&token));
    assert_eq!(world.directory.user(&world.system, user).unwrap().login.proof, Proof::Verified);
}

#[test]
fn there_is_no_token_for_an_address_that_does_not_wait() {
    let world = World::new();
    let user = world.person("anna@people.example");
    for of in [AddressKind::Login, AddressKind::Recovery] {
        world.refused(world.system.clone(), IssueConfirmation { user, of }, "login.confirmed");
    }
}

#[test]
fn a_confirmation_token_works_once() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("spare@people.example") });
    let token = confirmation(&world, user, AddressKind::Recovery);
    world.run(Actor::Bearer, confirm(&token));
    world.refused(Actor::Bearer, confirm(&token), "token.invalid");
}

#[test]
fn a_confirmation_token_is_good_for_a_day_and_not_a_millisecond_longer() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, ChangeLogin { user, login: addr("new@people.example") });
    let token = confirmation(&world, user, AddressKind::Login);
    world.days(1);
    world.refused(Actor::Bearer, confirm(&token), "token.expired");
    world.set(world.now().minus(Duration::from_millis(1)));
    world.run(Actor::Bearer, confirm(&token));
}

#[test]
fn a_newer_confirmation_token_ends_the_one_before() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, ChangeLogin { user, login: addr("new@people.example") });
    let first = confirmation(&world, user, AddressKind::Login);
    let second = confirmation(&world, user, AddressKind::Login);
    world.refused(Actor::Bearer, confirm(&first), "token.invalid");
    world.run(Actor::Bearer, confirm(&second));
}

#[test]
fn asking_for_another_login_ends_the_token_for_the_one_before() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, ChangeLogin { user, login: addr("first@people.example") });
    let first = confirmation(&world, user, AddressKind::Login);
    world.run(user, ChangeLogin { user, login: addr("second@people.example") });
    world.refused(Actor::Bearer, confirm(&first), "token.invalid");
}

// The recovery address.

#[test]
fn a_recovery_address_counts_once_its_token_came_back() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("spare@people.example") });
    assert_eq!(world.directory.user(&world.system, user).unwrap().recovery, None);
    let token = confirmation(&world, user, AddressKind::Recovery);
    world.run(Actor::Bearer, confirm(&token));
    let recovery = world.directory.user(&world.system, user).unwrap().recovery.unwrap();
    assert_eq!(recovery, Contact { address: addr("spare@people.example"), proof: Proof::Verified });
}

#[test]
fn a_proved_recovery_address_stays_until_the_next_one_is_proved() {
    let world = World::new();
    let user = with_recovery(&world, "anna@people.example", "spare@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("other@people.example") });
    let recovery = world.directory.user(&world.system, user).unwrap().recovery.unwrap();
    assert_eq!(recovery.address, addr("spare@people.example"));
}

#[test]
fn removing_the_recovery_address_ends_its_token() {
    let world = World::new();
    let user = with_recovery(&world, "anna@people.example", "spare@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("other@people.example") });
    let token = confirmation(&world, user, AddressKind::Recovery);
    world.run(user, RemoveRecoveryAddress { user });
    assert_eq!(world.directory.user(&world.system, user).unwrap().recovery, None);
    world.refused(Actor::Bearer, confirm(&token), "token.invalid");
    world.refused(world.system.clone(), StartReset { user, to: AddressKind::Recovery }, "reset.unverified");
}

#[test]
fn a_reset_token_confirms_nothing_and_a_confirmation_token_resets_nothing() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, ChangeLogin { user, login: addr("new@people.example") });
    let login = confirmation(&world, user, AddressKind::Login);
    let reset = world.sys(StartReset { user, to: AddressKind::Login }).token.unwrap().reveal();
    world.refused(Actor::Bearer, confirm(&reset), "token.invalid");
    let finish = FinishReset { token: login.as_str().into(), password: OTHER_PASSWORD.into() };
    world.refused(Actor::Bearer, finish, "token.invalid");
}

#[test]
fn malformed_tokens_are_invalid_and_nothing_worse() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, ChangeLogin { user, login: addr("new@people.example") });
    let good = confirmation(&world, user, AddressKind::Login);
    let (secret, id) = (&good[31..], &good[5..31]);
    let broken = [
        String::new(),
        " ".into(),
        "tlog_".into(),
        good[..good.len() - 1].to_owned(),
        format!("{good}0"),
        good.to_uppercase(),
        good.replacen("tlog_", "trec_", 1),
        good.replacen("tlog_", "usr_", 1),
        format!("tlog_{id}{}", "0".repeat(secret.len())),
        format!("tlog_{}{secret}", "0".repeat(26)),
        format!("tlog_{}{secret}", "z".repeat(26)),
        format!("tlog_{id}{}", "ü".repeat(secret.len() / 2)),
        "tlog_".repeat(100_000),
        format!("tlog_ü{good}"),
    ];
    for token in &broken {
        world.refused(Actor::Bearer, confirm(token), "token.invalid");
        let finish = FinishReset { token: token.as_str().into(), password: OTHER_PASSWORD.into() };
        world.refused(Actor::Bearer, finish, "token.invalid");
        world.refused(user, AcceptInvitation { token: token.as_str().into() }, "token.invalid");
    }
    world.run(Actor::Bearer, confirm(&format!(" {good}\n")));
}

// Ids, JSON and secrets.

#[test]
fn ids_of_another_kind_are_refused_in_text_and_in_json() {
    let business = Business::new();
    let (mailbox, user) = (business.contact.to_string(), business.owner.to_string());
    assert_eq!(code(mailbox.parse::<UserId>()), Some(Code::IdInvalid));
    assert_eq!(code(user.parse::<OrganisationId>()), Some(Code::IdInvalid));
    for json in [
        format!(r#"{{"command": "rename_user", "user": "{mailbox}", "name": "X"}}"#),
        format!(r#"{{"command": "suspend_organisation", "organisation": "{user}"}}"#),
        format!(r#"{{"command": "resend_invitation", "invitation": "{user}"}}"#),
        r#"{"command": "rename_user", "user": 7, "name": "X"}"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<AnyCommand>(&json).is_err(), "{json}");
    }
}

#[test]
fn commands_in_json_take_no_secrets_and_no_unknown_fields() {
    for json in [
        r#"{"command": "register_user", "login": "a@b.example", "name": "A", "proof": "verified", "password": "x"}"#,
        r#"{"command": "confirm_address", "token": "tlog_"}"#,
        r#"{"command": "sweep", "actor": "sys:panel"}"#,
    ] {
        assert!(serde_json::from_str::<AnyCommand>(json).is_err(), "{json}");
    }
}

#[test]
fn a_secret_is_supplied_apart_and_comes_out_apart() {
    let world = World::new();
    let json =
        r#"{"command": "register_user", "login": "a@people.example", "name": "A", "proof": "verified"}"#;
    let mut command: AnyCommand = serde_json::from_str(json).unwrap();
    assert_eq!(command.supply("secret", "x").unwrap_err().code(), Code::ValueInvalid);
    command.supply("password", PASSWORD).unwrap();
    let answer = world.directory.run_any(&world.system, command).unwrap();
    assert_eq!(world.signs_in("a@people.example", PASSWORD), Ok(()));

    let user = answer.value["user"].as_str().unwrap().to_owned();
    let json = format!(r#"{{"command": "start_reset", "user": "{user}", "to": "login"}}"#);
    let started = world.directory.run_any(&world.system, serde_json::from_str(&json).unwrap()).unwrap();
    assert!(!started.value.to_string().contains("trst_"));
    assert!(!format!("{started:?}").contains("trst_"));
    assert!(matches!(started.secret, Some(IssuedSecret::Token(_))));
}

#[test]
fn a_command_whose_secret_was_never_supplied_is_refused() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let confirm: AnyCommand = serde_json::from_str(r#"{"command": "confirm_address"}"#).unwrap();
    let refused = world.directory.run_any(&Actor::Bearer, confirm).unwrap_err();
    assert_eq!(refused.code(), Code::TokenInvalid);
    let json = format!(r#"{{"command": "change_password", "user": "{user}"}}"#);
    let refused = world.directory.run_any(&world.system, serde_json::from_str(&json).unwrap()).unwrap_err();
    assert_eq!(refused.code(), Code::PasswordRefused);
}

#[test]
fn passwords_and_tokens_stand_in_no_row_journal_or_debug_text() {
    let world = World::new();
    let command = RegisterUser::new(addr("anna@people.example"), "Anna").password(PASSWORD);
    assert!(!format!("{command:?}").contains(PASSWORD));
    let user = world.sys(command.proof(Proof::Verified)).user;
    let started = world.sys(StartReset { user, to: AddressKind::Login });
    assert!(!format!("{started:?}").contains("trst_"));
    let token = started.token.unwrap().reveal();
    let finish = FinishReset { token: (&*token).into(), password: OTHER_PASSWORD.into() };
    let shown = format!("{finish:?} {token:?}");
    assert!(!shown.contains(&*token) && !shown.contains(OTHER_PASSWORD));
    world.run(Actor::Bearer, finish);
    let stored = world.store.dump();
    for secret in [PASSWORD, OTHER_PASSWORD, &*token] {
        assert!(!stored.contains(secret));
    }
}

#[test]
fn verifiers_stand_in_no_entity_event_or_error() {
    let business = Business::new();
    let user = business.assistant;
    let shown = format!("{:?}", business.directory.user(&business.system, user).unwrap());
    assert!(!shown.contains("argon2"));
    let journal = business.store.dump();
    assert!(
        journal.lines().filter(|line| !line.starts_with("verifier ")).all(|line| !line.contains("$argon2"))
    );
    let wrong = ChangePassword { user, current: Some("wrong".into()), new: OTHER_PASSWORD.into() };
    let error = business.directory.run(&Actor::User(user), wrong).unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("argon2") && !shown.contains(OTHER_PASSWORD) && !shown.contains("`wrong`"));
}

// Requests, previews, batches.

#[test]
fn a_request_that_was_carried_out_is_not_carried_out_again() {
    let world = World::new();
    let request = world.directory.request_id().unwrap();
    let register = || RegisterUser::new(addr("anna@people.example"), "Anna");
    world.directory.run_once(request, &world.system, register()).unwrap();
    let before = world.store.dump();
    let again = world.directory.run_once(request, &world.system, register()).unwrap_err();
    assert_eq!(again.code(), Code::RequestDone);
    assert_eq!(world.store.dump(), before);
}

#[test]
fn a_request_id_stands_for_its_first_command_whatever_comes_under_it_later() {
    let world = World::new();
    let request = world.directory.request_id().unwrap();
    let user = world
        .directory
        .run_once(request, &world.system, RegisterUser::new(addr("a@people.example"), "A"))
        .unwrap()
        .user;
    let other = world.directory.run_once(request, &world.system, SuspendUser { user });
    assert_eq!(code(other), Some(Code::RequestDone));
    assert!(world.directory.user(&world.system, user).unwrap().is_active());
    let batch = world.directory.batch_once(request, |batch| batch.run(&world.system, SuspendUser { user }));
    assert_eq!(code(batch), Some(Code::RequestDone));
}

#[test]
fn a_request_that_was_refused_may_be_tried_again_under_its_id() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let request = world.directory.request_id().unwrap();
    let refused = world.directory.run_once(request, &world.system, ResumeUser { user });
    assert_eq!(code(refused), Some(Code::UserState));
    world.sys(SuspendUser { user });
    world.directory.run_once(request, &world.system, ResumeUser { user }).unwrap();
}

#[test]
fn a_preview_says_what_would_happen_and_changes_nothing() {
    let business = Business::new();
    let before = business.store.dump();
    let actor = Actor::User(business.assistant);
    let plan = business.directory.preview(&actor, DeleteUser { user: business.assistant }).unwrap();
    assert_eq!(plan.output.organisations[0].grants.len(), 1);
    assert_eq!(plan.events.iter().map(Event::kind).collect::<Vec<_>>(), ["user.deleted"]);
    let refused = business.directory.preview(&business.system, DeleteUser { user: business.owner });
    assert_eq!(code(refused), Some(Code::OwnerLast));
    assert_eq!(business.store.dump(), before);
}

#[test]
fn the_token_of_a_preview_is_worth_nothing() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let plan = world.directory.preview(&world.system, StartReset { user, to: AddressKind::Login }).unwrap();
    let token = plan.output.token.unwrap().reveal();
    let finish = FinishReset { token: (&*token).into(), password: OTHER_PASSWORD.into() };
    world.refused(Actor::Bearer, finish, "token.invalid");
}

#[test]
fn later_commands_of_a_batch_see_the_earlier_ones() {
    let world = World::new();
    let system = world.system.clone();
    let user = world
        .directory
        .batch(|batch| {
            let register = RegisterUser::new(addr("anna@people.example"), "Anna").proof(Proof::Verified);
            let user = batch.run(&system, register)?.user;
            let token =
                batch.run(&system, StartReset { user, to: AddressKind::Login })?.token.unwrap().reveal();
            batch.run(&Actor::Bearer, FinishReset { token: (&*token).into(), password: PASSWORD.into() })?;
            let taken = batch.run(&system, RegisterUser::new(addr("anna@people.example"), "Other"));
            assert_eq!(code(taken), Some(Code::LoginTaken));
            Ok(user)
        })
        .unwrap();
    assert_eq!(world.sign_in("anna@people.example", PASSWORD).unwrap().user, user);
}

#[test]
fn a_batch_that_gives_up_leaves_no_trace() {
    let world = World::new();
    let before = world.store.dump();
    let answer = world.directory.batch(|batch| {
        let user = batch.run(&world.system, RegisterUser::new(addr("anna@people.example"), "Anna"))?.user;
        batch.run(&world.system, ResumeUser { user })
    });
    assert_eq!(code(answer), Some(Code::UserState));
    assert_eq!(world.store.dump(), before);
}

#[test]
fn a_refused_command_of_a_batch_leaves_no_trace_in_it() {
    let world = World::new();
    let user = world
        .directory
        .batch(|batch| {
            let user = batch.run(&world.system, RegisterUser::new(addr("anna@people.example"), "Anna"))?.user;
            assert_eq!(code(batch.run(&world.system, ResumeUser { user })), Some(Code::UserState));
            Ok(user)
        })
        .unwrap();
    assert!(world.directory.user(&world.system, user).unwrap().is_active());
    assert_eq!(world.count("user.resumed"), 0);
}

#[test]
fn what_a_login_opens_is_decided_in_one_organisation_without_touching_another() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    business.sys(membership::AddMember {
        organisation: other,
        user: business.assistant,
        role: Role::External,
        services: Services::new(),
    });
    business.sys(GrantAccess::new(theirs, business.assistant));
    business.sys(SuspendOrganisation { organisation: business.organisation });
    assert!(business.directory.may(business.assistant, Right::Read, theirs).unwrap().allowed());
    assert!(!business.directory.may(business.assistant, Right::Read, business.contact).unwrap().allowed());
}

#[test]
fn an_unknown_invitation_is_not_found() {
    let business = Business::new();
    let invitation = InvitationId::from_uuid(uuid_of(9));
    business.refused(business.owner, ResendInvitation { invitation }, "invitation.not_found");
}
