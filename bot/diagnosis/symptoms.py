"""Causes that show in the containers of a scene: each verdict with its facts, evidence and fixes. Pure.

Every container has exactly one trouble (see `cases`), so at most one of these causes is found for it.
"""

from bot.diagnosis.cases import KILL_CODES, Case, Trouble, cases, spec_of, tail_of, words_of_the_runtime
from bot.diagnosis.containers import (
    BAD_EXIT,
    START_CODES,
    START_REASONS,
    Place,
    lacking_config,
    places,
    pull_failure,
    row,
    worst,
)
from bot.diagnosis.entrypoints import kind_of
from bot.diagnosis.evidence import LogTail, NodeState, PodList, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.memory_limits import limit_of, raise_limit
from bot.diagnosis.observations import container_state, event, log_lines, warnings
from bot.diagnosis.ownership import ownership
from bot.diagnosis.rollback import brought_by_rollout, roll_back
from bot.diagnosis.scene import Scene
from bot.diagnosis.signatures import find_error
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Source

_LAST_LINES = 5
_SAID_BY_RUNTIME = frozenset({"StartError", "ContainerCannotRun"})
_CONTAINERS = 3


def no_pods(scene: Scene) -> Unavailable | None:
    """Why nothing can be said about containers: the gap, or that there is no pod at all."""
    if isinstance(scene.pods, Unavailable):
        return scene.pods
    if scene.pods.pods:
        return None
    detail = "there is no pod to look at"
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "list", "pods", scene.target.namespace, detail)


def counted(scene: Scene) -> Facts:
    """How many pods a statement is about."""
    pods = scene.pods if isinstance(scene.pods, PodList) else PodList(())
    return {"pods": len(pods.pods), "more_pods": pods.more}


def with_trouble(scene: Scene, trouble: Trouble) -> tuple[Case, ...]:
    """Those whose end nothing else explains."""
    return tuple(
        case
        for case in cases(scene)
        if case.trouble is trouble and not _explained(scene, case.place, trouble)
    )


def _explained(scene: Scene, place: Place, trouble: Trouble) -> bool:
    log = _log(scene, place)
    error = find_error(log.lines) if log is not None and trouble is Trouble.CRASH else None
    said = "" if error is None else error.text
    return any(one.fits(trouble, place.container.name, said) for one in scene.explained)


def instead(scene: Scene) -> Facts:
    """For a cause that is ruled out: what the worst container suffers from, if anything."""
    found = next(iter(cases(scene)), None)
    if found is None:
        return {**counted(scene), "instead": "", "container": "", "exit_code": None}
    ended = found.place.ended
    return {
        **counted(scene),
        "instead": found.trouble.value,
        "container": found.place.container.name,
        "exit_code": None if ended is None else ended.exit_code,
    }


def _case_facts(scene: Scene, found: tuple[Case, ...]) -> Facts:
    place = found[0].place
    return {
        **row(place),
        **counted(scene),
        "image": place.container.image,
        "affected": len({case.place.pod.name for case in found}),
        "current": found[0].current,
    }


def _answer(
    answer: Answer,
    found: tuple[Case, ...],
    facts: Facts,
    evidence: tuple[Observation, ...],
    fixes: tuple[Fix, ...] = (),
) -> Finding:
    return (answer.confirmed if found[0].current else answer.likely)(facts, evidence, fixes)


def oom_killed(scene: Scene, answer: Answer) -> Finding:
    """Only the reason says so: 137 alone is SIGKILL, and a liveness kill gives it too."""
    found = with_trouble(scene, Trouble.OOM)
    if not found:
        return _none(scene, answer)
    place = found[0].place
    limit = limit_of(scene, place)
    facts = {**_case_facts(scene, found), **limit.facts}
    return _answer(answer, found, facts, _seen(scene, found), raise_limit(scene, place, limit))


def crashing(scene: Scene, answer: Answer) -> Finding:
    """The program ends by itself; the line of its log that looks like the error is quoted."""
    found = with_trouble(scene, Trouble.CRASH)
    if not found:
        return _none(scene, answer, evidence=_around(scene))
    told = next((case for case in found if _log(scene, case.place) is not None), found[0])
    ordered = (told, *(case for case in found if case is not told))
    log = _log(scene, told.place)
    error = find_error(log.lines) if log is not None else None
    facts = {
        **_case_facts(scene, ordered),
        "current": found[0].current,
        "error": "" if error is None else error.text,
        "last_lines": () if log is None else tuple(line[:300] for line in log.lines[-_LAST_LINES:]),
        "log_read": log is not None,
        "brought": () if (brought := brought_by_rollout(scene, found)) is None else brought.what,
    }
    tail = tail_of(scene, told.place)
    gap = tail.log if tail is not None and isinstance(tail.log, Unavailable) else None
    # Without the events, a kill by the kubelet cannot be told from a program that dies of the same signal.
    unsure = scene.events.gap is not None and facts["exit_code"] in KILL_CODES
    gap = scene.events.gap if unsure else gap
    say = answer.confirmed if found[0].current and not unsure else answer.likely
    return say(facts, _seen(scene, ordered), roll_back(scene, found), gap)


