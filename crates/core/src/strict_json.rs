//! JSON from outside: nothing twice, nothing deep, and every text looked at.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How many objects and lists may stand in one another. What this library writes has at most ten.
const DEEPEST: usize = 32;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is no JSON.
    Json,
    /// Lists and objects stand in one another without end.
    Nested,
    /// A field stands there twice, and readers would differ on which one counts.
    Repeated,
}

/// The value that a text is. Never says what stood in it.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let said = error.to_string();
        if said.starts_with(NESTED) || said.starts_with("recursion limit") {
            Fault::Nested
        } else if said.starts_with(REPEATED) {
            Fault::Repeated
        } else {
            Fault::Json
        }
    })
}

const NESTED: &str = "nested too deeply";
const REPEATED: &str = "a field stands there twice";

struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.depth < DEEPEST { Ok(self.depth + 1) } else { Err(E::custom(NESTED)) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut found = Vec::new();
        while let Some(item) = items.next_element_seed(Strict { depth })? {
            found.push(item);
        }
        Ok(Value::Array(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut found = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(Strict { depth })?;
            if found.insert(name, value).is_some() {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(Value::Object(found))
    }
}

/// Calls `look` on every text in a value, names of fields too, with the place where it stands.
pub(crate) fn texts<E>(
    value: &Value,
    place: &str,
    look: &mut impl FnMut(&str, &str) -> Result<(), E>,
) -> Result<(), E> {
    match value {
        Value::String(text) => look(place, text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(number, item)| texts(item, &format!("{place}[{number}]"), look)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
            look(place, name)?;
            texts(field, &within(place, name), look)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Where two values first differ.
pub(crate) fn difference(found: &Value, expected: &Value, place: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => found
            .iter()
            .find_map(|(name, field)| {
                let place = within(place, name);
                match expected.get(name) {
                    Some(expected) => difference(field, expected, &place),
                    None => Some(place),
                }
            })
            .or_else(|| {
                expected.keys().find(|name| !found.contains_key(*name)).map(|name| within(place, name))
            }),
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            found.iter().zip(expected).enumerate().find_map(|(number, (found, expected))| {
                difference(found, expected, &format!("{place}[{number}]"))
            })
        }
        _ => (found != expected).then(|| place.to_owned()),
    }
}

fn within(place: &str, name: &str) -> String {
    let name: String = name.chars().take(80).collect();
    if place.is_empty() { name } else { format!("{place}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sound_reads_as_usual() {
        let text = r#"{"a":[1,-2,0.5,true,null,"b"],"c":{"d":{}}}"#;
        assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn nothing_twice_nothing_deep_nothing_after() {
        assert_eq!(parse(r#"{"a":1,"a":1}"#), Err(Fault::Repeated));
        assert_eq!(parse(&format!("{}{}", "[".repeat(33), "]".repeat(33))), Err(Fault::Nested));
        assert!(parse(&format!("{}{}", "[".repeat(32), "]".repeat(32))).is_ok());
        assert_eq!(parse(&"[".repeat(1_000_000)), Err(Fault::Nested));
        for text in ["", "{", "{} {}", "nul", "{\"a\":}", "\"\\ud800\""] {
            assert_eq!(parse(text), Err(Fault::Json), "{text}");
        }
    }

    #[test]
    fn a_difference_is_named_by_its_place() {
        let found = json!({"a": {"b": [1, {"c": 2}]}});
        let place = |other: Value| difference(&found, &other, "row");
        assert_eq!(place(found.clone()), None);
        assert_eq!(place(json!({"a": {"b": [1, {"c": 3}]}})), Some("row.a.b[1].c".into()));
        assert_eq!(place(json!({"a": {"b": [1, {}]}})), Some("row.a.b[1].c".into()));
        assert_eq!(place(json!({"a": {"b": [1]}})), Some("row.a.b".into()));
        assert_eq!(place(json!({"a": {"b": [1, {"c": 2}]}, "d": null})), Some("row.d".into()));
    }
}
