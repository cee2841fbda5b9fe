"""Many threads at once: what they share stays whole, and nobody waits for the interpreter's lock."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from bakery import CHEAP, HOST, PASSWORD, START, Bakery, open_directory
from elsewhere import Elsewhere, stored

from mailgrant import Batch, Conflict, Directory, Error, HashCosts, Invalid, ManualClock, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

THREADS = 8


def at_once(work: Callable[[int], T]) -> list[T]:
    """Do it in eight threads that begin at the same time."""
    gate = threading.Barrier(THREADS)

    def begin(number: int) -> T:
        gate.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(begin, range(THREADS)))


def persistently(call: Callable[[], T]) -> T:
    """Call it until it is not too busy: whatever says that it may be tried again is tried again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return call()
        except Unavailable as error:
            if not error.retryable or time.monotonic() > deadline:
                raise


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no other thread of Python run unless this one lets it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


# Eight threads.


def test_eight_threads_change_and_ask_at_once(any_bakery: Bakery) -> None:
    directory, owner, contact = any_bakery.directory, any_bakery.owner, any_bakery.contact

    def work(number: int) -> int:
        asked = 0
        for turn in range(6):
            address = f"alias{number}x{turn}@bakery.example"
            persistently(lambda address=address: directory.add_alias(contact, address, by=owner))  # type: ignore[misc]
            # What is committed here is seen here at once.
            assert directory.resolve(address).mailbox == contact
            assert directory.may(any_bakery.assistant, "send", contact)
            directory.login_device("contact@bakery.example", any_bakery.phone_password, "imap")
            asked += len(list(directory.aliases_of(contact, by=owner, limit=5)))
        return asked

    asked = at_once(work)
    told = [alias.address for alias in directory.aliases_of(contact, by=owner)]
    assert sorted(told) == sorted(f"alias{number}x{turn}@bakery.example" for number in range(8) for turn in range(6))
    assert all(asked)
    entries = list(directory.history(any_bakery.organisation, by=owner))
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))


def test_eight_threads_want_the_same_address_and_one_gets_it(any_bakery: Bakery) -> None:
    directory = any_bakery.directory

    def work(number: int) -> str:
        try:
            persistently(
                lambda: directory.open_mailbox(
                    any_bakery.organisation, "sales@bakery.example", by=any_bakery.owner, name=str(number)
                )
            )
        except Conflict as error:
            return error.code
        return "mine"

    assert sorted(at_once(work)) == ["address.taken"] * 7 + ["mine"]


def test_eight_threads_ask_for_the_same_request_and_it_is_carried_out_once(any_bakery: Bakery) -> None:
    directory = any_bakery.directory
    request = directory.request_id()
    before = directory.changes_from_now()

    def work(number: int) -> str:
        try:
            persistently(lambda: directory.rename_user(any_bakery.owner, f"Olivia {number}", by=HOST, request=request))
        except Conflict as error:
            return error.code
        return "done"

    assert sorted(at_once(work)) == ["done"] + ["request.done"] * 7
    [entry] = directory.changes(after=before).entries
    assert entry.change == request


def test_eight_threads_remove_the_owners_and_one_stays(bakery: Bakery) -> None:
    directory = bakery.directory
    owners = [bakery.owner]
    for number in range(THREADS - 1):
        user = directory.register_user(f"owner{number}@home.example", "O", "verified", by=HOST).user
        directory.add_member(bakery.organisation, user, "owner", by=HOST)
        owners.append(user)

    def work(number: int) -> str:
        try:
            persistently(lambda: directory.leave(bakery.organisation, by=owners[number]))
        except Conflict as error:
            return error.code
        return "left"

    assert sorted(at_once(work)) == ["left"] * 7 + ["owner.last"]


def test_several_directories_share_a_file(stored_bakery: Bakery) -> None:
    path = stored_bakery.path

    def work(number: int) -> None:
        with open_directory(stored_bakery.clock, path=path, view=number % 2 == 0) as directory:
            for turn in range(3):
                address = f"box{number}x{turn}@bakery.example"
                persistently(
                    lambda address=address: directory.open_mailbox(  # type: ignore[misc]
                        stored_bakery.organisation, address, by=stored_bakery.owner
                    )
                )
                assert directory.resolve(address).delivery == "accept"

    at_once(work)
    told = list(stored_bakery.directory.mailboxes(stored_bakery.organisation, by=stored_bakery.owner))
    assert len(told) == 1 + 3 * THREADS


# Batches.


