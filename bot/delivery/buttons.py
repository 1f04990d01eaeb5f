"""What somebody may press below a message, as values for the layouts. Frozen and plain; nothing here words or judges."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Button:
    """What a press says comes back whole: `action` finds who listens, `value` says what is meant."""

    action: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class TickView:
    """Below a fix: who did it or did not after all, which `at` completes, and the button that says the opposite."""

    said: str
    at: datetime | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Below:
    """At the end of an incident's message: who asked for another look, which `at` completes, and the buttons. `done` are
    fixes that somebody did, for those who do not look into the thread.
    """

    said: str = ""
    at: datetime | None = None
    buttons: tuple[Button, ...] = ()
    done: tuple[TickView, ...] = ()


NOTHING_BELOW = Below()
