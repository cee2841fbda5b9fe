//! The reports about logins, stolen passwords and two days compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::*;
use crate::counting::Counting;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For, NarrowDevice, RevokeDevice, RotateDevice};
use mailgrant::domain::{SetCatchAll, SetDomainAlias};
use mailgrant::grant::{ChangeGrant, GrantAccess, RevokeGrant, SetGrantExpiry};
use mailgrant::mailbox::{
    CloseMailbox, DeleteMailbox, HoldSending, OpenMailbox, ReopenMailbox, SuspendMailbox,
};
use mailgrant::membership::{AddMember, RemoveMember, ResumeMember, SetRole, SetServices, SuspendMember};
use mailgrant::organisation::{DeleteOrganisation, SuspendOrganisation, Sweep};
use mailgrant::report::{BlastRadius, Change, Compared, CutOff, Difference, LoginRisk, Situation, WayBack};
use mailgrant::user::{
    AddressKind, ConfirmAddress, DeleteUser, IssueConfirmation, RegisterUser, SetRecoveryAddress, SuspendUser,
};
use mailgrant::*;

// Login risks.

fn risks(world: &World, actor: impl IntoActor, organisation: OrganisationId) -> Vec<LoginRisk> {
    let actor = actor.into_actor();
    every(|page| world.directory.login_risks(&actor, organisation, page)).collect::<Result<_, _>>().unwrap()
}

fn recovers_at(world: &World, user: UserId, address: &str) {
    world.sys(SetRecoveryAddress { user, address: addr(address) });
    let token = world.sys(IssueConfirmation { user, of: AddressKind::Recovery }).token;
    world.run(Actor::Bearer, ConfirmAddress { token: token.reveal().to_string().into() });
}

/// A member who signs in with an address of the bakery.
fn hosted(business: &Business, login: &str) -> UserId {
    let user = business.person(login);
    let organisation = business.organisation;
    business.sys(AddMember { organisation, user, role: Role::Collaborator, services: Services::new() });
    user
}

/// The mailbox that Ben signs in by: an owner alone opens it.
fn bens_mailbox(business: &Business) -> MailboxId {
    business.run(business.owner, OpenMailbox::new(business.organisation, addr("ben@bakery.example")))
}

/// The one risk of the bakery.
#[track_caller]
fn the_risk(business: &Business) -> LoginRisk {
    let mut found = risks(business, business.owner, business.organisation);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn whoever_signs_in_from_elsewhere_hangs_on_nothing_here() {
    let business = Business::new();
    assert!(risks(&business, business.owner, business.organisation).is_empty());
}

#[test]
fn whoever_signs_in_with_the_mailbox_that_they_read_could_lock_themselves_out() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.grant(mailbox, ben, [Right::Devices]);
    let risk = the_risk(&business);
    assert_eq!(risk.person.unwrap().id, ben);
    assert_eq!(risk.kind, AddressKind::Login);
    assert_eq!(risk.address.unwrap().address, addr("ben@bakery.example"));
    assert_eq!((risk.mailbox, risk.way.as_slice()), (Some(mailbox), [Step::Mailbox].as_slice()));
    assert_eq!((risk.delivery, risk.obstacle, risk.other_readers), (Delivery::Accept, None, 0));
    assert_eq!(risk.way_back, Some(WayBack::Nothing));
    assert_eq!(
        risk.cut_off_by,
        [
            CutOff::MailboxSuspended,
            CutOff::MailboxClosed,
            CutOff::MailboxDeleted,
            CutOff::MailboxRenamed,
            CutOff::GrantEnded,
            CutOff::MembershipEnded,
            CutOff::OrganisationSuspended,
            CutOff::OrganisationDeleted,
        ]
    );
}

#[test]
fn a_device_of_their_own_reads_the_reset() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.grant(mailbox, ben, [Right::Devices, Right::Send]);
    let phone = business.device(ben, mailbox, [Protocol::Smtp]).id;
    assert_eq!(the_risk(&business).way_back, Some(WayBack::Nothing), "it only sends");
    business.run(ben, RevokeDevice { device: phone });
    business.device(ben, mailbox, [Protocol::Imap]);
    assert_eq!(the_risk(&business).way_back, Some(WayBack::Device));
}

#[test]
fn a_proved_recovery_address_elsewhere_is_a_way_back() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    bens_mailbox(&business);
    business.sys(SetRecoveryAddress { user: ben, address: addr("ben@private.example") });
    assert_eq!(the_risk(&business).way_back, Some(WayBack::Nothing), "not proved yet");
    recovers_at(&business, ben, "ben@private.example");
    assert_eq!(the_risk(&business).way_back, Some(WayBack::Elsewhere));
}

