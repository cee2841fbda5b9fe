//! Secrets that this library makes: device passwords, tokens, and the randomness they come from.
//!
//! Each holds at least 128 secret random bits, so a plain SHA-256 digest is kept of it; the text itself is shown
//! once and wiped from memory.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::id;

/// Characters of a device password that carry bits: 30 of 5 each.
const LETTERS: usize = 30;
/// Characters of a device password between two hyphens.
const GROUP: usize = 5;
/// Letters and hyphens.
const SHOWN: usize = LETTERS + LETTERS / GROUP - 1;
/// Nobody types more octets than this into a password field by mistake; beyond it no work is done.
const LONGEST_INPUT: usize = 200;
/// Characters of a record's id in a token, as in [`id::encode`].
const TOKEN_ID: usize = 26;
/// Characters of 256 bits.
const TOKEN_SECRET: usize = 52;

macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}

redacted!(DevicePassword, Revealed, PresentedDevicePassword, Token, PresentedToken);

/// The first `count` groups of five bits as Crockford base32; bits beyond the end are zero.
fn base32(bytes: &[u8], count: usize) -> impl Iterator<Item = char> {
    let byte = |place: usize| u16::from(bytes.get(place).copied().unwrap_or(0));
    (0..count).map(move |place| {
        let bit = place * 5;
        let window = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        let digit = usize::from(window >> (11 - bit % 8) & 31);
        id::ALPHABET.get(digit).copied().map_or('0', char::from)
    })
}

