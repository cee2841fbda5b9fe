"""The order and the place of two columns, so that the lines between them cross little and bend little."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Sweeps settle within a few rounds on what is small enough to be drawn with lines.
SWEEPS = 12


def arrange(left: int, right: int, lines: Sequence[tuple[int, int]]) -> tuple[list[int], list[int], int]:
    """Order two sides so that the lines between them cross little; give both orders and the crossings left.

    Sweeps by barycentre (Sugiyama, Tagawa and Toda, 1981): each goes to the mean place of what it meets.
    """
    lefts, rights = list(range(left)), list(range(right))
    best = (lefts, rights, crossings(lefts, rights, lines))
    backwards = [(b, a) for a, b in lines]
    for _ in range(SWEEPS):
        lefts = _swept(lefts, rights, lines)
        rights = _swept(rights, lefts, backwards)
        found = crossings(lefts, rights, lines)
        if found < best[2]:
            best = (lefts, rights, found)
    return best


def crossings(lefts: list[int], rights: list[int], lines: Sequence[tuple[int, int]]) -> int:
    """Count the lines that cross when both sides stand in these orders."""
    left, right = _places(lefts), _places(rights)
    placed = [(left[a], right[b]) for a, b in lines]
    return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(placed, 2))


def settle(wanted: Sequence[float], sizes: Sequence[float], gap: float) -> list[float]:
    """Give each thing a top, in this order and without overlap, its centre as near as can be to the wanted.

    Pooling adjacent violators: things that would overlap move together, to the mean of what they want.
    """
    offsets, offset = [], 0.0
    for size in sizes:
        offsets.append(offset)
        offset += size + gap
    pools: list[tuple[float, int]] = []
    for centre, size, before in zip(wanted, sizes, offsets, strict=True):
        mean, many = centre - size / 2 - before, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, many = (mean * many + other * others) / (many + others), many + others
        pools.append((mean, many))
    settled = [max(mean, 0.0) for mean, many in pools for _ in range(many)]
    return [place + before for place, before in zip(settled, offsets, strict=True)]


def _swept(order: list[int], fixed: list[int], lines: Sequence[tuple[int, int]]) -> list[int]:
    place = _places(fixed)
    joined: dict[int, list[int]] = {}
    for one, other in lines:
        joined.setdefault(one, []).append(place[other])
    now = _places(order)
    # What is joined to nothing stays where it is.
    means = {one: sum(found) / len(found) if (found := joined.get(one)) else float(now[one]) for one in order}
    return sorted(order, key=lambda one: (means[one], now[one]))


def _places(order: list[int]) -> dict[int, int]:
    return {one: place for place, one in enumerate(order)}
