"""The quickstart of the repository's README, told through Python: every step says what the story says there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from bakery import found, register

from mailgrant import (
    Batch,
    Bearer,
    Conflict,
    DeviceId,
    DevicePassword,
    Directory,
    Event,
    Invalid,
    LoginRefused,
    MailboxId,
    ManualClock,
    Nobody,
    Offer,
    OrganisationId,
    Promise,
    Protocol,
    Right,
    System,
    UserId,
    types,
)
from mailgrant.types import (
    Access,
    AccessSubject,
    ComparedDevice,
    ComparedPerson,
    DeviceAccess,
    DeviceRevoked,
    Difference,
    Invitation,
    MemberAccess,
    NoAccess,
    Person,
    PersonAccess,
    ReachingDevice,
)

HOST = System("quickstart")
CONTACT = "contact@bakery.example"
HELLO = "hello@bakery.example"
INFO = "info@bakery.example"
CRM_SERVER = "203.0.113.25"
AT_HOME = "198.51.100.7"
OFFICE = "198.51.100.80"
FAR_AWAY = "192.0.2.66"

DEFAULT_RIGHTS = {Right.SEND, Right.DEVICES, Right.AUTO_REPLIES, Right.SIGNATURES, Right.FOLDERS}
BOTH = {Protocol.IMAP, Protocol.SMTP}


def on_march(day: int, hour: int, minute: int = 0) -> datetime:
    """Give an instant of that month."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Program:
    """A mail program, with the password that was typed into it."""

    name: str
    device: DeviceId
    password: str


@dataclass(frozen=True)
class Attempt:
    """A login and what it is told."""

    program: Program
    protocol: types.ProtocolLike
    source: str
    answer: str
    address: str = CONTACT


class Story:
    """What the story is about, as it goes on."""

    olivia: UserId
    ada: UserId
    organisation: OrganisationId
    contact: MailboxId
    crm: Program
    phone: Program
    scanner: Program
    new_phone: Program

    def __init__(self, directory: Directory, clock: ManualClock) -> None:
        self.directory = directory
        self.clock = clock

    def issued(self, name: str, device: types.Issued) -> Program:
        """Type a password into a program, the only time that it is seen."""
        program = Program(name, device.id, device.password.reveal())
        with pytest.raises(Invalid) as refusal:
            device.password.reveal()
        assert refusal.value.code == "secret.revealed"
        return program

    def log_in(self, *attempts: Attempt) -> list[DeviceId]:
        """Let programs log in. Gives the devices that were recognised and refused."""
        known = []
        for attempt in attempts:
            program = attempt.program
            log_in = partial(
                self.directory.login_device, attempt.address, program.password, attempt.protocol, attempt.source
            )
            if attempt.answer == "welcome":
                session = log_in()
                assert (session.device, session.mailbox) == (program.device, self.contact)
                continue
            with pytest.raises(LoginRefused) as refusal:
                log_in()
            assert (refusal.value.reason, str(refusal.value)) == (attempt.answer, "login refused"), program.name
            if refusal.value.device is not None:
                known.append(refusal.value.device)
        return known

    def access(self, then: Directory | None = None) -> list[tuple[str, str, set[str], datetime]]:
        """Say who reaches contact@, through what, what it lets them do, and since when."""
        directory = self.directory if then is None else then
        return [access_row(access) for access in directory.access(self.contact, by=self.olivia)]


def access_row(access: Access) -> tuple[str, str, set[str], datetime]:
    match access.who:
        case Person(name=name):
            return name, access.through.value, {right.value for right in access.rights}, access.since
        case ReachingDevice(label=label, protocols=protocols):
            return label, access.through.value, {each.value for each in protocols}, access.since
        case other:
            raise AssertionError(other)


def test_the_quickstart_tells_the_same_story(any_directory: Directory, clock: ManualClock) -> None:
    story = Story(any_directory, clock)
    a_bakery_moves_in(story)
    contact_opens_and_nobody_can_read_it(story)
    an_assistant_for_one_mailbox_and_nothing_else(story)
    every_program_gets_a_password_of_its_own(story)
    a_phone_is_lost(story)
    the_scanner_becomes_the_bakerys(story)
    the_assistant_leaves(story)
    this_morning = any_directory.changes_from_now()
    who_had_access_on_that_tuesday(story)
    who_gained_and_lost_what_since(story)
    whose_login_hangs_on_a_mailbox(story)
    what_deserves_a_second_look(story)
    what_changed_since_this_morning(story, this_morning)


