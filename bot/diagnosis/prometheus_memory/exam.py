"""What was seen of a Prometheus, and what that says about how it died, worked out once for all causes. Pure.

A number that could not be looked at is the reason why, never zero.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from bot.diagnosis.cases import Case, Trouble, cases, tail_of
from bot.diagnosis.evidence import EventNote, LogTail, NodeState, PodList, PodState, SeriesSet, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, PrometheusState, WalReplayState
from bot.diagnosis.prometheus_memory.load import Load, load
from bot.diagnosis.prometheus_memory.need import Proposal, needed, propose
from bot.diagnosis.prometheus_memory.program import Program, program_in, program_of, version_of
from bot.diagnosis.prometheus_memory.replay import Phase, Progress, progress
from bot.diagnosis.prometheus_memory.series import Growth, Own, growth, own
from bot.diagnosis.quantities import as_memory, memory
from bot.diagnosis.scene import Scene
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

T = TypeVar("T")
Asked = SeriesSet | Unavailable
_SIGKILL = 137


@dataclass(frozen=True, slots=True)
class Metrics:
    """Answers to `queries`, in its words."""

    working_set: Asked
    peak: Asked
    limits: Asked
    series: Asked
    wal: Asked
    running: Asked
    seconds: Asked
    replay: WalReplayState | Unavailable


@dataclass(frozen=True, slots=True)
class Sight:
    """`resource` is the operator's custom resource and `application` what tracks it; None where there is no operator.

    `heads` are the first lines of the life that died and of the one after it. `metrics` is None where there is no
    container to ask about. `node_events` are about the node of the worst pod.
    """

    scene: Scene
    resource: PrometheusState | Unavailable | None = None
    application: ApplicationState | Unavailable | None = None
    heads: tuple[LogTail | Unavailable, ...] = ()
    metrics: Metrics | None = None
    node_events: tuple[EventNote, ...] | Unavailable = ()


@dataclass(frozen=True, slots=True)
class Exam:
    """`killed` are the ends of the program's container for memory, worst first; `other` all other trouble around it.

    `limit` is what the container has, in bytes, None where nothing says it, and `limit_text` the same as it is written.
    """

    sight: Sight
    program: Program
    killed: tuple[Case, ...]
    other: tuple[Case, ...]
    progress: Progress | Unavailable
    limit: int | None
    limit_text: str
    peak: float | Unavailable
    wal: float | Unavailable
    own: Own | Unavailable
    growth: Growth | Unavailable
    load: Load
    proposal: Proposal | None

    @property
    def scene(self) -> Scene:
        return self.sight.scene

    @property
    def pods(self) -> tuple[PodState, ...]:
        return self.scene.pods.pods if isinstance(self.scene.pods, PodList) else ()

    @property
    def phase(self) -> Phase:
        return self.progress.phase if isinstance(self.progress, Progress) else Phase.UNKNOWN

    @property
    def current(self) -> bool:
        return bool(self.killed) and self.killed[0].current

    @property
    def sure(self) -> bool:
        """Whether the numbers of the head are without doubt of this Prometheus."""
        return isinstance(self.own, Own) and self.own.sure

    @property
    def need(self) -> int | None:
        return needed(self.own.newest) if isinstance(self.own, Own) else None

    @property
    def node(self) -> NodeState | None:
        name = self.killed[0].place.pod.node if self.killed else next((pod.node for pod in self.pods), "")
        found = (node for node in self.scene.nodes if isinstance(node, NodeState) and node.name == name)
        return next(found, None)

    @property
    def gap(self) -> Unavailable | None:
        """What would have told more: who writes the custom resource, how much was used, how large the head is."""
        parts = (self.sight.resource, self.peak, self.own)
        return next((part for part in parts if isinstance(part, Unavailable)), None)


def sigkilled(case: Case) -> bool:
    """Killed from outside, and not for memory: for its probe, or by SIGKILL without the reason OOMKilled."""
    ended = case.place.ended
    return case.trouble is Trouble.PROBE or (
        case.trouble is Trouble.CRASH and ended is not None and ended.exit_code == _SIGKILL
    )


def examine(sight: Sight) -> Exam | None:
    """None where no container runs Prometheus."""
    scene = sight.scene
    program = _program(sight)
    if program is None:
        return None
    found = cases(scene)
    killed = tuple(case for case in found if _of(case, program) and case.trouble is Trouble.OOM)
    other = tuple(case for case in found if case not in killed)
    limit, limit_text = _limit(sight, program)
    peak = _most(sight, "peak")
    size = None if isinstance(peak, Unavailable) else int(peak)
    head = _own(sight, "series")
    grown = head if isinstance(head, Unavailable) else growth(head.points)
    return Exam(
        sight,
        program,
        killed,
        other,
        _progress(scene, killed or tuple(case for case in other if _of(case, program))),
        limit,
        limit_text,
        peak,
        _newest(sight, "wal"),
        head,
        grown if grown is not None else _no_series(scene, "it is known for less than three hours"),
        _load(sight, program, killed),
        propose(limit, size),
    )


def _of(case: Case, program: Program) -> bool:
    return case.place.container.name == program.container


def _program(sight: Sight) -> Program | None:
    workload, pods = sight.scene.workload, sight.scene.pods
    if isinstance(workload, WorkloadState):
        found = program_of(workload)
    else:
        found = program_in(pods.pods) if isinstance(pods, PodList) else None
    if found is not None and found.version is None and isinstance(sight.resource, PrometheusState):
        return replace(found, version=version_of(sight.resource.version))
    return found


def _limit(sight: Sight, program: Program) -> tuple[int | None, str]:
    """The largest that anything says of today's limit, so that no proposal lies below it."""
    said = [program.limit, *_really_given(sight.scene, program)]
    if isinstance(sight.resource, PrometheusState):
        said.append(sight.resource.limits.get("memory", ""))
    known = [(size, text) for text in said if (size := memory(text))]
    if sight.metrics is not None and isinstance(sight.metrics.limits, SeriesSet):
        measured = [int(p.value) for one in sight.metrics.limits.series for p in one.points if p.value > 0]
        known += [(size, as_memory(size)) for size in measured]
    # Equal ones as they are written: the first is kept.
    return max(known, key=lambda one: one[0]) if known else (None, "")