#[test]
fn what_another_organisation_hosts_is_elsewhere_except_to_the_host() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let rival = business.organisation(business.outsider, "rival.example");
    recovers_at(&business, ben, "ben@rival.example");
    let way_back = |actor: &Actor| risks(&business, actor, business.organisation).remove(0).way_back;
    let (owner, host) = (business.owner.into_actor(), &business.system);
    assert_eq!(way_back(&owner), Some(WayBack::Elsewhere));
    assert_eq!(way_back(host), Some(WayBack::Nothing), "nobody has the address");
    let mailbox = business.run(business.outsider, OpenMailbox::new(rival, addr("ben@rival.example")));
    let (role, services) = (Role::External, Services::new());
    business.sys(AddMember { organisation: rival, user: ben, role, services });
    business.grant(mailbox, ben, [Right::Devices]);
    assert_eq!(way_back(&owner), Some(WayBack::Elsewhere));
    assert_eq!(way_back(host), Some(WayBack::Nothing));
    business.device(ben, mailbox, [Protocol::Imap]);
    assert_eq!(way_back(&owner), Some(WayBack::Elsewhere));
    assert_eq!(way_back(host), Some(WayBack::Device));
}

#[test]
fn a_device_that_an_import_left_without_a_password_reads_nothing() {
    let business = Business::new();
    hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.robot(mailbox, [Protocol::Imap]);
    assert_eq!(the_risk(&business).other_readers, 1);
    let mut file = Vec::new();
    let (system, organisation) = (&business.system, business.organisation);
    business.directory.export(system, organisation, History::Without, &mut file).unwrap();
    let there = World::with(|builder| builder.entropy(Seeded::new(99)));
    there.set(business.now());
    there.directory.import(system, file.as_slice()).unwrap();
    assert_eq!(risks(&there, system, organisation)[0].other_readers, 0);
}

#[test]
fn whoever_else_reads_it_makes_a_reset_refused() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.grant(mailbox, ben, [Right::Devices]);
    business.device(ben, mailbox, [Protocol::Imap]);
    business.grant(mailbox, business.assistant, []);
    business.robot(mailbox, [Protocol::Imap]);
    let risk = the_risk(&business);
    assert_eq!(risk.other_readers, 2);
    assert_eq!(risk.way_back, Some(WayBack::Nothing));
    let reset = user::StartReset { user: ben, to: AddressKind::Login };
    business.refused(business.system.clone(), reset, "reset.exposed");
}

#[test]
fn whoever_made_their_device_reads_it_until_they_rotate_it() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.grant(mailbox, ben, [Right::Devices]);
    let device = AddDevice::new(mailbox, "phone").holder(For::User(ben)).protocols([Protocol::Imap]);
    let device = business.run(business.owner, device).id;
    assert_eq!(the_risk(&business).other_readers, 1, "the owner was shown its password");
    let reset = || user::StartReset { user: ben, to: AddressKind::Login };
    business.refused(business.system.clone(), reset(), "reset.exposed");
    business.run(ben, RotateDevice::new(device).grace(Duration::ZERO));
    let risk = the_risk(&business);
    assert_eq!((risk.other_readers, risk.way_back), (0, Some(WayBack::Device)));
    business.sys(reset());
}

#[test]
fn nobody_reads_a_mailbox_that_was_granted_to_nobody() {
    let business = Business::new();
    hosted(&business, "ben@bakery.example");
    bens_mailbox(&business);
    let risk = the_risk(&business);
    assert_eq!(risk.obstacle, Some(Obstacle::GrantMissing));
    assert!(!risk.cut_off_by.contains(&CutOff::GrantEnded));
}

#[test]
fn mail_that_is_refused_already_is_a_risk_too() {
    let business = Business::new();
    hosted(&business, "ben@bakery.example");
    let risk = the_risk(&business);
    assert_eq!((risk.mailbox, risk.delivery), (None, Delivery::Refuse));
    assert_eq!(risk.way, [Step::Unknown]);
    assert!(risk.cut_off_by.is_empty());
}

#[test]
fn every_step_on_the_way_could_cut_them_off() {
    let business = Business::new();
    let organisation = business.organisation;
    let spare = business.domain(organisation, "cakes.example");
    let main: DomainName = "bakery.example".parse().unwrap();
    business.sys(SetDomainAlias {
        organisation,
        domain: spare,
        of: Some(main.clone()),
        on_dependants: OnDependants::Refuse,
    });
    business.sys(AddAlias::new(business.contact, addr("hello@bakery.example")));
    hosted(&business, "hello+ben@cakes.example");
    let risk = the_risk(&business);
    assert_eq!(risk.way, [Step::AliasDomain, Step::Subaddress, Step::Alias]);
    for cut in [CutOff::DomainAliasEnded, CutOff::SeparatorChanged, CutOff::AliasRemoved] {
        assert!(risk.cut_off_by.contains(&cut), "{cut}");
    }
    let mailbox = Some(business.contact);
    business.sys(SetCatchAll { organisation, domain: main, mailbox, on_dependants: OnDependants::Refuse });
    hosted(&business, "whoever@bakery.example");
    let found = risks(&business, business.owner, organisation);
    let caught = found.iter().find(|risk| risk.way == [Step::CatchAll]).unwrap();
    assert!(caught.cut_off_by.contains(&CutOff::CatchAllChanged));
}

