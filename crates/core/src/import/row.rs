//! A row that came by an import: the event that makes it stand.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::device::Device;
use crate::entity::Entity;
use crate::error::Corrupt;
use crate::id::{MailboxId, UserId};
use crate::store::{Key, Row, Stream};
use crate::upcast;

/// Something as an import brought it, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRow(pub(crate) Entity);

impl ImportedRow {
    /// The stable name of this event.
    pub const KIND: &'static str = "row.imported";

    /// The kind of thing, such as `mailbox`.
    pub fn word(&self) -> &'static str {
        self.0.word()
    }

    /// The thing as JSON.
    pub fn to_json(&self) -> Value {
        self.0.to_value().unwrap_or(Value::Null)
    }

    /// The row in a journal entry's body.
    pub(crate) fn read(stream: &Stream, on: &str, body: &str) -> Result<Self, Corrupt> {
        #[derive(Deserialize)]
        struct Body {
            shape: u32,
            row: Value,
        }
        let fault = |what: &str| Corrupt(format!("the imported row `{on}` {what}"));
        let Body { shape, row } =
            serde_json::from_str(body).map_err(|source| fault(&format!("is unreadable: {source}")))?;
        let entity = Entity::read(&Row { key: Key::new(on), version: shape, body: row.to_string() })?;
        if entity.key().as_str() != on {
            return Err(fault("has another name inside"));
        }
        if entity.stream() != *stream {
            return Err(fault("is of another stream"));
        }
        Ok(Self(entity))
    }

    /// What people would look under.
    pub(crate) fn subject(&self) -> String {
        match &self.0 {
            Entity::Membership(membership) => membership.user.to_string(),
            Entity::Domain(domain) => domain.name.as_str().to_owned(),
            Entity::FreedAddress(freed) => freed.address.canonical().to_owned(),
            other => match self.mailbox() {
                Some(mailbox) => mailbox.to_string(),
                None => other.key().as_str().to_owned(),
            },
        }
    }

    /// The mailbox that it is or belongs to.
    pub(crate) fn mailbox(&self) -> Option<MailboxId> {
        match &self.0 {
            Entity::Mailbox(mailbox) => Some(mailbox.id),
            Entity::Alias(alias) => Some(alias.mailbox),
            Entity::Grant(grant) => Some(grant.mailbox),
            Entity::Device(device) => Some(device.mailbox),
            _ => None,
        }
    }

    /// Who is a member by it.
    pub(crate) fn member(&self) -> Option<UserId> {
        match &self.0 {
            Entity::Membership(membership) => Some(membership.user),
            _ => None,
        }
    }

    pub(crate) fn device(&self) -> Option<&Device> {
        match &self.0 {
            Entity::Device(device) => Some(device),
            _ => None,
        }
    }

    /// Whether it is about a person: their account, membership, grant or device.
    pub(crate) fn concerns(&self, person: UserId) -> bool {
        match &self.0 {
            Entity::User(user) => user.id == person,
            Entity::Membership(membership) => membership.user == person,
            Entity::Grant(grant) => grant.user == person,
            Entity::Device(device) => device.holder == Some(person),
            _ => false,
        }
    }

    /// Leaves out the networks of a device.
    pub(crate) fn hide_networks(&mut self) {
        if let Entity::Device(device) = &mut self.0 {
            Arc::make_mut(device).bounds.networks = None;
        }
    }
}

impl Serialize for ImportedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body {
            kind: &'static str,
            shape: u32,
            row: Value,
        }
        let row = self.0.to_value().map_err(serde::ser::Error::custom)?;
        Body { kind: Self::KIND, shape: upcast::ROW, row }.serialize(serializer)
    }
}
