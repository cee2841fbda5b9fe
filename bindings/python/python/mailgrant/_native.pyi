"""The core, behind a handful of classes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Protocol, Self, SupportsIndex, final, type_check_only
from uuid import UUID

from typing_extensions import disjoint_base

from mailgrant._frozen import IPAddress
from mailgrant.types import Obstacle, Right
from mailgrant.types import Protocol as MailProtocol

__all__ = [
    "Batch",
    "Bearer",
    "ChangeId",
    "DeviceId",
    "DevicePassword",
    "DeviceSession",
    "Directory",
    "InvitationId",
    "MailboxId",
    "ManualClock",
    "OrganisationId",
    "Replica",
    "System",
    "Token",
    "UserId",
    "UserSession",
    "Verdict",
    "canonical_address",
    "check_address",
    "check_domain",
    "forked",
    "open_directory",
]

@type_check_only
class _Options(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def sharing(self) -> str: ...
    @property
    def busy_seconds(self) -> float: ...
    @property
    def clock(self) -> ManualClock | None: ...
    @property
    def password_length(self) -> int: ...
    @property
    def hash_costs(self) -> tuple[int, int, int]: ...
    @property
    def legacy_passwords(self) -> bool: ...
    @property
    def view(self) -> tuple[float, str] | None: ...

@final
class UserId:
    """A person with a login: `usr_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> UserId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: UserId, /) -> bool: ...
    def __le__(self, other: UserId, /) -> bool: ...
    def __gt__(self, other: UserId, /) -> bool: ...
    def __ge__(self, other: UserId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class OrganisationId:
    """An organisation: `org_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> OrganisationId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: OrganisationId, /) -> bool: ...
    def __le__(self, other: OrganisationId, /) -> bool: ...
    def __gt__(self, other: OrganisationId, /) -> bool: ...
    def __ge__(self, other: OrganisationId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class MailboxId:
    """A mailbox: `mbx_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> MailboxId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: MailboxId, /) -> bool: ...
    def __le__(self, other: MailboxId, /) -> bool: ...
    def __gt__(self, other: MailboxId, /) -> bool: ...
    def __ge__(self, other: MailboxId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DeviceId:
    """A device, one mail program on one machine: `dev_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> DeviceId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: DeviceId, /) -> bool: ...
    def __le__(self, other: DeviceId, /) -> bool: ...
    def __gt__(self, other: DeviceId, /) -> bool: ...
    def __ge__(self, other: DeviceId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class InvitationId:
    """An invitation: `inv_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> InvitationId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: InvitationId, /) -> bool: ...
    def __le__(self, other: InvitationId, /) -> bool: ...
    def __gt__(self, other: InvitationId, /) -> bool: ...
    def __ge__(self, other: InvitationId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ChangeId:
    """A commit, or the request that a caller named by it: `chg_…`.

    `str()` gives that text. Reading any other raises `Invalid` with `id.invalid`.
    """

    def __new__(cls, text: str) -> Self: ...
    @classmethod
    def from_uuid(cls, uuid: UUID) -> ChangeId:
        """An id of a UUID, such as one from another system."""

    @property
    def uuid(self) -> UUID:
        """The UUID without the prefix."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: ChangeId, /) -> bool: ...
    def __le__(self, other: ChangeId, /) -> bool: ...
    def __gt__(self, other: ChangeId, /) -> bool: ...
    def __ge__(self, other: ChangeId, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DevicePassword:
    """The password of a device: 30 characters in six groups, to type into a mail program.

    `reveal()` gives its text a single time; nothing else ever shows it, copies it or writes it.
    """

    def reveal(self) -> str:
        """The text, to show to the person it is for. A second call raises `Invalid` with `secret.revealed`."""

    def __reduce__(self) -> Any: ...
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Any: ...
    def __copy__(self) -> Any: ...
    def __deepcopy__(self, memo: object, /) -> Any: ...

@final
class Token:
    """A token to mail: of an invitation, a confirmation or a reset.

    `reveal()` gives its text a single time; nothing else ever shows it, copies it or writes it.
    """

    def reveal(self) -> str:
        """The text, to show to the person it is for. A second call raises `Invalid` with `secret.revealed`."""

    def __reduce__(self) -> Any: ...
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Any: ...
    def __copy__(self) -> Any: ...
    def __deepcopy__(self, memo: object, /) -> Any: ...

@final
class System:
    """The host program, by the name of the part that acts, such as `panel`, `import` or `cron`."""

    __match_args__: ClassVar[tuple[str]]
    def __new__(cls, name: str) -> Self: ...
    @property
    def name(self) -> str:
        """The part that acts."""

    def __getnewargs__(self) -> tuple[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Bearer:
    """Whoever holds the token that a command brings."""

    def __new__(cls) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DeviceSession:
    """A device that is logged in: what it may do, and what `Directory.session_valid` needs. Keep it on the server."""

    __match_args__: ClassVar[tuple[str, str, str]]
    @property
    def device(self) -> DeviceId:
        """The device."""

    @property
    def mailbox(self) -> MailboxId:
        """The mailbox that it opens."""

    @property
    def organisation(self) -> OrganisationId:
        """Whose mailbox it is."""

    @property
    def holder(self) -> UserId | None:
        """Whose device it is; `None` where it has no holder."""

    @property
    def protocol(self) -> MailProtocol:
        """How it talks to the server."""

    @property
    def source(self) -> IPAddress | None:
        """Where it came from, if the server knew."""

    @property
    def rights(self) -> frozenset[Right]:
        """What it may do besides reading."""

    def to_json(self) -> str:
        """The session as JSON, for a server that keeps sessions elsewhere. No secret is in it."""

    @staticmethod
    def from_json(text: str) -> DeviceSession:
        """The session that `to_json` wrote."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> Any: ...

@final
class UserSession:
    """A person who is signed in. Keep it on the server."""

    __match_args__: ClassVar[tuple[str, str]]
    @property
    def user(self) -> UserId:
        """The person."""

    @property
    def epoch(self) -> int:
        """The epoch of their account: a change of the password or a suspension begins another."""

    def to_json(self) -> str:
        """The session as JSON, for a server that keeps sessions elsewhere. No secret is in it."""

    @staticmethod
    def from_json(text: str) -> UserSession:
        """The session that `to_json` wrote."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> Any: ...

@final
class Verdict:
    """The answer of `Directory.may`: true where they may."""

    __match_args__: ClassVar[tuple[str, str]]
    @property
    def allowed(self) -> bool:
        """Whether they may."""

    @property
    def obstacle(self) -> Obstacle | None:
        """Why not: the first obstacle on the chain; `None` where they may."""

    def __bool__(self) -> bool: ...
    @staticmethod
    def _of(json: str) -> Verdict: ...
    def __reduce__(self) -> Any: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Replica:
    """What one person may see, in all their organisations: `Directory.export_for` makes it, `Directory.from_replica`
    answers that person's questions from it. Send it to them and to nobody else.
    """

    @property
    def person(self) -> UserId:
        """Whose it is."""

    @property
    def _made_at(self) -> int: ...
    def to_json(self) -> str:
        """The replica as JSON."""

    @staticmethod
    def from_json(text: str) -> Replica:
        """The replica that `to_json` wrote. Raises `Invalid` with `replica.invalid` or `replica.newer`."""

    def _open(self) -> Directory: ...
    def __reduce__(self) -> Any: ...

@disjoint_base
class ManualClock:
    """A clock that stands where it was put: for tests and for replaying a past. `mailgrant.ManualClock` in Python."""

    def __new__(cls, millis: int) -> Self: ...
    def millis(self) -> int: ...
    def put(self, millis: int) -> None: ...

@final
class Batch:
    """A batch, for as long as the function runs that it was handed to."""

    def run(self, by: UserId | System | Bearer, json: str, secrets: list[tuple[str, str]]) -> tuple[str, object]: ...

@final
class Directory:
    """A directory, until it is closed."""

    def run(
        self,
        by: UserId | System | Bearer,
        json: str,
        secrets: list[tuple[str, str]],
        request: ChangeId | None,
    ) -> tuple[str, object]: ...
    def preview(
        self, by: UserId | System | Bearer, json: str, secrets: list[tuple[str, str]]
    ) -> tuple[str, object, str]: ...
    def batch(self, body: Callable[[Batch], object], request: ChangeId | None) -> Any: ...
    def ask(self, by: UserId | System | Bearer, json: str) -> str: ...
    def may(self, user: UserId, right: str, mailbox: MailboxId) -> Verdict: ...
    def login_device(self, address: str, password: str, protocol: str, source: IPAddress | None) -> DeviceSession: ...
    def login_user(self, login: str, password: str) -> UserSession: ...
    def session_valid(self, session: DeviceSession | UserSession) -> bool: ...
    def note_opened(self, user: UserId, mailbox: MailboxId, source: IPAddress | None) -> None: ...
    def flush_uses(self) -> None: ...
    def request_id(self) -> ChangeId: ...
    def at(self, by: UserId | System | Bearer, organisation: OrganisationId, millis: int) -> Directory: ...
    def export(
        self,
        by: UserId | System | Bearer,
        organisation: OrganisationId,
        history: str,
        file: object,
    ) -> tuple[int, int]: ...
    def import_from(self, by: UserId | System | Bearer, file: object) -> str: ...
    def export_for(self, by: UserId | System | Bearer, user: UserId) -> Replica: ...
    def view_state(self) -> tuple[timedelta, timedelta, tuple[int, int, int, int]] | None: ...
    def refresh_view(self) -> None: ...
    def now(self) -> int: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...

def open_directory(options: _Options) -> Directory: ...
def forked() -> None: ...
def check_address(text: str) -> None: ...
def check_domain(text: str) -> None: ...
def canonical_address(text: str) -> str:
    """The canonical form of an address, by which two of them are the same: the local part in NFC and lower case, the
    domain in A-labels. Raises `Invalid` with `address.invalid`; `details["reason"]` says why.
    """
