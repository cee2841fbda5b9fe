//! How the view stays current: built from a store, told of every commit made here, looking for those made elsewhere.
//!
//! Whoever waits for the store never holds the view's lock: the two are taken in one order alone, so nobody waits
//! for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::{AccessView, Beyond, Digest, NewRow, News, ViewOptions, ViewState};
use crate::device::DeviceSecret;
use crate::entity::Entity;
use crate::error::{Code, Error, ErrorKind};
use crate::event::Event;
use crate::id::ChangeId;
use crate::store::{
    ChangeSet, JournalQuery, Key, Mark, Range, ReadTxn, Row, Span, Store, StoreError, Stream,
};
use crate::time::Timestamp;

/// The kinds of rows that it is built from.
const KINDS: [&str; 9] = ["org_", "usr_", "dom/", "mem/", "mbx_", "als/", "fre/", "grt/", "dev_"];
/// How many rows, entries or spans are fetched at a time.
const CHUNK: usize = 1_000;
/// Beyond so many new entries it is built anew.
const MOST_NEWS: u64 = 200_000;

/// How often a view is built anew while others keep the store moving, before that is given up.
const BUILDS: usize = 3;
/// A store that is away is not asked again for so long, where questions are answered all the same.
const RETRY: Duration = Duration::from_secs(1);
/// Clocks of several threads are read at slightly different times.
const SLACK: Duration = Duration::from_millis(100);

/// An access view, and how it follows its store.
pub(crate) struct View {
    options: ViewOptions,
    key: [u8; 16],
    state: RwLock<State>,
    /// One look at a time; how the last one ended.
    looking: Mutex<Outcome>,
    /// How many looks have begun.
    begun: AtomicU64,
    /// When it last looked, in milliseconds.
    looked_at: AtomicI64,
    /// When the store was last away, in milliseconds.
    away_at: AtomicI64,
    /// Something may have been committed here that it does not know.
    doubtful: AtomicBool,
}

/// How the look of this number ended: the error's code and message, where it failed.
struct Outcome {
    number: u64,
    failed: Option<(Code, String)>,
}

struct State {
    access: AccessView,
    /// Up to where it has followed. What was committed here since, it knows all the same.
    mark: Mark,
    /// The last change that was committed here since.
    own: Option<ChangeId>,
    /// What was learnt while another state is being built, to be learnt by that one too.
    meanwhile: Option<Vec<News>>,
}

