"""Replays a history of real organisations through the Python package, and compares what the directory says of its own
past with what is known to be true; then draws one organisation at two dates.

    python examples/python/roster.py --maps maps

The history is `examples/data/roster/history.jsonl`; its README says what the lines mean and where they come from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailgrant import Conflict, Directory, MailboxId, ManualClock, NotFound, OrganisationId, System, UserId
from mailgrant.types import Person, Reclaim, Right, Role

DATA = Path(__file__).resolve().parent.parent / "data" / "roster"

HOST = System("roster")

EVERYTHING = frozenset(Right) - {Right.READ}
"""What a maintainer may; reading is implied."""

ROLES = {"admin": Role.OWNER, "member": Role.COLLABORATOR}

RIGHTS = {"maintainer": EVERYTHING, "member": None}
"""`None`: the organisation's default rights."""


class Replay:
    """A directory, and which id goes by which name at the time."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(datetime(1970, 1, 1, tzinfo=UTC))
        self.directory = Directory.open(url, clock=self.clock)
        self.people: dict[str, UserId] = {}
        self.organisations: dict[str, OrganisationId] = {}
        self.mailboxes: dict[tuple[str, str], MailboxId] = {}
        self.changes = 0

    def play(self, line: dict[str, Any]) -> None:
        """Carries out one line of the history, at its time."""
        self.clock.set(datetime.fromtimestamp(line["at"], UTC))
        getattr(self, line["op"])(**{name: value for name, value in line.items() if name not in ("at", "op")})
        self.changes += 1

    def open_organisation(self, org: str, owner: str) -> None:
        founder = self.person(owner)
        organisation = self.directory.found_organisation(org, by=founder).organisation
        self.directory.add_domain(organisation, f"{org}.example", by=founder)
        self.directory.verify_domain(organisation, f"{org}.example", by=HOST)
        self.organisations[org] = organisation

    def delete_organisation(self, org: str) -> None:
        self.directory.delete_organisation(self.organisations[org], by=HOST)

    def add_member(self, org: str, person: str, role: str) -> None:
        self.directory.add_member(self.organisations[org], self.person(person), ROLES[role], by=HOST)

    def set_role(self, org: str, person: str, role: str) -> None:
        self.directory.set_role(self.organisations[org], self.person(person), ROLES[role], by=HOST)

    def remove_member(self, org: str, person: str) -> None:
        self.directory.remove_member(self.organisations[org], self.person(person), by=HOST)

    def open_mailbox(self, org: str, mailbox: str) -> None:
        organisation, address = self.organisations[org], f"{mailbox}@{org}.example"
        try:
            opened = self.directory.open_mailbox(organisation, address, by=HOST)
        except Conflict as error:
            if error.code != "address.quarantined":
                raise
            # Freed lately, and taken again expressly.
            opened = self.directory.open_mailbox(organisation, address, by=HOST, reclaim=Reclaim.YES)
        self.mailboxes[org, mailbox] = opened

    def delete_mailbox(self, org: str, mailbox: str) -> None:
        self.directory.delete_mailbox(self.mailboxes.pop((org, mailbox)), by=HOST)

    def add_alias(self, org: str, mailbox: str, alias: str) -> None:
        of, address = self.mailboxes[org, mailbox], f"{alias}@{org}.example"
        try:
            self.directory.add_alias(of, address, by=HOST)
        except Conflict as error:
            if error.code != "address.quarantined":
                raise
            self.directory.add_alias(of, address, by=HOST, reclaim=Reclaim.YES)

    def remove_alias(self, org: str, mailbox: str, alias: str) -> None:
        self.directory.remove_alias(self.mailboxes[org, mailbox], f"{alias}@{org}.example", by=HOST)

    def grant(self, org: str, mailbox: str, person: str, level: str) -> None:
        user = self.person(person)
        self.directory.grant_access(self.mailboxes[org, mailbox], user, rights=RIGHTS[level], by=HOST)

    def change_grant(self, org: str, mailbox: str, person: str, level: str) -> None:
        policy = self.directory.organisation(self.organisations[org], by=HOST).policy
        rights = RIGHTS[level] or policy.mailbox_rights
        self.directory.change_grant(self.mailboxes[org, mailbox], self.person(person), rights, by=HOST)

    def revoke(self, org: str, mailbox: str, person: str) -> None:
        self.directory.revoke_grant(self.mailboxes[org, mailbox], self.person(person), "revoke", by=HOST)

    def person(self, name: str) -> UserId:
        """A person, who is registered when they first appear."""
        if name not in self.people:
            registered = self.directory.register_user(f"{name}@people.example", name, "verified", by=HOST)
            self.people[name] = registered.user
        return self.people[name]

    def state(self, instant: datetime) -> dict[str, Any]:
        """How all organisations stood at an instant, as their own past tells it."""
        return dict(self._states(instant))

    def _states(self, instant: datetime) -> Iterator[tuple[str, Any]]:
        for org, organisation in self.organisations.items():
            try:
                then = self.directory.at(organisation, instant, by=HOST)
            except NotFound:
                continue  # not yet, or no more
            yield org, state_of(then, organisation)


def state_of(then: Directory, organisation: OrganisationId) -> dict[str, Any]:
    """An organisation as `states.json` has it, asked as any host asks."""
    members = list(then.members(organisation, by=HOST, limit=1000))
    owners = {member.person.name for member in members if member.role is Role.OWNER}
    mailboxes = {}
    for mailbox in then.mailboxes(organisation, by=HOST, limit=1000):
        reached = then.access(mailbox.id, by=HOST, limit=1000)
        rights = {entry.who.name: entry.rights for entry in reached if isinstance(entry.who, Person)}
        maintainers = {name for name, given in rights.items() if given >= EVERYTHING}
        mailboxes[local(mailbox.address)] = {
            "maintainers": sorted(maintainers),
            "members": sorted(rights.keys() - maintainers),
            "previously": sorted(local(alias.address) for alias in then.aliases_of(mailbox.id, by=HOST)),
        }
    names = {member.person.name for member in members}
    return {"admins": sorted(owners), "members": sorted(names - owners), "mailboxes": mailboxes}


def local(address: str) -> str:
    return address.rpartition("@")[0]


def draw(replay: Replay, org: str, dates: list[datetime], folder: Path) -> None:
    """Who reached which mailbox at these dates, as pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    organisation = replay.organisations[org]
    for date in dates:
        with replay.directory.at(organisation, date, by=HOST) as then:
            picture = folder / f"{org}-{date:%Y-%m-%d}.svg"
            drawn = then.access_map(organisation, by=HOST)
            picture.write_text(drawn.to_svg(), encoding="utf-8")
            print(f"drawn {picture.name}: {drawn!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--store", default="memory:", help="where to: `memory:` or `sqlite:` and a new file")
    parser.add_argument("--maps", type=Path, metavar="FOLDER", help="where the two pictures go")
    parser.add_argument("--org", default="kubernetes-client", help="of which organisation they are")
    arguments = parser.parse_args()

    replay = Replay(arguments.store)
    with replay.directory, (DATA / "history.jsonl").open(encoding="utf-8") as history:
        for line in history:
            replay.play(json.loads(line))
        organisations, people = len(replay.organisations), len(replay.people)
        print(f"replayed {replay.changes} changes of {organisations} organisations and {people} people")
        states = json.loads((DATA / "states.json").read_text(encoding="utf-8"))
        instants = [datetime.fromtimestamp(int(seconds), UTC) for seconds in states]
        replay.clock.set(max(replay.clock.now(), *instants))
        wrong = 0
        for instant, (_, true) in zip(instants, states.items(), strict=True):
            same = replay.state(instant) == true
            wrong += not same
            mailboxes = sum(len(org["mailboxes"]) for org in true.values())
            said = "as it was" if same else "WRONG"
            print(f"{instant:%Y-%m-%d %H:%M}: {len(true)} organisations, {mailboxes} mailboxes: {said}")
        if arguments.maps is not None:
            draw(replay, arguments.org, [instants[1], instants[-1]], arguments.maps)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
