"""A diagnosis against its longest chain of dependent look-ups, and against a crowded namespace.

Every answer of the cluster is delayed by the same time, so a diagnosis that waits for nothing it need not wait for takes
the chain's length times that delay. The chain is what the requests themselves show: the most of them that began only
after another had ended. With 3 and with 3 000 other pods the same requests must be sent and the same bytes received. With
logs at their bound it is told for how long the event loop did nothing else.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import KubernetesAccess
from bot.clients.kubernetes_logs import LIMIT_BYTES
from bot.diagnosis.engine import Engine
from bot.model import Source, Target
from runbooks.catalog import CATALOG
from tests.builders import container, deployment, pod, pod_spec, replicaset, running
from tests.fakes.kubernetes import ContainerLog, FakeKubernetes
from tests.seeds.loading import cluster

SHOP = "wealist-prod"
CASES = (
    ("prometheus_oomkilled", Target("default", SHOP, "Deployment", "prometheus")),
    ("crashloop_db_auth", Target("default", SHOP, "Deployment", "board-service")),
    ("eso_sync_failed", Target("default", "argocd", "Application", "external-secrets-config-prod")),
    ("otel_schema_conflict", Target("default", SHOP, "Deployment", "user-service")),
    ("hpa_slow_scale_down", Target("default", SHOP, "HorizontalPodAutoscaler", "auth-service-hpa")),
    ("portal_metrics_zero", Target("default", SHOP, "Deployment", "ops-service")),
)
KNOWN = {runbook.name for runbook in CATALOG}
ROUNDS = 5
BUDGET = 1.3
_LOG = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods/(?P<pod>[^/]+)/log")


@dataclass(frozen=True, slots=True)
class Run:
    """`chain` is in requests; `lag` is the longest time in which the event loop did nothing else."""

    took: float
    chain: int
    requests: int
    received: int
    lag: float


@asynccontextmanager
async def engine_at(fake: FakeKubernetes) -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        async with fake:
            client = KubernetesClient("default", KubernetesAccess(kubeconfig=fake.kubeconfig(Path(folder))))
            await client.connect()
            engine = Engine(
                CATALOG, {"default": {Source.KUBERNETES: client}}, clock=lambda: datetime.now(UTC)
            )
            try:
                yield engine
            finally:
                await engine.close()
                await client.close()


async def measured(engine: Engine, fake: FakeKubernetes, target: Target, runbook: str) -> Run:
    seen, bytes_before = len(fake.requests), fake.received
    watched = asyncio.create_task(worst_lag())
    started = time.perf_counter()
    await engine.diagnose(target, names=[name for name in (runbook,) if name in KNOWN] or None)
    took = time.perf_counter() - started
    watched.cancel()
    lag = await watched
    requests = fake.requests[seen:]
    spans = [(request.began, request.ended) for request in requests]
    return Run(took, longest_chain(spans), len(requests), fake.received - bytes_before, lag)


async def worst_lag() -> float:
    worst, pause = 0.0, 0.002
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(pause)
            worst = max(worst, time.perf_counter() - before - pause)
    except asyncio.CancelledError:
        return worst


def longest_chain(spans: Sequence[tuple[float, float]]) -> int:
    """The most requests of which each began after the one before had ended."""
    count, free_at = 0, float("-inf")
    for began, ended in sorted(spans, key=lambda span: span[1]):
        if began >= free_at:
            count, free_at = count + 1, ended
    return count


def crowd(fake: FakeKubernetes, pods: int) -> None:
    spec = pod_spec(container())
    # The same count in both: a list of Deployments would differ by the digits of their own numbers.
    owner = deployment("crowd", namespace=SHOP, spec=spec, replicas=3000, ready=3000)
    newest = replicaset(owner, spec=spec)
    fake.add(owner, newest)
    for number in range(pods):
        fake.add(pod(f"crowd-7d9f8c6b5d-{number:05}", owner=newest, spec=spec, statuses=[running()]))


async def chains() -> bool:
    good = True
    for name, target in CASES:
        for delay in (0.02, 0.05):
            fake = cluster(name, datetime.now(UTC))
            async with engine_at(fake) as engine:
                await measured(engine, fake, target, name)
                fake.latency = delay
                runs = [await measured(engine, fake, target, name) for _ in range(ROUNDS)]
            run = min(runs, key=lambda one: one.took)
            ratio = run.took / (run.chain * delay)
            good = good and ratio <= BUDGET
            print(
                f"{name:22} {delay * 1e3:3.0f} ms each: {run.requests:3} requests, chain {run.chain}, "
                f"{run.took * 1e3:4.0f} ms = {ratio:.2f} × the chain, loop lag {run.lag * 1e3:.0f} ms"
            )
    return good


async def crowds() -> bool:
    good = True
    for name, target in CASES:
        runs = []
        for pods in (3, 3000):
            fake = cluster(name, datetime(2026, 1, 1, tzinfo=UTC))
            crowd(fake, pods)
            async with engine_at(fake) as engine:
                await measured(engine, fake, target, name)
                runs.append(await measured(engine, fake, target, name))
        few, many = runs
        same = (few.requests, few.received) == (many.requests, many.received)
        good = good and same
        print(
            f"{name:22} 3 and 3000 other pods: {few.requests} and {many.requests} requests, "
            f"{few.received} and {many.received} bytes"
        )
    return good


async def logs_at_their_bound() -> None:
    """Every log that is read, as long as a client takes it, of lines that are none of those that are known.

    Told and not judged: the simulated API server cuts the same logs on the same event loop.
    """
    words = b"order %d is not shipped, peer said: later " * (LIMIT_BYTES // 210 // 48)
    lines = (words.replace(b"%d", b"%05d" % number) for number in range(400))
    log = b"".join(b'{"level":"error","msg":"%s"}\n' % line for line in lines)
    for name, target in CASES:
        fake = cluster(name, datetime.now(UTC))
        async with engine_at(fake) as engine:
            short = await measured(engine, fake, target, name)
            for request in fake.requests:
                if match := _LOG.fullmatch(request.path):
                    container = request.query.get("container", "")
                    fake.log(match["namespace"], match["pod"], container, ContainerLog(log, log))
            full = await measured(engine, fake, target, name)
        print(
            f"{name:22} logs at their bound: {full.received >> 10:3} KiB, loop lag {full.lag * 1e3:.0f} ms, "
            f"with short ones {short.lag * 1e3:.0f} ms"
        )


def main() -> None:
    good = asyncio.run(chains())
    good = asyncio.run(crowds()) and good
    asyncio.run(logs_at_their_bound())
    print(
        "within the budget"
        if good
        else f"over the budget of {BUDGET} × the chain, or it grows with the crowd"
    )


if __name__ == "__main__":
    main()
