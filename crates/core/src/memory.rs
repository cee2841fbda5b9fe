//! A store in memory: for tests, for the browser and for rebuilding a past.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use crate::id::ChangeId;
use crate::store::{
    ChangeSet, Claim, Head, JournalEntry, JournalQuery, Key, Mark, Moved, Note, Order, Range, ReadTxn, Row,
    Span, Store, StoreError, Stream, Term, Verifier,
};
use crate::time::Timestamp;

/// A [`Store`] in memory, gone when it is dropped: for tests, for the browser and for rebuilding a past.
///
/// Any number of threads read at once. A commit waits until they have finished, so the body of a
/// [`read`](Store::read) must not write to the same store.
///
/// ```
/// use mailgrant::MemoryStore;
/// use mailgrant::store::{Key, Store};
///
/// let store = MemoryStore::new();
/// let mut found = Vec::new();
/// store.read(&mut |snapshot| {
///     found = snapshot.rows(&[Key::new("mbx_unknown")])?;
///     Ok(())
/// })?;
/// assert_eq!(found, [None]);
/// # Ok::<(), mailgrant::store::StoreError>(())
/// ```
#[derive(Default)]
pub struct MemoryStore {
    state: RwLock<State>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that it holds, secrets included, as text that is equal where the contents are: for tests alone.
    #[doc(hidden)]
    pub fn dump(&self) -> String {
        self.look(State::to_string)
    }

