"""Every cause of triage that shows in rollouts, jobs, scaling and ArgoCD, and what looks like it but is not."""

from dataclasses import replace

from bot.diagnosis.evidence import Condition, PodList
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState
from bot.model import Target
from tests.runbooks.around_cases import NOTHING
from tests.runbooks.triage_cases import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case
from tests.snapshots import (
    FORBIDDEN,
    TARGET,
    ago,
    event,
    events,
    looping,
    pod,
    running,
    scene,
    terminated,
    workload,
)

APPLICATION = Target("default", "argocd", "Application", "shop")
STUCK = Condition("Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "web-7d9" has timed out.')
ROLLOUT = Target("default", "shop", "Rollout", "web")
ABORTED = Condition("Progressing", "False", "RolloutAborted", "Rollout aborted update to revision 3")
SCALER = ScalerState("shop", "web", "Deployment", "web", 2, 10, 10, 10, ago(30))
SHOP = ApplicationState(
    "argocd",
    "shop",
    "default",
    sync="Synced",
    health="Healthy",
    revision="4f1f1e5aaaabbbb",
    phase="Succeeded",
    message="successfully synced",
    started_at=ago(50),
    finished_at=ago(49),
)


TRY = pod(terminated(1), name="migrate-1-a", phase="Failed", owner="Job/migrate-1")
DONE = replace(
    pod(terminated(0, "Completed"), name="migrate-2-a", phase="Succeeded", owner="Job/migrate-2"),
    created_at=ago(10),
)


def job(*conditions: Condition, kind: str = "Job", **more: object) -> dict[str, object]:
    """The parts of a scene about a job."""
    target = Target("default", "shop", kind, "migrate")
    state = workload(target=target, conditions=conditions, updated=None, available=None, **more)
    return {"target": target, "workload": state}


def scaler(kind: str, status: str, reason: str) -> tuple[ScalerState, ...]:
    return (replace(SCALER, conditions=(Condition(kind, status, reason, "because"),)),)


CASES = [
    Case(
        "gave up",
        "job-failed",
        CONFIRMED,
        scene(**job(Condition("Failed", "True", "BackoffLimitExceeded", "it has reached the limit"))),
        {"reason": "BackoffLimitExceeded", "is_job": True},
    ),
    Case(
        "of a CronJob, told by an event",
        "job-failed",
        CONFIRMED,
        scene(
            **job(kind="CronJob", desired=None),
            events=events(event("DeadlineExceeded", "Job was active too long", about="Job/migrate-1")),
        ),
        {"reason": "DeadlineExceeded"},
    ),
    Case(
        "a run failed, tries again",
        "job-failed",
        LIKELY,
        scene(pod(phase="Failed"), **job()),
        {"failed_pods": 1},
    ),
    Case(
        "a failed run before it worked",
        "job-failed",
        RULED_OUT,
        scene(pod(phase="Failed"), **job(Condition("Complete", "True"))),
    ),
    Case(
        "a failed run before it worked",
        "crashing",
        RULED_OUT,
        scene(TRY, DONE, **job(Condition("Complete", "True"))),
    ),
    Case(
        "the run before the last failed",
        "job-failed",
        RULED_OUT,
        scene(TRY, DONE, **job(kind="CronJob", desired=None)),
        {"failed_pods": 1},
    ),
    Case(
        "the run before the last failed",
        "crashing",
        RULED_OUT,
        scene(TRY, DONE, **job(kind="CronJob", desired=None)),
    ),
    Case(
        "the last run failed",
        "crashing",
        CONFIRMED,
        scene(replace(TRY, created_at=ago(5)), DONE, **job(kind="CronJob", desired=None)),
    ),
    Case("no run is left", "job-failed", NOT_CHECKED, scene(pods=PodList(()), **job())),
    Case("a Deployment", "job-failed", RULED_OUT, scene(), {"is_job": False}),
    Case("zero wanted", "scaled-to-zero", CONFIRMED, scene(pods=PodList(()), workload=workload(desired=0))),
    Case("two wanted, none there", "scaled-to-zero", RULED_OUT, scene(pods=PodList(()))),
    Case(
        "a DaemonSet that fits no node",
        "scaled-to-zero",
        CONFIRMED,
        scene(workload=workload(target=replace(TARGET, kind="DaemonSet"), desired=0)),
        {"workload_kind": "DaemonSet"},
    ),
    Case(
        "a Rollout at zero",
        "scaled-to-zero",
        CONFIRMED,
        scene(workload=workload(target=ROLLOUT, desired=0)),
        {"workload": "rollout/web"},
    ),
    Case("a CronJob counts nothing", "scaled-to-zero", RULED_OUT, scene(**job(kind="CronJob", desired=None))),
    Case("workload is forbidden", "scaled-to-zero", NOT_CHECKED, scene(workload=FORBIDDEN)),
    Case(
        "at its maximum",
        "scaler-limited",
        LIKELY,
        scene(scalers=scaler("ScalingLimited", "True", "TooManyReplicas")),
        {"maximum": 10},
    ),
    Case(
        "no metrics",
        "scaler-limited",
        CONFIRMED,
        scene(scalers=scaler("ScalingActive", "False", "FailedGetResourceMetric")),
    ),
    Case(
        "quiet at its minimum",
        "scaler-limited",
        RULED_OUT,
        scene(scalers=scaler("ScalingLimited", "True", "TooFewReplicas")),
    ),
    Case(
        "switched off at zero",
        "scaler-limited",
        RULED_OUT,
        scene(scalers=scaler("ScalingActive", "False", "ScalingDisabled")),
    ),
    Case("there is none", "scaler-limited", RULED_OUT, scene(), {"scalers": ()}),
    Case(
        "the operation failed",
        "sync-failed",
        CONFIRMED,
        scene(application=replace(SHOP, phase="Failed", message="conversion webhook failed: no such host")),
        {"message": "conversion webhook failed: no such host"},
    ),
    Case(
        "cannot be compared",
        "sync-failed",
        CONFIRMED,
        scene(
            application=replace(SHOP, conditions=(Condition("ComparisonError", "True", message="no repo"),))
        ),
        {"message": "no repo"},
    ),
    Case(
        "the application itself has drifted",
        "sync-failed",
        LIKELY,
        scene(
            target=APPLICATION,
            pods=NOTHING,
            workload=NOTHING,
            application=replace(SHOP, sync="OutOfSync", out_of_sync=("Deployment/web",)),
        ),
        {"out_of_sync": ("Deployment/web",)},
    ),
    Case(
        "drift of what tracks a workload",
        "sync-failed",
        RULED_OUT,
        scene(application=replace(SHOP, sync="OutOfSync")),
    ),
    Case("in sync", "sync-failed", RULED_OUT, scene(application=SHOP), {"application": "shop"}),
    Case("nothing tracks it", "sync-failed", RULED_OUT, scene(), {"application": ""}),
    Case("applications are forbidden", "sync-failed", NOT_CHECKED, scene(application=FORBIDDEN)),
    Case(
        "missed its deadline",
        "rollout-stuck",
        CONFIRMED,
        scene(workload=workload(conditions=(STUCK,), ready=1)),
        {"why": "deadline"},
    ),
    Case(
        "Argo Rollouts aborted it",
        "rollout-stuck",
        CONFIRMED,
        scene(workload=workload(target=ROLLOUT, conditions=(ABORTED,), updated=0)),
        {"why": "aborted", "workload": "rollout/web", "has_rollout": True},
    ),
    Case(
        "Argo Rollouts is done",
        "rollout-stuck",
        RULED_OUT,
        scene(workload=workload(target=ROLLOUT)),
        {"has_rollout": True},
    ),
    Case(
        "a quota refuses its pods",
        "rollout-stuck",
        CONFIRMED,
        scene(
            workload=workload(ready=1),
            events=events(event("FailedCreate", "exceeded quota: team", about="ReplicaSet/web-7d9")),
        ),
        {"why": "refused", "message": "exceeded quota: team"},
    ),
    Case(
        "refused once, complete now",
        "rollout-stuck",
        RULED_OUT,
        scene(events=events(event("FailedCreate", "exceeded quota: team", about="ReplicaSet/web-7d9"))),
    ),
    Case(
        "paused half way",
        "rollout-stuck",
        CONFIRMED,
        scene(workload=workload(paused=True, updated=1)),
        {"why": "paused"},
    ),
    Case("paused, but complete", "rollout-stuck", RULED_OUT, scene(workload=workload(paused=True))),
    Case("under way", "rollout-stuck", LIKELY, scene(workload=workload(updated=1)), {"why": "under-way"}),
    Case(
        "not seen by its controller",
        "rollout-stuck",
        LIKELY,
        scene(workload=workload(generation=4, observed_generation=3)),
        {"why": "unobserved"},
    ),
    Case(
        "complete, and pods crash",
        "rollout-stuck",
        RULED_OUT,
        scene(pod(looping(1)), workload=workload(ready=0)),
    ),
    Case(
        "a Job has none", "rollout-stuck", RULED_OUT, scene(pod(running()), **job()), {"has_rollout": False}
    ),
]
