"""`mailgrant export ORG -o FILE`: an organisation as JSON Lines, to take it elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mailgrant.types import ExportHistory

from .desk import asking
from .options import Org, flag
from .plain import said
from .settings import settings
from .showing import done


def export(
    org: Org,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to, such as bakery.jsonl; standard output otherwise."
        ),
    ] = None,
    without_history: Annotated[
        bool, flag("--without-history", help="What there is now, without what happened.")
    ] = False,
) -> None:
    """Write an organisation as JSON Lines, to take it elsewhere: mailgrant import FILE.jsonl.

    It holds no secret, and is no backup: what is imported has no passwords, and every device must be rotated.
    """
    if output is None and settings().json:
        raise typer.BadParameter("with --json, say where the export goes: -o FILE", param_hint="--output")
    history = ExportHistory.WITHOUT if without_history else ExportHistory.WITH
    with asking() as desk:
        organisation = desk.organisation(org)
        if output is None:
            desk.directory.export(organisation, sys.stdout.buffer, by=desk.by, history=history)
            return
        answer = desk.directory.export(organisation, output, by=desk.by, history=history)
    done(f"{output}: {answer.rows:,} rows and {answer.entries:,} entries of history.", file=str(output), **said(answer))
