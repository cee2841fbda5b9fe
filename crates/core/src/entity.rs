//! What there is: one entity a row, changed by `apply` alone.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, Serializer};

use crate::alias::Alias;
use crate::device::Device;
use crate::domain::Domain;
use crate::error::{Code, Corrupt, Error};
use crate::event::{Event, Stamp};
use crate::grant::Grant;
use crate::invitation::Invitation;
use crate::mailbox::{FreedAddress, Mailbox};
use crate::membership::Membership;
use crate::names::{key, stream};
use crate::organisation::Organisation;
use crate::store::{Claim, Key, Row, Stream, Term};
use crate::upcast;
use crate::user::User;

/// One entity, shared between whoever reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entity {
    User(Arc<User>),
    Organisation(Arc<Organisation>),
    Domain(Arc<Domain>),
    Membership(Arc<Membership>),
    Mailbox(Arc<Mailbox>),
    Alias(Arc<Alias>),
    FreedAddress(Arc<FreedAddress>),
    Grant(Arc<Grant>),
    Device(Arc<Device>),
    Invitation(Arc<Invitation>),
}

/// What each kind of entity is called in an export or a replica, and how its keys begin.
const WORDS: [(&str, &str); 10] = [
    ("user", "usr"),
    ("organisation", "org"),
    ("domain", "dom"),
    ("member", "mem"),
    ("mailbox", "mbx"),
    ("alias", "als"),
    ("freed_address", "fre"),
    ("grant", "grt"),
    ("device", "dev"),
    ("invitation", "inv"),
];

/// Does the same to whichever entity it is.
macro_rules! each {
    ($entity:expr, $bound:ident => $result:expr) => {
        match $entity {
            Entity::User($bound) => $result,
            Entity::Organisation($bound) => $result,
            Entity::Domain($bound) => $result,
            Entity::Membership($bound) => $result,
            Entity::Mailbox($bound) => $result,
            Entity::Alias($bound) => $result,
            Entity::FreedAddress($bound) => $result,
            Entity::Grant($bound) => $result,
            Entity::Device($bound) => $result,
            Entity::Invitation($bound) => $result,
        }
    };
}

/// Turns one event and one entity into the entity's next state: the only code that changes state. It reads
/// nothing else, so replaying a journal needs nothing else either.
pub(crate) fn apply(state: Option<Entity>, event: &Event, stamp: &Stamp) -> Result<Option<Entity>, Corrupt> {
    macro_rules! next {
        ($kind:ident, $($argument:expr),+) => {{
            let state = match state {
                Some(Entity::$kind(state)) => Some(Arc::unwrap_or_clone(state)),
                None => None,
                Some(_) => return Err(Corrupt(format!("`{}` met an entity of another kind", event.kind()))),
            };
            $kind::apply(state, $($argument,)+ stamp)?.map(|next| Entity::$kind(Arc::new(next)))
        }};
    }
    Ok(match event {
        Event::User(user, event) => next!(User, *user, event),
        Event::Organisation(organisation, event) => next!(Organisation, *organisation, event),
        Event::Domain(organisation, name, event) => next!(Domain, *organisation, name, event),
        Event::Membership(organisation, user, event) => next!(Membership, *organisation, *user, event),
        Event::Mailbox(organisation, mailbox, event) => next!(Mailbox, *organisation, *mailbox, event),
        Event::Alias(organisation, mailbox, address, event) => {
            next!(Alias, *organisation, *mailbox, address, event)
        }
        Event::FreedAddress(organisation, address, event) => {
            next!(FreedAddress, *organisation, address, event)
        }
        Event::Grant(organisation, mailbox, user, event) => {
            next!(Grant, *organisation, *mailbox, *user, event)
        }
        Event::Device(organisation, mailbox, device, event) => {
            next!(Device, *organisation, *mailbox, *device, event)
        }
        Event::Invitation(organisation, invitation, event) => {
            next!(Invitation, *organisation, *invitation, event)
        }
        Event::Sweep(..) => None,
        Event::Import(row) => Some(row.0.clone()),
    })
}

/// The state that an event needs; its absence is a contradiction.
pub(crate) fn existing<T>(state: Option<T>, kind: &str) -> Result<T, Corrupt> {
    state.ok_or_else(|| Corrupt(format!("`{kind}` met nothing")))
}

/// The state before an event that begins something; its presence is a contradiction.
pub(crate) fn nothing<T>(state: &Option<T>, kind: &str) -> Result<(), Corrupt> {
    if state.is_some() { Err(Corrupt(format!("`{kind}` met something"))) } else { Ok(()) }
}

impl Entity {
    /// The entity of a row, whichever version wrote it.
    pub(crate) fn read(row: &Row) -> Result<Self, Corrupt> {
        fn of<T: DeserializeOwned>(row: &Row, body: &str) -> Result<Arc<T>, Corrupt> {
            serde_json::from_str(body)
                .map(Arc::new)
                .map_err(|source| Corrupt(format!("row `{}`: {source}", row.key)))
        }
        let body = upcast::row(row)?;
        let kind = row.key.as_str().get(..3).unwrap_or_default();
        Ok(match kind {
            "usr" => Self::User(of(row, &body)?),
            "org" => Self::Organisation(of(row, &body)?),
            "dom" => Self::Domain(of(row, &body)?),
            "mem" => Self::Membership(of(row, &body)?),
            "mbx" => Self::Mailbox(of(row, &body)?),
            "als" => Self::Alias(of(row, &body)?),
            "fre" => Self::FreedAddress(of(row, &body)?),
            "grt" => Self::Grant(of(row, &body)?),
            "dev" => Self::Device(of(row, &body)?),
            "inv" => Self::Invitation(of(row, &body)?),
            _ => return Err(Corrupt(format!("row `{}` is of an unknown kind", row.key))),
        })
    }

