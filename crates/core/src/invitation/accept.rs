//! Accepting an invitation, with an account that one has or a new one.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::commands::{Missing, giver_can, presented, sender_refused};
use super::{Account, Invitation, InvitationEvent};
use crate::access::{Purpose, no_user};
use crate::actor::{Actor, By};
use crate::command::{Command, Decision, Draw, Host, nothing_to_prepare};
use crate::device::DeviceEvent;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::{GrantEvent, give};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::membership::{Membership, MembershipEvent, Role, Services};
use crate::names::{key, stream};
use crate::password::Password;
use crate::reader::Reader;
use crate::secret::PresentedToken;
use crate::user::{Proof, Warning, login_warnings, register};

/// Accepts an invitation with the account that one is signed in with: one login, several organisations. The token
/// is the proof; the account's own address may be another.
///
/// # Errors
/// `token.invalid`, `invitation.closed`, `invitation.expired`, `invitation.sender`, `invitation.suspended`,
/// `organisation.suspended`, `actor.suspended`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The token.
    #[serde(skip, default = "PresentedToken::nothing")]
    pub token: PresentedToken,
}

/// Accepts an invitation with a new account, whose login is the invited address, proved by the token. Whoever
/// holds the token.
///
/// # Errors
/// As [`AcceptInvitation`], and `login.taken`, `password.refused`, `text.invalid`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitationAsNew {
    /// The token.
    #[serde(skip, default = "PresentedToken::nothing")]
    pub token: PresentedToken,
    /// What they are called.
    pub name: String,
    /// Their password.
    #[serde(skip, default = "Password::nothing")]
    pub password: Password,
}

/// The answer of accepting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Accepted {
    /// The member.
    pub user: UserId,
    /// Where.
    pub organisation: OrganisationId,
    /// The mailboxes that they reach by it.
    pub mailboxes: Vec<MailboxId>,
    /// Promised mailboxes that are gone.
    pub left_out: Vec<MailboxId>,
    /// What they should know.
    pub warnings: Vec<Warning>,
}

impl Command for AcceptInvitation {
    type Output = Accepted;
    const NAME: &'static str = "accept_invitation";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "token" => self.token = secret.into(),
            _ => return false,
        }
        true
    }

    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<Accepted>, Error> {
        let user = read.actor().user().ok_or_else(no_user)?;
        let user = read.acting_user(user)?.id;
        let invitation = presented(read, &self.token)?;
        let existing = read.membership(invitation.organisation, user)?;
        let (events, accepted) = accept(read, &invitation, user, existing.as_deref(), Account::Existing)?;
        Ok(Decision::new(events, accepted))
    }
}

impl Command for AcceptInvitationAsNew {
    type Output = Accepted;
    type Prepared = String;
    const NAME: &'static str = "accept_invitation_as_new";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "token" => self.token = secret.into(),
            "password" => self.password = secret.into(),
            _ => return false,
        }
        true
    }

    fn prepare(&self, host: &Host) -> Result<String, Error> {
        host.hash(&host.passwords.check(&self.password, &[&self.name])?)
    }

    fn decide(
        &self,
        read: &mut Reader<'_>,
        phc: &String,
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Accepted>, Error> {
        let invitation = presented(read, &self.token)?;
        let organisation = read.organisation(invitation.organisation)?;
        let login = &invitation.address;
        let own =
            [login.local(), login.canonical(), organisation.as_ref().map_or("", |found| found.name.as_str())];
        draw.host().passwords.check(&self.password, &own)?;
        let user = draw.user_id()?;
        let registered = register(read, login, Proof::Verified, &self.name, true)?;
        let (others, mut accepted) = accept(read, &invitation, user, None, Account::New)?;
        accepted.warnings = login_warnings(read, login)?;
        let events = std::iter::once(Event::User(user, registered)).chain(others).collect();
        Ok(Decision::new(events, accepted).verifier(key::user(user), phc.clone()))
    }
}

