//! The suite itself: it runs every case there is, and stores that break the contract do not pass.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mailgrant::store::{
    ChangeSet, Claim, Head, JournalEntry, JournalQuery, Key, Mark, Moved, Note, Range, ReadTxn, Row, Store,
    StoreError, Stream, Term, Verifier,
};
use mailgrant::{ChangeId, MemoryStore, Timestamp};
use mailgrant_store_check::faults::{Fault, FaultyStore};
use mailgrant_store_check::{Change, NAMES, dump, run};

#[test]
fn every_case_is_run() {
    let sources = [
        include_str!("../src/cases/claims.rs"),
        include_str!("../src/cases/commits.rs"),
        include_str!("../src/cases/journal.rs"),
        include_str!("../src/cases/marks.rs"),
        include_str!("../src/cases/notes.rs"),
        include_str!("../src/cases/races.rs"),
        include_str!("../src/cases/rows.rs"),
        include_str!("../src/cases/terms.rs"),
        include_str!("../src/cases/verifiers.rs"),
    ];
    let written = sources.iter().map(|source| source.matches("\npub fn ").count()).sum::<usize>();
    assert_eq!(NAMES.len(), written);
}

/// One way to get it wrong.
#[derive(Debug, Clone, Copy)]
enum Flaw {
    HeadsUncompared,
    ReleasesForgotten,
    TakesFirst,
    DeletesLast,
    FilesFirst,
    VerifiersForgotten,
    EntriesForgotten,
    DoneUnsaid,
    ConflictUnsaid,
    ClaimMisnamed,
    EmptyChangesRecorded,
    AttemptsUncounted,
    AttemptsWithoutTime,
    OldestNoteStays,
    ReadErrorsSwallowed,
    CommitsTwice,
    RewritesNothing,
    RewritesItsOwn,
    ForgetsNothing,
    MovesLeftOut,
    MarksUnchecked,
}

const FLAWS: [Flaw; 21] = [
    Flaw::HeadsUncompared,
    Flaw::ReleasesForgotten,
    Flaw::TakesFirst,
    Flaw::DeletesLast,
    Flaw::FilesFirst,
    Flaw::VerifiersForgotten,
    Flaw::EntriesForgotten,
    Flaw::DoneUnsaid,
    Flaw::ConflictUnsaid,
    Flaw::ClaimMisnamed,
    Flaw::EmptyChangesRecorded,
    Flaw::AttemptsUncounted,
    Flaw::AttemptsWithoutTime,
    Flaw::OldestNoteStays,
    Flaw::ReadErrorsSwallowed,
    Flaw::CommitsTwice,
    Flaw::RewritesNothing,
    Flaw::RewritesItsOwn,
    Flaw::ForgetsNothing,
    Flaw::MovesLeftOut,
    Flaw::MarksUnchecked,
];

/// A snapshot that tells wrongly what moved.
struct FlawedRead<'a>(&'a mut dyn ReadTxn, Flaw);

macro_rules! as_it_is {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        impl ReadTxn for FlawedRead<'_> {
            $(fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.0.$name($($arg),*)
            })+

            fn moved(&mut self, since: &Mark, limit: usize) -> Result<Moved, StoreError> {
                let moved = self.0.moved(since, limit);
                match (self.1, moved) {
                    (Flaw::MovesLeftOut, Ok(mut moved)) => {
                        if moved.spans.len() > 1 {
                            moved.spans.pop();
                        }
                        Ok(moved)
                    }
                    (Flaw::MarksUnchecked, Err(StoreError::UnknownMark(mark))) => {
                        Ok(Moved { spans: Vec::new(), mark })
                    }
                    (_, moved) => moved,
                }
            }
        }
    };
}

as_it_is! {
    rows(keys: &[Key]) -> Vec<Option<Row>>;
    claimed(claims: &[Claim]) -> Vec<Option<Row>>;
    rows_by_prefix(prefix: &str, range: &Range) -> Vec<Row>;
    rows_by_term(term: &Term, range: &Range) -> Vec<Row>;
    journal(query: &JournalQuery) -> Vec<JournalEntry>;
    heads(streams: &[Stream]) -> Vec<Option<Head>>;
    mark() -> Mark;
    verifiers(keys: &[Key]) -> Vec<Option<Verifier>>;
    notes(keys: &[Key]) -> Vec<Option<Note>>;
    committed(change: &ChangeId) -> bool;
}

struct Flawed {
    inner: MemoryStore,
    flaw: Flaw,
}

impl Flawed {
    /// Commits a part alone, under an id of its own.
    fn part(&self, change: &ChangeSet, part: impl FnOnce(&mut ChangeSet)) -> Result<(), StoreError> {
        let mut alone = (*Change::new(0)).clone();
        alone.id = change.id;
        part(&mut alone);
        self.inner.commit(&alone)
    }
}

