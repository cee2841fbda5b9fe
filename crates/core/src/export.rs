//! Taking an organisation elsewhere: what there is of it, line by line, without a secret.

mod lines;

pub(crate) use lines::{END, ENTRY, EXPORT, End, FORMAT, GONE, Header, PERSON, VERSION};

use std::io::Write;

use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::access::{Power, Purpose};
use crate::actor::Actor;
use crate::device::Device;
use crate::directory::Directory;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::import::ImportedRow;
use crate::mailbox::MailboxState;
use crate::names::{key, stream, term};
use crate::questions::Person;
use crate::reader::Reader;
use crate::store::{JournalEntry, JournalQuery, Key, Range, ReadTxn, Row, Stream, Term};
use crate::user::{User, UserEvent, UserState};
use crate::words::words;
use lines::Lines;

/// How many rows or entries are read at a time.
const CHUNK: usize = 1_000;
/// Of how many people the history is read at a time.
const PEOPLE: usize = 100;

words! {
    /// Whether an export holds what happened, besides what there is.
    pub enum History {
        /// It does: afterwards the past can be asked about too.
        With = "with",
        /// It holds what there is now.
        Without = "without",
    }
}

/// How much was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Exported {
    /// Rows: the organisation, its people, domains, mailboxes and so on.
    pub rows: u64,
    /// Entries of its history.
    pub entries: u64,
}

impl Directory {
    /// Writes an organisation as JSON Lines, to take it elsewhere with [`Directory::import`]. For its owners and admins;
    /// also while it is suspended.
    ///
    /// It is one consistent snapshot, without any secret: no passwords, no tokens, nothing to guess at. An owner's or
    /// admin's holds of people what they may ask about them; the host's also recovery addresses and, with
    /// history, the people's names, logins and suspensions as they changed. It names the mailboxes, members and
    /// addresses of an organisation: keep it as you keep those.
    ///
    /// **It is no backup.** What is imported has no passwords, and every device must be rotated. A backup is a copy of the
    /// store: of SQLite what `.backup` or `VACUUM INTO` writes (or the file with its `-wal`, while no program has it open),
    /// of PostgreSQL what `pg_dump` writes.
    ///
    /// Costs index ranges, a thousand rows at a time, and memory for those and for the ids of mailboxes and members.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`; `export.unwritable` where `output` failed or the store lost its
    /// snapshot: what was written by then is no export, and an import refuses it.
    ///
    /// ```
    /// # use mailgrant::{Actor, Directory, MemoryStore, Proof, organisation::FoundOrganisation, user::RegisterUser};
    /// use mailgrant::History;
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// # let directory = Directory::new(MemoryStore::new())?;
    /// # let system = Actor::system("panel");
    /// # let anna = directory.run(&system, RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified))?.user;
    /// # let owner = Actor::User(anna);
    /// # let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
    /// let mut file = Vec::new();
    /// let exported = directory.export(&owner, organisation, History::With, &mut file)?;
    /// assert_eq!((exported.rows, exported.entries), (3, 2), "the organisation, Anna, and her place in it");
    ///
    /// let elsewhere = Directory::new(MemoryStore::new())?;
    /// elsewhere.import(&system, file.as_slice())?;
    /// assert_eq!(elsewhere.organisation(&owner, organisation)?.name, "Bakery");
    /// # Ok(()) }
    /// ```
    pub fn export(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        history: History,
        output: impl Write,
    ) -> Result<Exported, Error> {
        self.require_live()?;
        let mut lines = Lines::new(output);
        self.ask(actor, &mut |read| {
            read.standing(organisation, Purpose::Ask)?.require(Power::Administer)?;
            if lines.has_begun() {
                return Err(Error::new(
                    Code::ExportUnwritable,
                    "the store lost its snapshot on the way: begin again with an empty output",
                ));
            }
            let header = Header::new(organisation, read.now(&stream::organisation(organisation))?, history);
            lines.object(EXPORT, &header)?;
            let whole = actor.is_system();
            let mut export = Export { organisation, whole, lines: &mut lines, done: Exported::default() };
            let people = export.rows(read)?;
            if history == History::With {
                export.history(read, &people)?;
            }
            let done = export.done;
            lines.object(END, &End { rows: done.rows, entries: done.entries })?;
            lines.flush()?;
            Ok(done)
        })
    }
}

/// An export on its way.
struct Export<'a, W: Write> {
    organisation: OrganisationId,
    /// Whether the host asks, who may know all of a person.
    whole: bool,
    lines: &'a mut Lines<W>,
    done: Exported,
}