    // No code below panics while it holds the lock, so a poisoned one guards a sound state.
    fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        at(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn touch<T>(&self, at: impl FnOnce(&mut State) -> T) -> T {
        at(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.look(|state| body(&mut Snapshot(state)))
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.touch(|state| {
            state.check(change)?;
            state.apply(change);
            Ok(())
        })
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.touch(|state| {
            let Some(verifier) = state.verifiers.get_mut(key) else { return Ok(0) };
            verifier.failures = verifier.failures.saturating_add(1);
            verifier.failed_at = Some(at);
            Ok(verifier.failures)
        })
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.touch(|state| {
            for note in notes {
                if state.notes.get(&note.key).is_none_or(|known| known.at < note.at) {
                    state.notes.insert(note.key.clone(), note.clone());
                }
            }
            Ok(())
        })
    }
}

// Ordered maps throughout: pages come in order, and strangers, who choose addresses, choose no hash.
#[derive(Default)]
struct State {
    rows: BTreeMap<Key, Row>,
    claims: BTreeMap<Claim, Key>,
    terms: BTreeMap<Term, BTreeSet<Key>>,
    verifiers: BTreeMap<Key, Verifier>,
    journal: BTreeMap<Stream, Vec<JournalEntry>>,
    changes: BTreeSet<ChangeId>,
    /// What each commit appended, in their order.
    spans: Vec<(ChangeId, Span)>,
    notes: BTreeMap<Key, Note>,
}

impl State {
    /// Refuses a change that cannot be applied whole. What the change itself has moved already stands in
    /// small overlays, so that nothing has to be undone.
    fn check(&self, change: &ChangeSet) -> Result<(), StoreError> {
        if self.changes.contains(&change.id) {
            return Err(StoreError::Done);
        }
        for expect in &change.expect {
            if self.seq(&expect.stream) != expect.seq {
                return Err(StoreError::Conflict);
            }
        }

        let mut holders: BTreeMap<&Claim, Option<&Key>> = BTreeMap::new();
        for (claim, key) in &change.release {
            let holder = holders.entry(claim).or_insert_with(|| self.claims.get(claim));
            if *holder != Some(key) {
                return Err(StoreError::Conflict);
            }
            *holder = None;
        }
        for (claim, key) in &change.take {
            let holder = holders.entry(claim).or_insert_with(|| self.claims.get(claim));
            if holder.is_some_and(|other| other != key) {
                return Err(StoreError::Claimed(claim.clone()));
            }
            *holder = Some(key);
        }

        let mut versions: BTreeMap<&Key, Option<u64>> = BTreeMap::new();
        for set in &change.verifiers {
            let version =
                versions.entry(&set.key).or_insert_with(|| self.verifiers.get(&set.key).map(|v| v.version));
            if *version != set.expect {
                return Err(StoreError::Conflict);
            }
            *version = set.secret.is_some().then(|| next(set.expect));
        }

        let there = |stream: &Stream, seq| (1..=self.seq(stream)).contains(&seq);
        if !change.redact.iter().all(|redaction| there(&redaction.stream, redaction.seq)) {
            return Err(StoreError::Conflict);
        }

        let mut seqs: BTreeMap<&Stream, u64> = BTreeMap::new();
        for entry in &change.append {
            let seq = seqs.entry(&entry.stream).or_insert_with(|| self.seq(&entry.stream));
            if seq.checked_add(1) != Some(entry.seq) {
                return Err(StoreError::Conflict);
            }
            *seq = entry.seq;
        }
        Ok(())
    }

    /// Applies a change that was checked: nothing in here fails.
    fn apply(&mut self, change: &ChangeSet) {
        for (claim, _) in &change.release {
            self.claims.remove(claim);
        }
        self.claims.extend(change.take.iter().cloned());
        for key in &change.delete {
            self.rows.remove(key);
        }
        self.rows.extend(change.put.iter().map(|row| (row.key.clone(), row.clone())));
        for (term, key) in &change.unfile {
            if let Some(keys) = self.terms.get_mut(term) {
                keys.remove(key);
                if keys.is_empty() {
                    self.terms.remove(term);
                }
            }
        }
        for (term, key) in &change.file {
            self.terms.entry(term.clone()).or_default().insert(key.clone());
        }
        for set in &change.verifiers {
            match &set.secret {
                Some(secret) => {
                    let verifier = Verifier {
                        version: next(set.expect),
                        secret: secret.clone(),
                        failures: 0,
                        failed_at: None,
                    };
                    self.verifiers.insert(set.key.clone(), verifier);
                }
                None => {
                    self.verifiers.remove(&set.key);
                }
            }
        }
        self.spans.extend(change.spans().into_iter().map(|span| (change.id, span)));
        for key in &change.forget {
            self.notes.remove(key);
        }
        for redaction in &change.redact {
            let place = usize::try_from(redaction.seq).ok().and_then(|seq| seq.checked_sub(1));
            let entries = self.journal.get_mut(&redaction.stream);
            if let Some(entry) = entries.zip(place).and_then(|(entries, place)| entries.get_mut(place)) {
                entry.version = redaction.version;
                entry.body.clone_from(&redaction.body);
            }
        }
        for entry in &change.append {
            self.journal.entry(entry.stream.clone()).or_default().push(entry.clone());
        }
        if !change.append.is_empty() {
            self.changes.insert(change.id);
        }
    }

    fn entries(&self, stream: &Stream) -> &[JournalEntry] {
        self.journal.get(stream).map(Vec::as_slice).unwrap_or_default()
    }

    /// The entries of one stream within the times and after the place of a query. Time never goes back in a
    /// stream and its sequence has no gaps, so nothing is searched through.
    fn span(&self, stream: &Stream, query: &JournalQuery) -> &[JournalEntry] {
        let entries = self.entries(stream);
        let mut start = query.since.map_or(0, |since| entries.partition_point(|entry| entry.at < since));
        let mut end =
            query.until.map_or(entries.len(), |until| entries.partition_point(|entry| entry.at <= until));
        if let Some((last, seq)) = &query.after {
            let seq = usize::try_from(*seq).unwrap_or(usize::MAX);
            match (query.order, stream.cmp(last)) {
                (Order::Oldest, Ordering::Less) | (Order::Newest, Ordering::Greater) => end = 0,
                (Order::Oldest, Ordering::Equal) => start = start.max(seq),
                (Order::Newest, Ordering::Equal) => end = end.min(seq.saturating_sub(1)),
                _ => {}
            }
        }
        entries.get(start..end).unwrap_or_default()
    }

    /// The mark after so many spans.
    fn mark(&self, count: usize) -> Mark {
        let last = count.checked_sub(1).and_then(|last| self.spans.get(last));
        last.map_or_else(Mark::beginning, |(change, _)| Mark::new(format!("{count}.{change}")))
    }

    /// How many spans lie before a mark.
    fn before(&self, mark: &Mark) -> Option<usize> {
        if *mark == Mark::beginning() {
            return Some(0);
        }
        let count = mark.as_str().split('.').next()?.parse().ok()?;
        (self.mark(count) == *mark).then_some(count)
    }

    fn seq(&self, stream: &Stream) -> u64 {
        self.entries(stream).last().map_or(0, |last| last.seq)
    }
}

fn next(version: Option<u64>) -> u64 {
    version.unwrap_or(0).saturating_add(1)
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.rows.values() {
            writeln!(f, "row {} v{} {}", row.key, row.version, row.body)?;
        }
        for (claim, key) in &self.claims {
            writeln!(f, "claim {claim} {key}")?;
        }
        for (term, keys) in &self.terms {
            writeln!(f, "term {term} {keys:?}")?;
        }
        for (key, Verifier { version, secret, failures, failed_at }) in &self.verifiers {
            writeln!(f, "verifier {key} v{version} {secret} {failures} {failed_at:?}")?;
        }
        for entry in self.journal.values().flatten() {
            writeln!(f, "{entry:?}")?;
        }
        writeln!(f, "changes {:?}", self.changes)?;
        for (change, span) in &self.spans {
            writeln!(f, "{change} {span:?}")?;
        }
        for note in self.notes.values() {
            writeln!(f, "{note:?}")?;
        }
        Ok(())
    }
}

struct Snapshot<'a>(&'a State);

