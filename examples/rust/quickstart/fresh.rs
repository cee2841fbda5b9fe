//! A fresh file for the story: it removes what an earlier run left, and nothing else.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailgrant::store::Store;
use mailgrant::{Actor, Directory};
use mailgrant_examples::{NoStore, Place};

use crate::OLIVIA;

/// How the file became fresh.
pub(crate) enum Was {
    Empty,
    AnEarlierRun,
}

pub(crate) fn open(path: &Path) -> Result<(Arc<dyn Store>, Was), Box<dyn Error>> {
    let place = Place::File(path.to_owned());
    match place.open_empty() {
        Ok(store) => Ok((store, Was::Empty)),
        Err(NoStore::InUse) if is_ours(path)? => {
            remove(path)?;
            Ok((place.open_empty()?, Was::AnEarlierRun))
        }
        Err(NoStore::InUse) => Err("it holds somebody's directory: name another file".into()),
        Err(failed) => Err(failed.into()),
    }
}

/// Nobody real signs in at a domain that ends in `.example` (RFC 2606), so nothing of anybody's gets lost.
fn is_ours(path: &Path) -> Result<bool, Box<dyn Error>> {
    let directory = Directory::new(mailgrant_sqlite::open(path)?)?;
    Ok(directory.user_by_login(&Actor::system("quickstart"), &OLIVIA.parse()?).is_ok())
}

/// The file, and what SQLite may have put beside it.
fn remove(path: &Path) -> Result<(), std::io::Error> {
    ["", "-wal", "-shm"]
        .into_iter()
        .map(|ending| {
            let mut name = OsString::from(path);
            name.push(ending);
            PathBuf::from(name)
        })
        .try_for_each(|file| match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
}
