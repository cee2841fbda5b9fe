//! `_reading.py`: from the core's JSON to Python's types.

use std::fmt::Write;

use super::super::model::*;
use super::super::source::snake;
use super::HEAD;
use super::spelling::{Spelling, is_span};

pub(super) fn write(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut text = format!(
        "{HEAD}\"\"\"From the core's JSON to Python's types.\"\"\"\n\n\
         from typing import Any\n\n\
         from mailgrant import types\n\
         from mailgrant._native import (\n    ChangeId,\n    DeviceId,\n    DevicePassword,\n    InvitationId,\n    MailboxId,\n    OrganisationId,\n    Token,\n    UserId,\n)\n\
         from mailgrant._read import EVENT_READERS, actor, command, entry, imposed, instant, ip, network, optional, page, services, words\n\n"
    );
    for (name, of) in &model.types {
        match &of.shape {
            Shape::Struct { fields } => text += &structure(name, fields, spelling),
            Shape::Union { variants, .. } if name != "Sender" => text += &union(name, variants, spelling),
            _ => {}
        }
    }
    text += "\nEVENT_READERS.update({\n";
    for event in &model.events {
        let _ = write!(text, "    \"{}\": {{", event.kind);
        for field in &event.fields {
            let reader = reader(&field.ty, spelling);
            if !matches!(reader.as_str(), "str" | "int" | "bool" | "optional(str)" | "optional(int)") {
                let _ = write!(text, "\n        \"{}\": {reader},", field.name);
            }
        }
        text += if text.ends_with('{') { "},\n" } else { "\n    },\n" };
    }
    text + "})\n"
}

fn structure(name: &str, fields: &[Field], spelling: &Spelling<'_>) -> String {
    let secret = fields.iter().find(|field| field.ty.is_shown_once());
    let argument = match secret {
        Some(field) => format!(", secret: {}", spelling.ty(&field.ty)),
        None => String::new(),
    };
    let called = spelling.named(name);
    let mut text = format!("\ndef {}(raw: Any{argument}) -> types.{called}:\n", function(name));
    let arguments: Vec<String> = fields.iter().map(|field| argument_of(field, spelling)).collect();
    let _ = writeln!(text, "    return types.{called}(");
    for argument in arguments {
        let _ = writeln!(text, "        {argument},");
    }
    text + "    )\n\n"
}

fn union(name: &str, variants: &[Variant], spelling: &Spelling<'_>) -> String {
    let called = spelling.named(name);
    let mut text = format!("\ndef {}(raw: Any) -> types.{called}:\n", function(name));
    let units = variants.iter().any(|variant| matches!(variant.content, Content::Nothing));
    if units {
        for variant in variants.iter().filter(|variant| matches!(variant.content, Content::Nothing)) {
            let _ = writeln!(text, "    if raw == \"{}\":", variant.word);
            let _ = writeln!(text, "        return types.{}()", spelling.variant(name, &variant.rust));
        }
    }
    text += "    [(word, raw)] = raw.items()\n    match word:\n";
    for variant in variants {
        match &variant.content {
            Content::Nothing => {}
            Content::One(ty) => {
                let _ = writeln!(text, "        case \"{}\":", variant.word);
                let value = read(ty, "raw", spelling);
                let value = if value == "raw" { "str(raw)" } else { &value };
                let _ = writeln!(text, "            return {value}");
            }
            Content::Fields(fields) => {
                let _ = writeln!(text, "        case \"{}\":", variant.word);
                let _ = writeln!(text, "            return types.{}(", spelling.variant(name, &variant.rust));
                for field in fields {
                    let _ = writeln!(text, "                {},", argument_of(field, spelling));
                }
                text += "            )\n";
            }
        }
    }
    let _ = write!(text, "    raise AssertionError(f\"`{{word}}` is no {called} that is known here\")\n\n");
    text
}

/// The positional argument, or two of them, that a field becomes.
fn argument_of(field: &Field, spelling: &Spelling<'_>) -> String {
    if field.ty.is_shown_once() {
        return "secret".to_owned();
    }
    let raw = match field.default {
        Some(_) => format!("raw.get(\"{}\")", field.name),
        None => format!("raw[\"{}\"]", field.name),
    };
    if is_span(field) {
        return format!("timedelta(seconds={raw})");
    }
    if let Ty::Named(name) = &field.ty
        && spelling.is_imposed(&field.ty)
    {
        return format!("*imposed(types.{}, {raw})", spelling.named(name));
    }
    read(&field.ty, &raw, spelling)
}

/// An expression that reads `raw`.
pub(super) fn read(ty: &Ty, raw: &str, spelling: &Spelling<'_>) -> String {
    match ty {
        Ty::Id(name) => format!("{name}({raw})"),
        Ty::Text | Ty::Address | Ty::DomainName | Ty::Number | Ty::Truth | Ty::Presented | Ty::Event => {
            raw.to_owned()
        }
        Ty::Instant => format!("instant({raw})"),
        Ty::By => format!("actor({raw})"),
        Ty::Services => format!("services({raw})"),
        Ty::Network => format!("network({raw})"),
        Ty::Ip => format!("ip({raw})"),
        Ty::DevicePassword | Ty::Token => "secret".to_owned(),
        Ty::AnyCommand => format!("command({raw})"),
        Ty::Nothing | Ty::PageRequest => "None".to_owned(),
        Ty::Named(name) if name == "Entry" => format!("entry({raw})"),
        Ty::Named(name) => match spelling.shape(name) {
            Some(Shape::Words { .. }) => format!("types.{}({raw})", spelling.named(name)),
            Some(Shape::Imposed { .. }) => format!("imposed(types.{}, {raw})", spelling.named(name)),
            _ => format!("{}({raw})", function(name)),
        },
        Ty::Set(name) => format!("words(types.{}, {raw})", spelling.named(name)),
        Ty::Optional(inner) => match read(inner, raw, spelling) {
            same if same == raw => same,
            expression => format!("None if {raw} is None else {expression}"),
        },
        Ty::List(inner) => match read(inner, "each", spelling).as_str() {
            "each" => format!("tuple({raw})"),
            expression => format!("tuple({expression} for each in {raw})"),
        },
        Ty::Page(inner) => format!("page({raw}, {})", reader(inner, spelling)),
    }
}

/// A function that reads.
pub(super) fn reader(ty: &Ty, spelling: &Spelling<'_>) -> String {
    match ty {
        Ty::Text | Ty::Address | Ty::DomainName => return "str".to_owned(),
        Ty::Number => return "int".to_owned(),
        Ty::Truth => return "bool".to_owned(),
        Ty::Optional(inner) => return format!("optional({})", reader(inner, spelling)),
        _ => {}
    }
    match read(ty, "raw", spelling).strip_suffix("(raw)") {
        Some(function) if !function.contains(['(', ' ']) => function.to_owned(),
        _ => format!("lambda raw: {}", read(ty, "raw", spelling)),
    }
}

/// What reads a type.
pub(super) fn function(name: &str) -> String {
    format!("read_{}", snake(name))
}
