//! Who may use which e-mail address, and how.
#![forbid(unsafe_code)]

mod address;
mod error;
mod id;
mod memory;
mod password;
mod secret;
pub mod store;
mod time;

pub use error::{Code, Corrupt, Error, ErrorKind};
pub use id::{ChangeId, DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
pub use time::{Clock, ManualClock, SystemClock, Timestamp};
