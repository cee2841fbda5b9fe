//! The rules about members: adding, roles, services, suspending, removing, leaving, handing over.

use crate::common::*;
use mailgrant::device::{AddDevice, For, RotateDevice};
use mailgrant::grant::*;
use mailgrant::invitation::*;
use mailgrant::membership::*;
use mailgrant::organisation::SuspendOrganisation;
use mailgrant::user::{DeleteUser, ResumeUser, SuspendUser};
use mailgrant::*;

fn add(organisation: OrganisationId, user: UserId, role: Role) -> AddMember {
    AddMember { organisation, user, role, services: Services::new() }
}

fn role(organisation: OrganisationId, user: UserId, role: Role) -> SetRole {
    SetRole { organisation, user, role }
}

fn transfer(organisation: OrganisationId, to: UserId) -> TransferOwnership {
    TransferOwnership { organisation, to, from: None }
}

fn manage(service: Service) -> Services {
    Services::from([(service, Level::Manage)])
}

#[track_caller]
fn member_of(business: &Business, user: UserId) -> Option<Member> {
    let members = every(|page| business.directory.members(&business.system, business.organisation, page));
    members.map(Result::unwrap).find(|member| member.person.id == user)
}

// Who may.

#[test]
fn only_the_host_adds_members_without_an_invitation() {
    let business = Business::new();
    for actor in [Actor::User(business.owner), Actor::User(business.outsider), Actor::Bearer] {
        business.refused(
            actor,
            add(business.organisation, business.outsider, Role::External),
            "access.denied",
        );
    }
}

#[test]
fn nobody_is_added_twice_and_nobody_who_does_not_exist() {
    let business = Business::new();
    let organisation = business.organisation;
    business.refused(
        business.system.clone(),
        add(organisation, business.assistant, Role::Admin),
        "member.exists",
    );
    let unknown = UserId::from_uuid(business.contact.as_uuid());
    business.refused(business.system.clone(), add(organisation, unknown, Role::Admin), "user.not_found");
    let gone = business.person("gone@people.example");
    business.run(gone, DeleteUser { user: gone });
    business.refused(business.system.clone(), add(organisation, gone, Role::Admin), "user.not_found");
    let nowhere = OrganisationId::from_uuid(business.contact.as_uuid());
    business.refused(
        business.system.clone(),
        add(nowhere, business.outsider, Role::Admin),
        "organisation.not_found",
    );
}

#[test]
fn those_who_manage_mail_or_domains_change_no_members() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let collaborator = business.member(organisation, "carl@people.example", Role::Collaborator);
    let actors = [
        business.manager(organisation, "mia@people.example", Service::Mail),
        business.manager(organisation, "dora@people.example", Service::Domains),
        collaborator,
        user,
    ];
    for actor in actors {
        all_refused!(
            business,
            Actor::User(actor),
            "access.denied",
            [
                role(organisation, user, Role::Collaborator),
                SetServices { organisation, user: collaborator, services: manage(Service::Mail) },
                SuspendMember { organisation, user },
                ResumeMember { organisation, user },
                RemoveMember { organisation, user },
                transfer(organisation, user),
            ]
        );
        let asked = business.directory.members(&Actor::User(actor), organisation, &PageRequest::default());
        business.hidden(asked, "access.denied");
    }
}

#[test]
fn outsiders_suspended_members_and_bearers_find_no_organisation() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.run(business.owner, SuspendMember { organisation, user: admin });
    for actor in [Actor::User(business.outsider), Actor::User(admin), Actor::Bearer] {
        all_refused!(
            business,
            actor,
            "organisation.not_found",
            [
                role(organisation, user, Role::Admin),
                SetServices { organisation, user, services: Services::new() },
                SuspendMember { organisation, user },
                ResumeMember { organisation, user },
                RemoveMember { organisation, user },
                transfer(organisation, user),
            ]
        );
    }
}

