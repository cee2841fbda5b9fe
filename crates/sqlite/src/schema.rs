//! The shape of the file: whose it is, how far it has come, and the steps that bring it up.

use mailgrant::store::StoreError;
use rusqlite::Connection;

use crate::fault::fault;
use crate::transaction::Transaction;

/// `mgrt`: what `file` and SQLite's `application_id` tell this file by.
pub(crate) const APPLICATION: i64 = 0x6d67_7274;

/// One script per version. Append, never edit: `user_version` is the number of those that were run.
const STEPS: &[&str] =
    &[include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// The version this code reads and writes.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// The version of the file; 0 where it is still empty.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
               FROM pragma_application_id, pragma_user_version";
    let (application, version, tables): (i64, i64, i64) =
        connection.query_row(sql, [], |row| row.try_into()).map_err(fault)?;
    match (application, version, tables) {
        (APPLICATION, ..=VERSION, _) | (0, 0, 0) => Ok(version),
        (APPLICATION, found, _) => Err(StoreError::Newer { found, known: VERSION }),
        (0, ..) => Err(StoreError::Foreign("a SQLite database of another application".to_owned())),
        (id, ..) => Err(StoreError::Foreign(format!("a SQLite database of the application {id:#x}"))),
    }
}

/// Runs the steps that are missing, all or none.
pub(crate) fn bring_up(connection: &Connection) -> Result<(), StoreError> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    let transaction = Transaction::write(connection)?;
    // Another process may have been faster.
    let done = usize::try_from(version(connection)?).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        connection.execute_batch(step).map_err(fault)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION).map_err(fault)?;
    connection.pragma_update(None, "user_version", VERSION).map_err(fault)?;
    transaction.commit()
}

/// Refuses a file that a newer version has brought up since it was opened.
pub(crate) fn check(connection: &Connection) -> Result<(), StoreError> {
    let found = connection
        .prepare_cached("PRAGMA user_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(fault)?;
    if found == VERSION { Ok(()) } else { Err(StoreError::Newer { found, known: VERSION }) }
}
