"""`mailgrant device …`"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from mailgrant import Bounds, DeviceId, Nobody
from mailgrant.types import (
    BlastRadius,
    DeviceActive,
    DevicesRevoked,
    Issued,
    LastUse,
    Myself,
    OpenProtocol,
    PasswordSecret,
)
from mailgrant.types import Device as Found

from .asking import agree, before_secret
from .dates import end_of, last, moment, span
from .desk import Desk, asking, changing
from .options import Address, Device, DryRun, Expires, Networks, Protocols, ShowSecret, Yes, flag, noun
from .plain import said
from .settings import settings
from .showing import Cell, Facts, Secret, Table, bad, done, good, odd, show
from .words import by, may, networks_of, protocols_of, spoken

app = noun("Devices: one mail program on one machine, each with a password of its own, shown once.")

Label = Annotated[str, typer.Argument(metavar="LABEL", help="What people call it, such as iPhone or CRM.")]
NoExpiry = Annotated[bool, flag("--no-expiry", help="It does not end by itself.")]
Everywhere = Annotated[bool, flag("--any-network", help="It may come from everywhere.")]
Kept = Annotated[
    list[str] | None,
    typer.Option(
        "--protocol",
        "--protocols",
        "-p",
        metavar="PROTOCOL,…",
        help="How it may talk to the server; as it was where left out.",
    ),
]


@app.command()
def add(
    address: Address,
    label: Label,
    protocol: Protocols,
    holder: Annotated[
        str | None, typer.Option("--for", metavar="LOGIN", help="Whose it is: somebody with a grant on the mailbox.")
    ] = None,
    nobody: Annotated[
        str | None,
        typer.Option("--nobody", metavar="WORDS", help="Nobody's: a CRM, a printer. WORDS say to whom it is handed."),
    ] = None,
    network: Networks = None,
    expires: Expires = None,
    show_secret: ShowSecret = False,
) -> None:
    """Add a device to a mailbox, and show its password once. With --as it is one's own where nobody is named."""
    before_secret(shown=show_secret)
    if holder is not None and nobody is not None:
        raise typer.BadParameter("--for and --nobody exclude each other")
    if holder is None and nobody is None and settings().person is None:
        raise typer.BadParameter("whose is it? Say --for LOGIN, or --nobody with whom it is handed to")
    with changing() as desk:
        mailbox = desk.mailbox_at(address)
        whose = Myself() if holder is None else desk.user(holder)
        answer = desk.directory.add_device(
            mailbox.id,
            label,
            protocols_of(protocol),
            by=desk.by,
            holder=whose if nobody is None else Nobody(nobody.strip() or None),
            networks=networks_of(network),
            expires=None if expires is None else end_of(expires, "--expires"),
        )
    _issued(answer, label, mailbox.address)


@app.command("list")
def list_(
    of: Annotated[str, typer.Argument(metavar="ORG|ADDRESS", help="An organisation, or a mailbox.")],
) -> None:
    """The active devices of an organisation or of a mailbox."""
    with asking() as desk:
        if "@" in of or of.startswith("mbx_"):
            mailbox = desk.mailbox_at(of)
            devices = desk.directory.devices(mailbox.organisation, by=desk.by, limit=1_000)
            found = [one for one in devices if one.device.mailbox == mailbox.id]
        else:
            found = list(desk.directory.devices(desk.organisation(of), by=desk.by, limit=1_000))
        rows = [
            (
                one.device.label,
                one.address,
                _holder(desk, one.device),
                by(one.device.bounds.protocols),
                _networks(one.device.bounds.networks),
                last(one.device.bounds.expires),
                _last_use(one.last_used),
                str(one.device.id),
            )
            for one in found
        ]
    heads = ("device", "mailbox", "held by", "by", "from", "until (UTC)", "last used (UTC)", "id")
    show(found, Table(heads, rows, "There is no device."))


@app.command("show")
def show_(device: Device) -> None:
    """Show a device, active or revoked."""
    with asking() as desk:
        one = desk.directory.device(desk.device(device), by=desk.by)
        facts = _facts(desk, one)
    show(one, Facts(facts))


@app.command("blast-radius")
def blast_radius(device: Device) -> None:
    """What whoever has a device's password can do with it now: for a phone that is lost."""
    with asking() as desk:
        found = desk.directory.blast_radius(desk.device(device), by=desk.by, limit=1_000)
        facts = _radius(desk, found)
    show(found, Facts(facts))


