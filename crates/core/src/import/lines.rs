//! Reading an export, line by line: what stands there is sound in itself.

use std::io::{BufRead, Read};

use rustc_hash::FxHashSet;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::secrets;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::export::{END, ENTRY, EXPORT, End, FORMAT, GONE, Header, PERSON, VERSION};
use crate::id::{ChangeId, UserId};
use crate::store::{JournalEntry, Stream};
use crate::strict_json::{self, Fault};
use crate::time::Timestamp;
use crate::upcast;
use crate::user::{Contact, PasswordState, User, UserState};

/// The longest line, in octets: a device with a hundred networks has some four thousand.
const LONGEST_LINE: u64 = 1 << 20;

/// Something, and the line it stood in.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) line: u64,
    pub(super) what: T,
}

/// An entry of the journal, and the event in it.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) entry: JournalEntry,
    pub(super) event: Event,
}

/// What stands in an export.
#[derive(Debug)]
pub(super) struct File {
    pub(super) header: Header,
    pub(super) rows: Vec<Placed<Entity>>,
    /// Who came as a person: since when they have an account is not known.
    pub(super) persons: FxHashSet<UserId>,
    pub(super) gone: FxHashSet<UserId>,
    pub(super) entries: Vec<Placed<Recorded>>,
    pub(super) last_line: u64,
}

/// A refusal that says where.
pub(super) fn invalid(line: u64, place: &str, reason: &str, because: &str) -> Error {
    let at = if place.is_empty() { format!("line {line}") } else { format!("line {line}, `{place}`") };
    Error::new(Code::ImportInvalid, format!("{at}: {because}"))
        .with("line", line)
        .with("place", place)
        .with("reason", reason)
}

struct Reading<R> {
    input: R,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Reading<R> {
    /// The next line, without its end; `None` after the last.
    fn next(&mut self) -> Result<Option<&str>, Error> {
        self.line += 1;
        self.buffer.clear();
        let read = (&mut self.input).take(LONGEST_LINE + 1).read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|source| {
            Error::new(Code::ImportUnreadable, "the export could not be read").caused_by(source)
        })?;
        if read == 0 {
            return Ok(None);
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        } else if read as u64 > LONGEST_LINE {
            return Err(invalid(self.line, "", "too_long", "the line is longer than a megabyte"));
        } else {
            return Err(invalid(self.line, "", "truncated", "the line has no end: the file is cut off"));
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(invalid(self.line, "", "utf8", "the line is not UTF-8")),
        }
    }

    /// The next line as a word and what stands under it.
    fn next_pair(&mut self) -> Result<Option<(String, Value)>, Error> {
        let line = self.line + 1;
        let Some(text) = self.next()? else { return Ok(None) };
        let value = strict_json::parse(text).map_err(|fault| match fault {
            Fault::Json => invalid(line, "", "json", "the line is no JSON"),
            Fault::Nested => invalid(line, "", "nested", "lists and objects are nested too deeply"),
            Fault::Repeated => invalid(line, "", "repeated", "a field stands there twice"),
        })?;
        strict_json::texts(&value, "", &mut |place, text| match secrets::form_of(text) {
            Some(form) => Err(invalid(
                line,
                // The name of a field may be the secret.
                if secrets::form_of(place).is_some() { "" } else { place },
                "secret",
                &format!("{form} stands here, and no secret belongs into an export"),
            )),
            None => Ok(()),
        })?;
        let mut fields = match value {
            Value::Object(fields) => fields.into_iter(),
            _ => return Err(unknown(line)),
        };
        match (fields.next(), fields.next()) {
            (Some(pair), None) => Ok(Some(pair)),
            _ => Err(unknown(line)),
        }
    }
}

fn unknown(line: u64) -> Error {
    invalid(line, "", "unknown", "the line is none that an export has")
}

/// Reads all of it.
pub(super) fn read(input: impl BufRead) -> Result<File, Error> {
    let mut reading = Reading { input, line: 0, buffer: Vec::new() };
    let mut file = File {
        header: header(&mut reading)?,
        rows: Vec::new(),
        persons: FxHashSet::default(),
        gone: FxHashSet::default(),
        entries: Vec::new(),
        last_line: 0,
    };
    loop {
        let Some((word, value)) = reading.next_pair()? else {
            return Err(invalid(
                reading.line,
                "",
                "truncated",
                "the last line is missing: the file is cut off",
            ));
        };
        let line = reading.line;
        match word.as_str() {
            END => {
                file.end(line, value)?;
                break;
            }
            ENTRY => {
                let what = entry(line, value)?;
                file.entries.push(Placed { line, what });
            }
            GONE => {
                if !file.gone.insert(typed(line, GONE, value)?) {
                    return Err(invalid(line, GONE, "duplicate", "the same stands in another line"));
                }
            }
            PERSON => {
                let what = person(typed(line, PERSON, value)?);
                file.persons.insert(what.id);
                file.rows.push(Placed { line, what: Entity::User(what.into()) });
            }
            _ => {
                let what = row(line, &word, file.header.rows, &value)?;
                file.rows.push(Placed { line, what });
            }
        }
    }
    if reading.next()?.is_some() {
        return Err(invalid(reading.line, "", "unknown", "something follows the last line"));
    }
    file.last_line = reading.line - 1;
    Ok(file)
}

