//! Which passwords are refused, and why: NIST SP 800-63B-4 §3.1.1.2.
//!
//! Length counts, not composition: there are no rules about digits or capitals. What attackers try first is
//! refused, and so is what is made of little else.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::opaque_string::{self, Unfit};
use super::{Password, Prepared};
use crate::error::{Code, Error};

/// Words and phrases that lead the lists of leaked passwords, in lower case and without spaces.
const COMMON: &str = include_str!("common.txt");
/// What fingers run along, forwards or backwards.
const ROWS: [&str; 12] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6z7u8i9o0p",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
];
/// A run along a row, or a word of one's own, counts from this many characters on.
const SHORTEST_WORD: usize = 4;
/// So many characters must be left where something common was taken out.
const LEFT_OF_COMMON: usize = 6;
/// So many letters must be left where words of one's own were taken out.
const LEFT_OF_OWN: usize = 4;
/// Fewer different characters than this are a pattern.
const DIFFERENT: usize = 4;

/// Which passwords a directory accepts from people.
///
/// The default asks for 15 characters, as NIST SP 800-63B-4 §3.1.1.2 does where the password stands alone. With a
/// second factor, eight will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_length: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 15 }
    }
}

impl PasswordPolicy {
    /// Asks for `min_length` characters (Unicode code points, after preparation), from 8 to 64.
    ///
    /// Fails with `policy.invalid` outside these bounds.
    ///
    /// ```
    /// use mailgrant::PasswordPolicy;
    ///
    /// assert_eq!(PasswordPolicy::default().min_length(), 15);
    /// assert_eq!(PasswordPolicy::new(8)?.min_length(), 8);
    /// assert!(PasswordPolicy::new(7).is_err());
    /// # Ok::<(), mailgrant::Error>(())
    /// ```
    pub fn new(min_length: usize) -> Result<Self, Error> {
        if !(8..=64).contains(&min_length) {
            return Err(Error::new(
                Code::PolicyInvalid,
                format!("choose a least password length from 8 to 64 characters, not `{min_length}`"),
            )
            .with("min_length", min_length));
        }
        Ok(Self { min_length })
    }

    /// The least number of characters.
    pub const fn min_length(&self) -> usize {
        self.min_length
    }

    /// Takes a password of a length and of characters that may be, whatever it says: enough to hash it.
    pub(crate) fn admit(&self, password: &Password) -> Result<Prepared, Error> {
        let text = opaque_string::enforce(password.expose()).map_err(|unfit| match unfit {
            Unfit::Empty => self.too_short(),
            Unfit::TooLong => {
                refused("too_long", format!("use at most {} characters", opaque_string::LONGEST))
                    .with("max_length", opaque_string::LONGEST)
            }
            // Naming it gives nothing away: no password here can hold it where it stands.
            Unfit::Character(c) => {
                let name = format!("U+{:04X}", u32::from(c));
                refused(
                    "characters",
                    format!("leave out the character `{name}`: it cannot be typed reliably"),
                )
                .with("character", name)
            }
        })?;
        if text.chars().count() < self.min_length {
            return Err(self.too_short());
        }
        Ok(Prepared { text, possible: true })
    }

    /// Prepares a new password, or refuses it with `password.refused`; `details.reason` is `too_short`, `too_long`,
    /// `characters`, `repetitive`, `common` or `own_words`.
    ///
    /// `own` holds what an attacker knows of the person: login, name, organisation.
    pub(crate) fn check(&self, password: &Password, own: &[&str]) -> Result<Prepared, Error> {
        let prepared = self.admit(password)?;
        let text = prepared.text.as_str();
        let lower = Zeroizing::new(text.to_lowercase());
        if is_repetitive(&lower, self.min_length) {
            return Err(refused("repetitive", "use less repetition, such as a few unrelated words"));
        }
        // People join the words of a phrase with these, or with nothing.
        let joined = Zeroizing::new(lower.replace([' ', '-', '_', '.', ','], ""));
        let rest = without(&joined, common_prefix);
        let common = || refused("common", "use something less common, such as four unrelated words");
        if rest.len() < joined.len() && distinct_runs(&rest) < LEFT_OF_COMMON {
            return Err(common());
        }
        let words = own_words(own);
        let rest_without_own = without(&rest, |rest| longest_prefix(rest, words.iter().map(String::as_str)));
        let letters_left = rest_without_own.chars().filter(|c| c.is_alphabetic()).count();
        if rest_without_own.len() < rest.len() && letters_left < LEFT_OF_OWN {
            return Err(refused("own_words", "use words other than your name, address or organisation"));
        }
        if is_guessable(text, own, self.min_length) { Err(common()) } else { Ok(prepared) }
    }

