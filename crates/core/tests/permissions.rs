//! Who may run which command and ask which question: every kind of actor against every command, compared with a
//! table that is written from the words of the rules and from nothing in the library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "modules of a test")]

mod common;

#[path = "permissions/cast.rs"]
mod cast;
#[path = "permissions/commands.rs"]
mod commands;
#[path = "permissions/questions.rs"]
mod questions;

use std::collections::BTreeSet;

use cast::{Scene, Stage};
use mailgrant::{AnyCommand, Error};

/// What the table says: it goes through, or the code of the refusal.
pub type Expect = Result<(), &'static str>;

pub fn outcome<T>(result: &Result<T, Error>) -> Expect {
    result.as_ref().map(drop).map_err(|error| error.code().as_str())
}

#[track_caller]
fn report(failures: Vec<String>, tried: usize) {
    // A few of each case say it all.
    let mut shown: Vec<&str> = Vec::new();
    let case = |line: &str| line.split(" by ").next().unwrap().to_owned();
    for line in &failures {
        if shown.iter().filter(|other| case(other) == case(line)).count() < 3 {
            shown.push(line);
        }
    }
    assert!(failures.is_empty(), "{} of {tried} are wrong:\n{}", failures.len(), shown.join("\n"));
    assert!(tried > 0);
}

fn every_command(scene: Scene) {
    let stage = Stage::new(scene);
    let before = stage.world.store.dump();
    let (mut failures, mut tried) = (Vec::new(), 0);
    for case in commands::cases() {
        for who in &stage.cast {
            let command = (case.command)(&stage, who);
            let name = command.name();
            let expected = (case.expect)(&stage, who);
            let found = outcome(&stage.world.directory.preview_any(&who.actor, command));
            tried += 1;
            if found != expected {
                failures.push(format!(
                    "{scene:?}: {name} ({}) by {who}: {found:?}, not {expected:?}",
                    case.about
                ));
            }
        }
    }
    assert!(before == stage.world.store.dump(), "previews change nothing");
    report(failures, tried);
}

#[test]
fn commands_where_all_is_usual() {
    every_command(Scene::Usual);
}

#[test]
fn commands_where_sharing_invites() {
    every_command(Scene::SharingInvites);
}

#[test]
fn commands_in_an_organisation_that_its_owner_suspended() {
    every_command(Scene::OwnerSuspended);
}

#[test]
fn commands_in_an_organisation_that_the_host_suspended() {
    every_command(Scene::SystemSuspended);
}

fn every_question(scene: Scene) {
    let stage = Stage::new(scene);
    let (mut failures, mut tried) = (Vec::new(), 0);
    for case in questions::cases() {
        for who in &stage.cast {
            let expected = (case.expect)(&stage, who);
            let found = (case.ask)(&stage, who);
            tried += 1;
            if found != expected {
                failures.push(format!("{scene:?}: {} by {who}: {found:?}, not {expected:?}", case.about));
            }
        }
    }
    report(failures, tried);
}

#[test]
fn questions_where_all_is_usual() {
    every_question(Scene::Usual);
}

#[test]
fn questions_in_suspended_organisations() {
    every_question(Scene::OwnerSuspended);
    every_question(Scene::SystemSuspended);
}

#[test]
fn the_table_knows_every_command() {
    let stage = Stage::new(Scene::OwnerSuspended);
    let who = &stage.cast[0];
    let covered: BTreeSet<&str> =
        commands::cases().iter().map(|case| (case.command)(&stage, who).name()).collect();
    let all: BTreeSet<&str> = AnyCommand::NAMES.iter().copied().collect();
    assert_eq!(covered, all);
}