    /// What its kind is called.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Organisation(_) => "organisation",
            Self::Domain(_) => "domain",
            Self::Membership(_) => "member",
            Self::Mailbox(_) => "mailbox",
            Self::Alias(_) => "alias",
            Self::FreedAddress(_) => "freed_address",
            Self::Grant(_) => "grant",
            Self::Device(_) => "device",
            Self::Invitation(_) => "invitation",
        }
    }

    /// The entity that a body in some version is, by the word for its kind; `None` for an unknown word.
    pub(crate) fn of_word(word: &str, version: u32, body: String) -> Option<Result<Self, Corrupt>> {
        let (_, kind) = WORDS.iter().find(|(known, _)| *known == word)?;
        Some(Self::read(&Row { key: Key::new(*kind), version, body }))
    }

    /// Its body in today's shape, as a value.
    pub(crate) fn to_value(&self) -> serde_json::Result<serde_json::Value> {
        each!(self, entity => serde_json::to_value(entity.as_ref()))
    }

    /// Under the word for its kind.
    pub(crate) fn serialize_tagged<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tagged = serializer.serialize_map(Some(1))?;
        each!(self, entity => tagged.serialize_entry(self.word(), entity.as_ref()))?;
        tagged.end()
    }

    /// The row that keeps it.
    pub(crate) fn row(&self) -> Result<Row, Error> {
        let body = each!(self, entity => serde_json::to_string(entity.as_ref()));
        let body = body.map_err(|source| {
            Error::new(Code::StoreCorrupt, "an entity could not be written").caused_by(source)
        })?;
        Ok(Row { key: self.key(), version: upcast::ROW, body })
    }

    pub(crate) fn key(&self) -> Key {
        match self {
            Self::User(user) => key::user(user.id),
            Self::Organisation(organisation) => key::organisation(organisation.id),
            Self::Domain(domain) => key::domain(domain.organisation, &domain.name),
            Self::Membership(membership) => key::membership(membership.organisation, membership.user),
            Self::Mailbox(mailbox) => key::mailbox(mailbox.id),
            Self::Alias(alias) => key::alias(alias.mailbox, &alias.address),
            Self::FreedAddress(freed) => key::freed(freed.organisation, &freed.address),
            Self::Grant(grant) => key::grant(grant.mailbox, grant.user),
            Self::Device(device) => key::device(device.id),
            Self::Invitation(invitation) => key::invitation(invitation.id),
        }
    }

    /// The stream whose events change it.
    pub(crate) fn stream(&self) -> Stream {
        match self {
            Self::User(user) => stream::user(user.id),
            Self::Organisation(organisation) => stream::organisation(organisation.id),
            Self::Domain(domain) => stream::organisation(domain.organisation),
            Self::Membership(membership) => stream::organisation(membership.organisation),
            Self::Mailbox(mailbox) => stream::organisation(mailbox.organisation),
            Self::Alias(alias) => stream::organisation(alias.organisation),
            Self::FreedAddress(freed) => stream::organisation(freed.organisation),
            Self::Grant(grant) => stream::organisation(grant.organisation),
            Self::Device(device) => stream::organisation(device.organisation),
            Self::Invitation(invitation) => stream::organisation(invitation.organisation),
        }
    }

    /// What it alone may hold: a function of its state, so that a commit writes the difference.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        match self {
            Self::User(user) => user.claims(),
            Self::Domain(domain) => domain.claims(),
            Self::Mailbox(mailbox) => mailbox.claims(),
            Self::Alias(alias) => alias.claims(),
            Self::FreedAddress(freed) => freed.claims(),
            Self::Device(device) => device.claims(),
            Self::Invitation(invitation) => invitation.claims(),
            Self::Organisation(_) | Self::Membership(_) | Self::Grant(_) => Vec::new(),
        }
    }

    /// The notes about it, which go with it.
    pub(crate) fn notes(&self) -> Vec<Key> {
        match self {
            Self::Grant(grant) => vec![key::grant(grant.mailbox, grant.user)],
            Self::Device(device) => device.notes().collect(),
            _ => Vec::new(),
        }
    }

    /// What it is found under: a function of its state.
    pub(crate) fn terms(&self) -> Vec<Term> {
        match self {
            Self::User(user) => user.terms(),
            Self::Organisation(organisation) => organisation.terms(),
            Self::Domain(domain) => domain.terms(),
            Self::Membership(membership) => membership.terms(),
            Self::Mailbox(mailbox) => mailbox.terms(),
            Self::Alias(alias) => alias.terms(),
            Self::Grant(grant) => grant.terms(),
            Self::Device(device) => device.terms(),
            Self::Invitation(invitation) => invitation.terms(),
            Self::FreedAddress(_) => Vec::new(),
        }
    }
}
