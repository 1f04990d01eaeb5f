"""What to do about the CRDs of the operator and about what ArgoCD did not bring about: fixes as facts. Pure.

The order is: what lasts first, then what helps until then. A fix is offered only where it does no harm.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, CrdState
from bot.diagnosis.external_secrets.safety import Assessment
from bot.diagnosis.external_secrets.situation import Converter, Situation
from bot.diagnosis.ownership import Ownership, owner_of
from bot.model import Facts, Fix, Layer

# https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
_KEEP = ("helm.sh/resource-policy", "keep")
_NAME = "external-secrets"
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?")
# https://github.com/external-secrets/external-secrets/issues/4901
NO_CONVERSION = (0, 16)


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator as it runs: `runs_webhook` where the Deployment behind the conversion Service is there."""

    image: str = ""
    version: str = ""
    runs_webhook: bool = False

    @property
    def converts(self) -> bool | None:
        """Whether this version can convert at all; None where it is not known."""
        match = _VERSION.match(self.version)
        return None if match is None else (int(match[1]), int(match[2])) < NO_CONVERSION


def operator_of(converter: Converter | None) -> Operator:
    workloads = getattr(converter and converter.deployments, "workloads", ())
    images = sorted(image for workload in workloads for image in _images(workload))
    runs = converter is not None and any(one.target.name == converter.name for one in workloads)
    image = images[0] if images else ""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return Operator(image, tag, runs)


def _images(workload: WorkloadState) -> Iterator[str]:
    for container in workload.template.containers:
        if container.image.partition("@")[0].rpartition("/")[2].partition(":")[0] == _NAME:
            yield container.image


def sync_facts(application: ApplicationState | None) -> dict[str, str]:
    """What a command needs to sync again; empty where no Application is known."""
    if application is None:
        return {"application": "", "application_namespace": ""}
    return {"application": application.name, "application_namespace": application.namespace or "argocd"}


def for_conversion(
    of: Situation, dead: Sequence[CrdState], found: Sequence[Assessment], operator: Operator, facts: Facts
) -> tuple[Fix, ...]:
    """`found` are the assessments of `dead`, the CRDs whose webhook does not answer."""
    if not dead:
        return (Fix("look-at-crds", Layer.LIVE, lasting=False, facts=facts),)
    safe = tuple(one.crd for one in found if one.safe)
    unsafe = tuple(one for one in found if not one.safe)
    fixes: list[Fix] = []
    if unsafe or operator.runs_webhook:
        fixes.append(_restore(operator, facts))
    if safe:
        fixes += _do_without(of, [crd for crd in dead if crd.name in safe], facts)
    return tuple(fixes)


def _restore(operator: Operator, facts: Facts) -> Fix:
    """A Deployment that is there needs its pods; without one the chart has to make it."""
    if operator.runs_webhook:
        return Fix("start-webhook", Layer.LIVE, lasting=True, facts=facts)
    return Fix("restore-webhook", Layer.HELM, lasting=True, facts=facts)


def _do_without(of: Situation, crds: Sequence[CrdState], facts: Facts) -> Iterator[Fix]:
    owners = [owner_of(crd.marks).source for crd in crds]
    owner = next((one for one in owners if not one.lasting_live), Ownership(Layer.LIVE))
    known: Facts = {
        **facts,
        "owner": owner.by,
        "owner_kind": owner.kind,
        "crds": tuple(crd.name for crd in crds),
        "keep": all(crd.marks.annotations.get(_KEEP[0]) == _KEEP[1] for crd in crds),
    }
    if not owner.lasting_live:
        helm = owner.helm or (of.installer is not None and of.installer.helm)
        key = "no-conversion-in-values" if helm else "no-conversion-in-manifest"
        yield Fix(key, owner.layer, lasting=True, facts=known)
    yield Fix("no-conversion", Layer.LIVE, lasting=owner.lasting_live, facts=known)


def rewrite_stored(crds: Iterable[CrdState]) -> tuple[Fix, ...]:
    """For versions that objects are still stored in though nothing writes them any more."""
    return tuple(
        Fix(
            "rewrite-stored",
            Layer.LIVE,
            lasting=True,
            facts={"crd": crd.name, "storage": storage, "old": old, "stored": crd.stored_versions},
        )
        for crd in crds
        for storage in (_storage(crd),)
        for old in (tuple(name for name in crd.stored_versions if name != storage),)
        if storage and old
    )


def _storage(crd: CrdState) -> str:
    return next((version.name for version in crd.versions if version.storage), "")
