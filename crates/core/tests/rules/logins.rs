//! The rules about logins: of people and of devices, throttling, locks, sessions, passwords and their resets.

use std::net::IpAddr;
use std::time::Duration;

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::*;
use mailgrant::domain::{SetCatchAll, SetDomainAlias};
use mailgrant::grant::*;
use mailgrant::mailbox::*;
use mailgrant::membership::*;
use mailgrant::organisation::{DeleteOrganisation, ResumeOrganisation, SuspendOrganisation};
use mailgrant::user::*;
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const ADA: &str = "ada@people.example";
const OTHER_PASSWORD: &str = "seven kites above the harbour";
/// Of the form of a device password, and nobody's.
const NOBODYS: &str = "zzzzz-zzzzz-zzzzz-zzzzz-zzzzz-zzzzz";
/// Made by the reference implementation of Argon2 in C: `password`, `somesalt`.
const LEGACY_PHC: &str =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn from(world: &World, password: &str, source: Option<&str>) -> Result<(), String> {
    let from = source.map(|source| source.parse::<IpAddr>().unwrap());
    let login = DeviceLogin { address: CONTACT, password, protocol: Protocol::Imap, from };
    world.directory.login_device(&login).map(drop).map_err(|refusal| refusal.reason().to_string())
}

/// A business whose directory takes the passwords of another system, and contact@'s is `password`.
fn with_legacy() -> (Business, DeviceId) {
    let business =
        Business::in_world(World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed)));
    let device = business.sys(legacy_device(business.contact, LEGACY_PHC));
    (business, device)
}

fn legacy_device(mailbox: MailboxId, phc: &str) -> AddLegacyDevice {
    let holder = For::Nobody { handed_to: None };
    let protocols = [Protocol::Imap, Protocol::Smtp].into();
    AddLegacyDevice { mailbox, label: "old".into(), holder, protocols, phc: phc.into() }
}

/// A reset token that the host would mail.
#[track_caller]
fn reset_token(world: &World, user: UserId) -> String {
    world.sys(StartReset { user, to: AddressKind::Login }).token.unwrap().reveal().to_string()
}

fn finish(token: &str, password: &str) -> FinishReset {
    FinishReset { token: token.into(), password: password.into() }
}

fn change(user: UserId, current: &str, new: &str) -> ChangePassword {
    ChangePassword { user, current: Some(current.into()), new: new.into() }
}

/// Guesses wrongly so many times, always after the wait.
fn guess(world: &World, login: &str, times: u32) {
    for _ in 0..times {
        let refusal = world.sign_in(login, "wrong").unwrap_err();
        world.advance(refusal.retry_after().unwrap_or_default());
    }
}

// People.

#[test]
fn a_person_signs_in_with_their_password_however_the_login_is_written() {
    let business = Business::new();
    for login in [ADA, "ADA@people.example", "Ada@PEOPLE.example"] {
        let session = business.sign_in(login, PASSWORD).unwrap();
        assert_eq!((session.user, session.epoch), (business.assistant, 0));
    }
}

#[test]
fn a_password_is_the_same_in_either_unicode_spelling_and_every_character_counts() {
    let world = World::new();
    let password = "drei Lampen unter der Brücke";
    world.sys(RegisterUser::new(addr("z@people.example"), "Z").proof(Proof::Verified).password(password));
    assert_eq!(world.signs_in("z@people.example", "drei Lampen unter der Bru\u{308}cke"), Ok(()));
    for near in
        ["drei Lampen unter der Brücke ", "Drei Lampen unter der Brücke", "drei Lampen unter der Brucke"]
    {
        assert_eq!(world.signs_in("z@people.example", near).unwrap_err(), "wrong password", "{near}");
    }
}

#[test]
fn a_password_of_256_characters_is_accepted_and_verified_whole() {
    let world = World::new();
    let long: String = (0..256).map(|n| char::from_u32(0x4e00 + n * 7).unwrap()).collect();
    world.sys(RegisterUser::new(addr("z@people.example"), "Z").password(long.as_str()));
    assert_eq!(world.signs_in("z@people.example", &long), Ok(()));
    let cut: String = long.chars().take(255).collect();
    assert!(world.signs_in("z@people.example", &cut).is_err());
}

#[test]
fn the_true_reason_of_every_refusal_is_exact_inside() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.sys(RegisterUser::new(addr("none@people.example"), "None"));
    assert_eq!(world.signs_in("nobody@people.example", PASSWORD).unwrap_err(), "unknown address");
    assert_eq!(world.signs_in("not an address", PASSWORD).unwrap_err(), "unknown address");
    assert_eq!(world.signs_in("none@people.example", PASSWORD).unwrap_err(), "the user has no password");
    assert_eq!(world.signs_in("anna@people.example", "wrong").unwrap_err(), "wrong password");
    world.sys(SuspendUser { user });
    assert_eq!(world.signs_in("anna@people.example", PASSWORD).unwrap_err(), "the user is suspended");
}

#[test]
fn the_refusals_of_a_person_look_alike_outside_however_often_they_come() {
    let world = World::new();
    world.person("known@people.example");
    world.sys(RegisterUser::new(addr("none@people.example"), "None"));
    for login in ["suspended@people.example", "right@people.example"] {
        let user = world.person(login);
        world.sys(SuspendUser { user });
    }
    let deleted = world.person("deleted@people.example");
    world.run(deleted, DeleteUser { user: deleted });
    let outside = |login: &str, password: &str| -> Vec<String> {
        world.set(TUESDAY.parse().unwrap());
        let mut seen = Vec::new();
        for step in 0..24 {
            let refusal = world.sign_in(login, password).unwrap_err();
            seen.push(format!("{refusal} {:?}", refusal.retry_after()));
            // Every third guess waits as it was told, the others don't.
            world.advance(if step % 3 == 0 { refusal.retry_after().unwrap_or_default() } else { seconds(1) });
        }
        seen
    };
    let unknown = outside("nobody@people.example", "wrong");
    for (login, password) in [
        ("known@people.example", "wrong"),
        ("none@people.example", PASSWORD),
        ("suspended@people.example", "wrong"),
        ("right@people.example", PASSWORD),
        ("deleted@people.example", PASSWORD),
        ("not an address", PASSWORD),
    ] {
        assert_eq!(outside(login, password), unknown, "{login} with {password}");
    }
}

#[test]
fn the_right_password_of_a_suspended_person_looks_like_an_unknown_login() {
    let world = World::new();
    let user = world.person("suspended@people.example");
    world.sys(SuspendUser { user });
    for _ in 0..12 {
        let unknown = world.sign_in("nobody@people.example", "wrong").unwrap_err();
        let suspended = world.sign_in("suspended@people.example", PASSWORD).unwrap_err();
        assert_eq!(suspended.retry_after(), unknown.retry_after());
        world.advance(unknown.retry_after().unwrap_or_default());
    }
}

