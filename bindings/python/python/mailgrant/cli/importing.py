"""`mailgrant import FILE`: a spreadsheet of people, mailboxes, aliases and grants; or what `export` wrote.

A file is one change: all of it happens, or nothing. A dry run is the same change, carried out by the same code and
then given up.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import typer

from mailgrant import (
    Batch,
    Directory,
    Error,
    MailboxId,
    OrganisationId,
    Right,
    Role,
    System,
    UserId,
    canonical_address,
)
from mailgrant.types import AliasSending, Imported, Proof

from .dates import end_of
from .desk import Desk, asking, changing
from .failing import Refused
from .options import flag
from .plain import said
from .showing import Facts, Next, Table, show
from .spreadsheet import EXAMPLE, KINDS, Problem, Row, Unreadable, rows
from .words import one, rights_of, shell

T = TypeVar("T")
Tick = Callable[[int], None]

PLURAL = {"user": "people", "member": "members", "mailbox": "mailboxes", "alias": "aliases", "grant": "grants"}


def import_(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A CSV, - for standard input, or a .jsonl of mailgrant export.", show_default=False
        ),
    ] = None,
    org: Annotated[
        str | None,
        typer.Option("--org", metavar="ORG", help="The organisation of people with a role, where the file names none."),
    ] = None,
    apply: Annotated[bool, flag("--apply", help="Do it. Without it this is a dry run, which changes nothing.")] = False,
    example: Annotated[bool, flag("--example", help="Print a CSV to start from.")] = False,
) -> None:
    """Bring in people, mailboxes, aliases and grants from a CSV: all of it or nothing. A dry run unless you --apply.

    The first line names the columns, in any order; a column that is not needed may be left out. Each other line is of
    one kind:

    user: person (their login), name; also verified (yes or no), role, which makes them a member, organisation.

    member: person (registered already), role; also organisation.

    mailbox: mailbox (its address); also name.

    alias: mailbox, alias; also sending (allowed or refused).

    grant: mailbox, person; also rights (send, devices, … or read alone; otherwise the organisation's default),
    expires (2030-12-31), reason.

    Lines may stand in any order. Every bad line is named, with its column. UTF-8, with commas, semicolons or tabs; up
    to 100,000 lines. A FILE.jsonl that mailgrant export wrote brings a whole organisation instead.
    """
    if example:
        print(EXAMPLE, end="")
        return
    if file is None:
        raise typer.BadParameter("name a file, - for standard input, or say --example for one to start from")
    if file.suffix.lower() in (".jsonl", ".json"):
        _take_over(file, apply=apply)
    else:
        _spreadsheet(file, org, apply=apply)


def _spreadsheet(path: Path, org: str | None, *, apply: bool) -> None:
    with changing() if apply else asking() as desk, _progress() as progress:
        organisation = None if org is None else desk.organisation(org)
        plan = Plan(desk, organisation)
        with _opened(path) as file:
            try:
                plan.read(file, progress("reading"))
            except Unreadable as error:
                raise _unreadable(error.problem, path) from None
        count = sum(map(len, plan.rows.values()))
        plan.carry_out(progress("adding" if apply else "trying", count), give_up=not apply)
    if plan.problems:
        raise _refused(plan.sorted_problems(), path)
    counts = {PLURAL[kind]: len(of) for kind, of in plan.rows.items() if of}
    facts = Facts([(what, f"{count:,}") for what, count in counts.items()])
    answer = {"applied": apply, **{PLURAL[kind]: len(of) for kind, of in plan.rows.items()}}
    again = shell("import", str(path), *(["--org", org] if org else []), "--apply")
    if not counts:
        show(answer, f"{path} has no line besides the names of its columns.")
    elif apply:
        show(answer, f"{path} is in, all of it:", facts)
    else:
        show(answer, f"{path} is sound, and would add:", facts, Next([again], "Nothing was changed. To do it:"))


class Plan:
    """What a file says, and what became of each line."""

    def __init__(self, desk: Desk, organisation: OrganisationId | None) -> None:
        self.desk = desk
        self.organisation = organisation
        self.rows: Mapping[str, list[Row]] = {kind: [] for kind in KINDS}
        self.problems: list[Problem] = []
        """Those of reading; those of carrying out are added at the end."""
        self._found: dict[tuple[str, str], Any] = {}
        """What stands in the directory already, or why it does not."""
        self._lines: dict[tuple[str, ...], int] = {}
        """On which line everything stands first."""

    def sorted_problems(self) -> list[Problem]:
        """All of them, as they stand in the file."""
        return sorted(self.problems, key=lambda problem: problem.line)

    def read(self, file: IO[bytes], tick: Tick) -> None:
        """Read all lines, and look up what they name."""
        for row in rows(file, tick):
            if isinstance(row, Problem):
                self.problems.append(row)
            elif (first := self._lines.setdefault(_key(row), row.line)) != row.line:
                self.problems.append(Problem(row.line, None, f"the same stands on line {first}", "import.duplicate"))
            else:
                self.rows[row.kind].append(row)
        self._look_up()

    def _look_up(self) -> None:
        """Find what is named and does not come with the file: a batch has no questions."""
        desk = self.desk
        for row in self._every():
            cells = row.cells
            if "person" in cells and row.kind != "user":
                self._find("user", cells["person"], desk.user)
            if row.kind in ("alias", "grant"):
                self._find("mailbox", cells["mailbox"], desk.mailbox)
            if row.kind == "mailbox":
                self._find("domain", cells["mailbox"].rpartition("@")[2].lower(), desk.organisation_of)
            if "organisation" in cells:
                self._find("organisation", cells["organisation"], desk.organisation)

    def _find(self, kind: str, name: str, ask: Callable[[str], object]) -> None:
        key = (kind, _canonical(name))
        if key in self._found or (kind, _canonical(name)) in self._lines:
            return
        try:
            self._found[key] = ask(name)
        except Error as error:
            self._found[key] = error

    def _every(self) -> Iterator[Row]:
        for of in self.rows.values():
            yield from of

    def carry_out(self, tick: Tick, *, give_up: bool) -> None:
        """All in one change, which is given up where a line is bad or nothing is to happen."""
        before = list(self.problems)

        def body(batch: Batch) -> None:
            # It may be called again, where somebody else was faster.
            attempt = _Attempt(self, batch)
            for number, row in enumerate(self._every(), 1):
                attempt.carry_out(row)
                tick(number)
            self.problems = before + attempt.problems
            if give_up or self.problems:
                raise _GivenUp

        try:
            self.desk.directory.batch(body)
        except _GivenUp:
            return

    def standing(self, kind: str, name: str) -> Any:
        """What stands in the directory under a name, or `None`."""
        found = self._found.get((kind, _canonical(name)))
        if isinstance(found, Error):
            raise found
        return found


class _GivenUp(Exception):
    """The change is not to happen."""


class _Bad(Exception):
    """A cell is bad."""

    def __init__(self, column: str | None, message: str, code: str = "import.line") -> None:
        super().__init__(message)
        self.problem = (column, message, code)


class _Attempt:
    """One pass over all lines, in a batch."""

    def __init__(self, plan: Plan, batch: Batch) -> None:
        self.plan = plan
        self.batch = batch
        self.by: UserId | System = plan.desk.by
        self.made: dict[tuple[str, str], Any] = {}
        self.bad: dict[tuple[str, str], int] = {}
        self.problems: list[Problem] = []
        self.verbs: Mapping[str, Callable[[Mapping[str, str]], None]] = {
            "user": self.user,
            "member": self.member,
            "mailbox": self.mailbox,
            "alias": self.alias,
            "grant": self.grant,
        }

    def carry_out(self, row: Row) -> None:
        """A line; what is bad about it is noted."""
        try:
            self.verbs[row.kind](row.cells)
            return
        except _Bad as error:
            column, message, code = error.problem
        except Error as error:
            column, message, code = _column(row.kind, error.code), str(error), error.code
        except typer.BadParameter as error:
            column, message, code = str(error.param_hint), error.message, "import.line"
        self.problems.append(Problem(row.line, column, message, code))
        if row.kind in ("user", "mailbox"):
            name = row.cells["person" if row.kind == "user" else "mailbox"]
            self.bad[row.kind, _canonical(name)] = row.line

    def user(self, cells: Mapping[str, str]) -> None:
        """A new person, and a place in the organisation where there is a role."""
        proof = Proof.VERIFIED if _yes(cells.get("verified", "no"), "verified") else Proof.UNVERIFIED
        role = _role(cells)
        organisation = None if role is None else self._organisation(cells)
        user = self.batch.register_user(cells["person"], cells["name"], proof, by=self.by).user
        if role is not None and organisation is not None:
            self.batch.add_member(organisation, user, role, by=self.by)
        self.made["user", _canonical(cells["person"])] = user

    def member(self, cells: Mapping[str, str]) -> None:
        """A place in the organisation, for somebody with an account."""
        user: UserId = self._named("user", cells["person"], "person")
        role = _role(cells) or Role.EXTERNAL
        self.batch.add_member(self._organisation(cells), user, role, by=self.by)

    def mailbox(self, cells: Mapping[str, str]) -> None:
        """A new mailbox, of the organisation that has the domain."""
        address = cells["mailbox"]
        organisation = self.plan.standing("domain", address.rpartition("@")[2].lower())
        mailbox = self.batch.open_mailbox(organisation, address, by=self.by, name=cells.get("name"))
        self.made["mailbox", _canonical(address)] = mailbox

    def alias(self, cells: Mapping[str, str]) -> None:
        """A new alias."""
        mailbox: MailboxId = self._named("mailbox", cells["mailbox"], "mailbox")
        sending = one(AliasSending, cells.get("sending", "allowed"), "sending")
        self.batch.add_alias(mailbox, cells["alias"], by=self.by, sending=sending)

    def grant(self, cells: Mapping[str, str]) -> None:
        """A new grant."""
        mailbox: MailboxId = self._named("mailbox", cells["mailbox"], "mailbox")
        user: UserId = self._named("user", cells["person"], "person")
        self.batch.grant_access(
            mailbox,
            user,
            by=self.by,
            rights=_rights(cells.get("rights")),
            expires=_expires(cells.get("expires")),
            reason=cells.get("reason"),
        )

    def _named(self, kind: str, name: str, column: str) -> Any:
        """A person or a mailbox, that stands in the directory or came with a line before."""
        key = (kind, _canonical(name))
        if key in self.bad:
            raise _Bad(column, f"line {self.bad[key]} was to bring it, and is bad", "import.follows")
        if key in self.made:
            return self.made[key]
        try:
            found = self.plan.standing(kind, name)
        except Error as error:
            raise _Bad(column, str(error), error.code) from None
        if found is None:
            raise _Bad(column, f"`{name[:80]}` is neither in this file nor in the directory")
        return found

    def _organisation(self, cells: Mapping[str, str]) -> OrganisationId:
        if "organisation" in cells:
            found: OrganisationId = self._named("organisation", cells["organisation"], "organisation")
            return found
        if self.plan.organisation is None:
            raise _Bad("role", "of which organisation? Say --org, or name it in a column `organisation`")
        return self.plan.organisation


COLUMN_OF = {
    "login": "person",
    "user": "person",
    "member": "person",
    "owner": "role",
    "organisation": "organisation",
    "expiry": "expires",
    "time": "expires",
    "text": "name",
    "value": "rights",
}
"""Which column a refusal is about, by what its code begins with."""

ADDRESSES = {"user": "person", "member": "person", "mailbox": "mailbox", "alias": "alias", "grant": "mailbox"}


def _column(kind: str, code: str) -> str | None:
    about = code.partition(".")[0]
    if about in ("address", "domain"):
        return ADDRESSES[kind]
    if about == "grant":
        return "person"
    if about == "text" and kind == "grant":
        return "reason"
    column = COLUMN_OF.get(about)
    return column if column in (*KINDS[kind].needs, *KINDS[kind].may) else ADDRESSES[kind]


def _key(row: Row) -> tuple[str, ...]:
    """What makes two lines the same."""
    names = {"user": ("person",), "member": ("organisation", "person"), "mailbox": ("mailbox",), "alias": ("alias",)}
    columns = names.get(row.kind, ("mailbox", "person"))
    return (row.kind, *(_canonical(row.cells.get(column, "")) for column in columns))


def _canonical(name: str) -> str:
    """By what two names are the same."""
    if "@" in name:
        try:
            return canonical_address(name)
        except Error:
            pass
    return name.casefold()


def _yes(text: str, column: str) -> bool:
    word = text.lower()
    if word not in ("yes", "no", "true", "false", "1", "0"):
        raise _Bad(column, f"`{text[:40]}` is neither yes nor no")
    return word in ("yes", "true", "1")


def _role(cells: Mapping[str, str]) -> Role | None:
    return one(Role, cells["role"], "role") if "role" in cells else None


def _rights(text: str | None) -> frozenset[Right] | None:
    if text is None:
        return None
    try:
        return rights_of([text.replace(";", " ").replace("|", " ")])
    except typer.BadParameter as error:
        raise _Bad("rights", error.message) from None


def _expires(text: str | None) -> datetime | None:
    return None if text is None else end_of(text, "expires")


def _unreadable(problem: Problem, path: Path) -> Refused:
    """A file of which nothing can be made."""
    message = f"{path}, line {problem.line:,}: {problem.message}. Nothing was changed"
    return Refused(message, code=problem.code, details={"lines": [said(problem)]})


def _refused(problems: list[Problem], path: Path) -> Refused:
    """All bad lines."""
    rows = [(str(one.line), one.column, one.message, one.code) for one in problems]
    counted = "one line is bad" if len(problems) == 1 else f"{len(problems):,} lines are bad"
    details = {"lines": [said(one) for one in problems], "codes": Counter(one.code for one in problems)}
    return Refused(
        f"{path}: {counted}, and nothing was changed",
        Table(("line", "column", "what is wrong", "code"), rows),
        code="import.refused",
        details=details,
    )


def _take_over(path: Path, *, apply: bool) -> None:
    """An organisation that `export` wrote."""
    if not apply:
        # Whether anything of it is taken shows only when it is done; whether it is sound shows in an empty directory.
        with Directory.open("memory:") as empty:
            answer = empty.import_(path, by=System("cli"))
        sentence = (
            f"{path} is a sound export of an organisation. Whether something of it is taken here shows with --apply:"
        )
        again = Next([shell("import", str(path), "--apply")], "Nothing was changed. To do it:")
        show({"applied": False, **said(answer)}, sentence, _brought(answer), again)
        return
    with changing() as desk:
        answer = desk.directory.import_(path, by=desk.by)
    todo = Next(
        [shell("device", "list", str(answer.organisation)), shell("invite", "list", str(answer.organisation), "--all")],
        "To see what needs a new password, and who is to be invited again:",
    )
    show({"applied": True, **said(answer)}, f"{path} is in, all of it: {answer.organisation}", _brought(answer), todo)


def _brought(answer: Imported) -> Facts:
    return Facts(
        [
            ("rows", f"{answer.rows:,}"),
            ("entries of history", f"{answer.entries:,}"),
            ("devices to rotate", f"{answer.devices:,}"),
            ("invitations to send anew", f"{answer.invitations:,}"),
        ]
    )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield file


@contextmanager
def _progress() -> Iterator[Callable[..., Tick]]:
    """A bar on standard error, where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 -- only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("lines"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def begun(what: str, total: int | None = None) -> Tick:
            task = bar.add_task(what, total=total)

            def tick(done: int) -> None:
                if done % 100 == 0 or done == total:
                    bar.update(task, completed=done)

            return tick

        yield begun
