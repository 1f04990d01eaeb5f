"""Numbers about memory: the new limit, what series need, whose series they are, whether they grew, the load of queries."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.diagnosis.evidence import Point, Series, SeriesSet
from bot.diagnosis.prometheus_memory.load import load
from bot.diagnosis.prometheus_memory.need import BASE, HEADROOM, needed, propose
from bot.diagnosis.prometheus_memory.queries import Questions
from bot.diagnosis.prometheus_memory.series import Own, growth, own
from tests.snapshots import NOW

MI, GI = 2**20, 2**30


@pytest.mark.parametrize(
    ("limit", "peak", "text"),
    [
        (512 * MI, None, "1Gi"),
        (512 * MI, 505 * MI, "1Gi"),
        (512 * MI, 900 * MI, "1536Mi"),
        (100 * MI, None, "192Mi"),
        (2 * GI, None, "3Gi"),
        (3 * GI, None, "5Gi"),
        (8 * GI, 7 * GI, "12Gi"),
        (24 * GI, None, "36Gi"),
        (25 * GI, None, "40Gi"),
        (None, 700 * MI, "1536Mi"),
        (10**9, None, "1536Mi"),
    ],
)
def test_a_new_limit(limit: int | None, peak: int | None, text: str) -> None:
    found = propose(limit, peak)

    assert found is not None
    assert found.text == text


@pytest.mark.parametrize("limit", [1, 64 * MI, 511 * MI, 3 * GI + 1, 10**10, 100 * GI])
@pytest.mark.parametrize("share", [0.2, 0.99, 1.7])
def test_it_is_never_below_what_was_seen_with_headroom(limit: int, share: float) -> None:
    peak = int(limit * share)
    found = propose(limit, peak)

    assert found is not None
    assert found.size >= max(limit, peak) * HEADROOM


def test_nothing_is_proposed_from_nothing() -> None:
    assert propose(None, None) is None
    assert propose(0, 0) is None


def test_what_series_need() -> None:
    assert needed(0) == BASE
    assert needed(1_000_000) == BASE + 8192 * 1_000_000


def points(*values: float, step: float = 600) -> tuple[Point, ...]:
    last = len(values) - 1
    return tuple(Point(NOW - timedelta(seconds=step * (last - at)), value) for at, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "grew"),
    [
        ([50_000] * 30 + [80_000] * 5, True),
        ([50_000] * 30 + [74_000] * 5, False),
        ([1_000] * 30 + [9_000] * 5, False),
        ([50_000] * 35, False),
        ([80_000] * 30 + [50_000] * 5, False),
        # One spike days ago is not what it was like before.
        ([50_000] * 10 + [400_000] + [50_000] * 19 + [80_000] * 5, True),
    ],
)
def test_growth(values: list[float], grew: bool) -> None:
    found = growth(points(*values))

    assert found is not None
    assert found.grew is grew


def test_a_young_series_says_nothing_of_growth() -> None:
    assert growth(points(*[9.0] * 10)) is None
    assert growth(()) is None


def one(value: float, **labels: str) -> Series:
    return Series(labels, points(value))


MINE: Mapping[str, str] = {"namespace": "metrics", "pod": "prom-0"}


@pytest.mark.parametrize(
    ("found", "value", "sure"),
    [
        ([one(1.0, **MINE)], 1.0, True),
        (
            [
                one(1.0, **MINE),
                one(2.0, namespace="other", pod="prom-0"),
                one(3.0, instance="localhost:9090"),
            ],
            1.0,
            True,
        ),
        ([one(1.0, **MINE), one(4.0, namespace="metrics", pod="prom-1")], 4.0, True),
        ([one(1.0, kubernetes_namespace="metrics", kubernetes_pod_name="prom-0")], 1.0, True),
        ([one(1.0, pod="prom-0")], 1.0, True),
        ([one(5.0, instance="localhost:9090", job="prometheus")], 5.0, False),
        ([one(5.0, instance="127.0.0.1:9090")], 5.0, False),
    ],
)
def test_whose_series(found: list[Series], value: float, sure: bool) -> None:
    mine = own(SeriesSet(tuple(found)), "metrics", {"prom-0", "prom-1"})

    assert mine is not None
    assert (mine.newest, mine.sure) == (value, sure)


@pytest.mark.parametrize(
    "found",
    [
        [],
        [Series(MINE, ())],
        [one(1.0, namespace="other", pod="prom-0")],
        [one(1.0, instance="localhost:9090"), one(2.0, instance="10.0.0.7:9090")],
        [one(1.0, instance="10.0.0.7:9090")],
    ],
)
def test_whose_series_nobody_can_say(found: list[Series]) -> None:
    assert own(SeriesSet(tuple(found)), "metrics", {"prom-0", "prom-1"}) is None


UNFINISHED = r'''msg="These queries didn't finish in prometheus' last run:" queries="[{\"query\":\"up\",\"timestamp_sec\":1},{\"query\":\"sum(x{y=\\\"z\\\"})\",\"timestamp_sec\":2}]"'''
IN_JSON = r"""{"msg":"These queries didn't finish in prometheus' last run:","queries":"[{\"query\":\"up\",\"timestamp_sec\":1}]"}"""


@pytest.mark.parametrize(
    ("began", "count", "shown"),
    [
        ((UNFINISHED,), 2, ("up", 'sum(x{y="z"})')),
        ((IN_JSON,), 1, ("up",)),
        (("These queries didn't finish in prometheus' last run: ?",), 1, ()),
        (("Starting Prometheus Server",), 0, ()),
    ],
)
def test_queries_that_a_death_cut_off(began: tuple[str, ...], count: int, shown: tuple[str, ...]) -> None:
    found = load((), began, 20, None, None)

    assert (found.unfinished_count, found.unfinished) == (count, shown)
    assert found.suspected is (count > 0)
    assert not found.proven


@pytest.mark.parametrize(
    ("running", "seconds", "proven", "suspected"),
    [(1.0, 0.5, False, False), (9.0, 0.5, False, False), (10.0, 0.5, False, True), (20.0, 0.5, True, True), (1.0, 12.0, False, True)],
)  # fmt: skip
def test_load(running: float, seconds: float, proven: bool, suspected: bool) -> None:
    found = load((), (), 20, Own((one(running),)), Own((one(seconds),)))

    assert (found.proven, found.suspected) == (proven, suspected)


def test_names_are_quoted_in_a_query() -> None:
    asked = Questions('a"b', ("p.1-0", "p-0"), "c\\")

    assert asked.working_set.expr == (
        'container_memory_working_set_bytes{namespace="a\\"b",pod=~"p-0|p\\\\.1-0",container="c\\\\"}'
    )
    assert asked.limits.expr.endswith(',resource="memory"}[1d])')
