"""What is wrong with the target of any alert?  The fallback: no alert names it, it runs where nothing better fits.

Each container has one trouble, each cause one judge; a judge is pure and says confirmed, likely, ruled out or, where
it could not look, not checked. What changed before the alert is added by the engine for every runbook.
"""

from collections.abc import Callable
from dataclasses import replace

from bot.diagnosis.conditions import (
    evicted,
    node_unhealthy,
    probe_failing,
    unschedulable,
    volume_problem,
)
from bot.diagnosis.control import scaled_to_zero, scaler_limited, sync_failed
from bot.diagnosis.explaining import OF_THE_WHOLE, Explained
from bot.diagnosis.findings import Answer
from bot.diagnosis.progress import job_failed, rollout_stuck
from bot.diagnosis.reads import (
    APPLICATION_READ,
    EVENT_READ,
    JOB_READ,
    NODE_READ,
    POD_LOGS,
    POD_READ,
    ROLLOUT_READ,
    SCALER_READ,
    SERVICE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.scene import Scene, look_around
from bot.diagnosis.symptoms import config_error, crashing, image_pull, oom_killed, start_error
from bot.model import Cause, Finding, Verdict

NAME = "triage"

# In this order of weight: what explains others stands before what it explains. A rollout is stuck because a container
# crashes, a container crashes because its node is gone, and nothing runs at all where nobody asked for a pod.
_JUDGES: tuple[tuple[str, Callable[[Scene, Answer], Finding]], ...] = (
    ("scaled-to-zero", scaled_to_zero),
    ("config-error", config_error),
    ("image-pull", image_pull),
    ("start-error", start_error),
    ("oom-killed", oom_killed),
    ("unschedulable", unschedulable),
    ("volume-problem", volume_problem),
    ("probe-failing", probe_failing),
    ("node-unhealthy", node_unhealthy),
    ("evicted", evicted),
    ("crashing", crashing),
    ("job-failed", job_failed),
    ("sync-failed", sync_failed),
    ("scaler-limited", scaler_limited),
    ("rollout-stuck", rollout_stuck),
)


def decide(scene: Scene) -> list[Finding]:
    return [
        judge(scene, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]


def beside(scene: Scene, explained: tuple[Explained, ...]) -> list[Finding]:
    """What is left to tell. A container that another runbook has explained is passed over for one that it has not."""
    rest = decide(replace(scene, explained=explained))
    return [_left(was, now, explained) for was, now in zip(decide(scene), rest, strict=True)]


def _left(was: Finding, now: Finding, explained: tuple[Explained, ...]) -> Finding:
    by = next((one for one in explained if one.cause == was.cause), None)
    gone = was.found and not now.found
    if by is None or not (gone or _follows(now)):
        return now
    return Finding(NAME, now.cause, Verdict.RULED_OUT, {"explained": by.by}, weight=now.weight)


def _follows(finding: Finding) -> bool:
    """No container brings it about that a rollout is paused, refused or given up by a person."""
    halted = finding.cause == "rollout-stuck" and finding.facts.get("why") not in {"deadline", "under-way"}
    return finding.found and finding.cause in OF_THE_WHOLE and not halted


RUNBOOK = Runbook(
    name=NAME,
    alerts=(),
    causes=tuple(Cause(cause) for cause, _judge in _JUDGES),
    reads=(
        WORKLOAD_READ,
        ROLLOUT_READ,
        POD_READ,
        POD_LOGS,
        EVENT_READ,
        NODE_READ,
        JOB_READ,
        SCALER_READ,
        SERVICE_READ,
        APPLICATION_READ,
    ),
    collect=look_around,
    decide=decide,
    beside=beside,
)