#[test]
fn what_was_guessed_while_suspended_locks_nobody_out_afterwards() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.sys(SuspendUser { user });
    for _ in 0..120 {
        let refusal = world.sign_in("anna@people.example", PASSWORD).unwrap_err();
        world.advance(refusal.retry_after().unwrap_or_default());
    }
    world.sys(ResumeUser { user });
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
}

#[test]
fn a_locked_password_looks_like_an_unknown_login() {
    let world = World::new();
    world.person("anna@people.example");
    for _ in 0..100 {
        let known = world.sign_in("anna@people.example", "wrong").unwrap_err();
        let unknown = world.sign_in("nobody@people.example", "wrong").unwrap_err();
        assert_eq!(known.retry_after(), unknown.retry_after());
        world.advance(known.retry_after().unwrap_or_default());
    }
    for step in [0, 10, 890, 1, 900, 450, 450] {
        world.advance(seconds(step));
        let known = world.sign_in("anna@people.example", PASSWORD).unwrap_err();
        let unknown = world.sign_in("nobody@people.example", PASSWORD).unwrap_err();
        assert_eq!(known.retry_after(), unknown.retry_after(), "after {step} s");
        assert_eq!(known.to_string(), unknown.to_string());
    }
}

#[test]
fn a_refusal_tells_its_reason_to_nobody_who_prints_it() {
    let world = World::new();
    world.person("anna@people.example");
    let refusal = world.sign_in("anna@people.example", "wrong").unwrap_err();
    assert_eq!(refusal.to_string(), "login refused");
    assert!(!format!("{:?}", UserLogin { login: "a", password: PASSWORD }).contains(PASSWORD));
    let device = DeviceLogin { address: CONTACT, password: NOBODYS, protocol: Protocol::Imap, from: None };
    assert!(!format!("{device:?}").contains(NOBODYS));
}

// Guessing.

#[test]
fn five_failures_cost_nothing_and_then_each_waits_longer_up_to_a_quarter_of_an_hour() {
    let world = World::new();
    world.person("anna@people.example");
    let mut waits = Vec::new();
    for _ in 0..18 {
        let wait =
            world.sign_in("anna@people.example", "wrong").unwrap_err().retry_after().unwrap_or_default();
        waits.push(wait.as_secs());
        world.advance(wait);
    }
    assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
}

#[test]
fn while_one_waits_even_the_right_password_is_refused_and_not_counted() {
    let world = World::new();
    world.person("anna@people.example");
    for _ in 0..8 {
        guess(&world, "anna@people.example", 1);
    }
    let wait = world.sign_in("anna@people.example", "wrong").unwrap_err().retry_after().unwrap();
    let before = world.store.dump();
    for _ in 0..3 {
        let refusal = world.sign_in("anna@people.example", PASSWORD).unwrap_err();
        assert_eq!(
            (refusal.reason().to_string().as_str(), refusal.retry_after()),
            ("too soon after a failure", Some(wait))
        );
    }
    assert_eq!(world.store.dump(), before);
    world.advance(wait - Duration::from_millis(1));
    assert!(world.signs_in("anna@people.example", PASSWORD).is_err());
    world.advance(Duration::from_millis(1));
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
}

#[test]
fn a_good_login_forgets_the_failures_before_it() {
    let world = World::new();
    world.person("anna@people.example");
    guess(&world, "anna@people.example", 9);
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
    assert_eq!(world.sign_in("anna@people.example", "wrong").unwrap_err().retry_after(), None);
}

#[test]
fn a_good_first_login_writes_nothing() {
    let world = World::new();
    world.person("anna@people.example");
    let before = world.store.dump();
    world.sign_in("anna@people.example", PASSWORD).unwrap();
    assert_eq!(world.store.dump(), before);
}

#[test]
fn failures_are_counted_durably_for_every_directory_over_the_store() {
    let world = World::new();
    world.person("anna@people.example");
    guess(&world, "anna@people.example", 5);
    let other = builder(world.store.clone(), &world.clock, 9).build().unwrap();
    let refusal =
        other.login_user(&UserLogin { login: "anna@people.example", password: "wrong" }).unwrap_err();
    assert_eq!(refusal.retry_after(), Some(seconds(1)));
}

#[test]
fn at_a_hundred_failures_in_a_row_the_password_is_disabled_until_a_reset() {
    let world = World::new();
    let user = world.person("anna@people.example");
    guess(&world, "anna@people.example", 99);
    assert_eq!(world.count("user.password_disabled"), 0);
    assert_eq!(world.signs_in("anna@people.example", "wrong").unwrap_err(), "wrong password");
    assert_eq!(world.count("user.password_disabled"), 1);
    let account = world.directory.user(&world.system, user).unwrap();
    assert_eq!(account.password, PasswordState::Disabled);
    world.days(365);
    assert_eq!(
        world.signs_in("anna@people.example", PASSWORD).unwrap_err(),
        "the password is disabled after too many failures"
    );
    world.days(1);
    assert!(world.signs_in("anna@people.example", "wrong").is_err());
    assert_eq!(world.count("user.password_disabled"), 1);

    let token = reset_token(&world, user);
    world.run(Actor::Bearer, finish(&token, OTHER_PASSWORD));
    assert_eq!(world.signs_in("anna@people.example", OTHER_PASSWORD), Ok(()));
}

#[test]
fn ninety_nine_failures_disable_nothing() {
    let world = World::new();
    world.person("anna@people.example");
    guess(&world, "anna@people.example", 99);
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
}

#[test]
fn a_locked_password_ends_no_session_and_touches_no_device() {
    let business = Business::new();
    let session = business.sign_in(ADA, PASSWORD).unwrap();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    guess(&business, ADA, 100);
    assert!(business.directory.session_valid(&session).unwrap());
    assert_eq!(business.opens(CONTACT, &phone, Protocol::Imap), Ok(()));
}

#[test]
fn guesses_at_one_persons_password_slow_nobody_else_down() {
    let world = World::new();
    world.person("anna@people.example");
    world.person("ben@people.example");
    for _ in 0..6 {
        world.sign_in("anna@people.example", "wrong").unwrap_err();
    }
    assert_eq!(world.signs_in("ben@people.example", PASSWORD), Ok(()));
}

// Changing a password.

#[test]
fn changing_a_password_needs_the_current_one_and_ends_every_session() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let sessions = [
        world.sign_in("anna@people.example", PASSWORD).unwrap(),
        world.sign_in("anna@people.example", PASSWORD).unwrap(),
    ];
    world.run(user, change(user, PASSWORD, OTHER_PASSWORD));
    for session in &sessions {
        assert!(!world.directory.session_valid(session).unwrap());
    }
    assert_eq!(world.signs_in("anna@people.example", PASSWORD).unwrap_err(), "wrong password");
    let session = world.sign_in("anna@people.example", OTHER_PASSWORD).unwrap();
    assert!(world.directory.session_valid(&session).unwrap());
}

