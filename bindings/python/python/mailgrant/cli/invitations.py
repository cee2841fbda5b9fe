"""`mailgrant invite …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant import Bearer, Offer, Promise, Role, UserId
from mailgrant.types import Accepted, Invited
from mailgrant.types import Invitation as Found

from .asking import before_secret, new_password, secret
from .dates import end_of, last, moment
from .desk import Desk, asking, changing
from .members import Services
from .options import Expires, Invitation, InvitedTo, Org, Rights, ShowSecret, TokenStdin, flag, noun
from .plain import said
from .showing import Cell, Facts, Next, Part, Secret, Table, done, good, odd, show
from .words import may, rights_of, services, services_of, shell

app = noun("Invitations: a place in an organisation, promised to an address.")


@app.command()
def send(
    org: Org,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whoever reads mail there is invited.")],
    role: Annotated[Role, typer.Option("--role", help="As what.")] = Role.EXTERNAL,
    mailbox: Annotated[
        list[str] | None,
        typer.Option("--mailbox", metavar="ADDRESS", help="A mailbox that is promised; again for more."),
    ] = None,
    rights: Rights = None,
    expires: Expires = None,
    service: Services = None,
    show_secret: ShowSecret = False,
) -> None:
    """Invite whoever reads mail at an address.

    --rights and --expires are those of the promised mailboxes. The token that is shown is for you to mail: whoever
    brings it back is invited. Inviting an address again renews its invitation with a new token.
    """
    before_secret(shown=show_secret)
    with changing() as desk:
        organisation = desk.organisation(org)
        gives = rights_of(rights)
        if gives is None:
            gives = desk.directory.organisation(organisation, by=desk.by).policy.mailbox_rights
        until = None if expires is None else end_of(expires, "--expires")
        promises = tuple(Promise(desk.mailbox(one), gives, until) for one in mailbox or ())
        offer = Offer(role, services_of(service), promises)
        answer = desk.directory.invite(organisation, address, offer, by=desk.by)
    _sent(answer, address)


@app.command()
def resend(invitation: Invitation, org: InvitedTo = None, show_secret: ShowSecret = False) -> None:
    """Send an invitation anew, with a new token; the former one ends."""
    before_secret(shown=show_secret)
    with changing() as desk:
        one = desk.invitation(invitation, org)
        address = desk.directory.invitation(one, by=desk.by).address
        answer = desk.directory.resend_invitation(one, by=desk.by)
    _sent(answer, address)


@app.command()
def revoke(invitation: Invitation, org: InvitedTo = None) -> None:
    """Take an invitation back."""
    with changing() as desk:
        one = desk.invitation(invitation, org)
        desk.directory.revoke_invitation(one, by=desk.by)
    done(f"The invitation {invitation} is taken back.", invitation=one)


@app.command("list")
def list_(
    org: Org,
    every: Annotated[bool, flag("--all", help="Those that were answered or taken back too.")] = False,
) -> None:
    """The invitations of an organisation that wait for an answer."""
    with asking() as desk:
        of = desk.organisation(org)
        found = [one for one in desk.directory.invitations(of, by=desk.by) if every or one.state == "pending"]
        now = desk.directory.now
        rows = [
            (
                one.address,
                one.offer.role,
                _promised(desk, one),
                odd("expired") if one.state == "pending" and one.expires <= now else _state(one),
                desk.short(one.sender),
                moment(one.sent_at),
                last(one.expires),
                str(one.id),
            )
            for one in found
        ]
    heads = ("who", "as", "mailboxes", "state", "sent by", "sent (UTC)", "until (UTC)", "id")
    show(found, Table(heads, rows, "No invitation waits for an answer."))


@app.command("show")
def show_(invitation: Invitation, org: InvitedTo = None) -> None:
    """Show an invitation and what it promises."""
    with asking() as desk:
        one = desk.directory.invitation(desk.invitation(invitation, org), by=desk.by)
        promises = [(desk.call(each.mailbox), may(each.rights), last(each.expires)) for each in one.offer.mailboxes]
        facts: list[tuple[str, Cell]] = [
            ("to", one.address),
            ("organisation", desk.call(one.organisation)),
            ("as", one.offer.role),
            ("services", services(one.offer.services)),
            ("state", _state(one)),
            ("sent", f"{moment(one.sent_at)} UTC by {desk.short(one.sender)}"),
            ("until", f"{moment(one.expires)} UTC"),
            ("accepted by", None if one.accepted_by is None else desk.call(one.accepted_by)),
            ("id", str(one.id)),
        ]
    parts: list[Part] = [Table(("mailbox", "may", "until"), promises)] if promises else []
    show(one, Facts(facts), *parts)


@app.command()
def accept(
    new: Annotated[
        str | None,
        typer.Option(
            "--new", metavar="NAME", help="With a new account of this name, whose login is the invited address."
        ),
    ] = None,
    token_stdin: TokenStdin = False,
) -> None:
    """Accept an invitation: with --as LOGIN for that account, or with --new NAME for a new one.

    The token is asked for, and the password of a new account too; neither is an argument.
    """
    with changing() as desk:
        if new is None and not isinstance(desk.by, UserId):
            raise typer.BadParameter("for whom? Say --as LOGIN for an account, or --new NAME for a new one")
        token = secret("token", from_stdin=token_stdin)
        if new is None:
            answer = desk.directory.accept_invitation(token, by=desk.by)
        else:
            password = new_password(from_stdin=token_stdin)
            answer = desk.directory.accept_invitation_as_new(token, new, password, by=Bearer())
        as_them = Desk(desk.directory, answer.user)
        report = _accepted(as_them, answer)
        who, where = as_them.call(answer.user), as_them.call(answer.organisation)
    done(f"{who} belongs to {where}.", *report, **said(answer))


@app.command()
def decline(token_stdin: TokenStdin = False) -> None:
    """Decline an invitation, with its token, which is asked for."""
    with changing() as desk:
        token = secret("token", from_stdin=token_stdin)
        desk.directory.decline_invitation(token, by=Bearer())
    done("The invitation is declined.", declined=True)


def _sent(answer: Invited, address: str) -> None:
    token = answer.token.reveal()
    show(
        {"invitation": answer.invitation, "token": token, "expires": answer.expires, "send_to": address},
        Secret(f"A token to mail to {address}, good until {moment(answer.expires)} UTC", token),
        Next(
            [shell("invite", "accept", "--as", "LOGIN"), shell("invite", "accept", "--new", "NAME")],
            "When it comes back, one of:",
        ),
        f"The invitation is {answer.invitation}",
    )


def _accepted(desk: Desk, answer: Accepted) -> list[Part]:
    facts: list[tuple[str, Cell]] = [
        ("reach now", ", ".join(desk.call(one) for one in answer.mailboxes)),
        ("left out, as it is gone", ", ".join(desk.call(one) for one in answer.left_out)),
        ("as it was", ", ".join(desk.call(one) for one in answer.unchanged)),
    ]
    return [Facts(facts)] if any(value for _, value in facts) else []


def _promised(desk: Desk, one: Found) -> str:
    return ", ".join(desk.call(each.mailbox) for each in one.offer.mailboxes)


def _state(one: Found) -> Cell:
    return good(one.state) if one.state == "accepted" else one.state
