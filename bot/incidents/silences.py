"""What a silence would be: its matchers, its end, and which alerts it would hide. Pure; asks and makes nothing.

A silence hides from everybody who listens to Alertmanager, so its matchers are the narrowest that fit the incident, and
what else they hide is told before anything is made. What cannot be done is a `Problem`, worded under `silence` in
templates/*/common.yaml.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.delivery.plaintext import clean, cut, one_line
from bot.matchers import Matcher, MatcherError, match_all, parse_matchers
from bot.model import Incident
from bot.silence import KnownAlert

# As redaction leaves it in a label: no alert of Alertmanager has this value.
REDACTED = "[redacted]"
_COMMENT = 1_000
_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no silence. `key` names its sentence."""

    key: str
    facts: Mapping[str, str | float] = field(default_factory=dict)


# By the key of the error.
_UNREAD = {
    "empty": Problem("matcher_empty"),
    "unclear": Problem("matcher_unclear"),
    "comma": Problem("matcher_comma"),
    "regex": Problem("matcher_regex"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What the matchers would hide now. `here` are alerts of the incident, `others` are the surprise; `missed` counts the
    incident's alerts that would go on, `receivers` are those beside the incident's own that would not hear of it.
    """

    matchers: tuple[Matcher, ...]
    here: tuple[KnownAlert, ...]
    others: tuple[KnownAlert, ...]
    missed: int
    receivers: tuple[str, ...]

    @property
    def hidden(self) -> int:
        return len(self.here) + len(self.others)

    @property
    def silenced(self) -> int:
        """How many of them another silence hides already."""
        return sum(alert.silenced for alert in (*self.here, *self.others))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Of all alerts that would be hidden, for who may."""
        return tuple(sorted({alert.labels.get("namespace", "") for alert in (*self.here, *self.others)}))


def narrowest(incident: Incident) -> tuple[Matcher, ...] | Problem:
    """The group's labels, and whatever else all alerts that fire have in common; equalities, in the order of names."""
    labels = [alert.labels for alert in incident.firing]
    if not labels:
        return Problem("nothing_fires")
    first, *rest = labels
    common = {name: value for name, value in first.items() if all(value == one.get(name) for one in rest)}
    fit = {
        name: value for name, value in {**common, **incident.group_labels}.items() if value and _exact(value)
    }
    return tuple(Matcher(name, "=", fit[name]) for name in sorted(fit)) or Problem("nothing_common")


def _exact(value: str) -> bool:
    return REDACTED not in value


def written(matchers: Iterable[Matcher]) -> tuple[str, ...]:
    return tuple(map(str, matchers))


def read(text: str) -> tuple[Matcher, ...] | Problem:
    """Matchers that a person wrote or changed, one a line or separated by commas."""
    # Not at every line end that Unicode knows: the others may stand in a value.
    lines = [line.strip().rstrip(",") for line in text.split("\n")]
    try:
        found = tuple(one for line in lines if line for one in parse_matchers(line))
    except MatcherError as error:
        facts = {name: cut(clean(text), _QUOTED) for name, text in error.facts.items()}
        return replace(_UNREAD[error.key], facts=facts)
    if not found:
        return Problem("matchers_none")
    # Alertmanager refuses it as well: it would hide everything. An absent label is an empty one.
    if match_all(found, {}):
        return Problem("matchers_everything")
    return tuple(dict.fromkeys(found))


def pinned(matchers: Iterable[Matcher]) -> str:
    """The one namespace whose alerts can be hidden, now and later; empty where any could be."""
    return next((one.value for one in matchers if (one.name, one.operator) == ("namespace", "=")), "")


def preview(incident: Incident, matchers: Sequence[Matcher], hidden: Iterable[KnownAlert]) -> Preview:
    ours = {alert.fingerprint for alert in incident.firing if alert.fingerprint}
    known = tuple(hidden)
    here = tuple(alert for alert in known if alert.fingerprint in ours)
    others = tuple(alert for alert in known if alert.fingerprint not in ours)
    everybody = {name for alert in known for name in alert.receivers}
    return Preview(
        tuple(matchers),
        here,
        others,
        len(ours - {alert.fingerprint for alert in here}),
        tuple(sorted(name for name in everybody if not _is(name, incident.receiver))),
    )


def _is(name: str, receiver: str) -> bool:
    """A receiver's name comes to us as a regular expression, with a backslash before what is special there."""
    return receiver in {name, re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", name)}


def mark(silence_id: str) -> str:
    """In the comment of a silence: by this it is found again when nobody knows whether it was made."""
    return f"[opsbot:{silence_id}]"


def said(reason: str) -> str:
    return cut(one_line(reason), _COMMENT)


def comment(why: str, by: str, about: str, silence_id: str) -> str:
    """For whoever meets the silence in Alertmanager: why, who, and where to read on."""
    return " ".join((why or "-", f"({one_line(by)}, {about})", mark(silence_id)))


def same(matchers: Iterable[str], others: Iterable[str]) -> bool:
    return set(matchers) == set(others)


def overview(alerts: Iterable[KnownAlert], most: int) -> tuple[str, ...]:
    """The first few, each by what tells it apart."""
    lines = (
        ", ".join(f"{name}={alert.labels[name]}" for name in _telling(alert.labels))
        for alert, _ in zip(alerts, range(most), strict=False)
    )
    return tuple(cut(one_line(line), 200) for line in lines)


def _telling(labels: Mapping[str, str]) -> list[str]:
    first = [name for name in ("alertname", "namespace") if name in labels]
    return first + sorted(set(labels) - {*first, "prometheus", "severity"})
