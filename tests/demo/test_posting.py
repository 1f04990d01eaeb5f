"""Posting to the webhook: the token goes along, and every refusal is one sentence for the person at the terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.demo.posting import PATH, RefusedError, post
from tests.programs.ports import free_port


@asynccontextmanager
async def answering(status: int, text: str) -> AsyncIterator[tuple[str, list[web.Request]]]:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        asked.append(request)
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_post(PATH, answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/")), asked


async def test_the_token_goes_along() -> None:
    async with answering(200, "") as (url, asked):
        await post(url, {"version": "4"}, "hunter2")
        await post(url, {"version": "4"})
    assert [request.headers.get("Authorization") for request in asked] == ["Bearer hunter2", None]


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (401, '{"error": "no or wrong credentials"}', "answered 401: no or wrong credentials"),
        (502, "<html>\n  bad gateway</html>", "answered 502: <html> bad gateway</html>"),
        (503, "[]", r"answered 503: \[\]"),
        (500, "", "answered 500: no reason given"),
    ],
)
async def test_a_refusal_says_who_and_why(status: int, text: str, said: str) -> None:
    async with answering(status, text) as (url, _):
        with pytest.raises(RefusedError, match=f"{PATH} {said}$"):
            await post(url, {})


async def test_a_long_answer_is_cut() -> None:
    async with answering(500, "x" * 5_000) as (url, _):
        with pytest.raises(RefusedError) as refused:
            await post(url, {})
    assert len(str(refused.value)) < 300


async def test_nobody_is_there() -> None:
    with pytest.raises(
        RefusedError, match=r"nothing answers at http://127\.0\.0\.1.*is opsbot serve running"
    ):
        await post(f"http://127.0.0.1:{free_port()}", {})


@pytest.mark.parametrize("url", ["localhost", "http://", "ftp:x"])
async def test_what_is_no_url(url: str) -> None:
    with pytest.raises(RefusedError, match=r"is not a URL; write for example http://127\.0\.0\.1:8080"):
        await post(url, {})
