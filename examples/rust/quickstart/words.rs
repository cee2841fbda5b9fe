//! What the directory answers, in the words of people.

use mailgrant::{Access, Address, ChainLink, Reacher, Reason, Refusal};

use crate::page::day;

/// The library's words are made for programs: `auto_replies` becomes `auto replies`.
pub(crate) fn words(word: impl ToString) -> String {
    word.to_string().replace('_', " ")
}

/// `a, b`; a dash where there is nothing.
pub(crate) fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(words).collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}

/// `contact@`: all of the bakery's addresses are in one domain.
pub(crate) fn short(address: &Address) -> String {
    format!("{}@", address.local())
}

/// A link of a chain and how it is: `grant`, `missing`.
pub(crate) fn link(link: &ChainLink) -> [String; 2] {
    let name = words(link.link);
    let state = link.obstacle.map_or_else(|| "fine".to_owned(), words);
    let state = state.strip_prefix(&name).unwrap_or(&state).trim_start().to_owned();
    [name, state]
}

/// Who reaches a mailbox, through what, to do what, since when.
pub(crate) fn access(access: &Access) -> [String; 4] {
    let (who, may) = match &access.who {
        Reacher::Person(person) => (person.name.clone(), format!("read, {}", list(access.rights.iter()))),
        Reacher::Device { label, protocols, .. } => (label.clone(), list(protocols.iter())),
        _ => Default::default(),
    };
    [who, words(access.through), may, day(access.since)]
}

/// Why a login was refused, as the host's log has it.
pub(crate) fn refused(refusal: &Refusal) -> String {
    match refusal.reason() {
        Reason::Device(obstacle) => format!("refused: {}", words(obstacle)),
        Reason::Alias => "refused: an alias".to_owned(),
        reason => format!("refused: {reason}"),
    }
}
