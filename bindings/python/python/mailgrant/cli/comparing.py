"""`mailgrant compare ORG SINCE`: who gained and lost what between two instants, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from mailgrant import Entry
from mailgrant.types import (
    Compared,
    ComparedDevice,
    ComparedPerson,
    DeviceAccess,
    Difference,
    MemberAccess,
    NoAccess,
    PersonAccess,
    Situation,
)

from .dates import DATE, last, moment, past
from .desk import Desk, asking
from .naming import full
from .options import Org
from .showing import NOTHING, Table, show
from .words import by, may, services, spoken


def compare(
    org: Org,
    since: Annotated[str, typer.Argument(metavar="SINCE", help=f"The earlier one. {DATE}")],
    until: Annotated[
        str | None,
        typer.Argument(metavar="[UNTIL]", help="The later one; now where it is left out.", show_default=False),
    ] = None,
) -> None:
    """Who gained and lost what between two instants, and why.

    What came and went in between is left out.
    """
    with asking() as desk:
        now = desk.directory.now
        first = past(since, "SINCE", now)
        second = now if until is None else past(until, "UNTIL", now)
        organisation = desk.organisation(org)
        desk.was_there(organisation, first)
        found = list(desk.directory.compare(organisation, first, second, by=desk.by, limit=1_000))
        rows = [(*_whose(one.whose), _stood(desk, one.before), _stood(desk, one.after), _why(one)) for one in found]
    heads = ("who", "mailbox", f"at {moment(first)}", f"at {moment(second)}", "because of")
    show(found, Table(heads, rows, "Nobody gained or lost anything."))


def _whose(whose: Compared) -> tuple[str, str | None]:
    match whose:
        case ComparedPerson(address=address, person=person):
            return full(person), address
        case ComparedDevice(address=address, label=label):
            return f"the device {label}", address
    return full(whose), None


def _stood(desk: Desk, stood: Situation) -> str:
    match stood:
        case NoAccess(obstacle=obstacle):
            return NOTHING if obstacle is None else f"{NOTHING} ({spoken(obstacle)})"
        case MemberAccess(role=role, services=of):
            return f"{role}; {services(of)}" if of else role
        case PersonAccess(rights=rights, until=until):
            return may(rights) + _until(until)
        case DeviceAccess(protocols=protocols, holder=holder, until=until):
            whose = "held by nobody" if holder is None else f"held by {desk.short(holder)}"
            return f"{by(protocols)}, {whose}{_until(until)}"


def _until(until: datetime | None) -> str:
    return "" if until is None else f", until {last(until)}"


def _why(one: Difference) -> str:
    return ", ".join(_entry(entry) for entry in one.why)


def _entry(entry: Entry) -> str:
    return f"{moment(entry.at)} {spoken(entry.command)}"
