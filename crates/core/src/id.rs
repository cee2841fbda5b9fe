//! Typed ids: a UUIDv7 (RFC 9562) behind a prefix that names its kind.
//!
//! The text form follows TypeID 0.3: the prefix, an underscore and 26 characters of Crockford base32 in
//! lower case, so that ids sort by the time they were made and an id of one kind is never taken for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::error::{Code, Error};

pub(crate) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;
/// Of every prefix, with its underscore.
const PREFIX: usize = 4;

/// The text of an id.
#[derive(Clone, Copy)]
pub(crate) struct IdText([u8; PREFIX + LENGTH]);

impl AsRef<str> for IdText {
    fn as_ref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

pub(crate) fn encode(value: u128) -> [u8; LENGTH] {
    let mut text = [b'0'; LENGTH];
    for (place, letter) in text.iter_mut().rev().enumerate() {
        let digit = ((value >> (5 * place)) & 31) as usize;
        *letter = ALPHABET.get(digit).copied().unwrap_or(b'0');
    }
    text
}

pub(crate) fn decode(text: &str) -> Option<u128> {
    if text.len() != LENGTH || !text.starts_with(|first: char| ('0'..='7').contains(&first)) {
        return None;
    }
    text.bytes().try_fold(0u128, |value, letter| Some((value << 5) | u128::from(digit(letter)?)))
}

/// The place of a letter in the alphabet. Spelled out: it is asked for every letter of every id that is read.
pub(crate) fn digit(letter: u8) -> Option<u8> {
    Some(match letter {
        b'0'..=b'9' => letter - b'0',
        b'a'..=b'h' => letter - b'a' + 10,
        b'j' | b'k' => letter - b'j' + 18,
        b'm' | b'n' => letter - b'm' + 20,
        b'p'..=b't' => letter - b'p' + 22,
        b'v'..=b'z' => letter - b'v' + 27,
        _ => return None,
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        ///
        #[doc = concat!("Its text starts with `", $prefix, "`; any other kind is refused with `id.invalid`.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        const _: () = assert!($prefix.len() == PREFIX);

        impl $name {
            /// The prefix of the text form, with its underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id of a UUID, such as one from another system.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID without its prefix.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// The text form, without an allocation.
            pub(crate) fn text(&self) -> IdText {
                let mut text = [0; PREFIX + LENGTH];
                let (prefix, value) = text.split_at_mut(PREFIX);
                prefix.copy_from_slice(Self::PREFIX.as_bytes());
                value.copy_from_slice(&encode(self.0.as_u128()));
                IdText(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_ref())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                text.strip_prefix($prefix)
                    .and_then(decode)
                    .map(|value| Self(Uuid::from_u128(value)))
                    .ok_or_else(|| {
                        let shown: String = text.chars().take(80).collect();
                        Error::new(Code::IdInvalid, format!("`{shown}` is not an id that starts with `{}`", $prefix))
                            .with("expected", $prefix)
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A person with a login.
    UserId, "usr_");
id!(
    /// An organisation.
    OrganisationId, "org_");
id!(
    /// A mailbox.
    MailboxId, "mbx_");
id!(
    /// A device: one mail program on one machine.
    DeviceId, "dev_");
id!(
    /// An invitation.
    InvitationId, "inv_");
id!(
    /// One commit, or the request that a caller named by it.
    ChangeId, "chg_");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_places_in_the_alphabet() {
        for letter in 0..=255 {
            let place = ALPHABET.iter().position(|known| *known == letter);
            assert_eq!(digit(letter).map(usize::from), place, "{letter}");
        }
    }

    #[test]
    fn text_round_trips_and_sorts_like_the_uuid() {
        let low = UserId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000));
        let high = UserId::from_uuid(Uuid::from_u128(u128::MAX));
        assert_eq!(low.to_string().parse::<UserId>().unwrap(), low);
        assert_eq!(high.to_string(), "usr_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        assert!(low.to_string() < high.to_string());
    }

    #[test]
    fn other_kinds_and_broken_text_are_refused() {
        let user = UserId::from_uuid(Uuid::from_u128(7)).to_string();
        for text in [
            user.replace("usr_", "mbx_"),
            user.to_uppercase(),
            user.replace("usr_0", "usr_8"),
            String::new(),
            format!("{user}0"),
        ] {
            let error = text.parse::<UserId>().unwrap_err();
            assert_eq!(error.code(), Code::IdInvalid, "{text}");
        }
    }
}
