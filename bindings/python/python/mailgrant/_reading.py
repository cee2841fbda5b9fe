# Written by `cargo xtask generate` from the core's own tables. Change those instead.
"""From the core's JSON to Python's types."""

from typing import Any

from mailgrant import types
from mailgrant._native import (
    ChangeId,
    DeviceId,
    DevicePassword,
    InvitationId,
    MailboxId,
    OrganisationId,
    Token,
    UserId,
)
from mailgrant._read import EVENT_READERS, actor, command, entry, imposed, instant, ip, network, optional, page, services, words


def read_about(raw: Any) -> types.About:
    [(word, raw)] = raw.items()
    match word:
        case "user":
            return UserId(raw)
        case "mailbox":
            return MailboxId(raw)
        case "device":
            return DeviceId(raw)
        case "domain":
            return str(raw)
        case "invitation":
            return InvitationId(raw)
        case "organisation":
            return OrganisationId(raw)
    raise AssertionError(f"`{word}` is no About that is known here")


def read_accepted(raw: Any) -> types.Accepted:
    return types.Accepted(
        UserId(raw["user"]),
        OrganisationId(raw["organisation"]),
        tuple(MailboxId(each) for each in raw["mailboxes"]),
        tuple(MailboxId(each) for each in raw["left_out"]),
        tuple(MailboxId(each) for each in raw["unchanged"]),
        tuple(types.LoginWarning(each) for each in raw["warnings"]),
    )


def read_access(raw: Any) -> types.Access:
    return types.Access(
        read_reacher(raw["who"]),
        types.Through(raw["through"]),
        words(types.Right, raw["rights"]),
        instant(raw["since"]),
        actor(raw["by"]),
        None if raw["until"] is None else instant(raw["until"]),
        None if raw["last_used"] is None else read_last_use(raw["last_used"]),
        raw["blocked"],
    )


def read_access_ended(raw: Any) -> types.AccessEnded:
    return types.AccessEnded(
        MailboxId(raw["mailbox"]),
        raw["address"],
        UserId(raw["user"]),
    )


def read_alias(raw: Any) -> types.Alias:
    return types.Alias(
        OrganisationId(raw["organisation"]),
        MailboxId(raw["mailbox"]),
        raw["address"],
        types.AliasSending(raw["sending"]),
        instant(raw["added_at"]),
    )


def read_alias_removed(raw: Any) -> types.AliasRemoved:
    return types.AliasRemoved(
        None if raw["quarantined_until"] is None else instant(raw["quarantined_until"]),
    )


def read_blast_radius(raw: Any) -> types.BlastRadius:
    return types.BlastRadius(
        DeviceId(raw["device"]),
        raw["label"],
        read_device_state(raw["state"]),
        MailboxId(raw["mailbox"]),
        raw["address"],
        raw["opens"],
        tuple(read_open_protocol(each) for each in raw["protocols"]),
        None if raw["networks"] is None else tuple(network(each) for each in raw["networks"]),
        tuple(read_live_secret(each) for each in raw["secrets"]),
        None if raw["until"] is None else instant(raw["until"]),
        None if raw["holder"] is None else read_person(raw["holder"]),
        raw["handed_to"],
        tuple(UserId(each) for each in raw["known_to"]),
        page(raw["senders"], str),
        raw["separator"],
    )


def read_bounds(raw: Any) -> types.Bounds:
    return types.Bounds(
        words(types.Protocol, raw["protocols"]),
        None if raw["networks"] is None else tuple(network(each) for each in raw["networks"]),
        None if raw["expires"] is None else instant(raw["expires"]),
    )


def read_chain_link(raw: Any) -> types.ChainLink:
    return types.ChainLink(
        types.Link(raw["link"]),
        None if raw["obstacle"] is None else types.Obstacle(raw["obstacle"]),
    )


def read_changes(raw: Any) -> types.Changes:
    return types.Changes(
        tuple(entry(each) for each in raw["entries"]),
        raw["next"],
    )


