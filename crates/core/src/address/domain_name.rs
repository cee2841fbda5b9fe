//! Domain names: what is accepted, and when two of them are the same.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{LONGEST_INPUT, Parsed, Refusal, is_visible};
use crate::error::{Code, Error};

/// RFC 1035 §2.3.4 as text, in octets.
const LONGEST_NAME: usize = 253;

impl Refusal {
    const LONG_DOMAIN: Self = Self { reason: "too_long", because: "a domain has at most 253 octets" };
    const LITERAL: Self =
        Self { reason: "literal", because: "address literals in square brackets are not accepted" };
    const LABELS: Self =
        Self { reason: "labels", because: "a domain has two labels or more, such as `example.ch`" };
    const NUMERIC: Self = Self { reason: "numeric", because: "the last label of a domain is not a number" };
    const DOMAIN: Self = Self {
        reason: "syntax",
        because: "a domain consists of labels of 1 to 63 letters, digits and inner hyphens",
    };
}

/// A domain name in its canonical form: lower-case A-labels (RFC 5890), two or more, no final dot.
///
/// Whatever a person types goes through UTS #46 (non-transitional, STD3), so that `Bücher.example` and
/// `xn--bcher-kva.example` are the same name. A label has at most 63 octets, the name 253 (RFC 1035 §2.3.4),
/// and the last label is no number (RFC 3696 §2), so that no IP address passes for a name.
///
/// Parsing fails with `domain.invalid`; `details.reason` is `whitespace`, `literal`, `labels`, `numeric`,
/// `too_long` or `syntax`.
///
/// ```
/// use mailgrant::DomainName;
///
/// let name: DomainName = "Bücher.Example".parse()?;
/// assert_eq!(name.as_str(), "xn--bcher-kva.example");
/// assert_eq!(name.to_unicode(), "bücher.example");
/// assert_eq!(name, "XN--BCHER-KVA.example".parse()?);
/// # Ok::<(), mailgrant::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Arc<str>);

impl DomainName {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let name = if is_plain_domain(text) { Cow::Borrowed(text) } else { to_a_labels(text)? };
        match name.rsplit_once('.') {
            None => Err(Refusal::LABELS),
            Some((_, last)) if last.bytes().all(|b| b.is_ascii_digit()) => Err(Refusal::NUMERIC),
            Some(_) => Ok(Self(Arc::from(name))),
        }
    }

    /// The canonical form: A-labels in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people read it, with U-labels (RFC 5890).
    ///
    /// Show it beside the canonical form where somebody could be deceived: this does not look for look-alikes.
    pub fn to_unicode(&self) -> String {
        let (text, _) =
            Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        text.into_owned()
    }
}

/// Whether the name is lower-case ASCII that UTS #46 would leave alone, as nearly every stored one is.
fn is_plain_domain(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && !label.starts_with('-')
                && !label.ends_with('-')
                && !label.starts_with("xn--")
        })
}

fn to_a_labels(text: &str) -> Result<Cow<'_, str>, Refusal> {
    if text.len() > LONGEST_INPUT {
        return Err(Refusal::LONG_DOMAIN);
    }
    if text.starts_with('[') {
        return Err(Refusal::LITERAL);
    }
    if text.contains(char::is_whitespace) {
        return Err(Refusal::WHITESPACE);
    }
    // UTS #46 drops invisible characters silently, which would leave them in what is kept for display.
    // The joiners alone stay: Persian and Indic names need them, and UTS #46 checks where they stand.
    let kept = |c| is_visible(c) || matches!(c, '\u{200c}' | '\u{200d}');
    if !text.chars().all(kept) {
        return Err(Refusal::DOMAIN);
    }
    let name = Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map_err(|_| Refusal::DOMAIN)?;
    if name.len() > LONGEST_NAME {
        return Err(Refusal::LONG_DOMAIN);
    }
    if name.split('.').any(|label| !(1..=63).contains(&label.len())) {
        return Err(Refusal::DOMAIN);
    }
    Ok(name)
}

impl FromStr for DomainName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|refusal| refusal.of(Code::DomainInvalid, "a domain name", text))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(text: &str) -> DomainName {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> String {
        let error = text.parse::<DomainName>().unwrap_err();
        assert_eq!(error.code(), Code::DomainInvalid, "{text}");
        error.details()["reason"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_domain_is_mapped_by_uts_46() {
        assert_eq!(domain("faß.de").as_str(), "xn--fa-hia.de", "non-transitional");
        assert_eq!(domain("EXAMPLE。ch").as_str(), "example.ch");
        assert_eq!(domain("نامه\u{200c}ای.com").as_str(), "xn--mgba3gch31f060k.com");
        assert_eq!(domain("xn--mgba3gch31f060k.com").to_unicode(), "نامه\u{200c}ای.com");
        assert_eq!(domain("r3---sn.example.ch").as_str(), "r3---sn.example.ch");
    }

    #[test]
    fn each_domain_refusal_names_its_reason() {
        let long = format!("{0}.{0}.{0}.{0}.ch", "d".repeat(62));
        for (text, reason) in [
            ("localhost", "labels"),
            ("", "syntax"),
            ("192.0.2.1", "numeric"),
            ("[192.0.2.1]", "literal"),
            ("example..ch", "syntax"),
            ("example.ch.", "syntax"),
            (".example.ch", "syntax"),
            ("-example.ch", "syntax"),
            ("example-.ch", "syntax"),
            ("exam_ple.ch", "syntax"),
            ("exam ple.ch", "whitespace"),
            ("xn--a.ch", "syntax"),
            ("XN--\u{fc}.ch", "syntax"),
            (long.as_str(), "too_long"),
        ] {
            assert_eq!(refused(text), reason, "{text:?}");
        }
        assert_eq!(refused(&format!("{}.ch", "d".repeat(64))), "syntax");
        assert_eq!(domain(&format!("{}.ch", "d".repeat(63))).as_str().len(), 66);
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_slow_one(name in "[a-z0-9.-]{1,70}") {
            match (is_plain_domain(&name), to_a_labels(&name)) {
                (true, slow) => prop_assert_eq!(slow.unwrap(), name.as_str()),
                (false, Ok(slow)) => prop_assert!(slow.contains("xn--"), "{}", slow),
                (false, Err(_)) => {}
            }
        }
    }
}
