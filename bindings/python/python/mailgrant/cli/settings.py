"""What was said before the command: which store, as whom, and for whom the answer is."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of every command."""

    store: str | None = None
    """Where the directory is kept."""
    person: str | None = None
    """As whom one acts; as the host itself where nobody is named."""
    json: bool = False
    """Whether a program reads the answer."""


_SETTINGS = ContextVar("settings", default=Settings())  # noqa: B039 -- it is frozen


def settings() -> Settings:
    """The options of this run."""
    return _SETTINGS.get()


def use(chosen: Settings) -> None:
    """Take them for the rest of this run."""
    _SETTINGS.set(chosen)


WITH_VALUE = ("--store", "--as")
ALONE = ("--json",)


def in_front(args: list[str]) -> tuple[list[str], list[str]]:
    """The options of every command, and the rest: they may stand anywhere, as in `mailgrant who ADDRESS --json`."""
    front, rest = [], []
    waiting = iter(args)
    for arg in waiting:
        name, has_value, _ = arg.partition("=")
        if arg == "--":
            rest += [arg, *waiting]
        elif arg in ALONE or (name in WITH_VALUE and has_value):
            front.append(arg)
        elif arg in WITH_VALUE:
            front += [arg, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(arg)
    return front, rest
