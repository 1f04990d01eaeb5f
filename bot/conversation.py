"""The part of the composition root that lets people talk to the bot: by signed requests of Slack, by Socket Mode, or not at all.

Builds the chat from the settings and says who talks to whom; answers nobody itself.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from bot.catalogue import Catalogue
from bot.chat.access import Gate, Rules
from bot.chat.commands import Commands
from bot.chat.commands import Reads as Listed
from bot.chat.desk import Desk
from bot.chat.diagnosing import Diagnosing, Engine
from bot.chat.doorway import Doorway
from bot.chat.doorway import Reads as Kept
from bot.chat.explaining import Explaining
from bot.chat.incident_presses import Bench, incident_presses
from bot.chat.members import Asks, Groups
from bot.chat.ports import Access, Voice
from bot.chat.pressing import Handlers
from bot.chat.replies import ResponseHosts
from bot.chat.screens import Checked
from bot.chat.silence_dialog import silence_handlers
from bot.chat.silence_rights import Rights
from bot.chat.silencing import Reads as Silenced
from bot.chat.silencing import Silencing
from bot.connections import readable_lines, slack_of
from bot.delivery.offers import DETAILS, SILENCE, Offers
from bot.delivery.render import Layouts
from bot.incidents.orders import Orders
from bot.incidents.work import Handler, JobKind
from bot.loops import Loops
from bot.settings import AccessSettings, Settings, SlackSettings

_GRACE_SECONDS = 5.0


class Reads(Listed, Silenced, Kept, Protocol):
    """All that is asked of the store."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What the answers are made of, and what may be ordered."""

    engine: Engine
    reads: Reads
    orders: Orders
    layouts: Layouts
    catalogue: Catalogue
    clock: Callable[[], datetime]
    checks: Callable[[], AsyncIterator[Checked]] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The routes that Slack posts to, and who works off what was asked; none where nothing of that is configured."""

    routes: Sequence[web.RouteDef] = ()
    handlers: Mapping[JobKind, Handler] = field(default_factory=dict)


async def conversation(
    stack: AsyncExitStack, loops: Loops, settings: Settings, inside: Inside
) -> Conversation:
    slack = settings.slack
    if slack is None or not _listens(slack):
        return Conversation()
    # slack_bolt takes more than half a second to import: only whoever talks pays for it.
    from bot.ingest.slack_app import SlackApp
    from bot.ingest.slack_requests import Verifier
    from bot.ingest.slack_route import slack_routes
    from bot.ingest.slack_socket import SocketMode

    client = slack_of(slack)
    access = _access(loops, settings.access, client, inside.clock)
    desk = _desk(settings, client, ResponseHosts(slack.api_url), inside, access)
    stack.push_async_callback(desk.close, _GRACE_SECONDS)
    app = SlackApp(desk.take)
    if slack.app_token is not None:
        token = slack.app_token.reveal()
        loops.keep("socket mode", SocketMode(lambda: client.open_socket(token), app).run)
    handlers = {JobKind.ASK: desk.answer}
    if slack.signing_secret is None:
        return Conversation(handlers=handlers)
    return Conversation(slack_routes(Verifier(slack.signing_secret, time.time), app), handlers)


def offers_of(settings: Settings) -> Offers:
    """A button that nobody listens to is worse than none."""
    clusters = frozenset(cluster.name for cluster in settings.clusters if cluster.alertmanager is not None)
    return Offers(settings.slack is not None and _listens(settings.slack), clusters)


def _listens(slack: SlackSettings) -> bool:
    return slack.signing_secret is not None or slack.app_token is not None


def _desk(settings: Settings, voice: Voice, hosts: ResponseHosts, inside: Inside, access: Access) -> Desk:
    runbooks: Mapping[str, Any] = {runbook.name: runbook for runbook in inside.catalogue.runbooks}
    clusters = [cluster.name for cluster in settings.clusters]
    silencing = Silencing(inside.reads, Rights(access, inside.orders.silences), inside.layouts)
    commands = Commands(
        access=access,
        layouts=inside.layouts,
        diagnosing=Diagnosing(inside.engine, access, inside.layouts, clusters),
        explaining=Explaining(readable_lines, runbooks),
        reads=inside.reads,
        runbooks=runbooks,
        checks=inside.checks,
        silences=silencing.answer,
        public_url=settings.server.public_url,
    )
    door = Doorway(inside.reads, access)
    of_silences = silence_handlers(silencing, voice, door)
    bench = Bench(door, inside.orders, inside.layouts, inside.clock)
    presses = {**incident_presses(bench, voice), **of_silences.presses}
    handlers = Handlers(presses, of_silences.forms, fleeting=frozenset({DETAILS, SILENCE}))
    orders, clock = inside.orders, inside.clock
    return Desk(commands, voice, orders.audit, hosts, work=orders.work, clock=clock, handlers=handlers)


def _access(loops: Loops, settings: AccessSettings, client: Asks, clock: Callable[[], datetime]) -> Access:
    rules = Rules(frozenset(settings.users), frozenset(settings.groups), settings.channels, settings.ask)
    groups = Groups(client, settings.groups, clock)
    if settings.groups:
        loops.keep("groups", groups.run)
    return Gate(rules, groups.members)
