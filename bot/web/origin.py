"""Where a request of a browser comes from: not from another site's form, and not by a name that was pointed at us. Pure.

The Host header decides whether a page on loopback may be read: against DNS rebinding it must be a loopback name, or the
address that the operator gave.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_OURS = frozenset({"same-origin", "none"})


def from_this_site(headers: Mapping[str, str], public_url: str = "") -> bool:
    """For requests that change something.

    Browsers say Sec-Fetch-Site to https and loopback, and Origin with every POST; who says neither is no browser, and no
    other site can make it ask. (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OURS
    origin = headers.get("Origin")
    if origin is None:
        return True
    known = {_netloc(public_url), headers.get("Host", "").lower()} - {""}
    return _netloc(origin) in known


def host_is_local(host: str, public_url: str = "") -> bool:
    name = _name(f"//{host}")
    if not name:
        return False
    if name == "localhost" or name.endswith(".localhost") or name == _name(public_url):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def local_path(path: str) -> str:
    """A place of ours to go to after a form; anything that could lead elsewhere becomes the first page."""
    inside = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if inside and path.isprintable() and path.isascii() else "/"


def safe_link(url: str) -> str:
    """The address if a click on it is harmless, else nothing: alerts bring addresses of any scheme."""
    if not url.isprintable() or " " in url:  # no other white space is printable
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme.lower() in {"http", "https"} and parts.hostname else ""


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
