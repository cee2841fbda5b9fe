"""Batches: several changes that become one commit, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bakery import HOST, Bakery, open_bakery, open_directory

import mailgrant
from mailgrant import (
    Conflict,
    Invalid,
    ManualClock,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_what_a_batch_raises_comes_out_as_it_was(bakery: Bakery) -> None:
    mine = KeyError("mine")

    def body(batch: mailgrant.Batch) -> None:
        batch.add_alias(bakery.contact, "hello@bakery.example", by=bakery.owner)
        raise mine

    with pytest.raises(KeyError) as raised:
        bakery.directory.batch(body)
    assert raised.value is mine
    assert list(bakery.directory.aliases_of(bakery.contact, by=bakery.owner)) == []


def test_a_batch_goes_on_after_a_command_that_is_refused(bakery: Bakery) -> None:
    def body(batch: mailgrant.Batch) -> str:
        with pytest.raises(Conflict):
            batch.open_mailbox(bakery.organisation, "contact@bakery.example", by=bakery.owner)
        batch.add_alias(bakery.contact, "hello@bakery.example", by=bakery.owner)
        return "done"

    assert bakery.directory.batch(body) == "done"
    [alias] = bakery.directory.aliases_of(bakery.contact, by=bakery.owner)
    assert alias.address == "hello@bakery.example"


def test_a_batch_that_is_over_is_refused(bakery: Bakery) -> None:
    kept = bakery.directory.batch(lambda batch: batch)
    with pytest.raises(Invalid) as refusal:
        kept.rename_user(bakery.owner, "x", by=HOST)
    assert refusal.value.code == "batch.misused"


def test_a_directory_beside_its_running_batch_is_refused_and_goes_on_afterwards(bakery: Bakery) -> None:
    directory = bakery.directory

    def body(batch: mailgrant.Batch) -> None:
        calls: list[Callable[[], object]] = [
            lambda: directory.user(bakery.owner, by=HOST),
            lambda: directory.rename_user(bakery.owner, "x", by=HOST),
            lambda: directory.batch(lambda _: None),
        ]
        for call in calls:
            with pytest.raises(Invalid) as refusal:
                call()
            assert refusal.value.code == "batch.misused"
        batch.rename_user(bakery.owner, "Olivia", by=HOST)

    directory.batch(body)
    assert directory.user(bakery.owner, by=HOST).name == "Olivia"


def test_another_directory_may_be_asked_while_a_batch_runs(bakery: Bakery, clock: ManualClock) -> None:
    with open_directory(clock) as other:
        there = open_bakery(other, clock)

        def body(batch: mailgrant.Batch) -> None:
            name = other.user(there.owner, by=HOST).name
            batch.rename_user(bakery.assistant, name, by=HOST)

        bakery.directory.batch(body)
    assert bakery.directory.user(bakery.assistant, by=HOST).name == "Olivia Moser"


def test_a_command_of_a_batch_has_no_request_of_its_own(bakery: Bakery) -> None:
    request = bakery.directory.request_id()
    with pytest.raises(Invalid) as refusal:
        bakery.directory.batch(lambda batch: batch.rename_user(bakery.owner, "x", by=HOST, request=request))
    assert refusal.value.code == "batch.misused"


def test_a_batch_with_a_request_is_carried_out_once(bakery: Bakery) -> None:
    request = bakery.directory.request_id()
    times = []

    def body(batch: mailgrant.Batch) -> None:
        times.append(1)
        batch.rename_user(bakery.owner, f"Olivia {len(times)}", by=HOST)

    bakery.directory.batch(body, request=request)
    with pytest.raises(Conflict) as refusal:
        bakery.directory.batch(body, request=request)
    assert refusal.value.code == "request.done"
    assert bakery.directory.user(bakery.owner, by=HOST).name == "Olivia 1"
