//! A transaction that ends with its scope.

use mailgrant::store::StoreError;
use rusqlite::Connection;

use crate::fault::fault;

/// Rolled back when dropped. Its three statements stay prepared, which a single read would notice.
pub(crate) struct Transaction<'c> {
    connection: &'c Connection,
}

impl<'c> Transaction<'c> {
    /// One snapshot, taken by the first statement.
    pub(crate) fn read(connection: &'c Connection) -> Result<Self, StoreError> {
        Self::begin(connection, "BEGIN")
    }

    /// The only writer until it ends.
    pub(crate) fn write(connection: &'c Connection) -> Result<Self, StoreError> {
        Self::begin(connection, "BEGIN IMMEDIATE")
    }

    fn begin(connection: &'c Connection, sql: &str) -> Result<Self, StoreError> {
        run(connection, sql).map_err(fault)?;
        Ok(Self { connection })
    }

    /// Durable when it returns.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        run(self.connection, "COMMIT").map(|_| ()).map_err(fault)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // SQLite itself has rolled back after some faults, and a commit has ended it.
        if !self.connection.is_autocommit() {
            let _ = run(self.connection, "ROLLBACK");
        }
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute([])
}