def read_compared(raw: Any) -> types.Compared:
    [(word, raw)] = raw.items()
    match word:
        case "member":
            return read_person(raw)
        case "person":
            return types.ComparedPerson(
                MailboxId(raw["mailbox"]),
                raw["address"],
                read_person(raw["person"]),
            )
        case "device":
            return types.ComparedDevice(
                MailboxId(raw["mailbox"]),
                raw["address"],
                DeviceId(raw["device"]),
                raw["label"],
            )
    raise AssertionError(f"`{word}` is no Compared that is known here")


def read_confirmation_issued(raw: Any, secret: Token) -> types.ConfirmationIssued:
    return types.ConfirmationIssued(
        secret,
        raw["send_to"],
    )


def read_confirmed(raw: Any) -> types.Confirmed:
    return types.Confirmed(
        UserId(raw["user"]),
        types.AddressKind(raw["kind"]),
        raw["address"],
    )


def read_contact(raw: Any) -> types.Contact:
    return types.Contact(
        raw["address"],
        types.Proof(raw["proof"]),
    )


def read_device(raw: Any) -> types.Device:
    return types.Device(
        DeviceId(raw["id"]),
        OrganisationId(raw["organisation"]),
        MailboxId(raw["mailbox"]),
        raw["label"],
        None if raw["holder"] is None else UserId(raw["holder"]),
        raw["handed_to"],
        actor(raw["made_by"]),
        instant(raw["made_at"]),
        tuple(UserId(each) for each in raw["known_to"]),
        read_bounds(raw["bounds"]),
        read_device_state(raw["state"]),
        read_device_secret(raw["secret"]),
        None if raw.get("rotation") is None else read_rotation(raw.get("rotation")),
    )


def read_device_secret(raw: Any) -> types.DeviceSecret:
    if raw == "legacy":
        return types.LegacySecret()
    if raw == "missing":
        return types.MissingSecret()
    [(word, raw)] = raw.items()
    match word:
        case "password":
            return types.PasswordSecret(
                raw["selector"],
                None if raw["former"] is None else read_former_secret(raw["former"]),
            )
    raise AssertionError(f"`{word}` is no DeviceSecret that is known here")


def read_device_state(raw: Any) -> types.DeviceState:
    if raw == "active":
        return types.DeviceActive()
    [(word, raw)] = raw.items()
    match word:
        case "revoked":
            return types.DeviceRevoked(
                instant(raw["at"]),
                actor(raw["by"]),
            )
    raise AssertionError(f"`{word}` is no DeviceState that is known here")


def read_devices_revoked(raw: Any) -> types.DevicesRevoked:
    return types.DevicesRevoked(
        tuple(DeviceId(each) for each in raw["devices"]),
    )


def read_difference(raw: Any) -> types.Difference:
    return types.Difference(
        read_compared(raw["whose"]),
        types.DifferenceKind(raw["change"]),
        read_situation(raw["before"]),
        read_situation(raw["after"]),
        tuple(entry(each) for each in raw["why"]),
    )


def read_domain(raw: Any) -> types.Domain:
    return types.Domain(
        OrganisationId(raw["organisation"]),
        raw["name"],
        read_domain_proof(raw["proof"]),
        raw["alias_of"],
        None if raw["catch_all"] is None else MailboxId(raw["catch_all"]),
        None if raw.get("offer") is None else read_domain_offer(raw.get("offer")),
    )


def read_domain_accepted(raw: Any) -> types.DomainAccepted:
    return types.DomainAccepted(
        tuple(MailboxId(each) for each in raw["mailboxes"]),
        tuple(UserId(each) for each in raw["joined"]),
        tuple(read_access_ended(each) for each in raw["grants"]),
        tuple(read_named_device(each) for each in raw["devices"]),
        tuple(read_named_device(each) for each in raw["still_known"]),
    )


def read_domain_added(raw: Any) -> types.DomainAdded:
    return types.DomainAdded(
        raw["challenge"],
        instant(raw["lapses"]),
    )


def read_domain_offer(raw: Any) -> types.DomainOffer:
    return types.DomainOffer(
        OrganisationId(raw["to"]),
        types.OfferedAccess(raw["access"]),
        actor(raw["by"]),
        instant(raw["at"]),
        instant(raw["until"]),
        raw["mailboxes"],
        raw["people"],
    )


