"""Who did what, when, and to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer

from mailgrant import Bearer, DeviceId, Entry, Error, InvitationId, MailboxId, OrganisationId, System, UserId
from mailgrant.types import About, Actor, Order

from .dates import DATE, START, end_of, last, moment, start_of
from .desk import Desk, asking
from .naming import is_id
from .options import Org, flag
from .showing import Table, say, show
from .words import spoken

Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only what happened so, such as grant.given; again for more."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help=f"Not before this. {START}")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help=f"Not after this. {DATE}")]
Oldest = Annotated[bool, flag("--oldest", help="The oldest first; otherwise the newest.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="How many at most.")]


def history(
    org: Org,
    about: Annotated[
        str | None,
        typer.Option(
            "--about", metavar="WHAT", help="Only what is about this: an address, a domain, a device or an id."
        ),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option("--by", metavar="LOGIN", help="Only what they did: a login, an id, or sys:NAME for the host."),
    ] = None,
    kinds: Kinds = None,
    since: Since = None,
    until: Until = None,
    oldest: Oldest = False,
    limit: Limit = 50,
) -> None:
    """Who did what in an organisation, when, and to what: the newest first."""
    with asking() as desk:
        of = chosen(desk, about=about, who=who, kinds=kinds, since=since, until=until, oldest=oldest, limit=limit)
        organisation = desk.organisation(org)
        entries = desk.directory.history(organisation, by=desk.by, **of)
        if isinstance(desk.by, UserId):
            desk.learn(*(member.person for member in desk.directory.members(organisation, by=desk.by)))
        show_history(desk, entries, limit)


def chosen(
    desk: Desk,
    *,
    about: str | None = None,
    who: str | None = None,
    kinds: list[str] | None,
    since: str | None,
    until: str | None,
    oldest: bool,
    limit: int,
) -> dict[str, Any]:
    """Which part of a history is meant."""
    return {
        "about": None if about is None else _about(desk, about),
        "done_by": None if who is None else _actor(desk, who),
        "kinds": tuple(kinds or ()),
        "since": None if since is None else start_of(since, "--since"),
        "until": None if until is None else end_of(until, "--until"),
        "order": Order.OLDEST if oldest else Order.NEWEST,
        "limit": min(limit, 1_000),
    }


def show_history(desk: Desk, entries: Iterable[Entry], limit: int) -> None:
    """Show the first of them, and say where there are more."""
    every = iter(entries)
    shown = list(islice(every, limit))
    rows = [
        (moment(one.at), desk.short(one.by), one.event.kind, _subjects(desk, one), _said(desk, one)) for one in shown
    ]
    show(shown, Table(("at (UTC)", "by", "what", "to", "more"), rows, "Nothing happened."))
    if next(every, None) is not None:
        say(f"There is more: --limit {limit * 2} or a later --since.")


def _subjects(desk: Desk, entry: Entry) -> str:
    """To what it happened; the organisation itself is named by the question."""
    named = [desk.call(one) for one in entry.event.on if not isinstance(one, OrganisationId)]
    return ", ".join(named) or desk.call(entry.event.on[0])


UNSAID = {"challenge", "label", "secret"}
"""What an event says that stands in another column, or that nobody reads."""


def _said(desk: Desk, entry: Entry) -> str:
    """What the event says besides."""
    return "; ".join(_facts(desk, {name: value for name, value in entry.event.items() if name not in UNSAID}))


def _facts(desk: Desk, says: Mapping[str, Any]) -> Iterator[str]:
    """Names and values, what is empty left out."""
    for name, value in sorted(says.items()):
        if value not in (None, "") and (words := _value(desk, value)):
            yield f"{spoken(name)}: {words}"


def _value(desk: Desk, value: Any) -> str:
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    match value:
        case datetime():
            said = last(value) or ""
        case StrEnum():
            said = spoken(value)
        case frozenset():
            said = ", ".join(map(spoken, sorted(value)))
        case Mapping():
            said = ", ".join(_facts(desk, value))
        case list() | tuple():
            said = ", ".join(_value(desk, inner) for inner in value)
        case _:
            said = desk.call(value)
    return said


def _about(desk: Desk, text: str) -> About:
    """What a history is asked about: whatever has that name."""
    if is_id(text):
        return _of_any_kind(text)
    if "@" not in text:
        return text
    ways = (desk.device,) if "/" in text.partition("@")[2] else (desk.mailbox, desk.user)
    for way in ways:
        try:
            return way(text)
        except Error:
            continue
    return text


def _of_any_kind(text: str) -> About:
    for kind in (UserId, MailboxId, DeviceId, InvitationId):
        try:
            return kind(text)
        except Error:
            continue
    return OrganisationId(text)


def _actor(desk: Desk, text: str) -> Actor:
    if text.startswith("sys:"):
        return System(text.removeprefix("sys:"))
    return Bearer() if text == "bearer" else desk.user(text)
