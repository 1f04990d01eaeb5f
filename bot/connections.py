"""The clients of a cluster, built from its settings, and closed with the stack that they were built on.

Belongs to the composition root: it knows clients and settings, and asks nothing of any of them.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.clients.alertmanager import AlertmanagerClient
from bot.clients.argocd import ArgoClient
from bot.clients.grafana import GrafanaClient
from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import KubernetesAccess
from bot.clients.kubernetes_logs import clean_lines
from bot.clients.prometheus import PrometheusClient
from bot.clients.slack import SlackClient
from bot.diagnosis.sources import Answerer
from bot.model import Source
from bot.observe import log
from bot.settings import ClusterSettings, Endpoint, SettingsError, SlackSettings


class _Closing(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=_Closing)


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one cluster; what is not configured is None."""

    kubernetes: KubernetesClient
    prometheus: PrometheusClient | None
    alertmanager: AlertmanagerClient | None
    argocd: ArgoClient | None
    grafana: GrafanaClient | None

    def answerers(self) -> Mapping[Source, Answerer]:
        found: dict[Source, Answerer] = {Source.KUBERNETES: self.kubernetes}
        if self.prometheus:
            found[Source.PROMETHEUS] = self.prometheus
        return found


async def clients_of(stack: AsyncExitStack, cluster: ClusterSettings) -> Clients:
    access = KubernetesAccess(
        kubeconfig=cluster.kubernetes.kubeconfig,
        context=cluster.kubernetes.context,
        api_host=cluster.kubernetes.api_host,
        api_port=cluster.kubernetes.api_port,
    )
    kubernetes = KubernetesClient(cluster.name, access)
    stack.push_async_callback(kubernetes.close)
    # The package takes most of a second to import: begin now, in a thread, and let the server start meanwhile.
    await in_background(stack, f"connect {cluster.name}", kubernetes.connect())
    return Clients(
        kubernetes,
        _http(stack, cluster, "prometheus", PrometheusClient),
        _http(stack, cluster, "alertmanager", AlertmanagerClient),
        _http(stack, cluster, "argocd", ArgoClient),
        _http(stack, cluster, "grafana", GrafanaClient),
    )


def alertmanagers_of(
    stack: AsyncExitStack, clusters: Iterable[ClusterSettings]
) -> Mapping[str, AlertmanagerClient]:
    """By cluster, of those that have one."""
    found = {cluster.name: _http(stack, cluster, "alertmanager", AlertmanagerClient) for cluster in clusters}
    return {name: client for name, client in found.items() if client is not None}


def slack_of(settings: SlackSettings) -> SlackClient:
    return SlackClient(settings.bot_token.reveal(), base_url=settings.api_url)


def readable_lines(written: str) -> tuple[str, ...]:
    """A log that a person gives, as clean and as redacted as one that a client reads."""
    return clean_lines(written)


def _http(stack: AsyncExitStack, cluster: ClusterSettings, name: str, kind: Callable[..., C]) -> C | None:
    endpoint: Endpoint | None = getattr(cluster, name)
    if endpoint is None:
        return None
    try:
        client = kind(endpoint.url, token=endpoint.token.reveal() if endpoint.token else "")
    except ValueError as error:
        raise SettingsError(f"clusters.{cluster.name}.{name}", str(error)) from None
    stack.push_async_callback(client.close)
    return client


async def in_background(stack: AsyncExitStack, name: str, work: Coroutine[Any, Any, object]) -> None:
    """Done once beside the server; it is cancelled when the bot ends, and an end with an error is told."""

    async def told() -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - the boundary of a task: its death is a log line, not a silent one
            log.exception("a task of the bot died", task=name)

    task = asyncio.create_task(told(), name=name)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        work.close()  # where the bot ended before the task had begun

    stack.push_async_callback(end)
