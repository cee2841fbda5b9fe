//! The Rust inside the Python package `mailgrant`: the core behind a handful of classes. What people see is in
//! `python/mailgrant`.

mod actor;
mod address;
mod batch;
mod call;
mod clock;
mod directory;
mod error;
mod files;
mod ids;
mod opening;
mod replica;
mod secret;
mod session;
mod text;

/// The core, for the Python package alone.
// The free-threaded build may run it on all threads at once: everything in it is `Sync`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::actor::{Bearer, System};
    #[pymodule_export]
    use crate::address::{canonical_address, check_address, check_domain};
    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::call::forked;
    #[pymodule_export]
    use crate::clock::ManualClock;
    #[pymodule_export]
    use crate::directory::{Directory, Verdict};
    #[pymodule_export]
    use crate::ids::{ChangeId, DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
    #[pymodule_export]
    use crate::opening::open_directory;
    #[pymodule_export]
    use crate::replica::Replica;
    #[pymodule_export]
    use crate::secret::{DevicePassword, Token};
    #[pymodule_export]
    use crate::session::{DeviceSession, UserSession};
}
