"""Commands to paste: names come from alert labels, so anybody may have written them."""

import shlex
from typing import Any

import pytest

from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    WorkloadOf,
)
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Look
from bot.model import Target

WEB = Target("default", "shop", "Deployment", "web")

NODE_WARNINGS = (
    "kubectl get events --field-selector=involvedObject.kind=Node,involvedObject.name=n1,type=Warning "
    "--all-namespaces"
)


@pytest.mark.parametrize(
    ("look", "command"),
    [
        (WorkloadOf(WEB), "kubectl get deployment/web --output=yaml --namespace=shop"),
        (PodsOf("shop", "app=web"), "kubectl get pods --selector=app=web --output=wide --namespace=shop"),
        (PodsOf("shop", pod="web-1"), "kubectl get pod/web-1 --output=wide --namespace=shop"),
        (LogOf("shop", "web-1", "app"), "kubectl logs pod/web-1 --container=app --tail=200 --namespace=shop"),
        (
            EventsOf("", "Node", "n1"),
            NODE_WARNINGS,
        ),
        (RevisionsOf(WEB, "u", "app=web"), "kubectl rollout history deployment/web --namespace=shop"),
        (NodeOf("n1"), "kubectl describe node/n1"),
        (NodesJoined(), "kubectl get nodes --sort-by=.metadata.creationTimestamp"),
        (ScalersOf("shop", name="web"), "kubectl get hpa/web --output=wide --namespace=shop"),
        (ScalersOf("shop", "Deployment", "web"), "kubectl get hpa --output=wide --namespace=shop"),
        (ServiceOf("shop", "web"), "kubectl get service/web --output=wide --namespace=shop"),
        (
            ApplicationOf("web", "argocd"),
            "kubectl get applications.argoproj.io/web --output=yaml --namespace=argocd",
        ),
        (
            ApplicationOf("web"),
            "kubectl get applications.argoproj.io --field-selector=metadata.name=web --output=yaml --all-namespaces",
        ),
        (
            FindTargets("web"),
            "kubectl get deployments,statefulsets,daemonsets --field-selector=metadata.name=web --all-namespaces",
        ),
        (InstantQuery("up{job='a'}"), """promtool query instant "$PROMETHEUS_URL" 'up{job='"'"'a'"'"'}'"""),
        (
            RangeQuery("up", 60, 15),
            'promtool query range --start="$(date -u -d "-60 seconds" +%s)" --step=15s "$PROMETHEUS_URL" up',
        ),
    ],
)
def test_each_look_can_be_asked_by_hand(look: Look[Any], command: str) -> None:
    assert look.reproduce() == command


@pytest.mark.parametrize("look", [SecretNote("shop", "db"), ConfigMapNote("shop", "web")])
def test_content_never_comes_on_the_screen(look: Look[Any]) -> None:
    assert shlex.split(look.reproduce())[3] == "--output=jsonpath={.metadata.managedFields[*].time}"


@pytest.mark.parametrize(
    "name", ["x; rm -rf /", "$(reboot)", "`id`", "--kubeconfig=/evil", "a\nb", "a'b", ""]
)
def test_names_are_inert(name: str) -> None:
    looks: list[Look[Any]] = [
        WorkloadOf(Target("c", name, "Deployment", name)),
        PodsOf(name, name),
        PodsOf(name, pod=name),
        LogOf(name, name, name),
        EventsOf(name, "Pod", name),
        NodeOf(name),
        ApplicationOf(name),
        ScalersOf(name, name=name),
    ]
    for look in looks:
        words = shlex.split(look.reproduce())
        assert words[0] == "kubectl"
        assert "/evil" not in [word.partition("=")[2] for word in words if word.startswith("--kubeconfig")]
        assert not {";", "rm", "$(reboot)", "reboot"} & set(words)
