"""Errors: every kind in a case that really arises, what every error is like, and that a refusal changes nothing."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import pickle
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from bakery import CHEAP, DAY, HOST, PASSWORD, Bakery, found, open_directory, refused
from elsewhere import Elsewhere, stored

import mailgrant
from mailgrant import (
    Bearer,
    Conflict,
    Corrupt,
    Denied,
    Directory,
    Error,
    Invalid,
    Limit,
    LoginRefused,
    MailboxId,
    NotFound,
    Offer,
    Replica,
    System,
    Unavailable,
    UserId,
    ViewOptions,
    errors,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = (Invalid, NotFound, Conflict, Denied, Limit, Unavailable, Corrupt)

NOBODY = UserId("usr_01h455vb4pex5vsknk084sn02q")
NOWHERE = MailboxId("mbx_01h455vb4pex5vsknk084sn02q")


# What each kind is about, in cases that really arise.


def device_limit(it: Bakery) -> object:
    """Run into the organisation's own limit."""
    policy = it.directory.organisation(it.organisation, by=it.owner).policy
    narrow = types.Policy(
        policy.mailbox_rights,
        1,
        policy.invitation_days,
        policy.quarantine_days,
        policy.separator,
        policy.aliases_by_grant,
        policy.sharing_invites,
    )
    it.directory.set_policy(it.organisation, narrow, by=it.owner)
    return it.directory.add_device(it.contact, "one too many", ["imap"], by=it.assistant)


def second_name(it: Bakery) -> None:
    """Take an address that is taken."""
    it.directory.add_alias(it.contact, "hello@bakery.example", by=it.owner)
    it.directory.add_alias(it.contact, "Hello@Bakery.example", by=it.owner)


def forgotten(it: Bakery) -> None:
    """Ask for a request a second time."""
    request = it.directory.request_id()
    it.directory.rename_user(it.owner, "Olivia", by=it.owner, request=request)
    it.directory.rename_user(it.owner, "Olivia", by=it.owner, request=request)


CASES: list[tuple[str, type[Error], Callable[[Bakery], object]]] = [
    ("address.invalid", Invalid, lambda it: it.directory.register_user("nobody", "N", "verified", by=HOST)),
    ("domain.invalid", Invalid, lambda it: it.directory.add_domain(it.organisation, "localhost", by=it.owner)),
    ("id.invalid", Invalid, lambda _: UserId("mbx_01h455vb4pex5vsknk084sn02q")),
    ("value.invalid", Invalid, lambda it: it.directory.explain(it.owner, "fly", it.contact, by=it.owner)),  # type: ignore[arg-type]
    ("text.invalid", Invalid, lambda it: it.directory.rename_user(it.owner, "", by=it.owner)),
    ("cursor.invalid", Invalid, lambda it: it.directory.access(it.contact, by=it.owner, after="x")),
    ("password.refused", Invalid, lambda it: it.directory.change_password(it.owner, "short", by=HOST)),
    ("token.invalid", NotFound, lambda it: it.directory.confirm_address("no token", by=Bearer())),
    ("user.not_found", NotFound, lambda it: it.directory.user(NOBODY, by=HOST)),
    ("user.not_found", NotFound, lambda it: it.directory.user(it.owner, by=it.assistant)),
    ("mailbox.not_found", NotFound, lambda it: it.directory.mailbox(NOWHERE, by=it.owner)),
    ("mailbox.not_found", NotFound, lambda it: it.directory.add_device(NOWHERE, "x", ["imap"], by=HOST)),
    ("address.taken", Conflict, second_name),
    ("request.done", Conflict, forgotten),
    ("owner.last", Conflict, lambda it: it.directory.leave(it.organisation, by=it.owner)),
    (
        "access.denied",
        Denied,
        lambda it: it.directory.open_mailbox(it.organisation, "new@bakery.example", by=it.assistant),
    ),
    ("access.denied", Denied, lambda it: it.directory.suspend_user(it.assistant, by=it.owner)),
    ("login.refused", LoginRefused, lambda it: it.directory.login_user("olivia@home.example", "wrong")),
    ("device.limit", Limit, device_limit),
]


