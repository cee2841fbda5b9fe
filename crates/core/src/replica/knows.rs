//! What a replica can know. Where something that its person does not see might decide, it says so instead of answering
//! wrong.

use crate::access::{Power, has_power};
use crate::address::Address;
use crate::error::{Code, Error};
use crate::id::{OrganisationId, UserId};
use crate::questions::Sender;
use crate::reader::Reader;

fn unknown() -> Error {
    Error::new(Code::DirectoryReplica, "a replica does not know enough for this: ask the directory")
}

/// Whether all of an organisation is here.
fn is_whole(read: &mut Reader<'_>, person: UserId, organisation: OrganisationId) -> Result<bool, Error> {
    let membership = read.membership(organisation, person)?;
    Ok(membership
        .is_some_and(|membership| membership.is_active() && has_power(&membership, Power::Administer)))
}

/// Where mail to an address goes is known where the organisation is here whole, or the very address is.
pub(crate) fn knows_address(read: &mut Reader<'_>, address: &Address) -> Result<(), Error> {
    let Some(person) = read.replica() else { return Ok(()) };
    let Some(domain) = read.verified_domain(address.domain())? else { return Err(unknown()) };
    if is_whole(read, person, domain.organisation)?
        || (domain.alias_of.is_none() && read.address_holder(domain.organisation, address)?.is_some())
    {
        return Ok(());
    }
    Err(unknown())
}

/// As what others may send is known where the organisation is here whole.
pub(crate) fn knows_senders(
    read: &mut Reader<'_>,
    who: Sender,
    mailbox: crate::id::MailboxId,
) -> Result<(), Error> {
    let Some(person) = read.replica() else { return Ok(()) };
    if matches!(who, Sender::User(user) if user == person) {
        return Ok(());
    }
    match read.mailbox(mailbox)? {
        Some(mailbox) if is_whole(read, person, mailbox.organisation)? => Ok(()),
        _ => Err(unknown()),
    }
}

/// A domain that is not here is none of the person's organisations' where they see all the domains of each.
pub(crate) fn knows_domains(read: &mut Reader<'_>) -> Result<(), Error> {
    let Some(person) = read.replica() else { return Ok(()) };
    for membership in read.memberships_of(person)? {
        if membership.is_active() && !has_power(&membership, Power::ManageDomains) {
            return Err(unknown());
        }
    }
    Ok(())
}
