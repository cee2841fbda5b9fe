//! Erasing what is known of a person whose account is gone: history keeps the id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{Contact, PasswordState, Proof, User, UserEvent, UserState};
use crate::access::no_user;
use crate::actor::By;
use crate::address::Address;
use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::device::Device;
use crate::entity::Entity;
use crate::error::{Code, Corrupt, Error};
use crate::event::Event;
use crate::id::{InvitationId, MailboxId, OrganisationId, UserId};
use crate::import::ImportedRow;
use crate::invitation::{Invitation, InvitationEvent};
use crate::mailbox::Mailbox;
use crate::names::{key, stream, term};
use crate::reader::{Reader, of_kind};
use crate::store::{JournalEntry, Key, Redaction, Stream};
use crate::time::Timestamp;
use crate::upcast;

/// What stands in the place of a name that was erased.
pub(crate) const ERASED_NAME: &str = "erased";

/// What stands in the place of an address that was erased: it names whose it was by the id alone, is nobody
/// else's, and no mail ever gets there (RFC 6761).
pub(crate) fn erased_address(of: impl std::fmt::Display) -> Result<Address, Corrupt> {
    format!("{of}@erased.invalid").parse().map_err(|_| Corrupt(format!("`{of}` makes no address")))
}

/// Erases a person's data, where their account is deleted ([`DeleteUser`](super::DeleteUser)). The host alone may, on
/// the person's request. It cannot be undone.
///
/// Gone are their name, login, recovery address and whatever address waited to be one, now and in every entry of
/// the history; the addresses of the invitations that they got, which are revoked where they still waited; when and
/// from where they and their devices were last seen. Placeholders made of the ids stand there instead: history keeps
/// every entry, in its place, and [`Directory::at`](crate::Directory::at) still answers, with the id.
///
/// An invitation is theirs where they accepted it, or where it was sent, before the account was deleted, to an address
/// that they had proved and that nobody else has proved since. What an organisation calls its own things stays, whoever they were for: the addresses
/// and names of mailboxes, aliases, labels of devices, to whom one was handed, the networks that one may come from (also
/// where it was theirs, and that is their home), reasons of grants; so does a last use
/// of a device that went on without them, and an invitation that nobody accepted, of an organisation that was deleted
/// and swept since. What left the store before stays where it went: backups, exports, other processes' notes that
/// are not written yet. Erase again once those are written: that forgets what was noted since, and does nothing else. And a store may keep former bytes for a while in what it has set aside (see `mailgrant-sqlite`).
///
/// Before it, write down last uses that wait ([`flush_uses`](crate::Directory::flush_uses)), in every process. After it, do
/// the same with what you keep yourself: whoever follows [`changes`](crate::Directory::changes) is told by `user.erased`.
///
/// Costs a pass over the person's journal and the entries of each invitation, and one over the journal of each deleted
/// organisation that they belonged to.
///
/// # Errors
/// `access.denied`; `user.not_found`; `user.state` while the account stands.
///
/// ```
/// use mailgrant::user::{DeleteUser, EraseUser};
/// # use mailgrant::user::RegisterUser;
/// # use mailgrant::{Actor, Directory, HistoryFilter, MemoryStore, PageRequest};
///
/// # fn main() -> Result<(), mailgrant::Error> {
/// # let directory = Directory::new(MemoryStore::new())?;
/// let host = Actor::system("panel");
/// # let anna = RegisterUser::new("anna@private.example".parse()?, "Anna");
/// # let user = directory.run(&host, anna)?.user;
/// directory.run(&host, DeleteUser { user })?;
/// directory.flush_uses()?;
/// let erased = directory.run(&host, EraseUser { user })?;
/// assert_eq!(erased.entries, 1);
///
/// let history = directory.user_history(&host, user, &HistoryFilter::default(), &PageRequest::default())?;
/// let kinds: Vec<&str> = history.items.iter().map(|entry| entry.event.kind()).collect();
/// assert_eq!(kinds, ["user.registered", "user.deleted", "user.erased"]);
/// # Ok(()) }
/// ```
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseUser {
    /// Who.
    pub user: UserId,
}

/// The answer of [`EraseUser`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UserErased {
    /// How many entries of the history were rewritten.
    pub entries: usize,
    /// The invitations without an address now.
    pub invitations: Vec<InvitationId>,
}