@pytest.mark.parametrize(("code", "kind", "call"), CASES, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(CASES)])
def test_each_problem_has_its_code_and_its_kind(
    any_bakery: Bakery, code: str, kind: type[Error], call: Callable[[Bakery], object]
) -> None:
    with pytest.raises(kind) as refusal:
        call(any_bakery)
    assert type(refusal.value) is kind
    assert refusal.value.code == code


@pytest.mark.parametrize(("code", "call"), [(code, call) for code, _, call in CASES])
def test_an_error_is_what_its_documentation_says(bakery: Bakery, code: str, call: Callable[[Bakery], object]) -> None:
    error = refused(lambda: call(bakery))
    assert isinstance(error, Error)
    assert types.Code(error.code) == code
    assert error.kind == next(kind.kind for kind in KINDS if isinstance(error, kind))
    message = str(error)
    assert message
    assert not message.endswith(".")
    assert message[0].islower() or message[0] in "`0123456789"
    assert "::" not in message, "no names of Rust"
    assert not hasattr(error.details, "__setitem__")
    assert error.retryable is False
    assert error.code in repr(error)


@pytest.mark.parametrize("call", [call for *_, call in CASES])
@pytest.mark.parametrize("through", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_error_survives_a_pickle_and_a_copy(
    bakery: Bakery, call: Callable[[Bakery], object], through: Callable[[object], object]
) -> None:
    error = refused(lambda: call(bakery))
    again = through(error)
    if isinstance(again, bytes):
        again = pickle.loads(again)
    assert isinstance(error, Error)
    assert isinstance(again, Error)
    assert type(again) is type(error)
    assert (str(again), again.code, again.details, again.retryable) == (
        str(error),
        error.code,
        error.details,
        error.retryable,
    )


def test_there_is_one_class_for_every_kind_and_all_are_errors() -> None:
    told = {name: getattr(errors, name) for name in errors.__all__}
    assert set(told.values()) == {*KINDS, Error, LoginRefused}
    assert all(issubclass(each, Error) for each in told.values())
    assert len({kind.kind for kind in KINDS}) == len(KINDS)
    assert all(getattr(mailgrant, name) is of for name, of in told.items())


def test_what_is_invalid_is_a_value_error_too_and_what_is_missing_a_lookup_error(bakery: Bakery) -> None:
    with pytest.raises(ValueError, match="is to be from 0"):
        bakery.directory.access(bakery.contact, by=bakery.owner, limit=-1)
    with pytest.raises(LookupError):
        bakery.directory.mailbox(NOWHERE, by=bakery.owner)


def test_what_is_denied_is_never_told_to_an_outsider(bakery: Bakery) -> None:
    stranger = bakery.directory.register_user("eve@home.example", "Eve", "verified", by=HOST).user
    with pytest.raises(NotFound) as refusal:
        bakery.directory.rename_organisation(bakery.organisation, "Mine", by=stranger)
    assert refusal.value.code == "organisation.not_found"


def test_the_details_name_what_a_program_needs(bakery: Bakery) -> None:
    with pytest.raises(Denied) as refusal:
        bakery.directory.rename_organisation(bakery.organisation, "Mine", by=bakery.assistant)
    assert refusal.value.details["needs"]
    with pytest.raises(Invalid) as weak:
        bakery.directory.change_password(bakery.owner, "short", by=HOST)
    assert weak.value.details == {"reason": "too_short", "min_length": 15}


# The store.


def test_a_file_that_somebody_else_writes_is_unavailable_and_the_same_call_goes_through_later(
    stored_bakery: Bakery,
) -> None:
    path = stored_bakery.path
    assert path is not None
    short = timedelta(milliseconds=1)
    with (
        Elsewhere(path) as other,
        Directory.open(f"sqlite:{path}", busy_timeout=short, hash_costs=CHEAP) as directory,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refusal:
            directory.rename_user(stored_bakery.owner, "Olivia", by=HOST)
        assert refusal.value.code in ("store.busy", "store.unavailable")
        assert refusal.value.retryable

        other.execute("ROLLBACK")
        directory.rename_user(stored_bakery.owner, "Olivia", by=HOST)
        assert directory.user(stored_bakery.owner, by=HOST).name == "Olivia"


def test_a_store_that_may_be_read_refuses_commands_and_answers(stored_bakery: Bakery) -> None:
    path = stored_bakery.path
    assert path is not None
    stored_bakery.directory.close()
    before = stored(path)
    with Directory.open(f"sqlite:{path}", mode="read_only", hash_costs=CHEAP) as directory:
        assert directory.user(stored_bakery.owner, by=HOST).name == "Olivia Moser"
        with pytest.raises(Unavailable) as refusal:
            directory.rename_user(stored_bakery.owner, "Olivia", by=HOST)
    assert refusal.value.code == "store.read_only"
    assert not refusal.value.retryable
    assert stored(path) == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam,\n" * 100)
    before = path.read_bytes()
    with pytest.raises(Invalid) as refusal:
        Directory.open(f"sqlite:{path}")
    assert refusal.value.code == "store.foreign"
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with Elsewhere(path) as other:
        other.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    before = path.read_bytes()
    with pytest.raises(Invalid) as refusal:
        Directory.open(f"sqlite:{path}")
    assert refusal.value.code == "store.foreign"
    assert path.read_bytes() == before


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(stored_bakery: Bakery) -> None:
    path = stored_bakery.path
    assert path is not None
    stored_bakery.directory.close()
    with Elsewhere(path) as later:
        later.execute("PRAGMA user_version = 9999")
    before = stored(path)
    with pytest.raises(Unavailable) as refusal:
        Directory.open(f"sqlite:{path}")
    assert refusal.value.code == "store.newer"
    assert stored(path) == before


@pytest.mark.parametrize(
    "url", ["", "mail.db", "memory", "memory:x", "sqlite:", "sqlite://host/mail.db", "postgres://x", "x" * 10_000]
)
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Directory.open(url)
    assert refusal.value.code == "store.url"
    assert len(str(refusal.value)) < 300


def test_a_file_that_is_to_be_there_and_is_not_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    with pytest.raises(Unavailable) as refusal:
        Directory.open(f"sqlite:{path}", mode="existing")
    assert refusal.value.code == "store.unavailable"
    assert not path.exists()


TAMPERED = {
    "a row that is no JSON": "UPDATE entity SET body = 'x' WHERE key LIKE 'mbx_%'",
    "a row that is another thing": "UPDATE entity SET body = '{}' WHERE key LIKE 'mbx_%'",
    "a row of another shape": "UPDATE entity SET body = '[]', version = 1 WHERE key LIKE 'mbx_%'",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED)
def test_what_contradicts_itself_is_corrupt(stored_bakery: Bakery, statement: str) -> None:
    path = stored_bakery.path
    assert path is not None
    stored_bakery.directory.close()
    with Elsewhere(path) as vandal:
        assert vandal.execute(f"{statement} RETURNING key")
    with open_directory(stored_bakery.clock, path=path) as directory:
        calls: list[Callable[[], object]] = [
            lambda: directory.mailbox(stored_bakery.contact, by=stored_bakery.owner),
            lambda: directory.close_mailbox(stored_bakery.contact, by=stored_bakery.owner),
            lambda: directory.resolve("contact@bakery.example"),
        ]
        for call in calls:
            with pytest.raises(Corrupt) as refusal:
                call()
            assert refusal.value.code == "store.corrupt"
        # A login is not refused for it: the host is told what is wrong.
        with pytest.raises(Corrupt):
            directory.login_device("contact@bakery.example", stored_bakery.phone_password, "imap")


# Directories that are no more, or were never whole.


def test_a_closed_directory_refuses_everything(bakery: Bakery) -> None:
    directory = bakery.directory
    directory.close()
    directory.close()
    assert directory.closed
    assert "closed" in repr(directory)
    calls: list[Callable[[], object]] = [
        lambda: directory.user(bakery.owner, by=HOST),
        lambda: directory.rename_user(bakery.owner, "x", by=HOST),
        lambda: directory.preview.rename_user(bakery.owner, "x", by=HOST),
        lambda: directory.may(bakery.owner, "read", bakery.contact),
        lambda: directory.login_user("olivia@home.example", PASSWORD),
        lambda: directory.login_device("contact@bakery.example", bakery.phone_password, "imap"),
        lambda: directory.note_opened(bakery.owner, bakery.contact),
        lambda: directory.batch(lambda _: None),
        lambda: directory.at(bakery.organisation, bakery.clock.now(), by=bakery.owner),
        lambda: directory.export(bakery.organisation, io.BytesIO(), by=bakery.owner),
        lambda: directory.import_(io.BytesIO(), by=HOST),
        lambda: directory.export_for(bakery.owner, by=HOST),
        lambda: directory.access_map(bakery.organisation, by=bakery.owner),
        lambda: directory.now,
        directory.flush_uses,
        directory.request_id,
        directory.view_state,
        directory.refresh_view,
    ]
    for call in calls:
        with pytest.raises(Invalid) as refusal:
            call()
        assert refusal.value.code == "directory.closed"


def test_a_directory_is_closed_when_its_block_ends_whatever_happened() -> None:
    with pytest.raises(ZeroDivisionError), Directory.open("memory:") as directory:
        1 / 0  # noqa: B018
    assert directory.closed


def test_a_past_takes_no_commands_and_no_logins(bakery: Bakery) -> None:
    bakery.clock.advance(DAY)
    then = bakery.directory.at(bakery.organisation, bakery.clock.now() - DAY / 2, by=bakery.owner)
    with then:
        calls: list[Callable[[], object]] = [
            lambda: then.rename_organisation(bakery.organisation, "x", by=bakery.owner),
            lambda: then.preview.rename_organisation(bakery.organisation, "x", by=bakery.owner),
            lambda: then.login_device("contact@bakery.example", bakery.phone_password, "imap"),
        ]
        for call in calls:
            with pytest.raises(Invalid) as refusal:
                call()
            assert refusal.value.code == "directory.past"


def test_the_future_is_refused(bakery: Bakery) -> None:
    with pytest.raises(Invalid) as refusal:
        bakery.directory.at(bakery.organisation, bakery.clock.now() + DAY, by=bakery.owner)
    assert refusal.value.code == "time.future"


def test_a_replica_answers_its_person_and_takes_no_commands(bakery: Bakery) -> None:
    replica = bakery.directory.export_for(bakery.assistant, by=HOST)
    with Directory.from_replica(Replica.from_json(replica.to_json())) as copy_:
        assert copy_.mailbox(bakery.contact, by=bakery.assistant).address == "contact@bakery.example"
        with pytest.raises(Invalid) as refusal:
            copy_.give_up_grant(bakery.contact, by=bakery.assistant)
    assert refusal.value.code == "directory.replica"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "replica.invalid"),
        ("{}", "replica.invalid"),
        ("[" * 10_000, "replica.invalid"),
        ('{"format": "mailgrant-replica", "version": 9999, "shape": 1}', None),
    ],
)
def test_a_text_that_is_no_replica_is_refused(text: str, code: str | None) -> None:
    with pytest.raises(Error) as refusal:
        Replica.from_json(text)
    assert refusal.value.code in ({code} if code else {"replica.invalid", "replica.newer"})


