"""Secrets: shown once to whoever they are for, and nothing else ever shows, copies or writes them."""

from __future__ import annotations

import copy
import dataclasses
import gc
import io
import json
import logging
import pickle
import re
import threading
import traceback
import weakref
from dataclasses import dataclass
from datetime import timedelta
from pprint import pformat
from typing import TYPE_CHECKING, TypeAlias

import pytest
from bakery import DAY, HOST, PASSWORD, Bakery, open_bakery, open_directory, refused

from mailgrant import Bearer, DevicePassword, Directory, Error, Invalid, LoginRefused, Offer, Role, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mailgrant import ManualClock

# How each secret that the library makes is made: the answer that holds it, and the secret.

Secret: TypeAlias = DevicePassword | Token
Made: TypeAlias = tuple[object, Secret]

NEW: dict[str, Callable[[Bakery], Made]] = {}


def makes(name: str) -> Callable[[Callable[[Bakery], object]], Callable[[Bakery], Made]]:
    def known(make: Callable[[Bakery], object]) -> Callable[[Bakery], Made]:
        def made(it: Bakery) -> Made:
            answer = make(it)
            for field in ("password", "token"):
                secret = getattr(answer, field, None)
                if isinstance(secret, DevicePassword | Token):
                    return answer, secret
            raise AssertionError(answer)

        NEW[name] = made
        return made

    return known


@makes("a device")
def added(it: Bakery) -> object:
    return it.directory.add_device(it.contact, "printer", ["smtp"], by=it.assistant)


@makes("a rotation")
def rotated(it: Bakery) -> object:
    return it.directory.rotate_device(it.phone, by=it.assistant)


@makes("an invitation")
def invited(it: Bakery) -> object:
    return it.directory.invite(it.organisation, "tim@people.example", Offer(Role.ADMIN), by=it.owner)


@makes("an invitation sent again")
def sent_again(it: Bakery) -> object:
    invitation = it.directory.invite(it.organisation, "tim@people.example", Offer(Role.ADMIN), by=it.owner)
    return it.directory.resend_invitation(invitation.invitation, by=it.owner)


@makes("a confirmation")
def confirmation(it: Bakery) -> object:
    it.directory.set_recovery_address(it.owner, "olivia@elsewhere.example", by=it.owner)
    return it.directory.issue_confirmation(it.owner, "recovery", by=HOST)


@makes("a reset")
def reset(it: Bakery) -> object:
    return it.directory.start_reset(it.owner, "login", by=HOST)


@makes("a plan")
def planned(it: Bakery) -> object:
    return it.directory.preview.add_device(it.contact, "printer", ["smtp"], by=it.assistant).output


def fragments(text: str) -> set[str]:
    """Give every part of a secret that must not be seen: what follows the selector of a device's, the id in a token."""
    token = re.fullmatch(r"t[a-z]{3}_[0-9a-z]{26}([0-9a-z]+)", text)
    rest = token[1] if token else text[4:] if text.count("-") == 5 else text
    return {rest[at : at + 8] for at in range(len(rest) - 7)} | {rest.replace("-", "")[:10]}


def assert_hidden(shown: object, text: str) -> None:
    written = shown if isinstance(shown, str) else repr(shown)
    assert not {each for each in fragments(text) if each in written}, "a secret is seen"


@pytest.fixture(params=NEW, ids=list(NEW))
def made(request: pytest.FixtureRequest, bakery: Bakery) -> Made:
    """Make a secret of each kind, with the answer that holds it."""
    return NEW[request.param](bakery)


def test_a_secret_is_revealed_once(made: Made) -> None:
    _, secret = made
    text = secret.reveal()
    assert isinstance(text, str)
    assert len(text) >= 30
    for _ in range(3):
        with pytest.raises(Invalid) as refusal:
            secret.reveal()
        assert refusal.value.code == "secret.revealed"
        assert_hidden(str(refusal.value), text)


