//! Opening, renaming, suspending, closing and reopening a mailbox, and holding its sending.

use serde::{Deserialize, Serialize};

use super::{Mailbox, MailboxEvent, MailboxState, Sending};
use crate::access::{AtMailbox, Power, Purpose};
use crate::actor::Authority;
use crate::address::Address;
use crate::alias::{AliasEvent, AliasSending};
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::dependants::{self, OnDependants};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{MailboxId, OrganisationId};
use crate::membership::NamedDevice;
use crate::organisation::lifted;
use crate::reader::Reader;
use crate::text;
use crate::vacancy::{self, Reclaim};
use crate::words::words;

/// Opens a mailbox. It has no password, and nobody can read it until it is granted to them. The managers.
///
/// # Errors
/// `domain.not_found`, `domain.unverified`, `domain.alias`, `address.taken`, `address.quarantined`,
/// `address.look_alike`, `address.reserved`, `access.denied`, `organisation.not_found`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenMailbox {
    /// Where.
    pub organisation: OrganisationId,
    /// Its address, in a verified domain of the organisation.
    pub address: Address,
    /// What people read beside the address.
    #[serde(default)]
    pub name: Option<String>,
    /// What to do where the address is in quarantine.
    #[serde(default)]
    pub reclaim: Reclaim,
    /// What to do where that would divert mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl OpenMailbox {
    /// A mailbox without a name.
    pub fn new(organisation: OrganisationId, address: Address) -> Self {
        Self { organisation, address, name: None, reclaim: Reclaim::No, on_dependants: OnDependants::Refuse }
    }

    /// What people read beside the address.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What to do where that would divert mail that people sign in by.
    #[must_use]
    pub fn on_dependants(mut self, choice: OnDependants) -> Self {
        self.on_dependants = choice;
        self
    }

    /// What to do where the address is in quarantine.
    #[must_use]
    pub fn reclaim(mut self, reclaim: Reclaim) -> Self {
        self.reclaim = reclaim;
        self
    }
}

impl Command for OpenMailbox {
    type Output = MailboxId;
    const NAME: &'static str = "open_mailbox";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<MailboxId>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::ManageMail)?;
        let mailbox = draw.mailbox_id()?;
        let name = text::optional("name", self.name.as_deref())?;
        let reused = vacancy::take(read, &standing, &self.address, self.reclaim)?;
        let opened = MailboxEvent::Opened { address: self.address.clone(), name };
        let mut events: Vec<Event> = reused.into_iter().collect();
        events.push(Event::Mailbox(standing.id(), mailbox, opened));
        let dependants = dependants::at_address(read, standing.id(), &self.address)?;
        dependants::check(read, &standing, &dependants, &events, self.on_dependants, Power::ManageMail)?;
        Ok(Decision::new(events, mailbox))
    }
}

words! {
    /// What becomes of the address that a mailbox had.
    pub enum FormerAddress {
        /// It leads to the mailbox as an alias.
        Alias = "alias",
        /// It goes into quarantine, and mail to it is refused.
        Free = "free",
    }
}

/// Gives a mailbox another address; who has it keeps it. Devices must be told the new address. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// The new address, in a verified domain of the organisation.
    pub address: Address,
    /// What becomes of the former one.
    pub former: FormerAddress,
    /// What to do where the new address is in quarantine.
    #[serde(default)]
    pub reclaim: Reclaim,
    /// What to do where that would stop mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

/// The answer of [`RenameMailbox`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MailboxRenamed {
    /// The address that it had.
    pub former: Address,
    /// The devices to reconfigure: they log in with the mailbox's own address.
    pub devices: Vec<NamedDevice>,
}

impl Command for RenameMailbox {
    type Output = MailboxRenamed;
    const NAME: &'static str = "rename_mailbox";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<MailboxRenamed>, Error> {
        let at = managed(read, self.mailbox)?;
        let (id, former) = (at.mailbox.id, at.mailbox.address.clone());
        let renamed =
            Event::Mailbox(at.organisation(), id, MailboxEvent::Renamed { address: self.address.clone() });
        if former == self.address {
            // Written otherwise, and still the same.
            return Ok(Decision::new(vec![renamed], MailboxRenamed { former, devices: Vec::new() }));
        }
        let mut events: Vec<Event> = match read.alias(id, &self.address)? {
            // Its own alias becomes its address.
            Some(alias) => {
                vec![Event::Alias(at.organisation(), id, alias.address.clone(), AliasEvent::Removed)]
            }
            None => vacancy::take(read, &at.standing, &self.address, self.reclaim)?.into_iter().collect(),
        };
        events.push(renamed);
        match self.former {
            FormerAddress::Alias => {
                let added = AliasEvent::Added { sending: AliasSending::Allowed };
                events.push(Event::Alias(at.organisation(), id, former.clone(), added));
            }
            FormerAddress::Free => events.extend(vacancy::free(&at.standing, &former)),
        }
        let mut dependants = dependants::at_address(read, at.organisation(), &former)?;
        dependants.extend(dependants::at_address(read, at.organisation(), &self.address)?);
        dependants::check(read, &at.standing, &dependants, &events, self.on_dependants, Power::ManageMail)?;
        let mut devices = Vec::new();
        for device in read.devices_of_mailbox(id)? {
            devices.extend(read.named(&device)?);
        }
        Ok(Decision::new(events, MailboxRenamed { former, devices }))
    }
}

/// Changes what people read beside a mailbox's address. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMailboxName {
    /// Which.
    pub mailbox: MailboxId,
    /// The new name; `None` for none.
    pub name: Option<String>,
}