def a_bakery_moves_in(story: Story) -> None:
    directory = story.directory
    story.clock.set(on_march(3, 9))
    story.olivia = register(directory, "olivia@home.example", "Olivia Moser")
    founded = directory.found_organisation("Moser Bakery", by=story.olivia)
    assert founded.owner == story.olivia
    story.organisation = founded.organisation

    added = directory.add_domain(story.organisation, "bakery.example", by=story.olivia)
    assert added.challenge.startswith("mailgrant-")
    assert added.lapses == on_march(10, 9)
    directory.verify_domain(story.organisation, "bakery.example", by=HOST)

    assert directory.organisation_by_domain("bakery.example", by=story.olivia).name == "Moser Bakery"


def contact_opens_and_nobody_can_read_it(story: Story) -> None:
    directory, olivia = story.directory, story.olivia
    story.clock.set(on_march(3, 9, 20))
    story.contact = directory.open_mailbox(story.organisation, CONTACT, by=olivia, name="Moser Bakery")

    explanation = directory.explain(olivia, "read", story.contact, by=olivia)
    assert not explanation.allowed
    assert [(link.link.value, link.obstacle) for link in explanation.chain] == [
        ("user", None),
        ("mailbox", None),
        ("organisation", None),
        ("membership", None),
        ("grant", "grant_missing"),
        ("right", None),
        ("sending", None),
    ]

    directory.add_alias(story.contact, HELLO, by=olivia)
    directory.add_alias(story.contact, INFO, by=olivia)
    resolved = {
        address: (resolution.delivery.value, resolution.mailbox, [step.value for step in resolution.way])
        for address in (CONTACT, HELLO, INFO, "info+cakes@bakery.example", "sales@bakery.example")
        for resolution in [directory.resolve(address)]
    }
    assert resolved == {
        CONTACT: ("accept", story.contact, ["mailbox"]),
        HELLO: ("accept", story.contact, ["alias"]),
        INFO: ("accept", story.contact, ["alias"]),
        "info+cakes@bakery.example": ("accept", story.contact, ["subaddress", "alias"]),
        "sales@bakery.example": ("refuse", None, ["unknown"]),
    }


def an_assistant_for_one_mailbox_and_nothing_else(story: Story) -> None:
    directory, olivia = story.directory, story.olivia
    story.clock.set(on_march(3, 10))
    # Ada belonged to another organisation before.
    story.ada = register(directory, "ada@home.example", "Ada Lind")
    bruno = register(directory, "bruno@home.example", "Bruno Keller")
    club = found(directory, bruno, "Cycling Club", "club.example")
    directory.add_member(club, story.ada, "collaborator", by=HOST, services={"sites": "manage"})
    news = directory.open_mailbox(club, "news@club.example", by=bruno)
    directory.grant_access(news, story.ada, by=bruno)

    rights = directory.organisation(story.organisation, by=olivia).policy.mailbox_rights
    assert rights == DEFAULT_RIGHTS
    offer = Offer(types.Role.EXTERNAL, mailboxes=(Promise(story.contact, rights),))
    invited = directory.invite(story.organisation, "office@letters.example", offer, by=olivia)
    assert invited.expires == on_march(10, 10)

    story.clock.set(on_march(3, 11, 5))
    accepted = directory.accept_invitation(invited.token.reveal(), by=story.ada)
    assert accepted.user == story.ada
    assert accepted.mailboxes == (story.contact,)

    reach = directory.reach(story.ada, by=story.ada)
    assert [
        (there.name, there.role.value, dict(there.services), [mailbox.address for mailbox in there.mailboxes])
        for there in sorted(reach.organisations, key=lambda there: there.name, reverse=True)
    ] == [
        ("Moser Bakery", "external", {}, [CONTACT]),
        ("Cycling Club", "collaborator", {"sites": "manage"}, ["news@club.example"]),
    ]
    seen = directory.reach(story.ada, by=olivia)
    assert [there.name for there in seen.organisations] == ["Moser Bakery"]


