"""What is said when something is not done, and the exit code that goes with it."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import typer

from mailgrant import Error

from .asking import Declined
from .plain import plain
from .showing import Part, visible, write

DONE, REFUSED, MISUSED, STOPPED = 0, 1, 2, 130
"""0 done; 1 refused: by the directory, by the system, or by the person who was asked; 2 wrong usage."""


class Refused(Error):
    """Something that this command line refuses by itself, with what there is to show about it."""

    kind = "invalid"

    def __init__(self, message: str, *parts: Part, code: str, details: Mapping[str, Any]) -> None:
        super().__init__(message, code=code, details=details)
        self.parts = parts


@dataclass(frozen=True, slots=True)
class Failure:
    """A problem, as it is told."""

    exit_code: int
    heading: str
    message: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    retryable: bool = False

    def say(self, *, as_json: bool) -> None:
        """To standard error: a line for people, an object for programs."""
        if as_json:
            said = {
                "code": self.code,
                "message": self.message,
                "details": plain(self.details),
                "retryable": self.retryable,
            }
            print(json.dumps({"error": said}), file=sys.stderr)
            return
        if not self.message:
            return
        write(self.parts, sys.stderr)
        if self.parts:
            print(file=sys.stderr)
        code = f" ({self.code})" if self.code not in ("usage", "declined", "interrupted") else ""
        print(f"{_coloured(self.heading)}: {visible(self.message)}{code}", file=sys.stderr)


def told(error: BaseException) -> Failure:
    """What is said of an exception. Tracebacks are for whoever sets MAILGRANT_DEBUG."""
    if os.environ.get("MAILGRANT_DEBUG"):
        traceback.print_exception(error)
    match error:
        case Error():
            parts = error.parts if isinstance(error, Refused) else ()
            told = Failure(REFUSED, "refused", str(error), error.code, error.details, parts, error.retryable)
        case typer.TyperException():
            told = Failure(MISUSED, "wrong usage", f"{_usage(error)}{_see(error)}", "usage")
        case Declined():
            told = Failure(REFUSED, "stopped", "nothing was changed", "declined")
        case KeyboardInterrupt() | typer.Abort() | EOFError():
            told = Failure(STOPPED, "stopped", "nothing more was done", "interrupted")
        case ModuleNotFoundError():
            message = f"this needs `{error.name}`: pip install 'mailgrant[cli]'"
            told = Failure(MISUSED, "wrong usage", message, "usage")
        case OSError():
            told = Failure(REFUSED, "refused", _system(error), "system.refused")
        case _:
            message = f"a mistake in mailgrant itself, please report it: {type(error).__name__}: {error}"
            told = Failure(REFUSED, "failed", message, "library.fault")
    return told


def _usage(error: typer.TyperException) -> str:
    message = error.format_message().removesuffix(".").replace("Value error, ", "", 1)
    message = message.removeprefix("Invalid value: ").removeprefix("Invalid value for ")
    return message[:1].lower() + message[1:]


def _see(error: typer.TyperException) -> str:
    """Where to read on. Help that was asked for by saying nothing is no mistake to tell of."""
    context = getattr(error, "ctx", None)
    if context is None or not error.format_message():
        return ""
    stop = "" if error.format_message().endswith("?") else "."
    return f"{stop} See: {context.command_path} --help"


def _system(error: OSError) -> str:
    return f"`{error.filename}`: {error.strerror}" if error.filename else str(error.strerror or error)


def _coloured(heading: str) -> str:
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return heading
    return f"\x1b[1;31m{heading}\x1b[0m"
