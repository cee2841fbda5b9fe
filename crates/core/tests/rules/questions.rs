//! The rules of the questions: who may ask what, what the answers say, and how they come in pages.

use std::fmt::Debug;
use std::time::Duration;

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For};
use mailgrant::domain::AddDomain;
use mailgrant::grant::{ChangeGrant, GrantAccess, SetGrantExpiry};
use mailgrant::invitation::Invite;
use mailgrant::mailbox::*;
use mailgrant::membership::{AddMember, SuspendMember};
use mailgrant::organisation::SuspendOrganisation;
use mailgrant::user::{DeleteUser, SuspendUser};
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const MINUTE: Duration = Duration::from_secs(60);

fn page() -> PageRequest {
    PageRequest::default()
}

fn invite(b: &Business, actor: UserId, address: &str) -> InvitationId {
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
    b.run(actor, Invite { organisation: b.organisation, address: addr(address), offer }).invitation
}

fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

// May, and the whole chain

/// The obstacles of the whole chain, as `link:obstacle`.
fn chain(b: &Business, right: Right) -> Vec<String> {
    let explained = b.directory.explain(&b.system, b.assistant, right, b.contact).unwrap();
    let links: Vec<Link> = explained.chain.iter().map(|link| link.link).collect();
    assert_eq!(links, Link::ALL, "every link, in order");
    let found: Vec<String> = explained
        .chain
        .iter()
        .filter_map(|link| link.obstacle.map(|obstacle| format!("{}:{obstacle}", link.link)))
        .collect();
    assert_eq!(explained.allowed, found.is_empty());
    let first = found.first().map_or("-", |found| found.split(':').next_back().unwrap());
    assert_eq!(b.obstacle(b.assistant, right, b.contact), first, "`may` names the first");
    found
}

#[test]
fn each_missing_link_of_the_chain_is_named() {
    type Case = (fn(&Business), Right, &'static [&'static str]);
    let cases: [Case; 13] = [
        (|_| {}, Right::Send, &[]),
        (|b| b.sys(SuspendUser { user: b.assistant }), Right::Read, &["user:user_suspended"]),
        (|b| drop(b.sys(DeleteUser { user: b.assistant })), Right::Read, &["user:user_unknown"]),
        (
            |b| b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse }),
            Right::Read,
            &["mailbox:mailbox_suspended"],
        ),
        (
            |b| b.sys(CloseMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse }),
            Right::Read,
            &["mailbox:mailbox_closed"],
        ),
        (
            |b| b.sys(SuspendOrganisation { organisation: b.organisation }),
            Right::Read,
            &["organisation:organisation_suspended"],
        ),
        (
            |b| b.sys(SuspendMember { organisation: b.organisation, user: b.assistant }),
            Right::Read,
            &["membership:membership_suspended"],
        ),
        (
            |b| drop(b.run(b.assistant, mailgrant::membership::Leave { organisation: b.organisation })),
            Right::Read,
            &["membership:membership_missing", "grant:grant_missing"],
        ),
        (
            |b| drop(b.run(b.assistant, mailgrant::grant::GiveUpGrant { mailbox: b.contact })),
            Right::Send,
            &["grant:grant_missing", "right:right_missing"],
        ),
        (
            |b| {
                let expires = Some(b.in_days(1));
                b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires });
                b.days(1);
            },
            Right::Read,
            &["grant:grant_expired"],
        ),
        (|_| {}, Right::Security, &["right:right_missing"]),
        (|b| b.sys(HoldSending { mailbox: b.contact }), Right::Send, &["sending:sending_held"]),
        (|b| b.sys(HoldSending { mailbox: b.contact }), Right::Read, &[]),
    ];
    for (place, (prepare, right, expected)) in cases.into_iter().enumerate() {
        let b = Business::new();
        prepare(&b);
        assert_eq!(chain(&b, right), expected, "case {place}");
    }
}

#[test]
fn every_broken_link_is_named_at_once_and_may_names_the_first() {
    let b = Business::new();
    b.sys(HoldSending { mailbox: b.contact });
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: Rights::EMPTY });
    b.sys(SuspendMember { organisation: b.organisation, user: b.assistant });
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse });
    b.sys(SuspendUser { user: b.assistant });
    b.sys(SuspendOrganisation { organisation: b.organisation });
    assert_eq!(
        chain(&b, Right::Send),
        [
            "user:user_suspended",
            "mailbox:mailbox_suspended",
            "organisation:organisation_suspended",
            "membership:membership_suspended",
            "right:right_missing",
            "sending:sending_held",
        ]
    );
}

#[test]
fn an_explanation_says_until_when() {
    let b = Business::new();
    let explain = || b.directory.explain(&b.system, b.assistant, Right::Read, b.contact).unwrap();
    assert_eq!(explain().until, None);
    let expires = Some(b.in_days(1));
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires });
    assert_eq!(explain().until, expires);
}

#[test]
fn one_learns_why_ones_own_grant_gives_nothing_any_more() {
    let b = Business::new();
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires: Some(b.in_days(1)) });
    b.days(1);
    let own = b.directory.explain(&Actor::User(b.assistant), b.assistant, Right::Read, b.contact).unwrap();
    assert!(!own.allowed);
}

#[test]
fn one_learns_nothing_of_a_mailbox_that_was_never_granted() {
    let b = Business::new();
    let crowd = b.crowd();
    for user in [crowd.collaborator, b.outsider, crowd.rival] {
        let own = b.directory.explain(&Actor::User(user), user, Right::Read, b.contact);
        assert_eq!(code(own), Some(Code::MailboxNotFound));
    }
}

