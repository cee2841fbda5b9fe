//! Names and labels that people give.

use crate::error::{Code, Error};

/// The most characters of a name, label or reason.
pub(crate) const MOST: usize = 200;

/// The text trimmed: not empty, at most 200 characters, none of them a control character.
pub(crate) fn name(field: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    let problem = if text.is_empty() {
        "is empty"
    } else if text.chars().count() > MOST {
        "is longer than 200 characters"
    } else if text.chars().any(char::is_control) {
        "holds control characters"
    } else {
        return Ok(text.to_owned());
    };
    Err(Error::new(Code::TextInvalid, format!("the {field} {problem}"))
        .with("field", field)
        .with("most", MOST))
}

/// The same for a text that may be left out.
pub(crate) fn optional(field: &str, text: Option<&str>) -> Result<Option<String>, Error> {
    text.map(|text| name(field, text)).transpose()
}
