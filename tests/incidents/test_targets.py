"""Labels to targets: every alert of kube-prometheus as a table, the labels that lie, and values that are no names."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.incidents.targets import (
    ClusterMatch,
    Located,
    NoTarget,
    cluster_of,
    locate,
    split_by_cluster,
)
from bot.model import Target
from tests.incidents.groups import body, firing

SAMPLES = Path(__file__).parents[1] / "samples"
TABLE: dict[str, Any] = yaml.safe_load((SAMPLES / "kube-prometheus-labels.yaml").read_text())
EXTERNAL = {"cluster": "prod", "prometheus": "monitoring/k8s"}
# Rules whose own text uses a label that their own aggregation drops.
DROPPED_UPSTREAM = {
    ("AlertmanagerClusterFailedToSendAlerts", "job"),
    ("AlertmanagerConfigInconsistent", "job"),
    ("AlertmanagerClusterDown", "job"),
    ("AlertmanagerClusterCrashlooping", "job"),
}


@cache
def rules() -> tuple[dict[str, Any], ...]:
    files = sorted((SAMPLES / "rules").glob("*.yaml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["spec"]["groups"]]
    return tuple(rule for group in groups for rule in group["rules"] if "alert" in rule)


def labels_of(alert: str) -> dict[str, str]:
    row = TABLE["alerts"][alert]
    scraped: dict[str, str] = TABLE["scrapes"][row["scraped"]] if "scraped" in row else {}
    own: dict[str, str] = row.get("labels", {})
    return {"alertname": alert} | EXTERNAL | scraped | own


def written(target: Target | None) -> str | None:
    return f"{target.kind} {target.namespace}/{target.name}".replace(" /", " ") if target else None


def found(**labels: str) -> str | None:
    return written(locate(labels, "prod").target)


def test_the_table_has_exactly_the_alerts_of_the_rules() -> None:
    names = {rule["alert"] for rule in rules()}
    assert len(names) == 125
    assert set(TABLE["alerts"]) == names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_the_table_has_every_label_that_the_text_of_the_rule_uses(rule: dict[str, Any]) -> None:
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    known = labels_of(rule["alert"]).keys() | rule["labels"].keys()
    assert {(rule["alert"], label) for label in used - known} <= DROPPED_UPSTREAM


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_of_kube_prometheus_gives_its_target(rule: dict[str, Any]) -> None:
    row = TABLE["alerts"][rule["alert"]]
    located = locate(labels_of(rule["alert"]) | rule["labels"], "prod")
    assert written(located.target) == row.get("target")
    assert located.why == row.get("why")
    if located.target:
        assert (located.target.cluster, located.label) == ("prod", row["by"])


@pytest.mark.parametrize(
    "alert", [name for name, row in TABLE["alerts"].items() if row.get("scraped") == "kube-state-metrics"]
)
def test_the_exporters_own_labels_make_no_difference(alert: str) -> None:
    """kube-prometheus drops them, kube-prometheus-stack leaves them on."""
    row = TABLE["alerts"][alert]
    bare = {"job": "kube-state-metrics"} | row["labels"]
    assert written(locate(bare, "prod").target) == row["target"]


KSM_POD = {"job": "kube-state-metrics", "pod": "ksm-5d8f-x2", "service": "ksm", "namespace": "monitoring"}


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        # honor_labels off: the object's labels are pushed aside to exported_*.
        (KSM_POD | {"exported_namespace": "shop", "exported_pod": "web-0"}, "Pod shop/web-0"),
        (KSM_POD | {"exported_namespace": "shop", "deployment": "web"}, "Deployment shop/web"),
        # The exporter's own pod, whatever it is called, next to an object.
        (KSM_POD | {"node": "worker-1"}, "Node worker-1"),
        (KSM_POD | {"namespace": "shop", "phase": "Terminating"}, "Namespace shop"),
        # A pod with its node is about the pod; and the exporter may be in trouble itself.
        (KSM_POD | {"namespace": "shop", "pod": "web-0", "node": "worker-1"}, "Pod shop/web-0"),
        (KSM_POD | {"reason": "CrashLoopBackOff"}, "Pod monitoring/ksm-5d8f-x2"),
        # `job` is never a Kubernetes Job.
        ({"job": "nightly", "namespace": "shop"}, "Namespace shop"),
        ({"job": "kube-state-metrics", "cronjob": "nightly", "namespace": "shop"}, "CronJob shop/nightly"),
    ],
)
def test_scrape_labels_do_not_hide_the_object(labels: Mapping[str, str], target: str) -> None:
    assert written(locate(labels, "prod").target) == target


NODE_EXPORTER = {
    "job": "kube-prometheus-stack-prometheus-node-exporter",
    "namespace": "monitoring",
    "pod": "ne-1",
}


@pytest.mark.parametrize(
    ("labels", "located"),
    [
        (NODE_EXPORTER | {"instance": "10.0.0.11:9100"}, Located(None, "instance", NoTarget.NODE_UNKNOWN)),
        (NODE_EXPORTER | {"instance": "[fd00::1]:9100"}, Located(None, "instance", NoTarget.NODE_UNKNOWN)),
        (NODE_EXPORTER | {"instance": "localhost:9100"}, Located(None, "instance", NoTarget.NODE_UNKNOWN)),
        (
            NODE_EXPORTER | {"instance": "10.0.0.11:9100", "nodename": "worker-1"},
            Located(Target("prod", "", "Node", "worker-1"), "nodename"),
        ),
        (
            NODE_EXPORTER | {"instance": "ip-10-0-0-11.eu.internal:9100"},
            Located(Target("prod", "", "Node", "ip-10-0-0-11.eu.internal"), "instance"),
        ),
        (
            {
                "job": "kubelet",
                "instance": "10.0.0.11:10250",
                "namespace": "kube-system",
                "service": "kubelet",
            },
            Located(None, "instance", NoTarget.NODE_UNKNOWN),
        ),
    ],
)
def test_a_machine_is_its_node_or_nothing_but_never_the_exporters_pod(
    labels: Mapping[str, str], located: Located
) -> None:
    assert locate(labels, "prod") == located


@pytest.mark.parametrize("job", ["node-exporter", "kubelet", "kube-state-metrics"])
def test_a_scrape_that_fails_is_about_the_service_that_is_scraped(job: str) -> None:
    assert found(alertname="TargetDown", job=job, namespace="ns", service=job) == f"Service ns/{job}"


@pytest.mark.parametrize(
    "labels",
    [
        {
            "alertname": "ArgoCdAppOutOfSync",
            "job": "argocd-metrics",
            "dest_server": "https://kubernetes.default.svc",
        },
        {"alertname": "ArgoCdAppSyncFailed", "pod": "argocd-application-controller-0"},
        {
            "alertname": "OurAppIsOut",
            "sync_status": "OutOfSync",
            "deployment": "argocd-application-controller",
        },
        {"alertname": "OurAppIsOut"},
    ],
)
def test_argocd_alerts_are_about_their_application(labels: Mapping[str, str]) -> None:
    argo = {"name": "external-secrets-config-prod", "project": "default"}
    assert found(**labels, **argo) == "Application external-secrets-config-prod"
    assert found(**labels, **argo, namespace="argocd") == "Application argocd/external-secrets-config-prod"


@pytest.mark.parametrize(
    "alert",
    [
        "ArgoCdAppSyncFailed",
        "ArgoCdAppOutOfSync",
        "ArgoAppNotHealthy",
        "ArgoCDApplicationDegraded",
        "argocd_app_missing",
        "argo-cd-app-unknown",
    ],
)
def test_an_alert_called_after_applications_needs_no_project(alert: str) -> None:
    assert found(alertname=alert, name="board", namespace="argocd") == "Application argocd/board"
    assert found(alertname=alert, name="board") == "Application board"
    scraped = {"pod": "argocd-application-controller-0", "service": "argocd-metrics", "namespace": "argocd"}
    assert found(alertname=alert, name="board", **scraped) == "Application argocd/board"


@pytest.mark.parametrize(
    "labels",
    [
        {"alertname": "ArgoCDDown", "name": "board"},
        {"alertname": "ArgoCdAppSetFailed", "name": "board"},
        {"alertname": "ArgoCDApplicationSetError", "name": "board"},
        {"alertname": "ArgoRolloutsDegraded", "name": "board"},
        {"alertname": "AppOutOfSync", "name": "board"},
        {"alertname": "ArgoCdAppSyncFailed"},
        {
            "alertname": "ArgoCdAppControllerMemoryHigh",
            "name": "k8s_x_1",
            "id": "/kubepods/x",
            "image": "argocd",
        },
    ],
)
def test_a_name_alone_makes_no_application(labels: Mapping[str, str]) -> None:
    assert found(**labels, namespace="argocd") == "Namespace argocd"


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        ({"alertname": "RolloutDegraded", "rollout": "board", "namespace": "shop"}, "Rollout shop/board"),
        ({"rollout": "board", "namespace": "shop", "pod": "argo-rollouts-0"}, "Rollout shop/board"),
        ({"workload": "board", "workload_type": "rollout", "namespace": "shop"}, "Rollout shop/board"),
        ({"owner_kind": "Rollout", "owner_name": "board", "namespace": "shop"}, "Rollout shop/board"),
        ({"alertname": "RolloutStuck", "deployment": "board", "namespace": "shop"}, "Deployment shop/board"),
        ({"alertname": "RolloutStuck", "namespace": "shop"}, "Namespace shop"),
    ],
)
def test_rollouts_of_argo(labels: Mapping[str, str], target: str) -> None:
    assert found(**labels) == target


def test_a_project_alone_does_not_make_an_application_of_a_workload() -> None:
    assert (
        found(name="x", project="my-gcp-project", deployment="web", namespace="shop") == "Deployment shop/web"
    )


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        ({"namespace": "shop", "service": "board-service"}, "Service shop/board-service"),
        ({"namespace": "shop", "app": "board-service"}, "Service shop/board-service"),
        ({"namespace": "shop", "service": "Payments (EU)"}, "Namespace shop"),
        ({"namespace": "shop", "container": "web", "label_app": "web"}, "Namespace shop"),
        ({"kubernetes_namespace": "shop", "kubernetes_pod_name": "web-0", "app": "web"}, "Pod shop/web-0"),
        ({"namespace": "shop", "pod_name": "web-0", "container_name": "web"}, "Pod shop/web-0"),
        ({"namespace": "shop", "workload": "web", "workload_type": "deployment"}, "Deployment shop/web"),
        ({"namespace": "shop", "workload": "web", "workload_type": "barepod"}, "Namespace shop"),
        ({"namespace": "shop", "workload": "web"}, "Service shop/web"),
        ({"namespace": "shop", "workload": "web", "pod": "web-0"}, "Pod shop/web-0"),
        ({"k8s_namespace_name": "shop", "service_name": "web"}, "Service shop/web"),
        ({"namespace": "shop", "service_name": "Payments (EU)"}, "Namespace shop"),
        ({"namespace": "shop", "owner_kind": "StatefulSet", "owner_name": "db"}, "StatefulSet shop/db"),
        ({"namespace": "shop", "owner_kind": "Node", "owner_name": "worker-1"}, "Namespace shop"),
        (
            {"namespace": "shop", "created_by_kind": "Job", "created_by_name": "j-1", "pod": "j-1-x"},
            "Pod shop/j-1-x",
        ),
        (
            {"exported_namespace": "shop", "exported_job": "nightly-2938", "job": "kube-state-metrics"},
            "Job shop/nightly-2938",
        ),
        (
            {"namespace": "shop", "exported_job": "pushed", "job": "pushgateway"},
            "Namespace shop",
        ),
        (
            {
                "reporter": "source",
                "namespace": "edge",
                "pod": "gateway-x",
                "destination_workload": "web",
                "destination_workload_namespace": "shop",
            },
            "Service shop/web",
        ),
        ({"namespace": "edge", "pod": "gateway-x", "destination_workload": "unknown"}, "Pod edge/gateway-x"),
        (
            {
                "alertname": "ArgoRolloutDegraded",
                "job": "argo-rollouts-metrics",
                "namespace": "argo-rollouts",
                "exported_namespace": "shop",
                "name": "web",
                "strategy": "canary",
            },
            "Rollout shop/web",
        ),
        (
            {
                "alertname": "RolloutAnalysisFailed",
                "job": "argo-rollouts-metrics",
                "exported_namespace": "shop",
                "name": "web-5c4-2",
            },
            "Namespace shop",
        ),
        ({"namespace": "shop", "hpa": "web"}, "HorizontalPodAutoscaler shop/web"),
        (
            {"k8s_namespace_name": "shop", "k8s_deployment_name": "web", "k8s_pod_name": "web-0"},
            "Deployment shop/web",
        ),
        # OpenShift and Grafana add labels of their own.
        ({"namespace": "shop", "pod": "web-0", "openshift_io_alert_source": "platform"}, "Pod shop/web-0"),
        ({"grafana_folder": "Shop", "alertname": "DatasourceError", "ref_id": "A"}, None),
        ({"grafana_folder": "Shop", "namespace": "shop", "deployment": "web"}, "Deployment shop/web"),
        # cAdvisor's series of the whole machine have empty labels.
        ({"job": "kubelet", "pod": "", "namespace": "", "instance": "worker-1"}, "Node worker-1"),
        ({"pod": "web-0", "node": "worker-1"}, "Node worker-1"),
        ({}, None),
    ],
)
def test_alerts_that_users_write(labels: Mapping[str, str], target: str | None) -> None:
    assert written(locate(labels, "prod").target) == target


def test_an_object_without_its_namespace_says_so() -> None:
    assert locate({"deployment": "web"}, "prod") == Located(None, "deployment", NoTarget.NO_NAMESPACE)
    assert locate({"service": "board-service"}, "prod") == Located(None, "service", NoTarget.NO_NAMESPACE)


@pytest.mark.parametrize(
    "value",
    [
        "x; rm -rf /",
        "$(id)",
        "-n",
        "--all",
        "Web",
        "a" * 254,
        "a\nb",
        "a/b",
        "../a",
        "ünï",
        "<!channel>",
        "a.",
        " ",
    ],
)
@pytest.mark.parametrize("label", ["pod", "deployment", "node", "namespace", "persistentvolume"])
def test_what_is_no_name_is_no_target(label: str, value: str) -> None:
    located = locate({"namespace": "shop", "pod": "web-0", label: value}, "prod")
    if label == "persistentvolume":  # behind the pod, which is a name
        assert written(located.target) == "Pod shop/web-0"
    elif label == "node":
        assert written(located.target) == "Pod shop/web-0"
        assert locate({label: value}, "prod").why is NoTarget.BAD_NAME
    else:
        assert located == Located(None, "pod" if label == "namespace" else label, NoTarget.BAD_NAME)


def test_names_of_full_length_are_names() -> None:
    assert found(namespace="n" * 63, pod="a" * 253) == f"Pod {'n' * 63}/{'a' * 253}"
    assert found(namespace="n" * 64, pod="web-0") is None


CLUSTERS = (
    ClusterMatch("prod", {"cluster": "prod"}),
    ClusterMatch("edge", {"cluster": "edge", "region": "eu"}),
)


@pytest.mark.parametrize(
    ("clusters", "labels", "name"),
    [
        (CLUSTERS, {"cluster": "prod"}, "prod"),
        (CLUSTERS, {"cluster": "edge", "region": "eu"}, "edge"),
        (CLUSTERS, {"cluster": "edge", "region": "us"}, "prod"),
        ((ClusterMatch("all"), *CLUSTERS), {"cluster": "prod"}, "prod"),
        ((*CLUSTERS, ClusterMatch("rest")), {"cluster": "dev"}, "rest"),
        ((), {"cluster": "prod"}, "default"),
    ],
)
def test_the_cluster_of_an_alert(
    clusters: tuple[ClusterMatch, ...], labels: Mapping[str, str], name: str
) -> None:
    assert cluster_of(labels, clusters) == name


def test_a_group_over_two_clusters_is_split_and_keeps_what_it_does_not_show() -> None:
    group = body(
        firing("a", cluster="prod"), firing("b", cluster="edge", region="eu"), firing("c"), truncated=2
    )
    parts = split_by_cluster(group, CLUSTERS)
    names = {name: [alert.fingerprint for alert in part.alerts] for name, part in parts.items()}
    assert names == {"prod": ["a", "c"], "edge": ["b"]}
    assert {(part.truncated, part.group_key) for part in parts.values()} == {(2, group.group_key)}
