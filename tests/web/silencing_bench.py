"""A console's silences over a real store and an Alertmanager that is a dictionary."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.clients.redaction import redact
from bot.incidents.audit import Audit
from bot.incidents.silencing import SilenceOptions, Silencer
from bot.incidents.store import Store
from bot.model import Alert
from bot.silence import KnownAlert, Silence
from tests.delivery.builders import an_alert, an_incident
from tests.fakes.alertmanager import FakeAlertmanager
from tests.fakes.reads import FakeReads
from tests.web.conftest import Clock

OURS = an_alert(1)
OTHER = replace(an_alert(2, labels={"namespace": "billing"}), fingerprint="other")


def known(alert: Alert, *receivers: str) -> KnownAlert:
    return KnownAlert(alert.fingerprint, alert.labels, receivers or ("opsbot",))


@dataclass
class Bench:
    store: Store
    reads: FakeReads
    alertmanager: FakeAlertmanager = field(default_factory=FakeAlertmanager)

    async def silences(self) -> tuple[Silence, ...]:
        kept = await self.store.get("i1")
        assert kept is not None
        return kept.silences

    async def refresh(self) -> None:
        """What the pages read is what the store holds."""
        kept = await self.store.get("i1")
        assert kept is not None
        self.reads.keep(kept)


@asynccontextmanager
async def silencing(reads: FakeReads, clock: Clock, folder: Path) -> AsyncIterator[Bench]:
    """One incident that fires, and the alert of another that is alike."""
    store = Store(f"sqlite:///{folder}/opsbot.db", replica="one")
    await store.open()
    incident = replace(an_incident(), alerts=(OURS,))
    async with store.begin() as transaction:
        await transaction.save(incident)
    bench = Bench(store, reads)
    bench.alertmanager.firing = [known(OURS, "opsbot", "pager"), known(OTHER)]
    audit = Audit(store, redact, clock)
    reads.silences = Silencer(store, {"default": bench.alertmanager}, audit, SilenceOptions(), clock)
    await bench.refresh()
    yield bench
    await store.close()
