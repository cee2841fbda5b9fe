//! What of a typed text is the password: the OpaqueString profile of PRECIS (RFC 8265 §4.2).
//!
//! The characters that its FreeformClass allows are derived (RFC 8264 §8) from the Unicode tables of
//! `icu_properties`, which `idna` brings along anyway: a table frozen at some version would refuse what
//! keyboards type today, emoji above all.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, HangulSyllableType, JoiningType, Script};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use zeroize::Zeroizing;

use crate::address::is_visible;

/// The longest accepted password, in characters after preparation.
pub(super) const LONGEST: usize = 1_024;

/// Why a text is no password at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Empty,
    TooLong,
    /// This character is not allowed, or not where it stands.
    Character(char),
}

/// Spaces become U+0020, the text becomes NFC, and every character is checked.
pub(super) fn enforce(text: &str) -> Result<Zeroizing<String>, Unfit> {
    // No work before the length is known; NFC makes at most one of three characters of four octets.
    if text.len() > LONGEST * 12 {
        return Err(Unfit::TooLong);
    }
    // NFC at most triples the octets (UAX #15 §14): no growing, which would leave copies behind.
    let mut prepared = Zeroizing::new(String::with_capacity(text.len() * 3));
    prepared.extend(text.chars().map(|c| if is_space(c) { ' ' } else { c }).nfc());
    if prepared.is_empty() {
        return Err(Unfit::Empty);
    }
    if prepared.chars().count() > LONGEST {
        return Err(Unfit::TooLong);
    }
    for (place, c) in prepared.char_indices() {
        let before = prepared.get(..place).unwrap_or_default();
        let after = prepared.get(place + c.len_utf8()..).unwrap_or_default();
        if !is_allowed(c, before, after) {
            return Err(Unfit::Character(c));
        }
    }
    Ok(prepared)
}

fn is_space(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::SpaceSeparator
}

/// RFC 8264 §8, with the exceptions and contextual rules of RFC 5892 (§2.6 and Appendix A).
///
/// §8's HasCompat needs no step of its own: every such character is also in a category that is allowed.
fn is_allowed(c: char, before: &str, after: &str) -> bool {
    let previous = before.chars().next_back();
    let script = |c: char| CodePointMapData::<Script>::new().get(c);
    match c {
        ' ' => true,
        '\u{b7}' => previous == Some('l') && after.starts_with('l'),
        '\u{375}' => after.starts_with(|next| script(next) == Script::Greek),
        '\u{5f3}' | '\u{5f4}' => previous.is_some_and(|previous| script(previous) == Script::Hebrew),
        '\u{30fb}' => before
            .chars()
            .chain(after.chars())
            .any(|c| matches!(script(c), Script::Hiragana | Script::Katakana | Script::Han)),
        '\u{660}'..='\u{669}' => {
            !(before.chars().chain(after.chars())).any(|c| matches!(c, '\u{6f0}'..='\u{6f9}'))
        }
        '\u{6f0}'..='\u{6f9}' => {
            !(before.chars().chain(after.chars())).any(|c| matches!(c, '\u{660}'..='\u{669}'))
        }
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => false,
        '\u{200d}' => previous.is_some_and(is_virama),
        '\u{200c}' => previous.is_some_and(is_virama) || joins(before, after),
        _ => is_visible(c) && !is_old_jamo(c),
    }
}

fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == 9
}