// Who may ask

/// What each asker gets, in a line each: `ok` or the code of the refusal.
fn askers<T: Debug>(b: &Business, crowd: &Crowd, ask: impl Fn(&Actor) -> Result<T, Error>) -> Vec<String> {
    let people = [
        ("owner", b.owner),
        ("admin", crowd.admin),
        ("mail", crowd.mail),
        ("domains", crowd.domains),
        ("collaborator", crowd.collaborator),
        ("guest", crowd.guest),
        ("assistant", b.assistant),
        ("dormant", crowd.dormant),
        ("suspended", crowd.suspended),
        ("outsider", b.outsider),
        ("rival", crowd.rival),
    ];
    let mut actors = vec![("system", b.system.clone())];
    actors.extend(people.map(|(name, user)| (name, Actor::User(user))));
    actors.push(("bearer", Actor::Bearer));
    actors
        .into_iter()
        .map(|(name, actor)| match ask(&actor) {
            Ok(_) => format!("{name}: ok"),
            Err(error) => format!("{name}: {}", error.code()),
        })
        .collect()
}

/// Those named get an answer, those in `denied` are told so, and everyone else finds nothing.
fn expected(unseen: &str, ok: &[&str], denied: &[&str]) -> Vec<String> {
    [
        "system",
        "owner",
        "admin",
        "mail",
        "domains",
        "collaborator",
        "guest",
        "assistant",
        "dormant",
        "suspended",
        "outsider",
        "rival",
        "bearer",
    ]
    .into_iter()
    .map(|name| match name {
        _ if ok.contains(&name) => format!("{name}: ok"),
        _ if denied.contains(&name) => format!("{name}: access.denied"),
        "suspended" => format!("{name}: actor.suspended"),
        _ => format!("{name}: {unseen}"),
    })
    .collect()
}

const WITH_THE_MAILBOX: [&str; 6] = ["system", "owner", "admin", "mail", "guest", "assistant"];
const ADMINS: [&str; 3] = ["system", "owner", "admin"];
const MEMBERS: [&str; 8] =
    ["system", "owner", "admin", "mail", "domains", "collaborator", "guest", "assistant"];

#[test]
fn a_mailbox_is_seen_by_whoever_has_it_and_by_the_managers() {
    let b = Business::new();
    let crowd = b.crowd();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    let seen = expected("mailbox.not_found", &WITH_THE_MAILBOX, &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.mailbox(a, b.contact)), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.mailbox_by_address(a, &addr(CONTACT))), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.access(a, b.contact, &page())), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.aliases_of(a, b.contact, &page())), seen);
    let filter = HistoryFilter::default();
    assert_eq!(askers(&b, &crowd, |a| b.directory.mailbox_history(a, b.contact, &filter, &page())), seen);
    let device = expected("device.not_found", &WITH_THE_MAILBOX, &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.device(a, phone)), device);
}

#[test]
fn an_organisation_is_seen_by_its_members() {
    let b = Business::new();
    let crowd = b.crowd();
    let seen = expected("organisation.not_found", &MEMBERS, &[]);
    let domain = "bakery.example".parse().unwrap();
    assert_eq!(askers(&b, &crowd, |a| b.directory.organisation(a, b.organisation)), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.organisation_by_domain(a, &domain)), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.mailboxes(a, b.organisation, &page())), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.aliases(a, b.organisation, &page())), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.devices(a, b.organisation, &page())), seen);
}

#[test]
fn members_invitations_and_history_are_for_owners_and_admins() {
    let b = Business::new();
    let crowd = b.crowd();
    let denied = ["mail", "domains", "collaborator", "guest", "assistant"];
    let seen = expected("organisation.not_found", &ADMINS, &denied);
    assert_eq!(askers(&b, &crowd, |a| b.directory.members(a, b.organisation, &page())), seen);
    assert_eq!(askers(&b, &crowd, |a| b.directory.invitations(a, b.organisation, &page())), seen);
    let filter = HistoryFilter::default();
    assert_eq!(askers(&b, &crowd, |a| b.directory.history(a, b.organisation, &filter, &page())), seen);
}

#[test]
fn domains_are_also_for_those_who_manage_them() {
    let b = Business::new();
    let crowd = b.crowd();
    let seen = expected(
        "organisation.not_found",
        &["system", "owner", "admin", "domains"],
        &["mail", "collaborator", "guest", "assistant"],
    );
    assert_eq!(askers(&b, &crowd, |a| b.directory.domains(a, b.organisation, &page())), seen);
}

#[test]
fn reach_is_about_oneself_or_for_owners_and_admins() {
    let b = Business::new();
    let crowd = b.crowd();
    let seen = expected("user.not_found", &["system", "owner", "admin", "assistant"], &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.reach(a, b.assistant)), seen);
}

#[test]
fn explanations_are_about_oneself_or_for_owners_and_admins() {
    let b = Business::new();
    let crowd = b.crowd();
    let ok = ["system", "owner", "admin", "assistant"];
    let seen = expected("mailbox.not_found", &ok, &["mail", "guest"]);
    let ask = |a: &Actor| b.directory.explain(a, b.assistant, Right::Send, b.contact);
    assert_eq!(askers(&b, &crowd, ask), seen);
}

#[test]
fn the_past_is_for_owners_and_admins_and_those_with_activity() {
    let b = Business::new();
    let crowd = b.crowd();
    let denied = ["mail", "domains", "collaborator", "assistant"];
    let seen = expected("organisation.not_found", &["system", "owner", "admin", "guest"], &denied);
    assert_eq!(askers(&b, &crowd, |a| b.directory.at(a, b.organisation, b.now())), seen);
}