#[test]
fn a_suspended_user_changes_no_members() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.sys(SuspendUser { user: admin });
    all_refused!(
        business,
        Actor::User(admin),
        "actor.suspended",
        [
            role(organisation, user, Role::Collaborator),
            SuspendMember { organisation, user },
            RemoveMember { organisation, user },
            Leave { organisation },
        ]
    );
}

#[test]
fn an_admin_of_one_organisation_is_nobody_in_another() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    all_refused!(
        business,
        Actor::User(business.outsider),
        "organisation.not_found",
        [
            role(business.organisation, business.assistant, Role::Admin),
            RemoveMember { organisation: business.organisation, user: business.assistant },
        ]
    );
    all_refused!(
        business,
        Actor::User(business.outsider),
        "member.not_found",
        [
            role(other, business.assistant, Role::Admin),
            SetServices { organisation: other, user: business.assistant, services: Services::new() },
            SuspendMember { organisation: other, user: business.assistant },
            ResumeMember { organisation: other, user: business.assistant },
            RemoveMember { organisation: other, user: business.assistant },
            transfer(other, business.assistant),
        ]
    );
}

#[test]
fn an_admin_changes_anyone_but_owners() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let other = business.member(organisation, "alec@people.example", Role::Admin);
    business.member(organisation, "second@people.example", Role::Owner);
    business.run(admin, role(organisation, other, Role::Collaborator));
    business.run(admin, SetServices { organisation, user: other, services: manage(Service::Billing) });
    business.run(admin, SuspendMember { organisation, user: other });
    business.run(admin, ResumeMember { organisation, user: other });
    business.run(admin, RemoveMember { organisation, user: other });
    let owner = business.owner;
    all_refused!(
        business,
        Actor::User(admin),
        "access.denied",
        [
            role(organisation, owner, Role::Admin),
            SetServices { organisation, user: owner, services: Services::new() },
            SuspendMember { organisation, user: owner },
            ResumeMember { organisation, user: owner },
            RemoveMember { organisation, user: owner },
            transfer(organisation, admin),
        ]
    );
}

// Roles and services.

#[test]
fn only_an_owner_makes_another_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.refused(admin, role(organisation, admin, Role::Owner), "access.denied");
    business.refused(admin, role(organisation, business.assistant, Role::Owner), "access.denied");
    business.run(business.owner, role(organisation, admin, Role::Owner));
    assert_eq!(member_of(&business, admin).unwrap().role, Role::Owner);
}

#[test]
fn the_same_role_again_is_no_event() {
    let business = Business::new();
    let before = business.store.dump();
    business.run(business.owner, role(business.organisation, business.owner, Role::Owner));
    assert_eq!(business.store.dump(), before);
}

#[test]
fn whoever_becomes_external_loses_their_services() {
    let business = Business::new();
    let organisation = business.organisation;
    let manager = business.manager(organisation, "mia@people.example", Service::Mail);
    business.run(business.owner, role(organisation, manager, Role::External));
    business.run(business.owner, role(organisation, manager, Role::Collaborator));
    assert!(member_of(&business, manager).unwrap().services.is_empty());
}

#[test]
fn externals_have_no_services() {
    let business = Business::new();
    let organisation = business.organisation;
    let services = manage(Service::Sites);
    let added =
        AddMember { organisation, user: business.outsider, role: Role::External, services: services.clone() };
    business.refused(business.system.clone(), added, "member.external");
    let set = SetServices { organisation, user: business.assistant, services };
    business.refused(business.owner, set, "member.external");
}

#[test]
fn services_have_names_and_there_are_at_most_fifty() {
    let business = Business::new();
    let organisation = business.organisation;
    let user = business.member(organisation, "carl@people.example", Role::Collaborator);
    let many =
        |most: usize| (0..most).map(|n| (Service::Other(format!("s{n}")), Level::Use)).collect::<Services>();
    business.run(business.owner, SetServices { organisation, user, services: many(50) });
    business.refused(business.owner, SetServices { organisation, user, services: many(51) }, "value.invalid");
    for name in ["", "x\n", &"x".repeat(201)] {
        let services = manage(Service::Other(name.into()));
        business.refused(business.owner, SetServices { organisation, user, services }, "text.invalid");
    }
}

