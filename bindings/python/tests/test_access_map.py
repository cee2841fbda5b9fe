"""The access map: what it keeps, what it draws, and what no label can make it do."""

from __future__ import annotations

import json
import math
import random
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mailgrant.access_map import AccessMap, MapEdge, MapNode
from mailgrant.access_map.ordering import arrange, crossings, settle
from mailgrant.access_map.pen import measure
from mailgrant.access_map.words import RIGHTS, fit, plain, width

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailgrant.access_map.pen import Weight

SVG = "{http://www.w3.org/2000/svg}"
AT = datetime(2026, 3, 3, 11, 35, tzinfo=UTC)
READ = frozenset({"read"})
SEND = frozenset({"read", "send"})
ALL = frozenset(RIGHTS)

# What people may call themselves, their mailboxes and their machines.
LABELS = [
    '"]; click n0 "javascript:alert(1)" %%{init: {}}%%',
    "<script>alert(1)</script> & \"quoted\" 'single' \\N \\",
    "]]> --> <!-- &#60; &amp; #60; #quot;",
    "مرحبا بالعالم",
    "\u202egnp.exe",
    "👩\u200d👩\u200d👧\u200d👦 🎉",
    "one\nend\r\nthree\ttab\x00\x1b\ufffe",
    "x" * 300,
    "a" + "\u0301" * 300,
    "陈伟" * 40,
    "end",
    'style:"a"#b;',
    "`**bold**` _x_ 1. y",
    "",
]


def person(name: str, *, state: str | None = None) -> MapNode:
    return MapNode(f"usr_{name}", "person", name, f"{name}@people.example", state)


def mailbox(name: str, *, state: str | None = None) -> MapNode:
    return MapNode(f"mbx_{name}", "mailbox", f"{name}@bakery.example", name.title(), state)


def device(name: str) -> MapNode:
    return MapNode(f"dev_{name}", "device", name, "imap, smtp")


def grant(who: str, what: str, rights: frozenset[str] = SEND, *, blocked: str | None = None) -> MapEdge:
    return MapEdge(f"usr_{who}", f"mbx_{what}", "grant", rights, since=AT, blocked=blocked)


def bakery() -> AccessMap:
    """Make a small business: three people, three mailboxes and three devices, one of each in trouble."""
    return AccessMap(
        "Bakery",
        AT,
        nodes=(
            person("ada"),
            person("bo"),
            person("zoe", state="suspended"),
            mailbox("contact"),
            mailbox("orders"),
            mailbox("archive"),
            device("phone"),
            device("crm"),
            device("old"),
        ),
        edges=(
            grant("ada", "contact", ALL),
            grant("ada", "orders"),
            grant("bo", "orders", READ),
            grant("zoe", "orders", blocked="user_suspended"),
            MapEdge("usr_ada", "dev_phone", "holds"),
            MapEdge("dev_phone", "mbx_contact", "device_password", SEND),
            MapEdge("dev_crm", "mbx_contact", "device_password", SEND),
            MapEdge("dev_old", "mbx_orders", "legacy_password", SEND),
        ),
    )


def organisation(mailboxes: int, people: int, ways: int) -> AccessMap:
    """Make an organisation of any size, with random grants; a tenth of its devices are nobody's."""
    chance = random.Random(1)
    nodes = [person(f"person-{number:04}") for number in range(people)]
    nodes += [mailbox(f"team-{number:03}-with-a-long-name") for number in range(mailboxes)]
    edges: dict[tuple[str, str], MapEdge] = {}
    while len(edges) < ways:
        who, what = chance.choice(nodes[:people]), chance.choice(nodes[people : people + mailboxes])
        blocked = "grant_expired" if chance.random() < 0.02 else None
        rights = chance.choice((READ, SEND, SEND, ALL))
        edges[who.id, what.id] = MapEdge(who.id, what.id, "grant", rights, since=AT, blocked=blocked)
        if len(edges) % 3 == 0:
            machine = device(f"machine-{len(nodes)}")
            nodes.append(machine)
            edges[machine.id, what.id] = MapEdge(machine.id, what.id, "device_password", READ)
            if chance.random() < 0.9:
                edges[who.id, machine.id] = MapEdge(who.id, machine.id, "holds")
    return AccessMap("Organisation", AT, tuple(nodes), tuple(edges.values()))


