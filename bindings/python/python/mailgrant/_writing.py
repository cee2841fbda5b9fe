# Written by `cargo xtask generate` from the core's own tables. Change those instead.
"""From Python's types to the core's JSON, refusing what is of another type."""

from mailgrant import _write as write
from mailgrant import types
from mailgrant._native import DeviceId, InvitationId, MailboxId, OrganisationId, UserId


def write_about(name: str, value: object) -> object:
    if isinstance(value, UserId):
        return {"user": write.ident(UserId, name, value)}
    if isinstance(value, MailboxId):
        return {"mailbox": write.ident(MailboxId, name, value)}
    if isinstance(value, DeviceId):
        return {"device": write.ident(DeviceId, name, value)}
    if isinstance(value, str):
        return {"domain": write.domain(name, value)}
    if isinstance(value, InvitationId):
        return {"invitation": write.ident(InvitationId, name, value)}
    if isinstance(value, OrganisationId):
        return {"organisation": write.ident(OrganisationId, name, value)}
    raise write.unexpected(name, "UserId, MailboxId, DeviceId, str, InvitationId, OrganisationId", value)


def write_bounds(name: str, value: object) -> object:
    of = write.instance(types.Bounds, name, value)
    return {
        "protocols": write.words(types.Protocol, "protocols", of.protocols),
        "networks": None if of.networks is None else [write.network("networks", each) for each in write.items("networks", of.networks)],
        "expires": None if of.expires is None else write.instant("expires", of.expires),
    }


def write_for(name: str, value: object) -> object:
    if isinstance(value, types.Myself):
        return "myself"
    if isinstance(value, UserId):
        return {"user": write.ident(UserId, name, value)}
    if isinstance(value, types.Nobody):
        return {"nobody": {"handed_to": None if value.handed_to is None else write.text("handed_to", value.handed_to)}}
    raise write.unexpected(name, "Myself, UserId, Nobody", value)


def write_history_filter(name: str, value: object) -> object:
    of = write.instance(types.HistoryFilter, name, value)
    return {
        "about": None if of.about is None else write_about("about", of.about),
        "by": None if of.by is None else write.actor("by", of.by),
        "kinds": [write.text("kinds", each) for each in write.items("kinds", of.kinds)],
        "since": None if of.since is None else write.instant("since", of.since),
        "until": None if of.until is None else write.instant("until", of.until),
        "order": write.word(types.Order, "order", of.order),
    }


def write_offer(name: str, value: object) -> object:
    of = write.instance(types.Offer, name, value)
    return {
        "role": write.word(types.Role, "role", of.role),
        "services": write.services("services", of.services),
        "mailboxes": [write_promise("mailboxes", each) for each in write.items("mailboxes", of.mailboxes)],
    }


def write_policy(name: str, value: object) -> object:
    of = write.instance(types.Policy, name, value)
    return {
        "mailbox_rights": write.words(types.Right, "mailbox_rights", of.mailbox_rights),
        "devices_per_mailbox": write.number("devices_per_mailbox", of.devices_per_mailbox),
        "invitation_days": write.number("invitation_days", of.invitation_days),
        "quarantine_days": write.number("quarantine_days", of.quarantine_days),
        "separator": None if of.separator is None else write.text("separator", of.separator),
        "aliases_by_grant": write.number("aliases_by_grant", of.aliases_by_grant),
        "sharing_invites": write.word(types.SharingInvites, "sharing_invites", of.sharing_invites),
    }


def write_promise(name: str, value: object) -> object:
    of = write.instance(types.Promise, name, value)
    return {
        "mailbox": write.ident(MailboxId, "mailbox", of.mailbox),
        "rights": write.words(types.Right, "rights", of.rights),
        "expires": None if of.expires is None else write.instant("expires", of.expires),
    }
