//! The review: one row an access, its warnings, and the commands that settle them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::*;
use crate::counting::Counting;
use mailgrant::device::{AddDevice, AddLegacyDevice, Bounds, For, NarrowDevice, RotateDevice};
use mailgrant::grant::{ChangeGrant, GrantAccess, RevokeGrant, SetGrantExpiry};
use mailgrant::invitation::ResendInvitation;
use mailgrant::mailbox::CloseMailbox;
use mailgrant::membership::{Leave, RemoveMember, SetRole, SuspendMember};
use mailgrant::organisation::{SetPolicy, SharingInvites, SuspendOrganisation};
use mailgrant::report::{ReviewRow, ReviewRows, Subject, Warning, WarningKind};
use mailgrant::user::{DeleteUser, SuspendUser};
use mailgrant::*;

const PHC: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn ask(world: &World, actor: impl IntoActor, organisation: OrganisationId) -> Vec<ReviewRow> {
    let actor = actor.into_actor();
    let rows = every(|page| world.directory.review(&actor, organisation, ReviewRows::All, page));
    rows.collect::<Result<_, _>>().unwrap()
}

/// The words of all warnings, row by row.
fn words(rows: &[ReviewRow]) -> Vec<String> {
    let of = |row: &ReviewRow| {
        row.warnings.iter().map(|warning| warning.kind.as_str()).collect::<Vec<_>>().join(" ")
    };
    rows.iter().map(of).collect()
}

/// The warnings of a kind.
fn warnings(business: &Business, actor: &Actor, kind: WarningKind) -> Vec<Warning> {
    let rows = ask(business, actor, business.organisation);
    rows.into_iter().flat_map(|row| row.warnings).filter(|warning| warning.kind == kind).collect()
}

fn warned(business: &Business, kind: WarningKind) -> bool {
    !warnings(business, &business.system, kind).is_empty()
}

/// Runs the command of the one warning of a kind, and asks again: it is gone.
#[track_caller]
fn settle(business: &Business, actor: &Actor, runs: &Actor, kind: WarningKind, command: &str) {
    for preview in [true, false] {
        let mut found = warnings(business, actor, kind);
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        let settle = found.remove(0).settle.unwrap_or_else(|| panic!("nothing settles {kind} for {actor:?}"));
        assert_eq!(settle.name(), command, "{kind}");
        match preview {
            true => drop(business.directory.preview_any(runs, settle).unwrap()),
            false => drop(business.directory.run_any(runs, settle).unwrap()),
        }
    }
    let left = warnings(business, actor, kind);
    assert!(left.is_empty(), "{kind} for {actor:?}: {left:?}");
}

/// A business in which each warning about grants, devices and invitations is made once by `make`, for each manager.
fn settled_by_each_manager(kind: WarningKind, command: &str, make: impl Fn(&Business)) {
    for place in 0..4 {
        let world = World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed));
        let business = Business::in_world(world);
        let (organisation, contact) = (business.organisation, business.contact);
        // Nobody from outside, unless the test wants one.
        business.sys(SetRole { organisation, user: business.assistant, role: Role::Collaborator });
        let admin = business.member(organisation, "adam@people.example", Role::Admin);
        let mail = business.manager(organisation, "mia@people.example", Service::Mail);
        let actor =
            [business.owner.into_actor(), admin.into_actor(), mail.into_actor(), business.system.clone()]
                [place]
                .clone();
        assert!(business.may(business.assistant, Right::Read, contact));
        make(&business);
        settle(&business, &actor, &actor, kind, command);
    }
}

fn use_it(business: &Business, issued: device::Issued) {
    business.login("contact@bakery.example", &issued.password.reveal(), Protocol::Imap).unwrap();
}

// Grants.

