"""What is asked of Alertmanager about alerts and silences, and what becomes of its answers, good and strange."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.clients.alertmanager import AlertmanagerClient
from bot.clients.http import Options
from bot.diagnosis.sources import Rejected, Unavailable, Unsent
from bot.matchers import parse_matchers
from bot.model import Reason
from bot.silence import Draft, KnownAlert, KnownSilence

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
DRAFT = Draft(('namespace="shop"', 'pod=~"a|b"', 'tier!="x"'), NOW, NOW + timedelta(hours=2), "ada", "why")


class Server:
    """Answers as told and remembers what it was asked."""

    def __init__(self, status: int = 200, body: Any = None, error: Exception | None = None) -> None:
        self.status, self.body, self.error = status, body, error
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.error:
            raise self.error
        return httpx.Response(self.status, json=self.body)

    @property
    def client(self) -> AlertmanagerClient:
        options = Options(transport=httpx.MockTransport(self))
        return AlertmanagerClient("http://am.example/alert/prefix", token="s3cret", options=options)


def an_alert(fingerprint: str = "f1", **labels: str) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "labels": {"alertname": "Crash"} | labels,
        "receivers": [{"name": "web.hook"}, {"name": "pager"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
    }


async def test_a_silence_is_asked_for_below_the_prefix_and_with_the_token() -> None:
    server = Server(body={"silenceID": "s1"})
    assert await server.client.create(DRAFT) == "s1"
    (request,) = server.asked
    assert (request.method, request.url.path) == ("POST", "/alert/prefix/api/v2/silences")
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert json.loads(request.content) == {
        "matchers": [
            {"name": "namespace", "value": "shop", "isRegex": False, "isEqual": True},
            {"name": "pod", "value": "a|b", "isRegex": True, "isEqual": True},
            {"name": "tier", "value": "x", "isRegex": False, "isEqual": False},
        ],
        "startsAt": "2026-01-01T03:12:00+00:00",
        "endsAt": "2026-01-01T05:12:00+00:00",
        "createdBy": "ada",
        "comment": "why",
    }


async def test_alerts_are_asked_for_by_every_matcher_and_redacted() -> None:
    server = Server(
        body=[
            an_alert("f2", pod="b", url="postgres://app:hunter2@db/shop"),
            an_alert("f1", pod="a") | {"status": {"state": "suppressed", "silencedBy": ["s9"]}},
        ]
    )
    found = await server.client.alerts(parse_matchers('namespace="a,\\"b\\"\\\\",pod=~"a|b"'))
    assert server.asked[0].url.params.get_list("filter") == ['pod=~"a|b"', 'namespace="a,\\"b\\"\\\\"']
    assert isinstance(found, tuple)
    assert [(one.fingerprint, one.silenced, one.receivers) for one in found] == [
        ("f1", True, ("web.hook", "pager")),
        ("f2", False, ("web.hook", "pager")),
    ]
    assert "hunter2" not in str(found)


async def test_what_makes_the_address_too_long_is_looked_at_here() -> None:
    long = "x" * 5000
    server = Server(body=[an_alert("f1", reason=long), an_alert("f2", reason="other")])
    found = await server.client.alerts(parse_matchers(f'alertname="Crash",reason="{long}"'))
    assert server.asked[0].url.params.get_list("filter") == ['alertname="Crash"']
    assert isinstance(found, tuple)
    assert [one.fingerprint for one in found] == ["f1"]


async def test_a_silence_by_its_id() -> None:
    body = {"id": "s1", "status": {"state": "active"}, "endsAt": "2026-01-01T05:12:00.000Z"}
    assert await Server(body=body).client.silence("s1") == KnownSilence("s1", True, DRAFT.ends_at)
    expired = body | {"status": {"state": "expired"}}
    assert await Server(body=expired).client.silence("s1") == KnownSilence("s1", False, DRAFT.ends_at)
    assert await Server(404).client.silence("s1") is None
    server = Server(404)
    await server.client.silence("../../-/reload")
    assert server.asked[0].url.raw_path == b"/alert/prefix/api/v2/silence/..%2F..%2F-%2Freload"


async def test_a_silence_is_found_by_its_mark() -> None:
    ends = {"endsAt": "2026-01-01T05:12:00.000Z"}
    theirs = {"id": "s0", "comment": "other", "status": {"state": "active"}} | ends
    over = {"id": "s1", "comment": "x [opsbot:a1]", "status": {"state": "expired"}} | ends
    ours = {"id": "s2", "comment": "x [opsbot:a1]", "status": {"state": "pending"}} | ends
    server = Server(body=[ours, theirs, over, "nonsense", {"comment": "[opsbot:a1]"}])
    assert await server.client.find("[opsbot:a1]") == KnownSilence("s2", True, DRAFT.ends_at)
    assert await server.client.find("[opsbot:a2]") is None


async def test_a_silence_is_ended() -> None:
    server = Server()
    assert await server.client.expire("s1") is None
    assert (server.asked[0].method, server.asked[0].url.path) == (
        "DELETE",
        "/alert/prefix/api/v2/silence/s1",
    )


@pytest.mark.parametrize("body", [None, [], {}, "x", {"silenceID": 7}, {"silenceID": ""}])
async def test_strange_answers_are_gaps(body: Any) -> None:
    client = Server(body=body).client
    made = await client.create(DRAFT)
    assert isinstance(made, Unavailable)
    assert (made.verb, made.reason, made.detail) == (
        "post",
        Reason.NOT_READY,
        "its answer cannot be understood",
    )
    assert isinstance(await client.silence("s1"), Unavailable)
    if not isinstance(body, list):
        assert isinstance(await client.alerts(()), Unavailable)
        assert isinstance(await client.find("x"), Unavailable)


async def test_alerts_without_what_we_need_are_left_out_or_kept_bare() -> None:
    found = await Server(
        body=["x", {}, {"labels": None}, {"labels": {"a": "b"}, "receivers": 3}]
    ).client.alerts(())
    assert found == (KnownAlert("", {"a": "b"}),)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 502, 503])
async def test_an_error_says_what_alertmanager_said_without_secrets(status: int) -> None:
    client = Server(status, "bad matcher: password=hunter2").client
    for gap in (await client.create(DRAFT), await client.expire("s1"), await client.alerts(())):
        assert isinstance(gap, Unavailable)
        assert not isinstance(gap, Unsent)
        assert isinstance(gap, Rejected) == (status == 400)
        assert gap.detail.startswith("bad matcher" if status == 400 else f"HTTP {status}: bad matcher")
        assert "hunter2" not in gap.detail


async def test_nobody_knows_what_became_of_an_order_without_an_answer_unless_it_never_left() -> None:
    broken = await Server(error=httpx.ReadError("reset")).client.create(DRAFT)
    late = await Server(error=httpx.ReadTimeout("slow")).client.create(DRAFT)
    refused = await Server(error=httpx.ConnectError("refused")).client.create(DRAFT)
    assert isinstance(broken, Unavailable)
    assert isinstance(late, Unavailable)
    assert [type(gap) for gap in (broken, late, refused)] == [Unavailable, Unavailable, Unsent]
    assert late.reason is Reason.TIMEOUT


async def test_an_order_follows_no_redirect() -> None:
    server = Server(307)
    gap = await server.client.create(DRAFT)
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_CONFIGURED
    assert len(server.asked) == 1
