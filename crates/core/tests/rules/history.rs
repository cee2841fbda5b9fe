//! The rules of history and of the past: what it tells whom, and how things stood at any instant.

use std::time::Duration;

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, RenameDevice, RevokeDevice};
use mailgrant::domain::AddDomain;
use mailgrant::grant::{ChangeGrant, RevokeGrant, SetGrantExpiry};
use mailgrant::invitation::Invite;
use mailgrant::mailbox::*;
use mailgrant::membership::{AddMember, RemoveMember, ResumeMember, SetRole, SuspendMember};
use mailgrant::organisation::*;
use mailgrant::user::{ChangeLogin, RenameUser, ResumeUser, SuspendUser};
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const TICK: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);
const REFUSE: OnDependants = OnDependants::Refuse;

fn page() -> PageRequest {
    PageRequest::default()
}

fn kinds(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.event.kind()).collect()
}

/// The kinds of what a filter finds in the organisation's history.
fn found(b: &Business, filter: HistoryFilter) -> Vec<String> {
    let page = b.directory.history(&b.system, b.organisation, &filter, &page()).unwrap();
    page.items.iter().map(|entry| entry.event.kind().to_owned()).collect()
}

fn about(about: About) -> HistoryFilter {
    HistoryFilter { about: Some(about), ..HistoryFilter::default() }
}

fn told(b: &Business, actor: impl Into<Actor>, filter: &HistoryFilter) -> Vec<Entry> {
    b.directory.mailbox_history(&actor.into(), b.contact, filter, &page()).unwrap().items
}

fn past(b: &Business, actor: impl Into<Actor>, instant: Timestamp) -> Directory {
    b.directory.at(&actor.into(), b.organisation, instant).unwrap()
}

fn activity(b: &Business, rights: impl Into<Rights>) {
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: rights.into() });
}

// Filters

#[test]
fn history_tells_who_did_what_when_and_by_which_command() {
    let b = Business::new();
    b.advance(DAY);
    b.run(b.owner, AddAlias::new(b.contact, addr("hello@bakery.example")));
    let all =
        b.directory.history(&b.owner.into(), b.organisation, &HistoryFilter::default(), &page()).unwrap();
    let last = all.items.last().unwrap();
    assert_eq!((last.at, &last.by, last.command.as_str()), (b.now(), &By::User(b.owner), "add_alias"));
    assert_eq!(last.event.kind(), "alias.added");
    let kinds = kinds(&all.items);
    assert_eq!(
        kinds,
        [
            "organisation.founded",
            "member.added",
            "domain.added",
            "domain.verified",
            "member.added",
            "mailbox.opened",
            "grant.given",
            "alias.added"
        ]
    );
}

#[test]
fn history_about_a_mailbox_holds_all_that_belongs_to_it() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.robot(b.contact, [Protocol::Imap]);
    b.robot(orders, [Protocol::Imap]);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let expected = ["mailbox.opened", "grant.given", "device.added", "alias.added"];
    assert_eq!(found(&b, about(About::Mailbox(b.contact))), expected);
}

#[test]
fn history_about_a_device_holds_that_device_alone() {
    let b = Business::new();
    let device = b.robot(b.contact, [Protocol::Imap]).id;
    b.robot(b.contact, [Protocol::Imap]);
    b.sys(RenameDevice { device, label: "till".into() });
    b.sys(RevokeDevice { device });
    let expected = ["device.added", "device.renamed", "device.revoked"];
    assert_eq!(found(&b, about(About::Device(device))), expected);
}

#[test]
fn history_about_a_person_holds_their_place_grants_and_devices() {
    let b = Business::new();
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    b.robot(b.contact, [Protocol::Imap]);
    b.sys(SuspendMember { organisation: b.organisation, user: b.assistant });
    let expected = ["member.added", "grant.given", "device.added", "member.suspended"];
    assert_eq!(found(&b, about(About::User(b.assistant))), expected);
}

