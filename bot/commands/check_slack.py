"""The self-test of Slack: token, scopes, channels, and the way on which commands come in.

Posts nothing and opens no socket. A signing secret cannot be tried from here, for only Slack knows the right one: what the
running server has counted tells whether it fits.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from yarl import URL

from bot.clients.slack import Identity, SlackClient
from bot.commands.check_slack_places import channels, may_use
from bot.commands.checks import Check, State
from bot.commands.failures import remedy_of, said
from bot.connections import slack_of
from bot.delivery.transport import Declined, Failure
from bot.settings import Settings, SlackSettings

SCOPES = {
    "commands": "for the slash command",
    "chat:write": "to post and edit messages",
    "files:write": "to hang charts into threads",
    "channels:history": "to find a message again after a failure, in public channels",
    "groups:history": "the same in private channels",
}
_REQUESTS = "opsbot_slack_requests_total"
_TROUBLE = "opsbot_channel_trouble"
_PATIENCE = aiohttp.ClientTimeout(total=2)
_KINDS = {
    "xoxb-": "a bot token (xoxb-…)",
    "xapp-": "an app-level token (xapp-…)",
    "xoxp-": "a person's token (xoxp-…)",
    "xoxe": "a token that renews others (xoxe…)",
    "xoxc-": "a token of a browser (xoxc-…)",
    "http": "an address",
}
_CLIENT_ID = re.compile(r"\d+\.\d+")
_BOT_TOKEN = "copy the Bot User OAuth Token (xoxb-…) of OAuth & Permissions into SLACK_BOT_TOKEN, and restart"  # noqa: S105 - a sentence
_SWAPPED = "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: exchange them, and restart"
_COPY = "copy the Signing Secret of Basic Information into SLACK_SIGNING_SECRET, and restart"
_SECRET = "slack signing secret"  # noqa: S105 - what is checked
_SOCKET = "slack socket mode"
_SOCKET_REMEDIES = {
    "missing_scope": "generate an app-level token with the scope connections:write and put it into SLACK_APP_TOKEN",
    "not_allowed_token_type": "SLACK_APP_TOKEN must be an app-level token (xapp-…), not the bot token",
}
_SOCKET_REMEDY = (
    "turn Socket Mode on in the app's settings, and put an app-level token (xapp-…) with connections:write of this app "
    "into SLACK_APP_TOKEN"
)


@dataclass(frozen=True, slots=True)
class _Running:
    """What the server that runs here counts; nothing where none runs."""

    samples: Sequence[Sample] = ()

    def requests(self, result: str) -> int:
        wanted = {"way": "http", "result": result}
        return sum(
            int(one.value)
            for one in self.samples
            if one.name == _REQUESTS and wanted.items() <= one.labels.items()
        )

    @property
    def trouble(self) -> dict[str, str]:
        """Channels that refuse messages, and why."""
        return {
            one.labels["channel"]: one.labels["error"]
            for one in self.samples
            if one.name == _TROUBLE and one.value
        }


async def check_slack(settings: Settings) -> list[Check]:
    slack = settings.slack
    if slack is None:
        return [Check("slack", State.OFF, "messages go to the console and the log", "set SLACK_BOT_TOKEN")]
    client = slack_of(slack)
    running = await _running(settings)
    identity = _kind_of_token(slack) or _bot(await client.identity())
    if isinstance(identity, Check):
        checks = [identity]
    else:
        checks = [
            Check("slack", State.OK, f"{identity.user} in {identity.team}"),
            *_scopes(identity, settings),
        ]
        checks += await channels(client, settings.delivery, running.trouble)
        checks += await may_use(client, settings.access)
    checks += _signing(slack, running)
    if slack.app_token is not None:
        checks.append(await _socket(client, slack.app_token.reveal()))
    return checks


def _kind_of_token(slack: SlackSettings) -> Check | None:
    found = _kind(slack.bot_token.reveal())
    if found in {"", _KINDS["xoxb-"]}:
        return None
    other = slack.app_token.reveal() if slack.app_token is not None else ""
    swapped = slack.bot_token.reveal().startswith("xapp-") and other.startswith("xoxb-")
    return Check(
        "slack",
        State.FAILED,
        f"SLACK_BOT_TOKEN is {found}, not a bot token",
        _SWAPPED if swapped else _BOT_TOKEN,
    )


def _kind(secret: str) -> str:
    if _CLIENT_ID.fullmatch(secret):
        return "a client id"
    return next((told for begin, told in _KINDS.items() if secret.startswith(begin)), "")


def _bot(identity: Identity | Failure) -> Identity | Check:
    if isinstance(identity, Failure):
        return Check("slack", State.FAILED, said(identity), remedy_of(identity, "slack"))
    if not identity.bot_id:
        found = f"the token is that of {identity.user}, a person: opsbot would post in their name"
        return Check("slack", State.FAILED, found, _BOT_TOKEN)
    return identity


def _scopes(identity: Identity, settings: Settings) -> Iterator[Check]:
    slack, needed = settings.slack, dict(SCOPES)
    if slack is None or not (slack.signing_secret or slack.app_token):
        del needed["commands"]
    if settings.access.groups:
        needed["usergroups:read"] = "to know who is in the groups of access.groups"
    for scope, why in needed.items():
        if identity.scopes and scope not in identity.scopes:
            advice = f"add the scope {scope} ({why}) and install the app again"
            yield Check(f"slack scope {scope}", State.FAILED, "missing", advice)


def _signing(slack: SlackSettings, running: _Running) -> list[Check]:
    if slack.signing_secret is None:
        found = "nobody can type /ops or press a button"
        advice = "set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET, see docs/slack.md"
        return [] if slack.app_token else [Check("slack commands", State.OFF, found, advice)]
    kind = _kind(slack.signing_secret.reveal())
    if kind:
        return [Check(_SECRET, State.FAILED, f"that is {kind}, not the signing secret", _COPY)]
    good, bad = running.requests("ok"), running.requests("bad_signature")
    if bad and not good:
        found = f"{bad} requests were signed with another secret, and none with this one"
        return [Check(_SECRET, State.FAILED, found, _COPY)]
    found = (
        f"{good} requests verified"
        if good
        else "no request came yet: type /ops help in Slack, then check again"
    )
    return [Check(_SECRET, State.OK, found)]


async def _running(settings: Settings) -> _Running:
    server = settings.server
    try:
        url = URL.build(scheme="http", host=server.host, port=server.port, path="/metrics")
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http, http.get(url) as response:
            text = await response.text()
        families = list(text_string_to_metric_families(text))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return _Running()
    return _Running([sample for family in families for sample in family.samples])


async def _socket(client: SlackClient, token: str) -> Check:
    """The address that Slack gives is not used, and ends by itself."""
    url = await client.open_socket(token)
    if isinstance(url, str):
        return Check(_SOCKET, State.OK)
    if isinstance(url, Declined):
        return Check(_SOCKET, State.FAILED, url.error, _SOCKET_REMEDIES.get(url.error, _SOCKET_REMEDY))
    return Check(_SOCKET, State.FAILED, said(url), remedy_of(url, "slack"))
