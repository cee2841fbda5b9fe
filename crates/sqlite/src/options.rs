//! How a file is opened, and how it is made.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use mailgrant::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::SqliteStore;
use crate::fault::fault;
use crate::schema;

/// Pages of the write-ahead log (4 KiB each) after which it is copied back into the file: rarely enough that
/// pages written again and again are copied once.
const CHECKPOINT_PAGES: u32 = 4_000;
/// What the write-ahead log keeps on the disk after a large batch. Writing over old pages is much faster than
/// growing a file, so it is never cut shorter.
const LOG_BYTES: u32 = 64 << 20;
/// Of a connection's page cache.
const CACHE_KIB: i32 = 16 << 10;
/// More statements than there are.
const STATEMENTS: usize = 64;

/// Who besides the owner may open a file that is created, in its mode bits. The files that SQLite puts beside
/// it (`-wal`, `-shm`) get the same, whatever the umask. It matters on Unix alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sharing {
    /// Nobody: mode 0600.
    #[default]
    Private,
    /// The file's group may read: mode 0640. For a mail server that asks with SQL. While nobody who may write
    /// has the file open, SQLite cannot open it for such a reader.
    GroupReads,
    /// The file's group may read and write: mode 0660. For several services with users of their own.
    GroupWrites,
}

impl Sharing {
    #[cfg(unix)]
    const fn mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::GroupReads => 0o640,
            Self::GroupWrites => 0o660,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Create,
    Existing,
    Read,
}

/// How a file is opened. Begins with what [`open`](crate::open) does: create it where there is none, for its
/// owner alone, and wait five seconds for other processes.
///
/// ```
/// use std::time::Duration;
/// use mailgrant_sqlite::{Sharing, SqliteStore};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("mail.db");
/// let store = SqliteStore::options()
///     .sharing(Sharing::GroupReads)
///     .busy_timeout(Duration::from_secs(1))
///     .open(&path)?;
/// # Ok::<(), mailgrant::store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    sharing: Sharing,
    busy_timeout: Duration,
    access: Access,
}

impl Default for Options {
    fn default() -> Self {
        Self { sharing: Sharing::Private, busy_timeout: Duration::from_secs(5), access: Access::Create }
    }
}

impl Options {
    /// Who besides the owner may open the file, if it is created now. An existing file keeps its mode.
    ///
    /// ```
    /// # use mailgrant_sqlite::{Sharing, SqliteStore};
    /// let options = SqliteStore::options().sharing(Sharing::GroupWrites);
    /// ```
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }

    /// How long to wait for another process that writes, before the answer is
    /// [`StoreError::Unavailable`]. Five seconds by default.
    ///
    /// ```
    /// # use mailgrant_sqlite::SqliteStore;
    /// # use std::time::Duration;
    /// let options = SqliteStore::options().busy_timeout(Duration::from_millis(500));
    /// ```
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Creates nothing: a missing file is [`StoreError::Unavailable`], so that a mistyped path is noticed.
    ///
    /// ```
    /// # use mailgrant_sqlite::SqliteStore;
    /// let missing = SqliteStore::options().existing().open("/nowhere/mail.db");
    /// assert!(missing.is_err());
    /// ```
    pub fn existing(mut self) -> Self {
        self.access = Access::Existing;
        self
    }

    /// Creates and writes nothing: whatever would write is [`StoreError::ReadOnly`].
    ///
    /// ```
    /// # use mailgrant_sqlite::SqliteStore;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("mail.db");
    /// # let writer = mailgrant_sqlite::open(&path)?;
    /// let reader = SqliteStore::options().read_only().open(&path)?;
    /// # Ok::<(), mailgrant::store::StoreError>(())
    /// ```
    pub fn read_only(mut self) -> Self {
        self.access = Access::Read;
        self
    }

    /// Opens the file, and creates it or brings it up to this version where that is needed and allowed.
    ///
    /// # Errors
    ///
    /// [`Foreign`](StoreError::Foreign) for a file of something else, which is left as it is;
    /// [`Newer`](StoreError::Newer) for one of a later version; [`ReadOnly`](StoreError::ReadOnly) where it
    /// would have to be written and may not be; [`Full`](StoreError::Full); [`Corrupt`](StoreError::Corrupt);
    /// [`Unavailable`](StoreError::Unavailable) for a path that leads nowhere and for a file that others
    /// keep busy.
    ///
    /// ```
    /// # use mailgrant_sqlite::SqliteStore;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::options().open(folder.path().join("mail.db"))?;
    /// # Ok::<(), mailgrant::store::StoreError>(())
    /// ```
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let given = path.as_ref();
        let place = Place {
            // Absolute, so that neither a change of directory nor SQLite's special names lead elsewhere.
            path: std::path::absolute(given).map_err(|error| denied(given, &error))?,
            busy_timeout: self.busy_timeout,
            writes: self.access != Access::Read,
        };
        match self.access {
            Access::Create => create(&place.path, self.sharing),
            Access::Existing | Access::Read => std::fs::metadata(&place.path).map(|_| ()),
        }
        .map_err(|error| denied(given, &error))?;

        let writer = place.writer()?;
        Ok(SqliteStore::new(place, writer))
    }
}