#[test]
fn history_about_a_person_holds_what_befell_their_devices() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.owner, RevokeDevice { device });
    let expected = ["member.added", "grant.given", "device.added", "device.revoked"];
    assert_eq!(found(&b, about(About::User(b.assistant))), expected);
}

#[test]
fn history_about_a_domain_an_invitation_and_the_organisation_itself() {
    let b = Business::new();
    let domain: DomainName = "second.example".parse().unwrap();
    b.sys(AddDomain { organisation: b.organisation, name: domain.clone() });
    assert_eq!(found(&b, about(About::Domain(domain))), ["domain.added"]);
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
    let address = addr("ivo@people.example");
    let invited = b.run(b.owner, Invite { organisation: b.organisation, address, offer });
    assert_eq!(found(&b, about(About::Invitation(invited.invitation))), ["invitation.sent"]);
    b.run(b.owner, RenameOrganisation { organisation: b.organisation, name: "Bread".into() });
    let expected = ["organisation.founded", "organisation.renamed"];
    assert_eq!(found(&b, about(About::Organisation(b.organisation))), expected);
}

#[test]
fn history_by_an_actor_holds_what_they_did() {
    let b = Business::new();
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    let by = |by: By| found(&b, HistoryFilter { by: Some(by), ..HistoryFilter::default() });
    assert_eq!(by(By::User(b.assistant)), ["device.added"]);
    assert_eq!(by(By::User(b.owner)), ["organisation.founded", "member.added"]);
    assert_eq!(by(By::System("nobody".into())), [""; 0]);
    assert_eq!(by(By::System("test".into())).len(), 5);
}

#[test]
fn history_of_certain_kinds_holds_those_alone() {
    let b = Business::new();
    let kinds = vec!["grant.given".to_owned(), "mailbox.opened".to_owned()];
    let filter = HistoryFilter { kinds, ..HistoryFilter::default() };
    assert_eq!(found(&b, filter), ["mailbox.opened", "grant.given"]);
}

#[test]
fn the_bounds_of_time_are_both_inclusive() {
    let b = Business::new();
    let mut instants = Vec::new();
    for name in ["one", "two", "three"] {
        b.advance(DAY);
        instants.push(b.now());
        b.run(b.owner, SetMailboxName { mailbox: b.contact, name: Some(name.into()) });
    }
    let between = |since, until| {
        let filter = HistoryFilter { since: Some(since), until: Some(until), ..HistoryFilter::default() };
        found(&b, filter).len()
    };
    assert_eq!(between(instants[0], instants[2]), 3);
    assert_eq!(between(instants[0].plus(TICK), instants[2].minus(TICK)), 1);
    assert_eq!(between(instants[1], instants[1]), 1);
    assert_eq!(between(instants[2], instants[0]), 0);
}

#[test]
fn the_newest_come_first_where_that_is_asked() {
    let b = Business::new();
    let oldest = found(&b, HistoryFilter::default());
    let mut newest = found(&b, HistoryFilter { order: Order::Newest, ..HistoryFilter::default() });
    assert_eq!(newest[0], "grant.given");
    newest.reverse();
    assert_eq!(oldest, newest);
}

#[test]
fn filtered_history_comes_in_small_pages_too() {
    let b = Business::new();
    for number in 0..5 {
        b.sys(SetMailboxName { mailbox: b.contact, name: Some(number.to_string()) });
        b.sys(AddAlias::new(b.contact, addr(&format!("a{number}@bakery.example"))));
    }
    for order in [Order::Oldest, Order::Newest] {
        let filter = HistoryFilter {
            about: Some(About::Mailbox(b.contact)),
            by: Some(By::System("test".into())),
            kinds: vec!["mailbox.name_set".into()],
            order,
            ..HistoryFilter::default()
        };
        let mut seen = Vec::new();
        let mut request = Some(PageRequest::first(2));
        while let Some(asked) = request {
            let page = b.directory.history(&b.system, b.organisation, &filter, &asked).unwrap();
            request = asked.next(&page);
            seen.extend(page.items.into_iter().map(|entry| entry.place.1));
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.is_sorted_by(|a, b| if order == Order::Oldest { a < b } else { a > b }));
    }
}

