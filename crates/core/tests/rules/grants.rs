//! The rules about grants: who gives, changes and takes access, within which bounds, and what becomes of devices.

use std::time::Duration;

use crate::common::*;
use mailgrant::device::{AddDevice, For};
use mailgrant::grant::*;
use mailgrant::mailbox::{CloseMailbox, DeleteMailbox, SuspendMailbox};
use mailgrant::membership::{RemoveMember, ResumeMember, SuspendMember};
use mailgrant::organisation::{SetPolicy, SuspendOrganisation};
use mailgrant::user::{DeleteUser, SuspendUser};
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const TICK: Duration = Duration::from_millis(1);

fn change(mailbox: MailboxId, user: UserId, rights: impl Into<Rights>) -> ChangeGrant {
    ChangeGrant { mailbox, user, rights: rights.into() }
}

fn expiry(mailbox: MailboxId, user: UserId, expires: Option<Timestamp>) -> SetGrantExpiry {
    SetGrantExpiry { mailbox, user, expires }
}

fn revoke(mailbox: MailboxId, user: UserId, held: HeldDevices) -> RevokeGrant {
    RevokeGrant { mailbox, user, held }
}

fn rights_of(b: &Business, user: UserId) -> Option<Rights> {
    let page = b.directory.access(&b.system, b.contact, &PageRequest::default()).unwrap();
    page.items.iter().find_map(|access| match &access.who {
        Reacher::Person(person) if person.id == user => Some(access.rights),
        _ => None,
    })
}

/// A business whose assistant may share contact@ with `Send`, until in ten days; and an External without a grant.
struct Sharing {
    b: Business,
    sharer: UserId,
    friend: UserId,
}

impl std::ops::Deref for Sharing {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.b
    }
}

fn sharing() -> Sharing {
    let b = Business::new();
    b.sys(change(b.contact, b.assistant, [Right::Send, Right::Sharing]));
    b.sys(expiry(b.contact, b.assistant, Some(b.in_days(10))));
    let friend = b.member(b.organisation, "finn@people.example", Role::External);
    let sharer = b.assistant;
    Sharing { b, sharer, friend }
}

// Giving

#[test]
fn each_manager_grants_changes_and_revokes() {
    each_manager(|b, crowd, actor| {
        let user = crowd.collaborator;
        b.run(&actor, GrantAccess::new(b.contact, user).rights([Right::Filters]).reason("holidays"));
        assert_eq!(rights_of(b, user), Some([Right::Filters].into()));
        b.run(&actor, change(b.contact, user, [Right::Send]));
        b.run(&actor, expiry(b.contact, user, Some(b.in_days(1))));
        assert!(b.may(user, Right::Send, b.contact));
        b.run(&actor, revoke(b.contact, user, HeldDevices::Revoke));
        assert_eq!(b.obstacle(user, Right::Read, b.contact), "grant_missing");
    });
}

#[test]
fn nobody_without_sharing_grants_changes_or_revokes() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(change(b.contact, crowd.guest, Rights::ALL.without(Right::Sharing)));
    let unseen = "mailbox.not_found";
    b.managers_alone(&crowd, unseen, || GrantAccess::new(b.contact, crowd.domains).rights(Rights::EMPTY));
    let victim = b.member(b.organisation, "vera@people.example", Role::External);
    b.grant(b.contact, victim, [Right::Send]);
    b.managers_alone(&crowd, unseen, || change(b.contact, victim, Rights::EMPTY));
    b.managers_alone(&crowd, unseen, || expiry(b.contact, victim, Some(b.in_days(1))));
    b.managers_alone(&crowd, unseen, || revoke(b.contact, victim, HeldDevices::Revoke));
}

#[test]
fn a_grant_without_rights_named_gives_the_organisations_default() {
    let b = Business::new();
    let friend = b.member(b.organisation, "finn@people.example", Role::External);
    let rights = [Right::Restorations, Right::Read].into();
    let policy = Policy { mailbox_rights: rights, ..Policy::default() };
    b.run(b.owner, SetPolicy { organisation: b.organisation, policy, on_dependants: OnDependants::Refuse });
    b.run(b.owner, GrantAccess::new(b.contact, friend));
    assert_eq!(rights_of(&b, friend), Some([Right::Restorations].into()), "reading goes without saying");
}

