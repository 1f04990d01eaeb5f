"""What hpa_slow_scale_down proposes, where that lasts, and that its patches are whole."""

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest
import yaml

from bot.delivery.words import Words
from bot.diagnosis.evidence import Marks, Writer
from bot.model import Fix, Layer
from runbooks.hpa_slow_scale_down import Evidence, decide
from tests.diagnosis.scaling.builders import CPU, HELD, QUICK, SLOW, metric, scaler
from tests.runbooks.hpa_cases import (
    APPLICATION,
    ARGO,
    AT_MAXIMUM,
    FOUGHT,
    FOUGHT_FOR,
    FOUGHT_OVER,
    HELD_AT_4,
    SEED,
    blind,
    found,
    seen,
)
from tests.runbooks.hpa_slowness_cases import SLOWNESS
from tests.runbooks.hpa_trouble_cases import TROUBLE
from tests.snapshots import NOW, TARGET, spec, template, workload

CASES = [*SLOWNESS, *TROUBLE]
HELM = Marks(annotations={"meta.helm.sh/release-name": "web"})
GIT = Marks(annotations=ARGO)
KEDA = Marks(owner="ScaledObject/web")


def _fixes(of: Evidence, cause: str) -> tuple[Fix, ...]:
    return found(of, cause).fixes


def _worded(of: Evidence, cause: str, key: str, language: str = "en") -> Any:
    finding = found(of, cause)
    words = Words(language).finding(finding, TARGET)
    return next(worded for fix, worded in zip(finding.fixes, words.fixes, strict=True) if fix.key == key)


SCALE_DOWN = {
    "stabilizationWindowSeconds": 120,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Percent", "value": 50, "periodSeconds": 60},
        {"type": "Pods", "value": 2, "periodSeconds": 60},
    ],
}
BEHAVIOR = {"behavior": {"scaleDown": SCALE_DOWN}}


@pytest.mark.parametrize("of", [SEED, seen(scaler(scale_down=SLOW, scale_up=replace(SLOW, window=60)))])
def test_the_command_patches_how_it_scales_down_and_nothing_else(of: Any) -> None:
    (command,) = _worded(of, "behavior-too-slow", "speed-up").commands
    words = shlex.split(command)

    assert words[:5] == ["kubectl", "patch", "hpa/web-hpa", "--namespace=shop", "--type=merge"]
    assert json.loads(words[5].removeprefix("--patch=")) == {"spec": BEHAVIOR}


@pytest.mark.parametrize(
    ("marks", "application", "layer", "patch"),
    [
        pytest.param(HELM, None, Layer.HELM, {"autoscaling": BEHAVIOR}, id="helm"),
        pytest.param(
            GIT, replace(APPLICATION, helm=True), Layer.GITOPS, {"autoscaling": BEHAVIOR}, id="argo-helm"
        ),
        pytest.param(GIT, APPLICATION, Layer.GITOPS, {"spec": BEHAVIOR}, id="argo-plain"),
        pytest.param(
            KEDA,
            None,
            Layer.OPERATOR,
            {"spec": {"advanced": {"horizontalPodAutoscalerConfig": BEHAVIOR}}},
            id="keda",
        ),
        pytest.param(
            Marks(owner="Gateway/web"), None, Layer.OPERATOR, {"spec": BEHAVIOR}, id="another-operator"
        ),
    ],
)
def test_the_change_is_made_where_it_lasts(marks: Marks, application: Any, layer: Layer, patch: Any) -> None:
    of = seen(scaler(scale_down=SLOW, marks=marks), application=application)
    first, stopgap = _fixes(of, "behavior-too-slow")

    assert (first.key, first.layer, first.lasting) == ("speed-up-at-source", layer, True)
    assert (stopgap.key, stopgap.layer, stopgap.lasting) == ("speed-up", Layer.LIVE, False)
    assert yaml.safe_load(_worded(of, "behavior-too-slow", "speed-up-at-source").patch) == patch


def test_a_live_object_is_patched_for_good() -> None:
    (fix,) = _fixes(SEED, "behavior-too-slow")

    assert (fix.key, fix.layer, fix.lasting) == ("speed-up", Layer.LIVE, True)


def test_a_chart_may_read_the_global_block_only() -> None:
    of = seen(scaler(scale_down=SLOW, marks=HELM))

    assert "only the global autoscaling block" in _worded(of, "behavior-too-slow", "speed-up-at-source").risk


@pytest.mark.parametrize(
    ("rules", "keys"), [(None, ["speed-up"]), (SLOW, []), (QUICK, [])], ids=["default", "slow", "quick"]
)
def test_a_window_is_shortened_where_it_is_all_that_is_slow(rules: Any, keys: list[str]) -> None:
    fixes = _fixes(seen(scaler(scale_down=rules)), "stabilization-window")

    assert [fix.key for fix in fixes] == keys