def read_domain_offered(raw: Any) -> types.DomainOffered:
    return types.DomainOffered(
        instant(raw["until"]),
        raw["mailboxes"],
        raw["people"],
    )


def read_domain_proof(raw: Any) -> types.DomainProof:
    [(word, raw)] = raw.items()
    match word:
        case "pending":
            return types.DomainPending(
                raw["challenge"],
                instant(raw["lapses"]),
            )
        case "verified":
            return types.DomainVerified(
                instant(raw["since"]),
            )
    raise AssertionError(f"`{word}` is no DomainProof that is known here")


def read_explanation(raw: Any) -> types.Explanation:
    return types.Explanation(
        UserId(raw["user"]),
        types.Right(raw["right"]),
        MailboxId(raw["mailbox"]),
        raw["allowed"],
        tuple(read_chain_link(each) for each in raw["chain"]),
        None if raw["until"] is None else instant(raw["until"]),
    )


def read_exported(raw: Any) -> types.Exported:
    return types.Exported(
        raw["rows"],
        raw["entries"],
    )


def read_for(raw: Any) -> types.Holder:
    if raw == "myself":
        return types.Myself()
    [(word, raw)] = raw.items()
    match word:
        case "user":
            return UserId(raw)
        case "nobody":
            return types.Nobody(
                raw["handed_to"],
            )
    raise AssertionError(f"`{word}` is no Holder that is known here")


def read_former_secret(raw: Any) -> types.FormerSecret:
    return types.FormerSecret(
        raw["selector"],
        instant(raw["until"]),
    )


def read_founded(raw: Any) -> types.Founded:
    return types.Founded(
        OrganisationId(raw["organisation"]),
        UserId(raw["owner"]),
    )


def read_grant_ended(raw: Any) -> types.GrantEnded:
    return types.GrantEnded(
        tuple(DeviceId(each) for each in raw["revoked"]),
        tuple(DeviceId(each) for each in raw["released"]),
        tuple(read_named_device(each) for each in raw["still_known"]),
    )


def read_grant_gone(raw: Any) -> types.GrantGone:
    return types.GrantGone(
        MailboxId(raw["mailbox"]),
        raw["address"],
        words(types.Right, raw["rights"]),
    )


def read_held_device(raw: Any) -> types.HeldDevice:
    return types.HeldDevice(
        DeviceId(raw["id"]),
        raw["label"],
        words(types.Protocol, raw["protocols"]),
        None if raw["until"] is None else instant(raw["until"]),
    )


def read_history_filter(raw: Any) -> types.HistoryFilter:
    return types.HistoryFilter(
        None if raw.get("about") is None else read_about(raw.get("about")),
        None if raw.get("by") is None else actor(raw.get("by")),
        tuple(raw.get("kinds")),
        None if raw.get("since") is None else instant(raw.get("since")),
        None if raw.get("until") is None else instant(raw.get("until")),
        types.Order(raw.get("order")),
    )


def read_imported(raw: Any) -> types.Imported:
    return types.Imported(
        OrganisationId(raw["organisation"]),
        raw["rows"],
        raw["entries"],
        raw["devices"],
        raw["invitations"],
    )


def read_invitation(raw: Any) -> types.Invitation:
    return types.Invitation(
        InvitationId(raw["id"]),
        OrganisationId(raw["organisation"]),
        raw["address"],
        read_offer(raw["offer"]),
        actor(raw["sender"]),
        instant(raw["sent_at"]),
        instant(raw["expires"]),
        types.InvitationState(raw["state"]),
        None if raw["accepted_by"] is None else actor(raw["accepted_by"]),
        tuple(MailboxId(each) for each in raw["ended"]),
    )


def read_invited(raw: Any, secret: Token) -> types.Invited:
    return types.Invited(
        InvitationId(raw["invitation"]),
        secret,
        instant(raw["expires"]),
    )


def read_issued(raw: Any, secret: DevicePassword) -> types.Issued:
    return types.Issued(
        DeviceId(raw["id"]),
        secret,
    )


def read_last_use(raw: Any) -> types.LastUse:
    return types.LastUse(
        instant(raw["at"]),
        None if raw["protocol"] is None else types.Protocol(raw["protocol"]),
        None if raw["from"] is None else ip(raw["from"]),
    )