#[test]
fn a_grant_is_one_row_with_who_has_it_and_since_when() {
    let business = Business::new();
    let rows = ask(&business, business.owner, business.organisation);
    assert_eq!(rows.len(), 1);
    match &rows[0].subject {
        Subject::Access { mailbox, address, access, .. } => {
            assert_eq!(*mailbox, business.contact);
            assert_eq!(address.canonical(), "contact@bakery.example");
            assert_eq!(access.since, business.now());
            assert!(matches!(&access.who, Reacher::Person(person) if person.id == business.assistant));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_grant_that_was_not_used_for_thirty_days_was_never_used() {
    let business = Business::new();
    business.days(29);
    assert!(!warned(&business, WarningKind::NeverUsed));
    business.days(1);
    assert!(warned(&business, WarningKind::NeverUsed));
}

#[test]
fn opening_the_mailbox_at_the_hosts_own_pages_is_use() {
    let business = Business::new();
    business.days(30);
    business.directory.note_opened(business.assistant, business.contact, None);
    assert!(!warned(&business, WarningKind::NeverUsed));
}

#[test]
fn a_grant_is_used_through_its_holders_device() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    business.days(40);
    assert_eq!(warnings(&business, &business.system, WarningKind::NeverUsed).len(), 2);
    use_it(&business, phone);
    assert!(!warned(&business, WarningKind::NeverUsed));
    business.directory.flush_uses().unwrap();
    assert!(!warned(&business, WarningKind::NeverUsed));
}

#[test]
fn what_was_last_used_ninety_days_ago_is_unused() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    use_it(&business, phone);
    let used = business.now();
    business.days(89);
    assert!(!warned(&business, WarningKind::Unused));
    business.days(1);
    let found = warnings(&business, &business.system, WarningKind::Unused);
    assert_eq!(found.len(), 2, "the grant and the device: {found:?}");
    assert!(found.iter().all(|warning| warning.at == Some(used)));
}

#[test]
fn a_device_was_used_also_by_a_protocol_that_it_may_use_no_more() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap, Protocol::Pop3]);
    let id = phone.id;
    business.days(40);
    use_it(&business, phone);
    let bounds = Bounds { protocols: [Protocol::Pop3].into(), networks: None, expires: None };
    business.run(business.assistant, NarrowDevice { device: id, bounds });
    assert!(!warned(&business, WarningKind::NeverUsed));
}

#[test]
fn the_use_of_a_former_grant_is_not_the_use_of_this_one() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    business.directory.note_opened(user, mailbox, None);
    business.sys(RevokeGrant { mailbox, user, held: HeldDevices::Revoke });
    business.days(1);
    business.sys(GrantAccess::new(mailbox, user));
    business.days(30);
    assert!(warned(&business, WarningKind::NeverUsed));
}

#[test]
fn a_grant_expires_soon_within_fourteen_days() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let expires = business.in_days(15);
    business.sys(SetGrantExpiry { mailbox, user, expires: Some(expires) });
    assert!(!warned(&business, WarningKind::ExpiresSoon));
    business.days(1);
    let found = warnings(&business, &business.system, WarningKind::ExpiresSoon);
    assert_eq!(found[0].at, Some(expires));
    business.days(14);
    assert!(!warned(&business, WarningKind::ExpiresSoon));
    assert!(warned(&business, WarningKind::Expired));
    assert!(!warned(&business, WarningKind::NeverUsed), "what ended cannot be used");
}

#[test]
fn grants_and_devices_of_externals_are_named_so() {
    let business = Business::new();
    business.device(business.assistant, business.contact, [Protocol::Imap]);
    let found = warnings(&business, &business.system, WarningKind::External);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|warning| warning.who == Some(business.assistant)));
    let organisation = business.organisation;
    business.sys(SetRole { organisation, user: business.assistant, role: Role::Collaborator });
    assert!(!warned(&business, WarningKind::External));
}

#[test]
fn a_grant_that_an_owner_gave_herself_is_named_so() {
    let business = Business::new();
    business.run(business.owner, GrantAccess::new(business.contact, business.owner));
    let found = warnings(&business, &business.system, WarningKind::SelfGiven);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].who, Some(business.owner));
    assert!(!warned(&business, WarningKind::GiverLost));
}

/// A grant that an admin gave to somebody.
fn given_by_an_admin(business: &Business) -> UserId {
    let organisation = business.organisation;
    let admin = business.member(organisation, "gustav@people.example", Role::Admin);
    let member = business.member(organisation, "carl@people.example", Role::Collaborator);
    business.run(admin, GrantAccess::new(business.contact, member));
    admin
}

#[test]
fn whoever_still_manages_could_still_give_it() {
    let business = Business::new();
    given_by_an_admin(&business);
    assert!(!warned(&business, WarningKind::GiverLost));
}

#[test]
fn a_giver_who_was_demoted_removed_suspended_or_deleted_has_lost_access() {
    type Fall = fn(&Business, UserId);
    let falls: [Fall; 5] = [
        |b, user| b.sys(SetRole { organisation: b.organisation, user, role: Role::Collaborator }),
        |b, user| drop(b.sys(RemoveMember { organisation: b.organisation, user })),
        |b, user| b.sys(SuspendMember { organisation: b.organisation, user }),
        |b, user| b.sys(SuspendUser { user }),
        |b, user| drop(b.sys(DeleteUser { user })),
    ];
    for fall in falls {
        let business = Business::new();
        let admin = given_by_an_admin(&business);
        fall(&business, admin);
        let found = warnings(&business, &business.system, WarningKind::GiverLost);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].who, Some(admin));
    }
}

