"""Has pictures drawn in a process of their own, one at a time, off the event loop; keeps the last ones.

A picture that cannot be drawn is None, a line in the log and a count: a message never waits for it for long.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from bot.delivery.charts import Picture
from bot.observe import PICTURES, log

Format = Literal["png", "svg"]
# Without -P Python looks into the working folder first, and would run another `bot` that lies there.
COMMAND = (sys.executable, "-P", "-m", "bot.delivery.drawing")
# Where this very package was loaded from: a checkout, or the packages of a virtual environment.
_ROOT = Path(__file__).resolve().parents[2]
_KEPT = 32
# One is drawn, and the next one is there when it is done.
_LINE = 2
# Behind everything else on the machine.
_NICE = 10


class Artist:
    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = tuple(command)
        self._seconds = seconds
        self._clock = clock
        self._turn = asyncio.Semaphore(1)
        self._drawn: OrderedDict[tuple[str, Format], bytes] = OrderedDict()
        self._line = 0
        self._took = 1.0
        self._promised = 0.0

    def busy(self, picture: Picture, wanted: Format) -> float:
        """0 where `draw` would soon be done; else in how many seconds it is the turn of who does not stand in line."""
        if self._line < _LINE or (picture.digest, wanted) in self._drawn:
            return 0.0
        now = self._clock()
        self._promised = max(self._promised, now) + self._took
        return self._promised - now

    async def draw(self, picture: Picture, wanted: Format) -> bytes | None:
        key = (picture.digest, wanted)
        self._line += 1
        try:
            async with self._turn:
                image = self._drawn.get(key) or await self._timed(picture, wanted)
        finally:
            self._line -= 1
        if image is not None:
            self._drawn[key] = image
            self._drawn.move_to_end(key)
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return image

    async def _timed(self, picture: Picture, wanted: Format) -> bytes | None:
        began = self._clock()
        try:
            return await self._made(picture, wanted)
        finally:
            self._took = self._clock() - began

    async def _made(self, picture: Picture, wanted: Format) -> bytes | None:
        try:
            async with asyncio.timeout(self._seconds):
                status, image, said = await self._run(json.dumps(picture.to_json()).encode(), wanted)
        except TimeoutError:
            status, image, said = 1, b"", f"not drawn within {self._seconds:g} s"
        except OSError as error:
            status, image, said = 1, b"", str(error)
        drawn = not status and bool(image)
        PICTURES.labels(wanted, "ok" if drawn else "failed").inc()
        if drawn:
            return image
        log.error("a picture was not drawn", format=wanted, why=said[-300:])
        return None

    async def _run(self, given: bytes, wanted: Format) -> tuple[int, bytes, str]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, wanted, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()
        )
        try:
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
            image, said = await process.communicate(given)
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        return process.returncode or 0, image, said.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """Nothing of the bot's own, where its secrets are. The library keeps its list of fonts in the folder named."""
    cache = Path(tempfile.gettempdir()) / "opsbot-matplotlib"
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_ROOT),
        "MPLCONFIGDIR": str(cache),
        "MPLBACKEND": "agg",
    }