def read_listed_device(raw: Any) -> types.ListedDevice:
    return types.ListedDevice(
        read_device(raw["device"]),
        raw["address"],
        None if raw["last_used"] is None else read_last_use(raw["last_used"]),
    )


def read_live_secret(raw: Any) -> types.LiveSecret:
    return types.LiveSecret(
        types.Through(raw["through"]),
        instant(raw["since"]),
        None if raw["until"] is None else instant(raw["until"]),
        tuple(UserId(each) for each in raw["known_to"]),
    )


def read_login_change_asked(raw: Any) -> types.LoginChangeAsked:
    return types.LoginChangeAsked(
        tuple(types.LoginWarning(each) for each in raw["warnings"]),
    )


def read_login_risk(raw: Any) -> types.LoginRisk:
    return types.LoginRisk(
        None if raw["person"] is None else read_person(raw["person"]),
        types.AddressKind(raw["kind"]),
        None if raw["address"] is None else read_contact(raw["address"]),
        None if raw["mailbox"] is None else MailboxId(raw["mailbox"]),
        tuple(types.Step(each) for each in raw["way"]),
        types.Delivery(raw["delivery"]),
        None if raw["obstacle"] is None else types.Obstacle(raw["obstacle"]),
        raw["other_readers"],
        None if raw["way_back"] is None else types.WayBack(raw["way_back"]),
        tuple(types.CutOff(each) for each in raw["cut_off_by"]),
    )


def read_mailbox(raw: Any) -> types.Mailbox:
    return types.Mailbox(
        MailboxId(raw["id"]),
        OrganisationId(raw["organisation"]),
        raw["address"],
        raw["name"],
        *imposed(types.MailboxState, raw["state"]),
        *imposed(types.Sending, raw["sending"]),
        instant(raw["opened_at"]),
        actor(raw["opened_by"]),
    )


def read_mailbox_deleted(raw: Any) -> types.MailboxDeleted:
    return types.MailboxDeleted(
        raw["address"],
        tuple(raw["aliases"]),
        tuple(UserId(each) for each in raw["grants"]),
        tuple(read_named_device(each) for each in raw["devices"]),
        tuple(InvitationId(each) for each in raw["invitations"]),
        tuple(raw["catch_alls"]),
    )


def read_mailbox_renamed(raw: Any) -> types.MailboxRenamed:
    return types.MailboxRenamed(
        raw["former"],
        tuple(read_named_device(each) for each in raw["devices"]),
    )


def read_member(raw: Any) -> types.Member:
    return types.Member(
        read_person(raw["person"]),
        types.Role(raw["role"]),
        services(raw["services"]),
        *imposed(types.MembershipState, raw["state"]),
        instant(raw["since"]),
        actor(raw["added_by"]),
    )


def read_member_removed(raw: Any) -> types.MemberRemoved:
    return types.MemberRemoved(
        OrganisationId(raw["organisation"]),
        UserId(raw["user"]),
        tuple(read_grant_gone(each) for each in raw["grants"]),
        tuple(read_named_device(each) for each in raw["devices"]),
        tuple(InvitationId(each) for each in raw["invitations"]),
        tuple(read_named_device(each) for each in raw["still_known"]),
    )


def read_named_device(raw: Any) -> types.NamedDevice:
    return types.NamedDevice(
        DeviceId(raw["device"]),
        raw["label"],
        MailboxId(raw["mailbox"]),
        raw["address"],
    )


def read_offer(raw: Any) -> types.Offer:
    return types.Offer(
        types.Role(raw["role"]),
        services(raw.get("services")),
        tuple(read_promise(each) for each in raw.get("mailboxes")),
    )


def read_offered_domain(raw: Any) -> types.OfferedDomain:
    return types.OfferedDomain(
        OrganisationId(raw["from"]),
        raw["name"],
        raw["domain"],
        types.OfferedAccess(raw["access"]),
        actor(raw["by"]),
        instant(raw["at"]),
        instant(raw["until"]),
        raw["mailboxes"],
        raw["people"],
    )