fn header<R: BufRead>(reading: &mut Reading<R>) -> Result<Header, Error> {
    #[derive(Deserialize)]
    struct Versions {
        format: String,
        version: u32,
        rows: u32,
    }
    let missing = || invalid(1, "", "format", "this is no export of mailgrant");
    let Some((word, value)) = reading.next_pair()? else {
        return Err(invalid(1, "", "empty", "there is nothing to import"));
    };
    if word != EXPORT {
        return Err(missing());
    }
    let versions = Versions::deserialize(&value).map_err(|_| missing())?;
    if versions.format != FORMAT || versions.version == 0 || versions.rows == 0 {
        return Err(missing());
    }
    if versions.version > VERSION || versions.rows > upcast::ROW {
        return Err(Error::new(
            Code::ImportNewer,
            format!(
                "a newer version wrote this export: this one knows format {VERSION}, rows {}",
                upcast::ROW
            ),
        )
        .with("version", versions.version)
        .with("rows", versions.rows));
    }
    typed(1, EXPORT, value)
}

/// What a value is; anything that would be lost or read otherwise is refused.
fn typed<T: DeserializeOwned + serde::Serialize>(line: u64, word: &str, value: Value) -> Result<T, Error> {
    let typed = T::deserialize(&value).map_err(|source| malformed(line, word, &source))?;
    same(line, word, &value, serde_json::to_value(&typed))?;
    Ok(typed)
}

fn malformed(line: u64, place: &str, source: &serde_json::Error) -> Error {
    invalid(line, place, "malformed", &format!("this is not what an export writes: {source}"))
}

/// Refuses fields that nobody knows and values that are not written as this library writes them.
fn same(line: u64, word: &str, found: &Value, read: serde_json::Result<Value>) -> Result<(), Error> {
    let read = read.map_err(|source| malformed(line, word, &source))?;
    match strict_json::difference(found, &read, word) {
        Some(place) => {
            Err(invalid(line, &place, "unknown_field", "an export has no such field, or writes it otherwise"))
        }
        None => Ok(()),
    }
}

fn row(line: u64, word: &str, version: u32, value: &Value) -> Result<Entity, Error> {
    let entity = Entity::of_word(word, version, value.to_string()).ok_or_else(|| unknown(line))?;
    let entity = entity.map_err(|source| {
        invalid(line, word, "malformed", &format!("this is not what an export writes: {}", source.0))
    })?;
    if version == upcast::ROW {
        same(line, word, value, entity.to_value())?;
    }
    Ok(entity)
}

#[derive(serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonLine {
    id: UserId,
    name: String,
    login: Contact,
    state: UserState,
}

fn person(person: PersonLine) -> User {
    User {
        id: person.id,
        login: person.login,
        name: person.name,
        recovery: None,
        state: person.state,
        password: PasswordState::Missing,
        registered_at: Timestamp::EPOCH,
        epoch: 0,
        awaited_login: None,
        awaited_recovery: None,
        reset: None,
    }
}

#[derive(serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    stream: String,
    seq: u64,
    at: Timestamp,
    change: ChangeId,
    actor: crate::actor::By,
    command: String,
    kind: String,
    version: u32,
    subject: String,
    body: Value,
}

fn entry(line: u64, value: Value) -> Result<Recorded, Error> {
    let found: EntryLine = typed(line, ENTRY, value)?;
    if found.version > upcast::EVENT {
        return Err(Error::new(Code::ImportNewer, format!("line {line}: a newer version wrote this entry"))
            .with("line", line)
            .with("version", found.version));
    }
    let mut entry = JournalEntry {
        stream: Stream::new(found.stream),
        seq: found.seq,
        at: found.at,
        change: found.change,
        actor: found.actor.to_string(),
        command: found.command,
        kind: found.kind,
        version: found.version,
        subject: found.subject,
        body: found.body.to_string(),
    };
    let event = Event::read(&entry).map_err(|source| {
        invalid(line, "entry.body", "malformed", &format!("this is not what an export writes: {}", source.0))
    })?;
    let told = (event.kind(), event.stream(), event.subject());
    if told != (entry.kind.as_str(), entry.stream.clone(), entry.subject.clone()) {
        return Err(invalid(line, ENTRY, "contradiction", "the entry says otherwise than the event in it"));
    }
    if entry.version == upcast::EVENT {
        same(line, "entry.body", &found.body, Ok(event.to_json()))?;
        entry.body = event.body()?;
    }
    Ok(Recorded { entry, event })
}

impl File {
    fn end(&self, line: u64, value: Value) -> Result<(), Error> {
        let end: End = typed(line, END, value)?;
        let found = End { rows: self.rows.len() as u64, entries: self.entries.len() as u64 };
        if end != found {
            return Err(invalid(
                line,
                END,
                "truncated",
                "there were more or fewer lines than the last one says",
            ));
        }
        Ok(())
    }
}
