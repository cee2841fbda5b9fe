"""`mailgrant at ORG DATE …`: the questions, asked of the organisation as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from mailgrant import OrganisationId

from . import mailboxes as rooms
from .dates import DATE, moment, past
from .desk import Desk, asking
from .naming import full
from .options import Address, Login, Org, noun
from .pictures import Output, check, show_map
from .questions import RightArgument, show_explanation, show_reach, show_resolution, show_who
from .reviewing import Warned, show_review
from .settings import settings
from .showing import Table, say, show
from .words import services

app = noun("The same questions, of an organisation as it was at a date.")


@dataclass(frozen=True, slots=True)
class _When:
    """Of what, and as of when."""

    org: str
    date: str


@app.callback()
def at(
    context: typer.Context,
    org: Org,
    date: Annotated[str, typer.Argument(metavar="DATE", help=DATE)],
) -> None:
    """The same questions, of an organisation as it was at a date.

    mailgrant at bakery.example 2026-03-03 who contact@bakery.example

    Everything is called what it was called then. Of a deleted organisation, ORG is the id.
    """
    context.obj = _When(org, date)


@contextmanager
def _then(context: typer.Context) -> Iterator[tuple[Desk, OrganisationId]]:
    """The organisation as it was."""
    when: _When = context.obj
    with asking() as desk:
        instant = past(when.date, "DATE", desk.directory.now)
        organisation = desk.organisation(when.org)
        with desk.then(organisation, instant) as then:
            if not settings().json:
                say(f"As it was at {moment(instant)} UTC:")
            yield then, organisation


@app.command()
def who(context: typer.Context, address: Address) -> None:
    """Everyone and everything that reached an address."""
    with _then(context) as (desk, _):
        show_who(desk, address)


@app.command()
def reach(context: typer.Context, login: Login) -> None:
    """Everything that a person reached in this organisation."""
    with _then(context) as (desk, _):
        show_reach(desk, login)


@app.command()
def explain(context: typer.Context, login: Login, right: RightArgument, address: Address) -> None:
    """Whether a person might do something with a mailbox, link by link."""
    with _then(context) as (desk, _):
        show_explanation(desk, login, right, address)


@app.command()
def resolve(
    context: typer.Context, address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any e-mail address.")]
) -> None:
    """Where mail to an address went."""
    with _then(context) as (desk, _):
        show_resolution(desk, address)


@app.command()
def review(context: typer.Context, warned: Warned = False) -> None:
    """All access there was, warnings first. A past knows no last uses and settles nothing."""
    with _then(context) as (desk, organisation):
        show_review(desk, organisation, warned=warned)


@app.command()
def members(context: typer.Context) -> None:
    """Who belonged to it, and as what."""
    with _then(context) as (desk, organisation):
        found = list(desk.directory.members(organisation, by=desk.by, limit=1_000))
    rows = [(full(one.person), one.role, services(one.services), one.state, moment(one.since)) for one in found]
    show(found, Table(("who", "role", "services", "membership", "since (UTC)"), rows))


@app.command()
def mailboxes(context: typer.Context) -> None:
    """Its mailboxes."""
    with _then(context) as (desk, organisation):
        found = list(desk.directory.mailboxes(organisation, by=desk.by, limit=1_000))
    rows = [(one.address, one.name, rooms.state(one), rooms.sending(one), moment(one.opened_at)) for one in found]
    show(found, Table(("address", "name", "state", "sending", "since (UTC)"), rows, "There was no mailbox."))


@app.command("map")
def map_(context: typer.Context, output: Output = None) -> None:
    """Draw who reached which mailbox. The suffix of FILE says how."""
    check(output)
    with _then(context) as (desk, organisation):
        show_map(desk, organisation, output)