#[test]
fn a_wrong_or_missing_current_password_is_refused() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let wrong = world.directory.run(&Actor::User(user), change(user, "wrong", OTHER_PASSWORD));
    assert_eq!(code(wrong), Some(Code::PasswordWrong));
    let missing = ChangePassword { user, current: None, new: OTHER_PASSWORD.into() };
    assert_eq!(code(world.directory.run(&Actor::User(user), missing)), Some(Code::PasswordWrong));
    assert_eq!(world.signs_in("anna@people.example", PASSWORD), Ok(()));
}

#[test]
fn guesses_at_the_current_password_count_and_lock_like_those_at_the_login() {
    let world = World::new();
    let user = world.person("anna@people.example");
    for _ in 0..100 {
        let guessed = world.directory.run(&Actor::User(user), change(user, "wrong", OTHER_PASSWORD));
        assert_eq!(code(guessed), Some(Code::PasswordWrong));
        world.days(1);
    }
    assert_eq!(world.count("user.password_disabled"), 1);
    let locked = world.directory.run(&Actor::User(user), change(user, PASSWORD, OTHER_PASSWORD));
    assert_eq!(code(locked), Some(Code::PasswordWrong));
}

#[test]
fn while_one_waits_a_right_current_password_is_refused_and_not_counted() {
    let world = World::new();
    let user = world.person("anna@people.example");
    for _ in 0..6 {
        world.sign_in("anna@people.example", "wrong").unwrap_err();
    }
    let before = world.store.dump();
    let error = world.directory.run(&Actor::User(user), change(user, PASSWORD, OTHER_PASSWORD)).unwrap_err();
    assert_eq!((error.code(), error.details().contains_key("retry_after")), (Code::PasswordWrong, true));
    assert_eq!(world.store.dump(), before);
    world.advance(seconds(1));
    world.run(user, change(user, PASSWORD, OTHER_PASSWORD));
}

#[test]
fn guesses_in_a_preview_or_a_batch_count_too() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let actor = Actor::User(user);
    for _ in 0..3 {
        let seen = world.directory.preview(&actor, change(user, "wrong", OTHER_PASSWORD));
        assert_eq!(code(seen), Some(Code::PasswordWrong));
        let seen = world.directory.batch(|batch| batch.run(&actor, change(user, "wrong", OTHER_PASSWORD)));
        assert_eq!(code(seen), Some(Code::PasswordWrong));
    }
    assert_eq!(world.signs_in("anna@people.example", PASSWORD).unwrap_err(), "too soon after a failure");
}

#[test]
fn the_host_changes_a_password_without_the_current_one() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let session = world.sign_in("anna@people.example", PASSWORD).unwrap();
    world.sys(ChangePassword { user, current: None, new: OTHER_PASSWORD.into() });
    assert!(!world.directory.session_valid(&session).unwrap());
    assert_eq!(world.signs_in("anna@people.example", OTHER_PASSWORD), Ok(()));
}

#[test]
fn whoever_has_no_password_yet_sets_one_without_a_current_one() {
    let world = World::new();
    let user = world.sys(RegisterUser::new(addr("anna@people.example"), "Anna")).user;
    world.run(user, ChangePassword { user, current: None, new: OTHER_PASSWORD.into() });
    assert_eq!(world.signs_in("anna@people.example", OTHER_PASSWORD), Ok(()));
}

#[test]
fn a_bad_password_is_refused_with_its_reason_wherever_one_is_set() {
    let business = Business::new();
    let user = business.assistant;
    let token = reset_token(&business, user);
    for (password, reason) in [
        ("", "too_short"),
        ("fourteen chars", "too_short"),
        ("three\u{7}lamps under one bridge", "characters"),
        ("aaaaaaaaaaaaaaaaaaaa", "repetitive"),
        ("correct horse battery staple", "common"),
        ("ada-people-example-1", "own_words"),
        (&"五盏灯在一座桥下面的水中倒映着".repeat(100), "too_long"),
    ] {
        let register = RegisterUser::new(addr("ada@people.example"), "Ada").password(password);
        let set = ChangePassword { user, current: None, new: password.into() };
        let errors = [
            business.refused(business.system.clone(), register, "password.refused"),
            business.refused(business.system.clone(), set, "password.refused"),
            business.refused(user, change(user, PASSWORD, password), "password.refused"),
            business.refused(Actor::Bearer, finish(&token, password), "password.refused"),
        ];
        for error in errors {
            assert_eq!(error.details()["reason"], reason, "{password}");
            assert!(password.is_empty() || !format!("{error:?} {error}").contains(password));
        }
    }
}

#[test]
fn a_password_made_of_ones_organisations_name_is_refused() {
    let business = Business::new();
    let organisation = business.organisation;
    let name = "Sonnenblume Treuhand".to_owned();
    business.run(business.owner, organisation::RenameOrganisation { organisation, name });
    let user = business.assistant;
    let token = reset_token(&business, user);
    let password = "Treuhand.Sonnenblume-12";
    let errors = [
        business.refused(user, change(user, PASSWORD, password), "password.refused"),
        business.refused(Actor::Bearer, finish(&token, password), "password.refused"),
    ];
    for error in errors {
        assert_eq!(error.details()["reason"], "own_words");
    }
}

#[test]
fn a_host_with_a_second_factor_may_ask_for_eight_characters() {
    let world = World::with(|builder| builder.password_policy(PasswordPolicy::new(8).unwrap()));
    world.sys(RegisterUser::new(addr("anna@people.example"), "Anna").password("vjq7 mut"));
    world.refused(
        world.system.clone(),
        RegisterUser::new(addr("b@people.example"), "B").password("vjq7mut"),
        "password.refused",
    );
    assert_eq!(code(PasswordPolicy::new(7)), Some(Code::PolicyInvalid));
}

#[test]
fn a_hash_whose_costs_fell_behind_is_renewed_by_the_next_good_login() {
    let world = World::new();
    world.person("anna@people.example");
    assert!(world.store.dump().contains("m=8,t=1,p=1"));
    let costs = HashCosts { memory_kib: 16, iterations: 2, parallelism: 1 };
    let dearer = builder(world.store.clone(), &world.clock, 9).hash_costs(costs).build().unwrap();
    let login = |password| dearer.login_user(&UserLogin { login: "anna@people.example", password });
    login("wrong").unwrap_err();
    assert!(!world.store.dump().contains("m=16,t=2,p=1"));
    let session = login(PASSWORD).unwrap();
    assert!(world.store.dump().contains("m=16,t=2,p=1") && !world.store.dump().contains("m=8,t=1,p=1"));
    assert!(dearer.session_valid(&session).unwrap());
    assert_eq!(world.count("user.password_changed"), 0);
    let before = world.store.dump();
    login(PASSWORD).unwrap();
    assert_eq!(world.store.dump(), before);
}

// Resets.

