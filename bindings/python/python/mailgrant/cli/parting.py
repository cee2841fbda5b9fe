"""`mailgrant leaver ORG LOGIN`: what goes with somebody, what goes on, and what they still know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import overload

from mailgrant import Directory, OrganisationId, Plan, Preview, UserId
from mailgrant.types import Actor, MemberRemoved, NamedDevice

from .asking import agree
from .desk import Desk, changing
from .options import DryRun, Login, Org, Yes
from .plain import said
from .showing import Next, Part, Table, bad, odd, show
from .words import may, shell


def leaver(org: Org, login: Login, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Somebody leaves an organisation: shows what goes with them, asks, does it, and says what to do next.

    Their grants and the devices they hold end, and the invitations they sent are withdrawn, all at once. Devices that
    go on although they know a password are named: rotate those. Their account, and what they have in other
    organisations, stays as it is. With --as and one's own LOGIN one leaves oneself.
    """
    with changing() as desk:
        organisation = desk.organisation(org)
        user = desk.user(login)
        whom, where = desk.short(user), desk.call(organisation)
        plan = _part(desk.directory.preview, organisation, user, desk.by).output
        goes: list[Part] = [f"If {desk.call(user)} leaves {where}:", parted(desk, plan)]
        if dry_run:
            show({"done": False, **said(plan), "next": rotations(plan.still_known)}, *goes)
            return
        agree(f"Remove {whom} from {where}?", yes=yes, plan=goes)
        answer = _part(desk.directory, organisation, user, desk.by)
        report: list[Part] = [f"{whom} has left {where}.", parted(desk, answer), *_after(answer, whom)]
    show({"done": True, **said(answer), "next": rotations(answer.still_known)}, *report)


@overload
def _part(run: Directory, organisation: OrganisationId, user: UserId, by: Actor) -> MemberRemoved: ...
@overload
def _part(run: Preview, organisation: OrganisationId, user: UserId, by: Actor) -> Plan[MemberRemoved]: ...
def _part(
    run: Directory | Preview, organisation: OrganisationId, user: UserId, by: Actor
) -> MemberRemoved | Plan[MemberRemoved]:
    """Remove somebody, who may always remove themselves."""
    return run.leave(organisation, by=by) if by == user else run.remove_member(organisation, user, by=by)


def parted(desk: Desk, answer: MemberRemoved) -> Table:
    """What becomes of everything that somebody had in an organisation."""
    whom = desk.short(answer.user)
    rows = [
        *((f"the grant on {one.address}", bad("ends"), may(one.rights)) for one in answer.grants),
        *((_device(one), bad("is revoked"), None) for one in answer.devices),
        *((desk.call(one), bad("is withdrawn"), None) for one in answer.invitations),
        *((_device(one), odd(f"goes on; {whom} knows its password"), None) for one in answer.still_known),
    ]
    return Table(("what", "from then on", "it gave"), rows, f"Nothing but the membership ends: {whom} had no access.")


def parted_everywhere(desk: Desk, organisations: tuple[MemberRemoved, ...]) -> list[Part]:
    """The same in every organisation."""
    if not organisations:
        return ["They belong to no organisation."]
    return [part for one in organisations for part in (f"In {desk.call(one.organisation)}:", parted(desk, one))]


def rotations(devices: Iterable[NamedDevice]) -> list[str]:
    """The commands that give devices new passwords, at once."""
    return [shell("device", "rotate", f"{one.address}/{one.label}", "--grace", "0") for one in devices]


def _after(answer: MemberRemoved, whom: str) -> list[Part]:
    if not answer.still_known:
        return []
    return [Next(rotations(answer.still_known), f"Give these new passwords, which {whom} does not know:")]


def _device(one: NamedDevice) -> str:
    return f"the device {one.label} on {one.address}"
