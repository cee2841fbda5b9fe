"""Random lives through the package and, the same, through the Rust library: every answer, event and error agrees.

Ids and secrets differ between the two; they are told apart by where they first appear.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from bakery import DAY, HOST, KINDS, START, open_directory
from chance import ADDRESSES, DOMAINS, LOGINS, NAMES, PASSWORDS, SOURCES, UNKNOWN, Chance, Known, Pair, parameters
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from lowered import lower, millis
from oracle import Oracle

from mailgrant import (
    Bearer,
    DeviceId,
    DevicePassword,
    DeviceSession,
    Entry,
    Error,
    InvitationId,
    Listing,
    LoginRefused,
    MailboxId,
    ManualClock,
    Myself,
    Nobody,
    NotFound,
    Offer,
    OrganisationId,
    Promise,
    Protocol,
    Right,
    Role,
    System,
    Token,
    UserId,
    UserSession,
    types,
)
from mailgrant._commands import Commands
from mailgrant._questions import Questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailgrant import Directory

T = TypeVar("T")

ORACLE = os.environ.get("MAILGRANT_ORACLE")
LIVES = int(os.environ.get("MAILGRANT_LIVES", "36"))
STEPS = 8

COMMANDS = {name: parameters(Commands, name) for name in vars(Commands) if not name.startswith("_")}
QUESTIONS = {name: parameters(Questions, name) for name in vars(Questions) if not name.startswith(("_", "changes"))}
SIGNATURES = {name: inspect.signature(getattr(Questions, name)) for name in QUESTIONS}
LISTED = {name for name in QUESTIONS if "Listing" in str(SIGNATURES[name].return_annotation)}
PAGED = {name for name in QUESTIONS if "limit" in SIGNATURES[name].parameters}
UNFILTERED = {name for name in QUESTIONS if "by" not in SIGNATURES[name].parameters}

ID = re.compile(r"\b((?:usr|org|mbx|dev|inv|chg)_[0-9a-z]{26})\b")

PRIVATE = {"awaited_login", "awaited_recovery", "reset"}
"""Fields that the core writes for itself, and shows to nobody."""

DRAWN = {"selector", "challenge"}
"""Fields of what is drawn at random, like ids."""

RENAMED = {"from_": "from", "except_": "except", "grace": "grace_seconds", "sender": "from"}
"""Arguments that the core calls otherwise."""

ABOUT: dict[type, str] = {
    UserId: "user",
    OrganisationId: "organisation",
    MailboxId: "mailbox",
    DeviceId: "device",
    InvitationId: "invitation",
    str: "domain",
}

SECRET = {"password", "token", "current", "new", "phc"}
"""Arguments that are secret."""

SEEDS = st.integers(0, (1 << 64) - 1)

HAPPENINGS = (
    *("a_mailbox_gets_company", "somebody_is_invited", "programs_log_in") * 2,
    *("somebody_confirms_or_resets", "a_person_opens_a_mailbox", "a_person_signs_in", "sessions_go_on"),
    *("something_happens", "something_happens", "something_is_taken_back", "a_domain_goes_elsewhere"),
)
"""What a day may bring, the likelier the more often it stands here."""

FATAL = {"suspend_user", "delete_user", "suspend_organisation", "delete_organisation"}
"""After what little goes through."""

Who = UserId | System | Bearer


class Life(RuleBasedStateMachine):
    """A life in two directories at once."""

    oracle: Oracle

    def __init__(self) -> None:
        super().__init__()
        self.known = Known()
        self.sessions: list[tuple[DeviceSession | UserSession, Any]] = []
        self.theirs: dict[str, str] = {str(each): str(each) for each in UNKNOWN}
        self.mine: dict[str, str] = dict(self.theirs)

    @initialize(kind=st.sampled_from(KINDS), seed=SEEDS)
    def begin(self, kind: str, seed: int) -> None:
        """Begin with two organisations, so that much of what follows goes through."""
        self.seeds = [seed]
        self.clock = ManualClock(START)
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "mail.db" if kind.startswith("sqlite") else None
        self.directory: Directory = open_directory(self.clock, path=path, view=kind.endswith("view"), legacy=True)
        self.oracle.ask("open", at=millis(START), legacy_passwords=True)
        self.cursors = (self.directory.changes_from_now(), self.told("changes_from_now", HOST, {})["ok"])
        for login, name, domain in zip(LOGINS, NAMES, DOMAINS[:2], strict=False):
            self.change("register_user", HOST, login=login, name=name, proof="verified", password=PASSWORDS[0])
            owner = self.known.users[-1]
            self.change("found_organisation", owner, name=name)
            organisation = self.known.organisations[-1]
            self.change("add_domain", owner, organisation=organisation, name=domain)
            self.change("verify_domain", HOST, organisation=organisation, name=domain)
            self.change("open_mailbox", owner, organisation=organisation, address=f"contact@{domain}")
            self.change("grant_access", owner, mailbox=self.known.mailboxes[-1], user=owner)
        # Somebody's way back hangs on a mailbox.
        owner = self.known.users[0]
        self.change("set_recovery_address", owner, user=owner, address=f"contact@{DOMAINS[0]}")
        self.change("issue_confirmation", HOST, user=owner, of="recovery")
        self.change("confirm_address", Bearer(), token=self.known.tokens[-1])

    def teardown(self) -> None:
        """Ask once more about everything."""
        if not hasattr(self, "directory"):
            return
        try:
            for address in ADDRESSES:
                self.question(HOST, "resolve", address=address)
            askers: list[Who] = [HOST, *self.known.users[:2]]
            for by in askers:
                self.ask_about_everything(by)
        finally:
            self.directory.close()
            self.folder.cleanup()

    # Whether the two agree.

    def agree(self, mine: Any, theirs: Any, place: str = "") -> None:
        """Fail where they do not; learn which ids are the same."""
        if isinstance(mine, dict) and isinstance(theirs, dict):
            if "next" in mine and "items" in mine:
                assert (mine["next"] is None) == (theirs["next"] is None), place
                mine, theirs = {"items": mine["items"]}, {"items": theirs["items"]}
            if isinstance(theirs.get("on"), str):
                theirs = {**theirs, "on": parts(theirs["on"])}
            names = {name for name, value in mine.items() if value is not None}
            known = {name for name, value in theirs.items() if value is not None and name not in PRIVATE}
            assert names == known, (place, mine, theirs)
            for name in sorted(names):
                self.agree(mine[name], theirs[name], f"{place}.{name}")
        elif isinstance(mine, list) and isinstance(theirs, list):
            assert len(mine) == len(theirs), (place, mine, theirs)
            for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
                self.agree(one, other, f"{place}[{at}]")
        elif isinstance(mine, str) and isinstance(theirs, str):
            if place.rpartition(".")[2] in DRAWN:
                self.same(mine, theirs, place)
                return
            assert ID.sub("ID", mine) == ID.sub("ID", theirs), place
            for one, other in zip(ID.findall(mine), ID.findall(theirs), strict=True):
                self.same(one, other, place)
        else:
            assert type(mine) is type(theirs), (place, mine, theirs)
            assert mine == theirs, place

    def same(self, mine: str, theirs: str, place: str) -> None:
        assert self.theirs.setdefault(mine, theirs) == theirs, place
        assert self.mine.setdefault(theirs, mine) == mine, place

    def compared(self, mine: Callable[[], T], theirs: dict[str, Any]) -> T | None:
        """Do something here, and compare it with what happened there: an answer, or a refusal."""
        try:
            answer = mine()
        except LoginRefused as error:
            told = {
                "message": str(error),
                "reason": error.reason,
                "told": error.told,
                "device": lower(error.device),
                "retry_after": lower(error.retry_after),
            }
            self.agree(told, theirs.get("refused", theirs))
            return None
        except Error as error:
            told = {
                "code": error.code,
                "kind": error.kind,
                "message": str(error),
                "details": lower(error.details),
                "retryable": error.retryable,
            }
            self.agree(told, theirs.get("error", theirs))
            return None
        assert "ok" in theirs, (theirs, answer)
        self.agree(lower(answer), theirs["ok"])
        return answer

    # Speaking with the other side.

    def for_them(self, value: Any) -> Any:
        """Say something of mine in their words."""
        written = json.dumps(value)
        return json.loads(ID.sub(lambda found: self.theirs.get(found[1], found[1]), written))

    def fields(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Write arguments as fields in JSON."""
        raw = {}
        for name, value in arguments.items():
            written = value // timedelta(seconds=1) if isinstance(value, timedelta) else lower(value)
            raw[RENAMED.get(name, name)] = written
        told: dict[str, Any] = self.for_them(raw)
        return told

    def told(self, question: str, by: object, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.oracle.ask("ask", by=self.for_them(str(by)), question={"question": question, **fields}, **more)

    def paged(self, name: str, by: object, fields: dict[str, Any], limit: int, **more: Any) -> dict[str, Any]:
        """Ask them, page by page where it is a long answer."""
        if name not in LISTED:
            page = {"page": {"after": None, "limit": limit}} if name in PAGED else {}
            return self.told(name, by, {**fields, **page}, **more)
        items: list[Any] = []
        after = None
        while True:
            told = self.told(name, by, {**fields, "page": {"after": after, "limit": limit}}, **more)
            if "ok" not in told:
                return told
            items += told["ok"]["items"]
            after = told["ok"]["next"]
            if after is None:
                return {"ok": items}

    # What can be done on both sides.

    def change(self, name: str, by: Who, /, **arguments: Any) -> None:
        """Preview a command and run it, and compare what would happen, what happened and what is answered."""
        self.pass_time(timedelta(seconds=1))
        secrets = {each: value for each, value in arguments.items() if each in SECRET and value is not None}
        fields = self.fields({each: value for each, value in arguments.items() if each not in SECRET})
        if name.startswith("add_") and isinstance(arguments.get("holder"), UserId):
            fields["holder"] = {"user": fields["holder"]}
        request = {
            "by": self.for_them(str(by)),
            "command": {"command": name, **fields},
            "secrets": {of: value.theirs if isinstance(value, Pair) else value for of, value in secrets.items()},
        }
        mine = {of: value.mine if isinstance(value, Pair) else value for of, value in arguments.items()}

        expected = self.oracle.ask("preview", **request)
        if "ok" in expected:
            expected = {"ok": {"output": expected["ok"], "events": expected["events"]}}
        plan = self.compared(lambda: getattr(self.directory.preview, name)(**mine, by=by), expected)

        told = self.oracle.ask("run", **request)
        answer = self.compared(lambda: getattr(self.directory, name)(**mine, by=by), told)
        happened = self.follow()
        if "ok" in told and plan is not None:
            # Each of them, though streams are told one after the other.
            assert sorted(each.event.kind for each in happened) == sorted(each.kind for each in plan.events)
        self.remember(answer, told.get("secret"))

    def follow(self) -> tuple[Entry, ...]:
        """Compare what was appended since."""
        mine, theirs = self.cursors
        news = self.directory.changes(after=mine, limit=1_000)
        their_news = self.told("changes", HOST, {"page": {"after": theirs, "limit": 1_000}})["ok"]
        self.agree(lower(news.entries), their_news["entries"])
        self.cursors = (news.next, their_news["next"])
        return news.entries

    def remember(self, answer: object, secret: dict[str, str] | None) -> None:
        """Keep what may be named later."""
        known = self.known
        parts_ = [getattr(answer, each) for each in getattr(type(answer), "__match_args__", ())]
        for value in [answer, *parts_]:
            match value:
                case UserId() if value not in known.users:
                    known.users.append(value)
                case OrganisationId() if value not in known.organisations:
                    known.organisations.append(value)
                case MailboxId() if value not in known.mailboxes:
                    known.mailboxes.append(value)
                case DeviceId() if value not in known.devices:
                    known.devices.append(value)
                case InvitationId() if value not in known.invitations:
                    known.invitations.append(value)
                case DevicePassword():
                    assert isinstance(answer, types.Issued)
                    assert secret is not None
                    known.passwords.append((answer.id, Pair(value.reveal(), secret["device_password"])))
                case Token():
                    assert secret is not None
                    known.tokens.append(Pair(value.reveal(), secret["token"]))

    def question(self, by: Who, name: str, limit: int = 100, /, **arguments: Any) -> None:
        """Ask the same on both sides."""
        fields = self.fields(arguments)
        if name == "compare":
            fields["from"], fields["to"] = fields.pop("since"), fields.pop("until")
        if name == "review":
            fields.setdefault("rows", "all")
        if name.endswith("history"):
            if arguments.get("about") is not None:
                fields["about"] = {ABOUT[type(arguments["about"])]: fields["about"]}
            fields["by"] = fields.pop("done_by", None)
            names = ("about", "by", "kinds", "since", "until", "order")
            chosen = {each: fields.pop(each, None) for each in names}
            fields["filter"] = {each: value for each, value in chosen.items() if value is not None}
        told = self.paged(name, by, fields, limit)
        asker: dict[str, Any] = {} if name in UNFILTERED else {"by": by}
        paging = {"limit": limit} if name in PAGED else {}

        def mine() -> object:
            answer = getattr(self.directory, name)(**arguments, **asker, **paging)
            return list(answer) if isinstance(answer, Listing) else answer

        self.compared(mine, told)

    def pass_time(self, span: timedelta) -> None:
        self.clock.advance(span)
        self.oracle.ask("clock", at=millis(self.clock.now()))

    # What happens.

    def chance(self, random: Random) -> Chance:
        return Chance(random, self.known, self.clock.now())

    def random(self, seed: int) -> Random:
        """Draw otherwise on every day, also where the seed is the same: seeds of little variety are drawn often."""
        self.seeds.append(seed)
        return Random(repr(self.seeds))

    @rule(seed=SEEDS)
    def a_day(self, seed: int) -> None:
        random = self.random(seed)
        for _ in range(4):
            self.something_happens(random)
            getattr(self, random.choice(HAPPENINGS))(random)
            self.somebody_asks(random)
        self.pass_time(random.choice([timedelta(milliseconds=1), timedelta(minutes=20), DAY, 8 * DAY]))

    @rule(seed=SEEDS)
    def a_long_time(self, seed: int) -> None:
        random = self.random(seed)
        self.known.moments.append(self.clock.now())
        self.pass_time(random.choice([15, 40]) * DAY)
        self.somebody_looks_back(random)

    def something_happens(self, random: Random) -> None:
        for _ in range(3):
            chance = self.chance(random)
            name = chance.one(list(COMMANDS))
            if name in FATAL and random.random() < 0.7:
                continue
            given = [each for each in COMMANDS[name] if not each.optional or random.random() < 0.5]
            arguments = {each.name: chance.argument(name, each) for each in given}
            bearer = "token" in arguments and name != "accept_invitation"
            by = chance.mostly([Bearer()], [chance.actor()]) if bearer else chance.actor()
            self.change(name, by, **arguments)

    def a_mailbox_gets_company(self, random: Random) -> None:
        chance = self.chance(random)
        owner, organisation = self.known.users[chance.focus], chance.organisation()
        self.change("open_mailbox", owner, organisation=organisation, address=chance.text("", "address"))
        mailbox = chance.mailbox()
        self.change("add_member", HOST, organisation=organisation, user=chance.user(), role=chance.one(list(Role)))
        self.change("grant_access", owner, mailbox=mailbox, user=chance.user(), rights=chance.rights())
        self.change("add_alias", owner, mailbox=mailbox, address=chance.text("", "address"))
        for holder in (Myself(), Nobody(None)):
            self.change(
                "add_device", chance.actor(), mailbox=mailbox, label="x", protocols=["imap", "smtp"], holder=holder
            )

    def somebody_is_invited(self, random: Random) -> None:
        chance = self.chance(random)
        owner, organisation = self.known.users[chance.focus], chance.organisation()
        until = chance.one([None, None, chance.now + timedelta(hours=1)])
        promise = Promise(chance.mailbox(), frozenset([Right.SEND, Right.DEVICES]), until)
        offer = chance.one([Offer(Role.EXTERNAL, mailboxes=(promise,)), chance.offer()])
        self.change("invite", owner, organisation=organisation, address=chance.one(LOGINS), offer=offer)
        token = self.known.tokens[-1]
        self.pass_time(chance.one([timedelta(seconds=1), timedelta(hours=2)]))
        if random.random() < 0.5:
            self.change("accept_invitation", chance.user(), token=token)
        elif random.random() < 0.3:
            self.change("decline_invitation", Bearer(), token=token)
        else:
            self.change("accept_invitation_as_new", Bearer(), token=token, name="New", password=PASSWORDS[1])

    def something_is_taken_back(self, random: Random) -> None:
        chance = self.chance(random)
        owner, address = self.known.users[chance.focus], chance.text("", "address")
        mailbox: dict[str, Any] = {"mailbox": chance.mailbox()}
        alias = {**mailbox, "address": address}
        member: dict[str, Any] = {"organisation": chance.organisation(), "user": chance.user()}
        going_on = {"on_dependants": "go_on"}
        match random.randrange(8):
            case 0:
                self.change("suspend_mailbox", owner, **mailbox, **going_on)
                self.change("resume_mailbox", owner, **mailbox)
            case 1:
                self.change("close_mailbox", owner, **mailbox, **going_on)
                self.change("reopen_mailbox", owner, **mailbox)
            case 2:
                holding: list[Who] = [owner, HOST]
                self.change("hold_sending", chance.one(holding), **mailbox)
                self.change("release_sending", owner, **mailbox)
            case 3:
                self.change("add_alias", owner, **alias)
                self.change("set_alias_sending", owner, **alias, sending="refused")
                self.change("remove_alias", owner, **alias)
                self.change("add_alias", owner, **alias, reclaim=chance.one(["yes", "no"]))
            case 4:
                self.change("suspend_member", owner, **member)
                self.change("resume_member", owner, **member)
            case 5:
                user = chance.user()
                self.change("suspend_user", HOST, user=user)
                self.change("resume_user", HOST, user=user)
            case 6:
                self.change("suspend_organisation", owner, organisation=member["organisation"])
                self.change("resume_organisation", owner, organisation=member["organisation"])
            case _:
                self.change("register_user", HOST, login="gone@home.example", name="Gone", proof="verified")
                gone = self.known.users[-1]
                self.change("add_member", HOST, organisation=member["organisation"], user=gone, role="admin")
                self.change("delete_user", gone, user=gone)
                self.change("erase_user", HOST, user=gone)

    def somebody_confirms_or_resets(self, random: Random) -> None:
        chance = self.chance(random)
        user = chance.user()
        self.change("set_recovery_address", user, user=user, address=chance.mostly(ADDRESSES[:9], LOGINS))
        self.change("issue_confirmation", HOST, user=user, of="recovery")
        self.change("confirm_address", Bearer(), token=self.known.tokens[-1])
        self.change("start_reset", HOST, user=user, to=chance.one(["login", "recovery"]))
        self.change("finish_reset", Bearer(), token=self.known.tokens[-1], password=chance.one(PASSWORDS))

    def a_domain_goes_elsewhere(self, random: Random) -> None:
        chance = self.chance(random)
        way = chance.one([1, -1])
        (mine, theirs), (owner, other) = self.known.organisations[:2][::way], self.known.users[:2][::way]
        domain = chance.one(DOMAINS[:2])
        access = chance.one(["ends", "goes_on"])
        self.change("offer_domain", owner, organisation=mine, name=domain, to=theirs, access=access)
        given: dict[str, Any] = {"organisation": theirs, "from_": mine, "name": domain, "access": access}
        if random.random() < 0.3:
            self.change("withdraw_domain_offer", owner, organisation=mine, name=domain)
        elif random.random() < 0.3:
            self.change("decline_domain_offer", other, organisation=theirs, from_=mine, name=domain)
        else:
            self.change("accept_domain", other, **given, on_dependants=chance.one(["refuse", "go_on"]))

    def programs_log_in(self, random: Random) -> None:
        chance = self.chance(random)
        for device, password in self.known.passwords[-6:]:
            try:
                mailbox = self.directory.device(device, by=HOST).mailbox
                own = [self.directory.mailbox(mailbox, by=HOST).address]
            except NotFound:
                own = []
            address = chance.mostly(own, ADDRESSES)
            protocol = chance.mostly(["imap", "smtp"], list(Protocol))
            source = chance.one(SOURCES)
            told = self.oracle.ask(
                "login_device", address=address, password=password.theirs, protocol=protocol, **{"from": source}
            )
            self.logged_in(
                lambda a=address, p=password, by=protocol, s=source: self.directory.login_device(a, p.mine, by, s),  # type: ignore[misc]
                told,
            )

    def a_person_signs_in(self, random: Random) -> None:
        login, password = random.choice(LOGINS), random.choice(PASSWORDS[:2])
        told = self.oracle.ask("login_user", login=login, password=password)
        self.logged_in(lambda: self.directory.login_user(login, password), told)

    def logged_in(self, call: Callable[[], DeviceSession | UserSession], told: dict[str, Any]) -> None:
        sessions: list[DeviceSession | UserSession] = []

        def mine() -> object:
            sessions.append(call())
            return json.loads(sessions[0].to_json())

        self.compared(mine, told)
        self.sessions += [(session, told["ok"]) for session in sessions]
        self.follow()

    def sessions_go_on(self, _: Random) -> None:
        for session, theirs in self.sessions[-6:]:
            told = self.oracle.ask("session_valid", session=theirs)
            self.compared(lambda session=session: self.directory.session_valid(session), told)  # type: ignore[misc]

    def a_person_opens_a_mailbox(self, random: Random) -> None:
        chance = self.chance(random)
        user, mailbox, source = chance.user(), chance.mailbox(), chance.one(SOURCES)
        who = {"user": self.for_them(str(user)), "mailbox": self.for_them(str(mailbox))}
        self.oracle.ask("note_opened", **who, **{"from": source})
        self.directory.note_opened(user, mailbox, source)

    def somebody_asks(self, random: Random) -> None:
        for _ in range(3):
            chance = self.chance(random)
            name = chance.one(list(QUESTIONS))
            given = [each for each in QUESTIONS[name] if not each.optional or random.random() < 0.3]
            arguments = {each.name: chance.argument(name, each) for each in given}
            self.question(chance.actor(), name, chance.one([1, 2, 100]), **arguments)

    def somebody_looks_back(self, random: Random) -> None:
        chance = self.chance(random)
        by, at, organisation = chance.actor(), chance.one(self.known.moments), chance.organisation()
        past = {"organisation": self.for_them(str(organisation)), "at": millis(at)}
        questions: dict[str, dict[str, Any]] = {
            "organisation": {"organisation": organisation},
            "members": {"organisation": organisation},
            "access": {"mailbox": chance.mailbox()},
            "reach": {"user": chance.user()},
        }
        for name, arguments in questions.items():
            told = self.paged(name, by, self.fields(arguments), 2, past=past)
            self.compared(partial(self.past, organisation, at, by, name, arguments), told)
        self.question(by, "compare", 3, organisation=organisation, since=at, until=self.clock.now())

    def past(self, of: OrganisationId, at: datetime, by: Who, name: str, arguments: dict[str, Any]) -> object:
        with self.directory.at(of, at, by=by) as then:
            answer = getattr(then, name)(**arguments, by=by)
            return list(answer) if isinstance(answer, Listing) else answer

    def ask_about_everything(self, by: Who) -> None:
        known = self.known
        for user in known.users:
            for name in ("user", "reach", "user_history"):
                self.question(by, name, user=user)
            for mailbox in known.mailboxes:
                self.question(by, "explain", user=user, right=Right.SEND, mailbox=mailbox)
                self.question(by, "senders", who=user, mailbox=mailbox)
                who = {"user": self.for_them(str(user)), "mailbox": self.for_them(str(mailbox))}
                told = self.oracle.ask("may", right="send", **who)
                self.compared(lambda u=user, m=mailbox: self.directory.may(u, "send", m).obstacle, told)  # type: ignore[misc]
        for organisation in known.organisations:
            for name in (
                each for each in QUESTIONS if [it.name for it in QUESTIONS[each] if not it.optional] == ["organisation"]
            ):
                self.question(by, name, 3, organisation=organisation)
        for mailbox in known.mailboxes:
            for name in ("mailbox", "access", "aliases_of", "mailbox_history"):
                self.question(by, name, 3, mailbox=mailbox)
        for device in known.devices:
            self.question(by, "device", device=device)
            self.question(by, "blast_radius", device=device)
        for invitation in known.invitations:
            self.question(by, "invitation", invitation=invitation)


def parts(key: str) -> list[str]:
    """Give what a key names: `grt/mbx_…/usr_…` a mailbox and a user."""
    return key.split("/", 2)[1:] if "/" in key else [key]


@pytest.mark.skipif(
    ORACLE is None and os.environ.get("CI") != "true",
    reason="MAILGRANT_ORACLE names no program: `cargo xtask test`, or `cargo build -p mailgrant-oracle`",
)
def test_random_lives_agree_with_the_rust_library() -> None:
    assert ORACLE is not None, "MAILGRANT_ORACLE is to name the program mailgrant-oracle"
    with Oracle(ORACLE) as oracle:
        run_state_machine_as_test(
            type("Life", (Life,), {"oracle": oracle}),
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                suppress_health_check=list(HealthCheck),
                # A life is long, and takes minutes to shorten: ask for it.
                phases=list(Phase) if "MAILGRANT_SHRINK" in os.environ else [Phase.generate],
            ),
        )
