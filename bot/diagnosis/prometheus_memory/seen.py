"""Facts and observations of a Prometheus and its memory: what was seen, with the command that shows it again. Pure."""

from collections.abc import Iterator

from bot.diagnosis.cases import tail_of
from bot.diagnosis.containers import row
from bot.diagnosis.evidence import LogTail, Series, SeriesSet
from bot.diagnosis.evidence_objects import PrometheusState
from bot.diagnosis.looks_objects import PrometheusOf
from bot.diagnosis.observations import container_state, log_lines
from bot.diagnosis.prometheus_memory.exam import Exam
from bot.diagnosis.prometheus_memory.need import BYTES_PER_SERIES
from bot.diagnosis.prometheus_memory.queries import SERIES, WAL, Questions
from bot.diagnosis.prometheus_memory.replay import Phase, Progress
from bot.diagnosis.prometheus_memory.series import Growth, Own
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.symptoms import counted
from bot.model import Chart, Curve, Facts, Observation, Source


def basis(exam: Exam) -> Facts:
    """What every sentence about such a death may say."""
    place = exam.killed[0].place if exam.killed else None
    progress = exam.progress if isinstance(exam.progress, Progress) else Progress(Phase.UNKNOWN)
    empty: Facts = {"pod": "", "restarts": 0, "exit_code": None, "exit_reason": "", "finished_at": ""}
    return {
        **empty,
        **({} if place is None else row(place)),
        **counted(exam.scene),
        "container": exam.program.container,
        "image": exam.program.image,
        "affected": len({case.place.pod.name for case in exam.killed}),
        "current": exam.current,
        "limit": exam.limit_text,
        "limit_bytes": exam.limit,
        "peak": None if isinstance(exam.peak, Unavailable) else int(exam.peak),
        "series": int(exam.own.newest) if isinstance(exam.own, Own) else None,
        "sure": exam.sure,
        "instance": exam.own.instance if isinstance(exam.own, Own) else "",
        "wal": None if isinstance(exam.wal, Unavailable) else int(exam.wal),
        "phase": exam.phase.value,
        "segment": progress.segment,
        "last_segment": progress.last,
        "proposed": exam.proposal.text if exam.proposal is not None and exam.limit is not None else "",
        "need": exam.need,
        "bytes_per_series": BYTES_PER_SERIES,
        "why": "",
    }


def seen(exam: Exam) -> tuple[Observation, ...]:
    return tuple(_observations(exam))


def _observations(exam: Exam) -> Iterator[Observation]:
    for case in exam.killed[:1]:
        yield container_state(case.place)
        tail = tail_of(exam.scene, case.place)
        if tail is not None and isinstance(tail.log, LogTail):
            yield log_lines(case.place.pod.namespace, tail.log, None)
    yield from _memory(exam)
    yield from _head(exam)
    resource = exam.sight.resource
    if isinstance(resource, PrometheusState):
        facts: Facts = {
            "resource": f"{resource.namespace}/{resource.name}",
            "limit": resource.limits.get("memory", ""),
            "version": resource.version,
            "retention": resource.retention,
        }
        look = PrometheusOf(resource.namespace, resource.name)
        yield Observation(Source.KUBERNETES, "custom-resource", facts, look.reproduce())


def _memory(exam: Exam) -> Iterator[Observation]:
    if not isinstance(exam.peak, Unavailable):
        facts: Facts = {
            "container": exam.program.container,
            "peak": int(exam.peak),
            "limit": exam.limit_text,
            "limit_bytes": exam.limit,
            "killed": bool(exam.killed),
        }
        yield Observation(Source.PROMETHEUS, "memory-peak", facts, questions(exam).peak.reproduce())


def _head(exam: Exam) -> Iterator[Observation]:
    if isinstance(exam.own, Own):
        grown = exam.growth if isinstance(exam.growth, Growth) else None
        facts: Facts = {
            "series": int(exam.own.newest),
            "before": None if grown is None else int(grown.before),
            "instance": exam.own.instance,
            "sure": exam.own.sure,
        }
        yield Observation(Source.PROMETHEUS, "head-series", facts, SERIES.reproduce())
    if not isinstance(exam.wal, Unavailable):
        yield Observation(Source.PROMETHEUS, "log-size", {"wal": int(exam.wal)}, WAL.reproduce())


def questions(exam: Exam) -> Questions:
    namespace = exam.pods[0].namespace if exam.pods else exam.scene.target.namespace
    return Questions(namespace, tuple(pod.name for pod in exam.pods), exam.program.container)


def memory_chart(exam: Exam) -> Chart | None:
    """Memory of the container that died against its limit; None where too little of it is known."""
    asked = exam.sight.metrics.working_set if exam.sight.metrics is not None else None
    if not exam.killed or not isinstance(asked, SeriesSet):
        return None
    pod = exam.killed[0].place.pod.name
    mine = [one for one in asked.series if one.labels.get("pod") == pod and len(one.points) > 1]
    if not mine:
        return None
    longest: Series = max(mine, key=lambda one: (len(one.points), sorted(one.labels.items())))
    points = tuple((point.at.timestamp(), point.value) for point in longest.points)
    levels = {} if exam.limit is None else {"limit": float(exam.limit)}
    facts: Facts = {"pod": pod, "container": exam.program.container, "limit": exam.limit_text}
    return Chart("memory", "bytes", (Curve("working-set", points),), levels, facts=facts)