#[test]
fn every_grant_lets_one_read_and_no_grant_lists_it() {
    let b = Business::new();
    b.run(b.owner, change(b.contact, b.assistant, [Right::Read]));
    assert_eq!(rights_of(&b, b.assistant), Some(Rights::EMPTY));
    assert!(b.may(b.assistant, Right::Read, b.contact));
    assert_eq!(b.obstacle(b.assistant, Right::Send, b.contact), "right_missing");
}

#[test]
fn only_members_get_a_grant() {
    let b = Business::new();
    let crowd = b.crowd();
    b.refused(b.owner, GrantAccess::new(b.contact, b.outsider), "grant.not_member");
    b.refused(b.owner, GrantAccess::new(b.contact, crowd.rival), "grant.not_member");
    let unknown: UserId = "usr_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    b.refused(b.owner, GrantAccess::new(b.contact, unknown), "grant.not_member");
}

#[test]
fn whoever_deleted_their_account_gets_no_grant() {
    let b = Business::new();
    let friend = b.member(b.organisation, "finn@people.example", Role::External);
    b.sys(DeleteUser { user: friend });
    b.refused(b.owner, GrantAccess::new(b.contact, friend), "user.not_found");
}

#[test]
fn a_grant_stands_and_is_given_once() {
    let b = Business::new();
    b.refused(b.owner, GrantAccess::new(b.contact, b.assistant), "grant.exists");
}

#[test]
fn a_grant_has_no_unreadable_reason() {
    let b = Business::new();
    b.refused(b.owner, GrantAccess::new(b.contact, b.owner).reason("a\tb"), "text.invalid");
}

#[test]
fn an_owner_reads_only_what_she_granted_to_herself_and_the_others_see_it() {
    let b = Business::new();
    assert_eq!(b.obstacle(b.owner, Right::Read, b.contact), "grant_missing");
    b.run(b.owner, GrantAccess::new(b.contact, b.owner));
    assert!(b.may(b.owner, Right::Read, b.contact));
    let seen = b.directory.access(&Actor::User(b.assistant), b.contact, &PageRequest::default()).unwrap();
    assert!(seen.items.iter().any(|access| matches!(&access.who, Reacher::Person(p) if p.id == b.owner)));
    let page = PageRequest::default();
    let assistant = Actor::User(b.assistant);
    let told = b.directory.mailbox_history(&assistant, b.contact, &HistoryFilter::default(), &page).unwrap();
    assert!(told.items.iter().any(|entry| matches!(&entry.event,
        Event::Grant(_, _, user, _) if *user == b.owner)));
}

#[test]
fn a_grant_of_another_tenant_is_out_of_reach() {
    let b = Business::new();
    let crowd = b.crowd();
    b.refused(b.owner, GrantAccess::new(crowd.theirs, b.owner), "mailbox.not_found");
    b.refused(b.owner, change(crowd.theirs, crowd.rival, Rights::EMPTY), "mailbox.not_found");
    b.refused(b.owner, expiry(crowd.theirs, crowd.rival, None), "mailbox.not_found");
    b.refused(b.owner, revoke(crowd.theirs, crowd.rival, HeldDevices::Revoke), "mailbox.not_found");
    b.refused(b.owner, GiveUpGrant { mailbox: crowd.theirs }, "mailbox.not_found");
}

#[test]
fn no_grant_changes_in_a_suspended_organisation() {
    let b = Business::new();
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    let code = "organisation.suspended";
    b.refused(b.owner, GrantAccess::new(b.contact, b.owner), code);
    b.refused(b.owner, change(b.contact, b.assistant, Rights::EMPTY), code);
    b.refused(b.owner, expiry(b.contact, b.assistant, None), code);
    b.refused(b.owner, revoke(b.contact, b.assistant, HeldDevices::Revoke), code);
    b.refused(b.assistant, GiveUpGrant { mailbox: b.contact }, code);
}

