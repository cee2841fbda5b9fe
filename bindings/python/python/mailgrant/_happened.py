"""What happened, what would happen, and what may be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from mailgrant._native import (
    Bearer,
    ChangeId,
    DeviceId,
    InvitationId,
    MailboxId,
    OrganisationId,
    System,
    UserId,
)

T = TypeVar("T")

Subject: TypeAlias = UserId | OrganisationId | MailboxId | DeviceId | InvitationId | str


@dataclass(frozen=True, slots=True)
class Event(Mapping[str, Any]):
    """One thing that happened to one entity.

    What it says besides is under the names that the core gives it: `event["address"]`. Those values have the types
    that they have elsewhere: ids, aware datetimes, sets of rights.
    """

    kind: str
    """The stable name of what happened, such as `mailbox.opened`."""
    on: tuple[Subject, ...]
    """To what it happened: a mailbox and a user for a grant, a mailbox and an address for an alias."""
    _says: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self._says[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._says)

    def __len__(self) -> int:
        return len(self._says)

    def __repr__(self) -> str:
        says = "".join(f", {name}={value!r}" for name, value in self._says.items())
        return f"Event({self.kind!r}, on={self.on!r}{says})"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the history, with who, when and by which command."""

    at: datetime
    """When it happened."""
    by: UserId | System | Bearer
    """Who did it."""
    command: str
    """The command that did it, such as `open_mailbox`."""
    event: Event
    """What happened."""
    change: ChangeId
    """The commit that it belongs to."""
    stream: UserId | OrganisationId
    """In whose history it stands."""
    sequence: int
    """Its place there."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What a command would do."""

    output: T
    """What it would answer. Ids and secrets in it are never valid."""
    events: tuple[Event, ...]
    """What would happen, in order."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a value, such as the one that settles a warning: `Directory.run` carries it out."""

    name: str
    """Its name, such as `revoke_grant`."""
    fields: Mapping[str, Any]
    """Its fields as the core writes them in JSON. No secret is among them."""
