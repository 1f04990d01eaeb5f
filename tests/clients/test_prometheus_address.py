"""Where Prometheus is asked: redirects, the route prefix, tokens and addresses."""

import asyncio
import json

import httpx
import pytest

from bot.clients.prometheus import PrometheusClient
from bot.diagnosis.evidence import SeriesSet
from bot.diagnosis.sources import Unavailable
from bot.model import Reason
from tests.clients.prometheus_server import TOKEN, UP, URL, Answer, client, gap, vector

# -- redirects


async def test_one_redirect_on_the_same_host_is_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/new"):
            return vector({"metric": {}, "value": [1, "1"]})
        return httpx.Response(
            307, headers={"location": f"/new{request.url.path}?{request.url.query.decode()}"}
        )

    assert isinstance(await client(answer).answer(UP), SeriesSet)


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/api/v1/query",
        "//evil.example/",
        "http://prometheus:9091/",
        "https://login.example/",
    ],
)
async def test_another_host_is_never_asked(location: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.host}:{request.url.port}")
        return httpx.Response(302, headers={"location": location})

    found = await gap(answer)

    assert set(asked) == {"prometheus:9090"}
    assert found.reason is Reason.NOT_CONFIGURED
    assert "not followed" in found.detail


async def test_a_second_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(302, headers={"location": f"{request.url.path}x"})

    found = await gap(answer)

    assert len(asked) == 2
    assert found.reason is Reason.NOT_CONFIGURED


# -- the route prefix

PREFIX = "/api/monitoring/prometheus"


def behind(prefix: str, asked: list[str] | None = None) -> Answer:
    """A Prometheus as it behaves with --web.route-prefix."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if asked is not None:
            asked.append(path)
        if path == f"{prefix}/api/v1/query":
            return vector({"metric": {}, "value": [1, "1"]})
        if path == "/" and prefix:
            return httpx.Response(302, headers={"location": prefix})
        return httpx.Response(404, text="404 page not found\n")

    return answer


@pytest.mark.parametrize(
    ("url", "prefix", "found_at"),
    [
        (URL, PREFIX, URL + PREFIX),
        (f"{URL}/wrong", PREFIX, URL + PREFIX),
        (f"{URL}/prometheus/", "", URL),
    ],
)
async def test_the_path_is_found_and_said(url: str, prefix: str, found_at: str) -> None:
    prometheus = client(behind(prefix), url=url)

    found = await prometheus.answer(UP)

    assert isinstance(found, SeriesSet)
    assert found.warnings == (
        f"the API answers under {found_at}, not under the configured url {url.rstrip('/')}",
    )
    pinged = await prometheus.ping()
    assert pinged is not None
    assert pinged.reason is Reason.NOT_CONFIGURED
    assert found_at in pinged.detail


async def test_the_right_path_costs_and_says_nothing() -> None:
    asked: list[str] = []
    prometheus = client(behind(PREFIX, asked), url=URL + PREFIX)

    found = await prometheus.answer(UP)

    assert isinstance(found, SeriesSet)
    assert found.warnings == ()
    assert asked == [f"{PREFIX}/api/v1/query"]
    assert await prometheus.ping() is None


async def test_the_path_is_looked_for_once() -> None:
    asked: list[str] = []
    prometheus = client(behind(PREFIX, asked))

    await asyncio.gather(*(prometheus.answer(UP) for _ in range(5)))

    assert asked.count("/") == 1


async def test_no_path_at_all() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404, text="404 page not found")

    prometheus = client(answer, url=f"{URL}/x")
    first, second = await prometheus.answer(UP), await prometheus.answer(UP)

    assert first == second
    assert isinstance(first, Unavailable)
    assert first.reason is Reason.NOT_FOUND
    assert asked.count("/") == 1


async def test_the_search_stays_on_the_host() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "prometheus"
        if request.url.path == "/":
            return httpx.Response(302, headers={"location": "http://evil.example/prometheus"})
        return httpx.Response(404)

    assert (await gap(answer)).reason is Reason.NOT_FOUND


# -- tokens and addresses


@pytest.mark.parametrize("token", ["a\nb", "täken", "two words", "\x00x"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValueError, match="characters that no header") as caught:
        PrometheusClient(URL, token=token)

    assert token not in str(caught.value)


async def test_a_newline_after_the_token_does_no_harm() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        return vector()

    assert await client(answer, token=f"{TOKEN}\n").answer(UP) == SeriesSet(())


@pytest.mark.parametrize("url", ["", "prometheus:9090", "ftp://x", "http://", "http://[::1"])
def test_an_address_that_can_never_work(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        PrometheusClient(url)


async def test_user_and_password_go_into_a_header_and_nowhere_else() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text="not json")

    found = await gap(answer, url="http://me:hunter2@prometheus:9090", token="")

    assert seen[0].headers["authorization"].startswith("Basic ")
    assert "hunter2" not in json.dumps([found.detail, str(seen[0].url)])


async def test_the_environment_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    prometheus = PrometheusClient(URL)

    assert not any(prometheus._http._client._mounts.values())
    await prometheus.close()