#[test]
fn whoever_changes_a_grant_answers_for_it() {
    let (rights, expires) = ([Right::Send].into(), Business::new().in_days(20));
    for change in [0, 1] {
        let business = Business::new();
        let (mailbox, admin) = (business.contact, given_by_an_admin(&business));
        let found = ask(&business, &business.system, business.organisation);
        let given = |access: &Access| access.by == By::User(admin);
        let user = found.iter().find_map(|row| match &row.subject {
            Subject::Access { access, .. } if given(access) => match &access.who {
                Reacher::Person(person) => Some(person.id),
                _ => None,
            },
            _ => None,
        });
        let user = user.unwrap();
        business.run(business.owner, RemoveMember { organisation: business.organisation, user: admin });
        assert!(warned(&business, WarningKind::GiverLost));
        match change {
            0 => business.run(business.owner, ChangeGrant { mailbox, user, rights }),
            _ => business.run(business.owner, SetGrantExpiry { mailbox, user, expires: Some(expires) }),
        }
        assert!(!warned(&business, WarningKind::GiverLost));
    }
}

/// A grant that a holder of `Sharing` gave within their own rights.
fn shared(business: &Business) -> UserId {
    let organisation = business.organisation;
    let sharer = business.member(organisation, "shirin@people.example", Role::Collaborator);
    business.grant(business.contact, sharer, [Right::Sharing, Right::Send]);
    let member = business.member(organisation, "carl@people.example", Role::Collaborator);
    business.run(sharer, GrantAccess::new(business.contact, member).rights([Right::Send]));
    sharer
}

#[test]
fn a_holder_of_sharing_could_give_it_as_long_as_it_is_within_their_bounds() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, shared(&business));
    assert!(!warned(&business, WarningKind::GiverLost));
    business.sys(ChangeGrant { mailbox, user, rights: [Right::Sharing].into() });
    assert!(warned(&business, WarningKind::GiverLost), "less than was given");
    business.sys(ChangeGrant { mailbox, user, rights: [Right::Send].into() });
    assert!(warned(&business, WarningKind::GiverLost), "no sharing");
    business.sys(ChangeGrant { mailbox, user, rights: [Right::Sharing, Right::Send].into() });
    assert!(!warned(&business, WarningKind::GiverLost));
    business.sys(SetGrantExpiry { mailbox, user, expires: Some(business.in_days(100)) });
    assert!(warned(&business, WarningKind::GiverLost), "longer than their own");
}

#[test]
fn a_closed_mailbox_is_nobodys_loss_of_access() {
    let business = Business::new();
    shared(&business);
    business.sys(CloseMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse });
    assert!(!warned(&business, WarningKind::GiverLost));
}

// Devices.

#[test]
fn a_device_is_one_row_after_the_grants() {
    let business = Business::new();
    let crm = business.robot(business.contact, [Protocol::Smtp]);
    let rows = ask(&business, business.owner, business.organisation);
    assert_eq!(words(&rows), ["access.external", "device.holderless"]);
    assert!(matches!(&rows[1].subject,
        Subject::Access { access, .. } if matches!(&access.who, Reacher::Device { id, .. } if *id == crm.id)));
}

#[test]
fn a_revoked_device_is_no_row() {
    let business = Business::new();
    let crm = business.robot(business.contact, [Protocol::Smtp]);
    business.sys(device::RevokeDevice { device: crm.id });
    assert_eq!(ask(&business, business.owner, business.organisation).len(), 1);
}

/// A device for nobody whose password an admin was shown who left since.
fn made_by_a_leaver(business: &Business) -> (UserId, device::Issued) {
    let leaver = business.member(business.organisation, "lea@people.example", Role::Admin);
    let nobody = For::Nobody { handed_to: None };
    let crm = AddDevice::new(business.contact, "CRM").holder(nobody).protocols([Protocol::Imap]);
    let crm = business.run(leaver, crm);
    assert!(!warned(business, WarningKind::KnownToLeaver), "an acting admin may know it");
    business.run(leaver, Leave { organisation: business.organisation });
    (leaver, crm)
}

#[test]
fn a_password_that_someone_knows_who_left_is_named_so() {
    let business = Business::new();
    let (leaver, _) = made_by_a_leaver(&business);
    let found = warnings(&business, &business.system, WarningKind::KnownToLeaver);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].who, Some(leaver));
}

