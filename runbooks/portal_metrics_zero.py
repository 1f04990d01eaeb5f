"""Why does a portal show zeros?  It talks to Prometheus, ArgoCD and a database, and says 200 whatever they answer.

Reached by `/ops diagnose ops-service`, and by any workload that is given the address of a Prometheus or of ArgoCD.
Three independent troubles, each looked for whatever the others say.
"""

from collections.abc import Callable

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.portal import argocd, database, prometheus
from bot.diagnosis.portal.backdrop import Backdrop
from bot.diagnosis.portal.looking import look_behind
from bot.diagnosis.reads import (
    APPLICATION_READ,
    CONFIG_READ,
    ENDPOINT_READ,
    EXTERNAL_SECRET_READ,
    METRICS,
    POD_LOGS,
    POD_READ,
    SECRET_META,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.model import Cause, Finding

NAME = "portal_metrics_zero"

# What the pages show first stands first; none of them explains another.
_JUDGES: tuple[tuple[str, Callable[[Backdrop, Answer], Finding]], ...] = (
    ("prometheus-route-prefix", prometheus.wrong_prefix),
    ("prometheus-unreachable", prometheus.unreachable),
    ("argocd-token-missing", argocd.token_missing),
    ("argocd-token-rejected", argocd.token_rejected),
    ("gorm-constraint-name", database.constraint_name),
    ("db-not-migrated", database.not_migrated),
)
_TALKS_TO = ("PROM", "ARGOCD")
_PORTALS = ("portal", "ops-service")


def decide(seen: Backdrop) -> list[Finding]:
    return [
        judge(seen, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]


def applies(workload: WorkloadState) -> bool:
    """By what it is given, or by its name. A ConfigMap's content is not known here, so taking one in is enough, as long
    as the workload runs: what crashes shows no zeros.
    """
    main = [spec for spec in workload.template.containers if spec.role == "main"]
    named = any(word in workload.target.name for word in _PORTALS)
    given = any(word in entry.name.upper() for spec in main for entry in spec.env for word in _TALKS_TO)
    runs = bool(workload.desired) and workload.ready == workload.desired
    return named or given or (runs and any(spec.env_from for spec in main))


RUNBOOK = Runbook(
    name=NAME,
    alerts=('alertname=~"(?i).*portal.*(zero|empty|no.?data|metrics).*|.*opsservice.*"',),
    causes=tuple(Cause(cause) for cause, _judge in _JUDGES),
    reads=(
        WORKLOAD_READ,
        POD_READ,
        POD_LOGS,
        CONFIG_READ,
        SECRET_META,
        ENDPOINT_READ,
        APPLICATION_READ,
        EXTERNAL_SECRET_READ,
        METRICS,
    ),
    collect=look_behind,
    decide=decide,
    applies=applies,
)
