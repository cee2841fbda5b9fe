//! What SQLite's errors mean to somebody who asked a store.

use mailgrant::store::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// The store's word for an error of SQLite. Statements are constants with parameters, so no text in here can
/// hold a secret.
pub(crate) fn fault(error: Error) -> StoreError {
    let text = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        // A column that does not hold what this code once wrote.
        return StoreError::Corrupt(text);
    };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::ReadOnly if failure.extended_code == ffi::SQLITE_READONLY_DBMOVED => {
            StoreError::Unavailable("the file was moved or replaced: open it again".to_owned())
        }
        ErrorCode::ReadOnly => StoreError::ReadOnly(text),
        ErrorCode::NotADatabase => StoreError::Foreign(text),
        ErrorCode::DatabaseCorrupt
        | ErrorCode::ConstraintViolation
        | ErrorCode::TypeMismatch
        | ErrorCode::Unknown => StoreError::Corrupt(text),
        _ => StoreError::Unavailable(text),
    }
}
