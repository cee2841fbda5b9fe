"""The command line, as people and programs use it: through real processes, with and without a terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest
import typer
from cli_shell import PASSWORD, Ran, Shell, settle

from mailgrant import Directory, System, types
from mailgrant.cli import spreadsheet
from mailgrant.cli.app import command_line
from mailgrant.cli.drawing import fitting
from mailgrant.cli.plain import KINDS, plain
from mailgrant.cli.settings import in_front
from mailgrant.cli.showing import visible
from mailgrant.cli.spreadsheet import Problem, Row, Unreadable

DONE, REFUSED, MISUSED, STOPPED = 0, 1, 2, 130
COLOUR = "\x1b["
TODAY = datetime.now(UTC).date().isoformat()
DEVICE_PASSWORD = re.compile(r"\b(?:[0-9a-z]{5}-){5}[0-9a-z]{5}\b")
PHONE = "contact@bakery.example/Ada's phone"
CRM = "contact@bakery.example/CRM"


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store with a bakery, once."""
    store = tmp_path_factory.mktemp("bakery") / "mail.db"
    settle(store)
    return store


@pytest.fixture
def shell(settled: Path, tmp_path: Path) -> Shell:
    """Give each test a copy of the bakery."""
    shutil.copy(settled, tmp_path / "mail.db")
    return Shell(tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    """Give a shell without a store."""
    return Shell(tmp_path)


def several(shell: Shell, *commands: tuple[str, ...]) -> list[Ran]:
    """Run one command after the other."""
    return [shell.inside(*command) for command in commands]


def test_a_bakery_from_its_first_day_to_a_leaver(empty: Shell) -> None:
    shell = empty
    assert "is ready" in shell.done("init").out
    assert shell.store.stat().st_mode & 0o777 == 0o600
    shell.done("user", "add", "olivia@home.example", "Olivia Moser", "--verified")
    shell.done("user", "add", "ada@home.example", "Ada Lind", "--password-stdin", stdin=f"{PASSWORD}\n")
    shell.done("org", "add", "Moser Bakery", "--owner", "olivia@home.example")
    assert (
        '_mailgrant.bakery.example.  TXT  "mailgrant-'
        in shell.done("domain", "add", "Moser Bakery", "bakery.example").out
    )
    shell.done("domain", "verify", "Moser Bakery", "bakery.example")
    shell.inside("mailbox", "add", "contact@bakery.example", "--name", "Contact")
    shell.inside("alias", "add", "contact@bakery.example", "hello@bakery.example")

    why_not = shell.inside("explain", "olivia@home.example", "read", "contact@bakery.example").out
    assert re.search(r"may Olivia Moser read contact@bakery.example\?\s+no", why_not)
    assert re.search(r"grant\s+grant missing", why_not)

    invited = shell.done(
        "invite",
        "send",
        "bakery.example",
        "office@letters.example",
        "--mailbox",
        "contact@bakery.example",
        "--rights",
        "send,devices",
    ).out
    [token] = re.findall(r"^ {4}(tinv_\S+)$", invited, re.M)
    accepted = shell.done("invite", "accept", "--as", "ada@home.example", "--token-stdin", stdin=f"{token}\n").out
    assert "Ada Lind <ada@home.example> belongs to Moser Bakery." in accepted

    phone = shell.done(
        "device", "add", "contact@bakery.example", "phone", "-p", "imap,smtp", "--as", "ada@home.example"
    ).out
    [password] = DEVICE_PASSWORD.findall(phone)
    shell.inside("device", "add", "contact@bakery.example", "CRM", "-p", "imap", "--nobody", "the firm")
    with Directory.open(f"sqlite:{shell.store}") as directory:
        assert directory.login_device("contact@bakery.example", password, "imap").protocol == "imap"

    who = shell.done("who", "hello@bakery.example").out
    assert re.search(r"Ada Lind <ada@home.example>\s+grant\s+read, send, devices", who)
    assert re.search(r"phone\s+device password\s+imap, smtp\s+Ada Lind", who)
    assert re.search(r"CRM\s+device password\s+imap\s+nobody: the firm", who)

    undecided = shell.run("grant", "revoke", "contact@bakery.example", "ada@home.example")
    assert undecided.code == MISUSED
    assert "holds devices there (phone): say --devices" in undecided.err
    shell.done("grant", "revoke", "contact@bakery.example", "ada@home.example", "--devices", "release")
    shell.inside("grant", "add", "contact@bakery.example", "ada@home.example", "--expires", "2099-12-31")

    plan = shell.inside("leaver", "bakery.example", "ada@home.example", "--dry-run").out
    assert re.search(r"the grant on contact@bakery.example\s+ends", plan)
    assert re.search(r"the device phone on contact@bakery.example\s+goes on; Ada Lind knows its password", plan)
    assert "ada@home.example" in shell.inside("member", "list", "bakery.example").out
    left = shell.done("leaver", "bakery.example", "ada@home.example", "--yes").out
    assert "Ada Lind has left Moser Bakery." in left
    assert "mailgrant device rotate contact@bakery.example/phone --grace 0" in left
    rotated = shell.done("device", "rotate", "contact@bakery.example/phone", "--grace", "0").out
    assert DEVICE_PASSWORD.findall(rotated) != [password]
    assert "ada@home.example" not in shell.inside("member", "list", "bakery.example").out
    assert re.search(r"Ada Lind\s+device\.added\s+phone", shell.inside("history", "bakery.example").out)


def test_leaving_through_json_tells_what_comes_next(shell: Shell) -> None:
    plan = shell.ask("leaver", "bakery.example", "ada@home.example", "--dry-run")
    assert (plan["done"], [one["label"] for one in plan["still_known"]]) == (False, ["CRM"])
    report = shell.ask("leaver", "bakery.example", "ada@home.example", "--yes")
    assert report["done"]
    assert [one["label"] for one in report["devices"]] == ["Ada's phone"]
    assert report["next"] == ["mailgrant device rotate contact@bakery.example/CRM --grace 0"]


@pytest.mark.parametrize(
    ("answer", "code", "goes"),
    [("y\n", DONE, True), ("\n", REFUSED, False), ("no\n", REFUSED, False), ("\x03", STOPPED, False)],
)
def test_a_terminal_shows_the_plan_and_asks(shell: Shell, answer: str, code: int, goes: bool) -> None:
    before = shell.written()
    ran = shell.on_terminal("leaver", "bakery.example", "ada@home.example", answers=(("[y/N]", answer),), columns=200)
    assert ran.code == code
    assert "goes on; Ada Lind knows its password" in ran.out
    assert (shell.written() > before) == goes


def test_nobody_is_asked_without_a_terminal(shell: Shell) -> None:
    before = shell.written()
    for command in (
        ("leaver", "bakery.example", "ada@home.example"),
        ("mailbox", "delete", "contact@bakery.example"),
        ("org", "delete", "bakery.example"),
        ("user", "delete", "ada@home.example"),
        ("device", "revoke-all", "--mailbox", "contact@bakery.example"),
    ):
        ran = shell.inside(*command)
        assert (ran.code, "--yes" in ran.err) == (MISUSED, True)
    piped = shell.run("leaver", "bakery.example", "ada@home.example", stdin="y\n")
    assert (piped.code, "--yes" in piped.err) == (MISUSED, True)
    assert shell.written() == before


WRONG_USAGE = [
    ("who",),
    ("who", "a@b.example", "c@d.example"),
    ("whom", "a@b.example"),
    ("who", "a@b.example", "--loud"),
    ("explain", "ada@home.example", "fly", "contact@bakery.example"),
    ("grant", "add", "contact@bakery.example", "ada@home.example", "--rights", "send,fly"),
    ("grant", "add", "contact@bakery.example", "ada@home.example", "--expires", "soon"),
    ("grant", "add", "contact@bakery.example", "ada@home.example", "--expires", "2099-02-30"),
    ("grant", "add", "contact@bakery.example", "ada@home.example", "--expires", "2099-01-01T12:00"),
    ("grant", "change", "contact@bakery.example", "ada@home.example"),
    ("grant", "revoke", "contact@bakery.example", "ada@home.example", "--devices", "keep"),
    ("device", "add", "contact@bakery.example", "x", "-p", "telnet", "--nobody", "me"),
    ("device", "add", "contact@bakery.example", "x", "-p", "imap"),
    ("device", "add", "contact@bakery.example", "x", "-p", "imap", "--nobody", "me", "--network", "10.0.0.1/8"),
    ("device", "rotate", CRM, "--grace", "a while"),
    ("member", "role", "bakery.example", "ada@home.example", "boss"),
    ("member", "services", "bakery.example", "ada@home.example", "--service", "mail"),
    ("mailbox", "rename", "contact@bakery.example", "office@bakery.example"),
    ("org", "policy", "bakery.example", "--devices", "many"),
    ("history", "bakery.example", "--limit", "0"),
    ("at", "bakery.example", "yesterday", "who", "contact@bakery.example"),
    ("map", "bakery.example"),
    ("map", "bakery.example", "-o", "map.png"),
    ("import",),
    ("user", "add", "tim@people.example", "Tim", "--password"),
    ("--store", "", "who", "contact@bakery.example"),
]
REFUSALS = [
    (("who", "nobody@bakery.example"), "mailbox.not_found"),
    (("who", "nobody"), "address.invalid"),
    (("who", "usr_01m80hqmy8e1as2v8rn21pssqs"), "id.invalid"),
    (("reach", "mbx_01m80hqmy8e1as2v8rn21pssqs"), "id.invalid"),
    (("reach", "nobody@home.example"), "user.not_found"),
    (("review", "usr_01m80hqmy8e1as2v8rn21pssqs"), "id.invalid"),
    (("review", "nobody.example"), "organisation.not_found"),
    (("device", "show", "contact@bakery.example/Fax"), "device.not_found"),
    (("device", "show", "Fax"), "device.not_found"),
    (("invite", "revoke", "tim@people.example", "--org", "bakery.example"), "invitation.not_found"),
    (("mailbox", "add", "contact@bakery.example"), "address.taken"),
    (("mailbox", "add", "contact@elsewhere.example"), "organisation.not_found"),
    (("mailbox", "add", "con tact@bakery.example"), "address.invalid"),
    (("user", "add", "ada@home.example", "Ada"), "login.taken"),
    (("user", "add", "eve@home.example", "\x1b[31mEve"), "text.invalid"),
    (("member", "role", "bakery.example", "olivia@home.example", "admin"), "owner.last"),
    (("grant", "add", "contact@bakery.example", "ada@home.example", "--expires", "2001-01-01"), "expiry.past"),
    (("device", "rotate", CRM, "--grace", "31d", "--show-secret"), "device.grace"),
    (("at", "bakery.example", "2001-01-01", "review"), "organisation.not_found"),
    (("at", "bakery.example", "2999-01-01", "review"), "time.future"),
    (("compare", "bakery.example", TODAY, "2001-01-01"), "time.reversed"),
    (("import", "nowhere.csv"), "system.refused"),
    (("export", "bakery.example", "-o", "nowhere/bakery.jsonl"), "system.refused"),
    (("map", "bakery.example", "-o", "nowhere/map.svg"), "system.refused"),
    (("history", "bakery.example", "--as", "ada@home.example"), "access.denied"),
    (("user", "suspend", "ada@home.example", "--as", "ada@home.example"), "access.denied"),
    (("who", "contact@bakery.example", "--as", "nobody@home.example"), "user.not_found"),
    (("init",), "store.exists"),
]


def test_wrong_usage_is_2_and_refusals_are_1_and_neither_changes_anything(shell: Shell) -> None:
    before = shell.written()
    for command in WRONG_USAGE:
        ran = shell.inside(*command)
        assert (ran.code, ran.out) == (MISUSED, ""), command
        assert ran.err.startswith("wrong usage: "), command
    for command, code in REFUSALS:
        ran = shell.inside(*command, "--json")
        assert (ran.code, ran.out) == (REFUSED, ""), command
        assert (ran.error["code"], bool(ran.error["message"])) == (code, True), command
    assert shell.written() == before


def test_errors_are_lines_for_people_and_objects_for_programs(shell: Shell) -> None:
    people, programs, misused = several(
        shell,
        ("who", "nobody@bakery.example"),
        ("--json", "who", "nobody@bakery.example"),
        ("who", "--json"),
    )
    assert people.err == (
        "refused: `nobody@bakery.example`: there is no such mailbox, or you may not see it (mailbox.not_found)\n"
    )
    assert programs.error["code"] == "mailbox.not_found"
    assert misused.error["code"] == "usage"
    nowhere = shell.inside("export", "bakery.example", "--json")
    assert (nowhere.code, nowhere.error["code"]) == (MISUSED, "usage")


def of_another_kind(store: Path) -> None:
    with sqlite3.connect(store) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()


def of_the_future(store: Path) -> None:
    settle(store)
    with sqlite3.connect(store) as newer:
        newer.execute("PRAGMA user_version = 9999")
    newer.close()


BAD_STORES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda store: None, "store.unavailable"),
    "text": (lambda store: store.write_text("recipes\n" * 1_000), "store.foreign"),
    "empty": (lambda store: store.touch(), "store.foreign"),
    "a folder": (lambda store: store.mkdir(), "store.foreign"),
    "of another kind": (of_another_kind, "store.foreign"),
    "of the future": (of_the_future, "store.newer"),
}


