"""Where the person at the shell stands: a directory, opened, and whom they act as."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

import typer

from mailgrant import Conflict, Directory, Error, Invalid, NotFound, OrganisationId, System, UserId

from .dates import moment
from .known import HOST
from .naming import Names, is_id
from .settings import settings

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""A scheme of two letters or more: one letter is a drive of Windows."""


class Desk(Names):
    """An open directory, whom one acts as, and what everything is called there."""

    @contextmanager
    def then(self, organisation: OrganisationId, at: datetime) -> Iterator[Desk]:
        """The same, of an organisation as it was."""
        try:
            past = self.directory.at(organisation, at, by=self.by)
        except NotFound:
            self.was_there(organisation, at)
            raise
        with past:
            yield Desk(past, self.by)

    def was_there(self, organisation: OrganisationId, at: datetime) -> None:
        """Refuse an instant before the founding, and say so."""
        try:
            found = self.directory.organisation(organisation, by=self.by)
        except NotFound:
            # It is gone, or whoever asks may not see it: the question itself says so.
            return
        if at < found.founded_at:
            message = f"{found.name} was founded later, at {moment(found.founded_at)} UTC"
            raise NotFound(message, code="organisation.not_found")


@contextmanager
def asking() -> Iterator[Desk]:
    """For questions: nothing is written."""
    url = _there()
    try:
        directory = Directory.open(url, mode="read_only")
    except Error as error:
        if error.code != "store.read_only":
            raise
        # Of an earlier version: whoever may write brings it up first.
        directory = _existing(url)
    with directory:
        yield Desk(directory, _actor(directory))


@contextmanager
def changing() -> Iterator[Desk]:
    """For commands."""
    with _existing(_there()) as directory:
        yield Desk(directory, _actor(directory))


def create(sharing: Literal["private", "group_reads", "group_writes"]) -> str:
    """Make a new store, where there is none, and answer its path."""
    url = _url()
    path = url.removeprefix("sqlite:")
    if url == "memory:":
        raise typer.BadParameter("a store in memory ends with the command: name a file", param_hint="--store")
    if os.path.exists(path) and not _is_empty(path):
        raise Conflict(f"`{path}` is there already: nothing was changed", code="store.exists")
    Directory.open(url, mode="create", sharing=sharing).close()
    return path


def _existing(url: str) -> Directory:
    return Directory.open(url, mode="existing")


def _url() -> str:
    """The store as the directory is opened with; a plain path is a file of SQLite."""
    store = settings().store
    if not store:
        message = "which store? Say --store mail.db, or set MAILGRANT_STORE"
        raise typer.BadParameter(message, param_hint="--store")
    return store if URL.match(store) else f"sqlite:{store}"


def _there() -> str:
    """As `_url`, of a store that is there. An empty file is none: it would silently become one."""
    url = _url()
    path = url.removeprefix("sqlite:")
    if os.path.isdir(path):
        raise Invalid(f"`{path}` is a folder and no store: name the file in it", code="store.foreign")
    if path != url and _is_empty(path):
        message = f"`{path}` is an empty file and no store: `mailgrant --store {path} init` makes it one"
        raise Invalid(message, code="store.foreign")
    return url


def _is_empty(path: str) -> bool:
    return os.path.isfile(path) and os.path.getsize(path) == 0


def _actor(directory: Directory) -> UserId | System:
    """The host itself, or the person of `--as`, who is found by the host."""
    person = settings().person
    if person is None:
        return HOST
    if is_id(person):
        return UserId(person)
    return directory.user_by_login(person, by=HOST).id
