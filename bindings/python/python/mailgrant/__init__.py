"""Who may use which e-mail address, and how.

Mailboxes have no password: a person gets to one through a *grant*, a mail program through the *device password* that is
its own, shown once and withdrawn alone. Begin with `Directory.open`::

    from mailgrant import Directory, System

    with Directory.open("sqlite:mail.db") as directory:
        panel = System("panel")
        olivia = directory.register_user("olivia@home.example", "Olivia", "verified", by=panel).user
        bakery = directory.found_organisation("Bakery", by=olivia).organisation
        directory.add_domain(bakery, "bakery.example", by=olivia)
        directory.verify_domain(bakery, "bakery.example", by=panel)
        contact = directory.open_mailbox(bakery, "contact@bakery.example", by=olivia)
        directory.grant_access(contact, olivia, by=olivia)
        phone = directory.add_device(contact, "phone", ["imap", "smtp"], by=olivia)
        print(phone.password.reveal())

What is answered, and the words for it, are in `mailgrant.types`; what is raised in `mailgrant.errors`.
"""

from importlib.metadata import version as _version

from mailgrant import types
from mailgrant._happened import Command, Entry, Event, Plan
from mailgrant._native import (
    Bearer,
    ChangeId,
    DeviceId,
    DevicePassword,
    DeviceSession,
    InvitationId,
    MailboxId,
    OrganisationId,
    Replica,
    System,
    Token,
    UserId,
    UserSession,
    Verdict,
    canonical_address,
)
from mailgrant._paging import Listing, Page
from mailgrant.access_map import AccessMap
from mailgrant.clock import ManualClock
from mailgrant.directory import Batch, Directory, Preview
from mailgrant.errors import (
    Conflict,
    Corrupt,
    Denied,
    Error,
    Invalid,
    Limit,
    LoginRefused,
    NotFound,
    Unavailable,
)
from mailgrant.opening import HashCosts, ViewOptions, ViewState
from mailgrant.types import (
    Actor,
    Bounds,
    HeldDevices,
    Myself,
    Nobody,
    Obstacle,
    Offer,
    Policy,
    Promise,
    Protocol,
    Right,
    Role,
    Services,
)

__version__ = _version("mailgrant")

__all__ = [
    "AccessMap",
    "Actor",
    "Batch",
    "Bearer",
    "Bounds",
    "ChangeId",
    "Command",
    "Conflict",
    "Corrupt",
    "Denied",
    "DeviceId",
    "DevicePassword",
    "DeviceSession",
    "Directory",
    "Entry",
    "Error",
    "Event",
    "HashCosts",
    "HeldDevices",
    "Invalid",
    "InvitationId",
    "Limit",
    "Listing",
    "LoginRefused",
    "MailboxId",
    "ManualClock",
    "Myself",
    "Nobody",
    "NotFound",
    "Obstacle",
    "Offer",
    "OrganisationId",
    "Page",
    "Plan",
    "Policy",
    "Preview",
    "Promise",
    "Protocol",
    "Replica",
    "Right",
    "Role",
    "Services",
    "System",
    "Token",
    "Unavailable",
    "UserId",
    "UserSession",
    "Verdict",
    "ViewOptions",
    "ViewState",
    "canonical_address",
    "types",
]
