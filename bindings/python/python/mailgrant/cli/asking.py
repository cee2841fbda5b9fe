"""Questions to the person at the shell: whether to go on, and secrets that nobody should read over a shoulder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getpass

import typer

from .settings import settings
from .showing import Part, say, write


class Declined(Exception):
    """The person at the shell said no."""


def agree(question: str, *, yes: bool, plan: Sequence[Part] = ()) -> None:
    """Show the plan and ask, before something final. `--yes` answers for scripts, and only a terminal is asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask at: add --yes to go on without being asked")
    if plan:
        write(plan, sys.stderr)
        say("")
    say(f"{question} [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined


def new_password(*, from_stdin: bool) -> str:
    """A new password: typed twice without an echo, or a line of the standard input."""
    if from_stdin:
        return _line("password")
    first = _hidden("New password: ")
    if _hidden("The same again: ") != first:
        raise typer.BadParameter("the two passwords differ: nothing was changed")
    return first


def secret(what: str, *, from_stdin: bool) -> str:
    """A secret that somebody has already, such as a token or the present password."""
    return _line(what) if from_stdin else _hidden(f"{what.capitalize()}: ")


def before_secret(*, shown: bool) -> None:
    """Refuse to make a secret that nobody would see: it is shown once, and `--json` is often logged."""
    if settings().json and not shown:
        raise typer.BadParameter(
            "this makes a secret that is shown once, and --json leaves secrets out: "
            "add --show-secret to have it in the JSON. Nothing was changed"
        )


def _hidden(prompt: str) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "there is no terminal to type a secret at: pass it on standard input, and say so "
            "(--password-stdin or --token-stdin)"
        )
    return getpass(prompt, stream=sys.stderr)


def _line(what: str) -> str:
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"the {what} on standard input is not UTF-8") from None
    if not line:
        raise typer.BadParameter(f"standard input ended before the {what}")
    return line.removesuffix("\n").removesuffix("\r")
