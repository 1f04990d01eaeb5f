"""Who will put it back: which layer an object is defined in, and so where a change to it lasts. Pure.

A guess is never made: what carries no unmistakable mark of an owner is taken to be edited live.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.diagnosis.evidence import Marks, WorkloadState
from bot.model import Layer

# https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_ARGO_INSTANCE = "argocd.argoproj.io/instance"
_INSTANCE = "app.kubernetes.io/instance"
_ARGO_MANAGERS = {"argocd-controller", "argocd-application-controller"}
# https://fluxcd.io/flux/faq/#what-is-the-difference-between-flux-labels
_FLUX_KINDS = {"Kustomization": "kustomize.toolkit.fluxcd.io", "HelmRelease": "helm.toolkit.fluxcd.io"}
_HELM_RELEASE, _HELM_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
# Charts older than Helm's recommended labels say `heritage`, `release` and `chart`.
_RENDERER_LABELS = ("app.kubernetes.io/managed-by", "heritage")
_RENDERERS = {"Helm", "Tiller"}
_CHART = re.compile(r"(.+?)-v?\d+\.\d+.*")
# https://olm.operatorframework.io/docs/concepts/olm-architecture/
_OLM_OWNER, _OLM_KIND = "olm.owner", "olm.owner.kind"


@dataclass(frozen=True, slots=True)
class Ownership:
    """`by` names the owner: an application, a release, a custom resource; empty for a live object.

    `kind` is the owner's kind and `namespace` its own, each empty where nothing says it. `helm`: Helm's templates made
    the object, whoever applied them, so that values decide what is in it; of which `release` and `chart`, where that is
    said. `above` is who owns the owner, where that is known.
    """

    layer: Layer
    by: str = ""
    kind: str = ""
    namespace: str = ""
    helm: bool = False
    release: str = ""
    chart: str = ""
    above: "Ownership | None" = None

    @property
    def lasting_live(self) -> bool:
        """Whether a change made with kubectl stays."""
        return self.layer is Layer.LIVE

    @property
    def source(self) -> "Ownership":
        """Where a change lasts: the topmost owner; the custom resource itself where nothing is known to write that."""
        if self.above is None or self.above.layer is Layer.LIVE:
            return self
        return self.above.source


def application_of(
    labels: Mapping[str, str], annotations: Mapping[str, str], managers: tuple[str, ...] = ()
) -> str:
    """The ArgoCD Application that tracks an object, or empty.

    `app.kubernetes.io/instance` is ArgoCD's default label, but every Helm chart sets it too: it counts only where
    ArgoCD is known to have written the object.
    """
    return _application(labels, annotations, managers)[1]


def _application(
    labels: Mapping[str, str], annotations: Mapping[str, str], managers: tuple[str, ...]
) -> tuple[str, str]:
    """Namespace and name; an application outside ArgoCD's own namespace is tracked as NAMESPACE_NAME."""
    tracked = annotations.get(_TRACKING_ID, "").partition(":")[0] or labels.get(_ARGO_INSTANCE, "")
    if not tracked and _ARGO_MANAGERS & set(managers):
        tracked = labels.get(_INSTANCE, "")
    namespace, _, name = tracked.rpartition("_")
    return namespace, name


def owner_of(marks: Marks, above: Marks | None = None) -> Ownership:
    """An operator's object first: what is in Git is then the custom resource, never the object below it.

    `above` are the marks of that custom resource, where it was looked at.
    """
    if marks.owner:
        owner = None if above is None else owner_of(above)
        return Ownership(Layer.OPERATOR, marks.owner, marks.owner.partition("/")[0], above=owner)
    made = _rendered(marks)
    namespace, application = _application(marks.labels, marks.annotations, marks.managers)
    if application:
        return Ownership(Layer.GITOPS, application, "Application", namespace, *made)
    for kind, group in _FLUX_KINDS.items():
        if name := marks.labels.get(f"{group}/name", ""):
            helm, release, chart = made
            place = marks.labels.get(f"{group}/namespace", "")
            return Ownership(Layer.GITOPS, name, kind, place, helm or kind == "HelmRelease", release, chart)
    if managed := marks.annotations.get(_HELM_RELEASE, ""):
        place = marks.annotations.get(_HELM_NAMESPACE, "")
        return Ownership(Layer.HELM, managed, "Release", place, *made)
    if marks.labels.get(_OLM_KIND) == "ClusterServiceVersion" and marks.labels.get(_OLM_OWNER):
        return Ownership(
            Layer.OPERATOR, f"ClusterServiceVersion/{marks.labels[_OLM_OWNER]}", "ClusterServiceVersion"
        )
    return Ownership(Layer.LIVE)


def _rendered(marks: Marks) -> tuple[bool, str, str]:
    """Whether the object says that Helm's templates made it; release and chart as far as it says them."""
    release = marks.annotations.get(_HELM_RELEASE, "")
    if not release and not any(marks.labels.get(label) in _RENDERERS for label in _RENDERER_LABELS):
        return False, "", ""
    release = release or marks.labels.get(_INSTANCE) or marks.labels.get("release", "")
    named = marks.labels.get("helm.sh/chart") or marks.labels.get("chart", "")
    match = _CHART.fullmatch(named)
    return True, release, match[1] if match else named


def ownership(workload: WorkloadState, above: Marks | None = None) -> Ownership:
    return owner_of(workload.marks, above)
