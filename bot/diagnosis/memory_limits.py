"""The memory limit that a container really had, who gave it, and where a higher one lasts. Pure.

A pod is not always what its template says: an autoscaler, a LimitRange or a resize in place writes other limits into it.
"""

from dataclasses import dataclass

from bot.diagnosis.cases import spec_of
from bot.diagnosis.containers import Place
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import fixes_where_they_last
from bot.diagnosis.ownership import ownership
from bot.diagnosis.quantities import memory, raised
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.scene import Scene
from bot.model import Facts, Fix, Layer

AUTOSCALER, LIMIT_RANGE, RESIZE = "VerticalPodAutoscaler", "LimitRange", "resize"
# The API server takes no other limits for what exists: they are made anew.
_FIXED = frozenset({"Job", "Pod"})


@dataclass(frozen=True, slots=True)
class Limit:
    """`given` is who made it differ from the template, of which `by` is the name where that is known."""

    memory: str
    template: str = ""
    given: str = ""
    by: str = ""

    @property
    def facts(self) -> Facts:
        return {"limit": self.memory, "template_limit": self.template, "given": self.given, "by": self.by}


def limit_of(scene: Scene, place: Place) -> Limit:
    spec = spec_of(scene, place.container.name)
    template = spec.limits.get("memory", "") if spec is not None else ""
    has = place.container.resources
    limit = has.limits.get("memory", "") if has.limits or has.requests else template
    if not limit or memory(limit) == memory(template):
        return Limit(limit, template)
    kind, _, name = place.pod.limited_by.partition("/")
    return Limit(limit, template, kind or ("" if spec is None else RESIZE), name)


def raise_limit(scene: Scene, place: Place, limit: Limit) -> tuple[Fix, ...]:
    workload = scene.workload
    if not limit.memory or not isinstance(workload, WorkloadState):
        return ()
    facts: Facts = {
        **workload_facts(workload),
        **limit.facts,
        "container": place.container.name,
        "proposed": raised(limit.memory),
    }
    if limit.given == AUTOSCALER:
        # It writes its own limit over whatever the template says.
        return (Fix("raise-autoscaled-memory", Layer.LIVE, lasting=True, facts=facts),)
    key = "renew-with-memory" if workload.target.kind in _FIXED else "raise-memory"
    return fixes_where_they_last(key, ownership(workload), facts)
