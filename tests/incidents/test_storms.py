"""Who is gathered, whose turn it is, and when a storm is over: as tables, each case beside one that looks like it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.digest import Gathered, Line, Storm
from bot.incidents.storms import Place, Round, StormOptions, Top, Way, in_order, round_of, way
from bot.model import IncidentState
from tests.incidents.groups import NOON

OPTIONS = StormOptions()
SECOND = timedelta(seconds=1)
STORM = Storm("storm-1", "#alerts", NOON, NOON)
FIRES = Line(IncidentState.FIRING, "warning", "Crash", "shop/web")
OVER = replace(FIRES, state=IncidentState.RESOLVED)
STALE = replace(FIRES, state=IncidentState.STALE)
FOLLOWS = replace(FIRES, follows=True)
LED = replace(FOLLOWS, led=True)

IN_STORM = Place(storm="storm-1", gathered="storm-1")


@pytest.mark.parametrize(
    ("place", "line", "expected"),
    [
        # below the bound, and at it
        (Place(waiting=1), FIRES, Way.WHOLE),
        (Place(waiting=5), FIRES, Way.WHOLE),
        (Place(waiting=5), OVER, Way.WHOLE),
        # above it
        (Place(waiting=6), FIRES, Way.OPEN),
        (Place(waiting=6), OVER, Way.OPEN),
        (Place(waiting=600, top=Top.POSTED), FIRES, Way.WHOLE),
        (Place(waiting=600, top=Top.UNANSWERED), FIRES, Way.WHOLE),
        # while a storm is on
        (Place(storm="storm-1", waiting=1), FIRES, Way.GATHER),
        (Place(storm="storm-1"), OVER, Way.GATHER),
        (Place(storm="storm-1", top=Top.POSTED), FIRES, Way.TOP),
        (Place(storm="storm-1", top=Top.UNANSWERED), FIRES, Way.TOP),
        (Place(storm="storm-1", gathered="storm-0"), FIRES, Way.GATHER),
        # its members
        (IN_STORM, FIRES, Way.GATHER),
        (IN_STORM, OVER, Way.GATHER),
        (replace(IN_STORM, top=Top.UNANSWERED), FIRES, Way.GATHER),
        (replace(IN_STORM, top=Top.POSTED), FIRES, Way.TOP),
        (replace(IN_STORM, alone=True), FIRES, Way.TOP),
        # once it is over
        (Place(gathered="storm-1"), OVER, Way.TOLD),
        (Place(gathered="storm-1"), LED, Way.TOLD),
        (Place(gathered="storm-1", waiting=9), OVER, Way.TOLD),
        (Place(gathered="storm-1"), FIRES, Way.WHOLE),
        (Place(gathered="storm-1"), STALE, Way.WHOLE),
        (Place(gathered="storm-1"), FOLLOWS, Way.WHOLE),
        (Place(gathered="storm-1", waiting=6), FIRES, Way.OPEN),
        (Place(gathered="storm-1", top=Top.UNANSWERED), OVER, Way.WHOLE),
        (Place(gathered="storm-1", alone=True), OVER, Way.WHOLE),
    ],
)
def test_the_way_of_an_incident(place: Place, line: Line, expected: Way) -> None:
    assert way(place, line, OPTIONS) is expected


@pytest.mark.parametrize(
    ("place", "concerned"),
    [
        (Place(waiting=5), False),
        (Place(waiting=6), True),
        (Place(waiting=600, top=Top.POSTED), False),
        (Place(storm="storm-1", top=Top.POSTED), True),
        (Place(gathered="storm-1", top=Top.POSTED), True),
    ],
)
def test_without_a_storm_nobody_asks_further(place: Place, concerned: bool) -> None:
    assert place.concerned(OPTIONS) is concerned
    assert concerned or way(place, FIRES, OPTIONS) is Way.WHOLE


@pytest.mark.parametrize(
    ("member", "waits"),
    [
        (Gathered("a", NOON, FIRES), True),
        (Gathered("a", NOON, STALE), True),
        (Gathered("a", NOON, OVER), False),
        (Gathered("a", NOON, LED), False),
        (Gathered("a", NOON, FOLLOWS), True),
        (Gathered("a", NOON, OVER, unanswered=True), True),
        (Gathered("a", NOON, LED, unanswered=True), True),
        (Gathered("a", NOON, FIRES, ts="1.1"), False),
        (Gathered("a", NOON, FIRES, alone=True), False),
    ],
)
def test_who_waits_for_a_message_of_its_own(member: Gathered, waits: bool) -> None:
    assert member.waits is waits


def member(name: str, severity: str = "warning", *, age: float = 0, line: Line = FIRES) -> Gathered:
    return Gathered(name, NOON - age * SECOND, replace(line, severity=severity))


def test_the_list_is_by_severity_then_by_age_and_followers_come_last() -> None:
    members = [
        member("follower", "critical", age=99, line=FOLLOWS),
        member("info", "info", age=50),
        member("unnamed", "", age=50),
        member("young", "critical", age=1),
        member("b-warning", age=5),
        member("a-warning", age=5),
        member("page", "page", age=2),
        member("old", "Critical", age=9),
    ]
    assert [one.incident_id for one in in_order(members)] == [
        "old",
        "young",
        "page",
        "a-warning",
        "b-warning",
        "unnamed",
        "info",
        "follower",
    ]


CRITICAL, WARNING = member("critical", "critical"), member("warning", age=30)
PAGE = member("page", "page", age=30)
FOLLOWER = member("follower", "critical", line=FOLLOWS)
MISSED = replace(member("missed", "info"), unanswered=True)


@pytest.mark.parametrize(
    ("members", "seconds", "urgent", "expected"),
    [
        # it still grows: one urgent one at a time
        ([WARNING], 10, None, ()),
        ([WARNING, CRITICAL, PAGE], 10, None, (CRITICAL,)),
        ([WARNING, PAGE], 10, None, (PAGE,)),
        ([WARNING, CRITICAL], 10, 1, ()),
        ([WARNING, CRITICAL], 16, 1, (CRITICAL,)),
        ([member("over", "critical", line=OVER)], 10, None, ()),
        ([FOLLOWER], 10, None, ()),
        # what may have been posted is looked for before anything else
        ([WARNING, CRITICAL, MISSED], 10, None, (MISSED,)),
        # it is calm
        ([WARNING, CRITICAL], 59, 50, ()),
        ([WARNING, CRITICAL], 60, 59, (CRITICAL, WARNING)),
        ([WARNING, member("led", "critical", line=LED)], 60, None, (WARNING,)),
        ([WARNING, FOLLOWER], 60, None, (WARNING,)),
        ([replace(WARNING, ts="1.1"), FOLLOWER], 60, None, (FOLLOWER,)),
    ],
)
def test_whose_turn_it_is(
    members: list[Gathered], seconds: float, urgent: float | None, expected: tuple[Gathered, ...]
) -> None:
    storm = replace(STORM, told_at=None if urgent is None else NOON + urgent * SECOND)
    found = round_of(storm, members, NOON + seconds * SECOND, OPTIONS)
    assert found.turns == expected
    assert not found.passed


def test_of_many_only_some_have_their_turn_before_the_digest_is_edited_again() -> None:
    members = [member(f"{number:03}") for number in range(100)]
    found = round_of(STORM, members, NOON + 60 * SECOND, OPTIONS)
    assert [one.incident_id for one in found.turns] == [f"{number:03}" for number in range(OPTIONS.turns)]
    assert found.pause == 0


@pytest.mark.parametrize(("seconds", "pause"), [(0, 5), (54, 5), (58, 2), (60, 0)])
def test_a_round_begins_at_the_pace_of_the_digest_or_when_it_is_calm(seconds: float, pause: float) -> None:
    assert round_of(STORM, [WARNING], NOON + seconds * SECOND, OPTIONS).pause == pause


@pytest.mark.parametrize(
    ("ages", "calm"),
    [
        ([], True),
        ([1, 10, 20, 30, 40], True),  # a trickle
        ([1, 10, 20, 30, 40, 61], True),
        ([1, 10, 20, 30, 40, 59], False),  # more than the bound within the time
        ([59] * 500, False),
        ([61] * 500 + [1], True),
    ],
)
def test_it_is_calm_when_no_more_than_the_bound_came_lately(ages: list[float], calm: bool) -> None:
    long_ago = replace(STORM, opened_at=NOON - 3600 * SECOND)
    members = [member(f"{number}", age=age) for number, age in enumerate(ages)]
    found = round_of(long_ago, [member("first", age=3600), *members], NOON, OPTIONS)
    assert (len(found.turns) > 0) is calm
    assert (found.pause == 0) is calm


@pytest.mark.parametrize(
    ("members", "seconds", "passed"),
    [
        ([member("over", line=OVER), member("led", line=LED)], 60, True),
        ([replace(WARNING, ts="1.1")], 60, True),
        ([member("over", line=OVER)], 59, False),
        ([WARNING], 3600, False),
    ],
)
def test_it_has_passed_when_it_is_calm_and_none_waits(
    members: list[Gathered], seconds: float, passed: bool
) -> None:
    assert round_of(STORM, members, NOON + seconds * SECOND, OPTIONS).passed is passed


def test_after_its_end_whoever_waits_again_is_left_to_its_own_job() -> None:
    ended = replace(STORM, closed_at=NOON)
    members = [WARNING, CRITICAL, member("over", line=OVER), member("led", line=LED)]
    assert round_of(ended, members, NOON + 60 * SECOND, OPTIONS) == Round(left=(CRITICAL, WARNING))
