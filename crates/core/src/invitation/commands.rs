//! Inviting, resending, revoking and declining.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Invitation, InvitationEvent, Offer, Promise};
use crate::access::{
    AtMailbox, Power, Purpose, Standing, may_share, no_invitation, no_mailbox, organisation_suspended,
};
use crate::address::Address;
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::grant::{Right, refuse_past};
use crate::id::{InvitationId, OrganisationId};
use crate::membership::{Role, check_services};
use crate::names::{key, stream};
use crate::organisation::SharingInvites;
use crate::reader::Reader;
use crate::secret::{PresentedToken, Token, TokenPurpose, same_digest};
use crate::time::Timestamp;
use crate::user::address::unknown_token;

/// The most mailboxes that an invitation promises.
const MOST_PROMISES: usize = 1_000;

/// Invites whoever reads mail at an address: role, service rights and mailboxes together. Inviting the same
/// address again renews the invitation with a new token.
///
/// Owners and admins; for a role of owner, owners. Those with `Mail: Manage`, and where the policy allows it those
/// with `Sharing`, may invite Externals to mailboxes within their own bounds. The answer is the same whether or
/// not somebody signs in with the address.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// Where to.
    pub organisation: OrganisationId,
    /// Whoever reads mail there is invited.
    pub address: Address,
    /// What is promised.
    pub offer: Offer,
}

/// The answer of [`Invite`] and [`ResendInvitation`].
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Invited {
    /// The invitation.
    pub invitation: InvitationId,
    /// What the host mails to the address: whoever brings it back is invited.
    #[serde(skip)]
    pub token: Token,
    /// Until when it is good.
    pub expires: Timestamp,
}

impl Command for Invite {
    type Output = Invited;
    const NAME: &'static str = "invite";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Invited>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        let offer = checked(&self.offer, standing.now)?;
        giver_can(read, &standing, &offer, Missing::Refused)?;
        // Whether it is hosted here decides who may open it later: its organisation must not move meanwhile.
        read.verified_domain(self.address.domain())?;
        let id = match read.pending_invitation(standing.id(), &self.address)? {
            Some(pending) => {
                // Whoever renews it makes it their own: they could have promised all of it.
                giver_can(read, &standing, &pending.offer, Missing::LeftOut)?;
                pending.id
            }
            None => draw.invitation_id()?,
        };
        send(&standing, id, &self.address, offer, draw)
    }
}

/// Sends an invitation anew with a new token; the former one ends. Whoever could give everything in it, and that
/// person becomes its sender.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResendInvitation {
    /// Which.
    pub invitation: InvitationId,
}

impl Command for ResendInvitation {
    type Output = Invited;
    const NAME: &'static str = "resend_invitation";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        draw: &mut Draw<'_>,
    ) -> Result<Decision<Invited>, Error> {
        let (standing, invitation) = pending(read, self.invitation)?;
        giver_can(read, &standing, &invitation.offer, Missing::LeftOut)?;
        send(&standing, invitation.id, &invitation.address, invitation.offer.clone(), draw)
    }
}

/// Takes an invitation back. Its sender, and whoever could give everything in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeInvitation {
    /// Which.
    pub invitation: InvitationId,
}

impl Command for RevokeInvitation {
    type Output = ();
    const NAME: &'static str = "revoke_invitation";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (standing, invitation) = pending(read, self.invitation)?;
        if !sent(&standing, &invitation) {
            giver_can(read, &standing, &invitation.offer, Missing::LeftOut)?;
        }
        Ok(Decision::new(vec![Event::Invitation(standing.id(), invitation.id, InvitationEvent::Revoked)], ()))
    }
}

/// Declines an invitation. Whoever holds the token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclineInvitation {
    /// The token.
    #[serde(skip, default = "PresentedToken::nothing")]
    pub token: PresentedToken,
}

impl Command for DeclineInvitation {
    type Output = ();
    const NAME: &'static str = "decline_invitation";

    fn supply(&mut self, field: &str, secret: String) -> bool {
        match field {
            "token" => self.token = secret.into(),
            _ => return false,
        }
        true
    }

    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let invitation = presented(read, &self.token)?;
        let event = Event::Invitation(invitation.organisation, invitation.id, InvitationEvent::Declined);
        Ok(Decision::new(vec![event], ()))
    }
}

fn send(
    standing: &Standing,
    invitation: InvitationId,
    address: &Address,
    offer: Offer,
    draw: &mut Draw<'_>,
) -> Result<Decision<Invited>, Error> {
    let expires = standing.now.plus(standing.organisation.policy.invitation_life());
    let token = Token::from_random(TokenPurpose::Invitation, invitation.as_uuid().as_u128(), &draw.bytes()?);
    let digest = token.digest();
    let sent = InvitationEvent::Sent { address: address.clone(), offer, expires };
    let event = Event::Invitation(standing.id(), invitation, sent);
    Ok(Decision::new(vec![event], Invited { invitation, token, expires })
        .verifier(key::invitation(invitation), digest))
}

