"""What is known of a workload that a database may refuse, and of the one refusal that decides. Pure.

The judges of this room read nothing else. Where several containers are refused, the worst of them is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.diagnosis.cases import Trouble as Case
from bot.diagnosis.cases import cases, made_up_for, newest_time
from bot.diagnosis.containers import Place, places
from bot.diagnosis.database.doubt import Doubt, dismisses, doubt_of
from bot.diagnosis.database.ears import ear_of
from bot.diagnosis.database.login import Login, engine_of, login_of
from bot.diagnosis.database.recovered import Now, Today, runs_again, today_of
from bot.diagnosis.database.refusal import Refusal, Trouble, find_refusal, of_clients
from bot.diagnosis.database.speaker import ships
from bot.diagnosis.environment import Environment, Kind, Settings, effective
from bot.diagnosis.evidence import (
    ContainerSpec,
    LogTail,
    PodList,
    PodState,
    PodTemplate,
    WorkloadState,
)
from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.scene import Scene, Tail
from bot.diagnosis.siblings import Siblings
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.symptoms import no_pods
from bot.model import Reason, Source

# Whose log would tell why.
_RAN = frozenset({Case.CRASH, Case.PROBE})
# What comes and goes by itself: that it was is worth telling after it is over.
PASSING = frozenset({Trouble.NETWORK, Trouble.CONNECTIONS})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`hanging` are the logs of init containers that wait for something, `present` those of the lives that run now of
    containers that were refused before. `siblings` and `endpoints` are None where nothing was found that would have been
    worth asking for them.
    """

    scene: Scene
    settings: Settings | Unavailable
    hanging: tuple[Tail, ...] = ()
    present: tuple[Tail, ...] = ()
    siblings: Siblings | None = None
    endpoints: EndpointsState | Unavailable | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """`current` is False where the container runs again, which may or may not be a recovery: that says `today`.
    `started_at` is when the life that was refused began. `doubt`: why somebody else may be meant.
    """

    refusal: Refusal
    tail: LogTail
    place: Place
    current: bool
    spec: ContainerSpec | None
    environment: Environment | None
    login: Login | None
    started_at: datetime | None
    today: Today
    doubt: Doubt = Doubt.NONE

    @property
    def settled(self) -> bool:
        """Whether there is nothing to mend: it has recovered, from what does not pass by itself."""
        return self.today.recovered and self.refusal.trouble not in PASSING

    @property
    def unproven_now(self) -> bool:
        """Whether it runs again, and nothing shows that it is refused still: not the time to change a login."""
        return not self.current and runs_again(self.place) and self.refusal.trouble not in PASSING

    @property
    def proven(self) -> bool:
        """Whether this refusal is what keeps the container from running now."""
        return self.current and self.refusal.sure and not self.doubt

    @property
    def user(self) -> str:
        """As the log names it, else as the settings do."""
        known = self.login.user.value if self.login is not None and self.login.user is not None else None
        return self.refusal.fact("user") or known or ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A refusal that a container tells of and that is not its own: a server's of its clients where `doubt` is none, else
    somebody's whose words it has. `then` is what it ended for itself.
    """

    place: Place
    line: str
    doubt: Doubt = Doubt.NONE
    then: str = ""


def look_gap(evidence: Evidence) -> Unavailable | None:
    """Why nothing can be said of what containers log."""
    if isinstance(evidence.scene.workload, Unavailable) and isinstance(evidence.scene.pods, Unavailable):
        return evidence.scene.workload
    return no_pods(evidence.scene)


def log_gap(evidence: Evidence) -> Unavailable | None:
    """The first log that could not be read, or that says nothing of why its container is in trouble."""
    unread = (tail.log for tail in _tails(evidence) if isinstance(tail.log, Unavailable))
    return next(unread, None) or next(_silent(evidence), None)


def _silent(evidence: Evidence) -> Iterator[Unavailable]:
    """Whatever ended a container that never came to run its program, or that needed too much memory, is known without a log."""
    standing = {(case.place.pod.name, case.place.container.name): case for case in cases(evidence.scene)}
    for tail in _tails(evidence):
        place = _place(evidence.scene, tail)
        if place is None or not isinstance(tail.log, LogTail) or any(line.strip() for line in tail.log.lines):
            continue
        case = standing.get((tail.pod, tail.container))
        in_trouble = not place.well if case is None else case.current and case.trouble in _RAN
        if in_trouble and not made_up_for(evidence.scene, place.pod):
            detail = f"the log of {tail.container} in {tail.pod} is empty"
            namespace = place.pod.namespace
            yield Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", namespace, detail)


def logs_read(evidence: Evidence) -> tuple[LogTail, ...]:
    return tuple(tail.log for tail in _tails(evidence) if isinstance(tail.log, LogTail))


def refused(evidence: Evidence) -> Refused | None:
    """What a database itself said goes before what the network said, and what is certain to be its own before all."""
    found = [one for one in _heard(evidence) if isinstance(one, Refused)]
    found.sort(
        key=lambda one: (
            one.settled,
            not one.current,
            bool(one.doubt),
            one.refusal.trouble is Trouble.NETWORK,
        )
    )
    return next(iter(found), None)


def elsewhere(evidence: Evidence) -> Elsewhere | None:
    """The first refusal that a container tells of and that is not its own."""
    return next((one for one in _heard(evidence) if isinstance(one, Elsewhere)), None)


def running_again(evidence: Evidence) -> tuple[Place, ...]:
    """The containers that run although the one before was refused: only their present log tells what is true now."""
    found = (one for one in _heard(evidence) if isinstance(one, Refused))
    return tuple(one.place for one in found if one.tail.previous and runs_again(one.place))


def _tails(evidence: Evidence) -> tuple[Tail, ...]:
    return (*evidence.scene.logs, *evidence.hanging)


def _heard(evidence: Evidence) -> Iterator[Refused | Elsewhere]:
    standing = {
        (case.place.pod.name, case.place.container.name): case.current for case in cases(evidence.scene)
    }
    for tail in _tails(evidence):
        place = _place(evidence.scene, tail)
        if place is None or not isinstance(tail.log, LogTail) or _for_memory(place):
            continue
        if made_up_for(evidence.scene, place.pod):
            continue
        hangs = tail in evidence.hanging or not place.well
        current = standing.get((tail.pod, tail.container), hangs)
        if current or (tail.pod, tail.container) in standing:
            yield from _of_tail(evidence, place, tail.log, current=current)


def _of_tail(
    evidence: Evidence, place: Place, log: LogTail, *, current: bool
) -> Iterator[Refused | Elsewhere]:
    scene, template = evidence.scene, template_of(evidence.scene, place.pod)
    spec = _spec(template, place)
    environment = _environment(evidence, spec)
    kind = scene.workload.target.kind if isinstance(scene.workload, WorkloadState) else scene.target.kind
    ear = ear_of(place, log, template, evidence.settings, environment, kind)
    refusal = find_refusal(log.lines, ear)
    if refusal is None:
        if line := of_clients(log.lines, ear):
            yield Elsewhere(place, line)
        return
    present = _present(evidence, place, log)
    today = today_of(place, present, ear, newest_time(scene))
    if today.refusal is not None and isinstance(present, LogTail):
        refusal, log, current = today.refusal, present, True
    login = None
    if environment is not None:
        user, database = refusal.fact("user"), refusal.fact("database")
        login = login_of(environment, refusal.engine, user=user, database=database)
        refusal = replace(refusal, engine=refusal.engine or engine_of(login))
    current = current and today.now in {Now.UNKNOWN, Now.REFUSED}
    mounts = () if template is None else template.mounts
    started = _started(place, log)
    doubt = doubt_of(refusal, environment, login, mounts, ships=ships(place.container))
    if doubt is Doubt.OTHER_USER and _renamed_since(evidence, login, started):
        doubt = Doubt.NONE
    if refusal.then is not None and dismisses(refusal, doubt):
        yield Elsewhere(place, refusal.line.text, doubt, refusal.then.text)
        return
    yield Refused(refusal, log, place, current, spec, environment, login, started, today, doubt)


def _renamed_since(evidence: Evidence, login: Login | None, started: datetime | None) -> bool:
    """Whether the ConfigMap with the user may have given another one when the container started."""
    if login is None or login.user is None or isinstance(evidence.settings, Unavailable):
        return False
    origin = login.user.origin
    held = evidence.settings.config_map(origin.name) if origin.kind is Kind.CONFIG_MAP else None
    if held is None or isinstance(held, Unavailable):
        return False
    return held.changed_at is None or started is None or held.changed_at > started


def _present(evidence: Evidence, place: Place, log: LogTail) -> LogTail | Unavailable | None:
    if not log.previous:
        return log
    wanted = (place.pod.name, place.container.name)
    return next((one.log for one in evidence.present if (one.pod, one.container) == wanted), None)


def _place(scene: Scene, tail: Tail) -> Place | None:
    if not isinstance(scene.pods, PodList):
        return None
    wanted = (tail.pod, tail.container)
    return next((p for p in places(scene.pods.pods) if (p.pod.name, p.container.name) == wanted), None)


def _for_memory(place: Place) -> bool:
    """Whatever it logged, it did not end for it."""
    return place.ended is not None and place.ended.reason == "OOMKilled"


def _started(place: Place, log: LogTail) -> datetime | None:
    """No container starts before its pod is there, whatever its status says."""
    container = place.container
    ended = container.last_terminated if log.previous else container.terminated
    started = container.started_at if ended is None else ended.started_at
    created = place.pod.created_at
    return started if started is None or created is None else max(started, created)


def _spec(template: PodTemplate | None, place: Place) -> ContainerSpec | None:
    specs = () if template is None else template.containers
    return next((one for one in specs if one.name == place.container.name), None)


def _environment(evidence: Evidence, spec: ContainerSpec | None) -> Environment | None:
    if spec is None or isinstance(evidence.settings, Unavailable):
        return None
    return effective(spec, evidence.settings)


def template_of(scene: Scene, pod: PodState) -> PodTemplate | None:
    """Of the revision that the pod is of, where that is known; a pod of an older one has the older settings."""
    kind, _, name = pod.owner.partition("/")
    if kind == "ReplicaSet" and isinstance(scene.revisions, tuple):
        found = next((one.template for one in scene.revisions if one.name == name), None)
        if found is not None and found.containers:
            return found
    return scene.workload.template if isinstance(scene.workload, WorkloadState) else None


def no_settings(evidence: Evidence) -> Unavailable:
    """Why nothing is known of the settings of the container."""
    if isinstance(evidence.settings, Unavailable):
        return evidence.settings
    detail = "the pod template has no container of this name"
    place = evidence.scene.target.namespace
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "workloads", place, detail)
