"""A worded diagnosis without repetitions, for people to read: the document for programs keeps all of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.delivery.worded import WordedEvidence, WordedFinding, WordedFix
from bot.delivery.words import Words


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Causes that could not be looked at for one and the same reason. `findings` are in the order of the diagnosis."""

    names: str
    text: str
    grant: str
    findings: tuple[WordedFinding, ...]

    @property
    def brief(self) -> str:
        gap = self.findings[0].gap
        return gap.brief if gap else self.text


@dataclass(frozen=True, slots=True)
class Seen:
    """What one command shows; `command` is empty where none does."""

    texts: tuple[str, ...]
    command: str


def by_command(evidence: Iterable[WordedEvidence]) -> tuple[Seen, ...]:
    """Each command once, below all that it shows, in the order in which the evidence first needs it."""
    together: dict[str, list[str]] = {}
    for one in evidence:
        together.setdefault(one.reproduce, []).append(one.text)
    return tuple(Seen(tuple(texts), command) for command, texts in together.items())


def seen_anyway(findings: Iterable[WordedFinding]) -> tuple[WordedEvidence, ...]:
    """Where nothing was found: what was looked at for it, each once."""
    return tuple({(one.text, one.reproduce): one for found in findings for one in found.evidence}.values())


def without_repeats(findings: Iterable[WordedFinding]) -> tuple[WordedFinding, ...]:
    """A fix that an earlier finding offers already is named, and not spelt out again; what was seen is told once."""
    offered: set[WordedFix] = set()
    seen: set[tuple[str, str]] = set()
    told = []
    for finding in findings:
        fixes = tuple(replace(fix, repeated=True) if fix in offered else fix for fix in finding.fixes)
        offered.update(finding.fixes)
        fresh = tuple(one for one in finding.evidence if (one.text, one.reproduce) not in seen)
        seen.update((one.text, one.reproduce) for one in fresh)
        told.append(replace(finding, fixes=fixes, evidence=fresh))
    return tuple(told)


def unchecked(findings: Iterable[WordedFinding]) -> tuple[Unchecked, ...]:
    together: dict[tuple[str, str], list[WordedFinding]] = {}
    for finding in findings:
        together.setdefault((finding.detail, finding.grant), []).append(finding)
    return tuple(
        Unchecked(", ".join(one.name for one in same), text, grant, tuple(same))
        for (text, grant), same in together.items()
    )


def ruled_out(findings: Iterable[WordedFinding], words: Words) -> str:
    """The names; where several runbooks have looked, below the title of each."""
    by_runbook: dict[str, list[str]] = {}
    for finding in findings:
        by_runbook.setdefault(finding.runbook, []).append(finding.name)
    if len(by_runbook) < 2:
        return ", ".join(name for names in by_runbook.values() for name in names)
    return "; ".join(
        f"{words.runbook_title(runbook)}: {', '.join(names)}" for runbook, names in sorted(by_runbook.items())
    )
