//! Reports: what deserves a second look, whose login hangs on a mailbox, what a stolen password opens, and who
//! gained and lost what between two days.
//!
//! | to | ask |
//! | --- | --- |
//! | go through all access with its warnings, each with the command that settles it | [`Directory::review`](crate::Directory::review) |
//! | know whose login or recovery address hangs on a mailbox, and what would cut them off | [`Directory::login_risks`](crate::Directory::login_risks) |
//! | know what a stolen device password opens | [`Directory::blast_radius`](crate::Directory::blast_radius) |
//! | know who gained and lost what between two instants | [`Directory::compare`](crate::Directory::compare) |

mod blast_radius;
mod compare;
mod login_risks;
mod review;
mod warning;

pub use blast_radius::{BlastRadius, LiveSecret, OpenProtocol};
pub use compare::{Change, Compared, Difference, Situation};
pub use login_risks::{CutOff, LoginRisk, WayBack};
pub use review::{ReviewRow, ReviewRows, Subject};
pub use warning::{Warning, WarningKind};
