//! A unit of work: what was read, what was decided since, and the flat change set that comes of it.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::access_view::NewRow;
use crate::entity::{self, Entity};
use crate::error::Error;
use crate::event::{Event, Stamp};
use crate::id::ChangeId;
use crate::store::{
    ChangeSet, Claim, Expect, Head, JournalEntry, Key, Redaction, Stream, Term, Verifier, VerifierChange,
};
use crate::time::Timestamp;
use crate::upcast;

/// What was decided on top of a snapshot.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) rows: BTreeMap<Key, Option<Entity>>,
    pub(crate) claims: FxHashMap<Claim, Option<Key>>,
    pub(crate) terms: FxHashMap<Term, BTreeMap<Key, bool>>,
}

impl Layer {
    /// Puts the entity's next state in place of its former one, with its claims and terms.
    pub(crate) fn replace(&mut self, key: &Key, former: Option<&Entity>, next: Option<Entity>) {
        let (had, has) = (
            former.map(Entity::claims).unwrap_or_default(),
            next.as_ref().map(Entity::claims).unwrap_or_default(),
        );
        for claim in had.iter().filter(|claim| !has.contains(claim)) {
            // Another row may have taken it earlier in the same commit: that one keeps it.
            let holder = self.claims.entry(claim.clone()).or_insert_with(|| Some(key.clone()));
            if holder.as_ref() == Some(key) {
                *holder = None;
            }
        }
        for claim in has.into_iter().filter(|claim| !had.contains(claim)) {
            self.claims.insert(claim, Some(key.clone()));
        }
        let (had, has) = (
            former.map(Entity::terms).unwrap_or_default(),
            next.as_ref().map(Entity::terms).unwrap_or_default(),
        );
        for term in had.iter().filter(|term| !has.contains(term)) {
            self.terms.entry(term.clone()).or_default().insert(key.clone(), false);
        }
        for term in has.into_iter().filter(|term| !had.contains(term)) {
            self.terms.entry(term).or_default().insert(key.clone(), true);
        }
        self.rows.insert(key.clone(), next);
    }
}

/// A verifier as it was read and as it will be.
struct VerifierWork {
    expect: Option<u64>,
    secret: Option<String>,
}

/// What was read from one snapshot and what was decided since.
pub(crate) struct Work {
    /// Entities as the snapshot has them.
    pub(crate) read: FxHashMap<Key, Option<Entity>>,
    /// Holders of claims as the snapshot has them.
    pub(crate) held: FxHashMap<Claim, Option<Key>>,
    /// Terms under which the snapshot has nothing: in a batch the same are asked for again and again.
    pub(crate) empty: FxHashSet<Term>,
    /// The first is what will be committed; the others are suppositions on top of it.
    pub(crate) layers: Vec<Layer>,
    /// Whether the head of every stream that is read is noted, to be compared at the commit. A question locks
    /// nothing.
    is_command: bool,
    /// The sequence numbers of streams as they were read, and where they stand after what was decided.
    heads: BTreeMap<Stream, (u64, Head)>,
    entries: Vec<JournalEntry>,
    verifiers: BTreeMap<Key, VerifierWork>,
    redactions: Vec<Redaction>,
    forgotten: Vec<Key>,
}

impl Work {
    /// For a question.
    pub(crate) fn question() -> Self {
        Self {
            read: FxHashMap::default(),
            held: FxHashMap::default(),
            empty: FxHashSet::default(),
            layers: Vec::new(),
            is_command: false,
            heads: BTreeMap::new(),
            entries: Vec::new(),
            verifiers: BTreeMap::new(),
            redactions: Vec::new(),
            forgotten: Vec::new(),
        }
    }

    /// For commands: notes the head of every stream that is read.
    pub(crate) fn command() -> Self {
        Self { layers: vec![Layer::default()], is_command: true, ..Self::question() }
    }

    /// Whether commands are decided here.
    pub(crate) fn is_command(&self) -> bool {
        self.is_command
    }

    pub(crate) fn saw_head(&mut self, stream: Stream, head: Option<Head>) {
        let head = head.unwrap_or(Head { seq: 0, at: Timestamp::from_millis(i64::MIN) });
        self.heads.insert(stream, (head.seq, head));
    }

    /// Where a stream stands after what was decided; `None` where its head was not read.
    pub(crate) fn head(&self, stream: &Stream) -> Option<Head> {
        self.heads.get(stream).map(|(_, head)| *head)
    }

    /// Whether nothing was decided.
    pub(crate) fn is_idle(&self) -> bool {
        self.entries.is_empty() && self.verifiers.is_empty() && self.forgotten.is_empty()
    }

