//! Taking and freeing addresses: uniqueness, quarantine, look-alikes and reserved names.

use crate::access::{Power, Standing};
use crate::address::Address;
use crate::entity::Entity;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::MailboxId;
use crate::mailbox::FreedAddressEvent;
use crate::names::term;
use crate::reader::{AddressHolder, Reader};
use crate::words::words;

words! {
    /// What to do with an address that is in quarantine.
    #[derive(Default)]
    pub enum Reclaim {
        /// Leave it there: `address.quarantined`.
        #[default]
        No = "no",
        /// Take it back. Managers alone may say so. Nothing of what it was comes with it.
        Yes = "yes",
    }
}

/// Checks that an address of the organisation may be taken, and gives the event that ends its quarantine where
/// there is one. Who gets mail there is checked apart, against everything that happens.
pub(crate) fn take(
    read: &mut Reader<'_>,
    standing: &Standing,
    address: &Address,
    reclaim: Reclaim,
) -> Result<Option<Event>, Error> {
    let organisation = standing.id();
    match read.domain(organisation, address.domain())? {
        Some(domain) if domain.alias_of.is_some() => {
            return Err(Error::new(
                Code::DomainAlias,
                format!("`{}` is another name of a domain and holds no addresses itself", domain.name),
            ));
        }
        Some(domain) if domain.is_verified() => {}
        Some(domain) => {
            return Err(Error::new(Code::DomainUnverified, format!("`{}` is not verified yet", domain.name)));
        }
        None => {
            return Err(Error::new(
                Code::DomainNotFound,
                format!("the organisation has no domain `{}`: add it first", address.domain()),
            ));
        }
    }
    let manager = standing.has(Power::ManageMail);
    if address.resembles_role_account() && !manager {
        return Err(reserved(address));
    }
    let reused = match read.address_holder(organisation, address)? {
        Some(AddressHolder::Mailbox(_) | AddressHolder::Alias(_)) => return Err(taken(address)),
        Some(AddressHolder::Freed(freed)) => {
            if freed.is_in_quarantine(standing.now) && !(manager && reclaim == Reclaim::Yes) {
                return Err(Error::new(
                    Code::AddressQuarantined,
                    format!(
                        "`{address}` was freed and is in quarantine until {}: a manager may reclaim it",
                        freed.until
                    ),
                )
                .with("address", address.canonical())
                .with("until", freed.until.as_millis()));
            }
            Some(Event::FreedAddress(organisation, freed.address.clone(), FreedAddressEvent::Reused))
        }
        None => None,
    };
    refuse_look_alike(read, standing, address)?;
    Ok(reused)
}

/// Refuses to those who do not manage mail an address that is a subaddress of another mailbox: its mail would come
/// here (`address.reserved`).
pub(crate) fn refuse_others_subaddress(
    read: &mut Reader<'_>,
    standing: &Standing,
    address: &Address,
    mailbox: MailboxId,
) -> Result<(), Error> {
    let separator = standing.organisation.policy.separator;
    let Some(base) = separator.and_then(|separator| address.cut(separator)) else { return Ok(()) };
    let holder = match read.address_holder(standing.id(), &base)? {
        Some(AddressHolder::Mailbox(holder)) => holder.id,
        Some(AddressHolder::Alias(alias)) => alias.mailbox,
        Some(AddressHolder::Freed(_)) | None => return Ok(()),
    };
    if holder == mailbox || standing.has(Power::ManageMail) {
        return Ok(());
    }
    Err(reserved(address))
}

fn refuse_look_alike(read: &mut Reader<'_>, standing: &Standing, address: &Address) -> Result<(), Error> {
    for other in read.all_by_term(&term::look(standing.id(), address))? {
        let other = match &other {
            Entity::Mailbox(mailbox) => &mailbox.address,
            Entity::Alias(alias) => &alias.address,
            _ => continue,
        };
        if other != address && !(other.is_ascii() && address.is_ascii()) {
            return Err(Error::new(Code::AddressLookAlike, format!("`{address}` looks like `{other}`"))
                .with("address", address.canonical())
                .with("other", other.canonical()));
        }
    }
    Ok(())
}

/// The refusal to those who manage nothing: which addresses are somebody's is not for them to know.
pub(crate) fn reserved(address: &Address) -> Error {
    Error::new(Code::AddressReserved, format!("`{address}` is reserved: ask a manager"))
        .with("address", address.canonical())
}

fn taken(address: &Address) -> Error {
    Error::new(Code::AddressTaken, format!("`{address}` is taken")).with("address", address.canonical())
}

/// The event that puts a freed address into quarantine; none where the policy wants no quarantine.
pub(crate) fn free(standing: &Standing, address: &Address) -> Option<Event> {
    let policy = &standing.organisation.policy;
    let until = standing.now.plus(policy.quarantine());
    (policy.quarantine_days > 0)
        .then(|| Event::FreedAddress(standing.id(), address.clone(), FreedAddressEvent::Freed { until }))
}