/// Thirty letters in six groups. The capacity is exact, so that no copy is left behind by growing.
fn grouped(letters: impl Iterator<Item = char>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(SHOWN));
    for (place, letter) in letters.enumerate() {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

fn digest(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// Compares two hexadecimal digests in a time that tells nothing about where they differ.
pub(crate) fn same_digest(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The first four characters of a device password: public, and unique within its mailbox.
///
/// Parsing fails with `value.invalid` where the text is not four characters of lower-case Crockford base32.
///
/// ```
/// use mailgrant::Selector;
///
/// let selector: Selector = "7k3m".parse()?;
/// assert_eq!(selector.as_str(), "7k3m");
/// assert!("7K3M".parse::<Selector>().is_err());
/// # Ok::<(), mailgrant::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector([u8; 4]);

impl Selector {
    fn of(text: &str) -> Self {
        Self(text.as_bytes().first_chunk().copied().unwrap_or([b'0'; 4]))
    }

    /// The four characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match <[u8; 4]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(|letter| id::ALPHABET.contains(letter)) => Ok(Self(letters)),
            _ => Err(Error::new(Code::ValueInvalid, "a selector is four characters of a device password")),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Selector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Selector {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A new device password, shown once: `7k3m9-xq2pa-…`, 150 random bits in six groups of five characters.
///
/// It can be neither printed, serialised, cloned nor compared, and is wiped from memory when dropped. The only
/// way to its text is [`reveal`](Self::reveal), which consumes it.
pub struct DevicePassword(Zeroizing<String>);

impl DevicePassword {
    /// Of the first 150 of these 152 bits.
    pub(crate) fn from_random(bytes: &[u8; 19]) -> Self {
        Self(grouped(base32(bytes, LETTERS)))
    }

    /// The public part: its first four characters.
    pub fn selector(&self) -> Selector {
        Selector::of(&self.0)
    }

    /// The text to show, once. Whoever loses it needs a new password.
    pub fn reveal(self) -> Revealed {
        Revealed(self.0)
    }

    /// SHA-256 of the canonical text, hyphens included, in lower-case hexadecimal.
    pub(crate) fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// The text of a secret on its way to the person it is for. Wiped from memory when dropped.
///
/// It derefs to `str` and has a `Display`; its `Debug` hides it, so that it does not slip into a log.
pub struct Revealed(Zeroizing<String>);

impl Deref for Revealed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something typed that has the form of a device password.
pub(crate) struct PresentedDevicePassword(Zeroizing<String>);

impl PresentedDevicePassword {
    /// Reads what a person or a mail program typed: any case, white space and hyphens anywhere, `o` for `0`, `i`
    /// and `l` for `1`. `None` where it is not of that form, so that it must be something else.
    pub(crate) fn parse(input: &str) -> Option<Self> {
        if input.len() > LONGEST_INPUT {
            return None;
        }
        // Phones turn hyphens into dashes.
        let is_filler = |c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let mut letters = Zeroizing::new([0u8; LETTERS]);
        let mut places = letters.iter_mut();
        for c in input.chars().filter(|c| !is_filler(*c)) {
            let letter = match u8::try_from(c).ok()?.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                other => other,
            };
            id::digit(letter)?;
            *places.next()? = letter;
        }
        if places.next().is_some() {
            return None;
        }
        Some(Self(grouped(letters.iter().copied().map(char::from))))
    }

    pub(crate) fn selector(&self) -> Selector {
        Selector::of(&self.0)
    }

    pub(crate) fn digest(&self) -> String {
        digest(&self.0)
    }

    pub(crate) fn digest_bytes(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// What a token is good for; one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPurpose {
    /// Accepting or declining an invitation.
    Invitation,
    /// Confirming that a login address is one's own.
    ConfirmLogin,
    /// Confirming that a recovery address is one's own.
    ConfirmRecovery,
    /// Choosing a new password.
    Reset,
}

impl TokenPurpose {
    pub(crate) const ALL: [Self; 4] =
        [Self::Invitation, Self::ConfirmLogin, Self::ConfirmRecovery, Self::Reset];

    /// The prefix of the text form, with its underscore.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Invitation => "tinv_",
            Self::ConfirmLogin => "tlog_",
            Self::ConfirmRecovery => "trec_",
            Self::Reset => "trst_",
        }
    }
}

/// A new token for one e-mail, shown once: 256 random bits behind a prefix and the id of what it opens.
///
/// It can be neither printed, serialised, cloned nor compared, and is wiped from memory when dropped.
pub struct Token(Zeroizing<String>);

impl Token {
    /// A token that opens the record with this id, which it carries so that the record is found.
    pub(crate) fn from_random(purpose: TokenPurpose, id: u128, bytes: &[u8; 32]) -> Self {
        let prefix = purpose.prefix();
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + TOKEN_ID + TOKEN_SECRET));
        text.push_str(prefix);
        text.extend(id::encode(id).map(char::from));
        text.extend(base32(bytes, TOKEN_SECRET));
        Self(text)
    }

    /// The text to send, once. It is case-sensitive and fit for a URL as it stands.
    pub fn reveal(self) -> Revealed {
        Revealed(self.0)
    }

    /// SHA-256 of the whole text in lower-case hexadecimal.
    pub(crate) fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// A token as somebody brings it back. Anything may stand in it; a wrong one is `token.invalid` where it is used.
///
/// ```
/// use mailgrant::PresentedToken;
///
/// let token = PresentedToken::new("tinv_01h455vb4pex5vsknk084sn02q…");
/// assert_eq!(format!("{token:?}"), "PresentedToken(***)");
/// ```
pub struct PresentedToken(Zeroizing<String>);

impl PresentedToken {
    /// No token at all, which nothing accepts: what stands in a command until the token is supplied.
    pub(crate) fn nothing() -> Self {
        Self::new("")
    }

    /// Takes the text as it was typed or clicked; white space around it does not matter.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Its purpose, the id of the record it claims to open, and the digest to compare with that record's.
    pub(crate) fn locate(&self) -> Option<(TokenPurpose, u128, String)> {
        let text = self.0.trim();
        let purpose = TokenPurpose::ALL.into_iter().find(|purpose| text.starts_with(purpose.prefix()))?;
        let (id, secret) = text.strip_prefix(purpose.prefix())?.split_at_checked(TOKEN_ID)?;
        let well_formed =
            secret.len() == TOKEN_SECRET && secret.bytes().all(|letter| id::ALPHABET.contains(&letter));
        well_formed.then_some((purpose, id::decode(id)?, digest(text)))
    }
}

impl From<&str> for PresentedToken {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for PresentedToken {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// The source of randomness failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the source of randomness failed: {0}")]
pub struct EntropyError(String);

impl EntropyError {
    /// A failure in the words of the source.
    pub fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

impl From<EntropyError> for Error {
    fn from(source: EntropyError) -> Self {
        Error::new(Code::EntropyFailed, "no randomness can be had: try again").caused_by(source)
    }
}

/// Gives unpredictable bytes. Injected, so that every test can replay.
///
/// Every cryptographic generator of `rand_core` 0.10 is one. Ids and secrets are only as good as this source.
///
/// ```
/// use mailgrant::{Entropy, EntropyError};
///
/// struct Sevens; // for a test, never for use
///
/// impl Entropy for Sevens {
///     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
///         bytes.fill(7);
///         Ok(())
///     }
/// }
///
/// let mut bytes = [0; 4];
/// Sevens.fill(&mut bytes)?;
/// assert_eq!(bytes, [7; 4]);
/// # Ok::<(), EntropyError>(())
/// ```
pub trait Entropy: Send {
    /// Fills the whole slice, or fails and leaves anything in it.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

impl<R: rand_core::TryCryptoRng + Send> Entropy for R {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.try_fill_bytes(bytes).map_err(EntropyError::new)
    }
}

/// The operating system's randomness; in a browser, `crypto.getRandomValues`.
#[cfg(feature = "os-entropy")]
pub fn os_entropy() -> impl Entropy + Copy {
    getrandom::SysRng
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYTES: [u8; 19] = [
        0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75,
        0xbe, 0x74,
    ];

    #[test]
    fn a_device_password_is_its_first_150_bits_in_six_groups() {
        let text = DevicePassword::from_random(&BYTES).reveal();
        assert_eq!(&*text, "01234-56789-abcde-fghjk-mnpqr-stvwx");
        assert_eq!(
            &*DevicePassword::from_random(&[0xff; 19]).reveal(),
            "zzzzz-zzzzz-zzzzz-zzzzz-zzzzz-zzzzz"
        );
    }

    #[test]
    fn the_digest_is_sha_256_of_the_text_with_its_hyphens() {
        // printf %s 01234-56789-abcde-fghjk-mnpqr-stvwx | sha256sum
        assert_eq!(
            DevicePassword::from_random(&BYTES).digest(),
            "2e5d1382059e07667039bf1eab1dd8edee9099fd379fb5a9a4c26c29b52a7163"
        );
    }

    #[test]
    fn typing_is_forgiven() {
        let digest = DevicePassword::from_random(&BYTES).digest();
        for typed in [
            "01234-56789-abcde-fghjk-mnpqr-stvwx",
            "0123456789abcdefghjkmnpqrstvwx",
            " O1234 56789\tABCDE-FGHJK-MNPQR-STVWX\r\n",
            "oI234-56789-abcde-fghjk-mnpqr-stvwx",
            "ol2345678-9abcdefghjk\u{2013}mnpqr\u{a0}stvwx-",
        ] {
            let presented = PresentedDevicePassword::parse(typed).unwrap();
            assert_eq!(presented.digest(), digest, "{typed}");
            assert_eq!(presented.selector().as_str(), "0123");
        }
    }

    #[test]
    fn what_has_another_form_is_something_else() {
        let spaced = format!("01234-56789-abcde-fghjk-mnpqr-stvwx{}", " ".repeat(200));
        for typed in [
            "",
            "01234-56789-abcde-fghjk-mnpqr-stvw",
            "01234-56789-abcde-fghjk-mnpqr-stvwxy",
            "01234-56789-abcde-fghjk-mnpqr-stvwu",
            "01234-56789-abcde-fghjk-mnpqr-stvw!",
            "01234-56789-abcde-fghjk-mnpqr-stvwé",
            spaced.as_str(),
        ] {
            assert!(PresentedDevicePassword::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_token_carries_its_purpose_and_its_record() {
        let token = Token::from_random(TokenPurpose::Reset, 42, &[0xff; 32]);
        let digest = token.digest();
        let text = token.reveal().to_string();
        assert_eq!(text, format!("trst_{}1a{}g", "0".repeat(24), "z".repeat(51)));
        let (purpose, id, found) = PresentedToken::from(format!(" {text}\n")).locate().unwrap();
        assert_eq!((purpose, id), (TokenPurpose::Reset, 42));
        assert!(same_digest(&digest, &found));
    }

    #[test]
    fn a_malformed_token_opens_nothing() {
        let text = Token::from_random(TokenPurpose::Invitation, 42, &[7; 32]).reveal().to_string();
        for wrong in [
            String::new(),
            text.to_uppercase(),
            text.replace("tinv_", "inv_"),
            text.replace("tinv_0", "tinv_8"),
            format!("{text}0"),
            text.chars().take(82).collect(),
            format!("tinv_{}", "é".repeat(39)),
        ] {
            assert!(PresentedToken::new(wrong.clone()).locate().is_none(), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            DevicePassword::from_random(&BYTES),
            DevicePassword::from_random(&BYTES).reveal(),
            PresentedDevicePassword::parse("01234-56789-abcde-fghjk-mnpqr-stvwx").unwrap(),
            Token::from_random(TokenPurpose::Reset, 1, &[0; 32]),
            PresentedToken::new("trst_"),
        );
        assert_eq!(
            shown,
            "DevicePassword(***) Revealed(***) PresentedDevicePassword(***) Token(***) PresentedToken(***)"
        );
    }

    #[test]
    fn digests_of_other_texts_or_lengths_differ() {
        assert!(same_digest("ab", "ab"));
        assert!(!same_digest("ab", "aa"));
        assert!(!same_digest("ab", "abc"));
    }

    #[test]
    fn a_failing_source_is_an_error_that_may_be_retried() {
        struct Broken;
        impl Entropy for Broken {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError::new("no device"))
            }
        }
        let error = Error::from(Broken.fill(&mut [0]).unwrap_err());
        assert_eq!((error.code(), error.is_retryable()), (Code::EntropyFailed, true));
    }

    #[cfg(feature = "os-entropy")]
    #[test]
    fn the_operating_system_gives_other_bytes_each_time() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        os_entropy().fill(&mut first).unwrap();
        os_entropy().fill(&mut second).unwrap();
        assert_ne!(first, second);
    }

    proptest! {
        #[test]
        fn what_was_revealed_is_recognised(bytes: [u8; 19]) {
            let password = DevicePassword::from_random(&bytes);
            let (selector, digest) = (password.selector(), password.digest());
            let presented = PresentedDevicePassword::parse(&password.reveal()).unwrap();
            prop_assert_eq!((presented.selector(), presented.digest()), (selector, digest));
            prop_assert_eq!(selector.to_string().parse::<Selector>().unwrap(), selector);
        }

        #[test]
        fn any_input_is_survived(input in "\\PC{0,60}") {
            let _ = PresentedDevicePassword::parse(&input);
            let _ = PresentedToken::new(input).locate();
        }
    }
}
