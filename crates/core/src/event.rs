//! What happened. Every change is one or more events, each of exactly one entity.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::By;
use crate::address::{Address, DomainName};
use crate::alias::AliasEvent;
use crate::device::DeviceEvent;
use crate::domain::DomainEvent;
use crate::error::{Code, Corrupt, Error};
use crate::grant::GrantEvent;
use crate::id::{ChangeId, DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::import::ImportedRow;
use crate::invitation::InvitationEvent;
use crate::mailbox::{FreedAddressEvent, MailboxEvent};
use crate::membership::MembershipEvent;
use crate::names::{key, stream};
use crate::organisation::OrganisationEvent;
use crate::store::{JournalEntry, Key, Stream};
use crate::time::Timestamp;
use crate::upcast;
use crate::user::UserEvent;

/// Declares what can happen to one kind of entity, each with its stable name.
macro_rules! events {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $event:ident = $kind:literal $({ $($(#[$fdoc:meta])* $field:ident : $type:ty,)* })?,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $kind)] $event $({ $($(#[$fdoc])* $field: $type,)* })?,)+
        }

        impl $name {
            /// The stable names of these events.
            pub const KINDS: &'static [&'static str] = &[$($kind,)+];

            /// The stable name of this event.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$event { .. } => $kind,)+ }
            }
        }
    };
}
pub(crate) use events;

events! {
    /// The end of a row that a deletion left behind.
    pub enum SweepEvent {
        /// The row is gone.
        Swept = "row.swept",
    }
}

/// Who and when, of every event of a command in one stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    pub(crate) by: By,
}

/// One thing that happened to one entity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// To a user.
    User(UserId, UserEvent),
    /// To an organisation.
    Organisation(OrganisationId, OrganisationEvent),
    /// To a domain of an organisation.
    Domain(OrganisationId, DomainName, DomainEvent),
    /// To a membership.
    Membership(OrganisationId, UserId, MembershipEvent),
    /// To a mailbox.
    Mailbox(OrganisationId, MailboxId, MailboxEvent),
    /// To an alias of a mailbox.
    Alias(OrganisationId, MailboxId, Address, AliasEvent),
    /// To an address that was freed.
    FreedAddress(OrganisationId, Address, FreedAddressEvent),
    /// To a user's grant on a mailbox.
    Grant(OrganisationId, MailboxId, UserId, GrantEvent),
    /// To a device of a mailbox.
    Device(OrganisationId, MailboxId, DeviceId, DeviceEvent),
    /// To an invitation.
    Invitation(OrganisationId, InvitationId, InvitationEvent),
    /// To the row of something that was deleted.
    Sweep(Stream, Key, SweepEvent),
    /// To anything, at once: it stands as an import brought it.
    Import(ImportedRow),
}