#[test]
fn what_expired_is_known_to_nobody() {
    let business = Business::new();
    let (_, crm) = made_by_a_leaver(&business);
    let bounds =
        Bounds { protocols: [Protocol::Imap].into(), networks: None, expires: Some(business.in_days(1)) };
    business.sys(NarrowDevice { device: crm.id, bounds });
    assert!(warned(&business, WarningKind::KnownToLeaver));
    business.days(1);
    assert!(warned(&business, WarningKind::Expired));
    assert!(!warned(&business, WarningKind::KnownToLeaver));
}

#[test]
fn where_legacy_passwords_are_refused_nothing_is_to_rotate() {
    let world = World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed));
    let business = Business::in_world(world);
    let device = business.sys(AddLegacyDevice {
        mailbox: business.contact,
        label: "old".into(),
        holder: For::User(business.assistant),
        protocols: [Protocol::Imap].into(),
        phc: PHC.into(),
    });
    let (system, page) = (&business.system, PageRequest::default());
    assert!(warned(&business, WarningKind::Legacy));
    assert!(business.directory.blast_radius(system, device, &page).unwrap().opens);
    let refusing = builder(business.store.clone(), &business.clock, 8).build().unwrap();
    let rows = refusing.review(system, business.organisation, ReviewRows::All, &page).unwrap().items;
    assert_eq!(words(&rows), ["access.external", "access.external"]);
    assert!(!refusing.blast_radius(system, device, &page).unwrap().opens);
}

#[test]
fn a_password_that_an_import_left_behind_is_known_to_nobody() {
    let business = Business::new();
    let (_, crm) = made_by_a_leaver(&business);
    let mut file = Vec::new();
    let (system, organisation) = (&business.system, business.organisation);
    business.directory.export(system, organisation, History::Without, &mut file).unwrap();
    let there = World::with(|builder| builder.entropy(Seeded::new(99)));
    there.set(business.now());
    there.directory.import(system, file.as_slice()).unwrap();
    assert_eq!(words(&ask(&there, system, organisation)), ["access.external", "device.holderless"]);
    let radius = there.directory.blast_radius(system, crm.id, &PageRequest::default()).unwrap();
    assert!(!radius.opens && radius.secrets.is_empty());
}

#[test]
fn a_password_that_someone_knows_who_lost_the_mailbox_is_named_so() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let phone = business.device(user, mailbox, [Protocol::Imap]);
    assert!(!warned(&business, WarningKind::KnownToLeaver), "its holder has the mailbox");
    business.sys(RevokeGrant { mailbox, user, held: HeldDevices::Release });
    let found = warnings(&business, &business.system, WarningKind::KnownToLeaver);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].who, Some(user));
    business.run(business.owner, RotateDevice::new(phone.id).grace(Duration::ZERO));
    assert!(!warned(&business, WarningKind::KnownToLeaver));
}

#[test]
fn while_a_rotation_overlaps_the_former_password_is_still_known() {
    let business = Business::new();
    let (_, crm) = made_by_a_leaver(&business);
    business.sys(RotateDevice::new(crm.id));
    assert!(warned(&business, WarningKind::KnownToLeaver));
    business.days(1);
    assert!(!warned(&business, WarningKind::KnownToLeaver));
    business.sys(RotateDevice::new(crm.id));
    assert!(!warned(&business, WarningKind::KnownToLeaver), "the one that overlaps now is another");
}

#[test]
fn a_device_that_would_do_more_than_its_holder_goes_on_within_what_they_may() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let device = AddDevice::new(mailbox, "phone").protocols([Protocol::Imap, Protocol::Smtp]);
    let device = business.run(user, device.expires(business.in_days(10))).id;
    business.sys(ChangeGrant { mailbox, user, rights: Rights::EMPTY });
    let owner = business.owner.into_actor();
    settle(&business, &owner, &owner, WarningKind::ExpiresSoon, "widen_device");
    let bounds = business.directory.device(&owner, device).unwrap().bounds;
    assert_eq!(bounds.protocols, Protocols::from([Protocol::Imap]));
    assert_eq!(bounds.expires, Some(business.in_days(100)));
}

// Every settling command, run by every manager.

#[test]
fn what_was_never_used_is_taken_back() {
    settled_by_each_manager(WarningKind::NeverUsed, "revoke_grant", |business| business.days(30));
}

#[test]
fn a_device_that_was_never_used_is_revoked() {
    settled_by_each_manager(WarningKind::NeverUsed, "revoke_device", |business| {
        business.robot(business.contact, [Protocol::Imap]);
        business.days(30);
        business.directory.note_opened(business.assistant, business.contact, None);
    });
}

#[test]
fn what_is_unused_is_taken_back_with_its_devices() {
    settled_by_each_manager(WarningKind::Unused, "revoke_grant", |business| {
        business.directory.note_opened(business.assistant, business.contact, None);
        business.days(90);
    });
}