#[test]
fn history_of_one_organisation_tells_nothing_of_another() {
    let b = Business::new();
    let crowd = b.crowd();
    let filter = about(About::Mailbox(crowd.theirs));
    assert!(found(&b, filter).is_empty());
}

#[test]
fn a_persons_account_has_a_history_of_its_own() {
    let b = Business::new();
    b.run(b.assistant, RenameUser { user: b.assistant, name: "Ada".into() });
    b.run(b.assistant, ChangeLogin { user: b.assistant, login: addr("ada@new.example") });
    let all = HistoryFilter::default();
    let own = b.directory.user_history(&b.assistant.into(), b.assistant, &all, &page()).unwrap();
    assert_eq!(kinds(&own.items), ["user.registered", "user.joined", "user.renamed", "user.login_asked"]);
}

// The history of a mailbox

#[test]
fn readers_see_the_grants_and_devices_of_the_last_ninety_days() {
    let b = Business::new();
    b.robot(b.contact, [Protocol::Imap]);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let all = HistoryFilter::default();
    assert_eq!(kinds(&told(&b, b.assistant, &all)), ["grant.given", "device.added"]);
    b.advance(90 * DAY);
    assert_eq!(kinds(&told(&b, b.assistant, &all)), ["grant.given", "device.added"]);
    b.advance(TICK);
    assert!(told(&b, b.assistant, &all).is_empty());
    let earlier = HistoryFilter { since: Some(Timestamp::EPOCH), ..HistoryFilter::default() };
    assert!(told(&b, b.assistant, &earlier).is_empty(), "asking for more shows no more");
}

#[test]
fn a_reader_may_ask_for_less_than_ninety_days() {
    let b = Business::new();
    b.advance(DAY);
    b.robot(b.contact, [Protocol::Imap]);
    let filter = HistoryFilter { since: Some(b.now()), ..HistoryFilter::default() };
    assert_eq!(kinds(&told(&b, b.assistant, &filter)), ["device.added"]);
}

#[test]
fn owners_admins_and_those_with_activity_see_all_of_a_mailboxs_history() {
    let b = Business::new();
    let crowd = b.crowd();
    b.advance(91 * DAY);
    for actor in [b.owner, crowd.admin, crowd.guest] {
        let seen = told(&b, actor, &HistoryFilter::default());
        assert_eq!(kinds(&seen), ["mailbox.opened", "grant.given", "grant.given"]);
    }
    assert!(
        told(&b, crowd.mail, &HistoryFilter::default()).is_empty(),
        "`mail: manage` sees what readers see"
    );
}

#[test]
fn activity_shows_no_more_than_reading_while_the_mailbox_is_not_open() {
    let b = Business::new();
    activity(&b, [Right::Activity]);
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: REFUSE });
    let seen = told(&b, b.assistant, &HistoryFilter::default());
    assert_eq!(kinds(&seen), ["grant.given", "grant.rights_set"]);
}

#[test]
fn a_mailboxs_history_tells_nothing_of_another_mailbox() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    let device = b.robot(orders, [Protocol::Imap]).id;
    for filter in [
        about(About::Mailbox(orders)),
        about(About::Device(device)),
        about(About::Organisation(b.organisation)),
        about(About::User(b.assistant)),
    ] {
        for actor in [b.owner, b.assistant] {
            let seen = told(&b, actor, &filter);
            assert!(!seen.iter().any(|entry| entry.event.subject() != b.contact.to_string()), "{filter:?}");
        }
    }
}

