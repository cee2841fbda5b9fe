//! The views answer as the directory does, over lives that chance made.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use mailgrant::device::{AddDevice, For};
use mailgrant::organisation::RenameOrganisation;
use mailgrant::*;
use mailgrant_sqlite::views;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use sha2::{Digest, Sha256};

use crate::common::addr;
use crate::life::{DOMAINS, LOCALS, Life, Phone};

const SOURCES: [&str; 7] = [
    "192.0.2.7",
    "::ffff:192.0.2.9",
    "198.51.100.3",
    "::ffff:198.51.100.4",
    "2001:db8::5",
    "203.0.113.1",
    "203.0.113.2",
];

/// Whether a mail server takes a source by an `allow_nets` of Dovecot's.
fn allowed(nets: Option<&str>, source: Option<IpAddr>) -> bool {
    let Some(nets) = nets else { return true };
    let Some(source) = source.map(|source| source.to_canonical()) else { return false };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    nets.split(',').any(|net| {
        let (address, length) = net.split_once('/').unwrap();
        let (address, length): (IpAddr, u32) = (address.parse().unwrap(), length.parse().unwrap());
        let differ = bits(address) ^ bits(source);
        address.is_ipv4() == source.is_ipv4() && differ.checked_shr(128 - length).unwrap_or(0) == 0
    })
}

fn split(address: &str) -> (&str, &str) {
    address.split_once('@').unwrap()
}

