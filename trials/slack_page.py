"""Messages as a page that looks like a chat on a phone or a desk: Block Kit in, HTML out, in the way its documents describe it.

For looking at layouts, not for proving them: what Slack refuses is known by tests/fakes/slack_limits.py. Nothing here words
or lays out a message, and nobody's name or sign is drawn but ours.
"""

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from bot.delivery.message import Message

STYLE = Path(__file__).with_name("slack_page.css")
_MARKUP = re.compile(r"<([^<>]*)>")
_FENCES = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_SPANS = ((86_400, "day", "일"), (3_600, "hour", "시간"), (60, "minute", "분"), (1, "second", "초"))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: when, in which zone, and in which language Slack is set."""

    now: datetime
    zone: tzinfo = UTC
    language: str = "en"

    def said(self, at: int, pattern: str) -> str:
        there = datetime.fromtimestamp(at, self.zone)
        tokens = {
            "{date_short_pretty}": self._day(there),
            "{time}": self.clock(there),
            "{ago}": self._ago(at),
        }
        for token, words in tokens.items():
            pattern = pattern.replace(token, words)
        return pattern

    def clock(self, there: datetime) -> str:
        if self.language == "ko":
            return f"{'오전' if there.hour < 12 else '오후'} {there:%-I:%M}"
        return f"{there:%-I:%M %p}"

    def _day(self, there: datetime) -> str:
        days = (there.date() - self.now.astimezone(self.zone).date()).days
        near = ("어제", "오늘", "내일") if self.language == "ko" else ("Yesterday", "Today", "Tomorrow")
        return near[days + 1] if abs(days) <= 1 else f"{there:%b %-d, %Y}"

    def _ago(self, at: int) -> str:
        left = max(self.now.timestamp() - at, 0)
        length, unit, korean = next((span for span in _SPANS if left >= span[0]), _SPANS[-1])
        count = round(left / length)
        return (
            f"{count}{korean} 전"
            if self.language == "ko"
            else f"{count} {unit}{'' if count == 1 else 's'} ago"
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """A message with what stands in its thread; `images` are the drawn pictures by their title. `rings`: it was posted as
    it is; an edit sends nobody a notification.
    """

    top: Message
    thread: Sequence[Message] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)
    rings: bool = True


def page(posted: Posted, reader: Reader, *, channel: str, thread: bool) -> str:
    """A channel with the message in it, or its thread."""
    shown = posted.thread if thread else (posted.top,)
    body = "".join(_message(one, reader, posted.images) for one in shown)
    replies = len(posted.thread)
    below = (
        ""
        if thread or not replies
        else f'<div class="replies">{replies} {"reply" if replies == 1 else "replies"}</div>'
    )
    glance = _glance(posted.top) if posted.rings and not thread else ""
    title = "Thread" if thread else html.escape(channel)
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE.read_text()}</style>'
        f'<body>{glance}<main><div class="bar">{title}</div>{body}{below}</main></body>'
    )


def _glance(message: Message) -> str:
    """What a lock screen shows of the text: four lines."""
    text = message.text.replace("\n", "<br>")
    return f"<aside><div><b>opsbot</b><p>{text}</p></div></aside>"


def _message(message: Message, reader: Reader, images: Mapping[str, bytes]) -> str:
    at = reader.clock(reader.now.astimezone(reader.zone))
    blocks = "".join(_block(block, reader) for block in message.blocks)
    blocks = blocks or f'<div class="section">{_mrkdwn(message.text, reader)}</div>'
    if message.picture and message.picture.title in images:
        data = base64.b64encode(images[message.picture.title]).decode()
        name = html.escape(message.picture.title)
        blocks += (
            f'<figure><figcaption>{name}</figcaption><img alt="" src="data:image/png;base64,{data}"></figure>'
        )
    return (
        f'<article><div class="face">ops</div><div class="said"><div class="who"><b>opsbot</b> <i>APP</i> {at}</div>'
        f"{blocks}</div></article>"
    )


def _block(block: Mapping[str, Any], reader: Reader) -> str:
    kind = block["type"]
    text = _text(block["text"], reader) if "text" in block else ""
    match kind:
        case "header":
            inside = f"<h2>{text}</h2>"
        case "section":
            cells = "".join(f"<div>{_text(one, reader)}</div>" for one in block.get("fields", ()))
            inside = text + (f'<div class="fields">{cells}</div>' if cells else "") + _beside(block)
        case "context":
            inside = "".join(f"<span>{_text(one, reader)}</span>" for one in block["elements"])
        case "actions":
            inside = "".join(map(_element, block["elements"]))
        case "input":
            inside = f"<label>{_text(block['label'], reader)}{_element(block['element'])}</label>"
        case "divider":
            inside = "<hr>"
        case _:
            inside = f"[{html.escape(str(kind))}]"
    return f'<div class="{kind}">{inside}</div>'


def _beside(block: Mapping[str, Any]) -> str:
    return _element(block["accessory"]) if "accessory" in block else ""


def _element(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "button":
            return f'<button class="{element.get("style", "")}">{element["text"]["text"]}</button>'
        case "overflow":
            return "<button>⋯</button>"
        case _:
            told = element.get("initial_value") or element.get("placeholder", {}).get("text", "")
            return f'<span class="field">{told}</span>'


def _text(text: Mapping[str, Any], reader: Reader) -> str:
    return _mrkdwn(text["text"], reader) if text["type"] == "mrkdwn" else _plain(text["text"])


def _plain(text: str) -> str:
    """Slack's three entities are HTML's too."""
    return text.replace("\n", "<br>")


def _mrkdwn(text: str, reader: Reader) -> str:
    pieces = _FENCES.split(text)
    return "".join(
        f"<pre>{piece}</pre>" if index % 2 else _inline(piece, reader) for index, piece in enumerate(pieces)
    )


def _inline(text: str, reader: Reader) -> str:
    text = _MARKUP.sub(lambda found: _linked(found[1], reader), text)
    for mark, tag in (("*", "b"), ("_", "em"), ("~", "s"), ("`", "code")):
        sign = re.escape(mark)
        pattern = rf"(?<![\w{sign}]){sign}(?=\S)([^{sign}\n]*[^\s{sign}]){sign}(?!\w)"
        text = _outside_tags(text, lambda part, p=pattern, t=tag: re.sub(p, rf"<{t}>\1</{t}>", part))
    return text.replace("\n", "<br>")


def _outside_tags(text: str, change: Callable[[str], str]) -> str:
    """Bold may hold a link, so that only the tags themselves are left alone."""
    tags: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        tags.append(found[0])
        return f"\x00{len(tags) - 1}\x00"

    changed = change(re.sub(r"<[^<>]+>", put_away, text))
    return re.sub(r"\x00(\d+)\x00", lambda found: tags[int(found[1])], changed)


def _linked(inside: str, reader: Reader) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        _, at, pattern, *_ = target.split("^")
        return f"<time>{reader.said(int(at), pattern)}</time>"
    if target.startswith(("http://", "https://")):
        return f"<u>{label or target}</u>"
    return f'<mark class="mention">{html.escape(inside)}</mark>'
