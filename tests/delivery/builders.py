"""Incidents and findings to word, lay out and deliver; every time is fixed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model import (
    Alert,
    AlertStatus,
    Change,
    Diagnosis,
    Difference,
    Finding,
    Fix,
    Incident,
    IncidentState,
    Layer,
    Missing,
    Observation,
    Outcome,
    Reason,
    Recheck,
    Rechecked,
    Related,
    Relative,
    Source,
    Target,
    Verdict,
)

START = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
TARGET = Target("default", "shop", "Deployment", "board-service")
GRANT = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules:\n  - resources: ["pods/log"]\n'

OOM = Finding(
    "example",
    "oom-killed",
    Verdict.CONFIRMED,
    {"container": "app", "limit": 536870912, "restarts": 7},
    (
        Observation(
            Source.KUBERNETES,
            "last-state",
            {"container": "app", "reason": "OOMKilled"},
            "kubectl get pod/board-service-1 --namespace=shop",
            START,
        ),
    ),
    (Fix("raise-memory", Layer.HELM, lasting=True, facts={"to": 1073741824}),),
)
UNREADABLE = Finding(
    "example",
    "bad-image",
    Verdict.NOT_CHECKED,
    missing=Missing(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods/log", "shop", GRANT),
)
RULED_OUT = Finding("example", "node-pressure", Verdict.RULED_OUT, {"node": "n1"})
CHANGE = Change(
    START - timedelta(seconds=200),
    "Deployment/board-service",
    "example",
    {"before": "1.4.1", "after": "1.4.2"},
)
DIAGNOSIS = Diagnosis(TARGET, ("example",), (OOM, UNREADABLE, RULED_OUT), (CHANGE,), (), START, 412)
# One trouble that other workloads have too.
SHARED = replace(OOM, root="configmap/limits memory")
SHARED_DIAGNOSIS = replace(DIAGNOSIS, findings=(SHARED, UNREADABLE, RULED_OUT))
RECHECK = Recheck(
    TARGET,
    START + timedelta(minutes=8),
    (
        Rechecked(
            Outcome.FIXED,
            replace(OOM, verdict=Verdict.RULED_OUT, evidence=(), fixes=()),
            (
                Difference("restarts", 7, 0),
                Difference("limit", 536870912, 1073741824),
                Difference("start_seconds", 90, 12.5),
                Difference("idle_percent", 5, 61.25),
            ),
        ),
        Rechecked(Outcome.UNKNOWN, UNREADABLE),
        Rechecked(Outcome.NEW, replace(RULED_OUT, verdict=Verdict.LIKELY)),
    ),
)


def a_relative(number: int, *, posted: bool = True, finding: Finding = SHARED) -> Relative:
    where = {"channel": "C0123", "ts": f"1767237120.00000{number}"} if posted else {}
    return Relative(f"r{number}", f"shop/service-{number}", (finding.trouble,), **where)


def leading(incident: Incident, count: int) -> Incident:
    """Every other one of those that follow has a message."""
    others = tuple(a_relative(number, posted=bool(number % 2)) for number in range(count))
    return replace(incident, related=Related(leads=others))


def following(incident: Incident, *leaders: Relative) -> Incident:
    return replace(incident, related=Related(follows=leaders or (a_relative(9),)))


def an_alert(number: int = 0, *, labels: Mapping[str, str] | None = None, over: bool = False) -> Alert:
    return Alert(
        AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        {
            "alertname": "KubePodCrashLooping",
            "severity": "critical",
            "namespace": "shop",
            "pod": f"board-service-{number}",
            **(labels or {}),
        },
        {
            "summary": "Pod shop/board-service is crash looping.",
            "runbook_url": "https://runbooks.example/crash",
        },
        START,
        START + timedelta(minutes=7) if over else None,
        "http://prometheus.example:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        f"fp{number}",
    )


def an_incident(state: IncidentState = IncidentState.FIRING, *, alerts: int = 2) -> Incident:
    over = state is IncidentState.RESOLVED
    closed = None if state is IncidentState.FIRING else START + timedelta(minutes=7)
    return Incident(
        id="i1",
        cluster="default",
        receiver="opsbot",
        group_key='{}:{alertname="KubePodCrashLooping"}',
        state=state,
        opened_at=START,
        heard_at=START,
        closed_at=closed,
        alerts=tuple(an_alert(number, over=over) for number in range(alerts)),
        group_labels={"alertname": "KubePodCrashLooping"},
        common_annotations={"summary": "Pod shop/board-service is crash looping."},
        external_url="http://alertmanager.example",
        channel="#alerts",
    )


def diagnosed(incident: Incident, *diagnoses: Diagnosis) -> Incident:
    return replace(
        incident,
        diagnoses=diagnoses,
        targets=tuple(diagnosis.target for diagnosis in diagnoses),
        runbooks=("example",),
        diagnosed_revision=incident.revision,
    )