impl View {
    /// Reads all of a store.
    pub(crate) fn build(
        store: &dyn Store,
        options: ViewOptions,
        key: [u8; 16],
        now: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self {
            options,
            key,
            state: RwLock::new(State::build(store, key)?),
            looking: Mutex::new(Outcome { number: 0, failed: None }),
            begun: AtomicU64::new(0),
            looked_at: AtomicI64::new(now.as_millis()),
            away_at: AtomicI64::new(i64::MIN),
            doubtful: AtomicBool::new(false),
        })
    }

    pub(crate) fn read<T>(&self, question: impl FnOnce(&AccessView) -> T) -> T {
        question(&self.state.read().unwrap_or_else(PoisonError::into_inner).access)
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn looked_at(&self) -> Timestamp {
        Timestamp::from_millis(self.looked_at.load(Ordering::Acquire))
    }

    pub(crate) fn state(&self, now: Timestamp) -> ViewState {
        let [users, mailboxes, grants, devices] = self.read(AccessView::counts);
        let (behind, bound) = (now.since(self.looked_at()), self.options.bound);
        ViewState { behind, bound, users, mailboxes, grants, devices }
    }

    /// Looks at the store where the view may be further behind than its bound.
    pub(crate) fn freshen(&self, store: &dyn Store, now: Timestamp) -> Result<(), Error> {
        if !self.is_due(now) {
            return Ok(());
        }
        let answers = self.options.beyond == Beyond::Answer;
        // Nobody waits for a store that is away, nor for whoever may be waiting for it. A strict view is never
        // behind a store that is there, so there everybody waits for the first who finds it away.
        let may_be_away = || !self.options.bound.is_zero() && self.looking.try_lock().is_err();
        if answers && (self.was_away_lately(now) || may_be_away()) {
            return Ok(());
        }
        match self.look(store, now) {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                self.away_at.store(now.as_millis(), Ordering::Release);
                if answers { Ok(()) } else { Err(self.stale(now, error)) }
            }
            outcome => outcome,
        }
    }

    fn stale(&self, now: Timestamp, cause: Error) -> Error {
        let behind = u64::try_from(now.since(self.looked_at()).as_millis()).unwrap_or(u64::MAX);
        let message = "the access view is older than its bound, and the store cannot be asked: try again";
        Error::new(Code::ViewStale, message).with("behind_ms", behind).caused_by(cause)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let (looked_at, bound) = (self.looked_at(), self.options.bound);
        // A clock that was put back says nothing about how long ago that was.
        let was_put_back = looked_at.since(now) > SLACK.min(bound);
        self.doubtful.load(Ordering::Acquire) || now.since(looked_at) >= bound || was_put_back
    }

    fn was_away_lately(&self, now: Timestamp) -> bool {
        let away_at = self.away_at.load(Ordering::Acquire);
        away_at != i64::MIN && now.since(Timestamp::from_millis(away_at)) < RETRY
    }

    /// Takes in what was committed elsewhere before it was called. Those who wait while somebody looks share one look
    /// that begins after they came.
    pub(crate) fn look(&self, store: &dyn Store, now: Timestamp) -> Result<(), Error> {
        let came = self.begun.load(Ordering::SeqCst);
        let mut last = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if last.number > came {
            return match &last.failed {
                None => Ok(()),
                Some((code, message)) => Err(Error::new(*code, message.as_str())),
            };
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        // Whoever doubts from now on doubts this look too.
        let doubted = self.doubtful.swap(false, Ordering::SeqCst);
        let outcome = self.take_in_all(store);
        match &outcome {
            Ok(()) => self.looked_at.store(now.as_millis(), Ordering::Release),
            // A look that failed says nothing against what is known: it only grows older.
            Err(_) if doubted => self.doubt(),
            Err(_) => {}
        }
        let failed = outcome.as_ref().err().map(|error| (error.code(), error.to_string()));
        *last = Outcome { number, failed };
        outcome
    }

    /// The next question looks at the store, whatever the bound.
    pub(crate) fn doubt(&self) {
        self.doubtful.store(true, Ordering::SeqCst);
    }

    /// The same, and looks at once. Where that fails the next question tries again.
    pub(crate) fn catch_up(&self, store: &dyn Store, now: Timestamp) {
        self.doubt();
        let _ = self.look(store, now);
    }

    /// Takes in a commit that was made here. Where it does not follow on what is known, something was committed
    /// elsewhere in between, and it looks at the store.
    pub(crate) fn committed(&self, store: &dyn Store, change: &ChangeSet, rows: Vec<NewRow>, now: Timestamp) {
        let spans = change.spans();
        let news = News::of(change, &spans, rows);
        let follows = self.write(|state| {
            let follows = spans.iter().all(|span| state.access.seq(&span.stream) == span.after);
            if follows {
                state.access.learn(&news);
                state.own = Some(change.id).filter(|_| !spans.is_empty()).or(state.own);
                if let Some(meanwhile) = &mut state.meanwhile {
                    meanwhile.push(news);
                }
            }
            follows
        });
        if !follows {
            self.catch_up(store, now);
        }
    }

    fn take_in_all(&self, store: &dyn Store) -> Result<(), Error> {
        let (since, own) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (state.mark.clone(), state.own)
        };
        let known = |stream: &Stream| self.read(|access| access.seq(stream));
        match ask(store, |txn| news_since(txn, &since, own, &known))? {
            Some((news, mark)) => {
                self.write(|state| {
                    state.access.learn(&news);
                    state.mark = mark;
                    // It lies before the mark now, or a later one has come.
                    state.own = state.own.filter(|last| Some(*last) != own);
                });
                Ok(())
            }
            // Too much, or the store was put back to an earlier day: what is known may be wrong.
            None => self.build_anew(store),
        }
    }

    fn build_anew(&self, store: &dyn Store) -> Result<(), Error> {
        self.write(|state| state.meanwhile = Some(Vec::new()));
        let built = State::build_to_the_end(store, self.key);
        let former = self.write(|state| {
            let meanwhile = state.meanwhile.take().unwrap_or_default();
            built.map(|mut built| {
                meanwhile.iter().for_each(|news| built.access.learn(news));
                built.own = state.own.filter(|_| !meanwhile.is_empty());
                std::mem::replace(state, built)
            })
        });
        if former.is_err() {
            // What is known is known to be wrong.
            self.doubt();
        }
        // Millions of entries go here, and nobody waits for that.
        former.map(drop)
    }
}

/// Runs a question on one snapshot.
fn ask<T>(
    store: &dyn Store,
    mut question: impl FnMut(&mut dyn ReadTxn) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut answer = None;
    store.read(&mut |txn| {
        answer = Some(question(txn));
        Ok(())
    })?;
    answer.unwrap_or_else(|| Err(Error::new(Code::StoreUnavailable, "the store did not read")))
}

