"""The form of *Silence…*: what it asks, what stands in it, what is wrong with that, and what it shows before it is sent off.

Facts in, a modal or sentences out. Asks nobody, so that a form can be judged while Slack waits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.chat.ports import Refusal
from bot.chat.pressing import Origin
from bot.chat.silence_rights import Wanted
from bot.chat.silencing_screens import SilencingScreens
from bot.chat.speech import Lines
from bot.delivery.blockkit import Block
from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.delivery.plaintext import cut, one_line, units
from bot.delivery.transport import Declined, Failure
from bot.delivery.view import view
from bot.incidents.silences import Problem, narrowest, read, written
from bot.incidents.spans import span_of
from bot.matchers import Matcher
from bot.model import Incident

CALLBACK = "silence"
MATCHERS, SPAN, UNTIL, WHY = "silence_matchers", "silence_span", "silence_until", "silence_why"
AGAIN = "silence_look"
# Slack lets nobody type more than 3000; what was cut there would mean something else.
LONGEST = 2_900
_SPANS = ("30m", "1h", "2h", "4h", "8h", "1d", "3d", "7d")
_USUAL = "2h"
_NAMED = 5
_ERROR = 300
_LAYOUT = "slack/silence_modal.json.j2"
# https://docs.slack.dev/reference/methods/views.open#errors
_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"})

Ends = Callable[[str], datetime | Problem]


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form, as it was typed and chosen."""

    matchers: str
    span: str = ""
    until: str = ""
    why: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Filled":
        return cls(*(fields.get(name, "") for name in (MATCHERS, SPAN, UNTIL, WHY)))

    @classmethod
    def first(cls, incident: Incident, ends: Ends) -> "Filled | Problem":
        """Before anybody has typed: the narrowest matchers, or none where the alerts have nothing in common."""
        narrow = narrowest(incident)
        if isinstance(narrow, Problem) and narrow.key != "nothing_common":
            return narrow
        text = "" if isinstance(narrow, Problem) else "\n".join(written(narrow))
        possible = _possible(ends)
        span = _USUAL if _USUAL in possible else possible[-1] if possible else ""
        return Problem("matchers_long") if units(text) > LONGEST else cls(text, span)

    def read(self) -> tuple[Matcher, ...] | Problem:
        return Problem("matchers_long") if units(self.matchers) > LONGEST else read(self.matchers)

    def ends_at(self, ends: Ends) -> datetime | Problem:
        """What was typed counts, where there is something."""
        return ends(self.until if self.until.strip() else self.span)

    def problems(self, ends: Ends) -> Mapping[str, Problem]:
        """By the field that each stands under."""
        matchers, until = self.read(), self.ends_at(ends)
        end = UNTIL if self.until.strip() or not _possible(ends) else SPAN
        found = ((MATCHERS, matchers), (end, until))
        return {field: one for field, one in found if isinstance(one, Problem)}


@dataclass(frozen=True, slots=True)
class _Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class _Page:
    """`lines` are what it would hide, or why that is not known; `again` where looking once more may help."""

    title: str
    filled: Filled
    spans: tuple[_Choice, ...]
    longest: int
    lines: tuple[str, ...]
    until: datetime | None = None
    again: bool = False

    @property
    def span(self) -> _Choice | None:
        return next((one for one in self.spans if one.value == self.filled.span), None)


class FormScreens(SilencingScreens):
    __slots__ = ()

    def looking(self, incident: Incident, filled: Filled, ends: Ends, at: Origin) -> Modal:
        return self._modal(self._page(incident, filled, ends, (self.silence("asking"),)), at.pack())

    def form(
        self, incident: Incident, filled: Filled, ends: Ends, found: Wanted | Refusal | Problem, at: Origin
    ) -> Modal:
        """With what it would hide as it is filled in now; that it was shown goes along with the form."""
        page = self._told(self._page(incident, filled, ends, ()), found)
        return self._modal(page, _keeping(at, found))

    def back(
        self, incident: Incident, filled: Filled, ends: Ends, found: Wanted | Problem, at: Origin
    ) -> Modal:
        """A form that was sent off and comes back as it was filled in, with why it made no silence."""
        page = self._told(self._page(incident, filled, ends, ()), found)
        said = self.silence("form_changed" if isinstance(found, Wanted) else "form_back")
        return self._modal(replace(page, lines=(said, *page.lines)), _keeping(at, found))

    def _told(self, page: _Page, found: Wanted | Refusal | Problem) -> _Page:
        match found:
            case Wanted():
                return replace(page, lines=self.hidden(found.preview, _NAMED), until=found.until)
            case Refusal():
                return replace(page, lines=(self.refusal(found),))
            case Problem():
                return replace(page, lines=(self.why(found),), again=found.key == "not_reached")

    def not_opened(self, answer: Failure) -> Message:
        """Only what is late is mended by a second press."""
        if not isinstance(answer, Declined):
            return self.sentence_of("form_unanswered")
        if answer.error in _LATE:
            return self.sentence_of("form_not_opened")
        return self.lines(Lines(said=(self.silence("form_refused", error=answer.error),)))

    def nothing(self, sentence: str) -> Modal:
        """In place of a form whose incident is not there any more, or not for this channel to see."""
        return Modal(
            self.silence("form_title"), self.lines(Lines(said=(sentence,))).blocks, self.silence("form_close")
        )

    def sentences(self, problems: Mapping[str, Problem]) -> Mapping[str, str]:
        return {field: cut(one_line(self.why(problem)), _ERROR) for field, problem in problems.items()}

    def _page(self, incident: Incident, filled: Filled, ends: Ends, lines: tuple[str, ...]) -> _Page:
        words = self.layouts.words
        spans = tuple(_Choice(one, words.duration(_seconds(one))) for one in _possible(ends))
        return _Page(view(incident, words).title, filled, spans, LONGEST, lines)

    def _modal(self, page: _Page, kept: str) -> Modal:
        blocks = self.layouts.modal(_LAYOUT, page, plainly="\n".join((page.title, *page.lines)))
        blocks = tuple(_holding(block, page.filled) for block in blocks)
        title, close, submit = (self.silence(f"form_{name}") for name in ("title", "close", "submit"))
        return Modal(title, blocks, close, CALLBACK, submit, kept)


def _keeping(at: Origin, found: object) -> str:
    """With what the form shows, so that it can be told from what it hides when it is sent off."""
    return replace(at, extra=found.shown if isinstance(found, Wanted) else "").pack()


def _holding(block: Block, filled: Filled) -> Block:
    """An input shows what it holds as it is: nothing in it is markup, and nothing is escaped."""
    texts = {MATCHERS: filled.matchers, UNTIL: filled.until, WHY: filled.why}
    held = texts.get(block.get("block_id", ""), "")
    if not held or units(held) > block["element"]["max_length"]:
        return block
    return {**block, "element": {**block["element"], "initial_value": held}}


def _possible(ends: Ends) -> tuple[str, ...]:
    """Those that are not longer than a silence may last here."""
    return tuple(one for one in _SPANS if not isinstance(ends(one), Problem))


def _seconds(span: str) -> float:
    found = span_of(span)
    return found.total_seconds() if found else 0.0
