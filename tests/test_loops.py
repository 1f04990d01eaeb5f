"""A loop that dies is begun again, and told while it dies again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.loops import LoopOptions, Loops
from bot.observe import REGISTRY
from tests.incidents.working import until


class Loop:
    """Dies as often as it is told to, then lives."""

    def __init__(self, deaths: int, *, ends: bool = False) -> None:
        self.deaths = deaths
        self.ends = ends
        self.begun = 0
        self.cancelled = False
        self.lives = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self.deaths:
            raise LookupError("a word that nobody else may read")
        self.lives.set()
        if self.ends:
            return
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True


class Pauses(list[float]):
    async def sleep(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def failing() -> float | None:
    return REGISTRY.get_sample_value("opsbot_loop_failing", {"loop": "janitor"})


async def test_it_is_begun_again_after_longer_and_longer_pauses(stack: AsyncExitStack) -> None:
    loop, pauses = Loop(8), Pauses()
    Loops(stack, sleep=pauses.sleep).keep("janitor", loop.run)
    await loop.lives.wait()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(("deaths", "told"), [(0, False), (1, False), (2, True), (5, True)])
async def test_who_dies_again_and_again_is_told(stack: AsyncExitStack, deaths: int, told: bool) -> None:
    loop = Loop(deaths)
    loops = Loops(stack, sleep=Pauses().sleep)
    loops.keep("janitor", loop.run)
    await loop.lives.wait()
    assert loops.remarks() == (["the loop janitor fails again and again: LookupError"] if told else [])
    assert failing() == float(told)


async def test_who_lives_long_enough_has_recovered(stack: AsyncExitStack) -> None:
    loop = Loop(3)
    loops = Loops(stack, LoopOptions(well=0.01), sleep=Pauses().sleep)
    loops.keep("janitor", loop.run)
    await loop.lives.wait()
    await until(lambda: not loops.remarks())
    assert failing() == 0


async def test_who_ends_by_itself_is_not_begun_again(stack: AsyncExitStack) -> None:
    loop = Loop(0, ends=True)
    Loops(stack).keep("janitor", loop.run)
    await loop.lives.wait()
    await asyncio.sleep(0)
    assert loop.begun == 1


async def test_all_end_with_the_bot() -> None:
    loop = Loop(0)
    async with AsyncExitStack() as stack:
        Loops(stack).keep("janitor", loop.run)
        await loop.lives.wait()
    assert loop.cancelled