    fn too_short(&self) -> Error {
        refused(
            "too_short",
            format!("use at least {} characters, such as four unrelated words", self.min_length),
        )
        .with("min_length", self.min_length)
    }
}

fn refused(reason: &str, message: impl Into<String>) -> Error {
    Error::new(Code::PasswordRefused, message).with("reason", reason)
}

/// Whether the text repeats a unit that alone would be too short, or is made of hardly any characters.
fn is_repetitive(text: &str, min_length: usize) -> bool {
    let letters: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let repeats = |period: usize| letters.iter().zip(letters.iter().skip(period)).all(|(a, b)| a == b);
    let mut different = letters.clone();
    different.sort_unstable();
    different.dedup();
    different.len() < DIFFERENT || (1..min_length.min(letters.len() / 2 + 1)).any(repeats)
}

/// The text without what `prefix` finds at any place; it answers with a length in octets, 0 for nothing.
fn without(text: &str, prefix: impl Fn(&str) -> usize) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let found = prefix(rest);
        let taken = if found == 0 { next.len_utf8() } else { found };
        let (passed, remaining) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        if found == 0 {
            kept.push_str(passed);
        }
        rest = remaining;
    }
    kept
}

fn longest_prefix<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> usize {
    words.filter(|word| text.starts_with(word)).map(str::len).max().unwrap_or(0)
}

fn common_prefix(text: &str) -> usize {
    longest_prefix(text, COMMON.lines()).max(run_prefix(text)).max(year_prefix(text))
}

/// A run of four or more along a row, in either direction.
fn run_prefix(text: &str) -> usize {
    let run_along = |row: &str| {
        let ends = (SHORTEST_WORD..=row.len())
            .take_while(|end| text.get(..*end).is_some_and(|run| row.contains(run)));
        ends.last().unwrap_or(0)
    };
    ROWS.iter()
        .map(|row| run_along(row).max(run_along(&row.chars().rev().collect::<String>())))
        .max()
        .unwrap_or(0)
}

fn year_prefix(text: &str) -> usize {
    let is_year = text.get(..4).is_some_and(|year| {
        (year.starts_with("19") || year.starts_with("20")) && year.bytes().all(|b| b.is_ascii_digit())
    });
    if is_year { 4 } else { 0 }
}

/// Characters, those that repeat the one before not counted.
fn distinct_runs(text: &str) -> usize {
    let repeated = text.chars().zip(text.chars().skip(1)).filter(|(a, b)| a == b).count();
    text.chars().count() - repeated
}

fn own_words(own: &[&str]) -> Vec<String> {
    let lower = own.iter().map(|text| text.nfc().collect::<String>().to_lowercase()).collect::<Vec<_>>();
    let words = lower.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.chars().count() >= SHORTEST_WORD).map(str::to_owned).collect()
}

/// Fewer than 10^8 guesses; fewer than 10^6 where a second factor lets passwords be short: eight characters of no
/// pattern at all are worth no more to zxcvbn than 10^8.
#[cfg(feature = "zxcvbn")]
fn is_guessable(text: &str, own: &[&str], min_length: usize) -> bool {
    let alone = min_length >= PasswordPolicy::default().min_length;
    let least = if alone { zxcvbn::Score::Three } else { zxcvbn::Score::Two };
    zxcvbn::zxcvbn(text, own).score() < least
}

