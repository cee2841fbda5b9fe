//! E-mail addresses: what is accepted, and when two of them are the same.

mod domain_name;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

pub use domain_name::DomainName;

use crate::error::{Code, Error};

/// RFC 5321 §4.5.3.1.1, in octets.
const LONGEST_LOCAL: usize = 64;
/// RFC 5321 §4.5.3.1.3 less the angle brackets (RFC 3696 erratum 1690), in octets.
const LONGEST_ADDRESS: usize = 254;
/// Beyond this many octets no work is done at all; what normalisation shortens to 254 fits well within.
const LONGEST_INPUT: usize = 1_024;

/// RFC 2142 and what certificate authorities trust (CA/B Baseline Requirements §3.2.2.4.4).
const ROLE_ACCOUNTS: [&str; 8] =
    ["postmaster", "abuse", "admin", "administrator", "hostmaster", "webmaster", "security", "mailer-daemon"];

/// Why a text is refused: a word for programs and half a sentence for people.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    reason: &'static str,
    because: &'static str,
}

impl Refusal {
    const NO_AT: Self = Self { reason: "no_at", because: "write it as `name@example.ch`" };
    const EMPTY: Self = Self { reason: "empty", because: "nothing stands before the `@`" };
    const WHITESPACE: Self = Self { reason: "whitespace", because: "remove the white space" };
    const QUOTED: Self = Self { reason: "quoted_string", because: "quoted names are not accepted" };
    const COMMENT: Self = Self { reason: "comment", because: "remove the comment in brackets" };
    const DOTS: Self =
        Self { reason: "dots", because: "a dot stands first, last or beside another before the `@`" };
    const CHARACTERS: Self = Self {
        reason: "characters",
        because: "the part before the `@` holds a character that is invisible or not allowed there",
    };
    const LONG_LOCAL: Self =
        Self { reason: "too_long", because: "the part before the `@` is longer than 64 octets" };
    const LONG: Self = Self { reason: "too_long", because: "it is longer than 254 octets" };

    fn of(self, code: Code, noun: &str, text: &str) -> Error {
        let shown: String = text
            .chars()
            .take(80)
            .map(|c| if is_visible(c) || c == ' ' { c } else { char::REPLACEMENT_CHARACTER })
            .collect();
        Error::new(code, format!("`{shown}` is not {noun}: {}", self.because)).with("reason", self.reason)
    }
}

/// Whether the character leaves a mark on paper: a letter, mark, number, punctuation or symbol that is not
/// default-ignorable. Spaces, controls, bidi and format characters, private and unassigned ones are not.
pub(crate) fn is_visible(c: char) -> bool {
    const VISIBLE: GeneralCategoryGroup = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Mark)
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    VISIBLE.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// An e-mail address: what the person wrote, compared by its canonical form.
///
/// The syntax is RFC 5321's dot-atom with the UTF-8 of RFC 6531; no quoted strings, literals or comments. The
/// canonical form has the local part in NFC and lower case and the domain in A-labels. There, the local part
/// has at most 64 octets and the whole 254.
///
/// Parsing fails with `address.invalid`; `details.reason` is `no_at`, `empty`, `whitespace`, `quoted_string`,
/// `comment`, `dots`, `characters`, `too_long`, `literal` or `domain`.
///
/// ```
/// use mailgrant::Address;
///
/// let written: Address = "Zoë@Bücher.example".parse()?;
/// assert_eq!(written.to_string(), "Zoë@Bücher.example");
/// assert_eq!(written.canonical(), "zoë@xn--bcher-kva.example");
/// assert_eq!(written, "ZOE\u{308}@xn--bcher-kva.example".parse()?);
///
/// let error = "\"zoë\"@example.ch".parse::<Address>().unwrap_err();
/// assert_eq!(error.details()["reason"], "quoted_string");
/// # Ok::<(), mailgrant::Error>(())
/// ```
#[derive(Clone)]
pub struct Address {
    written: Arc<str>,
    /// The same allocation as `written` where both read the same.
    canonical: Arc<str>,
    domain: DomainName,
}

