//! All access of an organisation with what deserves a second look.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::warning::{Warning, WarningKind};
use crate::access::{Power, Purpose, Standing, acting_owners, allowed_protocols, could_give, has_power};
use crate::actor::Actor;
use crate::address::Address;
use crate::command::LegacyPasswords;
use crate::commands::AnyCommand;
use crate::device::{Bounds, Device, DeviceSecret, RevokeDevice, RotateDevice, WidenDevice};
use crate::directory::Directory;
use crate::error::{Code, Error, ErrorKind};
use crate::grant::{Grant, HeldDevices, RevokeGrant, SetGrantExpiry};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::invitation::{Invitation, Missing, ResendInvitation, RevokeInvitation, giver_can, sender_can};
use crate::last_use::{LastUse, last_uses, uses_under};
use crate::lists::{term_page, waits_for_sweep};
use crate::login::keys_of;
use crate::membership::{Membership, Role, SetRole};
use crate::names::{key, term};
use crate::organisation::{OrganisationState, ResumeOrganisation, days};
use crate::paging::{Cursor, Page, PageRequest, foreign_cursor};
use crate::reach::{Access, device_access, person_access};
use crate::reader::{Reader, of_kind};
use crate::store::Key;
use crate::time::Timestamp;
use crate::words::words;

/// What was never used counts as such after so long.
const SETTLED_IN: Duration = days(30);
/// What was not used for so long counts as unused.
const UNUSED: Duration = days(90);
/// What ends within so long expires soon.
const SOON: Duration = days(14);
/// By how much the command that settles that lets it go on.
const EXTENSION: Duration = days(90);

words! {
    /// Which rows of a review.
    #[derive(Default)]
    pub enum ReviewRows {
        /// One for every access, so that a reviewer ticks all of them off.
        #[default]
        All = "all",
        /// Those with warnings.
        Warned = "warned",
    }
}

/// What a row of a review is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// The organisation itself; only where something about it deserves a second look.
    Organisation(OrganisationId),
    /// A person's or a device's access to a mailbox.
    #[non_exhaustive]
    Access {
        /// The mailbox.
        mailbox: MailboxId,
        /// Its address.
        address: Address,
        /// Who reaches it, through what, since when and until when.
        access: Box<Access>,
    },
    /// An invitation that waits for its answer.
    Invitation(Box<Invitation>),
}

/// A row of a review.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ReviewRow {
    /// What it is about.
    pub subject: Subject,
    /// What deserves a second look; nothing where all is well.
    pub warnings: Vec<Warning>,
}

/// What a review goes through, one after the other.
#[derive(Debug, Clone, Copy)]
enum Part {
    Grants,
    Devices,
    Invitations,
}

impl Part {
    const ALL: [Self; 3] = [Self::Grants, Self::Devices, Self::Invitations];

    fn list(self, organisation: OrganisationId) -> String {
        match self {
            Self::Grants => format!("review-grants/{organisation}"),
            Self::Devices => format!("review-devices/{organisation}"),
            Self::Invitations => format!("review-invitations/{organisation}"),
        }
    }
}

