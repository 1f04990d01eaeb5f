"""`opsbot audit`: who did what, read from the store, beside a server that runs or without one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.commands.explain import Form
from bot.delivery.filters import time
from bot.delivery.plaintext import one_line
from bot.incidents.audit import Asked, Deed
from bot.incidents.spans import span_of
from bot.incidents.store import Store, now_utc
from bot.settings import Settings
from bot.web.auditing import document

_SCHEMA = 1
_MOST = 10_000


class UnclearSinceError(Exception):
    """The span of time cannot be understood; the message says what can be written."""


@dataclass(frozen=True, slots=True)
class Question:
    """As it was typed; what is empty is not asked for."""

    since: str = ""
    user: str = ""
    incident: str = ""
    limit: int = 200


async def audited(settings: Settings, question: Question, form: Form) -> str:
    span = _span(question.since) if question.since else None
    store = Store(settings.store_url.reveal(), replica="audit")
    try:
        await store.look()
        since = now_utc() - span if span else None
        asked = Asked(since, question.user, question.incident, limit=min(question.limit, _MOST))
        deeds = await store.deeds(asked)
    finally:
        await store.close()
    if form is Form.JSON:
        found = {"schema": _SCHEMA, "audit": [document(deed) for deed in deeds]}
        return json.dumps(found, ensure_ascii=False, indent=2)
    return _table(deeds) if deeds else "nothing that is remembered fits"


def _span(text: str) -> timedelta:
    span = span_of(text)
    if span is None or span > timedelta(days=36_500):
        raise UnclearSinceError(f"--since: {text!r} is not a span of time such as 90m, 24h or 7d")
    return span


def _table(deeds: Sequence[Deed]) -> str:
    """Newest last, as in a log: the end is what stays on the screen."""
    rows = [_row(deed) for deed in reversed(deeds)]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return "\n".join(
        "  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), *row[3:]]).rstrip()
        for row in rows
    )


def _row(deed: Deed) -> tuple[str, ...]:
    where = " ".join(part for part in (deed.person.via.value, deed.place) if part)
    about = f"[incident {deed.incident_id}]" if deed.incident_id else ""
    what = " ".join(part for part in (deed.action, deed.arguments, about) if part)
    return tuple(map(one_line, (time(deed.at), f"{deed.person} ({where})", deed.result, what)))
