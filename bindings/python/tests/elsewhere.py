"""Another process that opens the same SQLite file.

It must be another one: the package brings an SQLite of its own, and two of them in one process undo each other's locks
on a file (https://www.sqlite.org/howtocorrupt.html, "multiple copies of SQLite").
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    try:
        told = {"rows": file.execute(json.loads(line)).fetchall()}
    except sqlite3.Error as error:
        told = {"error": str(error)}
    print(json.dumps(told), flush=True)
"""


class Elsewhere:
    """An SQLite file, opened in another process."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", PROGRAM, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def execute(self, statement: str) -> list[list[Any]]:
        """Run a statement there, and give its rows."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(statement), file=self._process.stdin, flush=True)
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in told:
            raise RuntimeError(told["error"])
        rows: list[list[Any]] = told["rows"]
        return rows

    def moment(self) -> int:
        """Give a number that another process's commit makes another."""
        return int(self.execute("PRAGMA data_version")[0][0])

    def rows(self) -> dict[str, list[list[Any]]]:
        """Read every row, by table."""
        tables = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: sorted(self.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def stored(path: Path) -> dict[str, list[list[Any]]]:
    """Read every row of an SQLite file, by table."""
    with Elsewhere(path) as file:
        return file.rows()