impl<W: Write> Export<'_, W> {
    fn row(&mut self, entity: &Entity) -> Result<(), Error> {
        self.done.rows += 1;
        self.lines.text(entity.word(), &entity.row()?.body)
    }

    /// Everything that is there and does not wait for the sweep; gives back the people.
    fn rows(&mut self, read: &mut Reader<'_>) -> Result<Vec<UserId>, Error> {
        let organisation = self.organisation;
        let found = read.organisation(organisation)?;
        found.map(Entity::Organisation).iter().try_for_each(|entity| self.row(entity))?;

        let txn = read.txn();
        let mut people = Vec::new();
        pages(txn, Of::Prefix(&key::memberships(organisation)), |txn, page| {
            self.members(txn, &page, &mut people)
        })?;
        pages(txn, Of::Prefix(&key::domains(organisation)), |_, page| {
            page.iter().try_for_each(|entity| self.row(entity))
        })?;
        let mut mailboxes: FxHashSet<MailboxId> = FxHashSet::default();
        pages(txn, Of::Term(&term::mailboxes(organisation)), |_, page| {
            for entity in page {
                if let Entity::Mailbox(mailbox) = &entity
                    && mailbox.state != MailboxState::Deleted
                {
                    mailboxes.insert(mailbox.id);
                    self.row(&entity)?;
                }
            }
            Ok(())
        })?;
        let members: FxHashSet<UserId> = people.iter().copied().collect();
        let stays = |entity: &Entity| match entity {
            Entity::Alias(alias) => mailboxes.contains(&alias.mailbox),
            Entity::Grant(grant) => mailboxes.contains(&grant.mailbox) && members.contains(&grant.user),
            Entity::Device(device) => {
                mailboxes.contains(&device.mailbox) && !has_lost_holder(device, &members)
            }
            _ => true,
        };
        let (freed, terms) = (
            key::freed_addresses(organisation),
            [
                term::aliases(organisation),
                term::all_grants(organisation),
                term::devices(organisation),
                term::all_revoked_devices(organisation),
                term::invitations(organisation),
            ],
        );
        for of in std::iter::once(Of::Prefix(&freed)).chain(terms.iter().map(Of::Term)) {
            pages(txn, of, |_, page| {
                page.iter().filter(|entity| stays(entity)).try_for_each(|entity| self.row(entity))
            })?;
        }
        Ok(people)
    }

    /// Members and who they are; of those whose accounts are gone that they are.
    fn members(
        &mut self,
        txn: &mut dyn ReadTxn,
        page: &[Entity],
        people: &mut Vec<UserId>,
    ) -> Result<(), Error> {
        let of_user = |entity: &Entity| match entity {
            Entity::Membership(membership) => Some(membership.user),
            _ => None,
        };
        let keys: Vec<Key> = page.iter().filter_map(of_user).map(key::user).collect();
        let users = txn.rows(&keys)?;
        for (entity, user) in page.iter().zip(users) {
            match user.as_ref().map(Entity::read).transpose()? {
                Some(Entity::User(user)) if user.state != UserState::Deleted => {
                    people.push(user.id);
                    self.person(&user)?;
                    self.row(entity)?;
                }
                _ => {
                    if let Some(user) = of_user(entity) {
                        self.lines.object(GONE, &user)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn person(&mut self, user: &User) -> Result<(), Error> {
        if self.whole {
            let user = User { awaited_login: None, awaited_recovery: None, reset: None, ..user.clone() };
            return self.row(&Entity::User(user.into()));
        }
        self.done.rows += 1;
        self.lines.object(PERSON, &Person::from(user))
    }

    /// The organisation's stream; for the host also what makes a person one, of those who are members.
    fn history(&mut self, read: &mut Reader<'_>, people: &[UserId]) -> Result<(), Error> {
        let txn = read.txn();
        entries(txn, vec![stream::organisation(self.organisation)], |entry| self.entry(&entry))?;
        if !self.whole {
            return Ok(());
        }
        for some in people.chunks(PEOPLE) {
            let mut place: Option<(Stream, u64)> = None;
            entries(txn, some.iter().copied().map(stream::user).collect(), |mut entry| {
                if !makes_a_person(&entry)? {
                    return Ok(());
                }
                let before = place.take().filter(|(stream, _)| *stream == entry.stream);
                entry.seq = before.map_or(1, |(_, seq)| seq + 1);
                place = Some((entry.stream.clone(), entry.seq));
                self.entry(&entry)
            })?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        self.done.entries += 1;
        self.lines.entry(entry)
    }
}

/// Whether an active device's holder is gone, so that it waits for the sweep.
pub(crate) fn has_lost_holder(device: &Device, members: &FxHashSet<UserId>) -> bool {
    device.is_active() && device.holder.is_some_and(|holder| !members.contains(&holder))
}

/// What of a person's history goes with them: what others see of them, and nothing of how they sign in or of their
/// other organisations.
fn makes_a_person(entry: &JournalEntry) -> Result<bool, Error> {
    Ok(entry.kind == ImportedRow::KIND
        || matches!(
            Event::read(entry)?,
            Event::User(
                _,
                UserEvent::Registered { .. }
                    | UserEvent::Renamed { .. }
                    | UserEvent::LoginConfirmed { .. }
                    | UserEvent::Suspended
                    | UserEvent::Resumed
            )
        ))
}

enum Of<'a> {
    Prefix(&'a str),
    Term(&'a Term),
}

/// Goes through rows a page at a time, and keeps none.
fn pages(
    txn: &mut dyn ReadTxn,
    of: Of<'_>,
    mut each: impl FnMut(&mut dyn ReadTxn, Vec<Entity>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut range = Range { after: None, limit: CHUNK };
    loop {
        let rows: Vec<Row> = match of {
            Of::Prefix(prefix) => txn.rows_by_prefix(prefix, &range)?,
            Of::Term(term) => txn.rows_by_term(term, &range)?,
        };
        let more = rows.len() >= CHUNK;
        range.after = rows.last().map(|row| row.key.clone());
        let page: Vec<Entity> = rows.iter().map(Entity::read).collect::<Result<_, _>>()?;
        each(txn, page)?;
        if !more {
            return Ok(());
        }
    }
}

fn entries(
    txn: &mut dyn ReadTxn,
    streams: Vec<Stream>,
    mut each: impl FnMut(JournalEntry) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut query = JournalQuery { streams, limit: CHUNK, ..JournalQuery::default() };
    loop {
        let page = txn.journal(&query)?;
        let more = page.len() >= CHUNK;
        query.after = page.last().map(|entry| (entry.stream.clone(), entry.seq));
        page.into_iter().try_for_each(&mut each)?;
        if !more {
            return Ok(());
        }
    }
}
