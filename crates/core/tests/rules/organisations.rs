//! The rules about organisations: founding, policy, suspending, resuming, deleting, and the sweep after it.

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, RevokeDevice, RotateDevice};
use mailgrant::domain::*;
use mailgrant::grant::*;
use mailgrant::invitation::*;
use mailgrant::mailbox::{DeleteMailbox, OpenMailbox};
use mailgrant::membership::*;
use mailgrant::organisation::*;
use mailgrant::user::{DeleteUser, SuspendUser};
use mailgrant::*;

fn found(name: &str) -> FoundOrganisation {
    FoundOrganisation { name: name.into(), owner: None }
}

fn delete(organisation: OrganisationId) -> DeleteOrganisation {
    DeleteOrganisation { organisation, on_dependants: OnDependants::Refuse }
}

fn set_policy(organisation: OrganisationId, policy: Policy) -> SetPolicy {
    SetPolicy { organisation, policy, on_dependants: OnDependants::Refuse }
}

fn all() -> PageRequest {
    PageRequest::first(1_000)
}

/// Sweeps until nothing is left and gives the number of commits.
#[track_caller]
fn sweep(world: &World) -> usize {
    for commits in 1..100 {
        let swept = world.sys(Sweep::default());
        assert!(swept.rows <= 1_000, "{} events in one commit", swept.rows);
        if swept.finished {
            return commits;
        }
    }
    panic!("the sweep comes to no end");
}

// Founding.

#[test]
fn any_active_user_founds_an_organisation_and_owns_it() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    let founded = world.run(anna, found(" Bakery "));
    assert_eq!(founded.owner, anna);
    let organisation = world.directory.organisation(&Actor::User(anna), founded.organisation).unwrap();
    assert_eq!((organisation.name.as_str(), organisation.policy), ("Bakery", Policy::default()));
    let members = world.directory.members(&Actor::User(anna), founded.organisation, &all()).unwrap().items;
    assert_eq!(
        members.iter().map(|member| (member.person.id, member.role)).collect::<Vec<_>>(),
        [(anna, Role::Owner)]
    );
}

#[test]
fn the_default_policy_is_the_documented_one() {
    let policy = Policy::default();
    let rights =
        Rights::from([Right::Send, Right::Devices, Right::AutoReplies, Right::Signatures, Right::Folders]);
    assert_eq!(policy.mailbox_rights, rights);
    assert_eq!((policy.devices_per_mailbox, policy.invitation_days, policy.quarantine_days), (100, 7, 30));
    assert_eq!((policy.separator, policy.aliases_by_grant), (Some('+'), 20));
    assert_eq!(policy.sharing_invites, SharingInvites::Refused);
}

#[test]
fn the_host_founds_an_organisation_for_somebody() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    let founded = world.sys(FoundOrganisation { name: "Bakery".into(), owner: Some(anna) });
    assert_eq!(founded.owner, anna);
}

#[test]
fn nobody_founds_an_organisation_for_somebody_else() {
    let world = World::new();
    let (anna, ben) = (world.person("anna@people.example"), world.person("ben@people.example"));
    let founding = || FoundOrganisation { name: "Bakery".into(), owner: Some(ben) };
    world.refused(anna, founding(), "access.denied");
    world.refused(Actor::Bearer, founding(), "access.denied");
    world.refused(Actor::Bearer, found("Bakery"), "access.denied");
}

#[test]
fn the_host_founds_nothing_without_an_owner() {
    let world = World::new();
    world.refused(world.system.clone(), found("Bakery"), "user.not_found");
}

#[test]
fn a_suspended_person_becomes_no_founder_not_even_by_the_host() {
    let world = World::new();
    let user = world.person("anna@people.example");
    world.sys(SuspendUser { user });
    world.refused(user, found("Bakery"), "actor.suspended");
    let founding = FoundOrganisation { name: "Bakery".into(), owner: Some(user) };
    world.refused(world.system.clone(), founding, "actor.suspended");
}

#[test]
fn organisations_have_names_that_can_be_shown() {
    let business = Business::new();
    for name in ["", " \t ", "a\u{0}", &"x".repeat(201)] {
        business.refused(business.owner, found(name), "text.invalid");
        let rename = RenameOrganisation { organisation: business.organisation, name: name.into() };
        business.refused(business.owner, rename, "text.invalid");
    }
}

