"""How an answer reaches the person who asked: a message that is edited where Slack can do that, and who sees it.

A response_url is good for 5 uses in 30 minutes, needs no membership in the channel, and is used on Slack's hosts only. What
it cannot do any more is said by the Web API. Nothing here raises for what Slack does, or knows a command.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.chat.ports import Voice
from bot.delivery.errand import result
from bot.delivery.message import Message
from bot.delivery.remedies import CONTENT
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
        self, voice: Voice, heard: Heard, hosts: ResponseHosts, clock: Callable[[], datetime]
    ) -> None:
        self._voice = voice
        self._heard = heard
        self._clock = clock
        self._ends = clock() + LASTS
        self._uses = USES if hosts.allow(heard.response_url) else 0
        self._replaces = isinstance(heard, Pressed) and heard.private
        self._at: Ok | None = None
        self._told = False
        self._public = False

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
        return self._at is not None or (self._replaces and self._uses > 2)

    async def show(self, message: Message, *, final: bool = True) -> None:
        """In place of what was shown before, where Slack can do that; else below it. One that is not final may be lost."""
        if self._at is not None:
            at = self._at
            answer = await _sent(message, lambda it: self._voice.update(at.channel, at.ts, it))
            self._count("answer_edit", answer)
            if isinstance(answer, Ok) or not final:
                return
            self._at = None
        if self._public:
            answer = await _sent(message, lambda it: self._voice.say(self._heard.channel, it))
            self._count("answer", answer)
            if isinstance(answer, Ok):
                self._at = answer
                return
        await self._tell(message, replace=(self._replaces or self._told) and not self._public)

    async def add(self, message: Message) -> None:
        """Below what was shown: in its thread, where others see it too."""
        if self._at is not None:
            at = self._at
            answer = await _sent(message, lambda it: self._voice.say(at.channel, it, thread=at.ts))
            self._count("answer", answer)
        else:
            await self._tell(message, replace=False)

    async def _tell(self, message: Message, *, replace: bool) -> None:
        heard, answer = self._heard, None
        if self._uses and self._clock() < self._ends:
            self._uses -= 1
            answer = await _sent(message, lambda it: self._respond(it, replace=replace))
        if not isinstance(answer, Ok):
            answer = await _sent(message, lambda it: self._voice.whisper(heard.channel, heard.user, it))
        if isinstance(answer, Declined):
            # The bot is not in this channel. A person's id opens the conversation with the bot.
            answer = await _sent(message, lambda it: self._voice.say(heard.user, it))
        self._told = True
        self._count("answer", answer)

    def _respond(self, message: Message, *, replace: bool) -> Awaitable[Ok | Failure]:
        url = self._heard.response_url
        return self._voice.respond(url, message, public=self._public, replace=replace)

    def _count(self, action: str, answer: Ok | Failure) -> None:
        MESSAGES.labels(action, "ok" if isinstance(answer, Ok) else result(answer)).inc()
        if not isinstance(answer, Ok):
            log.warning("Slack did not take an answer", action=action, answer=str(answer))


async def _sent(message: Message, send: Callable[[Message], Awaitable[Ok | Failure]]) -> Ok | Failure:
    """Plain words where Slack does not take the blocks."""
    answer = await send(message)
    if isinstance(answer, Declined) and answer.error in CONTENT and message.blocks:
        return await send(Message(message.text))
    return answer