#[test]
fn a_login_and_a_recovery_address_are_two_rows() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    bens_mailbox(&business);
    recovers_at(&business, ben, "contact@bakery.example");
    let found = risks(&business, business.owner, business.organisation);
    let kinds: Vec<AddressKind> = found.iter().map(|risk| risk.kind).collect();
    assert_eq!(kinds, [AddressKind::Login, AddressKind::Recovery]);
}

#[test]
fn members_are_named_and_others_counted() {
    let business = Business::new();
    recovers_at(&business, business.outsider, "contact@bakery.example");
    let risk = the_risk(&business);
    assert_eq!((&risk.person, &risk.address, risk.way_back), (&None, &None, None));
    assert_eq!(risk.mailbox, Some(business.contact));
    let json = serde_json::to_string(&risk).unwrap();
    assert!(!json.contains("otto") && !json.contains(&business.outsider.to_string()), "{json}");
}

#[test]
fn invitations_and_unproved_domains_hang_on_nothing() {
    let business = Business::new();
    business.invite(business.owner, business.organisation, "new@bakery.example", offer(Role::Admin));
    business.run(
        business.owner,
        domain::AddDomain { organisation: business.organisation, name: "people.example".parse().unwrap() },
    );
    assert!(risks(&business, business.owner, business.organisation).is_empty());
}

#[test]
fn a_deleted_account_hangs_on_nothing() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    business.sys(DeleteUser { user: ben });
    assert!(risks(&business, business.owner, business.organisation).is_empty());
}

#[test]
fn only_owners_and_admins_see_login_risks() {
    let business = Business::new();
    let crowd = business.crowd();
    let ask = |user: UserId| {
        business.directory.login_risks(&Actor::User(user), business.organisation, &PageRequest::default())
    };
    ask(crowd.admin).unwrap();
    for user in [crowd.mail, crowd.domains, crowd.collaborator, crowd.guest] {
        business.hidden(ask(user), "access.denied");
    }
    for user in [business.outsider, crowd.rival, crowd.dormant] {
        business.hidden(ask(user), "organisation.not_found");
    }
}

#[test]
fn login_risks_come_page_by_page_over_all_domains() {
    let business = Business::new();
    business.domain(business.organisation, "cakes.example");
    for number in 0..4 {
        let user = hosted(&business, &format!("p{number}@bakery.example"));
        recovers_at(&business, user, &format!("p{number}@cakes.example"));
    }
    let owner = business.owner.into_actor();
    let whole = risks(&business, &owner, business.organisation);
    assert_eq!(whole.len(), 8);
    for limit in 1..5 {
        let mut request = Some(PageRequest::first(limit));
        let mut found = Vec::new();
        while let Some(asked) = request {
            let page = business.directory.login_risks(&owner, business.organisation, &asked).unwrap();
            assert!(page.items.len() <= limit);
            request = asked.next(&page);
            found.extend(page.items);
        }
        assert_eq!(found, whole, "{limit} at a time");
    }
    let after = Some("login-risks/x:y".parse().unwrap());
    let page = PageRequest { after, limit: 1 };
    business.hidden(business.directory.login_risks(&owner, business.organisation, &page), "cursor.invalid");
}

#[test]
fn a_row_more_costs_no_look_up_more() {
    let reads = Arc::new(AtomicUsize::new(0));
    let count = |rows: usize| {
        let business = Business::in_world(World::through(|store| Counting(store, reads.clone())));
        let caught = Some(business.contact);
        let domain = "bakery.example".parse().unwrap();
        let (organisation, on_dependants) = (business.organisation, OnDependants::GoOn);
        for number in 0..rows {
            let alias = addr(&format!("alias{number}@bakery.example"));
            business.sys(AddAlias::new(business.contact, alias));
            let user = hosted(&business, &format!("alias{number}+x@bakery.example"));
            recovers_at(&business, user, &format!("caught{number}@bakery.example"));
        }
        business.run(business.owner, SetCatchAll { organisation, domain, mailbox: caught, on_dependants });
        reads.store(0, Ordering::Relaxed);
        let page = PageRequest::first(1_000);
        let owner = business.owner.into_actor();
        let found = business.directory.login_risks(&owner, business.organisation, &page).unwrap().items;
        assert_eq!(found.len(), 2 * rows);
        assert!(found.iter().all(|risk| risk.mailbox == caught), "all hang on one mailbox");
        reads.load(Ordering::Relaxed)
    };
    let few = count(2);
    assert_eq!(few, count(40));
    assert!(few <= 16, "{few} reads");
}

