"""Looks at what the External Secrets Operator needs: CRDs and who converts them, stores, ExternalSecrets, ArgoCD.

Looks only, and judges nothing. The number of look-ups is bounded, however many ExternalSecrets there are.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.diagnosis.evidence import EventNote
from bot.diagnosis.evidence_objects import ApplicationState, AppResource, CrdState, ExternalSecretState
from bot.diagnosis.external_secrets.messages import GROUP, of_operator, wanted
from bot.diagnosis.external_secrets.situation import (
    Converter,
    Crd,
    Situation,
    Store,
    Synced,
    concerns,
    is_ready,
    texts_of,
)
from bot.diagnosis.looks import ApplicationOf, EventsOf, SecretNote, ServiceOf, SiblingsOf
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, EndpointsOf, ExternalSecretsOf, StoreOf
from bot.diagnosis.naming import some
from bot.diagnosis.ownership import owner_of
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Reason, Source, Target

# The kinds that earlier operators converted: https://github.com/external-secrets/external-secrets/issues/4662
CRD_NAMES = tuple(
    f"{plural}.{GROUP}"
    for plural in ("clustersecretstores", "externalsecrets", "secretstores", "clusterexternalsecrets")
)
_STORE_KINDS = ("SecretStore", "ClusterSecretStore")
MOST_SECRETS = 10
MOST_STORES = 8
_MOST_CONVERTERS = 3

Named = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True, slots=True)
class _Objects:
    """The ExternalSecrets of a target, and the stores that are named without one."""

    secrets: tuple[ExternalSecretState, ...] = ()
    stores: tuple[Named, ...] = ()
    gaps: tuple[Unavailable, ...] = ()


async def look_at_secrets(target: Target, sources: Sources) -> Situation:
    application: ApplicationState | Unavailable | None = None
    if target.kind == "Application":
        application = await sources.look(ApplicationOf(target.name, target.namespace))
        if isinstance(application, ApplicationState) and not concerns(application):
            return Situation(target, application)
    crds, objects = await asyncio.gather(
        _crds(target, application, sources), _objects(target, application, sources)
    )
    chosen = sorted(objects.secrets, key=lambda one: (is_ready(one.conditions), one.name))[:MOST_SECRETS]
    converters, stores, synced, tracking, installer = await asyncio.gather(
        _converters(crds, sources),
        _stores(objects.stores, chosen, sources),
        asyncio.gather(*(_synced(state, sources) for state in chosen)),
        _tracking(target, application, chosen, objects.gaps, sources),
        _installer(crds, sources),
    )
    return Situation(
        target,
        tracking,
        crds,
        converters,
        tuple(synced),
        stores,
        objects.gaps,
        len(objects.secrets) - len(chosen),
        installer,
    )


async def _crds(
    target: Target, application: ApplicationState | Unavailable | None, sources: Sources
) -> tuple[Crd, ...]:
    """Those of the operator; of a target that is another operator's, only that one."""
    if target.kind == "CustomResourceDefinition" and target.name not in CRD_NAMES:
        names = [target.name]
    else:
        asked = wanted(texts_of(application))
        more = (one.crd for one in asked if of_operator(one.group))
        names = list(dict.fromkeys((*CRD_NAMES, *more)))
    states = await asyncio.gather(*(sources.look(CrdOf(name)) for name in names))
    return tuple(Crd(name, state) for name, state in zip(names, states, strict=True))


async def _objects(
    target: Target, application: ApplicationState | Unavailable | None, sources: Sources
) -> _Objects:
    if isinstance(application, ApplicationState):
        return await _of_application(application, sources)
    if application is not None:
        return _Objects(gaps=(application,))
    if target.kind in {"ClusterSecretStore", "CustomResourceDefinition"}:
        stores = ((target.kind, "", target.name),) if target.kind in _STORE_KINDS else ()
        gap = _nowhere(f"{some(target.kind)} does not say which ExternalSecrets need it")
        return _Objects(stores=stores, gaps=(gap,))
    if target.kind == "SecretStore":
        found = await _listed(target.namespace, "", sources)
        own = tuple(one for one in found.secrets if (one.store_kind, one.store) == _kind_and_name(target))
        return _Objects(own, ((target.kind, target.namespace, target.name),), found.gaps)
    named = target.name if target.kind == "ExternalSecret" else ""
    return await _listed(target.name if target.kind == "Namespace" else target.namespace, named, sources)


def _kind_and_name(target: Target) -> tuple[str, str]:
    return target.kind, target.name


