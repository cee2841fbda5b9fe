//! Narrowing and widening what a device may do.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::commands::{check_bounds, only, own_device};
use super::{Bounds, DeviceEvent};
use crate::command::{Command, Decision, Draw, nothing_to_prepare};
use crate::error::{Code, Error};
use crate::id::DeviceId;
use crate::reader::Reader;

/// Lets a device do less. Its holder; the managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NarrowDevice {
    /// Which.
    pub device: DeviceId,
    /// What it may do from now on, whole; nothing of it more than before.
    pub bounds: Bounds,
}

impl Command for NarrowDevice {
    type Output = ();
    const NAME: &'static str = "narrow_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (at, device) = own_device(read, self.device)?;
        check_bounds(read, &at, None, &self.bounds)?;
        if !is_within(&self.bounds, &device.bounds) {
            return Err(Error::new(
                Code::DeviceBounds,
                "that would let the device do more: only a manager widens it",
            ));
        }
        Ok(only(&device, DeviceEvent::Narrowed { bounds: self.bounds.clone() }))
    }
}

/// Lets a device do more, within its holder's grant. The managers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WidenDevice {
    /// Which.
    pub device: DeviceId,
    /// What it may do from now on, whole.
    pub bounds: Bounds,
}

impl Command for WidenDevice {
    type Output = ();
    const NAME: &'static str = "widen_device";
    nothing_to_prepare!();

    fn decide(&self, read: &mut Reader<'_>, (): &(), _: &mut Draw<'_>) -> Result<Decision<()>, Error> {
        let (at, device) = own_device(read, self.device)?;
        at.require_manager()?;
        check_bounds(read, &at, device.holder, &self.bounds)?;
        Ok(only(&device, DeviceEvent::Widened { bounds: self.bounds.clone() }))
    }
}

/// Whether `inner` allows nothing that `outer` does not.
fn is_within(inner: &Bounds, outer: &Bounds) -> bool {
    let networks = match (&inner.networks, &outer.networks) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(inner), Some(outer)) => {
            inner.iter().all(|one: &IpNet| outer.iter().any(|all| all.contains(one)))
        }
    };
    let expires = match (inner.expires, outer.expires) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(inner), Some(outer)) => inner <= outer,
    };
    networks && expires && inner.protocols.is_subset(outer.protocols)
}
