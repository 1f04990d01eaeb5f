"""Causes that show around the containers of a scene: probes, scheduling, volumes, nodes, evictions. Pure."""

from bot.diagnosis.cases import CURRENT, Trouble, cases, newest_time
from bot.diagnosis.containers import lacking_config, worst_pods
from bot.diagnosis.evidence import Condition, EventNote, NodeState, PodList, PodState, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.happenings import (
    CLAIM_REASONS,
    MOUNT_REASONS,
    failed_probe,
    last_time,
    latest,
    obstacles,
)
from bot.diagnosis.observations import (
    container_state,
    event,
    instant,
    node,
    warnings,
)
from bot.diagnosis.rollback import roll_back
from bot.diagnosis.scene import MOST_PODS, Scene
from bot.diagnosis.slow_starts import allow_it, start_facts, start_of
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.symptoms import counted, instead, no_pods, with_trouble
from bot.model import Facts, Finding, Observation, Reason, Source

_PRESSURES = frozenset({"DiskPressure", "MemoryPressure", "NetworkUnavailable", "PIDPressure"})
_NOT_STARTED = frozenset({"", "ContainerCreating", "PodInitializing"})


def _pods(scene: Scene) -> tuple[PodState, ...]:
    return scene.pods.pods if isinstance(scene.pods, PodList) else ()


def probe_failing(scene: Scene, answer: Answer) -> Finding:
    """A probe that fails because the container is dead is a symptom of what killed it."""
    failing = [note for note in scene.events.notes if failed_probe(note)]
    killed = with_trouble(scene, Trouble.PROBE)
    gap = no_pods(scene) or (scene.events.gap if not failing else None)
    if not killed and gap is not None:
        return answer.not_checked(gap)
    facts: Facts = {**instead(scene), **_probe_facts(failing)}
    evidence = [event(scene.target.namespace, latest(failing))] if failing else []
    if killed:
        place = killed[0].place
        start = start_of(scene, place)
        facts = {**facts, **start_facts(start), "container": place.container.name, "pod": place.pod.name}
        ended = {"exit_code": place.ended.exit_code if place.ended else None, "killed": True}
        evidence.append(container_state(place))
        say = answer.confirmed if killed[0].current else answer.likely
        fixes = (*allow_it(scene, place, start), *roll_back(scene, killed))
        return say({**facts, **ended}, evidence, fixes)
    unready = _running_but_not_ready(scene, failing)
    facts = {**facts, **start_facts(None), "killed": False}
    if unready:
        return answer.confirmed({**facts, "container": unready, "exit_code": None}, evidence)
    if failing and facts["instead"] == "" and _recent(scene, latest(failing)):
        return answer.likely(facts, evidence)
    return answer.ruled_out(facts, evidence)


def _probe_facts(failing: list[EventNote]) -> Facts:
    if not failing:
        return {"probe": "", "message": "", "count": 0, "pod": "", "last_at": ""}
    newest = latest(failing)
    return {
        "probe": failed_probe(newest),
        "message": newest.message,
        "count": sum(max(note.count, 1) for note in failing),
        "pod": newest.object.rpartition("/")[2],
        "last_at": instant(last_time(newest)),
    }


def _running_but_not_ready(scene: Scene, failing: list[EventNote]) -> str:
    """The container that runs, has no trouble of its own, and is not let in; empty where there is none."""
    named = {note.object.rpartition("/")[2] for note in failing}
    troubled = {(case.place.pod.name, case.place.container.name) for case in cases(scene)}
    return next(
        (
            container.name
            for pod in _pods(scene)
            for container in pod.containers
            if pod.name in named
            and not pod.deleting
            and container.state == "running"
            and not container.ready
            and container.role != "init"
            and (pod.name, container.name) not in troubled
            and not any(one.fits("probe-failing", container.name, "") for one in scene.explained)
        ),
        "",
    )


def _recent(scene: Scene, note: EventNote) -> bool:
    now, at = newest_time(scene), last_time(note)
    return now is None or at is None or now - at <= CURRENT


def unschedulable(scene: Scene, answer: Answer) -> Finding:
    gap = no_pods(scene)
    if gap is not None:
        return answer.not_checked(gap)
    waiting = [(pod, why) for pod in _pods(scene) if (why := _not_scheduled(pod)) is not None]
    if not waiting:
        failures = sum(note.count for note in scene.events.notes if note.reason == "FailedScheduling")
        return answer.ruled_out({**counted(scene), "failures": failures})
    pod, why = waiting[0]
    rows = obstacles(why.message)
    facts: Facts = {
        **counted(scene),
        "pod": pod.name,
        "affected": len(waiting),
        "message": why.message,
        "obstacles": rows[:6],
        "since": instant(why.changed_at),
    }
    failing = [note for note in scene.events.notes if note.reason == "FailedScheduling"]
    evidence = [event(pod.namespace, latest(failing))] if failing else []
    return answer.confirmed(facts, evidence)