#[test]
fn a_reset_makes_a_new_password_and_ends_every_session() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let session = world.sign_in("anna@people.example", PASSWORD).unwrap();
    let started = world.sys(StartReset { user, to: AddressKind::Login });
    assert_eq!(started.send_to, Some(addr("anna@people.example")));
    assert!(world.directory.session_valid(&session).unwrap());
    let token = started.token.unwrap().reveal();
    assert_eq!(world.run(Actor::Bearer, finish(&token, OTHER_PASSWORD)), user);
    assert!(!world.directory.session_valid(&session).unwrap());
    assert_eq!(world.signs_in("anna@people.example", OTHER_PASSWORD), Ok(()));
    assert!(world.signs_in("anna@people.example", PASSWORD).is_err());
}

#[test]
fn a_reset_token_works_once() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let token = reset_token(&world, user);
    world.run(Actor::Bearer, finish(&token, OTHER_PASSWORD));
    world.refused(Actor::Bearer, finish(&token, PASSWORD), "token.invalid");
}

#[test]
fn a_reset_token_is_good_for_an_hour_and_not_a_millisecond_longer() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let token = reset_token(&world, user);
    let end = world.now().plus(seconds(3_600));
    world.set(end);
    world.refused(Actor::Bearer, finish(&token, OTHER_PASSWORD), "token.expired");
    world.set(end.minus(Duration::from_millis(1)));
    world.run(Actor::Bearer, finish(&token, OTHER_PASSWORD));
}

#[test]
fn a_newer_reset_token_ends_the_one_before() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let first = reset_token(&world, user);
    reset_token(&world, user);
    world.refused(Actor::Bearer, finish(&first, OTHER_PASSWORD), "token.invalid");
}

#[test]
fn a_changed_password_ends_the_reset_token() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let token = reset_token(&world, user);
    world.run(user, change(user, PASSWORD, OTHER_PASSWORD));
    world.refused(Actor::Bearer, finish(&token, PASSWORD), "token.invalid");
}

#[test]
fn a_reset_that_went_to_an_address_ends_with_the_address() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.run(user, SetRecoveryAddress { user, address: addr("spare@people.example") });
    let token = world.sys(IssueConfirmation { user, of: AddressKind::Recovery }).token.reveal();
    world.run(Actor::Bearer, ConfirmAddress { token: (&*token).into() });
    let reset = world.sys(StartReset { user, to: AddressKind::Recovery }).token.unwrap().reveal();
    world.run(user, RemoveRecoveryAddress { user });
    world.refused(Actor::Bearer, finish(&reset, OTHER_PASSWORD), "token.invalid");
}

#[test]
fn a_reset_goes_to_verified_addresses_alone() {
    let world = World::new();
    let user = world.sys(RegisterUser::new(addr("anna@people.example"), "Anna")).user;
    let reset = |to| StartReset { user, to };
    world.refused(world.system.clone(), reset(AddressKind::Login), "reset.unverified");
    world.refused(world.system.clone(), reset(AddressKind::Recovery), "reset.unverified");
    world.run(user, SetRecoveryAddress { user, address: addr("spare@people.example") });
    world.refused(world.system.clone(), reset(AddressKind::Recovery), "reset.unverified");
    let token = world.sys(IssueConfirmation { user, of: AddressKind::Recovery }).token.reveal();
    world.run(Actor::Bearer, ConfirmAddress { token: (&*token).into() });
    let started = world.sys(reset(AddressKind::Recovery));
    assert_eq!(started.send_to, Some(addr("spare@people.example")));
}

#[test]
fn the_person_and_their_administrators_ask_for_a_reset_and_get_nothing_secret() {
    let business = Business::new();
    let user = business.assistant;
    let admin = business.member(business.organisation, "alma@people.example", Role::Admin);
    for actor in [user, admin, business.owner] {
        let started = business.run(actor, StartReset { user, to: AddressKind::Login });
        assert!(started.token.is_none() && started.send_to.is_none());
    }
    assert_eq!(business.count("user.reset_asked"), 3);
    assert_eq!(business.count("user.reset_issued"), 0);
}

#[test]
fn others_ask_for_no_reset_of_somebody_they_do_not_administer() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.organisation(business.outsider, "mill.example");
    let manager = business.manager(organisation, "mia@people.example", Service::Mail);
    let suspended = business.member(organisation, "alma@people.example", Role::Admin);
    business.run(business.owner, SuspendMember { organisation, user: suspended });
    for actor in [Actor::User(business.outsider), Actor::User(manager), Actor::User(suspended), Actor::Bearer]
    {
        business.refused(actor, StartReset { user, to: AddressKind::Login }, "user.not_found");
    }
}

#[test]
fn an_administrator_of_a_suspended_organisation_asks_for_no_reset() {
    let business = Business::new();
    let user = business.assistant;
    business.sys(SuspendOrganisation { organisation: business.organisation });
    let asked =
        business.directory.run(&Actor::User(business.owner), StartReset { user, to: AddressKind::Login });
    assert!(asked.is_err());
    assert_eq!(business.count("user.reset_asked"), 0);
}

#[test]
fn a_suspended_person_gets_no_reset_and_finishes_none() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let token = reset_token(&world, user);
    world.sys(SuspendUser { user });
    world.refused(world.system.clone(), StartReset { user, to: AddressKind::Login }, "user.state");
    world.refused(Actor::Bearer, finish(&token, OTHER_PASSWORD), "token.invalid");
    world.sys(ResumeUser { user });
    world.refused(Actor::Bearer, finish(&token, OTHER_PASSWORD), "token.invalid");
}

/// A person whose login is hosted here, and their mailbox.
fn hosted(business: &Business) -> (UserId, MailboxId) {
    let mailbox = business.mailbox(business.organisation, "helen@bakery.example");
    let user = business.member(business.organisation, "helen@bakery.example", Role::Collaborator);
    business.grant(mailbox, user, [Right::Send, Right::Devices]);
    (user, mailbox)
}

#[test]
fn a_reset_to_a_mailbox_that_its_user_alone_reads_goes_there() {
    let business = Business::new();
    let (user, mailbox) = hosted(&business);
    business.device(user, mailbox, [Protocol::Imap]);
    reset_token(&business, user);
}

#[test]
fn a_reset_to_a_mailbox_that_somebody_else_reads_is_refused() {
    let business = Business::new();
    let (user, mailbox) = hosted(&business);
    let end = business.now().plus(seconds(60));
    business.sys(GrantAccess::new(mailbox, business.assistant).rights([]).expires(end));
    let reset = || StartReset { user, to: AddressKind::Login };
    business.refused(business.system.clone(), reset(), "reset.exposed");
    business.set(end.minus(Duration::from_millis(1)));
    business.refused(business.system.clone(), reset(), "reset.exposed");
    business.set(end);
    business.sys(reset());
}

