"""What the fake Slack answers to a call, with its status and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    body: dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def yes(**fields: Any) -> Reply:
    return Reply({"ok": True, **fields})


def no(error: str) -> Reply:
    return Reply({"ok": False, "error": error})
