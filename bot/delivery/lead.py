"""The second line of a message: the cause and the next step, or why there is none; once in full, once for a lock screen.

The first line says what is wrong where; with these two a reader who was just woken knows whether to get up. Worded and
pure; no clock: the line changes only when the incident does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.delivery.plaintext import ELLIPSIS, cut, units
from bot.delivery.rechecked import WordedOutcome, WordedRecheck, brief, is_fixed
from bot.delivery.relatives import Same, told_here
from bot.delivery.worded import WordedDiagnosis, WordedFinding
from bot.delivery.words import Words
from bot.model import Incident, IncidentState, Outcome, Target, Verdict

# A lock screen shows some 150 characters of a notification: what and where take the first half of them.
_GLANCE = 80
# A longer command would push what follows off a phone's screen; it stands whole in the thread.
_COMMAND = 160
_COMMAND_LINES = 4
_NUMBERS = 3
_SENTENCE = 160


@dataclass(frozen=True, slots=True)
class Headline:
    """The best supported cause with the first thing to do."""

    verdict: str
    title: str
    fix: str
    command: str
    mark: str = ""
    name: str = ""

    @property
    def said(self) -> str:
        return f"{self.mark} {self.verdict}: {self.title}"


@dataclass(frozen=True, slots=True)
class Lead:
    """`said` is short, `more` the whole of it where that is longer, and `do` the next step. `command` is empty where it is too
    long to stand in the channel. `again` is what a re-check found beside what is said.
    """

    said: str
    do: str = ""
    more: str = ""
    command: str = ""
    again: str = ""

    @property
    def line(self) -> str:
        """For a notification."""
        return f"{self.said} → {_words_of(self.do, _GLANCE)}" if self.do else self.said

    @property
    def below(self) -> str:
        """Whole sentences stand in the thread."""
        do = f"→ {_words_of(self.do, _SENTENCE)}" if self.do else ""
        return "\n".join(filter(None, (self.more, do)))


def headline(incident: Incident, worded: Sequence[WordedDiagnosis], words: Words) -> Headline | None:
    """What is fixed stays the cause of what happened, but nobody has to do anything about it."""
    best = _best(incident, worded)
    if best is None:
        return None
    target, found = best
    fix = found.fixes[0] if found.fixes and not _fixed(incident, target, found) else None
    return Headline(
        words.common("verdicts", found.verdict.value),
        found.title,
        fix.title if fix else "",
        fix.commands[0] if fix and fix.commands else "",
        found.mark,
        found.name,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What else an incident's view has worded already."""

    headline: Headline | None
    same: Same
    rechecks: tuple[WordedRecheck, ...]
    lasted: str


def lead(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    if incident.state is IncidentState.RESOLVED:
        return _over(incident, worded, known, words)
    return replace(_open(incident, worded, known, words), again=brief(known.rechecks, words))


def _open(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    if incident.state is IncidentState.STALE:
        return Lead(words.common("lead", "stale"), more=known.headline.said if known.headline else "")
    if known.headline:
        return _cause(known.headline)
    if known.same.follows:
        return Lead(known.same.said)
    if worded:
        return _nothing(worded, words)
    return Lead(words.common("lead", "no_target" if incident.diagnosed_revision >= 0 else "looking"))


def is_blind(worded: Sequence[WordedDiagnosis]) -> bool:
    """Whether nothing could be looked at: then nothing is known, which is not the same as nothing found."""
    return all(one.findings and len(one.not_checked) == len(one.findings) for one in worded)


def _cause(best: Headline) -> Lead:
    fits = units(best.command) <= _COMMAND and best.command.count("\n") < _COMMAND_LINES
    said, more = _in_two(f"{best.mark} {best.verdict}:", best)
    return Lead(said, best.fix, more, best.command if fits else "")


def _in_two(before: str, best: Headline) -> tuple[str, str]:
    """A title that is too long for a glance stands below the name of its cause."""
    if units(best.title) <= _GLANCE:
        return f"{before} {best.title}", ""
    return f"{before} {best.name}", _words_of(best.title, _SENTENCE)


def _over(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    """How long it lasted, and what has become of the cause with its numbers before and after."""
    lasted = words.common("lead", "lasted", lasted=known.lasted)
    best = _best(incident, worded)
    if best is None or known.headline is None:
        return Lead(f"{lasted} {known.same.said}".rstrip(), again=brief(known.rechecks, words))
    again = _outcome(known.rechecks, *best)
    if again is None:
        said, more = _in_two(f"{lasted} {words.label('cause')}:", known.headline)
        return Lead(said, more=more, again=brief(known.rechecks, words))
    numbers = ", ".join(difference.text for difference in again.differences[:_NUMBERS])
    told = words.common("lead", "again", outcome=again.word, cause=again.name, numbers=numbers)
    todo = _cause(known.headline) if again.outcome is Outcome.STILL_THERE else Lead("")
    return Lead(f"{lasted} {told}", todo.do, "", todo.command, brief(_others(known.rechecks, again), words))


def _others(rechecks: Sequence[WordedRecheck], told: WordedOutcome) -> tuple[WordedRecheck, ...]:
    left = (
        replace(recheck, outcomes=tuple(one for one in recheck.outcomes if one is not told))
        for recheck in rechecks
    )
    return tuple(recheck for recheck in left if recheck.outcomes)


def _nothing(worded: Sequence[WordedDiagnosis], words: Words) -> Lead:
    unchecked = [finding for one in worded for finding in one.not_checked]
    if is_blind(worded):
        first = next((finding.gap for finding in unchecked if finding.gap), None)
        granted = any(finding.grant for finding in unchecked)
        said = words.common("lead", "blind", missing=first.brief if first else "")
        return Lead(said, words.common("lead", "apply_grant" if granted else "run_check"))
    ruled_out = sum(len(one.ruled_out) for one in worded)
    said = words.common("lead", "nothing", ruled_out=ruled_out, unchecked=len(unchecked))
    changed = any(one.changes for one in worded)
    granted = any(finding.grant for finding in unchecked)
    key = "see_changes" if changed else "apply_grant" if granted else "see_checked"
    return Lead(said, words.common("lead", key))


def _best(incident: Incident, worded: Sequence[WordedDiagnosis]) -> tuple[Target, WordedFinding] | None:
    told = told_here(incident)
    if not told:
        return None
    target, finding = min(told, key=lambda one: list(Verdict).index(one[1].verdict))
    return target, next(
        found
        for one in worded
        if one.target == target
        for found in one.found
        if (found.runbook, found.cause) == (finding.runbook, finding.cause)
    )


def _fixed(incident: Incident, target: Target, found: WordedFinding) -> bool:
    return is_fixed(incident, target, found.runbook, found.cause)


def _outcome(rechecks: Sequence[WordedRecheck], target: Target, found: WordedFinding) -> WordedOutcome | None:
    outcomes = (one for recheck in rechecks if recheck.target == target for one in recheck.outcomes)
    return next((one for one in outcomes if (one.runbook, one.cause) == (found.runbook, found.cause)), None)


def _words_of(text: str, limit: int) -> str:
    """Cut between words: half an address or half a name would be another one."""
    if units(text) <= limit:
        return text
    kept, _, torn = cut(text, limit - len(ELLIPSIS) - 1, mark="").rpartition(" ")
    return f"{kept or torn} {ELLIPSIS}"
