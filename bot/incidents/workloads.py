"""Which few of many targets are diagnosed: the most urgent ones, each workload once, however many of its pods alert.

A pod's workload is known to the cluster alone. It is asked for few of them: not more than a few times as many as are
diagnosed, of however many thousands. Who answers is handed in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import chain

from bot.incidents.routing import Plan, by_kin, plan, urgency
from bot.model import Alert, Target

# Where more than so many times the limit have an owner of their own, it is asked slice by slice until enough are known.
_ASKED = 4

Owner = Callable[[Target], Awaitable[Target]]
Kin = tuple[Target, ...]


async def workloads(alerts: Sequence[Alert], cluster: str, limit: int, owner: Owner) -> Plan:
    """Planned beside the event loop: of thousands that takes a while."""
    kin = await asyncio.to_thread(_kin, alerts, cluster)
    owners = await _owners(kin, limit, owner)
    return await asyncio.to_thread(_planned, alerts, cluster, limit, kin, owners)


def _kin(alerts: Sequence[Alert], cluster: str) -> list[Kin]:
    """The most urgent first, as it will be of their owners."""
    named = {entry.target: entry.alerts for entry in plan(alerts, cluster, len(alerts)).entries}
    return sorted(
        by_kin(named),
        key=lambda group: urgency(group[0], list(chain.from_iterable(named[one] for one in group))),
    )


async def _owners(kin: Sequence[Kin], limit: int, owner: Owner) -> Mapping[Kin, Target]:
    most = _ASKED * limit
    step = most if len(kin) <= most else limit
    owners: dict[Kin, Target] = {}
    for start in range(0, min(len(kin), most), step):
        groups = kin[start : start + step]
        found = await asyncio.gather(*(owner(group[0]) for group in groups))
        owners.update(zip(groups, found, strict=True))
        if len(set(owners.values())) >= limit:
            break
    return owners


def _planned(
    alerts: Sequence[Alert], cluster: str, limit: int, kin: Iterable[Kin], owners: Mapping[Kin, Target]
) -> Plan:
    """Those of whom nobody asked come last."""
    folded = {target: owners.get(group, group[0]) for group in kin for target in group}
    whole = plan(alerts, cluster, len(alerts), folded)
    known = set(owners.values())
    entries = sorted(whole.entries, key=lambda entry: entry.target not in known)
    return Plan(tuple(entries[:limit]), tuple(entry.target for entry in entries[limit:]), whole.nowhere)
