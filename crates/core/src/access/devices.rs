//! Device logins: whether a password that is right opens its mailbox.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::effective::{Facts, Obstacle, mailbox_obstacle, organisation_obstacle, sending_obstacle};
use crate::device::{Device, DeviceSecret, Protocol, Protocols};
use crate::grant::{Right, Rights};
use crate::mailbox::{Mailbox, MailboxState, Sending};
use crate::organisation::{Organisation, OrganisationState};
use crate::time::Timestamp;
use crate::words::words;

/// The rights that a protocol needs besides reading.
pub(crate) fn needed_by(protocol: Protocol) -> Rights {
    match protocol {
        Protocol::Smtp => Rights::from([Right::Send]),
        Protocol::ManageSieve => Rights::from([Right::Filters, Right::Forwarding]),
        Protocol::Imap | Protocol::Pop3 | Protocol::Jmap | Protocol::CalDav | Protocol::CardDav => {
            Rights::EMPTY
        }
    }
}

/// The protocols that these rights allow.
pub(crate) fn allowed_protocols(rights: Rights) -> Protocols {
    Protocols::ALL.iter().filter(|protocol| needed_by(*protocol).is_subset(rights)).collect()
}

words! {
    /// Why a device password that is right does not open its mailbox.
    pub enum DeviceObstacle {
        /// The device was revoked.
        Revoked = "revoked",
        /// The device is past its expiry.
        Expired = "expired",
        /// A rotation replaced the password.
        Replaced = "replaced",
        /// The protocol is not among the device's.
        Protocol = "protocol",
        /// The source address is not in the device's networks, or not known.
        Network = "network",
        /// The mailbox is suspended.
        MailboxSuspended = "mailbox_suspended",
        /// The mailbox is closed or gone.
        MailboxClosed = "mailbox_closed",
        /// The organisation is suspended or gone.
        OrganisationSuspended = "organisation_suspended",
        /// The holder has no effective access any more.
        Holder = "holder",
        /// The holder may not do what the protocol needs.
        HolderRight = "holder_right",
        /// Sending from the mailbox is held.
        SendingHeld = "sending_held",
        /// The device came from elsewhere without its password: rotate it.
        PasswordMissing = "password_missing",
    }
}

/// What a device login depends on, once the password is known to be right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceFacts<'a> {
    pub(crate) active: bool,
    /// Whether it has any secret that could open something.
    pub(crate) has_secret: bool,
    pub(crate) protocols: Protocols,
    pub(crate) networks: Option<&'a [IpNet]>,
    pub(crate) expires: Option<Timestamp>,
    /// The secret's own end, where a rotation overlaps.
    pub(crate) secret_ends: Option<Timestamp>,
    pub(crate) mailbox: Option<MailboxState>,
    pub(crate) sending: Sending,
    pub(crate) organisation: Option<OrganisationState>,
    /// What the holder's access depends on, where there is a holder.
    pub(crate) holder: Option<Facts>,
}

impl<'d> DeviceFacts<'d> {
    /// Apart from which secret is used.
    pub(crate) fn of(
        device: &'d Device,
        mailbox: Option<&Mailbox>,
        organisation: Option<&Organisation>,
        holder: Option<Facts>,
    ) -> Self {
        Self {
            active: device.is_active(),
            has_secret: device.secret != DeviceSecret::Missing,
            protocols: device.bounds.protocols,
            networks: device.bounds.networks.as_deref(),
            expires: device.bounds.expires,
            secret_ends: None,
            mailbox: mailbox.map(|mailbox| mailbox.state),
            sending: mailbox.map_or(Sending::Allowed, |mailbox| mailbox.sending),
            organisation: organisation.map(|organisation| organisation.state),
            holder,
        }
    }

    /// The rights of a session by `protocol` from `source`, or the first obstacle.
    pub(crate) fn login(
        &self,
        protocol: Protocol,
        source: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Rights, DeviceObstacle> {
        let ended = |end: Option<Timestamp>| end.is_some_and(|end| now >= end);
        if !self.active {
            return Err(DeviceObstacle::Revoked);
        }
        if !self.has_secret {
            return Err(DeviceObstacle::PasswordMissing);
        }
        if ended(self.secret_ends) {
            return Err(DeviceObstacle::Replaced);
        }
        if ended(self.expires) {
            return Err(DeviceObstacle::Expired);
        }
        if !self.protocols.contains(protocol) {
            return Err(DeviceObstacle::Protocol);
        }
        if !self.networks.is_none_or(|networks| within(networks, source)) {
            return Err(DeviceObstacle::Network);
        }
        match mailbox_obstacle(self.mailbox) {
            None => {}
            Some(Obstacle::MailboxSuspended) => return Err(DeviceObstacle::MailboxSuspended),
            Some(_) => return Err(DeviceObstacle::MailboxClosed),
        }
        if organisation_obstacle(self.organisation).is_some() {
            return Err(DeviceObstacle::OrganisationSuspended);
        }
        if protocol == Protocol::Smtp && sending_obstacle(Right::Send, self.sending).is_some() {
            return Err(DeviceObstacle::SendingHeld);
        }
        match &self.holder {
            Some(holder) => {
                let rights = holder.effective_rights(now).ok_or(DeviceObstacle::Holder)?;
                if needed_by(protocol).is_subset(rights) {
                    Ok(rights)
                } else {
                    Err(DeviceObstacle::HolderRight)
                }
            }
            None => Ok(self.rights_of_nobody()),
        }
    }

    /// Without a holder a device may do what its protocols are for, and no more.
    fn rights_of_nobody(&self) -> Rights {
        let rights = self.protocols.iter().map(needed_by).fold(Rights::EMPTY, Rights::union);
        match self.sending {
            Sending::Allowed => rights,
            Sending::Held(_) => rights.without(Right::Send),
        }
    }
}

/// An IPv4-mapped network (RFC 4291 §2.5.5.2) as the IPv4 network that it is.
fn unmapped(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return network };
    let length = network.prefix_len().checked_sub(96);
    let mapped = length.filter(|_| matches!(network, IpNet::V6(_)));
    mapped.and_then(|length| Ipv4Net::new(address, length).ok()).map_or(network, IpNet::V4)
}

/// Whether a source lies in one of the networks; IPv4-mapped addresses count as IPv4, an unknown one is outside.
pub(crate) fn within(networks: &[IpNet], source: Option<IpAddr>) -> bool {
    source.is_some_and(|source| {
        let source = source.to_canonical();
        networks.iter().any(|network| unmapped(*network).contains(&source))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_and_networks_count_as_ipv4() {
        let within =
            |network: &str, source: &str| within(&[network.parse().unwrap()], Some(source.parse().unwrap()));
        assert!(within("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(within("::ffff:192.0.2.0/120", "192.0.2.7"));
        assert!(!within("::ffff:192.0.2.0/120", "192.0.3.7"));
        assert!(within("2001:db8::/32", "2001:db8::1"));
        assert!(!within("2001:db8::/32", "192.0.2.7"));
    }
}
