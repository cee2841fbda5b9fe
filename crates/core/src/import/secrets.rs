//! Secrets by their form: none belongs into an export.

use crate::id;
use crate::secret::TokenPurpose;

/// Letters in a group of a device password, and its groups.
const GROUP: usize = 5;
const GROUPS: usize = 6;
/// Digits of a SHA-256 digest in hexadecimal.
const DIGEST: usize = 64;
/// The shortest secret part of what could be a token, so that a cut one is recognised too.
const TOKEN: usize = 52;

/// What kind of secret stands in a text, if one does: in its very form, whatever stands around it.
pub(super) fn form_of(text: &str) -> Option<&'static str> {
    if text.contains("$argon2") {
        return Some("a password hash");
    }
    if TokenPurpose::ALL
        .iter()
        .any(|purpose| text.contains(purpose.prefix()) && has_run(text, TOKEN, is_letter))
    {
        return Some("a token");
    }
    if has_run(text, DIGEST, |c| c.is_ascii_hexdigit()) {
        return Some("a digest");
    }
    has_device_password(text).then_some("a device password")
}

fn is_letter(c: char) -> bool {
    u8::try_from(c).is_ok_and(|letter| id::ALPHABET.contains(&letter.to_ascii_lowercase()))
}

/// Whether so many characters of a kind follow one another.
fn has_run(text: &str, length: usize, is: impl Fn(char) -> bool) -> bool {
    text.split(|c| !is(c)).any(|run| run.len() >= length)
}

/// Six groups of five letters with hyphens between them.
fn has_device_password(text: &str) -> bool {
    let mut groups = 0;
    for part in text.split(|c: char| !is_letter(c) && c != '-') {
        for group in part.split('-') {
            groups = if group.len() == GROUP { groups + 1 } else { 0 };
            if groups == GROUPS {
                return true;
            }
        }
        groups = 0;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{DevicePassword, Token};

    #[test]
    fn whatever_this_library_makes_is_recognised() {
        let password = DevicePassword::from_random(&[0xA7; 19]);
        let digest = password.digest();
        let shown = password.reveal().to_string();
        for text in [shown.clone(), shown.to_uppercase(), format!("typed {shown}, works")] {
            assert_eq!(form_of(&text), Some("a device password"), "{text}");
        }
        assert_eq!(form_of(&digest), Some("a digest"));
        for purpose in TokenPurpose::ALL {
            let token = Token::from_random(purpose, 7, &[0x5C; 32]).reveal().to_string();
            assert_eq!(form_of(&format!("https://panel.example/?t={token}")), Some("a token"));
        }
        assert_eq!(form_of("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"), Some("a password hash"));
    }

    #[test]
    fn what_people_write_is_none() {
        for text in [
            "",
            "front desk",
            "usr_01j0000000e008000000000001",
            "grt/mbx_01j0000000e008000000000004/usr_01j0000000e008000000000001",
            "mailgrant-00112233445566778899aabbccddeeff",
            "2001:db8:1234:5678:9abc:def0:1234:5678/128",
            "three lamps under one bridge",
            "seven-eight-seven-eight",
        ] {
            assert_eq!(form_of(text), None, "{text}");
        }
    }
}