// What only owners do.

#[test]
fn owners_alone_rename_set_the_policy_suspend_resume_and_delete() {
    let business = Business::new();
    let organisation = business.organisation;
    let insiders = [
        business.member(organisation, "alma@people.example", Role::Admin),
        business.manager(organisation, "mia@people.example", Service::Mail),
        business.manager(organisation, "dora@people.example", Service::Domains),
        business.member(organisation, "carl@people.example", Role::Collaborator),
        business.assistant,
    ];
    for actor in insiders {
        all_refused!(
            business,
            Actor::User(actor),
            "access.denied",
            [
                set_policy(organisation, Policy::default()),
                SuspendOrganisation { organisation },
                ResumeOrganisation { organisation },
                delete(organisation),
            ]
        );
    }
}

#[test]
fn owners_and_admins_alone_rename_an_organisation() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let collaborator = business.member(organisation, "carl@people.example", Role::Collaborator);
    let rename = || RenameOrganisation { organisation, name: "Pastry".into() };
    business.run(admin, rename());
    business.refused(collaborator, rename(), "access.denied");
    business.refused(business.assistant, rename(), "access.denied");
}

#[test]
fn outsiders_and_bearers_see_nothing_of_an_organisation() {
    let business = Business::new();
    let organisation = business.organisation;
    let other_owner = business.person("mo@people.example");
    business.organisation(other_owner, "mill.example");
    let suspended = business.member(organisation, "sue@people.example", Role::Owner);
    business.sys(SuspendMember { organisation, user: suspended });
    for actor in
        [Actor::User(business.outsider), Actor::User(other_owner), Actor::User(suspended), Actor::Bearer]
    {
        all_refused!(
            business,
            actor,
            "organisation.not_found",
            [
                RenameOrganisation { organisation, name: "X".into() },
                set_policy(organisation, Policy::default()),
                SuspendOrganisation { organisation },
                ResumeOrganisation { organisation },
                delete(organisation),
            ]
        );
        let directory = &business.directory;
        business.hidden(directory.organisation(&actor, organisation), "organisation.not_found");
        let domain = "bakery.example".parse().unwrap();
        business.hidden(directory.organisation_by_domain(&actor, &domain), "organisation.not_found");
        business.hidden(directory.members(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.mailboxes(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.aliases(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.devices(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.invitations(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.domains(&actor, organisation, &all()), "organisation.not_found");
        business.hidden(directory.mailbox(&actor, business.contact), "mailbox.not_found");
    }
}

#[test]
fn an_organisation_that_does_not_exist_is_refused_like_one_that_is_hidden() {
    let business = Business::new();
    let organisation = OrganisationId::from_uuid(business.contact.as_uuid());
    let there = business.organisation;
    let unknown =
        business.refused(business.outsider, SuspendOrganisation { organisation }, "organisation.not_found");
    let hidden = business.refused(
        business.outsider,
        SuspendOrganisation { organisation: there },
        "organisation.not_found",
    );
    assert_eq!(unknown.to_string(), hidden.to_string());
    assert_eq!(unknown.details(), hidden.details());
}

#[test]
fn a_suspended_person_manages_nothing() {
    let business = Business::new();
    let organisation = business.organisation;
    let second = business.member(organisation, "second@people.example", Role::Owner);
    business.sys(SuspendUser { user: second });
    all_refused!(
        business,
        Actor::User(second),
        "actor.suspended",
        [
            RenameOrganisation { organisation, name: "X".into() },
            set_policy(organisation, Policy::default()),
            SuspendOrganisation { organisation },
            delete(organisation),
        ]
    );
}

#[test]
fn an_owner_renames_the_organisation() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, RenameOrganisation { organisation, name: "Pastry".into() });
    let seen = business.directory.organisation(&Actor::User(business.assistant), organisation).unwrap();
    assert_eq!(seen.name, "Pastry");
}

// Policy.

#[test]
fn a_policy_out_of_range_is_refused_and_the_field_is_named() {
    let business = Business::new();
    let usual = Policy::default;
    for (field, policy) in [
        ("devices_per_mailbox", Policy { devices_per_mailbox: 0, ..usual() }),
        ("devices_per_mailbox", Policy { devices_per_mailbox: 1_001, ..usual() }),
        ("invitation_days", Policy { invitation_days: 0, ..usual() }),
        ("invitation_days", Policy { invitation_days: 91, ..usual() }),
        ("quarantine_days", Policy { quarantine_days: 3_651, ..usual() }),
        ("aliases_by_grant", Policy { aliases_by_grant: 1_001, ..usual() }),
        ("separator", Policy { separator: Some('@'), ..usual() }),
        ("separator", Policy { separator: Some('a'), ..usual() }),
    ] {
        let error =
            business.refused(business.owner, set_policy(business.organisation, policy), "policy.invalid");
        assert_eq!(error.details()["field"], field);
    }
}

#[test]
fn a_policy_at_the_ends_of_its_ranges_is_accepted() {
    let business = Business::new();
    for policy in [
        Policy {
            devices_per_mailbox: 1,
            invitation_days: 1,
            quarantine_days: 0,
            aliases_by_grant: 0,
            separator: None,
            ..Policy::default()
        },
        Policy {
            devices_per_mailbox: 1_000,
            invitation_days: 90,
            quarantine_days: 3_650,
            aliases_by_grant: 1_000,
            separator: Some('-'),
            ..Policy::default()
        },
    ] {
        business.run(business.owner, set_policy(business.organisation, policy.clone()));
        let organisation = business.directory.organisation(&business.system, business.organisation).unwrap();
        assert_eq!(organisation.policy, policy);
    }
}

#[test]
fn the_default_rights_never_list_reading() {
    let business = Business::new();
    let policy = Policy { mailbox_rights: Rights::from([Right::Read, Right::Send]), ..Policy::default() };
    business.run(business.owner, set_policy(business.organisation, policy));
    let organisation = business.directory.organisation(&business.system, business.organisation).unwrap();
    assert_eq!(organisation.policy.mailbox_rights, Rights::from([Right::Send]));
}

#[test]
fn a_separator_by_which_somebody_gets_their_login_mail_is_not_changed_unawares() {
    let business = Business::new();
    business.person("contact+reset@bakery.example");
    let policy = || Policy { separator: Some('-'), ..Policy::default() };
    let error =
        business.refused(business.owner, set_policy(business.organisation, policy()), "login.depends");
    assert_eq!(
        (&error.details()["members"], &error.details()["others"]),
        (&serde_json::json!([]), &1.into())
    );
    let organisation = business.organisation;
    let go_on = SetPolicy { organisation, policy: policy(), on_dependants: OnDependants::GoOn };
    business.run(business.owner, go_on);
}

#[test]
fn another_policy_than_the_separator_diverts_nobodys_mail() {
    let business = Business::new();
    business.person("contact+reset@bakery.example");
    let policy = Policy { devices_per_mailbox: 7, ..Policy::default() };
    business.run(business.owner, set_policy(business.organisation, policy));
}

// Suspending.

#[test]
fn a_suspended_organisation_lets_nobody_in_and_defers_its_mail() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    let robot = business.robot(business.contact, [Protocol::Imap]).password.reveal();
    let session = business.login("contact@bakery.example", &phone, Protocol::Imap).unwrap();
    business.run(business.owner, SuspendOrganisation { organisation: business.organisation });
    let verdict = business.directory.may(business.assistant, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::OrganisationSuspended));
    for password in [&phone, &robot] {
        let refused = business.opens("contact@bakery.example", password, Protocol::Imap).unwrap_err();
        assert_eq!(refused, "the device's password, but: organisation_suspended");
    }
    assert!(!business.directory.session_valid(&session).unwrap());
    let resolved = business.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(resolved.delivery, Delivery::Defer);
}

#[test]
fn everything_is_back_when_an_organisation_is_resumed() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    business.run(business.owner, SuspendOrganisation { organisation: business.organisation });
    business.run(business.owner, ResumeOrganisation { organisation: business.organisation });
    assert_eq!(business.opens("contact@bakery.example", &phone, Protocol::Imap), Ok(()));
    assert!(business.directory.may(business.assistant, Right::Send, business.contact).unwrap().allowed());
    let resolved = business.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(resolved.delivery, Delivery::Accept);
}

