"""`opsbot check` of Slack: the missing scope, the uninvited channel, the wrong token and secret are each named."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from bot.heard import TAKEN, Heard, Receipt
from bot.ingest.server import health_routes, serving
from bot.ingest.slack_app import SlackApp
from bot.ingest.slack_requests import Verifier
from bot.ingest.slack_route import slack_routes
from bot.observe import CHANNEL_TROUBLE, SLACK_REQUESTS
from bot.secret import Secret
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.slack_signing import SIGNING_SECRET, form, signed, slash
from tests.fakes.slack_socket import APP_TOKEN
from tests.programs.ports import free_port

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second


def slack_lines(ended: Ended, mark: str) -> list[str]:
    lines = [line.removeprefix(mark).strip() for line in ended.out.splitlines() if line.startswith(mark)]
    return [line for line in lines if line.startswith(("slack", "channel", "user group", "access"))]


Checked = Callable[..., Ended]


@pytest.fixture
def checked(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    def check(prepare: Callable[[FakeSlack], object] = lambda _: None, config: str = "", **env: str) -> Ended:
        async def beside() -> Ended:
            async with FakeSlack().running() as slack:
                prepare(slack)
                (bare / "opsbot.yaml").write_text(config)
                given = {
                    "SLACK_API_URL": slack.url,
                    "SLACK_BOT_TOKEN": TOKEN,
                    "OPSBOT_PORT": str(free_port()),
                }
                for name, value in (given | env).items():
                    monkeypatch.setenv(name, value)
                return await asyncio.to_thread(opsbot, "check")

        return asyncio.run(beside())

    return check


def test_all_is_well(checked: Checked) -> None:
    ended = checked(SLACK_SIGNING_SECRET=SIGNING_SECRET, SLACK_APP_TOKEN=APP_TOKEN)

    assert slack_lines(ended, "FAIL") == []
    assert {"slack: opsbot in Fake", "slack socket mode"} <= set(slack_lines(ended, "ok"))


def test_without_a_way_in_it_says_what_is_missing(checked: Checked) -> None:
    ended = checked(lambda slack: slack.scopes.discard("commands"))

    assert slack_lines(ended, "FAIL") == []
    assert any("nobody can type /ops" in line for line in slack_lines(ended, "--"))


@pytest.mark.parametrize(
    "scope", ["commands", "chat:write", "channels:history", "groups:history", "files:write"]
)
def test_a_missing_scope_is_named(checked: Checked, scope: str) -> None:
    ended = checked(lambda slack: slack.scopes.discard(scope), SLACK_SIGNING_SECRET=SIGNING_SECRET)

    assert slack_lines(ended, "FAIL") == [f"slack scope {scope}: missing"]
    assert f"add the scope {scope} (" in ended.out


def test_a_channel_without_the_bot_is_named(checked: Checked) -> None:
    def uninvited(slack: FakeSlack) -> None:
        slack.refuse(slack.channel_id("alerts"), "not_in_channel")

    ended = checked(uninvited, config="delivery: {default_channel: C000ALERTS}\n")

    assert slack_lines(ended, "FAIL") == ["channel C000ALERTS: not_in_channel"]
    assert "/invite @opsbot" in ended.out


@pytest.mark.parametrize(
    ("token", "error", "advice"),
    [
        ("xapp-other", "invalid_auth", "app-level token (xapp-…) with connections:write of this app"),
        (TOKEN, "not_allowed_token_type", "not the bot token"),
    ],
)
def test_a_wrong_app_token_is_named(checked: Checked, token: str, error: str, advice: str) -> None:
    ended = checked(SLACK_APP_TOKEN=token)

    assert slack_lines(ended, "FAIL") == [f"slack socket mode: {error}"]
    assert advice in ended.out
    assert token not in ended.out


def test_a_token_in_the_place_of_the_signing_secret(checked: Checked) -> None:
    ended = checked(SLACK_SIGNING_SECRET="xoxb-1")

    assert slack_lines(ended, "FAIL") == [
        "slack signing secret: that is a bot token (xoxb-…), not the signing secret"
    ]


def test_a_channel_by_its_name_is_not_called_good(checked: Checked) -> None:
    ended = checked(config="delivery: {default_channel: '#alerts'}\n")

    assert "1 not checked" in ended.out
    assert [line for line in slack_lines(ended, "??") if line.startswith("channel #alerts: whether the bot")]


@pytest.mark.parametrize(
    ("bot", "app", "found", "advice"),
    [
        ("xapp-1", "", "an app-level token (xapp-…)", "copy the Bot User OAuth Token (xoxb-…)"),
        ("xapp-1", "xoxb-1", "an app-level token (xapp-…)", "are swapped"),
        ("xoxp-1", "", "a person's token (xoxp-…)", "copy the Bot User OAuth Token (xoxb-…)"),
        ("123.456", "", "a client id", "copy the Bot User OAuth Token (xoxb-…)"),
    ],
)
def test_another_kind_of_token_is_named(
    checked: Checked, bot: str, app: str, found: str, advice: str
) -> None:
    ended = checked(SLACK_BOT_TOKEN=bot, SLACK_APP_TOKEN=app, SLACK_SIGNING_SECRET="nope")

    assert slack_lines(ended, "FAIL")[0] == f"slack: SLACK_BOT_TOKEN is {found}, not a bot token"
    assert advice in ended.out
    assert any(line.startswith("slack signing secret") for line in slack_lines(ended, "ok"))


def test_a_token_of_a_person_without_its_mark_is_named(checked: Checked) -> None:
    ended = checked(lambda slack: setattr(slack, "bot_id", ""))

    assert slack_lines(ended, "FAIL") == [
        "slack: the token is that of opsbot, a person: opsbot would post in their name"
    ]


def test_groups_and_channels_of_access_are_looked_at(checked: Checked) -> None:
    def known(slack: FakeSlack) -> None:
        slack.groups["S0000001"] = ["U1", "U2"]
        slack.channel_id("team")
        slack.scopes.add("usergroups:read")

    access = "access: {groups: [S0000001, S0000009], channels: {C000TEAM: [shop], C09NOPE: ['*'], direct: ['*']}}\n"
    ended = checked(known, config=access)

    assert slack_lines(ended, "FAIL") == [
        "user group S0000009: no_such_subteam: nobody is let in by it",
        "access channel C09NOPE: there is no such channel, or it is private and the bot is not in it",
    ]
    assert {"user group S0000001: 2 people", "access channel C000TEAM: #team"} <= set(
        slack_lines(ended, "ok")
    )


def test_groups_need_a_scope(checked: Checked) -> None:
    ended = checked(config="access: {groups: [S0000001]}\n")

    assert "slack scope usergroups:read: missing" in slack_lines(ended, "FAIL")
    assert "user group S0000001: missing_scope: nobody is let in by it" in slack_lines(ended, "FAIL")


@pytest.fixture
def beside_server(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`check` beside a server that has heard one signed request."""

    def check(secret: str = SIGNING_SECRET, host: str = "127.0.0.1") -> Ended:
        SLACK_REQUESTS.clear()

        async def beside() -> Ended:
            async with FakeSlack().running() as slack:
                app = web.Application()
                app.add_routes(slack_routes(Verifier(Secret(secret), time.time), SlackApp(_taken)))
                app.add_routes(health_routes(_ready))
                async with serving(app, host, 0) as port, ClientSession() as http:
                    body = form(slash("help"))
                    url = URL.build(scheme="http", host=host, port=port, path="/slack/events")
                    await (await http.post(url, data=body, headers=signed(body, time.time()))).read()
                    given = {"SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": TOKEN, "OPSBOT_HOST": host}
                    given |= {"OPSBOT_PORT": str(port), "SLACK_SIGNING_SECRET": secret}
                    given |= {"OPSBOT_WEBHOOK_TOKEN": "t" * 20, "OPSBOT_CONSOLE_TOKEN": "c" * 20}
                    for name, value in given.items():
                        monkeypatch.setenv(name, value)
                    return await asyncio.to_thread(opsbot, "check")

        return asyncio.run(beside())

    return check


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::"])
def test_what_the_running_server_heard_tells_whether_the_secret_fits(
    beside_server: Callable[..., Ended], host: str
) -> None:
    good, bad = beside_server(host=host), beside_server("another", host)

    assert "slack signing secret: 1 requests verified" in slack_lines(good, "ok")
    (line,) = slack_lines(bad, "FAIL")
    assert line.startswith("slack signing secret: 1 requests were signed with another secret")
    assert "copy the Signing Secret" in bad.out


def test_what_the_running_server_is_refused_is_told(beside_server: Callable[..., Ended], bare: Path) -> None:
    (bare / "opsbot.yaml").write_text("delivery: {default_channel: '#outside'}\n")
    CHANNEL_TROUBLE.labels("#outside", "not_in_channel").set(1)
    try:
        ended = beside_server()
    finally:
        CHANNEL_TROUBLE.clear()

    assert slack_lines(ended, "FAIL") == ["channel #outside: not_in_channel, as the running server was told"]
    assert "/invite @opsbot in #outside" in ended.out


async def _ready() -> list[str]:
    return []


async def _taken(_: Heard) -> Receipt:
    return TAKEN
