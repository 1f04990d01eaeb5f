"""The webhook as Alertmanager meets it: what is kept, what is refused for good, and what is asked for again."""

import asyncio
import gzip
import json
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, encode_basic_auth
from structlog.testing import capture_logs

from bot.incidents.work import JobKind
from bot.ingest.alertmanager import parse
from bot.ingest.tokens import TokenSource
from bot.ingest.webhook import WebhookOptions
from bot.observe import REGISTRY
from tests.ingest.bodies import SAMPLES, a_body, an_alert
from tests.ingest.conftest import Bench, running

BEARER = {"Authorization": "Bearer token"}
BODY = json.dumps(a_body()).encode()
QUICK = WebhookOptions(limit=200_000, body_seconds=0.2, keep_seconds=0.2)


async def post(bench: Bench, body: bytes = BODY, headers: dict[str, str] | None = None) -> ClientResponse:
    response = await bench.client.post(bench.webhook, data=body, headers=BEARER | (headers or {}))
    await response.read()
    return response


async def error(response: ClientResponse) -> str:
    body = await response.json()
    assert list(body) == ["error"]
    assert isinstance(body["error"], str)
    assert "\n" not in body["error"]
    return str(body["error"])


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("opsbot_webhooks_total", {"result": result}) or 0.0


@pytest.mark.parametrize("body", [path.read_bytes() for path in SAMPLES], ids=[path.stem for path in SAMPLES])
async def test_keeps_one_job_for_a_body(bench: Bench, body: bytes) -> None:
    before = counted("kept")
    response = await post(bench, body)
    assert (response.status, await response.json()) == (200, {"status": "kept"})
    (job,) = bench.work.jobs
    assert job.kind is JobKind.EVENT
    assert zlib.decompress(job.payload) == body
    assert counted("kept") == before + 1


async def keys(bench: Bench, *bodies: dict[str, Any]) -> list[tuple[str, str]]:
    del bench.work.jobs[:]
    for body in bodies:
        assert (await post(bench, json.dumps(body).encode())).status == 200
    return [(job.key, job.dedup) for job in bench.work.jobs]


async def test_the_twin_of_a_pair_is_the_same_news(bench: Bench) -> None:
    one, other = await keys(bench, a_body(), a_body(externalURL="http://other:9093"))
    assert one == other


async def test_news_of_one_group_have_one_key_and_another_dedup(bench: Bench) -> None:
    firing, resolved, restarted, hidden = await keys(
        bench,
        a_body(),
        an_alert(status="resolved", endsAt="2026-01-01T04:00:00Z"),
        an_alert(startsAt="2026-01-01T05:00:00Z"),
        a_body(truncatedAlerts=3),
    )
    assert len({key for key, _ in (firing, resolved, restarted, hidden)}) == 1
    assert len({dedup for _, dedup in (firing, resolved, restarted, hidden)}) == 4


async def test_groups_and_receivers_have_keys_of_their_own(bench: Bench) -> None:
    found = await keys(bench, a_body(), a_body(groupKey="{}:{}"), a_body(receiver="other"))
    assert len({key for key, _ in found}) == 3


async def test_a_repeat_is_heard_again_after_half_a_minute(bench: Bench) -> None:
    (first,) = await keys(bench, a_body())
    bench.now += timedelta(seconds=20)
    assert await keys(bench, a_body()) == [first]
    bench.now += timedelta(seconds=30)
    ((key, dedup),) = await keys(bench, a_body())
    assert key == first[0]
    assert dedup != first[1]


async def test_basic_auth_with_the_token_as_password(bench: Bench) -> None:
    auth = encode_basic_auth("anybody", "token")
    assert (await post(bench, headers={"Authorization": auth})).status == 200


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer tökén", "Basic !!!", "Digest x"])
async def test_nobody_without_a_token(bench: Bench, header: str) -> None:
    response = await post(bench, b"not even JSON", {"Authorization": header})
    assert response.status == 401
    assert "token" in await error(response)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert bench.work.jobs == []


async def test_without_tokens_everybody_may() -> None:
    async with running(tokens=None) as bench:
        response = await bench.client.post(bench.webhook, data=BODY)
        assert response.status == 200


async def test_asks_again_while_its_tokens_cannot_be_read(tmp_path: Path) -> None:
    async with running(tokens=TokenSource((), tmp_path / "gone")) as bench:
        assert (await post(bench)).status == 503


