"""The small world that most tests live in: a bakery, its owner, her assistant, one mailbox and a phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mailgrant import Directory, HashCosts, ManualClock, System

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mailgrant import DeviceId, MailboxId, OrganisationId, UserId

HOST = System("panel")
START = datetime(2026, 3, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)

CHEAP = HashCosts(memory_kib=8, iterations=1, parallelism=1)
"""What a guess costs in tests: next to nothing."""

PASSWORD = "flour at half past four"
"""The password of whoever has one."""

KINDS = ("memory", "memory with a view", "sqlite", "sqlite with a view")
"""Where a directory may be kept, and what may answer from it."""


@dataclass(frozen=True)
class Bakery:
    """The world, and how to speak of what is in it."""

    directory: Directory
    clock: ManualClock
    organisation: OrganisationId
    owner: UserId
    assistant: UserId
    contact: MailboxId
    phone: DeviceId
    phone_password: str
    path: Path | None = None


def open_directory(
    clock: ManualClock | None = None, *, path: Path | None = None, view: bool = False, legacy: bool = False
) -> Directory:
    """Open a directory on a file, or in memory."""
    url = "memory:" if path is None else f"sqlite:{path}"
    return Directory.open(url, clock=clock, view=view, hash_costs=CHEAP, legacy_passwords=legacy)


def found(directory: Directory, owner: UserId, name: str, domain: str) -> OrganisationId:
    """Found an organisation with a domain that is verified."""
    organisation = directory.found_organisation(name, by=owner).organisation
    directory.add_domain(organisation, domain, by=owner)
    directory.verify_domain(organisation, domain, by=HOST)
    return organisation


def register(directory: Directory, login: str, name: str, password: str | None = None) -> UserId:
    """Register a person whose login is proved."""
    return directory.register_user(login, name, "verified", by=HOST, password=password).user


def open_bakery(directory: Directory, clock: ManualClock, path: Path | None = None) -> Bakery:
    """Settle the bakery in an empty directory."""
    owner = register(directory, "olivia@home.example", "Olivia Moser", PASSWORD)
    assistant = register(directory, "ada@home.example", "Ada Lind")
    organisation = found(directory, owner, "Moser Bakery", "bakery.example")
    directory.add_member(organisation, assistant, "external", by=HOST)
    contact = directory.open_mailbox(organisation, "contact@bakery.example", by=owner, name="Moser Bakery")
    directory.grant_access(contact, assistant, by=owner)
    phone = directory.add_device(contact, "Ada's phone", ["imap", "smtp"], by=assistant)
    return Bakery(
        directory,
        clock,
        organisation,
        owner,
        assistant,
        contact,
        phone.id,
        phone.password.reveal(),
        path,
    )


def refused(call: Callable[[], object]) -> BaseException:
    """Give what a call raises; it is to raise something."""
    try:
        answer = call()
    except Exception as error:
        return error
    raise AssertionError(f"it was not refused: {answer!r}")
