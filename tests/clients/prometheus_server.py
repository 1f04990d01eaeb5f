"""A Prometheus made of canned answers, and a client that talks to it."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from bot.clients.http import Options
from bot.clients.prometheus import PrometheusClient
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.sources import Unavailable

URL = "http://prometheus:9090"
TOKEN = "s3cr3t-t0ken"
UP = InstantQuery("up")
Answer = Callable[[httpx.Request], httpx.Response]


def vector(*series: dict[str, Any], **more: Any) -> httpx.Response:
    data = {"resultType": "vector", "result": list(series)}
    return httpx.Response(200, json={"status": "success", "data": data, **more})


def client(
    answer: Answer,
    *,
    url: str = URL,
    token: str = TOKEN,
    timeout: float = 1.0,
    clock: Callable[[], float] = time.time,
) -> PrometheusClient:
    options = Options(timeout=timeout, transport=httpx.MockTransport(answer))
    return PrometheusClient(url, token=token, options=options, clock=clock)


def always(response: httpx.Response) -> Answer:
    return lambda _request: response


async def gap(answer: Answer, **more: Any) -> Unavailable:
    found = await client(answer, **more).answer(UP)
    assert isinstance(found, Unavailable)
    return found