#[test]
fn an_account_is_for_oneself_and_the_host() {
    let b = Business::new();
    let crowd = b.crowd();
    let seen = expected("user.not_found", &["system", "assistant"], &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.user(a, b.assistant)), seen);
    let filter = HistoryFilter::default();
    assert_eq!(askers(&b, &crowd, |a| b.directory.user_history(a, b.assistant, &filter, &page())), seen);
}

#[test]
fn a_login_is_looked_up_by_oneself_and_by_owners_and_admins() {
    let b = Business::new();
    let crowd = b.crowd();
    let seen = expected("user.not_found", &["system", "owner", "admin", "assistant"], &[]);
    let login = addr("ada@people.example");
    assert_eq!(askers(&b, &crowd, |a| b.directory.user_by_login(a, &login)), seen);
}

#[test]
fn an_invitation_is_for_its_sender_and_for_owners_and_admins() {
    let b = Business::new();
    let crowd = b.crowd();
    let invitation = invite(&b, crowd.mail, "ivo@people.example");
    let seen = expected("invitation.not_found", &["system", "owner", "admin", "mail"], &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.invitation(a, invitation)), seen);
    let other = invite(&b, crowd.admin, "ida@people.example");
    let seen = expected("invitation.not_found", &ADMINS, &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.invitation(a, other)), seen);
}

#[test]
fn a_suspended_person_asks_nothing_even_about_themselves() {
    let b = Business::new();
    b.sys(SuspendUser { user: b.assistant });
    let own = Actor::User(b.assistant);
    let suspended = Some(Code::ActorSuspended);
    assert_eq!(code(b.directory.user(&own, b.assistant)), suspended);
    assert_eq!(code(b.directory.user_by_login(&own, &addr("ada@people.example"))), suspended);
    let filter = HistoryFilter::default();
    assert_eq!(code(b.directory.user_history(&own, b.assistant, &filter, &page())), suspended);
    assert_eq!(code(b.directory.reach(&own, b.assistant)), suspended);
    assert_eq!(code(b.directory.explain(&own, b.assistant, Right::Read, b.contact)), suspended);
}

#[test]
fn in_a_suspended_organisation_asking_goes_on() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(SuspendOrganisation { organisation: b.organisation });
    let seen = expected("mailbox.not_found", &WITH_THE_MAILBOX, &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.access(a, b.contact, &page())), seen);
    let seen = expected("organisation.not_found", &MEMBERS, &[]);
    assert_eq!(askers(&b, &crowd, |a| b.directory.mailboxes(a, b.organisation, &page())), seen);
}

#[test]
fn another_tenants_owner_administers_nobody_here() {
    let b = Business::new();
    let crowd = b.crowd();
    let rival = Actor::User(crowd.rival);
    assert_eq!(code(b.directory.members(&rival, b.organisation, &page())), Some(Code::OrganisationNotFound));
    b.sys(AddMember {
        organisation: crowd.rivals,
        user: b.assistant,
        role: Role::External,
        services: Services::new(),
    });
    let reach = b.directory.reach(&rival, b.assistant).unwrap();
    let seen: Vec<OrganisationId> = reach.organisations.iter().map(|found| found.id).collect();
    assert_eq!(seen, [crowd.rivals], "only what is in organisations of hers");
}

// What lists show

#[test]
fn managers_list_all_mailboxes_and_others_those_granted_to_them() {
    let b = Business::new();
    let crowd = b.crowd();
    b.advance(MINUTE);
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.advance(MINUTE);
    let ended = b.mailbox(b.organisation, "ended@bakery.example");
    b.sys(GrantAccess::new(ended, crowd.guest).expires(b.in_days(1)));
    b.days(1);
    let list = |actor: Actor| -> Vec<MailboxId> {
        let found = b.directory.mailboxes(&actor, b.organisation, &page()).unwrap();
        found.items.iter().map(|mailbox| mailbox.id).collect()
    };
    for manager in [b.system.clone(), b.owner.into(), crowd.admin.into(), crowd.mail.into()] {
        assert_eq!(list(manager), [b.contact, orders, ended]);
    }
    assert_eq!(list(crowd.guest.into()), [b.contact]);
    assert_eq!(list(crowd.collaborator.into()), []);
    assert_eq!(list(crowd.domains.into()), []);
}

#[test]
fn managers_list_all_aliases_and_devices_and_others_those_of_their_mailboxes() {
    let b = Business::new();
    let crowd = b.crowd();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    b.sys(AddAlias::new(orders, addr("sales@bakery.example")));
    let here = b.robot(b.contact, [Protocol::Imap]).id;
    b.advance(MINUTE);
    let there = b.robot(orders, [Protocol::Imap]).id;
    let aliases = |actor: UserId| -> Vec<String> {
        let found = b.directory.aliases(&actor.into(), b.organisation, &page()).unwrap();
        found.items.iter().map(|alias| alias.address.to_string()).collect()
    };
    let devices = |actor: UserId| -> Vec<DeviceId> {
        let found = b.directory.devices(&actor.into(), b.organisation, &page()).unwrap();
        found.items.iter().map(|listed| listed.device.id).collect()
    };
    assert_eq!(aliases(crowd.mail).len(), 2);
    assert_eq!(aliases(b.assistant), ["hello@bakery.example"]);
    assert!(aliases(crowd.collaborator).is_empty());
    assert_eq!(devices(crowd.mail), [here, there]);
    assert_eq!(devices(b.assistant), [here]);
    assert!(devices(crowd.domains).is_empty());
}

