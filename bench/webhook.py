"""Webhook throughput and p99 at 1 and 32 concurrent, as ratios to two floors measured in the same run.

The load comes from a process of its own. Each request is another Alertmanager group, so that nothing coalesces.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.processes import ROOT, TOKEN, Running, opsbot, running

BODY = ROOT / "tests" / "samples" / "alertmanager" / "grouped-6-firing.json"
REQUESTS = 2000


@dataclass(frozen=True, slots=True)
class Figures:
    per_second: float
    p50: float
    p99: float


async def load(url: str, concurrency: int, template: dict[str, Any]) -> Figures:
    durations: list[float] = []
    numbers = iter(range(REQUESTS))

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = json.dumps({**template, "groupKey": f"{{}}:{concurrency}-{number}"})
            started = time.perf_counter()
            async with session.post(url, data=body, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                await answer.read()
                if answer.status != 200:
                    sys.exit(f"bench: {url} answered {answer.status}")
            durations.append(time.perf_counter() - started)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(worker(session) for _ in range(concurrency)))
        total = time.perf_counter() - started
    durations.sort()
    return Figures(REQUESTS / total, durations[REQUESTS // 2] * 1e3, durations[int(REQUESTS * 0.99)] * 1e3)


def measure(server: Running, concurrency: int) -> Figures:
    command = [sys.executable, "-m", "bench.webhook", server.url, str(concurrency)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return Figures(**json.loads(answer.stdout))


def servers() -> dict[str, AbstractContextManager[Running]]:
    return {
        "bare": running(["bench.floors", "bare"], "/readyz", {}),
        "commit": running(["bench.floors", "commit"], "/readyz", {}),
        "opsbot": opsbot(),
    }


def main() -> None:
    figures: dict[tuple[str, int], Figures] = {}
    for name, server in servers().items():
        with server as process:
            for concurrency in (1, 32):
                figures[name, concurrency] = measure(process, concurrency)
    for concurrency in (1, 32):
        print(f"{concurrency} concurrent:")
        for name in ("bare", "commit", "opsbot"):
            it = figures[name, concurrency]
            print(f"  {name:8}{it.per_second:7.0f}/s   p50 {it.p50:6.1f} ms   p99 {it.p99:6.1f} ms")
        ours = figures["opsbot", concurrency]
        for floor in ("bare", "commit"):
            ratio = ours.per_second / figures[floor, concurrency].per_second
            slower = ours.p99 / figures[floor, concurrency].p99
            print(f"  against {floor}: {ratio:.2f} × its throughput, {slower:.1f} × its p99")


def client() -> None:
    url, concurrency = sys.argv[1] + "/webhooks/alertmanager", int(sys.argv[2])
    result = asyncio.run(load(url, concurrency, json.loads(BODY.read_text())))
    print(json.dumps({"per_second": result.per_second, "p50": result.p50, "p99": result.p99}))


if __name__ == "__main__":
    client()
