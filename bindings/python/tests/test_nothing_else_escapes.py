"""Bad input: whatever stands where an argument belongs, what comes out is `mailgrant.Error` or `TypeError`, and nothing
has changed."""

from __future__ import annotations

import inspect
import ipaddress
import itertools
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from bakery import HOST, PASSWORD, START, Bakery, found, open_bakery, open_directory
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgrant import (
    Bearer,
    Bounds,
    ChangeId,
    Command,
    DeviceId,
    Directory,
    Error,
    InvitationId,
    Listing,
    LoginRefused,
    MailboxId,
    ManualClock,
    Myself,
    Nobody,
    Offer,
    OrganisationId,
    Promise,
    Replica,
    Role,
    System,
    UserId,
    UserSession,
    canonical_address,
    types,
)
from mailgrant._commands import Commands, Previews
from mailgrant._questions import Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class World:
    """The bakery, with one of everything that an argument may name."""

    bakery: Bakery
    club: OrganisationId
    invitation: InvitationId
    token: str
    session: UserSession

    @property
    def directory(self) -> Directory:
        """Where it is."""
        return self.bakery.directory


def settle(directory: Directory, clock: ManualClock, path: Path | None = None) -> World:
    bakery = open_bakery(directory, clock, path)
    bruno = directory.register_user("bruno@home.example", "Bruno", "verified", by=HOST).user
    club = found(directory, bruno, "Club", "club.example")
    directory.add_alias(bakery.contact, "hello@bakery.example", by=bakery.owner)
    offer = Offer(Role.EXTERNAL, mailboxes=(Promise(bakery.contact, frozenset()),))
    invited = directory.invite(bakery.organisation, "tim@people.example", offer, by=bakery.owner)
    directory.offer_domain(bakery.organisation, "bakery.example", club, "ends", by=bakery.owner)
    session = directory.login_user("olivia@home.example", PASSWORD)
    return World(bakery, club, invited.invitation, invited.token.reveal(), session)


# Arguments that may do: whether the command then goes through is of no account here.

TEXTS = {
    "login": "new@home.example",
    "address": "new@bakery.example",
    "sender": "contact@bakery.example",
    "domain": "bakery.example",
    "of": "other.example",
    "password": "a wholly new password",
    "new": "a wholly new password",
    "current": PASSWORD,
    "phc": "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
}

BY_ANNOTATION: dict[str, Callable[[World], object]] = {
    "UserId": lambda it: it.bakery.assistant,
    "OrganisationId": lambda it: it.bakery.organisation,
    "MailboxId": lambda it: it.bakery.contact,
    "DeviceId": lambda it: it.bakery.phone,
    "InvitationId": lambda it: it.invitation,
    "ChangeId": lambda _: None,
    "Actor": lambda it: it.bakery.owner,
    "Sender": lambda it: it.bakery.phone,
    "About": lambda it: it.bakery.contact,
    "Holder": lambda _: Nobody("the firm"),
    "Bounds": lambda _: Bounds(frozenset([types.Protocol.IMAP]), None, None),
    "Offer": lambda it: Offer(Role.EXTERNAL, mailboxes=(Promise(it.bakery.contact, frozenset()),)),
    "Policy": lambda it: it.directory.organisation(it.bakery.organisation, by=HOST).policy,
    "HistoryFilter": lambda _: types.HistoryFilter(),
    "Iterable[Network | str]": lambda _: ["203.0.113.0/24"],
    "Iterable[ProtocolLike]": lambda _: ["imap"],
    "Iterable[RightLike]": lambda _: ["send"],
    "Iterable[str]": lambda _: ["grant.given"],
    "Mapping[str, LevelLike]": lambda _: {"mail": "use"},
    "datetime": lambda _: START,
    "timedelta": lambda _: timedelta(hours=1),
    "int": lambda _: 2,
    "AddressKindLike": lambda _: "login",
    "AliasSendingLike": lambda _: "refused",
    "FormerAddressLike": lambda _: "alias",
    "HeldDevicesLike": lambda _: "revoke",
    "OfferedAccessLike": lambda _: "ends",
    "OnDependantsLike": lambda _: "refuse",
    "OrderLike": lambda _: "newest",
    "ProofLike": lambda _: "verified",
    "ReclaimLike": lambda _: "no",
    "ReviewRowsLike": lambda _: "warned",
    "RightLike": lambda _: "send",
    "RoleLike": lambda _: "collaborator",
}