#[test]
fn a_mailboxs_history_shows_networks_to_managers_alone() {
    let b = Business::new();
    let crowd = b.crowd();
    let network = "192.0.2.0/24".parse().unwrap();
    b.run(b.assistant, AddDevice::new(b.contact, "phone").protocols([Protocol::Imap]).networks([network]));
    let shows = |actor: UserId| {
        let seen = told(&b, actor, &HistoryFilter::default());
        format!("{seen:?}").contains("192.0.2.0")
    };
    assert!(shows(b.owner) && shows(crowd.admin) && shows(crowd.mail));
    assert!(!shows(crowd.guest));
}

// The past: when

#[test]
fn before_the_founding_and_after_the_deletion_there_is_nothing() {
    let b = Business::in_world({
        let world = World::new();
        world.advance(DAY);
        world
    });
    let founded = b.now();
    b.advance(DAY);
    let deleted = b.now();
    b.run(b.owner, DeleteOrganisation { organisation: b.organisation, on_dependants: REFUSE });
    b.advance(DAY);
    let at = |instant| code(b.directory.at(&b.system, b.organisation, instant));
    assert_eq!(at(founded.minus(TICK)), Some(Code::OrganisationNotFound));
    assert_eq!(at(founded), None);
    assert_eq!(at(deleted.minus(TICK)), None);
    assert_eq!(at(deleted), Some(Code::OrganisationNotFound));
    assert_eq!(at(b.now()), Some(Code::OrganisationNotFound));
}

#[test]
fn the_future_is_refused() {
    let b = Business::new();
    let at = |instant| code(b.directory.at(&b.system, b.organisation, instant));
    assert_eq!(at(b.now()), None);
    assert_eq!(at(b.now().plus(TICK)), Some(Code::TimeFuture));
}

#[test]
fn an_organisation_that_never_was_has_no_past() {
    let b = Business::new();
    let unknown = "org_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert_eq!(code(b.directory.at(&b.system, unknown, b.now())), Some(Code::OrganisationNotFound));
}

#[test]
fn an_instant_includes_all_that_happened_in_it() {
    let b = Business::new();
    b.advance(DAY);
    let instant = b.now();
    b.run(b.owner, SetMailboxName { mailbox: b.contact, name: Some("one".into()) });
    b.run(b.owner, SetMailboxName { mailbox: b.contact, name: Some("two".into()) });
    b.run(b.assistant, RenameUser { user: b.assistant, name: "Ada".into() });
    b.advance(TICK);
    b.run(b.owner, SetMailboxName { mailbox: b.contact, name: Some("three".into()) });
    let then = past(&b, b.owner, instant);
    let owner = Actor::User(b.owner);
    assert_eq!(then.mailbox(&owner, b.contact).unwrap().name.as_deref(), Some("two"));
    assert_eq!(then.reach(&owner, b.assistant).unwrap().person.name, "Ada");
    let before = past(&b, b.owner, instant.minus(TICK));
    assert_eq!(before.mailbox(&owner, b.contact).unwrap().name, None);
    assert_eq!(before.reach(&owner, b.assistant).unwrap().person.name, "ada");
}

// The past: who

#[test]
fn who_may_see_the_past_is_decided_as_of_today() {
    let b = Business::new();
    let crowd = b.crowd();
    let then = b.now();
    b.advance(DAY);
    b.run(b.owner, SetRole { organisation: b.organisation, user: crowd.admin, role: Role::External });
    b.run(b.owner, SetRole { organisation: b.organisation, user: crowd.collaborator, role: Role::Admin });
    let at = |user: UserId| code(b.directory.at(&user.into(), b.organisation, then));
    assert_eq!(at(crowd.admin), Some(Code::AccessDenied), "an admin then, not today");
    assert_eq!(at(crowd.collaborator), None, "an admin today, not then");
    b.run(b.owner, RemoveMember { organisation: b.organisation, user: crowd.guest });
    assert_eq!(at(crowd.guest), Some(Code::OrganisationNotFound));
}

