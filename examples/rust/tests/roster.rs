//! The replay: real organisations, and small ones made up for what the real ones never did.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroUsize;

use mailgrant::MemoryStore;
use mailgrant::store::Store;
use mailgrant_examples::{Place, Problem, Replay, States, Stopped, lines};
use program::{program, roster};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn batch(lines: usize) -> NonZeroUsize {
    NonZeroUsize::new(lines).unwrap()
}

fn replayed(store: impl Store + 'static, lines_a_commit: usize) -> Replay {
    let mut replay = Replay::new(store).unwrap();
    let history = BufReader::new(File::open(roster("history.jsonl")).unwrap());
    replay.run(lines(history), batch(lines_a_commit), |_| {}).unwrap();
    replay
}

fn true_states() -> States {
    serde_json::from_slice(&fs::read(roster("states.json")).unwrap()).unwrap()
}

fn told(states: &States) -> Value {
    serde_json::to_value(states).unwrap()
}

/// A history that someone made up, and how it went.
struct Tale {
    replay: Replay,
    outcome: Result<(), Stopped>,
}

fn tale(lines_a_commit: usize, text: &str) -> Tale {
    let mut replay = Replay::new(MemoryStore::new()).unwrap();
    let outcome = replay.run(lines(text.as_bytes()), batch(lines_a_commit), |_| {});
    Tale { replay, outcome }
}

impl Tale {
    /// How it stands at each instant; the tale went well.
    fn states(&self, instants: &[i64]) -> Value {
        assert!(self.outcome.is_ok(), "{:?}", self.outcome);
        told(&self.replay.states(instants).unwrap())
    }

    /// Why it stopped, and after how many changes.
    fn stopped(&self) -> (String, usize) {
        let why = self.outcome.as_ref().unwrap_err().to_string();
        (why, self.replay.summary().unwrap().changes)
    }
}

/// One line of a tale.
fn line(at: i64, op: &str, fields: Value) -> String {
    let mut line = json!({ "at": at, "op": op, "org": "bakery" });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    format!("{line}\n")
}

fn founded() -> String {
    line(0, "open_organisation", json!({ "owner": "olivia" }))
        + &line(0, "open_mailbox", json!({ "mailbox": "contact" }))
}

#[test]
fn the_roster_stands_in_memory_as_it_stood() {
    let instants: Vec<i64> = true_states().into_keys().collect();
    assert_eq!(instants.len(), 5);
    let states = replayed(MemoryStore::new(), 500).states(&instants).unwrap();
    assert!(states == true_states());
}

#[test]
fn the_roster_stands_in_sqlite_as_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let store = Place::File(folder.path().join("roster.db")).open_empty().unwrap();
    let instants: Vec<i64> = true_states().into_keys().collect();
    let replay = replayed(store, 777);
    assert!(replay.states(&instants).unwrap() == true_states());

    let summary = replay.summary().unwrap();
    assert_eq!((summary.organisations, summary.changes, summary.commits), (6, 10_796, 14));
    assert_eq!((summary.mailboxes, summary.aliases, summary.grants), (572, 45, 3_331));
    assert_eq!((summary.people, summary.in_several), (1_250, 469));
}

#[test]
fn an_organisation_ends_and_another_takes_its_name() {
    let text = founded()
        + &line(1, "add_member", json!({ "person": "ada", "role": "member" }))
        + &line(1, "grant", json!({ "mailbox": "contact", "person": "ada", "level": "maintainer" }))
        + &line(2, "delete_organisation", json!({}))
        + &line(2, "open_organisation", json!({ "owner": "bruno" }))
        + &line(3, "open_mailbox", json!({ "mailbox": "contact" }))
        + &line(4, "delete_organisation", json!({}));
    let of = |admin: &str, mailboxes: Value| json!({ "bakery": { "admins": [admin], "members": [], "mailboxes": mailboxes } });
    let nobody = json!({ "maintainers": [], "members": [], "previously": [] });
    for lines_a_commit in [1, 2, 100] {
        let states = tale(lines_a_commit, &text).states(&[-1, 0, 1, 2, 3, 4, 5]);
        assert_eq!(states["-1"], json!({}), "before any");
        assert_eq!(states["0"], of("olivia", json!({ "contact": nobody })));
        assert_eq!(states["1"]["bakery"]["members"], json!(["ada"]));
        assert_eq!(states["1"]["bakery"]["mailboxes"]["contact"]["maintainers"], json!(["ada"]));
        assert_eq!(states["2"], of("bruno", json!({})), "nothing of the first one's");
        assert_eq!(states["3"], of("bruno", json!({ "contact": nobody })));
        assert_eq!(states["4"], json!({}));
        assert_eq!(states["5"], json!({}));
    }
}