#[test]
fn what_is_not_there_is_neither_changed_nor_revoked() {
    let b = Business::new();
    b.refused(b.owner, change(b.contact, b.owner, Rights::EMPTY), "grant.not_found");
    b.refused(b.owner, expiry(b.contact, b.owner, None), "grant.not_found");
    b.refused(b.owner, revoke(b.contact, b.owner, HeldDevices::Revoke), "grant.not_found");
    b.refused(b.owner, GiveUpGrant { mailbox: b.contact }, "grant.not_found");
}

// Effective access

#[test]
fn access_ends_with_each_link_of_the_chain_and_comes_back_with_it() {
    let b = Business::new();
    let organisation = b.organisation;
    let obstacle = || b.obstacle(b.assistant, Right::Read, b.contact);
    b.sys(SuspendUser { user: b.assistant });
    assert_eq!(obstacle(), "user_suspended");
    b.sys(mailgrant::user::ResumeUser { user: b.assistant });
    b.sys(SuspendMember { organisation, user: b.assistant });
    assert_eq!(obstacle(), "membership_suspended");
    b.sys(ResumeMember { organisation, user: b.assistant });
    b.sys(SuspendOrganisation { organisation });
    assert_eq!(obstacle(), "organisation_suspended");
    b.sys(mailgrant::organisation::ResumeOrganisation { organisation });
    assert_eq!(obstacle(), "-");
}

#[test]
fn a_grant_is_good_until_the_instant_of_its_expiry() {
    let b = Business::new();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.clock.set(b.in_days(1).minus(TICK));
    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "-");
    b.advance(TICK);
    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "grant_expired");
}

#[test]
fn whoever_has_an_expired_grant_does_not_see_the_mailbox() {
    let b = Business::new();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.days(1);
    let assistant = Actor::User(b.assistant);
    assert_eq!(code(b.directory.mailbox(&assistant, b.contact)), Some(Code::MailboxNotFound));
    b.refused(b.assistant, GiveUpGrant { mailbox: b.contact }, "mailbox.not_found");
}

#[test]
fn an_expiry_lies_ahead() {
    let b = Business::new();
    let (now, later) = (b.now(), b.now().plus(TICK));
    b.refused(b.owner, GrantAccess::new(b.contact, b.owner).expires(now), "expiry.past");
    b.refused(b.owner, expiry(b.contact, b.assistant, Some(now)), "expiry.past");
    b.run(b.owner, GrantAccess::new(b.contact, b.owner).expires(later));
    b.run(b.owner, expiry(b.contact, b.assistant, Some(later)));
}

#[test]
fn an_expired_grant_is_given_anew_and_not_changed() {
    let b = Business::new();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.days(1);
    b.refused(b.owner, change(b.contact, b.assistant, Rights::ALL), "grant.expired");
    b.refused(b.owner, expiry(b.contact, b.assistant, None), "grant.expired");
    b.run(b.owner, GrantAccess::new(b.contact, b.assistant));
    assert!(b.may(b.assistant, Right::Send, b.contact));
}

#[test]
fn a_change_that_changes_nothing_leaves_no_trace() {
    let b = Business::new();
    let before = b.store.dump();
    let rights = Policy::default().mailbox_rights;
    b.run(b.owner, change(b.contact, b.assistant, rights));
    b.run(b.owner, expiry(b.contact, b.assistant, None));
    assert_eq!(before, b.store.dump());
}

// Sharing

#[test]
fn sharing_gives_changes_and_takes_within_its_own_bounds() {
    let s = sharing();
    let end = s.in_days(10);
    s.run(s.sharer, GrantAccess::new(s.contact, s.friend).rights([Right::Send]).expires(end));
    s.run(s.sharer, change(s.contact, s.friend, [Right::Sharing]));
    s.run(s.sharer, expiry(s.contact, s.friend, Some(s.in_days(1))));
    s.run(s.sharer, revoke(s.contact, s.friend, HeldDevices::Revoke));
    assert_eq!(rights_of(&s, s.friend), None);
}

