//! `_commands.py` and `_questions.py`: a method for every command and every question.

use std::collections::HashSet;
use std::fmt::Write;

use super::super::model::*;
use super::reading::{function, read, reader};
use super::spelling::{Spelling, field, is_span};
use super::writing::expression;
use super::{HEAD, docstring, listed};

const IDS: &str = "from mailgrant._native import (\n    ChangeId,\n    DeviceId,\n    InvitationId,\n    MailboxId,\n    OrganisationId,\n    UserId,\n)\n";

pub(super) fn commands(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut text = String::new();
    text += "class Commands:\n    \"\"\"The commands, carried out.\"\"\"\n\n    __slots__ = ()\n\n\
             \x20   def _run(\n        self,\n        name: str,\n        fields: dict[str, object],\n        secrets: dict[str, str | None],\n        read: Callable[[Any, Any], T],\n        by: Actor,\n        request: ChangeId | None,\n    ) -> T:\n        raise NotImplementedError\n";
    for command in &model.commands {
        text += &method(command, spelling, Way::Run);
    }
    text += "\n\nclass Previews:\n    \"\"\"The commands, previewed: the same code decides, and nothing of it happens.\n\n    Ids and secrets in a plan are never valid.\n    \"\"\"\n\n    __slots__ = ()\n\n\
             \x20   def _preview(\n        self,\n        name: str,\n        fields: dict[str, object],\n        secrets: dict[str, str | None],\n        read: Callable[[Any, Any], T],\n        by: Actor,\n    ) -> Plan[T]:\n        raise NotImplementedError\n";
    for command in &model.commands {
        text += &method(command, spelling, Way::Preview);
    }
    text += "\n\nANSWERS: dict[str, Callable[[Any, Any], object]] = {\n";
    for command in &model.commands {
        let _ = writeln!(text, "    \"{}\": {},", command.name, answer(&command.output, spelling));
    }
    text += "}\n\"\"\"How the answer of each command is read.\"\"\"\n\n";
    let head = format!(
        "{HEAD}\"\"\"Every command: as a method that carries it out, and as one that only says what would happen.\"\"\"\n\n\
         from __future__ import annotations\n\n\
         from collections.abc import Callable, Iterable, Mapping\n\
         from datetime import datetime, timedelta\n\
         from typing import Any, TypeVar\n\n\
         from mailgrant import _reading as reading\n\
         from mailgrant import _write as write\n\
         from mailgrant import _writing as writing\n\
         from mailgrant import types\n\
         from mailgrant._frozen import Network\n\
         from mailgrant._happened import Plan\n\
         {IDS}\
         from mailgrant.types import (\n{}\
         )\n\n\
         T = TypeVar(\"T\")\n\n\n",
        imported(model, spelling, &text)
    );
    head + &text
}

/// Every type that a signature may mention.
fn imported(model: &Model, spelling: &Spelling<'_>, body: &str) -> String {
    let words: HashSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut names = vec!["NO_SERVICES".to_owned(), "Actor".to_owned(), "Sender".to_owned()];
    for (name, of) in &model.types {
        let called = spelling.named(name);
        if matches!(of.shape, Shape::Words { .. }) {
            names.push(format!("{called}Like"));
        }
        if let Shape::Union { default: Some(value), .. } = &of.shape {
            names.push(spelling.variant(name, value));
        }
        names.push(called);
    }
    names.retain(|name| words.contains(name.as_str()));
    names.sort();
    names.dedup();
    names.iter().fold(String::new(), |text, name| text + "    " + name + ",\n")
}

/// Which part of a history, as arguments: `by` is who asks.
const FILTER: [(&str, &str); 6] = [
    (
        "about: About | None = None",
        "Only what is about this: a person, a mailbox, a device, an invitation, an organisation, or a domain by its name.",
    ),
    ("done_by: Actor | None = None", "Only what they did."),
    ("kinds: Iterable[str] = ()", "Only these kinds, such as `grant.given`; all where there are none."),
    ("since: datetime | None = None", "Not before this instant."),
    ("until: datetime | None = None", "Not after this instant."),
    ("order: OrderLike = Order.OLDEST", "Whether the newest come first."),
];

/// What these arguments are together.
const FILTERED: &str = "writing.write_history_filter(\n                \"filter\", types.HistoryFilter(about, done_by, tuple(write.items(\"kinds\", kinds)), since, until, order)  # type: ignore[arg-type]\n            )";

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Run,
    Preview,
}