impl Event {
    /// The stable name of what happened, such as `mailbox.opened`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_, event) => event.kind(),
            Self::Organisation(_, event) => event.kind(),
            Self::Domain(_, _, event) => event.kind(),
            Self::Membership(_, _, event) => event.kind(),
            Self::Mailbox(_, _, event) => event.kind(),
            Self::Alias(_, _, _, event) => event.kind(),
            Self::FreedAddress(_, _, event) => event.kind(),
            Self::Grant(_, _, _, event) => event.kind(),
            Self::Device(_, _, _, event) => event.kind(),
            Self::Invitation(_, _, event) => event.kind(),
            Self::Sweep(_, _, event) => event.kind(),
            Self::Import(_) => ImportedRow::KIND,
        }
    }

    /// The row of the entity that it changes.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::User(user, _) => key::user(*user),
            Self::Organisation(organisation, _) => key::organisation(*organisation),
            Self::Domain(organisation, name, _) => key::domain(*organisation, name),
            Self::Membership(organisation, user, _) => key::membership(*organisation, *user),
            Self::Mailbox(_, mailbox, _) => key::mailbox(*mailbox),
            Self::Alias(_, mailbox, address, _) => key::alias(*mailbox, address),
            Self::FreedAddress(organisation, address, _) => key::freed(*organisation, address),
            Self::Grant(_, mailbox, user, _) => key::grant(*mailbox, *user),
            Self::Device(_, _, device, _) => key::device(*device),
            Self::Invitation(_, invitation, _) => key::invitation(*invitation),
            Self::Sweep(_, key, _) => key.clone(),
            Self::Import(row) => row.0.key(),
        }
    }

    /// The stream it is written to.
    pub(crate) fn stream(&self) -> Stream {
        match self {
            Self::User(user, _) => stream::user(*user),
            Self::Organisation(organisation, _)
            | Self::Domain(organisation, _, _)
            | Self::Membership(organisation, _, _)
            | Self::Mailbox(organisation, _, _)
            | Self::Alias(organisation, _, _, _)
            | Self::FreedAddress(organisation, _, _)
            | Self::Grant(organisation, _, _, _)
            | Self::Device(organisation, _, _, _)
            | Self::Invitation(organisation, _, _) => stream::organisation(*organisation),
            Self::Sweep(stream, _, _) => stream.clone(),
            Self::Import(row) => row.0.stream(),
        }
    }

    /// What people would look under: the mailbox for whatever belongs to one, the person for a membership.
    pub fn subject(&self) -> String {
        match self {
            Self::Membership(_, user, _) => user.to_string(),
            Self::Alias(_, mailbox, _, _)
            | Self::Grant(_, mailbox, _, _)
            | Self::Device(_, mailbox, _, _) => mailbox.to_string(),
            Self::Domain(_, name, _) => name.as_str().to_owned(),
            Self::FreedAddress(_, address, _) => address.canonical().to_owned(),
            Self::Import(row) => row.subject(),
            _ => self.key().as_str().to_owned(),
        }
    }

    /// The JSON that the journal keeps: the event, and under `on` the row that it changes.
    pub(crate) fn body(&self) -> Result<String, Error> {
        let event = match self {
            Self::User(_, event) => serde_json::to_string(event),
            Self::Organisation(_, event) => serde_json::to_string(event),
            Self::Domain(_, _, event) => serde_json::to_string(event),
            Self::Membership(_, _, event) => serde_json::to_string(event),
            Self::Mailbox(_, _, event) => serde_json::to_string(event),
            Self::Alias(_, _, address, event) => with_address(address, event),
            Self::FreedAddress(_, address, event) => with_address(address, event),
            Self::Grant(_, _, _, event) => serde_json::to_string(event),
            Self::Device(_, _, _, event) => serde_json::to_string(event),
            Self::Invitation(_, _, event) => serde_json::to_string(event),
            Self::Sweep(_, _, event) => serde_json::to_string(event),
            Self::Import(row) => serde_json::to_string(row),
        };
        let on = serde_json::to_string(self.key().as_str());
        match (on, event) {
            (Ok(on), Ok(event)) => Ok(format!("{{\"on\":{on},{}", event.trim_start_matches('{'))),
            (Err(source), _) | (_, Err(source)) => {
                Err(Error::new(Code::StoreCorrupt, "an event could not be written").caused_by(source))
            }
        }
    }

    /// The row that a journal entry changes, also where a newer version wrote it.
    pub(crate) fn key_of(entry: &JournalEntry) -> Result<Key, Corrupt> {
        on(&entry.body)
            .map(Key::new)
            .ok_or_else(|| Corrupt(format!("entry {} of {} names no row", entry.seq, entry.stream)))
    }

    /// The event of a journal entry, whichever version wrote it.
    pub(crate) fn read(entry: &JournalEntry) -> Result<Self, Corrupt> {
        let body = upcast::event(entry)?;
        let on = on(&body)
            .ok_or_else(|| Corrupt(format!("entry {} of {} names no row", entry.seq, entry.stream)))?;
        let fault = |what: &str| Corrupt(format!("entry {} of {}: {what}", entry.seq, entry.stream));
        fn of<T: for<'de> Deserialize<'de>>(body: &str) -> Result<T, Corrupt> {
            serde_json::from_str(body).map_err(|source| Corrupt(source.to_string()))
        }
        let organisation =
            || entry.stream.as_str().parse::<OrganisationId>().map_err(|_| fault("not of an organisation"));
        let mut parts = on.splitn(3, '/');
        let (first, second, third) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let noun = entry.kind.split('.').next().unwrap_or_default();
        let event = match noun {
            "row" if entry.kind == ImportedRow::KIND => {
                Self::Import(ImportedRow::read(&entry.stream, &on, &body)?)
            }
            "row" => Self::Sweep(entry.stream.clone(), Key::new(on.as_str()), of(&body)?),
            "user" => Self::User(first.parse().map_err(|_| fault("no user"))?, of(&body)?),
            "organisation" => Self::Organisation(organisation()?, of(&body)?),
            "domain" => {
                Self::Domain(organisation()?, third.parse().map_err(|_| fault("no domain"))?, of(&body)?)
            }
            "member" => {
                Self::Membership(organisation()?, third.parse().map_err(|_| fault("no user"))?, of(&body)?)
            }
            "mailbox" => {
                Self::Mailbox(organisation()?, first.parse().map_err(|_| fault("no mailbox"))?, of(&body)?)
            }
            "alias" => Self::Alias(
                organisation()?,
                second.parse().map_err(|_| fault("no mailbox"))?,
                of::<OfAddress>(&body)?.address,
                of(&body)?,
            ),
            "address" => Self::FreedAddress(organisation()?, of::<OfAddress>(&body)?.address, of(&body)?),
            "grant" => Self::Grant(
                organisation()?,
                second.parse().map_err(|_| fault("no mailbox"))?,
                third.parse().map_err(|_| fault("no user"))?,
                of(&body)?,
            ),
            "device" => Self::Device(
                organisation()?,
                entry.subject.parse().map_err(|_| fault("no mailbox"))?,
                first.parse().map_err(|_| fault("no device"))?,
                of(&body)?,
            ),
            "invitation" => Self::Invitation(
                organisation()?,
                first.parse().map_err(|_| fault("no invitation"))?,
                of(&body)?,
            ),
            _ => return Err(fault("of an unknown kind")),
        };
        Ok(event)
    }

    /// The event as JSON, for bindings and people.
    pub fn to_json(&self) -> Value {
        self.body().ok().and_then(|body| serde_json::from_str(&body).ok()).unwrap_or(Value::Null)
    }
}

