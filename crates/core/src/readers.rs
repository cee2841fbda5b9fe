//! Who could read mail to an address besides the person whose login it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::device::{Device, DeviceSecret};
use crate::error::Error;
use crate::id::UserId;
use crate::mailbox::Mailbox;
use crate::names::stream;
use crate::reader::Reader;
use crate::time::Timestamp;

/// Whoever reads a mailbox, whatever else stands in their way now: tomorrow it may not.
pub(crate) struct Readers {
    granted: BTreeSet<UserId>,
    devices: Vec<Arc<Device>>,
    now: Timestamp,
}

impl Readers {
    /// Costs two index ranges. A device without a password reads nothing: giving it one is a rotation.
    pub(crate) fn of(read: &mut Reader<'_>, mailbox: &Mailbox) -> Result<Self, Error> {
        let now = read.now(&stream::organisation(mailbox.organisation))?;
        let grants = read.grants_of_mailbox(mailbox.id)?;
        let granted = grants.iter().filter(|grant| !grant.has_expired(now)).map(|grant| grant.user).collect();
        let mut devices = read.devices_of_mailbox(mailbox.id)?;
        devices.retain(|device| device.secret != DeviceSecret::Missing);
        Ok(Self { granted, devices, now })
    }

    /// How many others than `user` there are: people with a grant or a password that works, and devices that nobody holds.
    pub(crate) fn others(&self, user: UserId) -> usize {
        let devices = self.devices.iter();
        let known = devices.flat_map(|device| device.holder.into_iter().chain(device.knowers(self.now)));
        let people: BTreeSet<UserId> =
            self.granted.iter().copied().chain(known).filter(|person| *person != user).collect();
        let anybodys = self.devices.iter().filter(|device| device.holder.is_none());
        people.len() + anybodys.count()
    }

    /// The active devices that `user` holds.
    pub(crate) fn held_by(&self, user: UserId) -> impl Iterator<Item = &Arc<Device>> {
        self.devices.iter().filter(move |device| device.holder == Some(user))
    }
}
