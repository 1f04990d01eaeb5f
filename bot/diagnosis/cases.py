"""What is wrong with each container of a scene: exactly one trouble each, so that causes do not claim each other's. Pure.

There is no clock here: how long ago something ended is measured against the newest time that anything in the scene
bears, so that a restart of last month is not taken for today's trouble.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.diagnosis.containers import (
    BAD_EXIT,
    CONFIG_REASONS,
    PULL_REASONS,
    START_CODES,
    START_REASONS,
    Place,
    badness,
    places,
)
from bot.diagnosis.entrypoints import NotRun, not_run
from bot.diagnosis.evidence import (
    ContainerSpec,
    LogTail,
    NodeState,
    PodList,
    PodState,
    Termination,
    WorkloadState,
)
from bot.diagnosis.happenings import last_time, probe_kill
from bot.diagnosis.scene import Scene, Tail
from bot.diagnosis.sources import Unavailable

CURRENT = timedelta(hours=1)
STALE = timedelta(hours=24)
_LOOPS = 2
# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
_FORGOTTEN = timedelta(minutes=10)
# SIGKILL and SIGTERM: what the kubelet sends.
KILL_CODES = frozenset({137, 143})


class Trouble(StrEnum):
    NONE = "none"
    PULL = "image-pull"
    CONFIG = "config-error"
    START = "start-error"
    OOM = "oom-killed"
    PROBE = "probe-failing"
    CRASH = "crashing"


@dataclass(frozen=True, slots=True)
class Case:
    """`current` is False where the container has recovered since."""

    place: Place
    trouble: Trouble
    current: bool


def cases(scene: Scene) -> tuple[Case, ...]:
    """Containers in trouble, worst first. Pods that are being deleted end on purpose."""
    if not isinstance(scene.pods, PodList):
        return ()
    now, kills = newest_time(scene), _probe_kills(scene)
    staying = (
        pod
        for pod in scene.pods.pods
        if not pod.deleting and pod.reason != "Evicted" and not made_up_for(scene, pod)
    )
    found = [
        Case(place, trouble, _current(place, now))
        for place in places(staying)
        if (trouble := _trouble(scene, place, kills)) is not Trouble.NONE and not _stale(place, now)
    ]
    return tuple(
        sorted(
            found,
            key=lambda case: (
                not case.current,
                -badness(case.place),
                case.place.pod.name,
                case.place.container.name,
            ),
        )
    )


def made_up_for(scene: Scene, pod: PodState) -> bool:
    """A try that failed before its Job was done, or a run before one that did its work, is history and no trouble."""
    workload, pods = scene.workload, scene.pods
    if pod.phase != "Failed" or isinstance(workload, Unavailable) or not isinstance(pods, PodList):
        return False
    if workload.target.kind == "Job":
        return any(one.type == "Complete" and one.status == "True" for one in workload.conditions)
    if workload.target.kind != "CronJob" or pod.created_at is None:
        return False
    later = (one for one in pods.pods if one.created_at is not None and one.created_at > pod.created_at)
    return any(one.phase == "Succeeded" for one in later)


def _trouble(scene: Scene, place: Place, kills: frozenset[tuple[str, str]]) -> Trouble:
    container, ended = place.container, place.ended
    waiting = container.waiting_reason
    if waiting in PULL_REASONS:
        return Trouble.PULL
    if waiting in CONFIG_REASONS:
        return Trouble.CONFIG
    if waiting in START_REASONS:
        return Trouble.START
    if ended is None:
        return Trouble.NONE
    # Only a few pods' events are looked at: the same container that ends on the same signal elsewhere was killed alike.
    alike = ended.exit_code in KILL_CODES and any(name == container.name for _, name in kills)
    killed = alike or (place.pod.name, container.name) in kills
    found = _ending(ended, killed_by_probe=killed, looping=waiting == "CrashLoopBackOff")
    return _as_its_log_says(scene, place, found)


def _as_its_log_says(scene: Scene, place: Place, found: Trouble) -> Trouble:
    """An exit code tells neither that the runtime failed nor, of a program that has spoken, that it did not run."""
    ended = place.ended
    if found is Trouble.CRASH and words_of_the_runtime(scene, place) is not None:
        return Trouble.START
    if found is Trouble.START and ended is not None and ended.exit_code == BAD_EXIT:
        spoke = any(line.strip() for line in _lines(scene, place))
        by_itself = ended.reason not in START_REASONS and place.container.waiting_reason not in START_REASONS
        return Trouble.CRASH if spoke and by_itself and words_of_the_runtime(scene, place) is None else found
    return found


def words_of_the_runtime(scene: Scene, place: Place) -> NotRun | None:
    ended = place.ended
    if ended is None or ended.exit_code == 0 or ended.reason == "OOMKilled":
        return None
    return not_run(_lines(scene, place))


def _lines(scene: Scene, place: Place) -> tuple[str, ...]:
    """Of this container, or of the same one in another pod, where its own log was not looked at."""
    own = tail_of(scene, place)
    alike = (tail for tail in scene.logs if tail.container == place.container.name)
    tail = own or next(alike, None)
    return tail.log.lines if tail is not None and isinstance(tail.log, LogTail) else ()


def _ending(ended: Termination, *, killed_by_probe: bool, looping: bool) -> Trouble:
    if ended.reason in START_REASONS:
        return Trouble.START
    if ended.reason == "OOMKilled":
        return Trouble.OOM
    if killed_by_probe:
        return Trouble.PROBE
    if ended.exit_code in START_CODES:
        return Trouble.START
    # A container that ends well and is started again for ever loops like one that fails.
    return Trouble.CRASH if looping or ended.exit_code != 0 else Trouble.NONE


def _probe_kills(scene: Scene) -> frozenset[tuple[str, str]]:
    return frozenset(
        (event.object.rpartition("/")[2], container)
        for event in scene.events.notes
        if (container := probe_kill(event))
    )


def _current(place: Place, now: datetime | None) -> bool:
    """Between two crashes a looping container runs for a moment: that is no recovery."""
    if place.container.state != "running":
        return True
    return place.container.restarts >= _LOOPS and not _older(place, now, CURRENT) and not _settled(place, now)


def _settled(place: Place, now: datetime | None) -> bool:
    """Ready, for longer than the life before, and for longer than the kubelet itself remembers a loop."""
    container, ended = place.container, place.ended
    if not container.ready or container.started_at is None or now is None or ended is None:
        return False
    before = ended.finished_at - ended.started_at if ended.finished_at and ended.started_at else timedelta(0)
    return now - container.started_at > max(before, _FORGOTTEN)


def _stale(place: Place, now: datetime | None) -> bool:
    return place.container.state == "running" and _older(place, now, STALE)


def _older(place: Place, now: datetime | None, age: timedelta) -> bool:
    at = place.ended.finished_at if place.ended is not None else None
    return at is not None and now is not None and now - at > age


def newest_time(scene: Scene) -> datetime | None:
    return max(_times(scene), default=None)


def _times(scene: Scene) -> Iterator[datetime]:
    candidates: list[datetime | None] = [last_time(event) for event in scene.events.notes]
    if isinstance(scene.pods, PodList):
        for pod in scene.pods.pods:
            candidates.append(pod.created_at)
            candidates.extend(condition.changed_at for condition in pod.conditions)
        for place in places(scene.pods.pods):
            candidates.append(place.container.started_at)
            candidates.append(place.ended.finished_at if place.ended is not None else None)
    candidates.extend(state.heard_at for state in scene.nodes if isinstance(state, NodeState))
    if isinstance(scene.workload, WorkloadState):
        candidates.extend(condition.changed_at for condition in scene.workload.conditions)
    yield from (at for at in candidates if at is not None)


def spec_of(scene: Scene, container: str) -> ContainerSpec | None:
    if not isinstance(scene.workload, WorkloadState):
        return None
    return next((spec for spec in scene.workload.template.containers if spec.name == container), None)


def tail_of(scene: Scene, place: Place) -> Tail | None:
    wanted = (place.pod.name, place.container.name)
    return next((tail for tail in scene.logs if (tail.pod, tail.container) == wanted), None)
