"""May a CRD do without its conversion webhook, and what is lost if it does? Pure.

With `strategy: None` the API server only writes another apiVersion on an object, whatever is in it:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.diagnosis.evidence_objects import CrdState


class Hazard(StrEnum):
    """Why a CRD needs its webhook, or cannot be said not to need it."""

    STORED_UNKNOWN = "stored-unknown"
    STORED_REMOVED = "stored-removed"
    SCHEMAS_DIFFER = "schemas-differ"
    SCHEMAS_UNKNOWN = "schemas-unknown"
    NO_STORAGE = "no-storage"
    SEVERAL_STORAGE = "several-storage"


@dataclass(frozen=True, slots=True)
class Assessment:
    """`hazard` is None where the webhook may go; `versions` are those that the hazard is about.

    `relabelled` are stored versions with another schema than the one that objects will be read in: what that does not
    know is dropped from them.
    """

    crd: str
    hazard: Hazard | None
    versions: tuple[str, ...] = ()
    relabelled: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return self.hazard is None


def assess(crd: CrdState) -> Assessment:
    hazard, versions = _hazard(crd)
    return Assessment(crd.name, hazard, versions, _relabelled(crd) if hazard is None else ())


def _hazard(crd: CrdState) -> tuple[Hazard | None, tuple[str, ...]]:
    known = {version.name for version in crd.versions}
    lost = tuple(name for name in crd.stored_versions if name not in known)
    served = [version for version in crd.versions if version.served]
    storage = tuple(version.name for version in crd.versions if version.storage)
    names = tuple(version.name for version in served)
    if not crd.stored_versions:
        return Hazard.STORED_UNKNOWN, ()
    if lost:
        return Hazard.STORED_REMOVED, lost
    if len(storage) != 1:
        return (Hazard.SEVERAL_STORAGE if storage else Hazard.NO_STORAGE), storage
    if len(served) > 1 and not all(version.schema for version in served):
        return Hazard.SCHEMAS_UNKNOWN, names
    if len({version.schema for version in served}) > 1:
        return Hazard.SCHEMAS_DIFFER, names
    return None, ()


def _relabelled(crd: CrdState) -> tuple[str, ...]:
    read_as = {version.schema for version in crd.versions if version.served}
    return tuple(
        version.name
        for version in crd.versions
        if version.name in crd.stored_versions and not version.served and version.schema not in read_as
    )
