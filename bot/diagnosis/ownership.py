"""Who will put it back: which layer a workload is defined in, and so where a change to it lasts. Pure.

A guess is never made: what carries no unmistakable mark of an owner is taken to be edited live.
"""

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
_FLUX_LABELS = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
_HELM_RELEASE = "meta.helm.sh/release-name"


@dataclass(frozen=True, slots=True)
class Ownership:
    """`by` names the owner: an application, a release, a custom resource; empty for a live object."""

    layer: Layer
    by: str = ""

    @property
    def lasting_live(self) -> bool:
        """Whether a change made with kubectl stays."""
        return self.layer is Layer.LIVE


def application_of(
    labels: Mapping[str, str], annotations: Mapping[str, str], managers: tuple[str, ...] = ()
) -> str:
    """The ArgoCD Application that tracks an object, or empty.

    `app.kubernetes.io/instance` is ArgoCD's default label, but every Helm chart sets it too: it counts only where
    ArgoCD is known to have written the object.
    """
    tracked = annotations.get(_TRACKING_ID, "").partition(":")[0] or labels.get(_ARGO_INSTANCE, "")
    if not tracked and _ARGO_MANAGERS & set(managers):
        tracked = labels.get(_INSTANCE, "")
    # An application outside ArgoCD's own namespace is tracked as NAMESPACE_NAME.
    return tracked.rpartition("_")[2]


def owner_of(marks: Marks) -> Ownership:
    """An operator's object first: what is in Git is then the custom resource, never the object below it."""
    if marks.owner:
        return Ownership(Layer.OPERATOR, marks.owner)
    application = application_of(marks.labels, marks.annotations, marks.managers)
    if application:
        return Ownership(Layer.GITOPS, application)
    flux = next((marks.labels[label] for label in _FLUX_LABELS if marks.labels.get(label)), "")
    if flux:
        return Ownership(Layer.GITOPS, flux)
    release = marks.annotations.get(_HELM_RELEASE, "")
    return Ownership(Layer.HELM, release) if release else Ownership(Layer.LIVE)


def ownership(workload: WorkloadState) -> Ownership:
    return owner_of(workload.marks)
