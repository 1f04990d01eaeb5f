"""What was said stays said: a text is held against a file of tests/golden, and messages are written so that people can review them."""

import itertools
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.delivery.blockkit import Block
from bot.delivery.message import Part

FOLDER = Path(__file__).parents[1] / "golden"


def check(name: str, actual: str) -> None:
    """`GOLDEN=write pytest tests/delivery tests/chat` writes them anew: then read the difference."""
    file = FOLDER / name
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(actual, encoding="utf-8")
    assert actual == file.read_text(encoding="utf-8")


def readable(parts: Iterable[Part], told: Collection[str] = ()) -> str:
    """Messages one below the other; blocks that are `told` already are only counted."""
    return "\n".join(line for part in parts for line in (f"--- {part.name}", *_part(part, told), ""))


def blocks_of(parts: Iterable[Part]) -> set[str]:
    return {block for part in parts for block in _drawn(part)}


def _part(part: Part, told: Collection[str]) -> Iterator[str]:
    message = part.message
    # The text of a thread's message is made of its blocks.
    if part.name == "top" or message.picture:
        yield f"{message.text}\n"
    for same, some in itertools.groupby(_drawn(part), lambda block: part.name != "top" and block in told):
        blocks = list(some)
        yield f"[… {len(blocks)} as above]" if same else "\n".join(blocks)
    if message.picture:
        yield f"[picture] {message.picture.title}"


def _drawn(part: Part) -> list[str]:
    return ["\n".join(_block(block)) for block in part.message.blocks]


def _block(block: Block) -> Iterator[str]:
    match block["type"]:
        case "divider":
            yield "[divider]"
        case "actions":
            yield f"[actions] {' '.join(_button(element) for element in block['elements'])}"
        case kind:
            for holder in _holders(block):
                first, *rest = holder["text"].split("\n")
                yield f"[{kind}] {first}"
                yield from (f"    {line}" for line in rest)


def _holders(block: Block) -> list[dict[str, Any]]:
    return [
        *([block["text"]] if "text" in block else []),
        *block.get("fields", ()),
        *block.get("elements", ()),
    ]


def _button(element: Block) -> str:
    return f"({element['text']['text'] if 'text' in element else element['type']})"
