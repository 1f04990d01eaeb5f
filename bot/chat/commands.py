"""What each command does: who may is asked first, the answer goes to the asker, and how it ended is told to the caller.

Everything that a command needs is handed in. Nothing here sends, words, looks or knows Slack.
"""

import asyncio
import difflib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.chat.diagnosing import Diagnosing
from bot.chat.explaining import Explaining
from bot.chat.grammar import Check, Command, Diagnose, Explain, Help, Incidents, Runbooks, Silence
from bot.chat.ports import Access, Result
from bot.chat.pressing import FAILED, REFUSED, Ended
from bot.chat.replies import Reply
from bot.chat.screens import LISTED, Checked, Screens
from bot.chat.seeing import refusal, spaces_of
from bot.delivery.render import Layouts
from bot.diagnosis.runbook import Runbook
from bot.heard import Heard
from bot.incidents.database import StoreError
from bot.model import Incident, IncidentState

_NEAR = 3
_PAGE = 50
_READ = 200
_FURTHEST = 2_000

Checks = Callable[[], AsyncIterator[Checked]]
Silences = Callable[[Silence, Heard, Reply, str], Awaitable[Ended]]


class Reads(Protocol):
    async def incidents(
        self, *, state: IncidentState | None = None, limit: int = 50, before: str | None = None
    ) -> tuple[Incident, ...]: ...


@dataclass(frozen=True, slots=True)
class Commands:
    """`checks` are None where this bot cannot do that."""

    access: Access
    layouts: Layouts
    diagnosing: Diagnosing
    explaining: Explaining
    reads: Reads
    runbooks: Mapping[str, Runbook[Any]]
    silences: Silences
    checks: Checks | None = None
    public_url: str = ""

    async def answer(self, command: Command, heard: Heard, reply: Reply, name: str) -> Ended:
        """`name` is how the slash command is called in this workspace."""
        screens = Screens(self.layouts, name, self.public_url)
        refused = self.access.may(heard.user, heard.channel, action_of(command), _namespace(command))
        if refused is not None:
            await reply.show(screens.refused(refused))
            return REFUSED
        try:
            if isinstance(command, Silence):
                return await self.silences(command, heard, reply, name)
            return Ended(await self._answer(command, heard, reply, screens))
        except StoreError as error:
            await reply.show(screens.sentence("store_down", reason=str(error)))
            return FAILED

    async def _answer(self, command: Command, heard: Heard, reply: Reply, screens: Screens) -> Result:
        match command:
            case Diagnose():
                return await self.diagnosing.answer(command, heard, reply, screens.command)
            case Help():
                await reply.show(screens.help(command))
                return Result.UNCLEAR if command.problem != "none" else Result.DONE
            case Explain(text):
                await reply.show(await self.explaining.message(text, screens))
            case Incidents():
                await self._incidents(heard, reply, screens)
            case Runbooks(name):
                return await self._runbooks(name, reply, screens)
            case Check():
                await self._check(reply, screens)
        return Result.DONE

    async def _incidents(self, heard: Heard, reply: Reply, screens: Screens) -> None:
        """Counted as far as is quickly read; further only for a channel that has not got its list yet."""
        visible: list[Incident] = []
        last, read, more = None, 0, True
        while more and (read < _READ or (len(visible) < LISTED and read < _FURTHEST)):
            page = await self.reads.incidents(state=IncidentState.FIRING, limit=_PAGE, before=last)
            visible += await asyncio.to_thread(self._visible, heard, page)
            more = len(page) == _PAGE
            last, read = page[-1].id if page else None, read + len(page)
        more = more or len(visible) > LISTED
        await reply.show(await asyncio.to_thread(screens.incidents, visible, more=more))

    def _visible(self, heard: Heard, page: Sequence[Incident]) -> list[Incident]:
        return [one for one in page if refusal(self.access, heard, "incidents", spaces_of(one)) is None]

    async def _runbooks(self, name: str, reply: Reply, screens: Screens) -> Result:
        if not name:
            await reply.show(screens.runbooks(tuple(self.runbooks.values())))
            return Result.DONE
        runbook = self.runbooks.get(name) or self.runbooks.get(name.replace("-", "_"))
        if runbook is None:
            near = difflib.get_close_matches(name, self.runbooks, _NEAR, 0.4)
            await reply.show(screens.no_runbook(name, near))
            return Result.UNCLEAR
        await reply.show(screens.runbook(runbook))
        return Result.DONE

    async def _check(self, reply: Reply, screens: Screens) -> None:
        if self.checks is None:
            await reply.show(screens.sentence("no_check"))
            return
        found: Sequence[Checked] = [check async for check in self.checks()]
        await reply.show(screens.checks(found))


def action_of(command: Command) -> str:
    """The name that access and the audit know."""
    return type(command).__name__.lower()


def _namespace(command: Command) -> str:
    return command.wanted.namespace if isinstance(command, Diagnose) else ""
