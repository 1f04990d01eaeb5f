"""The self-test of Slack: token, scopes, channels, and the way on which commands come in.

Posts nothing and opens no socket. A signing secret cannot be tried from here, for only Slack knows the right one: what the
running server has counted tells whether it fits.
"""

from collections.abc import Iterator, Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.clients.slack import Identity, SlackClient
from bot.commands.checks import Check, State
from bot.connections import slack_of
from bot.delivery.remedies import remedy
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, RateLimited
from bot.settings import Settings, SlackSettings

SCOPES = {
    "commands": "for the slash command",
    "chat:write": "to post and edit messages",
    "files:write": "to hang charts into threads",
    "channels:history": "to find a message again after a failure, in public channels",
    "groups:history": "the same in private channels",
}
_REQUESTS = "opsbot_slack_requests_total"
_PATIENCE = aiohttp.ClientTimeout(total=2)
_OTHER_SECRETS = ("xoxb-", "xoxp-", "xoxe", "xapp-")
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


async def check_slack(settings: Settings) -> list[Check]:
    slack = settings.slack
    if slack is None:
        return [Check("slack", State.OFF, "messages go to the console and the log", "set SLACK_BOT_TOKEN")]
    client = slack_of(slack)
    identity = await client.identity()
    if isinstance(identity, Failure):
        return [Check("slack", State.FAILED, _said(identity), _remedy(identity, "slack"))]
    checks = [Check("slack", State.OK, f"{identity.user} in {identity.team}")]
    checks += _scopes(identity, slack)
    delivery = settings.delivery
    names = dict.fromkeys((*(route.channel for route in delivery.routes), delivery.default_channel))
    checks += [await _channel(client, name) for name in names]
    checks += await _signing(settings, slack)
    if slack.app_token is not None:
        checks.append(await _socket(client, slack.app_token.reveal()))
    return checks


def _scopes(identity: Identity, slack: SlackSettings) -> Iterator[Check]:
    hears = bool(slack.signing_secret or slack.app_token)
    for scope, why in SCOPES.items():
        if identity.scopes and scope not in identity.scopes and (hears or scope != "commands"):
            advice = f"add the scope {scope} ({why}) and install the app again"
            yield Check(f"slack scope {scope}", State.FAILED, "missing", advice)


async def _channel(client: SlackClient, name: str) -> Check:
    what = f"channel {name}"
    if name.startswith("#"):
        return Check(what, State.OK, "by name: whether the bot is a member shows at the first message")
    info = await client.channel(name)
    if info == Declined("missing_scope"):
        found = "not checked: that needs the scope channels:read, or groups:read for a private one"
        return Check(what, State.OK, found)
    if isinstance(info, Failure):
        return Check(what, State.FAILED, _said(info), _remedy(info, name))
    if info.archived or not info.member:
        error = "is_archived" if info.archived else "not_in_channel"
        return Check(what, State.FAILED, error, remedy(error, name))
    return Check(what, State.OK, f"#{info.name}")


async def _signing(settings: Settings, slack: SlackSettings) -> list[Check]:
    if slack.signing_secret is None:
        found = "nobody can type /ops or press a button"
        advice = "set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET, see docs/slack.md"
        return [] if slack.app_token else [Check("slack commands", State.OFF, found, advice)]
    if slack.signing_secret.reveal().startswith(_OTHER_SECRETS):
        return [Check(_SECRET, State.FAILED, "that is a token, not the signing secret", _COPY)]
    heard = await _heard(f"http://{settings.server.host}:{settings.server.port}/metrics")
    good, bad = heard.get("ok", 0), heard.get("bad_signature", 0)
    if bad and not good:
        found = f"{bad} requests were signed with another secret, and none with this one"
        return [Check(_SECRET, State.FAILED, found, _COPY)]
    found = (
        f"{good} requests verified"
        if good
        else "no request came yet: type /ops help in Slack, then check again"
    )
    return [Check(_SECRET, State.OK, found)]


async def _heard(url: str) -> Mapping[str, int]:
    """What the server that runs here has counted, by result; nothing where none runs."""
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http, http.get(url) as response:
            text = await response.text()
        families = list(text_string_to_metric_families(text))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return {}
    samples = (sample for family in families for sample in family.samples if sample.name == _REQUESTS)
    return {one.labels["result"]: int(one.value) for one in samples if one.labels.get("way") == "http"}


async def _socket(client: SlackClient, token: str) -> Check:
    """The address that Slack gives is not used, and ends by itself."""
    url = await client.open_socket(token)
    if isinstance(url, str):
        return Check(_SOCKET, State.OK)
    if isinstance(url, Declined):
        return Check(_SOCKET, State.FAILED, url.error, _SOCKET_REMEDIES.get(url.error, _SOCKET_REMEDY))
    return Check(_SOCKET, State.FAILED, _said(url), _remedy(url, "slack"))


def _said(failure: Failure) -> str:
    match failure:
        case Declined(error):
            return error
        case RateLimited(after):
            return f"rate limited for {after:g} s"
        case Ambiguous(reason) | NotSent(reason):
            return reason


def _remedy(failure: Failure, channel: str) -> str:
    if isinstance(failure, Declined):
        return remedy(failure.error, channel)
    return "check SLACK_API_URL, the network and the proxy, then try again"