def image_pull(scene: Scene, answer: Answer) -> Finding:
    found = with_trouble(scene, Trouble.PULL)
    if not found:
        return _none(scene, answer)
    place = found[0].place
    failed = [
        note
        for note in scene.events.notes
        if note.reason == "Failed" and "pull" in note.message and place.container.image in note.message
    ]
    said = max(failed, key=lambda note: (len(note.message), note.message)).message if failed else ""
    message = said or place.container.waiting_message
    before, _after = ("", "")
    if (brought := brought_by_rollout(scene, found)) is not None:
        before, _after = brought.images(place.container.name)
    facts = {
        **_case_facts(scene, found),
        "message": message,
        "failure": pull_failure(f"{place.container.waiting_reason} {message}").value,
        "image_before": before,
    }
    evidence = (*_seen(scene, found), *(event(place.pod.namespace, note) for note in failed[:1]))
    return _answer(answer, found, facts, evidence, roll_back(scene, found) if before else ())


def config_error(scene: Scene, answer: Answer) -> Finding:
    """The kubelet names what is not there."""
    found = with_trouble(scene, Trouble.CONFIG)
    if not found:
        return _none(scene, answer)
    place = found[0].place
    lacking = lacking_config(place.container.waiting_message)
    named: Facts = {
        "lacking_kind": lacking.kind if lacking else "",
        "lacking_name": lacking.name if lacking else "",
        "lacking_key": lacking.key if lacking else "",
    }
    facts = {**_case_facts(scene, found), **named, "message": place.container.waiting_message}
    fixes: tuple[Fix, ...] = ()
    if lacking is not None:
        key = "create-key" if lacking.key else "create-object"
        lasting = not isinstance(scene.workload, WorkloadState) or ownership(scene.workload).lasting_live
        where: Facts = {**named, "namespace": place.pod.namespace}
        fixes = (Fix(key, Layer.LIVE, lasting=lasting, facts=where),)
    return _answer(answer, found, facts, _seen(scene, found), (*fixes, *roll_back(scene, found)))


def start_error(scene: Scene, answer: Answer) -> Finding:
    """The runtime could not run the entrypoint, or the shell could not find what it was told to run."""
    found = with_trouble(scene, Trouble.START)
    if not found:
        return _none(scene, answer)
    place = found[0].place
    ended, spec = place.ended, spec_of(scene, place.container.name)
    # What waits in a back-off says only for how long; what cannot be created says why.
    why = place.container.waiting_message if place.container.waiting_reason in START_REASONS else ""
    message = (ended.message if ended is not None else "") or why
    log, words = _log(scene, place), words_of_the_runtime(scene, place)
    error = find_error(log.lines) if log is not None else None
    facts = {
        **_case_facts(scene, found),
        "message": message,
        "error": words.line if words is not None else "" if error is None else error.text,
        "failure": (kind_of(message) if words is None else words.kind).value,
        "program": "" if words is None else words.program,
        "architecture": _architecture(scene, place),
        "command": "" if spec is None else " ".join((*spec.command, *spec.args)),
        "overridden": spec is not None and bool(spec.command),
    }
    # A script that ran for a while and ends with 127 missed a command inside: the entrypoint itself was there.
    by_code_only = words is None and ended is not None and ended.reason not in _SAID_BY_RUNTIME
    certain = found[0].current and not (by_code_only and ended is not None and _ran(place))
    say = answer.confirmed if certain else answer.likely
    return say(facts, _seen(scene, found), roll_back(scene, found))


def _ran(place: Place) -> bool:
    """A runtime that cannot start a program says so itself: a bare 128 is a program's own, whatever it means by it."""
    ended = place.ended
    if ended is None or ended.exit_code not in START_CODES or not ended.started_at or not ended.finished_at:
        return False
    lasted = (ended.finished_at - ended.started_at).total_seconds()
    return ended.exit_code == BAD_EXIT or lasted > 10


def _architecture(scene: Scene, place: Place) -> str:
    nodes = [state for state in scene.nodes if isinstance(state, NodeState)]
    return next((state.architecture for state in nodes if state.name == place.pod.node), "")


def _none(scene: Scene, answer: Answer, evidence: tuple[Observation, ...] = ()) -> Finding:
    gap = no_pods(scene)
    return answer.not_checked(gap) if gap is not None else answer.ruled_out(instead(scene), evidence)


def _log(scene: Scene, place: Place) -> LogTail | None:
    tail = tail_of(scene, place)
    return tail.log if tail is not None and isinstance(tail.log, LogTail) else None


def _seen(scene: Scene, found: tuple[Case, ...]) -> tuple[Observation, ...]:
    """The state of the first containers, and the log of each."""
    evidence: list[Observation] = []
    for case in found[:2]:
        evidence.append(container_state(case.place))
        log = _log(scene, case.place)
        if log is not None:
            evidence.append(log_lines(case.place.pod.namespace, log, find_error(log.lines)))
    if (told := warnings(scene)) is not None:
        evidence.append(told)
    return tuple(evidence)


def _around(scene: Scene) -> tuple[Observation, ...]:
    """Where no container is in trouble: what was seen all the same, for an alert about something else."""
    pods = scene.pods.pods if isinstance(scene.pods, PodList) else ()
    everywhere = places(pods)
    shown = map(container_state, worst(everywhere, _CONTAINERS) or places(pods[:1])[:_CONTAINERS])
    tails = [tail.log for tail in scene.logs if isinstance(tail.log, LogTail)][:_CONTAINERS]
    logs = [log_lines(scene.target.namespace, log, None) for log in tails]
    warned = warnings(scene)
    return (*shown, *logs, *(() if warned is None else (warned,)))