def awkward() -> AccessMap:
    """Put every label everywhere."""
    nodes, edges = [], []
    for number, label in enumerate(LABELS):
        state = label or None
        nodes += [
            MapNode(f"usr_{number}", "person", label, label, state),
            MapNode(f"mbx_{number}", "mailbox", label, label, state),
            MapNode(f"dev_{number}", "device", label, label, state),
        ]
        edges += [
            MapEdge(f"usr_{number}", f"mbx_{number}", "grant", SEND | {label}, AT, AT, AT, label or None),
            MapEdge(f"dev_{number}", f"mbx_{number}", "device_password", READ),
            MapEdge(f"usr_{number}", f"dev_{number}", "holds"),
        ]
    return AccessMap(" ".join(LABELS), AT, tuple(nodes), tuple(edges))


EVERY_SIZE: dict[str, Callable[[], AccessMap]] = {
    "empty": lambda: AccessMap("Nothing yet", AT),
    "one mailbox": lambda: AccessMap("Alone", AT, (mailbox("info"),)),
    "one person": lambda: AccessMap("Alone", AT, (person("ada"),)),
    "small": bakery,
    "one mailbox for many": lambda: organisation(1, 60, 60),
    "everybody everywhere": lambda: organisation(8, 8, 64),
    "medium": lambda: organisation(30, 60, 150),
    "awkward": awkward,
    "awkward and large": lambda: AccessMap(
        "Both",
        AT,
        awkward().nodes + organisation(40, 90, 300).nodes,
        awkward().edges + organisation(40, 90, 300).edges,
    ),
    "large": lambda: organisation(200, 700, 2000),
}
every_size = pytest.mark.parametrize("access", [make() for make in EVERY_SIZE.values()], ids=list(EVERY_SIZE))


@dataclass(frozen=True)
class Written:
    """A line of text in a picture, and where it stands by the picture's own measure."""

    text: str
    left: float
    right: float
    base: float


def parsed(access: AccessMap) -> ElementTree.Element:
    return ElementTree.fromstring(access.to_svg())


def written(picture: ElementTree.Element) -> list[Written]:
    lines = []
    for text in picture.iter(f"{SVG}text"):
        if text.get("transform") is None:
            weight: Weight = text.get("class", "").split()[0]  # type: ignore[assignment]
            spans = [(span.text or "", span.get("class", "")) for span in text.iter(f"{SVG}tspan")]
            wide = sum((measure(said, "small" if "small" in style else weight) for said, style in spans), 0.0)
            left, base = float(text.get("x", "")), float(text.get("y", ""))
            lines.append(Written("".join(said for said, _ in spans), left, left + wide, base))
    return lines


def said(access: AccessMap) -> list[str]:
    return [line.text for line in written(parsed(access))]


def tips(access: AccessMap) -> str:
    return "\n".join(title.text or "" for title in parsed(access).iter(f"{SVG}title"))


# The map itself


def test_the_same_state_is_the_same_map_in_any_order() -> None:
    access = organisation(30, 60, 150)
    nodes, edges = list(access.nodes), list(access.edges)
    random.Random(2).shuffle(nodes)
    random.Random(3).shuffle(edges)
    shuffled = AccessMap(access.title, access.at, tuple(nodes), tuple(edges))
    assert shuffled == access
    assert shuffled.to_svg() == access.to_svg()
    assert shuffled.to_mermaid() == access.to_mermaid()
    assert shuffled.to_dot() == access.to_dot()
    assert shuffled.to_json() == access.to_json()


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="grant leads from person to mailbox, not 'usr_ada' to 'mbx_gone'"):
        AccessMap("Bakery", AT, (person("ada"),), (grant("ada", "gone"),))


def test_an_edge_between_the_wrong_kinds_is_refused() -> None:
    wrong = MapEdge("usr_ada", "mbx_contact", "device_password")
    with pytest.raises(ValueError, match="device_password leads from device to mailbox"):
        AccessMap("Bakery", AT, (person("ada"), mailbox("contact")), (wrong,))


def test_two_nodes_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        AccessMap("Bakery", AT, (person("ada"), person("ada")))


def test_its_repr_counts() -> None:
    assert repr(bakery()) == (
        "AccessMap('Bakery', 2026-03-03T11:35:00+00:00: 3 people, 3 mailboxes, 3 devices, 8 edges)"
    )