impl Store for Flawed {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let flaw = self.flaw;
        let read = self.inner.read(&mut |read| body(&mut FlawedRead(read, flaw)));
        if matches!(self.flaw, Flaw::ReadErrorsSwallowed) { Ok(()) } else { read }
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let mut changed = change.clone();
        match self.flaw {
            Flaw::HeadsUncompared => changed.expect.clear(),
            Flaw::ReleasesForgotten => changed.release.clear(),
            Flaw::TakesFirst => {
                self.part(change, |part| part.take = change.take.clone())?;
                changed.take.clear();
            }
            Flaw::DeletesLast => {
                changed.delete.clear();
                self.inner.commit(&changed)?;
                let mut rest = (*Change::new(0)).clone();
                rest.delete = change.delete.clone();
                return self.inner.commit(&rest);
            }
            Flaw::FilesFirst => {
                self.part(change, |part| part.file = change.file.clone())?;
                changed.file.clear();
            }
            Flaw::VerifiersForgotten => changed.verifiers.clear(),
            Flaw::EntriesForgotten => changed.append.clear(),
            Flaw::RewritesNothing => changed.redact.clear(),
            Flaw::RewritesItsOwn => {
                let rest = changed.redact.split_off(0);
                self.inner.commit(&changed)?;
                let mut alone = (*Change::new(0)).clone();
                alone.redact = rest;
                return self.inner.commit(&alone);
            }
            Flaw::ForgetsNothing => changed.forget.clear(),
            Flaw::EmptyChangesRecorded => {
                self.inner.commit(&changed)?;
                let stream = format!("hidden/{}", change.id);
                let mut entry = Change::new(0).append(&stream, 1);
                if change.append.is_empty() {
                    entry = Change::new(change.id.as_uuid().as_u128()).append(&stream, 1);
                }
                let _ = self.inner.commit(&entry);
                return Ok(());
            }
            Flaw::CommitsTwice => self.part(change, |part| {
                part.put = change.put.iter().map(|row| Row { version: 0, ..row.clone() }).collect();
            })?,
            _ => {}
        }
        match (self.flaw, self.inner.commit(&changed)) {
            (Flaw::DoneUnsaid, Err(StoreError::Done)) | (Flaw::ConflictUnsaid, Err(StoreError::Conflict)) => {
                Ok(())
            }
            (Flaw::ClaimMisnamed, Err(StoreError::Claimed(_))) => match change.take.first() {
                Some((claim, _)) => Err(StoreError::Claimed(claim.clone())),
                None => Ok(()),
            },
            (_, outcome) => outcome,
        }
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        match self.flaw {
            Flaw::AttemptsUncounted => self.inner.attempt(key, at).map(|count| count.min(2)),
            Flaw::AttemptsWithoutTime => self.inner.attempt(key, Timestamp::EPOCH),
            _ => self.inner.attempt(key, at),
        }
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        if !matches!(self.flaw, Flaw::OldestNoteStays) {
            return self.inner.note(notes);
        }
        notes.iter().try_for_each(|note| {
            let mut known = Vec::new();
            self.inner.read(&mut |read| {
                known = read.notes(std::slice::from_ref(&note.key))?;
                Ok(())
            })?;
            if known == [None] { self.inner.note(std::slice::from_ref(note)) } else { Ok(()) }
        })
    }
}

#[test]
fn stores_that_break_the_contract_do_not_pass() {
    run(&MemoryStore::new);
    std::panic::set_hook(Box::new(|_| ()));
    let passed: Vec<Flaw> = FLAWS
        .into_iter()
        .filter(|flaw| {
            let subject = || Flawed { inner: MemoryStore::new(), flaw: *flaw };
            catch_unwind(AssertUnwindSafe(|| run(&subject))).is_ok()
        })
        .collect();
    let _ = std::panic::take_hook();
    assert!(passed.is_empty(), "not noticed: {passed:?}");
}

#[test]
fn a_store_without_faults_passes_through() {
    run(&|| FaultyStore::new(MemoryStore::new()));
}

#[test]
fn a_fault_comes_at_its_call_and_only_there() {
    let change = Change::new(1).put("mbx_a", "{}").append("org_a", 1);
    for (fault, written) in [
        (Fault::Unavailable, false),
        (Fault::Full, false),
        (Fault::Conflict, false),
        (Fault::ReplyLost, true),
    ] {
        let store = FaultyStore::new(MemoryStore::new());
        dump(&store, &[]);
        store.fail(2, fault);
        store.note(&[]).unwrap();
        assert!(!store.has_failed());
        store.commit(&change).unwrap_err();
        assert!(store.has_failed());
        assert_eq!(dump(store.inner(), &[]).contains("mbx_a"), written, "{fault:?}");
        store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap();
    }
}

#[test]
fn a_read_can_fail_at_each_of_its_calls() {
    let store = FaultyStore::new(MemoryStore::new());
    let mut failures = 0;
    loop {
        store.fail(failures + 1, Fault::Unavailable);
        let outcome = store.read(&mut |read| {
            read.rows(&[])?;
            read.heads(&[])?;
            Ok(())
        });
        assert_eq!(outcome.is_err(), store.has_failed());
        if outcome.is_ok() {
            break;
        }
        failures += 1;
    }
    assert_eq!(failures, 3, "the read itself and two calls in it");
}