#[test]
fn a_suspended_organisation_takes_no_change_not_even_by_the_host() {
    let business = Business::new();
    let (organisation, mailbox, user) = (business.organisation, business.contact, business.assistant);
    let device = business.device(user, mailbox, [Protocol::Imap]).id;
    let (invitation, token) =
        business.invite(business.owner, organisation, "new@people.example", offer(Role::Admin));
    let name: DomainName = "bakery.example".parse().unwrap();
    let new: DomainName = "pastry.example".parse().unwrap();
    business.sys(AddDomain { organisation, name: new.clone() });
    business.run(business.owner, SuspendOrganisation { organisation });
    for actor in [Actor::User(business.owner), business.system.clone()] {
        all_refused!(
            business,
            actor,
            "organisation.suspended",
            [
                RenameOrganisation { organisation, name: "X".into() },
                set_policy(organisation, Policy::default()),
                AddDomain { organisation, name: "other.example".parse().unwrap() },
                RemoveDomain { organisation, name: name.clone(), on_dependants: OnDependants::GoOn },
                SetCatchAll {
                    organisation,
                    domain: name.clone(),
                    mailbox: Some(mailbox),
                    on_dependants: OnDependants::GoOn
                },
                SetDomainAlias {
                    organisation,
                    domain: new.clone(),
                    of: Some(name.clone()),
                    on_dependants: OnDependants::GoOn
                },
                SetRole { organisation, user, role: Role::Admin },
                SetServices { organisation, user, services: Services::new() },
                SuspendMember { organisation, user },
                ResumeMember { organisation, user },
                RemoveMember { organisation, user },
                TransferOwnership { organisation, to: user, from: None },
                Invite { organisation, address: addr("x@people.example"), offer: offer(Role::External) },
                ResendInvitation { invitation },
                RevokeInvitation { invitation },
                OpenMailbox::new(organisation, addr("x@bakery.example")),
                AddAlias::new(mailbox, addr("x@bakery.example")),
                DeleteMailbox { mailbox, on_dependants: OnDependants::GoOn },
                GrantAccess::new(mailbox, business.owner),
                RevokeGrant { mailbox, user, held: HeldDevices::Revoke },
                AddDevice::new(mailbox, "X").protocols([Protocol::Imap]),
                RotateDevice::new(device),
                RevokeDevice { device },
            ]
        );
    }
    all_refused!(
        business,
        business.system,
        "organisation.suspended",
        [
            VerifyDomain { organisation, name: new.clone() },
            AddMember {
                organisation,
                user: business.outsider,
                role: Role::External,
                services: Services::new()
            },
        ]
    );
    all_refused!(
        business,
        Actor::User(user),
        "organisation.suspended",
        [Leave { organisation }, GiveUpGrant { mailbox },]
    );
    let accept = AcceptInvitation { token: token.as_str().into() };
    business.refused(business.outsider, accept, "organisation.suspended");
    let decline = DeclineInvitation { token: token.as_str().into() };
    business.refused(Actor::Bearer, decline, "organisation.suspended");
}

