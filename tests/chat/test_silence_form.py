"""What stands in the form of *Silence…*: read, judged, and suggested. Both ways."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.silence_form import LONGEST, MATCHERS, SPAN, UNTIL, WHY, Ends, Filled
from bot.incidents.silences import Problem, written
from bot.incidents.spans import ends_at
from tests.chat.silencing_bench import OTHER, OURS, incident

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
GOOD = 'namespace="shop"'


def within(longest: timedelta = timedelta(hours=24)) -> Ends:
    return lambda said: ends_at(said, NOW, longest=longest)


@pytest.mark.parametrize(
    ("filled", "problems"),
    [
        (Filled(GOOD, "2h"), {}),
        (Filled(GOOD, "2h", "until 09:00"), {}),
        (Filled(GOOD, "nonsense", "45m"), {}),
        (Filled(GOOD, "2h", "  "), {}),
        (Filled(f'\n{GOOD},\n\npod=~"a.*"', "2h"), {}),
        (Filled("x" * LONGEST + "=1", "2h"), {MATCHERS: "matchers_long"}),
        (Filled("", "2h"), {MATCHERS: "matchers_none"}),
        (Filled("nonsense", "2h"), {MATCHERS: "matcher_unclear"}),
        (Filled('namespace!=""\npod=~".*"', "2h"), {}),
        (Filled('pod=~".*"', "2h"), {MATCHERS: "matchers_everything"}),
        (Filled(GOOD, ""), {SPAN: "span_none"}),
        (Filled(GOOD, "2d"), {SPAN: "span_long"}),
        (Filled(GOOD, "2h", "soon"), {UNTIL: "span_unclear"}),
        (Filled("nonsense", "2h", "2d"), {MATCHERS: "matcher_unclear", UNTIL: "span_long"}),
    ],
)
def test_problems(filled: Filled, problems: dict[str, str]) -> None:
    assert {name: one.key for name, one in filled.problems(within()).items()} == problems


def test_where_no_usual_span_is_short_enough_the_end_is_typed() -> None:
    found = Filled(GOOD).problems(within(timedelta(minutes=10)))
    assert {name: one.key for name, one in found.items()} == {UNTIL: "span_none"}


@pytest.mark.parametrize(("longest", "span"), [(24, "2h"), (2, "2h"), (1, "1h"), (0.6, "30m"), (0.1, "")])
def test_the_usual_span_is_suggested_or_the_longest_there_is(longest: float, span: str) -> None:
    found = Filled.first(incident(), within(timedelta(hours=longest)))
    assert isinstance(found, Filled)
    assert found.span == span


def test_what_is_suggested_is_what_is_read() -> None:
    odd = {**OURS.labels, "line": 'a\nb "c" \\d', "comma": "a,b={}"}
    found = Filled.first(incident("i1", replace(OURS, labels=odd)), within())
    assert isinstance(found, Filled)
    read = found.read()
    assert not isinstance(read, Problem)
    assert {one.name: one.value for one in read} == odd
    assert "\n".join(written(read)) == found.matchers


def test_alerts_that_differ_have_in_common_what_they_share() -> None:
    other = replace(OTHER, labels={**OURS.labels, "pod": "b"})
    found = Filled.first(incident("i1", OURS, other), within())
    assert isinstance(found, Filled)
    assert "pod" not in found.matchers


def test_fields_that_are_not_there_are_empty() -> None:
    assert Filled.of({}) == Filled("")
    assert Filled.of({MATCHERS: "a", SPAN: "b", UNTIL: "c", WHY: "d", "x": "y"}) == Filled("a", "b", "c", "d")
