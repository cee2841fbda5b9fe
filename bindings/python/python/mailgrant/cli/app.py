"""The whole command line: its words, what stands before them, and what it leaves with."""

from __future__ import annotations

import inspect
import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated

import typer

from mailgrant import __version__

from .failing import DONE, STOPPED, told
from .options import flag
from .settings import Settings, in_front, use

WORDS: Mapping[str, Mapping[str, str]] = {
    "Ask": {
        "who": "questions:who",
        "reach": "questions:reach",
        "explain": "questions:explain",
        "resolve": "questions:resolve",
        "review": "reviewing:review",
        "risks": "questions:risks",
        "history": "history:history",
        "compare": "comparing:compare",
        "map": "pictures:map_",
        "at": "past:app",
    },
    "Change": {
        "user": "users:app",
        "org": "organisations:app",
        "member": "members:app",
        "domain": "domains:app",
        "mailbox": "mailboxes:app",
        "alias": "aliases:app",
        "grant": "grants:app",
        "invite": "invitations:app",
        "device": "devices:app",
        "leaver": "parting:leaver",
    },
    "Bring in and take out": {"import": "importing:import_", "export": "exporting:export"},
    "The store": {"init": "upkeep:init", "sweep": "upkeep:sweep", "completion": "upkeep:completion"},
}
"""Every word that may come first, where it is, and under which heading the help has it."""


EVERYWHERE = "Besides, as with every command: --store PATH, --as LOGIN, --json."


def command_line(first: str | None) -> typer.Typer:
    """The command line, with as much of it as is asked for: what is loaded is waited for."""
    whole = not any(first in words for words in WORDS.values())
    app = typer.Typer(
        name="mailgrant",
        callback=mailgrant,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        epilog="--store, --as and --json may stand before a command or after it. "
        "Exit codes: 0 done, 1 refused, 2 wrong usage.",
    )
    for heading, words in WORDS.items():
        for word, place in words.items():
            if whole or word == first:
                _add(app, word, place, heading)
    return app


def _add(app: typer.Typer, word: str, place: str, heading: str) -> None:
    module, _, name = place.partition(":")
    found = getattr(import_module(f".{module}", __package__), name)
    if not isinstance(found, typer.Typer):
        app.command(word, rich_help_panel=heading, help=_flowing(found), epilog=EVERYWHERE)(found)
        return
    for verb in found.registered_commands:
        verb.help, verb.epilog = _flowing(verb.callback), EVERYWHERE
    app.add_typer(found, name=word, rich_help_panel=heading)


def _flowing(command: object) -> str:
    """What a command says of itself, a line a paragraph: a terminal breaks lines where it must."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mailgrant {__version__}")
        raise typer.Exit


def mailgrant(
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="PATH",
            envvar="MAILGRANT_STORE",
            help="The store: a file of SQLite, such as mail.db.",
            show_default=False,
        ),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="LOGIN", help="Act as this person, who sees and may do what is theirs; else as the host."
        ),
    ] = None,
    json: Annotated[bool, flag("--json", help="One JSON document for programs, without secrets.")] = False,
    version: Annotated[
        bool, flag("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Who may use which e-mail address, and how: for the person who runs the mail."""
    use(Settings(store, person, json))


def run(args: list[str]) -> int:
    """Run a command line and answer its exit code. Whatever happens is said in a line or two."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    before, words = in_front(args)
    try:
        app = command_line(words[0] if words else None)
        code = app(before + words, prog_name="mailgrant", standalone_mode=False)
        sys.stdout.flush()
        if code == STOPPED:
            # The parser has met the interruption; what was typed stands on a line of its own.
            print(file=sys.stderr)
            raise KeyboardInterrupt
    except BrokenPipeError:
        # Whoever read it has read enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SystemExit:
        raise
    except BaseException as error:
        failure = told(error)
        failure.say(as_json="--json" in before)
        return failure.exit_code
    return code if isinstance(code, int) else DONE