def _not_scheduled(pod: PodState) -> Condition | None:
    return next(
        (
            condition
            for condition in pod.conditions
            if condition.type == "PodScheduled" and condition.status == "False" and not pod.deleting
        ),
        None,
    )


def volume_problem(scene: Scene, answer: Answer) -> Finding:
    """What could not be mounted a moment ago and runs now was no problem but patience."""
    troubles = [note for note in scene.events.notes if note.reason in MOUNT_REASONS | CLAIM_REASONS]
    is_claim = scene.target.kind == "PersistentVolumeClaim"
    waiting = {pod.name for pod in _pods(scene) if _waits_for_volumes(pod)}
    stuck = [
        note
        for note in troubles
        if note.object.rpartition("/")[2] in waiting or (is_claim and note.object.startswith("PersistentV"))
    ]
    if stuck:
        newest = latest(stuck)
        lacking = lacking_config(newest.message)
        facts: Facts = {
            **counted(scene),
            "object": newest.object,
            "reason": newest.reason,
            "message": newest.message,
            "count": sum(note.count for note in stuck),
            "last_at": instant(last_time(newest)),
            "lacking_kind": lacking.kind if lacking else "",
            "lacking_name": lacking.name if lacking else "",
        }
        return answer.confirmed(facts, [event(scene.target.namespace, newest)])
    gap = scene.events.gap or no_pods(scene)
    if gap is not None:
        return answer.not_checked(gap)
    return answer.ruled_out({**counted(scene), "count": sum(note.count for note in troubles)})


def _waits_for_volumes(pod: PodState) -> bool:
    return pod.phase == "Pending" and any(
        container.state == "waiting" and container.waiting_reason in _NOT_STARTED
        for container in pod.containers
    )


def node_unhealthy(scene: Scene, answer: Answer) -> Finding:
    states = [state for state in scene.nodes if isinstance(state, NodeState)]
    gap = next((state for state in scene.nodes if isinstance(state, Unavailable)), None)
    about_node = scene.target.kind == "Node"
    for state in states:
        bad = _node_trouble(state)
        if bad:
            facts: Facts = {
                "node": state.name,
                "not_ready": bad[0].type == "Ready",
                "conditions": tuple(condition.type for condition in bad),
                "reason": bad[0].reason,
                "message": bad[0].message,
                "since": instant(bad[0].changed_at),
                "cordoned": state.unschedulable,
            }
            seen: list[Observation] = [node(state)]
            if about_node and (folded := warnings(scene)) is not None:
                seen.append(folded)
            say = answer.confirmed if about_node or bad[0].type == "Ready" else answer.likely
            return say(facts, seen)
    if gap is not None:
        return answer.not_checked(gap)
    if not states:
        detail = "no pod is on a node that could be looked at"
        nowhere = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "nodes", detail=detail)
        return answer.not_checked(no_pods(scene) or nowhere)
    cordoned = tuple(state.name for state in states if state.unschedulable)
    facts = {"nodes": tuple(state.name for state in states), "cordoned": cordoned}
    return answer.ruled_out(facts, [node(state) for state in states])


def _node_trouble(state: NodeState) -> tuple[Condition, ...]:
    """Not ready first; a condition Ready that is Unknown means that the kubelet is silent."""
    not_ready = [c for c in state.conditions if c.type == "Ready" and c.status != "True"]
    pressure = [c for c in state.conditions if c.type in _PRESSURES and c.status == "True"]
    return (*not_ready, *pressure)


def evicted(scene: Scene, answer: Answer) -> Finding:
    gap = no_pods(scene)
    if gap is not None:
        return answer.not_checked(gap)
    gone = [pod for pod in _pods(scene) if pod.reason == "Evicted"]
    if not gone:
        return answer.ruled_out({**counted(scene), "affected": 0})
    workload = scene.workload if isinstance(scene.workload, WorkloadState) else None
    replaced = workload is not None and workload.desired is not None and workload.ready == workload.desired
    facts: Facts = {
        **counted(scene),
        "pod": gone[0].name,
        "node": gone[0].node,
        "message": gone[0].message,
        "affected": len(gone),
        "replaced": replaced,
    }
    if replaced and _long_past(scene, gone):
        return answer.ruled_out(facts)
    return (answer.likely if replaced else answer.confirmed)(facts)


def _long_past(scene: Scene, gone: list[PodState]) -> bool:
    """Whether no event tells of it any more, which the API server keeps for an hour: what is left is a pod's record.

    Nothing is said of a pod that was asked for by its name, nor where not all of them were looked at.
    """
    looked = {pod.name for pod in worst_pods(_pods(scene), MOST_PODS)}
    asked_for = scene.target.kind == "Pod"
    told = any(note.reason == "Evicted" for note in scene.events.notes)
    known = scene.events.gap is None and all(pod.name in looked for pod in gone)
    return known and not told and not asked_for