impl Command for SetMailboxName {
    type Output = ();
    const NAME: &'static str = "set_mailbox_name";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        let name = text::optional("name", self.name.as_deref())?;
        Ok(only(&at, MailboxEvent::NameSet { name }))
    }
}

/// Suspends a mailbox: mail is accepted, nobody gets in, nothing is sent. The managers; what the host suspended
/// only the host resumes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// What to do where somebody signs in by mail to it.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for SuspendMailbox {
    type Output = ();
    const NAME: &'static str = "suspend_mailbox";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        let by = Authority::of(read.actor());
        match (at.mailbox.state, by) {
            (MailboxState::Open, _) | (MailboxState::Suspended(Authority::Member), Authority::System) => {}
            _ => return Err(state_refused(&at.mailbox)),
        }
        cut_off(read, &at, MailboxEvent::Suspended { by }, self.on_dependants)
    }
}

/// Resumes a suspended mailbox. The managers, unless the host suspended it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeMailbox {
    /// Which.
    pub mailbox: MailboxId,
}

impl Command for ResumeMailbox {
    type Output = ();
    const NAME: &'static str = "resume_mailbox";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        match at.mailbox.state {
            MailboxState::Suspended(by) => lifted(by, read.actor())?,
            _ => return Err(state_refused(&at.mailbox)),
        }
        Ok(only(&at, MailboxEvent::Resumed))
    }
}

/// Closes a mailbox: nobody gets in and mail is refused; everything comes back on reopening. The managers,
/// unless the host suspended it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// What to do where somebody signs in by mail to it.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for CloseMailbox {
    type Output = ();
    const NAME: &'static str = "close_mailbox";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        let by = Authority::of(read.actor());
        match (at.mailbox.state, by) {
            (MailboxState::Open, _) | (MailboxState::Closed(Authority::Member), Authority::System) => {}
            (MailboxState::Suspended(suspended), _) => lifted(suspended, read.actor())?,
            _ => return Err(state_refused(&at.mailbox)),
        }
        cut_off(read, &at, MailboxEvent::Closed { by }, self.on_dependants)
    }
}

/// Reopens a closed mailbox, with everything that was there. The managers, unless the host closed it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReopenMailbox {
    /// Which.
    pub mailbox: MailboxId,
}

impl Command for ReopenMailbox {
    type Output = ();
    const NAME: &'static str = "reopen_mailbox";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        match at.mailbox.state {
            MailboxState::Closed(by) => lifted(by, read.actor())?,
            _ => return Err(state_refused(&at.mailbox)),
        }
        Ok(only(&at, MailboxEvent::Reopened))
    }
}

/// Holds the sending of a mailbox: nothing is sent from it, whoever asks; reading goes on. The managers; what the
/// host held only the host releases.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldSending {
    /// Of which mailbox.
    pub mailbox: MailboxId,
}

impl Command for HoldSending {
    type Output = ();
    const NAME: &'static str = "hold_sending";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        let by = Authority::of(read.actor());
        match (at.mailbox.sending, by) {
            (Sending::Allowed, _) | (Sending::Held(Authority::Member), Authority::System) => {
                Ok(only(&at, MailboxEvent::SendingHeld { by }))
            }
            (Sending::Held(_), _) => Err(sending_refused("held")),
        }
    }
}

/// Releases the sending of a mailbox. The managers, unless the host held it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSending {
    /// Of which mailbox.
    pub mailbox: MailboxId,
}

impl Command for ReleaseSending {
    type Output = ();
    const NAME: &'static str = "release_sending";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = managed(read, self.mailbox)?;
        match at.mailbox.sending {
            Sending::Held(by) => lifted(by, read.actor())?,
            Sending::Allowed => return Err(sending_refused("allowed")),
        }
        Ok(only(&at, MailboxEvent::SendingReleased))
    }
}

/// A mailbox that the actor manages.
pub(super) fn managed(read: &mut Reader<'_>, mailbox: MailboxId) -> Result<AtMailbox, Error> {
    let at = read.at_mailbox(mailbox, Purpose::Change)?;
    at.require_manager()?;
    Ok(at)
}

/// Decides an event about a mailbox unless people's mail to any of its addresses hangs on it.
fn cut_off(
    read: &mut Reader<'_>,
    at: &AtMailbox,
    event: MailboxEvent,
    choice: OnDependants,
) -> Result<Decision<()>, Error> {
    let events = vec![Event::Mailbox(at.organisation(), at.mailbox.id, event)];
    let dependants = dependants::at_mailbox(read, &at.mailbox)?;
    dependants::check(read, &at.standing, &dependants, &events, choice, Power::ManageMail)?;
    Ok(Decision::new(events, ()))
}

fn only(at: &AtMailbox, event: MailboxEvent) -> Decision<()> {
    Decision::new(vec![Event::Mailbox(at.organisation(), at.mailbox.id, event)], ())
}

fn state_refused(mailbox: &Mailbox) -> Error {
    let state = match mailbox.state {
        MailboxState::Open => "open",
        MailboxState::Suspended(_) => "suspended",
        MailboxState::Closed(_) => "closed",
        MailboxState::Deleted => "deleted",
    };
    Error::new(Code::MailboxState, format!("the mailbox is {state}")).with("state", state)
}

fn sending_refused(state: &str) -> Error {
    Error::new(Code::MailboxState, format!("sending is {state}")).with("sending", state)
}
