"""The two floors that the webhook is measured against, on the same aiohttp: `python -m bench.floors bare|commit`.

`bare` reads the body and answers. `commit` also keeps the body in SQLite (WAL, synchronous=FULL), all requests that wait
at one moment sharing one transaction: the least that "200 only after it is durable" can cost.
"""

import asyncio
import os
import sqlite3
import sys

from aiohttp import web


class Committer:
    def __init__(self) -> None:
        self._db = sqlite3.connect("floor.db", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE body (id INTEGER PRIMARY KEY, body BLOB)")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    def _write(self, bodies: list[tuple[bytes]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO body (body) VALUES (?)", bodies)
        self._db.execute("COMMIT")

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._write, [(body,) for body, _ in batch])
            for _, future in batch:
                future.set_result(None)

    async def keep(self, body: bytes) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, future))
        self._wake.set()
        await future


async def serve(kind: str) -> None:
    committer = Committer() if kind == "commit" else None

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        if committer:
            await committer.keep(body)
        return web.json_response({"status": "kept"})

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application(client_max_size=8 * 2**20)
    app.add_routes([web.post("/webhooks/alertmanager", hook), web.get("/readyz", ready)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["OPSBOT_PORT"])).start()
    if committer:
        await committer.run()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
