"""The four ways in which a Prometheus runs out of the memory it may use: replay, series, queries, a small limit. Pure.

Only `OOMKilled` of its own container counts; where it died in its life tells them apart, its own metrics tell the rest.
"""

from collections.abc import Callable

from bot.diagnosis.evidence_objects import WalReplayState
from bot.diagnosis.findings import Answer
from bot.diagnosis.prometheus_memory.exam import Exam
from bot.diagnosis.prometheus_memory.fixes import cut_series, delete_log, limit_queries, raise_limit
from bot.diagnosis.prometheus_memory.node_notes import newest_of_node
from bot.diagnosis.prometheus_memory.replay import Phase
from bot.diagnosis.prometheus_memory.seen import basis, seen
from bot.diagnosis.prometheus_memory.series import GROWTH_RATIO, Growth, Own
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Reason, Source

Judge = Callable[[Exam, Answer], Finding]


def of_killed(judge: Judge) -> Judge:
    """What was not killed for memory did not die in any of these ways."""

    def judged(exam: Exam, answer: Answer) -> Finding:
        if exam.killed:
            return judge(exam, answer)
        return answer.ruled_out({**basis(exam), "why": "not-killed"}, seen(exam))

    return judged


@of_killed
def wal_replay(exam: Exam, answer: Answer) -> Finding:
    fixes = (*raise_limit(exam), *delete_log(exam))
    if isinstance(exam.progress, Unavailable) or exam.phase is Phase.UNKNOWN:
        gap = exam.progress if isinstance(exam.progress, Unavailable) else _untold(exam)
        replay = _replaying(exam)
        if replay is None:
            return answer.not_checked(gap)
        told: Facts = {"phase": Phase.REPLAY.value, "segment": replay.current, "last_segment": replay.last}
        return answer.likely({**basis(exam), **told, "why": "asked"}, seen(exam), fixes, gap)
    if exam.phase is not Phase.REPLAY:
        return answer.ruled_out({**basis(exam), "why": exam.phase.value}, seen(exam))
    say = answer.confirmed if exam.current else answer.likely
    return say({**basis(exam), "why": "log"}, seen(exam), fixes, exam.gap)


def _replaying(exam: Exam) -> WalReplayState | None:
    """The Prometheus that opsbot asks may be another one: this makes a replay likely, never certain."""
    state = exam.sight.metrics.replay if exam.sight.metrics is not None else None
    return state if isinstance(state, WalReplayState) and state.current < state.last else None


def _untold(exam: Exam) -> Unavailable:
    detail = "its log does not tell how far it came"
    return Unavailable(
        Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", exam.scene.target.namespace, detail
    )


@of_killed
def series_growth(exam: Exam, answer: Answer) -> Finding:
    facts: Facts = {**basis(exam), "before": None, "now": None, "ratio": None, "least": GROWTH_RATIO}
    if isinstance(exam.growth, Unavailable):
        return answer.not_checked(exam.growth)
    grown: Growth = exam.growth
    facts = {**facts, "before": int(grown.before), "now": int(grown.now), "ratio": round(grown.ratio, 1)}
    if not grown.grew:
        if exam.sure:
            return answer.ruled_out({**facts, "why": "steady"}, seen(exam))
        return answer.not_checked(_doubtful(exam))
    if exam.sure and not _fills(exam):
        return answer.ruled_out({**facts, "why": "small"}, seen(exam))
    proven = exam.sure and exam.current and exam.phase is Phase.AFTER
    fixes = (*raise_limit(exam), *cut_series(exam))
    return (answer.confirmed if proven else answer.likely)(facts, seen(exam), fixes)


def _fills(exam: Exam) -> bool:
    """Whether the series take a good part of the limit: the model is rough, so half of it is enough."""
    return exam.limit is None or exam.need is None or exam.need * 2 >= exam.limit


def _doubtful(exam: Exam) -> Unavailable:
    instance = exam.own.instance if isinstance(exam.own, Own) else ""
    detail = f"the series that are known are of the instance {instance}, which may be another Prometheus"
    return Unavailable(
        Source.PROMETHEUS, Reason.NOT_FOUND, "query", "prometheus_tsdb_head_series", "", detail
    )


@of_killed
def query_load(exam: Exam, answer: Answer) -> Finding:
    """Before the replay is done it answers no query, so none can have killed it."""
    load = exam.load
    facts: Facts = {
        **basis(exam),
        "too_many": load.too_many,
        "unfinished": load.unfinished,
        "unfinished_count": load.unfinished_count,
        "running": None if load.running is None else int(load.running),
        "possible": load.possible,
        "seconds": None if load.seconds is None else round(load.seconds, 1),
    }
    if exam.phase in {Phase.REPLAY, Phase.BEFORE}:
        return answer.ruled_out({**facts, "why": "not-ready"}, seen(exam))
    fixes = (*raise_limit(exam), *limit_queries(exam))
    if load.proven and exam.current and exam.phase is Phase.AFTER:
        return answer.confirmed(facts, seen(exam), fixes, exam.gap)
    if load.suspected:
        return answer.likely(facts, seen(exam), fixes, exam.gap)
    if isinstance(exam.progress, Unavailable):
        return answer.not_checked(exam.progress)
    if not load.measured:
        return answer.not_checked(_unmeasured(exam))
    return answer.ruled_out({**facts, "why": "quiet"}, seen(exam))


def _unmeasured(exam: Exam) -> Unavailable:
    parts = (exam.own, exam.peak)
    return next((part for part in parts if isinstance(part, Unavailable)), None) or _doubtful(exam)


@of_killed
def limit_too_low(exam: Exam, answer: Answer) -> Finding:
    """What is left where it is killed at its limit: certain only where its series alone need more than that."""
    facts = basis(exam)
    if exam.limit is None:
        unknown = _limit_gap(exam)
        if unknown is not None:
            return answer.not_checked(unknown)
        return answer.ruled_out({**facts, "why": "no-limit"}, seen(exam))
    better = _better(exam)
    if better:
        return answer.ruled_out({**facts, "why": better}, seen(exam))
    short = exam.need is not None and exam.need > exam.limit
    proven = short and exam.sure and exam.current and exam.phase is Phase.AFTER
    gap = exam.progress if isinstance(exam.progress, Unavailable) else exam.gap
    say = answer.confirmed if proven else answer.likely
    return say({**facts, "why": "short" if short else "left"}, seen(exam), raise_limit(exam), gap)


def _better(exam: Exam) -> str:
    """What explains the death better than a limit that is small; empty where nothing does."""
    if newest_of_node(exam) is not None:
        return "node"
    if exam.phase is Phase.REPLAY:
        return "replay"
    if isinstance(exam.growth, Growth) and exam.growth.grew and _fills(exam):
        return "growth"
    return "queries" if exam.load.proven else ""


def _limit_gap(exam: Exam) -> Unavailable | None:
    """Why the limit is not known; None where nothing sets one."""
    if isinstance(exam.scene.workload, Unavailable):
        return exam.scene.workload
    measured = exam.sight.metrics.limits if exam.sight.metrics is not None else None
    return measured if isinstance(measured, Unavailable) else None
