"""`mailgrant mailbox …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant.types import FormerAddress, Mailbox, MailboxDeleted, NamedDevice

from .asking import agree
from .dates import moment
from .desk import Desk, asking, changing
from .history import Kinds, Limit, Oldest, Since, Until, chosen, show_history
from .options import Address, DryRun, GoOn, Org, TakeBack, Yes, dependants, noun, reclaim
from .plain import said
from .showing import Cell, Facts, Next, Part, Table, bad, done, good, show
from .words import shell

app = noun("Mailboxes: containers such as contact@example.ch, without any password.")

Display = Annotated[str | None, typer.Option("--name", help="What people read beside the address.", show_default=False)]


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Its address, at a verified domain.")],
    name: Display = None,
    take_back: TakeBack = False,
    go_on: GoOn = False,
) -> None:
    """Open a mailbox, in the organisation that has the domain. Nobody can read it until it is granted to them."""
    with changing() as desk:
        mailbox = desk.directory.open_mailbox(
            desk.organisation_of(address),
            address,
            by=desk.by,
            name=name,
            reclaim=reclaim(take_back),
            on_dependants=dependants(go_on),
        )
    done(
        f"{address} is open: {mailbox}",
        Next([shell("grant", "add", address, "LOGIN")], "Nobody can read it yet. To grant it to somebody:"),
        mailbox=mailbox,
    )


@app.command("list")
def list_(org: Org) -> None:
    """The mailboxes of an organisation."""
    with asking() as desk:
        found = list(desk.directory.mailboxes(desk.organisation(org), by=desk.by, limit=1_000))
    rows = [(one.address, one.name, state(one), sending(one), moment(one.opened_at)) for one in found]
    show(found, Table(("address", "name", "state", "sending", "since (UTC)"), rows, "There is no mailbox yet."))


@app.command("show")
def show_(address: Address) -> None:
    """Show a mailbox and its aliases. Who reaches it: mailgrant who."""
    with asking() as desk:
        one = desk.mailbox_at(address)
        aliases = list(desk.directory.aliases_of(one.id, by=desk.by))
        facts = about(desk, one)
    facts.append(("aliases", ", ".join(alias.address for alias in aliases)))
    show({**said(one), "aliases": aliases}, Facts(facts))


@app.command()
def rename(
    address: Address,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The address that it gets.")],
    former: Annotated[
        FormerAddress,
        typer.Option(
            "--former",
            help="What becomes of the former address: it stays as an alias, or it is free and mail to it is refused.",
            show_default=False,
        ),
    ],
    take_back: TakeBack = False,
    go_on: GoOn = False,
) -> None:
    """Give a mailbox another address. Who has it keeps it; devices must be told the new address."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        answer = desk.directory.rename_mailbox(
            mailbox, new, former, by=desk.by, reclaim=reclaim(take_back), on_dependants=dependants(go_on)
        )
    done(
        f"{answer.former} is {new} now.",
        *([_devices("to reconfigure: it logs in as the former address", answer.devices)] if answer.devices else []),
        mailbox=mailbox,
        **said(answer),
    )


@app.command("set-name")
def set_name(
    address: Address,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The name; none where it is left out.", show_default=False)
    ] = None,
) -> None:
    """Change what people read beside a mailbox's address."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.set_mailbox_name(mailbox, name, by=desk.by)
    done(f"{address} is called {name} now." if name else f"{address} has no name any more.", mailbox=mailbox)


@app.command()
def suspend(address: Address, go_on: GoOn = False) -> None:
    """Suspend a mailbox: mail is accepted, nobody gets in, nothing is sent."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.suspend_mailbox(mailbox, by=desk.by, on_dependants=dependants(go_on))
    done(f"{address} is suspended: mail is accepted, and nobody gets in.", mailbox=mailbox)


