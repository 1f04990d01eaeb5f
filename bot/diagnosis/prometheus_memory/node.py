"""The node, not the limit, had no memory left: an eviction, a kill by the kernel for the whole node, or its pressure. Pure."""

from dataclasses import dataclass

from bot.diagnosis.cases import CURRENT, newest_time
from bot.diagnosis.evidence import Condition, EventNote, PodState
from bot.diagnosis.findings import Answer
from bot.diagnosis.happenings import last_time
from bot.diagnosis.observations import event, instant, node
from bot.diagnosis.prometheus_memory.exam import Exam, sigkilled
from bot.diagnosis.prometheus_memory.fixes import request_memory
from bot.diagnosis.prometheus_memory.node_notes import newest_of_node, of_memory
from bot.diagnosis.prometheus_memory.seen import basis, seen
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Observation


@dataclass(frozen=True, slots=True)
class _Sign:
    """Why it is the node; `certain` where nothing else explains it and it is so now."""

    facts: Facts
    certain: bool = False
    seen: tuple[Observation, ...] = ()


def node_memory(exam: Exam, answer: Answer) -> Finding:
    """It evicted a pod, or the kernel chose a victim among everything that runs there."""
    facts: Facts = {**basis(exam), "node": "", "message": "", "last_at": "", "nodes": _names(exam)}
    sign = next(
        (found for look in (_evicted, _told, _unlimited, _under_pressure) if (found := look(exam))), None
    )
    if sign is not None:
        say = answer.confirmed if sign.certain else answer.likely
        return say({**facts, **sign.facts}, (*sign.seen, *_of_nodes(exam)), request_memory(exam))
    # Health needs proof: the events of the pods and the nodes under them.
    node_gap = next((state for state in exam.scene.nodes if isinstance(state, Unavailable)), None)
    gap = exam.scene.events.gap or node_gap
    if gap is not None:
        return answer.not_checked(gap)
    return answer.ruled_out({**facts, "why": "pressed" if _pressed(exam) else "well"}, _of_nodes(exam))


def _evicted(exam: Exam) -> _Sign | None:
    pod = next((pod for pod in exam.pods if pod.reason == "Evicted" and of_memory(pod.message)), None)
    if pod is None:
        return None
    facts: Facts = {"why": "evicted", "pod": pod.name, "node": pod.node, "message": pod.message}
    return _Sign(facts, certain=not any(other.ready for other in exam.pods))


def _told(exam: Exam) -> _Sign | None:
    note = newest_of_node(exam)
    if note is None:
        return None
    kind, _, name = note.object.partition("/")
    on = name if kind == "Node" else next((pod.node for pod in exam.pods if pod.name == name), "")
    why = "system-oom" if note.reason == "SystemOOM" else "evicted"
    facts: Facts = {"why": why, "message": note.message, "last_at": instant(last_time(note)), "node": on}
    facts = {**facts, "pod": name} if kind == "Pod" else facts
    place = exam.scene.target.namespace if kind == "Pod" else ""
    return _Sign(facts, _recent(exam, note) and not _well(exam), (event(place, note),))


def _under_pressure(exam: Exam) -> _Sign | None:
    pressed = _pressed(exam)
    died = bool(exam.killed) or any(sigkilled(case) for case in exam.other)
    if pressed is None or not died:
        return None
    name, condition = pressed
    since = instant(condition.changed_at)
    return _Sign({"why": "pressure", "node": name, "message": condition.message, "last_at": since})


def _unlimited(exam: Exam) -> _Sign | None:
    """Without a limit of its own there is only the node's memory to run out of."""
    if not exam.killed or exam.limit is not None or isinstance(exam.scene.workload, Unavailable):
        return None
    return _Sign({"why": "no-limit", "node": exam.killed[0].place.pod.node}, seen=seen(exam))


def _recent(exam: Exam, note: EventNote) -> bool:
    now, at = newest_time(exam.scene), last_time(note)
    return now is None or at is None or now - at <= CURRENT


def _well(exam: Exam) -> bool:
    staying: list[PodState] = [pod for pod in exam.pods if not pod.deleting]
    return bool(staying) and all(pod.ready for pod in staying)


def _pressed(exam: Exam) -> tuple[str, Condition] | None:
    for state in exam.scene.nodes:
        if not isinstance(state, Unavailable):
            for condition in state.conditions:
                if condition.type == "MemoryPressure" and condition.status == "True":
                    return state.name, condition
    return None


def _names(exam: Exam) -> tuple[str, ...]:
    return tuple(state.name for state in exam.scene.nodes if not isinstance(state, Unavailable))


def _of_nodes(exam: Exam) -> tuple[Observation, ...]:
    return tuple(node(state) for state in exam.scene.nodes if not isinstance(state, Unavailable))