    /// Writes an event to the journal of its stream, whose head was read.
    pub(crate) fn append(
        &mut self,
        event: &Event,
        stamp: &Stamp,
        command: &str,
        change: ChangeId,
    ) -> Result<(), Error> {
        let stream = event.stream();
        let (_, head) = self.heads.entry(stream.clone()).or_insert((0, Head { seq: 0, at: stamp.at }));
        *head = Head { seq: head.seq + 1, at: stamp.at };
        self.entries.push(JournalEntry {
            stream,
            seq: head.seq,
            at: stamp.at,
            change,
            actor: stamp.by.to_string(),
            command: command.to_owned(),
            kind: event.kind().to_owned(),
            version: upcast::EVENT,
            subject: event.subject(),
            body: event.body()?,
        });
        Ok(())
    }

    /// The entries of a stream that were decided, and are in no store yet.
    pub(crate) fn appended(&self, stream: &Stream) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter().filter(move |entry| entry.stream == *stream)
    }

    /// Rewrites an entry of the journal, be it in the store or only decided.
    pub(crate) fn redact(&mut self, redaction: Redaction) {
        let same = |entry: &&mut JournalEntry| entry.seq == redaction.seq && entry.stream == redaction.stream;
        match self.entries.iter_mut().find(same) {
            Some(entry) => (entry.version, entry.body) = (redaction.version, redaction.body),
            None => self.redactions.push(redaction),
        }
    }

    /// Lets go of notes.
    pub(crate) fn forget(&mut self, notes: Vec<Key>) {
        self.forgotten.extend(notes);
    }

    /// The verifier that was decided; `None` where nothing was decided about it.
    pub(crate) fn verifier(&self, key: &Key) -> Option<Option<Verifier>> {
        self.verifiers.get(key).map(|work| {
            work.secret.as_ref().map(|secret| Verifier {
                version: work.expect.unwrap_or(0) + 1,
                secret: secret.clone(),
                failures: 0,
                failed_at: None,
            })
        })
    }

    /// Decides about a verifier whose stored version is `expect`.
    pub(crate) fn set_verifier(&mut self, key: Key, expect: Option<u64>, secret: Option<String>) {
        self.verifiers.entry(key).or_insert(VerifierWork { expect, secret: None }).secret = secret;
    }

    /// The rows that were decided, as they will be.
    pub(crate) fn new_rows(&self) -> Vec<NewRow> {
        let decided = self.layers.iter().flat_map(|layer| &layer.rows);
        decided
            .filter_map(|(key, entity)| {
                let was = self.read.get(key).cloned().flatten();
                let stream = entity.as_ref().or(was.as_ref()).map(Entity::stream)?;
                Some(NewRow { key: key.clone(), stream, entity: entity.clone() })
            })
            .collect()
    }

    /// Everything that was decided, flat.
    pub(crate) fn change_set(mut self, id: ChangeId) -> Result<ChangeSet, Error> {
        let mut change = ChangeSet {
            append: self.entries,
            redact: self.redactions,
            forget: self.forgotten,
            ..ChangeSet::empty(id)
        };
        let decided = if self.layers.is_empty() { Layer::default() } else { self.layers.swap_remove(0) };
        for (key, next) in decided.rows {
            let former = self.read.get(&key).cloned().flatten();
            let had = former.as_ref().map(Entity::claims).unwrap_or_default();
            let has = next.as_ref().map(Entity::claims).unwrap_or_default();
            change.release.extend(
                had.iter().filter(|claim| !has.contains(claim)).map(|claim| (claim.clone(), key.clone())),
            );
            change.take.extend(
                has.iter().filter(|claim| !had.contains(claim)).map(|claim| (claim.clone(), key.clone())),
            );
            match next {
                Some(next) => change.put.push(next.row()?),
                None => {
                    change.forget.extend(former.iter().flat_map(Entity::notes));
                    change.delete.push(key);
                }
            }
        }
        // What was filed and unfiled again is unfiled once more, which no store minds.
        for (term, filed) in decided.terms {
            for (key, stays) in filed {
                let list = if stays { &mut change.file } else { &mut change.unfile };
                list.push((term.clone(), key));
            }
        }
        change.file.sort();
        change.unfile.sort();
        for (stream, (seq, _)) in self.heads {
            change.expect.push(Expect { stream, seq });
        }
        for (key, work) in self.verifiers {
            if work.expect.is_some() || work.secret.is_some() {
                change.verifiers.push(VerifierChange { key, expect: work.expect, secret: work.secret });
            }
        }
        Ok(change)
    }
}

/// Applies an event to what `read` gives for its entity and keeps the next state in the top layer.
pub(crate) fn apply(
    former: Option<Entity>,
    event: &Event,
    stamp: &Stamp,
    layer: &mut Layer,
) -> Result<(), Error> {
    let next = entity::apply(former.clone(), event, stamp)?;
    layer.replace(&event.key(), former.as_ref(), next);
    Ok(())
}
