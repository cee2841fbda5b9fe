"""A clock for tests and replays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from mailgrant import _native
from mailgrant import _read as read
from mailgrant import _write as write
from mailgrant.errors import Invalid


class ManualClock(_native.ManualClock):
    """A clock that stands where it was put: for tests and for replaying a past.

    >>> from datetime import UTC, datetime, timedelta
    >>> clock = ManualClock(datetime(2026, 3, 3, 12, tzinfo=UTC))
    >>> clock.advance(timedelta(days=1))
    >>> clock.now()
    datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.timezone.utc)
    """

    def __new__(cls, now: datetime) -> Self:
        return super().__new__(cls, write.instant("now", now))

    def now(self) -> datetime:
        """Where it stands."""
        return read.instant(self.millis())

    def set(self, now: datetime) -> None:
        """Puts it there."""
        self.put(write.instant("now", now))

    def advance(self, span: timedelta) -> None:
        """Moves it forward."""
        try:
            self.set(self.now() + write.instance(timedelta, "span", span))
        except OverflowError:
            raise Invalid("the clock would stand beyond the year 9999", code="time.invalid") from None

    def __repr__(self) -> str:
        return f"ManualClock({self.now()!r})"
