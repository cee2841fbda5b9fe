"""Long answers: lists that ask for their pages as they are gone through, and the feed of changes."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from bakery import START, Bakery, open_bakery

import mailgrant
from mailgrant import (
    Directory,
    Entry,
    Invalid,
    Listing,
    ManualClock,
    NotFound,
    Offer,
    OrganisationId,
    Page,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = "01h455vb4pex5vsknk084sn02q"


class Asked(Directory):
    """Counts the pages that are asked for."""

    __slots__ = ("pages",)
    pages: list[object]

    def _ask(self, name: str, fields: dict[str, object], read: Callable[[Any], Any], by: Any) -> Any:
        if "page" in fields:
            self.pages.append(fields["page"])
        return super()._ask(name, fields, read, by)


@pytest.fixture
def long(clock: ManualClock) -> Bakery:
    """Settle a bakery of seven mailboxes in a directory that counts."""
    directory = Asked.open("memory:", clock=clock, hash_costs=mailgrant.HashCosts(8, 1, 1))
    assert isinstance(directory, Asked)
    directory.pages = []
    bakery = open_bakery(directory, clock)
    for number in range(6):
        clock.advance(timedelta(minutes=1))
        directory.open_mailbox(bakery.organisation, f"box{number}@bakery.example", by=bakery.owner)
    return bakery


def pages(bakery: Bakery) -> list[object]:
    assert isinstance(bakery.directory, Asked)
    return bakery.directory.pages


def test_a_long_answer_asks_for_its_pages_as_it_is_gone_through(long: Bakery) -> None:
    listing = long.directory.mailboxes(long.organisation, by=long.owner, limit=2)
    assert len(pages(long)) == 1
    it = iter(listing)
    assert [mailbox.address for mailbox in islice(it, 2)] == ["contact@bakery.example", "box0@bakery.example"]
    assert len(pages(long)) == 1
    next(it)
    assert len(pages(long)) == 2
    assert len(list(it)) == 4
    assert len(pages(long)) == 4
    assert all(isinstance(page, dict) and page["limit"] == 2 for page in pages(long))


def test_a_long_answer_may_be_gone_through_again_and_each_time_as_it_is_then(long: Bakery) -> None:
    listing = long.directory.mailboxes(long.organisation, by=long.owner, limit=2)
    assert [each.address for each in listing] == [each.address for each in listing]
    long.clock.advance(timedelta(minutes=1))
    long.directory.open_mailbox(long.organisation, "last@bakery.example", by=long.owner)
    assert [each.address for each in listing][-1] == "last@bakery.example"


def test_a_refusal_is_raised_by_the_question_and_not_later(long: Bakery) -> None:
    with pytest.raises(NotFound):
        long.directory.mailboxes(OrganisationId(f"org_{BODY}"), by=long.owner)


def test_a_page_says_where_the_next_one_begins(long: Bakery) -> None:
    first = long.directory.mailboxes(long.organisation, by=long.owner, limit=3).page
    assert isinstance(first, Page)
    assert len(first.items) == 3
    second = long.directory.mailboxes(long.organisation, by=long.owner, limit=3, after=first.next).page
    last = long.directory.mailboxes(long.organisation, by=long.owner, limit=3, after=second.next).page
    assert last.next is None
    told = [*first.items, *second.items, *last.items]
    assert told == list(long.directory.mailboxes(long.organisation, by=long.owner))


def test_a_long_answer_says_of_itself_how_long_it_is_so_far(long: Bakery) -> None:
    listing = long.directory.mailboxes(long.organisation, by=long.owner, limit=2)
    assert isinstance(listing, Listing)
    assert repr(listing) == "<Listing of 2, and more>"
    assert repr(long.directory.mailboxes(long.organisation, by=long.owner)) == "<Listing of 7>"


@pytest.mark.parametrize("limit", [0, 1, 2, 1_000_000, (1 << 32) - 1])
def test_any_limit_goes_through_all_of_it(long: Bakery, limit: int) -> None:
    listing = long.directory.mailboxes(long.organisation, by=long.owner, limit=limit)
    assert len(list(islice(listing, 100))) == 7


def test_a_cursor_of_another_question_is_refused(long: Bakery) -> None:
    cursor = long.directory.mailboxes(long.organisation, by=long.owner, limit=2).page.next
    with pytest.raises(Invalid) as refusal:
        long.directory.changes(after=cursor)
    assert refusal.value.code == "cursor.invalid"


def test_every_long_question_pages_to_the_same_answer(long: Bakery) -> None:
    directory, owner, organisation = long.directory, long.owner, long.organisation
    directory.add_alias(long.contact, "hello@bakery.example", by=owner)
    directory.add_alias(long.contact, "info@bakery.example", by=owner)
    long.clock.advance(timedelta(minutes=1))
    long.directory.add_device(long.contact, "another", ["imap"], by=long.assistant)
    for address in ("a@x.example", "b@x.example", "c@x.example"):
        directory.invite(organisation, address, Offer(Role.EXTERNAL), by=owner)
    questions: list[Callable[[int], Any]] = [
        lambda limit: directory.access(long.contact, by=owner, limit=limit),
        lambda limit: directory.members(organisation, by=owner, limit=limit),
        lambda limit: directory.mailboxes(organisation, by=owner, limit=limit),
        lambda limit: directory.aliases(organisation, by=owner, limit=limit),
        lambda limit: directory.aliases_of(long.contact, by=owner, limit=limit),
        lambda limit: directory.devices(organisation, by=owner, limit=limit),
        lambda limit: directory.invitations(organisation, by=owner, limit=limit),
        lambda limit: directory.domains(organisation, by=owner, limit=limit),
        lambda limit: directory.history(organisation, by=owner, limit=limit),
        lambda limit: directory.mailbox_history(long.contact, by=owner, limit=limit),
        lambda limit: directory.user_history(owner, by=owner, limit=limit),
        lambda limit: directory.review(organisation, by=owner, limit=limit),
        lambda limit: directory.compare(organisation, START, long.clock.now(), by=owner, limit=limit),
    ]
    for ask in questions:
        whole = list(ask(1_000))
        assert whole
        assert list(ask(1)) == list(ask(2)) == whole


def test_the_changes_are_followed_from_a_cursor_on(bakery: Bakery) -> None:
    directory = bakery.directory
    everything: list[Entry] = []
    after = None
    while True:
        told = directory.changes(after=after, limit=3)
        everything += told.entries
        after = told.next
        if not told.entries:
            break
    assert len(everything) == len(directory.changes(limit=1_000).entries)
    directory.rename_user(bakery.owner, "Olivia", by=bakery.owner)
    [entry] = directory.changes(after=after).entries
    assert (entry.command, entry.by, entry.stream) == ("rename_user", bakery.owner, bakery.owner)
