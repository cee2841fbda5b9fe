//! Several processes on one file, and processes that are killed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use mailgrant::Timestamp;
use mailgrant::store::{JournalQuery, Key, Store, StoreError, Stream};
use mailgrant_store_check::{Change, look};
use rusqlite::Connection;
use tempfile::tempdir;

const TASK: &str = "MAILGRANT_TEST_TASK";
const FILE: &str = "MAILGRANT_TEST_FILE";
const NUMBER: &str = "MAILGRANT_TEST_NUMBER";

const PROCESSES: u64 = 4;
const APPENDS: u64 = 40;
const KILLS: u64 = 40;

/// Runs [`child`] of this very test in another process.
fn spawn(task: &str, file: &Path, number: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(TASK, task)
        .env(FILE, file)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let file = env::var_os(FILE).unwrap();
    let number: u64 = env::var(NUMBER).unwrap().parse().unwrap();
    let store = mailgrant_sqlite::open(file).unwrap();
    match task.as_str() {
        "append" => {
            for round in 0..APPENDS {
                append(&store, u128::from(number * APPENDS + round + 1));
                store.attempt(&Key::new("usr_a"), Timestamp::EPOCH).unwrap();
            }
        }
        // Until it is killed.
        "write" => {
            for round in 1.. {
                let seq = append(&store, (u128::from(number) << 64) + round);
                println!("committed {seq}");
            }
        }
        other => panic!("no such task: {other}"),
    }
}

/// Appends one entry whatever others do meanwhile, with a row that says the same.
fn append(store: &dyn Store, id: u128) -> u64 {
    loop {
        let seq = head(store) + 1;
        let change = Change::new(id)
            .expect("org_a", seq - 1)
            .put("org_a", &seq.to_string())
            .put(&format!("mbx_{seq}"), &"x".repeat(2_000))
            .append("org_a", seq);
        match store.commit(&change) {
            Ok(()) => return seq,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn head(store: &dyn Store) -> u64 {
    look(store, |read| read.heads(&[Stream::new("org_a")])).remove(0).map_or(0, |head| head.seq)
}

/// Everything the file says agrees.
fn check(file: &Path) -> u64 {
    let store = mailgrant_sqlite::open(file).unwrap();
    let head = head(&store);
    let query = JournalQuery { streams: vec![Stream::new("org_a")], limit: usize::MAX, ..Default::default() };
    let entries = look(&store, |read| read.journal(&query));
    assert!(entries.iter().map(|entry| entry.seq).eq(1..=head), "no gaps");
    assert!(entries.iter().all(|entry| look(&store, |read| read.committed(&entry.change))));
    let row = look(&store, |read| read.rows(&[Key::new("org_a")])).remove(0);
    assert_eq!(row.map_or(0, |row| row.body.parse().unwrap()), head, "row and journal say the same");
    let connection = Connection::open(file).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    head
}

#[test]
fn processes_share_a_file_that_none_has_made_before() {
    let folder = tempdir().unwrap();
    for attempt in 0..5 {
        let file = folder.path().join(format!("{attempt}.db"));
        let children: Vec<Child> = (0..PROCESSES).map(|number| spawn("append", &file, number)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        assert_eq!(check(&file), PROCESSES * APPENDS);
    }
}

#[test]
fn processes_count_every_failure() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mail.db");
    let store = mailgrant_sqlite::open(&file).unwrap();
    store.commit(&Change::new(u128::MAX).verifier("usr_a", None, Some("a"))).unwrap();
    for child in (0..PROCESSES).map(|number| spawn("append", &file, number)).collect::<Vec<_>>() {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let verifier = look(&store, |read| read.verifiers(&[Key::new("usr_a")])).remove(0).unwrap();
    assert_eq!(u64::from(verifier.failures), PROCESSES * APPENDS);
    assert_eq!(check(&file), PROCESSES * APPENDS);
}

#[test]
fn a_killed_process_loses_nothing_it_was_told_is_durable() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mail.db");
    let mut total = 0;
    for round in 0..KILLS {
        let mut child = spawn("write", &file, round);
        // Some die before they have opened the file, some while they write, some at a checkpoint.
        thread::sleep(Duration::from_micros(round * 7_919 % 120_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut output = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_to_string(&mut output).unwrap();
        let told = output
            .as_bytes()
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("committed ").and_then(|seq| seq.parse::<u64>().ok()))
            .last();
        let head = check(&file);
        assert!(head >= told.unwrap_or(total), "told {told:?} and found {head}");
        total = head;
    }
    assert!(total > KILLS, "they wrote something: {total}");
}