#[test]
fn revoked_devices_and_lapsed_domains_are_not_listed() {
    let b = Business::new();
    let device = b.robot(b.contact, [Protocol::Imap]).id;
    b.sys(mailgrant::device::RevokeDevice { device });
    assert!(b.directory.devices(&b.system, b.organisation, &page()).unwrap().items.is_empty());
    assert!(!b.directory.device(&b.system, device).unwrap().is_active(), "and it can still be looked at");
    b.sys(AddDomain { organisation: b.organisation, name: "pending.example".parse().unwrap() });
    let domains = || b.directory.domains(&b.system, b.organisation, &page()).unwrap().items.len();
    assert_eq!(domains(), 2);
    b.days(7);
    assert_eq!(domains(), 1);
}

#[test]
fn members_are_listed_with_their_place_and_without_those_whose_account_is_gone() {
    let b = Business::new();
    let crowd = b.crowd();
    let before = b.directory.members(&b.system, b.organisation, &page()).unwrap().items;
    let mail = before.iter().find(|member| member.person.id == crowd.mail).unwrap();
    assert_eq!((mail.role, mail.services.get(&Service::Mail)), (Role::Collaborator, Some(&Level::Manage)));
    let dormant = before.iter().find(|member| member.person.id == crowd.dormant).unwrap();
    assert_eq!(dormant.state, MembershipState::Suspended(Authority::System));
    b.sys(DeleteUser { user: crowd.collaborator });
    let after = b.directory.members(&b.system, b.organisation, &page()).unwrap().items;
    assert_eq!(after.len(), before.len() - 1);
}

// Access

#[test]
fn access_names_people_first_then_devices() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.advance(MINUTE);
    let crm = b.robot(b.contact, [Protocol::Smtp]).id;
    let found = b.directory.access(&b.owner.into(), b.contact, &page()).unwrap().items;
    assert_eq!(found.len(), 3);
    assert!(matches!(&found[0].who, Reacher::Person(person) if person.id == b.assistant));
    assert_eq!((found[0].through, found[0].rights), (Through::Grant, Policy::default().mailbox_rights));
    let Reacher::Device { id, holder, ref known_to, protocols, .. } = found[1].who else { panic!() };
    assert_eq!((id, holder, known_to.as_slice()), (phone, Some(b.assistant), [b.assistant].as_slice()));
    assert_eq!((found[1].through, protocols), (Through::DevicePassword, [Protocol::Imap].into()));
    let Reacher::Device { id, holder, ref handed_to, .. } = found[2].who else { panic!() };
    assert_eq!((id, holder, handed_to.as_deref()), (crm, None, Some("the CRM")));
    assert_eq!(found[2].rights, [Right::Send].into());
    assert!(found.iter().all(|access| access.blocked.is_none()));
}

#[test]
fn access_says_what_stands_in_the_way() {
    let b = Business::new();
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    let blocked = || -> Vec<Option<String>> {
        let found = b.directory.access(&b.system, b.contact, &page()).unwrap();
        found.items.into_iter().map(|access| access.blocked).collect()
    };
    assert_eq!(blocked(), [None, None]);
    b.sys(SuspendUser { user: b.assistant });
    assert_eq!(blocked(), [Some("user_suspended".into()), Some("holder".into())]);
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse });
    assert_eq!(blocked(), [Some("user_suspended".into()), Some("mailbox_suspended".into())]);
}

#[test]
fn a_device_that_works_by_one_protocol_is_not_blocked() {
    let b = Business::new();
    b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]);
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: Rights::EMPTY });
    let found = b.directory.access(&b.system, b.contact, &page()).unwrap().items;
    assert_eq!(found[1].blocked, None, "it still reads by IMAP");
    assert_eq!(found[1].rights, Rights::EMPTY);
}

#[test]
fn a_device_reaches_the_mailbox_until_it_or_its_holders_grant_ends() {
    let b = Business::new();
    let (soon, later) = (b.in_days(1), b.in_days(2));
    b.run(b.assistant, AddDevice::new(b.contact, "phone").protocols([Protocol::Imap]).expires(later));
    let until = || b.directory.access(&b.system, b.contact, &page()).unwrap().items[1].until;
    assert_eq!(until(), Some(later));
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires: Some(soon) });
    assert_eq!(until(), Some(soon));
}

// Reach

#[test]
fn reach_goes_across_organisations_for_oneself_and_the_host() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(AddMember {
        organisation: crowd.rivals,
        user: b.assistant,
        role: Role::Collaborator,
        services: Services::from([(Service::Billing, Level::Use)]),
    });
    b.sys(GrantAccess::new(crowd.theirs, b.assistant).expires(b.in_days(1)));
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.sys(SuspendMember { organisation: crowd.rivals, user: b.assistant });
    let own = b.directory.reach(&b.assistant.into(), b.assistant).unwrap();
    assert_eq!(own, b.directory.reach(&b.system, b.assistant).unwrap());
    let here = own.organisations.iter().find(|found| found.id == b.organisation).unwrap();
    assert_eq!((here.role, here.mailboxes[0].id), (Role::External, b.contact));
    assert_eq!(here.mailboxes[0].devices[0].id, phone);
    assert_eq!(here.mailboxes[0].obstacle, None);
    let there = own.organisations.iter().find(|found| found.id == crowd.rivals).unwrap();
    assert_eq!(there.services.get(&Service::Billing), Some(&Level::Use));
    assert_eq!(there.mailboxes[0].obstacle, Some(Obstacle::MembershipSuspended));
    assert_eq!(there.mailboxes[0].until, Some(b.in_days(1)));
    let hers = b.directory.reach(&b.owner.into(), b.assistant).unwrap();
    assert_eq!(hers.organisations.len(), 1);
}

