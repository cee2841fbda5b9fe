//! Taking over an organisation that was exported elsewhere: whole, or not at all.

mod check;
mod lines;
mod past;
mod plan;
mod row;
mod secrets;

pub use row::ImportedRow;

use std::io::BufRead;
use std::time::Duration;

use serde::Serialize;

use crate::actor::{Actor, By};
use crate::command::system_only;
use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::id::OrganisationId;
use crate::store::{ReadTxn, StoreError};
use plan::Plan;

/// What did it, in the journal.
const COMMAND: &str = "import";
/// How many rows are asked about at a time.
const CHUNK: usize = 1_000;
/// How often it is tried where somebody else was faster.
const ATTEMPTS: u32 = 8;
/// How far the clock of the other place may be ahead.
const AHEAD: Duration = Duration::from_secs(86_400);

/// What an import brought, and what is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Imported {
    /// The organisation.
    pub organisation: OrganisationId,
    /// How many rows came.
    pub rows: u64,
    /// How many entries of its history came.
    pub entries: u64,
    /// How many devices open nothing until they are rotated.
    pub devices: u64,
    /// How many invitations waited for an answer and are revoked now: invite again.
    pub invitations: u64,
}

impl Directory {
    /// Takes over an organisation that [`Directory::export`] wrote, with its people: all of it, in one commit, or
    /// nothing. The host alone may.
    ///
    /// Nothing secret comes along. People have no password until they reset it, and no session of theirs goes on; devices
    /// are there, active, and open nothing until [`RotateDevice`](crate::device::RotateDevice)
    /// ([`DeviceSecret::Missing`](crate::device::DeviceSecret::Missing); among what reaches a mailbox they are
    /// blocked by `password_missing`); pending invitations arrive revoked, and domains are offered to nobody. Verified domains arrive verified: check that
    /// they are theirs. With history, the organisation's own comes as it was, so that its past can be asked about;
    /// of people only the host's export tells more than that they were there. Those who had left are known by id.
    ///
    /// Nothing is believed: whatever dangles, stands there twice, is unknown, written otherwise than this library writes
    /// it, could not have come about by its commands, or looks like a secret is refused with the line and the place.
    ///
    /// Costs memory for all of it, three to seven times the size of the file, and a look-up for each of its names. An
    /// organisation of 50,000 mailboxes with as many people takes some 760 MB.
    ///
    /// # Errors
    /// `access.denied`; `import.invalid` with `details.line`, `details.place` and `details.reason`; `import.newer`;
    /// `import.taken` with `details.kind` (`id`, `login`, `domain`) and `details.name`; `import.unreadable`;
    /// `store.busy`. There is an example at [`Directory::export`].
    pub fn import(&self, actor: &Actor, input: impl BufRead) -> Result<Imported, Error> {
        self.require_live()?;
        system_only(actor)?;
        let now = self.host().now();
        let file = lines::read(input)?;
        if file.header.at > now.plus(AHEAD) {
            return Err(lines::invalid(1, "export.at", "time", "the export was made in the future"));
        }
        check::check(&file)?;
        let told = past::check(&file)?;
        let plan = plan::plan(file, told, &By::from(actor), now, self.host().change_id()?)?;
        self.settle(&plan)?;
        Ok(plan.imported)
    }

    /// Commits unless something is taken.
    fn settle(&self, plan: &Plan) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            self.refuse_taken(plan)?;
            match self.store().commit(&plan.change) {
                Ok(()) => {
                    self.view_catches_up();
                    return Ok(());
                }
                // Somebody took a name meanwhile: look again which.
                Err(StoreError::Conflict | StoreError::Claimed(_)) => {}
                // The reply may have been lost after all was written.
                Err(_) if self.was_committed(plan.change.id) => {
                    self.view_catches_up();
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::new(Code::StoreBusy, "others keep changing the same things: try again"))
    }

    fn refuse_taken(&self, plan: &Plan) -> Result<(), Error> {
        let mut taken = None;
        self.store().read(&mut |txn| {
            taken = first_taken(txn, plan)?;
            Ok(())
        })?;
        match taken {
            Some(name) => {
                let (kind, name) = plan::named(&name);
                Err(Error::new(Code::ImportTaken, format!("`{name}` is here already"))
                    .with("kind", kind)
                    .with("name", name))
            }
            None => Ok(()),
        }
    }
}

fn first_taken(txn: &mut dyn ReadTxn, plan: &Plan) -> Result<Option<String>, StoreError> {
    for some in plan.keys().chunks(CHUNK) {
        let found = txn.rows(some)?;
        if let Some((key, _)) = some.iter().zip(found).find(|(_, row)| row.is_some()) {
            return Ok(Some(key.to_string()));
        }
    }
    for some in plan.streams().chunks(CHUNK) {
        let found = txn.heads(some)?;
        if let Some((stream, _)) = some.iter().zip(found).find(|(_, head)| head.is_some()) {
            return Ok(Some(stream.to_string()));
        }
    }
    for some in plan.claims().chunks(CHUNK) {
        let found = txn.claimed(some)?;
        if let Some((claim, _)) = some.iter().zip(found).find(|(_, row)| row.is_some()) {
            return Ok(Some(claim.to_string()));
        }
    }
    Ok(None)
}
