"""Label and field selectors as the API server understands them; what it does not understand is a 400, as there."""

import re
from typing import Any

from tests.fakes.kubernetes.statuses import bad_request

_TERM = re.compile(
    r"\s*(?:(?P<absent>!\s*[\w./-]+)"
    r"|(?P<set>[\w./-]+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)"
    r"|(?P<key>[\w./-]+)\s*(?P<sign>==|!=|=)\s*(?P<value>[\w.-]*)"
    r"|(?P<exists>[\w./-]+))\s*(?:,|$)"
)

# Fields that a real API server selects by, per resource; any other is refused.
_COMMON = {"metadata.name": ("metadata", "name"), "metadata.namespace": ("metadata", "namespace")}
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "pods": {
        "spec.nodeName": ("spec", "nodeName"),
        "status.phase": ("status", "phase"),
        "spec.restartPolicy": ("spec", "restartPolicy"),
    },
    "events": {
        "type": ("type",),
        "reason": ("reason",),
        "involvedObject.kind": ("involvedObject", "kind"),
        "involvedObject.name": ("involvedObject", "name"),
        "involvedObject.namespace": ("involvedObject", "namespace"),
        "involvedObject.uid": ("involvedObject", "uid"),
    },
    "secrets": {"type": ("type",)},
    "nodes": {"spec.unschedulable": ("spec", "unschedulable")},
    "jobs": {"status.successful": ("status", "succeeded")},
}


def matches_labels(selector: str, labels: dict[str, str]) -> bool:
    position = 0
    while position < len(selector):
        term = _TERM.match(selector, position)
        if term is None or term.end() == position:
            raise bad_request(
                f'unable to parse requirement: found "{selector[position:]}", expected: identifier'
            )
        if not _holds(term, labels):
            return False
        position = term.end()
    return True


def _holds(term: re.Match[str], labels: dict[str, str]) -> bool:
    if term["absent"]:
        return term["absent"][1:].strip() not in labels
    if term["set"]:
        within = labels.get(term["set"]) in {value.strip() for value in term["values"].split(",")}
        return within if term["how"] == "in" else not within
    if term["key"]:
        equal = labels.get(term["key"]) == term["value"]
        return not equal if term["sign"] == "!=" else equal
    return term["exists"] in labels


def matches_fields(resource: str, selector: str, item: dict[str, Any]) -> bool:
    known = _COMMON | _FIELDS.get(resource, {})
    for term in re.split(r"(?<!\\),", selector):
        found = re.match(r"([\w.]+)(==|!=|=)(.*)", term)
        if found is None:
            raise bad_request(f'invalid selector: "{selector}"; can\'t understand "{term}"')
        key, sign, value = found.groups()
        if key not in known:
            raise bad_request(f"field label not supported: {key}")
        wanted = re.sub(r"\\(.)", r"\1", value)
        if (_at(item, known[key]) == wanted) is (sign == "!="):
            return False
    return True


def _at(item: Any, path: tuple[str, ...]) -> str:
    for key in path:
        item = item.get(key) if isinstance(item, dict) else None
    return "" if item is None else str(item)
