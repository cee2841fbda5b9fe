//! The rules about mailboxes: who opens, renames, suspends, closes and deletes them, and what follows.

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, RenameDevice};
use mailgrant::domain::{AddDomain, SetCatchAll, SetDomainAlias};
use mailgrant::grant::GrantAccess;
use mailgrant::invitation::Invite;
use mailgrant::mailbox::*;
use mailgrant::organisation::{DeleteOrganisation, SuspendOrganisation, Sweep};
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";

fn rename(mailbox: MailboxId, address: &str, former: FormerAddress) -> RenameMailbox {
    RenameMailbox {
        mailbox,
        address: addr(address),
        former,
        reclaim: Reclaim::No,
        on_dependants: OnDependants::Refuse,
    }
}

fn suspend(mailbox: MailboxId) -> SuspendMailbox {
    SuspendMailbox { mailbox, on_dependants: OnDependants::Refuse }
}

fn close(mailbox: MailboxId) -> CloseMailbox {
    CloseMailbox { mailbox, on_dependants: OnDependants::Refuse }
}

fn delete(mailbox: MailboxId) -> DeleteMailbox {
    DeleteMailbox { mailbox, on_dependants: OnDependants::Refuse }
}

fn state(b: &Business) -> MailboxState {
    b.directory.mailbox(&b.system, b.contact).unwrap().state
}

// Opening

#[test]
fn each_manager_opens_a_mailbox() {
    each_manager(|b, _, actor| {
        let opened = b.run(&actor, OpenMailbox::new(b.organisation, addr("new@bakery.example")).name("New"));
        let found = b.directory.mailbox(&actor, opened).unwrap();
        assert_eq!((found.address.canonical(), found.name.as_deref()), ("new@bakery.example", Some("New")));
        assert_eq!((found.state, found.sending), (MailboxState::Open, Sending::Allowed));
    });
}

#[test]
fn nobody_but_the_managers_opens_a_mailbox() {
    let b = Business::new();
    let crowd = b.crowd();
    let open = || OpenMailbox::new(b.organisation, addr("new@bakery.example"));
    for member in [b.assistant, crowd.guest, crowd.collaborator, crowd.domains] {
        b.refused(member, open(), "access.denied");
    }
    for stranger in [b.outsider, crowd.rival, crowd.dormant] {
        b.refused(stranger, open(), "organisation.not_found");
    }
    b.refused(Actor::Bearer, open(), "organisation.not_found");
    b.refused(crowd.suspended, open(), "actor.suspended");
}

#[test]
fn opening_a_mailbox_opens_it_to_nobody() {
    let b = Business::new();
    let opened = b.run(b.owner, OpenMailbox::new(b.organisation, addr("new@bakery.example")));
    assert_eq!(b.obstacle(b.owner, Right::Read, opened), "grant_missing");
    assert!(b.directory.access(&b.system, opened, &PageRequest::default()).unwrap().items.is_empty());
}

#[test]
fn a_mailbox_needs_a_verified_domain_of_its_own_organisation() {
    let b = Business::new();
    b.crowd();
    let open = |address: &str| OpenMailbox::new(b.organisation, addr(address));
    b.refused(b.owner, open("new@elsewhere.example"), "domain.not_found");
    b.refused(b.owner, open("new@rival.example"), "domain.not_found");
    b.sys(AddDomain { organisation: b.organisation, name: "pending.example".parse().unwrap() });
    b.refused(b.owner, open("new@pending.example"), "domain.unverified");
    let other = b.domain(b.organisation, "other.example");
    let of = Some("bakery.example".parse().unwrap());
    b.sys(SetDomainAlias {
        organisation: b.organisation,
        domain: other,
        of,
        on_dependants: OnDependants::Refuse,
    });
    b.refused(b.owner, open("new@other.example"), "domain.alias");
}

#[test]
fn an_address_belongs_to_one_mailbox_or_alias() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    for taken in [CONTACT, "CONTACT@Bakery.Example", "hello@bakery.example", "Hello@bakery.example"] {
        b.refused(b.owner, OpenMailbox::new(b.organisation, addr(taken)), "address.taken");
    }
}

