//! Revoking devices: one, or many at once. The others notice nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::commands::{only, own_device};
use super::{Device, DeviceEvent};
use crate::access::{Power, Purpose, denied, no_device};
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::error::Error;
use crate::event::Event;
use crate::id::{DeviceId, MailboxId, OrganisationId, UserId};
use crate::names::term;
use crate::reader::{Reader, of_kind};

/// Revokes a device: its password never works again, and stays recognisable. Its holder; the managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevice {
    /// Which.
    pub device: DeviceId,
}

impl Command for RevokeDevice {
    type Output = ();
    const NAME: &'static str = "revoke_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (_, device) = own_device(read, self.device)?;
        Ok(only(&device, DeviceEvent::Revoked))
    }
}

/// The answer of the commands that revoke many devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DevicesRevoked {
    /// The devices that never work again.
    pub devices: Vec<DeviceId>,
}

/// Revokes all devices of a mailbox, but one if it is named. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevicesOfMailbox {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// The one that goes on.
    #[serde(default)]
    pub except: Option<DeviceId>,
}

impl Command for RevokeDevicesOfMailbox {
    type Output = DevicesRevoked;
    const NAME: &'static str = "revoke_devices_of_mailbox";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<DevicesRevoked>, Error> {
        let at = read.at_mailbox(self.mailbox, Purpose::Change)?;
        at.require_manager()?;
        let mut devices = read.devices_of_mailbox(at.mailbox.id)?;
        if let Some(except) = self.except {
            let before = devices.len();
            devices.retain(|device| device.id != except);
            if devices.len() == before {
                // A mistyped exception would revoke the one that was meant to go on.
                return Err(no_device());
            }
        }
        Ok(all(&devices))
    }
}

/// Revokes all devices that somebody holds in an organisation. They themselves; the managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevicesOfHolder {
    /// In which organisation.
    pub organisation: OrganisationId,
    /// Whose.
    pub holder: UserId,
}

impl Command for RevokeDevicesOfHolder {
    type Output = DevicesRevoked;
    const NAME: &'static str = "revoke_devices_of_holder";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<DevicesRevoked>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        if standing.user() != Some(self.holder) && !standing.has(Power::ManageMail) {
            return Err(denied("only they themselves and the managers may do this", "mail:manage"));
        }
        Ok(all(&read.devices_held(standing.id(), self.holder)?))
    }
}

/// Revokes all devices of an organisation, up to 10,000. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevicesOfOrganisation {
    /// Of which organisation.
    pub organisation: OrganisationId,
}

impl Command for RevokeDevicesOfOrganisation {
    type Output = DevicesRevoked;
    const NAME: &'static str = "revoke_devices_of_organisation";
    nothing_to_prepare!();

    fn decide(
        &self,
        read: &mut Reader<'_>,
        (): &(),
        _: &mut Draw<'_>,
    ) -> Result<Decision<DevicesRevoked>, Error> {
        let standing = read.standing(self.organisation, Purpose::Change)?;
        standing.require(Power::ManageMail)?;
        let devices: Vec<Arc<Device>> = of_kind!(read.all_by_term(&term::devices(standing.id()))?, Device);
        Ok(all(&devices))
    }
}

fn all(devices: &[Arc<Device>]) -> Decision<DevicesRevoked> {
    let events = devices
        .iter()
        .map(|device| Event::Device(device.organisation, device.mailbox, device.id, DeviceEvent::Revoked))
        .collect();
    Decision::new(events, DevicesRevoked { devices: devices.iter().map(|device| device.id).collect() })
}
