//! The README shows what the quickstart prints: the whole story, and the answers to the questions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod program;

use program::program;

const README: &str = include_str!("../../../README.md");

/// What the quickstart prints, with what differs from run to run masked.
fn story() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let printed = program("quickstart").current_dir(folder.path()).ended();
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    masked(printed.stdout.trim_matches('\n'))
}

/// The text with what differs from run to run masked: passwords and the challenge.
fn masked(text: &str) -> Vec<String> {
    let is_password =
        |word: &str| word.len() == 35 && word.split('-').filter(|group| group.len() == 5).count() == 6;
    let mask = |word: &str| match word {
        _ if is_password(word) => "password".to_owned(),
        _ if word.starts_with("\"mailgrant-") => "challenge".to_owned(),
        _ => word.to_owned(),
    };
    text.lines().map(|line| line.trim_end().split(' ').map(mask).collect::<Vec<_>>().join(" ")).collect()
}

/// What is printed in a section of the README.
fn printed_in(section: &str) -> Vec<Vec<String>> {
    let (_, section) = README.split_once(&format!("\n## {section}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```text\n").skip(1);
    blocks.map(|block| masked(block.split_once("\n```").unwrap().0)).collect()
}

#[test]
fn the_readme_shows_what_the_quickstart_prints() {
    assert_eq!(printed_in("The quickstart"), [story()], "copy the output into README.md");
}

#[test]
fn every_answer_in_the_readme_is_one_that_the_quickstart_prints() {
    let (story, answers) = (story(), printed_in("Questions it answers"));
    assert!(answers.len() >= 8, "only {} answers are left", answers.len());
    for answer in answers {
        let is_there = story.windows(answer.len()).any(|lines| lines == answer);
        assert!(is_there, "the quickstart does not print this:\n{}", answer.join("\n"));
    }
}
