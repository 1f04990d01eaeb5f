"""The style sheet and the script of the console, read once and served with an ETag. No build step, nobody else's server."""

import hashlib
from pathlib import Path

from aiohttp import hdrs, web

from bot.web.answers import STRICT, asked_for, etag_of

_FILES = {"console.css": "text/css", "console.js": "text/javascript"}


class Assets:
    """`version` changes with the files, so that an open page of an older release knows to load itself anew."""

    def __init__(self, folder: Path) -> None:
        self._bodies = {name: (folder / name).read_bytes() for name in _FILES}
        self.version = hashlib.sha256(b"".join(self._bodies.values())).hexdigest()[:12]

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        body = self._bodies.get(name)
        if body is None:
            raise web.HTTPNotFound
        headers = {**STRICT, hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: etag_of(body)}
        if asked_for(request, etag_of(body)):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=_FILES[name], charset="utf-8", headers=headers)
