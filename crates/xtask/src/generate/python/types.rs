//! `types.py`: enumerations, and the frozen classes of what there is.

use std::fmt::Write;

use super::super::model::*;
use super::super::prose::Prose;
use super::docstring;
use super::spelling::{Spelling, field, loud};

pub(super) fn write(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut file = File { text: HEADING.to_owned(), names: Vec::new() };
    file.name("Actor");
    file.codes(model);
    let taken = model.taken();
    for (name, of) in &model.types {
        match &of.shape {
            Shape::Words { words, .. } => {
                file.enumeration(name, &of.docs, words, spelling);
                if taken.contains(name) {
                    file.alike(name, words, spelling);
                }
            }
            Shape::Imposed { words } => file.enumeration(name, &of.docs, words, spelling),
            Shape::Struct { .. } | Shape::Union { .. } => {}
        }
    }
    file.text += SERVICES;
    file.name("Services");
    file.name("NO_SERVICES");
    for (name, of) in &model.types {
        match &of.shape {
            Shape::Struct { fields } => file.class(&spelling.named(name), &of.docs, fields, spelling),
            Shape::Union { variants, .. } if name != "Sender" => file.variants(name, variants, spelling),
            Shape::Words { .. } | Shape::Imposed { .. } | Shape::Union { .. } => {}
        }
    }
    for (name, of) in &model.types {
        if let Shape::Union { variants, .. } = &of.shape {
            file.union(name, &of.docs, variants, spelling);
        }
    }
    file.end()
}

const HEADING: &str = concat!(
    "# Written by `cargo xtask generate` from the core's own tables. Change those instead.\n",
    r#""""What there is, what is answered, and the words for it.

Everything here is frozen: it says how things stood when the question was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from mailgrant._frozen import FrozenMap, IPAddress, Network
from mailgrant._happened import Command, Entry, Event
from mailgrant._native import (
    Bearer,
    ChangeId,
    DeviceId,
    DevicePassword,
    InvitationId,
    MailboxId,
    OrganisationId,
    System,
    Token,
    UserId,
)
from mailgrant._paging import Page

Actor: TypeAlias = UserId | System | Bearer
"""Who acts, and who acted: a signed-in person, the host program, or whoever holds a token."""


"#
);

const SERVICES: &str = r#"Services: TypeAlias = Mapping[str, Level]
"""Service rights: `mail`, `sites`, `domains`, `billing` or `other:NAME`, each at a level."""

NO_SERVICES: Services = FrozenMap()
"""No service rights."""


"#;

/// The file as it grows, and the names in it.
struct File {
    text: String,
    names: Vec<String>,
}

impl File {
    fn name(&mut self, name: impl Into<String>) {
        self.names.push(name.into());
    }

    fn codes(&mut self, model: &Model) {
        self.name("Code");
        let docs = "The stable name of a problem, `noun.problem`. The list only grows.";
        self.text += &format!("class Code(StrEnum):\n{}\n", docstring(4, &[docs.to_owned()]));
        for (code, docs) in &model.codes {
            let _ = writeln!(self.text, "    {} = \"{code}\"", code.replace('.', "_").to_uppercase());
            self.text += &docstring(4, &Prose::of(docs, &str::to_owned).paragraphs);
        }
        self.text += "\n\n";
    }

    fn enumeration(&mut self, name: &str, docs: &str, words: &[Word], spelling: &Spelling<'_>) {
        let called = spelling.named(name);
        let _ = write!(self.text, "class {called}(StrEnum):\n{}\n", spelling.docstring(docs));
        for word in words {
            let _ = writeln!(self.text, "    {} = \"{}\"", loud(&word.rust), word.word);
            self.text += &spelling.docstring(&word.docs);
        }
        self.text += "\n\n";
        self.name(called);
    }

    /// What does as an argument: a word of the enumeration, or its plain string.
    fn alike(&mut self, name: &str, words: &[Word], spelling: &Spelling<'_>) {
        let (called, alike) = (spelling.named(name), format!("{}Like", spelling.named(name)));
        let values: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.word)).collect();
        let _ = write!(self.text, "{alike}: TypeAlias = {called} | Literal[{}]\n\n\n", values.join(", "));
        self.name(alike);
    }

    fn class(&mut self, called: &str, docs: &str, fields: &[Field], spelling: &Spelling<'_>) {
        let docs = spelling.docstring(docs);
        let _ = write!(self.text, "@dataclass(frozen=True, slots=True)\nclass {called}:\n{docs}");
        if !fields.is_empty() {
            self.text += "\n";
        }
        for of in fields {
            let default =
                of.default.as_ref().map(|default| format!(" = {}", spelling.default(&of.ty, default)));
            let default = default.unwrap_or_default();
            let _ = writeln!(self.text, "    {}: {}{default}", field(of), spelling.ty(&of.ty));
            self.text += &spelling.docstring(&of.docs);
            if spelling.is_imposed(&of.ty) {
                let _ = writeln!(self.text, "    {}_by: Authority | None", of.name);
                self.text += "    \"\"\"Who alone may lift that, where somebody imposed it.\"\"\"\n";
            }
        }
        self.text += "\n\n";
        self.name(called);
    }

    /// The classes of the variants that are no types of their own.
    fn variants(&mut self, of: &str, variants: &[Variant], spelling: &Spelling<'_>) {
        for variant in variants {
            let fields: &[Field] = match &variant.content {
                Content::One(_) => continue,
                Content::Nothing => &[],
                Content::Fields(fields) => fields,
            };
            self.class(&spelling.variant(of, &variant.rust), &variant.docs, fields, spelling);
        }
    }

    /// One of several, after all of them.
    fn union(&mut self, name: &str, docs: &str, variants: &[Variant], spelling: &Spelling<'_>) {
        let mut parts: Vec<String> = Vec::new();
        for variant in variants {
            let part = match &variant.content {
                Content::One(ty) => spelling.ty(ty),
                Content::Nothing | Content::Fields(_) => spelling.variant(name, &variant.rust),
            };
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let called = spelling.named(name);
        let docs = docstring(0, &spelling.prose(docs).paragraphs);
        let _ = writeln!(self.text, "{called}: TypeAlias = {}\n{docs}", parts.join(" | "));
        self.name(called);
    }

    fn end(mut self) -> String {
        self.names.sort();
        self.text += "__all__ = [\n";
        for name in self.names {
            let _ = writeln!(self.text, "    \"{name}\",");
        }
        self.text + "]\n"
    }
}
