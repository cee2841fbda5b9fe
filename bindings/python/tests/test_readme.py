"""What the documentation shows: every example is run, and prints what stands below it."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

import mailgrant

if TYPE_CHECKING:
    from types import ModuleType

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A block of Python, where it begins, and what it prints, if that is told."""

    line: int
    code: str
    prints: str | None


def examples(text: str) -> list[Example]:
    """Give the blocks of Python in a text; a block of text right after one is what it prints."""
    found = []
    blocks = list(FENCE.finditer(text))
    for at, block in enumerate(blocks):
        if block[1] != "python":
            continue
        follows = blocks[at + 1] if at + 1 < len(blocks) else None
        told = follows is not None and follows[1] == "text" and not text[block.end() : follows.start()].strip()
        line = text.count("\n", 0, block.start()) + 1
        found.append(Example(line, block[2], follows[2] if told and follows is not None else None))
    return found


def printed(example: Example, names: dict[str, Any], file: Path) -> str:
    """Run an example, and give what it prints."""
    output = io.StringIO()
    # A traceback is to show the line of the README.
    code = compile("\n" * example.line + example.code, str(file), "exec")
    with contextlib.redirect_stdout(output):
        exec(code, names)
    return output.getvalue()


def test_every_example_of_the_readme_prints_what_stands_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = examples(README.read_text(encoding="utf-8"))
    assert len(found) > 5
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    for example in found:
        output = printed(example, names, README)
        assert output == (example.prints or ""), f"the example at line {example.line}"


def test_the_example_of_the_repository_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = README.parents[2] / "README.md"
    [example] = examples(readme.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    host = mailgrant.System("host")
    with mailgrant.Directory.open("sqlite:mail.db") as directory:
        owner = directory.register_user("owner@home.example", "Olivia", "verified", by=host).user
        assistant = directory.register_user("ada@home.example", "Ada Lind", "verified", by=host).user
        office = directory.found_organisation("Office", by=owner).organisation
        directory.add_domain(office, "example.ch", by=owner)
        directory.verify_domain(office, "example.ch", by=host)
        directory.add_member(office, assistant, "external", by=host)
        contact = directory.open_mailbox(office, "contact@example.ch", by=owner)
        directory.add_alias(contact, "hello@example.ch", by=owner)
        directory.grant_access(contact, assistant, by=owner)
    output = printed(example, {"contact": contact, "owner": owner, "assistant": assistant}, readme)
    password, *entries, code = output.splitlines()
    assert re.fullmatch(r"[0-9a-z]{5}(-[0-9a-z]{5}){5}", password)
    assert ["Ada Lind" in entries[0], "iPhone" in entries[1]] == [True, True]
    assert code == "address.taken"


def test_an_example_is_told_from_what_it_prints() -> None:
    text = dedent("""
        ```python
        print(1)
        ```

        ```text
        1
        ```

        ```python
        x = 1
        ```

        Words.

        ```text
        something else
        ```
    """)
    assert examples(text) == [Example(2, "print(1)\n", "1\n"), Example(10, "x = 1\n", None)]


def modules() -> list[ModuleType]:
    """Give every module of the package; the command line only where what it needs is there."""
    found = [mailgrant]
    for info in pkgutil.walk_packages(mailgrant.__path__, "mailgrant.", onerror=lambda _: None):
        if info.name.startswith("mailgrant.cli") and not all(map(importlib.util.find_spec, ("typer", "rich"))):
            continue
        found.append(importlib.import_module(info.name))
    return found


def test_every_doctest_of_the_package_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    attempted = 0
    for module in modules():
        result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
        assert result.failed == 0, module.__name__
        attempted += result.attempted
    assert attempted > 0


def test_the_example_at_the_head_of_the_package_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documentation = mailgrant.__doc__ or ""
    _, _, shown = documentation.partition("::\n\n")
    code = dedent(shown.partition("\n\nWhat is answered")[0])
    assert "import Directory" in code
    password = printed(Example(0, code, None), {}, Path("mailgrant"))
    assert re.fullmatch(r"[0-9a-z]{5}(-[0-9a-z]{5}){5}\n", password)


def test_every_module_says_what_it_is() -> None:
    for module in modules():
        assert (module.__doc__ or "").strip(), module.__name__


def test_every_name_in_the_readme_exists() -> None:
    text = README.read_text(encoding="utf-8")
    for name in set(re.findall(r"`directory\.(\w+)", text)):
        assert hasattr(mailgrant.Directory, name) or f"directory.{name}" in list(mailgrant.types.Code), name
    for name in set(re.findall(r"`mailgrant\.(\w+)", text)):
        assert hasattr(mailgrant, name), name