#[test]
fn whoever_joined_later_and_is_an_admin_today_asks_everything_about_the_past() {
    let b = Business::new();
    let then = b.now();
    b.advance(DAY);
    let late = b.member(b.organisation, "lea@people.example", Role::Admin);
    let then = past(&b, late, then);
    let late = Actor::User(late);
    assert_eq!(then.mailbox(&late, b.contact).unwrap().id, b.contact);
    assert_eq!(then.members(&late, b.organisation, &page()).unwrap().items.len(), 2);
    assert!(then.explain(&late, b.assistant, Right::Send, b.contact).unwrap().allowed);
    assert_eq!(then.reach(&late, b.assistant).unwrap().organisations.len(), 1);
    assert_eq!(then.user_by_login(&late, &addr("ada@people.example")).unwrap().id, b.assistant);
    let filter = HistoryFilter::default();
    assert_eq!(then.history(&late, b.organisation, &filter, &page()).unwrap().items.len(), 7);
}

#[test]
fn whoever_was_suspended_then_and_is_an_admin_today_asks_everything_about_the_past() {
    let b = Business::new();
    let admin = b.member(b.organisation, "lea@people.example", Role::Admin);
    b.sys(SuspendUser { user: admin });
    let then = b.now();
    b.advance(DAY);
    b.sys(ResumeUser { user: admin });
    let then = past(&b, admin, then);
    assert_eq!(then.reach(&admin.into(), b.assistant).unwrap().organisations.len(), 1);
    assert_eq!(then.reach(&admin.into(), admin).unwrap().person.state, UserState::Suspended);
}

#[test]
fn a_deleted_organisations_past_is_for_the_host_alone() {
    let b = Business::new();
    let then = b.now();
    b.advance(DAY);
    b.run(b.owner, DeleteOrganisation { organisation: b.organisation, on_dependants: REFUSE });
    let answers = |actor: Actor| {
        b.directory.at(&actor, b.organisation, then).map(|then| then.may(b.assistant, Right::Send, b.contact))
    };
    assert_eq!(code(answers(b.owner.into())), Some(Code::OrganisationNotFound));
    assert!(answers(b.system.clone()).unwrap().unwrap().allowed());
    while !b.sys(Sweep {}).finished {}
    assert!(answers(b.system.clone()).unwrap().unwrap().allowed(), "the sweep takes nothing from the past");
}

#[test]
fn with_activity_one_sees_the_past_of_that_mailbox_alone() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.grant(orders, b.assistant, Rights::EMPTY);
    activity(&b, [Right::Activity]);
    let then = past(&b, b.assistant, b.now());
    let own = Actor::User(b.assistant);
    assert_eq!(then.mailbox(&own, b.contact).unwrap().id, b.contact);
    assert_eq!(then.access(&own, b.contact, &page()).unwrap().items.len(), 1);
    assert_eq!(code(then.mailbox(&own, orders)), Some(Code::MailboxNotFound));
    assert_eq!(code(then.members(&own, b.organisation, &page())), Some(Code::OrganisationNotFound));
    assert_eq!(code(then.mailboxes(&own, b.organisation, &page())), Some(Code::OrganisationNotFound));
    let all = HistoryFilter::default();
    let history = then.history(&own, b.organisation, &all, &page());
    assert_eq!(code(history), Some(Code::OrganisationNotFound));
    assert_eq!(code(then.reach(&own, b.owner)), Some(Code::UserNotFound));
}

#[test]
fn with_activity_one_sees_all_of_that_mailboxs_history_in_the_past_too() {
    let b = Business::new();
    activity(&b, [Right::Activity]);
    b.advance(100 * DAY);
    let then = past(&b, b.assistant, b.now());
    let all = HistoryFilter::default();
    let seen = then.mailbox_history(&b.assistant.into(), b.contact, &all, &page()).unwrap();
    assert_eq!(kinds(&seen.items), ["mailbox.opened", "grant.given", "grant.rights_set"]);
}