@pytest.mark.parametrize("kind", BAD_STORES)
def test_a_store_that_is_none_is_refused_and_left_as_it_is(empty: Shell, kind: str) -> None:
    make, code = BAD_STORES[kind]
    make(empty.store)
    before = empty.store.read_bytes() if empty.store.is_file() else None
    asked, told = several(
        empty, ("who", "contact@bakery.example", "--json"), ("user", "add", "a@home.example", "A", "--json")
    )
    assert (asked.code, asked.error["code"]) == (REFUSED, code)
    assert (told.code, told.error["code"]) == (REFUSED, code)
    assert (empty.store.read_bytes() if empty.store.is_file() else None) == before


def test_stores_are_named_by_path_or_url_before_the_command_or_after_it(shell: Shell) -> None:
    elsewhere = str(shell.store)
    for ran in several(
        shell,
        ("--store", elsewhere, "who", "contact@bakery.example"),
        ("who", "contact@bakery.example", f"--store=sqlite:{elsewhere}"),
        ("--store", "memory:", "org", "list"),
    ):
        assert ran.code == DONE, ran.err
    nowhere = shell.run("who", "contact@bakery.example", MAILGRANT_STORE="")
    assert (nowhere.code, "MAILGRANT_STORE" in nowhere.err) == (MISUSED, True)
    unknown = shell.run("--store", "oracle:mail", "org", "list", "--json")
    assert (unknown.code, unknown.error["code"]) == (REFUSED, "store.url")


