//! The SQLite store passes the suite that every store passes.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use mailgrant_sqlite::SqliteStore;
use mailgrant_store_check::Subject;
use tempfile::TempDir;

struct Files {
    folder: TempDir,
    made: AtomicUsize,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: AtomicUsize::new(0) }
    }
}

impl Subject for Files {
    type Store = SqliteStore;

    fn fresh(&self) -> SqliteStore {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        mailgrant_sqlite::open(self.folder.path().join(format!("{number}.db"))).unwrap()
    }

    fn again(&self, store: &SqliteStore) -> Option<SqliteStore> {
        Some(mailgrant_sqlite::open(store.path()).unwrap())
    }
}

mailgrant_store_check::store_tests!(sqlite, Files::new());
