"""Why is Prometheus killed for memory?  Replay of its log, growth of its series, heavy queries, or a limit too low.

Only the reason OOMKilled of the container that runs Prometheus counts: 137 alone is SIGKILL, which a failed probe gives
too. Its metrics may come from another Prometheus, or from the one that is down: then what Kubernetes knows decides.
"""

from collections.abc import Callable
from dataclasses import replace

from bot.diagnosis.findings import Answer
from bot.diagnosis.prometheus_memory.deaths import limit_too_low, query_load, series_growth, wal_replay
from bot.diagnosis.prometheus_memory.exam import Exam, Sight, examine
from bot.diagnosis.prometheus_memory.looking import look_at_prometheus
from bot.diagnosis.prometheus_memory.neighbours import not_oom, sidecar
from bot.diagnosis.prometheus_memory.node import node_memory
from bot.diagnosis.prometheus_memory.program import program_of
from bot.diagnosis.prometheus_memory.seen import memory_chart
from bot.diagnosis.reads import (
    APPLICATION_READ,
    EVENT_READ,
    METRICS,
    NODE_READ,
    POD_LOGS,
    POD_READ,
    PROMETHEUS_CR_READ,
    SCALER_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.symptoms import counted, no_pods
from bot.model import Cause, Finding, Verdict

NAME = "prometheus_oomkilled"

# In this order of weight: where it dies says more than what it would need.
_JUDGES: tuple[tuple[str, Callable[[Exam, Answer], Finding]], ...] = (
    ("node-memory-pressure", node_memory),
    ("wal-replay-oom", wal_replay),
    ("series-growth-oom", series_growth),
    ("query-load-oom", query_load),
    ("limit-too-low", limit_too_low),
    ("sidecar-oom", sidecar),
    ("not-oom", not_oom),
)
_DEATHS = {"wal-replay-oom", "series-growth-oom", "query-load-oom", "limit-too-low"}
_OF_A_DEATH = ("oom-killed", "rollout-stuck")
_EXPLAINS = {
    "node-memory-pressure": (*_OF_A_DEATH, "evicted", "node-unhealthy"),
    "not-oom": ("crashing", "probe-failing", "rollout-stuck"),
}


def decide(sight: Sight) -> list[Finding]:
    answers = [
        (judge, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]
    gap = no_pods(sight.scene)
    if gap is not None:
        return [answer.not_checked(gap) for _judge, answer in answers]
    exam = examine(sight)
    if exam is None:
        nothing = {**counted(sight.scene), "why": "no-prometheus"}
        return [answer.ruled_out(nothing) for _judge, answer in answers]
    return _with_chart([judge(exam, answer) for judge, answer in answers], exam)


def _with_chart(findings: list[Finding], exam: Exam) -> list[Finding]:
    """One picture of the memory, at the death that is best supported."""
    chart = memory_chart(exam)
    for verdict in (Verdict.CONFIRMED, Verdict.LIKELY):
        for at, finding in enumerate(findings):
            if chart is not None and finding.cause in _DEATHS and finding.verdict is verdict:
                return [*findings[:at], replace(finding, charts=(chart,)), *findings[at + 1 :]]
    return findings


RUNBOOK = Runbook(
    name=NAME,
    alerts=(
        'alertname=~"(?i).*prometheus.*(oom(_?kill(s|ed|ing)?)?|out_?of_?memory)(_?(critical|warning))?"',
        'alertname=~"(?i).*prometheus.*(memory_?(limit|high|usage|pressure)|high_?memory|wal_?replay).*"',
    ),
    causes=tuple(Cause(cause, explains=_EXPLAINS.get(cause, _OF_A_DEATH)) for cause, _judge in _JUDGES),
    reads=(
        WORKLOAD_READ,
        POD_READ,
        POD_LOGS,
        EVENT_READ,
        NODE_READ,
        SCALER_READ,
        APPLICATION_READ,
        PROMETHEUS_CR_READ,
        METRICS,
    ),
    collect=look_at_prometheus,
    decide=decide,
    applies=lambda workload: program_of(workload) is not None,
)
