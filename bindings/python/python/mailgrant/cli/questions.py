"""The questions: who reaches what, through what, and why not."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant import Right
from mailgrant.types import Access, Person, Reach, ReachingDevice, Through

from .dates import last, moment
from .desk import Desk, asking
from .mailboxes import about
from .naming import full
from .options import Address, Login, Org
from .showing import Cell, Facts, Part, Table, bad, good, show
from .words import by, may, services, spoken


def who(address: Address) -> None:
    """Everyone and everything that reaches an address, and through what."""
    with asking() as desk:
        show_who(desk, address)


def reach(login: Login) -> None:
    """Everything that a person reaches: organisations, mailboxes, devices."""
    with asking() as desk:
        show_reach(desk, login)


RightArgument = Annotated[
    Right, typer.Argument(metavar="RIGHT", help=f"What: one of {', '.join(Right)}.", show_default=False)
]


def explain(login: Login, right: RightArgument, address: Address) -> None:
    """Whether a person may do something with a mailbox, link by link: why not, and what is missing."""
    with asking() as desk:
        show_explanation(desk, login, right, address)


def resolve(address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any e-mail address.")]) -> None:
    """Where mail to an address goes, which way, and what a mail server is told."""
    with asking() as desk:
        show_resolution(desk, address)


def risks(org: Org) -> None:
    """Whose login hangs on a mailbox of the organisation, who else could read a reset, and what would cut them off."""
    with asking() as desk:
        found = list(desk.directory.login_risks(desk.organisation(org), by=desk.by))
        rows = [
            (
                full(one.person) if one.person else "somebody who is no member",
                one.kind,
                one.address.address if one.address else None,
                desk.call(one.mailbox) if one.mailbox else bad("refused"),
                str(one.other_readers) if one.other_readers else None,
                bad("none") if one.way_back == "nothing" else one.way_back,
                ", ".join(map(spoken, one.cut_off_by)),
            )
            for one in found
        ]
    heads = ("whose", "address as", "which", "hangs on", "other readers", "way back", "cut off by")
    show(found, Table(heads, rows, "Nobody's login or recovery address hangs on a mailbox here."))


def show_who(desk: Desk, address: str) -> None:
    """Everyone and everything that reaches a mailbox."""
    mailbox = desk.mailbox_at(address)
    aliases = list(desk.directory.aliases_of(mailbox.id, by=desk.by))
    found = list(desk.directory.access(mailbox.id, by=desk.by, limit=1_000))
    desk.learn(*(one.who for one in found if isinstance(one.who, Person)))
    facts: list[tuple[str, Cell]] = [fact for fact in about(desk, mailbox) if fact[0] not in ("id", "opened")]
    facts.append(("aliases", ", ".join(one.address for one in aliases)))
    rows = [
        (
            _who(one),
            spoken(one.through),
            _may(one),
            _held(desk, one),
            moment(one.since),
            last(one.until),
            _used(one),
            None if one.blocked is None else bad(spoken(one.blocked)),
        )
        for one in found
    ]
    heads = ("who", "through", "may", "held by", "since (UTC)", "until (UTC)", "last used (UTC)", "in the way")
    table = Table(heads, rows, "Nobody and nothing reaches it.")
    show({"mailbox": mailbox, "aliases": aliases, "access": found}, Facts(facts), table)


def show_reach(desk: Desk, login: str) -> None:
    """Everything that a person reaches."""
    found = desk.directory.reach(desk.user(login), by=desk.by)
    state = None if found.person.state == "active" else bad(found.person.state)
    head = Facts([("who", full(found.person)), ("account", state)])
    show(found, head, *_reached(desk, found))


def show_explanation(desk: Desk, login: str, right: Right, address: str) -> None:
    """Every link of the chain from a person to a right."""
    found = desk.directory.explain(desk.user(login), right, desk.mailbox(address), by=desk.by)
    verdict: Cell = good("yes") if found.allowed else bad("no")
    rows: list[tuple[str, Cell]] = [
        (one.link, good("fine") if one.obstacle is None else bad(spoken(one.obstacle))) for one in found.chain
    ]
    until = [("until", last(found.until))] if found.until else []
    question = f"may {desk.short(found.user)} {_verb(right)} {desk.call(found.mailbox)}?"
    show(found, Facts([(question, verdict), *rows, *until]))


def show_resolution(desk: Desk, address: str) -> None:
    """Where mail to an address goes."""
    found = desk.directory.resolve(address)
    answers = {"accept": good("accept"), "refuse": bad("refuse"), "defer": bad("try again later")}
    facts: list[tuple[str, Cell]] = [
        ("mail to", address),
        ("answer", answers[found.delivery]),
        ("for", desk.call(found.mailbox) if found.mailbox else "nobody"),
        ("it is", ", ".join(map(spoken, found.way))),
        ("of", desk.call(found.organisation) if found.organisation else None),
    ]
    show(found, Facts(facts))


def _who(one: Access) -> str:
    return full(one.who) if isinstance(one.who, Person) else one.who.label


def _may(one: Access) -> str:
    """What a person may do; by which protocols a device comes."""
    return by(one.who.protocols) if isinstance(one.who, ReachingDevice) else may(one.rights)


def _held(desk: Desk, one: Access) -> str | None:
    if one.through is Through.GRANT or not isinstance(one.who, ReachingDevice):
        return None
    if one.who.holder is not None:
        return desk.short(one.who.holder)
    return f"nobody: {one.who.handed_to}" if one.who.handed_to else "nobody"


def _used(one: Access) -> str | None:
    return None if one.last_used is None else moment(one.last_used.at)


def _reached(desk: Desk, found: Reach) -> list[Part]:
    rows: list[tuple[Cell, ...]] = []
    for one in found.organisations:
        in_the_way = _membership_obstacle(one.state, one.membership)
        first: tuple[Cell, ...] = (one.name, one.role, services(one.services))
        for mailbox in one.mailboxes:
            obstacle = None if mailbox.obstacle is None else bad(spoken(mailbox.obstacle))
            devices = ", ".join(device.label for device in mailbox.devices)
            until = last(mailbox.until)
            rows.append((*first, mailbox.address, may(mailbox.rights), devices, until, obstacle or in_the_way))
        if not one.mailboxes:
            rows.append((*first, None, None, None, None, in_the_way))
    heads = ("organisation", "they are", "services", "mailbox", "may", "devices", "until (UTC)", "in the way")
    return [Table(heads, rows, "They belong to no organisation.")]


def _membership_obstacle(organisation: str, membership: str) -> Cell:
    if organisation != "active":
        return bad(f"organisation {organisation}")
    return None if membership == "active" else bad(f"membership {membership}")


VERBS = {
    Right.READ: "read",
    Right.SEND: "send from",
    Right.DEVICES: "set up devices on",
    Right.ACTIVITY: "see the history of",
    Right.SHARING: "share",
}


def _verb(right: Right) -> str:
    return VERBS.get(right, f"change {spoken(right)} of")