QUESTIONS = [
    ("who", "contact@bakery.example"),
    ("reach", "ada@home.example"),
    ("explain", "ada@home.example", "send", "contact@bakery.example"),
    ("resolve", "hello+x@bakery.example"),
    ("review", "bakery.example"),
    ("risks", "bakery.example"),
    ("history", "bakery.example"),
    ("compare", "bakery.example", TODAY),
    ("at", "bakery.example", TODAY, "who", "contact@bakery.example"),
    ("map", "bakery.example"),
    ("user", "list"),
    ("user", "show", "ada@home.example"),
    ("user", "history", "ada@home.example"),
    ("org", "list"),
    ("org", "show", "Moser Bakery"),
    ("org", "policy", "bakery.example"),
    ("member", "list", "bakery.example"),
    ("domain", "list", "bakery.example"),
    ("domain", "offers", "bakery.example"),
    ("mailbox", "list", "bakery.example"),
    ("mailbox", "show", "contact@bakery.example"),
    ("mailbox", "history", "contact@bakery.example"),
    ("alias", "list", "bakery.example"),
    ("grant", "list", "contact@bakery.example"),
    ("invite", "list", "bakery.example"),
    ("device", "list", "bakery.example"),
    ("device", "show", PHONE),
    ("device", "blast-radius", PHONE),
]


def test_every_question_answers_one_json_document_without_a_secret_and_without_writing(shell: Shell) -> None:
    shell.done("device", "add", "contact@bakery.example", "Fax", "-p", "smtp", "--nobody", "")
    before = shell.store.read_bytes()
    for question in QUESTIONS:
        ran = shell.inside(*question, "--json")
        assert (ran.code, ran.err) == (DONE, ""), question
        assert ran.answer is not None
        assert not DEVICE_PASSWORD.search(ran.out), question
        assert "$argon2" not in ran.out
    assert shell.store.read_bytes() == before


def test_without_a_terminal_there_is_no_colour_and_a_row_is_a_line(shell: Shell) -> None:
    questions = [question for question in QUESTIONS if question[0] != "map"]
    for question in questions:
        ran = shell.inside(*question)
        assert (ran.code, COLOUR in ran.out + ran.err) == (DONE, False), question
    [ada] = [
        line
        for line in shell.done("who", "contact@bakery.example", COLUMNS="40").out.splitlines()
        if "Ada Lind <" in line
    ]
    assert "read, send, devices, auto replies, signatures, folders" in ada
    forced = shell.run("--help", GITHUB_ACTIONS="1", FORCE_COLOR="1")
    assert COLOUR not in forced.out


def test_a_terminal_has_colour_unless_it_is_not_wanted(shell: Shell) -> None:
    question = ("explain", "olivia@home.example", "read", "contact@bakery.example")
    coloured = shell.on_terminal(*question)
    assert "\x1b[31mno" in coloured.out
    assert COLOUR not in shell.on_terminal(*question, NO_COLOR="1").out
    assert COLOUR not in shell.on_terminal(*question, TERM="dumb").out
    as_json = shell.on_terminal(*question, "--json")
    assert json.loads(as_json.out)["allowed"] is False
    narrow = shell.on_terminal("device", "list", "bakery.example", columns=40, NO_COLOR="1").out
    assert re.search(r"^held by\s+nobody: the firm that", narrow, re.M)


