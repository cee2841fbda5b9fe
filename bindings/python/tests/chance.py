"""What a random life is made of: few names of each kind, so that they meet."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from bakery import DAY, HOST

from mailgrant import (
    Bearer,
    Bounds,
    DeviceId,
    InvitationId,
    MailboxId,
    Myself,
    Nobody,
    Offer,
    OrganisationId,
    Policy,
    Promise,
    Protocol,
    Right,
    Role,
    System,
    UserId,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

T = TypeVar("T")

DOMAINS = ["bakery.example", "club.example", "bäckerei.example", "shop.example"]
LOCALS = ["contact", "Hello", "info", "sales", "info+cakes", "postmaster", "käse", "hеllo", "usr_abcdefghijk"]  # noqa: RUF001 -- a look-alike
ADDRESSES = [f"{local}@{domain}" for domain in DOMAINS for local in LOCALS]
LOGINS = [f"{name}@home.example" for name in ("olivia", "ada", "Bruno", "eve")] + ADDRESSES[:2]
NAMES = ["Olivia Moser", "Ada", "Büro", "x" * 60, "👩\u200d🍳", ""]
PASSWORDS = ["flour at half past four", "zebu ocarina thimble fjord", "quokka vesper plinth umbra", "short"]
PHC = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObGRdescudvJCs"
SOURCES = ["198.51.100.7", "203.0.113.25", "2001:db8::7", None]
NETWORKS = ["203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32"]
EVENTS = ["grant.given", "mailbox.opened", "device.added", "user.registered"]
SERVICES = ["mail", "sites", "domains", "billing", "other:payroll"]
GRANTABLE = [right for right in Right if right is not Right.READ]

UNKNOWN = (
    UserId("usr_00000000000000000000000000"),
    OrganisationId("org_00000000000000000000000000"),
    MailboxId("mbx_00000000000000000000000000"),
    DeviceId("dev_00000000000000000000000000"),
    InvitationId("inv_00000000000000000000000000"),
)
NO_USER, NO_ORGANISATION, NO_MAILBOX, NO_DEVICE, NO_INVITATION = UNKNOWN

WORDS: dict[str, list[Any]] = {
    f"{name}Like": list(of) for name, of in vars(types).items() if isinstance(of, type) and issubclass(of, Enum)
}


@dataclass(frozen=True)
class Parameter:
    """An argument of a method."""

    name: str
    annotation: str
    optional: bool


def parameters(of: type, name: str) -> list[Parameter]:
    """Give the arguments of a method that say what is asked or done."""
    told = list(inspect.signature(getattr(of, name)).parameters.values())[1:]
    return [
        Parameter(each.name, str(each.annotation), each.default is not inspect.Parameter.empty)
        for each in told
        if each.name not in ("by", "request", "after", "limit")
    ]


class Pair:
    """A secret that each of the two sides made for itself."""

    def __init__(self, mine: str, theirs: str) -> None:
        self.mine = mine
        self.theirs = theirs

    def __repr__(self) -> str:
        return "Pair(***)"


@dataclass
class Known:
    """What there is by now, and may be named."""

    users: list[UserId] = field(default_factory=list)
    organisations: list[OrganisationId] = field(default_factory=list)
    mailboxes: list[MailboxId] = field(default_factory=list)
    devices: list[DeviceId] = field(default_factory=list)
    invitations: list[InvitationId] = field(default_factory=list)
    tokens: list[Pair] = field(default_factory=lambda: [Pair("no token", "no token")])
    passwords: list[tuple[DeviceId, Pair]] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)


class Chance:
    """Draws who does what to whom."""

    def __init__(self, random: Random, known: Known, now: datetime) -> None:
        self.random = random
        self.known = known
        self.now = now
        # What somebody does is mostly about one organisation, so that it goes through now and then.
        self.focus = random.choice([0, 0, 0, 1])

    def one(self, of: Sequence[T]) -> T:
        """Draw one of several."""
        return self.random.choice(of)

    def some(self, of: Sequence[T], most: int = 3) -> list[T]:
        """Draw some of several."""
        return self.random.sample(of, self.random.randint(0, min(most, len(of))))

    def mostly(self, usual: Sequence[T], otherwise: Sequence[T]) -> T:
        """Draw what is usual, but not always."""
        return self.one(usual if usual and self.random.random() < 0.8 else otherwise)

    def actor(self) -> UserId | System | Bearer:
        """Draw who acts."""
        users = self.known.users
        usual: list[UserId | System | Bearer] = [*users[self.focus : self.focus + 1] * 2, HOST]
        otherwise: list[UserId | System | Bearer] = [*users, NO_USER, Bearer()]
        return self.mostly(usual, otherwise)

    def moment(self) -> datetime:
        """Draw an instant."""
        return self.now + self.one([-DAY, timedelta(hours=1), 2 * DAY, 60 * DAY])

    def sometimes(self, value: T) -> T | None:
        """Give it or nothing."""
        return self.one([value, None])

    def services(self) -> dict[str, types.Level]:
        return {name: self.one(list(types.Level)) for name in self.some(SERVICES, 2)}

    def promise(self) -> Promise:
        mailbox = self.one([*self.known.mailboxes, NO_MAILBOX])
        return Promise(mailbox, frozenset(self.some(GRANTABLE)), self.sometimes(self.moment()))

    def argument(self, of: str, parameter: Parameter) -> Any:
        """Draw an argument of a method."""
        annotation = parameter.annotation
        if annotation.endswith(" | None"):
            if self.random.random() < 0.3:
                return None
            annotation = annotation.removesuffix(" | None")
        if annotation in WORDS:
            return self.one(WORDS[annotation])
        if annotation == "str":
            return self.text(of, parameter.name)
        return getattr(self, BY_TYPE[annotation])()

    def text(self, of: str, name: str) -> Any:
        if name in ("domain", "of") or (name == "name" and "domain" in of):
            return self.mostly(DOMAINS[self.focus :: 2], DOMAINS)
        if name in ("address", "sender"):
            domain = self.mostly(DOMAINS[self.focus : self.focus + 1], DOMAINS)
            return f"{self.one(LOCALS)}@{domain}"
        known: dict[str, list[Any]] = {
            "login": LOGINS,
            "password": PASSWORDS,
            "new": PASSWORDS,
            "current": PASSWORDS,
            "token": self.known.tokens[-6:],
            "phc": [PHC],
        }
        return self.one(known.get(name, NAMES))

    def user(self) -> UserId:
        return self.one([*self.known.users, *self.known.users, NO_USER])

    def organisation(self) -> OrganisationId:
        of = self.known.organisations
        return self.mostly(of[self.focus : self.focus + 1], [*of, NO_ORGANISATION])

    def mailbox(self) -> MailboxId:
        of = self.known.mailboxes
        return self.mostly([*of[self.focus : self.focus + 1], *of[2:]], [*of, NO_MAILBOX])

    def device(self) -> DeviceId:
        return self.mostly(self.known.devices, [NO_DEVICE])

    def invitation(self) -> InvitationId:
        return self.mostly(self.known.invitations, [NO_INVITATION])

    def sender(self) -> UserId | DeviceId:
        of: list[UserId | DeviceId] = [*self.known.users, *self.known.devices]
        return self.one(of)

    def about(self) -> Any:
        it = self.known
        return self.one([*it.users, *it.organisations, *it.mailboxes, *it.devices, *it.invitations, *DOMAINS])

    def span(self) -> timedelta:
        return self.one([timedelta(0), timedelta(hours=1), timedelta(days=31)])

    def rights(self) -> list[Right]:
        return self.some(GRANTABLE, 8)

    def protocols(self) -> list[Protocol]:
        return self.some(list(Protocol))

    def networks(self) -> list[str]:
        return self.some(NETWORKS, 2)

    def kinds(self) -> list[str]:
        return self.some(EVENTS, 2)

    def holder(self) -> types.Holder:
        usual: list[types.Holder] = [Myself(), Nobody(None)]
        otherwise: list[types.Holder] = [Nobody("the firm"), self.user()]
        return self.mostly(usual, otherwise)

    def bounds(self) -> Bounds:
        return Bounds(frozenset(self.protocols()), None, self.sometimes(self.moment()))

    def policy(self) -> Policy:
        return Policy(
            frozenset(self.rights()),
            self.one([1, 2, 100]),
            self.one([1, 7]),
            self.one([0, 30]),
            self.one([None, "+", "-"]),
            self.one([0, 1, 20]),
            self.one(list(types.SharingInvites)),
        )

    def offer(self) -> Offer:
        role = self.one(list(Role))
        services = {} if role is Role.EXTERNAL and self.random.random() < 0.9 else self.services()
        return Offer(role, services, tuple(self.promise() for _ in range(self.random.randint(0, 2))))


BY_TYPE = {
    "UserId": "user",
    "OrganisationId": "organisation",
    "MailboxId": "mailbox",
    "DeviceId": "device",
    "InvitationId": "invitation",
    "Sender": "sender",
    "About": "about",
    "Actor": "actor",
    "datetime": "moment",
    "timedelta": "span",
    "Iterable[RightLike]": "rights",
    "Iterable[ProtocolLike]": "protocols",
    "Iterable[Network | str]": "networks",
    "Iterable[str]": "kinds",
    "Mapping[str, LevelLike]": "services",
    "Holder": "holder",
    "Bounds": "bounds",
    "Policy": "policy",
    "Offer": "offer",
}
