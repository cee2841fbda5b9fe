//! Leaving and being removed: everything that hung on the membership goes in one commit, and the report says what.

use serde::{Deserialize, Serialize};

use super::commands::member;
use super::{MembershipEvent, MembershipState, Role};
use crate::access::{no_organisation, organisation_suspended, owner_remains};
use crate::address::Address;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::device::DeviceEvent;
use crate::entity::Entity;
use crate::error::Error;
use crate::event::Event;
use crate::grant::{GrantEvent, Rights};
use crate::id::{DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::invitation::InvitationEvent;
use crate::names::term;
use crate::organisation::lifted;
use crate::reader::Reader;

/// A grant that went.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GrantGone {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// What it gave besides reading.
    pub rights: Rights,
}

/// A device that went, or lives on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NamedDevice {
    /// The device.
    pub device: DeviceId,
    /// What people call it.
    pub label: String,
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
}

/// The answer of [`RemoveMember`] and [`Leave`]: what went, and what they may still know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemberRemoved {
    /// From which organisation.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// Their grants, which are revoked.
    pub grants: Vec<GrantGone>,
    /// The devices they held, which are revoked.
    pub devices: Vec<NamedDevice>,
    /// The invitations they sent, which are revoked.
    pub invitations: Vec<InvitationId>,
    /// Devices that live on although a password of theirs was shown to this person: rotate them.
    pub still_known: Vec<NamedDevice>,
}

/// Everything that ends with a membership.
pub(crate) struct Ending {
    pub(crate) events: Vec<Event>,
    pub(crate) report: MemberRemoved,
}

/// What ends with a user's membership, besides the membership itself.
pub(crate) fn end_membership(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    user: UserId,
) -> Result<Ending, Error> {
    let grants = read.grants_of_user(organisation, user)?;
    let held = read.devices_held(organisation, user)?;
    let known = read.devices_known_to(organisation, user)?;
    let mailboxes = grants
        .iter()
        .map(|grant| grant.mailbox)
        .chain(held.iter().chain(&known).map(|device| device.mailbox));
    read.mailboxes(mailboxes)?;

    let mut events = Vec::new();
    let mut report = MemberRemoved {
        organisation,
        user,
        grants: Vec::new(),
        devices: Vec::new(),
        invitations: Vec::new(),
        still_known: Vec::new(),
    };
    for grant in grants {
        events.push(Event::Grant(organisation, grant.mailbox, user, GrantEvent::Revoked));
        if let Some(mailbox) = read.mailbox(grant.mailbox)? {
            let address = mailbox.address.clone();
            report.grants.push(GrantGone { mailbox: mailbox.id, address, rights: grant.rights });
        }
    }
    for device in &held {
        events.push(Event::Device(organisation, device.mailbox, device.id, DeviceEvent::Revoked));
        report.devices.extend(read.named(device)?);
    }
    for device in known.iter().filter(|device| device.holder != Some(user)) {
        report.still_known.extend(read.named(device)?);
    }
    for entity in read.all_by_term(&term::sent(organisation, user))? {
        if let Entity::Invitation(invitation) = entity {
            events.push(Event::Invitation(organisation, invitation.id, InvitationEvent::Revoked));
            report.invitations.push(invitation.id);
        }
    }
    Ok(Ending { events, report })
}

/// Removes a member: all their grants in the organisation and all devices they hold there are revoked, and the
/// invitations they sent, in one commit. Owners and admins; an owner, owners, and never the last one.
///
/// Costs a row a grant, a device and an invitation of theirs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveMember {
    /// From which organisation.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
}

impl Command for RemoveMember {
    type Output = MemberRemoved;
    const NAME: &'static str = "remove_member";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<MemberRemoved>, Error> {
        let (standing, membership) = member(read, self.organisation, self.user)?;
        // Otherwise removing and inviting anew would undo what only the host undoes.
        if let MembershipState::Suspended(by) = membership.state {
            lifted(by, read.actor())?;
        }
        if membership.role == Role::Owner {
            owner_remains(read, standing.id(), self.user)?;
        }
        let mut ending = end_membership(read, standing.id(), self.user)?;
        ending.events.push(Event::Membership(standing.id(), self.user, MembershipEvent::Removed));
        Ok(Decision::new(ending.events, ending.report))
    }
}

/// Leaves an organisation, with the same consequences as being removed. Oneself, also while suspended there; the
/// last owner cannot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Which organisation.
    pub organisation: OrganisationId,
}

impl Command for Leave {
    type Output = MemberRemoved;
    const NAME: &'static str = "leave";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<MemberRemoved>, Error> {
        let user = read.actor().user().ok_or_else(no_organisation)?;
        let user = read.acting_user(user)?.id;
        let membership = read.membership(self.organisation, user)?.ok_or_else(no_organisation)?;
        let organisation = read.organisation(self.organisation)?.ok_or_else(no_organisation)?;
        if !organisation.is_active() {
            return Err(organisation_suspended());
        }
        if membership.role == Role::Owner {
            owner_remains(read, organisation.id, user)?;
        }
        let mut ending = end_membership(read, organisation.id, user)?;
        ending.events.push(Event::Membership(organisation.id, user, MembershipEvent::Left));
        Ok(Decision::new(ending.events, ending.report))
    }
}
