"""Small values that do not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeAlias, TypeVar

Network: TypeAlias = IPv4Network | IPv6Network
"""A network, as `ipaddress` has it."""

IPAddress: TypeAlias = IPv4Address | IPv6Address
"""An address of a machine, as `ipaddress` has it."""

K = TypeVar("K")
W = TypeVar("W", bound=StrEnum)
V_co = TypeVar("V_co", covariant=True)


class WordSet(frozenset[W]):
    """Some words of an enumeration: a frozen set that goes through them in the order of the enumeration."""

    __slots__ = ()

    def __iter__(self) -> Iterator[W]:
        members = frozenset.__iter__(self)
        return iter(sorted(members, key=lambda word: type(word)._member_names_.index(word.name)))

    def __repr__(self) -> str:
        return "{" + ", ".join(word.value for word in self) + "}" if self else "{}"

    def __reduce__(self) -> tuple[Any, ...]:
        return WordSet, (tuple(self),)


class FrozenMap(Mapping[K, V_co]):
    """A mapping that does not change, with a hash where its values have one."""

    __slots__ = ("_of",)

    def __init__(self, of: Mapping[K, V_co] | None = None) -> None:
        self._of = dict(of or {})

    def __getitem__(self, key: K) -> V_co:
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
