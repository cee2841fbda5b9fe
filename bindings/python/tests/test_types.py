"""What goes in and what comes out: ids, times, words, frozen answers, long lists, events."""

from __future__ import annotations

import copy
import dataclasses
import enum
import json
import pickle
import uuid
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from ipaddress import IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest
from bakery import DAY, HOST, START, Bakery, found, open_bakery, open_directory, refused, register
from hypothesis import given
from hypothesis import strategies as st

import mailgrant
from mailgrant import (
    Bearer,
    Bounds,
    ChangeId,
    Command,
    DeviceId,
    DeviceSession,
    Directory,
    Entry,
    Event,
    Invalid,
    InvitationId,
    MailboxId,
    ManualClock,
    Myself,
    Nobody,
    Obstacle,
    Offer,
    OrganisationId,
    Page,
    Plan,
    Policy,
    Promise,
    Protocol,
    Replica,
    Right,
    Role,
    System,
    UserId,
    UserSession,
    Verdict,
    canonical_address,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIXES = {
    UserId: "usr",
    OrganisationId: "org",
    MailboxId: "mbx",
    DeviceId: "dev",
    InvitationId: "inv",
    ChangeId: "chg",
}
AnyId = UserId | OrganisationId | MailboxId | DeviceId | InvitationId | ChangeId
KINDS = pytest.mark.parametrize("kind", PREFIXES, ids=lambda kind: str(kind.__name__))
BODY = "01h455vb4pex5vsknk084sn02q"


# Ids.


@KINDS
def test_an_id_prints_with_its_prefix_and_is_read_again(kind: type[UserId]) -> None:
    text = f"{PREFIXES[kind]}_{BODY}"
    it = kind(text)
    assert str(it) == f"{it}" == text
    assert repr(it) == f"{kind.__name__}('{text}')"
    assert eval(repr(it), {kind.__name__: kind}) == it


@KINDS
def test_the_text_of_an_id_of_another_kind_is_refused(kind: type[UserId]) -> None:
    for prefix in PREFIXES.values():
        if prefix != PREFIXES[kind]:
            with pytest.raises(Invalid) as refusal:
                kind(f"{prefix}_{BODY}")
            assert refusal.value.code == "id.invalid"


@KINDS
@pytest.mark.parametrize(
    "text", ["", "_", BODY, "usr_", "usr_x", "USR_" + BODY, BODY + "_usr", f" usr_{BODY}", "x" * 999]
)
def test_a_text_that_is_no_id_is_refused(kind: type[UserId], text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        kind(text.replace("usr", PREFIXES[kind]) if not text.startswith("USR") else text)
    assert refusal.value.code == "id.invalid"


@given(number=st.integers(0, (1 << 128) - 1))
def test_an_id_is_its_uuid_with_a_kind(number: int) -> None:
    value = uuid.UUID(int=number)
    kinds: list[Any] = list(PREFIXES)
    for kind in kinds:
        it = kind.from_uuid(value)
        assert it.uuid == value
        assert kind(str(it)) == it


@given(numbers=st.lists(st.integers(0, (1 << 128) - 1), min_size=2))
def test_ids_have_the_order_and_the_equality_of_their_uuids(numbers: list[int]) -> None:
    ids = [MailboxId.from_uuid(uuid.UUID(int=number)) for number in numbers]
    assert [int(it.uuid) for it in sorted(ids)] == sorted(numbers)
    assert len(set(ids)) == len(set(numbers))
    assert sorted(ids, key=str) == sorted(ids)


@KINDS
def test_ids_of_different_kinds_are_never_equal_and_have_no_order(kind: type[UserId]) -> None:
    it = kind(f"{PREFIXES[kind]}_{BODY}")
    for other, prefix in PREFIXES.items():
        if other is not kind:
            another: Any = other(f"{prefix}_{BODY}")
            assert it != another
            assert it != str(it)
            with pytest.raises(TypeError):
                _ = it < another
    assert len({each(f"{PREFIXES[each]}_{BODY}") for each in PREFIXES}) == len(PREFIXES)


@KINDS
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_an_id_survives_a_pickle_and_a_copy(kind: type[UserId], way: Callable[[UserId], UserId]) -> None:
    it = kind(f"{PREFIXES[kind]}_{BODY}")
    again = way(it)
    assert again == it
    assert type(again) is kind
    assert hash(again) == hash(it)


@KINDS
def test_an_id_does_not_change(kind: type[UserId]) -> None:
    it = kind(f"{PREFIXES[kind]}_{BODY}")
    with pytest.raises(AttributeError):
        it.uuid = uuid.uuid4()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        it.other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        type("Mine", (kind,), {})


def test_whoever_acts_has_an_equality_a_hash_and_a_pickle() -> None:
    assert System("panel") == System("panel") != System("cron")
    assert Bearer() == Bearer() != System("bearer")
    assert len({System("panel"), System("panel"), Bearer(), Bearer()}) == 2
    for it in (System("panel"), System('odd "name" \\'), Bearer()):
        assert pickle.loads(pickle.dumps(it)) == it
        assert copy.deepcopy(it) == it
        assert eval(repr(it), {"System": System, "Bearer": Bearer}) == it
    assert (str(System("panel")), str(Bearer())) == ("sys:panel", "bearer")
    match System("panel"):
        case System(name):
            assert name == "panel"


# Times.

HERE = timezone(timedelta(hours=5, minutes=30))


def test_a_naive_time_is_refused_wherever_a_time_is_meant(bakery: Bakery) -> None:
    naive = datetime(2026, 4, 1, 12)
    directory = bakery.directory
    calls: list[Callable[[], object]] = [
        lambda: directory.set_grant_expiry(bakery.contact, bakery.assistant, naive, by=bakery.owner),
        lambda: directory.add_device(bakery.contact, "x", ["imap"], by=bakery.assistant, expires=naive),
        lambda: directory.at(bakery.organisation, naive, by=bakery.owner),
        lambda: directory.compare(bakery.organisation, START, naive, by=bakery.owner),
        lambda: ManualClock(naive),
        lambda: bakery.clock.set(naive),
        lambda: directory.narrow_device(bakery.phone, Bounds(frozenset([Protocol.IMAP]), None, naive), by=bakery.owner),
    ]
    for call in calls:
        with pytest.raises(Invalid) as refusal:
            call()
        assert refusal.value.code == "time.invalid"
        assert "time zone" in str(refusal.value)


def test_a_time_zone_that_says_nothing_is_naive_too() -> None:
    class Nowhere(tzinfo):
        def utcoffset(self, _: datetime | None) -> None:
            return None

        dst = tzname = utcoffset

    with pytest.raises(Invalid) as refusal:
        ManualClock(datetime(2026, 4, 1, tzinfo=Nowhere()))
    assert refusal.value.code == "time.invalid"


def test_the_same_instant_is_the_same_in_every_time_zone(bakery: Bakery) -> None:
    until = START + 3 * DAY
    bakery.directory.set_grant_expiry(bakery.contact, bakery.assistant, until.astimezone(HERE), by=bakery.owner)
    [grant, _] = bakery.directory.access(bakery.contact, by=bakery.owner)
    assert grant.until == until
    assert grant.until is not None
    assert grant.until.tzinfo is UTC


def test_every_time_that_is_answered_is_aware(bakery: Bakery) -> None:
    directory = bakery.directory
    mailbox = directory.mailbox(bakery.contact, by=bakery.owner)
    [entry, *_] = directory.history(bakery.organisation, by=bakery.owner)
    for it in (mailbox.opened_at, entry.at, directory.now, bakery.clock.now()):
        assert it.tzinfo is UTC


@given(
    at=st.datetimes(
        min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.sampled_from([UTC, HERE])
    )
)
def test_a_time_is_kept_to_the_millisecond_that_has_begun(at: datetime) -> None:
    clock = ManualClock(at)
    expected = at.astimezone(UTC)
    expected = expected.replace(microsecond=expected.microsecond // 1000 * 1000)
    assert clock.now() == expected
    assert clock.now() <= at


def test_the_clock_stands_where_it_was_put() -> None:
    clock = ManualClock(START)
    clock.advance(timedelta(milliseconds=1))
    assert clock.now() == START + timedelta(milliseconds=1)
    clock.set(START - DAY)
    assert clock.now() == START - DAY
    assert repr(clock) == f"ManualClock({START - DAY!r})"
    with open_directory(clock) as directory:
        assert directory.now == START - DAY


def test_the_machines_clock_is_the_default() -> None:
    with Directory.open("memory:") as directory:
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        assert before <= directory.now <= datetime.now(UTC)


def test_life_goes_on_at_the_far_ends_of_time() -> None:
    for end in (
        datetime.min.replace(tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
    ):
        clock = ManualClock(end)
        with open_directory(clock) as directory:
            owner = register(directory, "olivia@home.example", "Olivia")
            organisation = directory.found_organisation("Bakery", by=owner).organisation
            assert directory.organisation(organisation, by=owner).founded_at == end


# Words.


def test_a_plain_string_does_for_a_word(bakery: Bakery) -> None:
    plain = bakery.directory.add_device(bakery.contact, "a", ["imap", "smtp"], by=bakery.assistant)
    words = bakery.directory.add_device(bakery.contact, "b", [Protocol.IMAP, Protocol.SMTP], by=bakery.assistant)
    told = [bakery.directory.device(each.id, by=bakery.owner).bounds for each in (plain, words)]
    assert told[0] == told[1]
    assert told[0].protocols == {"imap", "smtp"} == {Protocol.IMAP, Protocol.SMTP}
    assert all(isinstance(each, Protocol) for each in told[0].protocols)
    assert bakery.directory.may(bakery.assistant, "send", bakery.contact) == bakery.directory.may(
        bakery.assistant, Right.SEND, bakery.contact
    )


def test_an_unknown_word_says_which_there_are(bakery: Bakery) -> None:
    with pytest.raises(Invalid) as refusal:
        bakery.directory.add_device(bakery.contact, "a", ["imap", "gopher"], by=bakery.assistant)  # type: ignore[list-item]
    assert refusal.value.code == "value.invalid"
    assert "`gopher`" in str(refusal.value)
    assert set(refusal.value.details["expected"]) == {each.value for each in Protocol}


def test_a_word_of_another_enumeration_is_refused_where_it_says_nothing(bakery: Bakery) -> None:
    with pytest.raises(Invalid):
        bakery.directory.set_role(bakery.organisation, bakery.assistant, Protocol.IMAP, by=bakery.owner)  # type: ignore[arg-type]


def test_a_single_string_is_not_several(bakery: Bakery) -> None:
    with pytest.raises(TypeError, match="several"):
        bakery.directory.add_device(bakery.contact, "a", "imap", by=bakery.assistant)  # type: ignore[arg-type]


@pytest.mark.parametrize("several", [list, tuple, set, frozenset, iter, dict.fromkeys], ids=lambda of: str(of.__name__))
def test_several_may_come_in_anything_that_is_gone_through_but_a_mapping(
    bakery: Bakery, several: Callable[[list[str]], Any]
) -> None:
    def add() -> mailgrant.types.Issued:
        return bakery.directory.add_device(bakery.contact, "a", several(["imap", "smtp"]), by=bakery.assistant)

    if several == dict.fromkeys:
        with pytest.raises(TypeError):
            add()
    else:
        bounds = bakery.directory.device(add().id, by=bakery.owner).bounds
        assert bounds.protocols == {"imap", "smtp"}


ENUMERATIONS = [each for each in vars(types).values() if isinstance(each, type) and issubclass(each, enum.Enum)]
ENUMERATIONS = [each for each in ENUMERATIONS if each.__module__ == "mailgrant.types"]


@pytest.mark.parametrize("of", ENUMERATIONS, ids=lambda of: str(of.__name__))
def test_a_word_is_its_plain_string_and_survives_a_pickle_and_json(of: type[enum.StrEnum]) -> None:
    assert issubclass(of, enum.StrEnum)
    for word in of:
        assert word == word.value == str(word) == f"{word}"
        assert of(word.value) is word
        assert pickle.loads(pickle.dumps(word)) is word
        assert json.loads(json.dumps(word)) == word.value
        assert hash(word) == hash(word.value)


def test_every_code_names_a_noun_and_a_problem() -> None:
    for code in types.Code:
        noun, _, problem = code.partition(".")
        assert noun.replace("_", "").isalpha()
        assert problem.replace("_", "").isalpha()
        assert code.name == code.value.replace(".", "_").upper()


@pytest.mark.parametrize("given_", ["203.0.113.0/24", IPv4Network("203.0.113.0/24")], ids=["a text", "a network"])
def test_a_network_may_be_text(bakery: Bakery, given_: Any) -> None:
    issued = bakery.directory.add_device(
        bakery.contact, "a", ["imap"], by=bakery.assistant, networks=[given_, "2001:db8::/32"]
    )
    told = bakery.directory.device(issued.id, by=bakery.owner).bounds.networks
    assert told == (ip_network("203.0.113.0/24"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize("source", ["198.51.100.7", ip_address("198.51.100.7")], ids=["a text", "an address"])
def test_a_source_may_be_text(bakery: Bakery, source: Any) -> None:
    session = bakery.directory.login_device("contact@bakery.example", bakery.phone_password, "imap", source)
    assert session.source == ip_address("198.51.100.7")


def test_services_are_a_mapping_of_words(bakery: Bakery) -> None:
    directory = bakery.directory
    bruno = register(directory, "bruno@home.example", "Bruno")
    directory.add_member(
        bakery.organisation,
        bruno,
        "collaborator",
        by=HOST,
        services={"mail": "manage", "other:payroll": types.Level.USE},
    )
    [member] = [each for each in directory.members(bakery.organisation, by=bakery.owner) if each.person.id == bruno]
    assert member.services == {"mail": types.Level.MANAGE, "other:payroll": types.Level.USE}
    with pytest.raises(TypeError):
        member.services["mail"] = types.Level.USE  # type: ignore[index]
    with pytest.raises(Invalid) as refusal:
        directory.set_services(bakery.organisation, bruno, {"gopher": "use"}, by=bakery.owner)
    assert refusal.value.code == "value.invalid"


def test_an_address_is_shown_as_it_was_written_and_compared_in_its_canonical_form(bakery: Bakery) -> None:
    directory = bakery.directory
    directory.add_alias(bakery.contact, "Hello@BAKERY.example", by=bakery.owner)
    [alias] = directory.aliases_of(bakery.contact, by=bakery.owner)
    assert alias.address.startswith("Hello@")
    assert canonical_address("Hello@BAKERY.example") == "hello@bakery.example"
    assert canonical_address("anna@bücher.example") == "anna@xn--bcher-kva.example"
    with pytest.raises(Invalid) as refusal:
        canonical_address("no address")
    assert refusal.value.code == "address.invalid"
    assert refusal.value.details["reason"]


# Answers.

CLASSES = [each for each in vars(types).values() if dataclasses.is_dataclass(each) and isinstance(each, type)]
CLASSES += [Event, Entry, Plan, Command, Page, mailgrant.HashCosts, mailgrant.ViewOptions, mailgrant.ViewState]
CLASSES = list(dict.fromkeys(CLASSES))


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: str(of.__name__))
def test_an_answer_is_frozen_and_can_be_matched(of: type[Any]) -> None:
    parameters = of.__dataclass_params__
    assert parameters.frozen
    assert parameters.eq
    assert "__slots__" in vars(of)
    names = tuple(field.name for field in dataclasses.fields(of))
    assert of.__match_args__ == names
    made = of(**dict.fromkeys(names, ()))
    assert made == of(**dict.fromkeys(names, ()))
    assert made != of(**dict.fromkeys(names, (1,))) or not names
    for name in names:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, name, 1)
    with pytest.raises((AttributeError, TypeError)):
        made.another = 1


def test_answers_have_a_good_repr_equality_hash_pickle_and_copy(bakery: Bakery) -> None:
    directory, owner = bakery.directory, bakery.owner
    answers: list[Callable[[], object]] = [
        lambda: directory.mailbox(bakery.contact, by=owner),
        lambda: directory.organisation(bakery.organisation, by=owner),
        lambda: directory.user(owner, by=owner),
        lambda: directory.device(bakery.phone, by=owner),
        lambda: directory.explain(owner, "read", bakery.contact, by=owner),
        lambda: directory.resolve("contact@bakery.example"),
        lambda: directory.senders(bakery.assistant, bakery.contact),
        lambda: directory.reach(bakery.assistant, by=owner),
        lambda: directory.blast_radius(bakery.phone, by=owner),
        lambda: tuple(directory.access(bakery.contact, by=owner)),
        lambda: tuple(directory.members(bakery.organisation, by=owner)),
        lambda: tuple(directory.domains(bakery.organisation, by=owner)),
        lambda: tuple(directory.review(bakery.organisation, by=owner)),
        lambda: tuple(directory.history(bakery.organisation, by=owner)),
        lambda: directory.changes(limit=1_000),
        lambda: directory.preview.remove_member(bakery.organisation, bakery.assistant, by=owner),
        lambda: directory.login_device("contact@bakery.example", bakery.phone_password, "imap", "192.0.2.1"),
        lambda: directory.login_user("olivia@home.example", "flour at half past four"),
    ]
    for ask in answers:
        one, other = ask(), ask()
        assert one == other
        assert repr(one) == repr(other)
        assert " object at 0x" not in repr(one)
        if not isinstance(one, DeviceSession | UserSession):
            assert hash(one) == hash(other)
        assert pickle.loads(pickle.dumps(one)) == one
        assert copy.deepcopy(one) == one
        assert copy.copy(one) == one


def test_an_answer_is_taken_apart_with_match(bakery: Bakery) -> None:
    device = bakery.directory.device(bakery.phone, by=bakery.owner)
    match device:
        case types.Device(label=label, state=types.DeviceActive(), bounds=Bounds(networks=None)):
            assert label == "Ada's phone"
        case _:
            pytest.fail(repr(device))
    bakery.directory.revoke_device(bakery.phone, by=bakery.owner)
    match bakery.directory.device(bakery.phone, by=bakery.owner).state:
        case types.DeviceRevoked(at, by):
            assert (at, by) == (START, bakery.owner)
        case other:
            pytest.fail(repr(other))
    match bakery.directory.may(bakery.owner, "read", bakery.contact):
        case Verdict(False, Obstacle.GRANT_MISSING):
            pass
        case verdict:
            pytest.fail(repr(verdict))
    match bakery.directory.login_user("olivia@home.example", "flour at half past four"):
        case UserSession(user, epoch):
            assert (user, epoch) == (bakery.owner, 0)


def test_a_verdict_is_true_where_one_may(bakery: Bakery) -> None:
    assert bakery.directory.may(bakery.assistant, "send", bakery.contact)
    verdict = bakery.directory.may(bakery.assistant, "sharing", bakery.contact)
    assert not verdict
    assert verdict.obstacle is Obstacle.RIGHT_MISSING
    assert repr(verdict) == "Verdict(allowed=False, obstacle='right_missing')"


def test_verdicts_have_an_equality_and_a_hash(bakery: Bakery) -> None:
    yes, no = (bakery.directory.may(bakery.assistant, right, bakery.contact) for right in (Right.READ, Right.SHARING))
    assert yes == bakery.directory.may(bakery.assistant, "send", bakery.contact)
    assert yes != no
    assert len({yes, no, bakery.directory.may(bakery.assistant, "sharing", bakery.contact)}) == 2


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_verdict_survives_a_pickle_and_a_copy(bakery: Bakery, way: Callable[[object], object]) -> None:
    for right in (Right.READ, Right.SHARING):
        verdict = bakery.directory.may(bakery.assistant, right, bakery.contact)
        assert way(verdict) == verdict


def test_a_state_says_who_alone_may_lift_it(bakery: Bakery) -> None:
    directory = bakery.directory
    assert directory.mailbox(bakery.contact, by=bakery.owner).state_by is None
    directory.suspend_mailbox(bakery.contact, by=HOST)
    mailbox = directory.mailbox(bakery.contact, by=bakery.owner)
    assert (mailbox.state, mailbox.state_by) == ("suspended", types.Authority.SYSTEM)
    directory.resume_mailbox(bakery.contact, by=HOST)
    directory.hold_sending(bakery.contact, by=bakery.owner)
    mailbox = directory.mailbox(bakery.contact, by=bakery.owner)
    assert (mailbox.state, mailbox.state_by) == ("open", None)
    assert (mailbox.sending, mailbox.sending_by) == ("held", types.Authority.MEMBER)


def test_whom_a_device_is_for_is_said_in_three_ways(bakery: Bakery) -> None:
    directory = bakery.directory

    def holder(of: types.Holder, by: UserId) -> tuple[UserId | None, str | None]:
        device = directory.device(
            directory.add_device(bakery.contact, "x", ["imap"], by=by, holder=of).id, by=bakery.owner
        )
        return device.holder, device.handed_to

    assert holder(Myself(), bakery.assistant) == (bakery.assistant, None)
    assert holder(bakery.assistant, bakery.owner) == (bakery.assistant, None)
    assert holder(Nobody("the firm"), bakery.owner) == (None, "the firm")
    assert holder(Nobody(None), bakery.owner) == (None, None)


def test_a_rotation_with_its_grace_keeps_both_passwords(bakery: Bakery) -> None:
    issued = bakery.directory.rotate_device(bakery.phone, by=bakery.owner, grace=timedelta(hours=2))
    device = bakery.directory.device(bakery.phone, by=bakery.owner)
    match device.secret:
        case types.PasswordSecret(selector, types.FormerSecret(former, until)):
            assert issued.password.reveal().startswith(selector)
            assert bakery.phone_password.startswith(former)
            assert until == START + timedelta(hours=2)
        case other:
            pytest.fail(repr(other))
    assert device.rotation is not None
    assert device.rotation.at == START


# Sessions and replicas.


def test_a_session_is_kept_elsewhere_as_json(bakery: Bakery) -> None:
    device = bakery.directory.login_device("contact@bakery.example", bakery.phone_password, "imap", "192.0.2.1")
    person = bakery.directory.login_user("olivia@home.example", "flour at half past four")
    assert DeviceSession.from_json(device.to_json()) == device
    assert UserSession.from_json(person.to_json()) == person
    assert bakery.directory.session_valid(DeviceSession.from_json(device.to_json()))
    assert (device.device, device.mailbox, device.organisation, device.holder) == (
        bakery.phone,
        bakery.contact,
        bakery.organisation,
        bakery.assistant,
    )
    assert device.protocol is Protocol.IMAP
    assert Right.SEND in device.rights
    bakery.directory.change_password(bakery.owner, "a wholly new password", by=HOST)
    assert not bakery.directory.session_valid(person)


def test_a_replica_is_its_persons_and_says_when_it_was_made(bakery: Bakery) -> None:
    replica = bakery.directory.export_for(bakery.assistant, by=bakery.assistant)
    assert replica.person == bakery.assistant
    assert repr(replica) == f"Replica(person={bakery.assistant})"
    again = pickle.loads(pickle.dumps(replica))
    assert again.to_json() == Replica.from_json(replica.to_json()).to_json() == replica.to_json()
    with Directory.from_replica(replica) as theirs:
        assert theirs.may(bakery.assistant, "send", bakery.contact)
        assert theirs.mailbox(bakery.contact, by=bakery.assistant) == bakery.directory.mailbox(
            bakery.contact, by=bakery.assistant
        )


def test_a_view_says_what_it_holds(clock: ManualClock) -> None:
    with open_directory(clock, view=True) as directory:
        open_bakery(directory, clock)
        directory.refresh_view()
        state = directory.view_state()
        assert state is not None
        assert (state.users, state.mailboxes, state.grants, state.devices) == (2, 1, 1, 1)
        assert state.bound == timedelta(seconds=1)
        assert state.behind >= timedelta(0)
    with open_directory(clock) as directory:
        assert directory.view_state() is None


# Whole commands.


def test_positional_arguments_go_where_they_belong(bakery: Bakery) -> None:
    error = refused(lambda: bakery.directory.rename_user(bakery.owner, "x", HOST))  # type: ignore[call-arg]
    assert isinstance(error, TypeError)


def test_a_policy_is_set_whole(bakery: Bakery) -> None:
    policy = Policy(frozenset([Right.SEND]), 3, 2, 1, None, 4, types.SharingInvites.ALLOWED)
    bakery.directory.set_policy(bakery.organisation, policy, by=bakery.owner)
    assert bakery.directory.organisation(bakery.organisation, by=bakery.owner).policy == policy


def test_a_promise_of_an_invitation_comes_back_as_it_was(bakery: Bakery) -> None:
    offer = Offer(
        Role.COLLABORATOR,
        {"sites": types.Level.USE},
        (Promise(bakery.contact, frozenset([Right.SEND]), START + DAY),),
    )
    invited = bakery.directory.invite(bakery.organisation, "tim@people.example", offer, by=bakery.owner)
    assert bakery.directory.invitation(invited.invitation, by=bakery.owner).offer == offer


def test_a_domain_goes_to_another_organisation(bakery: Bakery) -> None:
    directory = bakery.directory
    bruno = register(directory, "bruno@home.example", "Bruno")
    club = found(directory, bruno, "Club", "club.example")
    offered = directory.offer_domain(bakery.organisation, "bakery.example", club, "goes_on", by=bakery.owner)
    assert (offered.mailboxes, offered.people) == (1, 1)
    [offer] = directory.domain_offers(club, by=bruno)
    assert (offer.from_, offer.domain, offer.access) == (bakery.organisation, "bakery.example", "goes_on")
    accepted = directory.accept_domain(club, bakery.organisation, "bakery.example", "goes_on", by=bruno)
    assert accepted.mailboxes == (bakery.contact,)
    assert accepted.joined == (bakery.assistant,)
    assert directory.mailbox(bakery.contact, by=bruno).organisation == club


def test_a_mailbox_that_somebody_suspended_goes_to_another_organisation_as_it_is(bakery: Bakery) -> None:
    directory = bakery.directory
    bruno = register(directory, "bruno@home.example", "Bruno")
    club = found(directory, bruno, "Club", "club.example")
    directory.hold_sending(bakery.contact, by=HOST)
    directory.suspend_mailbox(bakery.contact, by=bakery.owner)
    directory.offer_domain(bakery.organisation, "bakery.example", club, "goes_on", by=bakery.owner)

    directory.accept_domain(club, bakery.organisation, "bakery.example", "goes_on", by=bruno)

    [event] = [
        entry.event for entry in directory.history(club, by=bruno) if entry.event.kind == "mailbox.transferred_in"
    ]
    assert (event["state"], event["state_by"]) == ("suspended", types.Authority.MEMBER)
    assert (event["sending"], event["sending_by"]) == ("held", types.Authority.SYSTEM)
    mailbox = directory.mailbox(bakery.contact, by=bruno)
    assert (mailbox.state, mailbox.sending_by) == ("suspended", types.Authority.SYSTEM)


def test_a_promise_whose_time_is_over_is_left_out(bakery: Bakery) -> None:
    directory = bakery.directory
    bruno = register(directory, "bruno@home.example", "Bruno")
    orders = directory.open_mailbox(bakery.organisation, "orders@bakery.example", by=bakery.owner)
    offer = Offer(
        Role.EXTERNAL,
        mailboxes=(Promise(bakery.contact, frozenset(), START + DAY), Promise(orders, frozenset())),
    )
    invited = directory.invite(bakery.organisation, "bruno@home.example", offer, by=bakery.owner)
    bakery.clock.advance(2 * DAY)

    accepted = directory.accept_invitation(invited.token.reveal(), by=bruno)

    assert (accepted.user, accepted.organisation) == (bruno, bakery.organisation)
    assert (accepted.mailboxes, accepted.left_out, accepted.unchanged) == ((orders,), (bakery.contact,), ())
