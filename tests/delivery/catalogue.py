"""The incident of every runbook in every state that a message can be in, from the clusters of the write-ups and a healthy one.

What golden files and pictures are made of. Nothing here words or lays out.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.diagnosis.recheck import compare
from bot.model import (
    Alert,
    AlertStatus,
    Diagnosis,
    Fact,
    Incident,
    IncidentState,
    Related,
    Relative,
    Target,
    Verdict,
)
from bot.silence import Silence, SilenceState
from tests.builders import NOW
from tests.fakes.kubernetes import FakeKubernetes
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import SHOP, STORIES, engine_at, workload

_LASTED = timedelta(minutes=23)


@dataclass(frozen=True, slots=True)
class Case:
    """`healthy` is what stands for the target where all is well; `healed` are numbers of its cause after the fix."""

    runbook: str
    seed: str
    target: Target
    labels: Mapping[str, str]
    summary: str
    healthy: Target
    healed: Mapping[str, Fact] = field(default_factory=dict)


_SUMMARIES = {
    "prometheus_oomkilled": "Pod wealist-prod/prometheus-6c8f9d7b54-q8w2z (prometheus) is in waiting state (reason: CrashLoopBackOff).",
    "crashloop_db_auth": "Pod wealist-prod/board-service-7d9f8c6b5d-x2k9p (board-service) is in waiting state (reason: CrashLoopBackOff).",
    "eso_sync_failed": "Application external-secrets-config-prod has been OutOfSync for 15 minutes.",
    "otel_schema_conflict": "user-service sends no traces.",
    "hpa_slow_scale_down": "auth-service has been above its desired replicas for 20 minutes.",
    "portal_metrics_zero": "The portal shows zeros.",
}
_HEALED: Mapping[str, Mapping[str, Fact]] = {
    "prometheus_oomkilled": {"limit": "1Gi", "restarts": 0},
    "crashloop_db_auth": {"restarts": 0},
    "hpa_slow_scale_down": {"current": 2, "today_seconds": 180.0},
}
_KINDS = {"HorizontalPodAutoscaler": "HorizontalPodAutoscaler", "Application": "Application"}


def _healthy(target: Target) -> Target:
    namespace = "argocd" if target.kind == "Application" else "well"
    return Target("default", namespace, _KINDS.get(target.kind, "Deployment"), "web")


CASES = (
    *(
        Case(
            story.runbook,
            story.runbook,
            story.target,
            {"namespace": SHOP, "severity": "critical", **story.alert},
            _SUMMARIES[story.runbook],
            _healthy(story.target),
            _HEALED.get(story.runbook, {}),
        )
        for story in STORIES
    ),
    Case(
        "triage",
        "prometheus_oomkilled",
        workload("prometheus"),
        {
            "alertname": "KubePodNotReady",
            "namespace": SHOP,
            "severity": "warning",
            "pod": "prometheus-6c8f9d7b54-q8w2z",
        },
        "Pod wealist-prod/prometheus-6c8f9d7b54-q8w2z has been in a non-ready state for longer than 15 minutes.",
        _healthy(workload("prometheus")),
        {"limit": "1Gi", "restarts": 0},
    ),
)


@dataclass(frozen=True, slots=True)
class Sights:
    """One target's diagnoses: what is wrong, nothing wrong, nothing to be seen."""

    ill: Diagnosis
    well: Diagnosis
    blind: Diagnosis


@cache
def sights() -> Mapping[str, Sights]:
    return asyncio.run(_looked())


async def _looked() -> dict[str, Sights]:
    found = {}
    for case in CASES:
        denied = cluster(case.seed, NOW)
        denied.deny()
        ill = await _diagnosis(cluster(case.seed, NOW), case.target, case)
        well = await _diagnosis(cluster("healthy", NOW), case.healthy, case, named=False)
        blind = await _diagnosis(denied, case.target, case)
        found[case.runbook] = Sights(ill, well, blind)
    return found


async def _diagnosis(fake: FakeKubernetes, target: Target, case: Case, *, named: bool = True) -> Diagnosis:
    """Unless it is `named`, what runs beside it as well, as it does for an alert."""
    with TemporaryDirectory() as folder:
        async with engine_at(fake, Path(folder)) as engine:
            diagnosis = await engine.diagnose(
                target, alerts=[_alert(case)], names=[case.runbook] if named else None
            )
    return replace(diagnosis, took_ms=0)


def states(case: Case) -> dict[str, Incident]:
    """By the name of the state; the first that is told in full comes first."""
    seen = sights()[case.runbook]
    fired = _fired(case)
    told = _diagnosed(fired, seen.ill)
    over = replace(
        told,
        state=IncidentState.RESOLVED,
        closed_at=NOW + _LASTED,
        alerts=tuple(_ended(alert) for alert in told.alerts),
    )
    best = next(finding for finding in seen.ill.findings if finding.found)
    silence = Silence(
        "s1",
        "i1",
        (f'namespace="{SHOP}"',),
        "ada",
        "…",
        NOW,
        NOW + timedelta(hours=2),
        SilenceState.ACTIVE,
        said="known",
    )
    others = tuple(
        Relative(f"r{number}", f"{SHOP}/{name}", (best.trouble,), "C0123", f"1767237120.00000{number}")
        for number, name in enumerate(("user-service", "chat-service"))
    )
    return {
        "firing": told,
        "diagnosing": fired,
        "nothing found": _diagnosed(fired, replace(seen.well, target=case.target)),
        "forbidden": _diagnosed(fired, seen.blind),
        "resolved": over,
        "resolved and re-checked": replace(over, rechecks=(compare(seen.ill, _healed(seen.ill, case)),)),
        "stale": replace(told, state=IncidentState.STALE, closed_at=NOW + timedelta(days=1)),
        "silenced": replace(told, silences=(silence,)),
        "leading others": replace(told, related=Related(leads=others)),
        "following another": replace(told, related=Related(follows=others[:1])),
    }


def _healed(ill: Diagnosis, case: Case) -> Diagnosis:
    after = tuple(
        replace(one, verdict=Verdict.RULED_OUT, facts={**one.facts, **case.healed}) if one.found else one
        for one in ill.findings
    )
    return replace(ill, findings=after, at=NOW + _LASTED)


def _alert(case: Case) -> Alert:
    annotations = {
        "summary": case.summary,
        "runbook_url": "https://runbooks.example/" + case.labels["alertname"],
    }
    return Alert(
        AlertStatus.FIRING, dict(case.labels), annotations, NOW, None, "http://prometheus.example/graph", "f1"
    )


def _ended(alert: Alert) -> Alert:
    return replace(alert, status=AlertStatus.RESOLVED, ends_at=NOW + _LASTED)


def _fired(case: Case) -> Incident:
    return Incident(
        id="i1",
        cluster="default",
        receiver="opsbot",
        group_key="{}:{}",
        state=IncidentState.FIRING,
        opened_at=NOW,
        heard_at=NOW,
        closed_at=None,
        alerts=(_alert(case),),
        group_labels={"alertname": case.labels["alertname"]},
        common_annotations={},
        external_url="http://alertmanager.example",
        channel="#alerts-critical",
        targets=(case.target,),
    )


def _diagnosed(incident: Incident, diagnosis: Diagnosis) -> Incident:
    return replace(
        incident, diagnoses=(diagnosis,), runbooks=diagnosis.runbooks, diagnosed_revision=incident.revision
    )
