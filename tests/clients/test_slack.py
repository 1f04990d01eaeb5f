"""The client of Slack against a server that fails in every way: each answer becomes the value that says what may have happened."""

import json
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.clients.slack import ChannelInfo, Identity, SlackClient
from bot.delivery.message import Message
from bot.delivery.transport import Ambiguous, Declined, Found, Mark, NotSent, Ok, RateLimited
from tests.fakes.slack import (
    DROPPED_AFTER,
    DROPPED_BEFORE,
    HANGS,
    HANGS_AFTER,
    TOKEN,
    FakeSlack,
    Fault,
    http,
    limited,
    says,
)

MARK = Mark("i1", "top")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HELLO = Message("hello", ({"type": "divider"},))


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().running() as running:
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> SlackClient:
    return SlackClient(TOKEN, base_url=slack.url, timeout=1)


async def test_a_post_is_quiet_and_carries_its_mark(slack: FakeSlack, client: SlackClient) -> None:
    answer = await client.post("#alerts", HELLO, MARK)
    (kept,) = slack.tops()
    assert answer == Ok(slack.channel_id("alerts"), kept.ts)
    assert kept.metadata == {
        "event_type": "opsbot_incident",
        "event_payload": {"incident": "i1", "part": "top"},
    }
    quiet = ("unfurl_links", "unfurl_media", "link_names", "mrkdwn", "parse")
    assert [kept.arguments[name] for name in quiet] == [False, False, False, False, "none"]


async def test_an_update_takes_the_earlier_blocks_away(slack: FakeSlack, client: SlackClient) -> None:
    posted = await client.post("#alerts", HELLO, MARK)
    assert isinstance(posted, Ok)
    assert await client.update(posted.channel, posted.ts, Message("bye")) == posted
    (kept,) = slack.tops()
    assert (kept.text, kept.blocks, kept.edits) == ("bye", [], ["hello"])
    assert await client.delete(posted.channel, posted.ts) == posted
    assert await client.update(posted.channel, posted.ts, HELLO) == Declined("message_not_found")


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (says("channel_not_found"), Declined("channel_not_found")),
        (says("fatal_error"), Ambiguous("fatal_error")),
        (limited(30), RateLimited(30.0)),
        (Fault(status=429, body="slow down", content_type="text/plain"), RateLimited(1.0)),
        (http(500), Ambiguous("HTTP 500")),
        (http(502, body="<html>Bad Gateway</html>"), Ambiguous("HTTP 502")),
        (http(503, body="{not json", content_type="application/json"), Ambiguous("HTTP 503")),
        (http(404), Declined("http_404")),
        (http(200, body="<html>a proxy's login</html>"), Ambiguous("an answer that is not Slack's")),
        (
            http(200, body="{torn", content_type="application/json"),
            Ambiguous("an answer that is not Slack's"),
        ),
        (DROPPED_BEFORE, Ambiguous("ServerDisconnectedError")),
        (DROPPED_AFTER, Ambiguous("ServerDisconnectedError")),
    ],
)
async def test_every_failure_has_its_value(
    slack: FakeSlack, client: SlackClient, fault: Fault, answer: object
) -> None:
    slack.fail("chat.postMessage", fault)
    assert await client.post("#alerts", HELLO, MARK) == answer
    assert slack.calls == ["chat.postMessage"]
    assert len(slack.tops()) == (1 if fault.accepts else 0)


@pytest.mark.parametrize("fault", [HANGS, HANGS_AFTER])
async def test_no_answer_in_time_is_ambiguous(slack: FakeSlack, client: SlackClient, fault: Fault) -> None:
    slack.fail("chat.postMessage", fault)
    assert isinstance(await client.post("#alerts", HELLO, MARK), Ambiguous)
    assert len(slack.tops()) == (1 if fault.accepts else 0)


@pytest.mark.parametrize("body", ['"ok"', "ok", "[]", "17", '{"ok": true}', '{"ok": true, "ts": 3}'])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_an_answer_of_another_shape_is_ambiguous(
    slack: FakeSlack, client: SlackClient, body: str, content_type: str
) -> None:
    slack.fail("chat.postMessage", Fault(body=body, content_type=content_type))
    assert isinstance(await client.post("#alerts", HELLO, MARK), Ambiguous)


async def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api/"
    assert isinstance(await SlackClient(TOKEN, base_url=url).post("C1", HELLO, MARK), NotSent)


async def test_a_message_is_found_by_its_mark_on_any_page(slack: FakeSlack, client: SlackClient) -> None:
    slack.page_size = 2
    wanted = await client.post("#alerts", HELLO, MARK)
    assert isinstance(wanted, Ok)
    for number in range(5):
        await client.post("#alerts", HELLO, Mark("i2", f"detail:{number}"))
    assert await client.find(wanted.channel, MARK, since=SINCE) == Found((wanted.ts,))
    assert await client.find(wanted.channel, Mark("i9", "top"), since=SINCE) == Found(())
    assert await client.find("#alerts", MARK, since=SINCE) == Declined("channel_not_found")


async def test_a_thread_is_searched_on_its_own(slack: FakeSlack, client: SlackClient) -> None:
    top = await client.post("#alerts", HELLO, MARK)
    assert isinstance(top, Ok)
    detail = Mark("i1", "detail:0")
    reply = await client.post(top.channel, HELLO, detail, thread=top.ts)
    assert isinstance(reply, Ok)
    assert await client.find(top.channel, detail, since=SINCE) == Found(())
    assert await client.find(top.channel, detail, since=SINCE, thread=top.ts) == Found((reply.ts,))


async def test_not_found_is_only_said_after_all_pages(slack: FakeSlack, client: SlackClient) -> None:
    slack.page_size = 1
    top = await client.post("#alerts", HELLO, MARK)
    await client.post("#alerts", HELLO, Mark("i2", "top"))
    page = {
        "ok": True,
        "messages": ["odd", {"metadata": 3}, {"metadata": {"event_payload": []}}],
        "response_metadata": {"next_cursor": "1"},
    }
    slack.fail("conversations.history", Fault(body=json.dumps(page)))
    slack.fail("conversations.history", http(500))
    assert isinstance(top, Ok)
    assert await client.find(top.channel, MARK, since=SINCE) == Ambiguous("HTTP 500")


async def test_identity_and_channel_for_the_self_test(slack: FakeSlack, client: SlackClient) -> None:
    slack.scopes = {"chat:write"}
    assert await client.identity() == Identity("Fake", "opsbot", "B1", ("chat:write",))
    channel = slack.channel_id("alerts")
    slack.refuse(channel, "not_in_channel")
    assert await client.channel(channel) == ChannelInfo(channel, "alerts", member=False, archived=False)
    assert await client.channel("C9") == Declined("channel_not_found")
    assert await SlackClient("xoxb-wrong", base_url=slack.url).identity() == Declined("invalid_auth")


async def test_the_token_is_in_no_log_line_and_no_answer(
    slack: FakeSlack, client: SlackClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = []
    for fault in (says("invalid_auth"), http(500), DROPPED_BEFORE, HANGS):
        slack.fail("chat.postMessage", fault)
        answers.append(await client.post("#alerts", Message("the body of a message"), MARK))
    everything = caplog.text + repr(answers)
    assert TOKEN not in everything
    assert "the body of a message" not in everything