#[test]
fn a_suspended_organisation_answers_questions_as_before() {
    let business = Business::new();
    let (organisation, owner) = (business.organisation, Actor::User(business.owner));
    business.invite(business.owner, organisation, "new@people.example", offer(Role::Admin));
    business.run(business.assistant, AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]));
    business.run(business.owner, SuspendOrganisation { organisation });
    let directory = &business.directory;
    assert!(!directory.organisation(&owner, organisation).unwrap().is_active());
    assert_eq!(directory.members(&owner, organisation, &all()).unwrap().items.len(), 2);
    assert_eq!(directory.mailboxes(&owner, organisation, &all()).unwrap().items.len(), 1);
    assert_eq!(directory.domains(&owner, organisation, &all()).unwrap().items.len(), 1);
    assert_eq!(directory.invitations(&owner, organisation, &all()).unwrap().items.len(), 1);
    assert_eq!(directory.devices(&owner, organisation, &all()).unwrap().items.len(), 1);
    assert_eq!(directory.access(&owner, business.contact, &all()).unwrap().items.len(), 2);
    let assistant = Actor::User(business.assistant);
    assert_eq!(directory.mailboxes(&assistant, organisation, &all()).unwrap().items.len(), 1);
    assert_eq!(directory.reach(&assistant, business.assistant).unwrap().organisations.len(), 1);
    let filter = HistoryFilter::default();
    assert!(!directory.history(&owner, organisation, &filter, &all()).unwrap().items.is_empty());
    directory.at(&owner, organisation, business.now()).unwrap();
}

