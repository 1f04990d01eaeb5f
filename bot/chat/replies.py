"""How an answer reaches the person who asked: a message that is edited where Slack can do that, and who sees it.

A response_url is good for 5 uses in 30 minutes, needs no membership in the channel, and is used on Slack's hosts only. What
it cannot do any more is said by the Web API. What was said before a kill is not said once more. Nothing here raises for what
Slack does, or knows a command.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.chat.asks import Notes
from bot.chat.ports import Voice
from bot.chat.posts import Patience, Posts, sent
from bot.delivery.errand import result
from bot.delivery.message import TOP, Message
from bot.delivery.transport import Declined, Failure, Ok
from bot.heard import Heard, Pressed
from bot.observe import MESSAGES, log

USES = 5
LASTS = timedelta(minutes=30)
# https://docs.slack.dev/interactivity/handling-user-interaction: hooks.slack.com; governments have their own.
_SLACK = ("slack.com", "slack-gov.com")


@dataclass(frozen=True, slots=True)
class ResponseHosts:
    """Where a response_url may lead: `api_url` is the configured Slack, which may be another one on another port."""

    api_url: str

    def allow(self, url: str) -> bool:
        try:
            parts, ours = urlsplit(url), urlsplit(self.api_url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if "@" in parts.netloc or not host:
            return False
        if host == ours.hostname:
            return parts.scheme in {"https", ours.scheme}
        slack = host.endswith(tuple(f".{domain}" for domain in _SLACK))
        return slack and parts.scheme == "https" and port in {None, 443}


class Reply:
    """To one command or press, at first for its asker alone. Pressed on a private message, the answer takes its place."""

    def __init__(
        self, voice: Voice, heard: Heard, hosts: ResponseHosts, clock: Callable[[], datetime], notes: Notes
    ) -> None:
        self._voice = voice
        self._heard = heard
        self._clock = clock
        self._notes = notes
        self._patience = Patience()
        self._posts = Posts(voice, notes, clock, self._patience)
        self._answers_there = hosts.allow(heard.response_url)
        self._replaces = isinstance(heard, Pressed) and heard.private
        self._at: Ok | None = None
        self._public = False
        self._finals = 0
        self._added = 0

    @property
    def public(self) -> bool:
        """Whether all of the channel sees the answer."""
        return self._public

    def publish(self) -> None:
        """From now on in the channel. What was said in private before stays as it is."""
        self._public = True
        self._replaces = False

    @property
    def edits(self) -> bool:
        """Whether showing again edits. The response_url of a slash command only ever adds a message:
        https://github.com/slackapi/bolt-js/issues/2287 and https://github.com/slackapi/bolt-python/issues/1268
        """
        return self._at is not None or (self._replaces and self._uses_left > 2)

    async def show(self, message: Message, *, final: bool = True) -> None:
        """In place of what was shown before, where Slack can do that; else below it. One that is not final may be lost."""
        if self._public:
            stood = self._at is not None
            answer = await self._posts.bring(TOP, self._heard.channel, message, final=final)
            self._count("answer_edit" if stood else "answer", answer)
            if isinstance(answer, Ok):
                self._at = answer
                return
            if not final and (stood or not isinstance(answer, Declined)):
                return
            self._at = None
        await self._tell(message, final=final)

    async def add(self, message: Message) -> None:
        """Below what was shown: in its thread, where others see it too."""
        if self._at is None:
            await self._tell(message, below=True)
            return
        self._added += 1
        part, at = f"detail:{self._added}", self._at
        self._count("answer", await self._posts.bring(part, at.channel, message, thread=at.ts))

    async def settle(self, message: Message) -> None:
        """In place of what stands in the channel and says that more will come, where there is such."""
        if self._posts.unfinished:
            self.publish()
            await self.show(message)

    async def leave(self, message: Message) -> None:
        """The last word to somebody whose answer will not come."""
        if self._posts.unfinished:
            self.publish()
        await self.show(message)

    @property
    def _uses_left(self) -> int:
        return USES - self._notes.told.uses if self._answers_there else 0

    async def _tell(self, message: Message, *, final: bool = True, below: bool = False) -> None:
        before, now = self._notes.before, self._notes.told
        self._finals += final
        said_before = self._finals <= before.said if final else before.announced or before.said > 0
        if said_before or self._notes.taken_over:
            return
        replace = not below and not self._public and (self._replaces or now.announced or now.said > 0)
        answer = await self._whispered(message, replace=replace)
        while final and await self._patience.waits_after(answer):
            answer = await self._whispered(message, replace=replace)
        if not self._notes.taken_over:
            await self._notes.change(**({"said": self._finals} if final else {"announced": True}))
            self._count("answer", answer)

    async def _whispered(self, message: Message, *, replace: bool) -> Ok | Failure:
        heard, answer = self._heard, None
        if self._uses_left and self._clock() < self._notes.began + LASTS:
            await self._notes.change(uses=self._notes.told.uses + 1)
            if self._notes.taken_over:
                return Declined("taken over")
            answer = await sent(message, lambda it: self._respond(it, replace=replace))
        if not isinstance(answer, Ok):
            answer = await sent(message, lambda it: self._voice.whisper(heard.channel, heard.user, it))
        if isinstance(answer, Declined):
            # The bot is not in this channel. A person's id opens the conversation with the bot.
            answer = await sent(message, lambda it: self._voice.say(heard.user, it))
        return answer

    def _respond(self, message: Message, *, replace: bool) -> Awaitable[Ok | Failure]:
        url = self._heard.response_url
        return self._voice.respond(url, message, public=self._public, replace=replace)

    def _count(self, action: str, answer: Ok | Failure) -> None:
        MESSAGES.labels(action, "ok" if isinstance(answer, Ok) else result(answer)).inc()
        if not isinstance(answer, Ok):
            log.warning("Slack did not take an answer", action=action, answer=str(answer))
