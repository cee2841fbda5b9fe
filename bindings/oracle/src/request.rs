//! What may be asked for.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mailgrant::{By, ChangeId, MailboxId, OrganisationId, Protocol, Right, UserId};
use serde::Deserialize;
use serde_json::Value;

/// A line of the standard input. Instants are milliseconds since 1970.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Begins anew, with a directory whose clock stands at `at`, and with hashes that cost next to nothing.
    Open {
        /// Where its clock stands.
        at: i64,
        /// The path of an SQLite file; in memory where it is left out.
        sqlite: Option<String>,
        /// Whether an access view answers.
        #[serde(default)]
        view: bool,
        /// Whether mailboxes may be opened with the passwords of another system.
        #[serde(default)]
        legacy_passwords: bool,
    },
    /// Puts the clock at an instant.
    Clock {
        /// Which.
        at: i64,
    },
    /// Runs a command.
    Run {
        /// Who acts, as the journal writes it.
        by: By,
        /// An `AnyCommand`.
        command: Value,
        /// The secrets of its fields.
        #[serde(default)]
        secrets: BTreeMap<String, String>,
        /// Names the request.
        request: Option<ChangeId>,
    },
    /// Previews a command: what would happen comes in `events`.
    Preview {
        /// Who acts.
        by: By,
        /// An `AnyCommand`.
        command: Value,
        /// The secrets of its fields.
        #[serde(default)]
        secrets: BTreeMap<String, String>,
    },
    /// Asks a question.
    Ask {
        /// Who asks.
        by: By,
        /// An `AnyQuestion`.
        question: Value,
        /// Of a past: as an organisation was then.
        past: Option<Past>,
    },
    /// Whether a person may do something now.
    May {
        /// Who.
        user: UserId,
        /// What.
        right: Right,
        /// Where.
        mailbox: MailboxId,
    },
    /// Logs a mail program in: a session, or why not in `refused`.
    LoginDevice {
        /// Under which address.
        address: String,
        /// With which password.
        password: String,
        /// How it talks to the server.
        protocol: Protocol,
        /// From where.
        from: Option<IpAddr>,
    },
    /// Signs a person in: a session, or why not in `refused`.
    LoginUser {
        /// As whom.
        login: String,
        /// With which password.
        password: String,
    },
    /// Whether a session still stands.
    SessionValid {
        /// The session, as a login answered it.
        session: Value,
    },
    /// Notes that a person opened a mailbox in the host's own web mail.
    NoteOpened {
        /// Who.
        user: UserId,
        /// What.
        mailbox: MailboxId,
        /// From where.
        from: Option<IpAddr>,
    },
    /// What a person may see, as a replica, in its own JSON.
    ExportFor {
        /// Who asks.
        by: By,
        /// Whose it is.
        user: UserId,
    },
}

/// An organisation at an instant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Past {
    /// Which.
    pub(crate) organisation: OrganisationId,
    /// When.
    pub(crate) at: i64,
}
