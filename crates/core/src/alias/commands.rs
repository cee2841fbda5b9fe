//! Adding and removing aliases, and whether one may send as them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Alias, AliasEvent, AliasSending};
use crate::access::{AtMailbox, Power, Purpose, denied};
use crate::address::Address;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::dependants::{self, OnDependants};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::Right;
use crate::id::MailboxId;
use crate::names::key;
use crate::reader::Reader;
use crate::store::Range;
use crate::time::Timestamp;
use crate::vacancy::{self, Reclaim};

/// Adds an alias. The managers; also a grant with `Aliases`, in the mailbox's own domain and up to as many as the
/// policy lets grants add.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddAlias {
    /// Where it leads.
    pub mailbox: MailboxId,
    /// The address, in a verified domain of the organisation.
    pub address: Address,
    /// Whether one may send as it.
    #[serde(default)]
    pub sending: AliasSending,
    /// What to do where the address is in quarantine.
    #[serde(default)]
    pub reclaim: Reclaim,
    /// What to do where that would divert mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl AddAlias {
    /// An alias that one may send as.
    pub fn new(mailbox: MailboxId, address: Address) -> Self {
        Self {
            mailbox,
            address,
            sending: AliasSending::Allowed,
            reclaim: Reclaim::No,
            on_dependants: OnDependants::Refuse,
        }
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

impl Command for AddAlias {
    type Output = ();
    const NAME: &'static str = "add_alias";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let at = entitled(read, self.mailbox, &self.address)?;
        if !at.manages() {
            refuse_more(read, &at)?;
        }
        let reused = vacancy::take(read, &at.standing, &self.address, self.reclaim)?;
        vacancy::refuse_others_subaddress(read, &at.standing, &self.address, at.mailbox.id)?;
        let added = AliasEvent::Added { sending: self.sending };
        let mut events: Vec<Event> = reused.into_iter().collect();
        events.push(Event::Alias(at.organisation(), at.mailbox.id, self.address.clone(), added));
        let dependants = dependants::at_address(read, at.organisation(), &self.address)?;
        dependants::check(read, &at.standing, &dependants, &events, self.on_dependants, Power::ManageMail)?;
        Ok(Decision::new(events, ()))
    }
}

/// Removes an alias; its address goes into quarantine. Those who may add it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveAlias {
    /// Where it leads.
    pub mailbox: MailboxId,
    /// The address.
    pub address: Address,
    /// What to do where somebody signs in by mail to it.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

/// The answer of [`RemoveAlias`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AliasRemoved {
    /// Until when the address is in quarantine.
    pub quarantined_until: Option<Timestamp>,
}

impl Command for RemoveAlias {
    type Output = AliasRemoved;
    const NAME: &'static str = "remove_alias";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<AliasRemoved>, Error> {
        let (at, alias) = entitled_alias(read, self.mailbox, &self.address)?;
        let freed = vacancy::free(&at.standing, &alias.address);
        let quarantine = at.standing.organisation.policy.quarantine();
        let quarantined_until = freed.is_some().then(|| at.now().plus(quarantine));
        let mut events =
            vec![Event::Alias(at.organisation(), at.mailbox.id, alias.address.clone(), AliasEvent::Removed)];
        events.extend(freed);
        let dependants = dependants::at_address(read, at.organisation(), &alias.address)?;
        dependants::check(read, &at.standing, &dependants, &events, self.on_dependants, Power::ManageMail)?;
        Ok(Decision::new(events, AliasRemoved { quarantined_until }))
    }
}

/// Allows or forbids sending as an alias. Those who may add it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAliasSending {
    /// Where it leads.
    pub mailbox: MailboxId,
    /// The address.
    pub address: Address,
    /// Whether one may send as it.
    pub sending: AliasSending,
}

impl Command for SetAliasSending {
    type Output = ();
    const NAME: &'static str = "set_alias_sending";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (at, alias) = entitled_alias(read, self.mailbox, &self.address)?;
        if alias.sending == self.sending {
            return Ok(Decision::nothing(()));
        }
        let event = AliasEvent::SendingSet { sending: self.sending };
        Ok(Decision::new(
            vec![Event::Alias(at.organisation(), at.mailbox.id, alias.address.clone(), event)],
            (),
        ))
    }
}

/// A mailbox whose alias with this address the actor may add or change.
fn entitled(read: &mut Reader<'_>, mailbox: MailboxId, address: &Address) -> Result<AtMailbox, Error> {
    let at = read.at_mailbox(mailbox, Purpose::Change)?;
    if at.manages() {
        return Ok(at);
    }
    if !at.holds(Right::Aliases) {
        return Err(denied("only the managers and those with `aliases` may do this", "aliases"));
    }
    if address.domain() != at.mailbox.address.domain() {
        return Err(denied("a grant with `aliases` is for the mailbox's own domain", "mail:manage"));
    }
    if address.is_role_account() {
        return Err(vacancy::reserved(address));
    }
    Ok(at)
}

fn entitled_alias(
    read: &mut Reader<'_>,
    mailbox: MailboxId,
    address: &Address,
) -> Result<(AtMailbox, Arc<Alias>), Error> {
    let at = entitled(read, mailbox, address)?;
    let alias = read.alias(mailbox, address)?.ok_or_else(|| {
        Error::new(Code::AliasNotFound, format!("the mailbox has no alias `{address}`"))
            .with("address", address.canonical())
    })?;
    Ok((at, alias))
}

/// `alias.limit`: as many as a grant may add.
fn refuse_more(read: &mut Reader<'_>, at: &AtMailbox) -> Result<(), Error> {
    let most = at.standing.organisation.policy.aliases_by_grant;
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let has = read.by_prefix(&key::aliases(at.mailbox.id), &Range { after: None, limit })?.len();
    if has >= limit {
        return Err(Error::new(
            Code::AliasLimit,
            format!("the mailbox has {most} aliases or more: ask a manager"),
        )
        .with("most", most));
    }
    Ok(())
}