#[test]
fn a_reset_to_a_mailbox_that_a_device_of_nobody_or_somebody_reads_is_refused() {
    let business = Business::new();
    let (user, mailbox) = hosted(&business);
    let robot = business.robot(mailbox, [Protocol::Imap]).id;
    let reset = || StartReset { user, to: AddressKind::Login };
    business.refused(business.system.clone(), reset(), "reset.exposed");
    business.sys(RevokeDevice { device: robot });
    business.sys(reset());
    let made_for_her = AddDevice::new(mailbox, "laptop").holder(For::User(user)).protocols([Protocol::Imap]);
    business.run(business.owner, made_for_her);
    business.refused(business.system.clone(), reset(), "reset.exposed");
}

#[test]
fn a_reset_is_refused_however_its_mail_gets_to_a_mailbox_of_others() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.domain(organisation, "all.example");
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    let people = [
        "contact@bakery.example",
        "hello@bakery.example",
        "contact+anna@bakery.example",
        "contact@pastry.example",
        "any@all.example",
    ]
    .map(|login| business.person(login));
    let of = Some("bakery.example".parse().unwrap());
    business.run(
        business.owner,
        SetDomainAlias {
            organisation,
            domain: "pastry.example".parse().unwrap(),
            of,
            on_dependants: OnDependants::Refuse,
        },
    );
    business.run(
        business.owner,
        SetCatchAll {
            organisation,
            domain: "all.example".parse().unwrap(),
            mailbox: Some(business.contact),
            on_dependants: OnDependants::Refuse,
        },
    );
    for user in people {
        business.refused(
            business.system.clone(),
            StartReset { user, to: AddressKind::Login },
            "reset.exposed",
        );
    }
}

// Devices: whose password, which address.

#[test]
fn a_device_password_opens_exactly_its_mailbox_under_its_own_address() {
    let business = Business::new();
    let organisation = business.organisation;
    let other = business.mailbox(organisation, "other@bakery.example");
    business.domain(organisation, "pastry.example");
    let of = Some("bakery.example".parse().unwrap());
    business.sys(SetDomainAlias {
        organisation,
        domain: "pastry.example".parse().unwrap(),
        of,
        on_dependants: OnDependants::Refuse,
    });
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    let issued = business.robot(business.contact, [Protocol::Imap]);
    let (id, password) = (issued.id, issued.password.reveal());
    business.robot(other, [Protocol::Imap]);
    let session = business.login("CONTACT@Bakery.example", &password, Protocol::Imap).unwrap();
    assert_eq!((session.device, session.mailbox, session.organisation), (id, business.contact, organisation));
    for (address, reason) in [
        ("hello@bakery.example", "an alias does not log in"),
        ("contact@pastry.example", "an alias does not log in"),
        ("other@bakery.example", "wrong password"),
        ("contact+x@bakery.example", "unknown address"),
        ("nobody@bakery.example", "unknown address"),
        ("contact@elsewhere.example", "unknown address"),
        ("contact", "unknown address"),
        ("", "unknown address"),
    ] {
        assert_eq!(business.opens(address, &password, Protocol::Imap).unwrap_err(), reason, "{address}");
    }
}

#[test]
fn typing_a_device_password_is_forgiving() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let plain = password.replace('-', "");
    for typed in [
        password.to_uppercase(),
        plain.clone(),
        plain.replace('0', "o").replace('1', "l"),
        plain.replace('0', "O").replace('1', "I"),
        format!("  {} ", password.replace('-', " ")),
        password.replace('-', "\u{2013}"),
    ] {
        assert_eq!(business.opens(CONTACT, &typed, Protocol::Imap), Ok(()), "{typed}");
    }
}

#[test]
fn any_other_text_is_no_device_password_and_refused_at_once() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let before = business.store.dump();
    for typed in [
        "",
        "x",
        &password[1..],
        &format!("{password}0"),
        PASSWORD,
        &password.replace('-', "_"),
        &"0".repeat(100_000),
    ] {
        let refusal = business.login(CONTACT, typed, Protocol::Imap).unwrap_err();
        assert!(matches!(refusal.reason(), Reason::NotADevicePassword), "{refusal:?}");
    }
    assert_eq!(business.store.dump(), before);
}

#[test]
fn a_device_password_signs_no_person_in_and_a_persons_password_opens_no_mailbox() {
    let business = Business::new();
    let mailbox = business.mailbox(business.organisation, "helen@bakery.example");
    let user = business.member(business.organisation, "helen@bakery.example", Role::Collaborator);
    business.grant(mailbox, user, [Right::Send, Right::Devices]);
    let phone = business.device(user, mailbox, [Protocol::Imap]).password.reveal();
    assert_eq!(business.signs_in("helen@bakery.example", &phone).unwrap_err(), "wrong password");
    assert!(business.opens("helen@bakery.example", PASSWORD, Protocol::Imap).is_err());
}

#[test]
fn a_persons_password_opens_no_mailbox_where_legacy_passwords_are_allowed_either() {
    let (business, _) = with_legacy();
    let mailbox = business.mailbox(business.organisation, "helen@bakery.example");
    let user = business.member(business.organisation, "helen@bakery.example", Role::Collaborator);
    business.grant(mailbox, user, [Right::Send]);
    assert_eq!(
        business.opens("helen@bakery.example", PASSWORD, Protocol::Imap).unwrap_err(),
        "wrong password"
    );
}

#[test]
fn device_logins_are_refused_alike_outside() {
    let business = Business::new();
    let issued = business.robot(business.contact, [Protocol::Imap]);
    let password = issued.password.reveal();
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    business.sys(RevokeDevice { device: issued.id });
    for _ in 0..8 {
        for (address, typed) in [
            (CONTACT, &*password),
            (CONTACT, NOBODYS),
            ("hello@bakery.example", NOBODYS),
            ("x@bakery.example", NOBODYS),
            (CONTACT, "wrong"),
        ] {
            let refusal = business.login(address, typed, Protocol::Imap).unwrap_err();
            assert_eq!((refusal.to_string().as_str(), refusal.retry_after()), ("login refused", None));
        }
    }
}

#[test]
fn guessing_at_device_passwords_writes_nothing_and_locks_nothing() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let wrong = format!("{}{}", &password[..password.len() - 5], "zzzzz");
    let before = business.store.dump();
    for _ in 0..200 {
        assert_eq!(business.opens(CONTACT, &wrong, Protocol::Imap).unwrap_err(), "wrong password");
    }
    assert_eq!(business.store.dump(), before);
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
}

#[test]
fn an_attempt_with_a_revoked_devices_password_is_known_for_what_it_is() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, password) = (phone.id, phone.password.reveal());
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    business.run(business.assistant, RevokeDevice { device: id });
    assert!(!business.directory.session_valid(&session).unwrap());
    let refusal = business.login(CONTACT, &password, Protocol::Imap).unwrap_err();
    assert!(matches!(refusal.reason(), Reason::Device(DeviceObstacle::Revoked)), "{refusal:?}");
    assert_eq!(refusal.device(), Some(id));
    let guessed = business.login(CONTACT, NOBODYS, Protocol::Imap).unwrap_err();
    assert_eq!(guessed.device(), None);
}

// Devices: what stands in the way.

