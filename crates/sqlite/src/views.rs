//! The file as mail servers and people read it with SQL: four views, the queries that fit them, and what this
//! road gives up.
//!
//! | view | one row for | ask by |
//! | --- | --- | --- |
//! | `mail_device` | each live secret of a device and each protocol it may use | `local`, `domain`, `selector`, `protocol` |
//! | `mail_address` | each address that somebody has, under each name of its domain; and one per domain for the rest | `local`, `domain` |
//! | `mail_sender` | each address and each person or device that may send as it now | `local`, `domain`, and `who` |
//! | `mail_access` | each person with a grant on a mailbox | `local`, `domain` |
//!
//! Local part and domain are asked for apart, in canonical form: lower case, the domain in A-labels. Mail servers
//! have both, and the same mailbox is reached under every other name of its domain. By these columns an answer
//! costs a handful of look-ups, however large the file; by others SQLite goes through all of it. Times are
//! milliseconds since 1970 in UTC, rights are words with commas between them. What has ended by now is left out
//! already, by the clock of the machine that asks. Preparing a query costs SQLite much more than answering it: keep
//! the statement where you can.
//!
//! # Who may log in: `mail_device`
//!
#![doc = concat!("```sql\n", include_str!("views/device.sql"), "```")]
//!
//! The `selector` is the first four characters of what was typed, and they are public: the rest of the password
//! goes nowhere. `digest` is the SHA-256 of the whole as it was shown, hyphens included, in lower-case hexadecimal.
//! A row says that [`login_device`](mailgrant::Directory::login_device) would let it in now, if the digest is right
//! and the source lies in `allow_nets` (everywhere where that is null; IPv4-mapped networks are IPv4 ones).
//! `until` is the earliest end of the device, its holder's grant and the secret.
//!
//! ```
//! # use mailgrant::{device::*, domain::*, mailbox::*, organisation::*, user::*, *};
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("mail.db");
//! # let directory = Directory::new(mailgrant_sqlite::open(&file)?)?;
//! # let system = Actor::system("panel");
//! # let login = "olivia@people.example".parse()?;
//! # let owner = directory.run(&system, RegisterUser::new(login, "Olivia").proof(Proof::Verified))?.user;
//! # let found = FoundOrganisation { name: "Bakery".into(), owner: Some(owner) };
//! # let organisation = directory.run(&system, found)?.organisation;
//! # let name: DomainName = "bakery.example".parse()?;
//! # directory.run(&system, AddDomain { organisation, name: name.clone() })?;
//! # directory.run(&system, VerifyDomain { organisation, name })?;
//! # let contact = directory.run(&system, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
//! # let crm = AddDevice::new(contact, "CRM").holder(For::Nobody { handed_to: None });
//! # let crm = directory.run(&system, crm.protocols([Protocol::Smtp]))?;
//! use mailgrant_sqlite::views;
//! use rusqlite::{Connection, OpenFlags, named_params};
//!
//! let typed = crm.password.reveal();
//! let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
//! let device: String = reader.query_row(
//!     views::DEVICE,
//!     named_params! {
//!         ":local": "contact",
//!         ":domain": "bakery.example",
//!         ":selector": &typed[..4],
//!         ":protocol": "smtp",
//!     },
//!     |row| row.get("device"),
//! )?;
//! assert_eq!(device, crm.id.to_string());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Dovecot 2.4:
//!
#![doc = concat!("```text\n", include_str!("views/dovecot.conf"), "```")]
//!
//! The user becomes the mailbox's own address, however it was written, and `%{userdb:mailgrant_device}` tells the
//! log which device it was. Never set `sqlite_journal_mode` to `delete`.
//!
//! # Where mail goes: `mail_address`
//!
#![doc = concat!("```sql\n", include_str!("views/address.sql"), "```")]
//!
//! What [`resolve`](mailgrant::Directory::resolve) answers for an address as it stands. `step` is `mailbox`, `alias` or
//! `quarantine` (freed lately: refuse it, and look no further), `alias_of` the domain that this one is another name
//! of, `delivery` is `accept`, `refuse` or `defer`. The row with an empty `local` is what happens to whatever nobody
//! has: step `catch_all` or `unknown`; every verified domain has it. The managers' names
//! (`postmaster`, `abuse` and the like) have rows of their own that refuse, unless somebody has them: no catch-all takes
//! them, and `mailer-daemon` is no subaddress of `mailer`. So a mail server
//! asks up to three times and takes the first row: for the whole local part, for what stands before the
//! organisation's `separator`, and for the empty one. Or all at once:
//!
#![doc = concat!("```sql\n", include_str!("views/recipient.sql"), "```")]
//!
//! ```
//! # use mailgrant::{domain::*, mailbox::*, organisation::*, user::*, *};
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("mail.db");
//! # let directory = Directory::new(mailgrant_sqlite::open(&file)?)?;
//! # let system = Actor::system("panel");
//! # let login = "olivia@people.example".parse()?;
//! # let owner = directory.run(&system, RegisterUser::new(login, "Olivia").proof(Proof::Verified))?.user;
//! # let found = FoundOrganisation { name: "Bakery".into(), owner: Some(owner) };
//! # let organisation = directory.run(&system, found)?.organisation;
//! # let name: DomainName = "bakery.example".parse()?;
//! # directory.run(&system, AddDomain { organisation, name: name.clone() })?;
//! # directory.run(&system, VerifyDomain { organisation, name })?;
//! # let contact = directory.run(&system, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
//! use mailgrant_sqlite::views;
//! use rusqlite::{Connection, OpenFlags, named_params};
//!
//! let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
//! let ask = |query: &str, local: &str| -> rusqlite::Result<(String, String)> {
//!     let names = named_params! { ":local": local, ":domain": "bakery.example" };
//!     reader.query_row(query, names, |row| Ok((row.get("step")?, row.get("delivery")?)))
//! };
//! assert_eq!(ask(views::ADDRESS, "contact")?, ("mailbox".into(), "accept".into()));
//! assert_eq!(ask(views::ADDRESS, "")?, ("unknown".into(), "refuse".into()));
//! assert_eq!(ask(views::RECIPIENT, "contact+shop")?, ("mailbox".into(), "accept".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Postfix:
//!
#![doc = concat!("```text\n", include_str!("views/postfix-main.cf"), "```")]
//!
//! `mailgrant-domains.cf`:
//!
#![doc = concat!("```text\n", include_str!("views/postfix-domains.cf"), "```")]
//!
//! `mailgrant-recipients.cf` answers the first question that Postfix asks, with the whole address, for good.
//! `recipient_delimiter` stays empty, because Postfix has one for everybody and organisations choose their own; so
//! what follows the separator is gone from the address that is delivered to. Postfix never asks the query about
//! `@domain`, since `%u` would be empty (`sqlite_table(5)`).
//!
#![doc = concat!("```text\n", include_str!("views/postfix-recipients.cf"), "```")]
//!
//! `mailgrant-deferred.cf`, for organisations that are suspended:
//!
#![doc = concat!("```text\n", include_str!("views/postfix-deferred.cf"), "```")]
//!
//! # As what one may send: `mail_sender`
//!
#![doc = concat!("```sql\n", include_str!("views/sender.sql"), "```")]
//!
//! What [`senders`](mailgrant::Directory::senders) answers, the other way round: from the sender address to those who
//! may use it now. `who` is a `usr_…` or a `dev_…`, as `kind` says; the address is the mailbox's own or an alias that
//! may send, under each name of its domain, unless it is in quarantine there. Subaddresses are not spelled out: ask
//! for what stands before the separator, and let it count where it is the mailbox's own address and
//! `mail_address` has no row for the whole.
//!
//! ```
//! # use mailgrant::{device::*, domain::*, mailbox::*, organisation::*, user::*, *};
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("mail.db");
//! # let directory = Directory::new(mailgrant_sqlite::open(&file)?)?;
//! # let system = Actor::system("panel");
//! # let login = "olivia@people.example".parse()?;
//! # let owner = directory.run(&system, RegisterUser::new(login, "Olivia").proof(Proof::Verified))?.user;
//! # let found = FoundOrganisation { name: "Bakery".into(), owner: Some(owner) };
//! # let organisation = directory.run(&system, found)?.organisation;
//! # let name: DomainName = "bakery.example".parse()?;
//! # directory.run(&system, AddDomain { organisation, name: name.clone() })?;
//! # directory.run(&system, VerifyDomain { organisation, name })?;
//! # let contact = directory.run(&system, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
//! # let crm = AddDevice::new(contact, "CRM").holder(For::Nobody { handed_to: None });
//! # let crm = directory.run(&system, crm.protocols([Protocol::Smtp]))?;
//! use mailgrant_sqlite::views;
//! use rusqlite::{Connection, OpenFlags, OptionalExtension, named_params};
//!
//! let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
//! let may_send = |local: &str| -> rusqlite::Result<bool> {
//!     let who = crm.id.to_string();
//!     let names = named_params! { ":local": local, ":domain": "bakery.example", ":who": who };
//!     Ok(reader.query_row(views::SENDER, names, |_| Ok(())).optional()?.is_some())
//! };
//! assert!(may_send("contact")?);
//! assert!(!may_send("orders")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! After authentication Postfix knows the login alone, and with the `passdb` above that is the mailbox's own address.
//! It is enough: whoever passed `mail_device` by `smtp` may send from that mailbox, and all who may have the same
//! addresses. `mailgrant-senders.cf`:
//!
#![doc = concat!("```text\n", include_str!("views/postfix-senders.cf"), "```")]
//!
//! # Who reaches a mailbox: `mail_access`
//!
#![doc = concat!("```sql\n", include_str!("views/access.sql"), "```")]
//!
//! For people: every grant, with its rights as they were given, and in `blocked` what stands in the way of
//! reading now, such as `user_suspended`; null where nothing does. Devices are in `mail_device`.
//!
//! ```
//! # use mailgrant::{domain::*, grant::*, mailbox::*, organisation::*, user::*, *};
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("mail.db");
//! # let directory = Directory::new(mailgrant_sqlite::open(&file)?)?;
//! # let system = Actor::system("panel");
//! # let login = "olivia@people.example".parse()?;
//! # let owner = directory.run(&system, RegisterUser::new(login, "Olivia").proof(Proof::Verified))?.user;
//! # let found = FoundOrganisation { name: "Bakery".into(), owner: Some(owner) };
//! # let organisation = directory.run(&system, found)?.organisation;
//! # let name: DomainName = "bakery.example".parse()?;
//! # directory.run(&system, AddDomain { organisation, name: name.clone() })?;
//! # directory.run(&system, VerifyDomain { organisation, name })?;
//! # let contact = directory.run(&system, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
//! # directory.run(&system, GrantAccess::new(contact, owner).rights([Right::Send, Right::Folders]))?;
//! use mailgrant_sqlite::views;
//! use rusqlite::{Connection, OpenFlags, named_params};
//!
//! let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
//! let names = named_params! { ":local": "contact", ":domain": "bakery.example" };
//! let (login, rights): (String, String) =
//!     reader.query_row(views::ACCESS, names, |row| Ok((row.get("login")?, row.get("rights")?)))?;
//! assert_eq!((login.as_str(), rights.as_str()), ("olivia@people.example", "send,folders"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Letting a mail server read
//!
//! Reading is enough: [`Sharing::GroupReads`](crate::Sharing::GroupReads) creates the file with mode 0640, and the
//! mail server's user joins the file's group; its folder must let the group in. For a file that exists, set the
//! mode of it and of the `-wal` and `-shm` beside it. Whoever can read the file can read all of it, not only the
//! views: people's names and history, and everybody's verifiers, the Argon2id strings of people's passwords too.
//! Nothing in it can be used as a password, but people choose passwords that can be guessed. A mail server that
//! should not have that much asks a program that holds the [`Directory`](mailgrant::Directory).
//!
//! In WAL mode a reader needs the `-wal` and `-shm` files. SQLite keeps them as long as somebody who may write has
//! the file open, and a reader who may not write cannot make them: while no writer runs, such a reader gets an error
//! ("attempt to write a readonly database") and logins fail. So the program with the directory stays up for as long as the mail
//! server does. [`Sharing::GroupWrites`](crate::Sharing::GroupWrites) avoids that, at the price of a mail server that may
//! change the file. It must lie on a local disk of the same machine. Mail servers bring their own SQLite: it must be
//! 3.37 or later.
//!
//! # What this road gives up
//!
//! - Typing is not forgiven: case, spaces, missing hyphens, `o` for `0`. What is typed must be what was shown.
//! - Addresses are not canonicalised: capitals outside ASCII, decomposed characters and domains in Unicode find
//!   nothing unless the mail server turns them into the canonical form. Postfix folds ASCII; Dovecot does by
//!   `auth_username_format`.
//! - A rotation ends when its grace time does, not when the new password is first used.
//! - There is no last use, and no reason for a refusal: no row looks the same for a wrong selector, a suspended
//!   person and an expired grant. A revoked device is not recognised.
//! - Wrong digests are compared by the mail server, in whatever time it takes, and counted nowhere here.
//! - Legacy passwords do not work: their Argon2id strings stay out of the views, because a query without the
//!   password cannot throttle what guessing costs.
//! - A session that is open stays open; [`session_valid`](mailgrant::Directory::session_valid) has no view.
//! - The clock is SQLite's, not the one that the directory was given.

/// The row of one secret by one protocol: `:local`, `:domain`, `:selector`, `:protocol`.
pub const DEVICE: &str = include_str!("views/device.sql");

/// Who has exactly this address, or with an empty `:local` what happens to the rest: `:local`, `:domain`.
pub const ADDRESS: &str = include_str!("views/address.sql");

/// Where mail to an address goes, with its subaddress and the catch-all: `:local`, `:domain`. No row means that
/// nobody verified the domain here.
pub const RECIPIENT: &str = include_str!("views/recipient.sql");

/// Whether somebody may send as an address: `:local`, `:domain`, `:who`.
pub const SENDER: &str = include_str!("views/sender.sql");

/// Who reaches a mailbox: `:local`, `:domain`.
pub const ACCESS: &str = include_str!("views/access.sql");
