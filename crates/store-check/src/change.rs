//! Change sets in few words.

use std::ops::Deref;

use mailgrant::store::{
    ChangeSet, Claim, Expect, JournalEntry, Key, Redaction, Row, Stream, Term, VerifierChange,
};
use mailgrant::{ChangeId, Timestamp};
use uuid::Uuid;

/// A change set in the making, for tests of stores.
///
/// ```
/// use mailgrant::MemoryStore;
/// use mailgrant::store::Store;
/// use mailgrant_store_check::Change;
///
/// let store = MemoryStore::new();
/// store.commit(&Change::new(1).expect("org_a", 0).put("mbx_a", "{}").append("org_a", 1))?;
/// # Ok::<(), mailgrant::store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Change(ChangeSet);

impl Change {
    /// An empty change set; equal numbers give equal ids.
    pub fn new(number: u128) -> Self {
        Self(ChangeSet {
            id: ChangeId::from_uuid(Uuid::from_u128(number)),
            expect: Vec::new(),
            release: Vec::new(),
            take: Vec::new(),
            delete: Vec::new(),
            put: Vec::new(),
            unfile: Vec::new(),
            file: Vec::new(),
            verifiers: Vec::new(),
            forget: Vec::new(),
            redact: Vec::new(),
            append: Vec::new(),
        })
    }

    /// Expects a head; kept in the order of the streams.
    pub fn expect(mut self, stream: &str, seq: u64) -> Self {
        self.0.expect.push(Expect { stream: Stream::new(stream), seq });
        self.0.expect.sort_by(|a, b| a.stream.cmp(&b.stream));
        self
    }

    /// Releases a claim.
    pub fn release(mut self, claim: &str, key: &str) -> Self {
        self.0.release.push((Claim::new(claim), Key::new(key)));
        self
    }

    /// Takes a claim.
    pub fn take(mut self, claim: &str, key: &str) -> Self {
        self.0.take.push((Claim::new(claim), Key::new(key)));
        self
    }

    /// Deletes a row.
    pub fn delete(mut self, key: &str) -> Self {
        self.0.delete.push(Key::new(key));
        self
    }

    /// Puts a row, of version 1.
    pub fn put(self, key: &str, body: &str) -> Self {
        self.row(Row { key: Key::new(key), version: 1, body: body.to_owned() })
    }

    /// Puts a row.
    pub fn row(mut self, row: Row) -> Self {
        self.0.put.push(row);
        self
    }

    /// Ends a term of a row.
    pub fn unfile(mut self, term: &str, key: &str) -> Self {
        self.0.unfile.push((Term::new(term), Key::new(key)));
        self
    }

    /// Files a row under a term.
    pub fn file(mut self, term: &str, key: &str) -> Self {
        self.0.file.push((Term::new(term), Key::new(key)));
        self
    }

    /// Sets a verifier, or removes it.
    pub fn verifier(mut self, key: &str, expect: Option<u64>, secret: Option<&str>) -> Self {
        let secret = secret.map(str::to_owned);
        self.0.verifiers.push(VerifierChange { key: Key::new(key), expect, secret });
        self
    }

    /// Forgets a note.
    pub fn forget(mut self, key: &str) -> Self {
        self.0.forget.push(Key::new(key));
        self
    }

    /// Rewrites the body of an entry, in the shape of version 2.
    pub fn redact(mut self, stream: &str, seq: u64, body: &str) -> Self {
        let body = body.to_owned();
        self.0.redact.push(Redaction { stream: Stream::new(stream), seq, version: 2, body });
        self
    }

    /// Appends an entry: at second `seq`, by `usr_a`, about `mbx_a`.
    pub fn append(self, stream: &str, seq: u64) -> Self {
        self.append_as(stream, seq, |_| ())
    }

    /// Appends an entry that differs from [`append`](Self::append)'s.
    pub fn append_as(mut self, stream: &str, seq: u64, alter: impl FnOnce(&mut JournalEntry)) -> Self {
        let mut entry = JournalEntry {
            stream: Stream::new(stream),
            seq,
            at: Timestamp::from_seconds(i64::try_from(seq).unwrap_or(i64::MAX)),
            change: self.0.id,
            actor: "usr_a".to_owned(),
            command: "open_mailbox".to_owned(),
            kind: "mailbox.opened".to_owned(),
            version: 1,
            subject: "mbx_a".to_owned(),
            body: "{}".to_owned(),
        };
        alter(&mut entry);
        self.0.append.push(entry);
        self
    }
}

impl Deref for Change {
    type Target = ChangeSet;

    fn deref(&self) -> &ChangeSet {
        &self.0
    }
}
