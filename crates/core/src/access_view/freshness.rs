//! How far behind the view may be, and what a question does beyond that.

use std::time::Duration;

use crate::words::words;

words! {
    /// What a question does where the store cannot be asked and the access view is older than its bound: whether an
    /// outage of the store keeps people out, or lets in whoever had access when it began.
    #[derive(Default)]
    pub enum Beyond {
        /// It is refused: `view.stale`, to be tried again. Nobody gets in by an access that was taken away.
        #[default]
        Refuse = "refuse",
        /// It is answered with what the view knows, however old: logins go on while the store is away, and so does an
        /// access that somebody took away meanwhile. Questions that read rows too fail all the same.
        Answer = "answer",
    }
}

/// How an access view is kept: how far behind it may be, and what a question does beyond that.
///
/// | where | options | what it means |
/// | --- | --- | --- |
/// | one process has the store to itself | a long [`bound`](Self::bound) | never behind: all commits are made here |
/// | several processes, as usual | the default | an access taken away by another may work for a second |
/// | not even that is wanted | [`strict`](Self::strict) | never behind; one look-up a question |
/// | mail must flow while the store is away | [`beyond`](Self::beyond) with [`Beyond::Answer`] | answers go on, and grow older |
///
/// The bound is about other processes alone: what is committed here is in the view before the command returns. A store
/// that was put back to an earlier day is noticed at the next look, and the view is built anew.
///
/// ```
/// use std::time::Duration;
/// use mailgrant::{Beyond, ViewOptions};
///
/// let mail_server = ViewOptions::default().bound(Duration::from_secs(5)).beyond(Beyond::Answer);
/// assert_eq!(mail_server.bound, Duration::from_secs(5));
/// assert_eq!(ViewOptions::strict().beyond, Beyond::Refuse);
/// ```
///
/// What a view costs, and which questions it answers: [`Directory::with_view`](crate::Directory::with_view).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewOptions {
    /// How far it may be behind commits made elsewhere: a question that finds it older looks at the store first.
    /// Commits made here are in it before their command returns.
    pub bound: Duration,
    /// What a question does where that look fails.
    pub beyond: Beyond,
}

impl Default for ViewOptions {
    /// One second behind at most; refuses beyond.
    fn default() -> Self {
        Self { bound: Duration::from_secs(1), beyond: Beyond::Refuse }
    }
}

impl ViewOptions {
    /// Never behind: every question asks the store first whether anything moved, and is refused where it cannot.
    pub fn strict() -> Self {
        Self { bound: Duration::ZERO, beyond: Beyond::Refuse }
    }

    /// So far behind at most.
    #[must_use]
    pub fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// What a question does where the store cannot be asked.
    #[must_use]
    pub fn beyond(mut self, beyond: Beyond) -> Self {
        self.beyond = beyond;
        self
    }
}

/// What an access view holds, and how far behind it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewState {
    /// How long ago it last looked at the store: what was committed elsewhere since may be missing.
    pub behind: Duration,
    /// How far behind it may be.
    pub bound: Duration,
    /// The users it knows.
    pub users: usize,
    /// The mailboxes it knows.
    pub mailboxes: usize,
    /// The grants it knows.
    pub grants: usize,
    /// The devices it knows, revoked ones too.
    pub devices: usize,
}
