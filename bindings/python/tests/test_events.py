"""What happened, what would happen, and the commands that are values."""

from __future__ import annotations

from typing import Any

import pytest
from bakery import DAY, HOST, START, Bakery

from mailgrant import (
    Command,
    Error,
    Right,
    types,
)

BODY = "01h455vb4pex5vsknk084sn02q"


def test_an_event_is_a_mapping_of_what_it_says(bakery: Bakery) -> None:
    plan = bakery.directory.preview.grant_access(
        bakery.contact, bakery.owner, by=bakery.owner, rights=["send"], expires=START + DAY, reason="a try"
    )
    [event] = plan.events
    assert (event.kind, event.on) == ("grant.given", (bakery.contact, bakery.owner))
    assert event["rights"] == {Right.SEND}
    assert event["expires"] == START + DAY
    assert event["reason"] == "a try"
    assert {"rights", "expires", "reason"} <= set(event)
    assert len(event) == len(dict(event))
    assert "nothing" not in event
    with pytest.raises(KeyError):
        event["nothing"]
    assert repr(event).startswith("Event('grant.given', on=(MailboxId('mbx_")
    assert (
        event
        == bakery.directory.preview.grant_access(
            bakery.contact, bakery.owner, by=bakery.owner, rights=["send"], expires=START + DAY, reason="a try"
        ).events[0]
    )
    assert event != {**event}


def test_an_address_that_looks_like_an_id_is_an_address(bakery: Bakery) -> None:
    # "usr_" and 26 more characters.
    address = "usr_abcdefghijk@bakery.example"
    bakery.directory.add_alias(bakery.contact, address, by=bakery.owner)
    *_, entry = bakery.directory.history(bakery.organisation, by=bakery.owner)
    assert entry.event.on == (bakery.contact, address)


def test_a_plan_happens_only_when_it_is_carried_out(bakery: Bakery) -> None:
    plan = bakery.directory.preview.add_alias(bakery.contact, "hello@bakery.example", by=bakery.owner)
    assert plan.output is None
    assert [event.kind for event in plan.events] == ["alias.added"]
    assert plan.events[0].on == (bakery.contact, "hello@bakery.example")
    assert list(bakery.directory.aliases_of(bakery.contact, by=bakery.owner)) == []
    before = bakery.directory.changes_from_now()
    bakery.directory.add_alias(bakery.contact, "hello@bakery.example", by=bakery.owner)
    [entry] = bakery.directory.changes(after=before).entries
    assert entry.event == plan.events[0]


def test_the_history_may_be_asked_for_in_part(bakery: Bakery) -> None:
    directory, owner, organisation = bakery.directory, bakery.owner, bakery.organisation
    bakery.clock.advance(DAY)
    directory.rename_organisation(organisation, "Bakery", by=HOST)

    def told(**filter_: Any) -> list[str]:
        return [entry.event.kind for entry in directory.history(organisation, by=owner, **filter_)]

    assert told(about=bakery.contact) == ["mailbox.opened", "grant.given", "device.added"]
    assert told(about=bakery.phone) == ["device.added"]
    assert told(about="bakery.example") == ["domain.added", "domain.verified"]
    assert told(kinds=["mailbox.opened", "grant.given"]) == ["mailbox.opened", "grant.given"]
    assert told(since=START + DAY) == ["organisation.renamed"]
    assert told(done_by=bakery.assistant) == ["device.added"]
    assert told(order="newest") == told()[::-1]
    assert told(until=START, kinds=iter(["organisation.renamed"])) == []


def test_the_command_that_settles_a_warning_is_run_as_it_is(bakery: Bakery) -> None:
    directory = bakery.directory
    directory.grant_access(bakery.contact, bakery.owner, by=bakery.owner)
    [settle] = settling(bakery, "grant.self_given")
    assert isinstance(settle, Command)
    assert settle.name == "revoke_grant"
    assert settle.fields["mailbox"] == str(bakery.contact)
    with pytest.raises(TypeError):
        settle.fields["mailbox"] = "another"  # type: ignore[index]
    plan = directory.preview.run(settle, by=bakery.owner)
    assert [event.kind for event in plan.events] == ["grant.revoked"]
    ended = directory.run(settle, by=bakery.owner)
    assert isinstance(ended, types.GrantEnded)
    assert settling(bakery, "grant.self_given") == []


def settling(bakery: Bakery, kind: str) -> list[Command | None]:
    rows = bakery.directory.review(bakery.organisation, by=bakery.owner, rows="warned")
    return [warning.settle for row in rows for warning in row.warnings if warning.kind == kind]


def test_a_command_is_run_in_a_batch_too(bakery: Bakery) -> None:
    rename = Command("rename_user", {"user": str(bakery.owner), "name": "Olivia"})
    bakery.directory.batch(lambda batch: batch.run(rename, by=HOST))
    assert bakery.directory.user(bakery.owner, by=HOST).name == "Olivia"


@pytest.mark.parametrize(
    "command",
    [
        Command("fly", {}),
        Command("rename_user", {}),
        Command("rename_user", {"user": "mbx_" + BODY, "name": "x"}),
        Command("leave", {"organisation": 5}),
    ],
    ids=["unknown", "without fields", "an id of another kind", "a number"],
)
def test_a_command_that_cannot_be_read_is_refused(bakery: Bakery, command: Command) -> None:
    with pytest.raises(Error) as refusal:
        bakery.directory.run(command, by=HOST)
    assert refusal.value.code in ("value.invalid", "id.invalid")
