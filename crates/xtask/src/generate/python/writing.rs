//! `_writing.py`: from Python's types to the core's JSON.

use std::fmt::Write;

use super::super::model::*;
use super::super::source::snake;
use super::HEAD;
use super::spelling::{Spelling, field, is_span};

pub(super) fn write(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut text = format!(
        "{HEAD}\"\"\"From Python's types to the core's JSON, refusing what is of another type.\"\"\"\n\n\
         from mailgrant import _write as write\n\
         from mailgrant import types\n\
         from mailgrant._native import DeviceId, InvitationId, MailboxId, OrganisationId, UserId\n"
    );
    for name in model.taken() {
        let Some(of) = model.types.get(&name) else { continue };
        match &of.shape {
            Shape::Struct { fields } => text += &structure(&name, fields, spelling),
            Shape::Union { variants, .. } if name != "Sender" => text += &union(&name, variants, spelling),
            _ => {}
        }
    }
    text
}

fn structure(name: &str, fields: &[Field], spelling: &Spelling<'_>) -> String {
    let called = spelling.named(name);
    let mut text = format!("\n\ndef {}(name: str, value: object) -> object:\n", function(name));
    let _ = writeln!(text, "    of = write.instance(types.{called}, name, value)");
    text += "    return {\n";
    for each in fields {
        let (label, value) = (field(each), format!("of.{}", field(each)));
        let _ = writeln!(text, "        \"{}\": {},", each.name, expression(each, label, &value, spelling));
    }
    text + "    }\n"
}

fn union(name: &str, variants: &[Variant], spelling: &Spelling<'_>) -> String {
    let mut text = format!("\n\ndef {}(name: str, value: object) -> object:\n", function(name));
    let mut expected = Vec::new();
    for variant in variants {
        match &variant.content {
            Content::Nothing => {
                let called = spelling.variant(name, &variant.rust);
                let _ = writeln!(text, "    if isinstance(value, types.{called}):");
                let _ = writeln!(text, "        return \"{}\"", variant.word);
                expected.push(called);
            }
            Content::One(ty) => {
                let class = spelling.ty(ty);
                let _ = writeln!(text, "    if isinstance(value, {class}):");
                let value = self::value(ty, "name", "value", spelling);
                let _ = writeln!(text, "        return {{\"{}\": {value}}}", variant.word);
                expected.push(class);
            }
            Content::Fields(fields) => {
                let called = spelling.variant(name, &variant.rust);
                let _ = writeln!(text, "    if isinstance(value, types.{called}):");
                let parts: Vec<String> = fields
                    .iter()
                    .map(|each| {
                        let value = format!("value.{}", field(each));
                        let label = format!("\"{}\"", field(each));
                        format!("\"{}\": {}", each.name, self::value(&each.ty, &label, &value, spelling))
                    })
                    .collect();
                let _ = writeln!(text, "        return {{\"{}\": {{{}}}}}", variant.word, parts.join(", "));
                expected.push(called);
            }
        }
    }
    let _ = writeln!(text, "    raise write.unexpected(name, \"{}\", value)", expected.join(", "));
    text
}

/// An expression that writes the value of a field.
pub(super) fn expression(of: &Field, label: &str, raw: &str, spelling: &Spelling<'_>) -> String {
    let label = format!("\"{label}\"");
    match is_span(of) {
        true => format!("write.seconds({label}, {raw})"),
        false => value(&of.ty, &label, raw, spelling),
    }
}

fn value(ty: &Ty, label: &str, raw: &str, spelling: &Spelling<'_>) -> String {
    match ty {
        Ty::Id(name) => format!("write.ident({name}, {label}, {raw})"),
        Ty::Text => format!("write.text({label}, {raw})"),
        Ty::Address => format!("write.address({label}, {raw})"),
        Ty::DomainName => format!("write.domain({label}, {raw})"),
        Ty::Number => format!("write.number({label}, {raw})"),
        Ty::Instant => format!("write.instant({label}, {raw})"),
        Ty::By => format!("write.actor({label}, {raw})"),
        Ty::Services => format!("write.services({label}, {raw})"),
        Ty::Network => format!("write.network({label}, {raw})"),
        Ty::Set(name) => format!("write.words(types.{}, {label}, {raw})", spelling.named(name)),
        Ty::Optional(inner) => format!("None if {raw} is None else {}", value(inner, label, raw, spelling)),
        Ty::List(inner) => {
            format!("[{} for each in write.items({label}, {raw})]", value(inner, label, "each", spelling))
        }
        Ty::Named(name) if name == "Sender" => format!("write.ident_of((UserId, DeviceId), {label}, {raw})"),
        Ty::Named(name) => match spelling.shape(name) {
            Some(Shape::Words { .. }) => {
                format!("write.word(types.{}, {label}, {raw})", spelling.named(name))
            }
            _ => format!("{}({label}, {raw})", function(name)),
        },
        _ => raw.to_owned(),
    }
}

/// What writes a type.
pub(super) fn function(name: &str) -> String {
    format!("write_{}", snake(name))
}