#[test]
fn a_mailbox_has_no_name_of_control_characters() {
    let b = Business::new();
    let open = |name: &str| OpenMailbox::new(b.organisation, addr("new@bakery.example")).name(name);
    b.refused(b.owner, open("a\nb"), "text.invalid");
    b.refused(b.owner, open(" "), "text.invalid");
    b.refused(b.owner, SetMailboxName { mailbox: b.contact, name: Some("x".repeat(201)) }, "text.invalid");
}

#[test]
fn nothing_about_mailboxes_changes_in_a_suspended_organisation() {
    let b = Business::new();
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    let code = "organisation.suspended";
    b.refused(b.owner, OpenMailbox::new(b.organisation, addr("new@bakery.example")), code);
    b.refused(b.owner, rename(b.contact, "new@bakery.example", FormerAddress::Free), code);
    b.refused(b.owner, SetMailboxName { mailbox: b.contact, name: None }, code);
    b.refused(b.owner, suspend(b.contact), code);
    b.refused(b.owner, ResumeMailbox { mailbox: b.contact }, code);
    b.refused(b.owner, close(b.contact), code);
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, code);
    b.refused(b.owner, HoldSending { mailbox: b.contact }, code);
    b.refused(b.owner, ReleaseSending { mailbox: b.contact }, code);
    b.refused(b.owner, delete(b.contact), code);
    b.refused(b.system.clone(), suspend(b.contact), code);
}

#[test]
fn a_suspended_organisation_tells_no_member_of_a_mailbox_that_was_not_granted_to_them() {
    let b = Business::new();
    let crowd = b.crowd();
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    b.refused(crowd.collaborator, suspend(b.contact), "mailbox.not_found");
    b.refused(b.assistant, suspend(b.contact), "organisation.suspended");
}

#[test]
fn a_deleted_organisation_has_no_mailboxes() {
    let b = Business::new();
    b.run(b.owner, DeleteOrganisation { organisation: b.organisation, on_dependants: OnDependants::Refuse });
    b.refused(
        b.owner,
        OpenMailbox::new(b.organisation, addr("new@bakery.example")),
        "organisation.not_found",
    );
    b.refused(b.owner, suspend(b.contact), "mailbox.not_found");
    b.refused(b.system.clone(), suspend(b.contact), "mailbox.not_found");
    assert!(!b.may(b.assistant, Right::Read, b.contact));
}

// Renaming

#[test]
fn each_manager_renames_a_mailbox() {
    each_manager(|b, _, actor| {
        let answer = b.run(&actor, rename(b.contact, "office@bakery.example", FormerAddress::Free));
        assert_eq!(answer.former.canonical(), CONTACT);
        assert_eq!(b.target("office@bakery.example"), Some(b.contact));
    });
}

#[test]
fn nobody_but_the_managers_renames_a_mailbox() {
    let b = Business::new();
    let crowd = b.crowd();
    let command = || rename(b.contact, "office@bakery.example", FormerAddress::Free);
    b.managers_alone(&crowd, "mailbox.not_found", command);
}

#[test]
fn a_renamed_mailbox_keeps_its_grants_and_devices_and_lists_those_to_reconfigure() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (id, password) = (phone.id, phone.password.reveal());
    let answer = b.run(b.owner, rename(b.contact, "office@bakery.example", FormerAddress::Alias));
    assert_eq!(answer.devices.iter().map(|device| device.device).collect::<Vec<_>>(), [id]);
    assert!(b.may(b.assistant, Right::Send, b.contact));
    assert_eq!(b.opens("office@bakery.example", &password, Protocol::Imap), Ok(()));
    assert_eq!(
        b.opens(CONTACT, &password, Protocol::Imap).unwrap_err(),
        "an alias does not log in",
        "the former address is an alias now"
    );
}

#[test]
fn the_former_address_goes_on_as_an_alias_where_that_was_asked() {
    let b = Business::new();
    b.run(b.owner, rename(b.contact, "office@bakery.example", FormerAddress::Alias));
    assert_eq!((b.way(CONTACT), b.target(CONTACT)), ("accept alias".into(), Some(b.contact)));
}

