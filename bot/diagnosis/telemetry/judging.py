"""From what programs said when they started to a verdict on each cause of a schema conflict. Pure."""

from dataclasses import dataclass, replace
from functools import partial

from bot.diagnosis.evidence import LogTail, PodList, Termination, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.telemetry.conflict import (
    Conflict,
    begins_at_the_start,
    conflict_in,
    disabled_in,
    enabled_in,
    families,
)
from bot.diagnosis.telemetry.dropping import dropped
from bot.diagnosis.telemetry.looking import ARRIVING, Evidence, Log, spans_of
from bot.diagnosis.telemetry.releases import RELEASES, releases_with
from bot.diagnosis.telemetry.spans import arriving_shown, own_shown, rate_of
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Row, Source

_LAST_LINES = 5
# What ends by a signal or well does not end by an error of its own.
_NOT_BY_ITSELF = frozenset({0, 137, 143})


@dataclass(frozen=True, slots=True)
class Told:
    """The log that tells of the conflict, and the conflict."""

    log: Log
    conflict: Conflict

    @property
    def dies(self) -> bool:
        """The program ended with it: it says so, or its last life ended right after the line and of nothing else."""
        end = self._end()
        if end is None or end.reason == "OOMKilled" or end.exit_code in _NOT_BY_ITSELF:
            return False
        conflict = self.conflict
        near = conflict.lines_after <= _LAST_LINES and not conflict.off and not conflict.overtaken
        return conflict.ends or near

    @property
    def certain(self) -> bool:
        """A warning that happens to be the last line does not prove that the program ended by it."""
        return self.conflict.ends or not self.conflict.warning

    def _end(self) -> Termination | None:
        container = self.log.container
        if container.terminated is not None:
            return container.terminated
        return container.last_terminated if container.state != "running" else None


def told(seen: Evidence) -> Told | None:
    found = [
        Told(log, conflict)
        for log in seen.logs
        if isinstance(log.tail, LogTail) and (conflict := conflict_in(log.tail))
    ]
    # What a crashed life said explains the crash; what runs now says how things are.
    return next((one for one in found if one.dies), next(iter(reversed(found)), None))


def _versions(seen: Evidence, answer: Answer, *, newer: bool) -> Finding:
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    conflict = found.conflict
    if not conflict.told:
        return answer.not_checked(_untold(seen, "the wording of SDK 1.22 and older names no versions"))
    facts = _facts(seen, found)
    if conflict.newer is not newer:
        return answer.ruled_out({**facts, "why": "the-other"}, [_line(found)])
    return _rooted(answer.likely(facts, _evidence(seen, found), _layers(facts)), conflict)


newer = partial(_versions, newer=True)
older = partial(_versions, newer=False)


def instrumentation(seen: Evidence, answer: Answer) -> Finding:
    """What a module graph holds no cluster can show: only the logs can give a family away."""
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    facts = _facts(seen, found)
    old = not found.conflict.told
    if not facts["families"] and not old:
        return answer.not_checked(
            _untold(seen, "which modules bring an old SDK is in go.mod: go mod graph | grep otel/sdk@")
        )
    known: Facts = {**facts, "old_wording": old}
    fixes = (Fix(_upgrade(known), Layer.CODE, lasting=True, facts=known),)
    return _rooted(answer.likely(known, [_line(found)], fixes), found.conflict)


def _families(seen: Evidence) -> tuple[Row, ...]:
    tails = [log.tail for log in seen.logs if isinstance(log.tail, LogTail)]
    return tuple({"module": module, "version": version} for module, version in families(tails))


def fatal(seen: Evidence, answer: Answer) -> Finding:
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    facts = _facts(seen, found)
    if not found.dies:
        return answer.ruled_out({**facts, "why": "goes-on"}, [_line(found)])
    judged = answer.confirmed if found.certain else answer.likely
    return _rooted(judged(facts, _evidence(seen, found), _layers(facts)), found.conflict)


def silently_off(seen: Evidence, answer: Answer) -> Finding:
    """Proven where the program says so, or where no spans arrive at all; the line alone leaves it open.

    From SDK 1.23 on a program gets a resource in spite of the error, and may trace on with it.
    """
    found = told(seen)
    if found is None:
        return _no_conflict(seen, answer)
    facts = _facts(seen, found)
    if found.dies:
        return answer.ruled_out({**facts, "why": "dies"}, [_line(found)])
    own, all_spans = rate_of(seen.own_spans), rate_of(seen.arriving)
    evidence = _evidence(seen, found)
    if own and not found.conflict.off:
        return answer.ruled_out({**facts, "why": "spans-arrive", "rate": round(own, 2)}, evidence)
    silent = own == 0 or all_spans == 0
    certain = not own and (found.conflict.off or silent)
    judged = answer.confirmed if certain else answer.likely
    return _rooted(judged({**facts, "silent": silent}, evidence, _layers(facts)), found.conflict)