fn method(command: &Command, spelling: &Spelling<'_>, way: Way) -> String {
    let output = spelling.ty(&command.output);
    let output = if way == Way::Preview { format!("Plan[{output}]") } else { output };
    let mut arguments = Arguments::default();
    for of in &command.fields {
        arguments.take(of, spelling);
    }
    arguments.named.insert(0, ("by: Actor".to_owned(), None));
    if way == Way::Run {
        arguments.named.push(("request: ChangeId | None = None".to_owned(), None));
    }
    let mut text = format!("\n    def {}({}) -> {output}:\n", command.name, arguments.signature());
    text += &match way {
        Way::Run => command_docs(command, spelling),
        Way::Preview => docstring(8, &[format!("What `Directory.{}` would do.", command.name)]),
    };
    let call = if way == Way::Run { "_run" } else { "_preview" };
    let _ = writeln!(text, "        return self.{call}(\n            \"{}\",", command.name);
    text += "            {";
    let mut any = false;
    for of in command.fields.iter().filter(|of| !of.ty.is_presented()) {
        any = true;
        let value = expression(of, field(of), field(of), spelling);
        let value = qualified(&value);
        let _ = write!(text, "\n                \"{}\": {value},", of.name);
    }
    text += if any { "\n            },\n" } else { "},\n" };
    let secrets: Vec<String> = command
        .fields
        .iter()
        .filter(|of| of.ty.is_presented())
        .map(|of| match of.ty {
            Ty::Optional(_) => {
                format!("\"{0}\": None if {0} is None else write.secret(\"{0}\", {0})", of.name)
            }
            _ => format!("\"{0}\": write.secret(\"{0}\", {0})", of.name),
        })
        .collect();
    let _ = writeln!(text, "            {{{}}},", secrets.join(", "));
    let _ = writeln!(text, "            {},\n            by,", answer(&command.output, spelling));
    if way == Way::Run {
        text += "            request,\n";
    }
    text + "        )\n"
}

/// What writes a type stands in another module here.
fn qualified(expression: &str) -> String {
    expression.replace("write_", "writing.write_")
}

/// What reads the answer of a command, given its JSON and the secret beside it.
fn answer(output: &Ty, spelling: &Spelling<'_>) -> String {
    if let Ty::Named(name) = output
        && let Some(Shape::Struct { fields }) = spelling.shape(name)
        && fields.iter().any(|field| field.ty.is_shown_once())
    {
        return format!("reading.{}", function(name));
    }
    match output {
        Ty::Nothing => "lambda raw, _: None".to_owned(),
        _ => format!("lambda raw, _: {}", placed(&read(output, "raw", spelling))),
    }
}

/// What reads a type stands in another module here.
fn placed(expression: &str) -> String {
    expression.replace("read_", "reading.read_")
}

fn command_docs(command: &Command, spelling: &Spelling<'_>) -> String {
    let prose = spelling.prose(&command.docs);
    let mut entries: Vec<(String, String)> = command
        .fields
        .iter()
        .map(|of| (field(of).to_owned(), spelling.prose(&of.docs).paragraphs.join(" ")))
        .collect();
    for (name, what) in &mut entries {
        if name == "grace" {
            *what = what.replace(", in seconds", "");
        }
    }
    entries.push(("by".to_owned(), "Who does it.".to_owned()));
    entries.push((
        "request".to_owned(),
        "Names the request, see `Directory.request_id`: carried out before, it is refused with `request.done`."
            .to_owned(),
    ));
    let mut sections = prose.paragraphs.clone();
    sections.push(listed("Args", &entries, 96));
    if let Some(errors) = prose.errors {
        sections.push(listed("Raises", &[("Error".to_owned(), errors)], 96));
    }
    docstring(8, &sections)
}

/// The arguments of a method: those that must be given, then those that have a name.
#[derive(Default)]
struct Arguments {
    plain: Vec<String>,
    named: Vec<(String, Option<String>)>,
}

impl Arguments {
    fn take(&mut self, of: &Field, spelling: &Spelling<'_>) {
        let ty = if is_span(of) { "timedelta".to_owned() } else { spelling.taken(&of.ty) };
        match &of.default {
            None => self.plain.push(format!("{}: {ty}", field(of))),
            Some(default) => {
                let default = spelling.default(&of.ty, default);
                self.named.push((format!("{}: {ty} = {default}", field(of)), None));
            }
        }
    }

    fn signature(&self) -> String {
        let mut all = vec!["self".to_owned()];
        all.extend(self.plain.iter().cloned());
        if !self.named.is_empty() {
            all.push("*".to_owned());
            all.extend(self.named.iter().map(|(text, _)| text.clone()));
        }
        let line = all.join(", ");
        if line.len() <= 70 { line } else { format!("\n        {},\n    ", all.join(",\n        ")) }
    }
}

