"""Who listens to which button and which form: the port that handlers fill, and where a modal says that it came from.

A handler is found by what an action or a callback begins with, up to the first colon. Nothing here does anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.chat.ports import Result
from bot.chat.replies import Reply
from bot.heard import Heard, Pressed, Slash, Submitted


@dataclass(frozen=True, slots=True)
class About:
    """What somebody wants, for the audit: `what` begins with the name of the action, its arguments follow."""

    what: str
    incident_id: str = ""

    @property
    def action(self) -> str:
        """The name that the metrics know: one of a few, and none that people can make up."""
        return self.what.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. `written` where it is in the audit already, together with what was done, or is not worth a line there."""

    result: Result
    written: bool = False


DONE = Ended(Result.DONE)
REFUSED = Ended(Result.REFUSED)
FAILED = Ended(Result.FAILED)


class Press(Protocol):
    """Listens to buttons, and to inputs of a modal."""

    def about(self, pressed: Pressed, /) -> About:
        """Pure, and for whatever the value holds: people can send any."""
        ...

    async def answer(self, pressed: Pressed, reply: Reply, command: str, /) -> Ended:
        """`command` is the slash command's name. May raise: the presser is told, and it is counted."""
        ...


class Form(Protocol):
    """Listens to the form of a modal."""

    def problems(self, submitted: Submitted, /) -> Mapping[str, str]:
        """Pure and instant, for it is part of the acknowledgement: what is wrong with the form, by block. Empty closes it."""
        ...

    def about(self, submitted: Submitted, /) -> About: ...

    async def answer(self, submitted: Submitted, reply: Reply, command: str, /) -> Ended:
        """After the modal has closed."""
        ...


@dataclass(frozen=True, slots=True)
class Handlers:
    """By the beginning of an action, and of a callback. `fleeting` are presses that a modal answers: Slack opens one within
    three seconds or never, so that after a kill there would be nothing to do.
    """

    presses: Mapping[str, Press] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    fleeting: frozenset[str] = frozenset()

    def press(self, pressed: Pressed) -> Press | None:
        return self.presses.get(pressed.action.partition(":")[0])

    def passes(self, heard: Heard) -> bool:
        """Whether it is over in seconds; so is whatever is pressed or typed in a modal that is open."""
        if not isinstance(heard, Pressed):
            return False
        return bool(heard.view) or heard.action.partition(":")[0] in self.fleeting

    def form(self, submitted: Submitted) -> Form | None:
        return self.forms.get(submitted.callback.partition(":")[0])


NOBODY = Handlers()


@dataclass(frozen=True, slots=True)
class Origin:
    """What every modal of ours keeps: from where it was opened, because Slack does not say so when it is used. `extra` is the
    handler's own.
    """

    incident_id: str = ""
    channel: str = ""
    ts: str = ""
    extra: str = ""

    def pack(self) -> str:
        return json.dumps(
            [self.incident_id, self.channel, self.ts, self.extra], ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def of(cls, kept: str) -> "Origin":
        """Empty for what none of ours packed."""
        try:
            parts = json.loads(kept)
        except (ValueError, RecursionError):
            return cls()
        if not (isinstance(parts, list) and len(parts) == 4 and all(isinstance(one, str) for one in parts)):
            return cls()
        return cls(*parts)


def placed(heard: Heard) -> Heard:
    """With the channel that a modal was opened in: who may do something in a modal is asked as for that channel."""
    if isinstance(heard, Slash) or heard.channel:
        return heard
    return replace(heard, channel=Origin.of(heard.kept).channel)