def read_open_protocol(raw: Any) -> types.OpenProtocol:
    return types.OpenProtocol(
        types.Protocol(raw["protocol"]),
        None if raw["obstacle"] is None else types.DeviceObstacle(raw["obstacle"]),
        words(types.Right, raw["rights"]),
        None if raw["last_used"] is None else read_last_use(raw["last_used"]),
    )


def read_organisation(raw: Any) -> types.Organisation:
    return types.Organisation(
        OrganisationId(raw["id"]),
        raw["name"],
        *imposed(types.OrganisationState, raw["state"]),
        read_policy(raw["policy"]),
        instant(raw["founded_at"]),
    )


def read_organisation_deleted(raw: Any) -> types.OrganisationDeleted:
    return types.OrganisationDeleted(
        tuple(raw["domains"]),
    )


def read_person(raw: Any) -> types.Person:
    return types.Person(
        UserId(raw["id"]),
        raw["name"],
        read_contact(raw["login"]),
        types.UserState(raw["state"]),
    )


def read_policy(raw: Any) -> types.Policy:
    return types.Policy(
        words(types.Right, raw["mailbox_rights"]),
        raw["devices_per_mailbox"],
        raw["invitation_days"],
        raw["quarantine_days"],
        raw["separator"],
        raw["aliases_by_grant"],
        types.SharingInvites(raw["sharing_invites"]),
    )


def read_promise(raw: Any) -> types.Promise:
    return types.Promise(
        MailboxId(raw["mailbox"]),
        words(types.Right, raw["rights"]),
        None if raw.get("expires") is None else instant(raw.get("expires")),
    )


def read_reach(raw: Any) -> types.Reach:
    return types.Reach(
        read_person(raw["person"]),
        tuple(read_reached_organisation(each) for each in raw["organisations"]),
    )


def read_reached_mailbox(raw: Any) -> types.ReachedMailbox:
    return types.ReachedMailbox(
        MailboxId(raw["id"]),
        raw["address"],
        words(types.Right, raw["rights"]),
        instant(raw["since"]),
        actor(raw["by"]),
        None if raw["until"] is None else instant(raw["until"]),
        None if raw["obstacle"] is None else types.Obstacle(raw["obstacle"]),
        tuple(read_held_device(each) for each in raw["devices"]),
    )


def read_reached_organisation(raw: Any) -> types.ReachedOrganisation:
    return types.ReachedOrganisation(
        OrganisationId(raw["id"]),
        raw["name"],
        *imposed(types.OrganisationState, raw["state"]),
        types.Role(raw["role"]),
        services(raw["services"]),
        *imposed(types.MembershipState, raw["membership"]),
        instant(raw["since"]),
        tuple(read_reached_mailbox(each) for each in raw["mailboxes"]),
    )


def read_reacher(raw: Any) -> types.Reacher:
    [(word, raw)] = raw.items()
    match word:
        case "person":
            return read_person(raw)
        case "device":
            return types.ReachingDevice(
                DeviceId(raw["id"]),
                raw["label"],
                None if raw["holder"] is None else UserId(raw["holder"]),
                raw["handed_to"],
                words(types.Protocol, raw["protocols"]),
                tuple(UserId(each) for each in raw["known_to"]),
            )
    raise AssertionError(f"`{word}` is no Reacher that is known here")


def read_registered(raw: Any) -> types.Registered:
    return types.Registered(
        UserId(raw["user"]),
        tuple(types.LoginWarning(each) for each in raw["warnings"]),
    )


def read_reset_started(raw: Any, secret: Token | None) -> types.ResetStarted:
    return types.ResetStarted(
        secret,
        raw["send_to"],
    )


def read_resolution(raw: Any) -> types.Resolution:
    return types.Resolution(
        types.Delivery(raw["delivery"]),
        None if raw["mailbox"] is None else MailboxId(raw["mailbox"]),
        None if raw["organisation"] is None else OrganisationId(raw["organisation"]),
        tuple(types.Step(each) for each in raw["way"]),
    )


def read_review_row(raw: Any) -> types.ReviewRow:
    return types.ReviewRow(
        read_subject(raw["subject"]),
        tuple(read_review_warning(each) for each in raw["warnings"]),
    )