def test_a_secret_is_shown_once_and_never_made_for_json_unless_asked(shell: Shell) -> None:
    before = shell.written()
    makers = (
        ("device", "add", "contact@bakery.example", "Fax", "-p", "smtp", "--nobody", "me"),
        ("device", "rotate", CRM),
        ("invite", "send", "bakery.example", "tim@people.example"),
        ("user", "reset-password", "ada@home.example"),
        ("user", "confirmation", "ada@home.example"),
    )
    for ran in several(shell, *((*maker, "--json") for maker in makers)):
        assert (ran.code, ran.out) == (MISUSED, "")
        assert "--show-secret" in ran.error["message"]
    assert shell.written() == before
    issued = shell.ask(*makers[0], "--show-secret")
    assert DEVICE_PASSWORD.fullmatch(issued["password"])
    invited = shell.ask(*makers[2], "--show-secret")
    assert invited["token"].startswith("tinv_")
    assert "shown this once and never again" in shell.inside(*makers[1]).out
    with_store = shell.store.read_bytes()
    assert issued["password"].encode() not in with_store
    assert invited["token"].encode() not in with_store


def test_people_type_passwords_without_an_echo(shell: Shell) -> None:
    added = shell.on_terminal(
        "user",
        "add",
        "tim@people.example",
        "Tim",
        "--password",
        answers=(("New password:", f"{PASSWORD}!\n"), ("The same again:", f"{PASSWORD}!\n")),
    )
    assert (added.code, PASSWORD in added.out) == (DONE, False)
    with Directory.open(f"sqlite:{shell.store}") as directory:
        assert directory.login_user("tim@people.example", f"{PASSWORD}!")
    differs = shell.on_terminal(
        "user",
        "set-password",
        "tim@people.example",
        answers=(("New password:", "one\n"), ("The same again:", "two\n")),
    )
    assert (differs.code, "differ" in differs.out) == (MISUSED, True)


def test_passwords_come_on_standard_input_too(shell: Shell) -> None:
    wrong = shell.run(
        "user", "set-password", "ada@home.example", "--as", "ada@home.example", "--password-stdin", stdin="wrong\nnew\n"
    )
    assert (wrong.code, "password" in wrong.err) == (REFUSED, True)
    new = "four new words that nobody guesses"
    shell.done(
        "user",
        "set-password",
        "ada@home.example",
        "--as",
        "ada@home.example",
        "--password-stdin",
        stdin=f"{PASSWORD}\r\n{new}\r\n",
    )
    reset = shell.ask("user", "reset-password", "ada@home.example", "--show-secret")
    assert reset["send_to"] == "ada@home.example"
    shell.done("user", "finish-reset", "--token-stdin", stdin=f"{reset['token']}\n{new} again\n")
    with Directory.open(f"sqlite:{shell.store}") as directory:
        assert directory.login_user("ada@home.example", f"{new} again")
    ended = shell.run("user", "set-password", "ada@home.example", "--password-stdin", stdin="")
    assert (ended.code, "standard input ended" in ended.err) == (MISUSED, True)


def test_as_somebody_one_sees_what_they_may_see(shell: Shell) -> None:
    hers, listed, mine, hidden = several(
        shell,
        ("who", "contact@bakery.example", "--as", "ada@home.example"),
        ("org", "list", "--as", "ada@home.example"),
        ("reach", "ada@home.example", "--as", "ada@home.example"),
        ("reach", "olivia@home.example", "--as", "ada@home.example", "--json"),
    )
    assert "Ada's phone" in hers.out
    assert "Moser Bakery" in listed.out
    assert "contact@bakery.example" in mine.out
    assert (hidden.code, hidden.error["code"]) == (REFUSED, "user.not_found")
    given_up = shell.done("grant", "give-up", "contact@bakery.example", "--as", "ada@home.example").out
    assert re.search(r"the device Ada's phone\s+is revoked", given_up)


def test_what_ends_much_shows_it_first(shell: Shell) -> None:
    mailbox, devices, organisation, user = several(
        shell,
        ("mailbox", "delete", "contact@bakery.example", "--dry-run"),
        ("device", "revoke-all", "--mailbox", "contact@bakery.example", "--except", PHONE, "--dry-run"),
        ("org", "delete", "bakery.example", "--dry-run"),
        ("user", "delete", "ada@home.example", "--dry-run"),
    )
    assert re.search(r"the alias hello@bakery.example\s+is in quarantine", mailbox.out)
    assert "CRM" in devices.out
    assert "Ada's phone" not in devices.out
    assert re.search(r"devices\s+2", organisation.out)
    assert "In Moser Bakery:" in user.out
    deleted = shell.ask("user", "delete", "ada@home.example", "--yes")
    assert shell.ask("user", "erase", deleted["user"], "--yes")["entries"] > 0
    assert shell.ask("mailbox", "delete", "contact@bakery.example", "--yes")["aliases"] == ["hello@bakery.example"]
    assert shell.ask("org", "delete", "bakery.example", "--yes")["domains"] == ["bakery.example"]
    assert shell.ask("sweep")["rows"] > 0
    assert shell.ask("org", "list") == []