#[test]
fn a_device_speaks_only_its_protocols() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap, Protocol::CalDav]).password.reveal();
    for protocol in Protocol::ALL {
        let opens = business.opens(CONTACT, &password, *protocol).is_ok();
        assert_eq!(opens, matches!(protocol, Protocol::Imap | Protocol::CalDav), "{protocol}");
    }
    assert_eq!(
        business.opens(CONTACT, &password, Protocol::Smtp).unwrap_err(),
        "the device's password, but: protocol"
    );
}

#[test]
fn a_device_with_networks_logs_in_from_there_alone() {
    let business = Business::new();
    let add = AddDevice::new(business.contact, "CRM")
        .holder(For::Nobody { handed_to: None })
        .protocols([Protocol::Imap])
        .networks(["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
    let password = business.sys(add).password.reveal();
    for inside in ["192.0.2.0", "192.0.2.255", "2001:db8::7", "::ffff:192.0.2.7"] {
        assert_eq!(from(&business, &password, Some(inside)), Ok(()), "{inside}");
    }
    for outside in [
        Some("192.0.3.0"),
        Some("2001:db9::"),
        Some("::ffff:192.0.3.1"),
        Some("::192.0.2.7"),
        Some("::1"),
        None,
    ] {
        let refused = from(&business, &password, outside).unwrap_err();
        assert_eq!(refused, "the device's password, but: network", "{outside:?}");
    }
}

#[test]
fn a_device_without_networks_logs_in_from_everywhere_and_nowhere() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    for source in [Some("192.0.2.1"), Some("2001:db8::7"), None] {
        assert_eq!(from(&business, &password, source), Ok(()));
    }
}

#[test]
fn a_session_ends_where_a_network_is_taken_from_its_device() {
    let business = Business::new();
    let issued = business.robot(business.contact, [Protocol::Imap]);
    let password = issued.password.reveal();
    let login = DeviceLogin {
        address: CONTACT,
        password: &password,
        protocol: Protocol::Imap,
        from: Some("192.0.2.1".parse().unwrap()),
    };
    let session = business.directory.login_device(&login).unwrap();
    let bounds = Bounds {
        protocols: [Protocol::Imap].into(),
        networks: Some(vec!["198.51.100.0/24".parse().unwrap()]),
        expires: None,
    };
    business.sys(NarrowDevice { device: issued.id, bounds });
    assert!(!business.directory.session_valid(&session).unwrap());
}

#[test]
fn a_device_is_good_to_the_last_millisecond_before_its_expiry() {
    let business = Business::new();
    let end = business.now().plus(seconds(60));
    let add = AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]).expires(end);
    let password = business.run(business.assistant, add).password.reveal();
    business.set(end.minus(Duration::from_millis(1)));
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    assert!(business.directory.session_valid(&session).unwrap());
    business.set(end);
    assert_eq!(
        business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(),
        "the device's password, but: expired"
    );
    assert!(!business.directory.session_valid(&session).unwrap());
}

#[test]
fn a_device_never_outlives_its_holders_grant() {
    let business = Business::new();
    let user = business.member(business.organisation, "eve@people.example", Role::External);
    let end = business.now().plus(seconds(60));
    business.sys(GrantAccess::new(business.contact, user).rights([Right::Devices]).expires(end));
    let password = business.device(user, business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    business.set(end);
    assert_eq!(
        business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(),
        "the device's password, but: holder"
    );
    assert!(!business.directory.session_valid(&session).unwrap());
    business.set(end.minus(Duration::from_millis(1)));
    assert!(business.directory.session_valid(&session).unwrap());
}

#[test]
fn a_device_never_exceeds_its_holders_grant() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let all = [Right::Send, Right::Devices, Right::Filters, Right::Forwarding];
    let set = |rights: &[Right]| ChangeGrant { mailbox, user, rights: rights.iter().copied().collect() };
    business.sys(set(&all));
    let protocols = [Protocol::Imap, Protocol::Smtp, Protocol::ManageSieve];
    let password = business.device(user, mailbox, protocols).password.reveal();
    for protocol in protocols {
        assert_eq!(business.opens(CONTACT, &password, protocol), Ok(()));
    }
    let sending = business.login(CONTACT, &password, Protocol::Smtp).unwrap();
    assert_eq!(sending.rights, Rights::from(all));
    business.sys(set(&[Right::Filters]));
    assert!(!business.directory.session_valid(&sending).unwrap());
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
    for protocol in [Protocol::Smtp, Protocol::ManageSieve] {
        assert_eq!(
            business.opens(CONTACT, &password, protocol).unwrap_err(),
            "the device's password, but: holder_right"
        );
    }
    business.sys(set(&[Right::Forwarding]));
    assert!(business.opens(CONTACT, &password, Protocol::ManageSieve).is_err());
    business.sys(set(&[Right::Filters, Right::Forwarding]));
    assert_eq!(business.opens(CONTACT, &password, Protocol::ManageSieve), Ok(()));
}

#[test]
fn losing_the_right_to_add_devices_stops_no_device() {
    let business = Business::new();
    let password = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    business.sys(ChangeGrant { mailbox: business.contact, user: business.assistant, rights: Rights::EMPTY });
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
}

#[test]
fn held_sending_stops_smtp_and_nothing_else_with_or_without_a_holder() {
    let business = Business::new();
    let protocols = [Protocol::Imap, Protocol::Smtp];
    let phone = business.device(business.assistant, business.contact, protocols).password.reveal();
    let robot = business.robot(business.contact, protocols).password.reveal();
    business.run(business.owner, HoldSending { mailbox: business.contact });
    for password in [&phone, &robot] {
        assert_eq!(business.opens(CONTACT, password, Protocol::Imap), Ok(()));
        assert_eq!(
            business.opens(CONTACT, password, Protocol::Smtp).unwrap_err(),
            "the device's password, but: sending_held"
        );
        let session = business.login(CONTACT, password, Protocol::Imap).unwrap();
        assert!(!session.rights.contains(Right::Send));
    }
    business.run(business.owner, ReleaseSending { mailbox: business.contact });
    assert_eq!(business.opens(CONTACT, &robot, Protocol::Smtp), Ok(()));
}

#[test]
fn a_suspended_mailbox_lets_nobody_in_and_a_closed_one_neither() {
    let business = Business::new();
    let mailbox = business.contact;
    let password = business.robot(mailbox, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    let on_dependants = OnDependants::Refuse;
    business.run(business.owner, SuspendMailbox { mailbox, on_dependants });
    assert_eq!(
        business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(),
        "the device's password, but: mailbox_suspended"
    );
    assert!(!business.directory.session_valid(&session).unwrap());
    business.run(business.owner, ResumeMailbox { mailbox });
    business.run(business.owner, CloseMailbox { mailbox, on_dependants });
    assert_eq!(
        business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(),
        "the device's password, but: mailbox_closed"
    );
    business.run(business.owner, ReopenMailbox { mailbox });
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
    business.run(business.owner, DeleteMailbox { mailbox, on_dependants });
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(), "unknown address");
}

