"""The scenario of the dead conversion webhook tells what the write-up told, and is over when the CRDs are patched."""

from datetime import UTC, datetime

from bot.delivery.words import Words
from bot.demo.catalog import named
from bot.demo.simulated import CLUSTER, Stage
from bot.demo.world import Act
from bot.diagnosis.engine import Engine
from bot.incidents.targets import locate
from bot.model import Diagnosis, Target, Verdict
from runbooks.catalog import CATALOG

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)


def acts() -> tuple[Act, ...]:
    scenario = named("eso-sync-failed")
    assert scenario is not None
    return scenario.acts(NOW)


async def diagnosed(act: Act) -> Diagnosis:
    stage = Stage(lambda: NOW, {"one": act.world})
    engine = Engine(CATALOG, {CLUSTER: stage.answerers()}, clock=lambda: NOW)
    target = locate(act.alerts[0].labels, CLUSTER).target
    assert target == Target(CLUSTER, "argocd", "Application", "external-secrets-config-prod")
    return await engine.diagnose(target)


async def test_three_crds_get_a_patch_each() -> None:
    diagnosis = await diagnosed(acts()[0])

    first = Words("en").word(diagnosis).findings[0]
    assert (first.cause, first.verdict) == ("conversion-webhook-dead", Verdict.CONFIRMED)
    assert first.title.startswith("3 CRDs are converted by Service external-secrets/external-secrets-webhook")
    assert "v0.17.0" in first.detail
    patches, sync = first.fixes[0].commands
    assert len(patches.splitlines()) == 3
    assert "external-secrets-config-prod -n argocd" in sync


async def test_nothing_is_found_once_they_are_patched() -> None:
    diagnosis = await diagnosed(acts()[1])

    assert diagnosis.runbooks[0] == "eso_sync_failed"
    assert not [finding.cause for finding in diagnosis.findings if finding.found]
