"""How to reach a cluster: from a kubeconfig as kubectl does, or from inside a pod. The only importer of `kubernetes`.

Nothing here talks to the API server. The package is imported in a thread on first use, because it takes most of a second.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import yaml

TOKEN_SECONDS = 60.0
_KUBECONFIG = "~/.kube/config"


class CannotOpenError(Exception):
    """The configuration does not lead to a cluster; the message is one sentence without secrets."""


@dataclass(frozen=True, slots=True)
class KubernetesAccess:
    """Where the API server is and how long to wait for it.

    `kubeconfig` is a path, or several as in $KUBECONFIG. Without it, `api_host` and `api_port` are those that a pod finds
    in its environment. `namespaces` are tried one by one where a look over all namespaces is forbidden. With `trust_env`
    the proxies of the environment are used; a ~/.netrc never is, it would take the place of the token.
    """

    kubeconfig: str = ""
    context: str = ""
    api_host: str = ""
    api_port: str = "443"
    service_account: str = "/var/run/secrets/kubernetes.io/serviceaccount"
    namespaces: tuple[str, ...] = ()
    trust_env: bool = True
    timeout: float = 10.0
    log_timeout: float = 8.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An ApiClient of the kubernetes package, and the namespace that its configuration calls its own."""

    client: Any
    namespace: str


class _Token:
    """The service account's token, read again at most once a minute: the kubelet replaces the file while we run."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._until = 0.0
        self._token = ""

    def __call__(self, configuration: Any) -> None:
        now = self._clock()
        if now >= self._until:
            try:
                # A newline at the end would make every request fail as an illegal header.
                self._token = self._path.read_text().strip() or self._token
            except OSError:
                if not self._token:
                    raise
            self._until = now + TOKEN_SECONDS
        configuration.api_key["BearerToken"] = f"Bearer {self._token}"


def _packages() -> tuple[Any, Any, Any]:
    from kubernetes.aio import config
    from kubernetes.aio.client.api_client import ApiClient
    from kubernetes.aio.client.configuration import Configuration

    return ApiClient, Configuration, config


def _inside(access: KubernetesAccess, configuration: Any, clock: Callable[[], float]) -> str:
    folder = Path(access.service_account)
    host = f"[{access.api_host}]" if ":" in access.api_host else access.api_host
    configuration.host = f"https://{host}:{access.api_port}"
    configuration.ssl_ca_cert = str(folder / "ca.crt")
    token = _Token(folder / "token", clock)
    token(configuration)
    configuration.refresh_api_key_hook = token
    own = folder / "namespace"
    return own.read_text().strip() if own.is_file() else ""


async def _outside(access: KubernetesAccess, configuration: Any, config: Any) -> str:
    loader = await config.load_kube_config(
        config_file=access.kubeconfig or _KUBECONFIG,
        context=access.context or None,
        client_configuration=configuration,
        persist_config=False,
    )
    for name, key in list(configuration.api_key.items()):
        configuration.api_key[name] = key.strip()
    return str(loader.current_context["context"].get("namespace") or "")


def _proxy(host: str) -> str | None:
    address = urlsplit(host)
    if proxy_bypass(address.netloc):
        return None
    return getproxies_environment().get(address.scheme)


def _check_files(kubeconfig: str) -> None:
    """Before the package is imported: it takes its time, and prints a line of its own for a file that is not there."""
    paths = [Path(path).expanduser() for path in (kubeconfig or _KUBECONFIG).split(os.pathsep) if path]
    if not any(path.is_file() for path in paths):
        named = " or ".join(map(str, paths))
        raise CannotOpenError(f"there is no kubeconfig at {named}, and this is not a pod")


async def open_client(access: KubernetesAccess, clock: Callable[[], float] = time.monotonic) -> Opened:
    """Reads the configuration and prepares a client; raises CannotOpenError."""
    inside = access.api_host and not access.kubeconfig
    if not inside:
        await asyncio.to_thread(_check_files, access.kubeconfig)
    api_client, new_configuration, config = await asyncio.to_thread(_packages)
    configuration = new_configuration(client_session_kwargs={"trust_env": False})
    try:
        if inside:
            namespace = await asyncio.to_thread(_inside, access, configuration, clock)
        else:
            namespace = await _outside(access, configuration, config)
        if access.trust_env and configuration.proxy is None:
            configuration.proxy = _proxy(configuration.host)
        client = await asyncio.to_thread(api_client, configuration)
    # A kubeconfig of an unexpected shape makes the loader fail in any of these ways.
    except (
        config.ConfigException,
        yaml.YAMLError,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
    ) as error:
        raise CannotOpenError(f"{type(error).__name__}: {error}") from None
    client.user_agent = "opsbot"
    return Opened(client, namespace)
