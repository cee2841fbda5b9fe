"""How fast `may` and a person's login are from Python, beside others who answer the same.

`cargo xtask bench python` installs what it needs and runs it. 100 users, 100 mailboxes, 500 grants; the same thousand
questions go to everybody, half of them to be answered with yes, and everybody must answer the same. What can be
prepared is prepared: Cedar's policies and entities are parsed before, Casbin's fast enforcer has its index.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import argon2
import casbin
import cedarpy

from mailgrant import Batch, Directory, MailboxId, Right, System, UserId

USERS, MAILBOXES, GRANTS_EACH = 100, 100, 5
ROUNDS = 9
HOST = System("bench")

CASBIN_MODEL = """
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""

CEDAR_POLICY = """
permit (principal, action == Action::"send", resource is Mailbox)
when { principal in resource.senders };
"""


def granted(user: int) -> list[int]:
    """The mailboxes of a user, spread over all of them."""
    return [(user * 7 + place * 19) % MAILBOXES for place in range(GRANTS_EACH)]


GRANTS = [(user, mailbox) for user in range(USERS) for mailbox in granted(user)]

REFUSED = [(user, (mailbox + 1) % MAILBOXES) for user, mailbox in GRANTS]

QUESTIONS = [pair for both in zip(GRANTS, REFUSED, strict=True) for pair in both]
"""Who, and which mailbox."""

ANSWERS = [mailbox in granted(user) for user, mailbox in QUESTIONS]

Ask = Callable[[int, int], bool]


def of_mailgrant(url: str, *, view: bool) -> tuple[Directory, list[UserId], list[MailboxId]]:
    """The world through the commands that every host uses."""
    directory = Directory.open(url, view=view)

    def build(batch: Batch) -> tuple[list[UserId], list[MailboxId]]:
        users = [
            batch.register_user(f"person-{number}@people.example", "A person", "verified", by=HOST).user
            for number in range(USERS)
        ]
        organisation = batch.found_organisation("Bench", owner=users[0], by=HOST).organisation
        batch.add_domain(organisation, "bench.example", by=HOST)
        batch.verify_domain(organisation, "bench.example", by=HOST)
        for user in users[1:]:
            batch.add_member(organisation, user, "external", by=HOST)
        mailboxes = [
            batch.open_mailbox(organisation, f"box-{number}@bench.example", by=HOST) for number in range(MAILBOXES)
        ]
        for user, mailbox in GRANTS:
            batch.grant_access(mailboxes[mailbox], users[user], rights=["send"], by=HOST)
        return users, mailboxes

    return directory, *directory.batch(build)


def mailgrant_asks(url: str, closing: ExitStack, *, view: bool) -> Iterator[bool]:
    directory, users, mailboxes = of_mailgrant(url, view=view)
    closing.enter_context(directory)
    may, send = directory.may, Right.SEND
    pairs = [(users[user], mailboxes[mailbox]) for user, mailbox in QUESTIONS]
    return (may(user, send, mailbox).allowed for user, mailbox in cycle(pairs))


def casbin_asks(folder: Path) -> Iterator[bool]:
    model, policy = folder / "model.conf", folder / "policy.csv"
    model.write_text(CASBIN_MODEL)
    policy.write_text("\n".join(f"p, u{user}, m{mailbox}, send" for user, mailbox in GRANTS))
    enforcer = casbin.FastEnforcer(str(model), str(policy), cache_key_order=[0, 1])
    pairs = [(f"u{user}", f"m{mailbox}") for user, mailbox in QUESTIONS]
    return (enforcer.enforce(user, mailbox, "send") for user, mailbox in cycle(pairs))


def cedar_asks() -> Iterator[bool]:
    def uid(kind: str, name: str) -> dict[str, str]:
        return {"type": kind, "id": name}

    entities = [
        {
            "uid": uid("User", f"u{user}"),
            "attrs": {},
            "parents": [uid("Senders", f"m{mailbox}") for mailbox in granted(user)],
        }
        for user in range(USERS)
    ]
    for number in range(MAILBOXES):
        senders = {"__entity": uid("Senders", f"m{number}")}
        entities.append({"uid": uid("Mailbox", f"m{number}"), "attrs": {"senders": senders}, "parents": []})
        entities.append({"uid": uid("Senders", f"m{number}"), "attrs": {}, "parents": []})
    policies = cedarpy.PolicySet.from_str(CEDAR_POLICY)
    graph = cedarpy.Entities.from_json_str(json.dumps(entities))
    requests = [
        {
            "principal": uid("User", f"u{user}"),
            "action": uid("Action", "send"),
            "resource": uid("Mailbox", f"m{mailbox}"),
            "context": {},
        }
        for user, mailbox in QUESTIONS
    ]
    return (cedarpy.is_authorized(request, policies, graph).allowed for request in cycle(requests))


def measured(asks: Iterator[bool], times: int) -> tuple[float, float]:
    """The median and the best time of a question in nanoseconds, after all of them were answered rightly."""
    answers = [next(asks) for _ in QUESTIONS]
    assert answers == ANSWERS, "the answers differ"
    spans = timeit.repeat(lambda: next(asks), number=times, repeat=ROUNDS)
    each = [span / times * 1e9 for span in spans]
    return statistics.median(each), min(each)


def logins(closing: ExitStack) -> list[tuple[str, float, float]]:
    """A person's login at the same costs: m=19456 KiB, t=2, p=1."""
    password = "a long way to the bakery"
    directory = closing.enter_context(Directory.open("memory:"))
    directory.register_user("olivia@people.example", "Olivia", "verified", by=HOST, password=password)
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    phc = hasher.hash(password)
    asked = {
        "mailgrant: login_user": lambda: directory.login_user("olivia@people.example", password),
        "argon2-cffi: verify": lambda: hasher.verify(phc, password),
    }
    rows = []
    for name, ask in asked.items():
        spans = timeit.repeat(ask, number=10, repeat=ROUNDS)
        each = [span / 10 * 1e9 for span in spans]
        rows.append((name, statistics.median(each), min(each)))
    return rows


def shown(title: str, unit: str, scale: float, rows: list[tuple[str, float, float]]) -> None:
    print(f"\n{title}\n{'':34}{'median':>12}{'best':>12}")
    for name, median, best in rows:
        print(f"{name:34}{median / scale:>9.2f} {unit}{best / scale:>9.2f} {unit}")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        path = Path(folder)
        asked = [
            ("mailgrant, with the view", mailgrant_asks("memory:", closing, view=True), 50_000),
            ("mailgrant, rows in memory", mailgrant_asks("memory:", closing, view=False), 5_000),
            ("mailgrant, rows in SQLite", mailgrant_asks(f"sqlite:{path / 'mail.db'}", closing, view=False), 5_000),
            ("casbin: FastEnforcer", casbin_asks(path), 500),
            ("cedarpy: is_authorized", cedar_asks(), 2_000),
        ]
        rows = [(name, *measured(asks, times)) for name, asks, times in asked]
        shown("may somebody send from a mailbox: 100 users, 100 mailboxes, 500 grants", "µs", 1e3, rows)
        shown("a person's login: argon2id, m=19456, t=2, p=1", "ms", 1e6, logins(closing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
