//! Accepting an invitation, with an account that one has or a new one.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::commands::{Missing, giver_can, presented, sender_refused};
use super::{Account, Invitation, InvitationEvent, Promise};
use crate::access::{Purpose, may_share, no_user};
use crate::command::{Command, Decision, Draw, Host, nothing_to_prepare};
use crate::device::DeviceEvent;
use crate::error::{Code, Error, ErrorKind};
use crate::event::Event;
use crate::grant::{Grant, GrantEvent, give};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::membership::{Membership, MembershipEvent, Role, Services};
use crate::names::{key, stream};
use crate::password::Password;
use crate::reader::Reader;
use crate::secret::PresentedToken;
use crate::time::Timestamp;
use crate::user::address::unknown_token;
use crate::user::{Proof, UserEvent, Warning, login_warnings, register};

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
    /// The promised mailboxes that they reach now.
    pub mailboxes: Vec<MailboxId>,
    /// Promised mailboxes that are gone, or were promised for a time that is over.
    pub left_out: Vec<MailboxId>,
    /// Promised mailboxes where the grant they had stays as it was: the promise and it do not add up to one that
    /// somebody gave.
    pub unchanged: Vec<MailboxId>,
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
        if self.token.locate().is_none() {
            return Err(unknown_token());
        }
        host.hash(&host.passwords.admit(&self.password)?)
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
        let organisation = organisation.as_ref().map_or("", |found| found.name.as_str());
        let own = [login.local(), login.canonical(), self.name.as_str(), organisation];
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
    sender_can(read, invitation, Purpose::Change)?;
    let organisation = invitation.organisation;
    let mut events = place(invitation, user, existing);
    if existing.is_none() {
        events.push(Event::User(user, UserEvent::Joined { organisation }));
    }
    let mut accepted = Accepted {
        user,
        organisation,
        mailboxes: Vec::new(),
        left_out: invitation.ended.clone(),
        unchanged: Vec::new(),
        warnings: Vec::new(),
    };
    for promise in &invitation.offer.mailboxes {
        let mailbox = promise.mailbox;
        match keep_promise(read, invitation, promise, user, existing)? {
            Kept::Given(given) => {
                events.extend(given);
                accepted.mailboxes.push(mailbox);
            }
            Kept::Unchanged => {
                accepted.mailboxes.push(mailbox);
                accepted.unchanged.push(mailbox);
            }
            Kept::LeftOut => accepted.left_out.push(mailbox),
        }
    }
    let answer = InvitationEvent::Accepted { user, account, left_out: accepted.left_out.clone() };
    events.push(Event::Invitation(organisation, invitation.id, answer));
    Ok((events, accepted))
}

/// Asks on behalf of the sender, as they stand now.
fn as_sender<T>(
    read: &mut Reader<'_>,
    invitation: &Invitation,
    question: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    read.acting_as(&invitation.sender.actor(), question)
}

/// Whether the sender could still give it: `invitation.sender`. Asking, a suspended organisation stops nobody.
pub(crate) fn sender_can(
    read: &mut Reader<'_>,
    invitation: &Invitation,
    purpose: Purpose,
) -> Result<(), Error> {
    as_sender(read, invitation, |read| {
        let standing = read.standing(invitation.organisation, purpose)?;
        giver_can(read, &standing, &invitation.offer, Missing::LeftOut)
    })
    .map_err(|error| match error.kind() {
        ErrorKind::Denied | ErrorKind::NotFound => sender_refused(error),
        _ => error,
    })
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

/// What became of a promise.
enum Kept {
    /// The member's grant is new or better.
    Given(Vec<Event>),
    /// The member's grant stays as it was.
    Unchanged,
    /// There is nothing to give any more.
    LeftOut,
}

/// The grant of a promised mailbox: a new one, or the better of both.
fn keep_promise(
    read: &mut Reader<'_>,
    invitation: &Invitation,
    promise: &Promise,
    user: UserId,
    existing: Option<&Membership>,
) -> Result<Kept, Error> {
    let (organisation, mailbox) = (invitation.organisation, promise.mailbox);
    let now = read.now(&stream::organisation(organisation))?;
    let there = read.mailbox(mailbox)?.is_some_and(|mailbox| mailbox.organisation == organisation);
    if !there || promise.expires.is_some_and(|expires| now >= expires) {
        return Ok(Kept::LeftOut);
    }
    let had = read.grant(mailbox, user)?;
    if let Some(grant) = had.as_ref().filter(|grant| !grant.has_expired(now)) {
        return better(read, invitation, promise, grant, existing);
    }
    let mut events = Vec::new();
    if had.is_some() {
        // Nobody chose to let the devices of the expired grant live again.
        for device in read.devices_held(organisation, user)?.iter().filter(|device| device.mailbox == mailbox)
        {
            events.push(Event::Device(organisation, mailbox, device.id, DeviceEvent::Revoked));
        }
    }
    let giver = Some(invitation.sender.clone());
    events.push(give(organisation, mailbox, user, (promise.rights, promise.expires), None, giver));
    Ok(Kept::Given(events))
}

/// What a promise adds to a grant that stands. Rights are added where they were promised for as long as the grant
/// lasts, and time where it was promised for all of the grant's rights: together they are never more than
/// somebody gave. Nor more than the sender could have changed it to.
fn better(
    read: &mut Reader<'_>,
    invitation: &Invitation,
    promise: &Promise,
    grant: &Grant,
    existing: Option<&Membership>,
) -> Result<Kept, Error> {
    let lasts = outlasts(promise.expires, grant.expires);
    let rights = if lasts { grant.rights.union(promise.rights) } else { grant.rights };
    let covers = grant.rights.is_subset(promise.rights);
    let expires = if covers && lasts { promise.expires } else { grant.expires };
    let about = |event| Event::Grant(grant.organisation, grant.mailbox, grant.user, event);
    let mut events = Vec::new();
    if rights != grant.rights {
        events.push(about(GrantEvent::RightsSet { rights }));
    }
    if expires != grant.expires {
        events.push(about(GrantEvent::ExpirySet { expires }));
    }
    let allowed = as_sender(read, invitation, |read| {
        let at = read.at_mailbox(promise.mailbox, Purpose::Change)?;
        Ok(may_share(&at, existing, Some(grant.user), &[(grant.rights, grant.expires), (rights, expires)])
            .is_ok())
    })?;
    Ok(if events.is_empty() || !allowed { Kept::Unchanged } else { Kept::Given(events) })
}

/// Whether the first end is no earlier than the second; none is later than any.
fn outlasts(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (one, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(one), Some(other)) => one >= other,
    }
}
