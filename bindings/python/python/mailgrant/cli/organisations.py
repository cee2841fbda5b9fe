"""`mailgrant org …`"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from mailgrant import Policy, UserId
from mailgrant.types import SharingInvites

from . import known
from .asking import agree
from .dates import moment
from .desk import asking, changing
from .options import DryRun, GoOn, Org, Rights, Yes, dependants, noun
from .plain import said
from .settings import settings
from .showing import Cell, Facts, Next, Part, Table, bad, done, good, show
from .words import rights_of, shell, spoken

app = noun("Organisations: a domain or more, the people in it and the mailboxes.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]


@app.command()
def add(
    name: Name,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="LOGIN", help="Its first owner; with --as, oneself.")
    ] = None,
) -> None:
    """Found an organisation."""
    if owner is None and settings().person is None:
        raise typer.BadParameter("an organisation has an owner: name one by their login", param_hint="--owner")
    with changing() as desk:
        whose = None if owner is None else desk.user(owner)
        answer = desk.directory.found_organisation(name, by=desk.by, owner=whose)
        owned = desk.call(answer.owner)
    done(
        f"{name} is founded, and {owned} owns it: {answer.organisation}",
        Next([shell("domain", "add", name, "example.ch")], "Its domain comes next:"),
        **said(answer),
    )


@app.command("list")
def list_() -> None:
    """All organisations; with --as, one's own. For the host it goes through all of the history."""
    with asking() as desk:
        if isinstance(desk.by, UserId):
            of = desk.directory.reach(desk.by, by=desk.by).organisations
            found = [desk.directory.organisation(one.id, by=desk.by) for one in of]
        else:
            found = list(known.organisations(desk.directory))
    rows = [(one.name, one.state, moment(one.founded_at), str(one.id)) for one in found]
    show(found, Table(("name", "state", "founded (UTC)", "id"), rows, "There is no organisation yet."))


@app.command("show")
def show_(org: Org) -> None:
    """Show an organisation and its policy."""
    with asking() as desk:
        one = desk.directory.organisation(desk.organisation(org), by=desk.by)
    state = good(one.state) if one.state == "active" else bad(f"{one.state}, by {one.state_by}")
    facts: list[tuple[str, Cell]] = [
        ("name", one.name),
        ("state", state),
        ("founded", moment(one.founded_at)),
        ("id", str(one.id)),
    ]
    show(one, Facts([*facts, *_policy(one.policy)]))


@app.command()
def rename(org: Org, name: Name) -> None:
    """Change what an organisation is called."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.rename_organisation(organisation, name, by=desk.by)
    done(f"It is called {name} now.", organisation=organisation)


@app.command()
def policy(
    org: Org,
    rights: Rights = None,
    devices: Annotated[int | None, typer.Option("--devices", help="Active devices a mailbox, 1 to 1,000.")] = None,
    invitation_days: Annotated[
        int | None, typer.Option("--invitation-days", help="How long an invitation is good, 1 to 90.")
    ] = None,
    quarantine_days: Annotated[
        int | None, typer.Option("--quarantine-days", help="How long a freed address is refused, up to 3,650.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option("--separator", help="What begins a subaddress: one of + - = #, or none.")
    ] = None,
    aliases: Annotated[
        int | None, typer.Option("--aliases", help="Aliases that a grant may add to a mailbox, up to 1,000.")
    ] = None,
    sharing: Annotated[
        SharingInvites | None,
        typer.Option("--sharing-invites", help="Whether holders of sharing may invite outsiders."),
    ] = None,
    go_on: GoOn = False,
) -> None:
    """Show an organisation's policy, or change what is named of it."""
    named: dict[str, Any] = {
        "mailbox_rights": rights_of(rights),
        "devices_per_mailbox": devices,
        "invitation_days": invitation_days,
        "quarantine_days": quarantine_days,
        "aliases_by_grant": aliases,
        "sharing_invites": sharing,
    }
    changes = {name: value for name, value in named.items() if value is not None}
    if separator is not None:
        changes["separator"] = None if separator == "none" else separator
    with changing() if changes else asking() as desk:
        organisation = desk.organisation(org)
        one = desk.directory.organisation(organisation, by=desk.by)
        chosen = replace(one.policy, **changes)
        if changes:
            desk.directory.set_policy(organisation, chosen, by=desk.by, on_dependants=dependants(go_on))
    show(chosen, Facts(_policy(chosen)))


@app.command()
def suspend(org: Org) -> None:
    """Suspend an organisation: nobody gets in and mail waits. What the host suspends only the host resumes."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.suspend_organisation(organisation, by=desk.by)
    done(f"{org} is suspended: nobody gets in, and mail waits.", organisation=organisation)


@app.command()
def resume(org: Org) -> None:
    """Resume a suspended organisation."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.resume_organisation(organisation, by=desk.by)
    done(f"{org} works again.", organisation=organisation)


@app.command()
def delete(org: Org, go_on: GoOn = False, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Delete an organisation for good, with all that is in it. Shows the plan and asks."""
    with changing() as desk:
        organisation = desk.organisation(org)
        name = desk.call(organisation)
        plan = desk.directory.preview.delete_organisation(organisation, by=desk.by, on_dependants=dependants(go_on))
        ends = {
            "members": sum(1 for _ in desk.directory.members(organisation, by=desk.by, limit=1_000)),
            "mailboxes": sum(1 for _ in desk.directory.mailboxes(organisation, by=desk.by, limit=1_000)),
            "devices": sum(1 for _ in desk.directory.devices(organisation, by=desk.by, limit=1_000)),
        }
        rows = [*((what, f"{count:,}") for what, count in ends.items()), ("domains", ", ".join(plan.output.domains))]
        goes: list[Part] = [f"With {name} end:", Facts(rows)]
        if dry_run:
            show({"done": False, "organisation": organisation, **said(plan.output), **ends}, *goes)
            return
        agree(f"Delete {name} and all that is in it for good?", yes=yes, plan=goes)
        answer = desk.directory.delete_organisation(organisation, by=desk.by, on_dependants=dependants(go_on))
    show(
        {"done": True, "organisation": organisation, **said(answer), **ends},
        f"{name} is deleted. Its id stays in the history: {organisation}",
        Next([shell("sweep")], "To clear away what was in it:"),
    )


def _policy(of: Policy) -> list[tuple[str, str]]:
    return [
        ("rights of a grant that names none", ", ".join(sorted(map(spoken, of.mailbox_rights))) or "reading alone"),
        ("devices a mailbox", str(of.devices_per_mailbox)),
        ("an invitation is good for", f"{of.invitation_days} days"),
        ("a freed address is refused for", f"{of.quarantine_days} days"),
        ("a subaddress begins with", of.separator or "nothing: there are none"),
        ("aliases that a grant may add", str(of.aliases_by_grant)),
        ("holders of sharing may invite outsiders", "yes" if of.sharing_invites == "allowed" else "no"),
    ]
