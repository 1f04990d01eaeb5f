"""Looks at what a workload talks to: the addresses it is given, who stands there, and what its log says. Judges nothing.

The chain is the workload, its settings, the server that they name, and the address that would be right. Pods and logs
are looked at meanwhile.
"""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from bot.diagnosis.changes import WORKLOAD_KINDS
from bot.diagnosis.environment import Variable, effective
from bot.diagnosis.evidence import ContainerSpec, PodList, PodState, WorkloadState
from bot.diagnosis.evidence_objects import AddressState, ApplicationState
from bot.diagnosis.looks import ApplicationOf, LogHead, LogOf, PodsOf, WorkloadOf
from bot.diagnosis.looks_metrics import PrometheusAt
from bot.diagnosis.looks_objects import EndpointsOf, ExternalSecretsOf
from bot.diagnosis.naming import some
from bot.diagnosis.ownership import application_of
from bot.diagnosis.portal.addresses import Address, route_prefix
from bot.diagnosis.portal.backdrop import Backdrop, Log, Server, Setting
from bot.diagnosis.settings_of import look_at_settings
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Reason, Source, Target

_MOST_CONTAINERS = 2


async def look_behind(target: Target, sources: Sources) -> Backdrop:
    if target.kind not in WORKLOAD_KINDS:
        return Backdrop(target, _nothing(target, f"{some(target.kind)} is no workload"))
    workload = await sources.look(WorkloadOf(target))
    if isinstance(workload, Unavailable):
        return Backdrop(target, workload)
    containers = tuple(spec for spec in workload.template.containers if spec.role == "main")
    namespace = workload.target.namespace
    (seen, server), logs, application, neighbours = await asyncio.gather(
        _settings(workload, containers, sources),
        _logs(workload, containers[:_MOST_CONTAINERS], sources),
        _application(workload, sources),
        sources.look(ExternalSecretsOf(namespace)),
    )
    container, settings, gap = seen
    return Backdrop(
        target=workload.target,
        workload=workload,
        container=container,
        settings=settings,
        gap=gap,
        server=server,
        logs=logs,
        application=application,
        neighbours=neighbours,
    )


Seen = tuple[str, tuple[Setting, ...], Unavailable | None]


async def _settings(
    workload: WorkloadState, containers: tuple[ContainerSpec, ...], sources: Sources
) -> tuple[Seen, Server | None]:
    """Of the container that is told most about Prometheus and ArgoCD, with the server that its address names."""
    names = [spec.name for spec in containers]
    held = await look_at_settings(workload.target.namespace, workload.template, sources, names)
    found: list[Seen] = []
    for spec in containers:
        environment = effective(spec, held)
        settings = tuple(_setting(variable) for variable in environment)
        found.append((spec.name, settings, next(iter(environment.gaps), None)))
    if not found:
        return ("", (), None), None
    chosen = max(found, key=lambda one: sum(_telling(setting) for setting in one[1]))
    configured = Backdrop(workload.target, workload, settings=chosen[1]).prometheus
    server = await _server(configured[1], workload.target, sources) if configured else None
    return chosen, server


def _setting(variable: Variable) -> Setting:
    return Setting(variable.name, variable.value, variable.origin.object or "pod template")


def _telling(setting: Setting) -> bool:
    return any(word in setting.name.upper() for word in ("PROM", "ARGOCD"))


async def _server(address: Address, target: Target, sources: Sources) -> Server:
    named = address.service(target.namespace)
    if named is None:
        plain = await sources.look(PrometheusAt(address.url))
        return _elsewhere(Server(plain=plain), address)
    # In its own namespace a workload says `prometheus`; the bot may live in another one.
    asked = address.at_service(*named)
    plain, workload, endpoints = await asyncio.gather(
        sources.look(PrometheusAt(asked.url)),
        sources.look(WorkloadOf(Target(target.cluster, named[0], "Service", named[1]))),
        sources.look(EndpointsOf(*named)),
    )
    prefix = route_prefix(workload.template) if isinstance(workload, WorkloadState) else None
    server = _elsewhere(Server(named, workload, endpoints, prefix, plain), address)
    if prefix is None or prefix == address.path or server.other_url:
        return server
    other = None
    if not (isinstance(plain, AddressState) and plain.is_api):
        other = await sources.look(PrometheusAt(asked.under(prefix).url))
    return replace(server, other=other, other_url=address.under(prefix).url)


def _elsewhere(server: Server, address: Address) -> Server:
    """With the address that would be right, where whoever asked at the configured one has found it."""
    plain = server.plain
    if not isinstance(plain, AddressState) or not plain.found_at:
        return server
    path = urlsplit(plain.found_at).path.rstrip("/")
    found = AddressState(plain.found_at, 200, is_api=True)
    return replace(server, other=found, other_url=address.under(path).url, prefix=path)


async def _logs(
    workload: WorkloadState, containers: tuple[ContainerSpec, ...], sources: Sources
) -> tuple[Log, ...]:
    """Start and end of the log of one pod: what was said of the settings, and what failed last."""
    owner = workload.target
    if owner.kind == "Pod":
        pods = await sources.look(PodsOf(owner.namespace, pod=owner.name))
    elif workload.selector:
        pods = await sources.look(PodsOf(owner.namespace, workload.selector))
    else:
        pods = _nothing(owner, f"{some(owner.kind)} selects no pods")
    pod = _newest(pods) if isinstance(pods, PodList) else None
    if pod is None:
        gap = pods if isinstance(pods, Unavailable) else _nothing(owner, "it has no pod that has run")
        return (Log(LogOf(owner.namespace, owner.name, containers[0].name if containers else ""), gap),)
    looks: list[LogOf | LogHead] = []
    for spec in containers:
        looks += (LogHead(pod.namespace, pod.name, spec.name), LogOf(pod.namespace, pod.name, spec.name))
    tails = await asyncio.gather(*(sources.look(look) for look in looks))
    return tuple(Log(look, tail) for look, tail in zip(looks, tails, strict=True))


def _newest(pods: PodList) -> PodState | None:
    """Of those that run, the youngest: it started with the settings as they are."""
    lived = [
        pod
        for pod in pods.pods
        if not pod.deleting and any(c.started_at or c.terminated or c.last_terminated for c in pod.containers)
    ]
    return max(lived, key=lambda pod: (pod.created_at is not None, pod.created_at, pod.name), default=None)


async def _application(workload: WorkloadState, sources: Sources) -> ApplicationState | Unavailable | None:
    name = application_of(workload.labels, workload.annotations, workload.managers)
    return await sources.look(ApplicationOf(name)) if name else None


def _nothing(target: Target, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods", target.namespace, detail)
