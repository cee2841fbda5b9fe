//! The views show the digests of devices' passwords, and of nothing else that anybody could prove anything by.

use std::collections::BTreeSet;

use mailgrant::device::{AddDevice, AddLegacyDevice, For};
use mailgrant::invitation::Invite;
use mailgrant::user::{AddressKind, StartReset};
use mailgrant::{Offer, Protocol, Role, Services};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::common::addr;
use crate::life::Life;

const PHC: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

const VIEWS: [(&str, &[&str]); 4] = [
    (
        "mail_device",
        &[
            "local",
            "domain",
            "address",
            "selector",
            "protocol",
            "digest",
            "allow_nets",
            "until",
            "rights",
            "device",
            "label",
            "holder",
            "mailbox",
            "organisation",
        ],
    ),
    (
        "mail_address",
        &[
            "local",
            "domain",
            "address",
            "step",
            "alias_of",
            "delivery",
            "mailbox",
            "mailbox_address",
            "organisation",
            "separator",
        ],
    ),
    (
        "mail_sender",
        &["local", "domain", "address", "who", "kind", "mailbox", "mailbox_address", "organisation"],
    ),
    (
        "mail_access",
        &[
            "local",
            "domain",
            "address",
            "person",
            "login",
            "name",
            "rights",
            "since",
            "until",
            "given_by",
            "reason",
            "blocked",
            "mailbox",
            "organisation",
        ],
    ),
];

fn columns(reader: &Connection, view: &str) -> Vec<String> {
    let statement = reader.prepare(&format!("SELECT * FROM {view}")).unwrap();
    statement.column_names().into_iter().map(str::to_owned).collect()
}

/// Every text of a view, with its column.
fn texts(reader: &Connection, view: &str) -> Vec<(String, String)> {
    let columns = columns(reader, view);
    let mut statement = reader.prepare(&format!("SELECT * FROM {view}")).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut texts = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        for (place, column) in columns.iter().enumerate() {
            if let Value::Text(text) = row.get(place).unwrap() {
                texts.push((column.clone(), text));
            }
        }
    }
    texts
}

#[test]
fn each_view_has_these_columns() {
    let life = Life::new(1);
    let reader = life.reader();
    for (view, expected) in VIEWS {
        assert_eq!(columns(&reader, view), expected, "{view}");
    }
}

#[test]
fn no_view_shows_a_verifier_but_those_of_device_passwords() {
    let mut life = Life::new(1);
    let (organisation, contact) = (life.organisations[0], life.mailboxes[0]);
    let (holder, protocols) = (For::User(life.people[0]), [Protocol::Imap].into());
    life.run(AddDevice::new(contact, "phone").holder(holder.clone()).protocols([Protocol::Imap])).unwrap();
    let legacy =
        AddLegacyDevice { mailbox: contact, label: "old".into(), holder, protocols, phc: PHC.into() };
    life.run(legacy).unwrap();
    life.run(StartReset { user: life.people[0], to: AddressKind::Login }).unwrap();
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: Vec::new() };
    life.run(Invite { organisation, address: addr("new@people.example"), offer }).unwrap();

    let reader = life.reader();
    let mut statement = reader.prepare("SELECT key, secret FROM verifier").unwrap();
    let verifiers: Vec<(String, String)> =
        statement.query_map([], |row| row.try_into()).unwrap().map(Result::unwrap).collect();
    let of_devices: BTreeSet<&String> = verifiers
        .iter()
        .filter(|(key, _)| key.starts_with("dev_") && !key.ends_with("/legacy"))
        .map(|(_, secret)| secret)
        .collect();
    assert_eq!(of_devices.len(), 1);
    assert!(verifiers.len() >= 8, "people, a reset, an invitation, a legacy password: {}", verifiers.len());

    for (view, _) in VIEWS {
        for (column, text) in texts(&reader, view) {
            for (key, secret) in &verifiers {
                let shown = text.contains(secret.as_str());
                let meant = view == "mail_device" && column == "digest" && of_devices.contains(secret);
                assert!(!shown || meant, "{view}.{column} shows {key}");
            }
            assert!(!text.contains("$argon2"), "{view}.{column}");
        }
    }
    let digests = texts(&reader, "mail_device").into_iter().filter(|(column, _)| column == "digest");
    assert!(digests.count() > 0);
}
