"""The client against a real Prometheus whose API was moved by --web.external-url."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.http import Options
from bot.clients.prometheus import PrometheusClient
from bot.diagnosis.evidence import SeriesSet
from bot.diagnosis.evidence_objects import AddressState, WalReplayState
from bot.diagnosis.looks_metrics import InstantQuery, PrometheusAt, RangeQuery, WalReplayOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason

pytestmark = [
    pytest.mark.programs,
    pytest.mark.timeout(60),
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]
PREFIX = "/api/monitoring/prometheus"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(folder: Path, port: int) -> AsyncIterator[str]:
    """A Prometheus that scrapes itself every second, ready when this returns."""
    url = f"http://127.0.0.1:{port}"
    target = f"[{{targets: ['127.0.0.1:{port}']}}]"
    scrape = f"{{job_name: self, metrics_path: {PREFIX}/metrics, static_configs: {target}}}"
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s}}\nscrape_configs: [{scrape}]\n", encoding="utf-8"
    )
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url={url}{PREFIX}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield url
    finally:
        process.terminate()
        await process.wait()


async def until_up(prometheus: PrometheusClient) -> SeriesSet:
    for _ in range(150):
        found = await prometheus.answer(InstantQuery("up == 1"))
        if isinstance(found, SeriesSet) and found.series:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError("it never scraped itself")


async def test_the_whole_way(tmp_path: Path) -> None:
    async with running(tmp_path, free_port()) as url:
        right, wrong = PrometheusClient(url + PREFIX), PrometheusClient(url)

        assert (await until_up(right)).warnings == ()
        assert await right.ping() is None

        survived = await wrong.answer(InstantQuery("vector(1)"))
        assert isinstance(survived, SeriesSet)
        assert survived.series[0].points[0].value == 1.0
        assert url + PREFIX in survived.warnings[0]

        refused = await right.answer(InstantQuery("sum("))
        assert isinstance(refused, Unavailable)
        assert refused.reason is Reason.NOT_CONFIGURED
        assert "parse error" in refused.detail

        ranged = await right.answer(RangeQuery("vector(2)", seconds=60, step=30))
        assert isinstance(ranged, SeriesSet)
        assert [point.value for point in ranged.series[0].points] == [2.0, 2.0, 2.0]

        replay = await wrong.answer(WalReplayOf())
        assert isinstance(replay, WalReplayState)
        assert replay.first <= replay.current <= replay.last + 1

        assert await right.answer(PrometheusAt(url + PREFIX)) == AddressState(url + PREFIX, 200, is_api=True)
        assert await right.answer(PrometheusAt(url)) == AddressState(
            url, 404, is_api=False, found_at=url + PREFIX
        )
        await right.close()
        await wrong.close()


async def test_nobody_there() -> None:
    prometheus = PrometheusClient(f"http://127.0.0.1:{free_port()}", options=Options(timeout=5))

    found = await prometheus.answer(InstantQuery("up"))

    assert isinstance(found, Unavailable)
    assert found.reason is Reason.UNREACHABLE
    await prometheus.close()