def test_the_rest_of_the_verbs(shell: Shell) -> None:
    """Each in a sentence of its own: what matters is that the command behind it is the right one."""
    for command in (
        "user rename ada@home.example Ada",
        "user suspend ada@home.example",
        "user resume ada@home.example",
        "user set-recovery ada@home.example ada@elsewhere.example",
        "user set-recovery ada@home.example --none",
        "user change-login ada@home.example ada@new.example",
        "org rename bakery.example Bread",
        "org policy Bread --separator none --devices 5",
        "member services Bread olivia@home.example --service mail=manage --service other:shop=use",
        "domain add Bread bread.example",
        "domain verify Bread bread.example",
        "domain alias Bread bread.example bakery.example",
        "domain alias Bread bread.example --none",
        "domain catch-all Bread bakery.example contact@bakery.example",
        "domain catch-all Bread bakery.example --none",
        "domain remove Bread bread.example",
        "mailbox suspend contact@bakery.example",
        "mailbox resume contact@bakery.example",
        "mailbox hold contact@bakery.example",
        "mailbox release contact@bakery.example",
        "mailbox close contact@bakery.example",
        "mailbox reopen contact@bakery.example",
        "mailbox set-name contact@bakery.example Letters",
        "mailbox rename contact@bakery.example office@bakery.example --former alias",
        "alias sending hello@bakery.example refused",
        "alias remove hello@bakery.example",
        "alias add office@bakery.example hello@bakery.example --reclaim",
        "grant change office@bakery.example ada@home.example --rights send,devices --expires 2099-12-31",
        "device rename office@bakery.example/CRM Cashier",
        "device narrow office@bakery.example/Cashier -p imap --network 203.0.113.0/24",
        "device widen office@bakery.example/Cashier -p imap,jmap --any-network",
        "device revoke office@bakery.example/Cashier",
        "member suspend Bread ada@home.example",
        "member resume Bread ada@home.example",
        "org suspend Bread",
        "org resume Bread",
    ):
        ran = shell.inside(*command.split())
        assert ran.code == DONE, (command, ran.err)
    kinds = [entry["event"]["kind"] for entry in shell.ask("history", "Bread", "--oldest", "--limit", "200")]
    assert kinds[-6:] == [
        "device.widened",
        "device.revoked",
        "member.suspended",
        "member.resumed",
        "organisation.suspended",
        "organisation.resumed",
    ]
    grant = shell.ask("grant", "list", "office@bakery.example")[0]
    assert (grant["rights"], grant["until"]) == (["devices", "send"], "2099-12-31T23:59:59.999Z")


def test_invitations_from_the_first_to_the_last(shell: Shell) -> None:
    invite = ("invite", "send", "bakery.example", "tim@people.example", "--mailbox", "contact@bakery.example")
    sent = shell.ask(*invite, "--show-secret")
    shown = shell.inside("invite", "show", "tim@people.example", "--org", "bakery.example").out
    assert re.search(r"contact@bakery.example\s+read, send", shown)
    again = shell.ask("invite", "resend", sent["invitation"], "--show-secret")
    replaced = shell.run("invite", "accept", "--new", "Tim", "--token-stdin", stdin=f"{sent['token']}\n{PASSWORD}\n")
    assert (replaced.code, "token.invalid" in replaced.err) == (REFUSED, True)
    joined = shell.done(
        "invite", "accept", "--new", "Tim", "--token-stdin", stdin=f"{again['token']}\n{PASSWORD}\n"
    ).out
    assert "Tim <tim@people.example> belongs to Moser Bakery." in joined
    assert "contact@bakery.example" in joined
    kim = shell.ask("invite", "send", "bakery.example", "kim@people.example", "--role", "admin", "--show-secret")
    shell.done("invite", "decline", "--token-stdin", stdin=kim["token"])
    shell.ask("invite", "send", "bakery.example", "zoe@people.example", "--show-secret")
    assert shell.inside("invite", "revoke", "zoe@people.example", "--org", "bakery.example").code == DONE
    assert shell.ask("invite", "list", "bakery.example") == []
    states = [one["state"] for one in shell.ask("invite", "list", "bakery.example", "--all")]
    assert sorted(states) == ["accepted", "declined", "revoked"]


def test_a_domain_goes_to_another_organisation(shell: Shell) -> None:
    for command in (
        "org add Café --owner ada@home.example",
        "domain offer bakery.example bakery.example Café --access ends",
        "domain withdraw bakery.example bakery.example",
        "domain offer bakery.example bakery.example Café --access ends",
        "domain decline Café bakery.example bakery.example",
        "domain offer bakery.example bakery.example Café --access goes_on",
    ):
        ran = shell.inside(*command.split())
        assert ran.code == DONE, (command, ran.err)
    undecided = shell.inside("domain", "accept", "Café", "bakery.example", "bakery.example")
    assert (undecided.code, "--access" in undecided.err) == (MISUSED, True)
    assert [one["domain"] for one in shell.ask("domain", "offers", "Café")] == ["bakery.example"]
    accepted = shell.ask("domain", "accept", "Café", "Moser Bakery", "bakery.example", "--access", "goes_on")
    assert len(accepted["mailboxes"]) == 1
    assert shell.ask("org", "show", "bakery.example")["name"] == "Café"


def test_what_two_things_are_called_names_neither(shell: Shell) -> None:
    shell.ask("device", "add", "contact@bakery.example", "CRM", "-p", "imap", "--nobody", "another", "--show-secret")
    shell.ask("org", "add", "Moser Bakery", "--owner", "ada@home.example")
    devices = shell.inside("device", "show", CRM, "--json").error
    organisations = shell.inside("org", "show", "Moser Bakery", "--json").error
    assert (devices["code"], len(devices["details"]["ids"])) == ("device.ambiguous", 2)
    assert (organisations["code"], len(organisations["details"]["ids"])) == ("organisation.ambiguous", 2)
    assert shell.ask("device", "show", devices["details"]["ids"][0])["label"] == "CRM"


def test_a_deleted_organisation_is_asked_about_by_its_id(shell: Shell) -> None:
    before = datetime.now(UTC).isoformat()
    gone = shell.ask("org", "delete", "bakery.example", "--yes")["organisation"]
    assert shell.inside("org", "show", gone).code == REFUSED
    assert "Ada Lind" in shell.inside("at", gone, before, "who", "contact@bakery.example").out


def test_warnings_come_first_with_what_settles_them(shell: Shell) -> None:
    shell.inside("grant", "add", "contact@bakery.example", "olivia@home.example")
    review = shell.inside("review", "bakery.example").out
    rows = review.partition("\n\n")[0].splitlines()[1:]
    assert [("nothing" in row) for row in rows] == sorted("nothing" in row for row in rows)
    [settles] = re.findall(r"^    mailgrant (device revoke dev_\S+)  # the device CRM", review, re.M)
    shell.inside(*settles.split())
    assert "CRM" not in shell.inside("review", "bakery.example", "--warned").out