@pytest.mark.parametrize("revealed", [False, True], ids=["before", "after"])
def test_no_way_of_writing_shows_a_secret(made: Made, revealed: bool) -> None:
    answer, secret = made
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logger = logging.getLogger("test_secrets")
    logger.addHandler(handler)
    text = secret.reveal() if revealed else None
    try:
        for it in (secret, answer):
            logger.error("it is %s, that is %r", it, it)
        shown = [
            *(show(it) for it in (secret, answer) for show in WRITTEN),
            logged.getvalue(),
        ]
    finally:
        logger.removeHandler(handler)
    text = text or secret.reveal()
    for each in shown:
        assert_hidden(each, text)
        assert "(***)" in each


WRITTEN: list[Callable[[object], str]] = [
    repr,
    str,
    ascii,
    format,
    lambda it: f"{it!r:>60}",
    "{0}".format,
    lambda it: "%s %r" % (it, it),  # noqa: UP031
    lambda it: pformat({"it": [it]}),
    lambda it: repr([it, {it.__class__: it}]),
]


@pytest.mark.parametrize(
    "way",
    [
        pickle.dumps,
        lambda it: pickle.dumps(it, protocol=0),
        lambda it: pickle.dumps([{"deep": it}]),
        copy.copy,
        copy.deepcopy,
        lambda it: copy.deepcopy([it]),
    ],
    ids=["pickle", "an old pickle", "a pickle of more", "copy", "deepcopy", "deepcopy of more"],
)
def test_a_secret_cannot_be_pickled_or_copied(made: Made, way: Callable[[object], object]) -> None:
    _, secret = made
    error = refused(lambda: way(secret))
    assert isinstance(error, TypeError)
    assert "cannot be copied or pickled" in str(error)
    assert_hidden("".join(traceback.format_exception(error)), secret.reveal())


@pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy, dataclasses.asdict], ids=["pickle", "deepcopy", "asdict"])
def test_an_answer_with_a_secret_cannot_be_pickled_or_copied_with_it(
    made: Made, way: Callable[[object], object]
) -> None:
    answer, secret = made
    error = refused(lambda: way(answer))
    assert isinstance(error, TypeError)
    assert_hidden("".join(traceback.format_exception(error)), secret.reveal())


def test_a_secret_is_no_json(made: Made) -> None:
    _, secret = made
    error = refused(lambda: json.dumps(secret))
    assert isinstance(error, TypeError)
    shown = json.dumps(secret, default=str)
    text = secret.reveal()
    assert_hidden(str(error), text)
    assert_hidden(shown, text)


def test_nothing_of_a_secret_can_be_looked_at(made: Made) -> None:
    _, secret = made
    with pytest.raises(TypeError):
        vars(secret)
    values = [getattr(secret, name, None) for name in dir(secret) if name not in ("reveal", "__reduce_ex__")]
    shown = repr(values) + repr([each() for each in (secret.__sizeof__, secret.__hash__)])
    with pytest.raises(TypeError):
        bytes(secret)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        len(secret)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        list(secret)  # type: ignore[call-overload]
    with pytest.raises(AttributeError):
        secret.text = "mine"  # type: ignore[union-attr]
    assert_hidden(shown, secret.reveal())


def test_secrets_are_never_equal_and_never_made_by_hand(bakery: Bakery) -> None:
    one = bakery.directory.rotate_device(bakery.phone, by=bakery.owner).password
    other = bakery.directory.rotate_device(bakery.phone, by=bakery.owner).password
    assert one == one  # noqa: PLR0124 -- it is the same object
    assert one != other
    text: object = one.reveal()
    assert one != text
    with pytest.raises(TypeError):
        DevicePassword()
    with pytest.raises(TypeError):
        Token()
    with pytest.raises(TypeError):
        type("Mine", (DevicePassword,), {})


def test_of_eight_threads_that_reveal_at_once_exactly_one_sees_it(bakery: Bakery) -> None:
    for _ in range(20):
        password = bakery.directory.rotate_device(bakery.phone, by=bakery.owner).password
        seen: list[str] = []
        told: list[str] = []
        gate = threading.Barrier(8)

        def look(
            password: DevicePassword = password,
            seen: list[str] = seen,
            told: list[str] = told,
            gate: threading.Barrier = gate,
        ) -> None:
            gate.wait()
            try:
                seen.append(password.reveal())
            except Invalid as error:
                told.append(error.code)

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 1
        assert told == ["secret.revealed"] * 7


