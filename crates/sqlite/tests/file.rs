//! The file itself: its mode, whose it is, and what happens where it cannot be written.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mailgrant::Timestamp;
use mailgrant::store::{Key, Mark, Note, Store, StoreError};
use mailgrant_sqlite::{Sharing, SqliteStore};
use mailgrant_store_check::{Change, dump, look};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

const CHILD: &str = "MAILGRANT_TEST_FILE";

fn place() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("mail.db");
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn change() -> Change {
    Change::new(1).expect("org_a", 0).put("mbx_a", "{}").verifier("usr_a", None, Some("a")).append("org_a", 1)
}

#[test]
fn a_new_file_has_the_mode_that_was_chosen_and_so_have_its_companions() {
    for (sharing, expected) in
        [(Sharing::Private, 0o600), (Sharing::GroupReads, 0o640), (Sharing::GroupWrites, 0o660)]
    {
        let (_folder, path) = place();
        let store = SqliteStore::options().sharing(sharing).open(&path).unwrap();
        store.commit(&change()).unwrap();
        for suffix in ["", "-wal", "-shm"] {
            assert_eq!(mode(&beside(&path, suffix)), expected, "{sharing:?} {suffix}");
        }
    }
}

#[test]
fn an_existing_file_keeps_its_mode() {
    let (_folder, path) = place();
    drop(mailgrant_sqlite::open(&path).unwrap());
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let _store = SqliteStore::options().sharing(Sharing::GroupWrites).open(&path).unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let (_folder, path) = place();
    let store = mailgrant_sqlite::open(&path).unwrap();
    store.commit(&change()).unwrap();
    let kept = dump(&store, &[&change()]);
    drop(store);
    assert!(!beside(&path, "-wal").exists(), "whoever closes last leaves one file");
    assert_eq!(dump(&mailgrant_sqlite::open(&path).unwrap(), &[&change()]), kept);
}

