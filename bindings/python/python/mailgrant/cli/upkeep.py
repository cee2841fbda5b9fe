"""Looking after the store itself: making one, clearing away, and completion for shells."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .desk import changing, create
from .showing import Next, done
from .words import shell


class Sharing(StrEnum):
    """Who besides the owner may open the file."""

    PRIVATE = "private"
    GROUP_READS = "group_reads"
    GROUP_WRITES = "group_writes"


class Shell(StrEnum):
    """For which shell."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def init(
    sharing: Annotated[
        Sharing,
        typer.Option(
            "--sharing", help="Who besides you may open the file: nobody, its group to read, its group to write."
        ),
    ] = Sharing.PRIVATE,
) -> None:
    """Make a new store, where there is none."""
    path = create(sharing.value)
    done(
        f"{path} is ready.",
        Next(
            [
                f"export MAILGRANT_STORE={path}",
                shell("user", "add", "olivia@home.example", "Olivia Moser", "--verified"),
                shell("org", "add", "Moser Bakery", "--owner", "olivia@home.example"),
                shell("domain", "add", "Moser Bakery", "bakery.example"),
            ]
        ),
        store=path,
    )


def sweep() -> None:
    """Clear away what deletions left behind. Nothing that anyone may do depends on it."""
    rows = 0
    with changing() as desk:
        finished = False
        while not finished:
            swept = desk.directory.sweep(by=desk.by)
            rows, finished = rows + swept.rows, swept.finished
    done(f"{rows:,} rows went or changed.", rows=rows)


def completion(shell: Annotated[Shell, typer.Argument(help="For which shell.", show_default=False)]) -> None:
    """Print the completion script of a shell.

    Put it where your shell looks for them, such as ~/.local/share/bash-completion/completions/mailgrant, or let
    --install-completion do it.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # noqa: PLC0415 -- for this alone

    print(get_completion_script(prog_name="mailgrant", complete_var="_MAILGRANT_COMPLETE", shell=shell.value))