/// A file and how connections to it are made.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
    pub(crate) writes: bool,
}

impl Place {
    /// A connection that only reads, whatever it is told.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// The first connection, which looks at the file before anything is written to it. It writes, if
    /// anything may.
    fn writer(&self) -> Result<Connection, StoreError> {
        if !self.writes {
            let connection = self.reader()?;
            let found = schema::version(&connection)?;
            if found < schema::VERSION {
                let text = format!("schema {found} must be brought up to {} by a writer", schema::VERSION);
                return Err(StoreError::ReadOnly(text));
            }
            return Ok(connection);
        }
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::version(&connection)?;
        // SQLite opens a write-protected file for reading without a word.
        if connection.is_readonly("main").map_err(fault)? {
            return Err(StoreError::ReadOnly(format!("`{}` may not be written", self.path.display())));
        }
        self.log_ahead(&connection)?;
        set(&connection, "synchronous", "FULL")?;
        // What is deleted is gone from the file: verifiers, and people who asked for it.
        set(&connection, "secure_delete", "ON")?;
        set(&connection, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        set(&connection, "journal_size_limit", LOG_BYTES)?;
        schema::bring_up(&connection)?;
        Ok(connection)
    }

    fn connect(&self, access: OpenFlags) -> Result<Connection, StoreError> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(fault)?;
        connection.busy_timeout(self.busy_timeout).map_err(fault)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise SQLite plans a statement anew whenever its limit is another parameter than last time.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        set(&connection, "cache_size", -CACHE_KIB)?;
        Ok(connection)
    }

    /// Turns to write-ahead logging, which the file then remembers. Processes that do so at the same time
    /// are told that it is busy without being made to wait.
    fn log_ahead(&self, connection: &Connection) -> Result<(), StoreError> {
        const PAUSE: Duration = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        loop {
            let set = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
            match set.map_err(fault) {
                Ok(mode) if String::eq(&mode, "wal") => return Ok(()),
                Ok(mode) => {
                    let text = format!("the file system has no shared memory, so the journal stays `{mode}`");
                    return Err(StoreError::Unavailable(text));
                }
                Err(StoreError::Unavailable(_)) if waited < self.busy_timeout => {
                    thread::sleep(PAUSE);
                    waited = waited.saturating_add(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn set(connection: &Connection, pragma: &str, value: impl ToSql) -> Result<(), StoreError> {
    connection.pragma_update(None, pragma, value).map_err(fault)
}

/// Creates an empty file with exactly the mode that is asked for, before SQLite would with the umask's.
fn create(path: &Path, sharing: Sharing) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, sharing.mode());
    let file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        opened => opened?,
    };
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(sharing.mode()))?;
    #[cfg(not(unix))]
    let _ = (file, sharing);
    Ok(())
}

fn denied(path: &Path, error: &io::Error) -> StoreError {
    let text = format!("`{}`: {error}", path.display());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(text),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(text),
        _ => StoreError::Unavailable(text),
    }
}
