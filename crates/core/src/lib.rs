//! Who may use which e-mail address, and how.
//!
//! mailgrant is for whoever hosts e-mail: hosting companies, mail servers, panels. It keeps apart what most systems
//! confuse, so that nobody has to share a password:
//!
//! | thing | what it is | has a password? |
//! | --- | --- | --- |
//! | [mailbox] | the container: an inbox such as `contact@example.ch` | no, never by itself |
//! | [user] | a person with a login, who may belong to several [organisations](organisation) | one, their own |
//! | [device] | one mail program on one machine that reads a mailbox or sends from it | one each, generated, shown once |
//!
//! A person gets to a mailbox through a [grant], without another password; a program through a device
//! password. Each can be withdrawn alone, and nothing else that reaches the mailbox notices.
//!
//! # A first example
//!
//! ```
//! use mailgrant::device::AddDevice;
//! use mailgrant::domain::{AddDomain, VerifyDomain};
//! use mailgrant::grant::GrantAccess;
//! use mailgrant::mailbox::OpenMailbox;
//! use mailgrant::organisation::FoundOrganisation;
//! use mailgrant::user::RegisterUser;
//! use mailgrant::{Actor, DeviceLogin, Directory, DomainName, MemoryStore, Proof, Protocol, Right};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `mailgrant_sqlite::open("mail.db")?` instead keeps it in a file.
//! let directory = Directory::new(MemoryStore::new())?;
//! let system = Actor::system("panel");
//!
//! // The host registers a person and vouches for their address; the person founds an organisation.
//! let olivia = RegisterUser::new("olivia@private.example".parse()?, "Olivia").proof(Proof::Verified);
//! let olivia = directory.run(&system, olivia)?.user;
//! let owner = Actor::User(olivia);
//! let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
//! let domain: DomainName = "bakery.example".parse()?;
//! directory.run(&owner, AddDomain { organisation, name: domain.clone() })?;
//! directory.run(&system, VerifyDomain { organisation, name: domain })?;
//!
//! // A mailbox has no password, and nobody can read it until it is granted to them: not even its owner.
//! let contact = directory.run(&owner, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
//! assert!(!directory.may(olivia, Right::Read, contact)?.allowed());
//! directory.run(&owner, GrantAccess::new(contact, olivia))?;
//! assert!(directory.may(olivia, Right::Send, contact)?.allowed());
//!
//! // A phone gets a password of its own, shown once.
//! let phone = directory.run(&owner, AddDevice::new(contact, "phone").protocols([Protocol::Imap, Protocol::Smtp]))?;
//! let typed = phone.password.reveal();
//!
//! // The mail server asks.
//! let login = DeviceLogin { address: "contact@bakery.example", password: &typed, protocol: Protocol::Imap, from: None };
//! let session = directory.login_device(&login)?;
//! assert_eq!(session.device, phone.id);
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! Every change is a [`Command`]: it decides on a consistent snapshot and gives [events](Event); the directory commits
//! them, and decides again where somebody else was faster. From that follow previews with the same code
//! ([`Directory::preview`]), several changes in one commit ([`Directory::batch`]), a history that cannot be
//! forgotten ([`Directory::history`]), and the organisation as it was on any day ([`Directory::at`]).
//!
//! Questions are filtered by who asks, save those that the host asks for itself: [`Directory::may`],
//! [`Directory::resolve`], [`Directory::senders`], the logins and [`Directory::session_valid`]. What somebody may not
//! see is `not_found`, never `denied`.
//!
//! # Answering fast
//!
//! A mail server asks at every login and for every mail. [`Directory::with_view`] answers such questions from memory, by
//! the same rules; [`ViewOptions`] says how far it may be behind what other processes commit, and what happens while the
//! store is away. A browser asks at every click: [`Directory::export_for`] gives it what one person may see, and the same
//! questions answer there. Mail servers that speak SQL read the views of `mailgrant-sqlite`. Whoever keeps
//! something beside the directory follows [`Directory::changes`].
//!
//! # Leaving, moving, erasing
//!
//! | who goes | how | what stays |
//! | --- | --- | --- |
//! | a member | [`Leave`](membership::Leave), [`RemoveMember`](membership::RemoveMember) | their account; a report of what went, and of devices whose password they know |
//! | a person | [`DeleteUser`](user::DeleteUser) | their name, in the history |
//! | a person who is to be forgotten | after that, [`EraseUser`](user::EraseUser) | their id |
//! | a domain with its mailboxes | [`OfferDomain`](domain::OfferDomain), [`AcceptDomain`](domain::AcceptDomain) | the former history, with the former owner |
//! | an organisation, to another host | [`Directory::export`], [`Directory::import`] | all of it, until it is deleted here |
//! | an organisation, for good | [`DeleteOrganisation`](organisation::DeleteOrganisation) | the history, for the host |
//!
//! An export is no backup: it holds no passwords. A backup is a copy of the store.
//!
//! # The map
//!
//! | to | look at |
//! | --- | --- |
//! | register people, passwords, resets, erase a person's data | [`user`] |
//! | found, suspend, delete an organisation, set its policy | [`organisation`] |
//! | add and verify domains, catch-all, other names, hand a domain over with its mailboxes | [`domain`] |
//! | members, roles, leaving and being removed | [`membership`] |
//! | invite and accept | [`invitation`] |
//! | open, rename, close, delete mailboxes | [`mailbox`] |
//! | aliases | [`alias`] |
//! | give and take access | [`grant`] |
//! | devices and their passwords | [`device`] |
//! | take an organisation elsewhere | [`Directory::export`], [`Directory::import`] |
//! | answer in a browser what one person may ask | [`Directory::export_for`], [`Directory::from_replica`] |
//! | ask: may, explain, resolve, access, reach, lists, logins, history, at | [`Directory`] |
//! | answer from memory | [`Directory::with_view`], [`ViewOptions`], [`Directory::refresh_view`] |
//! | follow every change | [`Directory::changes`], [`Directory::changes_from_now`] |
//! | let mail servers read with SQL | `mailgrant_sqlite::views` |
//! | report: what deserves a second look, login risks, a stolen password, two days compared | [`report`] |
//! | errors by kind and code | [`Error`], [`Code`] |
//! | write a store | [`store`] |
//!
//! # Features
//!
//! - `os-entropy` (default): the operating system's randomness where no other is given.
//! - `zxcvbn`: refuses more passwords that are easily guessed; larger.
#![forbid(unsafe_code)]