def test_its_json_says_everything() -> None:
    said = json.loads(bakery().to_json())
    assert said == bakery().to_dict()
    assert [len(said["nodes"]), len(said["edges"])] == [9, 8]
    zoe = next(edge for edge in said["edges"] if edge["source"] == "usr_zoe")
    assert zoe == {
        "source": "usr_zoe",
        "target": "mbx_orders",
        "through": "grant",
        "rights": ["read", "send"],
        "since": "2026-03-03T11:35:00+00:00",
        "until": None,
        "last_used": None,
        "blocked": "user_suspended",
    }


# The picture


@every_size
def test_a_picture_is_well_formed_and_says_what_it_is(access: AccessMap) -> None:
    picture = parsed(access)
    assert picture.get("role") == "img"
    ids = {element.get("id"): element.text or "" for element in picture if element.get("id")}
    title, counts = (ids[name] for name in picture.get("aria-labelledby", "").split())
    assert title.endswith("who reaches which mailbox, 3 March 2026, 11:35 UTC")
    assert "device password" in counts


@every_size
def test_a_picture_holds_nothing_that_acts_or_loads(access: AccessMap) -> None:
    drawn = {"svg", "title", "desc", "style", "g", "rect", "line", "path", "circle", "text", "tspan"}
    for element in parsed(access).iter():
        assert element.tag.removeprefix(SVG) in drawn
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
    assert not re.search(r"url\(|@import|@font-face", access.to_svg().split("</style>")[0])


@every_size
def test_no_text_runs_into_another_or_out_of_the_picture(access: AccessMap) -> None:
    picture = parsed(access)
    lines = sorted(written(picture), key=lambda line: (line.base, line.left))
    for place, line in enumerate(lines):
        assert line.left >= 0
        assert line.right <= float(picture.get("width", "")), line
        assert line.base <= float(picture.get("height", "")), line
        for other in lines[place + 1 :]:
            if other.base - line.base >= 10:
                break
            assert line.right <= other.left or other.right <= line.left, (line, other)


@every_size
def test_no_card_stands_on_another(access: AccessMap) -> None:
    columns: dict[float, list[tuple[float, float]]] = {}
    for box in parsed(access).iter(f"{SVG}rect"):
        if "fill-card" in box.get("class", ""):
            top, high = float(box.get("y", "")), float(box.get("height", ""))
            columns.setdefault(float(box.get("x", "")), []).append((top, top + high))
    for cards in columns.values():
        assert all(above[1] < below[0] for above, below in pairwise(sorted(cards)))


def test_a_small_map_is_drawn_with_lines() -> None:
    ways = [path.get("class") for path in parsed(bakery()).iter(f"{SVG}path") if "way" in path.get("class", "")]
    legend = 5
    assert len(ways) == 7 + legend
    assert ways.count("way line-sharing") == 1 + 1
    assert ways.count("way line-blocked") == 1 + 1
    assert ways.count("way line-send legacy") == 1 + 1


def test_a_program_is_never_drawn_as_giving_access_on() -> None:
    nodes = (mailbox("contact"), device("crm"))
    access = AccessMap("Bakery", AT, nodes, (MapEdge("dev_crm", "mbx_contact", "device_password", ALL),))
    ways = [path.get("class") for path in parsed(access).iter(f"{SVG}path")]
    legend = 1
    assert ways.count("way line-sharing") == legend
    assert ways.count("way line-send") == 1 + legend


def test_a_small_map_warns_on_the_spot_and_below() -> None:
    texts = said(bakery())
    assert texts.count("suspended") == 1
    assert texts.count("nobody gets in") == 1
    for finding in ("User suspended1", "Legacy password1", "Nobody gets in1", "Device that nobody holds1"):
        assert finding in texts
    assert "zoe → orders@" in texts
    assert "crm → contact@" in texts


def test_a_picture_without_trouble_warns_of_nothing() -> None:
    fine = AccessMap("Fine", AT, (person("ada"), mailbox("contact")), (grant("ada", "contact"),))
    assert "Worth a look" not in said(fine)


def test_tips_say_everything_about_a_way() -> None:
    way = MapEdge("usr_ada", "mbx_contact", "grant", ALL, AT, AT + timedelta(days=30), AT, blocked="mailbox_closed")
    access = AccessMap("Bakery", AT, (person("ada"), mailbox("contact")), (way,))
    assert (
        "ada → contact@bakery.example\ngrant: everything\nsince 3 March 2026\nuntil 2 April 2026\n"
        "last used 3 March 2026\nopens nothing now: mailbox closed"
    ) in tips(access)


