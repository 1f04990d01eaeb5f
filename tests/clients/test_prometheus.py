"""Prometheus as a source: what its answers become, and that nothing it does is ever raised or hidden."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from bot.clients.http import LARGEST, Options
from bot.clients.prometheus import MOST_SERIES, PrometheusClient
from bot.diagnosis.evidence import Point, Series, SeriesSet
from bot.diagnosis.looks import NodeOf
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Unavailable
from bot.model import Reason
from tests.clients.prometheus_server import TOKEN, UP, URL, always, client, gap, vector


async def test_an_instant_query() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return vector({"metric": {"job": "web"}, "value": [1767236400.5, "0.25"]}, warnings=["slow store"])

    found = await client(answer).answer(InstantQuery('rate(x{a="b c"}[5m])', at=1767236400.0))

    at = datetime(2026, 1, 1, 3, 0, 0, 500000, tzinfo=UTC)
    assert found == SeriesSet((Series({"job": "web"}, (Point(at, 0.25),)),), ("slow store",))
    assert dict(seen[0].url.params) == {"query": 'rate(x{a="b c"}[5m])', "time": "1767236400.000"}
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_range_query() -> None:
    seen: list[httpx.Request] = []
    matrix = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "1"], [2, "NaN"], [3, "3"]]}]}

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "success", "data": matrix})

    found = await client(answer, clock=lambda: 3.0).answer(RangeQuery("up", seconds=2, step=1))

    assert isinstance(found, SeriesSet)
    assert [point.value for point in found.series[0].points] == [1.0, 3.0]
    assert dict(seen[0].url.params) == {"query": "up", "start": "1.000", "end": "3.000", "step": "1"}
    assert seen[0].url.path == "/api/v1/query_range"


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "", None, {}, "1e999"])
async def test_what_is_no_number_is_left_out(value: object) -> None:
    found = await client(always(vector({"metric": {}, "value": [1, value]}))).answer(UP)

    assert found == SeriesSet(())


@pytest.mark.parametrize(
    "data",
    [
        {"resultType": "scalar", "result": [1, "7"]},
        {
            "resultType": "vector",
            "result": [{"metric": {}, "value": [1, "7"]}, {"metric": {}, "histogram": [1, {}]}],
        },
        {
            "resultType": "vector",
            "result": [None, 3, {"metric": None, "value": [1, "7"]}, {"value": [99e99, "1"]}],
        },
    ],
)
async def test_odd_results(data: object) -> None:
    found = await client(always(httpx.Response(200, json={"status": "success", "data": data}))).answer(UP)

    assert isinstance(found, SeriesSet)
    assert [series.points[0].value for series in found.series] == [7.0]


async def test_too_many_series_are_cut_and_that_is_said() -> None:
    series = [{"metric": {"n": str(n)}, "value": [1, "1"]} for n in range(MOST_SERIES + 5)]

    found = await client(always(vector(*series))).answer(UP)

    assert isinstance(found, SeriesSet)
    assert len(found.series) == MOST_SERIES
    assert found.warnings == (f"only {MOST_SERIES} of {MOST_SERIES + 5} series were kept",)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.NOT_CONFIGURED),
        (401, Reason.FORBIDDEN),
        (403, Reason.FORBIDDEN),
        (422, Reason.NOT_READY),
        (429, Reason.NOT_READY),
        (500, Reason.NOT_READY),
        (502, Reason.UNREACHABLE),
        (503, Reason.NOT_READY),
        (504, Reason.UNREACHABLE),
    ],
)
async def test_a_refusal_is_a_gap_with_what_was_said(status: int, reason: Reason) -> None:
    body = {"status": "error", "errorType": "x", "error": "parse error:\n unexpected end"}

    found = await gap(always(httpx.Response(status, json=body)))

    assert found.reason is reason
    assert found.detail == f"HTTP {status}: parse error: unexpected end"


async def test_not_ready() -> None:
    found = await gap(always(httpx.Response(503, text="Service Unavailable")))

    assert (found.reason, found.detail) == (Reason.NOT_READY, "HTTP 503")


async def test_another_program_is_named_as_such() -> None:
    found = await gap(always(httpx.Response(200, text="<html>welcome</html>")))

    assert found.reason is Reason.NOT_CONFIGURED
    assert "is not Prometheus" in found.detail


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}", b"\xff\xfe", b"", b"null"])
async def test_hostile_bodies(body: bytes) -> None:
    assert (await gap(always(httpx.Response(200, content=body)))).reason is Reason.NOT_CONFIGURED


async def test_too_large() -> None:
    found = await gap(always(httpx.Response(200, content=b" " * (LARGEST + 1))))

    assert "larger than 8 MiB" in found.detail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), Reason.UNREACHABLE),
        (httpx.ReadError(f"broken while sending {TOKEN}"), Reason.UNREACHABLE),
        (httpx.ReadTimeout("slow"), Reason.TIMEOUT),
    ],
)
async def test_trouble_on_the_way(error: Exception, reason: Reason) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    found = await gap(answer)

    assert found.reason is reason
    assert TOKEN not in found.detail


async def test_a_server_that_hangs() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError("never")

    options = Options(timeout=0.02, transport=httpx.MockTransport(answer))

    found = await PrometheusClient(URL, options=options).answer(UP)

    assert isinstance(found, Unavailable)
    assert (found.reason, found.detail) == (Reason.TIMEOUT, "prometheus gave no answer within 0.02 s")


async def test_a_look_of_another_source() -> None:
    found = await client(always(vector())).answer(NodeOf("node-1"))

    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_CONFIGURED
