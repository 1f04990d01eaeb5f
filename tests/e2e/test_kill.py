"""Killed at random moments on either store, the bot loses no acknowledged webhook and posts none twice."""

import random

import pytest

from trials.kill import run

pytestmark = [pytest.mark.programs, pytest.mark.timeout(240)]

KILLS = 15  # `make trial` takes more


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_killed_at_random_moments_nothing_is_lost_or_said_twice(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trial prints what was lost and duplicated, and the seed that repeats it; that is shown in any case."""
    seed = random.SystemRandom().randrange(10**6)
    with capsys.disabled():
        clean = await run(store, kills=KILLS, seed=seed)
    assert clean, f"seed {seed}"
