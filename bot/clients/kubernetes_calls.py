"""What can be asked of the API server: the kinds this bot knows, and one call as a value with its URL and its failure.

Pure. A kind that may hold secrets can only be asked for as metadata.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
# No plain application/json beside it: a server that cannot leave the content out shall refuse.
ONE_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
LIST_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """`older` are versions to ask for where the server does not serve `version`."""

    name: str
    group: str
    version: str
    plural: str
    namespaced: bool = True
    metadata_only: bool = False
    older: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        if not self.version:
            return ""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


POD = Kind("Pod", "", "v1", "pods")
SERVICE = Kind("Service", "", "v1", "services")
EVENT = Kind("Event", "", "v1", "events")
CONFIG_MAP = Kind("ConfigMap", "", "v1", "configmaps", metadata_only=True)
# The same objects with what they hold: settings are no secrets, though people put some there.
SETTINGS = Kind("ConfigMap", "", "v1", "configmaps")
SECRET = Kind("Secret", "", "v1", "secrets", metadata_only=True)
NODE = Kind("Node", "", "v1", "nodes", namespaced=False)
DEPLOYMENT = Kind("Deployment", "apps", "v1", "deployments")
STATEFUL_SET = Kind("StatefulSet", "apps", "v1", "statefulsets")
DAEMON_SET = Kind("DaemonSet", "apps", "v1", "daemonsets")
REPLICA_SET = Kind("ReplicaSet", "apps", "v1", "replicasets")
CONTROLLER_REVISION = Kind("ControllerRevision", "apps", "v1", "controllerrevisions")
JOB = Kind("Job", "batch", "v1", "jobs")
CRON_JOB = Kind("CronJob", "batch", "v1", "cronjobs")
# https://argoproj.github.io/argo-rollouts/features/specification/: a Deployment of another controller.
ROLLOUT = Kind("Rollout", "argoproj.io", "v1alpha1", "rollouts")
SCALER = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
# Where ArgoCD keeps its own objects unless it was told otherwise.
ARGO_NAMESPACE = "argocd"
APPLICATION = Kind("Application", "argoproj.io", "v1alpha1", "applications")
ENDPOINT_SLICE = Kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices")
BUDGET = Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets")
QUOTA = Kind("ResourceQuota", "", "v1", "resourcequotas")
CRD = Kind(
    "CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False
)
PROMETHEUS = Kind("Prometheus", "monitoring.coreos.com", "v1", "prometheuses")
# v1 came with 0.14 and replaced v1beta1 with 0.17: https://github.com/external-secrets/external-secrets/releases
_ESO = ("external-secrets.io", "v1")
EXTERNAL_SECRET = Kind("ExternalSecret", *_ESO, "externalsecrets", older=("v1beta1",))
STORE = Kind("SecretStore", *_ESO, "secretstores", older=("v1beta1",))
CLUSTER_STORE = Kind("ClusterSecretStore", *_ESO, "clustersecretstores", namespaced=False, older=("v1beta1",))
ACCESS_REVIEW = Kind(
    "SelfSubjectAccessReview", "authorization.k8s.io", "v1", "selfsubjectaccessreviews", namespaced=False
)

VERSION = Kind("Version", "", "", "", namespaced=False)

WORKLOADS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, ROLLOUT, CRON_JOB, JOB, REPLICA_SET, POD)
}
TARGETS: Mapping[str, Kind] = {
    **WORKLOADS,
    **{kind.name: kind for kind in (SERVICE, SCALER, NODE, APPLICATION)},
    **{kind.name: kind for kind in (EXTERNAL_SECRET, STORE, CLUSTER_STORE, CRD, PROMETHEUS)},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `sub` is a subresource such as `log`; `query` is in the order in which it is sent."""

    verb: str
    kind: Kind
    namespace: str = ""
    name: str = ""
    sub: str = ""
    query: tuple[tuple[str, str], ...] = ()
    metadata: bool = False

    @property
    def path(self) -> str:
        parts = [self.kind.base]
        if self.kind.namespaced and self.namespace:
            parts.append(f"namespaces/{quote(self.namespace, safe='')}")
        parts += [quote(item, safe="") for item in (self.kind.plural, self.name, self.sub) if item]
        return "/".join(parts) + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def sound(self) -> bool:
        """False for a name that would ask for something else: none gives a list, dots give what is above."""
        named = bool(self.name) or self.verb != "get"
        return named and not any(item in {".", ".."} or "/" in item for item in (self.name, self.namespace))

    @property
    def accept(self) -> str:
        if self.sub == "log":
            return "*/*"  # anything narrower is answered with 406 by the log endpoint
        if self.metadata or self.kind.metadata_only:
            return LIST_METADATA if self.verb == "list" else ONE_METADATA
        return "application/json"

    def failed(self, reason: Reason, detail: str = "") -> Unavailable:
        resource = f"{self.kind.plural}/{self.sub}" if self.sub else self.kind.plural
        namespace = self.namespace if self.kind.namespaced else ""
        return Unavailable(Source.KUBERNETES, reason, self.verb, resource, namespace, detail, self.kind.group)

    def versions(self) -> Iterator["Call"]:
        """The same question in each version of the kind, the newest first."""
        for version in (self.kind.version, *self.kind.older):
            yield replace(self, kind=replace(self.kind, version=version))

    def page(self, token: str) -> "Call":
        """The next page of the same list."""
        return replace(self, query=(*self.query, ("continue", token)))


def get(kind: Kind, namespace: str, name: str, *, metadata: bool = False) -> Call:
    return Call("get", kind, namespace, name, metadata=metadata)


def field_selector(chosen: Mapping[str, str]) -> str:
    """https://github.com/kubernetes/apimachinery/blob/master/pkg/fields/selector.go (EscapeValue)"""
    escapes = str.maketrans({"\\": "\\\\", ",": "\\,", "=": "\\="})
    return ",".join(f"{key}={value.translate(escapes)}" for key, value in chosen.items() if value)


def listing(
    kind: Kind,
    namespace: str = "",
    *,
    labels: str = "",
    fields: str = "",
    limit: int = PAGE,
    metadata: bool = False,
) -> Call:
    query = (("labelSelector", labels), ("fieldSelector", fields), ("limit", str(limit)))
    return Call("list", kind, namespace, query=tuple(item for item in query if item[1]), metadata=metadata)
