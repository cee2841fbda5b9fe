# Written by `cargo xtask generate` from the core's own tables. Change those instead.
"""Every question, as a method."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from mailgrant import _reading as reading
from mailgrant import _write as write
from mailgrant import _writing as writing
from mailgrant import types
from mailgrant._happened import Entry
from mailgrant._native import DeviceId, InvitationId, MailboxId, OrganisationId, UserId
from mailgrant._paging import Listing
from mailgrant._read import entry
from mailgrant.types import (
    About,
    Access,
    Actor,
    Alias,
    BlastRadius,
    Changes,
    Device,
    Difference,
    Domain,
    Explanation,
    HistoryFilter,
    Invitation,
    ListedDevice,
    LoginRisk,
    Mailbox,
    Member,
    OfferedDomain,
    Order,
    OrderLike,
    Organisation,
    Person,
    Reach,
    Resolution,
    ReviewRow,
    ReviewRows,
    ReviewRowsLike,
    Right,
    RightLike,
    Sender,
    Senders,
    User,
)

T = TypeVar("T")


class Questions:
    """The questions."""

    __slots__ = ()

    def _ask(self, name: str, fields: dict[str, object], read: Callable[[Any], T], by: Actor | None) -> T:
        raise NotImplementedError

    def _list(
        self,
        name: str,
        fields: dict[str, object],
        read: Callable[[Any], T],
        by: Actor,
        after: str | None,
        limit: int,
    ) -> Listing[T]:
        raise NotImplementedError

    def explain(self, user: UserId, right: RightLike, mailbox: MailboxId, *, by: Actor) -> Explanation:
        """Whether a person may do something with a mailbox now, with every link of the chain. About
        oneself; for owners and admins about anyone, in their organisation.

        Costs one snapshot with seven look-ups, with an access view fewer.

        Raises:
            Error: `mailbox.not_found` for whom the mailbox does not concern; `view.stale`.
        """
        fields: dict[str, object] = {
            "user": write.ident(UserId, "user", user),
            "right": write.word(types.Right, "right", right),
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
        }
        return self._ask("explain", fields, reading.read_explanation, by)

    def resolve(self, address: str) -> Resolution:
        """Where mail to an address goes, and which way. The host's own question, unfiltered.

        Costs one snapshot with up to eight look-ups; with an access view none.

        Raises:
            Error: Those of the store; `view.stale`; `directory.replica` where a replica cannot know.
        """
        fields: dict[str, object] = {
            "address": write.address("address", address),
        }
        return self._ask("resolve", fields, reading.read_resolution, None)

    def senders(self, who: Sender, mailbox: MailboxId) -> Senders:
        """As what a person or a device may send from a mailbox now; nothing without the right to send.
        The host's own question, unfiltered. What is in quarantine under another name of a domain is
        among them, and `may_send_as` refuses it.

        Costs one snapshot with seven look-ups and one row an alias.

        Raises:
            Error: Those of the store; `directory.replica` where a replica cannot know.
        """
        fields: dict[str, object] = {
            "who": write.ident_of((UserId, DeviceId), "who", who),
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
        }
        return self._ask("senders", fields, reading.read_senders, None)

    def may_send_as(self, who: Sender, mailbox: MailboxId, sender: str) -> bool:
        """Whether a person or a device may send from a mailbox with this sender address now: one of
        `Directory.senders`, or a subaddress of the mailbox's own that is nobody else's. The host's own
        question, unfiltered.

        Costs what `senders` and `resolve` cost.

        Raises:
            Error: Those of the store; `directory.replica` where a replica cannot know.
        """
        fields: dict[str, object] = {
            "who": write.ident_of((UserId, DeviceId), "who", who),
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            "from": write.address("sender", sender),
        }
        return self._ask("may_send_as", fields, bool, None)

    def user(self, user: UserId, *, by: Actor) -> User:
        """A person's account. All of it for themselves and the host.

        Costs one look-up.

        Raises:
            Error: `user.not_found`.
        """
        fields: dict[str, object] = {
            "user": write.ident(UserId, "user", user),
        }
        return self._ask("user", fields, reading.read_user, by)

    def user_by_login(self, login: str, *, by: Actor) -> Person:
        """The person who signs in with an address: for themselves, the host, and owners and admins of
        an organisation that they belong to.

        Costs two look-ups; for an owner or admin one more an organisation of theirs.

        Raises:
            Error: `user.not_found`.
        """
        fields: dict[str, object] = {
            "login": write.address("login", login),
        }
        return self._ask("user_by_login", fields, reading.read_person, by)

    def organisation(self, organisation: OrganisationId, *, by: Actor) -> Organisation:
        """An organisation, for its members. Externals see no more of it than this.

        Costs three look-ups.

        Raises:
            Error: `organisation.not_found`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._ask("organisation", fields, reading.read_organisation, by)

    def organisation_by_domain(self, domain: str, *, by: Actor) -> Organisation:
        """The organisation that verified a domain, for its members.

        Costs four look-ups.

        Raises:
            Error: `organisation.not_found`; `directory.replica` where a replica cannot know.
        """
        fields: dict[str, object] = {
            "domain": write.domain("domain", domain),
        }
        return self._ask("organisation_by_domain", fields, reading.read_organisation, by)

    def mailbox(self, mailbox: MailboxId, *, by: Actor) -> Mailbox:
        """A mailbox, for whoever has it and for the managers.

        Costs five look-ups.

        Raises:
            Error: `mailbox.not_found`.
        """
        fields: dict[str, object] = {
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
        }
        return self._ask("mailbox", fields, reading.read_mailbox, by)

    def mailbox_by_address(self, address: str, *, by: Actor) -> Mailbox:
        """The mailbox whose own address it is, or an alias's; for whoever has it and for the managers.

        Costs six look-ups.

        Raises:
            Error: `mailbox.not_found`.
        """
        fields: dict[str, object] = {
            "address": write.address("address", address),
        }
        return self._ask("mailbox_by_address", fields, reading.read_mailbox, by)

    def device(self, device: DeviceId, *, by: Actor) -> Device:
        """A device, active or revoked; for whoever has its mailbox. Its networks are for its holder and
        the managers.

        Costs six look-ups.

        Raises:
            Error: `device.not_found`.
        """
        fields: dict[str, object] = {
            "device": write.ident(DeviceId, "device", device),
        }
        return self._ask("device", fields, reading.read_device, by)

    def invitation(self, invitation: InvitationId, *, by: Actor) -> Invitation:
        """An invitation, for owners and admins, and for whoever sent it.

        Costs four look-ups.

        Raises:
            Error: `invitation.not_found`.
        """
        fields: dict[str, object] = {
            "invitation": write.ident(InvitationId, "invitation", invitation),
        }
        return self._ask("invitation", fields, reading.read_invitation, by)

    def access(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Access]:
        """Everyone and everything that reaches a mailbox: first its people, then its devices. For
        whoever has the mailbox and for the managers.

        Costs one index range and four look-ups a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `mailbox.not_found`, `cursor.invalid`, `view.stale`.
        """
        fields: dict[str, object] = {
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
        }
        return self._list("access", fields, reading.read_access, by, after, limit)

    def reach(self, user: UserId, *, by: Actor) -> Reach:
        """Every organisation, role, service and mailbox of a person, across organisations. All of it
        for themselves and the host; for an owner or admin what is in organisations of theirs.

        Costs three index ranges an organisation and three look-ups.

        Raises:
            Error: `user.not_found`, `view.stale`.
        """
        fields: dict[str, object] = {
            "user": write.ident(UserId, "user", user),
        }
        return self._ask("reach", fields, reading.read_reach, by)

    def members(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Member]:
        """The members of an organisation, for its owners and admins.

        Costs one index range and one look-up a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("members", fields, reading.read_member, by, after, limit)

    def mailboxes(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Mailbox]:
        """The mailboxes of an organisation: all for the managers, for others those granted to them.

        Costs one index range and one look-up a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("mailboxes", fields, reading.read_mailbox, by, after, limit)

    def aliases(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Alias]:
        """The aliases of an organisation: all for the managers, for others those of the mailboxes
        granted to them.

        Costs one index range a page; for others than managers one a mailbox, and a page is one of
        mailboxes.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("aliases", fields, reading.read_alias, by, after, limit)

    def aliases_of(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Alias]:
        """The aliases of a mailbox, for whoever has it and for the managers.

        Costs one index range.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `mailbox.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
        }
        return self._list("aliases_of", fields, reading.read_alias, by, after, limit)

    def devices(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[ListedDevice]:
        """The active devices of an organisation: all for the managers, for others those of the
        mailboxes granted to them.

        Costs one index range and three look-ups a page; for others than managers one a mailbox, and a
        page is one of mailboxes.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("devices", fields, reading.read_listed_device, by, after, limit)

    def invitations(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Invitation]:
        """The invitations of an organisation, answered ones too, for its owners and admins.

        Costs one index range a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("invitations", fields, reading.read_invitation, by, after, limit)

    def domains(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Domain]:
        """The domains of an organisation, for those who manage them.

        Costs one index range a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("domains", fields, reading.read_domain, by, after, limit)

    def domain_offers(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[OfferedDomain]:
        """The domains that other organisations offer to this one, for its owners.

        Costs one index range and one look-up a page.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("domain_offers", fields, reading.read_offered_domain, by, after, limit)

    def history(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        about: About | None = None,
        done_by: Actor | None = None,
        kinds: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        order: OrderLike = Order.OLDEST,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Entry]:
        """Who did what in an organisation, when, and to what. For its owners and admins.

        Costs one index range of the journal, by subject, by actor or by time.

        Args:
            about: Only what is about this: a person, a mailbox, a device, an invitation, an
                organisation, or a domain by its name.
            done_by: Only what they did.
            kinds: Only these kinds, such as `grant.given`; all where there are none.
            since: Not before this instant.
            until: Not after this instant.
            order: Whether the newest come first.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
            "filter": writing.write_history_filter(
                "filter", types.HistoryFilter(about, done_by, tuple(write.items("kinds", kinds)), since, until, order)  # type: ignore[arg-type]
            ),
        }
        return self._list("history", fields, entry, by, after, limit)

    def mailbox_history(
        self,
        mailbox: MailboxId,
        *,
        by: Actor,
        about: About | None = None,
        done_by: Actor | None = None,
        kinds: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        order: OrderLike = Order.OLDEST,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Entry]:
        """What happened to a mailbox, its aliases, grants and devices. Owners, admins and those with
        `Activity` see all of it; everyone else who has the mailbox sees the grants and devices of the
        last 90 days. The networks of devices are for managers.

        Costs one index range of the journal, by the mailbox.

        Args:
            about: Only what is about this: a person, a mailbox, a device, an invitation, an
                organisation, or a domain by its name.
            done_by: Only what they did.
            kinds: Only these kinds, such as `grant.given`; all where there are none.
            since: Not before this instant.
            until: Not after this instant.
            order: Whether the newest come first.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `mailbox.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "mailbox": write.ident(MailboxId, "mailbox", mailbox),
            "filter": writing.write_history_filter(
                "filter", types.HistoryFilter(about, done_by, tuple(write.items("kinds", kinds)), since, until, order)  # type: ignore[arg-type]
            ),
        }
        return self._list("mailbox_history", fields, entry, by, after, limit)

    def user_history(
        self,
        user: UserId,
        *,
        by: Actor,
        about: About | None = None,
        done_by: Actor | None = None,
        kinds: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        order: OrderLike = Order.OLDEST,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Entry]:
        """What happened to a person's account. For themselves and the host.

        Costs one index range of the journal.

        Args:
            about: Only what is about this: a person, a mailbox, a device, an invitation, an
                organisation, or a domain by its name.
            done_by: Only what they did.
            kinds: Only these kinds, such as `grant.given`; all where there are none.
            since: Not before this instant.
            until: Not after this instant.
            order: Whether the newest come first.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `user.not_found`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "user": write.ident(UserId, "user", user),
            "filter": writing.write_history_filter(
                "filter", types.HistoryFilter(about, done_by, tuple(write.items("kinds", kinds)), since, until, order)  # type: ignore[arg-type]
            ),
        }
        return self._list("user_history", fields, entry, by, after, limit)

    def review(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        rows: ReviewRowsLike = ReviewRows.ALL,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[ReviewRow]:
        """All access of an organisation, each with what deserves a second look and the command that
        settles it: first the organisation itself where something about it does, then the people's
        grants, the active devices, and the pending invitations. For owners, admins and those with
        `Mail: Manage`; the last see the invitations that they sent or could give.

        `access.never_used` comes 30 days after it was given, `access.unused` 90 days after the last
        use, `access.expires_soon` 14 days before the end; a grant is used by its holder and through the
        devices they hold. An import brings no last uses, so that all it brought may seem never used
        until it is used here. Reading goes on in a suspended organisation, whose commands are then
        refused. A past knows no last uses and settles nothing.

        Costs one index range and two look-ups a page for each kind of row on it, and on the first page
        two for the organisation; all members, where nobody owns it.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
            "rows": write.word(types.ReviewRows, "rows", rows),
        }
        return self._list("review", fields, reading.read_review_row, by, after, limit)

    def login_risks(
        self,
        organisation: OrganisationId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[LoginRisk]:
        """Everyone whose login or recovery address is one of the organisation's domains: on which
        mailbox it hangs, who else reads it, whether they could lock themselves out, and what would cut
        them off. For owners and admins.

        Invitations are left out: nobody signs in by them yet. A past knows those who were members by
        then, and nobody else.

        A row an address. Costs two index ranges a domain, five look-ups a page, and two index ranges a
        mailbox on it.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `organisation.not_found`, `access.denied`, `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
        }
        return self._list("login_risks", fields, reading.read_login_risk, by, after, limit)

    def blast_radius(
        self,
        device: DeviceId,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> BlastRadius:
        """What a stolen password of a device opens now: by which protocols, which mailbox, as which
        senders, since when, and from where it was used. For the device's holder and the managers. A
        past knows no last uses.

        The page is one of sender addresses, of which those of aliases that only receive are left out:
        it may be short, or empty, and others follow. What is in quarantine under another name of the
        domain is not (see `may_send_as`). Costs eight look-ups, and two index ranges a page where it
        may send.

        `after` is the cursor where the answer before ended, `limit` the most items of this one.

        Raises:
            Error: `device.not_found`; `access.denied` for others who have the mailbox;
                `cursor.invalid`.
        """
        fields: dict[str, object] = {
            "device": write.ident(DeviceId, "device", device),
            "page": write.page(after, limit),
        }
        return self._ask("blast_radius", fields, reading.read_blast_radius, by)

    def compare(
        self,
        organisation: OrganisationId,
        since: datetime,
        until: datetime,
        *,
        by: Actor,
        after: str | None = None,
        limit: int = 100,
    ) -> Listing[Difference]:
        """Who gained and lost what between two instants, and why: the places of members, then mailbox
        by mailbox what people and devices may do there, compared by effective access. What came and
        went in between is not shown.

        Who may ask is decided as of today, as for `Directory.at`: owners and admins see all of it,
        members with `Activity` those mailboxes, the host deleted organisations too, at instants before
        their end.

        Costs, for every page, one pass over the organisation's journal and its members' up to the
        second instant.

        The answer goes through all pages as it is iterated, `limit` items at a time; its `page` is the
        first one alone, with the cursor of the next for `after`.

        Raises:
            Error: `time.future`; `time.reversed` where the first instant is the later one;
                `organisation.not_found` for outsiders, and where either instant lies before the
                founding or after the deletion; `access.denied`; `cursor.invalid`; `directory.past` on a
                past.
        """
        fields: dict[str, object] = {
            "organisation": write.ident(OrganisationId, "organisation", organisation),
            "from": write.instant("since", since),
            "to": write.instant("until", until),
        }
        return self._list("compare", fields, reading.read_difference, by, after, limit)

    def changes(self, *, after: str | None = None, limit: int = 100) -> Changes:
        """What was appended to the journal after a cursor, of all organisations and users; without one,
        from the beginning. For whoever keeps something beside the directory that must move with it: a
        search index, a cache, people's replicas in their browsers. It has no end: keep `next` beside
        what was made of the entries, and ask again. The host's own question, unfiltered.

        There is no sequence over all streams, only one in each (`Entry.place`). Every entry comes at
        least once, whoever committed it and from which process; one that comes again has the same
        place. What it says of an erased person may be a placeholder; `user.erased` tells a follower to
        let go of what it read before.

        Costs one look-up where nothing moved; else one index range a commit and stream.

        `after` is the cursor where the answer before ended, `limit` the most items of this one.

        Raises:
            Error: `cursor.invalid` for a cursor of another question or another store, and where the
                store was put back to an earlier day: begin anew; `directory.past`, `directory.replica`.
        """
        fields: dict[str, object] = {
            "page": write.page(after, limit),
        }
        return self._ask("changes", fields, reading.read_changes, None)

    def changes_from_now(self) -> str:
        """A cursor for what will be appended from now on: to follow without reading all that ever
        happened. Take it before you read what there is, so that nothing falls in between. There is an
        example at `Directory.changes`.

        Costs one look-up.

        Raises:
            Error: Those of the store; `directory.past`, `directory.replica`.
        """
        fields: dict[str, object] = {}
        return self._ask("changes_from_now", fields, str, None)
