"""`opsbot demo`: the whole bot on loopback, over a simulated cluster, fed by real Alertmanager bodies through its webhook."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.app import Running, now, running
from bot.demo.play import Director
from bot.demo.posting import post
from bot.demo.simulated import CLUSTER, Stage
from bot.demo.world import Scenario
from bot.model import Incident, IncidentState
from bot.settings import Settings, load

Say = Callable[[str, str], None]
_PATIENCE = 30.0
_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Theatre:
    bot: Running
    director: Director


@asynccontextmanager
async def theatre(port: int, language: str, say: Say) -> AsyncIterator[Theatre]:
    """Nothing of the person's own configuration is used, and nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="opsbot-demo-") as folder:
        settings = _settings(Path(folder), port, language)
        stage = Stage(now)
        async with running(settings, {CLUSTER: stage.answerers()}) as bot:
            yield Theatre(bot, Director(stage, lambda body: post(bot.url, body), say))


def _settings(folder: Path, port: int, language: str) -> Settings:
    file = folder / "opsbot.yaml"
    file.write_text(f"delivery: {{language: {language}, hold: 2s}}\n")
    return load({"OPSBOT_PORT": str(port), "OPSBOT_STORE_URL": f"sqlite:///{folder}/demo.db"}, str(file))


async def show(
    scenarios: Sequence[Scenario], port: int, language: str, say: Say, ready: Callable[[str], None]
) -> None:
    """Until it is interrupted: plays the scenarios, then keeps the console there to be looked at."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with theatre(port, language, say) as stage:
        ready(stage.bot.url)
        play = asyncio.create_task(stage.director.play(scenarios))
        play.add_done_callback(
            lambda task: stopped.set() if not task.cancelled() and task.exception() else None
        )
        await stopped.wait()
        play.cancel()
        with suppress(asyncio.CancelledError):
            await play


async def once(scenarios: Sequence[Scenario], language: str, say: Say) -> str:
    """The diagnoses of the first act of each scenario, as text."""
    async with theatre(0, language, say) as stage:
        await stage.director.open(scenarios)
        incidents = await _diagnosed(stage.bot, len(scenarios))
        layouts = stage.bot.layouts
        texts = [layouts.text(diagnosis).rstrip() for one in incidents for diagnosis in one.diagnoses]
    return "\n\n".join(texts)


async def _diagnosed(bot: Running, count: int) -> list[Incident]:
    async with asyncio.timeout(_PATIENCE):
        while True:
            found = await bot.store.incidents(state=IncidentState.FIRING)
            if len(found) >= count and all(one.diagnosed_revision >= 0 for one in found):
                whole = [await bot.store.get(one.id) for one in reversed(found)]
                return [one for one in whole if one is not None]
            await asyncio.sleep(_LOOK_EVERY)
