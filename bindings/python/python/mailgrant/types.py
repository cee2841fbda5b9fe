# Written by `cargo xtask generate` from the core's own tables. Change those instead.
"""What there is, what is answered, and the words for it.

Everything here is frozen: it says how things stood when the question was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from mailgrant._frozen import FrozenMap, IPAddress, Network
from mailgrant._happened import Command, Entry, Event
from mailgrant._native import (
    Bearer,
    ChangeId,
    DeviceId,
    DevicePassword,
    InvitationId,
    MailboxId,
    OrganisationId,
    System,
    Token,
    UserId,
)
from mailgrant._paging import Page

Actor: TypeAlias = UserId | System | Bearer
"""Who acts, and who acted: a signed-in person, the host program, or whoever holds a token."""


class Code(StrEnum):
    """The stable name of a problem, `noun.problem`. The list only grows."""

    ACCESS_DENIED = "access.denied"
    """The actor may not do this; `details.needs` says who may."""
    ACTOR_SUSPENDED = "actor.suspended"
    """The acting user is suspended."""
    ADDRESS_INVALID = "address.invalid"
    """The text is no address this library accepts (RFC 5321, RFC 6531)."""
    ADDRESS_TAKEN = "address.taken"
    """A mailbox or alias already has the address."""
    ADDRESS_QUARANTINED = "address.quarantined"
    """The address was freed lately and is in quarantine."""
    ADDRESS_LOOK_ALIKE = "address.look_alike"
    """The address looks like another one of the domain (UTS #39)."""
    ADDRESS_RESERVED = "address.reserved"
    """The address is somebody's login, recovery or invited address, or one of RFC 2142's."""
    ALIAS_NOT_FOUND = "alias.not_found"
    """No such alias, or not visible to the asker."""
    ALIAS_LIMIT = "alias.limit"
    """The mailbox has as many aliases as a grant may add."""
    BATCH_MISUSED = "batch.misused"
    """A batch that is over or of another thread, or a directory that is used beside its running batch.
    Raised by bindings.
    """
    CHANGE_TOO_LARGE = "change.too_large"
    """A command would make more events than one commit may hold."""
    CURSOR_INVALID = "cursor.invalid"
    """A page cursor that this question did not hand out."""
    DEVICE_NOT_FOUND = "device.not_found"
    """No such device, or not visible to the asker."""
    DEVICE_LIMIT = "device.limit"
    """The mailbox has as many devices as the policy allows."""
    DEVICE_RETRY = "device.retry"
    """No free selector was drawn; the same call again will draw others."""
    DEVICE_REVOKED = "device.revoked"
    """The device is revoked: nothing about it changes any more."""
    DEVICE_HOLDER = "device.holder"
    """The holder has no grant on the mailbox that could carry a device."""
    DEVICE_EXCEEDS_GRANT = "device.exceeds_grant"
    """The device would do more than its holder's grant allows."""
    DEVICE_BOUNDS = "device.bounds"
    """Narrowing that widens, or widening that narrows."""
    DEVICE_PROTOCOLS = "device.protocols"
    """A device without any protocol."""
    DEVICE_GRACE = "device.grace"
    """The overlap of a rotation is longer than 30 days."""
    DEVICE_LEGACY_TAKEN = "device.legacy_taken"
    """The mailbox already has a device with a legacy password."""
    DEVICE_LEGACY_REFUSED = "device.legacy_refused"
    """Passwords of another system are not allowed in this directory."""
    DIRECTORY_CLOSED = "directory.closed"
    """The directory was closed. Raised by bindings."""
    DIRECTORY_FORKED = "directory.forked"
    """The directory was opened before the process forked: open it again. Raised by bindings."""
    DIRECTORY_PAST = "directory.past"
    """A past directory answers questions and takes no commands or logins."""
    DIRECTORY_REPLICA = "directory.replica"
    """A replica answers questions and takes no commands or logins."""
    DOMAIN_NOT_FOUND = "domain.not_found"
    """No such domain, or not visible to the asker."""
    DOMAIN_INVALID = "domain.invalid"
    """The text is no domain name of two labels or more (RFC 1035, UTS #46)."""
    DOMAIN_EXISTS = "domain.exists"
    """The organisation already has this domain."""
    DOMAIN_TAKEN = "domain.taken"
    """Another organisation has verified the domain."""
    DOMAIN_UNVERIFIED = "domain.unverified"
    """The domain is not verified here, so it holds no addresses."""
    DOMAIN_LAPSED = "domain.lapsed"
    """The challenge lapsed: add the domain again."""
    DOMAIN_IN_USE = "domain.in_use"
    """The domain has addresses or a catch-all, or others are other names of it."""
    DOMAIN_ALIAS = "domain.alias"
    """An alias of an alias, of itself, or of a domain elsewhere."""
    DOMAIN_ENTANGLED = "domain.entangled"
    """Aliases, other names or catch-alls tie a domain to what would stay where it is."""
    EXPORT_UNWRITABLE = "export.unwritable"
    """What an export was written to failed: begin again."""
    GRANT_EXISTS = "grant.exists"
    """The user already has an unexpired grant on the mailbox."""
    GRANT_NOT_FOUND = "grant.not_found"
    """No such grant, or not visible to the asker."""
    GRANT_EXPIRED = "grant.expired"
    """The grant is past its expiry: grant again."""
    EXPIRY_PAST = "expiry.past"
    """The expiry lies in the past."""
    GRANT_DEVICES_UNDECIDED = "grant.devices_undecided"
    """The user holds devices on the mailbox and nobody said what becomes of them."""
    GRANT_NOT_MEMBER = "grant.not_member"
    """The user is no member of the mailbox's organisation."""
    GRANT_EXCEEDS = "grant.exceeds"
    """The actor would give away more than they have."""
    ID_INVALID = "id.invalid"
    """The text is no id of the kind that is meant."""
    IMPORT_INVALID = "import.invalid"
    """What is imported is no sound export; `details` says which line, where in it, and why."""
    IMPORT_NEWER = "import.newer"
    """The export was written by a newer version."""
    IMPORT_TAKEN = "import.taken"
    """Something that the export brings is here already; `details` names it."""
    IMPORT_UNREADABLE = "import.unreadable"
    """What an import reads from failed."""
    TEXT_INVALID = "text.invalid"
    """Text that is empty, too long, or holds control characters."""
    TIME_INVALID = "time.invalid"
    """An instant that is no RFC 3339 date-time or out of range."""
    TIME_FUTURE = "time.future"
    """An instant in the future."""
    TIME_REVERSED = "time.reversed"
    """Two instants of which the first is the later one."""
    INVITATION_NOT_FOUND = "invitation.not_found"
    """No such invitation, or not visible to the asker."""
    INVITATION_EXPIRED = "invitation.expired"
    """The invitation is past its expiry."""
    INVITATION_CLOSED = "invitation.closed"
    """The invitation was accepted, declined or revoked."""
    INVITATION_SENDER = "invitation.sender"
    """The sender could no longer give what the invitation promises."""
    INVITATION_SUSPENDED = "invitation.suspended"
    """A suspended member cannot better their place by an invitation."""
    LIBRARY_FAULT = "library.fault"
    """A mistake in the library itself: please report it. Raised by bindings."""
    LOGIN_REFUSED = "login.refused"
    """The login is refused; whatever the reason, the answer is the same."""
    LOGIN_TAKEN = "login.taken"
    """The login address belongs to another user."""
    LOGIN_DEPENDS = "login.depends"
    """Mail to an active user's login or recovery address would stop or go elsewhere."""
    LOGIN_CONFIRMED = "login.confirmed"
    """The address is already confirmed, or none waits to be."""
    OFFER_NOT_FOUND = "offer.not_found"
    """No such offer of a domain, or not visible to the asker."""
    OFFER_EXPIRED = "offer.expired"
    """The offer is past its expiry."""
    OFFER_CHANGED = "offer.changed"
    """The offer is another than the one that was accepted."""
    OFFER_SENDER = "offer.sender"
    """Whoever made the offer could not make it any more."""
    MAILBOX_NOT_FOUND = "mailbox.not_found"
    """No such mailbox, or not visible to the asker."""
    MAILBOX_STATE = "mailbox.state"
    """The mailbox is not in the state this needs."""
    MEMBER_NOT_FOUND = "member.not_found"
    """No such membership, or not visible to the asker."""
    MEMBER_EXISTS = "member.exists"
    """The user is already a member."""
    MEMBER_STATE = "member.state"
    """The membership is not in the state this needs."""
    MEMBER_EXTERNAL = "member.external"
    """Externals have no service rights."""
    ORGANISATION_NOT_FOUND = "organisation.not_found"
    """No such organisation, or not visible to the asker."""
    ORGANISATION_SUSPENDED = "organisation.suspended"
    """The organisation is suspended."""
    ORGANISATION_STATE = "organisation.state"
    """The organisation is not in the state this needs."""
    OWNER_LAST = "owner.last"
    """The organisation would have no acting owner."""
    PASSWORD_REFUSED = "password.refused"
    """The password breaks the policy; `details.reason` says how."""
    PASSWORD_WRONG = "password.wrong"
    """The current password is wrong or may not be used."""
    PASSWORD_COSTS = "password.costs"
    """Stored costs beyond what this library will spend."""
    POLICY_INVALID = "policy.invalid"
    """The policy holds a value out of range."""
    REPLICA_INVALID = "replica.invalid"
    """The text is no sound replica."""
    REPLICA_NEWER = "replica.newer"
    """The replica was written by a newer version."""
    REQUEST_DONE = "request.done"
    """A request with this id was carried out before."""
    RESET_EXPOSED = "reset.exposed"
    """Somebody else can read mail to that address here."""
    RESET_UNVERIFIED = "reset.unverified"
    """The user has no verified address of that kind."""
    VALUE_INVALID = "value.invalid"
    """The text is no right, role, protocol or service."""
    SECRET_REVEALED = "secret.revealed"
    """The secret was shown already; it can never be shown again. Raised by bindings."""
    STORE_URL = "store.url"
    """The text names no store that can be opened, such as `memory:` or `sqlite:mail.db`. Raised by
    bindings.
    """
    STORE_BUSY = "store.busy"
    """Somebody else keeps changing the same things; try again."""
    STORE_UNAVAILABLE = "store.unavailable"
    """The store did not answer."""
    STORE_FULL = "store.full"
    """The disk of the store is full."""
    STORE_READ_ONLY = "store.read_only"
    """The store may be read, not written."""
    STORE_NEWER = "store.newer"
    """The store was written by a newer version."""
    STORE_FOREIGN = "store.foreign"
    """The file is no mailgrant store."""
    STORE_CORRUPT = "store.corrupt"
    """Stored data contradicts itself."""
    ENTROPY_FAILED = "entropy.failed"
    """The randomness of the operating system failed."""
    TOKEN_INVALID = "token.invalid"
    """The token is unknown, used, replaced or malformed."""
    TOKEN_EXPIRED = "token.expired"
    """The token is past its expiry."""
    USER_NOT_FOUND = "user.not_found"
    """No such user, or not visible to the asker."""
    USER_STATE = "user.state"
    """The user is not in the state this needs."""
    VIEW_STALE = "view.stale"
    """The access view is older than its bound, and the store could not be asked."""


class Account(StrEnum):
    """With which account an invitation was accepted."""

    EXISTING = "existing"
    """One that was there before."""
    NEW = "new"
    """One that was made for it, with the invited address as its login."""


class AddressKind(StrEnum):
    """Which of a user's addresses."""

    LOGIN = "login"
    """The one they sign in with."""
    RECOVERY = "recovery"
    """The one a reset may go to besides."""


AddressKindLike: TypeAlias = AddressKind | Literal["login", "recovery"]


class AliasSending(StrEnum):
    """Whether one may send as an alias."""

    ALLOWED = "allowed"
    """Those who may send from the mailbox may send as the alias."""
    REFUSED = "refused"
    """Nobody sends as it; it only receives."""


AliasSendingLike: TypeAlias = AliasSending | Literal["allowed", "refused"]


class Authority(StrEnum):
    """Who suspended or held something. What System suspended only System resumes."""

    MEMBER = "member"
    """Someone in the organisation."""
    SYSTEM = "system"
    """The host program."""


class Beyond(StrEnum):
    """What a question does where the store cannot be asked and the access view is older than its bound:
    whether an outage of the store keeps people out, or lets in whoever had access when it began.
    """

    REFUSE = "refuse"
    """It is refused: `view.stale`, to be tried again. Nobody gets in by an access that was taken away."""
    ANSWER = "answer"
    """It is answered with what the view knows, however old: logins go on while the store is away, and
    so does an access that somebody took away meanwhile. Questions that read rows too fail all the same.
    """


BeyondLike: TypeAlias = Beyond | Literal["refuse", "answer"]


class CutOff(StrEnum):
    """What would cut somebody off from the mail they sign in by."""

    MAILBOX_SUSPENDED = "mailbox_suspended"
    """The mailbox is suspended: nobody reads it."""
    MAILBOX_CLOSED = "mailbox_closed"
    """The mailbox is closed: mail is refused too."""
    MAILBOX_DELETED = "mailbox_deleted"
    """The mailbox is deleted."""
    MAILBOX_RENAMED = "mailbox_renamed"
    """The mailbox gets another address and does not keep this one as an alias."""
    ALIAS_REMOVED = "alias_removed"
    """The alias is removed, or leads elsewhere."""
    CATCH_ALL_CHANGED = "catch_all_changed"
    """The domain's catch-all becomes another, or none; or somebody opens the address."""
    SEPARATOR_CHANGED = "separator_changed"
    """The organisation's separator becomes another, or none; or somebody opens the address."""
    DOMAIN_ALIAS_ENDED = "domain_alias_ended"
    """The domain is no other name of the mailbox's any more, or is removed."""
    GRANT_ENDED = "grant_ended"
    """Their own grant on the mailbox ends or expires."""
    MEMBERSHIP_ENDED = "membership_ended"
    """Their membership is suspended or ends."""
    ORGANISATION_SUSPENDED = "organisation_suspended"
    """The organisation is suspended: mail waits and nobody reads it."""
    ORGANISATION_DELETED = "organisation_deleted"
    """The organisation is deleted, or its domain goes."""


class Delivery(StrEnum):
    """What a mail server does with mail to an address."""

    ACCEPT = "accept"
    """Take it: the mailbox is open or suspended."""
    REFUSE = "refuse"
    """Refuse it for good (RFC 5321: 5yz)."""
    DEFER = "defer"
    """Ask to try again later (RFC 5321: 4yz): the organisation is suspended."""


class DeviceObstacle(StrEnum):
    """Why a device password that is right does not open its mailbox."""

    REVOKED = "revoked"
    """The device was revoked."""
    EXPIRED = "expired"
    """The device is past its expiry."""
    REPLACED = "replaced"
    """A rotation replaced the password."""
    PROTOCOL = "protocol"
    """The protocol is not among the device's."""
    NETWORK = "network"
    """The source address is not in the device's networks, or not known."""
    MAILBOX_SUSPENDED = "mailbox_suspended"
    """The mailbox is suspended."""
    MAILBOX_CLOSED = "mailbox_closed"
    """The mailbox is closed or gone."""
    ORGANISATION_SUSPENDED = "organisation_suspended"
    """The organisation is suspended or gone."""
    HOLDER = "holder"
    """The holder has no effective access any more."""
    HOLDER_RIGHT = "holder_right"
    """The holder may not do what the protocol needs."""
    SENDING_HELD = "sending_held"
    """Sending from the mailbox is held."""
    PASSWORD_MISSING = "password_missing"
    """The device came from elsewhere without its password: rotate it."""


class DifferenceKind(StrEnum):
    """What became of somebody's access."""

    GAINED = "gained"
    """There was none before."""
    LOST = "lost"
    """There is none afterwards."""
    CHANGED = "changed"
    """It is another."""


class FormerAddress(StrEnum):
    """What becomes of the address that a mailbox had."""

    ALIAS = "alias"
    """It leads to the mailbox as an alias."""
    FREE = "free"
    """It goes into quarantine, and mail to it is refused."""


FormerAddressLike: TypeAlias = FormerAddress | Literal["alias", "free"]


class HeldDevices(StrEnum):
    """What becomes of the devices that a person holds on a mailbox whose grant ends. There is no
    default.
    """

    REVOKE = "revoke"
    """They are revoked."""
    RELEASE = "release"
    """They go on without a holder, within what the grant allowed. For those who may add a device for
    nobody.
    """


HeldDevicesLike: TypeAlias = HeldDevices | Literal["revoke", "release"]


class ExportHistory(StrEnum):
    """Whether an export holds what happened, besides what there is."""

    WITH = "with"
    """It does: afterwards the past can be asked about too."""
    WITHOUT = "without"
    """It holds what there is now."""


ExportHistoryLike: TypeAlias = ExportHistory | Literal["with", "without"]


class InvitationState(StrEnum):
    """What became of an invitation."""

    PENDING = "pending"
    """It waits for its answer."""
    ACCEPTED = "accepted"
    """It was accepted."""
    DECLINED = "declined"
    """The invited person declined."""
    REVOKED = "revoked"
    """Somebody took it back."""


class Level(StrEnum):
    """How far a service right goes."""

    USE = "use"
    """Uses the service."""
    MANAGE = "manage"
    """Runs it."""


LevelLike: TypeAlias = Level | Literal["use", "manage"]


class Link(StrEnum):
    """The links of the chain from a person to a right on a mailbox."""

    USER = "user"
    """The person, who must be active."""
    MAILBOX = "mailbox"
    """The mailbox, which must be open."""
    ORGANISATION = "organisation"
    """Its organisation, which must be active."""
    MEMBERSHIP = "membership"
    """The person's membership there, which must be active."""
    GRANT = "grant"
    """Their grant on the mailbox, which must not be past its expiry."""
    RIGHT = "right"
    """The right, which must be `read` or in the grant."""
    SENDING = "sending"
    """The mailbox's sending, which must not be held where the right is `send`."""


class LoginWarning(StrEnum):
    """What a person should know about an answer that is no refusal."""

    LOGIN_HOSTED_HERE = "login.hosted_here"
    """The login is an address of a domain hosted here: who loses the mailbox loses the way to reset the
    password.
    """


class MailboxState(StrEnum):
    """Whether a mailbox takes mail and lets people in."""

    OPEN = "open"
    """Both."""
    SUSPENDED = "suspended"
    """Mail is accepted; nobody gets in and nothing is sent."""
    CLOSED = "closed"
    """Mail is refused too; everything comes back on reopening."""
    DELETED = "deleted"
    """Gone; the id stays for the history."""


class MembershipState(StrEnum):
    """Whether a membership counts."""

    ACTIVE = "active"
    """It counts."""
    SUSPENDED = "suspended"
    """It stands and gives nothing; the member's devices stop with it."""


class Obstacle(StrEnum):
    """What is wrong with a link."""

    USER_UNKNOWN = "user_unknown"
    """There is no such user."""
    USER_SUSPENDED = "user_suspended"
    """The user is suspended."""
    MAILBOX_UNKNOWN = "mailbox_unknown"
    """There is no such mailbox."""
    MAILBOX_SUSPENDED = "mailbox_suspended"
    """The mailbox is suspended."""
    MAILBOX_CLOSED = "mailbox_closed"
    """The mailbox is closed."""
    ORGANISATION_UNKNOWN = "organisation_unknown"
    """The organisation is gone."""
    ORGANISATION_SUSPENDED = "organisation_suspended"
    """The organisation is suspended."""
    MEMBERSHIP_MISSING = "membership_missing"
    """The user is no member."""
    MEMBERSHIP_SUSPENDED = "membership_suspended"
    """The membership is suspended."""
    GRANT_MISSING = "grant_missing"
    """The user has no grant on the mailbox."""
    GRANT_EXPIRED = "grant_expired"
    """The grant is past its expiry."""
    RIGHT_MISSING = "right_missing"
    """The grant does not give the right."""
    SENDING_HELD = "sending_held"
    """Sending from the mailbox is held."""


class OfferedAccess(StrEnum):
    """What becomes of access to the mailboxes of a domain that goes to another organisation."""

    ENDS = "ends"
    """It ends: all grants and all devices are revoked."""
    GOES_ON = "goes_on"
    """It goes on: whoever has a grant becomes an External there, and devices work as before."""


OfferedAccessLike: TypeAlias = OfferedAccess | Literal["ends", "goes_on"]


class OnDependants(StrEnum):
    """What to do where mail to somebody's login or recovery address would stop or go elsewhere."""

    REFUSE = "refuse"
    """Refuse: `login.depends`."""
    GO_ON = "go_on"
    """Go on all the same. Managers alone may say so."""


OnDependantsLike: TypeAlias = OnDependants | Literal["refuse", "go_on"]


class Order(StrEnum):
    """The direction of a journal page."""

    OLDEST = "oldest"
    """By (stream, sequence), rising."""
    NEWEST = "newest"
    """By (stream, sequence), falling."""


OrderLike: TypeAlias = Order | Literal["oldest", "newest"]


class OrganisationState(StrEnum):
    """Whether an organisation works."""

    ACTIVE = "active"
    """It works."""
    SUSPENDED = "suspended"
    """Nobody gets in and mail waits; only reading and export go on."""
    DELETED = "deleted"
    """Gone; the id stays for the history."""


class PasswordState(StrEnum):
    """Whether a person can sign in with a password."""

    MISSING = "missing"
    """None was ever set."""
    SET = "set"
    """One is set."""
    DISABLED = "disabled"
    """Guessed at too often; a reset makes a new one (NIST SP 800-63B-4 §3.2.2)."""


class Proof(StrEnum):
    """Whether somebody proved that an address is theirs."""

    VERIFIED = "verified"
    """A token that was sent there came back, or the host vouches for it."""
    UNVERIFIED = "unverified"
    """Not yet."""


ProofLike: TypeAlias = Proof | Literal["verified", "unverified"]


class Protocol(StrEnum):
    """How a mail program talks to the server."""

    IMAP = "imap"
    """IMAP (RFC 9051)."""
    POP3 = "pop3"
    """POP3 (RFC 1939)."""
    SMTP = "smtp"
    """SMTP submission (RFC 6409)."""
    MANAGE_SIEVE = "managesieve"
    """ManageSieve (RFC 5804)."""
    JMAP = "jmap"
    """JMAP (RFC 8620)."""
    CAL_DAV = "caldav"
    """CalDAV (RFC 4791)."""
    CARD_DAV = "carddav"
    """CardDAV (RFC 6352)."""


ProtocolLike: TypeAlias = Protocol | Literal["imap", "pop3", "smtp", "managesieve", "jmap", "caldav", "carddav"]


class Reclaim(StrEnum):
    """What to do with an address that is in quarantine."""

    NO = "no"
    """Leave it there: `address.quarantined`."""
    YES = "yes"
    """Take it back. Managers alone may say so. Nothing of what it was comes with it."""


ReclaimLike: TypeAlias = Reclaim | Literal["no", "yes"]


class ReviewRows(StrEnum):
    """Which rows of a review."""

    ALL = "all"
    """One for every access, so that a reviewer ticks all of them off."""
    WARNED = "warned"
    """Those with warnings."""


ReviewRowsLike: TypeAlias = ReviewRows | Literal["all", "warned"]


class Right(StrEnum):
    """What a person may do with a mailbox besides reading it."""

    READ = "read"
    """Read it. Every grant implies it; none lists it."""
    SEND = "send"
    """Send from it."""
    DEVICES = "devices"
    """Set up one's own devices."""
    AUTO_REPLIES = "auto_replies"
    """Set automatic replies."""
    SIGNATURES = "signatures"
    """Change signatures."""
    FORWARDING = "forwarding"
    """Forward its mail elsewhere."""
    ALIASES = "aliases"
    """Add and remove its aliases."""
    ACTIVITY = "activity"
    """See its history."""
    RESTORATIONS = "restorations"
    """Restore what was deleted."""
    FILTERS = "filters"
    """Change filters."""
    RULES = "rules"
    """Change rules."""
    FOLDERS = "folders"
    """Change folders."""
    SECURITY = "security"
    """Change its security settings."""
    SHARING = "sharing"
    """Grant it to others, within one's own rights."""


RightLike: TypeAlias = Right | Literal["read", "send", "devices", "auto_replies", "signatures", "forwarding", "aliases", "activity", "restorations", "filters", "rules", "folders", "security", "sharing"]


class Role(StrEnum):
    """What a member is in an organisation."""

    EXTERNAL = "external"
    """Someone outside: only the mailboxes granted to them, no service rights."""
    COLLABORATOR = "collaborator"
    """The services they were given."""
    ADMIN = "admin"
    """Everything but owners and the organisation's end."""
    OWNER = "owner"
    """Everything; only an owner makes another."""


RoleLike: TypeAlias = Role | Literal["external", "collaborator", "admin", "owner"]


class Sending(StrEnum):
    """Whether mail may be sent from a mailbox."""

    ALLOWED = "allowed"
    """It may."""
    HELD = "held"
    """It may not, whoever asks."""


class SharingInvites(StrEnum):
    """Whether outsiders may be invited by those who hold `Sharing` on a mailbox."""

    ALLOWED = "allowed"
    """They may invite Externals to that mailbox, within their own bounds."""
    REFUSED = "refused"
    """They may not."""


SharingInvitesLike: TypeAlias = SharingInvites | Literal["allowed", "refused"]


class Step(StrEnum):
    """A step on the way from an address to a mailbox."""

    ALIAS_DOMAIN = "alias_domain"
    """The domain is another name of a domain."""
    SUBADDRESS = "subaddress"
    """What follows the separator was cut off (RFC 5233)."""
    MAILBOX = "mailbox"
    """It is the mailbox's own address."""
    ALIAS = "alias"
    """It is an alias of the mailbox."""
    CATCH_ALL = "catch_all"
    """Nobody has it, and the domain's catch-all takes it."""
    QUARANTINE = "quarantine"
    """It was freed lately and is in quarantine."""
    UNKNOWN = "unknown"
    """Nobody has it."""
    UNKNOWN_DOMAIN = "unknown_domain"
    """Nobody verified the domain here."""


class Through(StrEnum):
    """Through what a mailbox is reached."""

    GRANT = "grant"
    """A grant, without another password."""
    DEVICE_PASSWORD = "device_password"
    """The password of one device."""
    LEGACY_PASSWORD = "legacy_password"
    """The mailbox password of another system."""


class UserState(StrEnum):
    """Whether a user may do anything at all."""

    ACTIVE = "active"
    """May act."""
    SUSPENDED = "suspended"
    """Suspended by the host: no login, no access, no device."""
    DELETED = "deleted"
    """Gone; the id stays for the history."""


class WarningKind(StrEnum):
    """Why something deserves a second look."""

    ORGANISATION_OWNERLESS = "organisation.ownerless"
    """No owner of the organisation can act. The command makes an acting admin, or whoever was a member
    longest, its owner, and is for the host to run.
    """
    ORGANISATION_SUSPENDED = "organisation.suspended"
    """The organisation is suspended: nobody gets in, and no command of the other warnings goes through."""
    NEVER_USED = "access.never_used"
    """It was given more than 30 days ago and never used."""
    UNUSED = "access.unused"
    """It was not used for 90 days."""
    EXPIRED = "access.expired"
    """It is past its expiry and gives nothing any more."""
    EXPIRES_SOON = "access.expires_soon"
    """It ends within 14 days. The command lets it go on for 90 days more; to let it end, do nothing."""
    EXTERNAL = "access.external"
    """Somebody from outside the organisation has it."""
    SELF_GIVEN = "grant.self_given"
    """Its holder gave it to herself."""
    GIVER_LOST = "grant.giver_lost"
    """Whoever gave it, or changed it last, could not give it today: they left, or lost the power or the
    rights for it.
    """
    HOLDERLESS = "device.holderless"
    """Nobody holds the device, so that it ends with nobody's access."""
    KNOWN_TO_LEAVER = "device.known_to_leaver"
    """Somebody was shown a password that still works and has no access to the mailbox any more."""
    LEGACY = "device.legacy"
    """The device still works by the mailbox password of another system."""
    INVITATION_EXPIRED = "invitation.expired"
    """The invitation is past its expiry and cannot be accepted."""
    SENDER_LOST = "invitation.sender_lost"
    """Whoever sent the invitation could not give today what it promises, so that it cannot be accepted."""


class WayBack(StrEnum):
    """How somebody who lost their password would get in again."""

    ELSEWHERE = "elsewhere"
    """By a reset to a proved address that is none of the organisation's. What becomes of mail there,
    where that is hosted here for another one, the host alone is told.
    """
    DEVICE = "device"
    """By a reset that a device of theirs reads, without signing in."""
    NOTHING = "nothing"
    """Not at all without help: every reset would go where they must be signed in to read it, where
    nobody reads it, or where somebody else does, so that it is refused (`reset.exposed`).
    """


Services: TypeAlias = Mapping[str, Level]
"""Service rights: `mail`, `sites`, `domains`, `billing` or `other:NAME`, each at a level."""

NO_SERVICES: Services = FrozenMap()
"""No service rights."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer of accepting."""

    user: UserId
    """The member."""
    organisation: OrganisationId
    """Where."""
    mailboxes: tuple[MailboxId, ...]
    """The promised mailboxes that they reach now."""
    left_out: tuple[MailboxId, ...]
    """Promised mailboxes that are gone, or were promised for a time that is over."""
    unchanged: tuple[MailboxId, ...]
    """Promised mailboxes where the grant they had stays as it was: the promise and it do not add up to
    one that somebody gave.
    """
    warnings: tuple[LoginWarning, ...]
    """What they should know."""


@dataclass(frozen=True, slots=True)
class Access:
    """One way to a mailbox."""

    who: Reacher
    """Who or what."""
    through: Through
    """Through what."""
    rights: frozenset[Right]
    """What it gives besides reading; of a device what it gives now, which is never more than its
    holder's.
    """
    since: datetime
    """Since when."""
    by: Actor
    """Who gave or made it."""
    until: datetime | None
    """Until when."""
    last_used: LastUse | None
    """When it was last used, of a person's also through a device of theirs. For themselves, a device's
    for its holder, and for the managers.
    """
    blocked: str | None
    """What stands in the way now, such as `user_suspended`; nothing where it works."""


@dataclass(frozen=True, slots=True)
class AccessEnded:
    """A grant that ended with a transfer."""

    mailbox: MailboxId
    """Of which mailbox."""
    address: str
    """Its address."""
    user: UserId
    """Whose it was."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another entrance to a mailbox."""

    organisation: OrganisationId
    """Whose it is."""
    mailbox: MailboxId
    """Where it leads."""
    address: str
    """The address, unique among addresses."""
    sending: AliasSending
    """Whether one may send as it."""
    added_at: datetime
    """Since when it exists."""


@dataclass(frozen=True, slots=True)
class AliasRemoved:
    """The answer of `remove_alias`."""

    quarantined_until: datetime | None
    """Until when the address is in quarantine."""


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What whoever has a device's password can do with it now."""

    device: DeviceId
    """The device."""
    label: str
    """What people call it."""
    state: DeviceState
    """Whether it was revoked, and since when."""
    mailbox: MailboxId
    """The mailbox that it opens."""
    address: str
    """Its address, under which it logs in."""
    opens: bool
    """Whether it opens anything now."""
    protocols: tuple[OpenProtocol, ...]
    """The protocols that it may use, and those by which it was used before."""
    networks: tuple[Network, ...] | None
    """The networks that it may come from; none for all."""
    secrets: tuple[LiveSecret, ...]
    """The passwords that work, the present one first; nothing where it is revoked or came by an import."""
    until: datetime | None
    """Until when, by its own expiry or its holder's grant."""
    holder: Person | None
    """Whose it is; nobody's for a CRM or a printer."""
    handed_to: str | None
    """Who has it, in words."""
    known_to: tuple[UserId, ...]
    """Everyone to whom any password of it was ever shown."""
    senders: Page[str]
    """A page of the addresses that it sends as now, the mailbox's own first; nothing where it may not
    send.
    """
    separator: str | None
    """What separates a user from the rest of a subaddress: it sends as every subaddress of the
    mailbox's own addresses too.
    """


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a device may do."""

    protocols: frozenset[Protocol]
    """The protocols that it may use."""
    networks: tuple[Network, ...] | None
    """The networks that it may come from; `None` for all."""
    expires: datetime | None
    """Until when; good while it is earlier than that."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A link of the chain from a person to a right."""

    link: Link
    """Which link."""
    obstacle: Obstacle | None
    """What is wrong with it, if anything."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was appended after a cursor."""

    entries: tuple[Entry, ...]
    """The entries, those of one stream in their order. Empty where nothing moved."""
    next: str
    """Where to go on from, now or when something moves."""


@dataclass(frozen=True, slots=True)
class ComparedPerson:
    """A person's access to a mailbox."""

    mailbox: MailboxId
    """The mailbox."""
    address: str
    """Its address."""
    person: Person
    """Who."""


@dataclass(frozen=True, slots=True)
class ComparedDevice:
    """A device's access to its mailbox."""

    mailbox: MailboxId
    """The mailbox."""
    address: str
    """Its address."""
    device: DeviceId
    """The device."""
    label: str
    """What people call it."""


@dataclass(frozen=True, slots=True)
class ConfirmationIssued:
    """The answer of `issue_confirmation`."""

    token: Token
    """What to mail. Good for 24 hours."""
    send_to: str
    """Where to."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The answer of `confirm_address`."""

    user: UserId
    """Whose address it is."""
    kind: AddressKind
    """Which of theirs."""
    address: str
    """The address."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An address and whether it is proved."""

    address: str
    """The address."""
    proof: Proof
    """Whether it counts."""


@dataclass(frozen=True, slots=True)
class Device:
    """One mail program on one machine."""

    id: DeviceId
    """The id."""
    organisation: OrganisationId
    """Whose mailbox it is."""
    mailbox: MailboxId
    """The mailbox that it opens."""
    label: str
    """What people call it."""
    holder: UserId | None
    """Whose it is; nobody's for a CRM or a printer."""
    handed_to: str | None
    """Who has it, in words, where nobody with an account does."""
    made_by: Actor
    """Who made it."""
    made_at: datetime
    """Since when."""
    known_to: tuple[UserId, ...]
    """Everyone to whom a secret of it was shown."""
    bounds: Bounds
    """What it may do."""
    state: DeviceState
    """Whether it works."""
    secret: DeviceSecret
    """Its secret, without what is secret about it."""
    rotation: Rotation | None = None
    """Its last rotation; none while its first secret is the present one."""


@dataclass(frozen=True, slots=True)
class PasswordSecret:
    """One that this library made. Its selector is public."""

    selector: str
    """Tells it from the other passwords of the mailbox."""
    former: FormerSecret | None
    """The one before, while a rotation overlaps, and afterwards so that it is recognised."""


@dataclass(frozen=True, slots=True)
class LegacySecret:
    """The mailbox password of another system, as it came from there."""


@dataclass(frozen=True, slots=True)
class MissingSecret:
    """None: the device came from elsewhere without its password, and opens nothing until it is rotated."""


@dataclass(frozen=True, slots=True)
class DeviceActive:
    """It works, as far as its holder, mailbox and organisation let it."""


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """Never again; it stays recognisable."""

    at: datetime
    """When."""
    by: Actor
    """By whom."""


@dataclass(frozen=True, slots=True)
class DevicesRevoked:
    """The answer of the commands that revoke many devices."""

    devices: tuple[DeviceId, ...]
    """The devices that never work again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What somebody gained, lost, or has otherwise than before."""

    whose: Compared
    """Whose access it is."""
    change: DifferenceKind
    """What became of it."""
    before: Situation
    """How it stood at the first instant."""
    after: Situation
    """How it stands at the second."""
    why: tuple[Entry, ...]
    """The entries between the two that did it, the oldest first; of a device also those of the grant
    and the membership that it hung on. Nothing where it was none of the organisation's: then the
    obstacle says why, such as `user_suspended` or `grant_expired`.
    """


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of an organisation."""

    organisation: OrganisationId
    """Whose it is."""
    name: str
    """Its name, in A-labels."""
    proof: DomainProof
    """Whether that is proved."""
    alias_of: str | None
    """The domain that it is another name of."""
    catch_all: MailboxId | None
    """The mailbox that gets what nobody else does."""
    offer: DomainOffer | None = None
    """To whom its owners offer it."""


@dataclass(frozen=True, slots=True)
class DomainAccepted:
    """The answer of `accept_domain`."""

    mailboxes: tuple[MailboxId, ...]
    """The mailboxes that are the organisation's now."""
    joined: tuple[UserId, ...]
    """Who became an External by it."""
    grants: tuple[AccessEnded, ...]
    """The grants that ended."""
    devices: tuple[NamedDevice, ...]
    """The devices that were revoked."""
    still_known: tuple[NamedDevice, ...]
    """Devices that go on although somebody without a grant knows a password of theirs: rotate them."""


@dataclass(frozen=True, slots=True)
class DomainAdded:
    """The answer of `add_domain`."""

    challenge: str
    """What the host asks to see, for example in a TXT record. Public."""
    lapses: datetime
    """When it lapses."""


@dataclass(frozen=True, slots=True)
class DomainOffer:
    """A domain on offer to another organisation."""

    to: OrganisationId
    """Who may have it."""
    access: OfferedAccess
    """What becomes of access."""
    by: Actor
    """Who offered it."""
    at: datetime
    """When."""
    until: datetime
    """Until when; good while it is earlier than that."""
    mailboxes: int
    """How many mailboxes there were then."""
    people: int
    """How many people had a grant on one of them then."""


@dataclass(frozen=True, slots=True)
class DomainOffered:
    """The answer of `offer_domain`."""

    until: datetime
    """Until when the offer is good."""
    mailboxes: int
    """How many mailboxes would go."""
    people: int
    """How many people have a grant on one of them."""


@dataclass(frozen=True, slots=True)
class DomainPending:
    """Not yet: it blocks nobody, holds no addresses, and lapses after 7 days."""

    challenge: str
    """What the host asks to see, for example in a TXT record. Public."""
    lapses: datetime
    """When it lapses."""


@dataclass(frozen=True, slots=True)
class DomainVerified:
    """The host saw the proof."""

    since: datetime
    """Since when."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer of `Directory.explain`: the whole chain."""

    user: UserId
    """Who."""
    right: Right
    """What."""
    mailbox: MailboxId
    """Where."""
    allowed: bool
    """Whether they may."""
    chain: tuple[ChainLink, ...]
    """Every link, in order, each sound or with its obstacle."""
    until: datetime | None
    """Until when, where the grant ends."""


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was exported."""

    rows: int
    """Rows: the organisation, its people, domains, mailboxes and so on."""
    entries: int
    """Entries of its history."""


@dataclass(frozen=True, slots=True)
class Myself:
    """The acting person."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody: a CRM, a printer, a person without an account."""

    handed_to: str | None
    """Who has it, in words."""


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """The secret before the present one."""

    selector: str
    """Tells it from the other passwords of the mailbox."""
    until: datetime
    """Until when it works."""


@dataclass(frozen=True, slots=True)
class Founded:
    """The answer of `found_organisation`."""

    organisation: OrganisationId
    """The new organisation."""
    owner: UserId
    """Its first owner."""


@dataclass(frozen=True, slots=True)
class GrantEnded:
    """The answer of `revoke_grant` and `give_up_grant`."""

    revoked: tuple[DeviceId, ...]
    """The devices that are revoked."""
    released: tuple[DeviceId, ...]
    """The devices that go on without a holder. Their passwords are known to whoever lost the grant."""
    still_known: tuple[NamedDevice, ...]
    """Other devices of the mailbox that live on although a password of theirs was shown to whoever lost
    the grant: rotate them.
    """


@dataclass(frozen=True, slots=True)
class GrantGone:
    """A grant that went."""

    mailbox: MailboxId
    """Of which mailbox."""
    address: str
    """Its address."""
    rights: frozenset[Right]
    """What it gave besides reading."""


@dataclass(frozen=True, slots=True)
class HeldDevice:
    """A device that a person holds."""

    id: DeviceId
    """The device."""
    label: str
    """What people call it."""
    protocols: frozenset[Protocol]
    """How it may talk to the server."""
    until: datetime | None
    """Until when."""


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which part of a history."""

    about: About | None = None
    """Only what is about this."""
    by: Actor | None = None
    """Only what they did."""
    kinds: tuple[str, ...] = ()
    """Only these kinds, such as `grant.given`; all where there are none."""
    since: datetime | None = None
    """Not before this instant."""
    until: datetime | None = None
    """Not after this instant."""
    order: Order = Order.OLDEST
    """Whether the newest come first."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought, and what is to be done now."""

    organisation: OrganisationId
    """The organisation."""
    rows: int
    """How many rows came."""
    entries: int
    """How many entries of its history came."""
    devices: int
    """How many devices open nothing until they are rotated."""
    invitations: int
    """How many invitations waited for an answer and are revoked now: invite again."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A place in an organisation, promised to an address."""

    id: InvitationId
    """The id."""
    organisation: OrganisationId
    """Where to."""
    address: str
    """Whoever reads mail there is invited."""
    offer: Offer
    """What is promised."""
    sender: Actor
    """Who vouches for it."""
    sent_at: datetime
    """When it was sent last."""
    expires: datetime
    """Until when; good while it is earlier than that."""
    state: InvitationState
    """What became of it."""
    accepted_by: Actor | None
    """Who accepted it."""
    ended: tuple[MailboxId, ...]
    """Promised mailboxes that are gone."""


@dataclass(frozen=True, slots=True)
class Invited:
    """The answer of `invite` and `resend_invitation`."""

    invitation: InvitationId
    """The invitation."""
    token: Token
    """What the host mails to the address: whoever brings it back is invited."""
    expires: datetime
    """Until when it is good."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A device and its password, which nothing can show again."""

    id: DeviceId
    """The device."""
    password: DevicePassword
    """Its password: show it to whoever sets up the device, once."""


@dataclass(frozen=True, slots=True)
class LastUse:
    """When and from where something was last used."""

    at: datetime
    """When, to about a quarter of an hour."""
    protocol: Protocol | None
    """By which protocol of a device; none for a person at the host's own pages."""
    source: IPAddress | None
    """From where, if the server knew."""


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device of an organisation."""

    device: Device
    """The device. Its networks are left out for those who may not see them."""
    address: str
    """The mailbox that it opens."""
    last_used: LastUse | None
    """When it was last used, for its holder and the managers."""


@dataclass(frozen=True, slots=True)
class LiveSecret:
    """A password of a device that works."""

    through: Through
    """Whether this library made it or it came from another system."""
    since: datetime
    """Since when it works."""
    until: datetime | None
    """Until when, where a rotation overlaps."""
    known_to: tuple[UserId, ...]
    """Everyone to whom it was shown."""


@dataclass(frozen=True, slots=True)
class LoginChangeAsked:
    """The answer of `change_login`. It is the same whether or not somebody else has the login: that
    shows when the token comes back.
    """

    warnings: tuple[LoginWarning, ...]
    """What they should know."""


@dataclass(frozen=True, slots=True)
class LoginRisk:
    """An address by which somebody signs in or recovers, and on which mailbox it hangs."""

    person: Person | None
    """Whose address it is; members are named, others only counted."""
    kind: AddressKind
    """Which of their addresses."""
    address: Contact | None
    """The address, of members."""
    mailbox: MailboxId | None
    """The mailbox that gets the mail; none where mail to the address is refused already."""
    way: tuple[Step, ...]
    """The steps on the way there."""
    delivery: Delivery
    """What becomes of the mail now."""
    obstacle: Obstacle | None
    """Why they cannot read it themselves now; nothing where they can."""
    other_readers: int
    """How many others could read it: people, and devices that nobody holds, whatever stands in their
    way now, such as a device's protocols. With one or more a reset there is refused.
    """
    way_back: WayBack | None
    """How they would get in again without their password; of members."""
    cut_off_by: tuple[CutOff, ...]
    """What would cut them off."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox: the container."""

    id: MailboxId
    """The id."""
    organisation: OrganisationId
    """Whose it is."""
    address: str
    """Its address, unique among addresses."""
    name: str | None
    """What people read beside the address."""
    state: MailboxState
    """Whether it takes mail and lets people in."""
    state_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    sending: Sending
    """Whether mail may be sent from it."""
    sending_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    opened_at: datetime
    """Since when it exists."""
    opened_by: Actor
    """Who opened it."""


@dataclass(frozen=True, slots=True)
class MailboxDeleted:
    """The answer of `delete_mailbox`: what ended with it."""

    address: str
    """Its address, in quarantine now."""
    aliases: tuple[str, ...]
    """Its aliases, in quarantine now."""
    grants: tuple[UserId, ...]
    """Who had a grant."""
    devices: tuple[NamedDevice, ...]
    """The devices that worked."""
    invitations: tuple[InvitationId, ...]
    """The pending invitations that promised it."""
    catch_alls: tuple[str, ...]
    """The domains that have no catch-all any more."""


@dataclass(frozen=True, slots=True)
class MailboxRenamed:
    """The answer of `rename_mailbox`."""

    former: str
    """The address that it had."""
    devices: tuple[NamedDevice, ...]
    """The devices to reconfigure: they log in with the mailbox's own address."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an organisation."""

    person: Person
    """Who."""
    role: Role
    """As what."""
    services: Services
    """With which services."""
    state: MembershipState
    """Whether the membership counts."""
    state_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    since: datetime
    """Since when."""
    added_by: Actor
    """Who made them a member."""


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """The answer of `remove_member` and `leave`: what went, and what they may still know."""

    organisation: OrganisationId
    """From which organisation."""
    user: UserId
    """Who."""
    grants: tuple[GrantGone, ...]
    """Their grants, which are revoked."""
    devices: tuple[NamedDevice, ...]
    """The devices they held, which are revoked."""
    invitations: tuple[InvitationId, ...]
    """The invitations they sent, which are revoked."""
    still_known: tuple[NamedDevice, ...]
    """Devices that live on although a password of theirs was shown to this person: rotate them."""


@dataclass(frozen=True, slots=True)
class NamedDevice:
    """A device that went, or lives on."""

    device: DeviceId
    """The device."""
    label: str
    """What people call it."""
    mailbox: MailboxId
    """Of which mailbox."""
    address: str
    """Its address."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation promises."""

    role: Role
    """The role."""
    services: Services = NO_SERVICES
    """The service rights."""
    mailboxes: tuple[Promise, ...] = ()
    """The mailboxes."""


@dataclass(frozen=True, slots=True)
class OfferedDomain:
    """A domain that was offered to an organisation: all that it may know of it before it accepts."""

    from_: OrganisationId
    """Whose it is."""
    name: str
    """What that organisation is called."""
    domain: str
    """The domain."""
    access: OfferedAccess
    """What becomes of access to its mailboxes."""
    by: Actor
    """Who offered it."""
    at: datetime
    """When."""
    until: datetime
    """Until when the offer is good."""
    mailboxes: int
    """How many mailboxes there were then."""
    people: int
    """How many people had a grant on one of them then."""


@dataclass(frozen=True, slots=True)
class OpenProtocol:
    """What a device password opens by one protocol."""

    protocol: Protocol
    """The protocol."""
    obstacle: DeviceObstacle | None
    """What stands in the way now, whatever the network; nothing where it is open."""
    rights: frozenset[Right]
    """What a session may do besides reading."""
    last_used: LastUse | None
    """When and from where it was last used by this protocol."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation."""

    id: OrganisationId
    """The id."""
    name: str
    """What it is called."""
    state: OrganisationState
    """Whether it works."""
    state_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    policy: Policy
    """What its owners decided for all of it."""
    founded_at: datetime
    """Since when it exists."""


@dataclass(frozen=True, slots=True)
class OrganisationDeleted:
    """The answer of `delete_organisation`."""

    domains: tuple[str, ...]
    """The domains that are free now."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as others see them."""

    id: UserId
    """The id."""
    name: str
    """What they are called."""
    login: Contact
    """What they sign in with."""
    state: UserState
    """Whether they may do anything."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation's owners decide once for all of it."""

    mailbox_rights: frozenset[Right]
    """The rights of a grant that names none."""
    devices_per_mailbox: int
    """Active devices a mailbox, 1 to 1,000."""
    invitation_days: int
    """How long an invitation is good, in days, 1 to 90."""
    quarantine_days: int
    """How long a freed address is refused, in days, up to 3,650."""
    separator: str | None
    """What separates a user from the rest of a subaddress (RFC 5233): one of `+ - = #`; `None` for no
    subaddresses.
    """
    aliases_by_grant: int
    """Up to how many aliases a mailbox may get by a grant with `Aliases`, up to 1,000."""
    sharing_invites: SharingInvites
    """Whether holders of `Sharing` may invite outsiders."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A mailbox that an invitation promises."""

    mailbox: MailboxId
    """The mailbox."""
    rights: frozenset[Right]
    """What the invited person may do besides reading."""
    expires: datetime | None = None
    """Until when."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that a person reaches."""

    person: Person
    """Who."""
    organisations: tuple[ReachedOrganisation, ...]
    """Every organisation that they belong to and the asker may see."""


@dataclass(frozen=True, slots=True)
class ReachedMailbox:
    """A mailbox that a person reaches."""

    id: MailboxId
    """The mailbox."""
    address: str
    """Its address."""
    rights: frozenset[Right]
    """What they may do besides reading."""
    since: datetime
    """Since when."""
    by: Actor
    """Who gave it."""
    until: datetime | None
    """Until when."""
    obstacle: Obstacle | None
    """What stands in the way of reading it now."""
    devices: tuple[HeldDevice, ...]
    """The devices that they hold on it."""


@dataclass(frozen=True, slots=True)
class ReachedOrganisation:
    """An organisation that a person belongs to."""

    id: OrganisationId
    """The organisation."""
    name: str
    """What it is called."""
    state: OrganisationState
    """Whether it works."""
    state_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    role: Role
    """What the person is there."""
    services: Services
    """Their service rights there."""
    membership: MembershipState
    """Whether their membership counts."""
    membership_by: Authority | None
    """Who alone may lift that, where somebody imposed it."""
    since: datetime
    """Since when."""
    mailboxes: tuple[ReachedMailbox, ...]
    """The mailboxes granted to them there."""


@dataclass(frozen=True, slots=True)
class ReachingDevice:
    """A device."""

    id: DeviceId
    """The id."""
    label: str
    """What people call it."""
    holder: UserId | None
    """Whose it is."""
    handed_to: str | None
    """Who has it, in words."""
    protocols: frozenset[Protocol]
    """How it may talk to the server."""
    known_to: tuple[UserId, ...]
    """Everyone to whom a secret of it was shown."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer of `register_user`."""

    user: UserId
    """The new user."""
    warnings: tuple[LoginWarning, ...]
    """What they should know."""


@dataclass(frozen=True, slots=True)
class ResetStarted:
    """The answer of `start_reset`."""

    token: Token | None
    """What to mail, for the host alone. Good for an hour."""
    send_to: str | None
    """Where to, for the host alone."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where mail to an address goes."""

    delivery: Delivery
    """What to do with the mail."""
    mailbox: MailboxId | None
    """The mailbox that it is for, also where a closed one refuses it."""
    organisation: OrganisationId | None
    """Whose mailbox it is."""
    way: tuple[Step, ...]
    """Which way it went."""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A row of a review."""

    subject: ReviewSubject
    """What it is about."""
    warnings: tuple[ReviewWarning, ...]
    """What deserves a second look; nothing where all is well."""


@dataclass(frozen=True, slots=True)
class ReviewWarning:
    """Why something deserves a second look, and the command that settles it."""

    kind: WarningKind
    """Why."""
    at: datetime | None
    """The instant it is about: the last use, the expiry, or since when."""
    who: UserId | None
    """The person it is about: the giver, the sender, or whoever knows the password."""
    settle: Command | None
    """The command that settles it, for `Directory.preview_any` and `run_any`. None where nobody is
    there to settle it, where whoever asked may not, and in a past. The command of
    `organisation.ownerless` alone is shown to admins too, who hand it to the host.
    """


@dataclass(frozen=True, slots=True)
class Rotation:
    """Since when the present and the former secret of a rotated device work, and to whom they were
    shown.
    """

    at: datetime
    """Since when the present secret works."""
    known_to: tuple[UserId, ...]
    """Everyone to whom the present secret was shown."""
    former_since: datetime
    """Since when the former one works or worked."""
    former_known_to: tuple[UserId, ...]
    """Everyone to whom the former one was shown."""


@dataclass(frozen=True, slots=True)
class Senders:
    """As what one may send from a mailbox."""

    addresses: tuple[str, ...]
    """The addresses, the mailbox's own first. Never the catch-all's."""
    own: int
    """How many of them, from the first, are the mailbox's own, in each of its domains: one may send as
    their subaddresses too.
    """
    separator: str | None
    """What separates a user from the rest of a subaddress."""


@dataclass(frozen=True, slots=True)
class NoAccess:
    """No access."""

    obstacle: str | None
    """What stood in the way, such as `grant_missing` or `user_suspended`."""


@dataclass(frozen=True, slots=True)
class MemberAccess:
    """A place in the organisation."""

    role: Role
    """As what."""
    services: Services
    """With which services."""


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """Reading a mailbox, and more."""

    rights: frozenset[Right]
    """What else they may do."""
    until: datetime | None
    """Until when."""


@dataclass(frozen=True, slots=True)
class DeviceAccess:
    """A device that opens its mailbox."""

    protocols: frozenset[Protocol]
    """By which protocols, whatever its networks."""
    rights: frozenset[Right]
    """What it may do besides reading."""
    holder: UserId | None
    """Whose it is."""
    until: datetime | None
    """Until when."""


@dataclass(frozen=True, slots=True)
class AccessSubject:
    """A person's or a device's access to a mailbox."""

    mailbox: MailboxId
    """The mailbox."""
    address: str
    """Its address."""
    access: Access
    """Who reaches it, through what, since when and until when."""


@dataclass(frozen=True, slots=True)
class Swept:
    """The answer of `sweep`."""

    rows: int
    """How many rows went or changed."""
    finished: bool
    """Whether nothing is left to clear away."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with a login."""

    id: UserId
    """The id."""
    login: Contact
    """The address they sign in with, unique among users."""
    name: str
    """What they are called."""
    recovery: Contact | None
    """Where a reset may go besides the login."""
    state: UserState
    """Whether they may do anything."""
    password: PasswordState
    """Whether they have a password."""
    registered_at: datetime
    """Since when they exist."""
    epoch: int
    """Sessions of an earlier epoch are over: it rises with every change of the password and every
    suspension.
    """


@dataclass(frozen=True, slots=True)
class UserDeleted:
    """The answer of `delete_user`: what ended with the account, by organisation."""

    organisations: tuple[MemberRemoved, ...]
    """What went in each organisation, and which devices there are still known to them."""


@dataclass(frozen=True, slots=True)
class UserErased:
    """The answer of `erase_user`."""

    entries: int
    """How many entries of the history were rewritten."""
    invitations: tuple[InvitationId, ...]
    """The invitations without an address now."""


About: TypeAlias = UserId | MailboxId | DeviceId | str | InvitationId | OrganisationId
"""What history is about."""

Compared: TypeAlias = Person | ComparedPerson | ComparedDevice
"""Whose access a difference is about."""

DeviceSecret: TypeAlias = PasswordSecret | LegacySecret | MissingSecret
"""The secret of a device."""

DeviceState: TypeAlias = DeviceActive | DeviceRevoked
"""Whether a device works."""

DomainProof: TypeAlias = DomainPending | DomainVerified
"""Whether an organisation proved that a domain is its own."""

Holder: TypeAlias = Myself | UserId | Nobody
"""For whom a device is."""

Reacher: TypeAlias = Person | ReachingDevice
"""Who or what reaches a mailbox."""

Sender: TypeAlias = UserId | DeviceId
"""Who sends. In JSON the id alone."""

Situation: TypeAlias = NoAccess | MemberAccess | PersonAccess | DeviceAccess
"""How things stood at one of the two instants."""

ReviewSubject: TypeAlias = OrganisationId | AccessSubject | Invitation
"""What a row of a review is about."""

__all__ = [
    "About",
    "Accepted",
    "Access",
    "AccessEnded",
    "AccessSubject",
    "Account",
    "Actor",
    "AddressKind",
    "AddressKindLike",
    "Alias",
    "AliasRemoved",
    "AliasSending",
    "AliasSendingLike",
    "Authority",
    "Beyond",
    "BeyondLike",
    "BlastRadius",
    "Bounds",
    "ChainLink",
    "Changes",
    "Code",
    "Compared",
    "ComparedDevice",
    "ComparedPerson",
    "ConfirmationIssued",
    "Confirmed",
    "Contact",
    "CutOff",
    "Delivery",
    "Device",
    "DeviceAccess",
    "DeviceActive",
    "DeviceObstacle",
    "DeviceRevoked",
    "DeviceSecret",
    "DeviceState",
    "DevicesRevoked",
    "Difference",
    "DifferenceKind",
    "Domain",
    "DomainAccepted",
    "DomainAdded",
    "DomainOffer",
    "DomainOffered",
    "DomainPending",
    "DomainProof",
    "DomainVerified",
    "Explanation",
    "ExportHistory",
    "ExportHistoryLike",
    "Exported",
    "FormerAddress",
    "FormerAddressLike",
    "FormerSecret",
    "Founded",
    "GrantEnded",
    "GrantGone",
    "HeldDevice",
    "HeldDevices",
    "HeldDevicesLike",
    "HistoryFilter",
    "Holder",
    "Imported",
    "Invitation",
    "InvitationState",
    "Invited",
    "Issued",
    "LastUse",
    "LegacySecret",
    "Level",
    "LevelLike",
    "Link",
    "ListedDevice",
    "LiveSecret",
    "LoginChangeAsked",
    "LoginRisk",
    "LoginWarning",
    "Mailbox",
    "MailboxDeleted",
    "MailboxRenamed",
    "MailboxState",
    "Member",
    "MemberAccess",
    "MemberRemoved",
    "MembershipState",
    "MissingSecret",
    "Myself",
    "NO_SERVICES",
    "NamedDevice",
    "NoAccess",
    "Nobody",
    "Obstacle",
    "Offer",
    "OfferedAccess",
    "OfferedAccessLike",
    "OfferedDomain",
    "OnDependants",
    "OnDependantsLike",
    "OpenProtocol",
    "Order",
    "OrderLike",
    "Organisation",
    "OrganisationDeleted",
    "OrganisationState",
    "PasswordSecret",
    "PasswordState",
    "Person",
    "PersonAccess",
    "Policy",
    "Promise",
    "Proof",
    "ProofLike",
    "Protocol",
    "ProtocolLike",
    "Reach",
    "ReachedMailbox",
    "ReachedOrganisation",
    "Reacher",
    "ReachingDevice",
    "Reclaim",
    "ReclaimLike",
    "Registered",
    "ResetStarted",
    "Resolution",
    "ReviewRow",
    "ReviewRows",
    "ReviewRowsLike",
    "ReviewSubject",
    "ReviewWarning",
    "Right",
    "RightLike",
    "Role",
    "RoleLike",
    "Rotation",
    "Sender",
    "Senders",
    "Sending",
    "Services",
    "SharingInvites",
    "SharingInvitesLike",
    "Situation",
    "Step",
    "Swept",
    "Through",
    "User",
    "UserDeleted",
    "UserErased",
    "UserState",
    "WarningKind",
    "WayBack",
]
