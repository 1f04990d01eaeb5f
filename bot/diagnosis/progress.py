"""Causes that show in how a workload gets on: its rollout, and the runs of a job. Pure."""

from bot.diagnosis.cases import Case, cases, made_up_for
from bot.diagnosis.changes import REVISED_KINDS
from bot.diagnosis.evidence import EventNote, PodList, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.happenings import latest
from bot.diagnosis.observations import event, rollout, warnings
from bot.diagnosis.ownership import ownership
from bot.diagnosis.rollback import roll_back, workload_facts
from bot.diagnosis.scene import Scene
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.symptoms import no_pods
from bot.model import Facts, Finding, Fix, Layer, Observation

# The second is of Argo Rollouts: an analysis or a person ended it, and the stable revision runs on.
_ENDS = {"ProgressDeadlineExceeded": "deadline", "RolloutAborted": "aborted"}
_JOB_ENDINGS = frozenset({"BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy"})


def rollout_stuck(scene: Scene, answer: Answer) -> Finding:
    workload = scene.workload
    if isinstance(workload, Unavailable):
        return answer.not_checked(workload)
    why, message = _standstill(workload, scene.events.notes)
    facts: Facts = {
        **workload_facts(workload),
        "has_rollout": workload.target.kind in REVISED_KINDS,
        "desired": workload.desired,
        "updated": workload.updated,
        "ready": workload.ready,
        "available": workload.available,
        "why": why,
        "message": message,
    }
    folded = warnings(scene)
    evidence: tuple[Observation, ...] = (rollout(workload), *(() if folded is None else (folded,)))
    if why == "":
        return answer.ruled_out(facts, evidence)
    if why == "paused":
        lasting = ownership(workload).lasting_live
        return answer.confirmed(facts, evidence, [Fix("resume-rollout", Layer.LIVE, lasting, facts)])
    if why in {"deadline", "refused", "aborted"}:
        found: tuple[Case, ...] = cases(scene)
        return answer.confirmed(facts, evidence, roll_back(scene, found))
    return answer.likely(facts, evidence)


def _standstill(workload: WorkloadState, notes: tuple[EventNote, ...]) -> tuple[str, str]:
    """Why a rollout is stuck, and the controller's words; empty where it is done."""
    if workload.target.kind not in REVISED_KINDS or workload.desired == 0:
        return "", ""
    refusal = _refusal(workload, notes)
    if refusal is not None:
        return "refused", refusal
    progress = next((c for c in workload.conditions if c.type == "Progressing"), None)
    if progress is not None and progress.status == "False" and progress.reason in _ENDS:
        return _ENDS[progress.reason], progress.message
    return _lag(workload), ""


def _refusal(workload: WorkloadState, notes: tuple[EventNote, ...]) -> str | None:
    """The API server did not let the controller make pods: a quota, a policy, an admission webhook."""
    failure = next(
        (c for c in workload.conditions if c.type == "ReplicaFailure" and c.status == "True"), None
    )
    if failure is not None:
        return failure.message
    short = workload.desired is not None and (workload.ready or 0) < workload.desired
    denied = [note for note in notes if note.reason == "FailedCreate" and not note.object.startswith("Job/")]
    return latest(denied).message if short and denied else None


def _lag(workload: WorkloadState) -> str:
    updated, desired = workload.updated, workload.desired
    behind = updated is not None and desired is not None and updated < desired
    if behind and workload.paused:
        return "paused"
    if workload.observed_generation < workload.generation:
        return "unobserved"
    return "under-way" if behind else ""


def job_failed(scene: Scene, answer: Answer) -> Finding:
    workload = scene.workload
    if isinstance(workload, Unavailable):
        return answer.not_checked(workload)
    kind = workload.target.kind
    facts: Facts = {
        **workload_facts(workload),
        "is_job": kind in {"Job", "CronJob"},
        "suspended": workload.paused,
    }
    if kind not in {"Job", "CronJob"}:
        return answer.ruled_out(facts)
    ended = _how_it_failed(workload, scene.events.notes)
    pods = scene.pods.pods if isinstance(scene.pods, PodList) else ()
    failed = sum(1 for pod in pods if pod.phase == "Failed")
    facts = {**facts, "failed_pods": failed, "pods": len(pods), "reason": "", "message": ""}
    if ended is not None:
        reason, message, evidence = ended
        return answer.confirmed({**facts, "reason": reason, "message": message}, evidence)
    complete = any(c.type == "Complete" and c.status == "True" for c in workload.conditions)
    # A try before the one that did the work counts as failed, and is no trouble.
    if any(pod.phase == "Failed" and not made_up_for(scene, pod) for pod in pods):
        return answer.likely(facts)
    gap = None if complete else no_pods(scene) or scene.events.gap
    return answer.ruled_out(facts) if gap is None else answer.not_checked(gap)


def _how_it_failed(
    workload: WorkloadState, notes: tuple[EventNote, ...]
) -> tuple[str, str, tuple[Observation, ...]] | None:
    failure = next((c for c in workload.conditions if c.type == "Failed" and c.status == "True"), None)
    if failure is not None:
        return failure.reason, failure.message, ()
    ends = [note for note in notes if note.reason in _JOB_ENDINGS and note.object.startswith("Job/")]
    if not ends:
        return None
    newest = latest(ends)
    return newest.reason, newest.message, (event(workload.target.namespace, newest),)
