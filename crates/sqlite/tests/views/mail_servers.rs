//! The queries of mail servers, out of the very text that the documentation shows.

use mailgrant::alias::{AddAlias, RemoveAlias};
use mailgrant::device::{AddDevice, For};
use mailgrant::domain::{AddDomain, SetCatchAll, SetDomainAlias, VerifyDomain};
use mailgrant::mailbox::{CloseMailbox, OpenMailbox};
use mailgrant::organisation::SuspendOrganisation;
use mailgrant::{AliasSending, DomainName, OnDependants, Protocol};
use rusqlite::{Connection, OptionalExtension};

use crate::common::addr;
use crate::life::Life;

const DOVECOT: &str = include_str!("../../src/views/dovecot.conf");
const DOMAINS: &str = include_str!("../../src/views/postfix-domains.cf");
const RECIPIENTS: &str = include_str!("../../src/views/postfix-recipients.cf");
const DEFERRED: &str = include_str!("../../src/views/postfix-deferred.cf");
const SENDERS: &str = include_str!("../../src/views/postfix-senders.cf");

/// Dovecot's query, as it asks for these.
fn dovecot(user: &str, password: &str, protocol: &str) -> String {
    let query = DOVECOT.split_once("query = ").unwrap().1.split_once("\n}").unwrap().0.replace("\\\n", "\n");
    let (local, domain) = user.split_once('@').unwrap();
    let start: String = password.chars().take(4).collect();
    let query = query
        .replace("%{user | username}", local)
        .replace("%{user | domain}", domain)
        .replace("%{password | substr(0, 4)}", &start)
        .replace("%{protocol}", protocol);
    assert!(!query.contains('%'), "{query}");
    query
}

/// Postfix's query for a key; none where it suppresses it (`sqlite_table(5)`).
fn postfix(table: &str, key: &str) -> Option<String> {
    let query = table.split_once("\nquery = ").unwrap().1;
    let parts = key.rsplit_once('@');
    if (query.contains("%d") && parts.is_none())
        || (query.contains("%u") && parts.is_some_and(|(local, _)| local.is_empty()))
    {
        return None;
    }
    let (local, domain) = parts.unwrap_or((key, ""));
    Some(query.replace("%s", key).replace("%u", local).replace("%d", domain))
}

/// Every query of a mail server, with values in the place of its variables.
pub(crate) fn queries() -> Vec<String> {
    let mut queries = vec![dovecot("contact@alpha.example", "abcd", "imap")];
    queries.extend([DOMAINS, RECIPIENTS, DEFERRED, SENDERS].map(|table| {
        let key = if table.contains("%d") { "contact@alpha.example" } else { "alpha.example" };
        postfix(table, key).unwrap()
    }));
    queries
}

fn one(reader: &Connection, query: Option<String>) -> Option<String> {
    reader.query_row(&query?, [], |row| row.get(0)).optional().unwrap()
}

#[test]
fn dovecot_gets_the_digest_the_networks_and_the_device() {
    let mut life = Life::new(1);
    let add = AddDevice::new(life.mailboxes[0], "phone")
        .holder(For::User(life.people[1]))
        .protocols([Protocol::Imap, Protocol::Smtp, Protocol::ManageSieve])
        .networks(["192.0.2.0/24".parse().unwrap(), "::ffff:198.51.100.0/120".parse().unwrap()]);
    let issued = life.run(add).unwrap();
    let password = issued.password.reveal();
    let reader = life.reader();
    let ask = |user: &str, typed: &str, protocol: &str| {
        reader
            .query_row(&dovecot(user, typed, protocol), [], |row| {
                Ok((
                    row.get::<_, String>("user")?,
                    row.get::<_, String>("password")?,
                    row.get::<_, String>("allow_nets")?,
                    row.get::<_, String>("userdb_mailgrant_device")?,
                ))
            })
            .optional()
            .unwrap()
    };
    for protocol in ["imap", "smtp", "submission", "sieve"] {
        let (user, digest, nets, device) = ask("contact@alpha.example", &password, protocol).unwrap();
        assert_eq!(user, "contact@alpha.example");
        assert!(
            digest.len() == 64
                && digest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        );
        assert_eq!(nets, "192.0.2.0/24,198.51.100.0/24");
        assert_eq!(device, issued.id.to_string());
    }
    assert_eq!(ask("contact@alpha.example", &password, "pop3"), None, "not one of its protocols");
    assert_eq!(ask("contact@beta.example", &password, "imap"), None, "of another mailbox");
    assert_eq!(ask("contact@alpha.example", "", "imap"), None);
}

