"""The replay of Prometheus's log, and the addresses that workloads are configured with."""

import httpx
import pytest

from bot.clients.http import Options
from bot.clients.prometheus import PrometheusClient
from bot.diagnosis.evidence_objects import AddressState, WalReplayState
from bot.diagnosis.looks_metrics import PrometheusAt, WalReplayOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason
from tests.clients.prometheus_server import UP, Answer, always, client, vector

REPLAY = "/api/v1/status/walreplay"


def replaying(prefix: str = "") -> Answer:
    """As at a real one that is not ready: every handler but this one answers 503."""

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith(prefix):
            return httpx.Response(404, text="404 page not found")
        if request.url.path == prefix + REPLAY:
            data = {"min": 3, "max": 120, "current": 48}
            return httpx.Response(200, json={"status": "success", "data": data})
        return httpx.Response(503, text="Service Unavailable")

    return answer


@pytest.mark.parametrize("prefix", ["", "/prom"])
async def test_the_replay_is_told_while_nothing_else_is(prefix: str) -> None:
    prometheus = client(replaying(prefix), url=f"http://prometheus:9090{prefix}")
    assert await prometheus.answer(WalReplayOf()) == WalReplayState(3, 120, 48)
    gap = await prometheus.answer(UP)
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_READY


async def test_a_missing_prefix_is_found_during_the_replay() -> None:
    inner = replaying("/prom")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(302, headers={"location": "/prom/query"})
        return inner(request)

    prometheus = client(answer)
    assert await prometheus.answer(WalReplayOf()) == WalReplayState(3, 120, 48)
    assert "under http://prometheus:9090/prom" in prometheus.notice


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(404, text="404 page not found"), Reason.NOT_FOUND),
        (httpx.Response(503, text="down"), Reason.NOT_READY),
        (httpx.Response(200, text="<html>"), Reason.NOT_CONFIGURED),
        (httpx.Response(200, json={"status": "success", "data": {"min": 0, "max": "9"}}), Reason.NOT_CONFIGURED),
        (httpx.Response(200, json={"status": "success", "data": None}), Reason.NOT_CONFIGURED),
    ],
)  # fmt: skip
async def test_a_replay_that_is_not_told_is_a_gap(response: httpx.Response, reason: Reason) -> None:
    gap = await client(always(response)).answer(WalReplayOf())
    assert isinstance(gap, Unavailable)
    assert gap.reason is reason


class Recorder:
    """Answers every request alike and keeps what was asked."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.response


SCALAR = {"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}


@pytest.mark.parametrize(
    ("response", "status", "is_api"),
    [
        (httpx.Response(200, json=SCALAR), 200, True),
        (vector(), 200, True),
        (httpx.Response(400, json={"status": "error", "errorType": "bad_data"}), 400, True),
        (httpx.Response(404, text="404 page not found"), 404, False),
        (httpx.Response(200, text="<html>a page for every path</html>"), 200, False),
        (httpx.Response(401, json={"message": "who are you"}), 401, False),
        (httpx.Response(503, text="Service Unavailable"), 503, False),
        (httpx.Response(302, headers={"location": "http://evil.example/"}), 302, False),
        (httpx.Response(200, content=b'{"status": "success"}' + b" " * 2**20), 200, False),
    ],
)
async def test_what_answers_at_an_address(response: httpx.Response, status: int, is_api: bool) -> None:
    server = Recorder(response)
    look = PrometheusAt("http://prometheus.monitoring.svc:9090/prom/")
    assert await client(server).answer(look) == AddressState(look.url, status, is_api)
    first, *more = server.requests  # no redirect was followed
    assert str(first.url) == "http://prometheus.monitoring.svc:9090/prom/api/v1/query?query=1"
    assert bool(more) is (status == 404)
    assert {request.url.netloc for request in more} <= {b"prometheus.monitoring.svc:9090"}


@pytest.mark.parametrize(
    ("asked", "location", "found"),
    [
        ("http://prometheus.monitoring.svc:9090", "/metrics/prom/query", "/metrics/prom"),
        ("http://prometheus.monitoring.svc:9090/too/much", "/query", ""),
        ("http://prometheus.monitoring.svc:9090/too/much", "http://evil.example/", ""),
    ],
)
async def test_the_path_is_found_on_the_same_server(asked: str, location: str, found: str) -> None:
    root = "http://prometheus.monitoring.svc:9090"
    right = f"{root}{found}/api/v1/query"

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "prometheus.monitoring.svc"
        assert "authorization" not in request.headers
        if str(request.url).partition("?")[0] == right:
            return vector()
        if request.url.path == "/":
            return httpx.Response(302, headers={"location": location})
        return httpx.Response(404, text="404 page not found")

    assert await client(answer).answer(PrometheusAt(asked)) == AddressState(
        asked, 404, is_api=False, found_at=root + found
    )


async def test_a_stranger_gets_no_credentials() -> None:
    server = Recorder(httpx.Response(200, json=SCALAR))
    prometheus = client(server, url="http://me:pw@prometheus:9090", token="t0ken")
    await prometheus.answer(UP)
    await prometheus.answer(PrometheusAt("http://prometheus:9090"))
    await prometheus.answer(PrometheusAt("http://other.ns"))
    own, itself, other = (request.headers.get("authorization") for request in server.requests)
    assert own is not None
    assert (itself, other) == (None, None)


async def test_an_address_outside_of_the_cluster_is_not_asked() -> None:
    server = Recorder(httpx.Response(200, json=SCALAR))
    for url in ("http://169.254.169.254/", "http://user:secret@prometheus", "http://prometheus.example.com"):
        gap = await client(server).answer(PrometheusAt(url))
        assert isinstance(gap, Unavailable)
        assert gap.reason is Reason.NOT_CONFIGURED
        assert gap.detail.startswith("this address is not asked: ")
        assert "secret" not in gap.detail
    assert not server.requests


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno -2] Name or service not known")

    gap = await client(answer).answer(PrometheusAt("http://nobody.monitoring.svc"))
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.UNREACHABLE
    assert "nobody.monitoring.svc: [Errno -2] Name or service not known" in gap.detail


class Closing(httpx.MockTransport):
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_both_connections_are_closed() -> None:
    transport = Closing(always(vector()))
    prometheus = PrometheusClient("http://prometheus", options=Options(transport=transport))
    await prometheus.answer(UP)
    await prometheus.answer(PrometheusAt("http://prometheus"))
    await prometheus.close()
    assert transport.closed == 2