/// The offer as it will be kept: `member.external`, `value.invalid`, `expiry.past`.
fn checked(offer: &Offer, now: Timestamp) -> Result<Offer, Error> {
    check_services(offer.role, &offer.services)?;
    if offer.mailboxes.len() > MOST_PROMISES {
        return Err(Error::new(Code::ValueInvalid, "an invitation promises at most 1000 mailboxes")
            .with("most", MOST_PROMISES));
    }
    let mut mailboxes: Vec<Promise> = Vec::with_capacity(offer.mailboxes.len());
    for promise in &offer.mailboxes {
        refuse_past(promise.expires, now)?;
        if mailboxes.iter().any(|other| other.mailbox == promise.mailbox) {
            return Err(Error::new(Code::ValueInvalid, "an invitation promises each mailbox once")
                .with("mailbox", promise.mailbox.to_string()));
        }
        mailboxes.push(Promise { rights: promise.rights.without(Right::Read), ..promise.clone() });
    }
    Ok(Offer { role: offer.role, services: offer.services.clone(), mailboxes })
}

/// What to do about promised mailboxes that are gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Refuse: `mailbox.not_found`.
    Refused,
    /// Leave them out.
    LeftOut,
}

/// Refuses those who could not give all of an offer: `access.denied`, `grant.exceeds`, `mailbox.not_found`. That the
/// organisation takes changes was asked with the standing.
pub(crate) fn giver_can(
    read: &mut Reader<'_>,
    standing: &Standing,
    offer: &Offer,
    missing: Missing,
) -> Result<(), Error> {
    let mut places: Vec<(AtMailbox, &Promise)> = Vec::new();
    for promise in &offer.mailboxes {
        match read.at_mailbox(promise.mailbox, Purpose::Ask) {
            Ok(at) if at.organisation() == standing.id() => places.push((at, promise)),
            Err(error) if error.code() != Code::MailboxNotFound => return Err(error),
            _ if missing == Missing::LeftOut && read.mailbox(promise.mailbox)?.is_none() => {}
            _ => return Err(no_mailbox()),
        }
    }
    match offer.role {
        Role::Owner => return standing.require(Power::Own),
        Role::Admin | Role::Collaborator => return standing.require(Power::Administer),
        Role::External => {}
    }
    if standing.has(Power::ManageMail) {
        return Ok(());
    }
    if standing.organisation.policy.sharing_invites == SharingInvites::Refused || offer.mailboxes.is_empty() {
        return standing.require(Power::ManageMail);
    }
    places
        .iter()
        .try_for_each(|(at, promise)| may_share(at, None, None, &[(promise.rights, promise.expires)]))
}

/// Whether the actor is its sender.
fn sent(standing: &Standing, invitation: &Invitation) -> bool {
    standing.user().is_some() && standing.user() == invitation.sender.user()
}

/// A pending invitation that the actor may see: `invitation.not_found`, `organisation.suspended`,
/// `invitation.closed`.
fn pending(read: &mut Reader<'_>, invitation: InvitationId) -> Result<(Standing, Arc<Invitation>), Error> {
    let invitation = read.invitation(invitation)?.ok_or_else(no_invitation)?;
    let standing =
        read.standing_in_any_state(invitation.organisation).map_err(|error| match error.code() {
            Code::OrganisationNotFound => no_invitation(),
            _ => error,
        })?;
    if !sent(&standing, &invitation) && !standing.has(Power::ManageMail) {
        return Err(no_invitation());
    }
    standing.allow(Purpose::Change)?;
    if !invitation.is_pending() {
        return Err(closed(&invitation));
    }
    Ok((standing, invitation))
}

/// The pending invitation whose token it is: `token.invalid`, `invitation.closed`, `invitation.expired`.
pub(super) fn presented(read: &mut Reader<'_>, token: &PresentedToken) -> Result<Arc<Invitation>, Error> {
    let Some((TokenPurpose::Invitation, id, digest)) = token.locate() else { return Err(unknown_token()) };
    let id = InvitationId::from_uuid(uuid::Uuid::from_u128(id));
    let invitation = read.invitation(id)?.ok_or_else(unknown_token)?;
    let known =
        read.verifier(&key::invitation(id))?.is_some_and(|verifier| same_digest(&verifier.secret, &digest));
    if !known {
        return Err(unknown_token());
    }
    let organisation = read.organisation(invitation.organisation)?.ok_or_else(unknown_token)?;
    if !organisation.is_active() {
        return Err(organisation_suspended());
    }
    if !invitation.is_pending() {
        return Err(closed(&invitation));
    }
    if invitation.has_expired(read.now(&stream::organisation(organisation.id))?) {
        return Err(Error::new(
            Code::InvitationExpired,
            "the invitation is past its expiry: ask for another one",
        ));
    }
    Ok(invitation)
}

fn closed(invitation: &Invitation) -> Error {
    Error::new(Code::InvitationClosed, format!("the invitation was {} before", invitation.state))
        .with("state", invitation.state.as_str())
}

/// The refusal of an acceptance that its sender could not vouch for any more.
pub(super) fn sender_refused(source: Error) -> Error {
    Error::new(Code::InvitationSender, "whoever sent the invitation could no longer give what it promises")
        .caused_by(source)
}