def read_review_warning(raw: Any) -> types.ReviewWarning:
    return types.ReviewWarning(
        types.WarningKind(raw["kind"]),
        None if raw["at"] is None else instant(raw["at"]),
        None if raw["who"] is None else UserId(raw["who"]),
        None if raw["settle"] is None else command(raw["settle"]),
    )


def read_rotation(raw: Any) -> types.Rotation:
    return types.Rotation(
        instant(raw["at"]),
        tuple(UserId(each) for each in raw["known_to"]),
        instant(raw["former_since"]),
        tuple(UserId(each) for each in raw["former_known_to"]),
    )


def read_senders(raw: Any) -> types.Senders:
    return types.Senders(
        tuple(raw["addresses"]),
        raw["own"],
        raw["separator"],
    )


def read_situation(raw: Any) -> types.Situation:
    [(word, raw)] = raw.items()
    match word:
        case "nothing":
            return types.NoAccess(
                raw["obstacle"],
            )
        case "member":
            return types.MemberAccess(
                types.Role(raw["role"]),
                services(raw["services"]),
            )
        case "access":
            return types.PersonAccess(
                words(types.Right, raw["rights"]),
                None if raw["until"] is None else instant(raw["until"]),
            )
        case "device":
            return types.DeviceAccess(
                words(types.Protocol, raw["protocols"]),
                words(types.Right, raw["rights"]),
                None if raw["holder"] is None else UserId(raw["holder"]),
                None if raw["until"] is None else instant(raw["until"]),
            )
    raise AssertionError(f"`{word}` is no Situation that is known here")


def read_subject(raw: Any) -> types.ReviewSubject:
    [(word, raw)] = raw.items()
    match word:
        case "organisation":
            return OrganisationId(raw)
        case "access":
            return types.AccessSubject(
                MailboxId(raw["mailbox"]),
                raw["address"],
                read_access(raw["access"]),
            )
        case "invitation":
            return read_invitation(raw)
    raise AssertionError(f"`{word}` is no ReviewSubject that is known here")


def read_swept(raw: Any) -> types.Swept:
    return types.Swept(
        raw["rows"],
        raw["finished"],
    )


def read_user(raw: Any) -> types.User:
    return types.User(
        UserId(raw["id"]),
        read_contact(raw["login"]),
        raw["name"],
        None if raw["recovery"] is None else read_contact(raw["recovery"]),
        types.UserState(raw["state"]),
        types.PasswordState(raw["password"]),
        instant(raw["registered_at"]),
        raw["epoch"],
    )


def read_user_deleted(raw: Any) -> types.UserDeleted:
    return types.UserDeleted(
        tuple(read_member_removed(each) for each in raw["organisations"]),
    )


def read_user_erased(raw: Any) -> types.UserErased:
    return types.UserErased(
        raw["entries"],
        tuple(InvitationId(each) for each in raw["invitations"]),
    )


