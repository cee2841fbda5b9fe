//! The codes of all errors: the list only grows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use mailgrant::{Code, ErrorKind};

#[test]
fn the_list_of_codes_only_grows() {
    let mut lines: Vec<String> =
        Code::ALL.iter().map(|code| format!("{} {}", code.as_str(), code.kind().as_str())).collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_code_is_a_noun_and_a_problem() {
    for code in Code::ALL {
        let text = code.as_str();
        let (noun, problem) = text.split_once('.').unwrap();
        let word = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                && !part.starts_with('_')
                && !part.ends_with('_')
        };
        assert!(word(noun) && !noun.contains('_') && word(problem), "{text}");
        assert_eq!(code.to_string(), text);
    }
}

#[test]
fn no_two_codes_share_a_text() {
    let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
}

#[test]
fn what_is_not_there_or_may_not_be_seen_says_so_in_its_code() {
    for code in Code::ALL {
        let not_found = code.as_str().ends_with(".not_found");
        assert!(!not_found || code.kind() == ErrorKind::NotFound, "{code}");
    }
}