impl Command for EraseUser {
    type Output = UserErased;
    const NAME: &'static str = "erase_user";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<UserErased>, Error> {
        system_only(read.actor())?;
        let entries = read.entries_of(&stream::user(self.user), None)?;
        self.refuse_state(read, &entries)?;
        let notes = last_seen(read, self.user, &entries)?;
        if entries.iter().any(|entry| entry.kind == UserEvent::Erased.kind()) {
            let nothing = UserErased { entries: 0, invitations: Vec::new() };
            return Ok(Decision::new(Vec::new(), nothing).forgetting(notes));
        }
        let deleted = entries.iter().rfind(|entry| entry.kind == UserEvent::Deleted.kind());

        let mut eraser = Eraser {
            address: erased_address(self.user)?,
            known: Known::default(),
            deleted_at: deleted.map(|entry| entry.at),
            redactions: BTreeMap::new(),
            invitations: BTreeSet::new(),
        };
        for entry in &entries {
            eraser.account(entry)?;
        }
        for invitation in eraser.invitations(read, self.user)? {
            let stream = stream::organisation(invitation.organisation);
            let entries = read.entries_of(&stream, Some(invitation.id.to_string()))?;
            let first = entries.first().map_or(invitation.sent_at, |entry| entry.at.min(invitation.sent_at));
            if invitation.accepted_by.is_none() && !eraser.was_there(first) {
                continue;
            }
            for entry in &entries {
                eraser.invitation(entry)?;
            }
            eraser.invitations.insert((invitation.organisation, invitation.id));
        }
        eraser.deleted_organisations(read, self.user)?;

        // Whoever follows the journal learns from these that what they had read before is another now.
        let erased = |(organisation, invitation): &(OrganisationId, InvitationId)| {
            Event::Invitation(*organisation, *invitation, InvitationEvent::Erased)
        };
        let mut events = vec![Event::User(self.user, UserEvent::Erased)];
        events.extend(eraser.invitations.iter().map(erased));
        let erased = UserErased {
            entries: eraser.redactions.len(),
            invitations: eraser.invitations.iter().map(|(_, invitation)| *invitation).collect(),
        };
        let secrets = key::user_tokens(self.user).into_iter().chain([key::user(self.user)]);
        Ok(Decision::new(events, erased)
            .without_verifiers(secrets)
            .redacting(eraser.redactions.into_values())
            .forgetting(notes))
    }
}

impl EraseUser {
    fn refuse_state(&self, read: &mut Reader<'_>, entries: &[JournalEntry]) -> Result<(), Error> {
        let refused =
            |state: &str, message: &str| Err(Error::new(Code::UserState, message).with("state", state));
        if let Some(user) = read.user(self.user)? {
            return refused(user.state.as_str(), "the account stands: delete it first");
        }
        if entries.is_empty() {
            return Err(no_user());
        }
        Ok(())
    }
}

/// The notes of when and from where the person and the devices they hold or held were last seen: also those of grants that
/// ended, on every mailbox of the organisations that they belonged to, because a note may be written afterwards.
fn last_seen(read: &mut Reader<'_>, user: UserId, entries: &[JournalEntry]) -> Result<Vec<Key>, Error> {
    let devices: Vec<Arc<Device>> = of_kind!(read.all_by_term(&term::all_held_devices(user))?, Device);
    let mut notes: Vec<Key> = devices.iter().flat_map(|device| device.notes()).collect();
    let mut organisations: BTreeSet<OrganisationId> =
        read.memberships_of(user)?.iter().map(|membership| membership.organisation).collect();
    for entry in entries {
        if let Event::User(_, UserEvent::Joined { organisation }) = Event::read(entry)? {
            organisations.insert(organisation);
        }
    }
    for organisation in organisations {
        let grants = read.grants_of_user(organisation, user)?;
        let granted = grants.iter().map(|grant| grant.mailbox);
        let mailboxes: Vec<Arc<Mailbox>> =
            of_kind!(read.all_by_term(&term::mailboxes(organisation))?, Mailbox);
        let all: BTreeSet<MailboxId> = granted.chain(mailboxes.iter().map(|mailbox| mailbox.id)).collect();
        notes.extend(all.into_iter().map(|mailbox| key::grant(mailbox, user)));
    }
    Ok(notes)
}

/// What the person's own journal says about what else is theirs.
#[derive(Default)]
struct Known {
    /// Addresses that they proved.
    addresses: Vec<Address>,
    /// Organisations that they belonged to.
    organisations: Vec<OrganisationId>,
}