#[test]
fn with_activity_one_sees_no_networks_of_others_in_the_past() {
    let b = Business::new();
    let crowd = b.crowd();
    let network = "192.0.2.0/24".parse().unwrap();
    let add = AddDevice::new(b.contact, "phone").protocols([Protocol::Imap]).networks([network]);
    let phone = b.run(b.assistant, add).id;
    let networks = |actor: UserId| {
        let then = past(&b, actor, b.now());
        let all = HistoryFilter::default();
        let told = then.mailbox_history(&actor.into(), b.contact, &all, &page()).unwrap();
        let device = then.device(&actor.into(), phone).unwrap();
        (device.bounds.networks.is_some(), format!("{told:?}").contains("192.0.2.0"))
    };
    assert_eq!(networks(b.owner), (true, true));
    assert_eq!(networks(crowd.guest), (false, false));
}

#[test]
fn with_activity_one_asks_for_no_explanation_about_others_in_the_past() {
    let b = Business::new();
    let crowd = b.crowd();
    let then = past(&b, crowd.guest, b.now());
    let explain = |user| then.explain(&crowd.guest.into(), user, Right::Send, b.contact);
    assert_eq!(code(explain(b.assistant)), Some(Code::AccessDenied));
    assert!(explain(crowd.guest).unwrap().allowed);
}

#[test]
fn activity_on_a_mailbox_that_is_gone_or_not_open_shows_no_past() {
    let stop: [fn(&Business); 4] = [
        |b| b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: REFUSE }),
        |b| b.sys(CloseMailbox { mailbox: b.contact, on_dependants: REFUSE }),
        |b| drop(b.sys(DeleteMailbox { mailbox: b.contact, on_dependants: REFUSE })),
        |b| {
            let expires = Some(b.in_days(1));
            b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires });
            b.days(1);
        },
    ];
    for (place, stop) in stop.into_iter().enumerate() {
        let b = Business::new();
        activity(&b, [Right::Activity]);
        let then = b.now();
        assert_eq!(code(b.directory.at(&b.assistant.into(), b.organisation, then)), None);
        stop(&b);
        let refused = code(b.directory.at(&b.assistant.into(), b.organisation, then));
        assert_eq!(refused, Some(Code::AccessDenied), "case {place}");
    }
}

// The past: what it takes

#[test]
fn the_past_takes_no_commands() {
    let b = Business::new();
    let then = past(&b, b.owner, b.now());
    let owner = Actor::User(b.owner);
    let command = || SetMailboxName { mailbox: b.contact, name: None };
    let refused = Some(Code::DirectoryPast);
    assert_eq!(code(then.run(&owner, command())), refused);
    assert_eq!(code(then.run(&b.system, command())), refused);
    assert_eq!(code(then.run_once(b.directory.request_id().unwrap(), &owner, command())), refused);
    assert_eq!(code(then.preview(&owner, command()).map(drop)), refused);
    assert_eq!(code(then.batch(|_| Ok(()))), refused);
    assert_eq!(code(then.at(&owner, b.organisation, b.now())), refused);
}

#[test]
fn the_past_takes_no_logins() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let session = b.login(CONTACT, &phone, Protocol::Imap).unwrap();
    let then = past(&b, b.owner, b.now());
    let login = DeviceLogin { address: CONTACT, password: &phone, protocol: Protocol::Imap, from: None };
    let refused = |refusal: Refusal| match refusal.reason() {
        Reason::Failed(error) => error.code(),
        other => panic!("{other}"),
    };
    assert_eq!(refused(then.login_device(&login).unwrap_err()), Code::DirectoryPast);
    let login = UserLogin { login: "ada@people.example", password: PASSWORD };
    assert_eq!(refused(then.login_user(&login).unwrap_err()), Code::DirectoryPast);
    assert_eq!(code(then.session_valid(&session)), Some(Code::DirectoryPast));
}

#[test]
fn asking_the_past_changes_nothing() {
    let b = Business::new();
    let before = b.store.dump();
    let then = past(&b, b.owner, b.now());
    then.access(&b.owner.into(), b.contact, &page()).unwrap();
    then.note_opened(b.assistant, b.contact, None);
    drop(then);
    assert_eq!(before, b.store.dump());
}

// The past: what it answers

