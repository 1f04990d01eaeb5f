"""Who will put an object back, up the chain to where a change lasts."""

from typing import Any

import pytest

from bot.diagnosis.evidence import Marks
from bot.diagnosis.ownership import Ownership, application_of, owner_of, ownership
from bot.model import Layer
from tests.snapshots import workload

INSTANCE = {"app.kubernetes.io/instance": "shop"}
HELM_LABELS = {
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/instance": "mon",
    "helm.sh/chart": "kube-prometheus-stack-65.1.0",
}
# As kube-prometheus-stack labels its objects.
OLD_LABELS = {"heritage": "Helm", "release": "mon", "chart": "kube-prometheus-stack-65.1.0"}
RELEASE = {"meta.helm.sh/release-name": "mon", "meta.helm.sh/release-namespace": "monitoring"}
TRACKED = {"argocd.argoproj.io/tracking-id": "mon:monitoring.coreos.com/Prometheus:monitoring/k8s"}
FLUX = {"helm.toolkit.fluxcd.io/name": "mon", "helm.toolkit.fluxcd.io/namespace": "flux-system"}
STACK = "kube-prometheus-stack"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, Ownership(Layer.LIVE)),
        ({"owner": "Prometheus/main", "labels": {"argocd.argoproj.io/instance": "x"}},
         Ownership(Layer.OPERATOR, "Prometheus/main", "Prometheus")),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}},
         Ownership(Layer.GITOPS, "shop", "Application")),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "teams_shop:apps/Deployment:shop/web"}},
         Ownership(Layer.GITOPS, "shop", "Application", "teams")),
        ({"labels": INSTANCE, "managers": ("argocd-controller",)}, Ownership(Layer.GITOPS, "shop", "Application")),
        ({"labels": INSTANCE, "managers": ("helm",)}, Ownership(Layer.LIVE)),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, Ownership(Layer.LIVE)),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, Ownership(Layer.GITOPS, "apps", "Kustomization")),
        ({"labels": FLUX, "annotations": RELEASE},
         Ownership(Layer.GITOPS, "mon", "HelmRelease", "flux-system", helm=True, release="mon")),
        ({"labels": INSTANCE, "annotations": {"meta.helm.sh/release-name": "web"}},
         Ownership(Layer.HELM, "web", "Release", "", helm=True, release="web")),
        ({"labels": HELM_LABELS, "annotations": RELEASE},
         Ownership(Layer.HELM, "mon", "Release", "monitoring", helm=True, release="mon", chart=STACK)),
        ({"labels": OLD_LABELS, "annotations": TRACKED},
         Ownership(Layer.GITOPS, "mon", "Application", "", helm=True, release="mon", chart=STACK)),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": TRACKED},
         Ownership(Layer.GITOPS, "mon", "Application", "", helm=True)),
        ({"labels": {"olm.owner": "prometheusoperator.v0.70.0", "olm.owner.kind": "ClusterServiceVersion"}},
         Ownership(Layer.OPERATOR, "ClusterServiceVersion/prometheusoperator.v0.70.0", "ClusterServiceVersion")),
    ],
)  # fmt: skip
def test_who_will_put_it_back(more: dict[str, Any], wanted: Ownership) -> None:
    assert ownership(workload(**more)) == wanted


@pytest.mark.parametrize(
    ("above", "layer", "by", "helm"),
    [
        (None, Layer.OPERATOR, "Prometheus/k8s", False),
        (Marks(), Layer.OPERATOR, "Prometheus/k8s", False),
        (Marks(HELM_LABELS, RELEASE), Layer.HELM, "mon", True),
        (Marks(HELM_LABELS, TRACKED), Layer.GITOPS, "mon", True),
        (Marks({}, TRACKED), Layer.GITOPS, "mon", False),
        (Marks(FLUX), Layer.GITOPS, "mon", True),
        (Marks({"kustomize.toolkit.fluxcd.io/name": "apps"}), Layer.GITOPS, "apps", False),
        # A custom resource that another operator makes: the chain ends where nothing more is known.
        (Marks(owner="MonitoringStack/obs"), Layer.OPERATOR, "MonitoringStack/obs", False),
    ],
)
def test_a_change_lasts_at_the_top_of_the_chain(
    above: Marks | None, layer: Layer, by: str, helm: bool
) -> None:
    owner = owner_of(Marks(owner="Prometheus/k8s"), above)

    assert (owner.layer, owner.by) == (Layer.OPERATOR, "Prometheus/k8s")
    assert (owner.source.layer, owner.source.by, owner.source.helm) == (layer, by, helm)
    assert not owner.lasting_live


@pytest.mark.parametrize(
    ("label", "chart"),
    [
        ("prometheus-25.27.0", "prometheus"),
        ("kube-prometheus-stack-65.1.0_build1", STACK),
        ("web-v1.2.3-rc.1", "web"),
        ("app-2-tier-0.1.0", "app-2-tier"),
        ("strange", "strange"),
        ("", ""),
    ],
)
def test_the_chart_is_named_without_its_version(label: str, chart: str) -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": label}

    assert owner_of(Marks(labels, RELEASE)).chart == chart


def test_the_application_alone() -> None:
    assert (
        application_of({}, {"argocd.argoproj.io/tracking-id": "teams_shop:apps/Deployment:shop/web"})
        == "shop"
    )
    assert application_of(INSTANCE, {}) == ""
