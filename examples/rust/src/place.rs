//! Where a replay goes: `memory:`, or a SQLite file.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use mailgrant::MemoryStore;
use mailgrant::store::{Range, Store, StoreError};

/// `memory:` or the path of a SQLite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nothing stays.
    Memory,
    /// A SQLite file, which is created where there is none.
    File(PathBuf),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "memory:" => Self::Memory,
            path => Self::File(path.strip_prefix("sqlite:").unwrap_or(path).into()),
        })
    }
}

/// Why there is no store to replay into.
#[derive(Debug, thiserror::Error)]
pub enum NoStore {
    /// Somebody's directory is there already.
    #[error("the store holds a directory already: a history is replayed into an empty one")]
    InUse,
    /// It cannot be opened or read.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl Place {
    /// Opens the store, which must be empty.
    ///
    /// # Errors
    /// [`NoStore`].
    pub fn open_empty(&self) -> Result<Arc<dyn Store>, NoStore> {
        let store: Arc<dyn Store> = match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::File(path) => Arc::new(mailgrant_sqlite::open(path)?),
        };
        let mut empty = true;
        store.read(&mut |txn| {
            empty = txn.rows_by_prefix("", &Range { after: None, limit: 1 })?.is_empty();
            Ok(())
        })?;
        if empty { Ok(store) } else { Err(NoStore::InUse) }
    }
}
