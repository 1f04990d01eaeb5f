"""What a simulated cluster holds, as the same snapshots that a real source returns. Data only: nothing here looks.

A `Place` is one workload with all that belongs to it; a `World` is what one scenario puts into the cluster. What belongs
to no workload, such as a ConfigMap or a custom resource, stands among its `answers`: to exactly this look, this answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.demo.bodies import Draft
from bot.diagnosis.evidence import (
    EventNote,
    LogTail,
    NodeState,
    ObjectNote,
    PodState,
    Revision,
    WorkloadState,
)
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState, ServiceState
from bot.diagnosis.sources import Look


@dataclass(frozen=True, slots=True)
class Place:
    """One workload, its pods and revisions (newest first), their logs, and the events about any of them."""

    workload: WorkloadState
    pods: tuple[PodState, ...] = ()
    revisions: tuple[Revision, ...] = ()
    logs: tuple[LogTail, ...] = ()
    events: tuple[EventNote, ...] = ()
    scalers: tuple[ScalerState, ...] = ()
    services: tuple[ServiceState, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One series. `value` takes a time in seconds since the epoch."""

    name: str
    labels: Mapping[str, str]
    value: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Denied:
    """A kind of look that the bot may not make in a namespace, as if a grant were missing."""

    look: type[Look[Any]]
    namespace: str


@dataclass(frozen=True, slots=True)
class World:
    places: tuple[Place, ...]
    nodes: tuple[NodeState, ...] = ()
    notes: tuple[ObjectNote, ...] = ()
    applications: tuple[ApplicationState, ...] = ()
    metrics: tuple[Metric, ...] = ()
    denied: tuple[Denied, ...] = ()
    answers: Mapping[Look[Any], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a scenario: the cluster changes to `world`, and `after` seconds later Alertmanager sends `alerts`."""

    says: str
    alerts: tuple[Draft, ...]
    world: World
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """`acts` builds the steps around the moment at which the scenario begins."""

    name: str
    summary: str
    acts: Callable[[datetime], tuple[Act, ...]] = field(repr=False)