async def test_refuses_for_good_what_is_no_body_of_an_alertmanager(bench: Bench) -> None:
    before = counted("not_acceptable")
    response = await post(bench, b"{}")
    assert response.status == 400
    assert "version" in await error(response)
    assert counted("not_acceptable") == before + 1


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"9" * 5000, b'{"a":"\\ud800"}', b'{"a":NaN}', b"\xff", b""],
    ids=["deep", "long number", "surrogate", "NaN", "bytes", "empty"],
)
async def test_hazards_of_json_are_400(bench: Bench, body: bytes) -> None:
    response = await post(bench, body)
    assert response.status == 400
    await error(response)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("GZIP", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("identity", BODY),
    ],
)
async def test_takes_packed_bodies(bench: Bench, encoding: str, packed: bytes) -> None:
    response = await post(bench, packed, {"Content-Encoding": encoding})
    assert response.status == 200
    assert zlib.decompress(bench.work.jobs[0].payload) == BODY


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY))),
        ("gzip", BODY),
        ("deflate", b"\x07garbage"),
        ("gzip", gzip.compress(BODY)[:-9]),
        ("gzip", gzip.compress(BODY) * 2),
        ("gzip", b""),
    ],
)
async def test_refuses_what_cannot_be_unpacked(bench: Bench, encoding: str, packed: bytes) -> None:
    response = await post(bench, packed, {"Content-Encoding": encoding})
    assert response.status == 400
    await error(response)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_the_unpacked_size_counts(encoding: str) -> None:
    huge = b" " * 50_000_000
    packed = gzip.compress(huge, 1) if encoding == "gzip" else zlib.compress(huge, 1)
    async with running(options=WebhookOptions(limit=300_000)) as bench:
        response = await post(bench, packed, {"Content-Encoding": encoding})
        assert response.status == 413


async def test_too_large_is_413_with_and_without_a_length() -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 50_000

    async with running(options=QUICK) as bench:
        told = await post(bench, b" " * 200_001)
        assert (told.status, "200000 bytes" in await error(told)) == (413, True)
        untold = await bench.client.post(bench.webhook, data=chunks(), headers=BEARER)
        assert untold.status == 413
        assert (await post(bench, BODY + b" " * (200_000 - len(BODY)))).status == 200


async def test_cannot_keep_is_503(bench: Bench) -> None:
    bench.work.refuse("the disk is full")
    response = await post(bench)
    assert response.status == 503
    assert await error(response) == "the disk is full"


async def test_a_store_that_hangs_is_503_in_time() -> None:
    async with running(options=QUICK) as bench:
        bench.work.gate.clear()
        response = await post(bench)
        assert response.status == 503
        assert "in time" in await error(response)


async def test_anything_unexpected_is_503_and_says_nothing_of_itself(bench: Bench) -> None:
    bench.work.problem = RuntimeError("password=hunter2")
    response = await post(bench)
    assert response.status == 503
    assert "hunter2" not in await error(response)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_told_what_this_is(bench: Bench, method: str) -> None:
    response = await bench.client.request(method, bench.webhook)
    assert (response.status, response.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert "Alertmanager" in await error(response)


async def test_200_comes_after_the_job_is_kept(bench: Bench) -> None:
    bench.work.gate.clear()
    asked = asyncio.create_task(post(bench))
    await bench.work.arrivals.get()
    assert not asked.done()
    bench.work.gate.set()
    assert (await asked).status == 200


async def test_neither_body_nor_token_is_logged(bench: Bench) -> None:
    bench.work.problem = RuntimeError("broken")
    with capture_logs() as logs:
        await post(bench, json.dumps(an_alert(annotations={"a": "hunter2"})).encode())
        await post(bench, b'{"hunter2": hunter2}', {"Authorization": "Bearer hunter2"})
        await post(bench, b'{"hunter2": hunter2}')
    assert len(logs) == 4
    assert "hunter2" not in str([{**line, "exc_info": ""} for line in logs])


async def test_big_bodies_wait_for_a_place_and_are_all_kept() -> None:
    alerts = an_alert()["alerts"] * 400
    body = json.dumps(a_body(alerts=alerts)).encode()
    assert len(body) > 64 * 1024
    async with running(options=WebhookOptions(big_places=2)) as bench:
        answers = await asyncio.gather(*(post(bench, body) for _ in range(6)))
        assert [answer.status for answer in answers] == [200] * 6
        assert len(parse(zlib.decompress(bench.work.jobs[5].payload)).alerts) == 400


async def test_without_a_place_a_big_body_is_asked_for_again_and_small_ones_go_on() -> None:
    big = BODY + b" " * 100_000
    async with running(options=WebhookOptions(big_places=1, body_seconds=0.2)) as bench:
        bench.work.gate.clear()
        first = asyncio.create_task(post(bench, big))
        await bench.work.arrivals.get()
        assert (await post(bench, big)).status == 503
        small = asyncio.create_task(post(bench))
        await bench.work.arrivals.get()
        bench.work.gate.set()
        assert [(await first).status, (await small).status] == [200, 200]