def test_memory_is_dropped_where_the_rest_is_known() -> None:
    (command,) = _worded(HELD_AT_4, "metric-holds-it-up", "drop-metric").commands
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}

    assert json.loads(shlex.split(command)[5].removeprefix("--patch=")) == {
        "spec": {"metrics": [{"type": "Resource", "resource": cpu}]}
    }


def test_the_manifest_without_memory_is_whole() -> None:
    app = metric("cpu", 0.01, 0.5, kind="ContainerResource", target_kind="AverageValue", container="app")
    of = seen(scaler(CPU, app, HELD, marks=GIT), application=APPLICATION)
    patch = yaml.safe_load(_worded(of, "metric-holds-it-up", "drop-metric-at-source").patch)

    assert patch["spec"]["metrics"] == [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
        },
        {
            "type": "ContainerResource",
            "containerResource": {
                "name": "cpu",
                "container": "app",
                "target": {"type": "AverageValue", "averageValue": "500m"},
            },
        },
    ]


@pytest.mark.parametrize(
    "other",
    [
        metric("rps", 1, 100, kind="Pods", target_kind="AverageValue"),
        metric("queue", 1, 100, kind="External", target_kind="Value"),
    ],
)
def test_a_metric_with_a_selector_is_not_rewritten(other: Any) -> None:
    assert _fixes(seen(scaler(other, HELD)), "metric-holds-it-up") == ()


def test_more_is_allowed_where_more_is_wanted() -> None:
    (fix,) = _fixes(AT_MAXIMUM, "metric-holds-it-up")

    assert (fix.key, fix.facts["proposed"]) == ("raise-maximum", 14)


def test_the_fight_ends_in_git() -> None:
    remove, ignore = _fixes(FOUGHT, "replicas-fought-by-gitops")
    patch = yaml.safe_load(_worded(FOUGHT, "replicas-fought-by-gitops", "ignore-replicas").patch)

    assert (remove.key, remove.layer, ignore.key) == ("remove-replicas", Layer.GITOPS, "ignore-replicas")
    assert patch["spec"]["ignoreDifferences"] == [
        {
            "group": "apps",
            "kind": "Deployment",
            "name": "web",
            "namespace": "shop",
            "jsonPointers": ["/spec/replicas"],
        }
    ]
    assert patch["spec"]["syncPolicy"] == {"syncOptions": ["RespectIgnoreDifferences=true"]}


def test_a_chart_gets_the_usual_condition() -> None:
    of = seen(FOUGHT_OVER, workload=FOUGHT_FOR, application=replace(APPLICATION, helm=True))
    patch = _worded(of, "replicas-fought-by-gitops", "remove-replicas").patch

    assert "{{- if not .Values.autoscaling.enabled }}" in patch
    assert "replicas: {{ .Values.replicaCount }}" in patch


def test_a_request_is_set_where_there_is_none() -> None:
    without = template(
        spec(requests={"memory": "1Gi"}), spec(name="proxy", limits={"cpu": "1"}), spec(name="log")
    )
    message = blind("FailedGetResourceMetric", "missing request for cpu")
    of = seen(scaler(conditions=message), workload=workload(template=without))

    (command,) = _worded(of, "metrics-missing", "set-request").commands
    assert "--containers=app,log --requests=cpu=100m" in command


def test_what_is_added_to_the_pods_cannot_be_set_in_their_template() -> None:
    message = blind(
        "FailedGetResourceMetric", "missing request for cpu in container istio-proxy of Pod web-7d9-a"
    )

    assert _fixes(seen(scaler(conditions=message)), "metrics-missing") == ()


def test_a_request_is_set_in_git() -> None:
    message = blind("FailedGetResourceMetric", "missing request for cpu in container app of Pod web-7d9-a")
    of = seen(scaler(conditions=message), workload=workload(annotations=ARGO))

    patch = yaml.safe_load(_worded(of, "metrics-missing", "set-request-at-source").patch)
    container = {"name": "app", "resources": {"requests": {"cpu": "100m"}}}
    assert patch["spec"]["template"]["spec"]["containers"] == [container]


def test_who_applies_with_helm_changes_the_chart() -> None:
    of = seen(scaler(), workload=workload(replica_writers=(Writer("helm", NOW),)))
    (fix,) = _fixes(of, "replicas-fought-by-gitops")

    assert (fix.layer, fix.facts["helm"]) == (Layer.HELM, True)


def test_nothing_lowers_the_minimum() -> None:
    for case in CASES:
        for finding in decide(case.of):
            assert "minReplicas" not in str([fix.facts for fix in finding.fixes])
