//! `types.py`: enumerations, and the frozen classes of what there is.

use std::fmt::Write;

use super::super::model::*;
use super::super::prose::Prose;
use super::spelling::{Spelling, field, loud};
use super::{HEAD, docstring};

pub(super) fn write(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut text = format!(
        "{HEAD}\"\"\"What there is, what is answered, and the words for it.\n\n\
         Everything here is frozen: it says how things stood when the question was asked.\n\"\"\"\n\n\
         from __future__ import annotations\n\n\
         from collections.abc import Mapping\n\
         from dataclasses import dataclass\n\
         from datetime import datetime\n\
         from enum import StrEnum\n\
         from typing import Literal, TypeAlias\n\n\
         from mailgrant._frozen import FrozenMap, IPAddress, Network\n\
         from mailgrant._happened import Command, Entry, Event\n\
         from mailgrant._native import (\n    Bearer,\n    ChangeId,\n    DeviceId,\n    DevicePassword,\n    InvitationId,\n    MailboxId,\n    OrganisationId,\n    System,\n    Token,\n    UserId,\n)\n\
         from mailgrant._paging import Page\n\n\
         Actor: TypeAlias = UserId | System | Bearer\n\
         \"\"\"Who acts, and who acted: a signed-in person, the host program, or whoever holds a token.\"\"\"\n\n"
    );
    let mut names = vec!["Actor".to_owned(), "Code".to_owned(), "Services".to_owned()];
    text += &codes(model);
    let taken = model.taken();
    for (name, of) in &model.types {
        match &of.shape {
            Shape::Words { words, .. } => {
                names.push(spelling.named(name));
                text += &enumeration(name, &of.docs, words, spelling);
                if !taken.contains(name) {
                    continue;
                }
                names.push(format!("{}Like", spelling.named(name)));
                let values: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.word)).collect();
                let alias = format!("{}Like: TypeAlias = (", spelling.named(name));
                let _ = write!(
                    text,
                    "{alias}\n    {} | Literal[{}]\n)\n\n\n",
                    spelling.named(name),
                    values.join(", ")
                );
            }
            Shape::Imposed { words } => {
                names.push(spelling.named(name));
                text += &enumeration(name, &of.docs, words, spelling);
            }
            Shape::Struct { .. } | Shape::Union { .. } => {}
        }
    }
    text += "Services: TypeAlias = Mapping[str, Level]\n\
             \"\"\"Service rights: `mail`, `sites`, `domains`, `billing` or `other:NAME`, each at a level.\"\"\"\n\n\
             NO_SERVICES: Services = FrozenMap()\n\n\n";
    let mut aliases = String::new();
    for (name, of) in &model.types {
        match &of.shape {
            Shape::Struct { fields } => {
                names.push(spelling.named(name));
                text += &class(&spelling.named(name), &of.docs, fields, spelling);
            }
            Shape::Union { variants, .. } if name != "Sender" => {
                names.push(spelling.named(name));
                let parts: Vec<String> = variants
                    .iter()
                    .map(|variant| match &variant.content {
                        Content::One(ty) => spelling.ty(ty),
                        Content::Nothing | Content::Fields(_) => spelling.variant(name, &variant.rust),
                    })
                    .collect();
                for variant in variants {
                    let fields = match &variant.content {
                        Content::One(_) => continue,
                        Content::Nothing => &Vec::new(),
                        Content::Fields(fields) => fields,
                    };
                    let called = spelling.variant(name, &variant.rust);
                    text += &class(&called, &variant.docs, fields, spelling);
                    names.push(called);
                }
                let mut unique: Vec<String> = Vec::new();
                parts.into_iter().for_each(|part| {
                    if !unique.contains(&part) {
                        unique.push(part);
                    }
                });
                let docs = Prose::of(&of.docs, &|name| spelling.word(name));
                let _ = write!(
                    aliases,
                    "{}: TypeAlias = {}\n{}\n",
                    spelling.named(name),
                    unique.join(" | "),
                    docstring(0, &docs.paragraphs)
                );
            }
            Shape::Words { .. } | Shape::Imposed { .. } | Shape::Union { .. } => {}
        }
    }
    text += &aliases;
    text += "Sender: TypeAlias = UserId | DeviceId\n\"\"\"Who sends: a person by their grant, a device by SMTP.\"\"\"\n\n";
    names.extend(["Sender".to_owned(), "NO_SERVICES".to_owned()]);
    names.sort();
    text += "__all__ = [\n";
    for name in names {
        let _ = writeln!(text, "    \"{name}\",");
    }
    text + "]\n"
}

fn codes(model: &Model) -> String {
    let mut text =
        "class Code(StrEnum):\n    \"\"\"The stable name of a problem, `noun.problem`. The list only grows.\"\"\"\n\n".to_owned();
    for (code, docs) in &model.codes {
        let _ = writeln!(text, "    {} = \"{code}\"", code.replace('.', "_").to_uppercase());
        text += &docstring(4, &Prose::of(docs, &str::to_owned).paragraphs);
    }
    text + "\n\n"
}

fn enumeration(name: &str, docs: &str, words: &[Word], spelling: &Spelling<'_>) -> String {
    let docs = Prose::of(docs, &|name| spelling.word(name));
    let mut text = format!("class {}(StrEnum):\n{}\n", spelling.named(name), docstring(4, &docs.paragraphs));
    for word in words {
        let _ = writeln!(text, "    {} = \"{}\"", loud(&word.rust), word.word);
        let docs = Prose::of(&word.docs, &|name| spelling.word(name));
        text += &docstring(4, &docs.paragraphs);
    }
    text + "\n\n"
}

fn class(name: &str, docs: &str, fields: &[Field], spelling: &Spelling<'_>) -> String {
    let docs = Prose::of(docs, &|name| spelling.word(name));
    let mut text =
        format!("@dataclass(frozen=True, slots=True)\nclass {name}:\n{}", docstring(4, &docs.paragraphs));
    if !fields.is_empty() {
        text += "\n";
    }
    for of in fields {
        let default = of
            .default
            .as_ref()
            .map(|default| format!(" = {}", spelling.default(&of.ty, default)))
            .unwrap_or_default();
        let _ = writeln!(text, "    {}: {}{default}", field(of), spelling.ty(&of.ty));
        let docs = Prose::of(&of.docs, &|name| spelling.word(name));
        text += &docstring(4, &docs.paragraphs);
        if let Ty::Named(ty) = &of.ty
            && matches!(spelling.shape(ty), Some(Shape::Imposed { .. }))
        {
            let _ = writeln!(text, "    {}_by: Authority | None", of.name);
            text += "    \"\"\"Who alone may lift that, where somebody imposed it.\"\"\"\n";
        }
    }
    text + "\n\n"
}
