"""The core, behind a handful of classes."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal, Protocol, SupportsIndex, final
from typing import Final as _Final
from uuid import UUID

from mailgrant import types

class _Options(Protocol):
    url: str
    mode: str
    sharing: str
    busy_seconds: float
    clock: ManualClock | None
    password_length: int
    hash_costs: tuple[int, int, int]
    legacy_passwords: bool
    view: tuple[float, str] | None