#[test]
fn a_service_that_the_library_does_not_know_is_carried_and_gives_no_power() {
    let business = Business::new();
    let user = business.manager(business.organisation, "bea@people.example", Service::Billing);
    assert_eq!(member_of(&business, user).unwrap().services, manage(Service::Billing));
    let open = mailbox::OpenMailbox::new(business.organisation, addr("x@bakery.example"));
    business.refused(user, open, "access.denied");
}

#[test]
fn mail_at_the_level_of_use_manages_nothing() {
    let business = Business::new();
    let user = business.person("una@people.example");
    let services = Services::from([(Service::Mail, Level::Use)]);
    business.sys(AddMember { organisation: business.organisation, user, role: Role::Collaborator, services });
    let open = mailbox::OpenMailbox::new(business.organisation, addr("x@bakery.example"));
    business.refused(user, open, "access.denied");
}

#[test]
fn collaborators_and_externals_see_only_the_mailboxes_granted_to_them() {
    let business = Business::new();
    let organisation = business.organisation;
    let secret = business.mailbox(organisation, "secret@bakery.example");
    let carl = business.member(organisation, "carl@people.example", Role::Collaborator);
    for (user, seen) in [(carl, vec![]), (business.assistant, vec![business.contact])] {
        let actor = Actor::User(user);
        let listed =
            business.directory.mailboxes(&actor, organisation, &PageRequest::default()).unwrap().items;
        assert_eq!(listed.iter().map(|mailbox| mailbox.id).collect::<Vec<_>>(), seen);
        business.hidden(business.directory.mailbox(&actor, secret), "mailbox.not_found");
        let found = business.directory.mailbox_by_address(&actor, &addr("secret@bakery.example"));
        business.hidden(found, "mailbox.not_found");
    }
}

// Suspending.

#[test]
fn a_suspended_members_access_and_devices_stop_and_resume_with_them() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let phone = business.device(user, business.contact, [Protocol::Imap]).password.reveal();
    let robot = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login("contact@bakery.example", &phone, Protocol::Imap).unwrap();
    business.run(business.owner, SuspendMember { organisation, user });
    let verdict = business.directory.may(user, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::MembershipSuspended));
    assert_eq!(
        business.opens("contact@bakery.example", &phone, Protocol::Imap).unwrap_err(),
        "the device's password, but: holder"
    );
    assert!(!business.directory.session_valid(&session).unwrap());
    assert_eq!(business.opens("contact@bakery.example", &robot, Protocol::Imap), Ok(()));
    business.run(business.owner, ResumeMember { organisation, user });
    assert_eq!(business.opens("contact@bakery.example", &phone, Protocol::Imap), Ok(()));
    assert!(business.directory.may(user, Right::Send, business.contact).unwrap().allowed());
}

#[test]
fn a_suspended_member_of_one_organisation_goes_on_in_another() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    business.sys(add(other, business.assistant, Role::External));
    business.sys(GrantAccess::new(theirs, business.assistant));
    business
        .run(business.owner, SuspendMember { organisation: business.organisation, user: business.assistant });
    assert!(business.directory.may(business.assistant, Right::Read, theirs).unwrap().allowed());
    assert_eq!(business.signs_in("ada@people.example", PASSWORD), Ok(()));
}

#[test]
fn what_the_host_suspended_only_the_host_resumes() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.sys(SuspendMember { organisation, user });
    business.refused(business.owner, ResumeMember { organisation, user }, "access.denied");
    business.sys(ResumeMember { organisation, user });
}

#[test]
fn the_host_takes_over_what_a_member_suspended() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.run(business.owner, SuspendMember { organisation, user });
    business.sys(SuspendMember { organisation, user });
    business.refused(business.owner, ResumeMember { organisation, user }, "access.denied");
}

