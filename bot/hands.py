"""What people did about an incident, as a part of the vocabulary: asked for another look, ticked off a fix.

Standard library only. Names are as Slack or the console told them, for people to read.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants to know how it is now, and nobody has looked yet. `by` may be empty."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A fix that somebody did, or `done` no more: `fix` is its key within the incident, `who` the id of whoever said so last."""

    fix: str
    done: bool
    who: str
    by: str
    at: datetime


def fix_key(*parts: str) -> str:
    """One fix of an incident, by the four parts of its target, its runbook, its cause and its own key: the same for as long as
    a diagnosis offers it.
    """
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
