//! Looking at a store through nothing but its contract.

use std::collections::BTreeSet;
use std::fmt::Write;

use mailgrant::ChangeId;
use mailgrant::store::{
    ChangeSet, Claim, JournalEntry, JournalQuery, Key, Mark, Range, ReadTxn, Row, Store, StoreError, Stream,
    Term,
};

/// What one read gives.
///
/// ```
/// use mailgrant::MemoryStore;
/// use mailgrant::store::Stream;
/// use mailgrant_store_check::look;
///
/// let heads = look(&MemoryStore::new(), |read| read.heads(&[Stream::new("org_a")]));
/// assert_eq!(heads, [None]);
/// ```
#[track_caller]
pub fn look<T>(store: &dyn Store, mut question: impl FnMut(&mut dyn ReadTxn) -> Result<T, StoreError>) -> T {
    let mut answer = None;
    let read = store.read(&mut |read| {
        answer = Some(question(read)?);
        Ok(())
    });
    if let Err(error) = read {
        panic!("a read fails: {error}");
    }
    answer.expect("a read that succeeds has run its body")
}

/// All that a store tells of the names that these changes mention, and all its rows: equal text means that
/// nothing has changed that any reader could see.
///
/// ```
/// use mailgrant::MemoryStore;
/// use mailgrant::store::Store;
/// use mailgrant_store_check::{Change, dump};
///
/// let store = MemoryStore::new();
/// let stale = Change::new(1).expect("org_a", 7).put("mbx_a", "{}");
/// let before = dump(&store, &[&stale]);
/// store.commit(&stale).unwrap_err();
/// assert_eq!(dump(&store, &[&stale]), before);
/// ```
pub fn dump(store: &dyn Store, changes: &[&ChangeSet]) -> String {
    let mut keys = BTreeSet::<Key>::new();
    let mut claims = BTreeSet::<Claim>::new();
    let mut terms = BTreeSet::<Term>::new();
    let mut streams = BTreeSet::<Stream>::new();
    let mut ids = BTreeSet::<ChangeId>::new();
    for change in changes {
        ids.insert(change.id);
        streams.extend(change.expect.iter().map(|expect| expect.stream.clone()));
        streams.extend(change.append.iter().map(|entry| entry.stream.clone()));
        streams.extend(change.redact.iter().map(|redaction| redaction.stream.clone()));
        claims.extend(change.release.iter().chain(&change.take).map(|(claim, _)| claim.clone()));
        terms.extend(change.unfile.iter().chain(&change.file).map(|(term, _)| term.clone()));
        keys.extend(change.put.iter().map(|row| row.key.clone()));
        keys.extend(change.delete.iter().cloned());
        keys.extend(change.verifiers.iter().map(|verifier| verifier.key.clone()));
        keys.extend(change.forget.iter().cloned());
    }
    let (keys, claims): (Vec<_>, Vec<_>) = (keys.into_iter().collect(), claims.into_iter().collect());
    let streams: Vec<_> = streams.into_iter().collect();
    look(store, |read| {
        let mut text = String::new();
        let all = Range { after: None, limit: usize::MAX };
        for row in read.rows_by_prefix("", &all)? {
            writeln!(text, "{row:?}").unwrap();
        }
        for (claim, row) in claims.iter().zip(read.claimed(&claims)?) {
            writeln!(text, "{claim}: {row:?}").unwrap();
        }
        for term in &terms {
            writeln!(text, "{term}: {:?}", keys_of(&read.rows_by_term(term, &all)?)).unwrap();
        }
        for (key, verifier) in keys.iter().zip(read.verifiers(&keys)?) {
            let secret = verifier.as_ref().map(|verifier| verifier.secret.as_str());
            writeln!(text, "{key}: {verifier:?} {secret:?}").unwrap();
        }
        for (key, note) in keys.iter().zip(read.notes(&keys)?) {
            writeln!(text, "{key}: {note:?}").unwrap();
        }
        writeln!(text, "{:?}", read.heads(&streams)?).unwrap();
        for entry in read.journal(&every(&streams))? {
            writeln!(text, "{entry:?}").unwrap();
        }
        writeln!(text, "{} {:?}", read.mark()?, read.moved(&Mark::beginning(), usize::MAX)?).unwrap();
        for id in &ids {
            writeln!(text, "{id}: {}", read.committed(id)?).unwrap();
        }
        Ok(text)
    })
}

/// A query for all entries of these streams.
pub(crate) fn every(streams: &[Stream]) -> JournalQuery {
    JournalQuery { streams: streams.to_vec(), limit: usize::MAX, ..JournalQuery::default() }
}

pub(crate) fn entries(store: &dyn Store, stream: &str) -> Vec<JournalEntry> {
    look(store, |read| read.journal(&every(&[Stream::new(stream)])))
}

pub(crate) fn row(store: &dyn Store, key: &str) -> Option<Row> {
    look(store, |read| read.rows(&[Key::new(key)])).remove(0)
}

pub(crate) fn holder(store: &dyn Store, claim: &str) -> Option<String> {
    let row = look(store, |read| read.claimed(&[Claim::new(claim)])).remove(0);
    row.map(|row| row.key.to_string())
}

pub(crate) fn keys_of(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

pub(crate) fn seq(store: &dyn Store, stream: &str) -> u64 {
    look(store, |read| read.heads(&[Stream::new(stream)])).remove(0).map_or(0, |head| head.seq)
}
