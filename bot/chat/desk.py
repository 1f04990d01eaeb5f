"""Takes what people did in Slack, each as a task of its own that ends told: answered, refused, given up or stopped.

Taking is instant, so that the acknowledgement waits for nothing. A failure is one sentence for the asker, a line in the log
and a count; whatever ended is written into the audit. What a command, a button or a form does is not known here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from bot.chat.commands import Commands, action_of
from bot.chat.diagnosis_screens import RUN
from bot.chat.grammar import Command, Help, command
from bot.chat.ports import Audit, Voice
from bot.chat.pressing import FAILED, NOBODY, About, Ended, Handlers, placed
from bot.chat.replies import Reply, ResponseHosts
from bot.chat.screens import Screens
from bot.diagnosis.boundary import Failure, Trouble, guarded
from bot.heard import TAKEN, Heard, Pressed, Receipt, Slash, Submitted
from bot.incidents.database import StoreError
from bot.observe import COMMANDS, log

_NAME = "/ops"


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """`places`: how many are answered at once. Seconds: how long one may take, and how long a goodbye may take."""

    places: int = 32
    longest: float = 120.0
    goodbye: float = 3.0


@dataclass(frozen=True, slots=True)
class _Open:
    """`defect` is the sentence for whoever waits when it fails."""

    about: About
    heard: Heard
    reply: Reply
    screens: Screens
    answer: Callable[[], Awaitable[Ended]]
    defect: str = "press_failed"


class Desk:
    def __init__(  # noqa: PLR0913 - the clock and the options are injected
        self,
        commands: Commands,
        voice: Voice,
        audit: Audit,
        hosts: ResponseHosts,
        *,
        clock: Callable[[], datetime],
        handlers: Handlers = NOBODY,
        options: DeskOptions = DeskOptions(),
    ) -> None:
        self._commands = commands
        self._voice = voice
        self._audit = audit
        self._hosts = hosts
        self._clock = clock
        self._handlers = handlers
        self._options = options
        self._open: dict[asyncio.Task[None], _Open] = {}
        self._closing = False

    def take(self, heard: Heard) -> Receipt:
        """Says why, where it is not taken. A press is told so by a message, because Slack shows no answer to one."""
        heard = placed(heard)
        one = self._opened(heard)
        if one is None:
            log.warning("nobody listens to what was pressed", what=_named(heard))
            return TAKEN
        if isinstance(heard, Submitted) and (problems := self._problems(heard)):
            return Receipt(problems=problems)
        if self._closing or len(self._open) >= self._options.places:
            return self._sent_away(one)
        self._start(one, self._serve(one))
        return TAKEN

    def _opened(self, heard: Heard) -> _Open | None:
        """None where nobody listens."""
        screens = Screens(self._commands.layouts, heard.command if isinstance(heard, Slash) else _NAME)
        reply = Reply(self._voice, heard, self._hosts, self._clock)
        if (meant := _meant(heard)) is not None:
            work = partial(self._commands.answer, meant, heard, reply, screens.command)
            return _Open(_about(meant), heard, reply, screens, work, "failed")
        if isinstance(heard, Pressed) and (press := self._handlers.press(heard)):
            work = partial(press.answer, heard, reply, screens.command)
            return _Open(press.about(heard), heard, reply, screens, work)
        if isinstance(heard, Submitted) and (form := self._handlers.form(heard)):
            work = partial(form.answer, heard, reply, screens.command)
            return _Open(form.about(heard), heard, reply, screens, work)
        return None

    def _problems(self, submitted: Submitted) -> Mapping[str, str]:
        form = self._handlers.form(submitted)
        return form.problems(submitted) if form else {}

    def _sent_away(self, one: _Open) -> Receipt:
        COMMANDS.labels(one.about.action, "busy").inc()
        key = "stopped" if self._closing else "busy"
        if isinstance(one.heard, Pressed) and len(self._open) < 2 * self._options.places:
            self._start(one, one.reply.show(one.screens.sentence(key)))
        return Receipt(one.screens.say(key))

    def _start(self, one: _Open, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._open[task] = one
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("an answer could not be ended", error=type(error).__name__, exc_info=error)

    async def _serve(self, one: _Open) -> None:
        action = one.about.action
        ended = await guarded(_readable(one), seconds=self._options.longest, doing=f"command {action}")
        if isinstance(ended, Failure):
            key = "too_late" if ended.trouble is Trouble.TIMEOUT else one.defect
            ended = FAILED
            await one.reply.show(one.screens.sentence(key, what=action))
        await self._note(one, ended)

    async def _note(self, one: _Open, ended: Ended) -> None:
        COMMANDS.labels(one.about.action, ended.result).inc()
        if ended.written:
            return
        heard, about = one.heard, one.about
        await self._audit.note(
            heard.user,
            about.what,
            heard.channel,
            ended.result,
            name=heard.name,
            incident_id=about.incident_id,
        )

    async def close(self, grace: float) -> None:
        """What is under way may end within `grace` seconds; who still waits then is told that nothing will come."""
        self._closing = True
        if self._open:
            await asyncio.wait(list(self._open), timeout=grace)
        left = dict(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        goodbyes = asyncio.gather(*(self._stopped(one) for one in left.values()))
        await guarded(goodbyes, seconds=self._options.goodbye, doing="say goodbye to those who wait")

    async def _stopped(self, one: _Open) -> None:
        await one.reply.show(one.screens.sentence("stopped"))
        await self._note(one, FAILED)


def _meant(heard: Heard) -> Command | None:
    match heard:
        case Slash():
            return command(heard.text)
        case Pressed(action=action) if action.partition(":")[0] == RUN:
            return command(heard.value)
    return None


def _about(meant: Command) -> About:
    action = action_of(meant)
    return About(action if isinstance(meant, Help) else str(meant))


def _named(heard: Heard) -> str:
    match heard:
        case Slash():
            return heard.command
        case Pressed():
            return heard.action
        case Submitted():
            return heard.callback


async def _readable(one: _Open) -> Ended:
    """A store that is down is no defect."""
    try:
        return await one.answer()
    except StoreError as error:
        await one.reply.show(one.screens.sentence("store_down", reason=str(error)))
        return FAILED