impl Directory {
    /// All access of an organisation, each with what deserves a second look and the command that settles it: first the
    /// organisation itself where something about it does, then the people's grants, the active devices, and the pending
    /// invitations. For owners, admins and those with `Mail: Manage`; the last see the invitations that they sent or
    /// could give.
    ///
    /// `access.never_used` comes 30 days after it was given, `access.unused` 90 days after the last use,
    /// `access.expires_soon` 14 days before the end; a grant is used by its holder and through the devices they hold. An
    /// import brings no last uses, so that all it brought may seem never used until it is used here. Reading
    /// goes on in a suspended organisation, whose commands are then refused. A past knows no last uses and settles nothing.
    ///
    /// Costs one index range and two look-ups a page for each kind of row on it, and on the first page two for the
    /// organisation; all members, where nobody owns it.
    ///
    /// # Errors
    /// `organisation.not_found`, `access.denied`, `cursor.invalid`.
    ///
    /// ```
    /// use mailgrant::report::{ReviewRows, WarningKind};
    /// use mailgrant::{Actor, Directory, ManualClock, MemoryStore, PageRequest, Proof, Right};
    /// use mailgrant::{domain::*, grant::*, mailbox::*, organisation::*, user::*};
    /// # use std::{sync::Arc, time::Duration};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// # let clock = Arc::new(ManualClock::new("2026-03-03T09:00:00Z".parse()?));
    /// # let directory = Directory::builder(MemoryStore::new()).clock(clock.clone()).build()?;
    /// # let system = Actor::system("panel");
    /// # let anna = RegisterUser::new("anna@private.example".parse()?, "Anna").proof(Proof::Verified);
    /// # let anna = directory.run(&system, anna)?.user;
    /// # let owner = Actor::User(anna);
    /// # let organisation = directory.run(&owner, FoundOrganisation { name: "Bakery".into(), owner: None })?.organisation;
    /// # let name: mailgrant::DomainName = "bakery.example".parse()?;
    /// # directory.run(&owner, AddDomain { organisation, name: name.clone() })?;
    /// # directory.run(&system, VerifyDomain { organisation, name })?;
    /// let contact = directory.run(&owner, OpenMailbox::new(organisation, "contact@bakery.example".parse()?))?;
    /// directory.run(&owner, GrantAccess::new(contact, anna))?;
    /// # clock.advance(Duration::from_secs(31 * 86_400));
    ///
    /// // A month later: she gave it to herself and never read it.
    /// let mut page = directory.review(&owner, organisation, ReviewRows::All, &PageRequest::default())?;
    /// let mut warnings = page.items.remove(0).warnings;
    /// let kinds: Vec<WarningKind> = warnings.iter().map(|warning| warning.kind).collect();
    /// assert_eq!(kinds, [WarningKind::NeverUsed, WarningKind::SelfGiven]);
    ///
    /// // The command is ready to run.
    /// let settle = warnings.remove(0).settle.expect("something to do");
    /// assert_eq!(settle.name(), "revoke_grant");
    /// directory.run_any(&owner, settle)?;
    /// assert!(!directory.may(anna, Right::Read, contact)?.allowed());
    /// # Ok(()) }
    /// ```
    pub fn review(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        rows: ReviewRows,
        page: &PageRequest,
    ) -> Result<Page<ReviewRow>, Error> {
        self.require_whole()?;
        self.ask(actor, &mut |read| {
            let standing = read.standing(organisation, Purpose::Ask)?;
            standing.require(Power::ManageMail)?;
            // Of a past nobody knows what the host took then.
            let legacy = match read.past() {
                None => self.host().legacy,
                Some(_) => LegacyPasswords::Allowed,
            };
            let mut found = page_of_all(read, &standing, legacy, page)?;
            if rows == ReviewRows::Warned {
                found.items.retain(|row| !row.warnings.is_empty());
            }
            if read.past().is_some() {
                for warning in found.items.iter_mut().flat_map(|row| &mut row.warnings) {
                    warning.settle = None;
                }
            }
            Ok(found)
        })
    }
}

fn page_of_all(
    read: &mut Reader<'_>,
    standing: &Standing,
    legacy: LegacyPasswords,
    page: &PageRequest,
) -> Result<Page<ReviewRow>, Error> {
    let organisation = standing.id();
    let mut items = Vec::new();
    let mut begun = 0;
    if let Some(cursor) = &page.after {
        let of_part = |part: &Part| cursor.place(&part.list(organisation)).is_ok();
        begun = Part::ALL.iter().position(of_part).ok_or_else(foreign_cursor)?;
    } else {
        items.extend(organisation_row(read, standing)?);
    }
    let mut after = page.after.clone();
    for part in Part::ALL.into_iter().skip(begun) {
        let list = part.list(organisation);
        let limit = page.size().saturating_sub(items.len());
        if limit == 0 {
            return Ok(Page { items, next: Some(Cursor::new(&list, "")) });
        }
        let request = PageRequest { after: after.take(), limit };
        let found = match part {
            Part::Grants => grants(read, standing, &list, &request)?,
            Part::Devices => devices(read, standing, legacy, &list, &request)?,
            Part::Invitations => invitations(read, standing, &list, &request)?,
        };
        items.extend(found.items);
        if found.next.is_some() {
            return Ok(Page { items, next: found.next });
        }
    }
    Ok(Page { items, next: None })
}

fn organisation_row(read: &mut Reader<'_>, standing: &Standing) -> Result<Option<ReviewRow>, Error> {
    let organisation = standing.id();
    let mut warnings = Vec::new();
    if acting_owners(read, organisation)?.is_empty() {
        let heir = match standing.has(Power::Administer) {
            true => heir(read, organisation)?,
            false => None,
        };
        let settle = heir.map(|user| AnyCommand::SetRole(SetRole { organisation, user, role: Role::Owner }));
        warnings.push(Warning::new(WarningKind::OrganisationOwnerless, settle));
    }
    if let OrganisationState::Suspended(by) = standing.organisation.state {
        let may = standing.has(Power::Own) && by.lifted_by(read.actor());
        let settle = may.then_some(AnyCommand::ResumeOrganisation(ResumeOrganisation { organisation }));
        warnings.push(Warning::new(WarningKind::OrganisationSuspended, settle));
    }
    let subject = Subject::Organisation(organisation);
    Ok((!warnings.is_empty()).then_some(ReviewRow { subject, warnings }))
}