impl ReadTxn for Snapshot<'_> {
    fn rows(&mut self, keys: &[Key]) -> Result<Vec<Option<Row>>, StoreError> {
        Ok(keys.iter().map(|key| self.0.rows.get(key).cloned()).collect())
    }

    fn claimed(&mut self, claims: &[Claim]) -> Result<Vec<Option<Row>>, StoreError> {
        let State { claims: held, rows, .. } = self.0;
        Ok(claims.iter().map(|claim| rows.get(held.get(claim)?).cloned()).collect())
    }

    fn rows_by_prefix(&mut self, prefix: &str, range: &Range) -> Result<Vec<Row>, StoreError> {
        let from = match &range.after {
            Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
            _ => Bound::Included(prefix),
        };
        Ok(self
            .0
            .rows
            .range::<str, _>((from, Bound::Unbounded))
            .map(|(_, row)| row)
            .take_while(|row| row.key.as_str().starts_with(prefix))
            .take(range.limit)
            .cloned()
            .collect())
    }

    fn rows_by_term(&mut self, term: &Term, range: &Range) -> Result<Vec<Row>, StoreError> {
        let Some(keys) = self.0.terms.get(term) else { return Ok(Vec::new()) };
        let from: Bound<&Key> = range.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        Ok(keys
            .range::<Key, _>((from, Bound::Unbounded))
            .filter_map(|key| self.0.rows.get(key))
            .take(range.limit)
            .cloned()
            .collect())
    }

    fn journal(&mut self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let streams: BTreeSet<&Stream> = query.streams.iter().collect();
        let wanted = |entry: &&JournalEntry| {
            query.subject.as_ref().is_none_or(|subject| *subject == entry.subject)
                && query.actor.as_ref().is_none_or(|actor| *actor == entry.actor)
        };
        let spans = streams.into_iter().map(|stream| self.0.span(stream, query));
        Ok(match query.order {
            Order::Oldest => spans.flatten().filter(wanted).take(query.limit).cloned().collect(),
            Order::Newest => spans
                .rev()
                .flat_map(|span| span.iter().rev())
                .filter(wanted)
                .take(query.limit)
                .cloned()
                .collect(),
        })
    }

    fn heads(&mut self, streams: &[Stream]) -> Result<Vec<Option<Head>>, StoreError> {
        let head = |stream| self.0.entries(stream).last().map(|last| Head { seq: last.seq, at: last.at });
        Ok(streams.iter().map(head).collect())
    }

    fn mark(&mut self) -> Result<Mark, StoreError> {
        Ok(self.0.mark(self.0.spans.len()))
    }

    fn moved(&mut self, since: &Mark, limit: usize) -> Result<Moved, StoreError> {
        let before = self.0.before(since).ok_or_else(|| StoreError::UnknownMark(since.clone()))?;
        let spans: Vec<Span> =
            self.0.spans.iter().skip(before).take(limit).map(|(_, span)| span.clone()).collect();
        let mark = self.0.mark(before + spans.len());
        Ok(Moved { spans, mark })
    }

    fn verifiers(&mut self, keys: &[Key]) -> Result<Vec<Option<Verifier>>, StoreError> {
        Ok(keys.iter().map(|key| self.0.verifiers.get(key).cloned()).collect())
    }

    fn notes(&mut self, keys: &[Key]) -> Result<Vec<Option<Note>>, StoreError> {
        Ok(keys.iter().map(|key| self.0.notes.get(key).cloned()).collect())
    }

    fn committed(&mut self, change: &ChangeId) -> Result<bool, StoreError> {
        Ok(self.0.changes.contains(change))
    }
}
