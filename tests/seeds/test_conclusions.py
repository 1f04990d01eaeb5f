"""Each incident of the write-ups, on an API server: the same conclusion, the same fix, the same numbers, by hand and by alert."""

import shlex
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import KubernetesAccess
from bot.delivery.worded import WordedDiagnosis
from bot.delivery.words import Words
from bot.diagnosis.engine import Engine
from bot.model import Alert, AlertStatus, Diagnosis, Source, Target, Verdict
from runbooks.catalog import CATALOG
from tests.builders import NOW
from tests.fakes.kubernetes import FakeKubernetes
from tests.seeds.loading import cluster

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second

SHOP = "wealist-prod"
FOUND = {Verdict.CONFIRMED, Verdict.LIKELY}


@dataclass(frozen=True, slots=True)
class Story:
    """`says` must all stand in the words of the diagnosis; `alert` is what would have chosen the runbook."""

    runbook: str
    target: Target
    alert: dict[str, str]
    confirmed: frozenset[str]
    says: tuple[str, ...]


def workload(name: str, kind: str = "Deployment") -> Target:
    return Target("default", SHOP, kind, name)


STORIES = (
    Story(
        "prometheus_oomkilled",
        workload("prometheus"),
        {"alertname": "KubePodCrashLooping", "pod": "prometheus-6c8f9d7b54-q8w2z"},
        frozenset({"wal-replay-oom"}),
        ("512Mi", "1Gi", "313", "348", "prometheus.resources.limits.memory", "wealist-monitoring-prod"),
    ),
    Story(
        "crashloop_db_auth",
        workload("board-service"),
        {"alertname": "KubePodCrashLooping", "pod": "board-service-7d9f8c6b5d-x2k9p"},
        frozenset({"db-user-overridden"}),
        ("wealist_admin", "board_db", "shared-config", "board-service-config", "video-service", "SELECT 1"),
    ),
    Story(
        "eso_sync_failed",
        Target("default", "argocd", "Application", "external-secrets-config-prod"),
        {"alertname": "ArgoCdAppSyncFailed", "name": "external-secrets-config-prod"},
        frozenset({"conversion-webhook-dead"}),
        (
            "clustersecretstores.external-secrets.io",
            "externalsecrets.external-secrets.io",
            "secretstores.external-secrets.io",
            "external-secrets-webhook",
            '{"strategy":"None"}',
            "installCRDs",
        ),
    ),
    Story(
        "otel_schema_conflict",
        workload("user-service"),
        {"alertname": "OtelTracesMissing", "deployment": "user-service"},
        frozenset({"tracing-silently-off"}),
        ("1.26.0", "1.32.0", "board-service", "chat-service", "semconv/v1.", "resource.New", "go mod graph"),
    ),
    Story(
        "hpa_slow_scale_down",
        workload("auth-service-hpa", "HorizontalPodAutoscaler"),
        {"alertname": "HpaScaleDownSlow", "horizontalpodautoscaler": "auth-service-hpa"},
        frozenset({"behavior-too-slow"}),
        (
            "10 → 2",
            "12 min",
            "3 min",
            '"stabilizationWindowSeconds":120',
            "read only the global autoscaling block",
        ),
    ),
    Story(
        "portal_metrics_zero",
        workload("ops-service"),
        {"alertname": "PortalShowsZeros", "deployment": "ops-service"},
        frozenset(
            {"prometheus-route-prefix", "argocd-token-missing", "db-not-migrated", "gorm-constraint-name"}
        ),
        (
            "http://prometheus.wealist-prod.svc.cluster.local:9090/api/monitoring/prometheus",
            "config.PROMETHEUS_URL",
            "ALTER INDEX portal_users_email_key RENAME TO uni_portal_users_email;",
            "ARGOCD_TOKEN",
            "external-secrets.io/v1",
            "DB_AUTO_MIGRATE",
            "audit_logs",
        ),
    ),
)
everyone = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.runbook)


@asynccontextmanager
async def engine_at(fake: FakeKubernetes, folder: Path) -> AsyncIterator[Engine]:
    async with fake:
        client = KubernetesClient("default", KubernetesAccess(kubeconfig=fake.kubeconfig(folder)))
        engine = Engine(CATALOG, {"default": {Source.KUBERNETES: client}}, clock=lambda: NOW)
        try:
            yield engine
        finally:
            await engine.close()
            await client.close()


def said(worded: WordedDiagnosis) -> str:
    """All that a reader is told of what was found, on one line."""
    told: list[str] = []
    for finding in worded.found:
        told += (finding.title, finding.detail, *(seen.text for seen in finding.evidence))
        for fix in finding.fixes:
            told += (fix.title, *fix.commands, fix.patch, fix.risk, *fix.verify)
    return " ".join(" ".join(told).split())


def found(diagnosis: Diagnosis) -> set[str]:
    return {finding.cause for finding in diagnosis.findings if finding.verdict in FOUND}


def bash_refuses(commands: Iterable[str]) -> list[str]:
    """Bash only reads them; nothing is run."""
    refused = []
    for command in commands:
        read = subprocess.run(["/bin/bash", "-n"], input=command, text=True, capture_output=True, check=False)
        if read.returncode or not shlex.split(command, comments=True):
            refused.append(f"{command}: {read.stderr}")
    return refused


@everyone
async def test_the_write_up_is_confirmed(story: Story, tmp_path: Path) -> None:
    async with engine_at(cluster(story.runbook, NOW), tmp_path) as engine:
        diagnosis = await engine.diagnose(story.target, names=[story.runbook])

    confirmed = {f.cause for f in diagnosis.findings if f.verdict is Verdict.CONFIRMED}
    assert story.confirmed <= confirmed
    told = said(Words("en").word(diagnosis))
    assert [words for words in story.says if words not in told] == []


@everyone
async def test_the_alert_leads_there(story: Story, tmp_path: Path) -> None:
    labels = {"namespace": SHOP, "severity": "critical", **story.alert}
    alert = Alert(AlertStatus.FIRING, labels, {}, NOW, None, "", "1")
    target = workload(labels["pod"], "Pod") if "pod" in labels else story.target
    async with engine_at(cluster(story.runbook, NOW), tmp_path) as engine:
        diagnosis = await engine.diagnose(await engine.owner(target), alerts=[alert])

    assert story.runbook in diagnosis.runbooks
    assert story.confirmed <= found(diagnosis)
    assert diagnosis.findings[0].runbook == story.runbook


@everyone
@pytest.mark.parametrize("language", ["en", "ko"])
async def test_what_is_to_be_pasted_is_a_command(story: Story, language: str, tmp_path: Path) -> None:
    async with engine_at(cluster(story.runbook, NOW), tmp_path) as engine:
        diagnosis = await engine.diagnose(story.target, names=[story.runbook])

    worded = Words(language).word(diagnosis)
    commands = [command for f in worded.found for fix in f.fixes for command in fix.commands]
    shown = [seen.reproduce for f in worded.findings for seen in f.evidence if seen.reproduce]
    assert commands
    assert bash_refuses((*commands, *shown)) == []


@everyone
async def test_the_same_cluster_gives_the_same_bytes(story: Story, tmp_path: Path) -> None:
    async def told() -> dict[str, Any]:
        async with engine_at(cluster(story.runbook, NOW), tmp_path) as engine:
            diagnosis = await engine.diagnose(story.target, names=[story.runbook])
        return {**Words("en").to_json(diagnosis), "took_ms": 0}

    assert await told() == await told()