#[test]
fn the_former_address_goes_into_quarantine_where_it_is_freed() {
    let b = Business::new();
    b.run(b.owner, rename(b.contact, "office@bakery.example", FormerAddress::Free));
    assert_eq!(b.way(CONTACT), "refuse quarantine");
    b.refused(b.owner, OpenMailbox::new(b.organisation, addr(CONTACT)), "address.quarantined");
}

#[test]
fn a_mailbox_takes_no_address_that_is_not_free() {
    let b = Business::new();
    b.crowd();
    b.mailbox(b.organisation, "orders@bakery.example");
    let sales = b.mailbox(b.organisation, "sales@bakery.example");
    b.sys(AddAlias::new(sales, addr("hello@bakery.example")));
    let to = |address: &str| rename(b.contact, address, FormerAddress::Free);
    b.refused(b.owner, to("orders@bakery.example"), "address.taken");
    b.refused(b.owner, to("hello@bakery.example"), "address.taken");
    b.refused(b.owner, to("contact@rival.example"), "domain.not_found");
}

#[test]
fn an_alias_of_the_mailbox_may_become_its_address() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    b.run(b.owner, rename(b.contact, "hello@bakery.example", FormerAddress::Alias));
    assert_eq!(b.way("hello@bakery.example"), "accept mailbox");
    assert_eq!(b.way("contact@bakery.example"), "accept alias");
}

#[test]
fn writing_the_same_address_otherwise_frees_nothing() {
    let b = Business::new();
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    let answer = b.run(b.owner, rename(b.contact, "Contact@bakery.example", FormerAddress::Free));
    assert!(answer.devices.is_empty(), "nothing to reconfigure");
    assert_eq!(b.way(CONTACT), "accept mailbox");
    let shown = b.directory.mailbox(&b.system, b.contact).unwrap().address.to_string();
    assert_eq!(shown, "Contact@bakery.example");
}

#[test]
fn each_manager_sets_the_name_of_a_mailbox_and_nobody_else() {
    each_manager(|b, crowd, actor| {
        let command = || SetMailboxName { mailbox: b.contact, name: Some("Bread".into()) };
        b.managers_alone(crowd, "mailbox.not_found", command);
        b.run(&actor, command());
        assert_eq!(b.directory.mailbox(&actor, b.contact).unwrap().name.as_deref(), Some("Bread"));
        b.run(&actor, SetMailboxName { mailbox: b.contact, name: None });
        assert_eq!(b.directory.mailbox(&actor, b.contact).unwrap().name, None);
    });
}

// Suspending

#[test]
fn each_manager_suspends_and_resumes_a_mailbox_and_nobody_else() {
    each_manager(|b, crowd, actor| {
        b.managers_alone(crowd, "mailbox.not_found", || suspend(b.contact));
        b.run(&actor, suspend(b.contact));
        b.managers_alone(crowd, "mailbox.not_found", || ResumeMailbox { mailbox: b.contact });
        b.run(&actor, ResumeMailbox { mailbox: b.contact });
        assert_eq!(state(b), MailboxState::Open);
    });
}

#[test]
fn a_suspended_mailbox_takes_mail_and_lets_nobody_in() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]).password.reveal();
    let robot = b.robot(b.contact, [Protocol::Imap, Protocol::Smtp]).password.reveal();
    b.run(b.owner, suspend(b.contact));
    assert_eq!(b.way(CONTACT), "accept mailbox");
    for right in [Right::Read, Right::Send] {
        assert_eq!(b.obstacle(b.assistant, right, b.contact), "mailbox_suspended");
    }
    for password in [&phone, &robot] {
        for protocol in [Protocol::Imap, Protocol::Smtp] {
            assert_eq!(hindrance(&b, CONTACT, password, protocol), "mailbox_suspended");
        }
    }
}

#[test]
fn resuming_a_mailbox_brings_everything_back() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Smtp]).password.reveal();
    b.run(b.owner, suspend(b.contact));
    b.run(b.owner, ResumeMailbox { mailbox: b.contact });
    assert!(b.may(b.assistant, Right::Send, b.contact));
    assert_eq!(b.opens(CONTACT, &phone, Protocol::Smtp), Ok(()));
}

#[test]
fn a_mailbox_is_suspended_once_and_resumed_once() {
    let b = Business::new();
    b.refused(b.owner, ResumeMailbox { mailbox: b.contact }, "mailbox.state");
    b.run(b.owner, suspend(b.contact));
    b.refused(b.owner, suspend(b.contact), "mailbox.state");
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, "mailbox.state");
}

