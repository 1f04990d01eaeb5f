"""The composition root: builds sources, engine, store, delivery, server and console from the settings, and runs them.

The only importer of the clients. It decides nothing about alerts; it only says who talks to whom.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.catalogue import Catalogue, catalogue_of
from bot.chat.screens import Checked
from bot.clients.redaction import redact, redact_member
from bot.connections import alertmanagers_of, clients_of, slack_of
from bot.conversation import Inside, conversation, offers_of
from bot.delivery.artist import Artist
from bot.delivery.digest_view import Digests
from bot.delivery.log_delivery import LogDelivery
from bot.delivery.outbox import Outbox
from bot.delivery.render import Layouts
from bot.delivery.studio import Studio
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.diagnosis.engine import Engine, EngineOptions
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Answerer
from bot.incidents.audit import Audit, Person, Via
from bot.incidents.flow import Courier, Flow, FlowOptions
from bot.incidents.gathering import Gathering
from bot.incidents.janitor import Janitor, JanitorOptions
from bot.incidents.merge import MergeOptions
from bot.incidents.orders import Orders
from bot.incidents.queue import Queue
from bot.incidents.routing import Route, Routes
from bot.incidents.silence_watch import SilenceWatch
from bot.incidents.silencing import SilenceOptions, Silencer
from bot.incidents.store import Store, StoreError
from bot.incidents.storm_book import StormBook
from bot.incidents.storms import StormOptions
from bot.incidents.targets import ClusterMatch
from bot.incidents.ticking import Ticks
from bot.incidents.work import JobKind
from bot.ingest.alertmanager import parse
from bot.ingest.lag import watch_loop_lag
from bot.ingest.server import health_routes, json_errors, serving
from bot.ingest.tokens import TokenSource
from bot.ingest.webhook import WebhookOptions, webhook_routes
from bot.loops import Loops
from bot.model import Source
from bot.observe import log
from bot.settings import Settings, TokenSettings, refuse_unsafe
from bot.web.console import ConsoleOptions, console

Answerers = Mapping[str, Mapping[Source, Answerer]]

_SWEEP_SECONDS = 30.0
_GRACE_SECONDS = 8.0
# A thread that is busy hands the interpreter back to the event loop after so long, at every statement of the loop's that
# let go of it. Python's own 5 ms add up: https://docs.python.org/3/library/sys.html#sys.setswitchinterval
_SWITCH_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Running:
    """What others may ask of a bot that runs."""

    url: str
    engine: Engine
    layouts: Layouts
    store: Store


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid4().hex


async def serve(settings: Settings, *, checks: Callable[[], AsyncIterator[Checked]] | None = None) -> None:
    """Until SIGTERM or SIGINT; what is under way then is finished or left for the next start."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    refuse_unsafe(settings)
    sys.setswitchinterval(_SWITCH_SECONDS)
    async with running(settings, checks=checks) as bot:
        log.info("serving", url=bot.url, store=settings.store_url.reveal().partition(":")[0])
        await stopped.wait()
        log.info("stopping")


@asynccontextmanager
async def running(
    settings: Settings,
    answerers: Answerers | None = None,
    *,
    runbooks: Sequence[Runbook[Any]] | None = None,
    checks: Callable[[], AsyncIterator[Checked]] | None = None,
) -> AsyncIterator[Running]:
    """The whole bot, serving. `answerers` take the place of the configured clusters, for the demo.

    `runbooks` take the place of the house's own and those of the configured folders. `checks` are the self-test.
    """
    for note in settings.notes:
        log.warning(note)
    catalogue = await catalogue_of(settings.runbooks) if runbooks is None else Catalogue(tuple(runbooks))
    catalogue.tell()
    words = catalogue.words(settings.delivery.language)
    layouts = Layouts(words, public_url=settings.server.public_url, offers=offers_of(settings))
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(engine_of(settings, catalogue, answerers))
        store = Store(settings.store_url.reveal(), replica=settings.replica)
        await store.open()
        stack.push_async_callback(store.close)
        artist = Artist()
        courier = _courier(settings, store, layouts, artist)
        flow = Flow(
            store, engine, courier, parse=parse, options=_flow_options(settings), clock=now, new_id=new_id
        )
        audit = Audit(store, redact, now)
        alertmanagers = alertmanagers_of(stack, settings.clusters)
        silencer = Silencer(store, alertmanagers, audit, _silence_options(settings), now)
        watch = SilenceWatch(store, alertmanagers, audit)
        handlers = {**flow.handlers, JobKind.SILENCE: watch.look}
        if isinstance(courier, Gathering):
            handlers[JobKind.STORM] = courier.tell
        queue = Queue(store, handlers)
        stack.push_async_callback(queue.stop, _GRACE_SECONDS)
        loops = Loops(stack)
        loops.keep("loop lag", watch_loop_lag)
        loops.keep("janitor", Janitor(store, _janitor_options(settings)).run)
        loops.keep("silence", partial(_sweep, flow))
        orders = Orders(queue, flow, audit, silencer, Ticks(store, audit, now))
        application = _application(settings, store, queue, orders, words, artist)
        inside = Inside(engine, store, orders, layouts, catalogue, now, checks)
        talk = await conversation(stack, loops, settings, inside)
        application.add_routes([*health_routes(_readiness(store, queue), loops.remarks), *talk.routes])
        queue.also(talk.handlers)
        server = settings.server
        port = await stack.enter_async_context(serving(application, server.host, server.port))
        # Only now: a port that is taken must not cost a job its attempt.
        await queue.start()
        # What lives as long as the process need not be walked through again by every full collection.
        gc.freeze()
        yield Running(f"http://{_reachable(server.host)}:{port}", engine, layouts, store)