#[test]
fn a_past_knows_the_risks_of_its_members() {
    let business = Business::new();
    let ben = hosted(&business, "ben@bakery.example");
    let mailbox = bens_mailbox(&business);
    business.grant(mailbox, ben, []);
    let then = business.now();
    business.days(1);
    business.sys(RemoveMember { organisation: business.organisation, user: ben });
    let owner = business.owner.into_actor();
    let past = business.directory.at(&owner, business.organisation, then).unwrap();
    let found = past.login_risks(&owner, business.organisation, &PageRequest::default()).unwrap().items;
    assert_eq!(found[0].person.as_ref().unwrap().id, ben);
    assert_eq!(the_risk(&business).person, None, "no member any more");
}

// A stolen device password.

fn radius(world: &World, actor: impl IntoActor, device: DeviceId) -> BlastRadius {
    world.directory.blast_radius(&actor.into_actor(), device, &PageRequest::default()).unwrap()
}

fn protocol(radius: &BlastRadius, protocol: Protocol) -> Option<DeviceObstacle> {
    radius.protocols.iter().find(|one| one.protocol == protocol).unwrap().obstacle
}

fn phone(business: &Business) -> device::Issued {
    business.device(business.assistant, business.contact, [Protocol::Imap, Protocol::Smtp])
}

#[test]
fn a_stolen_password_opens_what_its_device_may() {
    let business = Business::new();
    let phone = phone(&business);
    let from = Some("192.0.2.7".parse().unwrap());
    let password = phone.password.reveal();
    let (address, protocol) = ("contact@bakery.example", Protocol::Imap);
    business.directory.login_device(&DeviceLogin { address, password: &password, protocol, from }).unwrap();
    let radius = radius(&business, business.owner, phone.id);
    assert!(radius.opens);
    assert_eq!((radius.mailbox, radius.address.canonical()), (business.contact, address));
    let open: Vec<Protocol> = radius.protocols.iter().map(|one| one.protocol).collect();
    assert_eq!(open, [Protocol::Imap, Protocol::Smtp]);
    assert_eq!(radius.protocols[0].last_used.unwrap().from, from);
    assert_eq!(radius.protocols[1].last_used, None);
    assert!(radius.protocols[1].rights.contains(Right::Send));
    assert_eq!(radius.senders.items, [addr(address)]);
    assert_eq!(radius.separator, Some('+'));
    assert_eq!(radius.holder.unwrap().id, business.assistant);
}

#[test]
fn what_stands_in_the_way_is_said_by_protocol() {
    let business = Business::new();
    let phone = phone(&business).id;
    business.sys(HoldSending { mailbox: business.contact });
    let held = radius(&business, business.owner, phone);
    assert_eq!(protocol(&held, Protocol::Imap), None);
    assert_eq!(protocol(&held, Protocol::Smtp), Some(DeviceObstacle::SendingHeld));
    assert!(held.opens && held.senders.items.is_empty() && held.separator.is_none());
    business.sys(SuspendMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse });
    let suspended = radius(&business, business.owner, phone);
    assert_eq!(protocol(&suspended, Protocol::Imap), Some(DeviceObstacle::MailboxSuspended));
    assert!(!suspended.opens);
}

#[test]
fn a_revoked_device_opens_nothing_and_says_since_when() {
    let business = Business::new();
    let phone = phone(&business).id;
    business.days(1);
    business.sys(RevokeDevice { device: phone });
    let radius = radius(&business, business.owner, phone);
    assert!(!radius.opens && radius.secrets.is_empty() && radius.senders.items.is_empty());
    assert_eq!(protocol(&radius, Protocol::Imap), Some(DeviceObstacle::Revoked));
    assert!(matches!(radius.state, DeviceState::Revoked { at, .. } if at == business.now()));
}

#[test]
fn while_a_rotation_overlaps_two_passwords_work() {
    let business = Business::new();
    let issued = phone(&business);
    let made = business.now();
    business.days(10);
    business.run(business.owner, RotateDevice::new(issued.id));
    let rotated = business.now();
    let found = radius(&business, business.owner, issued.id).secrets;
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].since, found[0].until), (rotated, None));
    assert_eq!(found[0].known_to, [business.owner]);
    assert_eq!((found[1].since, found[1].until), (made, Some(business.in_days(1))));
    assert_eq!(found[1].known_to, [business.assistant]);
    business.days(1);
    assert_eq!(radius(&business, business.owner, issued.id).secrets.len(), 1);
}

#[test]
fn it_ends_with_its_holders_grant() {
    let business = Business::new();
    let phone = phone(&business).id;
    let expires = Some(business.in_days(5));
    business.sys(SetGrantExpiry { mailbox: business.contact, user: business.assistant, expires });
    assert_eq!(radius(&business, business.owner, phone).until, expires);
    business.days(5);
    let ended = radius(&business, business.owner, phone);
    assert_eq!(protocol(&ended, Protocol::Imap), Some(DeviceObstacle::Holder));
    assert!(!ended.opens);
}