#[test]
fn sharing_gives_no_more_rights_than_its_own() {
    let s = sharing();
    let give = |rights: Rights| GrantAccess::new(s.contact, s.friend).rights(rights).expires(s.in_days(1));
    let error = s.refused(s.sharer, give([Right::Send, Right::Devices].into()), "grant.exceeds");
    assert_eq!(error.details()["most"], serde_json::json!(["send", "sharing"]));
    s.run(s.sharer, give([Right::Send].into()));
    s.refused(s.sharer, change(s.contact, s.friend, [Right::Devices]), "grant.exceeds");
}

#[test]
fn sharing_gives_no_default_rights_that_it_does_not_have() {
    let s = sharing();
    s.refused(s.sharer, GrantAccess::new(s.contact, s.friend).expires(s.in_days(1)), "grant.exceeds");
}

#[test]
fn sharing_gives_nothing_that_ends_later_than_itself() {
    let s = sharing();
    let give = || GrantAccess::new(s.contact, s.friend).rights([Right::Send]);
    s.refused(s.sharer, give(), "grant.exceeds");
    s.refused(s.sharer, give().expires(s.in_days(10).plus(TICK)), "grant.exceeds");
    s.run(s.sharer, give().expires(s.in_days(10)));
    s.refused(s.sharer, expiry(s.contact, s.friend, None), "grant.exceeds");
    s.refused(s.sharer, expiry(s.contact, s.friend, Some(s.in_days(11))), "grant.exceeds");
}

#[test]
fn sharing_touches_no_grant_that_was_more_than_its_own_before() {
    let s = sharing();
    let end = s.in_days(5);
    s.sys(GrantAccess::new(s.contact, s.friend).rights([Right::Send, Right::Filters]).expires(end));
    s.refused(s.sharer, change(s.contact, s.friend, [Right::Send]), "grant.exceeds");
    s.refused(s.sharer, expiry(s.contact, s.friend, Some(s.in_days(1))), "grant.exceeds");
    s.refused(s.sharer, revoke(s.contact, s.friend, HeldDevices::Revoke), "grant.exceeds");
}

#[test]
fn sharing_gives_nothing_over_an_expired_grant_that_was_more_than_its_own() {
    let s = sharing();
    let more = [Right::Send, Right::Devices];
    s.sys(GrantAccess::new(s.contact, s.friend).rights(more).expires(s.in_days(1)));
    let password = s.device(s.friend, s.contact, [Protocol::Imap]).password.reveal();
    s.days(1);
    let anew = |rights: Rights| {
        let held = HeldDevices::Revoke;
        GrantAccess::new(s.contact, s.friend).rights(rights).expires(s.in_days(1)).held(held)
    };
    s.refused(s.sharer, anew([Right::Send].into()), "grant.exceeds");
    assert_eq!(hindrance(&s, CONTACT, &password, Protocol::Imap), "holder", "its devices are untouched");
}

#[test]
fn sharing_gives_anew_what_expired_within_its_own_bounds() {
    let s = sharing();
    let give = || GrantAccess::new(s.contact, s.friend).rights([Right::Send]).expires(s.in_days(1));
    s.run(s.sharer, give());
    s.days(1);
    s.run(s.sharer, give());
    assert!(s.may(s.friend, Right::Send, s.contact));
}

#[test]
fn sharing_touches_no_grant_that_ended_later_than_its_own_before() {
    let s = sharing();
    s.sys(GrantAccess::new(s.contact, s.friend).rights([Right::Send]));
    s.refused(s.sharer, change(s.contact, s.friend, Rights::EMPTY), "grant.exceeds");
    s.refused(s.sharer, expiry(s.contact, s.friend, Some(s.in_days(1))), "grant.exceeds");
    s.refused(s.sharer, revoke(s.contact, s.friend, HeldDevices::Revoke), "grant.exceeds");
}

