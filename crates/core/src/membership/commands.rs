//! Adding members, changing their role and services, suspending and resuming them, handing over ownership.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Membership, MembershipEvent, MembershipState, Role, Services, check_services};
use crate::access::{Power, Purpose, Standing, denied, no_member, no_user, owner_remains};
use crate::actor::Authority;
use crate::command::{Command, Decision, Draw, nothing_to_prepare, system_only};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{OrganisationId, UserId};
use crate::organisation::lifted;
use crate::reader::Reader;
use crate::user::UserEvent;

/// Makes a user a member without an invitation. The host alone may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// With which services; none for an External.
    #[serde(default)]
    pub services: Services,
}

impl Command for AddMember {
    type Output = ();
    const NAME: &'static str = "add_member";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        system_only(read.actor())?;
        let standing = read.standing(self.organisation, Purpose::Change)?;
        let user = read.user(self.user)?.ok_or_else(no_user)?;
        if read.membership(standing.id(), user.id)?.is_some() {
            return Err(Error::new(Code::MemberExists, "the user is a member already"));
        }
        check_services(self.role, &self.services)?;
        let event = MembershipEvent::Added { role: self.role, services: self.services.clone(), giver: None };
        let joined = UserEvent::Joined { organisation: standing.id() };
        let events = vec![Event::Membership(standing.id(), user.id, event), Event::User(user.id, joined)];
        Ok(Decision::new(events, ()))
    }
}

/// Changes a member's role; an External loses their services. Owners and admins; what is about an owner, owners.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRole {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// As what from now on.
    pub role: Role,
}

impl Command for SetRole {
    type Output = ();
    const NAME: &'static str = "set_role";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (standing, membership) = member(read, self.organisation, self.user)?;
        if self.role == Role::Owner {
            standing.require(Power::Own)?;
        }
        if membership.role == self.role {
            return Ok(Decision::nothing(()));
        }
        if membership.role == Role::Owner {
            owner_remains(read, standing.id(), self.user)?;
        }
        Ok(only(&membership, MembershipEvent::RoleSet { role: self.role }))
    }
}

/// Sets a member's service rights, whole. Owners and admins; an owner's, owners.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetServices {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// The new service rights.
    pub services: Services,
}

impl Command for SetServices {
    type Output = ();
    const NAME: &'static str = "set_services";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (_, membership) = member(read, self.organisation, self.user)?;
        check_services(membership.role, &self.services)?;
        Ok(only(&membership, MembershipEvent::ServicesSet { services: self.services.clone() }))
    }
}

/// Suspends a membership: it gives nothing, and the devices that the member holds stop with it. Owners and
/// admins; an owner's, owners, and never the last one's. What the host suspended only the host resumes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendMember {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
}

impl Command for SuspendMember {
    type Output = ();
    const NAME: &'static str = "suspend_member";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (standing, membership) = member(read, self.organisation, self.user)?;
        let by = Authority::of(read.actor());
        match (membership.state, by) {
            (MembershipState::Active, _)
            | (MembershipState::Suspended(Authority::Member), Authority::System) => {}
            _ => return Err(state_refused("suspended")),
        }
        if membership.role == Role::Owner {
            owner_remains(read, standing.id(), self.user)?;
        }
        Ok(only(&membership, MembershipEvent::Suspended { by }))
    }
}

/// Resumes a suspended membership, with everything it gave. Owners and admins; an owner's, owners.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeMember {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
}

impl Command for ResumeMember {
    type Output = ();
    const NAME: &'static str = "resume_member";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (_, membership) = member(read, self.organisation, self.user)?;
        match membership.state {
            MembershipState::Suspended(by) => lifted(by, read.actor())?,
            MembershipState::Active => return Err(state_refused("active")),
        }
        Ok(only(&membership, MembershipEvent::Resumed))
    }
}

/// Makes an active member owner and the sender admin, in one commit. An owner, for themselves; the host, for
/// whomever it names.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferOwnership {
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// To whom.
    pub to: UserId,
    /// From whom, where the host does it; an owner does it for themselves alone.
    #[serde(default)]
    pub from: Option<UserId>,
}

impl Command for TransferOwnership {
    type Output = ();
    const NAME: &'static str = "transfer_ownership";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::Own)?;
        let from = match (standing.user(), self.from) {
            (Some(own), None) => own,
            (Some(own), Some(from)) if own == from => own,
            (Some(_), Some(_)) => return Err(denied("an owner hands over their own place alone", "system")),
            (None, from) => from.ok_or_else(no_member)?,
        };
        let sender = read.membership(standing.id(), from)?.filter(|sender| sender.role == Role::Owner);
        let sender = sender.ok_or_else(no_member)?;
        let heir = read.membership(standing.id(), self.to)?.ok_or_else(no_member)?;
        let active = heir.is_active() && read.user(self.to)?.is_some_and(|user| user.is_active());
        if !active {
            return Err(state_refused("suspended"));
        }
        if heir.user == sender.user {
            return Err(
                Error::new(Code::MemberState, "nobody hands over to themselves").with("state", "owner")
            );
        }
        let mut events = Vec::new();
        if heir.role != Role::Owner {
            events.push(Event::Membership(
                standing.id(),
                heir.user,
                MembershipEvent::RoleSet { role: Role::Owner },
            ));
        }
        events.push(Event::Membership(
            standing.id(),
            sender.user,
            MembershipEvent::RoleSet { role: Role::Admin },
        ));
        Ok(Decision::new(events, ()))
    }
}

/// A member that the actor may change: what is about an owner, owners alone.
pub(super) fn member(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    user: UserId,
) -> Result<(Standing, Arc<Membership>), Error> {
    let standing = read.standing(organisation, Purpose::Change)?;
    standing.require(Power::Administer)?;
    let membership = read.membership(standing.id(), user)?.ok_or_else(no_member)?;
    if membership.role == Role::Owner {
        standing.require(Power::Own)?;
    }
    Ok((standing, membership))
}

fn only(membership: &Membership, event: MembershipEvent) -> Decision<()> {
    Decision::new(vec![Event::Membership(membership.organisation, membership.user, event)], ())
}

fn state_refused(state: &str) -> Error {
    Error::new(Code::MemberState, format!("the membership is {state}")).with("state", state)
}