#[test]
fn an_unknown_person_reaches_nothing() {
    let b = Business::new();
    let unknown = "usr_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert_eq!(code(b.directory.reach(&b.system, unknown)), Some(Code::UserNotFound));
    assert!(b.directory.reach(&b.outsider.into(), b.outsider).unwrap().organisations.is_empty());
}

// Look-ups

#[test]
fn a_mailbox_is_found_by_its_own_address_and_its_aliases() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let old = b.mailbox(b.organisation, "old@bakery.example");
    b.sys(DeleteMailbox { mailbox: old, on_dependants: OnDependants::Refuse });
    let find = |address: &str| b.directory.mailbox_by_address(&b.assistant.into(), &addr(address));
    assert_eq!(find("Contact@bakery.example").unwrap().id, b.contact);
    assert_eq!(find("hello@bakery.example").unwrap().id, b.contact);
    for nothing in ["contact+x@bakery.example", "old@bakery.example", "contact@elsewhere.example"] {
        assert_eq!(code(find(nothing)), Some(Code::MailboxNotFound), "{nothing}");
    }
}

#[test]
fn a_person_is_found_by_the_login_in_any_case() {
    let b = Business::new();
    let found = b.directory.user_by_login(&b.system, &addr("ADA@people.example")).unwrap();
    assert_eq!(found.id, b.assistant);
    let unknown = b.directory.user_by_login(&b.system, &addr("nobody@people.example"));
    assert_eq!(code(unknown), Some(Code::UserNotFound));
}

#[test]
fn an_organisation_is_found_by_its_verified_domains() {
    let b = Business::new();
    b.sys(AddDomain { organisation: b.organisation, name: "pending.example".parse().unwrap() });
    let find = |domain: &str| b.directory.organisation_by_domain(&b.system, &domain.parse().unwrap());
    assert_eq!(find("bakery.example").unwrap().id, b.organisation);
    assert_eq!(code(find("pending.example")), Some(Code::OrganisationNotFound));
}

// Networks and last use

#[test]
fn a_devices_networks_are_for_its_holder_and_the_managers() {
    let b = Business::new();
    let crowd = b.crowd();
    let network = "192.0.2.0/24".parse().unwrap();
    let add = AddDevice::new(b.contact, "phone").protocols([Protocol::Imap]).networks([network]);
    let phone = b.run(b.assistant, add).id;
    let seen = |actor: &Actor| {
        let one = b.directory.device(actor, phone).unwrap().bounds.networks;
        let listed = b.directory.devices(actor, b.organisation, &page()).unwrap();
        assert_eq!(listed.items[0].device.bounds.networks, one);
        one.is_some()
    };
    assert!(seen(&b.system));
    for insider in [b.owner, crowd.admin, crowd.mail, b.assistant] {
        assert!(seen(&insider.into()));
    }
    assert!(!seen(&crowd.guest.into()));
}

#[test]
fn a_devices_last_use_is_for_its_holder_and_the_managers() {
    let b = Business::new();
    let crowd = b.crowd();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let from = Some("192.0.2.7".parse().unwrap());
    let login = DeviceLogin { address: CONTACT, password: &password, protocol: Protocol::Imap, from };
    b.directory.login_device(&login).unwrap();
    let used = LastUse { at: b.now(), protocol: Some(Protocol::Imap), from };
    let seen = |actor: UserId| {
        let listed = b.directory.devices(&actor.into(), b.organisation, &page()).unwrap();
        let access = b.directory.access(&actor.into(), b.contact, &page()).unwrap();
        let device = access.items.iter().find(|access| access.through != Through::Grant).unwrap();
        assert_eq!(device.last_used, listed.items[0].last_used);
        device.last_used
    };
    for insider in [b.owner, crowd.admin, crowd.mail, b.assistant] {
        assert_eq!(seen(insider), Some(used));
    }
    assert_eq!(seen(crowd.guest), None);
}

#[test]
fn a_persons_last_use_is_for_themselves_and_the_managers() {
    let b = Business::new();
    let crowd = b.crowd();
    b.directory.note_opened(b.assistant, b.contact, None);
    let seen = |actor: UserId| {
        let access = b.directory.access(&actor.into(), b.contact, &page()).unwrap();
        let own = access.items.into_iter().find(|access| match &access.who {
            Reacher::Person(person) => person.id == b.assistant,
            _ => false,
        });
        own.unwrap().last_used.map(|used| used.at)
    };
    for insider in [b.owner, crowd.mail, b.assistant] {
        assert_eq!(seen(insider), Some(b.now()));
    }
    assert_eq!(seen(crowd.guest), None);
}

/// When the assistant's robot was last used, as another directory over the same store knows it.
fn written(b: &Business) -> Option<Timestamp> {
    let other = builder(b.store.clone(), &b.clock, 99).build().unwrap();
    let listed = other.devices(&b.system, b.organisation, &page()).unwrap();
    listed.items[0].last_used.map(|used| used.at)
}

#[test]
fn last_uses_wait_until_they_are_flushed() {
    let b = Business::new();
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let before = b.store.dump();
    b.login(CONTACT, &password, Protocol::Imap).unwrap();
    assert_eq!(before, b.store.dump(), "a login writes nothing");
    assert_eq!(written(&b), None);
    b.directory.flush_uses().unwrap();
    assert_eq!(written(&b), Some(b.now()));
}