impl Address {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > LONGEST_INPUT {
            return Err(Refusal::LONG);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Refusal::NO_AT)?;
        let local =
            if is_plain_local(local) { Cow::Borrowed(local) } else { Cow::Owned(canonical_local(local)?) };
        if local.len() > LONGEST_LOCAL {
            return Err(Refusal::LONG_LOCAL);
        }
        let domain = DomainName::parse(domain).map_err(|refusal| match refusal.reason {
            "literal" | "whitespace" => refusal,
            _ => Refusal { reason: "domain", ..refusal },
        })?;
        Self::assemble(text, &local, domain)
    }

    fn assemble(written: &str, local: &str, domain: DomainName) -> Result<Self, Refusal> {
        if local.len() + 1 + domain.as_str().len() > LONGEST_ADDRESS {
            return Err(Refusal::LONG);
        }
        let written: Arc<str> = Arc::from(written);
        let canonical = match written.split_once('@') {
            Some(parts) if parts == (local, domain.as_str()) => written.clone(),
            _ => Arc::from(format!("{local}@{domain}")),
        };
        Ok(Self { written, canonical, domain })
    }

    /// The canonical form, `local@domain`: what uniqueness and equality go by.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The local part in canonical form.
    pub fn local(&self) -> &str {
        self.canonical.split_once('@').map_or("", |(local, _)| local)
    }

    /// The domain.
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Whether the canonical local part is ASCII, so that it needs no SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        self.local().is_ascii()
    }

    /// The skeleton of the canonical local part (UTS #39 §4): two that look alike have the same.
    ///
    /// ```
    /// use mailgrant::Address;
    ///
    /// let latin: Address = "paypal@example.ch".parse()?;
    /// let cyrillic: Address = "раураl@example.ch".parse()?;
    /// assert_ne!(latin, cyrillic);
    /// assert_eq!(latin.skeleton(), cyrillic.skeleton());
    /// # Ok::<(), mailgrant::Error>(())
    /// ```
    pub fn skeleton(&self) -> String {
        skeleton(self.local())
    }

    /// The same local part, as it was written, at another domain.
    ///
    /// Fails with `address.invalid` and the reason `too_long` where the whole would pass 254 octets.
    ///
    /// ```
    /// use mailgrant::Address;
    ///
    /// let address: Address = "Anna@example.ch".parse()?;
    /// assert_eq!(address.at_domain(&"example.com".parse()?)?.to_string(), "Anna@example.com");
    /// # Ok::<(), mailgrant::Error>(())
    /// ```
    pub fn at_domain(&self, domain: &DomainName) -> Result<Self, Error> {
        let local = self.written.rsplit_once('@').map_or("", |(local, _)| local);
        let text = format!("{local}@{domain}");
        Self::assemble(&text, self.local(), domain.clone())
            .map_err(|refusal| refusal.of(Code::AddressInvalid, "an e-mail address", &text))
    }

    /// The address that this one is a subaddress of (RFC 5233), in canonical form: cut at the first separator.
    ///
    /// `None` where there is no separator, or no valid local part before it.
    ///
    /// ```
    /// use mailgrant::Address;
    ///
    /// let address: Address = "Anna+shop+2026@example.ch".parse()?;
    /// assert_eq!(address.cut('+').unwrap().canonical(), "anna@example.ch");
    /// assert!("+shop@example.ch".parse::<Address>()?.cut('+').is_none());
    /// # Ok::<(), mailgrant::Error>(())
    /// ```
    pub fn cut(&self, separator: char) -> Option<Self> {
        let (base, _) = self.local().split_once(separator)?;
        if base.is_empty() || base.ends_with('.') {
            return None;
        }
        Self::assemble(&format!("{base}@{}", self.domain), base, self.domain.clone()).ok()
    }

    /// Whether the local part is one that the world trusts to speak for the domain: `postmaster`, `abuse`,
    /// `admin`, `administrator`, `hostmaster`, `webmaster`, `security` or `mailer-daemon` (RFC 2142).
    pub fn is_role_account(&self) -> bool {
        ROLE_ACCOUNTS.contains(&self.local())
    }

    /// Whether the local part is or looks like (UTS #39) one of the names that [`Self::is_role_account`] knows.
    pub(crate) fn resembles_role_account(&self) -> bool {
        if self.is_ascii() {
            return self.is_role_account();
        }
        let own = self.skeleton();
        ROLE_ACCOUNTS.iter().any(|name| skeleton(name) == own)
    }
}

/// The skeleton of UTS #39. Nearly every local part is ASCII, whose characters are looked up once.
fn skeleton(text: &str) -> String {
    static OF_ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
        (0..=127_u8)
            .map(|byte| unicode_security::skeleton(char::from(byte).encode_utf8(&mut [0; 4])).collect())
            .collect()
    });
    if !text.is_ascii() {
        return unicode_security::skeleton(text).collect();
    }
    let prototypes = &*OF_ASCII;
    let mut skeleton = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        skeleton.push_str(prototypes.get(usize::from(byte)).map_or("", String::as_str));
    }
    skeleton
}

/// `atext` of RFC 5322 §3.2.3.
fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

/// Whether the local part is a dot-atom of lower-case ASCII, which is canonical as it stands.
fn is_plain_local(local: &str) -> bool {
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(|b| is_atext(b) && !b.is_ascii_uppercase()))
}

