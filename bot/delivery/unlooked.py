"""What is said where nobody looked: not yet, because nobody could, or because there was too much. Worded and pure."""

from collections.abc import Iterable

from bot.delivery.words import Words
from bot.model import Incident, IncidentState

_NAMED = 3


def unlooked(incident: Incident, words: Words) -> str:
    if incident.gave_up:
        return f"{words.common('lead', 'gave_up')} {words.common('lead', 'look_yourself')}."
    return words.label("diagnosing") if incident.state is IncidentState.FIRING else ""


def left_out(incident: Incident, names: Iterable[str], words: Words) -> str:
    """`names` are those of `left_out_targets`."""
    if not incident.left_out:
        return ""
    named = list(names)[:_NAMED]
    rest = incident.left_out - len(named)
    said = ", ".join(named) + (f" {words.label('more_names', count=rest)}" if rest else "")
    limit = len(incident.diagnoses)
    return words.label("left_out", count=incident.left_out, limit=limit, names=said)
