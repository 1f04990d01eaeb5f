"""Alert rules as Prometheus loads them: out of rule files, PrometheusRule objects, and what Prometheus itself tells of its rules.

Pure. Expressions are not read; what is no alert rule is passed over, because recording rules stand beside them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

# libyaml's, where it is: kube-prometheus-stack has thousands of lines.
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RuleFileError(Exception):
    """There are no rules in it; the message is one sentence with its name."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """`labels` are those that the rule sets to fixed values; one with a template in it is known when it fires."""

    name: str
    labels: Mapping[str, str]
    group: str
    source: str


def rules_in(text: str, source: str) -> tuple[AlertRule, ...]:
    """Of a rule file, of PrometheusRule objects (several, or a list of them), or of the answer of /api/v1/rules."""
    try:
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise RuleFileError(f"{source} is no YAML{where}") from None
    groups = [group for document in documents for group in _groups(document)]
    if not groups:
        raise RuleFileError(f"{source} has no rule groups; give a rule file, or PrometheusRule objects")
    return tuple(rule for group in groups for rule in _alerts(group, source))


def rules_of(document: Any, source: str) -> tuple[AlertRule, ...]:
    """Of the answer of /api/v1/rules."""
    return tuple(rule for group in _groups(document) for rule in _alerts(group, source))


def _groups(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, dict):
        return
    for one in _list(document, "items"):
        yield from _groups(one)
    for inside in ("spec", "data"):
        yield from _groups(document.get(inside))
    yield from (group for group in _list(document, "groups") if isinstance(group, dict))


def _alerts(group: Mapping[str, Any], source: str) -> Iterator[AlertRule]:
    for rule in _list(group, "rules"):
        if not isinstance(rule, dict):
            continue
        # A file says `alert: NAME`, Prometheus itself `type: alerting, name: NAME`.
        name = rule.get("name") if rule.get("type") == "alerting" else rule.get("alert")
        if name:
            yield AlertRule(str(name), _fixed(rule.get("labels")), str(group.get("name", "")), source)


def _fixed(labels: Any) -> Mapping[str, str]:
    pairs = labels.items() if isinstance(labels, dict) else ()
    return {str(name): str(value) for name, value in pairs if "{{" not in str(value)}


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key)
    return found if isinstance(found, list) else []
