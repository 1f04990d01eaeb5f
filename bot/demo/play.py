"""The director of a demo: lets the simulated cluster change and posts what Alertmanager would send then.

Every body goes through the bot's own webhook over HTTP. Clock and sleep are injected; nothing here prints.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.demo.bodies import body
from bot.demo.simulated import Stage
from bot.demo.world import Act, Scenario

Send = Callable[[dict[str, object]], Awaitable[None]]
Say = Callable[[str, str], None]
Sleep = Callable[[float], Awaitable[None]]
_STAGGER = 1.5


@dataclass(frozen=True, slots=True)
class Director:
    """`say` is told the scenario and what happens in it, just before the body is sent."""

    stage: Stage
    send: Send
    say: Say
    sleep: Sleep = asyncio.sleep

    async def play(self, scenarios: Sequence[Scenario]) -> None:
        """All scenarios beside each other, begun one after another so that a watcher can follow."""
        async with asyncio.TaskGroup() as group:
            for number, scenario in enumerate(scenarios):
                group.create_task(self._scenario(scenario, number * _STAGGER))

    async def open(self, scenarios: Sequence[Scenario]) -> None:
        """Only the first act of each, at once."""
        for scenario in scenarios:
            await self._act(scenario, scenario.acts(self._now())[0])

    async def _scenario(self, scenario: Scenario, delay: float) -> None:
        await self.sleep(delay)
        for act in scenario.acts(self._now()):
            await self.sleep(act.after)
            await self._act(scenario, act)

    async def _act(self, scenario: Scenario, act: Act) -> None:
        self.stage.worlds[scenario.name] = act.world
        self.say(scenario.name, act.says)
        await self.send(body(act.alerts))

    def _now(self) -> datetime:
        return self.stage.clock()
