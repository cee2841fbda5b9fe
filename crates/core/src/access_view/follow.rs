//! How the view stays current: built from a store, told of every commit made here, looking for those made elsewhere.
//!
//! Whoever waits for the store never holds the view's lock: the two are taken in one order alone, so nobody waits
//! for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::{AccessView, Beyond, Digest, NewRow, News, ViewOptions, ViewState};
use crate::device::DeviceSecret;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::store::{
    ChangeSet, Head, JournalQuery, Key, Mark, Range, ReadTxn, Span, Store, StoreError, Stream,
};
use crate::time::Timestamp;

/// The kinds of rows that it is built from.
const KINDS: [&str; 9] = ["org_", "usr_", "dom/", "mem/", "mbx_", "als/", "fre/", "grt/", "dev_"];
/// How many rows, entries or spans are fetched at a time.
const CHUNK: usize = 1_000;
/// Beyond so many new entries it is built anew.
const MOST_NEWS: u64 = 200_000;

/// An access view, and how it follows its store.
pub(crate) struct View {
    options: ViewOptions,
    key: [u8; 16],
    state: RwLock<State>,
    /// One look at a time.
    looking: Mutex<()>,
    /// When it last looked, in milliseconds.
    looked_at: AtomicI64,
}

struct State {
    access: AccessView,
    /// Up to where it has followed. What was committed here since, it knows all the same.
    mark: Mark,
}

impl View {
    /// Reads all of a store.
    pub(crate) fn build(
        store: &dyn Store,
        options: ViewOptions,
        key: [u8; 16],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let state = RwLock::new(State::build(store, key)?);
        let looked_at = AtomicI64::new(now.as_millis());
        Ok(Self { options, key, state, looking: Mutex::new(()), looked_at })
    }

    pub(crate) fn read<T>(&self, question: impl FnOnce(&AccessView) -> T) -> T {
        question(&self.state.read().unwrap_or_else(PoisonError::into_inner).access)
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn state(&self, now: Timestamp) -> ViewState {
        let [users, mailboxes, grants, devices] = self.read(AccessView::counts);
        let looked_at = Timestamp::from_millis(self.looked_at.load(Ordering::Acquire));
        ViewState {
            behind: now.since(looked_at),
            bound: self.options.bound,
            users,
            mailboxes,
            grants,
            devices,
        }
    }

    /// Looks at the store where the view may be further behind than its bound.
    pub(crate) fn freshen(&self, store: &dyn Store, now: Timestamp) -> Result<(), Error> {
        if !self.is_due(now) {
            return Ok(());
        }
        match self.look(store, now) {
            Ok(()) => Ok(()),
            Err(_) if self.options.beyond == Beyond::Answer => Ok(()),
            Err(error) => {
                let behind = self.state(now).behind.as_millis();
                let message =
                    "the access view is older than its bound, and the store cannot be asked: try again";
                Err(Error::new(Code::ViewStale, message)
                    .with("behind_ms", u64::try_from(behind).unwrap_or(u64::MAX))
                    .caused_by(error))
            }
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let looked_at = Timestamp::from_millis(self.looked_at.load(Ordering::Acquire));
        // A clock that was put back says nothing about how long ago that was.
        now.since(looked_at) >= self.options.bound || now < looked_at
    }

    /// Takes in what was committed elsewhere.
    pub(crate) fn look(&self, store: &dyn Store, now: Timestamp) -> Result<(), Error> {
        let _one = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.options.bound.is_zero() && !self.is_due(now) {
            // Somebody else just did.
            return Ok(());
        }
        let mut news = self.news(store)?;
        if news.is_none() {
            // Too much, or the store was put back to an earlier day: what is known may be wrong.
            let built = State::build(store, self.key)?;
            self.write(|state| *state = built);
            // What was committed here meanwhile was learnt by the state that is gone.
            news = self.news(store)?;
        }
        if let Some((news, mark)) = news {
            self.write(|state| {
                state.access.learn(&news);
                state.mark = mark;
            });
        }
        self.looked_at.store(now.as_millis(), Ordering::Release);
        Ok(())
    }

    /// The next question looks at the store, whatever the bound.
    pub(crate) fn doubt(&self) {
        self.looked_at.store(i64::MIN, Ordering::Release);
    }

    /// Takes in a commit that was made here. Where it does not follow on what is known, something was committed
    /// elsewhere in between, and it looks at the store.
    pub(crate) fn committed(&self, store: &dyn Store, change: &ChangeSet, rows: Vec<NewRow>, now: Timestamp) {
        let digests = change
            .verifiers
            .iter()
            .map(|set| (set.key.clone(), set.secret.as_deref().and_then(digest)))
            .collect();
        let spans = change.spans();
        let head = |span: &Span| {
            let last = change.append.iter().rev().find(|entry| entry.stream == span.stream);
            last.map(|last| (span.stream.clone(), Head { seq: last.seq, at: last.at }))
        };
        let news = News { rows, digests, heads: spans.iter().filter_map(head).collect() };
        let follows = self.write(|state| {
            let follows = spans.iter().all(|span| state.access.seq(&span.stream) == span.after);
            if follows {
                state.access.learn(&news);
            }
            follows
        });
        if !follows {
            self.doubt();
            // Where that fails the next question tries again.
            let _ = self.look(store, now);
        }
    }

    /// What was committed since the mark and is not known yet; none where it is better to build anew.
    fn news(&self, store: &dyn Store) -> Result<Option<(News, Mark)>, Error> {
        let since = self.state.read().unwrap_or_else(PoisonError::into_inner).mark.clone();
        let mut found = None;
        let read = store.read(&mut |txn| {
            found = Some(self.news_since(txn, &since));
            Ok(())
        });
        match (read, found) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(found)) => found,
            (Ok(()), None) => Err(Error::new(Code::StoreUnavailable, "the store did not read")),
        }
    }

