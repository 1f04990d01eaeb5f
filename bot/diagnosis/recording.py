"""What one diagnosis was asked, what it was answered, and what came of it: enough to decide again, offline. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.diagnosis.sources import Look
from bot.model import Diagnosis


@dataclass(frozen=True, slots=True)
class Asked:
    """`names` are the runbooks that somebody named, None where the alerts, the kind or the symptoms chose.

    `alerts` holds the labels of each alert, without those that no matcher of a runbook names,
    and with the container.
    """

    names: tuple[str, ...] | None = None
    alerts: tuple[Mapping[str, str], ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """`answers` in the order in which they were asked for, `seconds` how long each took to come.

    `unanswered` are the looks that were given up when the diagnosis ended, `deadline` the seconds that it had.
    """

    asked: Asked
    diagnosis: Diagnosis
    answers: Mapping[Look[Any], Any]
    seconds: Mapping[Look[Any], float]
    unanswered: tuple[Look[Any], ...]
    deadline: float
