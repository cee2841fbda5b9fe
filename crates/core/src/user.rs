//! A person with a login, who may belong to several organisations.
//!
//! | to | run, in this order |
//! | --- | --- |
//! | begin | [`RegisterUser`]; [`IssueConfirmation`] and [`ConfirmAddress`], unless the host has seen that the address is theirs |
//! | get a forgotten password back | [`StartReset`], [`FinishReset`] |
//! | get another login or recovery address | [`ChangeLogin`] or [`SetRecoveryAddress`], then the same confirmation |
//! | keep somebody out for a while | [`SuspendUser`], [`ResumeUser`] |
//! | go | [`DeleteUser`]: all access ends at once; the name stays in the history |
//! | be forgotten, after that | [`EraseUser`]: history keeps the id alone |

mod account;
pub(crate) mod address;
mod erasure;
mod password;

pub use account::{
    DeleteUser, RegisterUser, Registered, RenameUser, ResumeUser, SuspendUser, UserDeleted, Warning,
};
pub(crate) use account::{login_warnings, register};
pub use address::{
    AddressKind, ChangeLogin, ConfirmAddress, ConfirmationIssued, Confirmed, IssueConfirmation,
    LoginChangeAsked, RemoveRecoveryAddress, SetRecoveryAddress,
};
pub(crate) use erasure::erased_address;
pub use erasure::{EraseUser, UserErased};
pub use password::{ChangePassword, FinishReset, ResetStarted, StartReset};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::entity::{existing, nothing};
use crate::error::Corrupt;
use crate::event::{Stamp, events};
use crate::id::{MailboxId, OrganisationId, UserId};
use crate::names::{claim, term};
use crate::organisation::SEPARATORS;
use crate::store::{Claim, Term};
use crate::time::Timestamp;
use crate::words::words;

/// What the tokens are for that a user may have been sent.
const LOGIN: &str = "login";
const RECOVERY: &str = "recovery";
const RESET: &str = "reset";

words! {
    /// Whether a user may do anything at all.
    pub enum UserState {
        /// May act.
        Active = "active",
        /// Suspended by the host: no login, no access, no device.
        Suspended = "suspended",
        /// Gone; the id stays for the history.
        Deleted = "deleted",
    }
}

words! {
    /// Whether somebody proved that an address is theirs.
    pub enum Proof {
        /// A token that was sent there came back, or the host vouches for it.
        Verified = "verified",
        /// Not yet.
        Unverified = "unverified",
    }
}

words! {
    /// Whether a person can sign in with a password.
    pub enum PasswordState {
        /// None was ever set.
        Missing = "missing",
        /// One is set.
        Set = "set",
        /// Guessed at too often; a reset makes a new one (NIST SP 800-63B-4 §3.2.2).
        Disabled = "disabled",
    }
}

/// An address and whether it is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The address.
    pub address: Address,
    /// Whether it counts.
    pub proof: Proof,
}

/// What waits for a token to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Awaited {
    pub(crate) address: Address,
    /// When the token that was sent lapses; `None` until one is sent.
    pub(crate) expires: Option<Timestamp>,
}

/// A reset that was sent and has not come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reset {
    pub(crate) to: Address,
    /// The mailbox here that got mail to that address when it was sent.
    pub(crate) mailbox: Option<MailboxId>,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
}

/// A person with a login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address they sign in with, unique among users.
    pub login: Contact,
    /// What they are called.
    pub name: String,
    /// Where a reset may go besides the login.
    pub recovery: Option<Contact>,
    /// Whether they may do anything.
    pub state: UserState,
    /// Whether they have a password.
    pub password: PasswordState,
    /// Since when they exist.
    pub registered_at: Timestamp,
    /// Sessions of an earlier epoch are over: it rises with every change of the password and every suspension.
    pub epoch: u32,
    pub(crate) awaited_login: Option<Awaited>,
    pub(crate) awaited_recovery: Option<Awaited>,
    pub(crate) reset: Option<Reset>,
}

events! {
    /// What happens to a user.
    pub enum UserEvent {
        /// They exist now.
        Registered = "user.registered" {
            /// The login.
            login: Contact,
            /// Their name.
            name: String,
            /// Whether a password was set with it.
            password: PasswordState,
        },
        /// They are called otherwise.
        Renamed = "user.renamed" {
            /// The new name.
            name: String,
        },
        /// A new login waits for its confirmation.
        LoginAsked = "user.login_asked" {
            /// The new login.
            login: Address,
        },
        /// A new recovery address waits for its confirmation.
        RecoveryAsked = "user.recovery_asked" {
            /// The new address.
            address: Address,
        },
        /// A token for the login was issued.
        LoginTokenIssued = "user.login_token_issued" {
            /// When it lapses.
            expires: Timestamp,
        },
        /// A token for the recovery address was issued.
        RecoveryTokenIssued = "user.recovery_token_issued" {
            /// When it lapses.
            expires: Timestamp,
        },
        /// The login is proved, and from now on it is this one.
        LoginConfirmed = "user.login_confirmed" {
            /// The login.
            login: Address,
        },
        /// The recovery address is proved, and from now on it is this one.
        RecoveryConfirmed = "user.recovery_confirmed" {
            /// The address.
            address: Address,
        },
        /// There is no recovery address any more.
        RecoveryRemoved = "user.recovery_removed",
        /// They changed their password.
        PasswordChanged = "user.password_changed",
        /// Their password was guessed at too often and works no more.
        PasswordDisabled = "user.password_disabled" {
            /// Failures in a row.
            failures: u32,
        },
        /// They belong to another organisation now. It stands in their stream too, so that nobody joins and
        /// is deleted at once.
        Joined = "user.joined" {
            /// Which.
            organisation: OrganisationId,
        },
        /// Someone asked for a reset.
        ResetAsked = "user.reset_asked",
        /// A reset token was issued.
        ResetIssued = "user.reset_issued" {
            /// Where it was sent.
            to: Address,
            /// The mailbox here that gets mail to that address.
            mailbox: Option<MailboxId>,
            /// When it lapses.
            expires: Timestamp,
        },
        /// A reset made a new password.
        PasswordReset = "user.password_reset",
        /// The host suspended them.
        Suspended = "user.suspended",
        /// The host lets them act again.
        Resumed = "user.resumed",
        /// They are gone.
        Deleted = "user.deleted",
        /// What was known of them was erased, here and in the entries before this one.
        Erased = "user.erased",
    }
}

