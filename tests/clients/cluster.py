"""A fake cluster with a client of it, for the tests of the Kubernetes source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_config import KubernetesAccess
from tests.builders import Object
from tests.fakes.kubernetes import FakeKubernetes


async def no_sleep(_seconds: float) -> None:
    """The pause before a second attempt, in no time."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def cluster(
    folder: Path,
    *objects: Object,
    access: KubernetesAccess | None = None,
    clock: Clock | None = None,
    token: str = "",
) -> AsyncIterator[tuple[FakeKubernetes, KubernetesClient]]:
    async with FakeKubernetes(*objects) as fake:
        wanted = replace(access or KubernetesAccess(), kubeconfig=fake.kubeconfig(folder, token=token))
        api = KubernetesApi(wanted, clock=clock or Clock(), sleep=no_sleep)
        client = KubernetesClient("test", wanted, api)
        try:
            yield fake, client
        finally:
            await client.close()