def test_a_secret_goes_when_nobody_holds_it(bakery: Bakery) -> None:
    issued = bakery.directory.rotate_device(bakery.phone, by=bakery.owner)
    kept = weakref.WeakSet[object]()
    with pytest.raises(TypeError):
        kept.add(issued.password)  # nothing follows it about
    del issued
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, DevicePassword)]


# Where people's words are arguments.


def test_no_error_repeats_a_password(bakery: Bakery) -> None:
    directory = bakery.directory
    secret = "sesame\ud800 of the forty thieves"
    long = "x" * 5_000
    calls: dict[str, Callable[[], object]] = {
        "half": lambda: directory.change_password(bakery.owner, secret, by=HOST),
        "half of a token": lambda: directory.confirm_address(secret, by=Bearer()),
        "half of a login": lambda: directory.login_user("olivia@home.example", secret),
        "half of a device's": lambda: directory.login_device("contact@bakery.example", secret, "imap"),
        "weak": lambda: directory.change_password(bakery.owner, "sesame thieves", by=HOST),
        "one's own name": lambda: directory.change_password(bakery.owner, "Olivia Moser Olivia", by=HOST),
        "too long": lambda: directory.change_password(bakery.owner, long, by=HOST),
        "wrong": lambda: directory.change_password(
            bakery.owner, "a wholly new password", by=bakery.owner, current="sesame of the forty thieves"
        ),
        "no PHC": lambda: directory.add_legacy_device(
            bakery.contact, "old", bakery.assistant, ["imap"], "sesame of the forty thieves", by=HOST
        ),
        "an unknown token": lambda: directory.finish_reset("sesame" * 10, "sesame sesame sesame", by=Bearer()),
        "a wrong login": lambda: directory.login_user("olivia@home.example", "sesame of the thieves"),
    }
    for what, call in calls.items():
        error = refused(call)
        assert isinstance(error, Error), what
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(dict(error.details))
        told += repr(error.args) + repr(vars(error))
        # Nor does it bring along what Python said of it, which holds the whole text.
        assert error.__cause__ is None, what
        assert error.__context__ is None, what
        for word in ("thieves of", "sesame of", "sesamesesame", "forty", "Olivia Moser Olivia", "xxxx"):
            shown = "\n".join(line for line in told.splitlines() if not line.startswith("    "))
            assert word not in shown, what


def test_a_refused_login_repeats_nothing_that_was_typed(bakery: Bakery) -> None:
    text = bakery.phone_password
    bakery.directory.revoke_device(bakery.phone, by=bakery.owner)
    with pytest.raises(LoginRefused) as refusal:
        bakery.directory.login_device("contact@bakery.example", text, "imap")
    error = refusal.value
    assert_hidden(str(error) + repr(error) + repr(vars(error)) + repr(error.args), text)


# Where it might be written down.


@dataclass(frozen=True)
class Whispered:
    """Every secret there was."""

    bakery: Bakery
    texts: tuple[str, ...]


@pytest.fixture
def whispered(clock: ManualClock, tmp_path: Path) -> Iterator[Whispered]:
    """Settle the bakery in a file, and use a secret of every kind."""
    path = tmp_path / "mail.db"
    with open_directory(clock, path=path) as directory:
        it = open_bakery(directory, clock, path)
        texts = [it.phone_password]
        for make in NEW.values():
            _, secret = make(it)
            texts.append(secret.reveal())
            clock.advance(timedelta(minutes=1))
        token = directory.invite(
            it.organisation, "new@people.example", Offer(Role.EXTERNAL), by=it.owner
        ).token.reveal()
        joined = "zebu ocarina thimble fjord"
        directory.accept_invitation_as_new(token, "New", joined, by=Bearer())
        started = directory.start_reset(it.owner, "login", by=HOST).token
        assert started is not None
        again = started.reveal()
        after = "quokka vesper plinth umbra"
        directory.finish_reset(again, after, by=Bearer())
        directory.login_user("olivia@home.example", after)
        directory.login_device("contact@bakery.example", texts[0], "imap", "198.51.100.7")
        directory.flush_uses()
        yield Whispered(it, (*texts, token, again, PASSWORD, joined, after))