def test_the_past_is_asked_as_the_present_is(shell: Shell) -> None:
    before = datetime.now(UTC).isoformat()
    shell.done("leaver", "bakery.example", "ada@home.example", "--yes")
    then, now, today, members, compared = several(
        shell,
        ("at", "bakery.example", before, "who", "contact@bakery.example"),
        ("who", "contact@bakery.example"),
        ("at", "bakery.example", TODAY, "who", "contact@bakery.example"),
        ("at", "bakery.example", before, "members"),
        ("compare", "bakery.example", before),
    )
    assert "Ada Lind" in then.out
    assert "Ada Lind" not in now.out
    assert now.out == today.out
    assert "ada@home.example" in members.out
    assert re.search(r"Ada Lind <ada@home.example>\s+contact@bakery.example\s+read, send.*remove member", compared.out)
    late = datetime.now(UTC) + timedelta(days=1)
    assert shell.inside("at", "bakery.example", late.isoformat(), "review").code == REFUSED


def test_the_map_is_drawn_by_the_suffix(shell: Shell) -> None:
    begins = {"map.svg": "<svg", "map.mmd": "", "map.dot": "", "map.JSON": "{", "then.svg": "<svg"}
    drawn = several(
        shell,
        *(("map", "bakery.example", "-o", name) for name in begins if name != "then.svg"),
        ("at", "bakery.example", TODAY, "map", "-o", "then.svg"),
    )
    for (name, start), ran in zip(begins.items(), drawn, strict=True):
        assert (ran.code, "Moser Bakery, 1 people, 1 mailboxes, 2 devices" in ran.out) == (DONE, True), ran
        text = (shell.folder / name).read_text()
        assert text.startswith(start)
        assert "contact" in text
    as_before = shell.folder / "map.svg"
    as_before.write_text("kept")
    assert shell.run("map", "nobody.example", "-o", "map.svg").code == REFUSED
    assert as_before.read_text() == "kept"
    assert {path.name for path in shell.folder.iterdir()} <= {*begins, "mail.db", "mail.db-shm", "mail.db-wal"}


def test_an_organisation_moves_to_another_store(shell: Shell) -> None:
    exported = shell.inside("export", "bakery.example", "-o", "bakery.jsonl")
    assert "rows and" in exported.out
    to_stdout = shell.inside("export", "bakery.example")
    assert json.loads(to_stdout.out.splitlines()[0])
    shell.inside("init", "--store", "other.db")
    dry = shell.ask("import", "bakery.jsonl", "--store", "other.db")
    assert (dry["applied"], dry["devices"]) == (False, 2)
    assert shell.ask("org", "list", "--store", "other.db") == []
    shell.inside("import", "bakery.jsonl", "--store", "other.db", "--apply")
    assert [org["name"] for org in shell.ask("org", "list", "--store", "other.db")] == ["Moser Bakery"]
    taken = shell.inside("import", "bakery.jsonl", "--store", "other.db", "--apply", "--json")
    assert taken.error["code"] == "import.taken"
    broken = shell.folder / "broken.jsonl"
    broken.write_text((shell.folder / "bakery.jsonl").read_text()[:-40])
    assert shell.inside("import", "broken.jsonl", "--json").error["code"] == "import.invalid"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts(empty: Shell, name: str) -> None:
    script = empty.inside("completion", name).out
    assert "_MAILGRANT_COMPLETE" in script
    assert "mailgrant" in script


def test_completion_knows_nouns_verbs_and_words(empty: Shell) -> None:
    def offered(line: str) -> list[str]:
        words = line.split(" ")
        ran = empty.run(
            COMP_WORDS=line.replace(" ", "\n"), COMP_CWORD=str(len(words) - 1), _MAILGRANT_COMPLETE="complete_bash"
        )
        return ran.out.split()

    assert {"device", "domain"} <= set(offered("mailgrant d"))
    assert offered("mailgrant device ro") == ["rotate"]
    assert "auto_replies" in offered("mailgrant grant add a@b.example c@d.example --rights a")


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_without_its_libraries_it_says_what_to_install(library: str) -> None:
    blocked = f"import sys; sys.modules[{library!r}] = None; from mailgrant.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", blocked, "--help"], capture_output=True, text=True, check=False)
    assert ran.returncode == MISUSED
    assert ran.stderr == f"mailgrant: the command line needs `{library}`: pip install 'mailgrant[cli]'\n"


def test_help_of_everything(empty: Shell) -> None:
    whole = typer.main.get_command(command_line(None))
    commands = list(walk(whole, ()))
    assert len(commands) > 80
    for path, command in commands:
        assert command.help, path
        assert re.match(r"[A-Z].*[.:?]$", command.help.splitlines()[0]), path
        for parameter in command.params:
            assert parameter.name == "help" or getattr(parameter, "help", None), (path, parameter.name)
    shown = empty.done("--help").out
    for word in ("who", "leaver", "import", "init", "device"):
        assert re.search(rf"│ {word} ", shown)
    assert empty.done("--version").out.startswith("mailgrant ")
    alone = empty.run()
    assert (alone.code, alone.err) == (MISUSED, "")


def walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], typer.core.TyperCommand]]:
    """Go through every command there is."""
    for name, below in getattr(command, "commands", {}).items():
        yield (*path, name), below
        yield from walk(below, (*path, name))


def test_a_reader_that_goes_away_is_no_failure(shell: Shell) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    ran = subprocess.run(
        [sys.executable, "-m", "mailgrant.cli", "history", "bakery.example"],
        stdout=writes,
        stderr=subprocess.PIPE,
        env=shell.environment(),
        check=False,
    )
    os.close(writes)
    assert (ran.returncode, ran.stderr) == (DONE, b"")


