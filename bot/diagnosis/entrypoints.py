"""Why an entrypoint could not be run, as the runtime says it: in the reason of the end, or as the log's only words. Pure.

A runtime that fails after it has forked writes one line into the container's log, and the exit code is anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# runc and crun: https://github.com/opencontainers/runc/blob/main/libcontainer/standard_init_linux.go
_EXEC = re.compile(
    r"^(?:\S+: )?exec(?: user process caused)?:? ?(?:container process )?(?:\(?missing dynamic library\?\)? )?"
    r"[\"`']?(?P<program>[^\s\"`':]*)[\"`']?: "
    r"(?P<why>no such file or directory|exec format error|permission denied)"
)
_ANYWHERE = re.compile(
    r"(?i)(?P<why>exec format error|no such file or directory|executable file not found|permission denied)"
)
_MOST_LINES = 2


class Start(StrEnum):
    """The words are in templates/*/triage.yaml."""

    PLATFORM = "platform"
    MISSING = "missing"
    PERMISSION = "permission"
    OTHER = "other"


_KINDS = {
    "exec format error": Start.PLATFORM,
    "no such file or directory": Start.MISSING,
    "executable file not found": Start.MISSING,
    "permission denied": Start.PERMISSION,
}


@dataclass(frozen=True, slots=True)
class NotRun:
    kind: Start
    program: str
    line: str


def not_run(lines: Sequence[str]) -> NotRun | None:
    """What the runtime said in place of the program, which then has said nothing itself."""
    spoken = [line.strip() for line in lines if line.strip()]
    found = _EXEC.match(spoken[-1]) if 0 < len(spoken) <= _MOST_LINES else None
    if found is None:
        return None
    return NotRun(_KINDS[found["why"]], found["program"], spoken[-1])


def kind_of(text: str) -> Start:
    """Of what the runtime gives as the reason of the end."""
    found = _ANYWHERE.search(text)
    return Start.OTHER if found is None else _KINDS[found["why"].lower()]
