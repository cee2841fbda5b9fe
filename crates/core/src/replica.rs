//! What one person may see, copied: good for questions wherever they are, for example in a browser.

mod gather;
mod knows;

pub(crate) use knows::{knows_address, knows_domains, knows_senders};

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::access::no_user;
use crate::actor::Actor;
use crate::command::Host;
use crate::directory::{Directory, Nature};
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::id::{ChangeId, UserId};
use crate::last_use::LastUse;
use crate::memory::MemoryStore;
use crate::store::{ChangeSet, Key, Note, Store};
use crate::strict_json;
use crate::time::{Clock, Timestamp};
use crate::upcast;

/// The name of the format.
const FORMAT: &str = "mailgrant-replica";
/// Its version.
const VERSION: u32 = 1;

/// What one person may see of a directory, as of an instant: rows with everything left out that they could not ask
/// about. No history, no secrets.
///
/// Its JSON, by [`to_json`](Self::to_json), goes to where [`Directory::from_replica`] answers from it.
#[derive(Clone, PartialEq)]
pub struct Replica {
    person: UserId,
    made_at: Timestamp,
    rows: Vec<Entity>,
    uses: Vec<(Key, LastUse)>,
}

impl Replica {
    /// Whose it is.
    pub fn person(&self) -> UserId {
        self.person
    }

    /// As of when.
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// The replica as compact JSON. It serialises to the same.
    ///
    /// # Errors
    /// `store.corrupt` where something cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|source| {
            Error::new(Code::StoreCorrupt, "the replica could not be written").caused_by(source)
        })
    }

    /// The replica that was written as JSON.
    ///
    /// # Errors
    /// `replica.newer`, `replica.invalid`.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Versions {
            format: String,
            version: u32,
            shape: u32,
        }
        let value = strict_json::parse(json).map_err(|_| invalid("it is no JSON, or nested too deeply"))?;
        let versions = Versions::deserialize(&value).map_err(|_| invalid("it does not say what it is"))?;
        if versions.format != FORMAT {
            return Err(invalid("it is no replica"));
        }
        if versions.version > VERSION || versions.shape > upcast::ROW {
            let error =
                Error::new(Code::ReplicaNewer, "a newer version wrote this replica: load the program anew");
            return Err(error.with("version", versions.version).with("shape", versions.shape));
        }
        let written =
            Written::deserialize(value).map_err(|_| invalid("something is missing or unknown in it"))?;
        let rows = written.rows.into_iter().map(|row| read(versions.shape, row)).collect::<Result<_, _>>()?;
        let uses = written.uses.into_iter().map(|(key, used)| (Key::new(key), used)).collect();
        Ok(Self { person: written.person, made_at: written.made_at, rows, uses })
    }

    /// A store that holds it.
    fn store(&self) -> Result<MemoryStore, Error> {
        let mut change = ChangeSet::empty(ChangeId::from_uuid(self.person.as_uuid()));
        for entity in &self.rows {
            let key = entity.key();
            change.put.push(entity.row()?);
            change.take.extend(entity.claims().into_iter().map(|claim| (claim, key.clone())));
            change.file.extend(entity.terms().into_iter().map(|term| (term, key.clone())));
        }
        let store = MemoryStore::new();
        store.commit(&change).map_err(|_| invalid("two rows in it hold the same"))?;
        let notes: Vec<Note> = self
            .uses
            .iter()
            .map(|(key, used)| Note {
                key: key.clone(),
                at: used.at,
                body: serde_json::to_string(used).unwrap_or_default(),
            })
            .collect();
        store.note(&notes)?;
        Ok(store)
    }
}

/// How a replica is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "shape")]
    _shape: u32,
    person: UserId,
    made_at: Timestamp,
    rows: Vec<Map<String, Value>>,
    uses: Vec<(String, LastUse)>,
}

fn read(shape: u32, row: Map<String, Value>) -> Result<Entity, Error> {
    let mut fields = row.into_iter();
    match (fields.next(), fields.next()) {
        (Some((word, body)), None) => Entity::of_word(&word, shape, body.to_string())
            .and_then(Result::ok)
            .ok_or_else(|| invalid("a row in it is of an unknown kind or shape")),
        _ => Err(invalid("a row in it is none")),
    }
}

