"""What a person asked, as a durable job keeps it: what was heard, and what has been said in answer to it so far.

Packed it holds a response_url, which lets whoever has it speak in the channel: it is never logged or shown, and the job that
keeps it forgets it when it ends. Nothing here stores or says anything.
"""

import hashlib
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.heard import Heard, Pressed, Slash, Submitted
from bot.incidents.work import JobKind, NewJob

# PostgreSQL keeps no NUL, and neither store a lone surrogate; no person types one, and no button of ours carries one.
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Spot:
    """A message of the answer in a channel. `ts` is empty where its post is not answered; `final`: nothing is to follow it."""

    channel: str
    since: datetime
    ts: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """`uses` of the response_url; whether it was announced in private, and how many answers were `said` there; `spots` by part."""

    uses: int = 0
    announced: bool = False
    said: int = 0
    spots: Mapping[str, Spot] = field(default_factory=dict)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    heard: Heard
    told: Told = field(default_factory=Told)

    def pack(self) -> bytes:
        return zlib.compress(_ASKS.dump_json(self))

    @classmethod
    def of(cls, payload: bytes) -> "Ask | None":
        """None for what is none: an ask that has ended, or that a newer opsbot packed in its own way."""
        try:
            return _ASKS.validate_json(zlib.decompress(payload))
        except (ValueError, zlib.error):
            return None


_ASKS = TypeAdapter(Ask)
_HEARD: TypeAdapter[Slash | Pressed | Submitted] = TypeAdapter(Slash | Pressed | Submitted)

Keeps = Callable[[Told], Awaitable[bool]]


class Notes:
    """What has been said, kept with the ask before and after each word of it. `taken_over`: somebody else answers now."""

    def __init__(
        self, key: str, began: datetime, told: Told | None = None, keeps: Keeps | None = None
    ) -> None:
        self.key = key
        self.began = began
        self.before = told or Told()
        self.told = self.before
        self.taken_over = False
        self._keeps = keeps

    async def change(self, **changes: Any) -> None:
        self.told = replace(self.told, **changes)
        if self._keeps is not None and not self.taken_over:
            self.taken_over = not await self._keeps(self.told)


def key_of(heard: Heard) -> str:
    """The same where Slack tells the same once more, and only there: every press has a trigger of its own."""
    return hashlib.sha256(_HEARD.dump_json(heard)).hexdigest()[:32]


def job_of(heard: Heard) -> NewJob:
    key = key_of(heard)
    return NewJob(JobKind.ASK, key, f"ask:{key}", Ask(heard).pack())


def readable(heard: Heard) -> bool:
    """Whether all of its texts can be kept."""
    values = [getattr(heard, one.name) for one in fields(heard)]
    texts = [value for value in values if isinstance(value, str)]
    if not isinstance(heard, Slash):
        texts += (*heard.fields, *heard.fields.values())
    return not any(map(_UNREADABLE.search, texts))
