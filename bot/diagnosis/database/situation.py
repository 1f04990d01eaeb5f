"""What is known of a workload that a database may refuse, and of the one refusal that decides. Pure.

The judges of this room read nothing else. Where several containers are refused, the worst of them is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.diagnosis.cases import cases, made_up_for, newest_time
from bot.diagnosis.containers import Place, places
from bot.diagnosis.database.login import Login, engine_of, hosts_of, login_of
from bot.diagnosis.database.recovered import Now, Today, runs_again, today_of
from bot.diagnosis.database.refusal import Refusal, Trouble, find_refusal
from bot.diagnosis.environment import Environment, Settings, effective
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
    `started_at` is when the life that was refused began.
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
        return self.current and self.refusal.sure

    @property
    def user(self) -> str:
        """As the log names it, else as the settings do."""
        known = self.login.user.value if self.login is not None and self.login.user is not None else None
        return self.refusal.fact("user") or known or ""


def look_gap(evidence: Evidence) -> Unavailable | None:
    """Why nothing can be said of what containers log."""
    if isinstance(evidence.scene.workload, Unavailable) and isinstance(evidence.scene.pods, Unavailable):
        return evidence.scene.workload
    return no_pods(evidence.scene)


def log_gap(evidence: Evidence) -> Unavailable | None:
    """The first log that could not be read."""
    return next((tail.log for tail in _tails(evidence) if isinstance(tail.log, Unavailable)), None)


def logs_read(evidence: Evidence) -> tuple[LogTail, ...]:
    return tuple(tail.log for tail in _tails(evidence) if isinstance(tail.log, LogTail))


def refused(evidence: Evidence) -> Refused | None:
    """What a database itself said goes before what the network said."""
    found = list(_refused(evidence))
    found.sort(key=lambda one: (one.settled, not one.current, one.refusal.trouble is Trouble.NETWORK))
    return next(iter(found), None)


def running_again(evidence: Evidence) -> tuple[Place, ...]:
    """The containers that run although a life before was refused: only their present log tells what is true now."""
    return tuple(one.place for one in _refused(evidence) if one.tail.previous and runs_again(one.place))


def _tails(evidence: Evidence) -> tuple[Tail, ...]:
    return (*evidence.scene.logs, *evidence.hanging)


def _refused(evidence: Evidence) -> Iterator[Refused]:
    scene = evidence.scene
    newest = newest_time(scene)
    standing = {(case.place.pod.name, case.place.container.name): case.current for case in cases(scene)}
    for tail in _tails(evidence):
        place = _place(scene, tail)
        if place is None or not isinstance(tail.log, LogTail) or _for_memory(place):
            continue
        if made_up_for(scene, place.pod):
            continue
        spec = _spec(scene, place)
        environment = _environment(evidence, spec)
        hosts = hosts_of(environment) if environment is not None else frozenset()
        refusal = find_refusal(tail.log.lines, hosts)
        hangs = tail in evidence.hanging or not place.well
        current = standing.get((tail.pod, tail.container), hangs)
        if refusal is None or not (current or (tail.pod, tail.container) in standing):
            continue
        present = _present(evidence, tail)
        today = today_of(place, present, hosts, newest)
        log = tail.log
        if today.refusal is not None and isinstance(present, LogTail):
            refusal, log, current = today.refusal, present, True
        login = None
        if environment is not None:
            user, database = refusal.fact("user"), refusal.fact("database")
            login = login_of(environment, refusal.engine, user=user, database=database)
            refusal = replace(refusal, engine=refusal.engine or engine_of(login))
        current = current and today.now in {Now.UNKNOWN, Now.REFUSED}
        yield Refused(refusal, log, place, current, spec, environment, login, _started(place, log), today)


def _present(evidence: Evidence, tail: Tail) -> LogTail | Unavailable | None:
    if isinstance(tail.log, LogTail) and not tail.log.previous:
        return tail.log
    wanted = (tail.pod, tail.container)
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
    container = place.container
    ended = container.last_terminated if log.previous else container.terminated
    return container.started_at if ended is None else ended.started_at


def _spec(scene: Scene, place: Place) -> ContainerSpec | None:
    template = template_of(scene, place.pod)
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
