"""The tokens that are accepted now: those given at start, and those of a file that may change while we run.

A file that is mounted from a Kubernetes Secret is swapped by a symbolic link, so the file behind the path is looked at
anew, at most once a second. A file that cannot be read or is empty leaves the last good tokens in force.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from bot.observe import log
from bot.secret import Secret, split_tokens

_LOOK_SECONDS = 1.0
_Version = tuple[int, int, int, int]


class TokenSource:
    def __init__(
        self,
        tokens: tuple[Secret, ...],
        file: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = tokens
        self._file = file
        self._clock = clock
        self._of_file: tuple[Secret, ...] = ()
        self._version: _Version | None = None
        self._trouble = ""
        self._look_at = clock()

    def current(self) -> tuple[Secret, ...]:
        now = self._clock()
        if self._file is not None and now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._look(self._file)
        return self._given + self._of_file

    def _look(self, file: Path) -> None:
        """Two small system calls at most; a file is read again until it can be, and whenever it is another one."""
        try:
            found = os.stat(file)  # noqa: PTH116 - all of the identity below in one call, through links
            version = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
            if version == self._version:
                return
            tokens = split_tokens(file.read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            self._keep(f"cannot be read: {type(error).__name__}")
            return
        if not tokens:
            self._keep("holds no token")
            return
        if self._version is not None or self._trouble:
            log.info("token file read again", file=str(file), tokens=len(tokens))
        self._of_file, self._version, self._trouble = tokens, version, ""

    def _keep(self, trouble: str) -> None:
        self._version = None
        if trouble != self._trouble:
            log.error(
                "token file not usable; the last good tokens stay", file=str(self._file), reason=trouble
            )
        self._trouble = trouble
