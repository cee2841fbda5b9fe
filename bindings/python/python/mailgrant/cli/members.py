"""`mailgrant member …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant import Role

from .dates import moment
from .desk import asking, changing
from .naming import full
from .options import Login, Org, noun
from .parting import leaver
from .showing import Table, bad, done, good, show
from .words import services, services_of

app = noun("Members: who belongs to an organisation, and as what.")

Services = Annotated[
    list[str] | None,
    typer.Option(
        "--service",
        metavar="SERVICE=LEVEL",
        help="mail, sites, domains, billing or other:NAME, each use or manage, such as mail=manage; again for more.",
    ),
]
AsWhat = Annotated[Role, typer.Argument(help="As what.", show_default=False)]


@app.command("list")
def list_(org: Org) -> None:
    """The members of an organisation."""
    with asking() as desk:
        found = list(desk.directory.members(desk.organisation(org), by=desk.by, limit=1_000))
    rows = [
        (
            full(one.person),
            one.role,
            services(one.services),
            good("active") if one.state == "active" else bad(f"{one.state}, by {one.state_by}"),
            None if one.person.state == "active" else bad(one.person.state),
            moment(one.since),
        )
        for one in found
    ]
    show(found, Table(("who", "role", "services", "membership", "account", "since (UTC)"), rows))


@app.command()
def add(org: Org, login: Login, role: AsWhat, service: Services = None) -> None:
    """Make a registered person a member without an invitation. The host alone may."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(login)
        desk.directory.add_member(organisation, user, role, by=desk.by, services=services_of(service))
        where = desk.call(organisation)
    done(f"{login} is {role} of {where}.", organisation=organisation, user=user, role=role)


@app.command()
def role(org: Org, login: Login, role: AsWhat) -> None:
    """Change a member's role. An external loses their services."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(login)
        desk.directory.set_role(organisation, user, role, by=desk.by)
    done(f"{login} is {role} now.", organisation=organisation, user=user, role=role)


@app.command("services")
def services_(org: Org, login: Login, service: Services = None) -> None:
    """Set a member's services, whole: those that are not named end."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(login)
        of = services_of(service)
        desk.directory.set_services(organisation, user, of, by=desk.by)
    done(f"{login} has {services(of) or 'no services'} now.", organisation=organisation, user=user, services=of)


@app.command()
def suspend(org: Org, login: Login) -> None:
    """Suspend a membership: it gives nothing, and the member's devices stop with it."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(login)
        desk.directory.suspend_member(organisation, user, by=desk.by)
    done(f"The membership of {login} is suspended.", organisation=organisation, user=user)


@app.command()
def resume(org: Org, login: Login) -> None:
    """Resume a suspended membership, with everything it gave."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(login)
        desk.directory.resume_member(organisation, user, by=desk.by)
    done(f"{login} is an active member again.", organisation=organisation, user=user)


@app.command()
def transfer(
    org: Org,
    to: Login,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="LOGIN", help="The owner who becomes admin; with --as, oneself.")
    ] = None,
) -> None:
    """Make a member owner, and the present owner admin, at once."""
    with changing() as desk:
        organisation, user = desk.organisation(org), desk.user(to)
        former = None if from_ is None else desk.user(from_)
        desk.directory.transfer_ownership(organisation, user, by=desk.by, from_=former)
    done(f"{to} owns it now.", organisation=organisation, user=user)


app.command("remove")(leaver)