/// Who becomes the owner where there is none: an acting admin, or whoever else is a member longest. Nobody from outside.
fn heir(read: &mut Reader<'_>, organisation: OrganisationId) -> Result<Option<UserId>, Error> {
    let mut members: Vec<Arc<Membership>> =
        of_kind!(read.all_by_prefix(&key::memberships(organisation))?, Membership);
    members.retain(|membership| membership.is_active() && membership.role != Role::External);
    let users = read.users(members.iter().map(|membership| membership.user))?;
    let acting: BTreeSet<UserId> = users.iter().filter(|user| user.is_active()).map(|user| user.id).collect();
    members.retain(|membership| acting.contains(&membership.user));
    let heir = members.iter().max_by_key(|membership| (membership.role, Reverse(membership.since)));
    Ok(heir.map(|membership| membership.user))
}

fn grants(
    read: &mut Reader<'_>,
    standing: &Standing,
    list: &str,
    page: &PageRequest,
) -> Result<Page<ReviewRow>, Error> {
    let (organisation, now) = (standing.id(), standing.now);
    let found = term_page(read, list, &term::all_grants(organisation), page)?;
    let grants: Vec<Arc<Grant>> = of_kind!(found.items, Grant);
    let needed = grants.iter().flat_map(|grant| {
        let holder = keys_of_person(organisation, grant.mailbox, grant.user);
        let giver = grant.terms_by().user();
        let giver = giver.map(|giver| keys_of_person(organisation, grant.mailbox, giver));
        std::iter::once(key::mailbox(grant.mailbox)).chain(holder).chain(giver.into_iter().flatten())
    });
    fetch(read, needed)?;
    let noted: Vec<Key> = grants.iter().map(|grant| key::grant(grant.mailbox, grant.user)).collect();
    let uses = uses_under(read, &noted)?;
    let mut items = Vec::with_capacity(grants.len());
    for (grant, used) in grants.iter().zip(uses) {
        // What is left of a deleted mailbox or person waits for the sweep.
        let Some(mailbox) = read.mailbox(grant.mailbox)? else { continue };
        // The same person may have had it before.
        let used = used.filter(|used| used.at >= grant.given_at);
        let Some(access) = person_access(read, grant, used, now)? else { continue };
        let warnings = about_grant(read, grant, used, now)?;
        let (address, access) = (mailbox.address.clone(), Box::new(access));
        items.push(ReviewRow { subject: Subject::Access { mailbox: mailbox.id, address, access }, warnings });
    }
    Ok(Page { items, next: found.next })
}

fn about_grant(
    read: &mut Reader<'_>,
    grant: &Grant,
    used: Option<LastUse>,
    now: Timestamp,
) -> Result<Vec<Warning>, Error> {
    let (mailbox, user) = (grant.mailbox, grant.user);
    let revoke = || AnyCommand::RevokeGrant(RevokeGrant { mailbox, user, held: HeldDevices::Revoke });
    let mut warnings = Vec::new();
    if grant.has_expired(now) {
        warnings.push(Warning::new(WarningKind::Expired, revoke()).at(grant.expires));
    } else {
        warnings.extend(
            idle(read, grant.given_at, used, now).map(|(kind, at)| Warning::new(kind, revoke()).at(Some(at))),
        );
        if let Some(ends) = ends_soon(grant.expires, now) {
            let expires = Some(ends.plus(EXTENSION));
            let extend = AnyCommand::SetGrantExpiry(SetGrantExpiry { mailbox, user, expires });
            warnings.push(Warning::new(WarningKind::ExpiresSoon, extend).at(Some(ends)));
        }
    }
    if is_external(read, grant.organisation, user)? {
        warnings.push(Warning::new(WarningKind::External, revoke()).about(Some(user)));
    }
    let giver = grant.given_by.user();
    if giver == Some(user) {
        warnings.push(Warning::new(WarningKind::SelfGiven, revoke()).about(giver));
    }
    let giver = grant.terms_by();
    if !could_give(read, giver, mailbox, (grant.rights, grant.expires))? {
        warnings.push(Warning::new(WarningKind::GiverLost, revoke()).about(giver.user()));
    }
    Ok(warnings)
}

