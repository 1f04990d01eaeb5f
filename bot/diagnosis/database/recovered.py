"""Has a container got over a refusal?  It has where its present life says that it connected, or is ready for long. Pure.

A crash looping container runs for a moment between two crashes; that is no recovery. There is no clock here: how long
it has been ready is measured against the newest time that anything in the scene bears.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.diagnosis.containers import Place
from bot.diagnosis.database.aftermath import success_in
from bot.diagnosis.database.refusal import Ear, Refusal, find_refusal
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.sources import Unavailable

LONG = timedelta(minutes=10)


class Now(StrEnum):
    """How the container that was refused is today. QUIET: it runs, and neither a success nor a refusal is seen."""

    UNKNOWN = "unknown"
    REFUSED = "refused"
    QUIET = "quiet"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Today:
    """`line` is what its present life says of its success, empty where only its age tells. `refusal` is that of its present
    life, where that is refused as well.
    """

    now: Now
    line: str = ""
    since: datetime | None = None
    refusal: Refusal | None = None

    @property
    def recovered(self) -> bool:
        return self.now is Now.RECOVERED


def runs_again(place: Place) -> bool:
    """Ready in a life that began after one that ended. An init container that runs is still at it."""
    container = place.container
    running = container.state == "running" and container.ready and container.role != "init"
    return running and container.last_terminated is not None


def today_of(place: Place, present: LogTail | Unavailable | None, ear: Ear, newest: datetime | None) -> Today:
    """`present` is the log of the life that runs now; None where nobody asked for it."""
    if not runs_again(place):
        return Today(Now.UNKNOWN)
    since = place.container.started_at
    lines = present.lines if isinstance(present, LogTail) else ()
    if (refusal := find_refusal(lines, ear)) is not None:
        return Today(Now.REFUSED, refusal=refusal)
    line = success_in(lines)
    if line or (since is not None and newest is not None and newest - since >= LONG):
        return Today(Now.RECOVERED, line, since)
    return Today(Now.QUIET if lines else Now.UNKNOWN)
