"""The one error boundary: whatever goes wrong while looking or deciding becomes a value, a log line and no crash.

The only broad `except` of the house. It never swallows cancellation, and it never puts an exception's text into
what people read: the text may hold anything, so it stays in the log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.observe import log

T = TypeVar("T")


class RunbookError(Exception):
    """A runbook that breaks its contract: it looks without having declared it, or does not answer for its causes."""


class Trouble(StrEnum):
    TIMEOUT = "timeout"
    DEFECT = "defect"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of something that did not end well; `error` is the type of the exception, never its text."""

    trouble: Trouble
    error: str


async def guarded(work: Awaitable[T], *, seconds: float, doing: str) -> T | Failure:
    """Await `work` for at most `seconds`; `doing` names it in the log."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        log.warning("timed out", doing=doing, seconds=round(seconds, 3))
        return Failure(Trouble.TIMEOUT, "TimeoutError")
    except RunbookError as error:
        log.exception("broke its contract", doing=doing)
        return Failure(Trouble.DEFECT, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - this is the error boundary
        log.exception("failed", doing=doing)
        return Failure(Trouble.ERROR, type(error).__name__)


def attempted(work: Callable[[], T]) -> T | BaseException:
    """For code of a team that runs when it is loaded: what it raises, as a value. Its author reads it, nobody else."""
    try:
        return work()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - this is the error boundary
        return error
