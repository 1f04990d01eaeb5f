"""Ticking fixes off, so that two people do not do the same: who did which, remembered with the incident.

Each tick is one transaction with the timeline, the audit and the edit of the message. Who may is decided before anybody
comes here; nobody's cluster is touched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.hands import Tick, fix_key
from bot.incidents.audit import Audit, Deed, Person, Result
from bot.incidents.store import Store, Transaction
from bot.incidents.work import JobKind, NewJob
from bot.model import Incident


@dataclass(frozen=True, slots=True)
class Offered:
    """A fix as it is offered: `where` names its target, `what` its runbook, cause and own key."""

    key: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """`already` where it was so before, since whom and when `tick` says."""

    tick: Tick
    already: bool = False


class Ticks:
    def __init__(self, store: Store, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock

    async def mark(
        self, incident_id: str, key: str, who: Person, *, done: bool, place: str = ""
    ) -> Ticked | None:
        """A fix is done, or not done any more; None where there is no such incident, or it does not offer that fix now."""
        deed = self._audit.deed(who, _action(done=done), place=place, incident_id=incident_id)
        async with self._store.begin() as transaction:
            ticked = await self._marked(transaction, deed, key, done=done)
        if ticked is None or ticked.already:
            await self._audit.keep(replace(deed, result=Result.NOTHING))
        return ticked

    async def _marked(self, transaction: Transaction, deed: Deed, key: str, *, done: bool) -> Ticked | None:
        incident = await transaction.load(deed.incident_id)
        fix = next((one for one in offered(incident) if one.key == key), None) if incident else None
        if incident is None or fix is None:
            return None
        before = next((one for one in await transaction.ticks(incident.id) if one.fix == key), None)
        tick = Tick(key, done, deed.person.id, str(deed.person), deed.at)
        if done is (before is not None and before.done):
            return Ticked(before or tick, already=True)
        await transaction.keep_tick(incident.id, tick)
        facts = {"by": tick.by, "fix": fix.what, "target": fix.where}
        await transaction.note(incident.id, deed.at, f"fix_{deed.action}", facts)
        await transaction.note_audit(replace(deed, arguments=f"{fix.what} of {fix.where}"))
        await transaction.put([NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")])
        return Ticked(tick)


def offered(incident: Incident) -> Iterator[Offered]:
    """Every fix of what was found, also where several findings offer the same."""
    for diagnosis in incident.diagnoses:
        target = diagnosis.target
        for finding in diagnosis.findings:
            for fix in finding.fixes if finding.found else ():
                what = (finding.runbook, finding.cause, fix.key)
                key = fix_key(target.cluster, target.namespace, target.kind, target.name, *what)
                yield Offered(key, str(target), "/".join(what))


def _action(*, done: bool) -> str:
    return "done" if done else "undone"
