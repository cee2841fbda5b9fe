"""The directory: who may use which address, and how."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import IO, Any, Self, TypeVar

from mailgrant import _native
from mailgrant import _read as read
from mailgrant import _write as write
from mailgrant._commands import ANSWERS, Commands, Previews
from mailgrant._files import whole
from mailgrant._frozen import IPAddress
from mailgrant._happened import Command, Plan
from mailgrant._native import (
    ChangeId,
    DeviceSession,
    MailboxId,
    OrganisationId,
    Replica,
    UserId,
    UserSession,
    Verdict,
)
from mailgrant._paging import Listing
from mailgrant._questions import Questions
from mailgrant._reading import read_imported
from mailgrant.access_map import AccessMap
from mailgrant.clock import ManualClock
from mailgrant.errors import Invalid
from mailgrant.opening import USUAL_COSTS, HashCosts, Mode, Sharing, ViewOptions, ViewState, opening
from mailgrant.types import (
    Actor,
    Exported,
    ExportHistory,
    ExportHistoryLike,
    Imported,
    ProtocolLike,
    RightLike,
)

T = TypeVar("T")

HOST = _native.System("host")
"""Who asks the host's own questions."""


class Directory(Commands, Questions):
    """Who may use which address, and how: everything that a host program asks and changes.

    Open one with `Directory.open`, share it between threads, and close it, or use it as a context manager::

        with Directory.open("sqlite:mail.db") as directory:
            phone = directory.add_device(contact, "iPhone", ["imap", "smtp"], by=assistant)
            print(phone.password.reveal())

    Every change is a method that is called like its command and says `by` whom it is made: a signed-in person's
    `UserId`, `System("panel")` for the host itself, `Bearer()` for whoever holds a token. What is refused raises
    `mailgrant.Error` and changes nothing. `preview` has the same methods and only says what would happen; `batch`
    makes several changes one.

    Questions are filtered by who asks; what somebody may not see is `NotFound`, never `Denied`. Those without `by` are
    the host's own.

    Every call blocks, and lets other threads run meanwhile. From `asyncio`, call
    `await asyncio.to_thread(directory.add_device, contact, "iPhone", ["imap"], by=assistant)`.
    """

    __slots__ = ("_core",)

    def __init__(self, core: _native.Directory) -> None:
        """Not for you: use `Directory.open`."""
        if not isinstance(core, _native.Directory):
            raise TypeError("open a directory with `Directory.open`")
        self._core = core

    @classmethod
    def open(
        cls,
        url: str,
        *,
        mode: Mode = "create",
        sharing: Sharing = "private",
        busy_timeout: timedelta = timedelta(seconds=5),
        view: ViewOptions | bool | None = None,
        clock: ManualClock | None = None,
        password_length: int = 15,
        hash_costs: HashCosts = USUAL_COSTS,
        legacy_passwords: bool = False,
    ) -> Self:
        """Opens a directory.

        Args:
            url: `memory:`, or `sqlite:` and the path of a file.
            mode: Whether a file that is missing is created, refused, or nothing is ever written.
            sharing: Who besides the owner may open a file that is created: nobody (mode 0600), its group to read
                (0640), or to write (0660).
            busy_timeout: How long to wait for another process that writes.
            view: Whether questions that are asked at every login and for every mail are answered from memory, by the
                same rules: `True` for at most a second behind other processes, or how far. For a program that is
                asked all the time; one that runs a command now and then does without.
            clock: A clock for tests and replays; the machine's otherwise.
            password_length: The least length of people's passwords in characters, 8 to 64. With a second factor, 8
                will do (NIST SP 800-63B-4).
            hash_costs: What a guess at a person's password costs.
            legacy_passwords: Whether mailboxes may be opened with the passwords of another system.

        Raises:
            Error: `store.url`, `store.foreign` for a file of something else, `store.newer` for one of a later
                version, `store.read_only`, `store.full`, `store.unavailable`, `store.corrupt`, `policy.invalid`.
        """
        options = opening(
            url,
            mode=mode,
            sharing=sharing,
            busy_timeout=busy_timeout,
            view=view,
            clock=clock,
            password_length=password_length,
            hash_costs=hash_costs,
            legacy_passwords=legacy_passwords,
        )
        return cls(_native.open_directory(options))

    @classmethod
    def from_replica(cls, replica: Replica) -> Self:
        """Answers one person's questions from a replica. It takes no commands and no logins: `directory.replica`."""
        return cls(write.instance(Replica, "replica", replica)._open())

    def close(self) -> None:
        """Closes it: it refuses everything from now on with `directory.closed`. Calls that run finish first; the file
        is let go with the last of them."""
        self._core.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._core.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Directory{', closed' if self.closed else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Directory cannot be copied or pickled: open it again where it is needed")

    # Changing.

    @property
    def preview(self) -> Preview:
        """Every command, previewed: `directory.preview.remove_member(organisation, user, by=owner)` says what would
        happen, decided by the same code, and nothing of it does."""
        return Preview(self._core)

    def run(self, command: Command, *, by: Actor, request: ChangeId | None = None) -> object:
        """Carries out a command that is a value, such as the one that settles a warning of `review`. What it answers
        is what its method answers.

        Raises:
            Error: The command's; `value.invalid` for one that there is not.
        """
        return self._run(*_valued(command), by, request)

    def batch(self, body: Callable[[Batch], T], *, request: ChangeId | None = None) -> T:
        """Makes several changes one: all of what `body` does with the batch it is handed happens in one commit, or
        nothing. Later commands see earlier ones. It answers what `body` answers.

            def move(batch: Batch) -> Issued:
                batch.revoke_grant(contact, ada, "revoke", by=owner)
                batch.grant_access(contact, tim, by=owner)
                return batch.add_device(contact, "Tim's phone", ["imap"], by=owner, holder=tim)

            phone = directory.batch(move)

        `body` may be called more than once, where somebody else was faster, and must then do the same. What it raises
        ends the batch. A command that is refused leaves no trace: `body` may catch that and go on. It should be quick,
        and wait for nobody: in memory every other change waits for it.

        Raises:
            Error: `store.busy`, `request.done`; `batch.misused` where the batch is used outside `body`, or the
                directory inside it.
        """
        return self._core.batch(lambda core: body(Batch(core)), request)  # type: ignore[no-any-return]

    def request_id(self) -> ChangeId:
        """A fresh id, to name a request by before it is sent: a change with it is carried out once, however often it
        is asked for."""
        return self._core.request_id()

    def _run(
        self,
        name: str,
        fields: dict[str, object],
        secrets: dict[str, str | None],
        read: Callable[[Any, Any], T],
        by: Actor,
        request: ChangeId | None,
    ) -> T:
        return _answer(self._core.run(by, *_command(name, fields, secrets), request), read)

    # Asking.

    def may(self, user: UserId, right: RightLike, mailbox: MailboxId) -> Verdict:
        """Whether a person may do something with a mailbox now: true where they may, and otherwise with the first
        obstacle. The host's own question, unfiltered.

            if directory.may(assistant, "send", contact): ...

        Raises:
            Error: `value.invalid` for a right that there is not; those of the store; `view.stale`.
        """
        return self._core.may(user, right, mailbox)

    def login_device(
        self,
        address: str,
        password: str,
        protocol: ProtocolLike,
        source: IPAddress | str | None = None,
    ) -> DeviceSession:
        """Logs a mail program in, with a device's password under the mailbox's own address.

        Args:
            address: The mailbox's own address, never an alias's.
            password: What was typed as the password; case, spaces and hyphens don't matter.
            protocol: How it talks to the server.
            source: Where it comes from, if the server knows.

        Raises:
            LoginRefused: Tell the client no more than its text. Its `reason` is for the host's log.
            Error: Those of the store.
        """
        write.text("protocol", protocol)
        return self._core.login_device(
            write.text("address", address), write.text("password", password), protocol, _source(source)
        )

    def login_user(self, login: str, password: str) -> UserSession:
        """Signs a person in, with their own password.

        Takes as long for an unknown login as for a wrong password. After a failure `LoginRefused.retry_after` says how
        long to let this client wait: the library never sleeps.

        Raises:
            LoginRefused: Tell the client no more than its text. Its `reason` is for the host's log.
            Error: Those of the store.
        """
        return self._core.login_user(write.text("login", login), write.text("password", password))

    def session_valid(self, session: DeviceSession | UserSession) -> bool:
        """Whether a running session still stands: one cheap call, for every command of a long connection.

        Raises:
            Error: Those of the store; `view.stale`, `directory.past`, `directory.replica`.
        """
        return self._core.session_valid(session)

    def note_opened(self, user: UserId, mailbox: MailboxId, source: IPAddress | str | None = None) -> None:
        """Notes that a person opened a mailbox in the host's own web mail, so that `access` can say when they last
        did. Coarse and lossy, and never in the way."""
        self._core.note_opened(user, mailbox, _source(source))

    def flush_uses(self) -> None:
        """Writes the last uses that wait in memory. Done by itself now and then, and on closing."""
        self._core.flush_uses()

    def at(self, organisation: OrganisationId, instant: datetime, *, by: Actor) -> Directory:
        """The organisation as it was at an instant, everything up to and including it: a directory of its own, in
        memory, that answers the same questions and takes no commands or logins (`directory.past`).

        Owners and admins of today see all of it; members with `activity` on open mailboxes see those; the host sees
        deleted organisations too.

            with directory.at(organisation, datetime(2026, 3, 3, tzinfo=UTC), by=owner) as then:
                for entry in then.access(contact, by=owner): ...

        Raises:
            Error: `time.future`; `organisation.not_found` for outsiders, before the founding and after the
                deletion; `access.denied`; `time.invalid` for a naive datetime.
        """
        write.ident(OrganisationId, "organisation", organisation)
        return Directory(self._core.at(by, organisation, write.instant("instant", instant)))

    @property
    def now(self) -> datetime:
        """The present of this directory: its clock's, or the instant of a past."""
        return read.instant(self._core.now())

    def access_map(self, organisation: OrganisationId, *, by: Actor) -> AccessMap:
        """Who reaches which mailbox of an organisation, and through what, as a picture: see `mailgrant.access_map`.
        For owners, admins and those who manage mail; also of a past (`at`).

        Raises:
            Error: `organisation.not_found`, `access.denied`.
        """
        from mailgrant._mapping import access_map  # noqa: PLC0415 -- it is made of this

        return access_map(self, organisation, by)

    def view_state(self) -> ViewState | None:
        """What the access view holds, and how far behind it is: for a health check. `None` where there is no view."""
        state = self._core.view_state()
        return None if state is None else ViewState(state[0], state[1], *state[2])

    def refresh_view(self) -> None:
        """Takes what other processes committed into the access view. Whoever calls it more often than the view's bound
        keeps that work off every question."""
        self._core.refresh_view()

    def _ask(self, name: str, fields: dict[str, object], read: Callable[[Any], T], by: Actor | None) -> T:
        question = json.dumps({"question": name, **fields})
        return read(json.loads(self._core.ask(HOST if by is None else by, question)))

    def _list(
        self,
        name: str,
        fields: dict[str, object],
        read_item: Callable[[Any], T],
        by: Actor,
        after: str | None,
        limit: int,
    ) -> Listing[T]:
        as_page = partial(read.page, read=read_item)
        return Listing(lambda after: self._ask(name, {**fields, "page": write.page(after, limit)}, as_page, by), after)

    # Taking it elsewhere.

    def export(
        self,
        organisation: OrganisationId,
        to: str | os.PathLike[str] | IO[bytes],
        *,
        by: Actor,
        history: ExportHistoryLike = ExportHistory.WITH,
    ) -> Exported:
        """Writes an organisation as JSON Lines, to take it elsewhere with `import_`. For its owners and admins.

        It is one consistent snapshot, without any secret, and no backup: what is imported has no passwords, and every
        device must be rotated. A backup is a copy of the store.

        Args:
            organisation: Which.
            to: The path of a file, which is there whole or as it was before; or a file open in binary mode.
            by: Who asks.
            history: Whether what happened goes along.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `export.unwritable`.
            OSError: Where the path cannot be written.
        """
        write.ident(OrganisationId, "organisation", organisation)
        chosen = write.word(ExportHistory, "history", history)
        if hasattr(to, "write"):
            return Exported(*self._core.export(by, organisation, chosen, to))
        with whole(to) as file:
            return Exported(*self._core.export(by, organisation, chosen, file))

    def import_(self, source: str | os.PathLike[str] | IO[bytes], *, by: Actor) -> Imported:
        """Takes over an organisation that `export` wrote, with its people: all of it, in one commit, or nothing. The
        host alone may.

        Nothing secret comes along: people have no password until they reset it, devices open nothing until they are
        rotated, pending invitations arrive revoked.

        Args:
            source: The path of a file, or a file open in binary mode.
            by: Who does it: a `System`.

        Raises:
            Error: `access.denied`; `import.invalid` with `details["line"]`, `["place"]` and `["reason"]`;
                `import.newer`; `import.taken` with `details["kind"]` and `["name"]`; `import.unreadable`.
            OSError: Where the path cannot be read.
        """
        if hasattr(source, "read"):
            return read_imported(json.loads(self._core.import_from(by, source)))
        with open(os.fspath(source), "rb") as file:
            return read_imported(json.loads(self._core.import_from(by, file)))

    def export_for(self, user: UserId, *, by: Actor) -> Replica:
        """What a person may see, in all their organisations, as a copy that answers their questions elsewhere: in a
        browser, with the npm package. When the feed (`changes`) moves, send a new one.

        Raises:
            Error: `user.not_found`.
        """
        return self._core.export_for(by, user)


class Preview(Previews):
    """Every command as a method that says what it would do: `Directory.preview`."""

    __slots__ = ("_core",)

    def __init__(self, core: _native.Directory) -> None:
        """Not for you: use `Directory.preview`."""
        self._core = core

    def run(self, command: Command, *, by: Actor) -> Plan[object]:
        """What `Directory.run` would do."""
        return self._preview(*_valued(command), by)

    def _preview(
        self,
        name: str,
        fields: dict[str, object],
        secrets: dict[str, str | None],
        read_answer: Callable[[Any, Any], T],
        by: Actor,
    ) -> Plan[T]:
        answer, secret, events = self._core.preview(by, *_command(name, fields, secrets))
        return Plan(_answer((answer, secret), read_answer), tuple(map(read.event, json.loads(events))))


class Batch(Commands):
    """Commands that become one commit: `Directory.batch`."""

    __slots__ = ("_core",)

    def __init__(self, core: _native.Batch) -> None:
        """Not for you: use `Directory.batch`."""
        self._core = core

    def run(self, command: Command, *, by: Actor) -> object:
        """Carries out a command that is a value: see `Directory.run`."""
        return self._run(*_valued(command), by, None)

    def _run(
        self,
        name: str,
        fields: dict[str, object],
        secrets: dict[str, str | None],
        read: Callable[[Any, Any], T],
        by: Actor,
        request: ChangeId | None,
    ) -> T:
        if request is not None:
            raise Invalid("a batch has one name: give it to `Directory.batch`", code="batch.misused")
        return _answer(self._core.run(by, *_command(name, fields, secrets)), read)


def _valued(
    command: Command,
) -> tuple[str, dict[str, object], dict[str, str | None], Callable[[Any, Any], object]]:
    """The parts of a command that is a value: `value.invalid` for one that there is not."""
    name = write.text("name", write.instance(Command, "command", command).name)
    if name not in ANSWERS:
        raise Invalid(f"there is no command `{name[:80]}`", code="value.invalid")
    fields = command.fields
    if not isinstance(fields, Mapping):
        raise write.unexpected("fields", "a mapping", fields)
    return name, dict(fields), {}, ANSWERS[name]


def _command(name: str, fields: dict[str, object], secrets: dict[str, str | None]) -> tuple[str, list[tuple[str, str]]]:
    """A command as the core takes it."""
    given = [(field, secret) for field, secret in secrets.items() if secret is not None]
    return json.dumps({"command": name, **fields}), given


def _answer(told: tuple[str, object], read: Callable[[Any, Any], T]) -> T:
    answer, secret = told
    return read(json.loads(answer), secret)


def _source(source: IPAddress | str | None) -> IPAddress | None:
    """An address of `ipaddress`, or its text: `value.invalid`."""
    if source is None or isinstance(source, IPv4Address | IPv6Address):
        return source
    try:
        return ip_address(write.text("source", source))
    except ValueError as error:
        message = f"`{source[:80]}` is no address such as `203.0.113.25`"
        raise Invalid(message, code="value.invalid") from error


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native.forked)
