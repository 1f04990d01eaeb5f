"""Why do traces stop?  The SDK and the program speak of different schema versions: "conflicting Schema URL".

The line stands where the process started; the program dies by it, or goes on and says nothing more. Three layers of
fix, in the order in which they are worth trying, for every workload of the namespace that shares the trouble.
"""

from collections.abc import Callable

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.reads import METRICS, POD_LOGS, POD_READ, WORKLOAD_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.telemetry.judging import (
    attributes_lost,
    fatal,
    instrumentation,
    newer,
    older,
    silently_off,
)
from bot.diagnosis.telemetry.looking import Evidence, look_at_telemetry
from bot.model import Cause, Finding

NAME = "otel_schema_conflict"

# What it does to the program first: that is what the reader sees. Then which side is behind.
_JUDGES: tuple[tuple[str, Callable[[Evidence, Answer], Finding]], ...] = (
    ("fatal-on-conflict", fatal),
    ("tracing-silently-off", silently_off),
    ("resource-attributes-lost", attributes_lost),
    ("semconv-newer-than-sdk", newer),
    ("semconv-older-than-sdk", older),
    ("old-instrumentation", instrumentation),
)
# What only switches tracing off ends no program.
_EXPLAINS = {"fatal-on-conflict": ("crashing", "rollout-stuck")}


def decide(seen: Evidence) -> list[Finding]:
    return [
        judge(seen, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]


def applies(workload: WorkloadState) -> bool:
    """Whoever is told where to send telemetry. A ConfigMap's content is not known here, so taking one in is enough."""
    return any(
        spec.env_from or any("OTEL" in entry.name or "OTLP" in entry.name for entry in spec.env)
        for spec in workload.template.containers
        if spec.role == "main"
    )


RUNBOOK = Runbook(
    name=NAME,
    alerts=(
        (
            'alertname=~"(?i).*(otel|open_?telemetry|otlp|trac(es?|ing)|spans|span(missing|drop)).*",'
            ' alertname!~"(?i).*traceroute.*"'
        ),
    ),
    causes=tuple(Cause(cause, explains=_EXPLAINS.get(cause, ())) for cause, _judge in _JUDGES),
    reads=(WORKLOAD_READ, POD_READ, POD_LOGS, METRICS),
    collect=look_at_telemetry,
    decide=decide,
    applies=applies,
)