# Going elsewhere.


def test_an_export_that_cannot_be_written_says_what_python_said(bakery: Bakery) -> None:
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, _: object) -> int:
            raise OSError(28, "no space left on device")

    with pytest.raises(Unavailable) as refusal:
        bakery.directory.export(bakery.organisation, Full(), by=bakery.owner)  # type: ignore[arg-type]
    assert refusal.value.code == "export.unwritable"
    assert isinstance(refusal.value.__cause__, OSError)


def test_an_export_that_is_refused_leaves_the_file_as_it_was(bakery: Bakery, tmp_path: Path) -> None:
    path = tmp_path / "bakery.jsonl"
    path.write_text("what was here")
    with pytest.raises(Denied):
        bakery.directory.export(bakery.organisation, path, by=bakery.assistant)
    assert path.read_text() == "what was here"
    assert [each.name for each in tmp_path.iterdir()] == ["bakery.jsonl"]


def test_an_import_of_what_is_no_export_says_which_line(directory: Directory) -> None:
    with pytest.raises(Invalid) as refusal:
        directory.import_(io.BytesIO(b"not an export\n"), by=HOST)
    assert refusal.value.code == "import.invalid"
    assert refusal.value.details["line"] == 1


def test_an_import_from_what_cannot_be_read_says_what_python_said(directory: Directory) -> None:
    class Broken(io.RawIOBase):
        def read(self, _: int = -1) -> bytes:
            raise OSError(5, "input/output error")

    with pytest.raises(Unavailable) as refusal:
        directory.import_(Broken(), by=HOST)  # type: ignore[arg-type]
    assert refusal.value.code == "import.unreadable"
    assert isinstance(refusal.value.__cause__, OSError)


