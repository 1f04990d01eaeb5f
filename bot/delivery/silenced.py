"""The silences of an incident in words, for messages and pages. No clock: what is silenced says until when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.plaintext import cut, one_line
from bot.delivery.words import Words
from bot.model import Incident
from bot.silence import Silence, SilenceState

_SHOWN = 5
_NAME = 80
_WHY = 300


@dataclass(frozen=True, slots=True)
class SilenceView:
    """`said` is a line that `at`, where there is one, completes: until when, or since when no more. `ends`: whether a button
    may end it.
    """

    id: str
    state: SilenceState
    said: str
    at: datetime | None
    why: str
    matchers: str
    link: str
    ends: bool = False

    @property
    def active(self) -> bool:
        return self.state is SilenceState.ACTIVE

    @property
    def lives(self) -> bool:
        return self.state in {SilenceState.ASKED, SilenceState.ACTIVE}


def silenced(incident: Incident, words: Words) -> tuple[SilenceView, ...]:
    """Those that live first, and the newest of the others."""
    newest = sorted(incident.silences, key=lambda one: (one.lives, one.created_at, one.id), reverse=True)
    return tuple(_view(one, words) for one in newest[:_SHOWN])


def problem_said(key: str, facts: Mapping[str, str | float], words: Words) -> str:
    """Why there is no silence, or no end of one: the sentence of a `bot.incidents.silences.Problem`."""
    told = dict(facts)
    if "reason" in told:
        told["reason"] = words.common("reasons", str(told["reason"]))
    return words.common("silence", key, **told)


def _view(silence: Silence, words: Words) -> SilenceView:
    ended = silence.state is SilenceState.ENDED
    return SilenceView(
        silence.id,
        silence.state,
        words.common(
            "silence",
            silence.state.value,
            by=cut(one_line(silence.by), _NAME),
            ended_by=cut(one_line(silence.ended_by), _NAME),
            reason=words.common("silence_reasons", silence.reason) if silence.reason else "",
            detail=cut(one_line(silence.detail), _WHY),
        ),
        silence.ended_at if ended else silence.ends_at if silence.lives else None,
        cut(one_line(silence.said), _WHY),
        "\n".join(silence.matchers),
        silence.link,
    )
