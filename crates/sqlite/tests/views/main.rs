//! The views: that they answer as the directory does, that asking them costs a few look-ups, and that they show
//! nothing else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../../core/tests/common/mod.rs"]
mod common;

mod agreement;
mod costs;
mod life;
mod mail_servers;
mod reading;
mod secrets;
mod upgrade;
