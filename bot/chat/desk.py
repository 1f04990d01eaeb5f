"""Takes what people did in Slack, and has each end told: answered, refused, given up or lost.

Taken is what is on the disk as a job: whoever works jobs off, here or elsewhere, now or after a kill, comes back to `answer`.
Only what a modal answers is done at once or never. Whatever ended is counted, and written into the audit once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.chat.asks import Ask, Notes, Told, job_of, key_of, readable
from bot.chat.commands import Commands
from bot.chat.ports import Audit, Result, Voice
from bot.chat.pressing import FAILED, NOBODY, Ended, Handlers, placed
from bot.chat.questions import Question, Questions, named
from bot.chat.replies import ResponseHosts
from bot.diagnosis.boundary import guarded
from bot.heard import TAKEN, Heard, Pressed, Receipt, Submitted
from bot.incidents.audit import Deed, Person, Via
from bot.incidents.database import StoreError
from bot.incidents.work import CannotKeepError, Done, Job, Outcome, Work
from bot.observe import COMMANDS, log

_LOST = Ended(Result.LOST)


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """`places`: how many are answered at once. Seconds: how long one may take, how long the store may take to keep one (Slack
    waits three for the acknowledgement), and how long a goodbye may take. `fresh`: an ask that is older when it is taken up
    would surprise whoever has forgotten it. `runs`: how often it may end with its process before it is held to be what kills it.
    `unseen`: what another replica has taken up is not heard of here again.
    """

    places: int = 32
    longest: float = 120.0
    keeping: float = 2.0
    goodbye: float = 3.0
    fresh: timedelta = timedelta(minutes=15)
    runs: int = 3
    unseen: timedelta = timedelta(seconds=30)


class Desk:
    def __init__(  # noqa: PLR0913 - the clock and the options are injected
        self,
        commands: Commands,
        voice: Voice,
        audit: Audit,
        hosts: ResponseHosts,
        *,
        work: Work,
        clock: Callable[[], datetime],
        handlers: Handlers = NOBODY,
        options: DeskOptions = DeskOptions(),
    ) -> None:
        self._questions = Questions(commands, voice, hosts, clock, handlers)
        self._audit = audit
        self._work = work
        self._clock = clock
        self._handlers = handlers
        self._options = options
        self._open: dict[asyncio.Task[None], Question] = {}
        self._coming: dict[str, datetime] = {}
        self._answering: set[str] = set()
        self._closing = False

    async def take(self, heard: Heard) -> Receipt:
        """Once it is kept. Says why, where it is not; a press is told so by a message, because Slack shows no answer to one."""
        heard = placed(heard)
        if not readable(heard):
            return self._not_ours(heard)
        one = self._questions.open(heard, Notes(key_of(heard), self._clock()))
        if one is None:
            log.warning("nobody listens to what was pressed", what=named(heard))
            return TAKEN
        if isinstance(heard, Submitted) and (problems := self._questions.problems(heard)):
            return Receipt(problems=problems)
        if self._closing or self._busy():
            return self._sent_away(one, "stopped" if self._closing else "busy")
        if self._handlers.passes(heard):
            self._start(one, self._serve(one))
            return TAKEN
        return await self._kept(one)

    def _busy(self) -> bool:
        forgotten = self._clock() - self._options.unseen
        self._coming = {key: since for key, since in self._coming.items() if since > forgotten}
        here = len(self._open) + len(self._answering) + len(self._coming)
        return here >= self._options.places

    async def _kept(self, one: Question) -> Receipt:
        new = job_of(one.heard)
        if new.key not in self._answering:
            self._coming[new.key] = self._clock()
        try:
            async with asyncio.timeout(self._options.keeping):
                await self._work.put([new])
        except (CannotKeepError, TimeoutError) as error:
            self._coming.pop(new.key, None)
            log.error("what was asked could not be kept", action=one.about.action, error=str(error))
            return self._sent_away(one, "not_kept")
        return TAKEN

    # -- what is not taken

    def _not_ours(self, heard: Heard) -> Receipt:
        """Characters that nobody can type and no button of ours carries: it is not read any further."""
        log.warning("what was sent cannot be read", what=type(heard).__name__)
        one = self._questions.unreadable(heard, Notes("unreadable", self._clock()))
        return self._sent_away(one, "unreadable", tells=readable(one.heard) and isinstance(heard, Pressed))

    def _sent_away(self, one: Question, key: str, *, tells: bool = True) -> Receipt:
        COMMANDS.labels(one.about.action, key).inc()
        # More is not answered at once because more is pressed; that it was is written down.
        tells = tells and isinstance(one.heard, Pressed) and len(self._open) < 2 * self._options.places
        self._start(one, self._refused(one, key, tells=tells))
        return Receipt(one.screens.say(key))

    async def _refused(self, one: Question, key: str, *, tells: bool) -> None:
        if tells:
            await one.reply.show(one.screens.sentence(key))
        await self._audit.keep(self._deed(one, f"{Result.REFUSED}: {key}"))

    # -- what passes

    def _start(self, one: Question, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._open[task] = one
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("an answer could not be ended", error=type(error).__name__, exc_info=error)

    async def _serve(self, one: Question) -> None:
        ended = await one.answered(self._options.longest)
        _count(one, ended)
        if not ended.written:
            await self._audit.keep(self._deed(one, ended.result))

    async def close(self, grace: float) -> None:
        """What passes may end within `grace` seconds; who still waits then is told that nothing will come. What is kept is not
        ended here: it is answered after the next start, or by another replica.
        """
        self._closing = True
        if self._open:
            await asyncio.wait(list(self._open), timeout=grace)
        left = dict(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        goodbyes = asyncio.gather(*(self._stopped(one) for one in left.values()))
        await guarded(goodbyes, seconds=self._options.goodbye, doing="say goodbye to those who wait")

    async def _stopped(self, one: Question) -> None:
        await one.reply.show(one.screens.sentence("stopped"))
        _count(one, FAILED)
        await self._audit.keep(self._deed(one, FAILED.result))

    # -- what is kept

    async def answer(self, job: Job) -> Outcome:
        """An ask, perhaps not for the first time: what was said then is not said once more."""
        self._coming.pop(job.key, None)
        self._answering.add(job.key)
        try:
            ask = Ask.of(job.payload)
            if ask is not None and not ask.told.ended:
                await self._answer(job, ask)
        finally:
            self._answering.discard(job.key)
        return Done()

    async def _answer(self, job: Job, ask: Ask) -> None:
        notes = Notes(job.key, job.created_at, ask.told, partial(self._keep, job, ask))
        one = self._questions.open(ask.heard, notes)
        if one is None:
            log.warning("nobody listens any more to what was asked", what=named(ask.heard))
            return
        sentence = one.screens.sentence("restarted")
        stale = self._clock() - job.created_at > self._options.fresh
        if stale or job.deaths >= self._options.runs:
            ended = _LOST
            await one.reply.leave(sentence)
        else:
            ended = await one.answered(self._options.longest)
            await one.reply.settle(sentence)
        if notes.taken_over:
            return
        _count(one, ended)
        await self._written(job, ask, notes.told, None if ended.written else self._deed(one, ended.result))

    async def _written(self, job: Job, ask: Ask, told: Told, deed: Deed | None) -> None:
        """That it has ended and its audit line are one: a kill after this does not bring a second line."""
        packed = replace(ask, told=replace(told, ended=True)).pack()
        try:
            async with asyncio.timeout(self._options.keeping):
                await self._work.amend(job.id, packed, deed)
        except (StoreError, TimeoutError):
            if deed is not None:
                await self._audit.keep(deed)

    async def _keep(self, job: Job, ask: Ask, told: Told) -> bool:
        """False where another replica answers now. With a store that is down it is better said twice than not at all."""
        try:
            async with asyncio.timeout(self._options.keeping):
                return await self._work.amend(job.id, replace(ask, told=told).pack())
        except (StoreError, TimeoutError) as error:
            log.warning("what is said could not be kept", error=str(error))
            return True

    def _deed(self, one: Question, result: str) -> Deed:
        heard, about = one.heard, one.about
        person = Person(Via.SLACK, heard.user, heard.name)
        return self._audit.deed(
            person, about.what, place=heard.channel, incident_id=about.incident_id, result=result
        )


def _count(one: Question, ended: Ended) -> None:
    COMMANDS.labels(one.about.action, ended.result).inc()