#[test]
fn postfix_takes_refuses_and_defers() {
    let mut life = Life::new(1);
    let (organisation, contact, office) = (life.organisations[0], life.mailboxes[0], life.mailboxes[1]);
    let on_dependants = OnDependants::GoOn;
    life.run(AddAlias::new(contact, addr("hello@alpha.example"))).unwrap();
    life.run(AddAlias::new(contact, addr("gone@alpha.example"))).unwrap();
    life.run(RemoveAlias { mailbox: contact, address: addr("gone@alpha.example"), on_dependants }).unwrap();
    let (domain, of): (DomainName, DomainName) =
        ("alpha-too.example".parse().unwrap(), "alpha.example".parse().unwrap());
    let aliased = SetDomainAlias { organisation, domain, of: Some(of.clone()), on_dependants };
    life.run(aliased).unwrap();
    let reader = life.reader();
    let domain = |name: &str| one(&reader, postfix(DOMAINS, name)).is_some();
    assert!(domain("alpha.example") && domain("alpha-too.example"));
    assert!(!domain("xn--bcher-kva.example") && !domain("elsewhere.example"));

    // As Postfix asks its tables: the whole address, its local part, its domain.
    let lookup = |table: &str, address: &str| {
        let (local, domain) = address.rsplit_once('@').unwrap();
        [address.to_owned(), local.to_owned(), format!("@{domain}")]
            .into_iter()
            .find_map(|key| one(&reader, postfix(table, &key)))
    };
    let goes = |address: &str| lookup(RECIPIENTS, address);
    let contact_is = Some("contact@alpha.example".to_owned());
    for address in
        ["contact@alpha.example", "hello+y@alpha-too.example", "hello@alpha.example", "hello+x@alpha.example"]
    {
        assert_eq!(goes(address), contact_is, "{address}");
    }
    assert_eq!(goes("nobody@alpha.example"), None);
    assert_eq!(goes("gone@alpha.example"), None);

    life.run(SetCatchAll { organisation, domain: of.clone(), mailbox: Some(office), on_dependants }).unwrap();
    let office_is = Some("office@alpha.example".to_owned());
    for address in ["nobody@alpha.example", "nobody+x@alpha-too.example"] {
        assert_eq!(goes(address), office_is, "{address}");
    }
    for address in [
        "gone@alpha.example",
        "gone+x@alpha-too.example",
        "postmaster@alpha.example",
        "abuse+x@alpha-too.example",
    ] {
        assert_eq!(goes(address), None, "never for a catch-all: {address}");
    }
    life.run(CloseMailbox { mailbox: contact, on_dependants }).unwrap();
    assert_eq!(goes("contact@alpha.example"), None, "closed, and not for the catch-all");
    assert_eq!(goes("hello@alpha.example"), None);

    let waits = |address: &str| lookup(DEFERRED, address);
    assert_eq!(waits("office@alpha.example"), None);
    life.run(SuspendOrganisation { organisation }).unwrap();
    assert_eq!(waits("office+x@alpha-too.example"), Some("DEFER".to_owned()));
    assert_eq!(waits("hello@alpha.example"), None, "it is closed");
    assert_eq!(waits("contact@beta.example"), None);
}

#[test]
fn postfix_knows_who_may_send_as_what() {
    let mut life = Life::new(1);
    let contact = life.mailboxes[0];
    life.run(AddAlias::new(contact, addr("hello@alpha.example"))).unwrap();
    let sending = AliasSending::Refused;
    life.run(AddAlias { sending, ..AddAlias::new(contact, addr("list@alpha.example")) }).unwrap();
    let reader = life.reader();
    let login = |sender: &str| one(&reader, postfix(SENDERS, sender));
    assert_eq!(login("contact@alpha.example").as_deref(), Some("contact@alpha.example"));
    assert_eq!(login("hello@alpha.example").as_deref(), Some("contact@alpha.example"));
    assert_eq!(login("list@alpha.example").as_deref(), None, "it receives only");
    assert_eq!(login("office@alpha.example").as_deref(), Some("office@alpha.example"));
    assert_eq!(login("@alpha.example"), None);
    assert_eq!(login("contact"), None);
}

#[test]
fn a_domain_of_nobodys_is_refused_to_others_who_asked_for_it() {
    let mut life = Life::new(1);
    let name: DomainName = "gamma.example".parse().unwrap();
    for organisation in life.organisations.clone() {
        life.run(AddDomain { organisation, name: name.clone() }).unwrap();
    }
    let organisation = life.organisations[1];
    life.run(VerifyDomain { organisation, name }).unwrap();
    life.run(OpenMailbox::new(organisation, addr("contact@gamma.example"))).unwrap();
    let reader = life.reader();
    let rows: Vec<String> = reader
        .prepare("SELECT organisation FROM mail_address WHERE domain = 'gamma.example'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    // The mailbox, whatever nobody has, and the managers' names.
    assert_eq!(rows, vec![organisation.to_string(); 10]);
}
