"""Events that say that a node ran out of memory and took it out on this Prometheus. Pure."""

from bot.diagnosis.cases import CURRENT
from bot.diagnosis.evidence import EventNote
from bot.diagnosis.happenings import last_time, latest
from bot.diagnosis.prometheus_memory.exam import Exam

# An event is folded and written late: so near to an end it is about that end.
_NEAR = CURRENT / 30


def of_memory(message: str) -> bool:
    return "low on resource: memory" in message


def newest_of_node(exam: Exam) -> EventNote | None:
    """The newest event that says that the node ran out of memory and took it out on this Prometheus."""
    told = [note for note in _notes(exam) if _of_node(note, exam)]
    return latest(told) if told else None


def _notes(exam: Exam) -> tuple[EventNote, ...]:
    of_node = exam.sight.node_events
    return (*exam.scene.events.notes, *(of_node if isinstance(of_node, tuple) else ()))


def _of_node(note: EventNote, exam: Exam) -> bool:
    """An eviction of one of the pods, or a kill by the kernel for all of the node.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/oom/oom_watcher_linux.go
    """
    if note.reason == "Evicted":
        names = {f"Pod/{pod.name}" for pod in exam.pods}
        return note.object in names and of_memory(note.message)
    return note.reason == "SystemOOM" and "victim process: prometheus" in note.message and _fits(note, exam)


def _fits(note: EventNote, exam: Exam) -> bool:
    """Near the end of one of its lives, on its node; another Prometheus may run there too."""
    at = last_time(note)
    ends = [case.place.ended.finished_at for case in exam.killed if case.place.ended is not None]
    return at is not None and any(end is not None and abs(end - at) <= _NEAR for end in ends)