/// What SQL says to a login: the session that it would be.
fn asked(reader: &Connection, address: &str, phone: &Phone, login: &DeviceLogin<'_>) -> Option<String> {
    let (local, domain) = split(address);
    let names = named_params! {
        ":local": local,
        ":domain": domain,
        ":selector": &phone.password[..4],
        ":protocol": login.protocol.as_str(),
    };
    let mut statement = reader.prepare_cached(views::DEVICE).unwrap();
    let rows: Vec<_> = statement
        .query_map(names, |row| {
            let digest: String = row.get("digest")?;
            let nets: Option<String> = row.get("allow_nets")?;
            let shown: [Option<String>; 4] =
                [row.get("address")?, row.get("rights")?, row.get("device")?, row.get("holder")?];
            Ok((digest, nets, format!("{shown:?}")))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(rows.len() < 2, "one row at most for a selector");
    let right = format!("{:x}", HexOf(Sha256::digest(&phone.password).as_slice()));
    let (digest, nets, shown) = rows.into_iter().next()?;
    (digest == right && allowed(nets.as_deref(), login.from)).then_some(shown)
}

struct HexOf<'a>(&'a [u8]);

impl std::fmt::LowerHex for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn words(rights: Rights) -> String {
    rights.iter().map(Right::as_str).collect::<Vec<_>>().join(",")
}

/// How many logins went through.
fn logins(life: &mut Life, reader: &Connection) -> usize {
    let mut let_in = 0;
    let addresses: BTreeSet<String> = LOCALS
        .iter()
        .flat_map(|local| DOMAINS.map(|domain| addr(&format!("{local}@{domain}")).canonical().to_owned()))
        .collect();
    let sources = [None, Some(life.roll(SOURCES.len())), Some(life.roll(SOURCES.len()))];
    for place in 0..life.phones.len() {
        for address in &addresses {
            let protocols: Vec<Protocol> =
                match life.directory.mailbox(&life.system, life.phones[place].mailbox) {
                    Ok(mailbox) if mailbox.address.canonical() == address => Protocol::ALL.to_vec(),
                    // Nobody logs in there: one is enough.
                    _ if life.roll(4) == 0 => vec![Protocol::Imap],
                    _ => continue,
                };
            for (protocol, source) in protocols.iter().flat_map(|one| sources.map(|source| (*one, source))) {
                let from = source.map(|place| SOURCES[place].parse().unwrap());
                let phone = &life.phones[place];
                let login = DeviceLogin { address, password: &phone.password, protocol, from };
                let by_sql = asked(reader, address, phone, &login);
                let session = life.directory.login_device(&login).ok();
                let_in += usize::from(session.is_some());
                let known = session.map(|session| {
                    let holder = session.holder.map(|holder| holder.to_string());
                    let device = Some(session.device.to_string());
                    format!("{:?}", [Some(address.clone()), Some(words(session.rights)), device, holder])
                });
                assert_eq!(by_sql, known, "{address} {} {protocol} {from:?}", phone.id);
            }
        }
    }
    let_in
}

fn addresses(life: &Life, reader: &Connection) {
    let locals = LOCALS.iter().copied().chain([
        "contact+x",
        "contact-x",
        "contact+",
        "+x",
        "nobody",
        "nobody+x",
        "postmaster+x",
        "info",
        "info+",
        "postmaster-x",
        "security",
        "security+x",
        "zoë+x",
        "a",
        "a-",
        "abuse+x+y",
        "contact.+x",
        "info-news",
        "mailer-daemon",
        "mailer-x",
    ]);
    for local in locals {
        for domain in DOMAINS.into_iter().chain(["elsewhere.example"]) {
            let address = addr(&format!("{local}@{domain}"));
            let resolution = life.directory.resolve(&address).unwrap();
            let (local, domain) = split(address.canonical());
            let names = named_params! { ":local": local, ":domain": domain };
            let row = reader
                .prepare_cached(views::RECIPIENT)
                .unwrap()
                .query_row(names, |row| {
                    let row: [Option<String>; 4] = [
                        row.get("delivery")?,
                        row.get("step")?,
                        row.get("mailbox")?,
                        row.get("mailbox_address")?,
                    ];
                    Ok(row)
                })
                .optional()
                .unwrap();
            let mailbox =
                resolution.mailbox.map(|mailbox| life.directory.mailbox(&life.system, mailbox).unwrap());
            let last = resolution.way.last().unwrap();
            let known = (*last != Step::UnknownDomain).then(|| {
                [
                    Some(resolution.delivery.to_string()),
                    Some(last.to_string()),
                    mailbox.as_ref().map(|mailbox| mailbox.id.to_string()),
                    mailbox.as_ref().map(|mailbox| mailbox.address.canonical().to_owned()),
                ]
            });
            assert_eq!(row, known, "{address}: {resolution:?}");

            // As it stands, without subaddress and catch-all.
            let mut statement = reader.prepare_cached(views::ADDRESS).unwrap();
            let exact: Vec<(String, Option<String>, Option<String>)> = statement
                .query_map(names, |row| {
                    Ok((row.get("step")?, row.get("alias_of")?, row.get("organisation")?))
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(exact.len() < 2, "{address}: {exact:?}");
            if let Some((step, alias_of, organisation)) = exact.first() {
                assert_eq!(step, last.as_str(), "{address}: {resolution:?}");
                assert!(!resolution.way.contains(&Step::Subaddress), "{address}: {resolution:?}");
                assert_eq!(alias_of.is_some(), resolution.way[0] == Step::AliasDomain, "{address}");
                assert_eq!(*organisation, resolution.organisation.map(|id| id.to_string()));
            } else {
                let wider = [Step::Subaddress, Step::CatchAll, Step::Unknown, Step::UnknownDomain];
                assert!(wider.iter().any(|step| resolution.way.contains(step)), "{address}: {resolution:?}");
            }
        }
    }
}

fn senders(life: &Life, reader: &Connection) -> usize {
    let mut found = 0;
    let mut listed = reader
        .prepare("SELECT address, kind, mailbox_address FROM mail_sender WHERE who = ?1 AND mailbox = ?2")
        .unwrap();
    let mut asked = reader.prepare(views::SENDER).unwrap();
    let users = life.people.iter().map(|user| (Sender::User(*user), user.to_string(), "user"));
    let devices = life.devices.iter().map(|device| (Sender::Device(*device), device.to_string(), "device"));
    for (who, id, kind) in users.chain(devices) {
        for mailbox in &life.mailboxes {
            let known: BTreeSet<String> = life
                .directory
                .senders(who, *mailbox)
                .unwrap()
                .addresses
                .iter()
                .filter(|from| life.directory.may_send_as(who, *mailbox, from).unwrap())
                .map(|from| from.canonical().to_owned())
                .collect();
            let own = life.directory.mailbox(&life.system, *mailbox).ok();
            let rows: Vec<String> = listed
                .query_map(params![id, mailbox.to_string()], |row| {
                    assert_eq!(row.get::<_, String>("kind")?, kind);
                    assert_eq!(
                        row.get::<_, String>("mailbox_address")?,
                        own.as_ref().unwrap().address.canonical()
                    );
                    row.get("address")
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(rows.len(), known.len(), "{id} {mailbox}: {rows:?}");
            assert_eq!(rows.iter().cloned().collect::<BTreeSet<_>>(), known, "{id} {mailbox}");
            found += known.len();
            for address in &known {
                let (local, domain) = split(address);
                let names = named_params! { ":local": local, ":domain": domain, ":who": id };
                let row: String = asked.query_row(names, |row| row.get("mailbox")).unwrap();
                assert_eq!(row, mailbox.to_string());
            }
        }
    }
    found
}

fn access(life: &Life, reader: &Connection) {
    let mut statement = reader.prepare(views::ACCESS).unwrap();
    let page = |mailbox: MailboxId| {
        every(move |page| life.directory.access(&life.system, mailbox, page)).collect::<Result<Vec<_>, _>>()
    };
    for mailbox in &life.mailboxes {
        let Ok(own) = life.directory.mailbox(&life.system, *mailbox) else { continue };
        let known: BTreeSet<String> = page(*mailbox)
            .unwrap()
            .into_iter()
            .filter_map(|access| match access.who {
                Reacher::Person(person) => Some(format!(
                    "{} {} {} {} {:?} {} {:?}",
                    person.id,
                    person.login.address,
                    words(access.rights),
                    access.since.as_millis(),
                    access.until.map(Timestamp::as_millis),
                    access.by,
                    access.blocked
                )),
                _ => None,
            })
            .collect();
        let (local, domain) = split(own.address.canonical());
        let rows: BTreeSet<String> = statement
            .query_map(named_params! { ":local": local, ":domain": domain }, |row| {
                Ok(format!(
                    "{} {} {} {} {:?} {} {:?}",
                    row.get::<_, String>("person")?,
                    row.get::<_, String>("login")?,
                    row.get::<_, String>("rights")?,
                    row.get::<_, i64>("since")?,
                    row.get::<_, Option<i64>>("until")?,
                    row.get::<_, String>("given_by")?,
                    row.get::<_, Option<String>>("blocked")?
                ))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows, known, "{}", own.address);
    }
}

/// One of the ends that are ahead.
fn next_end(life: &mut Life, reader: &Connection) -> Option<i64> {
    let mut statement = reader
        .prepare(
            "SELECT until FROM mail_device WHERE until IS NOT NULL
             UNION SELECT until FROM mail_access WHERE blocked IS NULL AND until IS NOT NULL
             UNION SELECT json_extract(body, '$.until') FROM entity WHERE substr(key, 1, 4) = 'fre/'",
        )
        .unwrap();
    let ends: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    (!ends.is_empty()).then(|| ends[life.roll(ends.len())])
}

/// How many logins went through, and as how many addresses somebody may send.
fn compare(life: &mut Life, reader: &Connection) -> (usize, usize) {
    let let_in = logins(life, reader);
    addresses(life, reader);
    access(life, reader);
    (let_in, senders(life, reader))
}

fn live(seeds: std::ops::Range<u64>) {
    let (mut let_in, mut sent) = (0, 0);
    for seed in seeds {
        let mut life = Life::new(seed);
        let reader = life.reader();
        for step in 1..=120 {
            life.step();
            if step % 20 > 0 {
                continue;
            }
            let (logins, senders) = compare(&mut life, &reader);
            (let_in, sent) = (let_in + logins, sent + senders);
            // The last instant before something ends, and the first of its end.
            let now = life.clock.now();
            let Some(end) = next_end(&mut life, &reader).map(Timestamp::from_millis) else { continue };
            for instant in [end.minus(Duration::from_millis(1)), end] {
                life.clock.set(instant);
                compare(&mut life, &reader);
            }
            if end.since(now) > Duration::from_secs(6 * 3_600) || life.roll(2) == 0 {
                life.clock.set(now);
                continue;
            }
            // Once something was written after it ended it stays ended, though the clock goes back.
            for organisation in life.organisations.clone() {
                let name = format!("Firm {step}");
                drop(life.run(RenameOrganisation { organisation, name }));
            }
            life.clock.set(end.minus(Duration::from_millis(1)));
            compare(&mut life, &reader);
        }
        assert!(life.done > 60, "most of it went through: {}", life.done);
    }
    assert!(let_in > 100 && sent > 100, "{let_in} logins, {sent} senders: something must be allowed");
}

#[test]
fn the_views_answer_as_the_directory_does() {
    live(0..6);
}

#[test]
fn what_ended_for_the_organisation_stays_ended_though_the_clock_goes_back() {
    let mut life = Life::new(1);
    let organisation = life.organisations[0];
    let hour = |hours: u64| Duration::from_secs(3_600 * hours);
    let begin = life.clock.now();
    let add = AddDevice::new(life.mailboxes[0], "phone").holder(For::Nobody { handed_to: None });
    let issued = life.run(add.protocols([Protocol::Imap]).expires(begin.plus(hour(2)))).unwrap();
    let password = issued.password.reveal().to_string();
    let phone = Phone { mailbox: life.mailboxes[0], id: issued.id, password };
    let address = "contact@alpha.example";
    let login = DeviceLogin { address, password: &phone.password, protocol: Protocol::Imap, from: None };
    let reader = life.reader();
    life.clock.set(begin.plus(hour(1)));
    assert!(asked(&reader, address, &phone, &login).is_some());
    life.clock.set(begin.plus(hour(3)));
    life.run(RenameOrganisation { organisation, name: "Bakery".into() }).unwrap();
    life.clock.set(begin.plus(hour(1)));
    assert!(life.directory.login_device(&login).is_err());
    assert_eq!(asked(&reader, address, &phone, &login), None);
}

/// No command makes such a device; a row might come from elsewhere.
#[test]
fn a_list_of_no_networks_lets_nobody_in() {
    let mut life = Life::new(1);
    let add = AddDevice::new(life.mailboxes[0], "phone").holder(For::Nobody { handed_to: None });
    let issued = life.run(add.protocols([Protocol::Imap])).unwrap();
    let phone =
        Phone { mailbox: life.mailboxes[0], id: issued.id, password: issued.password.reveal().to_string() };
    let address = "contact@alpha.example";
    let from = Some(SOURCES[0].parse().unwrap());
    let login = DeviceLogin { address, password: &phone.password, protocol: Protocol::Imap, from };
    let reader = life.reader();
    assert!(asked(&reader, address, &phone, &login).is_some());
    let written = Connection::open(life.file()).unwrap();
    let sql = "UPDATE entity SET body = json_set(body, '$.bounds.networks', json('[]')) WHERE key = ?1";
    assert_eq!(written.execute(sql, [phone.id.to_string()]).unwrap(), 1);
    assert!(life.directory.login_device(&login).is_err());
    assert_eq!(asked(&reader, address, &phone, &login), None);
}

/// As an import brings it.
#[test]
fn a_device_without_a_password_sends_as_nothing() {
    let mut life = Life::new(1);
    let add = AddDevice::new(life.mailboxes[0], "phone").holder(For::Nobody { handed_to: None });
    let id = life.run(add.protocols([Protocol::Smtp])).unwrap().id;
    life.devices.push(id);
    let reader = life.reader();
    let before = senders(&life, &reader);
    let written = Connection::open(life.file()).unwrap();
    let sql = "UPDATE entity SET body = json_set(body, '$.secret', 'missing') WHERE key = ?1";
    assert_eq!(written.execute(sql, [id.to_string()]).unwrap(), 1);
    assert!(senders(&life, &reader) < before);
}

/// The same over more lives.
#[test]
#[ignore = "takes minutes"]
fn the_views_answer_as_the_directory_does_over_many_lives() {
    live(100..300);
}
