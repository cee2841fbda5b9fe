"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO, Any


@contextlib.contextmanager
def whole(path: str | os.PathLike[str] | Any) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when all of it is written, and leaves nothing otherwise."""
    path = os.fspath(path)
    file = tempfile.NamedTemporaryFile(dir=os.path.dirname(path) or ".", delete=False)  # noqa: SIM115
    try:
        with file:
            yield file
            os.fsync(file.fileno())
        os.replace(file.name, path)
    except BaseException:
        os.unlink(file.name)
        raise