def test_people_with_the_same_access_share_a_card_that_names_them() -> None:
    names = ["ada", "bo", "carla", "dmitri"]
    nodes = (*(person(name) for name in names), mailbox("contact"))
    access = AccessMap("Bakery", AT, nodes, tuple(grant(name, "contact") for name in names))
    assert "4 people" in said(access)
    assert "ada, bo, carla, dmitri" in said(access)


def test_two_people_with_the_same_access_keep_their_own_cards() -> None:
    nodes = (person("ada"), person("bo"), mailbox("contact"))
    access = AccessMap("Bakery", AT, nodes, (grant("ada", "contact"), grant("bo", "contact")))
    assert {"ada", "bo"} <= set(said(access))


def test_a_large_map_has_one_row_for_each_mailbox_in_alphabetical_order() -> None:
    access = organisation(200, 700, 2000)
    first = [line for line in written(parsed(access)) if line.left == 32 and line.text.startswith("team-")]
    assert [line.text for line in first] == [f"team-{number:03}-with-a-long-name@" for number in range(200)]
    assert all(above.base < below.base for above, below in pairwise(first))


def test_a_large_map_names_who_reaches_the_most() -> None:
    access = organisation(200, 700, 2000)
    reach: dict[str, int] = {}
    for edge in access.edges:
        if edge.through == "grant":
            reach[edge.source] = reach.get(edge.source, 0) + 1
    texts = said(access)
    named = texts[texts.index("Reach the most mailboxes") + 1 :][:24:2]
    assert [reach[f"usr_{name}"] for name in named] == sorted(reach.values(), reverse=True)[:12]


def test_those_who_reach_much_of_a_large_map_have_a_column() -> None:
    boxes = [mailbox(f"box-{number:02}") for number in range(30)]
    people = [person("ada"), *(person(f"p{number:02}") for number in range(90))]
    edges = [MapEdge("usr_ada", box.id, "grant", ALL) for box in boxes]
    edges += [MapEdge(each.id, boxes[place % 30].id, "grant", READ) for place, each in enumerate(people[1:])]
    picture = parsed(AccessMap("Bakery", AT, (*people, *boxes), tuple(edges)))
    headings = ["".join(text.itertext()) for text in picture.iter(f"{SVG}text") if text.get("transform")]
    assert headings == ["ada", "ada"]


def test_headings_that_are_turned_keep_their_distance() -> None:
    picture = parsed(organisation(30, 12, 300))
    turned = [text for text in picture.iter(f"{SVG}text") if text.get("transform")]
    assert len(turned) > 10
    for left, right in pairwise(turned):
        if left.get("y") == right.get("y"):
            # Half a right angle apart, the font is 11 high.
            assert (float(right.get("x", "")) - float(left.get("x", ""))) / math.sqrt(2) > 11


def test_a_picture_of_two_hundred_mailboxes_takes_less_than_a_second() -> None:
    access = organisation(200, 700, 2000)
    start = time.process_time()
    access.to_svg()
    assert time.process_time() - start < 1


def test_an_instant_is_the_same_in_every_time_zone() -> None:
    elsewhere = AccessMap("Bakery", AT.astimezone(timezone(timedelta(hours=9))))
    assert elsewhere.to_svg() == AccessMap("Bakery", AT).to_svg()


def test_jupyter_shows_the_picture() -> None:
    assert bakery()._repr_svg_() == bakery().to_svg()


def test_colours_are_kept_from_the_page_around_the_picture() -> None:
    style = parsed(bakery()).find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme:dark" in (style.text or "")
    selectors = re.findall(r"([^{}]+)\{", (style.text or "").replace("@media(prefers-color-scheme:dark){", ""))
    assert all(selector.strip().startswith(".mg-map ") for selector in selectors)


# Escaping


def test_every_label_shows_as_it_is() -> None:
    tip = tips(awkward())
    for label in LABELS:
        assert plain(label) in tip


def test_a_label_cannot_turn_or_cover_what_is_around_it() -> None:
    assert plain("\u202egnp.exe") == "gnp.exe"
    assert plain("a" + "\u0301" * 300) == "a" + "\u0301" * 4
    assert plain("one\ntwo\x00three") == "one two three"