def every_program_gets_a_password_of_its_own(story: Story) -> None:
    directory, contact = story.directory, story.contact
    story.clock.set(on_march(3, 11, 30))
    crm = directory.add_device(
        contact,
        "CRM",
        ["imap", "smtp"],
        by=story.olivia,
        holder=Nobody("Nimbus, who run our CRM"),
        networks=["203.0.113.0/24"],
    )
    assert isinstance(crm.password, DevicePassword)
    story.crm = story.issued("CRM", crm)
    story.clock.advance(timedelta(minutes=5))
    story.phone = story.issued(
        "Ada's phone", directory.add_device(contact, "Ada's phone", ["imap", "smtp"], by=story.ada)
    )
    story.clock.advance(timedelta(minutes=5))
    story.scanner = story.issued("Scanner", directory.add_device(contact, "Scanner", ["smtp"], by=story.ada))

    story.log_in(
        Attempt(story.crm, "imap", CRM_SERVER, "welcome"),
        Attempt(story.phone, "imap", AT_HOME, "welcome"),
        Attempt(story.scanner, "smtp", OFFICE, "welcome"),
        Attempt(story.scanner, "imap", OFFICE, "protocol"),
        Attempt(story.phone, "imap", AT_HOME, "alias", address=HELLO),
        Attempt(story.crm, "imap", FAR_AWAY, "network"),
    )


def a_phone_is_lost(story: Story) -> None:
    directory, phone = story.directory, story.phone
    story.clock.set(on_march(5, 7, 30))
    crm_session = directory.login_device(CONTACT, story.crm.password, "imap", CRM_SERVER)
    phone_session = directory.login_device(CONTACT, phone.password, "imap", AT_HOME)

    story.clock.set(on_march(5, 18, 40))
    radius = directory.blast_radius(phone.device, by=story.ada)
    assert (radius.label, radius.address, radius.opens) == ("Ada's phone", CONTACT, True)
    assert {each.protocol for each in radius.protocols if each.obstacle is None} == BOTH
    assert set(radius.senders.items) == {CONTACT, HELLO, INFO}
    assert radius.separator == "+"
    assert radius.networks is None
    assert [secret.since for secret in radius.secrets] == [on_march(3, 11, 35)]
    [used] = [each.last_used for each in radius.protocols if each.protocol == "imap"]
    assert used is not None
    assert (used.at, str(used.source)) == (on_march(5, 7, 30), AT_HOME)

    directory.revoke_device(phone.device, by=story.ada)
    assert directory.session_valid(crm_session)
    assert not directory.session_valid(phone_session)

    story.clock.set(on_march(5, 23, 15))
    known = story.log_in(
        Attempt(phone, "imap", FAR_AWAY, "revoked"),
        Attempt(story.crm, "imap", CRM_SERVER, "welcome"),
    )
    assert known == [phone.device]
    device = directory.device(phone.device, by=story.olivia)
    assert (device.label, device.state) == ("Ada's phone", DeviceRevoked(on_march(5, 18, 40), story.ada))


def the_scanner_becomes_the_bakerys(story: Story) -> None:
    directory, contact = story.directory, story.contact
    story.clock.set(on_march(23, 9))

    def hand_over(batch: Batch) -> types.GrantEnded:
        ended = batch.revoke_grant(contact, story.ada, "release", by=story.olivia)
        batch.grant_access(contact, story.ada, by=story.olivia, reason="until the end of the week")
        return ended

    before = directory.changes_from_now()
    ended = directory.batch(hand_over)
    assert ended.released == (story.scanner.device,)
    commits = {entry.change for entry in directory.changes(after=before).entries}
    assert len(commits) == 1
    story.new_phone = story.issued(
        "Ada's new phone", directory.add_device(contact, "Ada's new phone", ["imap", "smtp"], by=story.ada)
    )

    rights = {right.value for right in DEFAULT_RIGHTS}
    assert story.access() == [
        ("Ada Lind", "grant", rights, on_march(23, 9)),
        ("CRM", "device_password", {"imap", "smtp"}, on_march(3, 11, 30)),
        ("Scanner", "device_password", {"smtp"}, on_march(3, 11, 40)),
        ("Ada's new phone", "device_password", {"imap", "smtp"}, on_march(23, 9)),
    ]
    tim = directory.invite(
        story.organisation,
        "tim@people.example",
        Offer(types.Role.EXTERNAL, mailboxes=(Promise(contact, frozenset(DEFAULT_RIGHTS)),)),
        by=story.olivia,
    )
    assert tim.expires == on_march(30, 9)