#[test]
fn nobody_is_suspended_twice_or_resumed_who_is_active() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.refused(business.owner, ResumeMember { organisation, user }, "member.state");
    business.run(business.owner, SuspendMember { organisation, user });
    business.refused(business.owner, SuspendMember { organisation, user }, "member.state");
    business.sys(SuspendMember { organisation, user });
    business.refused(business.owner, SuspendMember { organisation, user }, "member.state");
    business.refused(business.system.clone(), SuspendMember { organisation, user }, "member.state");
}

// The last owner.

#[test]
fn the_last_owner_is_neither_demoted_nor_suspended_nor_removed_and_does_not_leave() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.owner);
    for actor in [Actor::User(user), business.system.clone()] {
        all_refused!(
            business,
            actor,
            "owner.last",
            [
                role(organisation, user, Role::Admin),
                SuspendMember { organisation, user },
                RemoveMember { organisation, user },
                DeleteUser { user },
            ]
        );
    }
    business.refused(user, Leave { organisation }, "owner.last");
}

#[test]
fn an_owner_who_is_suspended_here_or_everywhere_does_not_count() {
    for suspend in [true, false] {
        let business = Business::new();
        let (organisation, user) = (business.organisation, business.owner);
        let second = business.member(organisation, "second@people.example", Role::Owner);
        if suspend {
            business.run(user, SuspendMember { organisation, user: second });
        } else {
            business.sys(SuspendUser { user: second });
        }
        all_refused!(
            business,
            business.system,
            "owner.last",
            [
                role(organisation, user, Role::External),
                SuspendMember { organisation, user },
                RemoveMember { organisation, user },
                DeleteUser { user },
            ]
        );
        business.refused(user, Leave { organisation }, "owner.last");
    }
}

#[test]
fn a_deleted_owner_does_not_count_even_before_the_sweep() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.owner);
    let second = business.member(organisation, "second@people.example", Role::Owner);
    business.run(second, DeleteUser { user: second });
    business.refused(user, Leave { organisation }, "owner.last");
}

#[test]
fn one_of_two_owners_goes_any_way_they_like() {
    for way in 0..4 {
        let business = Business::new();
        let (organisation, user) = (business.organisation, business.owner);
        business.member(organisation, "second@people.example", Role::Owner);
        match way {
            0 => business.run(user, role(organisation, user, Role::Admin)),
            1 => business.run(user, SuspendMember { organisation, user }),
            2 => drop(business.run(user, RemoveMember { organisation, user })),
            _ => drop(business.run(user, Leave { organisation })),
        }
    }
}

#[test]
fn a_suspended_owner_is_demoted_or_removed_while_another_acts() {
    let business = Business::new();
    let organisation = business.organisation;
    let second = business.member(organisation, "second@people.example", Role::Owner);
    business.run(business.owner, SuspendMember { organisation, user: second });
    business.run(business.owner, role(organisation, second, Role::Admin));
    business.run(business.owner, RemoveMember { organisation, user: second });
}

#[test]
fn of_two_owners_who_leave_in_one_commit_one_stays() {
    let business = Business::new();
    let organisation = business.organisation;
    let second = business.member(organisation, "second@people.example", Role::Owner);
    let answer = business.directory.batch(|batch| {
        batch.run(&Actor::User(second), Leave { organisation })?;
        batch.run(&Actor::User(business.owner), Leave { organisation })
    });
    assert_eq!(code(answer), Some(Code::OwnerLast));
    assert!(member_of(&business, second).is_some());
}