mod access;
mod access_view;
mod actor;
mod address;
pub mod alias;
mod change;
mod command;
mod commands;
mod dependants;
pub mod device;
mod directory;
pub mod domain;
mod entity;
mod error;
mod event;
mod export;
mod feed;
pub mod grant;
mod history;
mod id;
mod import;
pub mod invitation;
mod last_use;
mod lists;
mod login;
pub mod mailbox;
pub mod membership;
mod memory;
mod names;
pub mod organisation;
mod paging;
mod password;
mod question_table;
mod questions;
mod reach;
mod reader;
mod readers;
mod replica;
pub mod report;
mod resolve;
mod secret;
pub mod store;
mod strict_json;
mod text;
mod throttle;
mod time;
mod upcast;
pub mod user;
mod vacancy;
mod words;

pub use access::{DeviceObstacle, Link, Obstacle};
pub use access_view::{Beyond, ViewOptions, ViewState};
pub use actor::{Actor, Authority, By};
pub use address::{Address, DomainName};
pub use alias::{Alias, AliasSending};
pub use command::{Command, Decision, Draw, Host, LegacyPasswords, Plan};
pub use commands::{AnyCommand, AnyOutput, IssuedSecret};
pub use dependants::OnDependants;
pub use device::{Bounds, Device, DeviceState, Protocol, Protocols};
pub use directory::{Batch, Directory, DirectoryBuilder};
pub use domain::{Domain, DomainOffer, DomainProof, OfferedAccess};
pub use error::{Code, Corrupt, Error, ErrorKind};
pub use event::{Entry, Event, SweepEvent};
pub use export::{Exported, History};
pub use feed::Changes;
pub use grant::{Grant, HeldDevices, Right, Rights};
pub use history::{About, HistoryFilter};
pub use id::{ChangeId, DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
pub use import::{Imported, ImportedRow};
pub use invitation::{Invitation, InvitationState, Offer, Promise};
pub use ipnet::IpNet;
pub use last_use::LastUse;
pub use lists::{ListedDevice, Member};
pub use login::{DeviceLogin, DeviceSession, Reason, Refusal, Session, UserLogin, UserSession};
pub use mailbox::{Mailbox, MailboxState, Sending};
pub use membership::{Level, Membership, MembershipState, Role, Service, Services};
pub use memory::MemoryStore;
pub use organisation::{Organisation, OrganisationState, Policy};
pub use paging::{Cursor, Page, PageRequest, every};
pub use password::{HashCosts, Password, PasswordPolicy};
pub use question_table::AnyQuestion;
pub use questions::{ChainLink, Explanation, Person, Sender, Verdict};
pub use reach::{Access, HeldDevice, Reach, ReachedMailbox, ReachedOrganisation, Reacher, Through};
pub use reader::Reader;
pub use replica::Replica;
pub use resolve::{Delivery, Resolution, Senders, Step};
#[cfg(feature = "os-entropy")]
pub use secret::os_entropy;
pub use secret::{
    DevicePassword, Entropy, EntropyError, PresentedToken, Revealed, Selector, Token, TokenPurpose,
};
pub use store::{Order, Store};
pub use time::{Clock, ManualClock, SystemClock, Timestamp};
pub use user::{Contact, PasswordState, Proof, User, UserState};
pub use vacancy::Reclaim;
pub use words::{Set, Word};