#[test]
fn a_protocol_by_which_it_was_used_before_is_shown_with_its_last_use() {
    let business = Business::new();
    let issued = phone(&business);
    business.login("contact@bakery.example", &issued.password.reveal(), Protocol::Smtp).unwrap();
    let bounds = Bounds { protocols: [Protocol::Imap].into(), networks: None, expires: None };
    business.run(business.assistant, NarrowDevice { device: issued.id, bounds });
    let radius = radius(&business, business.assistant, issued.id);
    assert_eq!(protocol(&radius, Protocol::Smtp), Some(DeviceObstacle::Protocol));
    assert!(radius.protocols[1].last_used.is_some());
}

#[test]
fn its_holder_and_the_managers_may_know_and_nobody_else() {
    let business = Business::new();
    let crowd = business.crowd();
    let phone = phone(&business).id;
    let ask = |user: UserId| {
        business.directory.blast_radius(&Actor::User(user), phone, &PageRequest::default()).map(drop)
    };
    for user in [business.assistant, business.owner, crowd.admin, crowd.mail] {
        ask(user).unwrap();
    }
    business.hidden(ask(crowd.guest), "access.denied");
    for user in [crowd.collaborator, crowd.domains, crowd.dormant, crowd.rival, business.outsider] {
        business.hidden(ask(user), "device.not_found");
    }
}

#[test]
fn senders_come_page_by_page_as_the_host_sees_them() {
    let business = Business::new();
    let organisation = business.organisation;
    for name in ["cakes.example", "bread.example"] {
        let domain = business.domain(organisation, name);
        let of = Some("bakery.example".parse().unwrap());
        business.sys(SetDomainAlias { organisation, domain, of, on_dependants: OnDependants::Refuse });
    }
    for number in 0..5 {
        let alias = AddAlias::new(business.contact, addr(&format!("a{number}@bakery.example")));
        let sending = if number == 2 { AliasSending::Refused } else { AliasSending::Allowed };
        business.sys(AddAlias { sending, ..alias });
    }
    let phone = phone(&business).id;
    let owner = business.owner.into_actor();
    let mut expected = business.directory.senders(phone, business.contact).unwrap().addresses;
    expected.sort();
    assert_eq!(expected.len(), 15);
    for limit in [1, 2, 3, 4, 7, 15, 100] {
        let mut request = Some(PageRequest::first(limit));
        let mut found = Vec::new();
        while let Some(asked) = request {
            let page = business.directory.blast_radius(&owner, phone, &asked).unwrap().senders;
            assert!(page.items.len() <= limit);
            request = asked.next(&page);
            found.extend(page.items);
        }
        assert_eq!(found[0], addr("contact@bakery.example"));
        found.sort();
        assert_eq!(found, expected, "{limit} at a time");
    }
}

#[test]
fn aliases_that_only_receive_cost_a_page_no_second_range() {
    let business = Business::new();
    for number in 0..4 {
        let alias = AddAlias::new(business.contact, addr(&format!("a{number}@bakery.example")));
        let sending = if number < 3 { AliasSending::Refused } else { AliasSending::Allowed };
        business.sys(AddAlias { sending, ..alias });
    }
    let phone = phone(&business).id;
    let mut request = Some(PageRequest::first(1));
    let mut lengths = Vec::new();
    while let Some(asked) = request {
        let page = business.directory.blast_radius(&business.system, phone, &asked).unwrap().senders;
        request = asked.next(&page);
        lengths.push(page.items.len());
    }
    assert_eq!(lengths[..5], [1, 0, 0, 0, 1]);
}

#[test]
fn a_cursor_leads_into_no_other_mailbox() {
    let business = Business::new();
    let crowd = business.crowd();
    business.sys(AddAlias::new(crowd.theirs, addr("secret@rival.example")));
    let phone = phone(&business).id;
    for place in [
        format!("1/als/{}/secret@rival.example", crowd.theirs),
        "x/".to_owned(),
        "1".to_owned(),
        format!("1/{}", crowd.theirs),
    ] {
        let after = Some(format!("blast-radius/{phone}:{place}").parse().unwrap());
        let page = PageRequest { after, limit: 10 };
        let found = business.directory.blast_radius(&business.owner.into_actor(), phone, &page);
        business.hidden(found, "cursor.invalid");
    }
}

#[test]
fn a_past_knows_what_a_password_opened() {
    let business = Business::new();
    let issued = phone(&business);
    business.login("contact@bakery.example", &issued.password.reveal(), Protocol::Imap).unwrap();
    let then = business.now();
    business.days(1);
    business.sys(RevokeDevice { device: issued.id });
    let owner = business.owner.into_actor();
    let past = business.directory.at(&owner, business.organisation, then).unwrap();
    let radius = past.blast_radius(&owner, issued.id, &PageRequest::default()).unwrap();
    assert!(radius.opens);
    assert!(radius.protocols.iter().all(|one| one.last_used.is_none()));
}