#[test]
fn of_many_owners_who_leave_at_the_same_time_one_stays() {
    let business = Business::new();
    let organisation = business.organisation;
    let mut owners = vec![business.owner];
    for number in 0..4 {
        owners.push(business.member(organisation, &format!("o{number}@people.example"), Role::Owner));
    }
    std::thread::scope(|scope| {
        for owner in &owners {
            let directory = &business.directory;
            scope.spawn(move || {
                let answer = directory.run(&Actor::User(*owner), Leave { organisation });
                assert!(matches!(code(answer), None | Some(Code::OwnerLast)));
            });
        }
    });
    let left: Vec<Member> = every(|page| business.directory.members(&business.system, organisation, page))
        .map(Result::unwrap)
        .filter(|member| member.role == Role::Owner)
        .collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn the_host_appoints_an_owner_where_none_can_act() {
    let business = Business::new();
    business.sys(SuspendUser { user: business.owner });
    business.sys(role(business.organisation, business.assistant, Role::Owner));
    business.run(business.assistant, SuspendOrganisation { organisation: business.organisation });
}

#[test]
fn a_last_owner_whom_the_host_suspended_owns_again_when_resumed() {
    let business = Business::new();
    business.sys(SuspendUser { user: business.owner });
    business.sys(ResumeUser { user: business.owner });
    business.run(business.owner, role(business.organisation, business.assistant, Role::Admin));
}

// Handing over.

#[test]
fn a_transfer_makes_the_heir_owner_and_the_sender_admin_in_one_commit() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, transfer(organisation, business.assistant));
    assert_eq!(member_of(&business, business.assistant).unwrap().role, Role::Owner);
    assert_eq!(member_of(&business, business.owner).unwrap().role, Role::Admin);
    let happened = business.happened(organisation);
    let [.., first, second] = happened.as_slice() else { panic!() };
    assert_eq!(first.change, second.change);
}

#[test]
fn a_transfer_between_owners_leaves_one() {
    let business = Business::new();
    let second = business.member(business.organisation, "second@people.example", Role::Owner);
    business.run(business.owner, transfer(business.organisation, second));
    assert_eq!(member_of(&business, business.owner).unwrap().role, Role::Admin);
}

#[test]
fn nobody_hands_over_to_somebody_who_cannot_act() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.refused(business.owner, transfer(organisation, business.outsider), "member.not_found");
    business.refused(business.owner, transfer(organisation, business.owner), "member.state");
    business.run(business.owner, SuspendMember { organisation, user });
    business.refused(business.owner, transfer(organisation, user), "member.state");
    business.run(business.owner, ResumeMember { organisation, user });
    business.sys(SuspendUser { user });
    business.refused(business.owner, transfer(organisation, user), "member.state");
}

#[test]
fn an_owner_hands_over_their_own_place_alone() {
    let business = Business::new();
    let organisation = business.organisation;
    let second = business.member(organisation, "second@people.example", Role::Owner);
    let of_other = TransferOwnership { organisation, to: business.assistant, from: Some(second) };
    business.refused(business.owner, of_other, "access.denied");
    let own = TransferOwnership { organisation, to: business.assistant, from: Some(business.owner) };
    business.run(business.owner, own);
}

#[test]
fn the_host_hands_over_for_an_owner_it_names() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let system = business.system.clone();
    business.refused(&system, transfer(organisation, admin), "member.not_found");
    for from in [admin, business.outsider] {
        let wrong = TransferOwnership { organisation, to: business.assistant, from: Some(from) };
        business.refused(&system, wrong, "member.not_found");
    }
    business.sys(SuspendUser { user: business.owner });
    business.sys(TransferOwnership { organisation, to: admin, from: Some(business.owner) });
    assert_eq!(member_of(&business, admin).unwrap().role, Role::Owner);
}

// Leaving and being removed.

