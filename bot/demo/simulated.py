"""Sources that answer from a simulated cluster: the same looks, the same snapshots, no network.

A refused or fruitless look is answered with a gap, as a client would. Nothing here judges what it returns.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from bot.demo.world import Metric, Place, World
from bot.diagnosis.evidence import EventNote, LogTail, ObjectNote, PodList, Point, Series, SeriesSet
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    WorkloadOf,
)
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Answerer, Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.matchers import MatcherError, match_all, parse_matchers
from bot.model import Reason, Source, Target

T = TypeVar("T")
CLUSTER = "default"
_WHO = 'User "system:serviceaccount:opsbot:opsbot"'
_NEAREST = 5


@dataclass(slots=True)
class Stage:
    """The one thing that changes during a demo: which world each scenario shows at present."""

    clock: Callable[[], datetime]
    worlds: dict[str, World] = field(default_factory=dict)

    def places(self) -> Iterator[Place]:
        for world in self.worlds.values():
            yield from world.places

    def answerers(self) -> Mapping[Source, Answerer]:
        return {Source.KUBERNETES: SimulatedKubernetes(self), Source.PROMETHEUS: SimulatedPrometheus(self)}


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
        }

    async def answer(self, look: Look[T]) -> T | Unavailable:
        if self._denied(look):
            verb, resource = look.read.verbs[0], look.read.resources[0]
            namespace = getattr(look, "namespace", "")
            detail = f'{_WHO} cannot {verb} resource "{resource}" in the namespace "{namespace}"'
            return gap_of(look, Reason.FORBIDDEN, detail)
        found = self._answers[type(look)](look) if type(look) in self._answers else None
        if found is None:
            return gap_of(look, Reason.NOT_FOUND, "the simulated cluster has no such object")
        return cast("T", found)

    def _denied(self, look: Look[Any]) -> bool:
        namespace = getattr(look, "namespace", None)
        return any(
            isinstance(look, denied.look) and denied.namespace == namespace
            for world in self._stage.worlds.values()
            for denied in world.denied
        )

    def _find(self, look: FindTargets) -> tuple[Target, ...]:
        near = [
            place.workload.target
            for place in self._stage.places()
            if look.namespace in {"", place.workload.target.namespace}
            and look.kind.lower() in {"", place.workload.target.kind.lower()}
        ]
        exact = tuple(sorted(target for target in near if target.name == look.name))
        names = difflib.get_close_matches(look.name, sorted({target.name for target in near}), _NEAREST, 0.4)
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


class SimulatedPrometheus:
    """Knows series by name and by the label matchers of the first selector in a query; functions are not computed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def answer(self, look: Look[T]) -> T | Unavailable:
        if isinstance(look, InstantQuery):
            at = look.at if look.at is not None else self._stage.clock().timestamp()
            return cast("T", self._series(look.expr, (at,)))
        if isinstance(look, RangeQuery):
            start = self._stage.clock().timestamp() - look.seconds
            steps = range(int(look.seconds // look.step) + 1)
            return cast("T", self._series(look.expr, tuple(start + look.step * n for n in steps)))
        return gap_of(look, Reason.NOT_FOUND, "the simulated Prometheus answers queries only")

    def _series(self, expr: str, times: tuple[float, ...]) -> SeriesSet:
        return SeriesSet(
            tuple(
                Series(metric.labels, tuple(_point(metric, at) for at in times))
                for world in self._stage.worlds.values()
                for metric in world.metrics
                if _selects(expr, metric)
            )
        )


def _point(metric: Metric, at: float) -> Point:
    return Point(datetime.fromtimestamp(at, UTC), metric.value(at))


def _selects(expr: str, metric: Metric) -> bool:
    before, name, rest = expr.partition(metric.name)
    if not name or (before and (before[-1].isalnum() or before[-1] in "_:")) or rest[:1].isalnum():
        return False
    if not rest.startswith("{"):
        return not rest.startswith("_")
    inside = rest[1 : rest.find("}")].strip()
    try:
        return not inside or match_all(parse_matchers(inside), metric.labels)
    except MatcherError:
        return False


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