#[test]
fn what_the_host_suspended_only_the_host_resumes() {
    let b = Business::new();
    b.sys(suspend(b.contact));
    let lifts = b.refused(b.owner, ResumeMailbox { mailbox: b.contact }, "access.denied");
    assert_eq!(lifts.details()["needs"], "system");
    b.refused(b.owner, close(b.contact), "access.denied");
    b.refused(b.owner, delete(b.contact), "access.denied");
    b.refused(b.system.clone(), suspend(b.contact), "mailbox.state");
    b.sys(ResumeMailbox { mailbox: b.contact });
    assert_eq!(state(&b), MailboxState::Open);
}

#[test]
fn the_host_takes_over_what_a_manager_suspended() {
    let b = Business::new();
    b.run(b.owner, suspend(b.contact));
    b.sys(suspend(b.contact));
    b.refused(b.owner, ResumeMailbox { mailbox: b.contact }, "access.denied");
}

#[test]
fn the_host_resumes_what_a_manager_suspended() {
    let b = Business::new();
    b.run(b.owner, suspend(b.contact));
    b.sys(ResumeMailbox { mailbox: b.contact });
    assert_eq!(state(&b), MailboxState::Open);
}

// Closing

#[test]
fn each_manager_closes_and_reopens_a_mailbox_and_nobody_else() {
    each_manager(|b, crowd, actor| {
        b.managers_alone(crowd, "mailbox.not_found", || close(b.contact));
        b.run(&actor, close(b.contact));
        b.managers_alone(crowd, "mailbox.not_found", || ReopenMailbox { mailbox: b.contact });
        b.run(&actor, ReopenMailbox { mailbox: b.contact });
        assert_eq!(state(b), MailboxState::Open);
    });
}

#[test]
fn a_closed_mailbox_refuses_mail_and_people() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, close(b.contact));
    assert_eq!(b.way(CONTACT), "refuse mailbox");
    assert_eq!(b.way("hello@bakery.example"), "refuse alias");
    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "mailbox_closed");
    assert_eq!(hindrance(&b, CONTACT, &phone, Protocol::Imap), "mailbox_closed");
}

#[test]
fn reopening_a_mailbox_brings_everything_back() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, close(b.contact));
    b.run(b.owner, ReopenMailbox { mailbox: b.contact });
    assert_eq!(b.way("hello@bakery.example"), "accept alias");
    assert!(b.may(b.assistant, Right::Send, b.contact));
    assert_eq!(b.opens(CONTACT, &phone, Protocol::Imap), Ok(()));
}

#[test]
fn a_mailbox_is_closed_once_and_reopened_once() {
    let b = Business::new();
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, "mailbox.state");
    b.run(b.owner, close(b.contact));
    b.refused(b.owner, close(b.contact), "mailbox.state");
    b.refused(b.owner, suspend(b.contact), "mailbox.state");
    b.refused(b.owner, ResumeMailbox { mailbox: b.contact }, "mailbox.state");
}

#[test]
fn a_suspended_mailbox_may_be_closed_by_those_who_may_resume_it() {
    let b = Business::new();
    b.run(b.owner, suspend(b.contact));
    b.run(b.owner, close(b.contact));
    assert_eq!(state(&b), MailboxState::Closed(Authority::Member));
}

#[test]
fn what_the_host_closed_only_the_host_reopens() {
    let b = Business::new();
    b.sys(close(b.contact));
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, "access.denied");
    b.refused(b.owner, delete(b.contact), "access.denied");
    b.sys(ReopenMailbox { mailbox: b.contact });
    assert_eq!(state(&b), MailboxState::Open);
}

#[test]
fn the_host_takes_over_what_a_manager_closed() {
    let b = Business::new();
    b.run(b.owner, close(b.contact));
    b.sys(close(b.contact));
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, "access.denied");
}

// Holding sending

