"""`opsbot check`: tries every part of the configuration against what is really there, and says what to do about each."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Protocol

from bot.catalogue import Catalogue, catalogue_of
from bot.commands.check_slack import check_slack
from bot.commands.checks import FIND_CLUSTER, Check, State, gap
from bot.connections import Clients, clients_of
from bot.delivery.wording_check import missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.grants import grant_for
from bot.diagnosis.sources import Read, Unavailable
from bot.incidents.store import Store, StoreError
from bot.model import Reason, Source
from bot.settings import ClusterSettings, Settings, SettingsError, refuse_unsafe
from runbooks.catalog import CATALOG


class _Pinged(Protocol):
    async def ping(self) -> Unavailable | None: ...


async def check(settings: Settings) -> AsyncIterator[Check]:
    yield _tokens(settings)
    yield await _store(settings)
    catalogue = await catalogue_of(settings.runbooks)
    yield await _house(settings)
    for one in (*_own(catalogue), *_matches(settings, catalogue)):
        yield one
    for one in await check_slack(settings):
        yield one
    async with AsyncExitStack() as stack:
        reads = [read for read in catalogue.reads if read.source is Source.KUBERNETES]
        for cluster in settings.clusters:
            clients = await clients_of(stack, cluster)
            for one in await _kubernetes(cluster, clients, reads):
                yield one
            for name in ("prometheus", "alertmanager", "argocd", "grafana"):
                yield await _pinged(f"{name} of {cluster.name}", getattr(clients, name))


def _tokens(settings: Settings) -> Check:
    what = "webhook token"
    try:
        refuse_unsafe(settings)
    except SettingsError as error:
        return Check(what, State.FAILED, str(error), "set OPSBOT_WEBHOOK_TOKEN, or OPSBOT_WEBHOOK_TOKEN_FILE")
    if not settings.webhook:
        return Check(what, State.OFF, f"only this machine can post to {settings.server.host}")
    return Check(what, State.OK)


async def _store(settings: Settings) -> Check:
    what = "store"
    try:
        store = Store(settings.store_url.reveal(), replica="check")
        await store.open()
        await store.close()
    except StoreError as error:
        if "in use by another opsbot" in str(error):
            return Check(what, State.OK, "in use by a running opsbot")
        return Check(what, State.FAILED, str(error), "correct OPSBOT_STORE_URL, or start the database")
    return Check(what, State.OK, settings.store_url.reveal().partition(":")[0])


async def _house(settings: Settings) -> Check:
    words = Words(settings.delivery.language)
    wrong = await check_catalog(CATALOG)
    for runbook in CATALOG:
        wrong += missing_words_of_runbook(words, runbook.name, [cause.id for cause in runbook.causes])
    if wrong:
        return Check("runbooks", State.FAILED, "; ".join(wrong), "correct the runbook or its words")
    return Check("runbooks", State.OK, ", ".join(runbook.name for runbook in CATALOG))


def _own(catalogue: Catalogue) -> Iterator[Check]:
    """Those of a team's folders."""
    for name, file in catalogue.files.items():
        yield Check(f"runbook {name}", State.OK, str(file))
    for refused in catalogue.refused:
        advice = "correct it, or take it out of runbooks.folders; the other runbooks run"
        yield Check(f"runbook {refused.name}", State.FAILED, f"refused: {refused}", advice)
    for note in catalogue.notes:
        yield Check("runbooks.folders", State.FAILED, note, "see docs/write-a-runbook.md")


def _matches(settings: Settings, catalogue: Catalogue) -> Iterator[Check]:
    try:
        catalogue.extra_matches(settings.runbooks.match)
    except SettingsError as error:
        yield Check("runbooks.match", State.FAILED, str(error), "correct the configuration")


async def _kubernetes(cluster: ClusterSettings, clients: Clients, reads: Sequence[Read]) -> list[Check]:
    what = f"kubernetes of {cluster.name}"
    version = await clients.kubernetes.ping()
    if isinstance(version, Unavailable):
        off = version.reason is Reason.NOT_CONFIGURED
        advice = FIND_CLUSTER if off else "see that the API server can be reached from here"
        return [Check(what, State.FAILED, f"nothing can be diagnosed: {gap(version)}", advice)]
    checks = [Check(what, State.OK, version)]
    for read in reads:
        gaps = await clients.kubernetes.denied(read)
        label = f"read {', '.join(read.resources)}"
        if not gaps:
            checks.append(Check(label, State.OK))
            continue
        refused = ", ".join(f"{gap.verb} {gap.resource}" for gap in gaps)
        grants = "---\n".join(dict.fromkeys(filter(None, map(grant_for, gaps))))
        checks.append(
            Check(label, State.FAILED, f"refused: {refused} ({read.why})", grants or "see opsbot rbac")
        )
    return checks


async def _pinged(what: str, client: _Pinged | None) -> Check:
    if client is None:
        return Check(what, State.OFF)
    missing = await client.ping()
    if missing is None:
        return Check(what, State.OK)
    return Check(what, State.FAILED, gap(missing), "correct its url or token in the configuration")
