"""The Rust library itself, asked through `mailgrant-oracle`: what the package's answers are compared with."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Self


class Oracle:
    """A program that answers lines of JSON: see `bindings/oracle`."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Give its answer: `ok`, `error` or `refused`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **request}), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "fault" not in answer, (answer, do, request)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