def test_a_batch_that_somebody_overtakes_is_made_again_and_stays_one_commit(stored_bakery: Bakery) -> None:
    it, directory = stored_bakery, stored_bakery.directory
    turns: list[Batch] = []

    def overtake() -> None:
        directory.rename_organisation(it.organisation, "Overtaken", by=it.owner)

    def body(batch: Batch) -> int:
        turns.append(batch)
        batch.add_alias(it.contact, "hello@bakery.example", by=it.owner)
        if len(turns) == 1:
            # Not in memory: there a batch keeps all others waiting.
            other = threading.Thread(target=overtake)
            other.start()
            other.join(timeout=30)
            assert not other.is_alive()
        batch.add_alias(it.contact, "info@bakery.example", by=it.owner)
        return len(turns)

    before = directory.changes_from_now()
    assert directory.batch(body) == 2
    told = [(entry.command, entry.change) for entry in directory.changes(after=before).entries]
    assert [command for command, _ in told] == ["rename_organisation", "add_alias", "add_alias"]
    assert len({change for _, change in told}) == 2
    # The batch of the first turn is over.
    with pytest.raises(Invalid) as refusal:
        turns[0].rename_user(it.owner, "x", by=HOST)
    assert refusal.value.code == "batch.misused"


def test_a_batch_is_refused_in_another_thread(bakery: Bakery) -> None:
    codes: list[str] = []

    def body(batch: Batch) -> None:
        def misuse() -> None:
            try:
                batch.rename_user(bakery.owner, "x", by=HOST)
            except Invalid as error:
                codes.append(error.code)

        other = threading.Thread(target=misuse)
        other.start()
        other.join(timeout=30)
        batch.rename_user(bakery.owner, "Olivia", by=HOST)

    bakery.directory.batch(body)
    assert codes == ["batch.misused"]
    assert bakery.directory.user(bakery.owner, by=HOST).name == "Olivia"


def test_eight_threads_each_run_a_batch(any_bakery: Bakery) -> None:
    directory, owner = any_bakery.directory, any_bakery.owner

    def work(number: int) -> None:
        def body(batch: Batch) -> None:
            mailbox = batch.open_mailbox(any_bakery.organisation, f"box{number}@bakery.example", by=owner)
            batch.grant_access(mailbox, any_bakery.assistant, by=owner)
            batch.add_device(mailbox, "phone", ["imap"], by=any_bakery.assistant)

        persistently(lambda: directory.batch(body))

    before = directory.changes_from_now()
    at_once(work)
    entries = directory.changes(after=before, limit=1_000).entries
    by_commit: dict[object, list[str]] = {}
    for entry in entries:
        by_commit.setdefault(entry.change, []).append(entry.command)
    assert list(by_commit.values()) == [["open_mailbox", "grant_access", "add_device"]] * THREADS


# The interpreter's lock.

SLOW = HashCosts(memory_kib=65_536, iterations=10)
"""What takes long enough for anybody else to get a turn."""


@pytest.mark.parametrize("call", ["login_user", "change_password"])
def test_other_threads_go_on_while_a_password_is_hashed(call: str) -> None:
    with Directory.open("memory:", hash_costs=SLOW) as directory:
        user = directory.register_user("olivia@home.example", "Olivia", "verified", by=HOST).user
        turns = 0
        done = threading.Event()

        def count() -> None:
            nonlocal turns
            while not done.is_set():
                turns += 1
                time.sleep(0.000_1)

        counter = threading.Thread(target=count)
        counter.start()
        with undisturbed():
            before = turns
            if call == "login_user":
                with pytest.raises(Error):
                    directory.login_user("nobody@home.example", PASSWORD)
            else:
                directory.change_password(user, PASSWORD, by=HOST)
            after = turns
            done.set()
        counter.join()
    assert after > before


def test_other_threads_go_on_while_the_store_waits(stored_bakery: Bakery) -> None:
    path = stored_bakery.path
    assert path is not None
    with Elsewhere(path) as other:
        other.execute("BEGIN IMMEDIATE")
        began = threading.Event()

        def release() -> None:
            began.wait(timeout=30)
            other.execute("ROLLBACK")

        releasing = threading.Thread(target=release)
        releasing.start()
        with undisturbed():
            began.set()
            # It could not go through unless the other thread had its turn meanwhile.
            stored_bakery.directory.rename_user(stored_bakery.owner, "Olivia", by=HOST)
        releasing.join()
    assert stored_bakery.directory.user(stored_bakery.owner, by=HOST).name == "Olivia"