#[test]
fn what_expires_soon_goes_on() {
    settled_by_each_manager(WarningKind::ExpiresSoon, "set_grant_expiry", |business| {
        let (mailbox, user) = (business.contact, business.assistant);
        business.sys(SetGrantExpiry { mailbox, user, expires: Some(business.in_days(14)) });
    });
}

#[test]
fn what_expired_is_taken_back() {
    settled_by_each_manager(WarningKind::Expired, "revoke_grant", |business| {
        let (mailbox, user) = (business.contact, business.assistant);
        business.sys(SetGrantExpiry { mailbox, user, expires: Some(business.in_days(1)) });
        business.days(1);
    });
}

#[test]
fn a_device_that_expired_is_revoked() {
    settled_by_each_manager(WarningKind::Expired, "revoke_device", |business| {
        let device = AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]);
        business.run(business.assistant, device.expires(business.in_days(1)));
        business.days(1);
    });
}

#[test]
fn a_device_that_expires_soon_goes_on() {
    settled_by_each_manager(WarningKind::ExpiresSoon, "widen_device", |business| {
        let device = AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]);
        business.run(business.assistant, device.expires(business.in_days(1)));
    });
}

#[test]
fn what_an_external_has_is_taken_back() {
    settled_by_each_manager(WarningKind::External, "revoke_grant", |business| {
        let (organisation, user) = (business.organisation, business.assistant);
        business.sys(SetRole { organisation, user, role: Role::External });
    });
}

#[test]
fn what_somebody_gave_herself_is_taken_back() {
    settled_by_each_manager(WarningKind::SelfGiven, "revoke_grant", |business| {
        business.run(business.owner, GrantAccess::new(business.contact, business.owner));
    });
}

#[test]
fn what_was_given_by_someone_who_lost_access_is_taken_back() {
    settled_by_each_manager(WarningKind::GiverLost, "revoke_grant", |business| {
        let user = given_by_an_admin(business);
        business.sys(RemoveMember { organisation: business.organisation, user });
    });
}

#[test]
fn a_device_of_nobody_is_revoked() {
    settled_by_each_manager(WarningKind::Holderless, "revoke_device", |business| {
        business.robot(business.contact, [Protocol::Imap]);
    });
}

#[test]
fn a_device_known_to_a_leaver_is_rotated() {
    settled_by_each_manager(WarningKind::KnownToLeaver, "rotate_device", |business| {
        made_by_a_leaver(business);
    });
}

#[test]
fn a_legacy_password_is_rotated() {
    settled_by_each_manager(WarningKind::Legacy, "rotate_device", |business| {
        business.sys(AddLegacyDevice {
            mailbox: business.contact,
            label: "old".into(),
            holder: For::User(business.assistant),
            protocols: [Protocol::Imap].into(),
            phc: PHC.into(),
        });
    });
}

#[test]
fn an_invitation_whose_sender_lost_the_power_is_sent_anew() {
    settled_by_each_manager(WarningKind::SenderLost, "resend_invitation", |business| {
        let sender = business.member(business.organisation, "sara@people.example", Role::Admin);
        let offer = offer_of(business.contact, [Right::Send]);
        business.invite(sender, business.organisation, "new@people.example", offer);
        assert!(!warned(business, WarningKind::SenderLost));
        business.sys(SetRole { organisation: business.organisation, user: sender, role: Role::Collaborator });
    });
}

#[test]
fn an_invitation_past_its_expiry_is_taken_back() {
    settled_by_each_manager(WarningKind::InvitationExpired, "revoke_invitation", |business| {
        let offer = offer_of(business.contact, [Right::Send]);
        business.invite(business.owner, business.organisation, "new@people.example", offer);
        business.days(7);
    });
}

// The organisation.

#[test]
fn an_organisation_that_is_well_is_no_row() {
    let business = Business::new();
    let rows = ask(&business, business.owner, business.organisation);
    assert!(!rows.iter().any(|row| matches!(row.subject, Subject::Organisation(_))));
}

#[test]
fn without_an_acting_owner_the_host_appoints_an_acting_admin() {
    let business = Business::new();
    let organisation = business.organisation;
    business.member(organisation, "carl@people.example", Role::Collaborator);
    let sleeping = business.member(organisation, "sven@people.example", Role::Admin);
    let admin = business.member(organisation, "adam@people.example", Role::Admin);
    business.sys(SuspendUser { user: sleeping });
    business.sys(SuspendUser { user: business.owner });
    let rows = ask(&business, admin, organisation);
    assert!(matches!(rows[0].subject, Subject::Organisation(id) if id == organisation));
    assert_eq!(words(&rows)[0], "organisation.ownerless");
    let kind = WarningKind::OrganisationOwnerless;
    settle(&business, &admin.into_actor(), &business.system, kind, "set_role");
    let role = |user| {
        let members = business.directory.members(&business.system, organisation, &PageRequest::default());
        members.unwrap().items.iter().find(|member| member.person.id == user).unwrap().role
    };
    assert_eq!(role(admin), Role::Owner);
}