#[test]
fn what_the_host_suspended_only_the_host_resumes_or_deletes() {
    let business = Business::new();
    let organisation = business.organisation;
    business.sys(SuspendOrganisation { organisation });
    all_refused!(
        business,
        Actor::User(business.owner),
        "access.denied",
        [ResumeOrganisation { organisation }, delete(organisation),]
    );
    business.sys(ResumeOrganisation { organisation });
    business.run(business.owner, delete(organisation));
}

#[test]
fn the_host_takes_over_what_an_owner_suspended() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, SuspendOrganisation { organisation });
    business.sys(SuspendOrganisation { organisation });
    business.refused(business.owner, ResumeOrganisation { organisation }, "access.denied");
}

#[test]
fn what_an_owner_suspended_the_host_may_resume() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, SuspendOrganisation { organisation });
    business.sys(ResumeOrganisation { organisation });
}

#[test]
fn an_organisation_is_neither_suspended_twice_nor_resumed_while_it_works() {
    let business = Business::new();
    let organisation = business.organisation;
    for actor in [Actor::User(business.owner), business.system.clone()] {
        business.refused(&actor, ResumeOrganisation { organisation }, "organisation.state");
        business.run(&actor, SuspendOrganisation { organisation });
        business.refused(&actor, SuspendOrganisation { organisation }, "organisation.state");
        business.sys(ResumeOrganisation { organisation });
    }
    business.sys(SuspendOrganisation { organisation });
    business.refused(business.owner, SuspendOrganisation { organisation }, "organisation.state");
}

#[test]
fn an_owner_deletes_an_organisation_that_an_owner_suspended() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, SuspendOrganisation { organisation });
    business.run(business.owner, delete(organisation));
}

// Deleting.

#[test]
fn deleting_an_organisation_ends_all_access_in_it_at_once() {
    let business = Business::new();
    let (organisation, contact) = (business.organisation, business.contact);
    let phone = business.device(business.assistant, contact, [Protocol::Imap]).password.reveal();
    let session = business.login("contact@bakery.example", &phone, Protocol::Imap).unwrap();
    let (_, token) = business.invite(business.owner, organisation, "new@people.example", offer(Role::Admin));
    business.run(business.owner, delete(organisation));
    assert!(!business.directory.may(business.assistant, Right::Read, contact).unwrap().allowed());
    assert!(business.login("contact@bakery.example", &phone, Protocol::Imap).is_err());
    assert!(!business.directory.session_valid(&session).unwrap());
    let owner = Actor::User(business.owner);
    business.hidden(business.directory.organisation(&owner, organisation), "organisation.not_found");
    business.hidden(business.directory.mailbox(&owner, contact), "mailbox.not_found");
    assert!(business.directory.reach(&owner, business.owner).unwrap().organisations.is_empty());
    let accept = AcceptInvitation { token: token.as_str().into() };
    business.refused(business.outsider, accept, "token.invalid");
    business.refused(business.owner, Leave { organisation }, "organisation.not_found");
    business.refused(business.system.clone(), SuspendOrganisation { organisation }, "organisation.not_found");
    business.refused(
        business.system.clone(),
        GrantAccess::new(contact, business.outsider),
        "mailbox.not_found",
    );
}