/// All that an owner can ask, as text.
fn everything(b: &Business, directory: &Directory) -> Vec<String> {
    let (owner, o, m) = (Actor::User(b.owner), b.organisation, b.contact);
    let all = HistoryFilter::default();
    let device = directory.devices(&owner, o, &page()).unwrap().items[0].device.id;
    vec![
        format!("{:?}", directory.organisation(&owner, o)),
        format!("{:?}", directory.organisation_by_domain(&owner, &"bakery.example".parse().unwrap())),
        format!("{:?}", directory.members(&owner, o, &page())),
        format!("{:?}", directory.mailboxes(&owner, o, &page())),
        format!("{:?}", directory.aliases(&owner, o, &page())),
        format!("{:?}", directory.devices(&owner, o, &page())),
        format!("{:?}", directory.invitations(&owner, o, &page())),
        format!("{:?}", directory.domains(&owner, o, &page())),
        format!("{:?}", directory.mailbox(&owner, m)),
        format!("{:?}", directory.mailbox_by_address(&owner, &addr("hello@bakery.example"))),
        format!("{:?}", directory.device(&owner, device)),
        format!("{:?}", directory.access(&owner, m, &page())),
        format!("{:?}", directory.aliases_of(&owner, m, &page())),
        format!("{:?}", directory.reach(&owner, b.assistant)),
        format!("{:?}", directory.explain(&owner, b.assistant, Right::Send, m)),
        format!("{:?}", directory.may(b.assistant, Right::Send, m)),
        format!("{:?}", directory.senders(b.assistant, m)),
        format!("{:?}", directory.senders(device, m)),
        format!("{:?}", directory.resolve(&addr("hello+x@bakery.example"))),
        format!("{:?}", directory.resolve(&addr("nobody@bakery.example"))),
        format!("{:?}", directory.user(&owner, b.owner)),
        format!("{:?}", directory.user_by_login(&owner, &addr("ada@people.example"))),
        format!("{:?}", directory.history(&owner, o, &all, &page())),
        format!("{:?}", directory.mailbox_history(&owner, m, &all, &page())),
        format!("{:?}", directory.user_history(&owner, b.owner, &all, &page())),
    ]
}

#[test]
fn the_past_answers_the_same_questions_as_it_did_then() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]).id;
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
    b.run(b.owner, Invite { organisation: b.organisation, address: addr("ivo@people.example"), offer });
    let instant = b.now();
    let then = everything(&b, &b.directory);
    assert!(then.iter().all(|answer| !answer.contains("Err(")), "{then:#?}");

    b.advance(TICK);
    let organisation = b.organisation;
    b.run(b.owner, RenameOrganisation { organisation, name: "Bread".into() });
    b.run(b.owner, RevokeDevice { device: phone });
    b.robot(b.contact, [Protocol::Imap]);
    b.run(
        b.owner,
        RenameMailbox {
            mailbox: b.contact,
            address: addr("office@bakery.example"),
            former: FormerAddress::Free,
            reclaim: Reclaim::No,
            on_dependants: REFUSE,
        },
    );
    b.run(
        b.owner,
        RevokeGrant { mailbox: b.contact, user: b.assistant, held: mailgrant::grant::HeldDevices::Revoke },
    );
    b.run(b.owner, RemoveMember { organisation, user: crowd.mail });
    b.run(b.owner, RenameUser { user: b.owner, name: "Olivia".into() });
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: REFUSE });
    b.advance(DAY);

    assert_eq!(everything(&b, &past(&b, b.owner, instant)), then);
    assert_ne!(everything(&b, &b.directory), then);
}

