"""The examples do what they say, run as people run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("maps")


@pytest.fixture(scope="module")
def roster(maps: Path) -> subprocess.CompletedProcess[str]:
    """The roster, replayed and drawn."""
    command = [sys.executable, str(EXAMPLES / "roster.py"), "--maps", str(maps)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=maps)


def test_the_past_of_the_roster_is_as_it_was(roster: subprocess.CompletedProcess[str]) -> None:
    assert roster.returncode == 0, roster.stderr
    assert roster.stdout.splitlines()[:6] == [
        "replayed 10796 changes of 6 organisations and 1481 people",
        "2018-06-21 01:58: 0 organisations, 0 mailboxes: as it was",
        "2019-01-28 23:39: 6 organisations, 467 mailboxes: as it was",
        "2019-06-06 23:37: 6 organisations, 501 mailboxes: as it was",
        "2020-01-24 01:02: 6 organisations, 539 mailboxes: as it was",
        "2020-10-07 08:26: 6 organisations, 568 mailboxes: as it was",
    ]


def test_one_organisation_is_drawn_at_two_dates(roster: subprocess.CompletedProcess[str], maps: Path) -> None:
    assert roster.returncode == 0, roster.stderr
    drawn = {path.name: ElementTree.parse(path).getroot() for path in sorted(maps.glob("*.svg"))}
    assert list(drawn) == ["kubernetes-client-2019-01-28.svg", "kubernetes-client-2020-10-07.svg"]
    before, after = ({text.strip() for text in picture.itertext()} for picture in drawn.values())
    assert "python-admins@" in before & after, "a mailbox of both dates"
    assert before != after


def test_a_history_that_says_something_else_is_noticed(maps: Path, tmp_path: Path) -> None:
    """The comparison can fail: without the last thousand changes the last state is another."""
    script = (EXAMPLES / "roster.py").read_text(encoding="utf-8")
    data = EXAMPLES.parent / "data" / "roster"
    copied = tmp_path / "data" / "roster"
    copied.mkdir(parents=True)
    lines = (data / "history.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (copied / "history.jsonl").write_text("".join(lines[:-1000]), encoding="utf-8")
    (copied / "states.json").write_bytes((data / "states.json").read_bytes())
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "roster.py").write_text(script, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "python" / "roster.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=maps)
    assert run.returncode == 1, run.stderr
    assert "2020-10-07 08:26: 6 organisations, 568 mailboxes: WRONG" in run.stdout