fn devices(
    read: &mut Reader<'_>,
    standing: &Standing,
    legacy: LegacyPasswords,
    list: &str,
    page: &PageRequest,
) -> Result<Page<ReviewRow>, Error> {
    let (organisation, now) = (standing.id(), standing.now);
    let found = term_page(read, list, &term::devices(organisation), page)?;
    let devices: Vec<Arc<Device>> = of_kind!(found.items, Device);
    let needed = devices.iter().flat_map(|device| {
        let knowers = device.knowers(now).into_iter();
        let knowers = knowers.flat_map(|person| keys_of_person(organisation, device.mailbox, person));
        keys_of(device).into_iter().chain(knowers)
    });
    fetch(read, needed)?;
    let uses = last_uses(read, &devices)?;
    let mut items = Vec::with_capacity(devices.len());
    for (device, used) in devices.iter().zip(uses) {
        // What is left of a deleted mailbox or person waits for the sweep.
        let Some(mailbox) = read.mailbox(device.mailbox)? else { continue };
        if waits_for_sweep(read, device)? {
            continue;
        }
        let access = Box::new(device_access(read, device, used)?);
        let warnings = about_device(read, device, used, legacy, now)?;
        let address = mailbox.address.clone();
        items.push(ReviewRow { subject: Subject::Access { mailbox: mailbox.id, address, access }, warnings });
    }
    Ok(Page { items, next: found.next })
}

fn about_device(
    read: &mut Reader<'_>,
    device: &Device,
    used: Option<LastUse>,
    legacy: LegacyPasswords,
    now: Timestamp,
) -> Result<Vec<Warning>, Error> {
    let revoke = || AnyCommand::RevokeDevice(RevokeDevice { device: device.id });
    let rotate = || AnyCommand::RotateDevice(RotateDevice::new(device.id).grace(Duration::ZERO));
    let mut warnings = Vec::new();
    match device.bounds.expires {
        Some(expires) if now >= expires => {
            warnings.push(Warning::new(WarningKind::Expired, revoke()).at(Some(expires)));
        }
        expires => {
            warnings.extend(
                idle(read, device.made_at, used, now)
                    .map(|(kind, at)| Warning::new(kind, revoke()).at(Some(at))),
            );
            if let Some(ends) = ends_soon(expires, now) {
                let extend = extended(read, device, ends)?;
                warnings.push(Warning::new(WarningKind::ExpiresSoon, extend).at(Some(ends)));
            }
        }
    }
    match device.holder {
        Some(holder) if is_external(read, device.organisation, holder)? => {
            warnings.push(Warning::new(WarningKind::External, revoke()).about(Some(holder)));
        }
        Some(_) => {}
        None => warnings.push(Warning::new(WarningKind::Holderless, revoke())),
    }
    // A password that opens nothing is nobody's to know.
    let refused = device.secret == DeviceSecret::Legacy && legacy == LegacyPasswords::Refused;
    if refused || device.bounds.expires.is_some_and(|expires| now >= expires) {
        return Ok(warnings);
    }
    for person in device.knowers(now) {
        if device.holder != Some(person) && has_left(read, device, person, now)? {
            warnings.push(Warning::new(WarningKind::KnownToLeaver, rotate()).about(Some(person)));
        }
    }
    if device.secret == DeviceSecret::Legacy {
        warnings.push(Warning::new(WarningKind::Legacy, rotate()).at(Some(device.made_at)));
    }
    Ok(warnings)
}

/// The command that lets a device go on, by the protocols that its holder's grant allows now.
fn extended(read: &mut Reader<'_>, device: &Device, ends: Timestamp) -> Result<Option<AnyCommand>, Error> {
    let mut protocols = device.bounds.protocols;
    if let Some(holder) = device.holder {
        let Some(grant) = read.grant(device.mailbox, holder)? else { return Ok(None) };
        protocols = protocols.intersection(allowed_protocols(grant.rights));
    }
    let bounds = Bounds { protocols, expires: Some(ends.plus(EXTENSION)), ..device.bounds.clone() };
    let widen = AnyCommand::WidenDevice(WidenDevice { device: device.id, bounds });
    Ok((!protocols.is_empty()).then_some(widen))
}

