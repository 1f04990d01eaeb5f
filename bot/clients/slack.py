"""The Web API of Slack for the outbox: one call each, no retries, every answer a value. The only importer of slack_sdk.

Nothing is repeated here, because only the outbox knows whether repeating may post twice. Nothing raises for what the
network or Slack does, and neither the token nor a body appears in a log line or a reason.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clients.slack_answers import Answer, accepted, carries, messages, opened, refused
from bot.clients.slack_responses import respond
from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.delivery.transport import (
    EVENT_TYPE,
    Ambiguous,
    Failure,
    Found,
    Mark,
    NotSent,
    Ok,
    Opened,
    Uploaded,
)

SLACK_URL = "https://slack.com/api/"
_PAGE = 200
_PAGES = 25
# Links never unfurl, and nothing in the text is taken for a name, an address or formatting.
_QUIET: Mapping[str, Any] = {"parse": "none", "link_names": False}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token is, and what it may do where Slack says so."""

    team: str
    user: str
    bot_id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    id: str
    name: str
    member: bool
    archived: bool


class SlackClient:
    def __init__(self, token: str, *, base_url: str = SLACK_URL, timeout: float = 10.0) -> None:
        # At its DEBUG level the library logs whole bodies.
        quiet = logging.getLogger("opsbot.slack_sdk")
        quiet.setLevel(logging.WARNING)
        self._timeout = timeout
        self._web = AsyncWebClient(
            token=token, base_url=base_url, timeout=max(int(timeout), 1), retry_handlers=[], logger=quiet
        )

    async def post(self, channel: str, message: Message, mark: Mark, *, thread: str = "") -> Ok | Failure:
        metadata = {
            "event_type": EVENT_TYPE,
            "event_payload": {"incident": mark.incident, "part": mark.part},
        }
        return accepted(
            await _asked(
                lambda: self._web.chat_postMessage(
                    channel=channel,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    metadata=metadata,
                    thread_ts=thread or None,
                    reply_broadcast=message.broadcast or None,
                    unfurl_links=False,
                    unfurl_media=False,
                    mrkdwn=False,
                    **_QUIET,
                )
            )
        )

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure:
        # Without blocks the earlier ones would stay.
        return accepted(
            await _asked(
                lambda: self._web.chat_update(
                    channel=channel, ts=ts, text=message.text, blocks=list(message.blocks), **_QUIET
                )
            )
        )

    async def delete(self, channel: str, ts: str) -> Ok | Failure:
        return accepted(await _asked(lambda: self._web.chat_delete(channel=channel, ts=ts)))

    async def locate(self, name: str) -> str | Failure:
        """Public and private ones need a scope each; that one of them is missing says nothing of the other."""
        refused: Failure | None = None
        for kind in ("public_channel", "private_channel"):
            found = await self._located(name, kind)
            if isinstance(found, str) and found:
                return found
            refused = refused or (None if isinstance(found, str) else found)
        return "" if refused is None else refused

    async def _located(self, name: str, kind: str) -> str | Failure:
        """Of the channels that the bot is in, which are few: in no other can it post."""
        cursor = ""
        for _ in range(_PAGES):
            answer = await _asked(
                partial(self._web.users_conversations, types=kind, limit=_PAGE, cursor=cursor or None)
            )
            if not isinstance(answer, Answer):
                return answer
            for channel in answer.data.get("channels") or ():
                if channel.get("name") == name:
                    return str(channel.get("id", ""))
            cursor = str((answer.data.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return ""

    async def find(self, channel: str, mark: Mark, *, since: datetime, thread: str = "") -> Found | Failure:
        """All pages are read: to say that a message is not there takes the whole time since."""
        stamps: set[str] = set()
        cursor = ""
        for _ in range(_PAGES):
            answer = await _asked(self._page(channel, since, thread, cursor))
            if not isinstance(answer, Answer):
                return answer
            stamps.update(message["ts"] for message in messages(answer) if carries(message, mark))
            cursor = str((answer.data.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return Found(tuple(sorted(stamps)))
        return (
            Found(tuple(sorted(stamps))) if stamps else Ambiguous("the channel's history is too long to read")
        )

    def _page(self, channel: str, since: datetime, thread: str, cursor: str) -> Callable[[], Awaitable[Any]]:
        window: dict[str, Any] = {
            "oldest": f"{since.timestamp():.6f}",
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _PAGE,
            "cursor": cursor or None,
        }
        if thread:
            return lambda: self._web.conversations_replies(channel=channel, ts=thread, **window)
        return lambda: self._web.conversations_history(channel=channel, **window)

    async def say(self, channel: str, message: Message, *, thread: str = "") -> Ok | Failure:
        """To people, once: without the metadata by which a delivery is found again."""
        return accepted(
            await _asked(
                lambda: self._web.chat_postMessage(
                    channel=channel,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    thread_ts=thread or None,
                    unfurl_links=False,
                    unfurl_media=False,
                    mrkdwn=False,
                    **_QUIET,
                )
            )
        )

    async def whisper(self, channel: str, user: str, message: Message) -> Ok | Failure:
        """Only that person sees it; it has no ts to come back to."""
        answer = await _asked(
            lambda: self._web.chat_postEphemeral(
                channel=channel, user=user, text=message.text, blocks=list(message.blocks) or None, **_QUIET
            )
        )
        return Ok(channel, "") if isinstance(answer, Answer) else answer

    async def respond(self, url: str, message: Message, *, public: bool, replace: bool) -> Ok | Failure:
        body = {
            "response_type": "in_channel" if public else "ephemeral",
            "replace_original": replace,
            "text": message.text,
            "blocks": list(message.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        return await respond(url, body, seconds=self._timeout)

    async def open_view(self, trigger: str, modal: Modal) -> Opened | Failure:
        return opened(await _asked(lambda: self._web.views_open(trigger_id=trigger, view=modal.to_json())))

    async def update_view(self, view: str, version: str, modal: Modal) -> Opened | Failure:
        content = modal.to_json()
        return opened(
            await _asked(lambda: self._web.views_update(view_id=view, hash=version or None, view=content))
        )

    async def open_socket(self, app_token: str) -> str | Failure:
        """The address of a WebSocket for Socket Mode; it is a secret, and good for one connection."""
        answer = await _asked(lambda: self._web.apps_connections_open(app_token=app_token))
        if not isinstance(answer, Answer):
            return answer
        url = answer.data.get("url")
        return url if isinstance(url, str) else Ambiguous("an answer without a url")

    async def upload(self, name: str, content: bytes, title: str) -> Uploaded | Failure:
        """Without a channel: nobody sees the file before a message names it."""
        answer = await _asked(lambda: self._web.files_upload_v2(content=content, filename=name, title=title))
        if not isinstance(answer, Answer):
            return answer
        files = answer.data.get("files")
        first = files[0] if isinstance(files, list) and files else None
        file = first.get("id") if isinstance(first, Mapping) else None
        return Uploaded(file) if isinstance(file, str) else Ambiguous("an answer without a file")

    async def identity(self) -> Identity | Failure:
        answer = await _asked(self._web.auth_test)
        if not isinstance(answer, Answer):
            return answer
        scopes = answer.headers.get("x-oauth-scopes", "")
        return Identity(
            str(answer.data.get("team", "")),
            str(answer.data.get("user", "")),
            str(answer.data.get("bot_id", "")),
            tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
        )

    async def members(self, group: str) -> frozenset[str] | Failure:
        """The ids of those who are in a user group."""
        answer = await _asked(lambda: self._web.usergroups_users_list(usergroup=group))
        if not isinstance(answer, Answer):
            return answer
        users = answer.data.get("users")
        return frozenset(map(str, users)) if isinstance(users, list) else Ambiguous("an answer without users")

    async def channel(self, channel_id: str) -> ChannelInfo | Failure:
        answer = await _asked(lambda: self._web.conversations_info(channel=channel_id))
        if not isinstance(answer, Answer):
            return answer
        found = answer.data.get("channel") or {}
        return ChannelInfo(
            str(found.get("id", channel_id)),
            str(found.get("name", "")),
            bool(found.get("is_member")),
            bool(found.get("is_archived")),
        )


async def _asked(call: Callable[[], Awaitable[Any]]) -> Answer | Failure:
    try:
        response = await call()
    except SlackApiError as error:
        return refused(error.response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        return NotSent(type(error).__name__)
    except (aiohttp.ClientError, SlackRequestError, TimeoutError, OSError) as error:
        return Ambiguous(type(error).__name__)
    except (AttributeError, ValueError) as error:
        # The library's own, when an answer is not the JSON object that it expects.
        return Ambiguous(f"an answer that is not Slack's ({type(error).__name__})")
    return Answer(response.data, {name.lower(): value for name, value in response.headers.items()})
