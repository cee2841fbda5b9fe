"""What is raised: one class for every kind of problem, each with a stable code.

Match on the class, translate the code, show people the message::

    try:
        directory.add_alias(contact, "hello@example.ch", by=owner)
    except mailgrant.Conflict as error:
        print(error.code)  # address.taken
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from mailgrant._frozen import FrozenMap

__all__ = [
    "Conflict",
    "Corrupt",
    "Denied",
    "Error",
    "Invalid",
    "Limit",
    "LoginRefused",
    "NotFound",
    "Unavailable",
]


class Error(Exception):
    """Why a command, a question or a login was refused.

    `str()` is a message for people: lower case, without a full stop, and with what to do. Programs look at the
    class, the `code` and the `details`.
    """

    kind: str = "error"
    """`invalid`, `not_found`, `conflict`, `denied`, `limit`, `unavailable` or `corrupt`."""

    code: Final[str]
    """The stable name of the problem, `noun.problem`: one of `mailgrant.types.Code`."""

    details: Final[Mapping[str, Any]]
    """Machine-readable facts: ids, limits, names. Never a secret."""

    retryable: Final[bool]
    """Whether the same call may go through later without any change."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        details: Mapping[str, Any] | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = FrozenMap(details or {})
        self.retryable = retryable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code}: {self})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), str(self), self.code, dict(self.details), self.retryable)


class Invalid(Error, ValueError):
    """The input can never be accepted: mend it."""

    kind = "invalid"


class NotFound(Error, LookupError):
    """There is no such thing, or whoever asks may not see it."""

    kind = "not_found"


class Conflict(Error):
    """The present state forbids it: look, then decide again."""

    kind = "conflict"


class Denied(Error):
    """Whoever acts may not do this."""

    kind = "denied"


class Limit(Error):
    """A limit of the policy or of the library is reached."""

    kind = "limit"


class Unavailable(Error):
    """The store could not be reached or was too busy: try again."""

    kind = "unavailable"


class Corrupt(Error):
    """Stored data contradicts itself: a human must look."""

    kind = "corrupt"


class LoginRefused(Denied):
    """A login that is refused. Tell the client `str()` of it, which is the same whatever the reason.

    Everything else is for the host's log and for nobody else.
    """

    reason: Final[str]
    """The true reason in a word: `unknown`, `wrong_password`, `throttled`, … or, where it is a device's password that
    something forbids, one of `mailgrant.types.DeviceObstacle`."""

    told: Final[str]
    """The true reason in words."""

    device: Final[Any]
    """The `DeviceId` whose password it was, also of a revoked one: known, and no guessing. Else `None`."""

    retry_after: Final[timedelta | None]
    """How long to let this client wait. The same for known and unknown addresses."""

    def __init__(self, reason: str, told: str, device: Any, retry_after: timedelta | None) -> None:
        super().__init__("login refused", code="login.refused")
        self.reason = reason
        self.told = told
        self.device = device
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.told, self.device, self.retry_after)


_KINDS: Final[Mapping[str, type[Error]]] = {
    of.kind: of for of in (Invalid, NotFound, Conflict, Denied, Limit, Unavailable, Corrupt)
}


def _of_code(code: str, kind: str, message: str, details: str, retryable: bool) -> Error:
    """The exception that the core means."""
    return _KINDS.get(kind, Error)(message, code=code, details=json.loads(details), retryable=retryable)


def _again(of: type[Error], message: str, code: str, details: Mapping[str, Any], retryable: bool) -> Error:
    return of(message, code=code, details=details, retryable=retryable)
