//! The SQLite store of `mailgrant`: one file, created on first use, for any number of threads and processes of
//! one machine.
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("mail.db");
//! let store = mailgrant_sqlite::open(&path)?;
//! # Ok::<(), mailgrant::store::StoreError>(())
//! ```
//!
//! Hand it to a directory: `Directory::new(mailgrant_sqlite::open("mail.db")?)`.
//!
//! The file is in WAL mode with `synchronous = FULL`: what was committed survives a power cut. It belongs on a
//! local disk, never on a network share. A process that forks opens the file anew in the child.
//!
//! What is deleted or erased is overwritten with zeros (`secure_delete`). Until the next checkpoint the former bytes may
//! still stand in the file itself, and the write-ahead log beside it keeps pages until it is written over or the last
//! process closes the file. Whoever erased a person's data and needs the bytes gone at once runs
//! `PRAGMA wal_checkpoint(TRUNCATE)` with any SQLite shell, while nobody reads. Backups keep what they hold until they
//! are rotated.
//!
//! Mail servers and people read it with SQL: see [`views`].
#![forbid(unsafe_code)]

mod fault;
mod options;
mod schema;
mod snapshot;
mod sql;
mod transaction;
pub mod views;
mod write;

use std::fmt;
use std::mem;
use std::path::Path;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mailgrant::Timestamp;
use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, Store, StoreError};
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::fault::fault;
use crate::options::Place;
pub use crate::options::{Options, Sharing};
use crate::snapshot::Snapshot;
use crate::transaction::Transaction;

/// Connections for reading that are kept open while nobody reads.
const IDLE_READERS: usize = 16;

/// Opens a file, and creates it, for its owner alone, where there is none.
///
/// # Errors
///
/// Those of [`Options::open`].
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("mail.db");
/// let store = mailgrant_sqlite::open(&path)?;
/// assert!(path.exists());
/// # Ok::<(), mailgrant::store::StoreError>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
    Options::default().open(path)
}

/// A [`Store`] in one SQLite file. Reads run beside each other and beside the one commit at a time.
pub struct SqliteStore {
    place: Place,
    connections: Arc<Connections>,
    process: u32,
}

struct Connections {
    idle: Mutex<Vec<Connection>>,
    // After the readers: whoever closes last and may write leaves one tidy file behind.
    writer: Mutex<Connection>,
}

impl SqliteStore {
    /// How to open a file otherwise than [`open`] does.
    ///
    /// ```
    /// # use mailgrant_sqlite::SqliteStore;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("mail.db");
    /// let missing = SqliteStore::options().existing().open(&path);
    /// assert!(missing.is_err());
    /// ```
    pub fn options() -> Options {
        Options::default()
    }

    /// The file, as an absolute path.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("mail.db");
    /// let store = mailgrant_sqlite::open(&path)?;
    /// assert_eq!(store.path(), path);
    /// # Ok::<(), mailgrant::store::StoreError>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    fn new(place: Place, writer: Connection) -> Self {
        let connections = Connections { idle: Mutex::default(), writer: Mutex::new(writer) };
        Self { place, connections: Arc::new(connections), process: process::id() }
    }

    fn is_forked(&self) -> bool {
        self.process != process::id()
    }

    /// SQLite's locks belong to the process that took them: used in a child, they would protect nothing.
    fn check_process(&self) -> Result<(), StoreError> {
        if self.is_forked() {
            let text = "this process was forked after the file was opened: open it again";
            return Err(StoreError::Unavailable(text.to_owned()));
        }
        Ok(())
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        self.check_process()?;
        let idle = lock(&self.connections.idle).pop();
        idle.map_or_else(|| self.place.reader(), Ok)
    }

    /// Keeps a reader for the next read. One whose transaction could not be ended, one too many and one
    /// whose body panicked are closed.
    fn keep(&self, reader: Connection) {
        let mut idle = lock(&self.connections.idle);
        if reader.is_autocommit() && idle.len() < IDLE_READERS {
            idle.push(reader);
        }
    }

    fn write<T>(&self, body: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.check_process()?;
        if !self.place.writes {
            return Err(StoreError::ReadOnly("it was opened for reading".to_owned()));
        }
        let writer = lock(&self.connections.writer);
        let transaction = Transaction::write(&writer)?;
        schema::check(&writer)?;
        let output = body(&writer)?;
        transaction.commit()?;
        Ok(output)
    }
}

