"""Presses inside modals and forms, by signed requests and by Socket Mode: what is handed on, and how a form is answered."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.clients.slack import SlackClient
from bot.heard import TAKEN, Heard, Pressed, Receipt, Submitted
from bot.ingest.server import json_errors, serving
from bot.ingest.slack_app import Hand, SlackApp
from bot.ingest.slack_requests import Verifier
from bot.ingest.slack_route import slack_routes
from bot.ingest.slack_socket import SocketMode
from bot.secret import Secret
from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.slack_signing import SIGNING_SECRET, payload, signed
from tests.fakes.slack_socket import APP_TOKEN

VALUES = {
    "long": {"span": {"type": "plain_text_input", "value": "2h"}},
    "why": {"said": {"type": "plain_text_input", "value": None}},
    "colour": {"picked": {"type": "static_select", "selected_option": {"text": {}, "value": "red"}}},
}
VIEW: Mapping[str, Any] = {
    "id": "V1",
    "type": "modal",
    "hash": "156.ab",
    "callback_id": "silence",
    "private_metadata": '["i1","C1","1.1",""]',
    "state": {"values": VALUES},
}
FORM: Mapping[str, Any] = {
    "type": "view_submission",
    "team": {"id": "T0001"},
    "user": {"id": "U0KIM", "name": "kim"},
    "trigger_id": "t",
    "view": VIEW,
}
TYPED: Mapping[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T0001"},
    "user": {"id": "U0KIM", "username": "kim"},
    "trigger_id": "t",
    "container": {"type": "view", "view_id": "V1"},
    "view": VIEW,
    "actions": [{"type": "plain_text_input", "action_id": "span", "block_id": "long", "value": "2h"}],
}


Send = Callable[[Mapping[str, Any]], Awaitable[Any]]


@dataclass(slots=True)
class Ear:
    heard: list[Heard] = field(default_factory=list)
    receipt: Receipt = TAKEN

    async def take(self, heard: Heard) -> Receipt:
        self.heard.append(heard)
        return self.receipt


@dataclass(slots=True)
class Way:
    """`send` gives the acknowledgement: an object, or nothing."""

    send: Send
    ear: Ear

    @property
    def heard(self) -> list[Heard]:
        return self.ear.heard


@pytest.fixture(params=["http", "socket"])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    ear, open_way = Ear(), _by_http if request.param == "http" else _by_socket
    async with AsyncExitStack() as stack:
        yield Way(await open_way(stack, ear.take), ear)


async def _by_http(stack: AsyncExitStack, hand: Hand) -> Send:
    app = web.Application(middlewares=[json_errors])
    app.add_routes(slack_routes(Verifier(Secret(SIGNING_SECRET), time.time), SlackApp(hand)))
    port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
    http = await stack.enter_async_context(ClientSession())

    async def send(content: Mapping[str, Any]) -> Any:
        body = payload(content)
        url = f"http://127.0.0.1:{port}/slack/events"
        async with http.post(url, data=body, headers=signed(body, time.time())) as answer:
            text = await answer.text()
            assert answer.status in {200, 400}
            return json.loads(text) if answer.status == 200 and text else None

    return send


async def _by_socket(stack: AsyncExitStack, hand: Hand) -> Send:
    slack = await stack.enter_async_context(FakeSlack().running())
    client = SlackClient(TOKEN, base_url=slack.url, timeout=1)
    task = asyncio.create_task(SocketMode(lambda: client.open_socket(APP_TOKEN), SlackApp(hand)).run())
    stack.callback(task.cancel)
    await slack.socket.connected()

    async def send(content: Mapping[str, Any]) -> Any:
        return (await slack.socket.deliver(dict(content), "interactive")).get("payload")

    return send


async def test_a_form_is_handed_on_and_closes(way: Way) -> None:
    assert await way.send(FORM) is None
    assert way.heard == [
        Submitted(
            user="U0KIM",
            name="kim",
            callback="silence",
            view="V1",
            kept='["i1","C1","1.1",""]',
            fields={"span": "2h", "said": "", "picked": "red"},
            team="T0001",
            trigger="t",
        )
    ]


async def test_what_is_typed_in_a_modal_is_a_press(way: Way) -> None:
    assert await way.send(TYPED) is None
    assert way.heard == [
        Pressed(
            user="U0KIM",
            channel="",
            action="span",
            value="2h",
            trigger="t",
            team="T0001",
            name="kim",
            view="V1",
            hash="156.ab",
            kept='["i1","C1","1.1",""]',
            fields={"span": "2h", "said": "", "picked": "red"},
        )
    ]


async def test_what_is_chosen_is_the_value_of_the_option(way: Way) -> None:
    chosen = {
        "type": "static_select",
        "action_id": "picked",
        "selected_option": {"value": "red", "text": {}},
    }
    await way.send({**TYPED, "actions": [chosen]})
    (pressed,) = way.heard
    assert isinstance(pressed, Pressed)
    assert (pressed.action, pressed.value) == ("picked", "red")


async def test_problems_of_a_form_stand_beside_its_inputs(way: Way) -> None:
    way.ear.receipt = Receipt(problems={"long": "Write how long: 2h"})
    answer = await way.send(FORM)
    assert answer == {"response_action": "errors", "errors": {"long": "Write how long: 2h"}}


async def test_a_form_that_is_not_taken_says_why_beside_its_first_input(way: Way) -> None:
    way.ear.receipt = Receipt("too many at once")
    assert await way.send(FORM) == {"response_action": "errors", "errors": {"long": "too many at once"}}


async def test_a_form_without_inputs_closes_even_so(way: Way) -> None:
    way.ear.receipt = Receipt("too many at once")
    assert await way.send({**FORM, "view": {**VIEW, "state": {"values": {}}}}) is None


@pytest.mark.parametrize(
    "view",
    [
        "x",
        7,
        None,
        [],
        {"callback_id": 7},
        {"callback_id": ""},
        {"callback_id": "x", "state": "x"},
        {"callback_id": "x", "state": {"values": []}},
        {"callback_id": "x", "state": {"values": {"a": [], "b": {"c": 7, "d": {"value": {}}}}}},
        {"callback_id": "x", "state": {"values": {"a": {"b": {"selected_option": ["x"]}}}}},
        {"callback_id": "x", "private_metadata": {}, "id": [], "hash": 1},
        {"callback_id": "unknown\n\x00:" + "x" * 5000},
    ],
)
async def test_whatever_a_view_holds_is_no_error_of_the_server(way: Way, view: object) -> None:
    for content in (FORM, TYPED):
        assert await way.send({**content, "view": view}) is None
    assert all(isinstance(heard, (Submitted, Pressed)) for heard in way.heard)
    assert len(way.heard) <= 2


@pytest.mark.parametrize("user", ["x", None, [], {"id": 7, "name": {}}])
async def test_whoever_presses(way: Way, user: object) -> None:
    for content in (FORM, TYPED):
        await way.send({**content, "user": user})
    assert [(heard.user, heard.name) for heard in way.heard] in ([], [("", "")], [("", "")] * 2)


async def test_very_much_in_a_form_is_bounded(way: Way) -> None:
    values = {f"b{number}": {f"a{number}": {"value": "x" * 8000}} for number in range(120)}
    await way.send({**FORM, "view": {**VIEW, "state": {"values": values}}})
    (submitted,) = way.heard
    assert isinstance(submitted, Submitted)
    assert len(submitted.fields) == 100
    assert {len(value) for value in submitted.fields.values()} == {3000}