@app.command()
def rename(
    device: Device, label: Annotated[str, typer.Argument(metavar="NEW", help="What people call it from now on.")]
) -> None:
    """Change what people call a device."""
    with changing() as desk:
        one = desk.device(device)
        desk.directory.rename_device(one, label, by=desk.by)
    done(f"It is called {label} now.", device=one)


@app.command()
def rotate(
    device: Device,
    grace: Annotated[
        str,
        typer.Option(
            "--grace",
            metavar="SPAN",
            help="How long the former password works, at most until the new one is used: 0 after a leak, up to 30d.",
        ),
    ] = "24h",
    show_secret: ShowSecret = False,
) -> None:
    """Give a device a new password, and show it once. The former one works on for a while."""
    before_secret(shown=show_secret)
    overlap = span(grace, "--grace")
    with changing() as desk:
        one = desk.device(device)
        answer = desk.directory.rotate_device(one, by=desk.by, grace=overlap)
        found = desk.directory.device(one, by=desk.by)
        address = desk.call(found.mailbox)
    _issued(answer, found.label, address)


@app.command()
def revoke(device: Device) -> None:
    """Revoke a device: its password never works again."""
    with changing() as desk:
        one = desk.device(device)
        name = desk.call(one)
        desk.directory.revoke_device(one, by=desk.by)
    done(f"{name} is revoked: its password never works again.", device=one)