#[test]
fn each_manager_holds_and_releases_sending_and_nobody_else() {
    each_manager(|b, crowd, actor| {
        b.managers_alone(crowd, "mailbox.not_found", || HoldSending { mailbox: b.contact });
        b.run(&actor, HoldSending { mailbox: b.contact });
        b.managers_alone(crowd, "mailbox.not_found", || ReleaseSending { mailbox: b.contact });
        b.run(&actor, ReleaseSending { mailbox: b.contact });
        assert!(b.may(b.assistant, Right::Send, b.contact));
    });
}

#[test]
fn where_sending_is_held_reading_goes_on_and_nothing_is_sent() {
    let b = Business::new();
    let both = [Protocol::Imap, Protocol::Smtp];
    let phone = b.device(b.assistant, b.contact, both).password.reveal();
    let robot = b.robot(b.contact, both).password.reveal();
    b.run(b.owner, HoldSending { mailbox: b.contact });
    assert_eq!(b.obstacle(b.assistant, Right::Send, b.contact), "sending_held");
    assert!(b.may(b.assistant, Right::Read, b.contact));
    for password in [&phone, &robot] {
        assert_eq!(hindrance(&b, CONTACT, password, Protocol::Smtp), "sending_held");
        let session = b.login(CONTACT, password, Protocol::Imap).unwrap();
        assert!(!session.rights.contains(Right::Send));
    }
    assert!(b.directory.senders(b.assistant, b.contact).unwrap().addresses.is_empty());
    assert_eq!(b.way(CONTACT), "accept mailbox");
}

#[test]
fn a_session_that_sends_ends_when_sending_is_held() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Smtp]).password.reveal();
    let session = b.login(CONTACT, &phone, Protocol::Smtp).unwrap();
    assert!(b.directory.session_valid(&session).unwrap());
    b.run(b.owner, HoldSending { mailbox: b.contact });
    assert!(!b.directory.session_valid(&session).unwrap());
}

#[test]
fn sending_is_held_once_and_released_once() {
    let b = Business::new();
    b.refused(b.owner, ReleaseSending { mailbox: b.contact }, "mailbox.state");
    b.run(b.owner, HoldSending { mailbox: b.contact });
    b.refused(b.owner, HoldSending { mailbox: b.contact }, "mailbox.state");
}

#[test]
fn what_the_host_held_only_the_host_releases() {
    let b = Business::new();
    b.run(b.owner, HoldSending { mailbox: b.contact });
    b.sys(HoldSending { mailbox: b.contact });
    b.refused(b.owner, ReleaseSending { mailbox: b.contact }, "access.denied");
    b.refused(b.owner, delete(b.contact), "access.denied");
    b.refused(b.owner, HoldSending { mailbox: b.contact }, "mailbox.state");
    b.sys(ReleaseSending { mailbox: b.contact });
    assert!(b.may(b.assistant, Right::Send, b.contact));
}

// Deleting

#[test]
fn each_manager_deletes_a_mailbox_and_nobody_else() {
    each_manager(|b, crowd, actor| {
        b.managers_alone(crowd, "mailbox.not_found", || delete(b.contact));
        assert_eq!(b.run(&actor, delete(b.contact)).address.canonical(), CONTACT);
        b.refused(&actor, delete(b.contact), "mailbox.not_found");
    });
}

#[test]
fn deleting_a_mailbox_lists_and_ends_all_that_hung_on_it() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let robot = b.robot(b.contact, [Protocol::Imap]);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let domain: DomainName = "bakery.example".parse().unwrap();
    let all = SetCatchAll {
        organisation: b.organisation,
        domain: domain.clone(),
        mailbox: Some(b.contact),
        on_dependants: OnDependants::Refuse,
    };
    b.sys(all);
    let promise = Promise { mailbox: b.contact, rights: Rights::EMPTY, expires: None };
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![promise] };
    let invited =
        b.run(b.owner, Invite { organisation: b.organisation, address: addr("ivo@people.example"), offer });

    let gone = b.run(b.owner, delete(b.contact));

    assert_eq!(gone.aliases.iter().map(Address::canonical).collect::<Vec<_>>(), ["hello@bakery.example"]);
    assert_eq!(gone.grants, [b.assistant]);
    let mut devices: Vec<DeviceId> = gone.devices.iter().map(|device| device.device).collect();
    devices.sort();
    let mut expected = [phone.id, robot.id];
    expected.sort();
    assert_eq!(devices, expected);
    assert_eq!(gone.invitations, [invited.invitation]);
    assert_eq!(gone.catch_alls, [domain]);

    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "mailbox_unknown");
    assert_eq!(b.opens(CONTACT, &phone.password.reveal(), Protocol::Imap).unwrap_err(), "unknown address");
    assert_eq!(b.opens(CONTACT, &robot.password.reveal(), Protocol::Imap).unwrap_err(), "unknown address");
    for freed in [CONTACT, "hello@bakery.example"] {
        assert_eq!(b.way(freed), "refuse quarantine");
    }
    assert_eq!(b.way("anyone@bakery.example"), "refuse unknown");
    let kept = b.directory.invitation(&b.system, invited.invitation).unwrap();
    assert!(kept.offer.mailboxes.is_empty() && kept.is_pending());
}

