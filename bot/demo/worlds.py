"""What several worlds hold together: the answers that are prepared word for word, and whatever a person can name. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.demo.world import World
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    CrdState,
    ExternalSecretState,
    ScalerState,
    StoreState,
)
from bot.diagnosis.sources import Look
from bot.model import Target


def prepared(worlds: Iterable[World], look: Look[Any]) -> Any:
    """What a scenario says to exactly this look; None where none does."""
    return next((world.answers[look] for world in worlds if look in world.answers), None)


def targets(worlds: Iterable[World], cluster: str) -> set[Target]:
    """Everything in these worlds that a look by name can find."""
    found = set[Target]()
    for world in worlds:
        for place in world.places:
            found.add(place.workload.target)
            found |= {Target(cluster, pod.namespace, "Pod", pod.name) for pod in place.pods}
            found |= {Target(cluster, one.namespace, "Service", one.name) for one in place.services}
            found |= set(_nameable(place.scalers, cluster))
        found |= {Target(cluster, "", "Node", node.name) for node in world.nodes}
        found |= set(_nameable(world.applications, cluster))
        for answer in world.answers.values():
            found |= set(_nameable(answer if isinstance(answer, tuple) else (answer,), cluster))
    return found


def _nameable(answers: Iterable[Any], cluster: str) -> Iterator[Target]:
    for one in answers:
        match one:
            case WorkloadState():
                yield one.target
            case CrdState():
                yield Target(cluster, "", "CustomResourceDefinition", one.name)
            case ScalerState():
                yield Target(cluster, one.namespace, "HorizontalPodAutoscaler", one.name)
            case ApplicationState():
                yield Target(cluster, one.namespace, "Application", one.name)
            case ExternalSecretState():
                yield Target(cluster, one.namespace, "ExternalSecret", one.name)
            case StoreState():
                yield Target(cluster, one.namespace, one.kind, one.name)
            case _:
                continue