/// What was committed since a mark and is not known yet; none where it is better to build anew.
fn news_since(
    txn: &mut dyn ReadTxn,
    since: &Mark,
    own: Option<ChangeId>,
    known: &dyn Fn(&Stream) -> u64,
) -> Result<Option<(News, Mark)>, Error> {
    if let Some(own) = own
        && !txn.committed(&own)?
    {
        // What was committed here last is gone: the store was put back.
        return Ok(None);
    }
    let (mut mark, mut unknown, mut count) = (since.clone(), Vec::new(), 0);
    loop {
        let moved = match txn.moved(&mark, CHUNK) {
            Ok(moved) => moved,
            Err(StoreError::UnknownMark(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let more = moved.mark != mark;
        mark = moved.mark;
        for span in moved.spans {
            let after = span.after.max(known(&span.stream));
            if after < span.up_to {
                count += span.up_to - after;
                unknown.push(Span { after, ..span });
            }
        }
        if count > MOST_NEWS {
            return Ok(None);
        }
        if !more {
            break;
        }
    }
    let touched = touched(txn, &unknown)?;
    Ok(Some((read_again(txn, touched)?, mark)))
}

impl State {
    fn build(store: &dyn Store, key: [u8; 16]) -> Result<Self, Error> {
        ask(store, |txn| Self::read(txn, key))
    }

    /// The same, with what was committed while it was built.
    fn build_to_the_end(store: &dyn Store, key: [u8; 16]) -> Result<Self, Error> {
        for _ in 0..BUILDS {
            let mut built = Self::build(store, key)?;
            let known = |stream: &Stream| built.access.seq(stream);
            if let Some((news, mark)) = ask(store, |txn| news_since(txn, &built.mark, None, &known))? {
                built.access.learn(&news);
                built.mark = mark;
                return Ok(built);
            }
        }
        Err(Error::new(Code::StoreBusy, "the store moves faster than it can be read: try again"))
    }

    fn read(txn: &mut dyn ReadTxn, key: [u8; 16]) -> Result<Self, Error> {
        let mut access = AccessView::new(key);
        let mark = txn.mark()?;
        for kind in KINDS {
            let mut range = Range { after: None, limit: CHUNK };
            loop {
                let rows = txn.rows_by_prefix(kind, &range)?;
                let more = rows.len() >= CHUNK;
                range.after = rows.last().map(|row| row.key.clone());
                let entities: Vec<Entity> = rows.iter().filter_map(readable).collect();
                let digests = digests_of(txn, entities.iter())?;
                for entity in &entities {
                    access.put(entity, &digests);
                }
                if kind == "org_" || kind == "usr_" {
                    let streams: Vec<Stream> = entities.iter().map(Entity::stream).collect();
                    for (stream, head) in streams.iter().zip(txn.heads(&streams)?) {
                        head.into_iter().for_each(|head| access.stand(stream, head));
                    }
                }
                if !more {
                    break;
                }
            }
        }
        Ok(Self { access, mark, own: None, meanwhile: None })
    }
}

/// The entity of a row. One that cannot be read, such as a newer version's, gives nobody access, and stops no other.
fn readable(row: &Row) -> Option<Entity> {
    Entity::read(row).ok()
}

/// The rows that these entries changed, each with its stream.
fn touched(txn: &mut dyn ReadTxn, spans: &[Span]) -> Result<BTreeMap<Key, Stream>, Error> {
    let mut touched = BTreeMap::new();
    for span in spans {
        let mut after = span.after;
        while after < span.up_to {
            let left = usize::try_from(span.up_to - after).unwrap_or(usize::MAX);
            let entries = txn.journal(&JournalQuery {
                streams: vec![span.stream.clone()],
                after: Some((span.stream.clone(), after)),
                limit: left.min(CHUNK),
                ..JournalQuery::default()
            })?;
            let Some(last) = entries.last() else { break };
            after = last.seq;
            for entry in &entries {
                touched.insert(Event::key_of(entry)?, entry.stream.clone());
            }
        }
    }
    Ok(touched)
}

/// These rows as they are now, and where their streams stand.
fn read_again(txn: &mut dyn ReadTxn, touched: BTreeMap<Key, Stream>) -> Result<News, Error> {
    let mut news = News::default();
    let streams: BTreeSet<Stream> = touched.values().cloned().collect();
    let (keys, changed_by): (Vec<Key>, Vec<Stream>) = touched.into_iter().unzip();
    for (keys, changed_by) in keys.chunks(CHUNK).zip(changed_by.chunks(CHUNK)) {
        let rows = txn.rows(keys)?;
        let entities: Vec<Option<Entity>> = rows.iter().map(|row| row.as_ref().and_then(readable)).collect();
        news.digests.extend(digests_of(txn, entities.iter().flatten())?);
        let rows = keys.iter().zip(changed_by).zip(entities);
        news.rows.extend(rows.map(|((key, stream), entity)| NewRow {
            key: key.clone(),
            stream: stream.clone(),
            entity,
        }));
    }
    let streams: Vec<Stream> = streams.into_iter().collect();
    for some in streams.chunks(CHUNK) {
        let heads = some.iter().zip(txn.heads(some)?);
        news.heads.extend(heads.filter_map(|(stream, head)| head.map(|head| (stream.clone(), head))));
    }
    Ok(news)
}

/// The digests of the passwords of those that are devices.
fn digests_of<'e>(
    txn: &mut dyn ReadTxn,
    entities: impl Iterator<Item = &'e Entity>,
) -> Result<FxHashMap<Key, Option<Digest>>, Error> {
    let secrets = entities.filter_map(|entity| match entity {
        Entity::Device(device) if device.secret != DeviceSecret::Legacy => Some(device.secrets()),
        _ => None,
    });
    let keys: Vec<Key> = secrets.flatten().collect();
    if keys.is_empty() {
        return Ok(FxHashMap::default());
    }
    let verifiers = txn.verifiers(&keys)?;
    let digests =
        verifiers.into_iter().map(|verifier| verifier.and_then(|verifier| Digest::of(&verifier.secret)));
    Ok(keys.into_iter().zip(digests).collect())
}