fn invalid(because: &str) -> Error {
    Error::new(Code::ReplicaInvalid, format!("this replica cannot be used: {because}"))
}

impl Serialize for Replica {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            format: &'static str,
            version: u32,
            shape: u32,
            person: UserId,
            made_at: Timestamp,
            rows: Vec<Tagged<'a>>,
            uses: Vec<(&'a str, &'a LastUse)>,
        }
        Written {
            format: FORMAT,
            version: VERSION,
            shape: upcast::ROW,
            person: self.person,
            made_at: self.made_at,
            rows: self.rows.iter().map(Tagged).collect(),
            uses: self.uses.iter().map(|(key, used)| (key.as_str(), used)).collect(),
        }
        .serialize(serializer)
    }
}

/// A row under the word for its kind.
struct Tagged<'a>(&'a Entity);

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_tagged(serializer)
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica")
            .field("person", &self.person)
            .field("made_at", &self.made_at)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// What a person may see, in all their organisations, as a copy that answers their questions elsewhere: in a
    /// browser, without a call for each. For themselves, and for the host, who sends it to them.
    ///
    /// Whatever they could not ask of this directory now is nowhere in it. Make a new one when what they see may have
    /// changed: it does not follow.
    ///
    /// Costs what listing all that they see costs: some index ranges an organisation for its managers, and four a mailbox
    /// for others.
    ///
    /// # Errors
    /// `user.not_found`; `actor.suspended` for oneself.
    ///
    /// ```
    /// # use mailgrant::{Actor, Directory, MemoryStore, Proof, user::RegisterUser, organisation::FoundOrganisation};
    /// use mailgrant::{Replica, SystemClock};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// # let directory = Directory::new(MemoryStore::new())?;
    /// # let system = Actor::system("panel");
    /// # let anna = directory.run(&system, RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified))?.user;
    /// # let organisation = directory.run(&Actor::User(anna), FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
    /// let sent = directory.export_for(&system, anna)?.to_json()?;
    ///
    /// let there = Directory::from_replica(&Replica::from_json(&sent)?, SystemClock)?;
    /// let anna = Actor::User(anna);
    /// assert_eq!(there.organisation(&anna, organisation)?, directory.organisation(&anna, organisation)?);
    /// # Ok(()) }
    /// ```
    pub fn export_for(&self, actor: &Actor, user: UserId) -> Result<Replica, Error> {
        self.require_live()?;
        if !actor.is_system() && actor.user() != Some(user) {
            return self.ask(actor, &mut |_| Err(no_user()));
        }
        let person = Actor::User(user);
        let made_at = self.host().now();
        let found = self.look(&person, None, &mut |read| {
            if !actor.is_system() {
                read.refuse_suspended()?;
            }
            gather::gather(read, user)
        })?;
        Ok(Replica { person: user, made_at, rows: found.rows.into_values().collect(), uses: found.uses })
    }

    /// A directory in memory that answers a replica's person as the one did from which it came, and nobody else. It
    /// takes no commands, logins or sessions, and knows no history (`directory.replica`). What the host asks for itself
    /// ([`Directory::resolve`], [`Directory::senders`], [`Directory::may_send_as`]) it answers as far as the person
    /// sees; where something that they do not see might decide, it says `directory.replica`.
    /// [`Directory::may`] says of others' access what the person sees of it.
    ///
    /// Expiries go on counting by `clock`, usually [`SystemClock`](crate::SystemClock); in a browser the host gives one.
    ///
    /// # Errors
    /// `replica.invalid`. There is an example at [`Directory::export_for`].
    pub fn from_replica(replica: &Replica, clock: impl Clock + 'static) -> Result<Self, Error> {
        let host = Host::of_copy(Box::new(clock))?;
        Ok(Self::copy(Arc::new(replica.store()?), host, Nature::Replica(replica.person)))
    }
}