@app.command()
def resume(address: Address) -> None:
    """Resume a suspended mailbox."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.resume_mailbox(mailbox, by=desk.by)
    done(f"{address} is open again.", mailbox=mailbox)


@app.command()
def close(address: Address, go_on: GoOn = False) -> None:
    """Close a mailbox: nobody gets in and mail is refused. Everything comes back on reopening."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.close_mailbox(mailbox, by=desk.by, on_dependants=dependants(go_on))
    done(f"{address} is closed: mail to it is refused.", mailbox=mailbox)


@app.command()
def reopen(address: Address) -> None:
    """Reopen a closed mailbox, with everything that was there."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.reopen_mailbox(mailbox, by=desk.by)
    done(f"{address} is open again.", mailbox=mailbox)


@app.command()
def hold(address: Address) -> None:
    """Hold the sending of a mailbox: nothing is sent from it; reading goes on."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.hold_sending(mailbox, by=desk.by)
    done(f"Nothing is sent from {address} until it is released.", mailbox=mailbox)


@app.command()
def release(address: Address) -> None:
    """Release the sending of a mailbox."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        desk.directory.release_sending(mailbox, by=desk.by)
    done(f"{address} may send again.", mailbox=mailbox)


@app.command()
def delete(address: Address, go_on: GoOn = False, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Delete a mailbox for good, and put its addresses into quarantine. Shows the plan and asks."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        plan = desk.directory.preview.delete_mailbox(mailbox, by=desk.by, on_dependants=dependants(go_on)).output
        goes: list[Part] = [f"With {plan.address} end:", _ends(desk, plan)]
        if dry_run:
            show({"done": False, "mailbox": mailbox, **said(plan)}, *goes)
            return
        agree(f"Delete {plan.address} and all access to it for good?", yes=yes, plan=goes)
        answer = desk.directory.delete_mailbox(mailbox, by=desk.by, on_dependants=dependants(go_on))
        report: list[Part] = [f"{answer.address} is deleted.", _ends(desk, answer)]
    show({"done": True, "mailbox": mailbox, **said(answer)}, *report)


@app.command()
def history(
    address: Address,
    kinds: Kinds = None,
    since: Since = None,
    until: Until = None,
    oldest: Oldest = False,
    limit: Limit = 50,
) -> None:
    """Show what happened to a mailbox, its aliases, grants and devices."""
    with asking() as desk:
        of = chosen(desk, kinds=kinds, since=since, until=until, oldest=oldest, limit=limit)
        entries = desk.directory.mailbox_history(desk.mailbox(address), by=desk.by, **of)
        show_history(desk, entries, limit)


def about(desk: Desk, one: Mailbox) -> list[tuple[str, Cell]]:
    """What is known of a mailbox itself."""
    return [
        ("mailbox", one.address),
        ("name", one.name),
        ("organisation", desk.call(one.organisation)),
        ("state", state(one)),
        ("sending", sending(one)),
        ("opened", f"{moment(one.opened_at)} UTC by {desk.short(one.opened_by)}"),
        ("id", str(one.id)),
    ]


def state(one: Mailbox) -> Cell:
    """Whether it takes mail and lets people in."""
    return good("open") if one.state == "open" else bad(f"{one.state}, by {_whom(one.state_by)}")


def sending(one: Mailbox) -> Cell:
    """Whether mail may be sent from it; nothing where it may."""
    return None if one.sending == "allowed" else bad(f"held by {_whom(one.sending_by)}")


def _whom(authority: str | None) -> str:
    return "the host" if authority == "system" else "a manager"


def _ends(desk: Desk, answer: MailboxDeleted) -> Table:
    rows = [
        *((f"the alias {one}", "is in quarantine") for one in answer.aliases),
        *((f"the grant of {desk.call(one)}", "ends") for one in answer.grants),
        *((f"the device {one.label}", "is revoked") for one in answer.devices),
        *((desk.call(one), "promises it no more") for one in answer.invitations),
        *((f"the catch-all of {one}", "ends") for one in answer.catch_alls),
    ]
    return Table(("what", "from then on"), rows, "Nobody reached it.")


def _devices(heading: str, devices: tuple[NamedDevice, ...]) -> Table:
    return Table(("device", "what to do", "id"), [(one.label, heading, str(one.device)) for one in devices])