def _really_given(scene: Scene, program: Program) -> list[str]:
    """The limits of its containers as they run: an autoscaler or a LimitRange may have set them."""
    pods = scene.pods.pods if isinstance(scene.pods, PodList) else ()
    its = (one for pod in pods for one in pod.containers if one.name == program.container)
    return [one.resources.limits.get("memory", "") for one in its]


def _progress(scene: Scene, ended: tuple[Case, ...]) -> Progress | Unavailable:
    """From the first log that tells it: replicas that are killed alike die alike."""
    gap: Unavailable | None = None
    last: Progress | None = None
    for case in ended:
        tail = tail_of(scene, case.place)
        if tail is None:
            continue
        if isinstance(tail.log, Unavailable):
            gap = gap or tail.log
            continue
        last = progress(tail.log.lines, cut=tail.log.cut)
        if last.phase is not Phase.UNKNOWN:
            return last
    if last is None and gap is not None:
        return gap
    return last or _no_log(scene, "its log was not looked at")


def _no_log(scene: Scene, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", scene.target.namespace, detail)


def _no_series(scene: Scene, detail: str, metric: str = "prometheus_tsdb_head_series") -> Unavailable:
    return Unavailable(Source.PROMETHEUS, Reason.NOT_FOUND, "query", metric, scene.target.namespace, detail)


_METRIC = {
    "peak": "container_memory_working_set_bytes",
    "series": "prometheus_tsdb_head_series",
    "wal": "prometheus_tsdb_wal_storage_size_bytes",
    "running": "prometheus_engine_queries",
    "seconds": "prometheus_engine_query_duration_seconds",
}


def _asked(sight: Sight, name: str) -> Asked:
    if sight.metrics is None:
        return _no_series(sight.scene, "there was no pod to ask about", _METRIC[name])
    found: Asked = getattr(sight.metrics, name)
    return found


def _most(sight: Sight, name: str) -> float | Unavailable:
    found = _asked(sight, name)
    if isinstance(found, Unavailable):
        return found
    values = [point.value for series in found.series for point in series.points]
    return max(values) if values else _no_series(sight.scene, "Prometheus has no such series", _METRIC[name])


def _own(sight: Sight, name: str) -> Own | Unavailable:
    found = _asked(sight, name)
    if isinstance(found, Unavailable):
        return found
    pods = sight.scene.pods.pods if isinstance(sight.scene.pods, PodList) else ()
    place = pods[0].namespace if pods else sight.scene.target.namespace
    mine = own(found, place, {pod.name for pod in pods})
    if mine is not None:
        return mine
    detail = "no series is of this Prometheus" if found.series else "Prometheus has no such series"
    return _no_series(sight.scene, detail, _METRIC[name])


def _newest(sight: Sight, name: str) -> float | Unavailable:
    mine = _own(sight, name)
    return mine if isinstance(mine, Unavailable) else mine.newest


def _load(sight: Sight, program: Program, killed: tuple[Case, ...]) -> Load:
    died = [
        line
        for case in killed
        if (tail := tail_of(sight.scene, case.place)) is not None and isinstance(tail.log, LogTail)
        for line in tail.log.lines
    ]
    began = [line for head in sight.heads if isinstance(head, LogTail) for line in head.lines]
    running, seconds = _own(sight, "running"), _own(sight, "seconds")
    # What may be of another Prometheus is no sign.
    return load(
        died,
        began,
        program.concurrency,
        running if isinstance(running, Own) and running.sure else None,
        seconds if isinstance(seconds, Own) and seconds.sure else None,
    )