#[test]
fn a_running_session_ends_with_its_mailbox() {
    let b = Business::new();
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let session = b.login(CONTACT, &robot, Protocol::Imap).unwrap();
    b.run(b.owner, delete(b.contact));
    assert!(!b.directory.session_valid(&session).unwrap());
}

#[test]
fn nothing_about_a_deleted_mailbox_can_be_changed_or_asked() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.owner, delete(b.contact));
    let gone = "mailbox.not_found";
    b.refused(b.owner, ReopenMailbox { mailbox: b.contact }, gone);
    b.refused(b.owner, rename(b.contact, "x@bakery.example", FormerAddress::Free), gone);
    b.refused(b.owner, AddAlias::new(b.contact, addr("x@bakery.example")), gone);
    b.refused(b.owner, GrantAccess::new(b.contact, b.owner), gone);
    b.refused(b.owner, AddDevice::new(b.contact, "x").protocols([Protocol::Imap]), gone);
    b.refused(b.assistant, RenameDevice { device: phone, label: "x".into() }, "device.not_found");
    let owner = Actor::User(b.owner);
    assert_eq!(code(b.directory.mailbox(&owner, b.contact)), Some(Code::MailboxNotFound));
    assert_eq!(code(b.directory.device(&owner, phone)), Some(Code::DeviceNotFound));
    assert_eq!(
        code(b.directory.access(&owner, b.contact, &PageRequest::default())),
        Some(Code::MailboxNotFound)
    );
    let left = b.directory.mailboxes(&owner, b.organisation, &PageRequest::default()).unwrap();
    assert!(left.items.is_empty());
}

#[test]
fn whoever_had_a_deleted_mailbox_has_nothing_of_it_before_or_after_the_sweep() {
    let b = Business::new();
    b.grant(b.mailbox(b.organisation, "other@bakery.example"), b.assistant, Rights::EMPTY);
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    b.run(b.owner, delete(b.contact));
    let seen = || {
        let actor = Actor::User(b.assistant);
        let page = PageRequest::default();
        let mailboxes = b.directory.mailboxes(&actor, b.organisation, &page).unwrap().items.len();
        let devices = b.directory.devices(&actor, b.organisation, &page).unwrap().items.len();
        let reached = b.directory.reach(&actor, b.assistant).unwrap().organisations[0].mailboxes.len();
        (mailboxes, devices, reached)
    };
    assert_eq!(seen(), (1, 0, 1));
    while !b.sys(Sweep {}).finished {}
    assert_eq!(seen(), (1, 0, 1));
}

#[test]
fn a_mailbox_that_never_was_is_not_found() {
    let b = Business::new();
    let unknown: MailboxId = "mbx_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    b.refused(b.owner, suspend(unknown), "mailbox.not_found");
    b.refused(b.system.clone(), suspend(unknown), "mailbox.not_found");
}

#[test]
fn each_manager_deletes_a_mailbox_that_a_manager_suspended_closed_or_held() {
    let prepare: [fn(&Business); 3] = [
        |b| b.run(b.owner, suspend(b.contact)),
        |b| b.run(b.owner, close(b.contact)),
        |b| b.run(b.owner, HoldSending { mailbox: b.contact }),
    ];
    for prepare in prepare {
        let b = Business::new();
        prepare(&b);
        b.run(b.owner, delete(b.contact));
        assert_eq!(b.way(CONTACT), "refuse quarantine");
    }
}
