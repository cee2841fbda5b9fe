//! Deleting a mailbox for good.

use serde::{Deserialize, Serialize};

use super::commands::managed;
use super::{MailboxEvent, MailboxState, Sending};
use crate::access::Power;
use crate::address::{Address, DomainName};
use crate::alias::AliasEvent;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::dependants::{self, OnDependants};
use crate::domain::DomainEvent;
use crate::entity::Entity;
use crate::error::Error;
use crate::event::Event;
use crate::id::{InvitationId, MailboxId, UserId};
use crate::invitation::InvitationEvent;
use crate::membership::NamedDevice;
use crate::names::term;
use crate::organisation::lifted;
use crate::reader::Reader;
use crate::vacancy;

/// Deletes a mailbox for good, and puts its addresses into quarantine. The managers, unless the host suspended,
/// closed or held it.
///
/// All access ends at once with one event; `Sweep` clears away what it hung on. Costs a row for each thing that
/// the answer names.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// What to do where somebody signs in by mail to it.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

/// The answer of [`DeleteMailbox`]: what ended with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MailboxDeleted {
    /// Its address, in quarantine now.
    pub address: Address,
    /// Its aliases, in quarantine now.
    pub aliases: Vec<Address>,
    /// Who had a grant.
    pub grants: Vec<UserId>,
    /// The devices that worked.
    pub devices: Vec<NamedDevice>,
    /// The pending invitations that promised it.
    pub invitations: Vec<InvitationId>,
    /// The domains that have no catch-all any more.
    pub catch_alls: Vec<DomainName>,
}

impl Command for DeleteMailbox {
    type Output = MailboxDeleted;
    const NAME: &'static str = "delete_mailbox";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<MailboxDeleted>, Error> {
        let at = managed(read, self.mailbox)?;
        let (organisation, mailbox) = (at.organisation(), at.mailbox.clone());
        // Otherwise deleting and opening anew would undo what only the host undoes.
        if let MailboxState::Suspended(by) | MailboxState::Closed(by) = mailbox.state {
            lifted(by, read.actor())?;
        }
        if let Sending::Held(by) = mailbox.sending {
            lifted(by, read.actor())?;
        }
        let mut gone = MailboxDeleted {
            address: mailbox.address.clone(),
            aliases: Vec::new(),
            grants: read.grants_of_mailbox(mailbox.id)?.iter().map(|grant| grant.user).collect(),
            devices: Vec::new(),
            invitations: Vec::new(),
            catch_alls: Vec::new(),
        };
        for device in read.devices_of_mailbox(mailbox.id)? {
            gone.devices.extend(read.named(&device)?);
        }
        let mut events = Vec::new();
        for alias in read.aliases_of_mailbox(mailbox.id)? {
            events.push(Event::Alias(organisation, mailbox.id, alias.address.clone(), AliasEvent::Removed));
            events.extend(vacancy::free(&at.standing, &alias.address));
            gone.aliases.push(alias.address.clone());
        }
        for entity in read.all_by_term(&term::catch_alls(mailbox.id))? {
            if let Entity::Domain(domain) = entity {
                let none = DomainEvent::CatchAllSet { mailbox: None };
                events.push(Event::Domain(organisation, domain.name.clone(), none));
                gone.catch_alls.push(domain.name.clone());
            }
        }
        for entity in read.all_by_term(&term::promises(mailbox.id))? {
            if let Entity::Invitation(invitation) = entity {
                let ended = InvitationEvent::PromiseEnded { mailbox: mailbox.id };
                events.push(Event::Invitation(organisation, invitation.id, ended));
                gone.invitations.push(invitation.id);
            }
        }
        events.push(Event::Mailbox(organisation, mailbox.id, MailboxEvent::Deleted));
        events.extend(vacancy::free(&at.standing, &mailbox.address));
        let dependants = dependants::at_mailbox(read, &mailbox)?;
        dependants::check(read, &at.standing, &dependants, &events, self.on_dependants, Power::ManageMail)?;
        Ok(Decision::new(events, gone))
    }
}