#[test]
fn deleting_an_organisation_frees_its_domains_and_their_addresses() {
    let business = Business::new();
    let pending: DomainName = "pastry.example".parse().unwrap();
    business.sys(AddDomain { organisation: business.organisation, name: pending.clone() });
    let freed = business.mailbox(business.organisation, "former@bakery.example");
    business.sys(DeleteMailbox { mailbox: freed, on_dependants: OnDependants::Refuse });
    let deleted = business.run(business.owner, delete(business.organisation));
    assert_eq!(deleted.domains, ["bakery.example".parse().unwrap(), pending]);
    let resolved = business.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(resolved.way, [Step::UnknownDomain]);

    let other = business.organisation(business.outsider, "bakery.example");
    business.mailbox(other, "contact@bakery.example");
    business.mailbox(other, "former@bakery.example");
    let resolved = business.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!((resolved.delivery, resolved.organisation), (Delivery::Accept, Some(other)));
}

#[test]
fn a_new_owner_of_a_domain_inherits_neither_grants_nor_devices() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    business.run(business.owner, delete(business.organisation));
    let other = business.organisation(business.outsider, "bakery.example");
    let mailbox = business.mailbox(other, "contact@bakery.example");
    let refused = business.opens("contact@bakery.example", &phone, Protocol::Imap).unwrap_err();
    assert_eq!(refused, "wrong password");
    assert!(!business.directory.may(business.assistant, Right::Read, mailbox).unwrap().allowed());
}

#[test]
fn an_organisation_by_which_somebody_signs_in_is_not_deleted_unawares() {
    let business = Business::new();
    let member = business.member(business.organisation, "contact@bakery.example", Role::Collaborator);
    business.person("contact+private@bakery.example");
    let error = business.refused(business.owner, delete(business.organisation), "login.depends");
    assert_eq!(error.details()["members"], serde_json::json!([member.to_string()]));
    assert_eq!(error.details()["others"], 1);
    let organisation = business.organisation;
    business.run(business.owner, DeleteOrganisation { organisation, on_dependants: OnDependants::GoOn });
}

#[test]
fn history_and_past_of_a_deleted_organisation_stay_with_the_host() {
    let business = Business::new();
    let (organisation, before) = (business.organisation, business.now());
    business.days(1);
    business.run(business.owner, delete(organisation));
    sweep(&business);
    let then = business.directory.at(&business.system, organisation, before).unwrap();
    assert!(then.may(business.assistant, Right::Send, business.contact).unwrap().allowed());
    business.hidden(
        business.directory.at(&business.system, organisation, business.now()),
        "organisation.not_found",
    );
    let owner = Actor::User(business.owner);
    business.hidden(business.directory.at(&owner, organisation, before), "organisation.not_found");
}

// Sweeping.

#[test]
fn only_the_host_sweeps() {
    let business = Business::new();
    for actor in [Actor::User(business.owner), Actor::Bearer] {
        business.refused(actor, Sweep::default(), "access.denied");
    }
}

#[test]
fn a_sweep_where_nothing_was_deleted_changes_nothing() {
    let business = Business::new();
    let before = business.store.dump();
    let swept = business.sys(Sweep::default());
    assert_eq!((swept.rows, swept.finished), (0, true));
    assert_eq!(business.store.dump(), before);
}

/// An organisation with more in it than one sweep takes: members, grants, mailboxes, aliases.
fn crowded(world: &World) -> (UserId, OrganisationId, Vec<UserId>, Vec<MailboxId>) {
    let owner = world.person("olivia@people.example");
    let organisation = world.organisation(owner, "crowd.example");
    let system = world.system.clone();
    let people: Vec<UserId> = world
        .directory
        .batch(|batch| {
            let mut people = Vec::new();
            for number in 0..40 {
                let login = addr(&format!("p{number}@people.example"));
                let user = batch.run(&system, user::RegisterUser::new(login, "P"))?.user;
                batch.run(
                    &system,
                    AddMember { organisation, user, role: Role::External, services: Services::new() },
                )?;
                people.push(user);
            }
            Ok(people)
        })
        .unwrap();
    let mailboxes = world
        .directory
        .batch(|batch| {
            let mut mailboxes = Vec::new();
            for number in 0..60 {
                let address = addr(&format!("m{number}@crowd.example"));
                let mailbox = batch.run(&system, OpenMailbox::new(organisation, address))?;
                for user in &people {
                    batch.run(&system, GrantAccess::new(mailbox, *user))?;
                }
                mailboxes.push(mailbox);
            }
            Ok(mailboxes)
        })
        .unwrap();
    (owner, organisation, people, mailboxes)
}