pub(super) fn questions(model: &Model, spelling: &Spelling<'_>) -> String {
    let mut text = String::new();
    text += "class Questions:\n    \"\"\"The questions.\"\"\"\n\n    __slots__ = ()\n\n\
             \x20   def _ask(self, name: str, fields: dict[str, object], read: Callable[[Any], T], by: Actor | None) -> T:\n        raise NotImplementedError\n\n\
             \x20   def _list(\n        self,\n        name: str,\n        fields: dict[str, object],\n        read: Callable[[Any], T],\n        by: Actor,\n        after: str | None,\n        limit: int,\n    ) -> Listing[T]:\n        raise NotImplementedError\n";
    for question in &model.questions {
        text += &question_method(question, spelling);
    }
    let head = format!(
        "{HEAD}\"\"\"Every question, as a method.\"\"\"\n\n\
         from __future__ import annotations\n\n\
         from collections.abc import Callable, Iterable\n\
         from datetime import datetime\n\
         from typing import Any, TypeVar\n\n\
         from mailgrant import _reading as reading\n\
         from mailgrant import _write as write\n\
         from mailgrant import _writing as writing\n\
         from mailgrant import types\n\
         from mailgrant._happened import Entry\n\
         from mailgrant._native import DeviceId, InvitationId, MailboxId, OrganisationId, UserId\n\
         from mailgrant._paging import Listing\n\
         from mailgrant._read import entry\n\
         from mailgrant.types import (\n{}\
         )\n\n\
         T = TypeVar(\"T\")\n\n\n",
        imported(model, spelling, &text)
    );
    head + &text
}

fn question_method(question: &Question, spelling: &Spelling<'_>) -> String {
    let mut arguments = Arguments::default();
    let paged = question.fields.iter().any(|of| of.ty == Ty::PageRequest);
    if question.asked_by {
        arguments.named.push(("by: Actor".to_owned(), None));
    }
    for of in question.fields.iter().filter(|of| of.ty != Ty::PageRequest) {
        match &of.ty {
            Ty::Named(name) if name == "HistoryFilter" => {
                arguments.named.extend(FILTER.map(|(argument, _)| (argument.to_owned(), None)));
            }
            Ty::Named(name)
                if matches!(spelling.shape(name), Some(Shape::Words { default: Some(_), .. })) =>
            {
                let default = spelling.default(&of.ty, &Fallback::OfType);
                arguments
                    .named
                    .push((format!("{}: {} = {default}", field(of), spelling.taken(&of.ty)), None));
            }
            _ => arguments.plain.push(format!("{}: {}", field(of), spelling.taken(&of.ty))),
        }
    }
    if paged {
        arguments.named.push(("after: str | None = None".to_owned(), None));
        arguments.named.push(("limit: int = 100".to_owned(), None));
    }
    let output = match &question.output {
        Ty::Page(inner) => format!("Listing[{}]", spelling.ty(inner)),
        other => spelling.ty(other),
    };
    let mut text = format!("\n    def {}({}) -> {output}:\n", question.name, arguments.signature());
    text += &question_docs(question, spelling, paged);
    text += "        fields: dict[str, object] = {";
    let mut any = false;
    for of in question.fields.iter().filter(|of| of.ty != Ty::PageRequest) {
        any = true;
        let value = match &of.ty {
            Ty::Named(name) if name == "HistoryFilter" => FILTERED.to_owned(),
            _ => qualified(&expression(of, field(of), field(of), spelling)),
        };
        let _ = write!(text, "\n            \"{}\": {value},", of.name);
    }
    let pages = paged && !matches!(question.output, Ty::Page(_));
    if pages {
        any = true;
        text += "\n            \"page\": write.page(after, limit),";
    }
    text += if any { "\n        }\n" } else { "}\n" };
    let by = if question.asked_by { "by" } else { "None" };
    let _ = match &question.output {
        Ty::Page(inner) => {
            let read = placed(&reader(inner, spelling));
            writeln!(
                text,
                "        return self._list(\"{}\", fields, {read}, {by}, after, limit)",
                question.name
            )
        }
        other => {
            let read = placed(&reader(other, spelling));
            writeln!(text, "        return self._ask(\"{}\", fields, {read}, {by})", question.name)
        }
    };
    text
}

fn question_docs(question: &Question, spelling: &Spelling<'_>, paged: bool) -> String {
    let prose = spelling.prose(&question.docs);
    let mut sections = prose.paragraphs.clone();
    if question.fields.iter().any(|of| of.ty == Ty::Named("HistoryFilter".to_owned())) {
        let entries = FILTER.map(|(argument, what)| {
            (argument.split(':').next().unwrap_or_default().to_owned(), what.to_owned())
        });
        sections.push(listed("Args", &entries, 96));
    }
    if paged {
        sections.push(match &question.output {
            Ty::Page(_) => "The answer goes through all pages as it is iterated, `limit` items at a time; \
                            its `page` is the first one alone, with the cursor of the next for `after`."
                .to_owned(),
            _ => "`after` is the cursor where the answer before ended, `limit` the most items of this one."
                .to_owned(),
        });
    }
    if let Some(errors) = prose.errors {
        sections.push(listed("Raises", &[("Error".to_owned(), errors)], 96));
    }
    docstring(8, &sections)
}
