"""What people call things, and the ids behind it: there and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mailgrant import (
    Bearer,
    Conflict,
    DeviceId,
    Directory,
    Error,
    Invalid,
    InvitationId,
    MailboxId,
    NotFound,
    OrganisationId,
    System,
    UserId,
)
from mailgrant.types import Mailbox, Person, ReachingDevice, User

from .known import organisations

T = TypeVar("T")

ID = re.compile(r"[a-z]{3}_[0-9a-z]*")


def is_id(text: str) -> bool:
    """Whether it is written like an id of some kind: the kinds themselves say whether it is one of theirs."""
    return ID.fullmatch(text) is not None


class Names:
    """What everything is called in a directory, as far as whoever asks may see it. An id does everywhere."""

    def __init__(self, directory: Directory, by: UserId | System) -> None:
        self.directory = directory
        self.by = by
        self._told: dict[object, str] = {}

    # From what people say to an id.

    def user(self, login: str) -> UserId:
        """A person, by the address they sign in with."""
        if is_id(login):
            return UserId(login)
        return self._found(login, lambda: self.directory.user_by_login(login, by=self.by).id)

    def mailbox(self, address: str) -> MailboxId:
        """A mailbox, by its address or an alias's."""
        return MailboxId(address) if is_id(address) else self.mailbox_at(address).id

    def mailbox_at(self, address: str) -> Mailbox:
        """A mailbox itself."""
        if is_id(address):
            mailbox = MailboxId(address)
            return self.directory.mailbox(mailbox, by=self.by)
        return self._found(address, lambda: self.directory.mailbox_by_address(address, by=self.by))

    def organisation(self, name: str) -> OrganisationId:
        """An organisation, by a verified domain of it, or by its name."""
        if is_id(name):
            return OrganisationId(name)
        try:
            return self.directory.organisation_by_domain(name, by=self.by).id
        except (NotFound, Invalid):
            return self._called(name)

    def organisation_of(self, address: str) -> OrganisationId:
        """The organisation that an address belongs to, by its domain."""
        domain = address.rpartition("@")[2]
        try:
            return self.directory.organisation_by_domain(domain, by=self.by).id
        except NotFound as error:
            message = (
                f"no organisation here has verified `{domain[:80]}`, or you may not see it: "
                "`mailgrant domain add` and `mailgrant domain verify` come first"
            )
            raise NotFound(message, code=error.code) from None

    def device(self, text: str) -> DeviceId:
        """A device, by its id, or as `ADDRESS/LABEL`."""
        if is_id(text):
            return DeviceId(text)
        address, slash, label = _split(text)
        if not slash:
            message = f"`{text[:80]}` names no device: write its dev_… id, or contact@example.ch/LABEL"
            raise Invalid(message, code="device.not_found")
        found = [
            row.who.id
            for row in self.directory.access(self.mailbox(address), by=self.by)
            if isinstance(row.who, ReachingDevice) and row.who.label == label
        ]
        return _only(found, "device", f"no device `{label[:80]}` reaches `{address[:80]}`")

    def invitation(self, text: str, organisation: str | None) -> InvitationId:
        """An invitation, by its id, or by the invited address in an organisation."""
        if is_id(text):
            return InvitationId(text)
        of = self.organisation_of(text) if organisation is None else self.organisation(organisation)
        found = [
            one.id
            for one in self.directory.invitations(of, by=self.by)
            if one.state == "pending" and one.address.casefold() == text.casefold()
        ]
        return _only(found, "invitation", f"no pending invitation to `{text[:80]}`")

    def _called(self, name: str) -> OrganisationId:
        found: list[OrganisationId] = [
            one.id for one in self._organisations() if one.name.casefold() == name.casefold()
        ]
        missing = f"no organisation is called `{name[:80]}` or has verified a domain of that name"
        return _only(found, "organisation", f"{missing}, or you may not see it")

    def _organisations(self) -> Iterable[Any]:
        """Those that whoever asks may see: with an `id` and a `name`."""
        if isinstance(self.by, UserId):
            return self.directory.reach(self.by, by=self.by).organisations
        return organisations(self.directory)

    def _found(self, text: str, ask: Callable[[], T]) -> T:
        """What the directory answers, or its refusal with what was looked for."""
        try:
            return ask()
        except NotFound as error:
            raise NotFound(f"`{text[:80]}`: {error}", code=error.code, details=error.details) from None

    # From an id to what people say.

    def call(self, who: object) -> str:
        """What anything is called: a person by name and login, a mailbox by its address, and so on."""
        if who not in self._told:
            try:
                self._told[who] = self._name(who)
            except Error:
                self._told[who] = str(who)
        return self._told[who]

    def short(self, who: object) -> str:
        """As `call`, of people the name alone."""
        return self.call(who).partition(" <")[0]

    def _name(self, who: object) -> str:
        ask, by = self.directory, self.by
        match who:
            case UserId():
                name = full(ask.user(who, by=by))
            case MailboxId():
                name = ask.mailbox(who, by=by).address
            case OrganisationId():
                name = ask.organisation(who, by=by).name
            case DeviceId():
                name = ask.device(who, by=by).label
            case InvitationId():
                name = f"the invitation of {ask.invitation(who, by=by).address}"
            case System():
                name = f"the host ({who.name})"
            case Bearer():
                name = "whoever held the token"
            case _:
                name = str(who)
        return name

    def learn(self, *people: Person | User) -> None:
        """Remember what people are called, so that nobody needs to be asked again."""
        for person in people:
            self._told[person.id] = full(person)


def full(person: Person | User) -> str:
    """A person by name and login."""
    return f"{person.name} <{person.login.address}>"


def _split(text: str) -> tuple[str, str, str]:
    """An address and what follows the first slash after its @: a local part may hold slashes."""
    local, at, rest = text.partition("@")
    domain, slash, label = rest.partition("/")
    return f"{local}{at}{domain}", slash, label


def _only(found: list[T], kind: str, missing: str) -> T:
    """The one thing that was found."""
    if not found:
        raise NotFound(missing, code=f"{kind}.not_found")
    if len(found) > 1:
        ids = [str(each) for each in found]
        message = f"{len(found)} are called so: say which by its id, {', '.join(ids[:5])}"
        raise Conflict(message, code=f"{kind}.ambiguous", details={"ids": ids})
    return found[0]