impl User {
    /// Whether they may do anything.
    pub fn is_active(&self) -> bool {
        self.state == UserState::Active
    }

    /// Ends what a session may have begun: it may have been somebody else's.
    pub(crate) fn end_session(&mut self) {
        self.epoch += 1;
        self.awaited_login = None;
        self.awaited_recovery = None;
        self.reset = None;
    }

    /// The proved addresses that a reset may go to, and the login even before it is proved.
    pub(crate) fn mail_addresses(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.login).chain(&self.recovery).map(|contact| &contact.address)
    }

    pub(crate) fn apply(
        state: Option<Self>,
        id: UserId,
        event: &UserEvent,
        stamp: &Stamp,
    ) -> Result<Option<Self>, Corrupt> {
        if let UserEvent::Registered { login, name, password } = event {
            nothing(&state, event.kind())?;
            return Ok(Some(Self {
                id,
                login: login.clone(),
                name: name.clone(),
                recovery: None,
                state: UserState::Active,
                password: *password,
                registered_at: stamp.at,
                epoch: 0,
                awaited_login: None,
                awaited_recovery: None,
                reset: None,
            }));
        }
        if *event == UserEvent::Erased {
            // Where the row was swept before, the journal alone had something to erase.
            return state.map(Self::erased).transpose();
        }
        let mut user = existing(state, event.kind())?;
        match event {
            UserEvent::Registered { .. } | UserEvent::Erased => {}
            UserEvent::Renamed { name } => user.name.clone_from(name),
            UserEvent::LoginAsked { login } => {
                user.awaited_login = Some(Awaited { address: login.clone(), expires: None });
            }
            UserEvent::RecoveryAsked { address } => {
                user.awaited_recovery = Some(Awaited { address: address.clone(), expires: None });
            }
            UserEvent::LoginTokenIssued { expires } => {
                let address =
                    user.awaited_login.map_or(user.login.address.clone(), |awaited| awaited.address);
                user.awaited_login = Some(Awaited { address, expires: Some(*expires) });
            }
            UserEvent::RecoveryTokenIssued { expires } => {
                if let Some(awaited) = &mut user.awaited_recovery {
                    awaited.expires = Some(*expires);
                }
            }
            UserEvent::LoginConfirmed { login } => {
                user.login = Contact { address: login.clone(), proof: Proof::Verified };
                user.awaited_login = None;
                user.reset = None;
            }
            UserEvent::RecoveryConfirmed { address } => {
                user.recovery = Some(Contact { address: address.clone(), proof: Proof::Verified });
                user.awaited_recovery = None;
                user.reset = None;
            }
            UserEvent::RecoveryRemoved => {
                user.recovery = None;
                user.awaited_recovery = None;
                user.reset = None;
            }
            UserEvent::PasswordChanged | UserEvent::PasswordReset => {
                user.password = PasswordState::Set;
                user.end_session();
            }
            UserEvent::PasswordDisabled { .. } => user.password = PasswordState::Disabled,
            UserEvent::ResetAsked | UserEvent::Joined { .. } => {}
            UserEvent::ResetIssued { to, mailbox, expires } => {
                user.reset =
                    Some(Reset { to: to.clone(), mailbox: *mailbox, issued: stamp.at, expires: *expires });
            }
            UserEvent::Suspended => {
                user.state = UserState::Suspended;
                user.end_session();
            }
            UserEvent::Resumed => user.state = UserState::Active,
            UserEvent::Deleted => {
                user.state = UserState::Deleted;
                user.recovery = None;
                user.end_session();
            }
        }
        Ok(Some(user))
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        match self.state {
            UserState::Deleted => Vec::new(),
            _ => vec![claim::login(&self.login.address)],
        }
    }

    pub(crate) fn terms(&self) -> Vec<Term> {
        match self.state {
            UserState::Deleted => vec![term::deleted()],
            _ => mail_terms(self.mail_addresses()),
        }
    }
}

/// The terms under which those are found whose mail goes to these addresses: by the whole address, by what
/// stands before each possible separator, and by the domain.
pub(crate) fn mail_terms<'a>(addresses: impl Iterator<Item = &'a Address>) -> Vec<Term> {
    let mut terms = Vec::new();
    for address in addresses {
        terms.push(term::mail(address));
        terms.push(term::mail_domain(address.domain()));
        terms.extend(
            SEPARATORS.iter().filter_map(|separator| address.cut(*separator)).map(|base| term::mail(&base)),
        );
    }
    terms.sort();
    terms.dedup();
    terms
}
