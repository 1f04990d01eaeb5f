"""The port of durable work: jobs that survive any kill. All that the rest of the house knows of the engine behind it.

A job is committed before `put` returns, runs at least once, one of its kind at a time per `key`, and ends done or
visibly given up.
Of the jobs that wait under one `dedup` only one is kept, with the earlier `run_at`: work is level-triggered. What a person
asks is no level: of one `dedup` it is run once, also where it is put again after its end.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.incidents.audit import Deed


class JobKind(StrEnum):
    EVENT = "event"
    DIAGNOSE = "diagnose"
    RECHECK = "recheck"
    DELIVER = "deliver"
    SILENCE = "silence"
    STORM = "storm"
    ASK = "ask"


class JobState(StrEnum):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class NewJob:
    """`delay` is in seconds from now; `payload` is opaque to the engine."""

    kind: JobKind
    key: str
    dedup: str
    payload: bytes = b""
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """`deaths` is how often it has ended with its process since it was last answered."""

    id: int
    kind: JobKind
    key: str
    payload: bytes
    attempts: int
    created_at: datetime
    incident_id: str = ""
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Again:
    """Run once more after `after` seconds. `counts` is False for waiting that is nobody's failure (a rate limit)."""

    after: float
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


Outcome = Done | Again | GiveUp
Handler = Callable[[Job], Awaitable[Outcome]]


class CannotKeepError(Exception):
    """The job could not be made durable now; the message is one short sentence without secrets."""


class Work(Protocol):
    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Durable when it returns; raises CannotKeepError otherwise."""

    async def retry(self, job_id: int, deed: Deed | None = None) -> bool:
        """Take a given-up job up again with fresh attempts; who did so is written with it, if it was there."""

    async def amend(self, job_id: int, payload: bytes, deed: Deed | None = None) -> bool:
        """What a handler has come to, kept with the job that it runs, and a deed with it: both or, where the job was taken over
        by somebody else, neither. Raises StoreError.
        """
