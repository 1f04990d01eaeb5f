"""What chooses hpa_slow_scale_down, and what it looks at."""

from typing import Any

import pytest

from bot.diagnosis.choosing import Chooser
from bot.diagnosis.looks import ApplicationOf, EventsOf, PodsOf, ScalersOf, WorkloadOf
from bot.diagnosis.looks_objects import BudgetsOf, QuotasOf
from bot.diagnosis.scaling.looking import HPA
from bot.diagnosis.scaling.shown import history_of
from bot.model import Target
from runbooks.hpa_slow_scale_down import RUNBOOK, Evidence, collect, decide
from tests.diagnosis.scaling.builders import scaler
from tests.fakes.sources import FakeSources
from tests.runbooks.hpa_cases import (
    APPLICATION,
    ARGO,
    NO_METRICS,
    NOT_CHECKED,
    around,
)
from tests.snapshots import FORBIDDEN, TARGET, workload

ON_HPA = Target("default", "shop", HPA, "web-hpa")


@pytest.mark.parametrize(
    ("alert", "chosen"),
    [
        ("KubeHpaMaxedOut", True),
        ("KubeHpaReplicasMismatch", True),
        ("HPAScaleDownSlow", True),
        ("hpa_slow_scale_down", True),
        ("HorizontalPodAutoscalerAtMax", True),
        ("AuthServiceSlowScaleDown", True),
        ("KubePodCrashLooping", False),
        ("GraphPanelEmpty", False),
        ("ClusterAutoscalerScaleDownBlocked", False),
        ("KubeDeploymentReplicasMismatch", False),
    ],
)
def test_alerts(alert: str, chosen: bool) -> None:
    choice = Chooser([RUNBOOK]).choose(None, "Deployment", [{"alertname": alert}])

    assert (choice.matched == (RUNBOOK.name,)) is chosen


def _answers(of: Any, on: Target, **scalers: Any) -> dict[Any, Any]:
    return {
        WorkloadOf(on): workload(annotations=ARGO),
        ScalersOf("shop", **scalers): of,
        PodsOf("shop", "app=web"): FORBIDDEN,
        EventsOf("shop", "Deployment", "web", warnings_only=False): (),
        EventsOf("shop", HPA, "web-hpa", warnings_only=False): (),
        ApplicationOf("shop"): APPLICATION,
        BudgetsOf("shop"): (),
        QuotasOf("shop"): (),
        history_of("shop", "web-hpa"): NO_METRICS,
    }


@pytest.mark.parametrize(
    ("on", "scalers"),
    [(ON_HPA, {"name": "web-hpa"}), (TARGET, {"kind": "Deployment", "workload": "web"})],
    ids=["the autoscaler", "the workload"],
)
async def test_looks_around(on: Target, scalers: Any) -> None:
    sources = FakeSources(_answers((scaler(),), on, **scalers), reads=RUNBOOK.reads)

    evidence = await collect(on, sources)

    expected = around(workload=workload(annotations=ARGO), application=APPLICATION, pods=FORBIDDEN)
    assert evidence == Evidence(scaler(), expected)


async def test_of_several_the_first_by_name() -> None:
    several = (scaler(name="web-z"), scaler())
    sources = FakeSources(_answers(several, TARGET, kind="Deployment", workload="web"), reads=RUNBOOK.reads)

    assert (await collect(TARGET, sources)).scaler == scaler()


async def test_nothing_scales_it() -> None:
    sources = FakeSources({WorkloadOf(TARGET): workload(), ScalersOf("shop", "Deployment", "web"): ()})

    assert await collect(TARGET, sources) == Evidence(None)


async def test_a_node_is_not_asked_about() -> None:
    sources = FakeSources({})

    findings = decide(await collect(Target("default", "", "Node", "node-1"), sources))

    assert {one.verdict for one in findings} == {NOT_CHECKED}
    assert sources.asked == []


def test_the_query_knows_old_and_new_names() -> None:
    expr = history_of("shop", "web-hpa").expr

    assert (
        'max(kube_horizontalpodautoscaler_status_current_replicas{namespace="shop",horizontalpodautoscaler="web-hpa"})'
        in expr
    )
    assert 'max(kube_hpa_status_current_replicas{exported_namespace="shop",hpa="web-hpa"})' in expr
