"""A cluster that is only simulated answers the same looks with the same snapshots, without a network.

A refused or fruitless look is answered with a gap, as a client would. Nothing here judges what it returns.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, TypeVar, cast

from bot.demo.simulated_metrics import SimulatedPrometheus
from bot.demo.world import Place, World
from bot.demo.worlds import prepared, targets
from bot.diagnosis.evidence import EventNote, LogTail, ObjectNote, PodList, WorkloadList
from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    LogHead,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    SiblingsOf,
    WorkloadOf,
)
from bot.diagnosis.looks_objects import (
    BudgetsOf,
    ClusterStoreOf,
    ConfigMapOf,
    CrdOf,
    EndpointsOf,
    ExternalSecretsOf,
    PrometheusOf,
    QuotasOf,
    StoreOf,
)
from bot.diagnosis.sources import Answerer, Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Reason, Source, Target

T = TypeVar("T")
CLUSTER = "default"
_WHO = 'User "system:serviceaccount:opsbot:opsbot"'
_NEAREST = 5
_ALL = 1_000_000
_BY_NAME = frozenset({"deployment", "statefulset", "daemonset", "cronjob", "job", "pod"})
# There are too many of them to be meant by a name that is only similar.
_BY_EXACT_NAME = frozenset({"Job", "Pod"})


@dataclass(slots=True)
class Stage:
    """The one thing that changes during a demo: which world each scenario shows at present."""

    clock: Callable[[], datetime]
    worlds: dict[str, World] = field(default_factory=dict)

    def places(self) -> Iterator[Place]:
        for world in self.worlds.values():
            yield from world.places

    def answerers(self) -> Mapping[Source, Answerer]:
        return {
            Source.KUBERNETES: SimulatedKubernetes(self),
            Source.PROMETHEUS: SimulatedPrometheus(self.clock, self.worlds),
        }


class SimulatedKubernetes:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._answers: dict[type[Look[Any]], Callable[[Any], Any]] = {
            FindTargets: self._find,
            WorkloadOf: self._workload,
            PodsOf: self._pods,
            LogOf: self._log,
            EventsOf: self._events,
            RevisionsOf: self._revisions,
            NodeOf: self._node,
            NodesJoined: self._joined,
            ConfigMapNote: lambda look: self._note("ConfigMap", look.namespace, look.name),
            SecretNote: lambda look: self._note("Secret", look.namespace, look.name),
            ScalersOf: self._scalers,
            ServiceOf: self._service,
            ApplicationOf: self._application,
            SiblingsOf: self._siblings,
            LogHead: self._head,
            EndpointsOf: self._endpoints,
            **dict.fromkeys((BudgetsOf, QuotasOf), _none),
            ExternalSecretsOf: lambda look: None if look.name else (),
            **dict.fromkeys((ConfigMapOf, CrdOf, PrometheusOf, StoreOf, ClusterStoreOf), _nothing),
        }

    async def answer(self, look: Look[T]) -> T | Unavailable:
        if self._denied(look):
            gap = gap_of(look, Reason.FORBIDDEN)
            where = f'in the namespace "{gap.namespace}"' if gap.namespace else "at the cluster scope"
            return replace(gap, detail=f'{_WHO} cannot {gap.verb} resource "{gap.resource}" {where}')
        found = prepared(self._stage.worlds.values(), look)
        if found is None and type(look) in self._answers:
            found = self._answers[type(look)](look)
        if found is None:
            return gap_of(look, Reason.NOT_FOUND, "the simulated cluster has no such object")
        return cast("T | Unavailable", found)

    def _denied(self, look: Look[Any]) -> bool:
        namespace = gap_of(look, Reason.FORBIDDEN).namespace
        return any(
            isinstance(look, denied.look) and denied.namespace == namespace
            for world in self._stage.worlds.values()
            for denied in world.denied
        )

    def _find(self, look: FindTargets) -> tuple[Target, ...]:
        kinds = {look.kind.lower()} if look.kind else _BY_NAME
        near = [
            target
            for target in targets(self._stage.worlds.values(), CLUSTER)
            if look.namespace in {"", target.namespace} and target.kind.lower() in kinds
        ]
        exact = tuple(sorted(target for target in near if target.name == look.name))
        known = sorted({target.name for target in near if look.kind or target.kind not in _BY_EXACT_NAME})
        names = difflib.get_close_matches(look.name, known, _NEAREST, 0.4)
        return exact or tuple(sorted(target for target in near if target.name in names))

    def _workload(self, look: WorkloadOf) -> Any:
        return next((p.workload for p in self._stage.places() if _belongs(look.target, p)), None)

    def _pods(self, look: PodsOf) -> PodList | None:
        for place in self._stage.places():
            if place.workload.target.namespace != look.namespace:
                continue
            if look.pod:
                named = tuple(pod for pod in place.pods if pod.name == look.pod)
                if named:
                    return PodList(named)
            elif place.workload.selector == look.selector:
                return PodList(place.pods)
        return None if look.pod else PodList(())

    def _log(self, look: LogOf) -> LogTail | None:
        asked = (look.pod, look.container, look.previous)
        for place in self._stage.places():
            for log in place.logs:
                if (log.pod, log.container, log.previous) == asked:
                    kept = log.lines[-look.lines :]
                    return LogTail(*asked, kept, cut=log.cut or len(kept) < len(log.lines))
        return None

    def _head(self, look: LogHead) -> LogTail | None:
        """Whole lines of the beginning, as many as fit."""
        whole = self._log(LogOf(look.namespace, look.pod, look.container, look.previous, lines=_ALL))
        if whole is None:
            return None
        ends = accumulate(len(line.encode()) + 1 for line in whole.lines)
        kept = sum(1 for end in ends if end <= look.kibibytes * 1024)
        return replace(whole, lines=whole.lines[:kept], cut=kept < len(whole.lines))

    def _siblings(self, look: SiblingsOf) -> WorkloadList:
        found = {
            place.workload.target: place.workload
            for place in self._stage.places()
            if (place.workload.target.namespace, place.workload.target.kind) == (look.namespace, look.kind)
        }
        names = sorted(found)
        kept = tuple(found[name] for name in names[: look.limit])
        return WorkloadList(kept, len(names) - len(kept))

    def _endpoints(self, look: EndpointsOf) -> EndpointsState:
        """The pods of the place that has the Service; none behind a Service that nobody put there."""
        behind = [
            pod
            for place in self._stage.places()
            if any((one.namespace, one.name) == (look.namespace, look.service) for one in place.services)
            for pod in place.pods
        ]
        ready = sum(1 for pod in behind if pod.ready)
        return EndpointsState(look.namespace, look.service, ready, len(behind) - ready)

    def _events(self, look: EventsOf) -> tuple[EventNote, ...]:
        return tuple(
            event
            for place in self._stage.places()
            if place.workload.target.namespace == look.namespace
            for event in place.events
            if event.object == f"{look.kind}/{look.name}"
            and (event.type == "Warning" or not look.warnings_only)
        )

    def _revisions(self, look: RevisionsOf) -> Any:
        return next((p.revisions for p in self._stage.places() if p.workload.uid == look.uid), None)

    def _node(self, look: NodeOf) -> Any:
        worlds = self._stage.worlds.values()
        return next((node for world in worlds for node in world.nodes if node.name == look.name), None)

    def _joined(self, _look: NodesJoined) -> tuple[ObjectNote, ...]:
        nodes = {node.name: node for world in self._stage.worlds.values() for node in world.nodes}
        return tuple(
            ObjectNote("Node", "", name, nodes[name].created_at, nodes[name].created_at)
            for name in sorted(nodes)
        )

    def _note(self, kind: str, namespace: str, name: str) -> ObjectNote | None:
        wanted = (kind, namespace, name)
        worlds = self._stage.worlds.values()
        notes = (note for world in worlds for note in world.notes)
        return next((note for note in notes if (note.kind, note.namespace, note.name) == wanted), None)

    def _scalers(self, look: ScalersOf) -> Any:
        return tuple(
            scaler
            for place in self._stage.places()
            for scaler in place.scalers
            if scaler.namespace == look.namespace
            and look.name in {"", scaler.name}
            and look.kind in {"", scaler.target_kind}
            and look.workload in {"", scaler.target_name}
        )

    def _service(self, look: ServiceOf) -> Any:
        services = (service for place in self._stage.places() for service in place.services)
        wanted = (look.namespace, look.name)
        return next((one for one in services if (one.namespace, one.name) == wanted), None)

    def _application(self, look: ApplicationOf) -> Any:
        worlds = self._stage.worlds.values()
        applications = (one for world in worlds for one in world.applications)
        return next(
            (a for a in applications if a.name == look.name and look.namespace in {"", a.namespace}), None
        )


def _nothing(_look: Look[Any]) -> None:
    """Nobody put it there."""


def _none(_look: Look[Any]) -> tuple[()]:
    return ()


def _belongs(target: Target, place: Place) -> bool:
    """Whether a look for `target` ends at this workload: itself, a pod or ReplicaSet of it, its HPA or its Service."""
    own = place.workload.target
    if target.namespace != own.namespace:
        return False
    names = {
        own.kind: {own.name},
        "Pod": {pod.name for pod in place.pods},
        "ReplicaSet": {revision.name for revision in place.revisions},
        "HorizontalPodAutoscaler": {scaler.name for scaler in place.scalers},
        "Service": {service.name for service in place.services},
    }
    return target.name in names.get(target.kind, ())
