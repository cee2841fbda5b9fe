//! Nobody gives away more than they have, and no organisation loses its last owner.

use std::sync::Arc;

use super::{AtMailbox, Power, Purpose, denied, has_power};
use crate::actor::By;
use crate::error::{Code, Error, ErrorKind};
use crate::grant::{Right, Rights};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::mailbox::MailboxState;
use crate::membership::Membership;
use crate::names::term;
use crate::reader::{Reader, of_kind};
use crate::time::Timestamp;

/// Refuses to give away more than one has: `grant.exceeds` for holders of `Sharing`, whose rights and expiry
/// bound what they give, before and after; `access.denied` for everybody else but the managers.
pub(crate) fn may_share(
    at: &AtMailbox,
    to: Option<&Membership>,
    user: Option<UserId>,
    terms: &[(Rights, Option<Timestamp>)],
) -> Result<(), Error> {
    if at.manages() {
        return Ok(());
    }
    let own = match &at.grant {
        Some(own) if at.holds(Right::Sharing) => own,
        _ => return Err(denied("only the managers and those with `sharing` may do this", "sharing")),
    };
    if user.is_some_and(|user| user == own.user) {
        return Err(denied("nobody changes their own grant", "mail:manage"));
    }
    if to.is_some_and(|membership| has_power(membership, Power::ManageMail)) {
        return Err(denied("only a manager changes a manager's grant", "mail:manage"));
    }
    let exceeds = terms.iter().any(|(rights, expires)| {
        let outlives = match (own.expires, expires) {
            (Some(own), Some(theirs)) => *theirs > own,
            (Some(_), None) => true,
            (None, _) => false,
        };
        outlives || !rights.is_subset(own.rights)
    });
    if exceeds {
        return Err(Error::new(
            Code::GrantExceeds,
            "nobody gives or takes away more than they have themselves",
        )
        .with("most", own.rights.iter().map(|right| right.as_str()).collect::<Vec<_>>()));
    }
    Ok(())
}

/// Whether somebody could give these rights on a mailbox until then, were they asked today: the host always. The
/// state of the mailbox itself is nobody's loss of access.
pub(crate) fn could_give(
    read: &mut Reader<'_>,
    giver: &By,
    mailbox: MailboxId,
    terms: (Rights, Option<Timestamp>),
) -> Result<bool, Error> {
    let asked = read.acting_as(&giver.actor(), |read| {
        let mut at = read.at_mailbox(mailbox, Purpose::Ask)?;
        Arc::make_mut(&mut at.mailbox).state = MailboxState::Open;
        may_share(&at, None, None, &[terms])
    });
    match asked {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The owners that count: membership and user active.
pub(crate) fn acting_owners(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
) -> Result<Vec<UserId>, Error> {
    let owners: Vec<Arc<Membership>> = of_kind!(read.all_by_term(&term::owners(organisation))?, Membership);
    let active = owners.iter().filter(|membership| membership.is_active()).map(|membership| membership.user);
    let users = read.users(active)?;
    Ok(users.into_iter().filter(|user| user.is_active()).map(|user| user.id).collect())
}

/// Refuses to take an organisation's last owner away: `owner.last`.
pub(crate) fn owner_remains(
    read: &mut Reader<'_>,
    organisation: OrganisationId,
    without: UserId,
) -> Result<(), Error> {
    if acting_owners(read, organisation)?.as_slice() == [without] {
        return Err(Error::new(
            Code::OwnerLast,
            "the organisation would have no owner: make another one first",
        )
        .with("organisation", organisation.to_string()));
    }
    Ok(())
}