fn canonical_local(local: &str) -> Result<String, Refusal> {
    if local.is_empty() {
        return Err(Refusal::EMPTY);
    }
    if local.starts_with('"') {
        return Err(Refusal::QUOTED);
    }
    if local.contains('(') {
        return Err(Refusal::COMMENT);
    }
    if local.contains(char::is_whitespace) {
        return Err(Refusal::WHITESPACE);
    }
    // NFC comes before the check: some characters are only another spelling of an ASCII one.
    let composed: String = local.nfc().collect();
    let is_mark = |c| GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    for atom in composed.split('.') {
        if atom.is_empty() {
            return Err(Refusal::DOTS);
        }
        let allowed = |c: char| match u8::try_from(c) {
            Ok(b) if b.is_ascii() => is_atext(b),
            _ => is_visible(c) && c != char::REPLACEMENT_CHARACTER,
        };
        // A leading mark would be drawn on whatever stands before the address.
        if atom.starts_with(is_mark) || !atom.chars().all(allowed) {
            return Err(Refusal::CHARACTERS);
        }
    }
    // Lower-casing can take a text out of NFC (`İ` becomes `i` and a mark), hence once more.
    let lower: String = composed.to_lowercase().nfc().collect();
    if composed.len() > LONGEST_LOCAL || lower.len() > LONGEST_LOCAL {
        return Err(Refusal::LONG_LOCAL);
    }
    Ok(lower)
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|refusal| refusal.of(Code::AddressInvalid, "an e-mail address", text))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData))
    }
}

