"""What a Slack workspace holds and answers, without a network: channels, messages with their edits, limits and pace."""

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_limits import pings, refused
from tests.fakes.slack_replies import Reply, no, yes
from tests.fakes.slack_views import Views

BURST = 3
ALL_SCOPES = frozenset({"chat:write", "channels:history", "groups:history", "commands", "files:write"})


@dataclass(slots=True)
class Kept:
    """One message as Slack holds it. `edits` are the texts it had before."""

    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    thread_ts: str = ""
    edits: list[str] = field(default_factory=list)
    deleted: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)


class Workspace:
    """`pace` is the least number of seconds between two messages of a channel (with a small burst); 0 turns it off."""

    def __init__(self, *, pace: float = 0.0, clock: Callable[[], float] = time.time) -> None:
        self.pace = pace
        self.clock = clock
        self.scopes = set(ALL_SCOPES)
        self.channels: dict[str, list[Kept]] = {}
        self.names: dict[str, str] = {}
        self.refusals: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.bot_id = "B1"
        self.known_only = False
        self.page_size = 200
        self.pinged = 0
        self.malformed: list[str] = []
        self.upload_root = ""
        self.whispers: list[Kept] = []
        self.files: dict[str, bytes] = {}
        self.slow_files = 0
        self.views = Views(clock, self.malformed)
        self._last: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=BURST))
        self._stamp = 0

    def refuse(self, channel: str, error: str) -> None:
        """Everything in this channel is refused until it is mended with an empty error."""
        self.refusals[channel] = error

    def channel_id(self, name: str) -> str:
        name = name.removeprefix("#")
        if name not in self.names:
            self.names[name] = f"C{len(self.names):03}{name.upper().replace('-', '')}"
            self.channels[self.names[name]] = []
        return self.names[name]

    def live(self, name: str = "alerts", *, thread: str | None = None) -> list[Kept]:
        kept = self.channels.get(self.channel_id(name), [])
        return [m for m in kept if not m.deleted and (thread is None or m.thread_ts == thread)]

    def tops(self, name: str = "alerts") -> list[Kept]:
        return self.live(name, thread="")

    def remove(self, ts: str) -> None:
        for kept in self.channels.values():
            for message in kept:
                message.deleted = message.deleted or message.ts == ts

    def call(self, method: str, arguments: dict[str, Any]) -> Reply:
        handler = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "users.conversations": self._mine,
            "usergroups.users.list": self._group,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete_upload,
            "views.open": self.views.open,
            "views.update": self.views.update,
        }.get(method)
        return no("unknown_method") if handler is None else handler(arguments)

    # -- methods

    def _auth_test(self, arguments: dict[str, Any]) -> Reply:
        body = {"ok": True, "team": "Fake", "user": "opsbot", "bot_id": self.bot_id, "user_id": "U1"}
        return Reply(body, headers={"X-OAuth-Scopes": ",".join(sorted(self.scopes))})

    def _post(self, arguments: dict[str, Any]) -> Reply:
        asked = str(arguments.get("channel", ""))
        channel = asked if asked in self.channels else "" if self.known_only else self.channel_id(asked)
        if error := self._closed(channel, "chat:write"):
            return no(error)
        if wait := self._too_fast(channel):
            return Reply({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(wait)})
        if error := self._malformed(arguments, update=False) or self._unknown_file(arguments):
            return no(error)
        thread = str(arguments.get("thread_ts") or "")
        if thread and self._find(channel, thread) is None:
            return no("thread_not_found")
        self._stamp += 1
        ts = f"{int(self.clock())}.{self._stamp:06}"
        blocks, metadata = arguments.get("blocks") or [], arguments.get("metadata")
        message = Kept(ts, arguments.get("text") or "", blocks, metadata, thread, arguments=arguments)
        self.pinged += pings(arguments)
        self.channels[channel].append(message)
        return yes(channel=channel, ts=ts)

    def _update(self, arguments: dict[str, Any]) -> Reply:
        channel = str(arguments.get("channel", ""))
        refusal = self._closed(channel, "chat:write") or self._malformed(arguments, update=True)
        if error := refusal or self._unknown_file(arguments):
            return no(error)
        message = self._find(channel, str(arguments.get("ts", "")))
        if message is None:
            return no("message_not_found")
        message.edits.append(message.text)
        message.text, message.blocks = arguments.get("text") or "", arguments.get("blocks") or []
        self.pinged += pings(arguments)
        return yes(channel=channel, ts=message.ts)

    def _whisper(self, arguments: dict[str, Any]) -> Reply:
        channel = str(arguments.get("channel", ""))
        if error := self._closed(channel, "chat:write") or self._malformed(arguments, update=False):
            return no(error)
        if not arguments.get("user"):
            return no("user_not_in_channel")
        self.pinged += pings(arguments)
        text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
        self.whispers.append(Kept("", text, blocks, None, arguments=arguments))
        return yes(message_ts=f"{int(self.clock())}.000000")

    def _delete(self, arguments: dict[str, Any]) -> Reply:
        channel = str(arguments.get("channel", ""))
        message = self._find(channel, str(arguments.get("ts", "")))
        if message is None:
            return no("message_not_found")
        message.deleted = True
        return yes(channel=channel, ts=message.ts)

    def _history(self, arguments: dict[str, Any]) -> Reply:
        return self._listing(arguments, thread="")

    def _replies(self, arguments: dict[str, Any]) -> Reply:
        thread = str(arguments.get("ts", ""))
        if self._find(str(arguments.get("channel", "")), thread) is None:
            return no("thread_not_found")
        return self._listing(arguments, thread=thread)

    def _listing(self, arguments: dict[str, Any], *, thread: str) -> Reply:
        channel = str(arguments.get("channel", ""))
        if error := self._closed(channel, "channels:history"):
            return no(error)
        oldest = float(arguments.get("oldest") or 0)
        chosen = [m for m in self.channels[channel] if not m.deleted and float(m.ts) >= oldest]
        chosen = [
            m for m in reversed(chosen) if thread in {m.thread_ts, m.ts} and (thread or not m.thread_ts)
        ]
        start = int(arguments.get("cursor") or 0)
        end = start + min(int(arguments.get("limit") or 100), self.page_size)
        with_metadata = str(arguments.get("include_all_metadata")).lower() in {"1", "true"}
        messages = [
            {"type": "message", "ts": m.ts, "text": m.text, "thread_ts": m.thread_ts}
            | ({"metadata": m.metadata} if with_metadata and m.metadata else {})
            for m in chosen[start:end]
        ]
        cursor = str(end) if end < len(chosen) else ""
        return yes(messages=messages, has_more=bool(cursor), response_metadata={"next_cursor": cursor})

    def _group(self, arguments: dict[str, Any]) -> Reply:
        if "usergroups:read" not in self.scopes:
            return no("missing_scope")
        users = self.groups.get(str(arguments.get("usergroup", "")))
        return no("no_such_subteam") if users is None else yes(users=users)

    def _info(self, arguments: dict[str, Any]) -> Reply:
        channel = str(arguments.get("channel", ""))
        if channel not in self.channels:
            return no("channel_not_found")
        name = next(name for name, known in self.names.items() if known == channel)
        error = self.refusals.get(channel, "")
        member, archived = error != "not_in_channel", error == "is_archived"
        return yes(channel={"id": channel, "name": name, "is_member": member, "is_archived": archived})

    def _mine(self, arguments: dict[str, Any]) -> Reply:
        """https://docs.slack.dev/reference/methods/users.conversations; all are public here."""
        kind = str(arguments.get("types", "public_channel"))
        if {"public_channel": "channels:read", "private_channel": "groups:read"}[kind] not in self.scopes:
            return no("missing_scope")
        held = list(self.names.items()) if kind == "public_channel" else []
        return yes(channels=[{"id": known, "name": name} for name, known in held])

    def _upload_url(self, arguments: dict[str, Any]) -> Reply:
        if "files:write" not in self.scopes:
            return no("missing_scope")
        file = f"F{len(self.files):03}"
        self.files[file] = b""
        return yes(file_id=file, upload_url=f"{self.upload_root}{file}")

    def _complete_upload(self, arguments: dict[str, Any]) -> Reply:
        files = arguments.get("files")
        named = json.loads(files) if isinstance(files, str) else files or []
        if not all(self.files.get(file["id"]) for file in named):
            return no("file_not_found")
        return yes(files=[{"id": file["id"], "title": file.get("title", "")} for file in named])

    def _unknown_file(self, arguments: dict[str, Any]) -> str:
        """A block may name a file only some moments after it was uploaded: `slow_files` posts are refused till then."""
        images = [block for block in arguments.get("blocks") or [] if block.get("type") == "image"]
        if images and self.slow_files:
            self.slow_files -= 1
            return "invalid_blocks"
        known = all(self.files.get(block["slack_file"]["id"]) for block in images)
        return "" if known else "invalid_blocks"

    # -- rules

    def _malformed(self, arguments: dict[str, Any], *, update: bool) -> str:
        """Nothing of ours ever is: who sends such a thing on purpose takes it off the list."""
        error = refused(arguments, update=update)
        if error:
            self.malformed.append(error)
        return error

    def _closed(self, channel: str, scope: str) -> str:
        if scope not in self.scopes:
            return "missing_scope"
        return "channel_not_found" if channel not in self.channels else self.refusals.get(channel, "")

    def _too_fast(self, channel: str) -> int:
        if not self.pace:
            return 0
        now, last = self.clock(), self._last[channel]
        if len(last) == BURST and now - last[0] < self.pace * (BURST - 1):
            return max(int(self.pace), 1)
        last.append(now)
        return 0

    def _find(self, channel: str, ts: str) -> Kept | None:
        kept = self.channels.get(channel, [])
        return next((m for m in kept if m.ts == ts and not m.deleted), None)