def the_assistant_leaves(story: Story) -> None:
    directory = story.directory
    story.clock.set(on_march(27, 17))
    gone = directory.leave(story.organisation, by=story.ada)
    assert [grant.address for grant in gone.grants] == [CONTACT]
    assert [device.label for device in gone.devices] == ["Ada's new phone"]
    assert [device.label for device in gone.still_known] == ["Scanner"]

    [scanner] = gone.still_known
    renewed = story.issued("Scanner, new", directory.rotate_device(scanner.device, by=story.olivia, grace=timedelta(0)))
    story.clock.set(on_march(28, 8))
    story.log_in(
        Attempt(story.scanner, "smtp", OFFICE, "replaced"),
        Attempt(story.new_phone, "imap", AT_HOME, "revoked"),
        Attempt(story.crm, "imap", CRM_SERVER, "welcome"),
        Attempt(renewed, "smtp", OFFICE, "welcome"),
    )
    assert [there.name for there in directory.reach(story.ada, by=story.ada).organisations] == ["Cycling Club"]
    directory.grant_access(story.contact, story.olivia, by=story.olivia)


def who_had_access_on_that_tuesday(story: Story) -> None:
    directory = story.directory
    story.clock.set(on_march(30, 10))
    rights = {right.value for right in DEFAULT_RIGHTS}
    with directory.at(story.organisation, on_march(3, 18), by=story.olivia) as then:
        assert then.now == on_march(3, 18)
        assert story.access(then) == [
            ("Ada Lind", "grant", rights, on_march(3, 11, 5)),
            ("CRM", "device_password", {"imap", "smtp"}, on_march(3, 11, 30)),
            ("Ada's phone", "device_password", {"imap", "smtp"}, on_march(3, 11, 35)),
            ("Scanner", "device_password", {"smtp"}, on_march(3, 11, 40)),
        ]
    assert story.access() == [
        ("Olivia Moser", "grant", rights, on_march(28, 8)),
        ("CRM", "device_password", {"imap", "smtp"}, on_march(3, 11, 30)),
        ("Scanner", "device_password", {"smtp"}, on_march(3, 11, 40)),
    ]


def who_gained_and_lost_what_since(story: Story) -> None:
    story.clock.set(on_march(30, 10, 10))
    rows = list(
        story.directory.compare(story.organisation, on_march(3, 18), on_march(30, 10, 10), by=story.olivia, limit=2)
    )
    told = [difference_row(row) for row in rows]
    hand_over = [(23, "revoke_grant"), (23, "grant_access")]
    assert told == [
        ("Ada Lind", "lost", "external", "nothing", [(27, "leave")]),
        ("Olivia Moser", "gained", "nothing", "reads", [(28, "grant_access")]),
        ("Ada Lind", "lost", "reads", "nothing", [*hand_over, (27, "leave")]),
        ("Ada's phone", "lost", "held", "nothing", [(5, "revoke_device"), *hand_over, (27, "leave")]),
        ("Scanner", "changed", "held", "held by nobody", [(23, "revoke_grant")]),
    ]


def difference_row(row: Difference) -> tuple[str, str, str, str, list[tuple[int, str]]]:
    match row.whose:
        case Person(name=name) | ComparedPerson(person=Person(name=name)):
            who = name
        case ComparedDevice(label=label):
            who = label
    because = list(dict.fromkeys((entry.at.day, entry.command) for entry in row.why))
    return who, row.change.value, situation(row.before), situation(row.after), because


