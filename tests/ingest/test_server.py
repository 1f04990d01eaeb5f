"""What the server does to connections that dawdle, to broken requests, at its end; and its health and metrics.

Raw sockets, because a proper client never sends half a line.
"""

import asyncio
import io
import json
import time
from itertools import pairwise

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.ingest.alertmanager import parse
from bot.ingest.lag import watch_loop_lag
from bot.ingest.server import CannotListenError, ServerOptions, serving
from bot.ingest.webhook import WebhookOptions, event_job
from bot.observe import REGISTRY
from tests.ingest.bodies import a_body, an_alert
from tests.ingest.conftest import Bench, running

BODY = json.dumps(a_body()).encode()
HEAD = b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n"
IMPATIENT = ServerOptions(idle=0.3, linger=0.1, grace=1.0)
QUICK = WebhookOptions(body_seconds=0.3)


async def talk(bench: Bench, *pieces: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """Send, then read until the server closes the connection; what it said, and after how many seconds."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        said = await reader.read()
        return said, time.perf_counter() - began
    finally:
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /webh", b"POST /webhooks/alertmanager HTTP/1.1\r\n", HEAD, HEAD + b"Content-Le"],
    ids=["nothing", "half a line", "a line", "a head without its end", "half a header"],
)
async def test_a_head_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        said, seconds = await talk(bench, sent)
        assert said == b""
        assert 0.2 < seconds < 1.0


async def test_dribbling_a_head_does_not_help() -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        with pytest.raises(ConnectionError):
            await talk(bench, *[b"P"] * 20, pause=0.05)


async def test_a_connection_ends_when_it_is_idle_after_a_request() -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        said, seconds = await talk(bench, HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        assert said.startswith(b"HTTP/1.1 200")
        assert 0.2 < seconds < 1.0


async def test_half_a_second_head_is_not_waited_for_either() -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        said, seconds = await talk(bench, whole, HEAD, pause=0.05)
        assert said.count(b"HTTP/1.1") == 1
        assert seconds < 1.0


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 5000\r\n\r\n" + BODY[:20],
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        HEAD + b"Content-Length: 5000\r\n\r\n",
    ],
    ids=["half", "half a chunk", "none of it"],
)
async def test_a_body_that_does_not_come_is_503_and_the_end(sent: bytes) -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        said, seconds = await talk(bench, sent)
        head, _, body = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"Connection: close" in head
        assert json.loads(body) == {"error": "the body did not arrive within 0.3 s"}
        assert seconds < 1.0


async def test_dribbling_a_body_does_not_help() -> None:
    async with running(server=IMPATIENT, options=QUICK) as bench:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
        writer.write(HEAD + b"Content-Length: 5000\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            writer.write(b" ")
            await asyncio.wait([answer], timeout=0.05)
        assert (await answer).startswith(b"HTTP/1.1 503")
        assert time.perf_counter() - began < 1.0
        writer.close()


async def test_the_token_is_asked_for_before_the_body() -> None:
    async with running(server=IMPATIENT) as bench:
        head = HEAD.replace(b"token", b"wrong") + b"Content-Length: 8000000\r\n\r\n"
        said, seconds = await talk(bench, head)
        assert said.startswith(b"HTTP/1.1 401")
        assert seconds < 1.0


async def test_too_large_is_said_before_the_body() -> None:
    async with running(server=IMPATIENT) as bench:
        said, seconds = await talk(bench, HEAD + b"Content-Length: 80000000\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 413")
        assert seconds < 1.0


async def test_a_broken_chunk_leaves_the_server_alone(bench: Bench) -> None:
    said, _ = await talk(bench, HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n")
    assert said == b"" or said.split()[1] in {b"400", b"503"}
    assert (await bench.client.get(f"{bench.url}/healthz")).status == 200


async def test_bytes_in_a_header_are_no_error_of_ours(bench: Bench) -> None:
    head = HEAD.replace(b"token", b"\xff\xfe\xc3")
    said, _ = await talk(bench, head + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 401")


async def test_a_header_that_cannot_be_read_is_not_logged(bench: Bench) -> None:
    with capture_logs() as logs:
        said, _ = await talk(bench, HEAD.replace(b"token", b"hunter2\x01") + b"\r\n")
    assert said.split()[1] == b"400"
    assert [line["event"] for line in logs] == ["request could not be read"]
    assert "hunter2" not in str(logs)


async def test_requests_under_way_finish_when_the_server_stops() -> None:
    async def slow(_: web.Request) -> web.Response:
        started.set()
        await go_on.wait()
        return web.Response(text="done")

    started, go_on, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    app = web.Application()
    app.router.add_get("/", slow)

    async def serve() -> None:
        async with serving(app, "127.0.0.1", 0, ServerOptions(grace=1.5)) as port:
            ports.set_result(port)
            await stop.wait()

    ports: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve())
    port = await ports
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await started.wait()
    stop.set()
    await asyncio.sleep(0.05)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
    assert not server.done()
    go_on.set()
    assert (await reader.read()).endswith(b"done")
    await server
    writer.close()


async def test_a_port_in_use_is_named(bench: Bench) -> None:
    with pytest.raises(CannotListenError, match=rf"port {bench.port} of 127.0.0.1 is in use.*OPSBOT_PORT"):
        async with serving(web.Application(), "127.0.0.1", bench.port):
            pass


async def test_a_host_that_is_not_ours_is_named() -> None:
    with pytest.raises(CannotListenError, match=r"192\.0\.2\.1 port 8080"):
        async with serving(web.Application(), "192.0.2.1", 8080):
            pass


async def test_healthz(bench: Bench) -> None:
    response = await bench.client.get(f"{bench.url}/healthz")
    assert (response.status, await response.text()) == (200, "ok")


async def test_readyz_says_what_is_amiss_and_still_takes_alerts(bench: Bench) -> None:
    bench.remarks.append("the loop janitor fails again and again: ValueError")
    response = await bench.client.get(f"{bench.url}/readyz")
    assert (response.status, await response.json()) == (200, {"ready": True, "reasons": bench.remarks})
    bench.reasons.append("the store did not answer within 2 s")
    response = await bench.client.get(f"{bench.url}/readyz")
    assert (response.status, (await response.json())["reasons"]) == (503, [*bench.reasons, *bench.remarks])


async def test_readyz_says_why_not(bench: Bench) -> None:
    response = await bench.client.get(f"{bench.url}/readyz")
    assert (response.status, await response.json()) == (200, {"ready": True, "reasons": []})
    bench.reasons.append("the store did not answer within 2 s")
    response = await bench.client.get(f"{bench.url}/readyz")
    assert response.status == 503
    assert await response.json() == {"ready": False, "reasons": ["the store did not answer within 2 s"]}


async def test_metrics_are_text_for_prometheus(bench: Bench) -> None:
    await bench.client.post(bench.webhook, data=BODY, headers={"Authorization": "Bearer token"})
    response = await bench.client.get(f"{bench.url}/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    text = await response.text()
    assert 'opsbot_webhooks_total{result="kept"}' in text
    assert "opsbot_webhook_seconds_bucket" in text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/healthz", 405)]
)
async def test_errors_are_json_for_programs_and_pages_for_people(
    bench: Bench, method: str, path: str, status: int
) -> None:
    response = await bench.client.request(method, bench.url + path)
    assert response.status == status
    assert list(await response.json()) == ["error"]
    assert ("Allow" in response.headers) is (status == 405)
    page = await bench.client.get(f"{bench.url}/nothing", headers={"Accept": "text/html"})
    assert (page.status, page.content_type) == (404, "text/plain")


async def test_the_lag_of_the_loop_is_measured() -> None:
    def over(seconds: str) -> float:
        name = "opsbot_event_loop_lag_seconds"
        below = REGISTRY.get_sample_value(f"{name}_bucket", {"le": seconds}) or 0.0
        return (REGISTRY.get_sample_value(f"{name}_count") or 0.0) - below

    before = over("0.1")
    watch = asyncio.create_task(watch_loop_lag(every=0.01))
    await asyncio.sleep(0.02)
    time.sleep(0.15)  # noqa: ASYNC251 - to block the loop is the point
    await asyncio.sleep(0.02)
    watch.cancel()
    assert over("0.1") == before + 1


async def test_a_big_body_does_not_stop_the_loop(bench: Bench) -> None:
    """Compared with the time of the work itself, and the best of three, because other programs run here too."""
    alert = an_alert(annotations={"description": "x" * 300})["alerts"][0]
    alerts = [alert | {"fingerprint": f"{number:016x}"} for number in range(5000)]
    body = json.dumps(a_body(alerts=alerts)).encode()
    gap = min([await _longest_gap(bench, body) for _ in range(3)])
    assert gap < min(_work(bench, body) for _ in range(3)) / 2


def _work(bench: Bench, body: bytes) -> float:
    began = time.perf_counter()
    event_job(parse(body), body, bench.now)
    return time.perf_counter() - began


async def _longest_gap(bench: Bench, body: bytes) -> float:
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0.001)

    watch = asyncio.create_task(tick())
    data = io.BytesIO(body)
    response = await bench.client.post(bench.webhook, data=data, headers={"Authorization": "Bearer token"})
    watch.cancel()
    assert response.status == 200
    ticks.append(time.perf_counter())
    return max(later - earlier for earlier, later in pairwise(ticks))
