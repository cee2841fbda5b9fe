"""`mailgrant grant …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant import Batch, HeldDevices, MailboxId, UserId
from mailgrant.types import GrantEnded, Person

from .dates import end_of, last, moment
from .desk import Desk, asking, changing
from .naming import full
from .options import Address, Expires, Held, Login, Rights, flag, noun
from .plain import said
from .showing import Cell, Next, Part, Table, bad, done, show
from .words import may, rights_of, shell, spoken

app = noun("Grants: who gets to which mailbox, and what they may do there.")


@app.command()
def add(
    address: Address,
    login: Login,
    rights: Rights = None,
    expires: Expires = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, in words.")] = None,
    devices: Held = None,
) -> None:
    """Give a member access to a mailbox: reading, and these rights.

    --devices is needed where a former grant is past its expiry and devices hang on it.
    """
    with changing() as desk:
        mailbox, user = desk.mailbox(address), desk.user(login)
        desk.directory.grant_access(
            mailbox,
            user,
            by=desk.by,
            rights=rights_of(rights),
            expires=None if expires is None else end_of(expires, "--expires"),
            reason=reason,
            held=devices,
        )
        gives = _gives(desk, mailbox, user)
    done(f"{login} may use {address}{gives}.", mailbox=mailbox, user=user)


@app.command("list")
def list_(address: Address) -> None:
    """The grants on a mailbox. Everything that reaches it, devices too: mailgrant who."""
    with asking() as desk:
        rows = desk.directory.access(desk.mailbox(address), by=desk.by, limit=1_000)
        found = [(one, one.who) for one in rows if isinstance(one.who, Person)]
        desk.learn(*(who for _, who in found))
        cells = [
            (
                full(who),
                may(one.rights),
                moment(one.since),
                desk.short(one.by),
                last(one.until),
                None if one.blocked is None else bad(spoken(one.blocked)),
            )
            for one, who in found
        ]
    heads = ("who", "may", "since (UTC)", "given by", "until", "in the way")
    show([one for one, _ in found], Table(heads, cells, "Nobody has a grant."))


@app.command()
def change(
    address: Address,
    login: Login,
    rights: Rights = None,
    expires: Expires = None,
    forever: Annotated[bool, flag("--no-expiry", help="It does not end by itself any more.")] = False,
) -> None:
    """Change what a grant gives, all of it, or until when."""
    if forever and expires is not None:
        raise typer.BadParameter("--expires and --no-expiry exclude each other")
    if rights is None and expires is None and not forever:
        raise typer.BadParameter("say what changes: --rights, --expires or --no-expiry")
    chosen, until = rights_of(rights), None if expires is None else end_of(expires, "--expires")
    with changing() as desk:
        mailbox, user = desk.mailbox(address), desk.user(login)

        def both(batch: Batch) -> None:
            if chosen is not None:
                batch.change_grant(mailbox, user, chosen, by=desk.by)
            if forever or until is not None:
                batch.set_grant_expiry(mailbox, user, until, by=desk.by)

        desk.directory.batch(both)
        gives = _gives(desk, mailbox, user)
    done(f"{login} may use {address}{gives}.", mailbox=mailbox, user=user)


@app.command()
def revoke(address: Address, login: Login, devices: Held = None) -> None:
    """Take a grant away. Where the person holds devices on the mailbox, say what becomes of them: --devices."""
    with changing() as desk:
        mailbox, user = desk.mailbox(address), desk.user(login)

        def body(batch: Batch) -> GrantEnded:
            ended = batch.revoke_grant(mailbox, user, devices or HeldDevices.REVOKE, by=desk.by)
            if devices is None and ended.revoked:
                raise _Undecided(ended)
            return ended

        try:
            answer = desk.directory.batch(body)
        except _Undecided as undecided:
            names = ", ".join(desk.call(one) for one in undecided.ended.revoked)
            message = f"{login} holds devices there ({names}): say --devices revoke or --devices release"
            raise typer.BadParameter(message, param_hint="--devices") from None
        whom = desk.short(user)
        report = [*_ended(desk, answer, whom), *_rotate(answer, whom)]
    done(f"{login} has no grant on {address} any more.", *report, mailbox=mailbox, user=user, **said(answer))


@app.command("give-up")
def give_up(address: Address) -> None:
    """Give up one's own grant, with --as: the devices that one holds on the mailbox are revoked."""
    with changing() as desk:
        mailbox = desk.mailbox(address)
        whom = desk.short(desk.by)
        # Afterwards one is not told any more what they are called.
        _ended(desk, desk.directory.preview.give_up_grant(mailbox, by=desk.by).output, whom)
        answer = desk.directory.give_up_grant(mailbox, by=desk.by)
        report = _ended(desk, answer, whom)
    done(f"The grant on {address} is given up.", *report, mailbox=mailbox, **said(answer))


class _Undecided(Exception):
    """Devices hang on a grant, and nobody said what becomes of them."""

    def __init__(self, ended: GrantEnded) -> None:
        super().__init__()
        self.ended = ended


def _gives(desk: Desk, mailbox: MailboxId, user: UserId) -> str:
    """What a grant gives now, as far as whoever gave it sees it."""
    for one in desk.directory.access(mailbox, by=desk.by):
        if isinstance(one.who, Person) and one.who.id == user:
            until = f", until {last(one.until)}" if one.until else ""
            return f": {may(one.rights)}{until}"
    return ""


def _ended(desk: Desk, answer: GrantEnded, whom: str) -> list[Part]:
    rows: list[tuple[Cell, ...]] = [
        *((f"the device {desk.call(one)}", bad("is revoked")) for one in answer.revoked),
        *(
            (f"the device {desk.call(one)}", f"goes on without a holder; {whom} knows its password")
            for one in answer.released
        ),
        *((f"the device {one.label}", f"goes on; {whom} knows its password") for one in answer.still_known),
    ]
    return [Table(("what", "from now on"), rows)] if rows else []


def _rotate(answer: GrantEnded, whom: str) -> list[Part]:
    """The commands that give the devices that go on new passwords."""
    ids = [*answer.released, *(one.device for one in answer.still_known)]
    commands = [shell("device", "rotate", str(one), "--grace", "0") for one in ids]
    return [Next(commands, f"Give these new passwords, which {whom} does not know:")] if commands else []
