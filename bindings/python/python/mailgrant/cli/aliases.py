"""`mailgrant alias …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant.types import AliasSending

from .dates import moment
from .desk import asking, changing
from .options import Address, GoOn, TakeBack, dependants, flag, noun, reclaim
from .showing import Table, done, show

app = noun("Aliases: other entrances to a mailbox. Nobody logs in with one.")

Alias = Annotated[str, typer.Argument(metavar="ALIAS", help="The address of the alias.")]


@app.command()
def add(
    address: Address,
    alias: Alias,
    no_sending: Annotated[bool, flag("--no-sending", help="It only receives: nobody sends as it.")] = False,
    take_back: TakeBack = False,
    go_on: GoOn = False,
) -> None:
    """Add an alias to a mailbox."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        sending = AliasSending.REFUSED if no_sending else AliasSending.ALLOWED
        desk.directory.add_alias(
            mailbox,
            alias,
            by=desk.by,
            sending=sending,
            reclaim=reclaim(take_back),
            on_dependants=dependants(go_on),
        )
    done(f"{alias} leads to {address}.", mailbox=mailbox, alias=alias)


@app.command("list")
def list_(
    of: Annotated[str, typer.Argument(metavar="ORG|ADDRESS", help="An organisation, or a mailbox.")],
) -> None:
    """The aliases of an organisation or of a mailbox."""
    with asking() as desk:
        if "@" in of or of.startswith("mbx_"):
            found = list(desk.directory.aliases_of(desk.mailbox(of), by=desk.by, limit=1_000))
        else:
            found = list(desk.directory.aliases(desk.organisation(of), by=desk.by, limit=1_000))
        rows = [
            (one.address, desk.call(one.mailbox), None if one.sending == "allowed" else "refused", moment(one.added_at))
            for one in found
        ]
    show(found, Table(("alias", "leads to", "sending", "since (UTC)"), rows, "There is no alias."))


@app.command()
def remove(alias: Alias, go_on: GoOn = False) -> None:
    """Remove an alias; its address goes into quarantine."""
    with changing() as desk:
        mailbox = desk.mailbox(alias)
        answer = desk.directory.remove_alias(mailbox, alias, by=desk.by, on_dependants=dependants(go_on))
    until = answer.quarantined_until
    freed = f" Mail to it is refused, and nobody gets it until {moment(until)} UTC." if until else ""
    done(f"{alias} is removed.{freed}", mailbox=mailbox, alias=alias, quarantined_until=until)


@app.command()
def sending(
    alias: Alias, sending: Annotated[AliasSending, typer.Argument(help="Whether.", show_default=False)]
) -> None:
    """Allow or forbid sending as an alias."""
    with changing() as desk:
        mailbox = desk.mailbox(alias)
        desk.directory.set_alias_sending(mailbox, alias, sending, by=desk.by)
    done(f"Sending as {alias} is {sending}.", mailbox=mailbox, alias=alias, sending=sending)
