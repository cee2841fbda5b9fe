//! A mail server that may read the file and not write it.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use mailgrant::{Actor, Directory};
use mailgrant_sqlite::{Sharing, SqliteStore, views};
use rusqlite::{Connection, OpenFlags, named_params};
use tempfile::tempdir;

use crate::common::{World, addr};

const CHILD: &str = "MAILGRANT_TEST_READING";
const NOBODY: u32 = 65_534;

/// What somebody else of the file's group is told, with this access.
fn told(exe: &Path, file: &Path, writes: &str) -> String {
    let mut child = Command::new(exe);
    child.args(["--exact", "reading::child", "--nocapture"]).env(CHILD, file).env("WRITES", writes);
    child.uid(NOBODY - 1).gid(NOBODY);
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

#[test]
fn a_group_reads_while_somebody_who_writes_has_the_file_open() {
    let folder = tempdir().unwrap();
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return; // Only root becomes somebody else.
    }
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let (file, exe) = (folder.path().join("mail.db"), folder.path().join("test"));
    fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    let options = SqliteStore::options().sharing(Sharing::GroupReads);
    drop(options.open(&file).unwrap());
    chown(&file, None, Some(NOBODY)).unwrap();

    let world = World {
        directory: Directory::new(options.open(&file).unwrap()).unwrap(),
        views: None,
        ..World::new()
    };
    let owner = world.person("olivia@people.example");
    let organisation = world.organisation(owner, "bakery.example");
    world.mailbox(organisation, "contact@bakery.example");
    // Dovecot opens for reading where it is told to, Postfix for writing, which SQLite takes for reading.
    for writes in ["no", "yes"] {
        assert!(told(&exe, &file, writes).contains("accept"));
    }
    let contact = world.directory.resolve(&addr("contact@bakery.example")).unwrap().mailbox.unwrap();
    let close =
        mailgrant::mailbox::CloseMailbox { mailbox: contact, on_dependants: mailgrant::OnDependants::Refuse };
    world.directory.run(&Actor::system("test"), close).unwrap();
    assert!(told(&exe, &file, "no").contains("refuse"), "it sees what was just committed");

    drop(world);
    let alone = told(&exe, &file, "no");
    assert!(alone.contains("Err("), "nobody keeps the log: {alone}");
}

#[test]
fn child() {
    let Some(file) = std::env::var_os(CHILD) else { return };
    let access = match std::env::var("WRITES").unwrap().as_str() {
        "yes" => OpenFlags::SQLITE_OPEN_READ_WRITE,
        _ => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let answer = Connection::open_with_flags(file, access).and_then(|reader| {
        let names = named_params! { ":local": "contact", ":domain": "bakery.example" };
        reader.query_row(views::ADDRESS, names, |row| row.get::<_, String>("delivery"))
    });
    println!("{answer:?}");
}