def _rooted(finding: Finding, conflict: Conflict) -> Finding:
    """Without versions there is nothing by which two incidents could be known for one."""
    return replace(
        finding, root=f"schemas {conflict.first} and {conflict.second}" if conflict.told else finding.root
    )


def attributes_lost(seen: Evidence, answer: Answer) -> Finding:
    """Of the SDK of Python only: it is no reason for traces to stop, but for what they say of their program."""
    found = dropped(seen)
    if found is None:
        merged = told(seen)
        if merged is None:
            return _no_conflict(seen, answer)
        return answer.ruled_out({**_facts(seen, merged), "why": "merged"}, [_line(merged)])
    name = seen.workload.target if isinstance(seen.workload, WorkloadState) else seen.target
    look = found.log.look
    facts: Facts = {
        "kept": found.kept,
        "lost": found.lost,
        "line": found.text,
        "pod": look.pod,
        "container": look.container,
        "namespace": name.namespace,
        "kind": name.kind.lower(),
        "name": name.name,
    }
    line: Facts = {"pod": look.pod, "container": look.container, "line": found.text}
    evidence = [Observation(Source.KUBERNETES, "log-line", line, look.reproduce())]
    fix = Fix("one-schema-in-python", Layer.CODE, lasting=True, facts=facts)
    return replace(answer.confirmed(facts, evidence, (fix,)), root=f"schemas {found.kept} and {found.lost}")


def _no_conflict(seen: Evidence, answer: Answer) -> Finding:
    if dropped(seen) is not None:
        return answer.ruled_out({"why": "attributes-lost", "lines": 0, "enabled": "", "disabled": ""})
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
    disabled = next((line for tail in read if (line := disabled_in(tail))), "")
    if not enabled and not disabled and not any(map(begins_at_the_start, read)):
        return answer.not_checked(_untold(seen, "the log that is kept does not reach back to the start"))
    lines = sum(len(tail.lines) for tail in read)
    return answer.ruled_out(
        {
            "why": "no-conflict",
            "lines": lines,
            "logs": len(read),
            "enabled": enabled,
            "disabled": "" if enabled else disabled,
        }
    )


def _untold(seen: Evidence, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", seen.target.namespace, detail)


def _facts(seen: Evidence, found: Told) -> Facts:
    conflict, workload = found.conflict, seen.workload
    name = workload.target if isinstance(workload, WorkloadState) else seen.target
    matching = releases_with(conflict.own)
    unread = sum(isinstance(near.log, Unavailable) for near in seen.neighbours)
    return {
        "first": conflict.first,
        "second": conflict.second,
        "sdk": conflict.sdk,
        "own": conflict.own,
        "releases": str(releases_with(conflict.sdk) or ""),
        # The first release of the SDK that speaks the program's schema; empty where none is known.
        "matching": f"1.{matching.first}.0" if matching else "",
        "known_to": RELEASES[-1].last,
        "line": conflict.text,
        "pod": found.log.look.pod,
        "container": found.log.look.container,
        "namespace": name.namespace,
        "kind": name.kind.lower(),
        "name": name.name,
        "sharing": (sharing := _sharing(seen, conflict)),
        "affected_workloads": 1 + len(sharing),
        "unseen": seen.unseen + unread,
        "unlisted": seen.neighbours_gap is not None,
        "by_new": conflict.by_new,
        "second_is_the_sdks": conflict.second_is_the_sdks,
        "restarts": found.log.container.restarts,
        # Instrumentation that is known to be there: no other is proposed.
        "families": _families(seen),
        "log_command": found.log.look.reproduce(),
    }


def _sharing(seen: Evidence, conflict: Conflict) -> tuple[str, ...]:
    versions = {conflict.first, conflict.second}
    return tuple(
        sorted(
            near.name
            for near in seen.neighbours
            if isinstance(near.log, LogTail)
            and (other := conflict_in(near.log))
            and {other.first, other.second} == versions
        )
    )


def _layers(facts: Facts) -> tuple[Fix, ...]:
    """In the order in which they are worth trying; the last one ends it for good."""
    keys = ("import-of-the-sdk", _upgrade(facts), "one-resource")
    return tuple(Fix(key, Layer.CODE, lasting=True, facts=facts) for key in keys)


def _upgrade(facts: Facts) -> str:
    """Only what the program is known to have is upgraded; else it is looked for."""
    named = str(facts["families"])
    if not facts["families"]:
        return "find-instrumentation"
    return "upgrade-gorm" if "gorm.io/" in named else "upgrade-instrumentation"


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
    if isinstance(seen.workload, WorkloadState):
        shown += own_shown(seen.own_spans, spans_of(seen.workload))
    return shown + arriving_shown(seen.arriving, ARRIVING)


def _line(found: Told) -> Observation:
    look = found.log.look
    facts: Facts = {"pod": look.pod, "container": look.container, "line": found.conflict.text}
    return Observation(Source.KUBERNETES, "log-line", facts, look.reproduce())