/// Rewrites entries of the journal.
struct Eraser {
    /// What stands in the place of the person's addresses.
    address: Address,
    known: Known,
    /// When their account ended: what was sent to their addresses since is somebody else's.
    deleted_at: Option<Timestamp>,
    /// By their places: each entry once.
    redactions: BTreeMap<(Stream, u64), Redaction>,
    /// The invitations that lose their address.
    invitations: BTreeSet<(OrganisationId, InvitationId)>,
}

impl Eraser {
    fn was_there(&self, at: Timestamp) -> bool {
        self.deleted_at.is_none_or(|deleted| at <= deleted)
    }

    /// An entry of the person's own journal.
    fn account(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        let (user, mut event) = match Event::read(entry)? {
            Event::User(user, event) => (user, event),
            Event::Import(ImportedRow(Entity::User(user))) => return self.imported(entry, &user),
            _ => return Ok(()),
        };
        let personal = match &mut event {
            UserEvent::Registered { login, name, password: _ } => {
                if login.proof == Proof::Verified {
                    self.known.addresses.push(login.address.clone());
                }
                login.address.clone_from(&self.address);
                ERASED_NAME.clone_into(name);
                true
            }
            UserEvent::Renamed { name } => {
                ERASED_NAME.clone_into(name);
                true
            }
            UserEvent::LoginConfirmed { login: address } | UserEvent::RecoveryConfirmed { address } => {
                self.known.addresses.push(std::mem::replace(address, self.address.clone()));
                true
            }
            UserEvent::LoginAsked { login: address }
            | UserEvent::RecoveryAsked { address }
            | UserEvent::ResetIssued { to: address, .. } => {
                address.clone_from(&self.address);
                true
            }
            UserEvent::Joined { organisation } => {
                self.known.organisations.push(*organisation);
                false
            }
            UserEvent::LoginTokenIssued { .. }
            | UserEvent::RecoveryTokenIssued { .. }
            | UserEvent::RecoveryRemoved
            | UserEvent::PasswordChanged
            | UserEvent::PasswordDisabled { .. }
            | UserEvent::ResetAsked
            | UserEvent::PasswordReset
            | UserEvent::Suspended
            | UserEvent::Resumed
            | UserEvent::Deleted
            | UserEvent::Erased => false,
        };
        if personal { self.rewrite(entry, &Event::User(user, event)) } else { Ok(()) }
    }

    /// The person as an import brought them.
    fn imported(&mut self, entry: &JournalEntry, user: &User) -> Result<(), Error> {
        self.known.addresses.extend(user.proved().cloned());
        let mut user = user.clone();
        ERASED_NAME.clone_into(&mut user.name);
        let contacts = std::iter::once(&mut user.login).chain(&mut user.recovery);
        let awaited = user.awaited_login.iter_mut().chain(&mut user.awaited_recovery);
        contacts
            .map(|contact| &mut contact.address)
            .chain(awaited.map(|awaited| &mut awaited.address))
            .chain(user.reset.iter_mut().map(|reset| &mut reset.to))
            .for_each(|address| address.clone_from(&self.address));
        self.rewrite(entry, &Event::Import(ImportedRow(Entity::User(user.into()))))
    }

    /// An entry about an invitation that is theirs.
    fn invitation(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        let erased = match Event::read(entry)? {
            Event::Invitation(organisation, id, InvitationEvent::Sent { offer, expires, .. }) => {
                let sent = InvitationEvent::Sent { address: erased_address(id)?, offer, expires };
                Event::Invitation(organisation, id, sent)
            }
            Event::Import(ImportedRow(Entity::Invitation(invitation))) => {
                let mut invitation = invitation.as_ref().clone();
                invitation.address = erased_address(invitation.id)?;
                Event::Import(ImportedRow(Entity::Invitation(invitation.into())))
            }
            _ => return Ok(()),
        };
        self.rewrite(entry, &erased)
    }

    fn rewrite(&mut self, entry: &JournalEntry, event: &Event) -> Result<(), Error> {
        let (stream, seq) = (entry.stream.clone(), entry.seq);
        let redaction =
            Redaction { stream: stream.clone(), seq, version: upcast::EVENT, body: event.body()? };
        self.redactions.insert((stream, seq), redaction);
        Ok(())
    }

