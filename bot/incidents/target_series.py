"""Alerts whose series say by their `name` whom they are about: of the External Secrets Operator, of Argo Rollouts. Pure.

Nearly every exporter has a `name` of its own: so each of these has to be told by what else stands beside it.
"""

import re
from collections.abc import Iterator, Mapping

Labels = Mapping[str, str]

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
# The longest first, as each is within the next. A ClusterExternalSecret is something else.
_SECRET_KINDS = ("ClusterExternalSecret", "ClusterSecretStore", "SecretStore", "ExternalSecret")
_NO_TARGET_KINDS = frozenset({"ClusterExternalSecret"})


def secret_of(labels: Labels) -> Iterator[tuple[str, str, str]]:
    """The series of the External Secrets Operator carry `name`, `condition` and `status`, and its own pod besides.

    https://external-secrets.io/latest/api/metrics/. Its queues and its containers have a `name` too.
    """
    name, kind = labels.get("name", ""), _secret_kind(labels)
    queue = name in {known.lower() for known in _SECRET_KINDS}
    if (
        kind
        and kind not in _NO_TARGET_KINDS
        and NAME.fullmatch(name)
        and not queue
        and not _of_a_container(labels)
    ):
        yield kind, "name", name


def _secret_kind(labels: Labels) -> str:
    """As kube-state-metrics says it of custom resources; else as the alert is called; else by the operator's own job."""
    declared = labels.get("customresource_kind")
    if declared:
        return declared if declared in _SECRET_KINDS else ""
    called = re.sub(r"[^a-z]", "", labels.get("alertname", "").lower())
    said = next((kind for kind in _SECRET_KINDS if kind.lower() in called), "")
    conditions = "external-secrets" in labels.get("job", "") and {"condition", "status"} <= labels.keys()
    return said or ("ExternalSecret" if conditions else "")


def rollout_of(labels: Labels) -> Iterator[tuple[str, str, str]]:
    """The series of Argo Rollouts carry `name`; so do those of its analyses and experiments.

    https://argo-rollouts.readthedocs.io/en/stable/features/controller-metrics/
    """
    called, exporter = labels.get("alertname", "").lower(), "argo-rollouts" in labels.get("job", "")
    theirs = "strategy" in labels or ("rollout" in called and exporter)
    others = any(word in called for word in ("analysis", "experiment")) or _of_a_container(labels)
    name = labels.get("name", "")
    if NAME.fullmatch(name) and theirs and ("rollout" in called or exporter) and not others:
        yield "Rollout", "name", name


def _of_a_container(labels: Labels) -> bool:
    """The `name` of cAdvisor is that of the runtime."""
    return "image" in labels or "id" in labels
