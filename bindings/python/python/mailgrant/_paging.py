"""Long answers: lazy lists that page underneath."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a long answer."""

    items: tuple[T, ...]
    """The items. A page may have fewer than asked for, even none, and still not be the last."""
    next: str | None
    """The cursor of the next page, for `after`; `None` on the last."""


class Listing(Generic[T]):
    """A long answer. Iterating it goes through all of it and asks for a page at a time; each page says how things
    stood when it was asked for.

    The first page is there already, so that a refusal is raised by the question and not later::

        for mailbox in directory.mailboxes(organisation, by=owner):
            print(mailbox.address)

        page = directory.mailboxes(organisation, by=owner, limit=50, after=cursor).page
    """

    __slots__ = ("_ask", "page")

    page: Page[T]
    """The first page."""

    def __init__(self, ask: Callable[[str | None], Page[T]], after: str | None) -> None:
        self._ask = ask
        self.page = ask(after)

    def __iter__(self) -> Iterator[T]:
        page = self.page
        while True:
            yield from page.items
            if page.next is None:
                return
            page = self._ask(page.next)

    def __repr__(self) -> str:
        more = "" if self.page.next is None else ", and more"
        return f"<Listing of {len(self.page.items)}{more}>"
