//! The quickstart as a person meets it: a program, run twice on the same file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use program::{Ended, program};

/// Six groups of five.
const PASSWORD: &str = r"\b[0-9a-z]{5}(-[0-9a-z]{5}){5}\b";
const CHALLENGE: &str = r"mailgrant-[0-9a-f]{32}";

fn run(folder: &Path, file: &str) -> Ended {
    program("quickstart").current_dir(folder).arg(file).ended()
}

/// Every word of the output that is a device password.
fn passwords(output: &str) -> Vec<&str> {
    let is_password =
        |word: &&str| word.len() == 35 && word.split('-').filter(|group| group.len() == 5).count() == 6;
    output.split_whitespace().filter(is_password).collect()
}

#[test]
fn it_tells_the_same_story_twice_and_no_password_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (run(folder.path(), "mail.db"), run(folder.path(), "mail.db"));
    assert_eq!([first.code, second.code], [0, 0], "{}{}", first.stderr, second.stderr);

    insta::with_settings!({ filters => [(PASSWORD, "xxxxx-xxxxx-xxxxx-xxxxx-xxxxx-xxxxx"), (CHALLENGE, "[challenge]")] }, {
        insta::assert_snapshot!(second.stdout);
    });
    let begun = "Everything below happens in `mail.db`";
    assert!(
        first.stdout.contains(&format!("{begun}."))
            && second.stdout.contains(&format!("{begun}, begun afresh"))
    );

    for ended in [&first, &second] {
        let shown = passwords(&ended.stdout);
        assert_eq!(shown.len(), 5);
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), 5, "one was shown twice");
    }
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("device.added"), "the wrong file is looked at");
        for password in passwords(&second.stdout).into_iter().chain(passwords(&first.stdout)) {
            // Its first four characters are the selector, which is public.
            let plain = password.replace('-', "");
            assert!(!holds(&password[5..]) && !holds(&plain[5..]) && !holds(&plain[5..].to_uppercase()));
        }
    }
}

#[test]
fn it_removes_nothing_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "Dear Olivia").unwrap();
    let letter = run(folder.path(), "letter.txt");
    assert_eq!((letter.code, letter.stdout.as_str()), (1, ""));
    assert!(letter.stderr.starts_with("quickstart: `letter.txt`: "), "{}", letter.stderr);
    assert_eq!(fs::read(folder.path().join("letter.txt")).unwrap(), b"Dear Olivia");

    let theirs = folder.path().join("theirs.db");
    let directory = mailgrant::Directory::new(mailgrant_sqlite::open(&theirs).unwrap()).unwrap();
    let register = mailgrant::user::RegisterUser::new("anna@example.ch".parse().unwrap(), "Anna");
    directory.run(&mailgrant::Actor::system("test"), register).unwrap();
    drop(directory);
    let before = fs::read(&theirs).unwrap();
    let refused = run(folder.path(), "theirs.db");
    assert_eq!(refused.code, 1);
    assert_eq!(refused.stderr, "quickstart: `theirs.db`: it holds somebody's directory: name another file\n");
    assert!(fs::read(&theirs).unwrap() == before);
}
