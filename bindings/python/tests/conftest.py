"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from bakery import KINDS, START, Bakery, open_bakery, open_directory
from hypothesis import HealthCheck, settings

from mailgrant import Directory, ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The same examples every time; `HYPOTHESIS_PROFILE=explore` looks for others.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", parent=settings.get_profile("same"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture
def clock() -> ManualClock:
    """Stand where every story begins."""
    return ManualClock(START)


@pytest.fixture
def directory(clock: ManualClock) -> Iterator[Directory]:
    """Open an empty directory in memory."""
    with open_directory(clock) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def any_directory(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[Directory]:
    """Open an empty directory of each kind."""
    path = tmp_path / "mail.db" if request.param.startswith("sqlite") else None
    with open_directory(clock, path=path, view=request.param.endswith("view")) as opened:
        yield opened


@pytest.fixture
def bakery(directory: Directory, clock: ManualClock) -> Bakery:
    """Settle the bakery in memory."""
    return open_bakery(directory, clock)


@pytest.fixture
def any_bakery(any_directory: Directory, clock: ManualClock) -> Bakery:
    """Settle the bakery in a directory of each kind."""
    return open_bakery(any_directory, clock)


@pytest.fixture
def stored_bakery(clock: ManualClock, tmp_path: Path) -> Iterator[Bakery]:
    """Settle the bakery in a file of its own, `path`."""
    path = tmp_path / "mail.db"
    with open_directory(clock, path=path) as opened:
        yield open_bakery(opened, clock, path)