#[test]
fn a_deleted_organisation_is_swept_in_commits_of_at_most_a_thousand_events() {
    let world = World::new();
    let (owner, organisation, people, _) = crowded(&world);
    world.run(owner, delete(organisation));
    assert!(sweep(&world) > 2);
    let stored = world.store.dump();
    let of_it = |line: &&str| {
        line.starts_with("row grt/")
            || line.starts_with("row mbx_")
            || line.starts_with("row mem/")
            || line.starts_with("row org_")
    };
    assert_eq!(stored.lines().filter(of_it).count(), 0);
    assert!(world.directory.user(&world.system, people[0]).unwrap().is_active());
    assert_eq!(world.sys(Sweep::default()).rows, 0);
}

#[test]
fn a_commit_that_sweeps_holds_at_most_a_thousand_journal_entries() {
    let world = World::new();
    let (owner, organisation, ..) = crowded(&world);
    let other = world.organisation(owner, "other.example");
    let mailbox = world.mailbox(other, "m@other.example");
    world.run(owner, DeleteMailbox { mailbox, on_dependants: OnDependants::Refuse });
    world.run(owner, delete(organisation));
    sweep(&world);
    let stored = world.store.dump();
    let mut of_change: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for line in stored.lines().filter(|line| line.contains("command: \"sweep\"")) {
        let change = line.split("change: ").nth(1).unwrap().split(',').next().unwrap();
        *of_change.entry(change).or_default() += 1;
    }
    assert!(!of_change.is_empty() && of_change.values().all(|entries| *entries <= 1_000), "{of_change:?}");
}

/// What people and the host can ask about two organisations, as text.
fn answers(business: &Business, robot: &str, phone: &str) -> Vec<String> {
    let directory = &business.directory;
    let organisation = business.organisation;
    let mut answers = Vec::new();
    let people = [business.owner, business.assistant, business.outsider];
    for actor in people.map(Actor::User).into_iter().chain([business.system.clone()]) {
        answers.push(format!("{:?}", directory.organisation(&actor, organisation)));
        answers.push(format!("{:?}", directory.members(&actor, organisation, &all())));
        answers.push(format!("{:?}", directory.mailboxes(&actor, organisation, &all())));
        answers.push(format!("{:?}", directory.aliases(&actor, organisation, &all())));
        answers.push(format!("{:?}", directory.devices(&actor, organisation, &all())));
        answers.push(format!("{:?}", directory.domains(&actor, organisation, &all())));
        answers.push(format!("{:?}", directory.mailbox(&actor, business.contact)));
        answers.push(format!("{:?}", directory.access(&actor, business.contact, &all())));
        for user in people {
            answers.push(format!("{:?}", directory.user(&actor, user)));
            answers.push(format!("{:?}", directory.reach(&actor, user)));
            for right in Right::ALL {
                answers.push(format!("{:?}", directory.may(user, *right, business.contact)));
            }
        }
    }
    for address in
        ["contact@bakery.example", "hello@bakery.example", "former@bakery.example", "x@bakery.example"]
    {
        answers.push(format!("{:?}", directory.resolve(&addr(address))));
        for password in [robot, phone] {
            answers.push(format!("{:?}", business.login(address, password, Protocol::Imap).is_ok()));
        }
    }
    answers
}

/// A business with everything that a sweep might touch: its contact@ has an alias, a robot and a phone.
fn full() -> (Business, String, String) {
    let business = Business::new();
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    let robot = business.robot(business.contact, [Protocol::Imap]).password.reveal().to_string();
    let phone =
        business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal().to_string();
    for password in [&robot, &phone] {
        business.login("contact@bakery.example", password, Protocol::Imap).unwrap();
    }
    (business, robot, phone)
}

#[test]
fn nobody_notices_the_sweep_of_a_mailbox() {
    let (business, robot, phone) = full();
    business.run(
        business.owner,
        DeleteMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse },
    );
    let before = answers(&business, &robot, &phone);
    sweep(&business);
    for (before, after) in before.iter().zip(&answers(&business, &robot, &phone)) {
        assert_eq!(before, after);
    }
}

