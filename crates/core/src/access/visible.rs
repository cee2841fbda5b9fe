//! Who sees what: devices, people, invitations.

use std::sync::Arc;

use super::{AtMailbox, Power, Purpose, Standing, has_power, no_mailbox, no_user};
use crate::actor::Actor;
use crate::device::Device;
use crate::error::{Code, Error};
use crate::history::Past;
use crate::id::{DeviceId, MailboxId, UserId};
use crate::organisation::Organisation;
use crate::reader::Reader;

/// Whether the asker sees a device's networks, source addresses and last use.
pub(crate) fn sees_all(standing: &Standing, device: &Device) -> bool {
    standing.has(Power::ManageMail) || (device.holder.is_some() && device.holder == standing.user())
}

/// A device as everyone sees it who has its mailbox.
pub(crate) fn discreet(mut device: Device) -> Device {
    device.bounds.networks = None;
    device
}

pub(crate) fn no_device() -> Error {
    Error::new(Code::DeviceNotFound, "there is no such device, or you may not see it")
}

/// A device that the asker may see, and where they stand at its mailbox.
pub(crate) fn visible_device(
    read: &mut Reader<'_>,
    device: DeviceId,
    purpose: Purpose,
) -> Result<(AtMailbox, Device), Error> {
    let device = read.device(device)?.ok_or_else(no_device)?;
    let at = read.at_mailbox(device.mailbox, purpose).map_err(|error| match error.code() {
        code if code == no_mailbox().code() => no_device(),
        _ => error,
    })?;
    let device = Arc::unwrap_or_clone(device);
    Ok(match sees_all(&at.standing, &device) || purpose == Purpose::Change {
        true => (at, device),
        false => (at, discreet(device)),
    })
}

pub(crate) fn no_invitation() -> Error {
    Error::new(Code::InvitationNotFound, "there is no such invitation, or you may not see it")
}

/// Whether the asker is an owner or admin where a user is a member; of a past, whether they may see all of it. For a change, the organisation must work.
pub(crate) fn administers(
    read: &mut Reader<'_>,
    actor: &Actor,
    user: UserId,
    purpose: Purpose,
) -> Result<bool, Error> {
    if let Some(past) = read.past() {
        return Ok(matches!(past, Past::Whole));
    }
    let seen_by = |organisation: &Organisation| purpose == Purpose::Ask || organisation.is_active();
    let Some(asker) = actor.user() else { return Ok(false) };
    read.acting_user(asker)?;
    for membership in read.memberships_of(asker)? {
        if membership.is_active()
            && has_power(&membership, Power::Administer)
            && read.organisation(membership.organisation)?.is_some_and(|organisation| seen_by(&organisation))
            && read.membership(membership.organisation, user)?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses explanations to whom a mailbox does not concern: those who never had it learn nothing of it.
pub(crate) fn concerns(read: &mut Reader<'_>, user: UserId, mailbox: MailboxId) -> Result<(), Error> {
    let actor = read.actor();
    if actor.user() == Some(user) && read.past().is_none() {
        read.acting_user(user)?;
        let organisation = read.mailbox(mailbox)?.ok_or_else(no_mailbox)?.organisation;
        let granted = read.grant(mailbox, user)?.is_some();
        let manages = read
            .membership(organisation, user)?
            .is_some_and(|membership| membership.is_active() && has_power(&membership, Power::ManageMail));
        return if granted || manages { Ok(()) } else { Err(no_mailbox()) };
    }
    if actor.is_system() && read.past().is_none() {
        return Ok(());
    }
    let at = read.at_mailbox(mailbox, Purpose::Ask)?;
    if actor.user() == Some(user) {
        return Ok(());
    }
    at.standing.require(Power::Administer)?;
    let known = read.membership(at.organisation(), user)?.is_some() || read.grant(mailbox, user)?.is_some();
    if known { Ok(()) } else { Err(no_user()) }
}
