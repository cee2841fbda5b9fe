//! What asking costs: no documented query goes through a table, and none costs more in a larger file.

use mailgrant::OrganisationId;
use mailgrant::device::{AddDevice, For};
use mailgrant::mailbox::OpenMailbox;
use mailgrant::organisation::{Policy, SetPolicy};
use mailgrant::{Batch, MailboxId, OnDependants, Protocol};
use mailgrant_sqlite::views;
use rusqlite::{Connection, StatementStatus, named_params};

use crate::common::addr;
use crate::life::Life;
use crate::mail_servers;

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Parameters stay null: the plan does not ask for them.
    statement.raw_query().mapped(|row| row.get("detail")).map(Result::unwrap).collect()
}

fn documented() -> Vec<String> {
    let queries = [views::DEVICE, views::ADDRESS, views::RECIPIENT, views::SENDER, views::ACCESS];
    queries.into_iter().map(str::to_owned).chain(mail_servers::queries()).collect()
}

fn looks_up(connection: &Connection) {
    for sql in documented() {
        let plan = plan(connection, &sql);
        for step in &plan {
            // The lists inside one row (protocols, networks, rights) and the eight names of managers are gone
            // through: there is nothing else that could be done with them.
            let list = step.starts_with("SCAN") && step.contains("VIRTUAL TABLE");
            // Of a subquery that ends after its first row, the one row.
            let list = list || (step.contains("(subquery-") && sql.contains("LIMIT 1\n    )"));
            let whole = ["SCAN", "TEMP B-TREE", "AUTOMATIC", "MATERIALIZE", "CO-ROUTINE"];
            assert!(list || !whole.iter().any(|word| step.contains(word)), "{step}\n{sql}\n{plan:#?}");
        }
    }
}

#[test]
fn no_documented_query_goes_through_a_table_or_sorts() {
    let mut life = Life::new(3);
    (0..100).for_each(|_| life.step());
    looks_up(&life.reader());
    // Whoever counts the rows for the planner changes nothing about it.
    let connection = Connection::open(life.file()).unwrap();
    connection.execute_batch("ANALYZE").unwrap();
    looks_up(&life.reader());
}

#[test]
fn a_device_is_found_by_mailbox_and_selector() {
    let life = Life::new(3);
    let plan = plan(&life.reader(), views::DEVICE);
    let both = "SEARCH s USING INDEX claim_selector (<expr>=? AND <expr>=?)";
    assert!(plan.iter().any(|step| step == both), "{plan:#?}");
    let address = "SEARCH a USING INDEX claim_address (<expr>=? AND <expr>=?)";
    assert!(plan.iter().any(|step| step == address), "{plan:#?}");
}

fn add(life: &Life, mailbox: MailboxId, devices: usize) -> String {
    let mut last = None;
    life.directory
        .batch(&mut |batch: &mut Batch<'_>| {
            for _ in 0..devices {
                let add = AddDevice::new(mailbox, "CRM")
                    .holder(For::Nobody { handed_to: None })
                    .protocols([Protocol::Imap]);
                last = Some(batch.run(&life.system, add)?.password);
            }
            Ok(())
        })
        .unwrap();
    last.unwrap().reveal().to_string()
}

/// Steps of SQLite's machine for the row of a device.
fn steps(reader: &Connection, selector: &str) -> i32 {
    let mut statement = reader.prepare(views::DEVICE).unwrap();
    let names = named_params! {
        ":local": "contact", ":domain": "alpha.example", ":selector": selector, ":protocol": "imap",
    };
    assert!(statement.exists(names).unwrap());
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn one_device_among_a_thousand_costs_what_a_single_one_does() {
    let mut life = Life::new(3);
    let (organisation, contact): (OrganisationId, _) = (life.organisations[0], life.mailboxes[0]);
    let policy = Policy { devices_per_mailbox: 1_000, ..Policy::default() };
    life.run(SetPolicy { organisation, policy, on_dependants: OnDependants::Refuse }).unwrap();
    let reader = life.reader();
    let first = add(&life, contact, 1);
    let alone = steps(&reader, &first[..4]);
    let last = add(&life, contact, 999);
    for number in 0..50 {
        let address = addr(&format!("contact{number}@alpha.example"));
        life.run(OpenMailbox::new(organisation, address)).unwrap();
    }
    for selector in [&first[..4], &last[..4]] {
        assert_eq!(steps(&reader, selector), alone);
    }
}