#[cfg(not(feature = "zxcvbn"))]
fn is_guessable(_: &str, _: &[&str], _: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 3] = ["anna.muster@example.ch", "Anna Muster", "Muster Treuhand AG"];

    fn check(text: &str, min_length: usize) -> Result<Prepared, Error> {
        PasswordPolicy::new(min_length).unwrap().check(&Password::from(text), &OWN)
    }

    fn reason(text: &str, min_length: usize) -> String {
        let error = check(text, min_length).unwrap_err();
        assert_eq!(error.code(), Code::PasswordRefused);
        error.details()["reason"].as_str().unwrap().to_owned()
    }

    #[test]
    fn good_passwords_are_accepted() {
        for text in [
            "three lamps under one bridge",
            "drei Lampen unter der Brücke",
            "83920174650182736",
            "пять ламп под мостом",
            "五盏灯在一座桥下面的水中倒映着",
            "!?%&/()=+*#-_.,;",
            "anna kauft gern violette Lampen",
            "my password is under the third lamp",
            "tangerine 😀 bridge 🫠 lamp",
        ] {
            check(text, 15).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn length_counts_characters_not_octets_and_spaces_too() {
        assert_eq!(reason("x7#kq9!zw ü é", 15), "too_short");
        assert_eq!(check("x7#kq9!zw ü éab", 15).unwrap().text.chars().count(), 15);
        assert_eq!(reason("x7#kq9!zw u\u{308} e\u{301}", 15), "too_short");
        assert_eq!(reason("", 15), "too_short");
        let error = check("kurz", 15).unwrap_err();
        assert_eq!(error.details()["min_length"], 15);
    }

    #[test]
    fn length_has_an_upper_bound_beyond_256() {
        let long: String = (0..1_024).filter_map(|n| char::from_u32(0x4e00 + n * 389 % 1_024)).collect();
        check(&long, 15).map(drop).unwrap();
        assert_eq!(reason(&format!("{long}x"), 15), "too_long");
    }

    #[test]
    fn characters_that_cannot_be_typed_are_named() {
        let error = check("three lamps\u{7} under one bridge", 15).unwrap_err();
        assert_eq!(error.details()["reason"], "characters");
        assert_eq!(error.details()["character"], "U+0007");
    }

    #[test]
    fn repetition_is_refused() {
        for text in
            ["aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcab", "xkcdvimqxkcdvimqxkcd", "aabbbababbabababbab"]
        {
            assert_eq!(reason(text, 15), "repetitive", "{text}");
        }
    }

    #[test]
    fn a_good_password_twice_is_still_good() {
        check("three lamps under one bridge three lamps under one bridge ", 15).map(drop).unwrap();
    }

    #[test]
    fn common_passwords_and_simple_sequences_are_refused() {
        for text in [
            "correct horse battery staple",
            "Correct-Horse-Battery-Staple!",
            "password12345678",
            "MyPassword2024!!!",
            "qwertyuiopasdfghjkl",
            "1234567890123456",
            "9876543210987654",
            "abcdefghijklmnop",
            "1qaz2wsx3edc4rfv",
            "Sommer2024Winter2025",
            "iloveyou iloveyou forever",
            "administrator123",
            "p@ssw0rdp@ssw0rd1",
        ] {
            assert_eq!(reason(text, 15), "common", "{text}");
        }
        for text in ["password", "passwort1", "qwertz123", "12345678", "Football!"] {
            assert_eq!(reason(text, 8), "common", "{text}");
        }
    }

    #[test]
    fn words_of_ones_own_are_refused_in_any_case_and_order() {
        for text in
            ["MusterAnna-8302957", "treuhand.muster.anna", "Example 55 Muster 93", "anna-muster-passwort"]
        {
            assert_eq!(reason(text, 15), "own_words", "{text}");
        }
    }

    #[test]
    fn no_message_holds_the_password() {
        for text in ["kurz", "aaaaaaaaaaaaaaaaaaaa", "password12345678", "MusterAnna-8302957"] {
            let error = check(text, 15).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(text), "{error:?}");
        }
    }

    #[test]
    fn policies_out_of_bounds_cannot_be_chosen() {
        for min_length in [0, 7, 65] {
            assert_eq!(PasswordPolicy::new(min_length).unwrap_err().code(), Code::PolicyInvalid);
        }
    }

    #[cfg(feature = "zxcvbn")]
    #[test]
    fn zxcvbn_refuses_what_the_list_does_not_know() {
        assert_eq!(reason("corvette7", 8), "common");
    }
}