#[test]
fn without_an_admin_it_is_whoever_was_a_member_longest() {
    let business = Business::new();
    let organisation = business.organisation;
    let first = business.member(organisation, "first@people.example", Role::Collaborator);
    business.days(1);
    business.member(organisation, "second@people.example", Role::Collaborator);
    business.sys(SuspendUser { user: business.owner });
    let mut found = warnings(&business, &business.system, WarningKind::OrganisationOwnerless);
    match found.remove(0).settle {
        Some(AnyCommand::SetRole(SetRole { user, role: Role::Owner, .. })) => assert_eq!(user, first),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_from_outside_becomes_the_owner() {
    let business = Business::new();
    business.sys(SuspendUser { user: business.owner });
    let found = warnings(&business, &business.system, WarningKind::OrganisationOwnerless);
    assert!(found[0].settle.is_none());
}

#[test]
fn those_who_manage_mail_alone_are_not_told_who_would_own_it() {
    let business = Business::new();
    let mail = business.manager(business.organisation, "mia@people.example", Service::Mail);
    business.sys(SuspendUser { user: business.owner });
    let found = warnings(&business, &mail.into_actor(), WarningKind::OrganisationOwnerless);
    assert!(found[0].settle.is_none());
}

#[test]
fn reading_goes_on_in_a_suspended_organisation_and_settling_does_not() {
    let business = Business::new();
    let owner = business.owner.into_actor();
    business.robot(business.contact, [Protocol::Imap]);
    let offer = offer_of(business.contact, [Right::Send]);
    business.invite(&owner, business.organisation, "new@people.example", offer);
    business.run(&owner, SuspendOrganisation { organisation: business.organisation });
    let rows = ask(&business, &owner, business.organisation);
    assert_eq!(words(&rows), ["organisation.suspended", "access.external", "device.holderless", ""]);
    let before = business.store.dump();
    for warning in rows.into_iter().skip(1).flat_map(|row| row.warnings) {
        let refused = business.directory.run_any(&owner, warning.settle.unwrap());
        assert_eq!(code(refused), Some(Code::OrganisationSuspended));
    }
    assert!(before == business.store.dump());
    settle(&business, &owner, &owner, WarningKind::OrganisationSuspended, "resume_organisation");
}

#[test]
fn what_the_host_suspended_only_the_host_is_told_to_resume() {
    let business = Business::new();
    business.sys(SuspendOrganisation { organisation: business.organisation });
    let kind = WarningKind::OrganisationSuspended;
    assert!(warnings(&business, &business.owner.into_actor(), kind)[0].settle.is_none());
    settle(&business, &business.system, &business.system, kind, "resume_organisation");
}

#[test]
fn an_admin_is_not_told_to_resume_what_is_an_owners() {
    let business = Business::new();
    let admin = business.member(business.organisation, "adam@people.example", Role::Admin);
    business.run(business.owner, SuspendOrganisation { organisation: business.organisation });
    let found = warnings(&business, &admin.into_actor(), WarningKind::OrganisationSuspended);
    assert!(found[0].settle.is_none());
}

// Invitations.

fn invitations(rows: &[ReviewRow]) -> usize {
    rows.iter().filter(|row| matches!(row.subject, Subject::Invitation(_))).count()
}

#[test]
fn invitations_that_were_answered_are_no_rows() {
    let business = Business::new();
    let organisation = business.organisation;
    let (_, token) = business.invite(business.owner, organisation, "otto@people.example", offer(Role::Admin));
    assert_eq!(invitations(&ask(&business, business.owner, organisation)), 1);
    business.accept(business.outsider, &token);
    assert_eq!(invitations(&ask(&business, business.owner, organisation)), 0);
}

#[test]
fn those_who_manage_mail_see_the_invitations_that_they_could_give() {
    let business = Business::new();
    let organisation = business.organisation;
    let mail = business.manager(organisation, "mia@people.example", Service::Mail);
    business.invite(business.owner, organisation, "a@people.example", offer(Role::Admin));
    business.invite(business.owner, organisation, "b@people.example", offer_of(business.contact, []));
    assert_eq!(invitations(&ask(&business, mail, organisation)), 1);
    assert_eq!(invitations(&ask(&business, business.owner, organisation)), 2);
}

#[test]
fn an_admin_is_not_told_to_resend_what_makes_an_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "adam@people.example", Role::Admin);
    let sender = business.member(organisation, "sara@people.example", Role::Owner);
    let (invitation, _) = business.invite(sender, organisation, "new@people.example", offer(Role::Owner));
    business.run(business.owner, SetRole { organisation, user: sender, role: Role::Admin });
    let found = warnings(&business, &admin.into_actor(), WarningKind::SenderLost);
    assert!(found[0].settle.is_none());
    business.refused(admin, ResendInvitation { invitation }, "access.denied");
    let owner = business.owner.into_actor();
    settle(&business, &owner, &owner, WarningKind::SenderLost, "resend_invitation");
}

