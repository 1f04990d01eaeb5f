"""When incidents of a channel are gathered into one digest, whose turn it is, and when a storm is over. Pure.

Too many that wait for their first message are a storm. It is decided from what the store knows, so that all replicas
decide alike. Nothing here reads, words or posts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.delivery.digest import Gathered, Line, Storm
from bot.severity import is_urgent, rank


@dataclass(frozen=True, slots=True)
class StormOptions:
    """`bound`: more that wait in one channel are a storm. `calm`: it is calm when no more than these came within so long;
    `urgent`: until then, one of the urgent ones gets its own message each time so much has passed. `edit`: the pace of the
    digest; `turns`: own messages between two edits; `thread`: how often others look whether their threads may go on.
    """

    bound: int = 5
    calm: timedelta = timedelta(seconds=60)
    urgent: timedelta = timedelta(seconds=15)
    edit: timedelta = timedelta(seconds=5)
    turns: int = 8
    thread: timedelta = timedelta(seconds=15)


class Top(StrEnum):
    """An incident's message in its channel. Unanswered: it may be there."""

    NONE = "none"
    UNANSWERED = "unanswered"
    POSTED = "posted"


class Way(StrEnum):
    """How the news of an incident reaches its channel."""

    WHOLE = "whole"  # its message and its thread
    TOP = "top"  # its message now; the thread when the storm is over
    GATHER = "gather"  # by the digest of the storm that is on
    OPEN = "open"  # by a digest, which begins with it
    TOLD = "told"  # by the digest of a storm that is over, where it stands already


@dataclass(frozen=True, slots=True)
class Place:
    """What the store knows of an incident whose channel is to hear of it.

    `storm` is the one that is on in the channel, `gathered` the newest that the incident is a member of; both are ids, or
    empty. `alone` is as in Gathered. `waiting` counts those in the channel that wait for their first message, this one with them.
    """

    top: Top = Top.NONE
    storm: str = ""
    gathered: str = ""
    alone: bool = False
    waiting: int = 1

    @property
    def told(self) -> bool:
        return self.top is Top.POSTED

    def concerned(self, options: StormOptions) -> bool:
        """Without this all is as if there were no storms."""
        return bool(self.storm or self.gathered) or (not self.told and self.waiting > options.bound)


def way(place: Place, line: Line, options: StormOptions) -> Way:
    by_itself = Way.TOP if place.storm else Way.WHOLE
    if place.told or place.alone:
        return by_itself
    if place.storm:
        member = place.gathered == place.storm
        # Who began to post before the storm must look for that post itself.
        return Way.GATHER if member or place.top is Top.NONE else Way.TOP
    if place.top is Top.UNANSWERED:
        return Way.WHOLE
    if place.gathered and (line.over or line.led):
        return Way.TOLD
    return Way.OPEN if place.waiting > options.bound else Way.WHOLE


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be done for a storm now: `turns` get their own message in this order, `left` are taken up by their own
    jobs because the storm is over; `passed`: none waits any more. `pause` is in seconds.
    """

    turns: tuple[Gathered, ...] = ()
    left: tuple[Gathered, ...] = ()
    passed: bool = False
    pause: float = 0.0


def round_of(storm: Storm, members: Collection[Gathered], now: datetime, options: StormOptions) -> Round:
    waiting = [member for member in in_order(members) if member.waits]
    if storm.closed_at is not None:
        return Round(left=tuple(waiting))
    until_calm = (_last_gust(storm, members, options) + options.calm - now).total_seconds()
    if until_calm <= 0:
        # Those who follow wait until all that lead stand: they may not need a message then.
        first = [member for member in waiting if not member.line.follows] or waiting
        return Round(tuple(first[: options.turns]), passed=not waiting)
    lost = [member for member in waiting if member.unanswered]
    turns = lost or _urgent(storm, waiting, now, options)
    return Round(tuple(turns), pause=min(options.edit.total_seconds(), until_calm))


def _last_gust(storm: Storm, members: Iterable[Gathered], options: StormOptions) -> datetime:
    """When more than the bound had come for the last time. A trickle that never ends must not keep the rest waiting."""
    newest = sorted((member.opened_at for member in members), reverse=True)
    return max([storm.opened_at, *newest[options.bound : options.bound + 1]])


def _urgent(storm: Storm, waiting: list[Gathered], now: datetime, options: StormOptions) -> list[Gathered]:
    if storm.told_at is not None and now - storm.told_at < options.urgent:
        return []
    lines = ((member, member.line) for member in waiting)
    return [member for member, line in lines if is_urgent(line.severity) and not line.follows][:1]


def in_order(members: Iterable[Gathered]) -> list[Gathered]:
    """By severity, then by age; those whose root cause another one tells come last."""
    return sorted(members, key=_order)


def _order(member: Gathered) -> tuple[bool, int, datetime, str]:
    return member.line.follows, rank(member.line.severity), member.opened_at, member.incident_id
