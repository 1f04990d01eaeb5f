"""Causes that show in what decides how much runs and from what: replica counts, autoscalers, ArgoCD. Pure."""

from bot.diagnosis.evidence import Condition
from bot.diagnosis.evidence_objects import ApplicationState
from bot.diagnosis.findings import Answer, fixes_where_they_last
from bot.diagnosis.observations import application
from bot.diagnosis.ownership import ownership
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.scene import Scene
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding

_FAILED_PHASES = frozenset({"Error", "Failed"})
_COUNTED_KINDS = frozenset({"DaemonSet", "Deployment", "ReplicaSet", "Rollout", "StatefulSet"})


def scaled_to_zero(scene: Scene, answer: Answer) -> Finding:
    workload = scene.workload
    if isinstance(workload, Unavailable):
        return answer.not_checked(workload)
    facts = {**workload_facts(workload), "desired": workload.desired}
    if workload.desired != 0 or workload.target.kind not in _COUNTED_KINDS:
        return answer.ruled_out(facts)
    if workload.target.kind == "DaemonSet":
        return answer.confirmed(facts)
    return answer.confirmed(facts, (), fixes_where_they_last("scale-up", ownership(workload), facts))


def scaler_limited(scene: Scene, answer: Answer) -> Finding:
    scalers = scene.scalers
    if isinstance(scalers, Unavailable):
        return answer.not_checked(scalers)
    for scaler in scalers:
        blocked = _scaler_trouble(scaler.conditions)
        if blocked is not None:
            facts: Facts = {
                "scaler": scaler.name,
                "minimum": scaler.minimum,
                "maximum": scaler.maximum,
                "current": scaler.current,
                "desired": scaler.desired,
                "condition": blocked.type,
                "reason": blocked.reason,
                "message": blocked.message,
            }
            # At its limit it may be doing what it was told; unable to act is trouble by itself.
            return (answer.likely if blocked.type == "ScalingLimited" else answer.confirmed)(facts)
    return answer.ruled_out({"scalers": tuple(scaler.name for scaler in scalers)})


def _scaler_trouble(found: tuple[Condition, ...]) -> Condition | None:
    return next((condition for condition in found if _blocks(condition)), None)


def _blocks(condition: Condition) -> bool:
    """TooFewReplicas is a quiet time at the minimum; ScalingDisabled is a workload at zero on purpose."""
    if condition.type == "ScalingLimited":
        return condition.status == "True" and condition.reason == "TooManyReplicas"
    unable = condition.type in {"AbleToScale", "ScalingActive"} and condition.status == "False"
    return unable and condition.reason != "ScalingDisabled"


def sync_failed(scene: Scene, answer: Answer) -> Finding:
    """ArgoCD could not bring about what Git says."""
    state = scene.application
    if isinstance(state, Unavailable):
        return answer.not_checked(state)
    if state is None:
        return answer.ruled_out({"application": "", "sync": "", "health": ""})
    wrong = next((c for c in state.conditions if c.type.endswith("Error")), None)
    failed = state.phase in _FAILED_PHASES
    facts: Facts = {
        "application": state.name,
        "sync": state.sync,
        "health": state.health,
        "phase": state.phase,
        "message": wrong.message if wrong is not None and not failed else state.message,
        "out_of_sync": state.out_of_sync[:5],
        "out_of_sync_count": len(state.out_of_sync),
    }
    if failed or wrong is not None:
        return answer.confirmed(facts, [application(state)])
    if scene.target.kind == "Application" and _drifts(state):
        return answer.likely(facts, [application(state)])
    return answer.ruled_out(facts, [application(state)])


def _drifts(state: ApplicationState) -> bool:
    return state.sync == "OutOfSync" or state.health in {"Degraded", "Missing"}