#[test]
fn removing_a_member_takes_all_their_access_there_and_nothing_elsewhere() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    business.sys(add(other, user, Role::External));
    business.sys(GrantAccess::new(theirs, user));
    let phone = business.device(user, business.contact, [Protocol::Imap]).password.reveal();
    let other_phone = business.device(user, theirs, [Protocol::Imap]).password.reveal();
    let session = business.login("contact@bakery.example", &phone, Protocol::Imap).unwrap();
    business.run(business.owner, RemoveMember { organisation, user });
    let verdict = business.directory.may(user, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::MembershipMissing));
    assert!(!business.directory.session_valid(&session).unwrap());
    assert_eq!(
        business.opens("contact@bakery.example", &phone, Protocol::Imap).unwrap_err(),
        "the device's password, but: revoked"
    );
    assert_eq!(business.opens("info@mill.example", &other_phone, Protocol::Imap), Ok(()));
    business
        .hidden(business.directory.organisation(&Actor::User(user), organisation), "organisation.not_found");
    business.refused(business.owner, RemoveMember { organisation, user }, "member.not_found");
}

#[test]
fn the_report_of_a_removal_names_everything_that_went_and_what_lives_on() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let second = business.mailbox(organisation, "second@bakery.example");
    business.grant(business.contact, admin, [Right::Send, Right::Devices]);
    business.sys(
        GrantAccess::new(second, admin)
            .rights([Right::Devices])
            .expires(business.now().plus(std::time::Duration::from_secs(60))),
    );
    let held = [
        business.device(admin, business.contact, [Protocol::Imap]).id,
        business.device(admin, second, [Protocol::Imap]).id,
    ];
    let nobody = For::Nobody { handed_to: None };
    let robot =
        business.run(admin, AddDevice::new(second, "printer").holder(nobody).protocols([Protocol::Imap])).id;
    let of_ada = business
        .run(
            admin,
            AddDevice::new(business.contact, "laptop")
                .holder(For::User(business.assistant))
                .protocols([Protocol::Imap]),
        )
        .id;
    let rotated = business.robot(business.contact, [Protocol::Imap]).id;
    business.run(admin, RotateDevice::new(rotated));
    let gone = business
        .run(
            admin,
            AddDevice::new(second, "old").holder(For::Nobody { handed_to: None }).protocols([Protocol::Imap]),
        )
        .id;
    business.run(admin, device::RevokeDevice { device: gone });
    let foreign = business.robot(business.contact, [Protocol::Imap]).id;
    let (sent, token) = business.invite(admin, organisation, "new@people.example", offer(Role::External));
    let (taken, _) = business.invite(admin, organisation, "other@people.example", offer(Role::External));
    business.run(business.owner, ResendInvitation { invitation: taken });
    let (declined, refusal) =
        business.invite(admin, organisation, "third@people.example", offer(Role::External));
    business.run(Actor::Bearer, DeclineInvitation { token: refusal.as_str().into() });
    // The second grant is past its expiry when the admin goes, and still theirs.
    business.days(1);

    let report = business.run(business.owner, RemoveMember { organisation, user: admin });
    assert_eq!((report.organisation, report.user), (organisation, admin));
    let mut grants: Vec<_> = report.grants.iter().map(|grant| (grant.mailbox, grant.rights)).collect();
    grants.sort_by_key(|(mailbox, _)| *mailbox);
    let rights = |rights: &[Right]| rights.iter().copied().collect::<Rights>();
    let mut expected =
        vec![(business.contact, rights(&[Right::Send, Right::Devices])), (second, rights(&[Right::Devices]))];
    expected.sort_by_key(|(mailbox, _)| *mailbox);
    assert_eq!(grants, expected);
    let sorted = |mut ids: Vec<DeviceId>| {
        ids.sort();
        ids
    };
    let named = |devices: &[NamedDevice]| sorted(devices.iter().map(|device| device.device).collect());
    assert_eq!(named(&report.devices), sorted(held.to_vec()));
    assert_eq!(named(&report.still_known), sorted(vec![robot, of_ada, rotated]));
    assert!(!named(&report.still_known).contains(&foreign) && !named(&report.still_known).contains(&gone));
    let printer = report.still_known.iter().find(|device| device.device == robot).unwrap();
    assert_eq!((printer.label.as_str(), &printer.address), ("printer", &addr("second@bakery.example")));
    assert_eq!(report.invitations, [sent]);
    assert!(!report.invitations.contains(&declined));
    let accept = AcceptInvitation { token: token.as_str().into() };
    business.refused(business.outsider, accept, "invitation.closed");
}

