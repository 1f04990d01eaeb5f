"""A program that its own probe kills before it has started: what the probe allows, what it took, what would do. Pure."""

import math
import re
from dataclasses import dataclass

from bot.diagnosis.cases import spec_of, tail_of
from bot.diagnosis.containers import Place
from bot.diagnosis.evidence import ContainerSpec, LogTail, Probe, WorkloadState
from bot.diagnosis.findings import fixes_where_they_last
from bot.diagnosis.ownership import ownership
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.scene import Scene
from bot.model import Facts, Fix

_STARTED = re.compile(
    r"(?i)\b(?:started|ready|initiali[sz]ed|boot(?:ed)?|start-?up)\b.{0,80}?\b(?:in|took|after) "
    r"(?P<number>\d{1,7}(?:\.\d{1,6})?) ?(?P<unit>ms|milliseconds?|s|secs?|seconds?)\b"
)
_HEADROOM = 1.5
_PERIOD = 10


@dataclass(frozen=True, slots=True)
class Start:
    """In seconds; `took` is None where the log does not say it. `probe` is what killed it."""

    probe: Probe
    took: float | None

    @property
    def allowed(self) -> int:
        return self.probe.initial_delay + self.probe.period * self.probe.failures

    @property
    def too_slow(self) -> bool:
        """The last failure comes up to a period before all that is allowed has passed."""
        return self.took is not None and self.took > self.allowed - self.probe.period

    @property
    def failures(self) -> int:
        """How often a startup probe has to be tried, each ten seconds."""
        return math.ceil(math.ceil((self.took or 0.0) * _HEADROOM) / _PERIOD)


def start_of(scene: Scene, place: Place) -> Start | None:
    spec, tail = spec_of(scene, place.container.name), tail_of(scene, place)
    probe = _killer(spec)
    if probe is None:
        return None
    lines = tail.log.lines if tail is not None and isinstance(tail.log, LogTail) else ()
    found = [match for line in lines if (match := _STARTED.search(line)) is not None]
    return Start(probe, _seconds(found[-1]) if found else None)


def _killer(spec: ContainerSpec | None) -> Probe | None:
    """Until a startup probe has passed, the liveness probe is not asked."""
    probes = {} if spec is None else {probe.kind: probe for probe in spec.probes}
    return probes.get("startup") or probes.get("liveness")


def _seconds(match: re.Match[str]) -> float:
    number = float(match["number"])
    return number / 1000 if match["unit"].lower().startswith("m") else number


def start_facts(start: Start | None) -> Facts:
    if start is None:
        return {"allowed": 0, "took": 0.0, "too_slow": False}
    return {
        "allowed": start.allowed,
        "initial_delay": start.probe.initial_delay,
        "period": start.probe.period,
        "failures": start.probe.failures,
        "took": start.took or 0.0,
        "too_slow": start.too_slow,
    }


def allow_it(scene: Scene, place: Place, start: Start | None) -> tuple[Fix, ...]:
    workload = scene.workload
    if start is None or not start.too_slow or not isinstance(workload, WorkloadState):
        return ()
    facts: Facts = {
        **workload_facts(workload),
        "container": place.container.name,
        "what": start.probe.what,
        "startup_period": _PERIOD,
        "startup_failures": start.failures,
        "startup": _PERIOD * start.failures,
        "took": start.took or 0.0,
    }
    return fixes_where_they_last("allow-slow-start", ownership(workload), facts)
