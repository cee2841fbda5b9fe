"""What the package says of itself: everything in it is documented, typed, and there."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
import typing

import mailgrant
from mailgrant import (
    Bearer,
    ChangeId,
    Command,
    DeviceId,
    Directory,
    Entry,
    Event,
    InvitationId,
    Listing,
    MailboxId,
    ManualClock,
    OrganisationId,
    Page,
    Plan,
    System,
    UserId,
    types,
)

PREFIXES = {
    UserId: "usr",
    OrganisationId: "org",
    MailboxId: "mbx",
    DeviceId: "dev",
    InvitationId: "inv",
    ChangeId: "chg",
}

CLASSES = [each for each in vars(types).values() if dataclasses.is_dataclass(each) and isinstance(each, type)]
CLASSES += [Event, Entry, Plan, Command, Page, mailgrant.HashCosts, mailgrant.ViewOptions, mailgrant.ViewState]
CLASSES = list(dict.fromkeys(CLASSES))


def public(of: type) -> list[tuple[str, object]]:
    return [(name, each) for name, each in vars(of).items() if not name.startswith("_")]


def test_every_type_is_documented() -> None:
    assert sorted(types.__all__) == types.__all__
    source = inspect.getsource(types)
    for name in types.__all__:
        it = getattr(types, name)
        if isinstance(it, type):
            assert (it.__doc__ or "").strip(), name
            assert not (it.__doc__ or "").startswith(f"{name}("), f"{name}: written by dataclass"
        elif not name.endswith("Like"):
            after = source[source.index(f"\n{name}: ") :]
            assert '\n"""' in after[: after.index("\n\n\n") if "\n\n\n" in after else None], name


def test_every_field_and_word_is_documented() -> None:
    lines = inspect.getsource(types).splitlines()
    for at, line in enumerate(lines[:-1]):
        stripped = line.strip()
        is_field = line.startswith("    ") and ": " in line and stripped.split(":")[0].isidentifier()
        is_word = line.startswith("    ") and " = " in line and stripped.split(" = ")[0].isupper()
        if is_field or is_word:
            assert lines[at + 1].strip().startswith('"""'), line


def test_every_method_is_documented() -> None:
    for of in (Directory, mailgrant.Preview, mailgrant.Batch, Listing, ManualClock, *PREFIXES, System, Bearer):
        for name in dir(of):
            method = getattr(of, name)
            if not name.startswith("_") and not inspect.ismemberdescriptor(method):
                assert (method.__doc__ or "").strip(), f"{of.__name__}.{name}"


def test_every_public_name_is_there_and_documented() -> None:
    for name in mailgrant.__all__:
        it = getattr(mailgrant, name)
        if inspect.isclass(it) or inspect.isfunction(it):
            assert (it.__doc__ or "").strip(), name
    assert sorted(mailgrant.__all__) == mailgrant.__all__
    assert mailgrant.__version__


def test_every_answer_of_a_command_has_a_type_that_is_public() -> None:
    known = {*types.__all__, *mailgrant.__all__, "None", "bool", "str"}
    for name, method in public(mailgrant._commands.Commands):
        told = inspect.signature(method).return_annotation  # type: ignore[arg-type]
        assert told in known, name


def test_types_can_be_read_at_run_time() -> None:
    for of in CLASSES:
        if of.__module__ == "mailgrant.types":
            assert typing.get_type_hints(of) is not None


def test_the_package_says_that_it_is_typed() -> None:
    from importlib.resources import files  # noqa: PLC0415 -- for this alone

    assert files("mailgrant").joinpath("py.typed").is_file()


def test_nothing_of_the_command_line_is_needed_to_import_the_package() -> None:
    program = "import sys; sys.modules.update(typer=None, rich=None, networkx=None); import mailgrant"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
