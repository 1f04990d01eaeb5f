"""The self-test of where the bot speaks and of who may ask it: its channels, and the groups and channels of `access`."""

from collections.abc import Mapping

from bot.chat.access import DIRECT
from bot.chat.members import GROUP_REMEDIES
from bot.clients.slack import SlackClient
from bot.commands.checks import Check, State
from bot.commands.failures import remedy_of, said
from bot.delivery.remedies import remedy
from bot.delivery.transport import Declined, Failure
from bot.settings import AccessSettings, DeliverySettings

_UNSEEN = Declined("missing_scope")
_NEEDS = "that needs the scope channels:read, or groups:read for a private one"


async def channels(
    client: SlackClient, delivery: DeliverySettings, trouble: Mapping[str, str]
) -> list[Check]:
    """`trouble` is what the running server meets at each."""
    names = dict.fromkeys((*(route.channel for route in delivery.routes), delivery.default_channel))
    return [await _posted_to(client, name, trouble.get(name, "")) for name in names]


async def _posted_to(client: SlackClient, name: str, trouble: str) -> Check:
    what = f"channel {name}"
    if trouble:
        return Check(what, State.FAILED, f"{trouble}, as the running server was told", remedy(trouble, name))
    if name.startswith("#"):
        found = "whether the bot is a member shows at the first message"
        return Check(what, State.UNSEEN, found, "to have it checked, route to the channel's id (C…)")
    info = await client.channel(name)
    if info == _UNSEEN:
        return Check(what, State.UNSEEN, _NEEDS)
    if isinstance(info, Failure):
        return Check(what, State.FAILED, said(info), remedy_of(info, name))
    if info.archived or not info.member:
        error = "is_archived" if info.archived else "not_in_channel"
        return Check(what, State.FAILED, error, remedy(error, name))
    return Check(what, State.OK, f"#{info.name}")


async def may_use(client: SlackClient, access: AccessSettings) -> list[Check]:
    checks = [await _group(client, group) for group in access.groups]
    places = [channel for channel in access.channels if channel != DIRECT]
    return [*checks, *[await _asked_in(client, channel) for channel in places]]


async def _asked_in(client: SlackClient, channel: str) -> Check:
    """There people may ask; whether the bot is a member does not matter to that."""
    what = f"access channel {channel}"
    info = await client.channel(channel)
    if info == _UNSEEN:
        return Check(what, State.UNSEEN, _NEEDS)
    if info == Declined("channel_not_found"):
        found = "there is no such channel, or it is private and the bot is not in it"
        return Check(what, State.FAILED, found, "correct the id in access.channels, or invite the bot there")
    if isinstance(info, Failure):
        return Check(what, State.FAILED, said(info), remedy_of(info, channel))
    return Check(what, State.OK, f"#{info.name}")


async def _group(client: SlackClient, group: str) -> Check:
    what = f"user group {group}"
    people = await client.members(group)
    if isinstance(people, Failure):
        advice = GROUP_REMEDIES.get(people.error, "") if isinstance(people, Declined) else ""
        return Check(
            what, State.FAILED, f"{said(people)}: nobody is let in by it", advice or remedy_of(people, group)
        )
    return Check(what, State.OK, f"{len(people)} people")