def test_a_file_of_python_may_use_the_directory_while_it_is_written(bakery: Bakery) -> None:
    class Curious:
        """Asks while it is written to, in this thread and in another."""

        def __init__(self) -> None:
            self.names: list[str] = []

        def write(self, octets: bytes) -> int:
            with ThreadPoolExecutor(1) as threads:
                asked = threads.submit(bakery.directory.user, bakery.owner, by=HOST)
                self.names.append(asked.result(timeout=30).name)
            self.names.append(bakery.directory.user(bakery.owner, by=HOST).name)
            return len(octets)

        def flush(self) -> None:
            pass

    file: Any = Curious()
    bakery.directory.export(bakery.organisation, file, by=bakery.owner)
    assert set(file.names) == {"Olivia Moser"}


# asyncio.


def test_asyncio_calls_it_in_threads(any_bakery: Bakery) -> None:
    directory = any_bakery.directory

    async def main() -> tuple[list[object], int]:
        turns = 0

        async def heart() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beating = asyncio.create_task(heart())
        devices = [
            asyncio.to_thread(
                directory.add_device, any_bakery.contact, f"phone {number}", ["imap"], by=any_bakery.assistant
            )
            for number in range(4)
        ]
        login = asyncio.to_thread(directory.login_user, "olivia@home.example", PASSWORD)
        answers = await asyncio.gather(*devices, login, return_exceptions=True)
        beating.cancel()
        return list(answers), turns

    answers, turns = asyncio.run(main())
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert turns > 0
    assert len(list(directory.devices(any_bakery.organisation, by=any_bakery.owner))) == 5


def test_asyncio_gets_the_error_of_a_refusal(bakery: Bakery) -> None:
    async def main() -> None:
        await asyncio.to_thread(bakery.directory.leave, bakery.organisation, by=bakery.owner)

    with pytest.raises(Conflict) as refusal:
        asyncio.run(main())
    assert refusal.value.code == "owner.last"


# Closing.


def test_it_may_be_closed_while_others_use_it(any_bakery: Bakery) -> None:
    directory = any_bakery.directory
    asked = threading.Semaphore(0)

    def work(number: int) -> str:
        if number == 0:
            for _ in range(THREADS * 5):
                assert asked.acquire(timeout=30)
            directory.close()
        while True:
            try:
                directory.may(any_bakery.assistant, "read", any_bakery.contact)
                directory.user(any_bakery.owner, by=HOST)
                persistently(lambda: directory.rename_user(any_bakery.owner, str(number), by=HOST))
            except Invalid as error:
                return error.code
            asked.release()

    assert at_once(work) == ["directory.closed"] * THREADS


def test_a_batch_that_runs_while_it_is_closed_is_carried_out(stored_bakery: Bakery) -> None:
    directory = stored_bakery.directory

    def body(batch: Batch) -> None:
        batch.rename_user(stored_bakery.owner, "Olivia", by=HOST)
        closing = threading.Thread(target=directory.close, daemon=True)
        closing.start()
        deadline = time.monotonic() + 30
        while not directory.closed:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        batch.rename_user(stored_bakery.assistant, "Ada", by=HOST)

    directory.batch(body)
    assert directory.closed
    with open_directory(stored_bakery.clock, path=stored_bakery.path) as again:
        assert again.user(stored_bakery.owner, by=HOST).name == "Olivia"
        assert again.user(stored_bakery.assistant, by=HOST).name == "Ada"


def test_what_is_never_closed_harms_nothing(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    for turn in range(20):
        directory = open_directory(clock, path=path, view=True)
        directory.register_user(f"user{turn}@home.example", "U", "verified", by=HOST)
        del directory
    assert len(stored(path)["entity"]) == 20


def test_a_busy_file_is_waited_for_as_long_as_was_said(stored_bakery: Bakery) -> None:
    path = stored_bakery.path
    assert path is not None
    with (
        Elsewhere(path) as other,
        Directory.open(
            f"sqlite:{path}", busy_timeout=timedelta(0), clock=ManualClock(START), hash_costs=CHEAP
        ) as hasty,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refusal:
            hasty.batch(lambda batch: batch.rename_user(stored_bakery.owner, "x", by=HOST))
        assert refusal.value.retryable
        other.execute("ROLLBACK")
        persistently(lambda: hasty.batch(lambda batch: batch.rename_user(stored_bakery.owner, "x", by=HOST)))
