"""`mailgrant review ORG`: all access of an organisation, what deserves a second look first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from mailgrant import Command, MailboxId, OrganisationId, UserId
from mailgrant.types import AccessSubject, Invitation, Person, ReviewRow, ReviewRows, ReviewWarning

from .dates import moment
from .desk import Desk, asking
from .naming import full
from .options import Org, flag
from .plain import rfc3339
from .showing import Cell, Next, Table, good, odd, show
from .words import BECAUSE, by, may, shell

Warned = Annotated[bool, flag("--warned", help="Only what deserves a second look.")]


def review(org: Org, warned: Warned = False) -> None:
    """All access of an organisation, warnings first, each with the command that settles it."""
    with asking() as desk:
        show_review(desk, desk.organisation(org), warned=warned)


def show_review(desk: Desk, organisation: OrganisationId, *, warned: bool) -> None:
    """The rows with warnings first, in the order in which the directory gives them."""
    rows = ReviewRows.WARNED if warned else ReviewRows.ALL
    found = list(desk.directory.review(organisation, by=desk.by, rows=rows, limit=1_000))
    found.sort(key=lambda row: not row.warnings)
    desk.learn(*(person for row in found if isinstance(person := _person(row), Person)))
    cells = [cell for row in found for cell in _cells(desk, row)]
    heads = ("what", "on", "may", "because", "since (UTC)")
    empty = "Nothing deserves a second look." if warned else "Nobody and nothing reaches a mailbox here."
    settles = [settle for row in found for settle in _settles(desk, row)]
    show(
        found,
        Table(heads, cells, empty),
        *([Next(settles, "What would settle it, each on its own:")] if settles else []),
    )


def _person(row: ReviewRow) -> object:
    return row.subject.access.who if isinstance(row.subject, AccessSubject) else None


def _cells(desk: Desk, row: ReviewRow) -> list[tuple[Cell, ...]]:
    """A line for each warning, or one that says that all is well."""
    what, where, gives = _subject(desk, row)
    if not row.warnings:
        return [(what, where, gives, good("nothing"), None)]
    return [(what, where, gives, odd(_because(desk, row, one)), moment(one.at)) for one in row.warnings]


def _subject(desk: Desk, row: ReviewRow) -> tuple[str, str | None, str | None]:
    match row.subject:
        case AccessSubject(address=address, access=access):
            if isinstance(access.who, Person):
                return full(access.who), address, may(access.rights)
            return f"the device {access.who.label}", address, by(access.who.protocols)
        case Invitation():
            offered = ", ".join(desk.call(one.mailbox) for one in row.subject.offer.mailboxes)
            return f"the invitation of {row.subject.address}", offered, None
    return desk.call(row.subject), None, None


def _because(desk: Desk, row: ReviewRow, one: ReviewWarning) -> str:
    """Why, and who it is about where that is somebody else."""
    because = BECAUSE.get(one.kind, one.kind)
    person = _person(row)
    if one.who is None or (isinstance(person, Person) and person.id == one.who):
        return because
    return f"{because}: {desk.short(one.who)}"


def _settles(desk: Desk, row: ReviewRow) -> Iterator[str]:
    """The commands that settle its warnings, each with what it is about."""
    what, where, _ = _subject(desk, row)
    about = what if where is None else f"{what} on {where}"
    for one in row.warnings:
        if one.settle is not None:
            yield f"{in_shell(desk, one.settle)}  # {about}: {BECAUSE.get(one.kind, one.kind)}"


def in_shell(desk: Desk, command: Command) -> str:
    """A command as one types it here; by its name where there is no such thing here."""
    says = command.fields
    words: list[str]
    match command.name:
        case "revoke_grant":
            words = ["grant", "revoke", _mailbox(desk, command), _login(desk, command), "--devices", says["held"]]
        case "set_grant_expiry":
            until = _instant(says["expires"])
            words = ["grant", "change", _mailbox(desk, command), _login(desk, command), "--expires", until]
        case "revoke_device":
            words = ["device", "revoke", says["device"]]
        case "rotate_device":
            words = ["device", "rotate", says["device"], "--grace", f"{says.get('grace', 0)}s"]
        case "widen_device":
            words = ["device", "widen", says["device"], "--expires", _instant(says["bounds"]["expires"])]
        case "resend_invitation" | "revoke_invitation":
            words = ["invite", command.name.partition("_")[0], says["invitation"]]
        case "set_role":
            words = ["member", "role", says["organisation"], says["user"], says["role"]]
        case "resume_organisation":
            words = ["org", "resume", says["organisation"]]
        case _:
            return command.name
    return shell(*words)


def _mailbox(desk: Desk, command: Command) -> str:
    return desk.call(MailboxId(command.fields["mailbox"]))


def _login(desk: Desk, command: Command) -> str:
    """By login where that is known, else by id."""
    _, has_login, login = desk.call(UserId(command.fields["user"])).rpartition(" <")
    return login.removesuffix(">") if has_login else str(command.fields["user"])


def _instant(millis: int) -> str:
    """As the core writes it in a command: milliseconds since 1970."""
    return rfc3339(datetime.fromtimestamp(millis / 1000, UTC))