STATEMENT = re.compile(
    r"""
    flowchart\ LR | direction\ LR | end | style\ map\ fill:none,stroke:none
    | subgraph\ map\["(?P<title>[^"]*)"\]
    | n\d+(\(\["[^"]*"\]\)|\["[^"]*"\]|\[\["[^"]*"\]\])(:::odd)?
    | n\d+\ (---|--\ "[^"]*"\ -->|-\.\ "[^"]*"\ \.->)\ n\d+
    | linkStyle\ \d+\ stroke:\#[0-9a-f]{6}
    | classDef\ odd\ stroke:\#[0-9a-f]{6},stroke-dasharray:4\ 3
    """,
    re.VERBOSE,
)


@every_size
def test_mermaid_holds_nothing_but_the_statements_meant(access: AccessMap) -> None:
    lines = access.to_mermaid().splitlines()
    assert [line for line in lines if not STATEMENT.fullmatch(line)] == []
    assert len(lines) == 6 + len(access.nodes) + 2 * len(access.edges)


def test_mermaid_gets_labels_that_mean_nothing_to_it() -> None:
    for quoted in re.findall(r'"([^"]*)"', awkward().to_mermaid()):
        rest = re.sub(r"#\d+;|<br/>", "", quoted)
        assert not set(rest) & set("\"'`<>[](){}|;:#%&*_~\\/"), quoted


def test_mermaid_says_who_may_what() -> None:
    chart = bakery().to_mermaid()
    assert 'flowchart LR\nsubgraph map["Bakery, 3 March 2026, 11#58;35 UTC"]\n' in chart
    assert '(["ada<br/>ada@people.example"])' in chart
    assert '-. "user suspended" .->' in chart
    assert '-- "legacy password#58; read, send" -->' in chart


# pydot itself calls what pyparsing has renamed.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
# And it is slow: the sizes that show nothing new are left out.
@pytest.mark.parametrize("size", ["empty", "one mailbox", "small", "awkward"])
def test_dot_is_read_by_a_parser_of_its_own(size: str) -> None:
    pydot = pytest.importorskip("pydot")
    access = EVERY_SIZE[size]()
    (graph,) = pydot.graph_from_dot_data(access.to_dot())
    names = {node.get_name().strip('"') for node in graph.get_nodes()} - {"node", "graph", "\\n"}
    assert names == {node.id for node in access.nodes}
    assert len(graph.get_edges()) == len(access.edges)


def test_dot_cannot_be_left_by_a_quotation_mark() -> None:
    # Without its quoted strings, a DOT file of ours holds only these signs and words.
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', "", awkward().to_dot())
    assert "script" not in rest
    assert set(re.findall(r"\w+", rest)) <= {
        *("digraph", "access", "graph", "rankdir", "LR", "label", "labelloc", "t", "fontname", "Helvetica"),
        *("node", "fontsize", "11", "tooltip", "shape", "color", "style", "arrowhead"),
    }


# networkx


def test_networkx_gets_every_node_and_edge() -> None:
    networkx = pytest.importorskip("networkx")
    graph = bakery().to_networkx()
    assert isinstance(graph, networkx.MultiDiGraph)
    assert graph.nodes["mbx_archive"] == {
        "kind": "mailbox",
        "label": "archive@bakery.example",
        "detail": "Archive",
        "state": None,
    }
    assert graph.edges["usr_ada", "mbx_contact", "grant"]["rights"] == ALL
    assert networkx.ancestors(graph, "mbx_contact") == {"usr_ada", "dev_phone", "dev_crm"}
    assert len(graph.edges) == 8


def test_without_networkx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'mailgrant[networkx]'")):
        bakery().to_networkx()


# Its parts


def test_text_is_cut_to_its_room() -> None:
    for label in LABELS:
        assert width(fit(plain(label), 12, 100), 12) <= 100


def test_ordering_untangles_what_can_be_untangled() -> None:
    lines = [(place, 9 - place) for place in range(10)]
    assert crossings(list(range(10)), list(range(10)), lines) == 45
    assert arrange(10, 10, lines)[2] == 0


def test_settling_keeps_order_and_distance_and_hits_what_is_free() -> None:
    assert settle([50, 200], [20, 20], gap=5) == [40, 190]
    assert settle([50, 50, 300], [20, 20, 20], gap=10) == [25, 55, 290]
    assert settle([0, 0], [20, 20], gap=0) == [0, 20]
