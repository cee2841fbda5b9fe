//! Passwords that people choose: how they are read, which are refused, and how they are kept.

mod hash;
mod opaque_string;
mod policy;

use std::fmt;

use zeroize::Zeroizing;

pub use hash::HashCosts;
pub(crate) use hash::{Hasher, Outcome, check_phc};
pub use policy::PasswordPolicy;

/// A password as a person typed it. Input only: it can be neither printed, serialised, cloned nor compared, and
/// is wiped from memory when dropped.
///
/// ```
/// use mailgrant::Password;
///
/// let password = Password::new("three lamps under one bridge");
/// assert_eq!(format!("{password:?}"), "Password(***)");
/// ```
pub struct Password(Zeroizing<String>);

impl Password {
    /// No password at all, which nothing accepts: what stands in a command until the password is supplied.
    pub(crate) fn nothing() -> Self {
        Self::new("")
    }

    /// Takes the text exactly as it was typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A password ready to be hashed. Wiped from memory when dropped.
pub(crate) struct Prepared {
    text: Zeroizing<String>,
    /// Whether it could ever have been set; where not, it costs one hash like any other and never matches.
    possible: bool,
}

impl Prepared {
    /// What somebody typed to sign in. Never fails: what could not be prepared never matches, at the same cost.
    pub(crate) fn for_login(password: &Password) -> Self {
        match opaque_string::enforce(password.expose()) {
            Ok(text) => Self { text, possible: true },
            Err(_) => Self { text: Zeroizing::default(), possible: false },
        }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let password = Password::from("three lamps under one bridge");
        assert_eq!(format!("{password:?}"), "Password(***)");
        assert_eq!(format!("{:?}", Prepared::for_login(&password)), "Prepared(***)");
    }

    #[test]
    fn both_spellings_of_a_letter_are_one_password() {
        let composed = Prepared::for_login(&Password::from("Zürich"));
        let decomposed = Prepared::for_login(&Password::from("Zu\u{308}rich"));
        assert_eq!(composed.text.as_str(), decomposed.text.as_str());
    }

    #[test]
    fn what_cannot_be_prepared_is_not_possible_and_holds_nothing() {
        for typed in [String::new(), "a\0b".into(), "x".repeat(100_000)] {
            let prepared = Prepared::for_login(&Password::new(typed));
            assert!(!prepared.possible && prepared.text.is_empty());
        }
    }
}