OTHERS: dict[str, Callable[[World], object]] = {
    "from_": lambda it: it.bakery.organisation,
    "to": lambda it: it.club,
    "token": lambda it: it.token,
    "after": lambda _: None,
    "expires": lambda _: None,
    "request": lambda _: None,
}


def fitting(world: World, parameter: inspect.Parameter) -> object:
    """Give a value that may do for a parameter."""
    annotation = str(parameter.annotation).removesuffix(" | None")
    if parameter.name in OTHERS and annotation not in ("UserId", "AddressKindLike"):
        return OTHERS[parameter.name](world)
    if annotation == "str":
        return TEXTS.get(parameter.name, "bakery.example" if parameter.name == "name" else "text")
    return BY_ANNOTATION[annotation](world)


def methods_of(of: type) -> list[str]:
    return [name for name in vars(of) if not name.startswith("_")]


CALLS = [
    *((Commands, name) for name in methods_of(Commands)),
    *((Previews, name) for name in methods_of(Previews)),
    *((Questions, name) for name in methods_of(Questions)),
]

# Arguments that can never do, whatever they stand for; some may do for one argument or another.


class Sly(str):
    """Text that is written as something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\ud800"


class Broken:
    """Fails whatever is done with it."""

    def __str__(self) -> str:
        raise TypeError("it cannot be written")

    __repr__ = __str__


LAST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-23)))
FIRST = datetime.min.replace(tzinfo=timezone(timedelta(hours=23)))
HALF = "half a \ud800 character"

BAD: dict[str, object] = {
    "None": None,
    "true": True,
    "-1": -1,
    "0": 0,
    "2^32": 1 << 32,
    "2^63": 1 << 63,
    "2^70": 1 << 70,
    "-2^70": -(1 << 70),
    "a float": 3.5,
    "nan": float("nan"),
    "octets": b"octets",
    "a bytearray": bytearray(b"octets"),
    "no text": "",
    "a blank": " ",
    "half a character": HALF,
    "a zero": "a\x00b",
    "a line end": "a\r\nb",
    "long text": "x" * 100_000,
    "cakes": "\U0001f370" * 300,
    "right to left": "\u202egnp.exe",
    "a percent": "%s %n {0.__class__}",
    "a quote": "'\"; DROP TABLE entity; --",
    "JSON": '{"command": "delete_organisation"}',
    "sly text": Sly("imap"),
    "what says that it is text": Mock(spec=str),
    "what breaks": Broken(),
    "an object": object(),
    "a class": str,
    "a function": len,
    "an empty list": [],
    "an empty mapping": {},
    "a list of None": [None],
    "a list of octets": [b"imap"],
    "a list of half characters": [HALF],
    "a list of lists": [["imap"]],
    "a list of what says that it is text": [Mock(spec=str)],
    "services of None": {None: None},
    "services of numbers": {1: 2},
    "services of half a character": {f"other:{HALF}": "use"},
    "services of no level": {"mail": 3},
    "services of nothing": {"other:": "use"},
    "a naive time": datetime(2026, 3, 3),
    "the last time": LAST,
    "the first time": FIRST,
    "the last span": timedelta.max,
    "the first span": timedelta.min,
    "an address of a machine": ipaddress.ip_address("203.0.113.25"),
    "a network with a zone": ["fe80::1%eth0"],
    "networks of numbers": [5, 1 << 200],
    "no network": ["203.0.113.0/33"],
    "long networks": ["x" * 10_000],
    "a person": UserId("usr_01h455vb4pex5vsknk084sn02q"),
    "an organisation": OrganisationId("org_01h455vb4pex5vsknk084sn02q"),
    "a mailbox": MailboxId("mbx_01h455vb4pex5vsknk084sn02q"),
    "a device": DeviceId("dev_01h455vb4pex5vsknk084sn02q"),
    "an invitation": InvitationId("inv_01h455vb4pex5vsknk084sn02q"),
    "a change": ChangeId("chg_01h455vb4pex5vsknk084sn02q"),
    "the text of an id": "usr_01h455vb4pex5vsknk084sn02q",
    "the bearer": Bearer(),
    "a system": System("panel"),
    "a system without a name": System(""),
    "a system with a long name": System("x" * 10_000),
    "an offer of None": Offer(None),  # type: ignore[arg-type]
    "an offer of a mailbox": Offer(Role.EXTERNAL, mailboxes=[None]),  # type: ignore[arg-type]
    "an offer of services": Offer(Role.ADMIN, services={"mail": None}),  # type: ignore[dict-item]
    "an offer of rights": Offer(
        Role.EXTERNAL,
        mailboxes=(Promise(MailboxId("mbx_01h455vb4pex5vsknk084sn02q"), "send"),),  # type: ignore[arg-type]
    ),
    "bounds of None": Bounds(None, None, None),  # type: ignore[arg-type]
    "bounds of networks": Bounds(frozenset(), 5, None),  # type: ignore[arg-type]
    "bounds of a time": Bounds(frozenset(), None, "tomorrow"),  # type: ignore[arg-type]
    "bounds of a naive time": Bounds(frozenset(), None, datetime(2030, 1, 1)),
    "a policy of None": types.Policy(None, None, None, None, None, None, None),  # type: ignore[arg-type]
    "a policy out of range": types.Policy(frozenset(), 0, 0, 1 << 31, "++", 1 << 31, types.SharingInvites.ALLOWED),
    "a policy of half a character": types.Policy(frozenset(), 1, 1, 1, HALF, 1, types.SharingInvites.ALLOWED),
    "nobody in bytes": Nobody(b"x"),  # type: ignore[arg-type]
    "nobody in half a character": Nobody(HALF),
    "oneself": Myself(),
    "a filter of None": types.HistoryFilter(kinds=None),  # type: ignore[arg-type]
    "a filter of a time": types.HistoryFilter(since=START, until="never"),  # type: ignore[arg-type]
    "a filter about nothing": types.HistoryFilter(about=5),  # type: ignore[arg-type]
}


def call(world: World, of: type, name: str, arguments: dict[str, Any]) -> object:
    """Call a method by its arguments, and read a few items of a long answer."""
    on = world.directory.preview if of is Previews else world.directory
    answer = getattr(on, name)(**arguments)
    return list(itertools.islice(answer, 20)) if isinstance(answer, Listing) else answer


def parameters(of: type, name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(of, name)).parameters.values())[1:]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """Settle the world once, in a file to copy."""
    path = tmp_path_factory.mktemp("world") / "mail.db"
    clock = ManualClock(START)
    with open_directory(clock, path=path) as directory:
        return path, settle(directory, clock)


class Copies:
    """The world, as often as it is needed anew."""

    def __init__(self, template: tuple[Path, World], folder: Path) -> None:
        self._template, self._world = template
        self._folder = folder
        self._count = 0
        self._open()

    def _open(self) -> None:
        self._count += 1
        path = self._folder / f"{self._count}.db"
        shutil.copy(self._template, path)
        bakery = self._world.bakery
        directory = open_directory(bakery.clock, path=path)
        self.world = replace(self._world, bakery=replace(bakery, directory=directory, path=path))
        self._log = path.with_name(f"{path.name}-wal")

    def written(self) -> bytes:
        """Give what was written to the file since it is open: SQLite appends it to a log beside it."""
        return self._log.read_bytes() if self._log.exists() else b""

    def renew(self) -> None:
        """Settle it anew, where something went through."""
        self.close()
        self._open()

    def close(self) -> None:
        """Let go of it."""
        self.world.directory.close()


@pytest.fixture
def copies(template: tuple[Path, World], tmp_path: Path) -> Iterator[Copies]:
    copies = Copies(template, tmp_path)
    yield copies
    copies.close()


@pytest.mark.parametrize(("of", "name"), CALLS, ids=[f"{of.__name__.lower()}-{name}" for of, name in CALLS])
def test_a_bad_argument_is_refused_and_changes_nothing(copies: Copies, of: type, name: str) -> None:
    expected = parameters(of, name)
    escaped = []
    for bad, (what, value) in itertools.product(expected, BAD.items()):
        arguments = {each.name: fitting(copies.world, each) for each in expected} | {bad.name: value}
        before = copies.written()
        try:
            call(copies.world, of, name, arguments)
        except (Error, TypeError) as error:
            if len(str(error)) > 1_500 or copies.written() != before:
                escaped.append((bad.name, what, "it changed something, or tells too much"))
        except BaseException as error:
            escaped.append((bad.name, what, repr(error)[:80]))
        else:
            if copies.written() != before:
                assert of is Commands, "a question or a preview changed something"
                copies.renew()
    assert escaped == []


@pytest.fixture(scope="module")
def lasting() -> Iterator[World]:
    """Settle the world once, for what changes nothing."""
    clock = ManualClock(START)
    with open_directory(clock) as directory:
        yield settle(directory, clock)


@pytest.mark.parametrize(("of", "name"), CALLS, ids=[f"{of.__name__.lower()}-{name}" for of, name in CALLS])
def test_an_id_of_another_kind_is_a_type_error(lasting: World, of: type, name: str) -> None:
    world = lasting
    ids: list[object] = [
        world.bakery.owner,
        world.bakery.organisation,
        world.bakery.contact,
        world.bakery.phone,
        world.invitation,
        ChangeId("chg_01h455vb4pex5vsknk084sn02q"),
    ]
    expected = parameters(of, name)
    for each in expected:
        annotation = str(each.annotation).removesuffix(" | None")
        if not annotation.endswith("Id"):
            continue
        for other in [*ids, *map(str, ids)]:
            if type(other).__name__ == annotation:
                continue
            arguments = {each.name: fitting(world, each) for each in expected} | {each.name: other}
            with pytest.raises(TypeError):
                call(world, of, name, arguments)


# Anything at all.

ANY_TEXT = st.text(st.characters(), max_size=40)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.binary(max_size=40)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
    | st.ip_addresses()
    | st.uuids()
    | st.sampled_from([*types.Right, *types.Protocol, *types.Role, *types.Level])
    | st.sampled_from([value for value in BAD.values() if not isinstance(value, Broken)])
    | ANY_TEXT.map(lambda text: f"{text}@bakery.example")
    | ANY_TEXT.map(lambda text: f"{text}.example")
    | ANY_TEXT.map(lambda text: f"other:{text}"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.none() | ANY_TEXT | st.sampled_from(["mail", "sites"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400)
@given(data=st.data(), at=st.sampled_from(CALLS))
def test_whatever_stands_where_an_argument_belongs(data: st.DataObject, at: tuple[type, str]) -> None:
    of, name = at
    expected = parameters(of, name)
    if not expected:
        return
    bad = data.draw(st.sampled_from(expected))
    value = data.draw(ANYTHING)
    clock = ManualClock(START)
    with open_directory(clock) as directory:
        world = settle(directory, clock)
        before = directory.changes_from_now()
        arguments = {each.name: fitting(world, each) for each in expected} | {bad.name: value}
        try:
            call(world, of, name, arguments)
        except (Error, TypeError):
            assert directory.changes_from_now() == before


# What is written by hand.

BY_HAND: dict[str, Callable[[World, Any], object]] = {
    "may: user": lambda it, bad: it.directory.may(bad, "read", it.bakery.contact),
    "may: right": lambda it, bad: it.directory.may(it.bakery.owner, bad, it.bakery.contact),
    "may: mailbox": lambda it, bad: it.directory.may(it.bakery.owner, "read", bad),
    "login_device: address": lambda it, bad: it.directory.login_device(bad, it.bakery.phone_password, "imap"),
    "login_device: password": lambda it, bad: it.directory.login_device("contact@bakery.example", bad, "imap"),
    "login_device: protocol": lambda it, bad: it.directory.login_device(
        "contact@bakery.example", it.bakery.phone_password, bad
    ),
    "login_device: source": lambda it, bad: it.directory.login_device(
        "contact@bakery.example", it.bakery.phone_password, "imap", bad
    ),
    "login_user: login": lambda it, bad: it.directory.login_user(bad, PASSWORD),
    "login_user: password": lambda it, bad: it.directory.login_user("nobody@home.example", bad),
    "session_valid": lambda it, bad: it.directory.session_valid(bad),
    "note_opened: user": lambda it, bad: it.directory.note_opened(bad, it.bakery.contact),
    "note_opened: mailbox": lambda it, bad: it.directory.note_opened(it.bakery.owner, bad),
    "note_opened: source": lambda it, bad: it.directory.note_opened(it.bakery.owner, it.bakery.contact, bad),
    "at: organisation": lambda it, bad: it.directory.at(bad, START, by=it.bakery.owner),
    "at: instant": lambda it, bad: it.directory.at(it.bakery.organisation, bad, by=it.bakery.owner),
    "at: by": lambda it, bad: it.directory.at(it.bakery.organisation, START, by=bad),
    "access_map: organisation": lambda it, bad: it.directory.access_map(bad, by=it.bakery.owner),
    "access_map: by": lambda it, bad: it.directory.access_map(it.bakery.organisation, by=bad),
    "run: command": lambda it, bad: it.directory.run(bad, by=it.bakery.owner),
    "run: name": lambda it, bad: it.directory.run(Command(bad, {}), by=it.bakery.owner),
    "run: fields": lambda it, bad: it.directory.run(Command("leave", bad), by=it.bakery.owner),
    "run: a field": lambda it, bad: it.directory.run(Command("leave", {"organisation": bad}), by=it.bakery.assistant),
    "run: by": lambda it, bad: it.directory.run(Command("sweep", {}), by=bad),
    "preview: run": lambda it, bad: it.directory.preview.run(bad, by=it.bakery.owner),
    "preview: name": lambda it, bad: it.directory.preview.run(Command(bad, {}), by=it.bakery.owner),
    "preview: fields": lambda it, bad: it.directory.preview.run(Command("leave", bad), by=it.bakery.owner),
    "batch: body": lambda it, bad: it.directory.batch(bad),
    "batch: request": lambda it, bad: it.directory.batch(lambda _: None, request=bad),
    "batch: run": lambda it, bad: it.directory.batch(lambda batch: batch.run(bad, by=HOST)),
    "export: organisation": lambda it, bad: it.directory.export(bad, sink(), by=it.bakery.owner),
    "export: by": lambda it, bad: it.directory.export(it.bakery.organisation, sink(), by=bad),
    "export: history": lambda it, bad: it.directory.export(
        it.bakery.organisation, sink(), by=it.bakery.owner, history=bad
    ),
    "import: by": lambda it, bad: it.directory.import_(source(b""), by=bad),
    "import: octets": lambda it, bad: it.directory.import_(source(bad), by=HOST),
    "export_for: user": lambda it, bad: it.directory.export_for(bad, by=HOST),
    "export_for: by": lambda it, bad: it.directory.export_for(it.bakery.owner, by=bad),
    "from_replica": lambda _, bad: Directory.from_replica(bad),
    "Replica.from_json": lambda _, bad: Replica.from_json(bad),
    "UserSession.from_json": lambda _, bad: UserSession.from_json(bad),
    "canonical_address": lambda _, bad: canonical_address(bad),
    "open: url": lambda _, bad: Directory.open(bad),
    "UserId": lambda _, bad: UserId(bad),
    "UserId.from_uuid": lambda _, bad: UserId.from_uuid(bad),
    "ChangeId": lambda _, bad: ChangeId(bad),
    "System": lambda _, bad: System(bad),
    "ManualClock": lambda _, bad: ManualClock(bad),
    "ManualClock.set": lambda _, bad: ManualClock(START).set(bad),
    "ManualClock.advance": lambda _, bad: ManualClock(START).advance(bad),
}


def sink() -> Any:
    """Give a file that keeps nothing."""
    return Mock(write=len, flush=lambda: None)


def source(answer: object) -> Any:
    """Give a file that reads as this."""
    return Mock(read=Mock(side_effect=[answer, b"", b""]))


@pytest.mark.parametrize("name", BY_HAND)
def test_a_bad_argument_of_what_is_written_by_hand_is_refused(copies: Copies, name: str) -> None:
    escaped = []
    for what, value in BAD.items():
        before = copies.written()
        try:
            BY_HAND[name](copies.world, value)
        except LoginRefused:
            continue
        except (Error, TypeError):
            assert copies.written() == before, what
        except BaseException as error:
            escaped.append((what, repr(error)))
        else:
            copies.renew()
    assert escaped == []


def test_a_lookup_of_every_argument_is_known_here() -> None:
    known = {str(each.annotation).removesuffix(" | None") for of, name in CALLS for each in parameters(of, name)}
    assert known <= {*BY_ANNOTATION, "str"}


def test_every_command_and_question_has_the_same_arguments_in_a_preview() -> None:
    for name in methods_of(Commands):
        changing = {each.name: str(each.annotation) for each in parameters(Commands, name)}
        telling = {each.name: str(each.annotation) for each in parameters(Previews, name)}
        changing.pop("request")
        assert telling == changing, name


def test_a_type_error_says_what_was_expected_and_never_the_value(bakery: Bakery) -> None:
    directory = bakery.directory
    secret: Any = b"a secret in octets"
    calls: list[Callable[[], object]] = [
        partial(directory.change_password, bakery.owner, secret, by=HOST),
        partial(directory.finish_reset, secret, secret, by=Bearer()),
        partial(directory.accept_invitation, secret, by=bakery.owner),
        partial(directory.login_user, "olivia@home.example", secret),
        partial(directory.login_device, "contact@bakery.example", secret, "imap"),
        partial(directory.register_user, "new@home.example", "N", "verified", by=HOST, password=secret),
    ]
    for each in calls:
        with pytest.raises(TypeError) as refusal:
            each()
        assert "secret in" not in str(refusal.value)
        assert "bytes" in str(refusal.value)