#[test]
fn every_link_of_the_holders_access_stops_their_device_and_no_other() {
    let business = Business::new();
    let (organisation, user, mailbox) = (business.organisation, business.assistant, business.contact);
    let phone = business.device(user, mailbox, [Protocol::Imap]).password.reveal();
    let robot = business.robot(mailbox, [Protocol::Imap]).password.reveal();
    let stopped = || {
        assert_eq!(
            business.opens(CONTACT, &phone, Protocol::Imap).unwrap_err(),
            "the device's password, but: holder"
        );
        assert_eq!(business.opens(CONTACT, &robot, Protocol::Imap), Ok(()));
    };
    business.sys(SuspendUser { user });
    stopped();
    business.sys(ResumeUser { user });
    business.run(business.owner, SuspendMember { organisation, user });
    stopped();
    business.run(business.owner, ResumeMember { organisation, user });
    assert_eq!(business.opens(CONTACT, &phone, Protocol::Imap), Ok(()));
    business.run(user, DeleteUser { user });
    stopped();
}

#[test]
fn an_organisation_that_is_suspended_or_gone_lets_no_device_in() {
    let business = Business::new();
    let organisation = business.organisation;
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    business.sys(SuspendOrganisation { organisation });
    assert!(!business.directory.session_valid(&session).unwrap());
    business.sys(ResumeOrganisation { organisation });
    assert!(business.directory.session_valid(&session).unwrap());
    business.sys(DeleteOrganisation { organisation, on_dependants: OnDependants::Refuse });
    assert!(!business.directory.session_valid(&session).unwrap());
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(), "unknown address");
}

#[test]
fn a_renamed_mailbox_is_opened_under_its_new_address_alone() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    let rename = RenameMailbox {
        mailbox: business.contact,
        address: addr("info@bakery.example"),
        former: FormerAddress::Alias,
        reclaim: Reclaim::No,
        on_dependants: OnDependants::Refuse,
    };
    business.run(business.owner, rename);
    assert_eq!(business.opens("info@bakery.example", &password, Protocol::Imap), Ok(()));
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap).unwrap_err(), "an alias does not log in");
    assert!(business.directory.session_valid(&session).unwrap());
}

// Rotation.

#[test]
fn both_passwords_work_until_the_grace_time_ends_to_the_millisecond() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, old) = (phone.id, phone.password.reveal());
    let session = business.login(CONTACT, &old, Protocol::Imap).unwrap();
    business.run(business.assistant, RotateDevice::new(id));
    business.set(business.now().plus(seconds(86_400)).minus(Duration::from_millis(1)));
    assert_eq!(business.opens(CONTACT, &old, Protocol::Imap), Ok(()));
    assert!(business.directory.session_valid(&session).unwrap());
    business.advance(Duration::from_millis(1));
    let refusal = business.login(CONTACT, &old, Protocol::Imap).unwrap_err();
    assert!(matches!(refusal.reason(), Reason::Device(DeviceObstacle::Replaced)));
    assert_eq!(refusal.device(), Some(id));
    assert!(!business.directory.session_valid(&session).unwrap());
}

#[test]
fn the_first_use_of_the_new_password_ends_the_old_one_with_one_event_once() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, old) = (phone.id, phone.password.reveal());
    let session = business.login(CONTACT, &old, Protocol::Imap).unwrap();
    let new = business.run(business.assistant, RotateDevice::new(id)).password.reveal();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (directory, new) = (&business.directory, &*new);
            scope.spawn(move || {
                let login =
                    DeviceLogin { address: CONTACT, password: new, protocol: Protocol::Imap, from: None };
                directory.login_device(&login).unwrap();
            });
        }
    });
    assert_eq!(business.opens(CONTACT, &new, Protocol::Imap), Ok(()));
    assert_eq!(business.count("device.overlap_ended"), 1);
    assert_eq!(
        business.opens(CONTACT, &old, Protocol::Imap).unwrap_err(),
        "the device's password, but: replaced"
    );
    assert!(!business.directory.session_valid(&session).unwrap());
    let renewed = business.login(CONTACT, &new, Protocol::Imap).unwrap();
    assert!(business.directory.session_valid(&renewed).unwrap());
}

#[test]
fn a_new_password_used_after_the_grace_time_writes_nothing() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let new = business.run(business.assistant, RotateDevice::new(phone.id)).password.reveal();
    business.days(2);
    let before = business.store.dump();
    assert_eq!(business.opens(CONTACT, &new, Protocol::Imap), Ok(()));
    assert_eq!(business.store.dump(), before);
}

#[test]
fn a_leaked_password_ends_at_once() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, old) = (phone.id, phone.password.reveal());
    let new = business.run(business.assistant, RotateDevice::new(id).grace(Duration::ZERO)).password.reveal();
    assert_eq!(
        business.opens(CONTACT, &old, Protocol::Imap).unwrap_err(),
        "the device's password, but: replaced"
    );
    assert_eq!(business.opens(CONTACT, &new, Protocol::Imap), Ok(()));
}

#[test]
fn an_overlap_lasts_thirty_days_at_most() {
    let business = Business::new();
    let id = business.device(business.assistant, business.contact, [Protocol::Imap]).id;
    let too_long = RotateDevice::new(id).grace(seconds(30 * 86_400 + 1));
    business.refused(business.assistant, too_long, "device.grace");
    business.run(business.assistant, RotateDevice::new(id).grace(seconds(30 * 86_400)));
}

#[test]
fn a_device_rotated_twice_has_two_passwords_not_three() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, first) = (phone.id, phone.password.reveal());
    let session = business.login(CONTACT, &first, Protocol::Imap).unwrap();
    let second = business.run(business.assistant, RotateDevice::new(id)).password.reveal();
    let third = business.run(business.assistant, RotateDevice::new(id)).password.reveal();
    assert!(business.opens(CONTACT, &first, Protocol::Imap).is_err());
    assert!(!business.directory.session_valid(&session).unwrap());
    assert_eq!(business.opens(CONTACT, &second, Protocol::Imap), Ok(()));
    assert_eq!(business.opens(CONTACT, &third, Protocol::Imap), Ok(()));
}

#[test]
fn revoking_a_device_ends_both_of_its_passwords() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    let (id, old) = (phone.id, phone.password.reveal());
    let new = business.run(business.assistant, RotateDevice::new(id)).password.reveal();
    business.run(business.assistant, RevokeDevice { device: id });
    for password in [&old, &new] {
        let refusal = business.login(CONTACT, password, Protocol::Imap).unwrap_err();
        assert_eq!(refusal.device(), Some(id));
        assert!(matches!(refusal.reason(), Reason::Device(DeviceObstacle::Revoked)));
    }
}

// Sessions.

