"""Whether somebody sees an incident from where they ask: all of it, or nothing. Judges by whom `Access` lets in, and asks nothing else.

An incident is not shown without those of its alerts that somebody may not see.
"""

from collections.abc import Iterable

from bot.chat.ports import EVERYWHERE, Access, Refusal
from bot.heard import Heard
from bot.model import Incident


def spaces_of(incident: Incident) -> frozenset[str]:
    """The namespaces that an incident tells of; `EVERYWHERE` for what is in none."""
    found = {target.namespace or EVERYWHERE for target in incident.targets}
    return frozenset(found | {alert.labels.get("namespace") or EVERYWHERE for alert in incident.alerts})


def refusal(access: Access, heard: Heard, action: str, spaces: Iterable[str]) -> Refusal | None:
    """The first of what stands against it."""
    answers = (access.may(heard.user, heard.channel, action, space) for space in sorted(spaces))
    return next((answer for answer in answers if answer is not None), None)