#[test]
fn sharing_never_touches_ones_own_grant() {
    let s = sharing();
    s.refused(s.sharer, GrantAccess::new(s.contact, s.sharer).rights(Rights::EMPTY), "access.denied");
    s.refused(s.sharer, change(s.contact, s.sharer, Rights::EMPTY), "access.denied");
    s.refused(s.sharer, expiry(s.contact, s.sharer, Some(s.in_days(1))), "access.denied");
    s.refused(s.sharer, revoke(s.contact, s.sharer, HeldDevices::Revoke), "access.denied");
}

#[test]
fn sharing_never_touches_a_managers_grant() {
    let s = sharing();
    let crowd = s.crowd();
    for manager in [s.owner, crowd.admin, crowd.mail, crowd.dormant] {
        let give = || GrantAccess::new(s.contact, manager).rights([Right::Send]).expires(s.in_days(1));
        s.refused(s.sharer, give(), "access.denied");
        s.sys(give());
        s.refused(s.sharer, change(s.contact, manager, Rights::EMPTY), "access.denied");
        s.refused(s.sharer, expiry(s.contact, manager, Some(s.in_days(2))), "access.denied");
        s.refused(s.sharer, revoke(s.contact, manager, HeldDevices::Revoke), "access.denied");
    }
}

#[test]
fn sharing_ends_with_its_expiry() {
    let s = sharing();
    s.days(10);
    let give = GrantAccess::new(s.contact, s.friend).rights([Right::Send]);
    s.refused(s.sharer, give, "mailbox.not_found");
}

#[test]
fn sharing_gives_nothing_while_the_mailbox_is_not_open() {
    let prepare: [fn(&Sharing); 2] = [
        |s| s.sys(SuspendMailbox { mailbox: s.contact, on_dependants: OnDependants::Refuse }),
        |s| s.sys(CloseMailbox { mailbox: s.contact, on_dependants: OnDependants::Refuse }),
    ];
    for prepare in prepare {
        let s = sharing();
        prepare(&s);
        let give = GrantAccess::new(s.contact, s.friend).rights([Right::Send]).expires(s.in_days(1));
        s.refused(s.sharer, give, "access.denied");
    }
}

#[test]
fn sharing_is_of_one_mailbox() {
    let s = sharing();
    let other = s.mailbox(s.organisation, "orders@bakery.example");
    let give = GrantAccess::new(other, s.friend).rights([Right::Send]).expires(s.in_days(1));
    s.refused(s.sharer, give, "mailbox.not_found");
}

#[test]
fn sharing_learns_of_no_grant_that_is_not_there() {
    let s = sharing();
    s.refused(s.sharer, revoke(s.contact, s.friend, HeldDevices::Revoke), "grant.not_found");
    s.refused(s.sharer, change(s.contact, s.outsider, Rights::EMPTY), "grant.not_found");
    let give = GrantAccess::new(s.contact, s.outsider).rights([Right::Send]).expires(s.in_days(1));
    s.refused(s.sharer, give, "grant.not_member");
}

#[test]
fn managers_give_rights_that_they_do_not_have_themselves() {
    let b = Business::new();
    let crowd = b.crowd();
    b.grant(b.contact, crowd.mail, Rights::EMPTY);
    b.run(crowd.mail, GrantAccess::new(b.contact, crowd.collaborator).rights(Rights::ALL));
    assert!(b.may(crowd.collaborator, Right::Security, b.contact));
}

// Giving up

#[test]
fn one_gives_up_ones_own_grant_and_its_devices_are_revoked() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (id, password) = (phone.id, phone.password.reveal());
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let ended = b.run(b.assistant, GiveUpGrant { mailbox: b.contact });
    assert_eq!((ended.revoked, ended.released), (vec![id], vec![]));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "revoked");
    assert_eq!(hindrance(&b, CONTACT, &robot, Protocol::Imap), "-");
    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "grant_missing");
}

#[test]
fn one_gives_up_no_grant_that_one_does_not_have() {
    let b = Business::new();
    for stranger in [Actor::User(b.outsider), Actor::Bearer, b.system.clone()] {
        b.refused(stranger, GiveUpGrant { mailbox: b.contact }, "mailbox.not_found");
    }
}