#[test]
fn a_name_is_taken_back_in_its_quarantine_and_after_it() {
    let reopened = |after: i64| {
        founded()
            + &line(0, "open_mailbox", json!({ "mailbox": "shop" }))
            + &line(0, "add_alias", json!({ "mailbox": "shop", "alias": "sales" }))
            + &line(DAY, "remove_alias", json!({ "mailbox": "shop", "alias": "sales" }))
            + &line(DAY, "delete_mailbox", json!({ "mailbox": "contact" }))
            + &line(DAY + after, "add_alias", json!({ "mailbox": "shop", "alias": "contact" }))
            + &line(DAY + after, "open_mailbox", json!({ "mailbox": "sales" }))
    };
    let nobody = |aliases: Value| json!({ "maintainers": [], "members": [], "previously": aliases });
    for after in [0, 29 * DAY, 30 * DAY, 31 * DAY] {
        let end = DAY + after;
        let states = tale(100, &reopened(after)).states(&[0, end]);
        assert_eq!(
            states["0"]["bakery"]["mailboxes"],
            json!({ "contact": nobody(json!([])), "shop": nobody(json!(["sales"])) })
        );
        assert_eq!(
            states[end.to_string()]["bakery"]["mailboxes"],
            json!({ "sales": nobody(json!([])), "shop": nobody(json!(["contact"])) }),
            "{after} seconds after"
        );
    }
}

#[test]
fn whoever_comes_back_brings_nothing_along() {
    let member = json!({ "person": "ada", "role": "member" });
    let grant = json!({ "mailbox": "contact", "person": "ada", "level": "member" });
    let text = founded()
        + &line(1, "add_member", member.clone())
        + &line(1, "grant", grant.clone())
        + &line(1, "change_grant", json!({ "mailbox": "contact", "person": "ada", "level": "maintainer" }))
        + &line(2, "remove_member", json!({ "person": "ada" }))
        + &line(2, "add_member", member)
        + &line(3, "grant", grant)
        + &line(4, "revoke", json!({ "mailbox": "contact", "person": "ada" }))
        + &line(5, "set_role", json!({ "person": "ada", "role": "admin" }))
        + &line(6, "remove_member", json!({ "person": "olivia" }));
    let states = tale(3, &text).states(&[1, 2, 3, 4, 5, 6]);
    let contact = |at: &str| states[at]["bakery"]["mailboxes"]["contact"].clone();
    assert_eq!(contact("1")["maintainers"], json!(["ada"]));
    assert_eq!(states["2"]["bakery"]["members"], json!(["ada"]));
    assert_eq!([&contact("2")["maintainers"], &contact("2")["members"]], [&json!([]), &json!([])]);
    assert_eq!(contact("3")["members"], json!(["ada"]));
    assert_eq!(contact("4")["members"], json!([]));
    assert_eq!(states["5"]["bakery"]["admins"], json!(["ada", "olivia"]));
    assert_eq!(states["6"]["bakery"]["admins"], json!(["ada"]));
}

#[test]
fn an_instant_far_ahead_stands_as_the_last_one() {
    let tale = tale(1, &founded());
    let states = tale.states(&[4_000_000_000, 0]);
    assert_eq!(states["4000000000"], states["0"]);
}

