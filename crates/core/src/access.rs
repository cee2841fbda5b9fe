//! The rules: who has access to what, and who may do what. They stand here once.
//!
//! Effective access and device logins are pure: facts in, verdict out, so that rows and the access view share them.
//! The others place an actor in an organisation or at a mailbox.

mod devices;
mod effective;
mod sharing;
mod standing;
mod visible;

pub use devices::DeviceObstacle;
pub(crate) use devices::{DeviceFacts, allowed_protocols, needed_by};
pub(crate) use effective::Facts;
pub use effective::{Link, Obstacle};
pub(crate) use sharing::{acting_owners, could_give, may_share, owner_remains};
pub(crate) use standing::{
    AtMailbox, Power, Purpose, Standing, denied, has_power, no_mailbox, no_member, no_organisation, no_user,
    organisation_suspended,
};
pub(crate) use visible::{
    administers, concerns, discreet, no_device, no_invitation, sees_all, visible_device,
};