async def _listed(namespace: str, name: str, sources: Sources) -> _Objects:
    if not namespace:
        return _Objects(gaps=(_nowhere("no namespace is named"),))
    found = await sources.look(ExternalSecretsOf(namespace, name))
    return _Objects(gaps=(found,)) if isinstance(found, Unavailable) else _Objects(found)


async def _of_application(application: ApplicationState, sources: Sources) -> _Objects:
    named = _named(application.sync_results, application.resources)
    wanted_secrets = [one for one in named if one[0] == "ExternalSecret" and one[1]][:MOST_SECRETS]
    found = await asyncio.gather(*(_listed(place, name, sources) for _kind, place, name in wanted_secrets))
    return _Objects(
        tuple(state for one in found for state in one.secrets),
        tuple(one for one in named if one[0] in _STORE_KINDS),
        tuple(gap for one in found for gap in one.gaps),
    )


def _named(*lists: Sequence[AppResource]) -> list[Named]:
    """The operator's objects that are not in order, those that failed first."""
    return list(
        dict.fromkeys(
            (one.kind, "" if one.kind == "ClusterSecretStore" else one.namespace, one.name)
            for resources in lists
            for one in resources
            if one.group == GROUP
        )
    )


def _nowhere(detail: str) -> Unavailable:
    return Unavailable(
        Source.KUBERNETES, Reason.NOT_FOUND, "list", "externalsecrets", detail=detail, group=GROUP
    )


async def _converters(crds: Iterable[Crd], sources: Sources) -> tuple[Converter, ...]:
    named = sorted(
        {
            one.state.webhook_service
            for one in crds
            if isinstance(one.state, CrdState)
            and one.state.strategy == "Webhook"
            and one.state.webhook_service
        }
    )
    return tuple(await asyncio.gather(*(_converter(name, sources) for name in named[:_MOST_CONVERTERS])))


async def _converter(named: str, sources: Sources) -> Converter:
    namespace, _, name = named.partition("/")
    service, endpoints, deployments = await asyncio.gather(
        sources.look(ServiceOf(namespace, name)),
        sources.look(EndpointsOf(namespace, name)),
        sources.look(SiblingsOf(namespace)),
    )
    return Converter(namespace, name, service, endpoints, deployments)


async def _synced(state: ExternalSecretState, sources: Sources) -> Synced:
    if is_ready(state.conditions):
        note = await sources.look(SecretNote(state.namespace, state.secret)) if state.keys else None
        return Synced(state, note=note)
    return Synced(state, events=await _events(state.namespace, "ExternalSecret", state.name, sources))


async def _events(
    namespace: str, kind: str, name: str, sources: Sources
) -> tuple[EventNote, ...] | Unavailable:
    return await sources.look(EventsOf(namespace, kind, name))


async def _stores(
    named: Iterable[Named], secrets: Iterable[ExternalSecretState], sources: Sources
) -> tuple[Store, ...]:
    used = {
        (one.store_kind, "" if one.store_kind == "ClusterSecretStore" else one.namespace, one.store): True
        for one in secrets
        if one.store and one.store_kind in _STORE_KINDS
    }
    wanted_stores = sorted({**dict.fromkeys(named, False), **used}.items())[:MOST_STORES]
    return tuple(await asyncio.gather(*(_store(name, used, sources) for name, used in wanted_stores)))


async def _store(named: Named, used: bool, sources: Sources) -> Store:
    kind, namespace, name = named
    look = StoreOf(namespace, name) if kind == "SecretStore" else ClusterStoreOf(name)
    state = await sources.look(look)
    if isinstance(state, Unavailable) or is_ready(state.conditions):
        return Store(*named, state, used=used)
    return Store(*named, state, await _events(namespace, kind, name, sources), used)


async def _tracking(
    target: Target,
    application: ApplicationState | Unavailable | None,
    secrets: Sequence[ExternalSecretState],
    gaps: Sequence[Unavailable],
    sources: Sources,
) -> ApplicationState | Unavailable | None:
    """The Application that the target is, or the one that tracks it; None where none is known to."""
    if target.kind == "Application":
        return application
    owners = [owner_of(one.marks).source for one in secrets]
    named = [(one.by, one.namespace) for one in owners if one.kind == "Application"]
    if named:
        return await sources.look(ApplicationOf(*named[0]))
    return gaps[0] if gaps else None


async def _installer(crds: Iterable[Crd], sources: Sources) -> ApplicationState | None:
    """Whether its templates are Helm's tells in which file a change of the CRDs belongs."""
    owners = [owner_of(one.state.marks).source for one in crds if isinstance(one.state, CrdState)]
    named = [(one.by, one.namespace) for one in owners if one.kind == "Application"]
    found = await sources.look(ApplicationOf(*named[0])) if named else None
    return None if isinstance(found, Unavailable) else found