// Two days compared.

fn differences(world: &World, actor: impl IntoActor, of: OrganisationId, from: Timestamp) -> Vec<Difference> {
    let actor = actor.into_actor();
    every(|page| world.directory.compare(&actor, of, from, world.now(), page))
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What changed since `make` began, a day later.
fn after(business: &Business, make: impl FnOnce(&Business)) -> Vec<Difference> {
    let from = business.now();
    business.days(1);
    make(business);
    differences(business, business.owner, business.organisation, from)
}

/// One difference in a few words: whose, what became of it, and the kinds of entries that did it.
fn say(difference: &Difference) -> String {
    let whose = match &difference.whose {
        Compared::Member(person) => format!("member {}", person.name),
        Compared::Person { address, person, .. } => format!("{} at {}", person.name, address.local()),
        Compared::Device { address, label, .. } => format!("{label} at {}", address.local()),
        other => format!("{other:?}"),
    };
    let why: Vec<&str> = difference.why.iter().map(|entry| entry.event.kind()).collect();
    format!("{whose} {}: {}", difference.change, why.join(" "))
}

fn said(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(say).collect()
}

fn obstacle(situation: &Situation) -> &str {
    match situation {
        Situation::Nothing { obstacle, .. } => obstacle.as_deref().unwrap_or("-"),
        _ => panic!("{situation:?}"),
    }
}

#[test]
fn nothing_happened_between_two_quiet_days() {
    let business = Business::new();
    assert!(after(&business, |_| {}).is_empty());
}

#[test]
fn a_grant_is_access_gained_and_its_end_access_lost() {
    let business = Business::new();
    let owner = business.owner;
    let given = after(&business, |b| b.run(owner, GrantAccess::new(b.contact, owner)));
    assert_eq!(said(&given), ["olivia at contact gained: grant.given"]);
    assert_eq!(obstacle(&given[0].before), "grant_missing");
    assert_eq!(given[0].why[0].by, By::User(owner));
    let mailbox = business.contact;
    let held = HeldDevices::Revoke;
    let lost = after(&business, |b| drop(b.run(owner, RevokeGrant { mailbox, user: owner, held })));
    assert_eq!(said(&lost), ["olivia at contact lost: grant.revoked"]);
    assert_eq!(obstacle(&lost[0].after), "grant_missing");
}

#[test]
fn other_rights_are_a_change() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let found = after(&business, |b| b.sys(ChangeGrant { mailbox, user, rights: [Right::Send].into() }));
    assert_eq!(said(&found), ["ada at contact changed: grant.rights_set"]);
    match &found[0].after {
        Situation::Access { rights, .. } => assert_eq!(*rights, [Right::Send].into()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_expiry_that_passed_needs_no_entry() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    business.sys(SetGrantExpiry { mailbox, user, expires: Some(business.in_days(1)) });
    let found = after(&business, |_| {});
    assert_eq!(said(&found), ["ada at contact lost: "]);
    assert_eq!(obstacle(&found[0].after), "grant_expired");
}

#[test]
fn what_the_host_did_to_a_person_is_told_by_its_obstacle() {
    let business = Business::new();
    let user = business.assistant;
    phone(&business);
    let found = after(&business, |b| b.sys(SuspendUser { user }));
    assert_eq!(said(&found), ["member ada lost: ", "ada at contact lost: ", "phone at contact lost: "]);
    assert_eq!(obstacle(&found[0].after), "user_suspended");
    assert_eq!(obstacle(&found[1].after), "user_suspended");
    assert_eq!(obstacle(&found[2].after), "holder");
}

#[test]
fn a_closed_mailbox_is_lost_to_everyone_who_had_it() {
    let business = Business::new();
    let mailbox = business.contact;
    business.robot(mailbox, [Protocol::Imap]);
    let found = after(&business, |b| {
        b.sys(CloseMailbox { mailbox, on_dependants: OnDependants::Refuse });
    });
    assert_eq!(said(&found), ["ada at contact lost: mailbox.closed", "CRM at contact lost: mailbox.closed"]);
    let found = after(&business, |b| b.sys(ReopenMailbox { mailbox }));
    assert_eq!(
        said(&found),
        ["ada at contact gained: mailbox.reopened", "CRM at contact gained: mailbox.reopened"]
    );
}

#[test]
fn what_came_and_went_in_between_is_no_difference() {
    let business = Business::new();
    let mailbox = business.contact;
    let found = after(&business, |b| {
        b.sys(CloseMailbox { mailbox, on_dependants: OnDependants::Refuse });
        b.sys(ReopenMailbox { mailbox });
        b.sys(SuspendMember { organisation: b.organisation, user: b.assistant });
        b.sys(ResumeMember { organisation: b.organisation, user: b.assistant });
    });
    assert!(found.is_empty(), "{:?}", said(&found));
}

#[test]
fn a_deleted_mailbox_is_lost_also_once_it_was_swept() {
    let business = Business::new();
    let mailbox = business.contact;
    let from = business.now();
    business.days(1);
    business.sys(DeleteMailbox { mailbox, on_dependants: OnDependants::Refuse });
    let lost = "ada at contact lost: mailbox.deleted";
    assert_eq!(said(&differences(&business, business.owner, business.organisation, from))[0], lost);
    while !business.sys(Sweep {}).finished {}
    assert_eq!(said(&differences(&business, business.owner, business.organisation, from))[0], lost);
}

#[test]
fn places_of_members_are_compared_too() {
    let business = Business::new();
    let organisation = business.organisation;
    let user = business.member(organisation, "carl@people.example", Role::Collaborator);
    let found = after(&business, |b| {
        b.sys(SetRole { organisation, user, role: Role::Admin });
    });
    assert_eq!(said(&found), ["member carl changed: member.role_set"]);
    let found = after(&business, |b| {
        b.sys(SetRole { organisation, user, role: Role::Collaborator });
        b.sys(SetServices { organisation, user, services: [(Service::Mail, Level::Manage)].into() });
    });
    assert_eq!(said(&found), ["member carl changed: member.role_set member.services_set"]);
    let found = after(&business, |b| drop(b.sys(RemoveMember { organisation, user })));
    assert_eq!(said(&found), ["member carl lost: member.removed"]);
    assert_eq!(obstacle(&found[0].after), "membership_missing");
    let found = after(&business, |b| {
        b.member(organisation, "dora@people.example", Role::External);
    });
    assert_eq!(said(&found), ["member dora gained: member.added"]);
}

#[test]
fn devices_are_gained_lost_and_changed() {
    let business = Business::new();
    let (mailbox, user) = (business.contact, business.assistant);
    let mut device = None;
    let found = after(&business, |b| device = Some(phone(b).id));
    assert_eq!(said(&found), ["phone at contact gained: device.added"]);
    let device = device.unwrap();
    let found = after(&business, |b| b.sys(ChangeGrant { mailbox, user, rights: [Right::Devices].into() }));
    assert_eq!(found.len(), 2);
    assert_eq!(say(&found[1]), "phone at contact changed: grant.rights_set", "it sends no more");
    let held = HeldDevices::Release;
    let found = after(&business, |b| drop(b.sys(RevokeGrant { mailbox, user, held })));
    assert_eq!(say(&found[1]), "phone at contact changed: device.released");
    assert!(matches!(found[1].after, Situation::Device { holder: None, .. }));
    let found = after(&business, |b| b.sys(RevokeDevice { device }));
    assert_eq!(said(&found), ["phone at contact lost: device.revoked"]);
    assert_eq!(obstacle(&found[0].after), "revoked");
}

#[test]
fn a_suspended_organisation_is_lost_to_everyone() {
    let business = Business::new();
    let found = after(&business, |b| b.sys(SuspendOrganisation { organisation: b.organisation }));
    assert_eq!(said(&found), ["ada at contact lost: organisation.suspended"]);
}

#[test]
fn only_instants_at_which_it_was_there_can_be_compared() {
    let world = World::new();
    let before = world.now();
    world.days(1);
    let business = Business::in_world(world);
    let (organisation, system) = (business.organisation, business.system.clone());
    let founded = business.now();
    business.days(1);
    let compare = |from, to| {
        business.directory.compare(&system, organisation, from, to, &PageRequest::default()).map(drop)
    };
    compare(founded, founded).unwrap();
    business.hidden(compare(before, business.now()), "organisation.not_found");
    business.hidden(compare(business.now(), founded), "time.reversed");
    business.hidden(compare(founded, business.in_days(1)), "time.future");
    let alive = business.now();
    business.days(1);
    business.sys(DeleteOrganisation { organisation, on_dependants: OnDependants::GoOn });
    compare(founded, alive).unwrap();
    business.hidden(compare(founded, business.now()), "organisation.not_found");
    let owner = business.owner.into_actor();
    let page = PageRequest::default();
    business.hidden(
        business.directory.compare(&owner, organisation, founded, alive, &page),
        "organisation.not_found",
    );
}

#[test]
fn a_past_compares_nothing() {
    let business = Business::new();
    let (owner, now) = (business.owner.into_actor(), business.now());
    let past = business.directory.at(&owner, business.organisation, now).unwrap();
    let found = past.compare(&owner, business.organisation, now, now, &PageRequest::default());
    business.hidden(found, "directory.past");
}

#[test]
fn members_with_activity_compare_their_mailboxes_without_networks() {
    let business = Business::new();
    let other = business.mailbox(business.organisation, "other@bakery.example");
    business.grant(other, business.owner, []);
    let crowd = business.crowd();
    let from = business.now();
    business.days(1);
    let device = AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]);
    business.run(business.assistant, device.networks(["192.0.2.0/24".parse().unwrap()]));
    business.sys(SetRole {
        organisation: business.organisation,
        user: crowd.collaborator,
        role: Role::Admin,
    });
    business.sys(ChangeGrant { mailbox: other, user: business.owner, rights: [Right::Send].into() });
    let found = differences(&business, crowd.guest, business.organisation, from);
    assert_eq!(said(&found), ["phone at contact gained: device.added"]);
    let json = serde_json::to_string(&found).unwrap();
    assert!(!json.contains("192.0.2"), "{json}");
    let all = differences(&business, business.owner, business.organisation, from);
    assert_eq!(all.len(), 3);
    assert!(serde_json::to_string(&all).unwrap().contains("192.0.2"));
    let page = PageRequest::default();
    for (user, code) in [
        (business.assistant, "access.denied"),
        (crowd.collaborator, ""),
        (crowd.mail, "access.denied"),
        (business.outsider, "organisation.not_found"),
        (crowd.rival, "organisation.not_found"),
    ] {
        let found = business.directory.compare(
            &Actor::User(user),
            business.organisation,
            from,
            business.now(),
            &page,
        );
        assert_eq!(found.err().map_or("", |error| error.code().as_str()), code);
    }
}