def test_a_file_in_text_mode_is_a_type_error(bakery: Bakery, directory: Directory) -> None:
    with pytest.raises(TypeError):
        bakery.directory.export(bakery.organisation, io.StringIO(), by=bakery.owner)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        directory.import_(io.StringIO("{}"), by=HOST)  # type: ignore[arg-type]


def test_a_keyboard_interrupt_on_the_way_stays_one(bakery: Bakery, directory: Directory) -> None:
    class Interrupted(io.RawIOBase):
        def write(self, _: object) -> int:
            raise KeyboardInterrupt

        def read(self, _: int = -1) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bakery.directory.export(bakery.organisation, Interrupted(), by=bakery.owner)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        directory.import_(Interrupted(), by=HOST)  # type: ignore[arg-type]


def test_a_file_that_gives_more_than_it_was_asked_for_is_not_believed(directory: Directory) -> None:
    class Generous(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * (size + 1)

    with pytest.raises(ValueError, match="more than it was asked for"):
        directory.import_(Generous(), by=HOST)  # type: ignore[arg-type]


def test_what_was_exported_can_be_imported_once(bakery: Bakery, tmp_path: Path) -> None:
    path = tmp_path / "bakery.jsonl"
    exported = bakery.directory.export(bakery.organisation, path, by=bakery.owner)
    with open_directory(bakery.clock) as elsewhere:
        imported = elsewhere.import_(path, by=HOST)
        assert imported.organisation == bakery.organisation
        assert imported.rows == exported.rows
        assert imported.entries == exported.entries
        assert imported.devices == 1
        with pytest.raises(Conflict) as refusal:
            elsewhere.import_(path, by=HOST)
        assert refusal.value.code == "import.taken"
        assert refusal.value.details["kind"]


# Logins.


def test_every_refused_login_says_the_same_and_tells_the_host_why(bakery: Bakery) -> None:
    directory, right = bakery.directory, bakery.phone_password
    other = "00000" + right[5:] if right[0] != "0" else "11111" + right[5:]
    told: dict[str, Callable[[], object]] = {
        "unknown": lambda: directory.login_device("nobody@bakery.example", right, "imap"),
        "wrong_password": lambda: directory.login_device("contact@bakery.example", other, "imap"),
        "not_a_device_password": lambda: directory.login_device("contact@bakery.example", "secret", "imap"),
        "protocol": lambda: directory.login_device("contact@bakery.example", right, "pop3"),
        "no_password": lambda: directory.login_user("ada@home.example", PASSWORD),
    }
    for reason, call in told.items():
        with pytest.raises(LoginRefused) as refusal:
            call()
        error = refusal.value
        assert error.reason == reason
        assert str(error) == "login refused"
        assert error.code == "login.refused"
        assert error.details == {}
        assert error.told
        assert error.device == (bakery.phone if reason == "protocol" else None)
        assert error.__cause__ is None


def test_a_refused_login_survives_a_pickle_with_what_is_for_the_host(bakery: Bakery) -> None:
    with pytest.raises(LoginRefused) as refusal:
        bakery.directory.login_device("contact@bakery.example", bakery.phone_password, "pop3")
    again = pickle.loads(pickle.dumps(refusal.value))
    assert isinstance(again, LoginRefused)
    assert (again.reason, again.told, again.device) == ("protocol", refusal.value.told, bakery.phone)


def test_whoever_guesses_is_told_to_wait_for_known_and_unknown_logins_alike(bakery: Bakery) -> None:
    def waits(login: str) -> list[timedelta | None]:
        told = []
        for _ in range(8):
            with pytest.raises(LoginRefused) as refusal:
                bakery.directory.login_user(login, "guess after guess after guess")
            told.append(refusal.value.retry_after)
        return told

    known = waits("olivia@home.example")
    assert known == waits("nobody@home.example")
    assert known[-1] is not None
    assert known[-1] > timedelta(0)
    with pytest.raises(LoginRefused) as refusal:
        bakery.directory.login_user("olivia@home.example", PASSWORD)
    assert refusal.value.reason == "throttled"


# What a refusal leaves behind.


def add_twice(it: Bakery, batch: mailgrant.Batch) -> None:
    batch.add_alias(it.contact, "hello@bakery.example", by=it.owner)
    batch.add_alias(it.contact, "hello@bakery.example", by=it.owner)


def add_and_fail(it: Bakery, batch: mailgrant.Batch) -> None:
    batch.add_alias(it.contact, "hello@bakery.example", by=it.owner)
    raise ZeroDivisionError


REFUSALS: dict[str, Callable[[Bakery], object]] = {
    "invalid": lambda it: it.directory.rename_user(it.owner, "\x00", by=it.owner),
    "not_found": lambda it: it.directory.close_mailbox(NOWHERE, by=it.owner),
    "conflict": lambda it: it.directory.open_mailbox(it.organisation, "contact@bakery.example", by=it.owner),
    "denied": lambda it: it.directory.delete_organisation(it.organisation, by=it.assistant),
    "preview": lambda it: it.directory.preview.delete_organisation(it.organisation, by=it.owner),
    "a wrong type": lambda it: it.directory.remove_member(it.organisation, it.contact, by=it.owner),  # type: ignore[arg-type]
    "a batch of which the last is refused": lambda it: it.directory.batch(partial(add_twice, it)),
    "a batch that raises": lambda it: it.directory.batch(partial(add_and_fail, it)),
}


@pytest.mark.parametrize("call", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_leaves_the_store_byte_equal(stored_bakery: Bakery, call: Callable[[Bakery], object]) -> None:
    path = stored_bakery.path
    assert path is not None
    before = stored(path)
    with contextlib.suppress(Error, TypeError, ZeroDivisionError):
        call(stored_bakery)
    assert stored(path) == before


# Arguments of `open`, and of what is written by hand.


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "new"},
        {"sharing": "everybody"},
        {"password_length": 7},
        {"password_length": 65},
        {"password_length": -1},
        {"password_length": 1 << 70},
        {"hash_costs": mailgrant.HashCosts(memory_kib=7)},
        {"hash_costs": mailgrant.HashCosts(memory_kib=65_537)},
        {"hash_costs": mailgrant.HashCosts(iterations=0)},
        {"hash_costs": mailgrant.HashCosts(parallelism=5)},
        {"view": ViewOptions(beyond="never")},  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Directory.open("memory:", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in inspect.signature(Directory.open).parameters if name != "url"])