@app.command("revoke-all")
def revoke_all(
    mailbox: Annotated[str | None, typer.Option("--mailbox", metavar="ADDRESS", help="All of this mailbox.")] = None,
    org: Annotated[str | None, typer.Option("--org", metavar="ORG", help="All of this organisation.")] = None,
    holder: Annotated[
        str | None, typer.Option("--holder", metavar="LOGIN", help="With --org: those that this person holds.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--except", metavar="DEVICE", help="With --mailbox: but this one.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Revoke many devices at once: of a mailbox, of an organisation, or those that somebody holds there.

    Shows which, and asks.
    """
    if (mailbox is None) == (org is None):
        raise typer.BadParameter("say --mailbox ADDRESS or --org ORG, and one of them alone")
    if (holder is not None and org is None) or (keep is not None and mailbox is None):
        raise typer.BadParameter("--holder goes with --org, and --except with --mailbox")
    with changing() as desk:
        preview, run = desk.directory.preview, desk.directory
        if mailbox is not None:
            of, but = desk.mailbox(mailbox), None if keep is None else desk.device(keep)
            plan = preview.revoke_devices_of_mailbox(of, by=desk.by, except_=but).output
        elif org is not None and holder is not None:
            where, whose = desk.organisation(org), desk.user(holder)
            plan = preview.revoke_devices_of_holder(where, whose, by=desk.by).output
        elif org is not None:
            where = desk.organisation(org)
            plan = preview.revoke_devices_of_organisation(where, by=desk.by).output
        goes = [_listed(desk, plan.devices)]
        if dry_run or not plan.devices:
            show({"done": not dry_run, **said(plan)}, *goes)
            return
        agree(f"Revoke {_counted(plan)} for good?", yes=yes, plan=goes)
        if mailbox is not None:
            answer = run.revoke_devices_of_mailbox(of, by=desk.by, except_=but)
        elif holder is not None:
            answer = run.revoke_devices_of_holder(where, whose, by=desk.by)
        else:
            answer = run.revoke_devices_of_organisation(where, by=desk.by)
    show({"done": True, **said(answer)}, f"{_counted(answer)}: revoked.")


@app.command()
def narrow(device: Device, protocol: Kept = None, network: Networks = None, expires: Expires = None) -> None:
    """Let a device do less: fewer protocols, from fewer networks, for a shorter time."""
    with changing() as desk:
        one = desk.device(device)
        bounds = _bounds(desk, one, protocol, network, expires)
        desk.directory.narrow_device(one, bounds, by=desk.by)
        facts = _facts(desk, desk.directory.device(one, by=desk.by))
    show({"device": one, "bounds": bounds}, Facts(facts))


@app.command()
def widen(
    device: Device,
    protocol: Kept = None,
    network: Networks = None,
    anywhere: Everywhere = False,
    expires: Expires = None,
    forever: NoExpiry = False,
) -> None:
    """Let a device do more, within its holder's grant. The managers alone may."""
    with changing() as desk:
        one = desk.device(device)
        bounds = _bounds(desk, one, protocol, network, expires, anywhere=anywhere, forever=forever)
        desk.directory.widen_device(one, bounds, by=desk.by)
        facts = _facts(desk, desk.directory.device(one, by=desk.by))
    show({"device": one, "bounds": bounds}, Facts(facts))


def _issued(answer: Issued, label: str, address: str) -> None:
    password = answer.password.reveal()
    show(
        {"device": answer.id, "password": password},
        Secret(f"The password of {label}", password),
        Facts([("login name", address), ("opens", f"{address}, and nothing else"), ("device", str(answer.id))]),
    )


def _bounds(
    desk: Desk,
    device: DeviceId,
    protocol: list[str] | None,
    network: list[str] | None,
    expires: str | None,
    *,
    anywhere: bool = False,
    forever: bool = False,
) -> Bounds:
    """The bounds that a device has, but for what is named."""
    has = desk.directory.device(device, by=desk.by).bounds
    protocols = protocols_of(protocol) if protocol else has.protocols
    networks = None if anywhere else networks_of(network) or has.networks
    until = end_of(expires, "--expires") if expires else has.expires
    return Bounds(protocols, networks, None if forever else until)


def _facts(desk: Desk, one: Found) -> list[tuple[str, Cell]]:
    active = isinstance(one.state, DeviceActive)
    state = (
        good("active")
        if isinstance(one.state, DeviceActive)
        else bad(f"revoked {moment(one.state.at)} UTC by {desk.short(one.state.by)}")
    )
    former = one.secret.former if isinstance(one.secret, PasswordSecret) else None
    overlaps = former is not None and active and former.until > desk.directory.now
    return [
        ("device", one.label),
        ("mailbox", desk.call(one.mailbox)),
        ("held by", _holder(desk, one)),
        ("state", state),
        ("by", by(one.bounds.protocols)),
        ("from", _networks(one.bounds.networks)),
        ("until", last(one.bounds.expires)),
        ("made", f"{moment(one.made_at)} UTC by {desk.short(one.made_by)}"),
        ("password known to", ", ".join(desk.call(who) for who in one.known_to)),
        ("former password works until", odd(f"{moment(former.until)} UTC") if former and overlaps else None),
        ("password", odd("none: rotate it") if not isinstance(one.secret, PasswordSecret) and active else None),
        ("id", str(one.id)),
    ]


def _radius(desk: Desk, found: BlastRadius) -> list[tuple[str, Cell]]:
    senders = list(found.senders.items)
    if senders and found.separator:
        senders.append(f"and subaddresses such as {found.address.replace('@', f'{found.separator}anything@', 1)}")
    return [
        ("the password of", found.label),
        ("opens", good(found.address) if not found.opens else bad(found.address)),
        *((protocol.protocol.value, _open(protocol)) for protocol in found.protocols),
        ("sends as", ", ".join(senders) + (", and more" if found.senders.next else "")),
        ("from", _networks(found.networks) or "everywhere"),
        ("since", ", ".join(f"{moment(one.since)} UTC" for one in found.secrets)),
        ("until", last(found.until)),
        ("held by", desk.call(found.holder.id) if found.holder else found.handed_to),
        ("known to", ", ".join(desk.call(who) for who in found.known_to)),
    ]


def _open(protocol: OpenProtocol) -> Cell:
    used = f"; last used {_last_use(protocol.last_used)}" if protocol.last_used else ""
    if protocol.obstacle is not None:
        return good(f"nothing: {spoken(protocol.obstacle)}{used}")
    return bad(f"{may(protocol.rights)}{used}")


def _listed(desk: Desk, devices: Iterable[DeviceId]) -> Table:
    found = [desk.directory.device(one, by=desk.by) for one in devices]
    rows = [(one.label, desk.call(one.mailbox), _holder(desk, one), str(one.id)) for one in found]
    return Table(("device", "mailbox", "held by", "id"), rows, "There is no device to revoke.")


def _counted(answer: DevicesRevoked) -> str:
    count = len(answer.devices)
    return "one device" if count == 1 else f"{count:,} devices"


def _holder(desk: Desk, one: Found) -> str:
    if one.holder is not None:
        return desk.call(one.holder)
    return f"nobody: {one.handed_to}" if one.handed_to else "nobody"


def _networks(networks: Iterable[object] | None) -> str | None:
    return None if networks is None else ", ".join(map(str, networks))


def _last_use(use: LastUse | None) -> str | None:
    if use is None:
        return None
    source = f" from {use.source}" if use.source else ""
    return f"{moment(use.at)}{source}"