#[test]
fn a_suspended_person_gives_up_nothing() {
    let b = Business::new();
    b.sys(SuspendUser { user: b.assistant });
    b.refused(b.assistant, GiveUpGrant { mailbox: b.contact }, "actor.suspended");
}

// Devices of a grant that ends

#[test]
fn revoking_a_grant_revokes_its_devices_and_no_others() {
    let b = Business::new();
    let elsewhere = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(GrantAccess::new(elsewhere, b.assistant));
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let other = b.device(b.assistant, elsewhere, [Protocol::Imap]).password.reveal();
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let ended = b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Revoke));
    assert_eq!((ended.revoked, ended.released), (vec![phone.id], vec![]));
    assert_eq!(hindrance(&b, CONTACT, &phone.password.reveal(), Protocol::Imap), "revoked");
    assert_eq!(hindrance(&b, CONTACT, &robot, Protocol::Imap), "-");
    assert_eq!(hindrance(&b, "orders@bakery.example", &other, Protocol::Imap), "-");
}

#[test]
fn a_released_device_goes_on_without_a_holder_and_known_to_its_former_one() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]);
    let (id, password) = (phone.id, phone.password.reveal());
    let ended = b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    assert_eq!((ended.revoked, ended.released), (vec![], vec![id]));
    let device = b.directory.device(&b.system, id).unwrap();
    assert_eq!((device.holder, device.known_to), (None, vec![b.assistant]));
    assert_eq!(b.opens(CONTACT, &password, Protocol::Smtp), Ok(()));
    assert_eq!(b.obstacle(b.assistant, Right::Read, b.contact), "grant_missing");
}

#[test]
fn a_device_that_a_manager_made_is_known_to_its_former_holder_once_released() {
    let b = Business::new();
    let phone = b.run(
        b.owner,
        AddDevice::new(b.contact, "phone").holder(For::User(b.assistant)).protocols([Protocol::Imap]),
    );
    assert_eq!(b.directory.device(&b.system, phone.id).unwrap().known_to, [b.owner]);
    b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    assert_eq!(b.directory.device(&b.system, phone.id).unwrap().known_to, [b.owner, b.assistant]);
}

#[test]
fn a_released_device_is_narrowed_to_what_the_grant_allowed() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]);
    let (id, password) = (phone.id, phone.password.reveal());
    b.run(b.owner, change(b.contact, b.assistant, [Right::Devices]));
    b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    let bounds = b.directory.device(&b.system, id).unwrap().bounds;
    assert_eq!(bounds.protocols, [Protocol::Imap].into());
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Smtp), "protocol");
}

#[test]
fn a_device_of_which_nothing_was_allowed_is_revoked_rather_than_released() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Smtp]);
    b.run(b.owner, change(b.contact, b.assistant, [Right::Devices]));
    let ended = b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    assert_eq!((ended.revoked, ended.released), (vec![phone.id], vec![]));
}

#[test]
fn a_released_device_ends_with_the_grants_expiry() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let end = b.in_days(2);
    b.run(b.owner, expiry(b.contact, b.assistant, Some(end)));
    b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    b.clock.set(end.minus(TICK));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
    b.advance(TICK);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "expired");
}

#[test]
fn a_released_device_keeps_its_own_earlier_expiry_and_its_networks() {
    let b = Business::new();
    let end = b.in_days(1);
    let network = "192.0.2.0/24".parse().unwrap();
    let add = AddDevice::new(b.contact, "phone").protocols([Protocol::Imap]).networks([network]).expires(end);
    let phone = b.run(b.assistant, add);
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(2))));
    b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Release));
    let bounds = b.directory.device(&b.system, phone.id).unwrap().bounds;
    assert_eq!((bounds.expires, bounds.networks), (Some(end), Some(vec![network])));
}