def test_names_cannot_turn_a_terminal_around(shell: Shell) -> None:
    shell.done("user", "rename", "ada@home.example", "Ada \u202egnp.exe 👩\u200d👧")
    shown = shell.done("reach", "ada@home.example").out
    assert "\u202e" not in shown
    assert "Ada \\u202egnp.exe 👩\u200d👧" in shown
    ascii_only = shell.ask("reach", "ada@home.example")
    assert ascii_only["person"]["name"] == "Ada \u202egnp.exe 👩\u200d👧"
    elsewhere = shell.done("reach", "ada@home.example", "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert elsewhere.out.isascii()
    assert elsewhere.answer == ascii_only


# Spreadsheets.

HEAD = "kind,person,name,verified,role,mailbox,alias,sending,rights,expires,reason\n"
SHEET = (
    "kind;Person;name;role;mailbox;alias;rights;expires\r\n"
    'grant;tim@people.example;;;shop@bakery.example;;"send; devices";2099-12-31\r\n'
    "\r\n"
    "alias;;;;shop@bakery.example;till@bakery.example;;\r\n"
    "mailbox;;Le café;;shop@bakery.example;;;\r\n"
    "user;tim@people.example;Tim;collaborator;;;;\r\n"
    "grant;ADA@home.example;;;shop@bakery.example;;read;\r\n"
)


def test_a_spreadsheet_as_excel_writes_it(shell: Shell) -> None:
    sheet = shell.folder / "shop.csv"
    sheet.write_bytes(b"\xef\xbb\xbf" + SHEET.encode())
    before = shell.written()
    dry = shell.done("import", "shop.csv", "--org", "bakery.example").out
    assert "is sound, and would add" in dry
    assert "Nothing was changed" in dry
    assert shell.written() == before
    answer = shell.ask("import", "shop.csv", "--org", "bakery.example", "--apply")
    assert answer == {"applied": True, "people": 1, "members": 0, "mailboxes": 1, "aliases": 1, "grants": 2}
    access = shell.ask("who", "till@bakery.example")
    assert access["mailbox"]["name"] == "Le café"
    gives = {one["who"]["name"]: (one["rights"], one["until"]) for one in access["access"]}
    assert gives == {
        "Tim": (["devices", "send"], "2099-12-31T23:59:59.999Z"),
        "Ada Lind": ([], None),
    }
    again = shell.run("import", "-", "--org", "bakery.example", "--json", stdin=SHEET)
    told = {line["line"]: line["code"] for line in again.error["details"]["lines"]}
    assert told == {2: "import.follows", 4: "import.follows", 5: "address.taken", 6: "login.taken", 7: "import.follows"}


def test_the_example_is_sound(shell: Shell) -> None:
    example = shell.done("import", "--example").out
    (shell.folder / "example.csv").write_text(
        example.replace("olivia@home", "tom@home")
        .replace("ada@home", "tim@home")
        .replace("contact@", "shop@")
        .replace("hello@", "till@")
    )
    assert shell.ask("import", "example.csv", "--org", "bakery.example")["people"] == 2


def test_every_bad_line_is_named_and_nothing_happens(shell: Shell) -> None:
    bad = {
        "wizard,,,,,,,,,,": ("kind", "import.line"),
        ",v@home.example,,,,,,,,,": ("kind", "import.line"),
        "user,w@home.example,,,,,,,,,": ("name", "import.line"),
        "user,x@home.example,X,perhaps,,,,,,,": ("verified", "import.line"),
        "user,y@home.example,X,,boss,,,,,,": ("role", "import.line"),
        "user,not an address,X,,,,,,,,": ("person", "address.invalid"),
        "user,ada@home.example,Ada,,,,,,,,": ("person", "login.taken"),
        "user,u@home.example,\u0007,,,,,,,,": ("name", "text.invalid"),
        "mailbox,,,,,hello@bakery.example,,,,,": ("mailbox", "address.taken"),
        "mailbox,,,,,shop@elsewhere.example,,,,,": ("mailbox", "organisation.not_found"),
        "mailbox,,,,,Hello@Bakery.example,,,,,": (None, "import.duplicate"),
        "alias,,,,,contact@bakery.example,hello@bakery.example,,,,": ("alias", "address.taken"),
        "alias,,,,,gone@bakery.example,gone2@bakery.example,,,,": ("mailbox", "mailbox.not_found"),
        "alias,,,,,shop@elsewhere.example,y@bakery.example,,,,": ("mailbox", "import.follows"),
        "alias,,,,,contact@bakery.example,z@bakery.example,maybe,,,": ("sending", "import.line"),
        "grant,nobody@home.example,,,,contact@bakery.example,,,,,": ("person", "user.not_found"),
        "grant,olivia@home.example,,,,contact@bakery.example,,,fly,,": ("rights", "import.line"),
        "grant,olivia@home.example,,,,Contact@bakery.example,,,,,": (None, "import.duplicate"),
        "grant,ada@home.example,,,,shop@elsewhere.example,,,,,": ("mailbox", "import.follows"),
        "grant,ada@home.example,,,,contact@bakery.example,,,,tomorrow,": ("person", "import.follows"),
        "member,olivia@home.example,,,admin,,,,,,": ("role", "import.line"),
        "member,ada@home.example,,,,contact@bakery.example,,,,,": ("role", "import.line"),
        "mailbox,,,,,a@bakery.example,,,send,,": ("rights", "import.line"),
        "mailbox,,,,,b@bakery.example,,,,,,,": (None, None),
        "mailbox,,,,,c@bakery.example,,,,,,surplus": (None, "import.line"),
    }
    sheet = HEAD + "".join(f"{line}\n" for line in bad) + "mailbox,,,,,good@bakery.example,,,,,\n"
    (shell.folder / "bad.csv").write_text(sheet)
    before = shell.written()
    programs, people = several(shell, ("import", "bad.csv", "--apply", "--json"), ("import", "bad.csv", "--apply"))
    assert (programs.code, programs.error["code"]) == (REFUSED, "import.refused")
    told = {one["line"]: (one["column"], one["code"]) for one in programs.error["details"]["lines"]}
    expected = {number: of for number, of in enumerate(bad.values(), 2) if of[1]}
    assert told == expected
    assert people.code == REFUSED
    for line in expected:
        assert re.search(rf"^{line} ", people.err, re.M)
    assert f"{len(expected)} lines are bad, and nothing was changed" in people.err
    assert shell.written() == before


def test_when_and_how_a_grant_ends_is_read_from_its_cell(shell: Shell) -> None:
    head = "kind,person,mailbox,expires,rights\n"
    for cell, code in {
        "tomorrow": "import.line",
        "2001-01-01": "expiry.past",
        "2099-01-01T00:00": "import.line",
    }.items():
        (shell.folder / "grant.csv").write_text(f"{head}grant,olivia@home.example,contact@bakery.example,{cell},\n")
        [line] = shell.inside("import", "grant.csv", "--json").error["details"]["lines"]
        assert (line["line"], line["column"], line["code"]) == (2, "expires", code)


def reading(content: bytes) -> list[Row | Problem]:
    return list(spreadsheet.rows(io.BytesIO(content), lambda _: None))


UNREADABLE = {
    "nothing": (b"", 1, "empty"),
    "no kind": (b"person,name\nx,y\n", 1, "`kind`"),
    "an unknown column": (b"kind,persom\n", 1, "no column `persom`"),
    "a column twice": (b"kind,name,Name\n", 1, "stands there twice"),
    "UTF-16": ("kind,name\n".encode("utf-16"), 1, "UTF-16"),
    "Latin-1": ("kind,name\nuser,caf\u00e9\n".encode("latin-1"), 2, "0xe9 is no UTF-8"),
    "a NUL": (b"kind,name\nuser,a\0b\n", 2, "NUL"),
    "an open quotation mark": (b'kind,name\nuser,"never closed\nuser,b\n', 3, "never closed"),
    "line ends of an old Mac": (b"kind,name\ruser,a\ruser,b\r", 1, "old Mac"),
    "a line without end": (b"kind,name\n" + b"x" * 200_000, 2, "longer than"),
    "something after a quotation mark": (b'kind,name\nuser,"a"b\n', 2, "no CSV"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_no_spreadsheet_is_told_by_its_line(what: str) -> None:
    content, line, message = UNREADABLE[what]
    with pytest.raises(Unreadable) as refused:
        reading(content)
    assert (refused.value.problem.line, message in refused.value.problem.message) == (line, True)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_separators_line_ends_and_marks(mark: bytes, separator: str, end: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerows(
        [["kind", "person", "name"], ["user", "a@b.example", 'A, "B"; C\tD'], [], ["user", "c@b.example", "two\nlines"]]
    )
    rows = reading(mark + out.getvalue().encode())
    assert rows == [
        Row(2, "user", {"person": "a@b.example", "name": 'A, "B"; C\tD'}),
        Row(4, "user", {"person": "c@b.example", "name": "two\nlines"}),
    ]


def test_a_million_lines_are_refused_soon(shell: Shell) -> None:
    line = "user,somebody@home.example,Somebody\n"
    (shell.folder / "million.csv").write_text("kind,person,name\n" + line * 1_000_000)
    before, began = shell.written(), time.monotonic()
    ran = shell.run("import", "million.csv", "--apply", "--json")
    assert (ran.code, ran.error["code"]) == (REFUSED, "import.too_long")
    assert "100,000 lines: split the file" in ran.error["message"]
    assert time.monotonic() - began < 20
    assert shell.written() == before


def test_many_lines_are_one_change(shell: Shell) -> None:
    lines = chain.from_iterable(
        (
            f"user,u{i}@home.example,U {i},external,,",
            f"mailbox,,,,m{i}@bakery.example,",
            f"grant,u{i}@home.example,,,m{i}@bakery.example,send",
        )
        for i in range(2_000)
    )
    (shell.folder / "many.csv").write_text("kind,person,name,role,mailbox,rights\n" + "\n".join(lines))
    assert shell.ask("import", "many.csv", "--org", "bakery.example", "--apply")["grants"] == 2_000
    assert len(shell.ask("mailbox", "list", "bakery.example")) == 2_001
    before = shell.written()
    again = shell.run("import", "many.csv", "--org", "bakery.example", "--apply")
    assert (again.code, "6,000 lines are bad" in again.err) == (REFUSED, True)
    assert shell.written() == before


# The parts.


def test_options_of_every_command_may_stand_anywhere() -> None:
    assert in_front(["who", "a@b.example", "--json", "--store", "x.db"]) == (
        ["--json", "--store", "x.db"],
        ["who", "a@b.example"],
    )
    assert in_front(["--as=a@b.example", "who"]) == (["--as=a@b.example"], ["who"])
    assert in_front(["user", "add", "--", "--json", "x"]) == ([], ["user", "add", "--", "--json", "x"])
    assert in_front(["who", "--store"]) == (["--store"], ["who"])


def test_columns_fit_without_breaking_words() -> None:
    assert fitting([["who", "Ada Lind"], ["may", "read, send"]], 80) == [8, 10]
    assert fitting([["id", "x" * 30], ["may", "read, send, devices, folders"]], 50) == [30, 17]
    assert fitting([["id", "x" * 30], ["mailbox", "y" * 30]], 50) is None


def test_nothing_moves_the_cursor() -> None:
    assert visible("Ada") == "Ada"
    assert visible("a\x1b[31mb\u202ec\u2028d") == "a\\u001b[31mb\\u202ec\\u2028d"
    assert visible("Zoë 陈 👩\u200d👧") == "Zoë 陈 👩\u200d👧"


def test_json_has_the_names_of_the_types() -> None:
    access = types.MemberAccess(types.Role.ADMIN, types.NO_SERVICES)
    assert plain(access) == {"kind": "membership", "role": "admin", "services": {}}
    assert plain([System("x"), frozenset({types.Right.SEND, types.Right.ALIASES})]) == ["sys:x", ["aliases", "send"]]
    assert plain(datetime(2026, 3, 3, 12, tzinfo=UTC)) == "2026-03-03T12:00:00.000Z"
    assert len(set(KINDS.values())) == len(KINDS)