EVENT_READERS.update({
    "alias.added": {
        "sending": types.AliasSending,
    },
    "alias.sending_set": {
        "sending": types.AliasSending,
    },
    "alias.removed": {},
    "alias.transferred_out": {
        "to": OrganisationId,
    },
    "alias.transferred_in": {
        "from": OrganisationId,
        "sending": types.AliasSending,
        "added_at": instant,
    },
    "device.added": {
        "holder": optional(UserId),
        "shown_to": optional(UserId),
        "bounds": read_bounds,
        "secret": read_device_secret,
    },
    "device.renamed": {},
    "device.narrowed": {
        "bounds": read_bounds,
    },
    "device.widened": {
        "bounds": read_bounds,
    },
    "device.rotated": {
        "shown_to": optional(UserId),
        "until": instant,
    },
    "device.overlap_ended": {},
    "device.password_disabled": {},
    "device.released": {
        "bounds": read_bounds,
    },
    "device.revoked": {},
    "device.forgotten": {},
    "device.transferred_out": {
        "to": OrganisationId,
    },
    "device.transferred_in": {
        "from": OrganisationId,
        "holder": optional(UserId),
        "made_by": actor,
        "made_at": instant,
        "known_to": lambda raw: tuple(UserId(each) for each in raw),
        "bounds": read_bounds,
        "state": read_device_state,
        "secret": read_device_secret,
        "rotation": optional(read_rotation),
    },
    "domain.added": {
        "lapses": instant,
    },
    "domain.verified": {},
    "domain.catch_all_set": {
        "mailbox": optional(MailboxId),
    },
    "domain.alias_set": {},
    "domain.removed": {},
    "domain.offered": {
        "to": OrganisationId,
        "access": types.OfferedAccess,
        "until": instant,
    },
    "domain.offer_withdrawn": {},
    "domain.offer_declined": {},
    "domain.transferred_out": {
        "to": OrganisationId,
    },
    "domain.transferred_in": {
        "from": OrganisationId,
        "since": instant,
        "catch_all": optional(MailboxId),
    },
    "row.swept": {},
    "grant.given": {
        "rights": lambda raw: words(types.Right, raw),
        "expires": optional(instant),
        "giver": optional(actor),
    },
    "grant.rights_set": {
        "rights": lambda raw: words(types.Right, raw),
    },
    "grant.expiry_set": {
        "expires": optional(instant),
    },
    "grant.revoked": {},
    "grant.given_up": {},
    "grant.transferred_out": {
        "to": OrganisationId,
    },
    "grant.transferred_in": {
        "from": OrganisationId,
        "rights": lambda raw: words(types.Right, raw),
        "expires": optional(instant),
        "given_by": actor,
        "given_at": instant,
        "terms_by": optional(actor),
    },
    "invitation.sent": {
        "offer": read_offer,
        "expires": instant,
    },
    "invitation.accepted": {
        "user": UserId,
        "account": types.Account,
        "left_out": lambda raw: tuple(MailboxId(each) for each in raw),
    },
    "invitation.declined": {},
    "invitation.revoked": {},
    "invitation.promise_ended": {
        "mailbox": MailboxId,
    },
    "invitation.erased": {},
    "mailbox.opened": {},
    "mailbox.renamed": {},
    "mailbox.name_set": {},
    "mailbox.suspended": {
        "by": types.Authority,
    },
    "mailbox.resumed": {},
    "mailbox.closed": {
        "by": types.Authority,
    },
    "mailbox.reopened": {},
    "mailbox.sending_held": {
        "by": types.Authority,
    },
    "mailbox.sending_released": {},
    "mailbox.deleted": {},
    "mailbox.transferred_out": {
        "to": OrganisationId,
    },
    "mailbox.transferred_in": {
        "from": OrganisationId,
        "state": lambda raw: imposed(types.MailboxState, raw),
        "sending": lambda raw: imposed(types.Sending, raw),
        "opened_at": instant,
        "opened_by": actor,
    },
    "address.freed": {
        "until": instant,
    },
    "address.reused": {},
    "address.transferred_out": {
        "to": OrganisationId,
    },
    "address.transferred_in": {
        "from": OrganisationId,
        "freed_at": instant,
        "until": instant,
    },
    "member.added": {
        "role": types.Role,
        "services": services,
        "giver": optional(actor),
    },
    "member.role_set": {
        "role": types.Role,
    },
    "member.services_set": {
        "services": services,
    },
    "member.suspended": {
        "by": types.Authority,
    },
    "member.resumed": {},
    "member.left": {},
    "member.removed": {},
    "organisation.founded": {},
    "organisation.renamed": {},
    "organisation.policy_set": {
        "policy": read_policy,
    },
    "organisation.suspended": {
        "by": types.Authority,
    },
    "organisation.resumed": {},
    "organisation.deleted": {},
    "user.registered": {
        "login": read_contact,
        "password": types.PasswordState,
    },
    "user.renamed": {},
    "user.login_asked": {},
    "user.recovery_asked": {},
    "user.login_token_issued": {
        "expires": instant,
    },
    "user.recovery_token_issued": {
        "expires": instant,
    },
    "user.login_confirmed": {},
    "user.recovery_confirmed": {},
    "user.recovery_removed": {},
    "user.password_changed": {},
    "user.password_disabled": {},
    "user.joined": {
        "organisation": OrganisationId,
    },
    "user.reset_asked": {},
    "user.reset_issued": {
        "mailbox": optional(MailboxId),
        "expires": instant,
    },
    "user.password_reset": {},
    "user.suspended": {},
    "user.resumed": {},
    "user.deleted": {},
    "user.erased": {},
})