#[test]
fn a_device_released_from_its_former_holder_is_still_known_to_them() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let phone = business.device(user, business.contact, [Protocol::Imap]).id;
    business.run(business.owner, RevokeGrant { mailbox: business.contact, user, held: HeldDevices::Release });
    let report = business.run(business.owner, RemoveMember { organisation, user });
    assert!(report.devices.is_empty() && report.grants.is_empty());
    assert_eq!(report.still_known.iter().map(|device| device.device).collect::<Vec<_>>(), [phone]);
}

#[test]
fn removing_a_member_is_one_commit() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.device(user, business.contact, [Protocol::Imap]);
    business.run(business.owner, RemoveMember { organisation, user });
    let happened = business.happened(organisation);
    let removal: Vec<&Entry> = happened.iter().filter(|entry| entry.command == "remove_member").collect();
    let kinds: Vec<&str> = removal.iter().map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds, ["grant.revoked", "device.revoked", "member.removed"]);
    assert!(removal.iter().all(|entry| entry.change == removal[0].change));
}

#[test]
fn a_member_leaves_and_the_report_is_the_same_as_of_a_removal() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.device(user, business.contact, [Protocol::Imap]);
    let removal =
        business.directory.preview(&business.system, RemoveMember { organisation, user }).unwrap().output;
    assert_eq!(business.run(user, Leave { organisation }), removal);
    assert!(member_of(&business, user).is_none());
}

#[test]
fn a_suspended_member_may_leave() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.run(business.owner, SuspendMember { organisation, user });
    business.run(user, Leave { organisation });
}

#[test]
fn nobody_leaves_where_they_do_not_belong() {
    let business = Business::new();
    let organisation = business.organisation;
    for actor in [Actor::User(business.outsider), Actor::Bearer, business.system.clone()] {
        business.refused(actor, Leave { organisation }, "organisation.not_found");
    }
    business.run(business.assistant, Leave { organisation });
    business.refused(business.assistant, Leave { organisation }, "organisation.not_found");
}

#[test]
fn whoever_comes_back_inherits_nothing() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let phone = business.device(user, business.contact, [Protocol::Imap]).password.reveal();
    business.run(user, Leave { organisation });
    business.sys(add(organisation, user, Role::External));
    assert!(!business.directory.may(user, Right::Read, business.contact).unwrap().allowed());
    business.sys(GrantAccess::new(business.contact, user));
    assert!(business.opens("contact@bakery.example", &phone, Protocol::Imap).is_err());
}

#[test]
fn a_preview_of_a_removal_reports_it_and_removes_nobody() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let before = business.store.dump();
    let plan = business
        .directory
        .preview(&Actor::User(business.owner), RemoveMember { organisation, user })
        .unwrap();
    assert_eq!(plan.output.grants.len(), 1);
    assert_eq!(business.store.dump(), before);
}

#[test]
fn a_removal_that_was_carried_out_is_not_carried_out_again() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let request = business.directory.request_id().unwrap();
    let owner = Actor::User(business.owner);
    business.directory.run_once(request, &owner, RemoveMember { organisation, user }).unwrap();
    business.sys(add(organisation, user, Role::External));
    let again = business.directory.run_once(request, &owner, RemoveMember { organisation, user });
    assert_eq!(code(again), Some(Code::RequestDone));
    assert!(member_of(&business, user).is_some());
}

#[test]
fn whom_the_host_suspended_nobody_else_removes_to_invite_them_anew() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    business.sys(SuspendMember { organisation, user });
    business.refused(business.owner, RemoveMember { organisation, user }, "access.denied");
    business.sys(RemoveMember { organisation, user });
}
