//! The README shows what the quickstart prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod program;

use program::program;

const README: &str = include_str!("../../../README.md");

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

#[test]
fn the_readme_shows_what_the_quickstart_prints() {
    let (_, block) = README.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = program("quickstart").current_dir(folder.path()).ended();
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(masked(block), masked(printed.stdout.trim_matches('\n')), "copy the output into README.md");
}
