"""Silences, as a part of the vocabulary: those that were made from here, and what Alertmanager says of alerts and silences.

Standard library only. Matchers are kept as Alertmanager writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SilenceState(StrEnum):
    """`asked`: written down, and Alertmanager has not confirmed it yet."""

    ASKED = "asked"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand it was, when and from where: all that the audit needs, for what is known only later to have been done."""

    via: str
    who: str
    at: datetime
    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        return self.name or self.who


@dataclass(frozen=True, slots=True)
class Silence:
    """One that somebody asked for. `id` is ours and stands in its comment; `alertmanager_id` is empty until it is known.

    `by` is for people to read; `author`, with an id that does not change, is for Alertmanager. `said` is what the person gave
    as the reason, a part of `comment`. `ended_by` is empty where it ran out or was ended in Alertmanager. `reason` is the key of
    why it failed, and `detail` what Alertmanager said. `asker` asked for it; `ender` asked for its end, of which Alertmanager
    may not have heard.
    """

    id: str
    incident_id: str
    matchers: tuple[str, ...]
    by: str
    comment: str
    created_at: datetime
    ends_at: datetime
    state: SilenceState = SilenceState.ASKED
    alertmanager_id: str = ""
    said: str = ""
    link: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    reason: str = ""
    author: str = ""
    detail: str = ""
    asker: Hand | None = None
    ender: Hand | None = None

    @property
    def lives(self) -> bool:
        return self.state in {SilenceState.ASKED, SilenceState.ACTIVE}


@dataclass(frozen=True, slots=True)
class KnownSilence:
    """As Alertmanager tells it. One that begins later is active too."""

    id: str
    active: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert that fires, as Alertmanager tells it; `silenced` where some silence hides it already."""

    fingerprint: str
    labels: Mapping[str, str]
    receivers: tuple[str, ...] = ()
    silenced: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What Alertmanager is asked to make."""

    matchers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
