//! Every shape ever written stays readable: what an older version wrote becomes today's shape here.
//!
//! A row and a journal entry carry the version of their kind. When a shape changes, raise its version below
//! and turn the former shape into the new one; the fixtures of this file's tests prove that nothing is lost.

use std::borrow::Cow;

use crate::error::Corrupt;
use crate::store::{JournalEntry, Row};

/// The version that rows are written with.
pub(crate) const ROW: u32 = 1;
/// The version that journal entries are written with.
pub(crate) const EVENT: u32 = 1;

/// The body of a row in today's shape.
pub(crate) fn row(row: &Row) -> Result<Cow<'_, str>, Corrupt> {
    match row.version {
        ROW => Ok(Cow::Borrowed(&row.body)),
        other => {
            Err(Corrupt(format!("row `{}` has version {other}, this version knows up to {ROW}", row.key)))
        }
    }
}

/// The body of a journal entry in today's shape.
pub(crate) fn event(entry: &JournalEntry) -> Result<Cow<'_, str>, Corrupt> {
    match entry.version {
        EVENT => Ok(Cow::Borrowed(&entry.body)),
        other => Err(Corrupt(format!(
            "entry {} of `{}` has version {other}, this version knows up to {EVENT}",
            entry.seq, entry.stream
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::entity::Entity;
    use crate::event::Event;
    use crate::id::ChangeId;
    use crate::store::{Key, Stream};
    use crate::time::Timestamp;
    use crate::{alias, device, domain, grant, invitation, mailbox, membership, organisation, user};

    /// One of every shape ever written, a line each. Lines are added, never changed.
    const EVENTS: &str = include_str!("upcast/events.jsonl");
    const ROWS: &str = include_str!("upcast/rows.jsonl");

    fn lines(fixtures: &str) -> impl Iterator<Item = Value> {
        fixtures.lines().map(|line| serde_json::from_str(line).unwrap())
    }

    fn entry(fixture: &Value) -> JournalEntry {
        let text = |field: &str| fixture[field].as_str().unwrap().to_owned();
        JournalEntry {
            stream: Stream::new(text("stream")),
            seq: 1,
            at: Timestamp::EPOCH,
            change: ChangeId::from_uuid(uuid::Uuid::nil()),
            actor: "bearer".into(),
            command: "test".into(),
            kind: text("kind"),
            version: u32::try_from(fixture["version"].as_u64().unwrap()).unwrap(),
            subject: text("subject"),
            body: fixture["body"].to_string(),
        }
    }

    #[test]
    fn every_event_ever_written_stays_readable() {
        for fixture in lines(EVENTS) {
            let entry = entry(&fixture);
            let event = Event::read(&entry).unwrap_or_else(|error| panic!("{fixture}: {error}"));
            assert_eq!(event.kind(), entry.kind);
            assert_eq!(event.stream(), entry.stream, "{fixture}");
            assert_eq!(event.subject(), entry.subject, "{fixture}");
            if entry.version == EVENT {
                assert_eq!(event.to_json(), fixture["body"], "{fixture}");
            }
        }
    }

    #[test]
    fn there_is_a_fixture_of_every_kind_of_event() {
        let kinds: BTreeSet<&str> = [
            user::UserEvent::KINDS,
            organisation::OrganisationEvent::KINDS,
            domain::DomainEvent::KINDS,
            membership::MembershipEvent::KINDS,
            mailbox::MailboxEvent::KINDS,
            mailbox::FreedAddressEvent::KINDS,
            alias::AliasEvent::KINDS,
            grant::GrantEvent::KINDS,
            device::DeviceEvent::KINDS,
            invitation::InvitationEvent::KINDS,
            crate::event::SweepEvent::KINDS,
            &[crate::import::ImportedRow::KIND],
        ]
        .concat()
        .into_iter()
        .collect();
        let fixtures: Vec<Value> = lines(EVENTS).collect();
        let present: BTreeSet<&str> =
            fixtures.iter().map(|fixture| fixture["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, present);
    }

    #[test]
    fn every_row_ever_written_stays_readable() {
        let mut kinds = BTreeSet::new();
        for fixture in lines(ROWS) {
            let key = Key::new(fixture["key"].as_str().unwrap());
            let version = u32::try_from(fixture["version"].as_u64().unwrap()).unwrap();
            let found = Row { key: key.clone(), version, body: fixture["body"].to_string() };
            let entity = Entity::read(&found).unwrap_or_else(|error| panic!("{fixture}: {error}"));
            assert_eq!(entity.key(), key);
            kinds.insert(key.as_str()[..3].to_owned());
            if version == ROW {
                let written: Value = serde_json::from_str(&entity.row().unwrap().body).unwrap();
                assert_eq!(written, fixture["body"], "{fixture}");
            }
        }
        assert_eq!(kinds.len(), 10, "{kinds:?}");
    }

    #[test]
    fn a_newer_version_is_refused() {
        let found = Row { key: Key::new("usr_x"), version: ROW + 1, body: "{}".into() };
        assert!(row(&found).is_err());
        let mut newer = entry(&lines(EVENTS).next().unwrap());
        newer.version = EVENT + 1;
        assert!(event(&newer).is_err());
    }
}