@pytest.mark.parametrize("value", [object(), b"x", 3.5], ids=["an object", "octets", "a float"])
def test_an_option_of_a_wrong_type_is_a_type_error(name: str, value: object) -> None:
    if name in ("mode", "sharing"):
        with pytest.raises((TypeError, Invalid)):
            Directory.open("memory:", **{name: value})  # type: ignore[arg-type]
    else:
        with pytest.raises(TypeError):
            Directory.open("memory:", **{name: value})  # type: ignore[arg-type]


def test_an_offer_of_what_one_does_not_have_is_refused(bakery: Bakery) -> None:
    other = bakery.directory.register_user("bruno@home.example", "Bruno", "verified", by=HOST).user
    club = found(bakery.directory, other, "Cycling Club", "club.example")
    news = bakery.directory.open_mailbox(club, "news@club.example", by=other)
    offer = Offer(types.Role.EXTERNAL, mailboxes=(types.Promise(news, frozenset()),))
    with pytest.raises(NotFound) as refusal:
        bakery.directory.invite(bakery.organisation, "eve@home.example", offer, by=bakery.owner)
    assert refusal.value.code == "mailbox.not_found"


def test_a_system_may_do_what_the_host_may_and_no_more(bakery: Bakery) -> None:
    with pytest.raises(Conflict) as refusal:
        bakery.directory.remove_member(bakery.organisation, bakery.owner, by=System("cron"))
    assert refusal.value.code == "owner.last"