#[test]
fn a_renamed_mailbox_has_its_former_address_in_the_past() {
    let b = Business::new();
    let before = b.now();
    b.advance(DAY);
    b.run(
        b.owner,
        RenameMailbox {
            mailbox: b.contact,
            address: addr("office@bakery.example"),
            former: FormerAddress::Free,
            reclaim: Reclaim::No,
            on_dependants: REFUSE,
        },
    );
    let owner = Actor::User(b.owner);
    let then = past(&b, b.owner, before);
    assert_eq!(then.resolve(&addr(CONTACT)).unwrap().mailbox, Some(b.contact));
    assert_eq!(then.resolve(&addr("office@bakery.example")).unwrap().way, [Step::Unknown]);
    assert_eq!(then.mailbox_by_address(&owner, &addr(CONTACT)).unwrap().id, b.contact);
    let now = past(&b, b.owner, b.now());
    assert_eq!(now.resolve(&addr(CONTACT)).unwrap().way, [Step::Quarantine]);
}

#[test]
fn what_was_suspended_then_is_suspended_in_the_past() {
    let b = Business::new();
    let (organisation, user) = (b.organisation, b.assistant);
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: REFUSE });
    b.advance(TICK);
    let mailbox_suspended = b.now();
    b.sys(ResumeMailbox { mailbox: b.contact });
    b.sys(SuspendMember { organisation, user });
    b.advance(TICK);
    let mut expected = vec![(mailbox_suspended.minus(TICK), "mailbox_suspended")];
    expected.push((b.now().minus(TICK), "membership_suspended"));
    b.sys(ResumeMember { organisation, user });
    b.sys(SuspendUser { user });
    b.advance(TICK);
    expected.push((b.now().minus(TICK), "user_suspended"));
    b.sys(ResumeUser { user });
    b.sys(SuspendOrganisation { organisation });
    b.advance(TICK);
    expected.push((b.now().minus(TICK), "organisation_suspended"));
    b.sys(ResumeOrganisation { organisation });
    b.sys(SetGrantExpiry { mailbox: b.contact, user, expires: Some(b.in_days(1)) });
    b.days(1);
    expected.push((b.now(), "grant_expired"));
    for (instant, obstacle) in expected {
        let then = past(&b, b.owner, instant);
        let verdict = then.may(user, Right::Read, b.contact).unwrap();
        assert_eq!(verdict.obstacle().unwrap().as_str(), obstacle);
    }
}

#[test]
fn a_quarantine_that_is_over_today_lasts_in_the_past() {
    let b = Business::new();
    b.run(b.owner, DeleteMailbox { mailbox: b.contact, on_dependants: REFUSE });
    let freed = b.now();
    b.days(31);
    let then = past(&b, b.owner, freed);
    assert_eq!(then.resolve(&addr(CONTACT)).unwrap().way, [Step::Quarantine]);
}

#[test]
fn the_past_knows_whoever_was_ever_a_member_by_then() {
    let b = Business::new();
    let user = b.person("lea@people.example");
    b.advance(DAY);
    let organisation = b.organisation;
    b.sys(AddMember { organisation, user, role: Role::External, services: Services::new() });
    let member = b.now();
    b.advance(DAY);
    b.run(b.owner, RemoveMember { organisation, user });
    let owner = Actor::User(b.owner);
    let then = past(&b, b.owner, member);
    assert_eq!(then.reach(&owner, user).unwrap().organisations.len(), 1);
    let now = past(&b, b.owner, b.now());
    assert_eq!(code(now.reach(&owner, user)), Some(Code::UserNotFound), "no member any more");
    let before = past(&b, b.owner, member.minus(TICK));
    assert_eq!(code(before.reach(&owner, user)), Some(Code::UserNotFound), "not a member yet");
}

#[test]
fn the_past_of_an_organisation_shows_a_member_in_no_other() {
    let b = Business::new();
    let crowd = b.crowd();
    let services = Services::new();
    b.sys(AddMember { organisation: crowd.rivals, user: b.assistant, role: Role::Collaborator, services });
    let then = past(&b, b.owner, b.now());
    let reach = then.reach(&b.assistant.into(), b.assistant).unwrap();
    let seen: Vec<OrganisationId> = reach.organisations.iter().map(|found| found.id).collect();
    assert_eq!(seen, [b.organisation]);
}
