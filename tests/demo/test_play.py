"""The director: the cluster changes before Alertmanager speaks, in order, and without waiting for real."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.demo.bodies import Draft
from bot.demo.play import Director
from bot.demo.simulated import Stage
from bot.demo.world import Act, Scenario, World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN, WELL = World(()), World((), nodes=())


def scenario(name: str) -> Scenario:
    def acts(now: datetime) -> tuple[Act, ...]:
        fires = Draft({"alertname": name}, now)
        over = Draft({"alertname": name}, now, ends_at=now + timedelta(minutes=1))
        return Act("breaks", (fires,), BROKEN), Act("is well", (over,), WELL, after=25)

    return Scenario(name, "", acts)


class Hall:
    """Remembers, in order, what was said, slept and sent, and which world the cluster showed at that moment."""

    def __init__(self) -> None:
        self.stage = Stage(lambda: NOW)
        self.slept: list[float] = []
        self.seen: list[tuple[str, str, bool]] = []
        self.said: list[tuple[str, str]] = []
        self.director = Director(self.stage, self.send, self.say, self.sleep)

    async def send(self, body: dict[str, Any]) -> None:
        name = body["commonLabels"]["alertname"]
        self.seen.append((name, body["status"], self.stage.worlds[name] is WELL))

    def say(self, name: str, says: str) -> None:
        self.said.append((name, says))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_the_cluster_changes_before_alertmanager_speaks() -> None:
    hall = Hall()
    await hall.director.play([scenario("a")])
    assert hall.seen == [("a", "firing", False), ("a", "resolved", True)]
    assert hall.said == [("a", "breaks"), ("a", "is well")]
    assert hall.slept == [0.0, 0.0, 25]


async def test_scenarios_begin_one_after_another() -> None:
    hall = Hall()
    await hall.director.play([scenario("a"), scenario("b"), scenario("c")])
    assert sorted(hall.seen) == sorted(
        (name, *end) for name in "abc" for end in (("firing", False), ("resolved", True))
    )
    begins = sorted({seconds for seconds in hall.slept if seconds not in {0.0, 25}})
    assert begins == [1.5, 3.0]


async def test_only_the_first_acts_are_opened() -> None:
    hall = Hall()
    await hall.director.open([scenario("a"), scenario("b")])
    assert hall.seen == [("a", "firing", False), ("b", "firing", False)]
    assert hall.slept == []
