"""Which address that a workload is configured with may be asked: a Service of the cluster, or the server known already.

Pure. Whoever can edit a ConfigMap chooses the address, so it must not become a way to reach anything else: no IP address,
no name outside of the cluster, no credentials. https://owasp.org/Top10/A10_2021-Server-Side_Request_Forgery_%28SSRF%29/
"""

import re
from urllib.parse import SplitResult, urlsplit

# A Service begins with a letter, so that no name here can be read as an IPv4 address such as `0x7f000001`.
_SERVICE = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_NEAR = re.compile(rf"{_SERVICE}")
_NAMED = re.compile(rf"{_SERVICE}\.{_LABEL}")
# One label more is a pod of a headless Service.
_WHOLE = re.compile(rf"{_SERVICE}(?:\.{_LABEL}){{1,2}}\.svc(?:\.cluster\.local)?")
_PORTS = {"http": 80, "https": 443}


class NotAskedError(ValueError):
    """An address that is not asked; the message says why."""


def asked_at(url: str, own: str) -> str:
    """The address to ask: `url` itself, or with `.svc` where it could else lead out of the cluster."""
    try:
        parts = urlsplit(url.strip())
        place = _place(parts)
    except ValueError:
        raise NotAskedError("it is not a url") from None
    host, port = place
    if parts.scheme not in _PORTS or not host:
        raise NotAskedError("only http and https are asked")
    if "@" in parts.netloc:
        raise NotAskedError("it holds a user or a password")
    if parts.query or parts.fragment or not re.fullmatch(r"[\w.~/-]*", parts.path, re.ASCII):
        raise NotAskedError("it is more than the address of a server")
    if place != _place(urlsplit(own)):
        host = _inside(host)
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}:{port}{parts.path.rstrip('/')}"


def _place(parts: SplitResult) -> tuple[str, int]:
    port = parts.port
    return (parts.hostname or "").rstrip("."), _PORTS.get(parts.scheme, 0) if port is None else port


def _inside(host: str) -> str:
    """`name.namespace` is asked as `name.namespace.svc`: a resolver without the cluster's search list would go outside."""
    if host.partition(".")[0] == "localhost":
        raise NotAskedError("it is this machine")
    if _NAMED.fullmatch(host):
        return f"{host}.svc"
    if _NEAR.fullmatch(host) or _WHOLE.fullmatch(host):
        return host
    raise NotAskedError("only Services of the cluster are asked, by their names")