/// Whether cursive letters on both sides would join, so that a non-joiner between them shows (RFC 5892 A.1).
fn joins(before: &str, after: &str) -> bool {
    let kind = |c: char| CodePointMapData::<JoiningType>::new().get(c);
    let beside = |letters: &mut dyn Iterator<Item = char>| {
        letters.map(kind).find(|kind| *kind != JoiningType::Transparent)
    };
    matches!(beside(&mut before.chars().rev()), Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(beside(&mut after.chars()), Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Conjoining jamo that NFC did not compose.
fn is_old_jamo(c: char) -> bool {
    matches!(
        CodePointMapData::<HangulSyllableType>::new().get(c),
        HangulSyllableType::LeadingJamo | HangulSyllableType::VowelJamo | HangulSyllableType::TrailingJamo
    )
}

#[cfg(test)]
mod tests {
    use precis_core::profile::PrecisFastInvocation;
    use precis_profiles::OpaqueString;

    use super::*;

    fn enforced(text: &str) -> String {
        enforce(text).unwrap().to_string()
    }

    #[test]
    fn the_examples_of_rfc_8265_hold() {
        assert_eq!(enforced("correct horse battery staple"), "correct horse battery staple");
        assert_eq!(enforced("Correct Horse Battery Staple"), "Correct Horse Battery Staple");
        assert_eq!(enforced("πßå"), "πßå");
        assert_eq!(enforced("Jack of \u{2666}s"), "Jack of \u{2666}s");
        assert_eq!(enforced("foo\u{1680}bar"), "foo bar");
        assert_eq!(enforce(""), Err(Unfit::Empty));
        assert_eq!(enforce("my cat is a \u{9}by"), Err(Unfit::Character('\t')));
    }

    #[test]
    fn composed_and_decomposed_text_are_the_same() {
        assert_eq!(enforced("e\u{301}"), "é");
        assert_eq!(enforced("\u{1112}\u{1161}\u{11ab}"), "한");
    }

    #[test]
    fn emoji_of_today_are_welcome() {
        for emoji in ["😀", "🫠", "👍🏽", "🇨🇭", "🫩"] {
            assert_eq!(enforced(emoji), emoji);
        }
    }

    #[test]
    fn invisible_characters_are_named() {
        for hidden in
            ['\0', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{feff}', '\u{2028}', '\u{e000}']
        {
            assert_eq!(enforce(&format!("a{hidden}b")), Err(Unfit::Character(hidden)));
        }
    }

    #[test]
    fn length_is_bounded_after_composing_and_before_any_work() {
        assert_eq!(enforced(&"e\u{301}".repeat(1_024)).chars().count(), 1_024);
        assert_eq!(enforce(&"x".repeat(1_025)), Err(Unfit::TooLong));
        assert_eq!(enforce(&"x".repeat(10_000_000)), Err(Unfit::TooLong));
    }

    /// The oracle knows Unicode 6.3: it decides about every character that it does not call unassigned.
    fn agrees(text: &str) {
        // It checks before normalising, so its results are not stable; RFC 8264 §7 checks last.
        if !unicode_normalization::is_nfc(text) {
            return;
        }
        match OpaqueString::enforce(text) {
            Ok(expected) => assert_eq!(enforced(text), expected, "{text:?}"),
            Err(error) if format!("{error:?}").contains("Unassigned") => {}
            Err(error) => assert!(enforce(text).is_err(), "{text:?}: {error:?}"),
        }
    }

    #[test]
    fn an_independent_implementation_agrees_on_every_character_it_knows() {
        for c in '\0'..=char::MAX {
            agrees(c.encode_utf8(&mut [0; 4]));
        }
    }

    #[test]
    fn an_independent_implementation_agrees_on_context() {
        for text in [
            "l·l",
            "a·l",
            "l·a",
            "\u{375}α",
            "\u{375}a",
            "α\u{375}",
            "א\u{5f3}",
            "a\u{5f3}",
            "א\u{5f4}",
            "・",
            "ア・",
            "a・b",
            "漢・",
            "\u{660}\u{661}",
            "\u{660}\u{6f0}",
            "\u{6f0}x",
            "क\u{94d}\u{200d}",
            "a\u{200d}",
            "क\u{94d}\u{200c}",
            "ب\u{200c}ب",
            "ب\u{64b}\u{200c}\u{64b}ب",
            "ا\u{200c}ب",
            "a\u{200c}b",
            "ب\u{200c}",
        ] {
            agrees(text);
        }
    }
}