#[test]
fn only_those_who_may_add_a_device_for_nobody_release_one() {
    let s = sharing();
    s.sys(change(s.contact, s.sharer, [Right::Devices, Right::Sharing]));
    let end = s.in_days(1);
    s.sys(GrantAccess::new(s.contact, s.friend).rights([Right::Devices]).expires(end));
    let password = s.device(s.friend, s.contact, [Protocol::Imap]).password.reveal();
    s.refused(s.sharer, revoke(s.contact, s.friend, HeldDevices::Release), "access.denied");
    s.run(s.sharer, revoke(s.contact, s.friend, HeldDevices::Revoke));
    assert_eq!(hindrance(&s, CONTACT, &password, Protocol::Imap), "revoked");
}

#[test]
fn revoking_a_grant_names_the_devices_that_are_still_known_to_its_user() {
    let b = Business::new();
    let crowd = b.crowd();
    b.grant(b.contact, crowd.mail, Rights::EMPTY);
    let nobody = For::Nobody { handed_to: None };
    let add = AddDevice::new(b.contact, "CRM").holder(nobody).protocols([Protocol::Imap]);
    let crm = b.run(crowd.mail, add);
    let ended = b.run(b.owner, revoke(b.contact, crowd.mail, HeldDevices::Revoke));
    assert!(ended.revoked.is_empty());
    let named = &ended.still_known[0];
    assert_eq!((named.device, named.label.as_str(), named.address.canonical()), (crm.id, "CRM", CONTACT));
}

#[test]
fn a_session_ends_with_the_grant_it_hangs_on() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let session = b.login(CONTACT, &password, Protocol::Imap).unwrap();
    b.run(b.owner, revoke(b.contact, b.assistant, HeldDevices::Revoke));
    assert!(!b.directory.session_valid(&session).unwrap());
}

#[test]
fn granting_over_an_expired_grant_needs_the_choice_about_its_devices_again() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (id, password) = (phone.id, phone.password.reveal());
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.days(1);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "holder");
    b.refused(b.owner, GrantAccess::new(b.contact, b.assistant), "grant.devices_undecided");
    b.run(b.owner, GrantAccess::new(b.contact, b.assistant).held(HeldDevices::Revoke));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "revoked");
    assert!(!b.directory.device(&b.system, id).unwrap().is_active());
}

#[test]
fn a_device_released_from_an_expired_grant_does_not_live_again() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.days(1);
    b.run(b.owner, GrantAccess::new(b.contact, b.assistant).held(HeldDevices::Release));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "expired");
}

#[test]
fn granting_over_an_expired_grant_without_devices_needs_no_choice() {
    let b = Business::new();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.days(1);
    b.run(b.owner, GrantAccess::new(b.contact, b.assistant).rights([Right::Rules]));
    assert_eq!(rights_of(&b, b.assistant), Some([Right::Rules].into()));
}

#[test]
fn extending_a_grant_keeps_its_devices() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(1))));
    b.run(b.owner, expiry(b.contact, b.assistant, Some(b.in_days(2))));
    b.days(1);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
}

#[test]
fn removing_a_member_revokes_their_grants_and_devices() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let report = b.run(b.owner, RemoveMember { organisation: b.organisation, user: b.assistant });
    assert_eq!((report.grants.len(), report.devices.len()), (1, 1));
    assert_eq!(rights_of(&b, b.assistant), None);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "revoked");
}

#[test]
fn a_suspended_members_devices_stop_and_resume_with_them() {
    let b = Business::new();
    let organisation = b.organisation;
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, SuspendMember { organisation, user: b.assistant });
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "holder");
    b.run(b.owner, ResumeMember { organisation, user: b.assistant });
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
}

#[test]
fn a_mailbox_that_is_deleted_and_opened_anew_gives_nothing_to_those_who_had_it() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, DeleteMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse });
    let anew = b.run(
        b.owner,
        mailgrant::mailbox::OpenMailbox::new(b.organisation, addr(CONTACT)).reclaim(Reclaim::Yes),
    );
    assert_eq!(b.obstacle(b.assistant, Right::Read, anew), "grant_missing");
    assert_eq!(b.opens(CONTACT, &password, Protocol::Imap).unwrap_err(), "wrong password");
}
