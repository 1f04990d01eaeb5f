"""The second line of a message: the cause and the next step, or why there is none; once in full, once for a lock screen.

The first line says what is wrong where; with these two a reader who was just woken knows whether to get up. Worded and
pure; no clock: the line changes only when the incident does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.delivery.by_hand import look_yourself
from bot.delivery.plaintext import units
from bot.delivery.rechecked import WordedOutcome, WordedRecheck, brief, is_fixed
from bot.delivery.relatives import Same, told_here
from bot.delivery.todo import Todo, todos, words_of
from bot.delivery.worded import WordedDiagnosis, WordedFinding
from bot.delivery.words import Words
from bot.model import Finding, Incident, IncidentState, Outcome, Target, Verdict

# A lock screen shows some 150 characters of a notification: what and where take the first half of them.
_GLANCE = 80
_PUSHED = 160
_NUMBERS = 3
_SENTENCE = 240


@dataclass(frozen=True, slots=True)
class Headline:
    """The best supported cause with the first things to do; `reach` says how many workloads have it, where that is many."""

    verdict: str
    title: str
    todos: tuple[Todo, ...] = ()
    mark: str = ""
    name: str = ""
    reach: str = ""

    @property
    def fix(self) -> str:
        return self.todos[0].title if self.todos else ""

    @property
    def said(self) -> str:
        return f"{self.mark} {self.verdict}: {self.title}{self.reach}"


@dataclass(frozen=True, slots=True)
class Lead:
    """`said` is short, `more` the whole of it where that is longer, `todos` the next steps, `do` one that is no fix. `again`
    is what a re-check found beside what is said.
    """

    said: str
    do: str = ""
    more: str = ""
    todos: tuple[Todo, ...] = ()
    again: str = ""

    @property
    def line(self) -> str:
        """For a notification."""
        do = self.todos[0].title if self.todos else self.do
        return f"{self.said} → {words_of(do, _PUSHED)}" if do else self.said

    @property
    def below(self) -> str:
        """Whole sentences stand in the thread."""
        do = self.todos[0].line if self.todos else self.do and f"→ {words_of(self.do, _PUSHED)}"
        return "\n".join(filter(None, (self.more, do)))


def headline(incident: Incident, worded: Sequence[WordedDiagnosis], words: Words) -> Headline | None:
    """While it fires, what is true now; what is over had the cause that was found for it."""
    best = _best(incident, worded, words)
    if best is None:
        return None
    target, found = best
    return Headline(
        words.common("verdicts", found.verdict.value),
        found.title,
        () if _fixed(incident, target, found) else todos(found, words),
        found.mark,
        found.name,
        reach(found, words),
    )


def reach(found: WordedFinding, words: Words) -> str:
    return f" · {words.label('reach', count=found.workloads)}" if found.workloads > 1 else ""


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
    told = _open(incident, worded, known, words)
    return told if told.again else replace(told, again=brief(known.rechecks, words))


def _open(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    if incident.state is IncidentState.STALE:
        return Lead(words.common("lead", "stale"), more=known.headline.said if known.headline else "")
    if known.headline:
        return _now(incident, worded, known, words)
    if known.same.follows:
        cause = _told_elsewhere(incident, worded)
        return Lead(f"{words.label('cause')}: {cause.name}" if cause else known.same.said)
    if worded:
        return _nothing(worded, words)
    if incident.diagnosed_revision < 0:
        return _not_looked(incident, words)
    return Lead(words.common("lead", "no_target"), words.common("lead", "name_target"))


def _not_looked(incident: Incident, words: Words) -> Lead:
    if incident.gave_up:
        return Lead(words.common("lead", "gave_up"), words.common("lead", "look_yourself"))
    return Lead(words.common("lead", "looking"))


def is_blind(worded: Sequence[WordedDiagnosis]) -> bool:
    """Whether nothing could be looked at: then nothing is known, which is not the same as nothing found."""
    return all(one.findings and len(one.not_checked) == len(one.findings) for one in worded)


def _now(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    """What was the cause and is none any more stands in the line on the re-check."""
    best = known.headline
    found = _best(incident, worded, words)
    if best is None or found is None:
        return Lead("")
    if _fixed(incident, *found):
        return Lead(words.common("lead", "all_fixed", cause=best.name), again=brief(known.rechecks, words))
    told = _cause(best)
    outcome = _outcome(known.rechecks, *found)
    if outcome is None or outcome.outcome is not Outcome.NEW:
        return told
    return replace(told, again=brief(_others(known.rechecks, outcome), words))


def _cause(best: Headline) -> Lead:
    said, more = _in_two(f"{best.mark} {best.verdict}:", best)
    return Lead(said, more=more, todos=best.todos)


def _in_two(before: str, best: Headline) -> tuple[str, str]:
    """A title that is too long for a glance stands below the name of its cause."""
    if units(best.title) <= _GLANCE:
        return f"{before} {best.title}{best.reach}", ""
    return f"{before} {best.name}{best.reach}", words_of(best.title, _SENTENCE)


def _over(incident: Incident, worded: Sequence[WordedDiagnosis], known: Known, words: Words) -> Lead:
    """How long it lasted, and what has become of the cause with its numbers before and after."""
    lasted = words.common("lead", "lasted", lasted=known.lasted)
    best = _best(incident, worded, words)
    if best is None or known.headline is None:
        cause = _told_elsewhere(incident, worded)
        said = f"{words.label('cause')}: {cause.name}." if cause else ""
        return Lead(
            " ".join(filter(None, (lasted, said, known.same.said))), again=brief(known.rechecks, words)
        )
    again = _outcome(known.rechecks, *best)
    if again is None:
        said, more = _in_two(f"{lasted} {words.label('cause')}:", known.headline)
        return Lead(said, more=more, again=brief(known.rechecks, words))
    numbers = ", ".join(difference.text for difference in again.differences[:_NUMBERS])
    told = words.common("lead", "again", outcome=again.word, cause=again.name, numbers=numbers)
    steps = known.headline.todos if again.outcome is Outcome.STILL_THERE else ()
    return Lead(f"{lasted} {told}", todos=steps, again=brief(_others(known.rechecks, again), words))


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
        then = words.common("lead", "apply_grant" if granted else "run_check")
        return Lead(said, todos=(look_yourself(worded[0].target, words), Todo(then, then)))
    ruled_out = sum(len(one.ruled_out) for one in worded)
    said = words.common("lead", "nothing", ruled_out=ruled_out, unchecked=len(unchecked))
    changed = any(one.changes for one in worded)
    granted = any(finding.grant for finding in unchecked)
    then = words.common("lead", "see_changes" if changed else "apply_grant" if granted else "see_seen")
    return Lead(said, todos=(Todo(then, then), look_yourself(worded[0].target, words)))


def _best(
    incident: Incident, worded: Sequence[WordedDiagnosis], words: Words
) -> tuple[Target, WordedFinding] | None:
    told = [(target, _worded(worded, target, finding)) for target, finding in told_here(incident)]
    if not told:
        return None
    best = min(told, key=lambda one: list(Verdict).index(one[1].verdict))
    if incident.state is IncidentState.RESOLVED or not _fixed(incident, *best):
        return best
    left = [one for one in (*told, *_new(incident, words)) if not _fixed(incident, *one)]
    return min(left, key=lambda one: list(Verdict).index(one[1].verdict), default=best)


def _worded(worded: Sequence[WordedDiagnosis], target: Target, finding: Finding) -> WordedFinding:
    return next(
        found
        for one in worded
        if one.target == target
        for found in one.found
        if (found.runbook, found.cause) == (finding.runbook, finding.cause)
    )


def _new(incident: Incident, words: Words) -> Iterator[tuple[Target, WordedFinding]]:
    for recheck in incident.rechecks:
        for one in recheck.findings:
            if one.outcome is Outcome.NEW:
                yield recheck.target, words.finding(one.finding, recheck.target)


def _told_elsewhere(incident: Incident, worded: Sequence[WordedDiagnosis]) -> WordedFinding | None:
    """The cause that this one has in common with the incident that tells of it."""
    troubles = {trouble for one in incident.related.follows for trouble in one.troubles}
    for diagnosis in incident.diagnoses:
        for finding in diagnosis.findings:
            if finding.found and finding.trouble in troubles:
                return _worded(worded, diagnosis.target, finding)
    return None


def _fixed(incident: Incident, target: Target, found: WordedFinding) -> bool:
    return is_fixed(incident, target, found.runbook, found.cause)


def _outcome(rechecks: Sequence[WordedRecheck], target: Target, found: WordedFinding) -> WordedOutcome | None:
    outcomes = (one for recheck in rechecks if recheck.target == target for one in recheck.outcomes)
    return next((one for one in outcomes if (one.runbook, one.cause) == (found.runbook, found.cause)), None)