def test_no_secret_stands_in_the_clear_in_the_file(whispered: Whispered) -> None:
    path = whispered.bakery.path
    assert path is not None
    whispered.bakery.directory.close()
    octets = b"".join(each.read_bytes() for each in path.parent.iterdir() if each.name.startswith("mail.db"))
    assert len(octets) > 10_000
    for text in whispered.texts:
        for form in (text, text.replace("-", ""), text.upper()):
            for encoded in (form.encode(), form.encode("utf-16-le"), form.encode().hex().encode()):
                assert encoded not in octets
        for fragment in fragments(text):
            assert fragment.encode() not in octets


def test_no_secret_stands_in_what_is_told_or_taken_elsewhere(whispered: Whispered) -> None:
    it = whispered.bakery
    it.clock.advance(DAY)
    exported = io.BytesIO()
    it.directory.export(it.organisation, exported, by=it.owner)
    told = [
        exported.getvalue().decode(),
        it.directory.export_for(it.owner, by=HOST).to_json(),
        repr(it.directory.changes(limit=1_000)),
        repr(list(it.directory.history(it.organisation, by=it.owner))),
        repr(list(it.directory.user_history(it.owner, by=it.owner))),
        repr(list(it.directory.mailbox_history(it.contact, by=it.owner))),
        repr(it.directory.device(it.phone, by=it.owner)),
        repr(it.directory.blast_radius(it.phone, by=it.owner)),
        repr(list(it.directory.review(it.organisation, by=it.owner))),
        repr(list(it.directory.invitations(it.organisation, by=it.owner))),
        repr(it.directory.user(it.owner, by=HOST)),
        repr(it.directory.access_map(it.organisation, by=it.owner)),
    ]
    for each in told:
        assert len(each) > 50
        for text in whispered.texts:
            assert text not in each
            assert_hidden(each, text)
    # Nor what it is compared with.
    for each in told:
        assert "$argon2" not in each


def test_a_session_holds_no_secret(whispered: Whispered) -> None:
    it = whispered.bakery
    issued = it.directory.rotate_device(it.phone, by=it.owner).password.reveal()
    device = it.directory.login_device("contact@bakery.example", issued, "imap", "198.51.100.7")
    person = it.directory.login_user("olivia@home.example", whispered.texts[-1])
    for session in (device, person):
        shown = session.to_json() + repr(session) + repr(pickle.dumps(session))
        assert_hidden(shown, issued)
        assert_hidden(shown, whispered.texts[-1])


def test_a_plan_has_a_secret_that_opens_nothing(bakery: Bakery) -> None:
    plan = bakery.directory.preview.add_device(bakery.contact, "printer", ["imap"], by=bakery.assistant)
    text = plan.output.password.reveal()
    assert_hidden(repr(plan), text)
    with pytest.raises(LoginRefused):
        bakery.directory.login_device("contact@bakery.example", text, "imap")


def test_a_password_is_forgiving_about_how_it_is_typed_and_about_nothing_else(bakery: Bakery) -> None:
    text = bakery.phone_password
    for typed in (text.upper(), text.replace("-", ""), text.replace("-", " "), f" {text} "):
        bakery.directory.login_device("contact@bakery.example", typed, "imap")
    for typed in (text[:-1], text + "x", text[1:]):
        with pytest.raises(LoginRefused):
            bakery.directory.login_device("contact@bakery.example", typed, "imap")


def test_the_file_is_for_its_owner_alone(stored_bakery: Bakery) -> None:
    assert stored_bakery.path is not None
    assert stored_bakery.path.stat().st_mode & 0o777 == 0o600


def test_an_export_is_for_its_owner_alone(bakery: Bakery, tmp_path: Path) -> None:
    path = tmp_path / "bakery.jsonl"
    bakery.directory.export(bakery.organisation, path, by=bakery.owner)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_directory_shows_nothing_of_itself(bakery: Bakery) -> None:
    assert repr(bakery.directory) == "<Directory>"
    with pytest.raises(TypeError, match="open it again"):
        pickle.dumps(bakery.directory)
    with pytest.raises(TypeError, match="open it again"):
        copy.copy(bakery.directory)
    with pytest.raises(TypeError, match="open it again"):
        copy.deepcopy(bakery.directory)
    assert isinstance(bakery.directory, Directory)
