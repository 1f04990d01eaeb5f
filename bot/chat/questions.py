"""What was heard, as a question: what it is called, who answers it, in which words and to whom. Keeps and counts nothing.

What a command, a button or a form does is not known here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.chat.asks import Notes
from bot.chat.commands import Commands, action_of
from bot.chat.diagnosis_screens import RUN
from bot.chat.grammar import Command, Help, command
from bot.chat.ports import Voice
from bot.chat.pressing import FAILED, About, Ended, Handlers
from bot.chat.replies import Reply, ResponseHosts
from bot.chat.screens import Screens
from bot.diagnosis.boundary import Failure, Trouble, guarded
from bot.heard import Heard, Pressed, Slash, Submitted
from bot.incidents.database import StoreError

_NAME = "/ops"


@dataclass(frozen=True, slots=True)
class Question:
    """`defect` is the sentence for whoever waits when it fails."""

    about: About
    heard: Heard
    reply: Reply
    screens: Screens
    work: Callable[[], Awaitable[Ended]]
    defect: str = "press_failed"

    async def answered(self, seconds: float) -> Ended:
        """However it ends, whoever asked has been told."""
        action = self.about.action
        ended = await guarded(self._readable(), seconds=seconds, doing=f"command {action}")
        if not isinstance(ended, Failure):
            return ended
        key = "too_late" if ended.trouble is Trouble.TIMEOUT else self.defect
        await self.reply.show(self.screens.sentence(key, what=action))
        return FAILED

    async def _readable(self) -> Ended:
        """A store that is down is no defect."""
        try:
            return await self.work()
        except StoreError as error:
            await self.reply.show(self.screens.sentence("store_down", reason=str(error)))
            return FAILED


@dataclass(frozen=True, slots=True)
class Questions:
    commands: Commands
    voice: Voice
    hosts: ResponseHosts
    clock: Callable[[], datetime]
    handlers: Handlers

    def open(self, heard: Heard, notes: Notes) -> Question | None:
        """None where nobody listens."""
        screens = self.screens(heard)
        reply = Reply(self.voice, heard, self.hosts, self.clock, notes)
        if (meant := _meant(heard)) is not None:
            work = partial(self.commands.answer, meant, heard, reply, screens.command)
            return Question(_about(meant), heard, reply, screens, work, "failed")
        if isinstance(heard, Pressed) and (press := self.handlers.press(heard)):
            work = partial(press.answer, heard, reply, screens.command)
            return Question(press.about(heard), heard, reply, screens, work)
        if isinstance(heard, Submitted) and (form := self.handlers.form(heard)):
            work = partial(form.answer, heard, reply, screens.command)
            return Question(form.about(heard), heard, reply, screens, work)
        return None

    def unreadable(self, heard: Heard, notes: Notes) -> Question:
        """Nothing of it is read but whom to tell so."""
        screens = self.screens(heard)
        bare = Pressed(heard.user, heard.channel, "", "", response_url=heard.response_url, name=heard.name)
        reply = Reply(self.voice, bare, self.hosts, self.clock, notes)
        return Question(About("unreadable"), bare, reply, screens, _nothing)

    def problems(self, submitted: Submitted) -> Mapping[str, str]:
        form = self.handlers.form(submitted)
        return form.problems(submitted) if form else {}

    def screens(self, heard: Heard) -> Screens:
        return Screens(self.commands.layouts, heard.command if isinstance(heard, Slash) else _NAME)


def named(heard: Heard) -> str:
    match heard:
        case Slash():
            return heard.command
        case Pressed():
            return heard.action
        case Submitted():
            return heard.callback


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


async def _nothing() -> Ended:
    return FAILED