#[test]
fn a_relative_path_is_not_special_to_sqlite() {
    let folder = tempdir().unwrap();
    for name in [":memory:", "file:mail.db?mode=memory", "ä b%20c.db"] {
        let path = folder.path().join(name);
        let store = mailgrant_sqlite::open(&path).unwrap();
        store.commit(&change()).unwrap();
        assert_eq!(store.path(), path);
        drop(store);
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (_folder, path) = place();
    fs::write(&path, "").unwrap();
    mailgrant_sqlite::open(&path).unwrap().commit(&change()).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, path) = place();
    let store = mailgrant_sqlite::open(&path).unwrap();
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let refusal = store.commit(&change()).unwrap_err();
    assert!(matches!(refusal, StoreError::Newer { found: 99, known: 1..99 }), "while it is open: {refusal}");
    drop((store, newer));
    for options in [SqliteStore::options(), SqliteStore::options().read_only()] {
        let before = fs::read(&path).unwrap();
        let refusal = options.open(&path).unwrap_err();
        assert!(matches!(refusal, StoreError::Newer { found: 99, known: 1..99 }), "{refusal}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn an_older_schema_is_brought_up_with_all_that_it_holds() {
    let (_folder, path) = place();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../src/schema/1.sql")).unwrap();
    let (first, second) = (Change::new(9).id.to_string(), Change::new(5).id.to_string());
    old.execute_batch(&format!(
        "PRAGMA application_id = 0x6d677274; PRAGMA user_version = 1;
         INSERT INTO change VALUES ('{first}'), ('{second}');
         INSERT INTO journal VALUES
            ('org_a', 1, 1000, '{first}', 'usr_a', 'c', 'k', 1, 's', '{{}}'),
            ('org_a', 2, 1000, '{first}', 'usr_a', 'c', 'k', 1, 's', '{{}}'),
            ('usr_a', 1, 1000, '{first}', 'usr_a', 'c', 'k', 1, 's', '{{}}'),
            ('org_a', 3, 1000, '{second}', 'usr_a', 'c', 'k', 1, 's', '{{}}');"
    ))
    .unwrap();
    drop(old);
    let store = mailgrant_sqlite::open(&path).unwrap();
    let org = |store: &dyn Store| {
        let spans = look(store, |read| read.moved(&Mark::beginning(), 10)).spans;
        let org = spans.into_iter().filter(|span| span.stream.as_str() == "org_a");
        org.map(|span| (span.after, span.up_to)).collect::<Vec<_>>()
    };
    assert_eq!(org(&store), [(0, 2), (2, 3)], "the change feed knows what was there before it");
    store.commit(&Change::new(6).append("org_a", 4)).unwrap();
    assert_eq!(org(&store), [(0, 2), (2, 3), (3, 4)]);
    assert!(look(&store, |read| read.committed(&Change::new(9).id)));
}

#[test]
fn files_of_something_else_are_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    let sqlite = |name: &str, script: &str| {
        let path = folder.path().join(name);
        Connection::open(&path).unwrap().execute_batch(script).unwrap();
        path
    };
    let text = folder.path().join("text");
    fs::write(&text, "Liebe Grüsse\n".repeat(1000)).unwrap();
    for path in [
        text,
        sqlite("tables", "CREATE TABLE entity (key TEXT)"),
        sqlite("application", "PRAGMA application_id = 7; CREATE TABLE t (x)"),
        sqlite("unfinished", "PRAGMA application_id = 7"),
        sqlite("version", "PRAGMA user_version = 1"),
    ] {
        let before = fs::read(&path).unwrap();
        for options in [SqliteStore::options(), SqliteStore::options().read_only()] {
            let refusal = options.open(&path).unwrap_err();
            assert!(matches!(refusal, StoreError::Foreign(_)), "{}: {refusal}", path.display());
            assert_eq!(fs::read(&path).unwrap(), before);
        }
    }
}

#[test]
fn a_damaged_file_is_reported() {
    let (_folder, path) = place();
    let store = mailgrant_sqlite::open(&path).unwrap();
    let change = (1..=500).fold(Change::new(1), |change, seq| change.append("org_a", seq));
    store.commit(&change).unwrap();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let outcome =
        mailgrant_sqlite::open(&path).and_then(|store| store.commit(&Change::new(2).append("org_a", 501)));
    assert!(matches!(outcome, Err(StoreError::Corrupt(_))), "{outcome:?}");
}

#[test]
fn what_is_missing_is_created_only_where_that_is_wanted() {
    let (_folder, path) = place();
    for options in [SqliteStore::options().existing(), SqliteStore::options().read_only()] {
        let refusal = options.open(&path).unwrap_err();
        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
        assert!(refusal.to_string().contains("mail.db"), "{refusal}");
        assert!(!path.exists());
    }
    let nowhere = mailgrant_sqlite::open(path.join("mail.db")).unwrap_err();
    assert!(matches!(nowhere, StoreError::Unavailable(_)), "{nowhere}");
}

#[test]
fn opened_for_reading_it_reads_and_never_writes() {
    let (_folder, path) = place();
    let writer = mailgrant_sqlite::open(&path).unwrap();
    let reader = SqliteStore::options().read_only().open(&path).unwrap();
    writer.commit(&change()).unwrap();
    assert_eq!(dump(&reader, &[&change()]), dump(&writer, &[&change()]));
    let note = Note { key: Key::new("dev_a"), at: Timestamp::EPOCH, body: "{}".to_owned() };
    for refusal in [
        reader.commit(&Change::new(2)).unwrap_err(),
        reader.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap_err(),
        reader.note(&[note]).unwrap_err(),
    ] {
        assert!(matches!(refusal, StoreError::ReadOnly(_)), "{refusal}");
    }
    drop((writer, reader));

    fs::write(&path, "").unwrap();
    let refusal = SqliteStore::options().read_only().open(&path).unwrap_err();
    assert!(matches!(refusal, StoreError::ReadOnly(_)), "it would have to be made first: {refusal}");
}

#[test]
fn another_writer_is_waited_for_only_so_long() {
    let (_folder, path) = place();
    let store = SqliteStore::options().busy_timeout(Duration::from_millis(20)).open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refusal = store.commit(&change()).unwrap_err();
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    other.execute_batch("ROLLBACK").unwrap();
    store.commit(&change()).unwrap();
}

#[test]
fn people_read_it_with_sql() {
    let (_folder, path) = place();
    mailgrant_sqlite::open(&path).unwrap().commit(&change()).unwrap();
    let connection = Connection::open(&path).unwrap();
    let entry: (String, i64, i64, String) = connection
        .query_row("SELECT stream, seq, at, kind FROM journal WHERE subject = 'mbx_a'", [], |row| {
            row.try_into()
        })
        .unwrap();
    assert_eq!(entry, ("org_a".to_owned(), 1, 1_000, "mailbox.opened".to_owned()));
}

/// Root may do anything, so a child opens the file as nobody.
#[test]
fn what_may_not_be_written_is_reported_as_read_only() {
    // Inside a store that was made: its file, its folder, or both write-protected. And a folder where none
    // can be made.
    for (file, folder_mode, made) in
        [(0o444, 0o777, true), (0o444, 0o555, true), (0o666, 0o555, true), (0, 0o555, false)]
    {
        let (folder, path) = place();
        let exe = folder.path().join("test");
        fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
        if made {
            drop(mailgrant_sqlite::open(&path).unwrap());
            fs::set_permissions(&path, Permissions::from_mode(file)).unwrap();
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(folder_mode)).unwrap();

        let mut child = Command::new(&exe);
        child.args(["--exact", "child", "--nocapture"]).env(CHILD, &path).stderr(Stdio::inherit());
        if fs::metadata(folder.path()).unwrap().uid() == 0 {
            child.uid(65_534).gid(65_534);
        }
        let output = child.output().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("ReadOnly("), "file {file:o}, folder {folder_mode:o}: {text}");
    }
}

#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let outcome = mailgrant_sqlite::open(path).and_then(|store| store.commit(&change()));
    println!("{outcome:?}");
}
