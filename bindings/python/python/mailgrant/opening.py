"""How a directory is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from mailgrant import _write as write
from mailgrant.clock import ManualClock
from mailgrant.errors import Invalid
from mailgrant.types import Beyond, BeyondLike

Mode: TypeAlias = Literal["create", "existing", "read_only"]
"""Whether a file that is missing is created, refused, or nothing is ever written."""

Sharing: TypeAlias = Literal["private", "group_reads", "group_writes"]
"""Who besides the owner may open a file that is created."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How an access view is kept: how far behind it may be, and what a question does beyond that."""

    bound: timedelta = timedelta(seconds=1)
    """How far it may be behind what other processes commit: a question that finds it older looks at the store first.
    What is committed here is in it before the command returns. No time at all looks before every question."""
    beyond: BeyondLike = Beyond.REFUSE
    """What a question does where that look fails."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """What an access view holds, and how far behind it is."""

    behind: timedelta
    """How long ago it last looked at the store."""
    bound: timedelta
    """How far behind it may be."""
    users: int
    """The users it knows."""
    mailboxes: int
    """The mailboxes it knows."""
    grants: int
    """The grants it knows."""
    devices: int
    """The devices it knows, revoked ones too."""


@dataclass(frozen=True, slots=True)
class HashCosts:
    """What a guess at a person's password costs (Argon2id, RFC 9106). The default is OWASP's."""

    memory_kib: int = 19_456
    """Memory in KiB: 8 for each lane at least, 65,536 at most."""
    iterations: int = 2
    """Passes over the memory: 1 to 10."""
    parallelism: int = 1
    """Lanes: 1 to 4."""


USUAL_COSTS = HashCosts()


@dataclass(frozen=True, slots=True)
class Options:
    """As the core takes them."""

    url: str
    mode: str
    sharing: str
    busy_seconds: float
    clock: ManualClock | None
    password_length: int
    hash_costs: tuple[int, int, int]
    legacy_passwords: bool
    view: tuple[float, str] | None


def opening(
    url: str,
    *,
    mode: Mode,
    sharing: Sharing,
    busy_timeout: timedelta,
    view: ViewOptions | bool | None,
    clock: ManualClock | None,
    password_length: int,
    hash_costs: HashCosts,
    legacy_passwords: bool,
) -> Options:
    """The options as the core takes them, each of the right type: `value.invalid` for a word that there is not."""
    if mode not in ("create", "existing", "read_only"):
        raise Invalid(f"`{mode}` is none of create, existing, read_only", code="value.invalid")
    if sharing not in ("private", "group_reads", "group_writes"):
        raise Invalid(f"`{sharing}` is none of private, group_reads, group_writes", code="value.invalid")
    if isinstance(view, bool):
        view = ViewOptions() if view else None
    elif view is not None:
        write.instance(ViewOptions, "view", view)
    write.instance(HashCosts, "hash_costs", hash_costs)
    return Options(
        write.text("url", url),
        mode,
        sharing,
        write.instance(timedelta, "busy_timeout", busy_timeout).total_seconds(),
        clock if clock is None else write.instance(ManualClock, "clock", clock),
        write.number("password_length", password_length),
        (
            write.number("memory_kib", hash_costs.memory_kib),
            write.number("iterations", hash_costs.iterations),
            write.number("parallelism", hash_costs.parallelism),
        ),
        write.instance(bool, "legacy_passwords", legacy_passwords),
        None
        if view is None
        else (
            write.instance(timedelta, "bound", view.bound).total_seconds(),
            write.word(Beyond, "beyond", view.beyond),
        ),
    )
