"""`mailgrant map ORG -o map.svg`: who reaches which mailbox, as a picture or for other tools."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from mailgrant import AccessMap, OrganisationId

from .dates import DATE, past
from .desk import Desk, asking
from .options import Org
from .settings import settings
from .showing import done, show

WRITERS: Mapping[str, Callable[[AccessMap], str]] = {
    ".svg": AccessMap.to_svg,
    ".mmd": AccessMap.to_mermaid,
    ".dot": AccessMap.to_dot,
    ".json": AccessMap.to_json,
}
"""By the suffix of the file."""

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to: .svg for a picture, .mmd for Mermaid, .dot for Graphviz, .json for programs.",
    ),
]


def map_(
    org: Org,
    output: Output = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DATE", help=f"As it was then. {DATE}")] = None,
) -> None:
    """Draw who reaches which mailbox, and through what, to a .svg, .mmd, .dot or .json."""
    check(output)
    with asking() as desk:
        organisation = desk.organisation(org)
        if at is None:
            show_map(desk, organisation, output)
            return
        instant = past(at, "--at", desk.directory.now)
        with desk.then(organisation, instant) as then:
            show_map(then, organisation, output)


def check(output: Path | None) -> None:
    """Refuse a file that is none of the known kinds, before anything is asked."""
    if output is None and not settings().json:
        raise typer.BadParameter("say where to, such as -o map.svg", param_hint="--output")
    if output is not None and output.suffix.lower() not in WRITERS:
        known = ", ".join(WRITERS)
        raise typer.BadParameter(f"`{output.name}` ends in none of {known}", param_hint="--output")


def show_map(desk: Desk, organisation: OrganisationId, output: Path | None) -> None:
    """Write the map to its file, or to standard output for a program."""
    found = desk.directory.access_map(organisation, by=desk.by)
    if output is None:
        show(found.to_dict())
        return
    put(output, WRITERS[output.suffix.lower()](found))
    kinds = [node.kind for node in found.nodes]
    counts = {"people": kinds.count("person"), "mailboxes": kinds.count("mailbox"), "devices": kinds.count("device")}
    in_words = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    done(f"{output}: {found.title}, {in_words}.", file=str(output), at=found.at, **counts)


def put(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all, with the mode that new files have."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="\n", delete=False) as file:
        try:
            file.write(text if text.endswith("\n") else f"{text}\n")
            file.flush()
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