#[test]
fn differences_agree_with_the_two_pasts_page_by_page() {
    let business = Business::new();
    let crowd = business.crowd();
    let organisation = business.organisation;
    let people = [business.owner, business.assistant, crowd.guest, crowd.mail, crowd.collaborator];
    let mailboxes: Vec<MailboxId> =
        (0..4).map(|number| business.mailbox(organisation, &format!("m{number}@bakery.example"))).collect();
    for (place, mailbox) in mailboxes.iter().enumerate() {
        business.grant(*mailbox, people[place], [Right::Send]);
    }
    let from = business.now();
    business.days(3);
    business.sys(CloseMailbox { mailbox: mailboxes[0], on_dependants: OnDependants::Refuse });
    business.sys(HoldSending { mailbox: mailboxes[1] });
    business.grant(mailboxes[2], people[4], []);
    business.sys(SuspendMember { organisation, user: people[3] });
    business.sys(SuspendUser { user: people[2] });
    let latecomer = business.sys(RegisterUser::new(addr("late@people.example"), "Late")).user;
    business.sys(AddMember {
        organisation,
        user: latecomer,
        role: Role::External,
        services: Services::new(),
    });
    business.grant(mailboxes[3], latecomer, []);
    let to = business.now();
    business.advance(Duration::from_secs(5));
    let system = business.system.clone();
    let whole: Vec<Difference> =
        every(|page| business.directory.compare(&system, organisation, from, to, page))
            .collect::<Result<_, _>>()
            .unwrap();
    for limit in 1..4 {
        let mut request = Some(PageRequest::first(limit));
        let mut found = Vec::new();
        while let Some(asked) = request {
            let page = business.directory.compare(&system, organisation, from, to, &asked).unwrap();
            request = asked.next(&page);
            found.extend(page.items);
        }
        assert_eq!(found, whole, "{limit} at a time");
    }
    let pasts = [from, to].map(|at| business.directory.at(&system, organisation, at).unwrap());
    for mailbox in mailboxes.iter().chain([&business.contact]) {
        for user in people.iter().chain([&latecomer]) {
            let rights = |past: &Directory| {
                let may = |right: &&Right| past.may(*user, **right, *mailbox).unwrap().allowed();
                Right::ALL.iter().filter(may).copied().collect::<Rights>()
            };
            let told = whole.iter().any(|one| {
                matches!(&one.whose, Compared::Person { mailbox: at, person, .. }
                    if at == mailbox && person.id == *user)
            });
            assert_eq!(rights(&pasts[0]) != rights(&pasts[1]), told, "{user} at {mailbox}");
        }
    }
    assert!(whole.iter().any(|one| one.change == Change::Gained));
    assert!(whole.iter().any(|one| one.change == Change::Lost));
    assert!(whole.iter().any(|one| one.change == Change::Changed));
}

#[test]
fn a_cursor_is_good_for_its_two_instants() {
    let business = Business::new();
    let from = business.now();
    business.days(1);
    business.grant(business.contact, business.owner, []);
    let owner = business.owner.into_actor();
    let first = PageRequest::first(1);
    let page =
        business.directory.compare(&owner, business.organisation, from, business.now(), &first).unwrap();
    let next = first.next(&page).unwrap();
    business.days(1);
    let found = business.directory.compare(&owner, business.organisation, from, business.now(), &next);
    business.hidden(found, "cursor.invalid");
}