#[test]
fn nobody_notices_the_sweep_of_an_organisation() {
    let (business, robot, phone) = full();
    business.run(business.owner, delete(business.organisation));
    let before = answers(&business, &robot, &phone);
    sweep(&business);
    for (before, after) in before.iter().zip(&answers(&business, &robot, &phone)) {
        assert_eq!(before, after);
    }
}

#[test]
fn nobody_notices_the_sweep_of_a_user() {
    let (business, robot, phone) = full();
    business.run(business.assistant, DeleteUser { user: business.assistant });
    let before = answers(&business, &robot, &phone);
    sweep(&business);
    for (before, after) in before.iter().zip(&answers(&business, &robot, &phone)) {
        assert_eq!(before, after);
    }
}

#[test]
fn sweeping_a_user_revokes_what_they_held_and_sent() {
    let (business, ..) = full();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (_, token) = business.invite(admin, organisation, "new@people.example", offer(Role::External));
    business.run(admin, DeleteUser { user: admin });
    business.run(business.assistant, DeleteUser { user: business.assistant });
    sweep(&business);
    assert_eq!(business.count("member.removed"), 2);
    assert_eq!(business.count("grant.revoked"), 1);
    assert_eq!(business.count("device.revoked"), 1);
    let accept = AcceptInvitation { token: token.as_str().into() };
    business.refused(business.outsider, accept, "invitation.closed");
}

#[test]
fn the_devices_of_a_deleted_user_are_listed_no_more_before_the_sweep_either() {
    let (business, ..) = full();
    business.run(business.assistant, DeleteUser { user: business.assistant });
    let owner = Actor::User(business.owner);
    let listed = business.directory.devices(&owner, business.organisation, &all()).unwrap().items;
    assert_eq!(listed.iter().map(|one| one.device.label.as_str()).collect::<Vec<_>>(), ["CRM"]);
    assert_eq!(business.directory.access(&owner, business.contact, &all()).unwrap().items.len(), 1);
}

#[test]
fn after_the_sweep_of_a_user_their_revoked_device_is_still_recognised() {
    let (business, _, phone) = full();
    business.run(business.assistant, DeleteUser { user: business.assistant });
    sweep(&business);
    let refused = business.opens("contact@bakery.example", &phone, Protocol::Imap).unwrap_err();
    assert_eq!(refused, "the device's password, but: revoked");
}

#[test]
fn a_sweep_never_touches_an_organisation_that_goes_on() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    business.sys(AddMember {
        organisation: other,
        user: business.assistant,
        role: Role::External,
        services: Services::new(),
    });
    business.sys(GrantAccess::new(theirs, business.assistant));
    business.run(business.owner, delete(business.organisation));
    sweep(&business);
    assert!(business.directory.may(business.assistant, Right::Send, theirs).unwrap().allowed());
    assert_eq!(business.directory.resolve(&addr("info@mill.example")).unwrap().delivery, Delivery::Accept);
}

#[test]
fn a_preview_of_deleting_lists_the_domains_and_deletes_nothing() {
    let business = Business::new();
    let before = business.store.dump();
    let actor = Actor::User(business.owner);
    let plan = business.directory.preview(&actor, delete(business.organisation)).unwrap();
    assert_eq!(plan.output.domains.len(), 1);
    assert_eq!(business.store.dump(), before);
}

#[test]
fn a_whole_organisation_is_set_up_in_one_commit() {
    let world = World::new();
    let anna = world.person("anna@people.example");
    let system = world.system.clone();
    let mailbox = world
        .directory
        .batch(|batch| {
            let organisation = batch.run(&Actor::User(anna), found("Bakery"))?.organisation;
            let name: DomainName = "bakery.example".parse()?;
            batch.run(&Actor::User(anna), AddDomain { organisation, name: name.clone() })?;
            batch.run(&system, VerifyDomain { organisation, name })?;
            let mailbox = batch
                .run(&Actor::User(anna), OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
            batch.run(&Actor::User(anna), GrantAccess::new(mailbox, anna))?;
            Ok(mailbox)
        })
        .unwrap();
    assert!(world.directory.may(anna, Right::Send, mailbox).unwrap().allowed());
}