#[test]
fn last_uses_are_coarse() {
    let b = Business::new();
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let first = b.now();
    b.login(CONTACT, &password, Protocol::Imap).unwrap();
    b.directory.flush_uses().unwrap();
    b.advance(14 * MINUTE);
    b.login(CONTACT, &password, Protocol::Imap).unwrap();
    b.directory.flush_uses().unwrap();
    assert_eq!(written(&b), Some(first));
    b.advance(MINUTE);
    b.login(CONTACT, &password, Protocol::Imap).unwrap();
    b.directory.flush_uses().unwrap();
    assert_eq!(written(&b), Some(b.now()));
}

#[test]
fn the_last_use_of_a_device_is_the_latest_of_its_protocols() {
    let b = Business::new();
    let password = b.robot(b.contact, [Protocol::Imap, Protocol::Smtp]).password.reveal();
    b.login(CONTACT, &password, Protocol::Smtp).unwrap();
    b.advance(MINUTE);
    b.login(CONTACT, &password, Protocol::Imap).unwrap();
    let listed = b.directory.devices(&b.system, b.organisation, &page()).unwrap();
    let used = listed.items[0].last_used.unwrap();
    assert_eq!((used.at, used.protocol), (b.now(), Some(Protocol::Imap)));
}

#[test]
fn a_refused_login_is_no_use() {
    let b = Business::new();
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    b.login(CONTACT, &password, Protocol::Smtp).unwrap_err();
    let listed = b.directory.devices(&b.system, b.organisation, &page()).unwrap();
    assert_eq!(listed.items[0].last_used, None);
}

#[test]
fn a_directory_that_is_dropped_flushes_its_last_uses() {
    let b = Business::new();
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    {
        let other = builder(b.store.clone(), &b.clock, 99).build().unwrap();
        let login =
            DeviceLogin { address: CONTACT, password: &password, protocol: Protocol::Imap, from: None };
        other.login_device(&login).unwrap();
    }
    assert_eq!(written(&b), Some(b.now()));
}

// Pages

/// A question that answers in pages: the items as JSON, and the cursor.
type Question<'a> = (&'static str, Box<dyn Fn(&PageRequest) -> Result<Page<String>, Error> + 'a>);

fn shown<T: Debug>(found: Result<Page<T>, Error>) -> Result<Page<String>, Error> {
    found.map(|page| Page {
        items: page.items.iter().map(|item| format!("{item:?}")).collect(),
        next: page.next,
    })
}

fn questions<'a>(b: &'a Business, crowd: &'a Crowd) -> Vec<Question<'a>> {
    let (d, o, s) = (&b.directory, b.organisation, &b.system);
    let guest = Actor::User(crowd.guest);
    let (g1, g2, g3) = (guest.clone(), guest.clone(), guest);
    let all = HistoryFilter::default();
    let (f1, f2, f3) = (all.clone(), all.clone(), all);
    vec![
        ("members", Box::new(move |p| shown(d.members(s, o, p)))),
        ("mailboxes", Box::new(move |p| shown(d.mailboxes(s, o, p)))),
        ("aliases", Box::new(move |p| shown(d.aliases(s, o, p)))),
        ("aliases of contact@", Box::new(move |p| shown(d.aliases_of(s, b.contact, p)))),
        ("devices", Box::new(move |p| shown(d.devices(s, o, p)))),
        ("invitations", Box::new(move |p| shown(d.invitations(s, o, p)))),
        ("domains", Box::new(move |p| shown(d.domains(s, o, p)))),
        ("access to contact@", Box::new(move |p| shown(d.access(s, b.contact, p)))),
        ("history", Box::new(move |p| shown(d.history(s, o, &f1, p)))),
        ("history of contact@", Box::new(move |p| shown(d.mailbox_history(s, b.contact, &f2, p)))),
        ("history of the owner", Box::new(move |p| shown(d.user_history(s, b.owner, &f3, p)))),
        ("mailboxes for a guest", Box::new(move |p| shown(d.mailboxes(&g1, o, p)))),
        ("aliases for a guest", Box::new(move |p| shown(d.aliases(&g2, o, p)))),
        ("devices for a guest", Box::new(move |p| shown(d.devices(&g3, o, p)))),
    ]
}

/// At least two of everything that is listed.
fn plenty() -> (Business, Crowd) {
    let b = Business::new();
    let crowd = b.crowd();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.grant(orders, crowd.guest, Rights::ALL);
    b.domain(b.organisation, "second.example");
    for (mailbox, name) in [(b.contact, "c"), (orders, "o")] {
        for number in 0..3 {
            b.sys(AddAlias::new(mailbox, addr(&format!("{name}{number}@bakery.example"))));
            b.robot(mailbox, [Protocol::Imap]);
        }
    }
    for number in 0..3 {
        invite(&b, b.owner, &format!("invited{number}@people.example"));
    }
    b.run(b.owner, mailgrant::user::RenameUser { user: b.owner, name: "Olivia".into() });
    (b, crowd)
}

#[test]
fn small_pages_hold_the_same_as_one_large_one() {
    let (b, crowd) = plenty();
    for (name, ask) in questions(&b, &crowd) {
        let whole = ask(&PageRequest::first(1_000)).unwrap();
        assert!(whole.next.is_none() && whole.items.len() >= 2, "{name}: {}", whole.items.len());
        for limit in [1, 2, 3] {
            let mut found = Vec::new();
            let mut request = Some(PageRequest::first(limit));
            while let Some(asked) = request {
                let page = ask(&asked).unwrap();
                let per_mailbox = name.ends_with("for a guest");
                assert!(page.items.len() <= limit || per_mailbox, "{name} by {limit}");
                request = asked.next(&page);
                found.extend(page.items);
            }
            assert_eq!(found, whole.items, "{name} by {limit}");
        }
    }
}

