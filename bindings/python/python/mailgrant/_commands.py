# Written by `cargo xtask generate` from the core's own tables. Change those instead.
"""Every command: as a method that carries it out, and as one that only says what would happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from mailgrant import _reading as reading
from mailgrant import _write as write
from mailgrant import _writing as writing
from mailgrant import types
from mailgrant._frozen import Network
from mailgrant._happened import Plan
from mailgrant._native import (
    ChangeId,
    DeviceId,
    InvitationId,
    MailboxId,
    OrganisationId,
    UserId,
)
from mailgrant.types import (
    Accepted,
    Actor,
    AddressKind,
    AddressKindLike,
    AliasRemoved,
    AliasSending,
    AliasSendingLike,
    Bounds,
    Changes,
    ConfirmationIssued,
    Confirmed,
    DevicesRevoked,
    DomainAccepted,
    DomainAdded,
    DomainOffered,
    FormerAddress,
    FormerAddressLike,
    Founded,
    GrantEnded,
    HeldDevices,
    HeldDevicesLike,
    Holder,
    Invited,
    Issued,
    LevelLike,
    LoginChangeAsked,
    MailboxDeleted,
    MailboxRenamed,
    MemberRemoved,
    Myself,
    NO_SERVICES,
    Offer,
    OfferedAccess,
    OfferedAccessLike,
    OnDependants,
    OnDependantsLike,
    OrganisationDeleted,
    Policy,
    Proof,
    ProofLike,
    Protocol,
    ProtocolLike,
    Reclaim,
    ReclaimLike,
    Registered,
    ResetStarted,
    Right,
    RightLike,
    Role,
    RoleLike,
    Swept,
    UserDeleted,
    UserErased,
)

T = TypeVar("T")


class Commands:
    """The commands, carried out."""

    __slots__ = ()

    def _run(
        self,
        name: str,
        fields: dict[str, object],
        secrets: dict[str, str | None],
        read: Callable[[Any, Any], T],
        by: Actor,
        request: ChangeId | None,
    ) -> T:
        raise NotImplementedError

    def register_user(
        self,
        login: str,
        name: str,
        proof: ProofLike,
        *,
        by: Actor,
        password: str | None = None,
        request: ChangeId | None = None,
    ) -> Registered:
        """Registers a person. The host alone may.

        Args:
            login: The address they sign in with, hosted here or elsewhere.
            name: What they are called.
            proof: Whether the host vouches that the address is theirs.
            password: Their password; they have none where it is left out, until a reset makes one.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "register_user",
            {
                "login": write.address("login", login),
                "name": write.text("name", name),
                "proof": write.word(types.Proof, "proof", proof),
            },
            {"password": None if password is None else write.secret("password", password)},
            lambda raw, _: reading.read_registered(raw),
            by,
            request,
        )

    def rename_user(
        self,
        user: UserId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes what a person is called. Themselves or the host.

        Args:
            user: Who.
            name: The new name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "rename_user",
            {
                "user": write.ident(UserId, "user", user),
                "name": write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def change_login(
        self,
        user: UserId,
        login: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> LoginChangeAsked:
        """Asks for another login. It counts once the token came back that the host sends there with
        `issue_confirmation`; until then the present one does. Themselves or the host.

        Args:
            user: Who.
            login: The new login.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "change_login",
            {
                "user": write.ident(UserId, "user", user),
                "login": write.address("login", login),
            },
            {},
            lambda raw, _: reading.read_login_change_asked(raw),
            by,
            request,
        )

    def set_recovery_address(
        self,
        user: UserId,
        address: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Asks for another recovery address. It counts once the token came back that the host sends
        there. Themselves or the host.

        Args:
            user: Who.
            address: The new recovery address.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_recovery_address",
            {
                "user": write.ident(UserId, "user", user),
                "address": write.address("address", address),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def remove_recovery_address(self, user: UserId, *, by: Actor, request: ChangeId | None = None) -> None:
        """Removes the recovery address. Themselves or the host.

        Args:
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "remove_recovery_address",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def issue_confirmation(
        self,
        user: UserId,
        of: AddressKindLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> ConfirmationIssued:
        """Issues a token for the host to mail to an address that is not confirmed. A former token ends.
        The host alone may.

        Args:
            user: Whose address.
            of: Which one.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "issue_confirmation",
            {
                "user": write.ident(UserId, "user", user),
                "of": write.word(types.AddressKind, "of", of),
            },
            {},
            reading.read_confirmation_issued,
            by,
            request,
        )

    def confirm_address(self, token: str, *, by: Actor, request: ChangeId | None = None) -> Confirmed:
        """Confirms an address with the token that was mailed there. Whoever holds the token.

        Args:
            token: The token.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "confirm_address",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: reading.read_confirmed(raw),
            by,
            request,
        )

    def change_password(
        self,
        user: UserId,
        new: str,
        *,
        by: Actor,
        current: str | None = None,
        request: ChangeId | None = None,
    ) -> None:
        """Changes a person's password; their other sessions end. Themselves, with the current one; or
        the host.

        Args:
            user: Who.
            current: The current password. The host, and who has none yet, leave it out.
            new: The new password.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "change_password",
            {
                "user": write.ident(UserId, "user", user),
            },
            {"current": None if current is None else write.secret("current", current), "new": write.secret("new", new)},
            lambda raw, _: None,
            by,
            request,
        )

    def start_reset(
        self,
        user: UserId,
        to: AddressKindLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> ResetStarted:
        """Starts a password reset.

        The host gets the token, for mailing to a verified address of the person. The person themselves,
        and owners and admins of an organisation of theirs, may ask for one and get nothing secret back:
        the host then starts it.

        Args:
            user: Whose password.
            to: To which of their addresses.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "start_reset",
            {
                "user": write.ident(UserId, "user", user),
                "to": write.word(types.AddressKind, "to", to),
            },
            {},
            reading.read_reset_started,
            by,
            request,
        )

    def finish_reset(
        self,
        token: str,
        password: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> UserId:
        """Makes a new password with the token of a reset. Whoever holds the token.

        Args:
            token: The token.
            password: The new password.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "finish_reset",
            {},
            {"token": write.secret("token", token), "password": write.secret("password", password)},
            lambda raw, _: UserId(raw),
            by,
            request,
        )

    def suspend_user(self, user: UserId, *, by: Actor, request: ChangeId | None = None) -> None:
        """Suspends a person: no login, no access, no device, and running sessions end. The host alone
        may, also where they are an organisation's last owner.

        Args:
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "suspend_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def resume_user(self, user: UserId, *, by: Actor, request: ChangeId | None = None) -> None:
        """Lets a suspended person act again; their devices work again, their former sessions don't. The
        host alone may.

        Args:
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "resume_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def delete_user(self, user: UserId, *, by: Actor, request: ChangeId | None = None) -> UserDeleted:
        """Deletes a person's account. Themselves or the host; not while they are an organisation's last
        owner.

        All their access ends at once; `sweep` clears away what it hung on. History keeps the id.

        Args:
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "delete_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_user_deleted(raw),
            by,
            request,
        )

    def erase_user(self, user: UserId, *, by: Actor, request: ChangeId | None = None) -> UserErased:
        """Erases a person's data, where their account is deleted (`delete_user`). The host alone may,
        on the person's request. It cannot be undone.

        Gone are their name, login, recovery address and whatever address waited to be one, now and in
        every entry of the history; the addresses of the invitations that they got, which are revoked
        where they still waited; when and from where they and their devices were last seen. Placeholders
        made of the ids stand there instead: history keeps every entry, in its place, and `Directory.at`
        still answers, with the id.

        An invitation is theirs where they accepted it, or where it was sent, before the account was
        deleted, to an address that they had proved and that nobody else has proved since. What an
        organisation calls its own things stays, whoever they were for: the addresses and names of
        mailboxes, aliases, labels of devices, to whom one was handed, the networks that one may come
        from (also where it was theirs, and that is their home), reasons of grants; so does a last use
        of a device that went on without them, and an invitation that nobody accepted, of an
        organisation that was deleted and swept since. What left the store before stays where it went:
        backups, exports, other processes' notes that are not written yet. Erase again once those are
        written: that forgets what was noted since, and does nothing else. And a store may keep former
        bytes for a while in what it has set aside (see `mailgrant-sqlite`).

        Before it, write down last uses that wait (`flush_uses`), in every process. After it, do the
        same with what you keep yourself: whoever follows `changes` is told by `user.erased`.

        Costs a pass over the person's journal and the entries of each invitation, and one over the
        journal of each deleted organisation that they belonged to.

        Args:
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `access.denied`; `user.not_found`; `user.state` while the account stands.
        """
        return self._run(
            "erase_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_user_erased(raw),
            by,
            request,
        )

    def found_organisation(
        self,
        name: str,
        *,
        by: Actor,
        owner: UserId | None = None,
        request: ChangeId | None = None,
    ) -> Founded:
        """Founds an organisation. Any active user may, and becomes its owner.

        Args:
            name: What it is called.
            owner: Its first owner, where the host founds it; nobody else names one.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "found_organisation",
            {
                "name": write.text("name", name),
                "owner": None if owner is None else write.ident(UserId, "owner", owner),
            },
            {},
            lambda raw, _: reading.read_founded(raw),
            by,
            request,
        )

    def rename_organisation(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes what an organisation is called. Owners and admins.

        Args:
            organisation: Which.
            name: The new name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "rename_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_policy(
        self,
        organisation: OrganisationId,
        policy: Policy,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Sets an organisation's policy, whole. An owner.

        Args:
            organisation: Which.
            policy: The new policy.
            on_dependants: What to do where another separator would stop mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_policy",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "policy": writing.write_policy("policy", policy),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def suspend_organisation(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Suspends an organisation: nobody gets in and mail waits. An owner; or the host, and then the
        host alone resumes it.

        Args:
            organisation: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "suspend_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def resume_organisation(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Resumes a suspended organisation. An owner, unless the host suspended it.

        Args:
            organisation: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "resume_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def delete_organisation(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> OrganisationDeleted:
        """Deletes an organisation for good: all access in it ends at once and its domains are free;
        `sweep` clears away what was in it. An owner, unless the host suspended it.

        Args:
            organisation: Which.
            on_dependants: What to do where that would stop mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "delete_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_organisation_deleted(raw),
            by,
            request,
        )

    def sweep(self, *, by: Actor, request: ChangeId | None = None) -> Swept:
        """Clears away what deleted users, organisations and mailboxes left behind, about 1,000 rows at
        a time. The host runs it now and then, again and again until it is finished. Nothing that anyone
        may do depends on it.

        Args:
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "sweep",
            {},
            {},
            lambda raw, _: reading.read_swept(raw),
            by,
            request,
        )

    def add_domain(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> DomainAdded:
        """Adds a domain, pending until the host saw the proof. It blocks nobody else, and lapses after
        7 days. Those who manage domains.

        Args:
            organisation: To which organisation.
            name: Its name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "add_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: reading.read_domain_added(raw),
            by,
            request,
        )

    def verify_domain(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Reports that the proof of a domain was seen. From now on it is the organisation's alone. The
        host alone may.

        Args:
            organisation: Whose it is.
            name: Its name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "verify_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def remove_domain(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Removes a domain without addresses. Those who manage domains.

        Args:
            organisation: Whose it is.
            name: Its name.
            on_dependants: What to do where that would stop mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "remove_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_catch_all(
        self,
        organisation: OrganisationId,
        domain: str,
        mailbox: MailboxId | None,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Sets the mailbox that gets what nobody else in a domain does, or none. The managers.

        Args:
            organisation: Whose domain it is.
            domain: The domain.
            mailbox: The mailbox, of the same organisation; `None` for no catch-all.
            on_dependants: What to do where that would stop or divert mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_catch_all",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "domain": write.domain("domain", domain),
                "mailbox": None if mailbox is None else write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_domain_alias(
        self,
        organisation: OrganisationId,
        domain: str,
        of: str | None,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Makes a domain another name of a domain of the same organisation, or of none. It holds no
        addresses itself, and there are no chains. Those who manage domains.

        Args:
            organisation: Whose domain it is.
            domain: The domain.
            of: The domain that it becomes another name of; `None` for none.
            on_dependants: What to do where that would stop or divert mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_domain_alias",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "domain": write.domain("domain", domain),
                "of": None if of is None else write.domain("of", of),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def offer_domain(
        self,
        organisation: OrganisationId,
        name: str,
        to: OrganisationId,
        access: OfferedAccessLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> DomainOffered:
        """Offers a verified domain with its mailboxes to another organisation, for 14 days: it goes
        over once an owner there accepts (`accept_domain`). Offering again replaces the offer. Owners.

        Everything that has an address on the domain goes: the mailboxes, their aliases, grants and
        devices, and freed addresses with what is left of their quarantine. What becomes of access is
        chosen here, and the other side accepts the choice. Whoever owns the other organisation learns
        of the offer (`Directory.domain_offers`): whose it is, who made it, how many mailboxes and
        people come along. They may preview the acceptance, and see what comes.

        Costs one index range for the domain and two a mailbox.

        Args:
            organisation: Whose it is.
            name: Its name.
            to: Who may have it.
            access: What becomes of access to its mailboxes.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `organisation.not_found`, also where there is no such organisation to offer it to;
                `access.denied`; `domain.not_found`, `domain.unverified`; `value.invalid` for one's own
                organisation; `domain.entangled` while something of the domain leads to what stays, or
                something that stays leads to it: `details` names what, up to 100 of a sort.
        """
        return self._run(
            "offer_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
                "to": write.ident(OrganisationId, "to", to),
                "access": write.word(types.OfferedAccess, "access", access),
            },
            {},
            lambda raw, _: reading.read_domain_offered(raw),
            by,
            request,
        )

    def withdraw_domain_offer(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Takes the offer of a domain back. Owners.

        Args:
            organisation: Whose domain it is.
            name: Its name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `domain.not_found`; `offer.not_found`
                where it is not offered.
        """
        return self._run(
            "withdraw_domain_offer",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def decline_domain_offer(
        self,
        organisation: OrganisationId,
        from_: OrganisationId,
        name: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Declines a domain that was offered to the organisation; the offer ends, and the other side
        sees who declined. Owners.

        Args:
            organisation: To whom it was offered.
            from_: Whose it is.
            name: Its name.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `offer.not_found`;
                `organisation.suspended` where either side is.
        """
        return self._run(
            "decline_domain_offer",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "from": write.ident(OrganisationId, "from_", from_),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def accept_domain(
        self,
        organisation: OrganisationId,
        from_: OrganisationId,
        name: str,
        access: OfferedAccessLike,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> DomainAccepted:
        """Accepts a domain that another organisation offers (`offer_domain`): from one instant to the
        next it is this organisation's, with its mailboxes, their aliases, grants and devices, and freed
        addresses with what is left of their quarantine. No mail is refused meanwhile, and no device
        notices where access goes on. Owners.

        Nobody reaches more after it than before. Where access ends (`OfferedAccess.ENDS`), all grants
        are revoked, and all devices. Where it goes on, whoever had a grant and is no member here
        becomes an External; whoever was suspended there comes along suspended, by the same authority. A
        grant ends all the same, with the devices held by it, where it was past its expiry, where its
        user is gone, and where they were suspended there and are a member here. What the host
        suspended, closed or held stays so. Devices and aliases may be more than this organisation's
        policy allows. What the other organisation's pending invitations promised of it is promised no
        more.

        Of the devices of a mailbox that were revoked before, the latest hundred stay recognisable.

        The former history stays with the other organisation, and the new one begins here. At most
        10,000 events: one for each thing that ends, two for each that moves.

        Costs one index range for the domain and five a mailbox, and one over the freed addresses of
        either organisation.

        Args:
            organisation: Who gets it.
            from_: Whose it is.
            name: Its name.
            access: What becomes of access: as it was offered.
            on_dependants: What to do where that would stop or divert mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `organisation.not_found`, `access.denied`; `organisation.suspended` where either side
                is; `offer.not_found`; `offer.expired`; `offer.changed` where the choice about access is
                another; `offer.sender` where whoever offered it is no acting owner there any more;
                `domain.entangled`; `login.depends`; `change.too_large`. There is an example at
                `offer_domain`.
        """
        return self._run(
            "accept_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "from": write.ident(OrganisationId, "from_", from_),
                "name": write.domain("name", name),
                "access": write.word(types.OfferedAccess, "access", access),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_domain_accepted(raw),
            by,
            request,
        )

    def add_member(
        self,
        organisation: OrganisationId,
        user: UserId,
        role: RoleLike,
        *,
        by: Actor,
        services: Mapping[str, LevelLike] = NO_SERVICES,
        request: ChangeId | None = None,
    ) -> None:
        """Makes a user a member without an invitation. The host alone may.

        Args:
            organisation: Where.
            user: Who.
            role: As what.
            services: With which services; none for an External.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "add_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "role": write.word(types.Role, "role", role),
                "services": write.services("services", services),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_role(
        self,
        organisation: OrganisationId,
        user: UserId,
        role: RoleLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes a member's role; an External loses their services. Owners and admins; what is about
        an owner, owners.

        Args:
            organisation: Where.
            user: Who.
            role: As what from now on.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_role",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "role": write.word(types.Role, "role", role),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_services(
        self,
        organisation: OrganisationId,
        user: UserId,
        services: Mapping[str, LevelLike],
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Sets a member's service rights, whole. Owners and admins; an owner's, owners.

        Args:
            organisation: Where.
            user: Who.
            services: The new service rights.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_services",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "services": write.services("services", services),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def suspend_member(
        self,
        organisation: OrganisationId,
        user: UserId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Suspends a membership: it gives nothing, and the devices that the member holds stop with it.
        Owners and admins; an owner's, owners, and never the last one's. What the host suspended only
        the host resumes.

        Args:
            organisation: Where.
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "suspend_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def resume_member(
        self,
        organisation: OrganisationId,
        user: UserId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Resumes a suspended membership, with everything it gave. Owners and admins; an owner's,
        owners.

        Args:
            organisation: Where.
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "resume_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def remove_member(
        self,
        organisation: OrganisationId,
        user: UserId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> MemberRemoved:
        """Removes a member: all their grants in the organisation and all devices they hold there are
        revoked, and the invitations they sent, in one commit. Owners and admins; an owner, owners, and
        never the last one.

        Costs a row a grant, a device and an invitation of theirs.

        Args:
            organisation: From which organisation.
            user: Who.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "remove_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_member_removed(raw),
            by,
            request,
        )

    def leave(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> MemberRemoved:
        """Leaves an organisation, with the same consequences as being removed. Oneself, also while
        suspended there; the last owner cannot.

        Args:
            organisation: Which organisation.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "leave",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: reading.read_member_removed(raw),
            by,
            request,
        )

    def transfer_ownership(
        self,
        organisation: OrganisationId,
        to: UserId,
        *,
        by: Actor,
        from_: UserId | None = None,
        request: ChangeId | None = None,
    ) -> None:
        """Makes an active member owner and the sender admin, in one commit. An owner, for themselves;
        the host, for whomever it names.

        Args:
            organisation: Of which organisation.
            to: To whom.
            from_: From whom, where the host does it; an owner does it for themselves alone.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "transfer_ownership",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "to": write.ident(UserId, "to", to),
                "from": None if from_ is None else write.ident(UserId, "from_", from_),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def invite(
        self,
        organisation: OrganisationId,
        address: str,
        offer: Offer,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> Invited:
        """Invites whoever reads mail at an address: role, service rights and mailboxes together.
        Inviting the same address again renews the invitation with a new token.

        Owners and admins; for a role of owner, owners. Those with `Mail: Manage`, and where the policy
        allows it those with `Sharing`, may invite Externals to mailboxes within their own bounds. The
        answer is the same whether or not somebody signs in with the address.

        Args:
            organisation: Where to.
            address: Whoever reads mail there is invited.
            offer: What is promised.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "invite",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "address": write.address("address", address),
                "offer": writing.write_offer("offer", offer),
            },
            {},
            reading.read_invited,
            by,
            request,
        )

    def resend_invitation(
        self,
        invitation: InvitationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> Invited:
        """Sends an invitation anew with a new token; the former one ends. Whoever could give everything
        in it, and that person becomes its sender.

        Args:
            invitation: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "resend_invitation",
            {
                "invitation": write.ident(InvitationId, "invitation", invitation),
            },
            {},
            reading.read_invited,
            by,
            request,
        )

    def revoke_invitation(
        self,
        invitation: InvitationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Takes an invitation back. Its sender, and whoever could give everything in it.

        Args:
            invitation: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_invitation",
            {
                "invitation": write.ident(InvitationId, "invitation", invitation),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def accept_invitation(self, token: str, *, by: Actor, request: ChangeId | None = None) -> Accepted:
        """Accepts an invitation with the account that one is signed in with: one login, several
        organisations. The token is the proof; the account's own address may be another.

        Args:
            token: The token.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `token.invalid`, `invitation.closed`, `invitation.expired`, `invitation.sender`,
                `invitation.suspended`, `organisation.suspended`, `actor.suspended`.
        """
        return self._run(
            "accept_invitation",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: reading.read_accepted(raw),
            by,
            request,
        )

    def accept_invitation_as_new(
        self,
        token: str,
        name: str,
        password: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> Accepted:
        """Accepts an invitation with a new account, whose login is the invited address, proved by the
        token. Whoever holds the token.

        Args:
            token: The token.
            name: What they are called.
            password: Their password.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: As `accept_invitation`, and `login.taken`, `password.refused`, `text.invalid`.
        """
        return self._run(
            "accept_invitation_as_new",
            {
                "name": write.text("name", name),
            },
            {"token": write.secret("token", token), "password": write.secret("password", password)},
            lambda raw, _: reading.read_accepted(raw),
            by,
            request,
        )

    def decline_invitation(self, token: str, *, by: Actor, request: ChangeId | None = None) -> None:
        """Declines an invitation. Whoever holds the token.

        Args:
            token: The token.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "decline_invitation",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: None,
            by,
            request,
        )

    def open_mailbox(
        self,
        organisation: OrganisationId,
        address: str,
        *,
        by: Actor,
        name: str | None = None,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> MailboxId:
        """Opens a mailbox. It has no password, and nobody can read it until it is granted to them. The
        managers.

        Args:
            organisation: Where.
            address: Its address, in a verified domain of the organisation.
            name: What people read beside the address.
            reclaim: What to do where the address is in quarantine.
            on_dependants: What to do where that would divert mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `domain.not_found`, `domain.unverified`, `domain.alias`, `address.taken`,
                `address.quarantined`, `address.look_alike`, `address.reserved`, `access.denied`,
                `organisation.not_found`.
        """
        return self._run(
            "open_mailbox",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "address": write.address("address", address),
                "name": None if name is None else write.text("name", name),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: MailboxId(raw),
            by,
            request,
        )

    def rename_mailbox(
        self,
        mailbox: MailboxId,
        address: str,
        former: FormerAddressLike,
        *,
        by: Actor,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> MailboxRenamed:
        """Gives a mailbox another address; who has it keeps it. Devices must be told the new address.
        The managers.

        Args:
            mailbox: Which.
            address: The new address, in a verified domain of the organisation.
            former: What becomes of the former one.
            reclaim: What to do where the new address is in quarantine.
            on_dependants: What to do where that would stop mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "rename_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "former": write.word(types.FormerAddress, "former", former),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_mailbox_renamed(raw),
            by,
            request,
        )

    def set_mailbox_name(
        self,
        mailbox: MailboxId,
        name: str | None,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes what people read beside a mailbox's address. The managers.

        Args:
            mailbox: Which.
            name: The new name; `None` for none.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_mailbox_name",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "name": None if name is None else write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def suspend_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Suspends a mailbox: mail is accepted, nobody gets in, nothing is sent. The managers; what the
        host suspended only the host resumes.

        Args:
            mailbox: Which.
            on_dependants: What to do where somebody signs in by mail to it.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "suspend_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def resume_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Resumes a suspended mailbox. The managers, unless the host suspended it.

        Args:
            mailbox: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "resume_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def close_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Closes a mailbox: nobody gets in and mail is refused; everything comes back on reopening. The
        managers, unless the host suspended it.

        Args:
            mailbox: Which.
            on_dependants: What to do where somebody signs in by mail to it.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "close_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def reopen_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Reopens a closed mailbox, with everything that was there. The managers, unless the host
        closed it.

        Args:
            mailbox: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "reopen_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def delete_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> MailboxDeleted:
        """Deletes a mailbox for good, and puts its addresses into quarantine. The managers, unless the
        host suspended, closed or held it.

        All access ends at once with one event; `sweep` clears away what it hung on. Costs a row for
        each thing that the answer names.

        Args:
            mailbox: Which.
            on_dependants: What to do where somebody signs in by mail to it.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "delete_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_mailbox_deleted(raw),
            by,
            request,
        )

    def hold_sending(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Holds the sending of a mailbox: nothing is sent from it, whoever asks; reading goes on. The
        managers; what the host held only the host releases.

        Args:
            mailbox: Of which mailbox.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "hold_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def release_sending(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Releases the sending of a mailbox. The managers, unless the host held it.

        Args:
            mailbox: Of which mailbox.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "release_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def add_alias(
        self,
        mailbox: MailboxId,
        address: str,
        *,
        by: Actor,
        sending: AliasSendingLike = AliasSending.ALLOWED,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> None:
        """Adds an alias. The managers; also a grant with `Aliases`, in the mailbox's own domain and up
        to as many as the policy lets grants add.

        Args:
            mailbox: Where it leads.
            address: The address, in a verified domain of the organisation.
            sending: Whether one may send as it.
            reclaim: What to do where the address is in quarantine.
            on_dependants: What to do where that would divert mail that people sign in by.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "add_alias",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "sending": write.word(types.AliasSending, "sending", sending),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def remove_alias(
        self,
        mailbox: MailboxId,
        address: str,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
        request: ChangeId | None = None,
    ) -> AliasRemoved:
        """Removes an alias; its address goes into quarantine. Those who may add it.

        Args:
            mailbox: Where it leads.
            address: The address.
            on_dependants: What to do where somebody signs in by mail to it.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "remove_alias",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_alias_removed(raw),
            by,
            request,
        )

    def set_alias_sending(
        self,
        mailbox: MailboxId,
        address: str,
        sending: AliasSendingLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Allows or forbids sending as an alias. Those who may add it.

        Args:
            mailbox: Where it leads.
            address: The address.
            sending: Whether one may send as it.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_alias_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "sending": write.word(types.AliasSending, "sending", sending),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def grant_access(
        self,
        mailbox: MailboxId,
        user: UserId,
        *,
        by: Actor,
        rights: Iterable[RightLike] | None = None,
        expires: datetime | None = None,
        reason: str | None = None,
        held: HeldDevicesLike | None = None,
        request: ChangeId | None = None,
    ) -> None:
        """Gives a member access to a mailbox: reading, and these rights. The managers; also a grant
        with `Sharing`, to others than managers, within its own rights and expiry.

        Args:
            mailbox: To which mailbox.
            user: For whom: a member of the mailbox's organisation, if only as an External.
            rights: What they may do besides reading; the organisation's default where it is left out.
            expires: Until when.
            reason: Why.
            held: What becomes of devices that they still hold from a grant past its expiry.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "grant_access",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "rights": None if rights is None else write.words(types.Right, "rights", rights),
                "expires": None if expires is None else write.instant("expires", expires),
                "reason": None if reason is None else write.text("reason", reason),
                "held": None if held is None else write.word(types.HeldDevices, "held", held),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def change_grant(
        self,
        mailbox: MailboxId,
        user: UserId,
        rights: Iterable[RightLike],
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes what a grant gives besides reading. The managers; also `Sharing`, within its bounds
        before and after.

        Args:
            mailbox: On which mailbox.
            user: Whose.
            rights: The new rights, whole.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "change_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "rights": write.words(types.Right, "rights", rights),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def set_grant_expiry(
        self,
        mailbox: MailboxId,
        user: UserId,
        expires: datetime | None,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Extends or shortens a grant; the devices that hang on it stay. The managers; also `Sharing`,
        within its bounds before and after. A grant past its expiry is given anew instead.

        Args:
            mailbox: On which mailbox.
            user: Whose.
            expires: Until when; `None` without an end.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "set_grant_expiry",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "expires": None if expires is None else write.instant("expires", expires),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def revoke_grant(
        self,
        mailbox: MailboxId,
        user: UserId,
        held: HeldDevicesLike,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> GrantEnded:
        """Takes a grant away, and says what becomes of the devices that its user holds on the mailbox.
        The managers; also `Sharing`, what lies within its bounds.

        Args:
            mailbox: On which mailbox.
            user: Whose.
            held: What becomes of the devices.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "held": write.word(types.HeldDevices, "held", held),
            },
            {},
            lambda raw, _: reading.read_grant_ended(raw),
            by,
            request,
        )

    def give_up_grant(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> GrantEnded:
        """Gives up one's own grant; the devices that one holds on the mailbox are revoked. Oneself.

        Args:
            mailbox: On which mailbox.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "give_up_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: reading.read_grant_ended(raw),
            by,
            request,
        )

    def add_device(
        self,
        mailbox: MailboxId,
        label: str,
        protocols: Iterable[ProtocolLike],
        *,
        by: Actor,
        holder: Holder = Myself(),
        networks: Iterable[Network | str] | None = None,
        expires: datetime | None = None,
        request: ChangeId | None = None,
    ) -> Issued:
        """Adds a device, and gives its password once. Those with `Devices`, for themselves; the
        managers, for anyone with a grant or for nobody.

        Args:
            mailbox: The mailbox that it opens.
            label: What people call it.
            holder: For whom it is.
            protocols: How it may talk to the server; at least one.
            networks: The networks that it may come from; `None` for all.
            expires: Until when.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.

        Raises:
            Error: `mailbox.not_found`, `access.denied`, `device.holder`, `device.protocols`,
                `device.exceeds_grant`, `device.limit`, `device.retry`, `expiry.past`, `text.invalid`.
        """
        return self._run(
            "add_device",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "label": write.text("label", label),
                "holder": writing.write_for("holder", holder),
                "protocols": write.words(types.Protocol, "protocols", protocols),
                "networks": None if networks is None else [write.network("networks", each) for each in write.items("networks", networks)],
                "expires": None if expires is None else write.instant("expires", expires),
            },
            {},
            reading.read_issued,
            by,
            request,
        )

    def add_legacy_device(
        self,
        mailbox: MailboxId,
        label: str,
        holder: Holder,
        protocols: Iterable[ProtocolLike],
        phc: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> DeviceId:
        """Adds a device whose password is the mailbox password of another system, so that nobody
        reconfigures anything on the day of the move. At most one a mailbox; rotating it makes it a
        device like any other. The host alone may, where the directory allows legacy passwords.

        Args:
            mailbox: The mailbox that it opens.
            label: What people call it.
            holder: For whom it is.
            protocols: How it may talk to the server.
            phc: The Argon2id PHC string of the password, from the other system.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "add_legacy_device",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "label": write.text("label", label),
                "holder": writing.write_for("holder", holder),
                "protocols": write.words(types.Protocol, "protocols", protocols),
            },
            {"phc": write.secret("phc", phc)},
            lambda raw, _: DeviceId(raw),
            by,
            request,
        )

    def rename_device(
        self,
        device: DeviceId,
        label: str,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Changes what people call a device. Its holder; the managers.

        Args:
            device: Which.
            label: The new label.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "rename_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "label": write.text("label", label),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def narrow_device(
        self,
        device: DeviceId,
        bounds: Bounds,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Lets a device do less. Its holder; the managers.

        Args:
            device: Which.
            bounds: What it may do from now on, whole; nothing of it more than before.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "narrow_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "bounds": writing.write_bounds("bounds", bounds),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def widen_device(
        self,
        device: DeviceId,
        bounds: Bounds,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> None:
        """Lets a device do more, within its holder's grant. The managers.

        Args:
            device: Which.
            bounds: What it may do from now on, whole.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "widen_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "bounds": writing.write_bounds("bounds", bounds),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def rotate_device(
        self,
        device: DeviceId,
        *,
        by: Actor,
        grace: timedelta = timedelta(seconds=86400),
        request: ChangeId | None = None,
    ) -> Issued:
        """Gives a device a new password. The former one works until the grace time ends or the new one
        is first used. Its holder, with `Devices`; the managers.

        Args:
            device: Which.
            grace: How long the former password still works: 24 hours unless said otherwise, 0 for a
                leak, 30 days at most.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "rotate_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "grace_seconds": write.seconds("grace", grace),
            },
            {},
            reading.read_issued,
            by,
            request,
        )

    def revoke_device(self, device: DeviceId, *, by: Actor, request: ChangeId | None = None) -> None:
        """Revokes a device: its password never works again, and stays recognisable. Its holder; the
        managers.

        Args:
            device: Which.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_device",
            {
                "device": write.ident(DeviceId, "device", device),
            },
            {},
            lambda raw, _: None,
            by,
            request,
        )

    def revoke_devices_of_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        except_: DeviceId | None = None,
        request: ChangeId | None = None,
    ) -> DevicesRevoked:
        """Revokes all devices of a mailbox, but one if it is named. The managers.

        Args:
            mailbox: Of which mailbox.
            except_: The one that goes on.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_devices_of_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "except": None if except_ is None else write.ident(DeviceId, "except_", except_),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
            request,
        )

    def revoke_devices_of_holder(
        self,
        organisation: OrganisationId,
        holder: UserId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> DevicesRevoked:
        """Revokes all devices that somebody holds in an organisation. They themselves; the managers.

        Args:
            organisation: In which organisation.
            holder: Whose.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_devices_of_holder",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "holder": write.ident(UserId, "holder", holder),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
            request,
        )

    def revoke_devices_of_organisation(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        request: ChangeId | None = None,
    ) -> DevicesRevoked:
        """Revokes all devices of an organisation, up to 10,000. The managers.

        Args:
            organisation: Of which organisation.
            by: Who does it.
            request: Names the request, see `Directory.request_id`: carried out before, it is refused
                with `request.done`.
        """
        return self._run(
            "revoke_devices_of_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
            request,
        )


class Previews:
    """The commands, previewed: the same code decides, and nothing of it happens.

    Ids and secrets in a plan are never valid.
    """

    __slots__ = ()

    def _preview(
        self,
        name: str,
        fields: dict[str, object],
        secrets: dict[str, str | None],
        read: Callable[[Any, Any], T],
        by: Actor,
    ) -> Plan[T]:
        raise NotImplementedError

    def register_user(
        self,
        login: str,
        name: str,
        proof: ProofLike,
        *,
        by: Actor,
        password: str | None = None,
    ) -> Plan[Registered]:
        """What `Directory.register_user` would do."""
        return self._preview(
            "register_user",
            {
                "login": write.address("login", login),
                "name": write.text("name", name),
                "proof": write.word(types.Proof, "proof", proof),
            },
            {"password": None if password is None else write.secret("password", password)},
            lambda raw, _: reading.read_registered(raw),
            by,
        )

    def rename_user(self, user: UserId, name: str, *, by: Actor) -> Plan[None]:
        """What `Directory.rename_user` would do."""
        return self._preview(
            "rename_user",
            {
                "user": write.ident(UserId, "user", user),
                "name": write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def change_login(self, user: UserId, login: str, *, by: Actor) -> Plan[LoginChangeAsked]:
        """What `Directory.change_login` would do."""
        return self._preview(
            "change_login",
            {
                "user": write.ident(UserId, "user", user),
                "login": write.address("login", login),
            },
            {},
            lambda raw, _: reading.read_login_change_asked(raw),
            by,
        )

    def set_recovery_address(self, user: UserId, address: str, *, by: Actor) -> Plan[None]:
        """What `Directory.set_recovery_address` would do."""
        return self._preview(
            "set_recovery_address",
            {
                "user": write.ident(UserId, "user", user),
                "address": write.address("address", address),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def remove_recovery_address(self, user: UserId, *, by: Actor) -> Plan[None]:
        """What `Directory.remove_recovery_address` would do."""
        return self._preview(
            "remove_recovery_address",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def issue_confirmation(self, user: UserId, of: AddressKindLike, *, by: Actor) -> Plan[ConfirmationIssued]:
        """What `Directory.issue_confirmation` would do."""
        return self._preview(
            "issue_confirmation",
            {
                "user": write.ident(UserId, "user", user),
                "of": write.word(types.AddressKind, "of", of),
            },
            {},
            reading.read_confirmation_issued,
            by,
        )

    def confirm_address(self, token: str, *, by: Actor) -> Plan[Confirmed]:
        """What `Directory.confirm_address` would do."""
        return self._preview(
            "confirm_address",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: reading.read_confirmed(raw),
            by,
        )

    def change_password(self, user: UserId, new: str, *, by: Actor, current: str | None = None) -> Plan[None]:
        """What `Directory.change_password` would do."""
        return self._preview(
            "change_password",
            {
                "user": write.ident(UserId, "user", user),
            },
            {"current": None if current is None else write.secret("current", current), "new": write.secret("new", new)},
            lambda raw, _: None,
            by,
        )

    def start_reset(self, user: UserId, to: AddressKindLike, *, by: Actor) -> Plan[ResetStarted]:
        """What `Directory.start_reset` would do."""
        return self._preview(
            "start_reset",
            {
                "user": write.ident(UserId, "user", user),
                "to": write.word(types.AddressKind, "to", to),
            },
            {},
            reading.read_reset_started,
            by,
        )

    def finish_reset(self, token: str, password: str, *, by: Actor) -> Plan[UserId]:
        """What `Directory.finish_reset` would do."""
        return self._preview(
            "finish_reset",
            {},
            {"token": write.secret("token", token), "password": write.secret("password", password)},
            lambda raw, _: UserId(raw),
            by,
        )

    def suspend_user(self, user: UserId, *, by: Actor) -> Plan[None]:
        """What `Directory.suspend_user` would do."""
        return self._preview(
            "suspend_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def resume_user(self, user: UserId, *, by: Actor) -> Plan[None]:
        """What `Directory.resume_user` would do."""
        return self._preview(
            "resume_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def delete_user(self, user: UserId, *, by: Actor) -> Plan[UserDeleted]:
        """What `Directory.delete_user` would do."""
        return self._preview(
            "delete_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_user_deleted(raw),
            by,
        )

    def erase_user(self, user: UserId, *, by: Actor) -> Plan[UserErased]:
        """What `Directory.erase_user` would do."""
        return self._preview(
            "erase_user",
            {
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_user_erased(raw),
            by,
        )

    def found_organisation(self, name: str, *, by: Actor, owner: UserId | None = None) -> Plan[Founded]:
        """What `Directory.found_organisation` would do."""
        return self._preview(
            "found_organisation",
            {
                "name": write.text("name", name),
                "owner": None if owner is None else write.ident(UserId, "owner", owner),
            },
            {},
            lambda raw, _: reading.read_founded(raw),
            by,
        )

    def rename_organisation(self, organisation: OrganisationId, name: str, *, by: Actor) -> Plan[None]:
        """What `Directory.rename_organisation` would do."""
        return self._preview(
            "rename_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_policy(
        self,
        organisation: OrganisationId,
        policy: Policy,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.set_policy` would do."""
        return self._preview(
            "set_policy",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "policy": writing.write_policy("policy", policy),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def suspend_organisation(self, organisation: OrganisationId, *, by: Actor) -> Plan[None]:
        """What `Directory.suspend_organisation` would do."""
        return self._preview(
            "suspend_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def resume_organisation(self, organisation: OrganisationId, *, by: Actor) -> Plan[None]:
        """What `Directory.resume_organisation` would do."""
        return self._preview(
            "resume_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def delete_organisation(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[OrganisationDeleted]:
        """What `Directory.delete_organisation` would do."""
        return self._preview(
            "delete_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_organisation_deleted(raw),
            by,
        )

    def sweep(self, *, by: Actor) -> Plan[Swept]:
        """What `Directory.sweep` would do."""
        return self._preview(
            "sweep",
            {},
            {},
            lambda raw, _: reading.read_swept(raw),
            by,
        )

    def add_domain(self, organisation: OrganisationId, name: str, *, by: Actor) -> Plan[DomainAdded]:
        """What `Directory.add_domain` would do."""
        return self._preview(
            "add_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: reading.read_domain_added(raw),
            by,
        )

    def verify_domain(self, organisation: OrganisationId, name: str, *, by: Actor) -> Plan[None]:
        """What `Directory.verify_domain` would do."""
        return self._preview(
            "verify_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def remove_domain(
        self,
        organisation: OrganisationId,
        name: str,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.remove_domain` would do."""
        return self._preview(
            "remove_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_catch_all(
        self,
        organisation: OrganisationId,
        domain: str,
        mailbox: MailboxId | None,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.set_catch_all` would do."""
        return self._preview(
            "set_catch_all",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "domain": write.domain("domain", domain),
                "mailbox": None if mailbox is None else write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_domain_alias(
        self,
        organisation: OrganisationId,
        domain: str,
        of: str | None,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.set_domain_alias` would do."""
        return self._preview(
            "set_domain_alias",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "domain": write.domain("domain", domain),
                "of": None if of is None else write.domain("of", of),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def offer_domain(
        self,
        organisation: OrganisationId,
        name: str,
        to: OrganisationId,
        access: OfferedAccessLike,
        *,
        by: Actor,
    ) -> Plan[DomainOffered]:
        """What `Directory.offer_domain` would do."""
        return self._preview(
            "offer_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
                "to": write.ident(OrganisationId, "to", to),
                "access": write.word(types.OfferedAccess, "access", access),
            },
            {},
            lambda raw, _: reading.read_domain_offered(raw),
            by,
        )

    def withdraw_domain_offer(self, organisation: OrganisationId, name: str, *, by: Actor) -> Plan[None]:
        """What `Directory.withdraw_domain_offer` would do."""
        return self._preview(
            "withdraw_domain_offer",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def decline_domain_offer(
        self,
        organisation: OrganisationId,
        from_: OrganisationId,
        name: str,
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.decline_domain_offer` would do."""
        return self._preview(
            "decline_domain_offer",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "from": write.ident(OrganisationId, "from_", from_),
                "name": write.domain("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def accept_domain(
        self,
        organisation: OrganisationId,
        from_: OrganisationId,
        name: str,
        access: OfferedAccessLike,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[DomainAccepted]:
        """What `Directory.accept_domain` would do."""
        return self._preview(
            "accept_domain",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "from": write.ident(OrganisationId, "from_", from_),
                "name": write.domain("name", name),
                "access": write.word(types.OfferedAccess, "access", access),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_domain_accepted(raw),
            by,
        )

    def add_member(
        self,
        organisation: OrganisationId,
        user: UserId,
        role: RoleLike,
        *,
        by: Actor,
        services: Mapping[str, LevelLike] = NO_SERVICES,
    ) -> Plan[None]:
        """What `Directory.add_member` would do."""
        return self._preview(
            "add_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "role": write.word(types.Role, "role", role),
                "services": write.services("services", services),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_role(
        self,
        organisation: OrganisationId,
        user: UserId,
        role: RoleLike,
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.set_role` would do."""
        return self._preview(
            "set_role",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "role": write.word(types.Role, "role", role),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_services(
        self,
        organisation: OrganisationId,
        user: UserId,
        services: Mapping[str, LevelLike],
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.set_services` would do."""
        return self._preview(
            "set_services",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
                "services": write.services("services", services),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def suspend_member(self, organisation: OrganisationId, user: UserId, *, by: Actor) -> Plan[None]:
        """What `Directory.suspend_member` would do."""
        return self._preview(
            "suspend_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def resume_member(self, organisation: OrganisationId, user: UserId, *, by: Actor) -> Plan[None]:
        """What `Directory.resume_member` would do."""
        return self._preview(
            "resume_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def remove_member(self, organisation: OrganisationId, user: UserId, *, by: Actor) -> Plan[MemberRemoved]:
        """What `Directory.remove_member` would do."""
        return self._preview(
            "remove_member",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "user": write.ident(UserId, "user", user),
            },
            {},
            lambda raw, _: reading.read_member_removed(raw),
            by,
        )

    def leave(self, organisation: OrganisationId, *, by: Actor) -> Plan[MemberRemoved]:
        """What `Directory.leave` would do."""
        return self._preview(
            "leave",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: reading.read_member_removed(raw),
            by,
        )

    def transfer_ownership(
        self,
        organisation: OrganisationId,
        to: UserId,
        *,
        by: Actor,
        from_: UserId | None = None,
    ) -> Plan[None]:
        """What `Directory.transfer_ownership` would do."""
        return self._preview(
            "transfer_ownership",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "to": write.ident(UserId, "to", to),
                "from": None if from_ is None else write.ident(UserId, "from_", from_),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def invite(
        self,
        organisation: OrganisationId,
        address: str,
        offer: Offer,
        *,
        by: Actor,
    ) -> Plan[Invited]:
        """What `Directory.invite` would do."""
        return self._preview(
            "invite",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "address": write.address("address", address),
                "offer": writing.write_offer("offer", offer),
            },
            {},
            reading.read_invited,
            by,
        )

    def resend_invitation(self, invitation: InvitationId, *, by: Actor) -> Plan[Invited]:
        """What `Directory.resend_invitation` would do."""
        return self._preview(
            "resend_invitation",
            {
                "invitation": write.ident(InvitationId, "invitation", invitation),
            },
            {},
            reading.read_invited,
            by,
        )

    def revoke_invitation(self, invitation: InvitationId, *, by: Actor) -> Plan[None]:
        """What `Directory.revoke_invitation` would do."""
        return self._preview(
            "revoke_invitation",
            {
                "invitation": write.ident(InvitationId, "invitation", invitation),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def accept_invitation(self, token: str, *, by: Actor) -> Plan[Accepted]:
        """What `Directory.accept_invitation` would do."""
        return self._preview(
            "accept_invitation",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: reading.read_accepted(raw),
            by,
        )

    def accept_invitation_as_new(self, token: str, name: str, password: str, *, by: Actor) -> Plan[Accepted]:
        """What `Directory.accept_invitation_as_new` would do."""
        return self._preview(
            "accept_invitation_as_new",
            {
                "name": write.text("name", name),
            },
            {"token": write.secret("token", token), "password": write.secret("password", password)},
            lambda raw, _: reading.read_accepted(raw),
            by,
        )

    def decline_invitation(self, token: str, *, by: Actor) -> Plan[None]:
        """What `Directory.decline_invitation` would do."""
        return self._preview(
            "decline_invitation",
            {},
            {"token": write.secret("token", token)},
            lambda raw, _: None,
            by,
        )

    def open_mailbox(
        self,
        organisation: OrganisationId,
        address: str,
        *,
        by: Actor,
        name: str | None = None,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[MailboxId]:
        """What `Directory.open_mailbox` would do."""
        return self._preview(
            "open_mailbox",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "address": write.address("address", address),
                "name": None if name is None else write.text("name", name),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: MailboxId(raw),
            by,
        )

    def rename_mailbox(
        self,
        mailbox: MailboxId,
        address: str,
        former: FormerAddressLike,
        *,
        by: Actor,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[MailboxRenamed]:
        """What `Directory.rename_mailbox` would do."""
        return self._preview(
            "rename_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "former": write.word(types.FormerAddress, "former", former),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_mailbox_renamed(raw),
            by,
        )

    def set_mailbox_name(self, mailbox: MailboxId, name: str | None, *, by: Actor) -> Plan[None]:
        """What `Directory.set_mailbox_name` would do."""
        return self._preview(
            "set_mailbox_name",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "name": None if name is None else write.text("name", name),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def suspend_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.suspend_mailbox` would do."""
        return self._preview(
            "suspend_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def resume_mailbox(self, mailbox: MailboxId, *, by: Actor) -> Plan[None]:
        """What `Directory.resume_mailbox` would do."""
        return self._preview(
            "resume_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def close_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.close_mailbox` would do."""
        return self._preview(
            "close_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def reopen_mailbox(self, mailbox: MailboxId, *, by: Actor) -> Plan[None]:
        """What `Directory.reopen_mailbox` would do."""
        return self._preview(
            "reopen_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def delete_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[MailboxDeleted]:
        """What `Directory.delete_mailbox` would do."""
        return self._preview(
            "delete_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_mailbox_deleted(raw),
            by,
        )

    def hold_sending(self, mailbox: MailboxId, *, by: Actor) -> Plan[None]:
        """What `Directory.hold_sending` would do."""
        return self._preview(
            "hold_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def release_sending(self, mailbox: MailboxId, *, by: Actor) -> Plan[None]:
        """What `Directory.release_sending` would do."""
        return self._preview(
            "release_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def add_alias(
        self,
        mailbox: MailboxId,
        address: str,
        *,
        by: Actor,
        sending: AliasSendingLike = AliasSending.ALLOWED,
        reclaim: ReclaimLike = Reclaim.NO,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[None]:
        """What `Directory.add_alias` would do."""
        return self._preview(
            "add_alias",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "sending": write.word(types.AliasSending, "sending", sending),
                "reclaim": write.word(types.Reclaim, "reclaim", reclaim),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def remove_alias(
        self,
        mailbox: MailboxId,
        address: str,
        *,
        by: Actor,
        on_dependants: OnDependantsLike = OnDependants.REFUSE,
    ) -> Plan[AliasRemoved]:
        """What `Directory.remove_alias` would do."""
        return self._preview(
            "remove_alias",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "on_dependants": write.word(types.OnDependants, "on_dependants", on_dependants),
            },
            {},
            lambda raw, _: reading.read_alias_removed(raw),
            by,
        )

    def set_alias_sending(
        self,
        mailbox: MailboxId,
        address: str,
        sending: AliasSendingLike,
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.set_alias_sending` would do."""
        return self._preview(
            "set_alias_sending",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "address": write.address("address", address),
                "sending": write.word(types.AliasSending, "sending", sending),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def grant_access(
        self,
        mailbox: MailboxId,
        user: UserId,
        *,
        by: Actor,
        rights: Iterable[RightLike] | None = None,
        expires: datetime | None = None,
        reason: str | None = None,
        held: HeldDevicesLike | None = None,
    ) -> Plan[None]:
        """What `Directory.grant_access` would do."""
        return self._preview(
            "grant_access",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "rights": None if rights is None else write.words(types.Right, "rights", rights),
                "expires": None if expires is None else write.instant("expires", expires),
                "reason": None if reason is None else write.text("reason", reason),
                "held": None if held is None else write.word(types.HeldDevices, "held", held),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def change_grant(
        self,
        mailbox: MailboxId,
        user: UserId,
        rights: Iterable[RightLike],
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.change_grant` would do."""
        return self._preview(
            "change_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "rights": write.words(types.Right, "rights", rights),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def set_grant_expiry(
        self,
        mailbox: MailboxId,
        user: UserId,
        expires: datetime | None,
        *,
        by: Actor,
    ) -> Plan[None]:
        """What `Directory.set_grant_expiry` would do."""
        return self._preview(
            "set_grant_expiry",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "expires": None if expires is None else write.instant("expires", expires),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def revoke_grant(
        self,
        mailbox: MailboxId,
        user: UserId,
        held: HeldDevicesLike,
        *,
        by: Actor,
    ) -> Plan[GrantEnded]:
        """What `Directory.revoke_grant` would do."""
        return self._preview(
            "revoke_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "user": write.ident(UserId, "user", user),
                "held": write.word(types.HeldDevices, "held", held),
            },
            {},
            lambda raw, _: reading.read_grant_ended(raw),
            by,
        )

    def give_up_grant(self, mailbox: MailboxId, *, by: Actor) -> Plan[GrantEnded]:
        """What `Directory.give_up_grant` would do."""
        return self._preview(
            "give_up_grant",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            },
            {},
            lambda raw, _: reading.read_grant_ended(raw),
            by,
        )

    def add_device(
        self,
        mailbox: MailboxId,
        label: str,
        protocols: Iterable[ProtocolLike],
        *,
        by: Actor,
        holder: Holder = Myself(),
        networks: Iterable[Network | str] | None = None,
        expires: datetime | None = None,
    ) -> Plan[Issued]:
        """What `Directory.add_device` would do."""
        return self._preview(
            "add_device",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "label": write.text("label", label),
                "holder": writing.write_for("holder", holder),
                "protocols": write.words(types.Protocol, "protocols", protocols),
                "networks": None if networks is None else [write.network("networks", each) for each in write.items("networks", networks)],
                "expires": None if expires is None else write.instant("expires", expires),
            },
            {},
            reading.read_issued,
            by,
        )

    def add_legacy_device(
        self,
        mailbox: MailboxId,
        label: str,
        holder: Holder,
        protocols: Iterable[ProtocolLike],
        phc: str,
        *,
        by: Actor,
    ) -> Plan[DeviceId]:
        """What `Directory.add_legacy_device` would do."""
        return self._preview(
            "add_legacy_device",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "label": write.text("label", label),
                "holder": writing.write_for("holder", holder),
                "protocols": write.words(types.Protocol, "protocols", protocols),
            },
            {"phc": write.secret("phc", phc)},
            lambda raw, _: DeviceId(raw),
            by,
        )

    def rename_device(self, device: DeviceId, label: str, *, by: Actor) -> Plan[None]:
        """What `Directory.rename_device` would do."""
        return self._preview(
            "rename_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "label": write.text("label", label),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def narrow_device(self, device: DeviceId, bounds: Bounds, *, by: Actor) -> Plan[None]:
        """What `Directory.narrow_device` would do."""
        return self._preview(
            "narrow_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "bounds": writing.write_bounds("bounds", bounds),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def widen_device(self, device: DeviceId, bounds: Bounds, *, by: Actor) -> Plan[None]:
        """What `Directory.widen_device` would do."""
        return self._preview(
            "widen_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "bounds": writing.write_bounds("bounds", bounds),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def rotate_device(
        self,
        device: DeviceId,
        *,
        by: Actor,
        grace: timedelta = timedelta(seconds=86400),
    ) -> Plan[Issued]:
        """What `Directory.rotate_device` would do."""
        return self._preview(
            "rotate_device",
            {
                "device": write.ident(DeviceId, "device", device),
                "grace_seconds": write.seconds("grace", grace),
            },
            {},
            reading.read_issued,
            by,
        )

    def revoke_device(self, device: DeviceId, *, by: Actor) -> Plan[None]:
        """What `Directory.revoke_device` would do."""
        return self._preview(
            "revoke_device",
            {
                "device": write.ident(DeviceId, "device", device),
            },
            {},
            lambda raw, _: None,
            by,
        )

    def revoke_devices_of_mailbox(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        except_: DeviceId | None = None,
    ) -> Plan[DevicesRevoked]:
        """What `Directory.revoke_devices_of_mailbox` would do."""
        return self._preview(
            "revoke_devices_of_mailbox",
            {
                "mailbox": write.ident(MailboxId, "mailbox", mailbox),
                "except": None if except_ is None else write.ident(DeviceId, "except_", except_),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
        )

    def revoke_devices_of_holder(self, organisation: OrganisationId, holder: UserId, *, by: Actor) -> Plan[DevicesRevoked]:
        """What `Directory.revoke_devices_of_holder` would do."""
        return self._preview(
            "revoke_devices_of_holder",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
                "holder": write.ident(UserId, "holder", holder),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
        )

    def revoke_devices_of_organisation(self, organisation: OrganisationId, *, by: Actor) -> Plan[DevicesRevoked]:
        """What `Directory.revoke_devices_of_organisation` would do."""
        return self._preview(
            "revoke_devices_of_organisation",
            {
                "organisation": write.ident(OrganisationId, "organisation", organisation),
            },
            {},
            lambda raw, _: reading.read_devices_revoked(raw),
            by,
        )


ANSWERS: dict[str, Callable[[Any, Any], object]] = {
    "register_user": lambda raw, _: reading.read_registered(raw),
    "rename_user": lambda raw, _: None,
    "change_login": lambda raw, _: reading.read_login_change_asked(raw),
    "set_recovery_address": lambda raw, _: None,
    "remove_recovery_address": lambda raw, _: None,
    "issue_confirmation": reading.read_confirmation_issued,
    "confirm_address": lambda raw, _: reading.read_confirmed(raw),
    "change_password": lambda raw, _: None,
    "start_reset": reading.read_reset_started,
    "finish_reset": lambda raw, _: UserId(raw),
    "suspend_user": lambda raw, _: None,
    "resume_user": lambda raw, _: None,
    "delete_user": lambda raw, _: reading.read_user_deleted(raw),
    "erase_user": lambda raw, _: reading.read_user_erased(raw),
    "found_organisation": lambda raw, _: reading.read_founded(raw),
    "rename_organisation": lambda raw, _: None,
    "set_policy": lambda raw, _: None,
    "suspend_organisation": lambda raw, _: None,
    "resume_organisation": lambda raw, _: None,
    "delete_organisation": lambda raw, _: reading.read_organisation_deleted(raw),
    "sweep": lambda raw, _: reading.read_swept(raw),
    "add_domain": lambda raw, _: reading.read_domain_added(raw),
    "verify_domain": lambda raw, _: None,
    "remove_domain": lambda raw, _: None,
    "set_catch_all": lambda raw, _: None,
    "set_domain_alias": lambda raw, _: None,
    "offer_domain": lambda raw, _: reading.read_domain_offered(raw),
    "withdraw_domain_offer": lambda raw, _: None,
    "decline_domain_offer": lambda raw, _: None,
    "accept_domain": lambda raw, _: reading.read_domain_accepted(raw),
    "add_member": lambda raw, _: None,
    "set_role": lambda raw, _: None,
    "set_services": lambda raw, _: None,
    "suspend_member": lambda raw, _: None,
    "resume_member": lambda raw, _: None,
    "remove_member": lambda raw, _: reading.read_member_removed(raw),
    "leave": lambda raw, _: reading.read_member_removed(raw),
    "transfer_ownership": lambda raw, _: None,
    "invite": reading.read_invited,
    "resend_invitation": reading.read_invited,
    "revoke_invitation": lambda raw, _: None,
    "accept_invitation": lambda raw, _: reading.read_accepted(raw),
    "accept_invitation_as_new": lambda raw, _: reading.read_accepted(raw),
    "decline_invitation": lambda raw, _: None,
    "open_mailbox": lambda raw, _: MailboxId(raw),
    "rename_mailbox": lambda raw, _: reading.read_mailbox_renamed(raw),
    "set_mailbox_name": lambda raw, _: None,
    "suspend_mailbox": lambda raw, _: None,
    "resume_mailbox": lambda raw, _: None,
    "close_mailbox": lambda raw, _: None,
    "reopen_mailbox": lambda raw, _: None,
    "delete_mailbox": lambda raw, _: reading.read_mailbox_deleted(raw),
    "hold_sending": lambda raw, _: None,
    "release_sending": lambda raw, _: None,
    "add_alias": lambda raw, _: None,
    "remove_alias": lambda raw, _: reading.read_alias_removed(raw),
    "set_alias_sending": lambda raw, _: None,
    "grant_access": lambda raw, _: None,
    "change_grant": lambda raw, _: None,
    "set_grant_expiry": lambda raw, _: None,
    "revoke_grant": lambda raw, _: reading.read_grant_ended(raw),
    "give_up_grant": lambda raw, _: reading.read_grant_ended(raw),
    "add_device": reading.read_issued,
    "add_legacy_device": lambda raw, _: DeviceId(raw),
    "rename_device": lambda raw, _: None,
    "narrow_device": lambda raw, _: None,
    "widen_device": lambda raw, _: None,
    "rotate_device": reading.read_issued,
    "revoke_device": lambda raw, _: None,
    "revoke_devices_of_mailbox": lambda raw, _: reading.read_devices_revoked(raw),
    "revoke_devices_of_holder": lambda raw, _: reading.read_devices_revoked(raw),
    "revoke_devices_of_organisation": lambda raw, _: reading.read_devices_revoked(raw),
}
"""How the answer of each command is read."""

