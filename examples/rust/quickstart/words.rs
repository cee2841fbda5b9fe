//! What the directory answers, in the words of people.

use mailgrant::report::{BlastRadius, Compared, Difference, LoginRisk, ReviewRow, Situation, Subject};
use mailgrant::{Access, Address, ChainLink, Reacher, Reason, Refusal};

use crate::page::{day, day_and_hour, day_and_month};

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
    let may = match &access.who {
        Reacher::Person(_) => format!("read, {}", list(access.rights.iter())),
        Reacher::Device { protocols, .. } => list(protocols.iter()),
        _ => String::new(),
    };
    [reacher(&access.who), words(access.through), may, day(access.since)]
}

/// A person's name, or what people call a device.
fn reacher(who: &Reacher) -> String {
    match who {
        Reacher::Person(person) => person.name.clone(),
        Reacher::Device { label, .. } => label.clone(),
        _ => String::new(),
    }
}

/// Why a login was refused, as the host's log has it.
pub(crate) fn refused(refusal: &Refusal) -> String {
    match refusal.reason() {
        Reason::Device(obstacle) => format!("refused: {}", words(obstacle)),
        Reason::Alias => "refused: an alias".to_owned(),
        reason => format!("refused: {reason}"),
    }
}

/// What a device's password opens now.
pub(crate) fn opens(radius: &BlastRadius) -> Vec<[String; 2]> {
    let open = radius.protocols.iter().filter(|one| one.obstacle.is_none()).map(|one| one.protocol);
    let senders = list(radius.senders.items.iter().map(short));
    let sends_as = match radius.separator {
        Some(separator) => format!("{senders}, and {}{separator}anything@", radius.address.local()),
        None => senders,
    };
    let networks = match &radius.networks {
        Some(networks) => list(networks),
        None => "everywhere".to_owned(),
    };
    let rows = [
        ("opens", radius.address.to_string()),
        ("by", list(open)),
        ("sends as", sends_as),
        ("from", networks),
    ];
    let since = radius.secrets.iter().map(|secret| ("since", day_and_hour(secret.since)));
    let used = radius.protocols.iter().filter_map(|one| one.last_used).map(|used| {
        let from = used.from.map_or_else(String::new, |from| format!(", from {from}"));
        ("last used", day_and_hour(used.at) + &from)
    });
    rows.into_iter().chain(since).chain(used).map(|(what, is)| [what.to_owned(), is]).collect()
}

/// Whose access became another: who, how it stood, how it stands, and what did it.
pub(crate) fn difference(difference: &Difference) -> [String; 4] {
    let who = match &difference.whose {
        Compared::Member(person) | Compared::Person { person, .. } => person.name.clone(),
        Compared::Device { label, .. } => label.clone(),
        _ => String::new(),
    };
    let mailbox = match &difference.whose {
        Compared::Person { address, .. } | Compared::Device { address, .. } => short(address) + ": ",
        _ => String::new(),
    };
    let stood = |situation: &Situation| match situation {
        Situation::Member { role, .. } => words(role),
        Situation::Access { rights, .. } => format!("{mailbox}read, {}", list(rights.iter())),
        Situation::Device { protocols, holder, .. } => {
            let held = if holder.is_some() { "" } else { ", held by nobody" };
            format!("{mailbox}{}{held}", list(protocols.iter()))
        }
        _ => "–".to_owned(),
    };
    let mut days: Vec<(String, Vec<&str>)> = Vec::new();
    for entry in &difference.why {
        let (day, command) = (day_and_month(entry.at), entry.command.as_str());
        match days.last_mut() {
            // A command that did two things stands there once.
            Some((last, commands)) if *last == day => {
                if commands.last() != Some(&command) {
                    commands.push(command);
                }
            }
            _ => days.push((day, vec![command])),
        }
    }
    let why: Vec<String> =
        days.iter().map(|(day, commands)| format!("{day}: {}", commands.join(", "))).collect();
    [who, stood(&difference.before), stood(&difference.after), why.join("\n")]
}

/// A row of a review for each of its warnings: about what, why, and the command that settles it.
pub(crate) fn warnings(row: &ReviewRow) -> Vec<[String; 3]> {
    let about = match &row.subject {
        Subject::Access { access, .. } => reacher(&access.who),
        Subject::Invitation(invitation) => format!("the invitation of {}", invitation.address),
        _ => "the organisation".to_owned(),
    };
    let row = row.warnings.iter().map(|warning| {
        let settle = warning.settle.as_ref().map_or("–", |command| command.name());
        [about.clone(), warning.kind.to_string(), settle.to_owned()]
    });
    row.collect()
}

/// By which address somebody signs in or recovers: who reads it besides them, and what would cut them off.
pub(crate) fn risk(risk: &LoginRisk) -> Vec<[String; 2]> {
    let whose = risk.person.as_ref().map_or_else(|| "somebody".to_owned(), |person| person.name.clone());
    let address = risk.address.as_ref().map_or_else(String::new, |contact| contact.address.to_string());
    let way_back = risk.way_back.map_or_else(|| "–".to_owned(), words);
    vec![
        ["whose".to_owned(), whose],
        [format!("{} address", risk.kind), address],
        ["others who could read it".to_owned(), risk.other_readers.to_string()],
        ["way back without a password".to_owned(), way_back],
        ["cut off by".to_owned(), list(&risk.cut_off_by)],
    ]
}
