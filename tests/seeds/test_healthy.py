"""What is well is called well: nothing found whichever runbook looks, exit code 0, and a reader told what was ruled out."""

import json
from pathlib import Path

import pytest

from bot.commands.diagnose import Ended, Output, ended, shown
from bot.delivery.words import Words
from bot.model import Alert, AlertStatus, Diagnosis, Target, Verdict
from runbooks.catalog import CATALOG
from tests.builders import NOW
from tests.fakes.checked_layouts import CheckedLayouts
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import engine_at

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second

WELL = "well"
# With a cause that must be ruled out there: to find nothing is not enough, it has to have been looked for.
TARGETS = {
    Target("default", WELL, "Deployment", "web"): ("triage", "crashing"),
    Target("default", WELL, "Pod", "web-6d4f8b7c95-b5n8q"): ("triage", "crashing"),
    Target("default", WELL, "Service", "web"): ("triage", "probe-failing"),
    Target("default", WELL, "StatefulSet", "db"): ("triage", "rollout-stuck"),
    Target("default", WELL, "DaemonSet", "agent"): ("triage", "rollout-stuck"),
    Target("default", WELL, "CronJob", "nightly"): ("triage", "scaled-to-zero"),
    Target("default", WELL, "StatefulSet", "prometheus"): ("prometheus_oomkilled", "wal-replay-oom"),
    Target("default", WELL, "HorizontalPodAutoscaler", "web"): ("hpa_slow_scale_down", "behavior-too-slow"),
    Target("default", "argocd", "Application", "web"): ("eso_sync_failed", "argocd-sync-error"),
    Target("default", WELL, "ExternalSecret", "web-db"): ("eso_sync_failed", "secret-sync-error"),
    Target("default", "", "ClusterSecretStore", "aws"): ("eso_sync_failed", "store-invalid"),
    Target("default", "", "Node", "node-1"): ("triage", "node-unhealthy"),
}
ALERTS = (
    {"alertname": "KubePodCrashLooping", "namespace": WELL},
    {"alertname": "HpaScaleDownSlow", "namespace": WELL, "horizontalpodautoscaler": "web"},
    {"alertname": "ArgoCdAppSyncFailed", "name": "web"},
    {"alertname": "PortalShowsZeros", "namespace": WELL},
    {"alertname": "OtelTracesMissing", "namespace": WELL},
)
LAYOUTS = {language: CheckedLayouts(Words(language)) for language in ("en", "ko")}
NOTHING = {"en": "Nothing found", "ko": "찾은 것이 없습니다"}
everyone = pytest.mark.parametrize("target", TARGETS, ids=str)


def found(diagnosis: Diagnosis) -> list[tuple[str, str, dict[str, object]]]:
    return [(one.runbook, one.cause, dict(one.facts)) for one in diagnosis.findings if one.found]


@everyone
async def test_nothing_is_found_by_hand_by_any_alert_or_by_any_runbook(
    target: Target, tmp_path: Path
) -> None:
    fired = [Alert(AlertStatus.FIRING, labels, {}, NOW, None, "", "1") for labels in ALERTS]
    async with engine_at(cluster("healthy", NOW), tmp_path) as engine:
        diagnoses = [
            await engine.diagnose(target),
            await engine.diagnose(target, names=[runbook.name for runbook in CATALOG]),
            *[await engine.diagnose(target, alerts=[alert]) for alert in fired],
        ]
    for diagnosis in diagnoses:
        assert found(diagnosis) == []
        assert ended(diagnosis) is Ended.NOTHING
    ruled_out = {
        (one.runbook, one.cause) for one in diagnoses[0].findings if one.verdict is Verdict.RULED_OUT
    }
    assert TARGETS[target] in ruled_out


@everyone
@pytest.mark.parametrize("language", LAYOUTS)
async def test_a_reader_is_told_what_was_ruled_out(target: Target, language: str, tmp_path: Path) -> None:
    async with engine_at(cluster("healthy", NOW), tmp_path) as engine:
        diagnosis = await engine.diagnose(target)
    layouts = LAYOUTS[language]
    runbook, cause = TARGETS[target]
    name = layouts.words.cause_name(runbook, cause)
    for output in (Output.TEXT, Output.MARKDOWN):
        told = shown(layouts, diagnosis, output)
        assert NOTHING[language] in told
        assert name in told
    # In Slack the message above says that nothing was found.
    assert name in " ".join(_texts(json.loads(shown(layouts, diagnosis, Output.BLOCKS))))


def _texts(part: object) -> list[str]:
    match part:
        case dict():
            return [text for value in part.values() for text in _texts(value)]
        case list():
            return [text for value in part for text in _texts(value)]
        case str():
            return [part]
        case _:
            return []
