"""One line of the self-test, as a value."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    OFF = "not configured"


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy` says what to do, and is empty when all is well."""

    what: str
    state: State
    found: str = ""
    remedy: str = ""
