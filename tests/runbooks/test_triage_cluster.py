"""Triage the whole way: the engine, the real client and a faithful API server, up to the sentences."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import KubernetesClient
from bot.delivery.words import Words
from bot.diagnosis.engine import Engine
from bot.model import Diagnosis, Source, Target, Verdict
from runbooks.catalog import CATALOG
from tests.builders import (
    NOW,
    Object,
    ago,
    container,
    crashing,
    deployment,
    pod,
    pod_spec,
    replicaset,
    rollout,
    running,
)
from tests.builders_around import configmap, event, hpa, node
from tests.clients.cluster import cluster
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.kubernetes.logs import ContainerLog

BOARD = Target("test", "shop", "Deployment", "board-service")
POD = "board-service-7d9f8c6b5d-x2k9p"
LOG = b'starting\n2026-01-01T03:09:58Z FATAL: password authentication failed for user "board_db"\nbye\n'


def shop(fake: FakeKubernetes, top: Callable[..., Object] = deployment) -> None:
    """A workload whose second revision brought an image that crashes."""
    reads: dict[str, Any] = {"envFrom": [{"configMapRef": {"name": "board-config"}}]}
    bad, good = pod_spec(container(**reads)), pod_spec(container(image="ghcr.io/shop/board:1.4.1", **reads))
    owner = top(ready=1, spec=bad)
    newest = replicaset(owner, revision=2, spec=bad, created=ago(minutes=20))
    before = replicaset(owner, hash_="5c4", spec=good, created=ago(days=9))
    broken = pod(owner=newest, statuses=[crashing()])
    fake.add(
        owner,
        newest,
        before,
        broken,
        pod("board-service-7d9f8c6b5d-b", owner=newest, statuses=[running()]),
        event(broken),
        node(),
        hpa(),
        configmap(),
    )
    fake.log("shop", POD, "app", ContainerLog(previous=LOG))


async def diagnose(client: KubernetesClient, target: Target = BOARD) -> Diagnosis:
    engine = Engine(CATALOG, {"test": {Source.KUBERNETES: client}}, clock=lambda: NOW)
    return await engine.diagnose(target, names=["triage"], since=NOW)


@pytest.mark.parametrize("target", [BOARD, Target("test", "shop", "Pod", POD)])
async def test_a_crash_after_a_rollout(tmp_path: Path, target: Target) -> None:
    async with cluster(tmp_path) as (fake, client):
        shop(fake)

        diagnosis = await diagnose(client, target)

    first = diagnosis.findings[0]
    assert (first.cause, first.verdict) == ("crashing", Verdict.CONFIRMED)
    assert first.facts["error"] == 'FATAL: password authentication failed for user "board_db"'
    assert [(fix.key, fix.facts["image_before"]) for fix in first.fixes] == [
        ("roll-back", "ghcr.io/shop/board:1.4.1")
    ]
    assert [(change.key, change.object) for change in diagnosis.changes][:2] == [
        ("scaled", "HorizontalPodAutoscaler/board-service"),
        ("image", "Deployment/board-service"),
    ]
    assert diagnosis.gaps == ()
    likely = [finding.cause for finding in diagnosis.findings if finding.verdict is Verdict.LIKELY]
    assert likely == ["scaler-limited"]


async def test_without_any_grant_nothing_is_ruled_out(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        shop(fake)
        fake.deny("*", "*")

        diagnosis = await diagnose(client)

    assert {finding.verdict for finding in diagnosis.findings} == {Verdict.NOT_CHECKED}
    assert all(finding.missing and finding.missing.grant for finding in diagnosis.findings)
    assert diagnosis.gaps


async def test_it_reads_well(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        shop(fake)
        worded = Words("en").word(await diagnose(client))

    first = worded.findings[0]
    assert first.title == (
        'Container app keeps ending with exit code 1: FATAL: password authentication failed for user "board_db"'
    )
    assert "The newest revision changed: image." in first.detail
    assert first.fixes[0].commands == (
        "kubectl rollout undo deployment/board-service --namespace=shop --to-revision=1",
    )


async def test_a_rollout_of_argo_is_told_and_mended_as_one(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        shop(fake, rollout)
        diagnosis = await diagnose(client, Target("test", "shop", "Pod", POD))
        worded = Words("en").word(diagnosis)

    assert (diagnosis.findings[0].cause, diagnosis.gaps) == ("crashing", ())
    assert ("image", "Rollout/board-service") in [(one.key, one.object) for one in diagnosis.changes]
    (fix,) = worded.findings[0].fixes
    assert fix.commands == ("kubectl argo rollouts undo board-service --namespace=shop --to-revision=1",)
    assert fix.verify == ("kubectl argo rollouts status board-service --namespace=shop",)
    stuck = next(one for one in worded.findings if one.cause == "rollout-stuck")
    assert "kubectl rollout" not in str(stuck)