    /// The invitations that are theirs: those that they accepted, and those that others did not and that were sent to
    /// an address that was theirs last.
    fn invitations(&mut self, read: &mut Reader<'_>, user: UserId) -> Result<Vec<Arc<Invitation>>, Error> {
        self.known.addresses.sort_by(|one, other| one.canonical().cmp(other.canonical()));
        self.known.addresses.dedup();
        let mut found = read.all_by_term(&term::accepted(user))?;
        let mut theirs = Vec::new();
        for address in std::mem::take(&mut self.known.addresses) {
            if !is_somebody_elses(read, &address, user)? {
                found.extend(read.all_by_term(&term::invited(&address))?);
                theirs.push(address);
            }
        }
        self.known.addresses = theirs;
        let found: Vec<Arc<Invitation>> = of_kind!(found, Invitation);
        let by_id: BTreeMap<InvitationId, Arc<Invitation>> = found
            .into_iter()
            .filter(|invitation| {
                let by = invitation.accepted_by.as_ref();
                by.is_none_or(|by| by.user() == Some(user))
            })
            .map(|invitation| (invitation.id, invitation))
            .collect();
        Ok(by_id.into_values().collect())
    }

    /// Invitations to organisations that were deleted since: their rows are gone or go, and the journal stays.
    fn deleted_organisations(&mut self, read: &mut Reader<'_>, user: UserId) -> Result<(), Error> {
        let mut organisations = std::mem::take(&mut self.known.organisations);
        organisations.sort();
        organisations.dedup();
        for organisation in organisations {
            if read.organisation(organisation)?.is_some() {
                continue;
            }
            let entries = read.entries_of(&stream::organisation(organisation), None)?;
            let (mut sent, mut takers, mut first) = (Vec::new(), FxHashMap::default(), FxHashMap::default());
            let told = |entry: &&JournalEntry| {
                entry.kind.starts_with("invitation.") || entry.kind == ImportedRow::KIND
            };
            for entry in entries.iter().filter(told) {
                match Event::read(entry)? {
                    Event::Import(ImportedRow(Entity::Invitation(invitation))) => {
                        let taker = invitation.accepted_by.as_ref().and_then(By::user);
                        takers.extend(taker.map(|taker| (invitation.id, taker)));
                        first.entry(invitation.id).or_insert(invitation.sent_at);
                        sent.push((invitation.id, invitation.address.clone(), entry));
                    }
                    Event::Invitation(_, id, InvitationEvent::Sent { address, .. }) => {
                        first.entry(id).or_insert(entry.at);
                        sent.push((id, address, entry));
                    }
                    Event::Invitation(_, id, InvitationEvent::Accepted { user, .. }) => {
                        takers.insert(id, user);
                    }
                    _ => {}
                }
            }
            for (id, address, entry) in sent {
                let theirs = match takers.get(&id) {
                    Some(taker) => *taker == user,
                    None => {
                        self.known.addresses.contains(&address)
                            && first.get(&id).is_some_and(|at| self.was_there(*at))
                    }
                };
                if theirs {
                    self.invitation(entry)?;
                    self.invitations.insert((organisation, id));
                }
            }
        }
        Ok(())
    }
}

/// Whether somebody else has proved an address since.
fn is_somebody_elses(read: &mut Reader<'_>, address: &Address, user: UserId) -> Result<bool, Error> {
    Ok(read.all_by_term(&term::mail(address))?.iter().any(|entity| match entity {
        Entity::User(other) => other.id != user && other.proved().any(|proved| proved == address),
        _ => false,
    }))
}

impl User {
    /// The addresses that they have proved.
    fn proved(&self) -> impl Iterator<Item = &Address> {
        let contacts = std::iter::once(&self.login).chain(&self.recovery);
        contacts.filter(|contact| contact.proof == Proof::Verified).map(|contact| &contact.address)
    }

    /// What is left of somebody whose data was erased.
    pub(super) fn erased(self) -> Result<Self, Corrupt> {
        if self.state != UserState::Deleted {
            return Err(Corrupt(format!("`{}` met an account that stands", UserEvent::Erased.kind())));
        }
        Ok(Self {
            login: Contact { address: erased_address(self.id)?, proof: Proof::Unverified },
            name: ERASED_NAME.to_owned(),
            recovery: None,
            password: PasswordState::Missing,
            awaited_login: None,
            awaited_recovery: None,
            reset: None,
            ..self
        })
    }
}