impl Store for SqliteStore {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let reader = self.reader()?;
        let transaction = Transaction::read(&reader)?;
        let result = body(&mut Snapshot { connection: &reader });
        let result = result.and_then(|()| transaction.commit());
        self.keep(reader);
        result
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.write(|connection| write::apply(connection, change))
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.write(|connection| {
            let mut statement = connection.prepare_cached(sql::ATTEMPT).map_err(fault)?;
            let counted = statement.query_row(params![key.as_str(), at.as_millis()], |row| row.get(0));
            Ok(counted.optional().map_err(fault)?.unwrap_or(0))
        })
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        if notes.is_empty() {
            return Ok(());
        }
        self.write(|connection| {
            let keep = |sql: &mut Statement<'_>, note: &Note| {
                sql.execute(params![note.key.as_str(), note.at.as_millis(), note.body])
            };
            write::each(connection, sql::KEEP_NOTE, notes, keep, write::fine)
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Closing in a forked child could end the parent's log, and its locks may be held by threads that are
        // not there. The child loses a little memory instead.
        if self.is_forked() {
            mem::forget(Arc::clone(&self.connections));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic interrupted was rolled back while it unwound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use mailgrant_store_check::{Change, dump};

    use super::*;

    #[test]
    fn a_forked_process_is_told_to_open_the_file_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path().join("mail.db")).unwrap();
        store.process = store.process.wrapping_add(1);
        let note = Note { key: Key::new("dev_a"), at: Timestamp::EPOCH, body: "{}".to_owned() };
        for refusal in [
            store.read(&mut |_| Ok(())).unwrap_err(),
            store.commit(&Change::new(1)).unwrap_err(),
            store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap_err(),
            store.note(&[note]).unwrap_err(),
        ] {
            assert!(
                matches!(&refusal, StoreError::Unavailable(text) if text.contains("forked")),
                "{refusal}"
            );
        }
        let connections = Arc::downgrade(&store.connections);
        drop(store);
        assert!(connections.upgrade().is_some(), "the child closes nothing of its parent's");
    }

    #[test]
    fn a_commit_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path().join("mail.db")).unwrap();
        let writer = lock(&store.connections.writer);
        let pragma = |name: &str| {
            writer.pragma_query_value(None, name, |row| row.get_ref(0)?.as_i64().map_err(Into::into))
        };
        assert_eq!(pragma("synchronous").unwrap(), 2, "FULL");
        assert_eq!(pragma("secure_delete").unwrap(), 1);
        let mode: String = writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn a_full_disk_is_reported_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path().join("mail.db")).unwrap();
        let allow = |pages: u32| lock(&store.connections.writer).pragma_update(None, "max_page_count", pages);
        allow(40).unwrap();
        let body = "x".repeat(1_000);
        let change = (1..=500).fold(Change::new(1), |change, seq| {
            let key = format!("mbx_{seq}");
            change.put(&key, &body).take(&format!("address/{seq}"), &key).append("org_a", seq)
        });
        let before = dump(&store, &[&change]);
        let refusal = store.commit(&change).unwrap_err();
        assert!(matches!(refusal, StoreError::Full(_)), "{refusal}");
        assert_eq!(dump(&store, &[&change]), before);
        allow(u32::MAX).unwrap();
        store.commit(&change).unwrap();
    }

    #[test]
    fn a_reader_survives_a_panic_in_what_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path().join("mail.db")).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.read(&mut |read| {
                read.rows(&[Key::new("mbx_a")])?;
                panic!("in the body")
            })
        }));
        assert!(panicked.is_err());
        store.commit(&Change::new(1).put("mbx_a", "{}")).unwrap();
        assert!(dump(&store, &[]).contains("mbx_a"));
    }

    #[test]
    fn readers_are_kept_up_to_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path().join("mail.db")).unwrap();
        fn nest(store: &SqliteStore, depth: usize) -> Result<(), StoreError> {
            store.read(&mut |_| if depth == 0 { Ok(()) } else { nest(store, depth - 1) })
        }
        nest(&store, 2 * IDLE_READERS).unwrap();
        assert_eq!(lock(&store.connections.idle).len(), IDLE_READERS);
    }
}
