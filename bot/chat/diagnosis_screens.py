"""The messages of a diagnosis that somebody asked for: which one is meant, how far it is, what was found.

Facts in, messages out; like all of the chat's messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat.grammar import Diagnose
from bot.chat.speech import Lines, Speech
from bot.delivery.lead import reach
from bot.delivery.message import Message
from bot.delivery.plaintext import cut, one_line
from bot.delivery.todo import Todo, todos
from bot.delivery.view import name_of
from bot.diagnosis.naming import Asked
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.watching import Progress
from bot.model import Diagnosis, Target

RUN = "run"
CHOICES = 10
_LABEL = 75
_NEAR = 5
_ANSWER = "slack/chat_answer.json.j2"


@dataclass(frozen=True, slots=True)
class _Choice:
    action: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class _Several:
    said: str
    choices: tuple[_Choice, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Answer:
    target: str
    headline: str
    todos: tuple[Todo, ...]
    note: str


class DiagnosisScreens(Speech):
    __slots__ = ()

    def looking_for(self, wanted: Asked) -> Message:
        return self.sentence("looking_for", name=wanted.name)

    def progress(self, target: Target, progress: Progress) -> Message:
        source = self.layouts.words.common("sources", progress.source.value) if progress.source else ""
        return self.sentence(
            "progress",
            target=name_of(target),
            answered=progress.answered,
            asked=progress.asked,
            source=source,
        )

    def several(self, asked: Diagnose, targets: Sequence[Target]) -> Message:
        shown = targets[:CHOICES]
        choices = tuple(
            _Choice(f"{RUN}:{number}", cut(name_of(target), _LABEL), as_command(target, public=asked.public))
            for number, target in enumerate(shown)
        )
        rest = len(targets) - len(shown)
        note = self.say("several_more", count=rest) if rest else ""
        said = self.say("several", name=asked.wanted.name, count=len(targets))
        plainly = "\n".join((said, *(choice.label for choice in choices), note))
        return self.page("slack/chat_several.json.j2", _Several(said, choices, note), plainly)

    def nowhere(self, asked: Diagnose, clusters: Sequence[str], near: Sequence[Target]) -> Message:
        wanted, told = asked.wanted, ", ".join(clusters)
        where = (
            self.say("one_namespace", namespace=wanted.namespace, clusters=told)
            if wanted.namespace
            else self.say("any_namespace", clusters=told)
        )
        name = self.say("of_kind", kind=wanted.kind, name=wanted.name) if wanted.kind else wanted.name
        said = (self.say("nowhere", name=name, where=where), self.say("near_names" if near else "no_near"))
        commands = tuple(
            f"{self.command} {as_command(target, public=asked.public)}" for target in near[:_NEAR]
        )
        return self.lines(Lines(said=said, commands=commands))

    def unseen(self, asked: Diagnose, gaps: Mapping[str, Unavailable]) -> Message:
        said = (self.say("unseen", name=asked.wanted.name),)
        return self.lines(Lines(said=said, items=self._unseen_in(gaps), note=self.say("unseen_note")))

    def unasked(self, asked: Diagnose, gaps: Mapping[str, Unavailable]) -> Message:
        """Beside a diagnosis of the one that was found."""
        said = (self.say("unasked", name=asked.wanted.name),)
        return self.lines(Lines(said=said, items=self._unseen_in(gaps), note=self.say("unseen_note")))

    def _unseen_in(self, gaps: Mapping[str, Unavailable]) -> tuple[str, ...]:
        words = self.layouts.words
        return tuple(
            self.say(
                "unseen_in",
                cluster=cluster,
                reason=words.common("reasons", gap.reason.value),
                detail=one_line(gap.detail),
            )
            for cluster, gap in gaps.items()
        )

    def headline(self, diagnosis: Diagnosis) -> Message:
        """What was found, for a message whose details follow in its thread."""
        shown = self._answer(diagnosis, self.say("details_below"))
        return self.page(_ANSWER, shown, shown.headline)

    def details(self, diagnosis: Diagnosis, *, most: int) -> tuple[Message, ...]:
        nothing = Lines()
        return self.layouts.screen(
            "slack/chat_lines.json.j2", nothing, plainly="", details=diagnosis, most=most
        )

    def whole(self, diagnosis: Diagnosis, *, most: int) -> tuple[Message, ...]:
        shown = self._answer(diagnosis, "")
        return self.layouts.screen(_ANSWER, shown, plainly=shown.headline, details=diagnosis, most=most)

    def _answer(self, diagnosis: Diagnosis, below: str) -> _Answer:
        words = self.layouts.words
        worded = words.word(diagnosis)
        seconds = f"{diagnosis.took_ms / 1000:.1f}"
        note = " ".join(filter(None, (self.say("took", seconds=seconds), below)))
        if not worded.found:
            blind = bool(worded.findings) and len(worded.not_checked) == len(worded.findings)
            said = self.say("blind" if blind else "found_nothing")
            return _Answer(name_of(diagnosis.target), said, (), note)
        best = worded.found[0]
        headline = (
            f"{best.mark} {words.common('verdicts', best.verdict.value)}: {best.title}{reach(best, words)}"
        )
        return _Answer(name_of(diagnosis.target), headline, todos(best, words), note)


def as_command(target: Target, *, public: bool) -> str:
    """What would be typed to diagnose exactly this."""
    place = "/".join(part for part in (target.namespace, target.kind.lower(), target.name) if part)
    return f"diagnose {target.cluster}:{place}{' --in-channel' if public else ''}"
