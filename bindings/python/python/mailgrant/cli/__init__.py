"""The command line: `mailgrant --store mail.db …`, for the person who runs the mail."""

from __future__ import annotations

import os
import sys

LIBRARIES = {"pydantic", "rich", "shellingham", "typer"}
"""What the command line needs besides the package itself."""


def main() -> None:
    """Run what was typed and leave with its exit code: 0 done, 1 refused, 2 wrong usage."""
    if not sys.stdout.isatty():
        # Otherwise help is coloured wherever GITHUB_ACTIONS or FORCE_COLOR is set, also in a file.
        os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"
    try:
        from .app import run  # noqa: PLC0415 -- it may be missing, and is said so
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        if library not in LIBRARIES:
            raise
        print(f"mailgrant: the command line needs `{library}`: pip install 'mailgrant[cli]'", file=sys.stderr)
        sys.exit(2)
    code = run(sys.argv[1:])
    _flush()
    sys.exit(code)


def _flush() -> None:
    """Write out what waits. Where whoever listened is gone, such as `head` or a terminal, Python must not try again on
    its way out: it would leave with a code of its own, 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
