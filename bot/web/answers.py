"""Answers of the console: strict headers on every one, an ETag where the same page is asked for again and again."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import hdrs, web

# Nothing but our own files runs or is loaded, whatever an alert smuggled into a page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
STRICT: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that a browser calls our own forms' origin "null", and they look like another site's.
    # https://fetch.spec.whatwg.org/#append-a-request-origin-header
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_UNKEPT: dict[str, str] = {**STRICT, "Cache-Control": "no-store"}
_WORTH_COMPRESSING = 2048
_UNNAMEABLE = re.compile(r"[^\w.-]", re.ASCII)


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def page(request: web.Request, html: str, *, status: int = 200) -> web.Response:
    """A page, or 304 if that is the one the browser shows already."""
    body = html.encode("utf-8", "replace")
    etag = etag_of(body)
    if status == 200 and asked_for(request, etag):
        return web.Response(status=304, headers=_UNKEPT | {"ETag": etag})
    response = web.Response(
        body=body,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=_UNKEPT | {"ETag": etag},
    )
    if len(body) > _WORTH_COMPRESSING:
        response.enable_compression()
    return response


def document(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON. A lone surrogate, which JSON lets through and UTF-8 does not, stays an escape."""
    text = json.dumps(content, ensure_ascii=True)
    return web.Response(
        text=text,
        status=status,
        content_type="application/json",
        headers={**_UNKEPT, **(headers or {})},
    )


def download(body: bytes, name: str) -> web.Response:
    """JSON that a browser puts into a file."""
    bare = _UNNAMEABLE.sub("-", name)
    response = web.Response(
        body=body,
        content_type="application/json",
        headers=_UNKEPT | {"Content-Disposition": f'attachment; filename="{bare}"'},
    )
    if len(body) > _WORTH_COMPRESSING:
        response.enable_compression()
    return response


def error(sentence: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return document({"error": sentence}, status=status, headers=headers)


def go_to(path: str) -> web.Response:
    return web.Response(status=303, headers=_UNKEPT | {"Location": path})


def asked_for(request: web.Request, etag: str) -> bool:
    offered = (
        tag.strip().removeprefix("W/") for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")
    )
    return etag in offered
