//! The reports say the same over SQLite as in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../core/tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{TUESDAY, addr, builder, offer_of};
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For, RotateDevice};
use mailgrant::domain::{AddDomain, SetDomainAlias, VerifyDomain};
use mailgrant::grant::{ChangeGrant, GrantAccess};
use mailgrant::invitation::Invite;
use mailgrant::mailbox::{HoldSending, OpenMailbox};
use mailgrant::membership::{AddMember, RemoveMember, SuspendMember};
use mailgrant::organisation::FoundOrganisation;
use mailgrant::report::ReviewRows;
use mailgrant::user::{RegisterUser, SuspendUser};
use mailgrant::*;

/// All pages of a question, as text.
fn pages<T: std::fmt::Debug>(mut question: impl FnMut(&PageRequest) -> Result<Page<T>, Error>) -> String {
    let mut text = String::new();
    let mut request = Some(PageRequest::first(2));
    while let Some(asked) = request {
        let page = question(&asked).unwrap();
        text += &format!("{:#?}\n", page.items);
        request = asked.next(&page);
    }
    text
}

/// What every report says at the end of a story.
fn reports(store: impl Store + 'static) -> String {
    let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
    let directory = builder(store, &clock, 11).build().unwrap();
    let day = || clock.advance(Duration::from_secs(86_400));
    let system = Actor::system("test");
    let person = |login: &str| {
        let registered = RegisterUser::new(addr(login), "Somebody").proof(Proof::Verified);
        directory.run(&system, registered).unwrap().user
    };
    let owner = person("olivia@people.example");
    let actor = Actor::User(owner);
    let organisation =
        directory.run(&actor, FoundOrganisation { name: "Bakery".into(), owner: None }).unwrap().organisation;
    let names: Vec<DomainName> =
        ["bakery.example", "cakes.example"].iter().map(|name| name.parse().unwrap()).collect();
    for name in &names {
        directory.run(&actor, AddDomain { organisation, name: name.clone() }).unwrap();
        directory.run(&system, VerifyDomain { organisation, name: name.clone() }).unwrap();
    }
    let (domain, of, on_dependants) = (names[1].clone(), Some(names[0].clone()), OnDependants::Refuse);
    directory.run(&actor, SetDomainAlias { organisation, domain, of, on_dependants }).unwrap();
    let member = |login: &str, role: Role| {
        let user = person(login);
        let services = Services::new();
        directory.run(&system, AddMember { organisation, user, role, services }).unwrap();
        user
    };
    let ben = member("ben@cakes.example", Role::Collaborator);
    let admin = member("adam@people.example", Role::Admin);
    let guest = member("gina@people.example", Role::External);
    let open = |name: &str| {
        let address = addr(&format!("{name}@bakery.example"));
        directory.run(&actor, OpenMailbox::new(organisation, address)).unwrap()
    };
    let (contact, bens) = (open("contact"), open("ben"));
    for alias in ["hello@bakery.example", "info@bakery.example", "shop@bakery.example"] {
        directory.run(&actor, AddAlias::new(contact, addr(alias))).unwrap();
    }
    directory.run(&actor, GrantAccess::new(bens, ben)).unwrap();
    directory.run(&Actor::User(admin), GrantAccess::new(contact, guest)).unwrap();
    let phone = AddDevice::new(contact, "phone").protocols([Protocol::Imap, Protocol::Smtp]);
    let phone = directory.run(&Actor::User(guest), phone).unwrap();
    let nobody = For::Nobody { handed_to: None };
    let crm = AddDevice::new(contact, "CRM").holder(nobody).protocols([Protocol::Smtp]);
    directory.run(&Actor::User(admin), crm).unwrap();
    let (address, offer) = (addr("new@people.example"), offer_of(contact, [Right::Send]));
    directory.run(&Actor::User(admin), Invite { organisation, address, offer }).unwrap();
    let login = DeviceLogin {
        address: "contact@bakery.example",
        password: &phone.password.reveal(),
        protocol: Protocol::Imap,
        from: Some("192.0.2.7".parse().unwrap()),
    };
    directory.login_device(&login).unwrap();
    directory.flush_uses().unwrap();
    let before = clock.now();
    (0..40).for_each(|_| day());
    directory.run(&actor, RotateDevice::new(phone.id)).unwrap();
    directory.run(&actor, GrantAccess::new(contact, owner)).unwrap();
    let rights = Rights::from([Right::Send, Right::Devices]);
    // Whoever changes a grant answers for it.
    directory.run(&Actor::User(admin), ChangeGrant { mailbox: contact, user: guest, rights }).unwrap();
    directory.run(&actor, HoldSending { mailbox: bens }).unwrap();
    directory.run(&actor, RemoveMember { organisation, user: admin }).unwrap();
    directory.run(&actor, SuspendMember { organisation, user: ben }).unwrap();
    let late = member("late@people.example", Role::Collaborator);
    directory.run(&actor, GrantAccess::new(contact, late)).unwrap();
    directory.run(&system, SuspendUser { user: ben }).unwrap();
    day();
    let now = clock.now();
    [
        pages(|page| directory.review(&actor, organisation, ReviewRows::All, page)),
        pages(|page| directory.login_risks(&actor, organisation, page)),
        pages(|page| directory.blast_radius(&actor, phone.id, page).map(|radius| radius.senders)),
        format!("{:#?}", directory.blast_radius(&actor, phone.id, &PageRequest::default())),
        pages(|page| directory.compare(&actor, organisation, before, now, page)),
        pages(|page| directory.compare(&actor, organisation, now, now, page)),
    ]
    .join("\n")
}

#[test]
fn the_reports_say_the_same_as_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let over_sqlite = reports(mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap());
    let in_memory = reports(MemoryStore::new());
    assert_eq!(over_sqlite, in_memory);
    for word in ["giver_lost", "known_to_leaver", "cut_off_by", "gained", "lost", "changed"] {
        assert!(in_memory.contains(word), "no {word} in the story");
    }
}
