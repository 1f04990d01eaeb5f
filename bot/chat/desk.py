"""Takes what people did in Slack, each as a task of its own that ends told: answered, refused, given up or stopped.

Taking is instant, so that the acknowledgement waits for nothing. A failure is one sentence for the asker, a line in the log
and a count; whatever ended is written into the audit. What a command does is not known here.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chat.commands import Commands, action_of
from bot.chat.diagnosis_screens import RUN
from bot.chat.grammar import Command, Help, command
from bot.chat.ports import Audit, Result, Voice
from bot.chat.replies import Reply, ResponseHosts
from bot.chat.screens import Screens
from bot.diagnosis.boundary import Failure, Trouble, guarded
from bot.heard import Heard, Pressed, Slash
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
    meant: Command
    heard: Heard
    reply: Reply
    screens: Screens


class Desk:
    def __init__(
        self,
        commands: Commands,
        voice: Voice,
        audit: Audit,
        hosts: ResponseHosts,
        *,
        clock: Callable[[], datetime],
        options: DeskOptions = DeskOptions(),
    ) -> None:
        self._commands = commands
        self._voice = voice
        self._audit = audit
        self._hosts = hosts
        self._clock = clock
        self._options = options
        self._open: dict[asyncio.Task[None], _Open] = {}
        self._closing = False

    def take(self, heard: Heard) -> str:
        """Empty, or why it is not taken."""
        name = heard.command if isinstance(heard, Slash) else _NAME
        screens = Screens(self._commands.layouts, name)
        meant = _meant(heard)
        if meant is None:
            log.warning("a button that nobody listens to was pressed", action=getattr(heard, "action", ""))
            return ""
        if self._closing or len(self._open) >= self._options.places:
            COMMANDS.labels(action_of(meant), "busy").inc()
            return screens.say("stopped" if self._closing else "busy")
        one = _Open(meant, heard, Reply(self._voice, heard, self._hosts, self._clock), screens)
        task = asyncio.create_task(self._serve(one))
        self._open[task] = one
        task.add_done_callback(self._forget)
        return ""

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("an answer could not be ended", error=type(error).__name__, exc_info=error)

    async def _serve(self, one: _Open) -> None:
        action = action_of(one.meant)
        ended = await guarded(
            self._commands.answer(one.meant, one.heard, one.reply, one.screens.command),
            seconds=self._options.longest,
            doing=f"command {action}",
        )
        if isinstance(ended, Failure):
            key = "too_late" if ended.trouble is Trouble.TIMEOUT else "failed"
            ended = Result.FAILED
            await one.reply.show(one.screens.sentence(key, what=action))
        await self._note(one, ended)

    async def _note(self, one: _Open, ended: Result) -> None:
        action = action_of(one.meant)
        COMMANDS.labels(action, ended).inc()
        said = action if isinstance(one.meant, Help) else str(one.meant)
        await self._audit.note(one.heard.user, said, one.heard.channel, ended)

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
        await self._note(one, Result.FAILED)


def _meant(heard: Heard) -> Command | None:
    match heard:
        case Slash():
            return command(heard.text)
        case Pressed(action=action) if action.partition(":")[0] == RUN:
            return command(heard.value)
        case Pressed():
            return None
