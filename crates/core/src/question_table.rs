//! The table of the questions that are asked by name, from which bindings are made.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::address::{Address, DomainName};
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::grant::Right;
use crate::history::HistoryFilter;
use crate::id::{DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::paging::PageRequest;
use crate::questions::Sender;
use crate::report::ReviewRows;
use crate::time::Timestamp;

macro_rules! questions {
    ($($name:literal: $question:ident { $($field:ident: $type:ty),* } => |$directory:ident, $actor:ident| $answer:expr,)+) => {
        /// Any question, by its name under `question` and what it is about beside it: the method of [`Directory`] with
        /// that name.
        ///
        /// ```
        /// use mailgrant::{Actor, AnyQuestion, Directory, MemoryStore};
        ///
        /// # fn main() -> Result<(), mailgrant::Error> {
        /// let directory = Directory::new(MemoryStore::new())?;
        /// let question: AnyQuestion =
        ///     serde_json::from_str(r#"{"question": "resolve", "address": "contact@bakery.example"}"#).unwrap();
        /// assert_eq!(question.name(), "resolve");
        /// let answer = directory.ask_any(&Actor::system("panel"), &question)?;
        /// assert_eq!(answer, r#"{"delivery":"refuse","mailbox":null,"organisation":null,"way":["unknown_domain"]}"#);
        /// # Ok(()) }
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "question", deny_unknown_fields)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "each is the method of its name, with the same words")]
        pub enum AnyQuestion {
            $(
                #[doc = concat!("[`Directory::", $name, "`].")]
                #[serde(rename = $name)]
                $question { $($field: $type),* },
            )+
        }

        impl AnyQuestion {
            /// The names of all questions, in the order of the source.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$question { .. } => $name,)+ }
            }
        }

        impl Directory {
            /// Answers any question, in JSON. Who asks is of no account where the question is the host's own, such as
            /// [`Directory::resolve`].
            ///
            /// # Errors
            /// The question's.
            pub fn ask_any(&self, actor: &Actor, question: &AnyQuestion) -> Result<String, Error> {
                match question {
                    $(AnyQuestion::$question { $($field),* } => {
                        let ($directory, $actor) = (self, actor);
                        let _ = $actor;
                        written(&$answer?)
                    })+
                }
            }
        }
    };
}

fn written(answer: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(answer)
        .map_err(|source| Error::new(Code::StoreCorrupt, "an answer could not be written").caused_by(source))
}

questions! {
    "explain": Explain { user: UserId, right: Right, mailbox: MailboxId } => |it, by| it.explain(by, *user, *right, *mailbox),
    "resolve": Resolve { address: Address } => |it, _by| it.resolve(address),
    "senders": Senders { who: Sender, mailbox: MailboxId } => |it, _by| it.senders(*who, *mailbox),
    "may_send_as": MaySendAs { who: Sender, mailbox: MailboxId, from: Address } => |it, _by| it.may_send_as(*who, *mailbox, from),
    "user": User { user: UserId } => |it, by| it.user(by, *user),
    "user_by_login": UserByLogin { login: Address } => |it, by| it.user_by_login(by, login),
    "organisation": Organisation { organisation: OrganisationId } => |it, by| it.organisation(by, *organisation),
    "organisation_by_domain": OrganisationByDomain { domain: DomainName } => |it, by| it.organisation_by_domain(by, domain),
    "mailbox": Mailbox { mailbox: MailboxId } => |it, by| it.mailbox(by, *mailbox),
    "mailbox_by_address": MailboxByAddress { address: Address } => |it, by| it.mailbox_by_address(by, address),
    "device": Device { device: DeviceId } => |it, by| it.device(by, *device),
    "invitation": Invitation { invitation: InvitationId } => |it, by| it.invitation(by, *invitation),
    "access": Access { mailbox: MailboxId, page: PageRequest } => |it, by| it.access(by, *mailbox, page),
    "reach": Reach { user: UserId } => |it, by| it.reach(by, *user),
    "members": Members { organisation: OrganisationId, page: PageRequest } => |it, by| it.members(by, *organisation, page),
    "mailboxes": Mailboxes { organisation: OrganisationId, page: PageRequest } => |it, by| it.mailboxes(by, *organisation, page),
    "aliases": Aliases { organisation: OrganisationId, page: PageRequest } => |it, by| it.aliases(by, *organisation, page),
    "aliases_of": AliasesOf { mailbox: MailboxId, page: PageRequest } => |it, by| it.aliases_of(by, *mailbox, page),
    "devices": Devices { organisation: OrganisationId, page: PageRequest } => |it, by| it.devices(by, *organisation, page),
    "invitations": Invitations { organisation: OrganisationId, page: PageRequest } => |it, by| it.invitations(by, *organisation, page),
    "domains": Domains { organisation: OrganisationId, page: PageRequest } => |it, by| it.domains(by, *organisation, page),
    "domain_offers": DomainOffers { organisation: OrganisationId, page: PageRequest } => |it, by| it.domain_offers(by, *organisation, page),
    "history": History { organisation: OrganisationId, filter: HistoryFilter, page: PageRequest } => |it, by| it.history(by, *organisation, filter, page),
    "mailbox_history": MailboxHistory { mailbox: MailboxId, filter: HistoryFilter, page: PageRequest } => |it, by| it.mailbox_history(by, *mailbox, filter, page),
    "user_history": UserHistory { user: UserId, filter: HistoryFilter, page: PageRequest } => |it, by| it.user_history(by, *user, filter, page),
    "review": Review { organisation: OrganisationId, rows: ReviewRows, page: PageRequest } => |it, by| it.review(by, *organisation, *rows, page),
    "login_risks": LoginRisks { organisation: OrganisationId, page: PageRequest } => |it, by| it.login_risks(by, *organisation, page),
    "blast_radius": BlastRadius { device: DeviceId, page: PageRequest } => |it, by| it.blast_radius(by, *device, page),
    "compare": Compare { organisation: OrganisationId, from: Timestamp, to: Timestamp, page: PageRequest } => |it, by| it.compare(by, *organisation, *from, *to, page),
    "changes": Changes { page: PageRequest } => |it, _by| it.changes(page),
    "changes_from_now": ChangesFromNow {} => |it, _by| it.changes_from_now(),
}