/// Everything that an acceptance gives: never less than the member had.
fn accept(
    read: &mut Reader<'_>,
    invitation: &Arc<Invitation>,
    user: UserId,
    existing: Option<&Membership>,
    account: Account,
) -> Result<(Vec<Event>, Accepted), Error> {
    if existing.is_some_and(|membership| !membership.is_active()) {
        return Err(Error::new(
            Code::InvitationSuspended,
            "your membership is suspended: an invitation does not lift that",
        ));
    }
    sender_can(read, invitation)?;
    let organisation = invitation.organisation;
    let mut events = place(invitation, user, existing);
    let mut accepted =
        Accepted { user, organisation, mailboxes: Vec::new(), left_out: Vec::new(), warnings: Vec::new() };
    for promise in &invitation.offer.mailboxes {
        let there =
            read.mailbox(promise.mailbox)?.is_some_and(|mailbox| mailbox.organisation == organisation);
        if there {
            events.extend(keep_promise(read, invitation, promise, user)?);
            accepted.mailboxes.push(promise.mailbox);
        } else {
            accepted.left_out.push(promise.mailbox);
        }
    }
    let answer = InvitationEvent::Accepted { user, account, left_out: accepted.left_out.clone() };
    events.push(Event::Invitation(organisation, invitation.id, answer));
    Ok((events, accepted))
}

/// Whether the sender could still give it: `invitation.sender`.
fn sender_can(read: &mut Reader<'_>, invitation: &Invitation) -> Result<(), Error> {
    let sender = match &invitation.sender {
        By::User(user) => Actor::User(*user),
        By::System(name) => Actor::System(name.clone()),
        By::Bearer => Actor::Bearer,
    };
    read.acting_as(&sender, |read| {
        let standing = read.standing(invitation.organisation, Purpose::Change)?;
        giver_can(read, &standing, &invitation.offer, Missing::LeftOut)
    })
    .map_err(|error| if error.is_retryable() { error } else { sender_refused(error) })
}

/// The membership: a new one, or the better of both.
fn place(invitation: &Invitation, user: UserId, existing: Option<&Membership>) -> Vec<Event> {
    let (organisation, offer) = (invitation.organisation, &invitation.offer);
    let Some(existing) = existing else {
        let giver = Some(invitation.sender.clone());
        let added = MembershipEvent::Added { role: offer.role, services: offer.services.clone(), giver };
        return vec![Event::Membership(organisation, user, added)];
    };
    let mut events = Vec::new();
    let role = existing.role.max(offer.role);
    if role != existing.role {
        events.push(Event::Membership(organisation, user, MembershipEvent::RoleSet { role }));
    }
    let services = merged(&existing.services, &offer.services);
    if role != Role::External && services != existing.services {
        events.push(Event::Membership(organisation, user, MembershipEvent::ServicesSet { services }));
    }
    events
}

fn merged(had: &Services, offered: &Services) -> Services {
    let mut services = had.clone();
    for (service, level) in offered {
        match services.entry(service.clone()) {
            Entry::Occupied(mut has) => *has.get_mut() = (*has.get()).max(*level),
            Entry::Vacant(place) => {
                place.insert(*level);
            }
        }
    }
    services
}

/// The grant of a promised mailbox: a new one, or the better of both.
fn keep_promise(
    read: &mut Reader<'_>,
    invitation: &Invitation,
    promise: &super::Promise,
    user: UserId,
) -> Result<Vec<Event>, Error> {
    let (organisation, mailbox) = (invitation.organisation, promise.mailbox);
    let now = read.now(&stream::organisation(organisation))?;
    if promise.expires.is_some_and(|expires| now >= expires) {
        return Ok(Vec::new());
    }
    let about = |event| Event::Grant(organisation, mailbox, user, event);
    let mut events = Vec::new();
    match read.grant(mailbox, user)? {
        Some(grant) if !grant.has_expired(now) => {
            let rights = grant.rights.union(promise.rights);
            if rights != grant.rights {
                events.push(about(GrantEvent::RightsSet { rights }));
            }
            let expires = grant.expires.zip(promise.expires).map(|(had, promised)| had.max(promised));
            if expires != grant.expires {
                events.push(about(GrantEvent::ExpirySet { expires }));
            }
        }
        former => {
            if former.is_some() {
                // Nobody chose to let the devices of the expired grant live again.
                for device in
                    read.devices_held(organisation, user)?.iter().filter(|device| device.mailbox == mailbox)
                {
                    events.push(Event::Device(organisation, mailbox, device.id, DeviceEvent::Revoked));
                }
            }
            let giver = Some(invitation.sender.clone());
            events.push(give(organisation, mailbox, user, (promise.rights, promise.expires), None, giver));
        }
    }
    Ok(events)
}