#[test]
fn a_line_that_cannot_be_replayed_is_named_and_those_before_it_stay() {
    let grant = line(1, "grant", json!({ "mailbox": "contact", "person": "olivia", "level": "member" }));
    for (wrong, why) in [
        ("{\"at\":1,\n", "EOF while parsing"),
        ("[]\n", "invalid type"),
        (
            "{\"at\":1,\"op\":\"fly\",\"org\":\"bakery\"}\n",
            "unknown variant `fly`, expected one of `open_organisation`",
        ),
        ("{\"at\":1,\"op\":\"open_mailbox\",\"org\":\"bakery\"}\n", "missing field `mailbox`"),
        ("{\"at\":1,\"op\":\"open_mailbox\",\"mailbox\":\"shop\"}\n", "missing field `org`"),
        ("{\"op\":\"open_mailbox\",\"org\":\"bakery\",\"mailbox\":\"shop\"}\n", "missing field `at`"),
        (&line(-1, "open_mailbox", json!({ "mailbox": "shop" })), "`at` goes back from 1 to -1"),
        (
            &line(1, "open_organisation", json!({ "owner": "ada" })),
            "there is an organisation `bakery` already",
        ),
        (&line(1, "delete_organisation", json!({ "org": "club" })), "there is no organisation `club`"),
        (&line(1, "delete_mailbox", json!({ "mailbox": "shop" })), "`bakery` has no mailbox `shop`"),
        (
            &line(1, "open_mailbox", json!({ "mailbox": "contact" })),
            "`contact@bakery.example` is taken (address.taken)",
        ),
        (&line(1, "open_mailbox", json!({ "mailbox": "a b" })), "(address.invalid)"),
        (&line(1, "remove_alias", json!({ "mailbox": "contact", "alias": "shop" })), "(alias.not_found)"),
        (&grant, "the user has a grant on the mailbox: change that one (grant.exists)"),
        (
            &line(1, "grant", json!({ "mailbox": "contact", "person": "ada", "level": "member" })),
            "(grant.not_member)",
        ),
        (&line(1, "revoke", json!({ "mailbox": "contact", "person": "ada" })), "(grant.not_found)"),
        (&line(1, "remove_member", json!({ "person": "olivia" })), "(owner.last)"),
        (&line(1, "remove_member", json!({ "person": "ada" })), "(member.not_found)"),
    ] {
        let text = founded() + "\n" + &grant + wrong + &line(2, "open_mailbox", json!({ "mailbox": "shop" }));
        for lines_a_commit in [1, 2, 3, 4, 100] {
            let tale = tale(lines_a_commit, &text);
            let (said, changes) = tale.stopped();
            assert!(said.starts_with("line 5: ") && said.contains(why), "{said} for {why}");
            assert_eq!(changes, 3, "{said}");
            // Nor did the line leave half of what it means: nobody who was new in it is there.
            let summary = tale.replay.summary().unwrap();
            assert_eq!((summary.people, summary.mailboxes, summary.grants), (1, 1, 1), "{said}");
        }
    }
}

#[test]
fn what_a_refused_line_did_goes_with_it() {
    // The person is registered before the grant is refused; the same login is free afterwards.
    let mut replay = Replay::new(MemoryStore::new()).unwrap();
    let refused = line(1, "grant", json!({ "mailbox": "contact", "person": "ada", "level": "member" }));
    let outcome = replay.run(lines((founded() + &refused).as_bytes()), batch(100), |_| {});
    assert!(matches!(outcome, Err(Stopped::Line { number: 3, problem: Problem::Refused(_) })));
    let on = line(1, "add_member", json!({ "person": "ada", "role": "member" })) + &refused;
    replay.run(lines(on.as_bytes()), batch(100), |_| {}).unwrap();
    assert_eq!(replay.summary().unwrap().people, 2);
}

#[test]
fn the_program_writes_the_states_and_refuses_a_store_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("roster.db"), folder.path().join("states.json"));
    let run = || {
        program("roster")
            .arg(roster("history.jsonl"))
            .arg("--store")
            .arg(&store)
            .arg("--states")
            .arg(&out)
            .arg("--at")
            .arg("1529546315,1548718776,1559864279,1579827753,1602059203")
            .ended()
    };
    let ended = run();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.contains("in several organisations       469\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("commits                         22\n"), "{}", ended.stdout);
    assert!(serde_json::from_slice::<States>(&fs::read(&out).unwrap()).unwrap() == true_states());

    let again = run();
    assert_eq!((again.code, again.stdout.as_str()), (1, ""));
    assert_eq!(
        again.stderr,
        "roster: the store holds a directory already: a history is replayed into an empty one\n"
    );
}

#[test]
fn the_program_reads_standard_input_and_names_the_line_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("states.json");
    let run = |text: &str| {
        program("roster")
            .arg("-")
            .arg("--store")
            .arg("memory:")
            .arg("--states")
            .arg(&out)
            .arg("--at")
            .arg("-1,0")
            .given(text)
    };
    let good = run(&founded());
    assert_eq!((good.code, good.stderr.as_str()), (0, ""));
    let states: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(states["-1"], json!({}));
    assert_eq!(states["0"]["bakery"]["admins"], json!(["olivia"]));
    fs::remove_file(&out).unwrap();

    let wrong = run(&(founded() + "soon\n"));
    assert_eq!(wrong.code, 1);
    assert_eq!(wrong.stderr, "roster: line 3: expected value (column 1); the changes before it are kept\n");
    assert!(wrong.stdout.contains("changes                          2\n"), "{}", wrong.stdout);
    assert!(!out.exists());
}
