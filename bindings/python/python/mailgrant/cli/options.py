"""The arguments and options that several commands share, with what the help says of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mailgrant import HeldDevices, Protocol, Right
from mailgrant.types import OnDependants, Reclaim

from .dates import DATE
from .words import completes


def flag(*names: str, help: str, **more: Any) -> Any:  # noqa: A002 -- as typer calls it
    """An option that is there or not: it takes no value."""
    return typer.Option(*names, help=help, metavar="", **more)


Org = Annotated[
    str,
    typer.Argument(
        metavar="ORG",
        help="The organisation: a verified domain of it such as bakery.example, its name, or its org_… id.",
    ),
]
Login = Annotated[
    str, typer.Argument(metavar="LOGIN", help="The person: the address they sign in with, or their usr_… id.")
]
Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="The mailbox: its address, an alias of it, or its mbx_… id.")
]
Device = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE", help="The device: its dev_… id, or ADDRESS/LABEL such as 'contact@bakery.example/CRM'."
    ),
]
Invitation = Annotated[
    str,
    typer.Argument(metavar="INVITATION", help="The invitation: the invited address, or its inv_… id."),
]
InvitedTo = Annotated[
    str | None,
    typer.Option("--org", metavar="ORG", help="Where to, unless INVITATION is an id: a domain, a name or an id."),
]
DomainName = Annotated[str, typer.Argument(metavar="DOMAIN", help="The name of the domain.")]

Rights = Annotated[
    list[str] | None,
    typer.Option(
        "--rights",
        "--right",
        metavar="RIGHT,…",
        help=f"What they may do besides reading: {', '.join(r for r in Right if r is not Right.READ)}; "
        "or read alone. The organisation's default where it is left out.",
        autocompletion=completes(Right),
    ),
]
Protocols = Annotated[
    list[str],
    typer.Option(
        "--protocol",
        "--protocols",
        "-p",
        metavar="PROTOCOL,…",
        help=f"How it talks to the server: {', '.join(Protocol)}.",
        autocompletion=completes(Protocol),
    ),
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network", metavar="CIDR", help="A network it may come from, such as 203.0.113.0/24; again for more."
    ),
]
Expires = Annotated[str | None, typer.Option("--expires", metavar="DATE", help=f"Until when. {DATE}")]
Held = Annotated[
    HeldDevices | None,
    typer.Option(
        "--devices",
        help="What becomes of the devices that the person holds on the mailbox: revoke them, or release them, so "
        "that they go on without a holder. Needed where there are any.",
    ),
]
GoOn = Annotated[
    bool,
    flag("--despite-logins", help="Go on although mail to addresses that people sign in or recover by would stop."),
]
TakeBack = Annotated[
    bool, flag("--reclaim", help="Take the address back although it was freed lately and is in quarantine.")
]
Yes = Annotated[bool, flag("--yes", "-y", help="Don't ask, do it: for scripts.")]
DryRun = Annotated[bool, flag("--dry-run", help="Only show what would happen.")]
ShowSecret = Annotated[
    bool,
    flag("--show-secret", help="With --json: the secret is in the JSON. Otherwise none is made with --json."),
]
PasswordStdin = Annotated[bool, flag("--password-stdin", help="Read the password from standard input, a line.")]
TokenStdin = Annotated[
    bool,
    flag("--token-stdin", help="Read the token, and any password after it, from standard input, a line each."),
]


def dependants(go_on: bool) -> OnDependants:
    """What to do where people's logins depend on it."""
    return OnDependants.GO_ON if go_on else OnDependants.REFUSE


def reclaim(take_back: bool) -> Reclaim:
    """What to do with an address in quarantine."""
    return Reclaim.YES if take_back else Reclaim.NO


def noun(text: str) -> typer.Typer:
    """A noun of the command line, to which verbs are added."""
    return typer.Typer(help=text, no_args_is_help=True, add_completion=False)
