"""Small values that do not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeAlias, TypeVar

Network: TypeAlias = IPv4Network | IPv6Network
"""A network, as `ipaddress` has it."""

IPAddress: TypeAlias = IPv4Address | IPv6Address
"""An address of a machine, as `ipaddress` has it."""

K = TypeVar("K")
V = TypeVar("V", covariant=True)


class FrozenMap(Mapping[K, V]):
    """A mapping that does not change, with a hash where its values have one."""

    __slots__ = ("_of",)

    def __init__(self, of: Mapping[K, V] | None = None) -> None:
        self._of = dict(of or {})

    def __getitem__(self, key: K) -> V:
        return self._of[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __hash__(self) -> int:
        return hash(frozenset(self._of.items()))

    def __repr__(self) -> str:
        return repr(self._of)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMap, (self._of,)