/// Whether somebody who was shown a password of the device neither has the mailbox nor manages it now.
fn has_left(read: &mut Reader<'_>, device: &Device, person: UserId, now: Timestamp) -> Result<bool, Error> {
    let user = read.user(person)?.filter(|user| user.is_active());
    let membership = read.membership(device.organisation, person)?.filter(|member| member.is_active());
    let (Some(_), Some(membership)) = (user, membership) else { return Ok(true) };
    let granted = read.grant(device.mailbox, person)?.is_some_and(|grant| !grant.has_expired(now));
    Ok(!granted && !has_power(&membership, Power::ManageMail))
}

fn invitations(
    read: &mut Reader<'_>,
    standing: &Standing,
    list: &str,
    page: &PageRequest,
) -> Result<Page<ReviewRow>, Error> {
    let organisation = standing.id();
    let found = term_page(read, list, &term::invitations(organisation), page)?;
    let mut pending: Vec<Arc<Invitation>> = of_kind!(found.items, Invitation);
    pending.retain(|invitation| invitation.is_pending());
    let needed = pending.iter().flat_map(|invitation| {
        let people: Vec<UserId> = invitation.sender.user().into_iter().chain(standing.user()).collect();
        let own = people.clone().into_iter();
        let own = own.flat_map(move |user| [key::user(user), key::membership(organisation, user)]);
        let promised = invitation.offer.mailboxes.iter().map(|promise| promise.mailbox);
        let promised = promised.flat_map(move |mailbox| {
            let grants: Vec<Key> = people.iter().map(|user| key::grant(mailbox, *user)).collect();
            std::iter::once(key::mailbox(mailbox)).chain(grants)
        });
        own.chain(promised)
    });
    fetch(read, needed)?;
    let mut items = Vec::with_capacity(pending.len());
    for invitation in pending {
        let gives = could(giver_can(read, standing, &invitation.offer, Missing::LeftOut))?;
        let sent = standing.user().is_some() && invitation.sender.user() == standing.user();
        if !gives && !sent && !standing.has(Power::Administer) {
            continue;
        }
        let id = invitation.id;
        let resend = gives.then_some(AnyCommand::ResendInvitation(ResendInvitation { invitation: id }));
        let revoke =
            (gives || sent).then_some(AnyCommand::RevokeInvitation(RevokeInvitation { invitation: id }));
        let mut warnings = Vec::new();
        if invitation.has_expired(standing.now) {
            let expired = Warning::new(WarningKind::InvitationExpired, revoke);
            warnings.push(expired.at(Some(invitation.expires)));
        } else if !sender_could(read, &invitation)? {
            let lost = Warning::new(WarningKind::SenderLost, resend);
            warnings.push(lost.about(invitation.sender.user()));
        }
        let invitation = Box::new(Arc::unwrap_or_clone(invitation));
        items.push(ReviewRow { subject: Subject::Invitation(invitation), warnings });
    }
    Ok(Page { items, next: found.next })
}

/// Whether the sender could give today what the invitation promises.
fn sender_could(read: &mut Reader<'_>, invitation: &Invitation) -> Result<bool, Error> {
    match sender_can(read, invitation, Purpose::Ask) {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Code::InvitationSender => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether something was allowed.
fn could(answer: Result<(), Error>) -> Result<bool, Error> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Why something that works looks as if nobody needed it, and since when. A past knows no uses.
fn idle(
    read: &Reader<'_>,
    since: Timestamp,
    used: Option<LastUse>,
    now: Timestamp,
) -> Option<(WarningKind, Timestamp)> {
    if read.past().is_some() {
        return None;
    }
    match used {
        Some(used) => (now.since(used.at) >= UNUSED).then_some((WarningKind::Unused, used.at)),
        None => (now.since(since) >= SETTLED_IN).then_some((WarningKind::NeverUsed, since)),
    }
}

fn ends_soon(expires: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    expires.filter(|expires| *expires <= now.plus(SOON))
}

fn is_external(read: &mut Reader<'_>, organisation: OrganisationId, user: UserId) -> Result<bool, Error> {
    Ok(read.membership(organisation, user)?.is_some_and(|membership| membership.role == Role::External))
}

/// The rows that say what somebody may do with a mailbox.
fn keys_of_person(organisation: OrganisationId, mailbox: MailboxId, user: UserId) -> [Key; 3] {
    [key::user(user), key::membership(organisation, user), key::grant(mailbox, user)]
}

/// Reads rows in one look-up, each once.
fn fetch(read: &mut Reader<'_>, keys: impl Iterator<Item = Key>) -> Result<(), Error> {
    let keys: BTreeSet<Key> = keys.collect();
    read.entities(&keys.into_iter().collect::<Vec<_>>()).map(drop)
}
