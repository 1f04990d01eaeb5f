"""Did the newest revision bring the trouble, and what ran before it? Pure; never guesses without two revisions."""

from dataclasses import dataclass, replace

from bot.diagnosis.cases import Case
from bot.diagnosis.evidence import Revision, WorkloadState
from bot.diagnosis.findings import fixes_where_they_last
from bot.diagnosis.ownership import ownership
from bot.diagnosis.revisions import differences
from bot.diagnosis.scene import Scene
from bot.model import Facts, Fix, Layer


@dataclass(frozen=True, slots=True)
class Brought:
    """The revision that brought the trouble and the one before; `what` names the kinds of difference."""

    after: Revision
    before: Revision
    what: tuple[str, ...]

    def images(self, container: str) -> tuple[str, str]:
        """Before and after, both empty where the image did not change."""
        found = [
            next((spec.image for spec in revision.template.containers if spec.name == container), "")
            for revision in (self.before, self.after)
        ]
        return (found[0], found[1]) if found[0] and found[0] != found[1] else ("", "")


def brought_by_rollout(scene: Scene, found: tuple[Case, ...]) -> Brought | None:
    """The newest revision, if every pod in this trouble is of it and something differs from the one before.

    Where pods of an earlier revision are in the same trouble, going back to it would not help. Pods of sets are known
    by a hash that a snapshot does not carry: there only a difference that exists counts.
    """
    if not isinstance(scene.revisions, tuple) or len(scene.revisions) < 2 or not found:
        return None
    after, before = sorted(scene.revisions, key=lambda revision: -revision.number)[:2]
    owners = {case.place.pod.owner for case in found}
    if any(owner.startswith("ReplicaSet/") and owner != f"ReplicaSet/{after.name}" for owner in owners):
        return None
    what = tuple(dict.fromkeys(difference.key for difference in differences(before.template, after.template)))
    return Brought(after, before, what) if what else None


def workload_facts(workload: WorkloadState) -> Facts:
    """What every command of a fix needs; `workload` is like `deployment/NAME`.

    `argo`: kubectl's own `rollout` and `set` do not know a Rollout, its plugin does.
    https://argoproj.github.io/argo-rollouts/features/kubectl-plugin/
    """
    return {
        "workload": f"{workload.target.kind.lower()}/{workload.target.name}",
        "workload_kind": workload.target.kind,
        "workload_name": workload.target.name,
        "namespace": workload.target.namespace,
        "argo": workload.target.kind == "Rollout",
    }


def roll_back(scene: Scene, found: tuple[Case, ...]) -> tuple[Fix, ...]:
    brought = brought_by_rollout(scene, found)
    if brought is None or not isinstance(scene.workload, WorkloadState):
        return ()
    container = found[0].place.container.name
    before, after = brought.images(container)
    facts: Facts = {
        **workload_facts(scene.workload),
        "container": container,
        "revision": brought.before.number,
        "bad_revision": brought.after.number,
        "image_before": before,
        "image_after": after,
        "differences": brought.what,
    }
    fixes = fixes_where_they_last("roll-back", ownership(scene.workload), facts)
    # Whoever brought the revision, seen or not, will deploy again.
    return tuple(replace(fix, lasting=False) if fix.layer is Layer.LIVE else fix for fix in fixes)