#[test]
fn a_cursor_is_good_for_the_question_that_handed_it_out_alone() {
    let (b, crowd) = plenty();
    let questions = questions(&b, &crowd);
    for (from, hand_out) in &questions {
        let after = hand_out(&PageRequest::first(1)).unwrap().next;
        assert!(after.is_some(), "{from}");
        for (to, ask) in questions.iter().filter(|(to, _)| to != from) {
            // The same question, asked by somebody who gets another list.
            if to.strip_suffix(" for a guest") == Some(from) || from.strip_suffix(" for a guest") == Some(to)
            {
                continue;
            }
            let answer = ask(&PageRequest { after: after.clone(), limit: 10 });
            assert_eq!(code(answer), Some(Code::CursorInvalid), "a cursor of {from} for {to}");
        }
    }
}

#[test]
fn a_cursor_is_good_for_the_thing_that_was_asked_about_alone() {
    let (b, crowd) = plenty();
    let (d, s) = (&b.directory, &b.system);
    let orders = d.mailbox_by_address(s, &addr("orders@bakery.example")).unwrap().id;
    let first = PageRequest::first(1);
    let after = |next: Option<Cursor>| PageRequest { after: Some(next.unwrap()), limit: 1 };
    let all = HistoryFilter::default();
    let invalid = Some(Code::CursorInvalid);
    let (here, there) = (b.organisation, crowd.rivals);

    let cursor = after(d.members(s, here, &first).unwrap().next);
    assert_eq!(code(d.members(s, there, &cursor)), invalid, "members");
    let cursor = after(d.mailboxes(s, here, &first).unwrap().next);
    assert_eq!(code(d.mailboxes(s, there, &cursor)), invalid, "mailboxes");
    let cursor = after(d.access(s, b.contact, &first).unwrap().next);
    assert_eq!(code(d.access(s, orders, &cursor)), invalid, "people with access");
    let cursor = after(d.access(s, b.contact, &PageRequest::first(3)).unwrap().next);
    assert_eq!(code(d.access(s, orders, &cursor)), invalid, "devices with access");
    let cursor = after(d.aliases_of(s, b.contact, &first).unwrap().next);
    assert_eq!(code(d.aliases_of(s, orders, &cursor)), invalid, "aliases of a mailbox");
    let cursor = after(d.history(s, here, &all, &first).unwrap().next);
    assert_eq!(code(d.history(s, there, &all, &cursor)), invalid, "history");
    let cursor = after(d.mailbox_history(s, b.contact, &all, &first).unwrap().next);
    assert_eq!(code(d.mailbox_history(s, orders, &all, &cursor)), invalid, "history of a mailbox");
    let cursor = after(d.user_history(s, b.owner, &all, &first).unwrap().next);
    assert_eq!(code(d.user_history(s, b.assistant, &all, &cursor)), invalid, "history of a user");
}

#[test]
fn a_cursor_that_nobody_handed_out_is_invalid() {
    let (b, crowd) = plenty();
    for (name, ask) in questions(&b, &crowd) {
        for made_up in ["", "x", "history:x", "mailboxes"] {
            let after = Some(made_up.parse::<Cursor>().unwrap());
            let answer = ask(&PageRequest { after, limit: 10 });
            assert_eq!(code(answer), Some(Code::CursorInvalid), "`{made_up}` for {name}");
        }
    }
}

#[test]
fn a_cursor_survives_being_written_and_read() {
    let (b, _) = plenty();
    let first = b.directory.mailboxes(&b.system, b.organisation, &PageRequest::first(1)).unwrap();
    let cursor = first.next.unwrap();
    let read: Cursor = serde_json::from_value(json(&cursor)).unwrap();
    assert_eq!(read, cursor);
    assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
}

#[test]
fn a_page_holds_one_item_at_least_and_a_thousand_at_most() {
    let b = Business::new();
    b.mailbox(b.organisation, "orders@bakery.example");
    let count = |limit| {
        let request = PageRequest::first(limit);
        b.directory.mailboxes(&b.system, b.organisation, &request).unwrap().items.len()
    };
    assert_eq!((count(0), count(1), count(usize::MAX)), (1, 1, 2));
}

#[test]
fn every_goes_through_all_pages() {
    let (b, _) = plenty();
    let all: Vec<Alias> =
        every(|page| b.directory.aliases(&b.system, b.organisation, page)).collect::<Result<_, _>>().unwrap();
    assert_eq!(all.len(), 6);
    let outsider = Actor::User(b.outsider);
    let refused: Vec<_> = every(|page| b.directory.aliases(&outsider, b.organisation, page)).collect();
    assert_eq!(refused.len(), 1, "a refusal ends it");
}

#[test]
fn holders_see_every_device_of_the_mailbox_by_label_and_maker() {
    let b = Business::new();
    let nobody = For::Nobody { handed_to: Some("the printer".into()) };
    b.run(b.owner, AddDevice::new(b.contact, "printer").holder(nobody).protocols([Protocol::Smtp]));
    let seen = b.directory.access(&b.assistant.into(), b.contact, &page()).unwrap().items;
    let Reacher::Device { ref label, ref handed_to, .. } = seen[1].who else { panic!() };
    assert_eq!((label.as_str(), handed_to.as_deref()), ("printer", Some("the printer")));
    assert_eq!(seen[1].by, By::User(b.owner));
}

// The table