@asynccontextmanager
async def engine_of(
    settings: Settings, catalogue: Catalogue, answerers: Answerers | None = None
) -> AsyncIterator[Engine]:
    """The engine with its sources; all that a diagnosis by hand needs."""
    # First: a configuration that cannot be used is told before anything is connected.
    options = EngineOptions(
        deadline=settings.diagnosis.deadline.total_seconds(),
        extra=catalogue.extra_matches(settings.runbooks.match),
    )
    async with AsyncExitStack() as stack:
        found = answerers or {
            cluster.name: (await clients_of(stack, cluster)).answerers() for cluster in settings.clusters
        }
        engine = Engine(catalogue.runbooks, found, clock=now, options=options)
        stack.push_async_callback(engine.close)
        yield engine


def _courier(settings: Settings, store: Store, layouts: Layouts, artist: Artist) -> Courier:
    if settings.slack is None:
        return LogDelivery(
            lambda incident: view(incident, layouts.words, public_url=settings.server.public_url)
        )
    slack = slack_of(settings.slack)
    studio = Studio(artist, slack)
    outbox = Outbox(
        store,
        slack,
        layouts.parts,
        studio,
        clock=now,
        sleep=asyncio.sleep,
        ids=new_id,
        left=layouts.left,
        superseded=layouts.superseded,
    )
    storm = settings.delivery.storm
    options = StormOptions(bound=storm.bound, calm=storm.calm, urgent=storm.urgent)
    book = StormBook(store, options, now, new_id)
    digests = Digests(layouts, public_url=settings.server.public_url)
    return Gathering(store, book, outbox, digests, options, now)


def _flow_options(settings: Settings) -> FlowOptions:
    routes = tuple(Route(route.matchers, route.channel) for route in settings.delivery.routes)
    return FlowOptions(
        clusters=tuple(ClusterMatch(cluster.name, cluster.match) for cluster in settings.clusters),
        routes=Routes(routes, settings.delivery.default_channel),
        merge=MergeOptions(
            reorder_window=settings.incidents.reorder_window, reopen_within=settings.incidents.reopen_within
        ),
        stale_after=settings.incidents.stale_after,
        hold=settings.delivery.hold.total_seconds(),
        targets=settings.diagnosis.targets,
    )


def _silence_options(settings: Settings) -> SilenceOptions:
    silences = settings.silences
    return SilenceOptions(silences.longest, silences.zone, settings.server.public_url)


def _janitor_options(settings: Settings) -> JanitorOptions:
    return JanitorOptions(closed_incidents=settings.incidents.retention, deeds=settings.audit.retention)


def _application(
    settings: Settings, store: Store, queue: Queue, orders: Orders, words: Words, artist: Artist
) -> web.Application:
    application = web.Application(middlewares=[json_errors])
    tokens = _tokens(settings.webhook) if settings.webhook else None
    taking = WebhookOptions(mask=redact_member, told=_sent_by_hand(orders.audit))
    application.add_routes(webhook_routes(queue, tokens, taking, now))
    application.add_routes(
        console(
            store,
            orders,
            words,
            _console_options(settings),
            artist=artist,
            readiness=_readiness(store, queue),
            clock=now,
        )
    )
    return application


def _readiness(store: Store, queue: Queue) -> Callable[[], Awaitable[list[str]]]:
    async def reasons() -> list[str]:
        return [reason for reason in (await store.healthy(), queue.healthy()) if reason]

    return reasons


def _sent_by_hand(audit: Audit) -> Callable[[str, str], Awaitable[None]]:
    async def told(person: str, alerts: str) -> None:
        await audit.keep(audit.deed(Person(Via.CLI, person), f"send {alerts}"))

    return told


def _console_options(settings: Settings) -> ConsoleOptions:
    access = settings.console.access
    return ConsoleOptions(
        public_url=settings.server.public_url,
        tokens=_tokens(access).current if access else None,
        trusted_header=settings.console.trusted_header,
        loopback=settings.server.loopback,
        webhook_token=bool(settings.webhook),
    )


def _reachable(host: str) -> str:
    """Where this machine itself reaches a server that listens on `host`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to
    return f"[{local}]" if ":" in local else local


def _tokens(settings: TokenSettings) -> TokenSource:
    return TokenSource(settings.tokens, settings.file)


async def _sweep(flow: Flow) -> None:
    while True:
        with suppress(StoreError):
            await flow.sweep()
        await asyncio.sleep(_SWEEP_SECONDS)