#[test]
fn a_sender_with_sharing_could_give_it_within_their_bounds() {
    let business = Business::new();
    let (organisation, mailbox) = (business.organisation, business.contact);
    let policy = Policy { sharing_invites: SharingInvites::Allowed, ..Policy::default() };
    business.run(business.owner, SetPolicy { organisation, policy, on_dependants: OnDependants::Refuse });
    let sharer = business.member(organisation, "shirin@people.example", Role::Collaborator);
    business.grant(mailbox, sharer, [Right::Sharing, Right::Send]);
    business.invite(sharer, organisation, "new@people.example", offer_of(mailbox, [Right::Send]));
    assert!(!warned(&business, WarningKind::SenderLost));
    business.sys(ChangeGrant { mailbox, user: sharer, rights: [Right::Sharing].into() });
    assert!(warned(&business, WarningKind::SenderLost));
}

#[test]
fn in_a_suspended_organisation_a_sender_is_not_lost() {
    let business = Business::new();
    let organisation = business.organisation;
    business.invite(business.owner, organisation, "new@people.example", offer(Role::Admin));
    business.run(business.owner, SuspendOrganisation { organisation });
    assert!(!warned(&business, WarningKind::SenderLost));
}

// Who, and what is left out.

#[test]
fn only_those_who_manage_mail_review() {
    let business = Business::new();
    let crowd = business.crowd();
    let ask = |actor: Actor| {
        let page = PageRequest::default();
        business.directory.review(&actor, business.organisation, ReviewRows::All, &page)
    };
    for user in [business.owner, crowd.admin, crowd.mail] {
        ask(user.into_actor()).unwrap();
    }
    ask(business.system.clone()).unwrap();
    for user in [business.assistant, crowd.guest, crowd.collaborator, crowd.domains] {
        business.hidden(ask(user.into_actor()), "access.denied");
    }
    for user in [business.outsider, crowd.rival, crowd.dormant] {
        business.hidden(ask(user.into_actor()), "organisation.not_found");
    }
    business.hidden(ask(Actor::Bearer), "organisation.not_found");
    business.hidden(ask(crowd.suspended.into_actor()), "actor.suspended");
}

#[test]
fn another_organisations_access_is_no_row() {
    let business = Business::new();
    let crowd = business.crowd();
    business.robot(crowd.theirs, [Protocol::Imap]);
    let rows = ask(&business, business.owner, business.organisation);
    let theirs =
        |row: &ReviewRow| matches!(&row.subject, Subject::Access { mailbox, .. } if *mailbox == crowd.theirs);
    assert!(!rows.iter().any(theirs));
    assert_eq!(ask(&business, crowd.rival, crowd.rivals).len(), 1);
}

#[test]
fn what_waits_for_the_sweep_is_left_out() {
    let business = Business::new();
    business.device(business.assistant, business.contact, [Protocol::Imap]);
    business.sys(DeleteUser { user: business.assistant });
    assert!(ask(&business, business.owner, business.organisation).is_empty());
}

// Pages.

fn many(business: &Business, how_many: usize) {
    for number in 0..how_many {
        let mailbox = business.mailbox(business.organisation, &format!("m{number}@bakery.example"));
        let login = format!("p{number}@people.example");
        let user = business.member(business.organisation, &login, Role::Collaborator);
        business.run(business.owner, GrantAccess::new(mailbox, user));
        business.run(user, AddDevice::new(mailbox, "phone").protocols([Protocol::Imap]));
        business.invite(
            business.owner,
            business.organisation,
            &format!("i{number}@people.example"),
            offer_of(mailbox, []),
        );
    }
}