    fn news_since(&self, txn: &mut dyn ReadTxn, since: &Mark) -> Result<Option<(News, Mark)>, Error> {
        let (mut mark, mut unknown, mut count) = (since.clone(), Vec::new(), 0);
        loop {
            let moved = match txn.moved(&mark, CHUNK) {
                Ok(moved) => moved,
                Err(StoreError::UnknownMark(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let more = moved.mark != mark;
            mark = moved.mark;
            self.read(|access| {
                for span in moved.spans {
                    let known = access.seq(&span.stream);
                    if known < span.up_to {
                        let after = span.after.max(known);
                        count += span.up_to - after;
                        unknown.push(Span { after, ..span });
                    }
                }
            });
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
}

impl State {
    fn build(store: &dyn Store, key: [u8; 16]) -> Result<Self, Error> {
        let mut built = None;
        store.read(&mut |txn| {
            built = Some(Self::read(txn, key));
            Ok(())
        })?;
        built.unwrap_or_else(|| Err(Error::new(Code::StoreUnavailable, "the store did not read")))
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
                let entities = rows.iter().map(Entity::read).collect::<Result<Vec<_>, _>>()?;
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
        Ok(Self { access, mark })
    }
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
                touched.insert(Event::read(entry)?.key(), entry.stream.clone());
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
        let entities = rows
            .iter()
            .map(|row| row.as_ref().map(Entity::read).transpose())
            .collect::<Result<Vec<_>, _>>()?;
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
        verifiers.into_iter().map(|verifier| verifier.and_then(|verifier| digest(&verifier.secret)));
    Ok(keys.into_iter().zip(digests).collect())
}

/// Of the hexadecimal text that is kept; none of anything else, such as a PHC string.
fn digest(secret: &str) -> Option<Digest> {
    let bytes = data_encoding::HEXLOWER.decode(secret.as_bytes()).ok()?;
    Some(Digest(bytes.try_into().ok()?))
}
