"""Which few of many targets are diagnosed, and how often the cluster is asked for that."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.incidents.workloads import workloads
from bot.model import Alert, Target
from tests.incidents.groups import firing


def pod(name: str) -> Target:
    return Target("prod", "shop", "Pod", name)


def web(name: str = "web") -> Target:
    return Target("prod", "shop", "Deployment", name)


@dataclass(slots=True)
class Cluster:
    """Who owns what; what is not listed owns itself."""

    owners: dict[Target, Target] = field(default_factory=dict)
    asked: list[Target] = field(default_factory=list)
    at_once: int = 0
    most: int = 0

    async def owner(self, target: Target) -> Target:
        self.asked.append(target)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return self.owners.get(target, target)


async def chosen(alerts: list[Alert], cluster: Cluster, limit: int = 5) -> list[tuple[Target, int]]:
    planned = await workloads(alerts, "prod", limit, cluster.owner)
    assert not {entry.target for entry in planned.entries} & set(planned.left_out)
    return [(entry.target, len(entry.alerts)) for entry in planned.entries]


async def test_pods_that_differ_in_name_are_one_workload() -> None:
    alerts = [firing("web-7d9-abcde"), firing("other-name"), firing("api-0", severity="critical")]
    cluster = Cluster({pod("web-7d9-abcde"): web(), pod("other-name"): web()})
    assert await chosen(alerts, cluster) == [(pod("api-0"), 1), (web(), 2)]


async def test_of_a_usual_group_everyone_is_asked_before_it_is_counted() -> None:
    """The twentieth may be a pod of the first."""
    alerts = [firing(f"p{number:02}x") for number in range(20)]
    cluster = Cluster({pod(f"p{number:02}x"): web() for number in (0, 17, 18, 19)})
    assert (await chosen(alerts, cluster))[0] == (web(), 4)
    assert len(cluster.asked) == 20


@pytest.mark.parametrize("count", [21, 2_000])
async def test_of_very_many_only_the_most_urgent_are_asked(count: int) -> None:
    alerts = [firing(f"p{number:04}x", severity="info") for number in range(count)]
    alerts[-1] = firing(f"p{count - 1:04}x", severity="critical")
    cluster = Cluster()
    found = await chosen(alerts, cluster)
    assert [target.name for target, _ in found] == [
        f"p{count - 1:04}x",
        "p0000x",
        "p0001x",
        "p0002x",
        "p0003x",
    ]
    assert (len(cluster.asked), cluster.most) == (5, 5)


async def test_where_many_names_have_one_owner_more_are_asked_but_not_all() -> None:
    alerts = [firing(f"p{number:04}x") for number in range(2_000)]
    cluster = Cluster({pod(f"p{number:04}x"): web() for number in range(2_000)})
    found = await chosen(alerts, cluster)
    assert found == [(web(), 20), *((pod(f"p{number:04}x"), 1) for number in range(20, 24))]
    assert (len(cluster.asked), cluster.most) == (20, 5)


async def test_who_was_asked_comes_before_who_was_not() -> None:
    """A Pod would come before its StatefulSet by the alphabet."""
    alerts = [firing(f"p{number:04}x") for number in range(100)]
    owners = {pod(f"p{number:04}x"): replace(web(f"s{number}"), kind="StatefulSet") for number in range(5)}
    assert {target.kind for target, _ in await chosen(alerts, Cluster(owners))} == {"StatefulSet"}


async def test_those_left_out_are_told_by_kin() -> None:
    """Their owners are not known, but their names tell some."""
    alerts = [firing(f"web{kind}-7d9-{pod}bcdf") for kind in range(30) for pod in "bcd"]
    planned = await workloads(alerts, "prod", 5, Cluster().owner)
    assert len(planned.left_out) == 25


async def test_nothing_fires_nothing_is_looked_at() -> None:
    assert await chosen([], Cluster()) == []
