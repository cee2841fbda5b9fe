//! A user's place in an organisation: role and service rights.

mod commands;
mod removal;

pub use commands::{AddMember, ResumeMember, SetRole, SetServices, SuspendMember, TransferOwnership};
pub(crate) use removal::end_membership;
pub use removal::{GrantGone, Leave, MemberRemoved, NamedDevice, RemoveMember};

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::actor::{Authority, By};
use crate::entity::{existing, nothing};
use crate::error::{Code, Corrupt, Error};
use crate::event::{Stamp, events};
use crate::id::{OrganisationId, UserId};
use crate::names::term;
use crate::store::Term;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What a member is in an organisation.
    pub enum Role {
        /// Someone outside: only the mailboxes granted to them, no service rights.
        External = "external",
        /// The services they were given.
        Collaborator = "collaborator",
        /// Everything but owners and the organisation's end.
        Admin = "admin",
        /// Everything; only an owner makes another.
        Owner = "owner",
    }
}

words! {
    /// How far a service right goes.
    pub enum Level {
        /// Uses the service.
        Use = "use",
        /// Runs it.
        Manage = "manage",
    }
}

/// A service of the host. The library acts on `Mail` and `Domains` at `Manage`; it carries the others.
///
/// Its text is `mail`, `sites`, `domains`, `billing`, or `other:name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Mailboxes and aliases.
    Mail,
    /// Web sites.
    Sites,
    /// Domains.
    Domains,
    /// Invoices.
    Billing,
    /// Whatever else the host offers.
    Other(String),
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail => f.write_str("mail"),
            Self::Sites => f.write_str("sites"),
            Self::Domains => f.write_str("domains"),
            Self::Billing => f.write_str("billing"),
            Self::Other(name) => write!(f, "other:{name}"),
        }
    }
}

impl FromStr for Service {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "mail" => Ok(Self::Mail),
            "sites" => Ok(Self::Sites),
            "domains" => Ok(Self::Domains),
            "billing" => Ok(Self::Billing),
            _ => match text.strip_prefix("other:") {
                Some(name) => crate::text::name("service", name).map(Self::Other),
                None => {
                    let shown: String = text.chars().take(80).collect();
                    let message = format!("`{shown}` is none of mail, sites, domains, billing, other:NAME");
                    Err(Error::new(Code::ValueInvalid, message))
                }
            },
        }
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Service rights: each service at most once, at a level.
pub type Services = BTreeMap<Service, Level>;

/// The most services a member has.
const MOST_SERVICES: usize = 50;

/// Refuses service rights for Externals (`member.external`), and more than 50.
pub(crate) fn check_services(role: Role, services: &Services) -> Result<(), Error> {
    if role == Role::External && !services.is_empty() {
        return Err(Error::new(
            Code::MemberExternal,
            "externals have no service rights: choose another role",
        ));
    }
    if services.len() > MOST_SERVICES {
        return Err(Error::new(Code::ValueInvalid, "a member has at most 50 service rights")
            .with("most", MOST_SERVICES));
    }
    for service in services.keys() {
        if let Service::Other(name) = service
            && crate::text::name("service", name)? != *name
        {
            return Err(Error::new(Code::TextInvalid, "the service begins or ends with white space")
                .with("field", "service"));
        }
    }
    Ok(())
}

/// Whether `services` has `service` at `level` or above.
pub(crate) fn has_service(services: &Services, service: &Service, level: Level) -> bool {
    services.get(service).is_some_and(|has| *has >= level)
}

/// Whether a membership counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MembershipState {
    /// It counts.
    Active,
    /// It stands and gives nothing; the member's devices stop with it.
    Suspended(Authority),
}

/// A user's place in an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Membership {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// With which services.
    pub services: Services,
    /// Whether it counts.
    pub state: MembershipState,
    /// Since when.
    pub since: Timestamp,
    /// Who made it.
    pub added_by: By,
}

events! {
    /// What happens to a membership.
    pub enum MembershipEvent {
        /// They belong to it now.
        Added = "member.added" {
            /// As what.
            role: Role,
            /// With which services.
            services: Services,
            /// Who vouches for them, where that is not who acted: the sender of an invitation.
            giver: Option<By>,
        },
        /// Their role is another.
        RoleSet = "member.role_set" {
            /// The new role.
            role: Role,
        },
        /// Their service rights are others.
        ServicesSet = "member.services_set" {
            /// The new ones, whole.
            services: Services,
        },
        /// It gives nothing for now.
        Suspended = "member.suspended" {
            /// Who alone may lift it.
            by: Authority,
        },
        /// It counts again.
        Resumed = "member.resumed",
        /// They left.
        Left = "member.left",
        /// They were removed.
        Removed = "member.removed",
    }
}

impl Membership {
    /// Whether it counts.
    pub fn is_active(&self) -> bool {
        self.state == MembershipState::Active
    }

    pub(crate) fn apply(
        state: Option<Self>,
        organisation: OrganisationId,
        user: UserId,
        event: &MembershipEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let MembershipEvent::Added { role, services, giver } = event {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                organisation,
                user,
                role: *role,
                services: services.clone(),
                state: MembershipState::Active,
                since: stamp.at,
                added_by: giver.clone().unwrap_or_else(|| stamp.by.clone()),
            }));
        }
        let mut membership = existing(state, event.kind())?;
        match event {
            MembershipEvent::Added { .. } => {}
            MembershipEvent::RoleSet { role } => {
                membership.role = *role;
                if *role == Role::External {
                    membership.services.clear();
                }
            }
            MembershipEvent::ServicesSet { services } => membership.services.clone_from(services),
            MembershipEvent::Suspended { by } => membership.state = MembershipState::Suspended(*by),
            MembershipEvent::Resumed => membership.state = MembershipState::Active,
            MembershipEvent::Left | MembershipEvent::Removed => return Ok(None),
        }
        Ok(Some(membership))
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        let owner = (self.role == Role::Owner).then(|| term::owners(self.organisation));
        std::iter::once(term::memberships(self.user)).chain(owner).collect()
    }
}
