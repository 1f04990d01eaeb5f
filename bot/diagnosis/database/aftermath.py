"""What a log says behind a refusal: that it was overcome, that it was long ago, or that something else went wrong. Pure."""

import re
from collections.abc import Sequence
from itertools import dropwhile

from bot.diagnosis.database.engines import of_a_database
from bot.diagnosis.signatures import ErrorLine, find_error

# How many lines may follow it, frames of a stack left out.
_NEAR = 40
# What ends a process, as `signatures` weighs it.
FATAL = 100
_OVERCOME = re.compile(
    r"(?i)\bconnected to\b|\bconnection (?:\w+ ){0,4}?(?:established|restored|succeeded|successful|ready|ok)\b"
    r"|\bsuccessfully (?:connected|authenticated|opened|logged in)\b|\bdatabase (?:is )?(?:ready|connected|up)\b"
    r"|\bmigrations? (?:\w+ )?(?:applied|completed?|done|finished|up to date)\b|\b(?:listening|serving) (?:on|at)\b"
    r"|\bserver (?:is )?(?:started|ready|running)\b|\bstarted \w+ in \d"
)
# libpq asks: "Is the server running on that host and accepting TCP/IP connections?"; Prisma: "Please make sure …"
_NOT_OVERCOME = re.compile(
    r"(?i)\b(?:not|never|fail\w*|unable|cannot|could not|error|lost|waiting|until|make sure)\b|\?\s*$"
)
FRAME = re.compile(
    r"^\s|^goroutine \d|^created by |^\t|^[\w./*()-]+\(.*\)$|^exit status \d|^\[signal |^\}|^\]"
)
# A farewell that says no more than that it ends.
_FAREWELL = re.compile(
    r"(?i)\b(?:could not|cannot|can't|unable to|failed to) (?:start|boot|launch)\b|\b(?:startup|start|boot|run|command) failed\b"
    r"|\b(?:shutting down|exiting|giving up|exited|terminated unexpectedly)\b|\bexit (?:with )?(?:code|status)\b|^npm "
)
_ABOUT_IT = re.compile(r"(?i)connect|auth|login|dial|\bping")


def success_in(lines: Sequence[str]) -> str:
    """The first line that says that the process got to work; empty where none does."""
    return next((line for line in lines if _OVERCOME.search(line) and not _NOT_OVERCOME.search(line)), "")


def long_ago(lines: Sequence[str], index: int) -> bool:
    return sum(bool(line.strip()) and not FRAME.match(line) for line in lines[index + 1 :]) > _NEAR


def other_error(lines: Sequence[str], index: int) -> ErrorLine | None:
    """The error that follows and is about something else; the fields of this one, and that the process ends, are none."""
    rest = [line for line in dropwhile(FRAME.match, lines[index + 1 :]) if not _FAREWELL.search(line)]
    error = find_error(rest)
    if error is None or _ABOUT_IT.search(error.text) or of_a_database(error.text):
        return None
    return error
