"""A shell to try the command line in: real processes, with and without a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from mailgrant import Directory, Nobody, System
from mailgrant.cli.app import run

HOST = System("test")
PASSWORD = "seven grey ovens sing at dawn"
PATIENCE = 60.0
"""How many seconds a command may take here."""

QUIET = 2.0
"""After so many seconds without a word somebody presses Ctrl-C again."""

INTERRUPT = b"\x03"


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error that `--json` tells of, on standard error."""
        told: dict[str, Any] = json.loads(self.err)["error"]
        return told


@dataclass(frozen=True, slots=True)
class Shell:
    """Where commands are typed."""

    folder: Path

    @property
    def store(self) -> Path:
        """The store that every command uses."""
        return self.folder / "mail.db"

    def run(self, *args: str, stdin: str | bytes = b"", **env: str) -> Ran:
        """Run a command, without a terminal."""
        ran = subprocess.run(
            [sys.executable, "-m", "mailgrant.cli", *args],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=PATIENCE,
            env=self.environment(**env),
            cwd=self.folder,
            check=False,
        )
        told = Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())
        assert "Traceback" not in told.err
        return told

    def done(self, *args: str, stdin: str | bytes = b"", **env: str) -> Ran:
        """Run a command that is to succeed."""
        ran = self.run(*args, stdin=stdin, **env)
        assert ran.code == 0, ran.err
        return ran

    def ask(self, *args: str) -> Any:
        """What a question answers in JSON."""
        ran = self.inside(*args, "--json")
        assert ran.code == 0, ran.err
        return ran.answer

    def inside(self, *args: str) -> Ran:
        """Run a command in this very process: where there are many, and the process itself is not the question."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            mock.patch.dict(os.environ, {"MAILGRANT_STORE": str(self.store)}),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(list(args))
        out.seek(0)
        err.seek(0)
        return Ran(code, out.read(), err.read())

    def on_terminal(self, *args: str, answers: tuple[tuple[str, str], ...] = (), columns: int = 120, **env: str) -> Ran:
        """Run a command on a terminal, and type each answer once its prompt stands there."""
        command = [sys.executable, "-m", "mailgrant.cli", *args]
        environment = self.environment(**{"TERM": "xterm-256color", **env})
        child, terminal = pty.fork()
        if child == 0:
            try:
                os.chdir(self.folder)
                os.execve(sys.executable, command, environment)
            finally:
                os._exit(99)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        said, waiting, typed, until = b"", list(answers), b"", time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not select.select([terminal], [], [], QUIET)[0]:
                if typed == INTERRUPT:
                    # It came between the prompt and the reading, where nobody hears it: people press it again.
                    os.write(terminal, typed)
                continue
            try:
                more = os.read(terminal, 65_536)
            except OSError:
                more = b""
            if not more:
                break
            said += more
            if waiting and said.rstrip().endswith(waiting[0][0].encode()):
                typed = waiting.pop(0)[1].encode()
                os.write(terminal, typed)
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert b"Traceback" not in said
        return Ran(code, said.decode(), "")

    def environment(self, **env: str) -> dict[str, str]:
        """What a command is told besides: nothing that colours, forces or traces."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        return {**kept, "MAILGRANT_STORE": str(self.store), **env}

    def written(self) -> int:
        """How much was ever written: what is refused adds nothing."""
        with Directory.open(f"sqlite:{self.store}", mode="existing") as directory:
            changes, count = directory.changes(limit=1_000), 0
            while changes.entries:
                count += len(changes.entries)
                changes = directory.changes(after=changes.next, limit=1_000)
            return count


def settle(store: Path) -> None:
    """Make a store with a bakery: Olivia owns it, Ada comes from outside with a phone, and a CRM is nobody's.

    Ada was shown the CRM's password.
    """
    with Directory.open(f"sqlite:{store}") as directory:
        olivia = directory.register_user("olivia@home.example", "Olivia Moser", "verified", by=HOST).user
        ada = directory.register_user("ada@home.example", "Ada Lind", "verified", by=HOST, password=PASSWORD).user
        bakery = directory.found_organisation("Moser Bakery", by=olivia).organisation
        directory.add_domain(bakery, "bakery.example", by=olivia)
        directory.verify_domain(bakery, "bakery.example", by=HOST)
        contact = directory.open_mailbox(bakery, "contact@bakery.example", by=olivia, name="Contact")
        directory.add_alias(contact, "hello@bakery.example", by=olivia)
        directory.add_member(bakery, ada, "admin", by=HOST)
        directory.grant_access(contact, ada, by=olivia)
        directory.add_device(contact, "CRM", ["imap", "smtp"], by=ada, holder=Nobody("the firm that runs it"))
        directory.set_role(bakery, ada, "external", by=olivia)
        directory.add_device(contact, "Ada's phone", ["imap", "smtp"], by=ada)
