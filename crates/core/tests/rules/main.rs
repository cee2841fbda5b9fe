//! The rules, noun by noun, as given, when, then. One program, because each costs as much to link as all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
#[path = "../counting/mod.rs"]
mod counting;

mod addresses;
mod aliases;
mod devices;
mod domains;
mod erasure;
mod exports;
mod feed;
mod grants;
mod history;
mod invitations;
mod logins;
mod mailboxes;
mod members;
mod organisations;
mod questions;
mod reports;
mod resolving;
mod review;
mod transfer;
mod users;
mod view;
