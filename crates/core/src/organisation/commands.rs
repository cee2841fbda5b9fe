//! Founding, renaming, suspending and deleting an organisation, and its policy.

use serde::{Deserialize, Serialize};

use super::{Organisation, OrganisationEvent, OrganisationState, Policy};
use crate::access::{Power, Purpose, denied, no_user};
use crate::actor::{Actor, Authority};
use crate::address::DomainName;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::dependants::{self, OnDependants};
use crate::domain::DomainEvent;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::Right;
use crate::id::{OrganisationId, UserId};
use crate::membership::{MembershipEvent, Role, Services};
use crate::reader::Reader;
use crate::text;
use crate::user::UserEvent;

/// Founds an organisation. Any active user may, and becomes its owner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundOrganisation {
    /// What it is called.
    pub name: String,
    /// Its first owner, where the host founds it; nobody else names one.
    #[serde(default)]
    pub owner: Option<UserId>,
}

/// The answer of [`FoundOrganisation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Founded {
    /// The new organisation.
    pub organisation: OrganisationId,
    /// Its first owner.
    pub owner: UserId,
}

impl Command for FoundOrganisation {
    type Output = Founded;
    const NAME: &'static str = "found_organisation";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Founded>, Error> {
        let owner = match (read.actor(), self.owner) {
            (Actor::User(user), None) => *user,
            (Actor::User(user), Some(owner)) if *user == owner => owner,
            (Actor::System(_), Some(owner)) => owner,
            (Actor::System(_), None) => return Err(no_user()),
            _ => return Err(denied("only the host program founds organisations for others", "system")),
        };
        let owner = read.acting_user(owner)?.id;
        let organisation = draw.organisation_id()?;
        let name = text::name("name", &self.name)?;
        let added = MembershipEvent::Added { role: Role::Owner, services: Services::new(), giver: None };
        let events = vec![
            Event::Organisation(organisation, OrganisationEvent::Founded { name }),
            Event::Membership(organisation, owner, added),
            Event::User(owner, UserEvent::Joined { organisation }),
        ];
        Ok(Decision::new(events, Founded { organisation, owner }))
    }
}

/// Changes what an organisation is called. Owners and admins.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameOrganisation {
    /// Which.
    pub organisation: OrganisationId,
    /// The new name.
    pub name: String,
}

impl Command for RenameOrganisation {
    type Output = ();
    const NAME: &'static str = "rename_organisation";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::Administer)?;
        let name = text::name("name", &self.name)?;
        Ok(only(standing.id(), OrganisationEvent::Renamed { name }))
    }
}

/// Sets an organisation's policy, whole. An owner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// Which.
    pub organisation: OrganisationId,
    /// The new policy.
    pub policy: Policy,
    /// What to do where another separator would stop mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

impl Command for SetPolicy {
    type Output = ();
    const NAME: &'static str = "set_policy";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::Own)?;
        self.policy.check()?;
        let mut policy = self.policy.clone();
        policy.mailbox_rights = policy.mailbox_rights.without(Right::Read);
        let separator_moves = standing.organisation.policy.separator != policy.separator;
        let events = vec![Event::Organisation(standing.id(), OrganisationEvent::PolicySet { policy })];
        if separator_moves {
            let dependants = dependants::at_organisation(read, standing.id())?;
            dependants::check(read, &standing, &dependants, &events, self.on_dependants, Power::Own)?;
        }
        Ok(Decision::new(events, ()))
    }
}

/// Suspends an organisation: nobody gets in and mail waits. An owner; or the host, and then the host alone
/// resumes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendOrganisation {
    /// Which.
    pub organisation: OrganisationId,
}

impl Command for SuspendOrganisation {
    type Output = ();
    const NAME: &'static str = "suspend_organisation";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing_in_any_state(self.organisation)?;
        standing.require(Power::Own)?;
        let by = Authority::of(read.actor());
        match (standing.organisation.state, by) {
            (OrganisationState::Active, _)
            | (OrganisationState::Suspended(Authority::Member), Authority::System) => {
                Ok(only(standing.id(), OrganisationEvent::Suspended { by }))
            }
            _ => Err(state_refused(&standing.organisation)),
        }
    }
}

/// Resumes a suspended organisation. An owner, unless the host suspended it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeOrganisation {
    /// Which.
    pub organisation: OrganisationId,
}

impl Command for ResumeOrganisation {
    type Output = ();
    const NAME: &'static str = "resume_organisation";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let standing = read.standing_in_any_state(self.organisation)?;
        standing.require(Power::Own)?;
        match standing.organisation.state {
            OrganisationState::Suspended(by) => lifted(by, read.actor())?,
            _ => return Err(state_refused(&standing.organisation)),
        }
        Ok(only(standing.id(), OrganisationEvent::Resumed))
    }
}

/// Deletes an organisation for good: all access in it ends at once and its domains are free; `Sweep` clears
/// away what was in it. An owner, unless the host suspended it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteOrganisation {
    /// Which.
    pub organisation: OrganisationId,
    /// What to do where that would stop mail that people sign in by.
    #[serde(default)]
    pub on_dependants: OnDependants,
}

/// The answer of [`DeleteOrganisation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrganisationDeleted {
    /// The domains that are free now.
    pub domains: Vec<DomainName>,
}

impl Command for DeleteOrganisation {
    type Output = OrganisationDeleted;
    const NAME: &'static str = "delete_organisation";
    const UNBOUNDED: bool = true;
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<OrganisationDeleted>, Error> {
        let standing = read.standing_in_any_state(self.organisation)?;
        standing.require(Power::Own)?;
        if let OrganisationState::Suspended(by) = standing.organisation.state {
            lifted(by, read.actor())?;
        }
        let id = standing.id();
        let domains: Vec<DomainName> =
            read.domains_of(id)?.iter().map(|domain| domain.name.clone()).collect();
        let mut events: Vec<Event> =
            domains.iter().map(|name| Event::Domain(id, name.clone(), DomainEvent::Removed)).collect();
        events.push(Event::Organisation(id, OrganisationEvent::Deleted));
        let dependants = dependants::at_organisation(read, id)?;
        dependants::check(read, &standing, &dependants, &events, self.on_dependants, Power::Own)?;
        Ok(Decision::new(events, OrganisationDeleted { domains }))
    }
}

fn only(organisation: OrganisationId, event: OrganisationEvent) -> Decision<()> {
    Decision::new(vec![Event::Organisation(organisation, event)], ())
}

fn state_refused(organisation: &Organisation) -> Error {
    let state = match organisation.state {
        OrganisationState::Active => "active",
        OrganisationState::Suspended(_) => "suspended",
        OrganisationState::Deleted => "deleted",
    };
    Error::new(Code::OrganisationState, format!("the organisation is {state}")).with("state", state)
}

/// Refuses to lift what the host imposed: `access.denied`.
pub(crate) fn lifted(by: Authority, actor: &Actor) -> Result<(), Error> {
    if by.lifted_by(actor) {
        Ok(())
    } else {
        Err(denied("the host program did this, and only it undoes it", "system"))
    }
}