#[test]
fn one_row_at_a_time_gives_all_of_them_in_the_same_order() {
    let business = Business::new();
    many(&business, 4);
    business.run(business.owner, SuspendOrganisation { organisation: business.organisation });
    let owner = business.owner.into_actor();
    let said = |rows: &[ReviewRow]| rows.iter().map(|row| format!("{:?}", row.subject)).collect::<Vec<_>>();
    let whole = said(&ask(&business, &owner, business.organisation));
    assert_eq!(whole.len(), 1 + 5 + 4 + 4);
    for limit in 1..6 {
        let mut request = Some(PageRequest::first(limit));
        let mut found = Vec::new();
        while let Some(asked) = request {
            let page =
                business.directory.review(&owner, business.organisation, ReviewRows::All, &asked).unwrap();
            assert!(page.items.len() <= limit);
            found.extend(said(&page.items));
            request = asked.next(&page);
        }
        assert_eq!(found, whole, "{limit} at a time");
    }
}

#[test]
fn only_what_deserves_a_second_look() {
    let business = Business::new();
    many(&business, 3);
    let owner = business.owner.into_actor();
    let rows =
        every(|page| business.directory.review(&owner, business.organisation, ReviewRows::Warned, page));
    let rows: Vec<ReviewRow> = rows.collect::<Result<_, _>>().unwrap();
    assert_eq!(words(&rows), ["access.external"]);
}

#[test]
fn a_cursor_of_another_question_or_organisation_is_refused() {
    let business = Business::new();
    let crowd = business.crowd();
    many(&business, 2);
    let page = business.directory.review(
        &business.system,
        business.organisation,
        ReviewRows::All,
        &PageRequest::first(1),
    );
    let next = page.unwrap().next;
    for (organisation, cursor) in
        [(crowd.rivals, next), (business.organisation, Some("devices/x:y".parse().unwrap()))]
    {
        let request = PageRequest { after: cursor, limit: 1 };
        let found = business.directory.review(&business.system, organisation, ReviewRows::All, &request);
        business.hidden(found, "cursor.invalid");
    }
}

#[test]
fn a_page_costs_the_same_however_many_rows_are_on_it() {
    let reads = Arc::new(AtomicUsize::new(0));
    let count = |rows: usize| {
        let business = Business::in_world(World::through(|store| Counting(store, reads.clone())));
        many(&business, rows);
        business.sys(SetRole {
            organisation: business.organisation,
            user: business.assistant,
            role: Role::Collaborator,
        });
        business.days(40);
        reads.store(0, Ordering::Relaxed);
        let owner = business.owner.into_actor();
        let page = PageRequest::first(1_000);
        let found = business.directory.review(&owner, business.organisation, ReviewRows::All, &page).unwrap();
        assert_eq!(found.items.len(), 3 * rows + 1);
        reads.load(Ordering::Relaxed)
    };
    let few = count(2);
    assert_eq!(few, count(60));
    assert!(few <= 18, "{few} reads");
}

// The past, and how it reads.

#[test]
fn a_past_is_reviewed_as_it_was_and_settles_nothing() {
    let business = Business::new();
    business.robot(business.contact, [Protocol::Imap]);
    business.days(40);
    let then = business.now();
    business.days(1);
    business.sys(RevokeGrant {
        mailbox: business.contact,
        user: business.assistant,
        held: HeldDevices::Revoke,
    });
    let past = business.directory.at(&business.owner.into_actor(), business.organisation, then).unwrap();
    let rows = past.review(
        &business.owner.into_actor(),
        business.organisation,
        ReviewRows::All,
        &PageRequest::default(),
    );
    let rows = rows.unwrap().items;
    assert_eq!(words(&rows), ["access.external", "device.holderless"], "no last uses are known then");
    assert!(rows.iter().flat_map(|row| &row.warnings).all(|warning| warning.settle.is_none()));
}

#[test]
fn a_row_is_json_with_the_command_ready_to_run() {
    let business = Business::new();
    let rows = ask(&business, business.owner, business.organisation);
    let json = serde_json::to_value(&rows[0]).unwrap();
    assert_eq!(json["warnings"][0]["kind"], "access.external");
    let settle: AnyCommand = serde_json::from_value(json["warnings"][0]["settle"].clone()).unwrap();
    business.directory.run_any(&business.owner.into_actor(), settle).unwrap();
    assert!(!business.may(business.assistant, Right::Read, business.contact));
}

#[test]
fn warnings_read_as_the_house_writes() {
    let business = Business::new();
    made_by_a_leaver(&business);
    given_by_an_admin(&business);
    business.days(40);
    let rows = ask(&business, business.owner, business.organisation);
    let said: Vec<String> = rows.iter().flat_map(|row| &row.warnings).map(ToString::to_string).collect();
    assert!(said.len() > 4);
    for line in said {
        assert!(line.starts_with(|first: char| !first.is_uppercase()) && !line.ends_with('.'), "{line}");
    }
}