def situation(of: types.Situation) -> str:
    match of:
        case NoAccess():
            return "nothing"
        case MemberAccess(role=role):
            return role.value
        case PersonAccess(rights=rights):
            assert rights == DEFAULT_RIGHTS
            return "reads"
        case DeviceAccess(holder=None):
            return "held by nobody"
        case DeviceAccess():
            return "held"


def whose_login_hangs_on_a_mailbox(story: Story) -> None:
    directory, olivia = story.directory, story.olivia
    story.clock.set(on_march(30, 10, 20))
    directory.set_recovery_address(olivia, CONTACT, by=olivia)
    asked = directory.issue_confirmation(olivia, "recovery", by=HOST)
    assert asked.send_to == CONTACT
    directory.confirm_address(asked.token.reveal(), by=Bearer())

    [risk] = directory.login_risks(story.organisation, by=olivia)
    assert risk.person is not None
    assert (risk.person.name, risk.kind.value, risk.other_readers) == ("Olivia Moser", "recovery", 2)
    assert risk.address == types.Contact(CONTACT, types.Proof.VERIFIED)
    assert risk.way_back is types.WayBack.ELSEWHERE
    assert [each.value for each in risk.cut_off_by] == [
        "mailbox_suspended",
        "mailbox_closed",
        "mailbox_deleted",
        "mailbox_renamed",
        "grant_ended",
        "membership_ended",
        "organisation_suspended",
        "organisation_deleted",
    ]
    with pytest.raises(Conflict) as refusal:
        directory.preview.close_mailbox(story.contact, by=olivia)
    assert refusal.value.code == "login.depends"
    assert "tell it to go on" in str(refusal.value)
    directory.remove_recovery_address(olivia, by=olivia)


def what_deserves_a_second_look(story: Story) -> None:
    directory, olivia = story.directory, story.olivia
    story.clock.set(on_march(30, 10, 40))
    lasting = [
        ("Olivia Moser", "grant.self_given", "revoke_grant"),
        ("CRM", "device.holderless", "revoke_device"),
        ("Scanner", "device.holderless", "revoke_device"),
    ]
    found = list(directory.review(story.organisation, by=olivia, rows="warned"))
    assert [line for row in found for line in warnings(row)] == [
        *lasting,
        ("the invitation of tim@people.example", "invitation.expired", "revoke_invitation"),
    ]
    for row in found:
        for warning in row.warnings:
            if warning.kind is types.WarningKind.INVITATION_EXPIRED:
                assert warning.settle is not None
                directory.run(warning.settle, by=olivia)
    again = directory.review(story.organisation, by=olivia, rows="warned")
    assert [line for row in again for line in warnings(row)] == lasting


def warnings(row: types.ReviewRow) -> list[tuple[str, str, str | None]]:
    match row.subject:
        case AccessSubject(access=Access(who=Person(name=name))):
            what = name
        case AccessSubject(access=Access(who=ReachingDevice(label=label))):
            what = label
        case Invitation(address=address):
            what = f"the invitation of {address}"
        case _:
            what = "the organisation"
    return [(what, each.kind.value, each.settle.name if each.settle else None) for each in row.warnings]


def what_changed_since_this_morning(story: Story, this_morning: str) -> None:
    story.clock.set(on_march(30, 11))
    news = story.directory.changes(after=this_morning)
    assert [(entry.at, entry.by, entry.command, entry.event.kind) for entry in news.entries] == [
        (on_march(30, 10, 20), story.olivia, "set_recovery_address", "user.recovery_asked"),
        (on_march(30, 10, 20), HOST, "issue_confirmation", "user.recovery_token_issued"),
        (on_march(30, 10, 20), Bearer(), "confirm_address", "user.recovery_confirmed"),
        (on_march(30, 10, 20), story.olivia, "remove_recovery_address", "user.recovery_removed"),
        (on_march(30, 10, 40), story.olivia, "revoke_invitation", "invitation.revoked"),
    ]
    assert all(isinstance(entry.event, Event) for entry in news.entries)
    assert story.directory.changes(after=news.next).entries == ()