#[test]
fn a_persons_session_ends_with_a_suspension_and_stays_ended() {
    let world = World::new();
    let user = world.person("anna@people.example");
    let session = world.sign_in("anna@people.example", PASSWORD).unwrap();
    world.sys(SuspendUser { user });
    assert!(!world.directory.session_valid(&session).unwrap());
    world.sys(ResumeUser { user });
    assert!(!world.directory.session_valid(&session).unwrap());
    assert!(world.directory.session_valid(&world.sign_in("anna@people.example", PASSWORD).unwrap()).unwrap());
}

#[test]
fn a_persons_new_password_ends_no_session_of_their_devices() {
    let business = Business::new();
    let password = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    business.run(business.assistant, change(business.assistant, PASSWORD, OTHER_PASSWORD));
    assert!(business.directory.session_valid(&session).unwrap());
}

#[test]
fn a_session_that_was_stored_as_json_is_the_same_session_and_holds_no_secret() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    let json = serde_json::to_string(&session).unwrap();
    assert!(!json.contains(&password[5..]));
    let read: DeviceSession = serde_json::from_str(&json).unwrap();
    assert_eq!(read, session);
    assert!(business.directory.session_valid(&read).unwrap());
}

#[test]
fn a_session_of_a_device_that_is_gone_is_over() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    business.sys(DeleteMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse });
    business.sys(organisation::Sweep::default());
    assert!(!business.directory.session_valid(&session).unwrap());
}

// Legacy passwords.

#[test]
fn passwords_of_another_system_are_refused_unless_the_directory_allows_them() {
    let business = Business::new();
    business.refused(
        business.system.clone(),
        legacy_device(business.contact, LEGACY_PHC),
        "device.legacy_refused",
    );
    assert_eq!(
        business.opens(CONTACT, "password", Protocol::Imap).unwrap_err(),
        "not in the form of a device password"
    );
}

#[test]
fn a_legacy_password_opens_its_mailbox_and_is_renewed_at_todays_costs() {
    let (business, device) = with_legacy();
    let session = business.login(CONTACT, "password", Protocol::Imap).unwrap();
    assert_eq!((session.device, session.selector), (device, None));
    assert!(business.directory.session_valid(&session).unwrap());
    assert!(!business.store.dump().contains("m=256"));
    assert_eq!(business.opens(CONTACT, "Password", Protocol::Imap).unwrap_err(), "wrong password");
    assert_eq!(
        business.opens(CONTACT, "password", Protocol::Pop3).unwrap_err(),
        "the device's password, but: protocol"
    );
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    assert_eq!(
        business.opens("hello@bakery.example", "password", Protocol::Imap).unwrap_err(),
        "an alias does not log in"
    );
}

#[test]
fn a_mailbox_has_one_legacy_password() {
    let (business, _) = with_legacy();
    business.refused(
        business.system.clone(),
        legacy_device(business.contact, LEGACY_PHC),
        "device.legacy_taken",
    );
}

#[test]
fn only_the_host_brings_legacy_passwords() {
    let (business, _) = with_legacy();
    let mailbox = business.mailbox(business.organisation, "other@bakery.example");
    business.refused(business.owner, legacy_device(mailbox, LEGACY_PHC), "access.denied");
}

#[test]
fn a_legacy_hash_of_absurd_or_foreign_costs_is_refused_and_not_shown() {
    let (business, _) = with_legacy();
    let mailbox = business.mailbox(business.organisation, "other@bakery.example");
    for phc in [
        LEGACY_PHC.replace("m=256", "m=4294967295"),
        LEGACY_PHC.replace("m=256", "m=65537"),
        LEGACY_PHC.replace("t=2", "t=11"),
        LEGACY_PHC.replace("argon2id", "argon2i"),
        "{SSHA}bm90aGluZw==".into(),
        String::new(),
    ] {
        let error =
            business.refused(business.system.clone(), legacy_device(mailbox, &phc), "device.legacy_refused");
        assert!(phc.is_empty() || !format!("{error:?}").contains(&phc));
    }
}

#[test]
fn legacy_passwords_are_throttled_and_locked_like_a_persons_and_look_alike_outside() {
    let (business, device) = with_legacy();
    let contact = |password: &str| business.login(CONTACT, password, Protocol::Imap).unwrap_err();
    for _ in 0..100 {
        let known = contact("wrong");
        let unknown = business.login("nobody@bakery.example", "wrong", Protocol::Imap).unwrap_err();
        assert_eq!((known.to_string(), known.retry_after()), (unknown.to_string(), unknown.retry_after()));
        business.advance(known.retry_after().unwrap_or_default());
    }
    assert_eq!(business.count("device.password_disabled"), 1);
    business.days(1);
    assert_eq!(contact("password").reason().to_string(), "the password is disabled after too many failures");
    let rotated = business.sys(RotateDevice::new(device)).password.reveal();
    assert_eq!(business.opens(CONTACT, &rotated, Protocol::Imap), Ok(()));
}

#[test]
fn device_passwords_are_never_throttled_by_guesses_at_the_legacy_one() {
    let (business, _) = with_legacy();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    for _ in 0..20 {
        business.login(CONTACT, "wrong", Protocol::Imap).unwrap_err();
    }
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
}

#[test]
fn a_rotated_legacy_device_is_a_device_like_any_other() {
    let (business, device) = with_legacy();
    let password = business.sys(RotateDevice::new(device).grace(Duration::ZERO)).password.reveal();
    assert_eq!(business.opens(CONTACT, &password, Protocol::Imap), Ok(()));
    assert!(business.opens(CONTACT, "password", Protocol::Imap).is_err());
}

#[test]
fn a_revoked_legacy_device_opens_nothing() {
    let (business, device) = with_legacy();
    let session = business.login(CONTACT, "password", Protocol::Imap).unwrap();
    business.sys(RevokeDevice { device });
    assert!(business.opens(CONTACT, "password", Protocol::Imap).is_err());
    assert!(!business.directory.session_valid(&session).unwrap());
    business.sys(legacy_device(business.contact, LEGACY_PHC));
    assert_eq!(business.opens(CONTACT, "password", Protocol::Imap), Ok(()));
}

// The past.

#[test]
fn nobody_logs_in_to_the_past() {
    let business = Business::new();
    let password = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login(CONTACT, &password, Protocol::Imap).unwrap();
    let past = business.directory.at(&business.system, business.organisation, business.now()).unwrap();
    let login = DeviceLogin { address: CONTACT, password: &password, protocol: Protocol::Imap, from: None };
    for refusal in [
        past.login_device(&login).unwrap_err(),
        past.login_user(&UserLogin { login: ADA, password: PASSWORD }).unwrap_err(),
    ] {
        let Reason::Failed(error) = refusal.reason() else { panic!("{refusal:?}") };
        assert_eq!(error.code(), Code::DirectoryPast);
    }
    business.hidden(past.session_valid(&session), "directory.past");
    let refused = past.run(&business.system, SuspendUser { user: business.assistant });
    assert_eq!(code(refused), Some(Code::DirectoryPast));
}
