//! The story of a small business, from the first mailbox to the leaver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{RevokeDevice, RotateDevice};
use mailgrant::invitation::{AcceptInvitation, Invite};
use mailgrant::membership::Leave;
use mailgrant::*;

#[test]
fn a_small_business() {
    let world = World::new();
    let owner = world.person("olivia@people.example");
    let organisation = world.organisation(owner, "bakery.example");
    let contact = world.run(owner, mailbox::OpenMailbox::new(organisation, addr("contact@bakery.example")));
    assert!(!world.directory.may(owner, Right::Read, contact).unwrap().allowed());
    world.run(owner, AddAlias::new(contact, addr("hello@bakery.example")));

    let assistant = world.person("ada@people.example");
    let offer = Offer {
        role: Role::External,
        services: Services::new(),
        mailboxes: vec![Promise {
            mailbox: contact,
            rights: Policy::default().mailbox_rights,
            expires: None,
        }],
    };
    let invited = world.run(owner, Invite { organisation, address: addr("ada@people.example"), offer });
    let token = invited.token.reveal();
    let accepted = world.run(assistant, AcceptInvitation { token: (&*token).into() });
    assert_eq!(accepted.mailboxes, [contact]);
    assert!(world.directory.may(assistant, Right::Send, contact).unwrap().allowed());

    let phone = world.device(assistant, contact, [Protocol::Imap, Protocol::Smtp]);
    let id = phone.id;
    let password = phone.password.reveal();
    let session = world.login("contact@bakery.example", &password, Protocol::Imap).unwrap();
    assert_eq!(session.device, id);
    assert!(world.login("hello@bakery.example", &password, Protocol::Imap).is_err());
    assert!(world.directory.session_valid(&session).unwrap());

    let rotated = world.run(assistant, RotateDevice::new(id)).password.reveal();
    assert_eq!(world.opens("contact@bakery.example", &password, Protocol::Imap), Ok(()));
    assert_eq!(world.opens("contact@bakery.example", &rotated, Protocol::Imap), Ok(()));
    assert_eq!(
        world.opens("contact@bakery.example", &password, Protocol::Imap).unwrap_err(),
        "the device's password, but: replaced"
    );

    let before = world.now();
    world.days(1);
    world.run(assistant, RevokeDevice { device: id });
    assert!(!world.directory.session_valid(&session).unwrap());
    let report = world.run(assistant, Leave { organisation });
    assert_eq!(report.grants.len(), 1);

    let then = world.directory.at(&Actor::User(owner), organisation, before).unwrap();
    let access = then.access(&Actor::User(owner), contact, &PageRequest::default()).unwrap();
    assert_eq!(access.items.len(), 2, "{access:#?}");
    let now = world.directory.access(&Actor::User(owner), contact, &PageRequest::default()).unwrap();
    assert!(now.items.is_empty());
    let history = world
        .directory
        .history(&Actor::User(owner), organisation, &HistoryFilter::default(), &PageRequest::default())
        .unwrap();
    let kinds: Vec<&str> = history.items.iter().map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds.last(), Some(&"member.left"));
}