/// Parses out of the deserialiser's own buffer: rows are read far more often than written.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err = Error>> serde::de::Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn domain(text: &str) -> DomainName {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> String {
        let error = text.parse::<Address>().unwrap_err();
        assert_eq!(error.code(), Code::AddressInvalid, "{text}");
        error.details()["reason"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_was_written_is_shown_and_serialised() {
        let written = address("Anna.Muster@Example.CH");
        assert_eq!(written.to_string(), "Anna.Muster@Example.CH");
        assert_eq!(serde_json::to_string(&written).unwrap(), "\"Anna.Muster@Example.CH\"");
        assert_eq!(written.canonical(), "anna.muster@example.ch");
    }

    #[test]
    fn json_round_trips_also_where_it_is_escaped() {
        let read: Address = serde_json::from_str("\"zo\\u00eb@example.ch\"").unwrap();
        assert_eq!(read, address("zoë@example.ch"));
        assert!(serde_json::from_str::<Address>("\"nobody\"").is_err());
    }

    #[test]
    fn equality_order_and_hash_go_by_the_canonical_form() {
        let spellings = ["Zoë@Bücher.example", "zoe\u{308}@xn--bcher-kva.example", "ZOË@BÜCHER.EXAMPLE"];
        let set: std::collections::HashSet<Address> = spellings.map(address).into();
        assert_eq!(set.len(), 1);
        assert!(address("B@example.ch") > address("a@example.ch"));
    }

    #[test]
    fn a_canonical_text_is_kept_once() {
        let plain = address("anna@example.ch");
        assert!(Arc::ptr_eq(&plain.written, &plain.canonical));
    }

    #[test]
    fn every_atext_character_is_accepted() {
        assert_eq!(address("!#$%&'*+-/=?^_`{|}~@example.ch").local(), "!#$%&'*+-/=?^_`{|}~");
    }

    #[test]
    fn each_refusal_names_its_reason() {
        for (text, reason) in [
            ("", "no_at"),
            ("anna", "no_at"),
            ("@example.ch", "empty"),
            ("\"anna muster\"@example.ch", "quoted_string"),
            ("anna(work)@example.ch", "comment"),
            (" anna@example.ch", "whitespace"),
            ("anna\u{3000}muster@example.ch", "whitespace"),
            ("Anna <anna@example.ch>", "whitespace"),
            (".anna@example.ch", "dots"),
            ("anna.@example.ch", "dots"),
            ("anna..muster@example.ch", "dots"),
            ("an@na@example.ch", "characters"),
            ("anna\0@example.ch", "characters"),
            ("anna@[192.0.2.1]", "literal"),
            ("anna@localhost", "domain"),
            ("anna@192.0.2.1", "domain"),
            ("anna@example.ch\n", "whitespace"),
            ("anna@", "domain"),
        ] {
            assert_eq!(refused(text), reason, "{text:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_is_refused() {
        for hidden in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{34f}',
            '\u{e0041}',
            '\u{e000}',
            '\u{378}',
            '\u{fdd0}',
            '\u{85}',
            '\u{2028}',
            '\u{fffd}',
        ] {
            let reason = refused(&format!("an{hidden}na@example.ch"));
            assert!(reason == "characters" || reason == "whitespace", "{hidden:?}: {reason}");
        }
        assert_eq!(refused("\u{301}anna@example.ch"), "characters");
        assert_eq!(refused("anna@exam\u{ad}ple.ch"), "domain");
        assert_eq!(refused("anna@exam\u{200b}ple.ch"), "domain");
    }

    #[test]
    fn lengths_are_counted_in_octets_after_canonicalisation() {
        let label = "d".repeat(61);
        let long = format!("{label}.{label}.{label}");
        let fits = format!("{}@{long}.{}", "a".repeat(64), "e".repeat(2));
        assert_eq!(fits.len(), 253);
        address(&fits);
        address(&format!("{fits}e"));
        assert_eq!(refused(&format!("{fits}ee")), "too_long");
        address(&format!("{}@example.ch", "ë".repeat(32)));
        assert_eq!(refused(&format!("{}@example.ch", "ë".repeat(33))), "too_long");
        assert_eq!(refused(&format!("{}@example.ch", "a".repeat(65))), "too_long");
        address(&format!("{}@example.ch", "e\u{308}".repeat(32)));
        assert_eq!(refused(&"a@".repeat(10_000)), "too_long");
    }

    #[test]
    fn a_message_shows_at_most_eighty_characters_and_no_controls() {
        let error = format!("{}\u{1b}[31m\n", "x".repeat(70)).parse::<Address>().unwrap_err().to_string();
        assert!(error.contains("\u{fffd}[31m\u{fffd}`"), "{error}");
        let error = "é".repeat(300).parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{}`", "é".repeat(80))), "{error}");
    }

    #[test]
    fn cutting_takes_the_first_separator() {
        assert_eq!(address("Anna+a+b@example.ch").cut('+').unwrap().canonical(), "anna@example.ch");
        assert_eq!(address("anna+@example.ch").cut('+').unwrap().canonical(), "anna@example.ch");
        assert_eq!(address("anna-shop@example.ch").cut('-').unwrap().canonical(), "anna@example.ch");
        for whole in ["anna@example.ch", "+shop@example.ch", "anna.+shop@example.ch"] {
            assert_eq!(address(whole).cut('+'), None, "{whole}");
        }
    }

    #[test]
    fn another_domain_keeps_the_local_part_and_the_limit() {
        let moved = address("Anna@example.ch").at_domain(&domain("bücher.example")).unwrap();
        assert_eq!(moved.to_string(), "Anna@xn--bcher-kva.example");
        let long = domain(&format!("{0}.{0}.{0}.{1}", "d".repeat(61), "e".repeat(30)));
        let error = address(&format!("{}@example.ch", "a".repeat(64))).at_domain(&long).unwrap_err();
        assert_eq!(error.details()["reason"], "too_long");
    }

    #[test]
    fn role_accounts_are_known_in_any_case() {
        assert!(address("PostMaster@example.ch").is_role_account());
        assert!(!address("postmasters@example.ch").is_role_account());
    }

    #[test]
    fn lower_casing_leaves_the_canonical_form_in_nfc() {
        let odd = address("\u{130}\u{327}@example.ch");
        assert_eq!(address(odd.canonical()).canonical(), odd.canonical());
    }

    proptest! {
        #[test]
        fn the_skeleton_of_ascii_is_that_of_the_standard(text in "[ -~]{0,40}") {
            prop_assert_eq!(skeleton(&text), unicode_security::skeleton(&text).collect::<String>());
        }

        #[test]
        fn canonical_is_idempotent(text in "[\\PC]{1,12}(\\.[\\PC]{1,6})?@[a-zA-Zäöüßσς0-9-]{1,12}\\.(ch|EXAMPLE|рф)") {
            if let Ok(first) = text.parse::<Address>() {
                let again = address(first.canonical());
                prop_assert_eq!(again.canonical(), first.canonical());
                prop_assert_eq!(again.to_string(), again.canonical());
            }
        }

        #[test]
        fn what_is_shown_parses_to_the_same(text in "[a-zA-ZÀ-ž!+.]{1,20}@[a-zA-ZÀ-ž.]{1,20}\\.ch") {
            if let Ok(first) = text.parse::<Address>() {
                prop_assert_eq!(first.to_string(), text);
                prop_assert_eq!(address(&first.to_string()), first);
            }
        }

        #[test]
        fn the_fast_path_agrees_with_the_slow_one(local in "[a-z0-9.+_'-]{1,70}") {
            if is_plain_local(&local) && local.len() <= LONGEST_LOCAL {
                prop_assert_eq!(canonical_local(&local).unwrap(), local);
            }
        }

        #[test]
        fn a_base_address_is_canonical(text in "[a-zA-ZÀ-ž+.=\u{338}]{1,20}@example\\.ch", separator in "[+=.a]") {
            let separator = separator.chars().next().unwrap();
            if let Some(base) = text.parse::<Address>().ok().and_then(|whole| whole.cut(separator)) {
                let again = address(&base.to_string());
                prop_assert_eq!(again.canonical(), base.canonical());
            }
        }
    }
}