/// As [`Event::to_json`].
impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// Rows of aliases and freed addresses are named by the canonical form; what the person wrote goes beside it.
#[derive(Deserialize)]
struct OfAddress {
    address: Address,
}

fn with_address(address: &Address, event: &impl serde::Serialize) -> serde_json::Result<String> {
    let event = serde_json::to_string(event)?;
    let address = serde_json::to_string(address)?;
    Ok(format!("{{\"address\":{address},{}", event.trim_start_matches('{')))
}

fn on(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct On {
        on: String,
    }
    serde_json::from_str::<On>(body).ok().map(|found| found.on)
}

/// An event of the journal, with who, when and by which command.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The stream and its place in it.
    pub place: (Stream, u64),
    /// When it happened.
    pub at: Timestamp,
    /// The commit it belongs to.
    pub change: ChangeId,
    /// Who did it.
    pub by: By,
    /// The command that did it, such as `open_mailbox`.
    pub command: String,
    /// What happened.
    pub event: Event,
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'e> {
            stream: &'e str,
            seq: u64,
            at: Timestamp,
            change: ChangeId,
            by: &'e By,
            command: &'e str,
            event: &'e Event,
        }
        let Self { place: (stream, seq), at, change, by, command, event } = self;
        Written { stream: stream.as_str(), seq: *seq, at: *at, change: *change, by, command, event }
            .serialize(serializer)
    }
}

impl Entry {
    pub(crate) fn read(entry: &JournalEntry) -> Result<Self, Error> {
        Ok(Self {
            place: (entry.stream.clone(), entry.seq),
            at: entry.at,
            change: entry.change,
            by: entry
                .actor
                .parse()
                .map_err(|_| Corrupt(format!("entry {} of {} has no actor", entry.seq, entry.stream)))?,
            command: entry.command.clone(),
            event: Event::read(entry)?,
        })
    }
}
