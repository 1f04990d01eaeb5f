"""From what programs said when they started to a verdict on each cause of a schema conflict. Pure."""

from dataclasses import dataclass, replace

from bot.diagnosis.evidence import LogTail, PodList, SeriesSet, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.telemetry.conflict import Conflict, conflict_in, enabled_in, families
from bot.diagnosis.telemetry.looking import ARRIVING, Evidence, Log
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Row, Source

_LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class Told:
    """The log that tells of the conflict, and the conflict."""

    log: Log
    conflict: Conflict

    @property
    def dies(self) -> bool:
        """The program ended with it: it says so, or its last life ended right after the line."""
        container = self.log.container
        ended = container.terminated is not None or (
            container.last_terminated is not None and container.state != "running"
        )
        near = self.conflict.lines_after <= _LAST_LINES and not self.conflict.goes_on
        return (self.conflict.ends or near) and ended


def told(seen: Evidence) -> Told | None:
    found = [
        Told(log, conflict)
        for log in seen.logs
        if isinstance(log.tail, LogTail) and (conflict := conflict_in(log.tail))
    ]
    # What a crashed life said explains the crash; what runs now says how things are.
    return next((one for one in found if one.dies), next(iter(reversed(found)), None))


def newer(seen: Evidence, answer: Answer) -> Finding:
    return _versions(seen, answer, newer=True)


def older(seen: Evidence, answer: Answer) -> Finding:
    return _versions(seen, answer, newer=False)


def _versions(seen: Evidence, answer: Answer, *, newer: bool) -> Finding:
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    conflict = found.conflict
    facts = _facts(seen, found)
    if conflict.newer is None:
        detail = "the wording of SDK 1.22 and older names no versions"
        return answer.not_checked(_untold(seen, detail))
    if conflict.newer is not newer:
        return answer.ruled_out({**facts, "why": "the-other"}, [_line(found)])
    return _rooted(answer.likely(facts, _evidence(seen, found), _layers(facts)), conflict)


def instrumentation(seen: Evidence, answer: Answer) -> Finding:
    """What a module graph holds no cluster can show: only the logs can give a family away."""
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    rows: tuple[Row, ...] = tuple(
        {"module": module, "version": version}
        for module, version in families([log.tail for log in seen.logs if isinstance(log.tail, LogTail)])
    )
    facts: Facts = {**_facts(seen, found), "families": rows, "old_wording": conflict_is_old(found.conflict)}
    if not rows and not conflict_is_old(found.conflict):
        return answer.not_checked(
            _untold(seen, "which modules bring an old SDK is in go.mod: go mod graph | grep otel/sdk@")
        )
    fixes = (Fix("upgrade-instrumentation", Layer.CODE, lasting=True, facts=facts),)
    return _rooted(answer.likely(facts, [_line(found)], fixes), found.conflict)


def fatal(seen: Evidence, answer: Answer) -> Finding:
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    facts = _facts(seen, found)
    if not found.dies:
        return answer.ruled_out({**facts, "why": "goes-on"}, [_line(found)])
    return _rooted(answer.confirmed(facts, _evidence(seen, found), _layers(facts)), found.conflict)


def silently_off(seen: Evidence, answer: Answer) -> Finding:
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    facts = _facts(seen, found)
    if found.dies:
        return answer.ruled_out({**facts, "why": "dies"}, [_line(found)])
    certain = found.conflict.goes_on or found.conflict.lines_after > 0
    judged = answer.confirmed if certain else answer.likely
    return _rooted(judged(facts, _evidence(seen, found), _layers(facts)), found.conflict)


def conflict_is_old(conflict: Conflict) -> bool:
    return conflict.newer is None


def _rooted(finding: Finding, conflict: Conflict) -> Finding:
    return replace(finding, root=f"schemas {conflict.first or '?'} and {conflict.second or '?'}")


def _no_conflict(seen: Evidence, answer: Answer) -> Finding:
    for gap in (seen.workload, seen.pods):
        if isinstance(gap, Unavailable):
            return answer.not_checked(gap)
    gaps = [log.tail for log in seen.logs if isinstance(log.tail, Unavailable)]
    if gaps:
        return answer.not_checked(gaps[0])
    if not seen.logs:
        return answer.not_checked(_untold(seen, "none of its containers has run, so there is no log"))
    read = [log.tail for log in seen.logs if isinstance(log.tail, LogTail)]
    enabled = next((line for tail in read if (line := enabled_in(tail))), "")
    lines = sum(len(tail.lines) for tail in read)
    return answer.ruled_out({"why": "no-conflict", "lines": lines, "logs": len(read), "enabled": enabled})


def _untold(seen: Evidence, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", seen.target.namespace, detail)


def _facts(seen: Evidence, found: Told) -> Facts:
    conflict, workload = found.conflict, seen.workload
    sharing = _sharing(seen, conflict)
    name = workload.target if isinstance(workload, WorkloadState) else seen.target
    return {
        "first": conflict.first,
        "second": conflict.second,
        "sdk": conflict.sdk,
        "own": conflict.own,
        "newest": max((conflict.first, conflict.second), key=_order),
        "line": conflict.text,
        "pod": found.log.look.pod,
        "container": found.log.look.container,
        "namespace": name.namespace,
        "kind": name.kind.lower(),
        "name": name.name,
        "sharing": sharing,
        "unseen": seen.unseen,
        "by_new": conflict.by_new,
        "restarts": found.log.container.restarts,
        "log_command": found.log.look.reproduce(),
    }


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _sharing(seen: Evidence, conflict: Conflict) -> tuple[str, ...]:
    versions = (conflict.first, conflict.second)
    return tuple(
        sorted(
            near.name
            for near in seen.neighbours
            if isinstance(near.log, LogTail)
            and (other := conflict_in(near.log))
            and (other.first, other.second) == versions
        )
    )


def _layers(facts: Facts) -> tuple[Fix, ...]:
    """In the order in which they are worth trying; the last one ends it for good."""
    keys = ("import-of-the-sdk", "upgrade-instrumentation", "one-resource")
    known: Facts = {**facts, "families": facts.get("families", ())}
    return tuple(Fix(key, Layer.CODE, lasting=True, facts=known) for key in keys)


def _evidence(seen: Evidence, found: Told) -> list[Observation]:
    shown = [_line(found)]
    if isinstance(seen.pods, PodList):
        container = found.log.container
        facts: Facts = {
            "container": container.name,
            "state": container.state,
            "ready": container.ready,
            "restarts": container.restarts,
        }
        shown.append(Observation(Source.KUBERNETES, "container", facts))
    if isinstance(seen.arriving, SeriesSet) and seen.arriving.series:
        rows: tuple[Row, ...] = tuple(
            {"job": series.labels.get("job", ""), "rate": round(series.points[-1].value, 2)}
            for series in seen.arriving.series
            if series.points
        )
        shown.append(
            Observation(Source.PROMETHEUS, "spans", {"rows": rows}, InstantQuery(ARRIVING).reproduce())
        )
    return shown


def _line(found: Told) -> Observation:
    look = found.log.look
    facts: Facts = {"pod": look.pod, "container": look.container, "line": found.conflict.text}
    return Observation(Source.KUBERNETES, "log-line", facts, look.reproduce())
