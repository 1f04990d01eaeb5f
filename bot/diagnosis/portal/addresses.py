"""Where a workload looks for its Prometheus, and under which path that Prometheus answers. Pure; asks nobody.

`--web.route-prefix` moves the whole API, and its default is the path of `--web.external-url`:
https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import urlsplit

from bot.diagnosis.evidence import PodTemplate

_ROUTE, _EXTERNAL = "--web.route-prefix", "--web.external-url"
_SERVICE = re.compile(
    r"([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)(?:\.([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)(?:\.svc(?:\.[\w.-]+)?)?)?"
)
# What clients append themselves, so that it is not part of the base address.
_API = re.compile(r"/(?:api/v1(?:/query(?:_range)?)?)/?$")


@dataclass(frozen=True, slots=True)
class Address:
    """`url` as configured, without a trailing slash."""

    url: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path.rstrip("/")

    @property
    def origin(self) -> str:
        return self.url[: len(self.url) - len(urlsplit(self.url).path)].rstrip("/")

    def under(self, prefix: str) -> "Address":
        return replace(self, url=self.origin + prefix)

    def at_service(self, namespace: str, name: str) -> "Address":
        """The same server by the name that holds in every namespace."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return Address(f"{parts.scheme}://{name}.{namespace}.svc{port}{self.path}")

    def service(self, namespace: str) -> tuple[str, str] | None:
        """(namespace, name) of the Service that the host names; None for a host outside of the cluster."""
        match = _SERVICE.fullmatch(urlsplit(self.url).hostname or "")
        return (match[2] or namespace, match[1]) if match else None


def address(value: str) -> Address | None:
    """None for what is no address of a server, such as a redacted value or a bare word."""
    try:
        parts = urlsplit(value.strip())
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if not fine or parts.query or parts.fragment:
        return None
    return Address(_API.sub("", value.strip()).rstrip("/"))


def route_prefix(template: PodTemplate) -> str | None:
    """The path under which the Prometheus of this template answers, empty for the root; None where none runs."""
    for spec in template.containers:
        words = (*spec.command, *spec.args)
        if not _runs_prometheus(spec.image, words):
            continue
        route = next(_values(words, _ROUTE), None)
        if route is None:
            external = next(_values(words, _EXTERNAL), "")
            route = urlsplit(external).path if external else ""
        return "/" + route.strip("/") if route.strip("/") else ""
    return None


def _runs_prometheus(image: str, words: tuple[str, ...]) -> bool:
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return name == "prometheus" or any(word.startswith(("--storage.tsdb.", _ROUTE)) for word in words)


def _values(words: tuple[str, ...], flag: str) -> Iterator[str]:
    """Of `--flag=value` and `--flag value`."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        if word == flag:
            yield following
        elif word.startswith(f"{flag}="):
            yield word.partition("=")[2]
