"""What looks like a Prometheus out of memory and is not: another container of its pods, or its own probe. Pure."""

from bot.diagnosis.cases import Case, Trouble, spec_of
from bot.diagnosis.containers import row
from bot.diagnosis.evidence import EventNote
from bot.diagnosis.findings import Answer, fixes_where_they_last
from bot.diagnosis.happenings import failed_probe, last_time, latest, probe_kill
from bot.diagnosis.observations import container_state, event, instant
from bot.diagnosis.prometheus_memory.exam import Exam, sigkilled
from bot.diagnosis.prometheus_memory.fixes import after_facts, allow_slow_start
from bot.diagnosis.prometheus_memory.placing import owned_fix, site
from bot.diagnosis.prometheus_memory.replay import Phase
from bot.diagnosis.prometheus_memory.seen import basis
from bot.diagnosis.quantities import raised
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Observation


def sidecar(exam: Exam, answer: Answer) -> Finding:
    found = [
        case
        for case in exam.other
        if case.trouble is Trouble.OOM and case.place.container.name != exam.program.container
    ]
    if not found:
        return answer.ruled_out({**basis(exam), "sidecar": ""})
    place = found[0].place
    spec = spec_of(exam.scene, place.container.name)
    limit = spec.limits.get("memory", "") if spec is not None else ""
    facts: Facts = {
        **basis(exam),
        **row(place),
        "sidecar": place.container.name,
        "program": exam.program.container,
        "limit": limit,
        "proposed": raised(limit),
        "current": found[0].current,
    }
    say = answer.confirmed if found[0].current else answer.likely
    return say(facts, (container_state(place),), _more_for_sidecar(exam, facts))


def _more_for_sidecar(exam: Exam, facts: Facts) -> tuple[Fix, ...]:
    where = site(exam)
    if where is None or not facts["limit"]:
        return ()
    if where.operated:
        return owned_fix(exam, "raise-sidecar-of-operator", {**after_facts(exam), **facts})
    if isinstance(exam.scene.workload, Unavailable):  # pragma: no cover - then there is no site
        return ()
    known = {**after_facts(exam), **workload_facts(exam.scene.workload), **facts}
    return fixes_where_they_last("raise-sidecar", where.chain, known)


def not_oom(exam: Exam, answer: Answer) -> Finding:
    """137 is SIGKILL and nothing more: the reason is not OOMKilled, and the events may say who sent it."""
    ends = [
        case for case in exam.other if case.place.container.name == exam.program.container and sigkilled(case)
    ]
    facts: Facts = {**basis(exam), "killer": "", "message": "", "count": 0, "last_at": ""}
    if not ends:
        return answer.ruled_out({**facts, "why": "killed" if exam.killed else "no-kill"})
    case = ends[0]
    by_probe = case.trouble is Trouble.PROBE
    note = _probe_note(exam, case)
    facts = {
        **facts,
        **row(case.place),
        "current": case.current,
        "killer": _probe(note) or ("liveness" if by_probe else ""),
        "message": "" if note is None else note.message,
        "count": 0 if note is None else max(note.count, 1),
        "last_at": "" if note is None else instant(last_time(note)),
    }
    told = () if note is None else (event(case.place.pod.namespace, note),)
    evidence: tuple[Observation, ...] = (container_state(case.place), *told)
    replaying = by_probe and exam.phase is Phase.REPLAY
    fixes = allow_slow_start(exam) if replaying else ()
    say = answer.confirmed if by_probe and case.current else answer.likely
    return say(facts, evidence, fixes, None if by_probe else exam.scene.events.gap)


def _probe_note(exam: Exam, case: Case) -> EventNote | None:
    """The event that says why it failed, else the one that says that it was killed for it."""
    notes = [note for note in exam.scene.events.notes if note.object.startswith("Pod/")]
    killing = [note for note in notes if probe_kill(note) == case.place.container.name]
    if not killing:
        return None
    kind = _probe(latest(killing))
    failing = [note for note in notes if failed_probe(note) == kind]
    return latest(failing or killing)


def _probe(note: EventNote | None) -> str:
    if note is None:
        return ""
    return failed_probe(note) or ("startup" if "startup probe" in note.message else "liveness")