/// The answer of the method with that name, as JSON; none for a name that this test does not know.
fn of_method(
    b: &Business,
    name: &str,
    phone: DeviceId,
    invitation: InvitationId,
) -> Option<serde_json::Value> {
    let (d, by, p) = (&b.directory, &Actor::User(b.owner), &page());
    let (o, m, u) = (b.organisation, b.contact, b.owner);
    let (everything, today) = (&HistoryFilter::default(), b.now());
    Some(match name {
        "explain" => json(&d.explain(by, u, Right::Send, m).unwrap()),
        "resolve" => json(&d.resolve(&addr(CONTACT)).unwrap()),
        "senders" => json(&d.senders(phone, m).unwrap()),
        "may_send_as" => json(&d.may_send_as(phone, m, &addr(CONTACT)).unwrap()),
        "user" => json(&d.user(by, u).unwrap()),
        "user_by_login" => json(&d.user_by_login(by, &d.user(by, u).unwrap().login.address).unwrap()),
        "organisation" => json(&d.organisation(by, o).unwrap()),
        "organisation_by_domain" => {
            json(&d.organisation_by_domain(by, &"bakery.example".parse().unwrap()).unwrap())
        }
        "mailbox" => json(&d.mailbox(by, m).unwrap()),
        "mailbox_by_address" => json(&d.mailbox_by_address(by, &addr(CONTACT)).unwrap()),
        "device" => json(&d.device(by, phone).unwrap()),
        "invitation" => json(&d.invitation(by, invitation).unwrap()),
        "access" => json(&d.access(by, m, p).unwrap()),
        "reach" => json(&d.reach(by, u).unwrap()),
        "members" => json(&d.members(by, o, p).unwrap()),
        "mailboxes" => json(&d.mailboxes(by, o, p).unwrap()),
        "aliases" => json(&d.aliases(by, o, p).unwrap()),
        "aliases_of" => json(&d.aliases_of(by, m, p).unwrap()),
        "devices" => json(&d.devices(by, o, p).unwrap()),
        "invitations" => json(&d.invitations(by, o, p).unwrap()),
        "domains" => json(&d.domains(by, o, p).unwrap()),
        "domain_offers" => json(&d.domain_offers(by, o, p).unwrap()),
        "history" => json(&d.history(by, o, everything, p).unwrap()),
        "mailbox_history" => json(&d.mailbox_history(by, m, everything, p).unwrap()),
        "user_history" => json(&d.user_history(by, u, everything, p).unwrap()),
        "review" => json(&d.review(by, o, report::ReviewRows::All, p).unwrap()),
        "login_risks" => json(&d.login_risks(by, o, p).unwrap()),
        "blast_radius" => json(&d.blast_radius(by, phone, p).unwrap()),
        "compare" => json(&d.compare(by, o, today, today, p).unwrap()),
        "changes" => json(&d.changes(p).unwrap()),
        "changes_from_now" => json(&d.changes_from_now().unwrap()),
        _ => return None,
    })
}

#[test]
fn a_question_of_the_table_is_the_method_of_its_name() {
    let b = Business::new();
    b.run(b.owner, GrantAccess::new(b.contact, b.owner));
    let phone =
        b.run(b.owner, AddDevice::new(b.contact, "phone").protocols([Protocol::Imap, Protocol::Smtp])).id;
    b.run(b.owner, AddAlias::new(b.contact, addr("info@bakery.example")));
    let invitation = invite(&b, b.owner, "tim@people.example");
    let login = b.directory.user(&b.system, b.owner).unwrap().login.address;
    // Each takes from these what it knows.
    let fields = serde_json::json!({
        "user": b.owner, "mailbox": b.contact, "organisation": b.organisation, "device": phone, "invitation": invitation,
        "right": "send", "address": CONTACT, "who": phone, "login": login, "domain": "bakery.example",
        "filter": {}, "page": {}, "rows": "all", "from": b.now(), "to": b.now(),
    });
    for name in AnyQuestion::NAMES {
        let mut question = serde_json::json!({ "question": name });
        let refused = |question: &serde_json::Value| {
            let read = serde_json::from_value::<AnyQuestion>(question.clone());
            read.err().map(|error| error.to_string())
        };
        while let Some(problem) = refused(&question) {
            let field = problem.split('`').nth(1).unwrap_or_else(|| panic!("{name}: {problem}")).to_owned();
            assert!(problem.starts_with("missing field"), "{name}: {problem}");
            question[&field] = match (*name, field.as_str()) {
                ("may_send_as", "from") => CONTACT.into(),
                _ => fields[&field].clone(),
            };
        }
        let asked: AnyQuestion = serde_json::from_value(question).unwrap();
        assert_eq!(asked.name(), *name);
        let answer = b.directory.ask_any(&Actor::User(b.owner), &asked).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let expected = of_method(&b, name, phone, invitation);
        assert_eq!(Some(answer), expected, "{name}");
    }
}

#[test]
fn a_question_of_the_table_with_more_than_it_takes_is_refused() {
    for json in [
        r#"{"question": "user", "user": "usr_01h455vb4pex5vsknk084sn02q", "by": "sys:panel"}"#,
        r#"{"question": "nothing"}"#,
        r#"{"question": "mailbox", "mailbox": "usr_01h455vb4pex5vsknk084sn02q"}"#,
        r#"{"question": "mailboxes", "organisation": "org_01h455vb4pex5vsknk084sn02q", "page": {"offset": 3}}"#,
    ] {
        assert!(serde_json::from_str::<AnyQuestion>(json).is_err(), "{json}");
    }
}
