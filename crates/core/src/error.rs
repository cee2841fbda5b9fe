//! What went wrong: one error type, a kind to match on, a stable code to translate, prose for people.

use std::fmt;

use serde_json::{Map, Value};

use crate::store::StoreError;

/// The kind of an [`Error`]: what a program does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input can never be accepted: mend it.
    Invalid,
    /// There is no such thing, or the asker may not see it.
    NotFound,
    /// The present state forbids it: look, then decide again.
    Conflict,
    /// The actor may not do this.
    Denied,
    /// A limit of the policy or of the library is reached.
    Limit,
    /// The store could not be reached or was too busy: try again.
    Unavailable,
    /// Stored data contradicts itself: a human must look.
    Corrupt,
}

impl ErrorKind {
    /// The kind in lower case, as bindings name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Denied => "denied",
            Self::Limit => "limit",
            Self::Unavailable => "unavailable",
            Self::Corrupt => "corrupt",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal => $kind:ident,)+) => {
        /// The stable name of a problem, `noun.problem`. The list only grows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code, in the order of the source.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The code as text, such as `address.taken`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The kind of every error with this code.
            pub const fn kind(self) -> ErrorKind {
                match self { $(Self::$name => ErrorKind::$kind,)+ }
            }
        }
    };
}

codes! {
    /// The actor may not do this; `details.needs` says who may.
    AccessDenied = "access.denied" => Denied,
    /// The acting user is suspended.
    ActorSuspended = "actor.suspended" => Denied,
    /// The text is no address this library accepts (RFC 5321, RFC 6531).
    AddressInvalid = "address.invalid" => Invalid,
    /// A mailbox or alias already has the address.
    AddressTaken = "address.taken" => Conflict,
    /// The address was freed lately and is in quarantine.
    AddressQuarantined = "address.quarantined" => Conflict,
    /// The address looks like another one of the domain (UTS #39).
    AddressLookAlike = "address.look_alike" => Conflict,
    /// The address is somebody's login, recovery or invited address, or one of RFC 2142's.
    AddressReserved = "address.reserved" => Denied,
    /// No such alias, or not visible to the asker.
    AliasNotFound = "alias.not_found" => NotFound,
    /// The mailbox has as many aliases as a grant may add.
    AliasLimit = "alias.limit" => Limit,
    /// A batch that is over or of another thread, or a directory that is used beside its running batch. Raised by
    /// bindings.
    BatchMisused = "batch.misused" => Invalid,
    /// A command would make more events than one commit may hold.
    ChangeTooLarge = "change.too_large" => Limit,
    /// A page cursor that this question did not hand out.
    CursorInvalid = "cursor.invalid" => Invalid,
    /// No such device, or not visible to the asker.
    DeviceNotFound = "device.not_found" => NotFound,
    /// The mailbox has as many devices as the policy allows.
    DeviceLimit = "device.limit" => Limit,
    /// No free selector was drawn; the same call again will draw others.
    DeviceRetry = "device.retry" => Unavailable,
    /// The device is revoked: nothing about it changes any more.
    DeviceRevoked = "device.revoked" => Conflict,
    /// The holder has no grant on the mailbox that could carry a device.
    DeviceHolder = "device.holder" => Invalid,
    /// The device would do more than its holder's grant allows.
    DeviceExceedsGrant = "device.exceeds_grant" => Invalid,
    /// Narrowing that widens, or widening that narrows.
    DeviceBounds = "device.bounds" => Invalid,
    /// A device without any protocol.
    DeviceProtocols = "device.protocols" => Invalid,
    /// The overlap of a rotation is longer than 30 days.
    DeviceGrace = "device.grace" => Invalid,
    /// The mailbox already has a device with a legacy password.
    DeviceLegacyTaken = "device.legacy_taken" => Conflict,
    /// Passwords of another system are not allowed in this directory.
    DeviceLegacyRefused = "device.legacy_refused" => Invalid,
    /// The directory was closed. Raised by bindings.
    DirectoryClosed = "directory.closed" => Invalid,
    /// The directory was opened before the process forked: open it again. Raised by bindings.
    DirectoryForked = "directory.forked" => Invalid,
    /// A past directory answers questions and takes no commands or logins.
    DirectoryPast = "directory.past" => Invalid,
    /// A replica answers questions and takes no commands or logins.
    DirectoryReplica = "directory.replica" => Invalid,
    /// No such domain, or not visible to the asker.
    DomainNotFound = "domain.not_found" => NotFound,
    /// The text is no domain name of two labels or more (RFC 1035, UTS #46).
    DomainInvalid = "domain.invalid" => Invalid,
    /// The organisation already has this domain.
    DomainExists = "domain.exists" => Conflict,
    /// Another organisation has verified the domain.
    DomainTaken = "domain.taken" => Conflict,
    /// The domain is not verified here, so it holds no addresses.
    DomainUnverified = "domain.unverified" => Conflict,
    /// The challenge lapsed: add the domain again.
    DomainLapsed = "domain.lapsed" => Conflict,
    /// The domain has addresses or a catch-all, or others are other names of it.
    DomainInUse = "domain.in_use" => Conflict,
    /// An alias of an alias, of itself, or of a domain elsewhere.
    DomainAlias = "domain.alias" => Invalid,
    /// Aliases, other names or catch-alls tie a domain to what would stay where it is.
    DomainEntangled = "domain.entangled" => Conflict,
    /// What an export was written to failed: begin again.
    ExportUnwritable = "export.unwritable" => Unavailable,
    /// The user already has an unexpired grant on the mailbox.
    GrantExists = "grant.exists" => Conflict,
    /// No such grant, or not visible to the asker.
    GrantNotFound = "grant.not_found" => NotFound,
    /// The grant is past its expiry: grant again.
    GrantExpired = "grant.expired" => Conflict,
    /// The expiry lies in the past.
    ExpiryPast = "expiry.past" => Invalid,
    /// The user holds devices on the mailbox and nobody said what becomes of them.
    GrantDevicesUndecided = "grant.devices_undecided" => Conflict,
    /// The user is no member of the mailbox's organisation.
    GrantNotMember = "grant.not_member" => Conflict,
    /// The actor would give away more than they have.
    GrantExceeds = "grant.exceeds" => Denied,
    /// The text is no id of the kind that is meant.
    IdInvalid = "id.invalid" => Invalid,
    /// What is imported is no sound export; `details` says which line, where in it, and why.
    ImportInvalid = "import.invalid" => Invalid,
    /// The export was written by a newer version.
    ImportNewer = "import.newer" => Invalid,
    /// Something that the export brings is here already; `details` names it.
    ImportTaken = "import.taken" => Conflict,
    /// What an import reads from failed.
    ImportUnreadable = "import.unreadable" => Unavailable,
    /// Text that is empty, too long, or holds control characters.
    TextInvalid = "text.invalid" => Invalid,
    /// An instant that is no RFC 3339 date-time or out of range.
    TimeInvalid = "time.invalid" => Invalid,
    /// An instant in the future.
    TimeFuture = "time.future" => Invalid,
    /// Two instants of which the first is the later one.
    TimeReversed = "time.reversed" => Invalid,
    /// No such invitation, or not visible to the asker.
    InvitationNotFound = "invitation.not_found" => NotFound,
    /// The invitation is past its expiry.
    InvitationExpired = "invitation.expired" => Conflict,
    /// The invitation was accepted, declined or revoked.
    InvitationClosed = "invitation.closed" => Conflict,
    /// The sender could no longer give what the invitation promises.
    InvitationSender = "invitation.sender" => Conflict,
    /// A suspended member cannot better their place by an invitation.
    InvitationSuspended = "invitation.suspended" => Denied,
    /// A mistake in the library itself: please report it. Raised by bindings.
    LibraryFault = "library.fault" => Corrupt,
    /// The login is refused; whatever the reason, the answer is the same.
    LoginRefused = "login.refused" => Denied,
    /// The login address belongs to another user.
    LoginTaken = "login.taken" => Conflict,
    /// Mail to an active user's login or recovery address would stop or go elsewhere.
    LoginDepends = "login.depends" => Conflict,
    /// The address is already confirmed, or none waits to be.
    LoginConfirmed = "login.confirmed" => Conflict,
    /// No such offer of a domain, or not visible to the asker.
    OfferNotFound = "offer.not_found" => NotFound,
    /// The offer is past its expiry.
    OfferExpired = "offer.expired" => Conflict,
    /// The offer is another than the one that was accepted.
    OfferChanged = "offer.changed" => Conflict,
    /// Whoever made the offer could not make it any more.
    OfferSender = "offer.sender" => Conflict,
    /// No such mailbox, or not visible to the asker.
    MailboxNotFound = "mailbox.not_found" => NotFound,
    /// The mailbox is not in the state this needs.
    MailboxState = "mailbox.state" => Conflict,
    /// No such membership, or not visible to the asker.
    MemberNotFound = "member.not_found" => NotFound,
    /// The user is already a member.
    MemberExists = "member.exists" => Conflict,
    /// The membership is not in the state this needs.
    MemberState = "member.state" => Conflict,
    /// Externals have no service rights.
    MemberExternal = "member.external" => Invalid,
    /// No such organisation, or not visible to the asker.
    OrganisationNotFound = "organisation.not_found" => NotFound,
    /// The organisation is suspended.
    OrganisationSuspended = "organisation.suspended" => Denied,
    /// The organisation is not in the state this needs.
    OrganisationState = "organisation.state" => Conflict,
    /// The organisation would have no acting owner.
    OwnerLast = "owner.last" => Conflict,
    /// The password breaks the policy; `details.reason` says how.
    PasswordRefused = "password.refused" => Invalid,
    /// The current password is wrong or may not be used.
    PasswordWrong = "password.wrong" => Denied,
    /// Stored costs beyond what this library will spend.
    PasswordCosts = "password.costs" => Corrupt,
    /// The policy holds a value out of range.
    PolicyInvalid = "policy.invalid" => Invalid,
    /// The text is no sound replica.
    ReplicaInvalid = "replica.invalid" => Invalid,
    /// The replica was written by a newer version.
    ReplicaNewer = "replica.newer" => Invalid,
    /// A request with this id was carried out before.
    RequestDone = "request.done" => Conflict,
    /// Somebody else can read mail to that address here.
    ResetExposed = "reset.exposed" => Conflict,
    /// The user has no verified address of that kind.
    ResetUnverified = "reset.unverified" => Conflict,
    /// The text is no right, role, protocol or service.
    ValueInvalid = "value.invalid" => Invalid,
    /// The secret was shown already; it can never be shown again. Raised by bindings.
    SecretRevealed = "secret.revealed" => Invalid,
    /// The text names no store that can be opened, such as `memory:` or `sqlite:mail.db`. Raised by bindings.
    StoreUrl = "store.url" => Invalid,
    /// Somebody else keeps changing the same things; try again.
    StoreBusy = "store.busy" => Unavailable,
    /// The store did not answer.
    StoreUnavailable = "store.unavailable" => Unavailable,
    /// The disk of the store is full.
    StoreFull = "store.full" => Unavailable,
    /// The store may be read, not written.
    StoreReadOnly = "store.read_only" => Unavailable,
    /// The store was written by a newer version.
    StoreNewer = "store.newer" => Unavailable,
    /// The file is no mailgrant store.
    StoreForeign = "store.foreign" => Invalid,
    /// Stored data contradicts itself.
    StoreCorrupt = "store.corrupt" => Corrupt,
    /// The randomness of the operating system failed.
    EntropyFailed = "entropy.failed" => Unavailable,
    /// The token is unknown, used, replaced or malformed.
    TokenInvalid = "token.invalid" => NotFound,
    /// The token is past its expiry.
    TokenExpired = "token.expired" => Conflict,
    /// No such user, or not visible to the asker.
    UserNotFound = "user.not_found" => NotFound,
    /// The user is not in the state this needs.
    UserState = "user.state" => Conflict,
    /// The access view is older than its bound, and the store could not be asked.
    ViewStale = "view.stale" => Unavailable,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a command or a question was refused.
///
/// ```
/// use mailgrant::{Address, ErrorKind};
///
/// let error = "nobody".parse::<Address>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert_eq!(error.code().as_str(), "address.invalid");
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: String,
    details: Map<String, Value>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with this code and a message: lower case, no full stop, user input in backticks.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { code, message: message.into(), details: Map::new(), source: None }))
    }

    /// Adds one machine-readable detail.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds what caused it.
    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What a program does about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.code.kind()
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Machine-readable facts: ids, limits, names. Never a secret.
    pub fn details(&self) -> &Map<String, Value> {
        &self.0.details
    }

    /// Whether the same call may go through later without any change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.code,
            Code::DeviceRetry
                | Code::StoreBusy
                | Code::StoreUnavailable
                | Code::EntropyFailed
                | Code::ViewStale
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code.as_str())
            .field("message", &self.0.message)
            .field("details", &self.0.details)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A stored entity and the event applied to it contradict each other.
#[derive(Debug, Clone, thiserror::Error)]
#[error("stored data contradicts itself: {0}")]
pub struct Corrupt(pub String);

impl From<Corrupt> for Error {
    fn from(corrupt: Corrupt) -> Self {
        Error::new(Code::StoreCorrupt, corrupt.to_string())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Conflict | StoreError::Claimed(_) => Code::StoreBusy,
            StoreError::Done => Code::RequestDone,
            StoreError::Unavailable(_) | StoreError::GivenUp => Code::StoreUnavailable,
            StoreError::Full(_) => Code::StoreFull,
            StoreError::ReadOnly(_) => Code::StoreReadOnly,
            StoreError::Newer { .. } => Code::StoreNewer,
            StoreError::Foreign(_) => Code::StoreForeign,
            StoreError::Corrupt(_) => Code::StoreCorrupt,
            StoreError::UnknownMark(_) => Code::CursorInvalid,
        };
        Error::new(code, error.to_string())
    }
}
