"""Has pictures drawn in a process of their own, one at a time, off the event loop; keeps the last ones.

A picture that cannot be drawn is None, a line in the log and a count: a message never waits for it for long.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bot.delivery.charts import Picture
from bot.observe import PICTURES, log

Format = Literal["png", "svg"]
COMMAND = (sys.executable, "-m", "bot.delivery.drawing")
_KEPT = 32


class Artist:
    def __init__(self, command: Sequence[str] = COMMAND, *, seconds: float = 30.0) -> None:
        self._command = tuple(command)
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)
        self._drawn: OrderedDict[tuple[str, Format], bytes] = OrderedDict()

    async def draw(self, picture: Picture, wanted: Format) -> bytes | None:
        key = (picture.digest, wanted)
        async with self._turn:
            if key not in self._drawn:
                image = await self._made(picture, wanted)
                if image is None:
                    return None
                self._drawn[key] = image
            self._drawn.move_to_end(key)
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
            return self._drawn[key]

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
            image, said = await process.communicate(given)
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        return process.returncode or 0, image, said.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """Nothing of the bot's own, where its secrets are. The library keeps its list of fonts in the folder named."""
    cache = Path(tempfile.gettempdir()) / "opsbot-matplotlib"
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "MPLCONFIGDIR": str(cache), "MPLBACKEND": "agg"}
