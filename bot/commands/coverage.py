"""`opsbot coverage`: which alert rules name the problem of a runbook, and which are left to the state of their workload.

Told from what is fixed in a rule: its name and its labels. What a matcher asks of a label that comes with the alert is
said as a condition.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.catalogue import Catalogue, catalogue_of
from bot.commands.checks import gap
from bot.commands.diagnose import CannotLookError
from bot.commands.explain import Form
from bot.commands.rule_files import AlertRule, RuleFileError, rules_in, rules_of
from bot.connections import clients_of
from bot.delivery.plaintext import one_line
from bot.diagnosis.choosing import FALLBACK, Chooser
from bot.diagnosis.sources import Unavailable
from bot.matchers import Matcher
from bot.settings import Settings

_SCHEMA = 1
_NOTE = (
    f"The others are looked at by {FALLBACK}, and by the runbooks that recognise the workload or the kind of object: "
    "opsbot runbooks show NAME. A name of your own is led to a runbook by runbooks.match."
)


@dataclass(frozen=True, slots=True)
class _Covered:
    """`runbooks` with the matchers that depend on the alert; empty where none names this rule."""

    rule: AlertRule
    runbooks: Mapping[str, tuple[tuple[Matcher, ...], ...]]


async def coverage(settings: Settings, files: Sequence[str], form: Form) -> str:
    catalogue = await catalogue_of(settings.runbooks)
    catalogue.tell()
    if files:
        rules = [rule for file in files for rule in await asyncio.to_thread(_read, file)]
    else:
        rules = await _loaded(settings)
    chooser = Chooser(catalogue.runbooks, catalogue.extra_matches(settings.runbooks.match))
    told = [
        _Covered(rule, chooser.named_by({**rule.labels, "alertname": rule.name})) for rule in _ordered(rules)
    ]
    unnamed = _unnamed(catalogue, told)
    return _document(told, unnamed) if form is Form.JSON else _text(told, unnamed)


def _read(file: str) -> tuple[AlertRule, ...]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise RuleFileError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RuleFileError(f"{file} is no text") from None
    return rules_in(text, "standard input" if file == "-" else file)


async def _loaded(settings: Settings) -> list[AlertRule]:
    """What every Prometheus of the configuration has loaded."""
    found: list[AlertRule] = []
    asked = False
    async with AsyncExitStack() as stack:
        for cluster in settings.clusters:
            prometheus = (await clients_of(stack, cluster)).prometheus
            if prometheus is None:
                continue
            asked = True
            source = f"prometheus of {cluster.name}"
            answer = await prometheus.alert_rules()
            if isinstance(answer, Unavailable):
                raise CannotLookError(f"{source}: {gap(answer)}")
            found += rules_of(answer, source)
    if not asked:
        raise RuleFileError(
            "no Prometheus is configured: set PROMETHEUS_URL, or give the rules with --rules FILE"
        )
    return found


def _ordered(rules: Sequence[AlertRule]) -> list[AlertRule]:
    """Each once: several replicas load the same, and a list must not depend on the order of files."""
    known = {(one.name, one.group, one.source, tuple(sorted(one.labels.items()))): one for one in rules}
    return [known[key] for key in sorted(known)]


def _unnamed(catalogue: Catalogue, told: Sequence[_Covered]) -> tuple[str, ...]:
    named = {name for one in told for name in one.runbooks}
    return tuple(name for name in catalogue.names if name not in named and name != FALLBACK)


def _document(told: Sequence[_Covered], unnamed: Sequence[str]) -> str:
    document = {
        "schema": _SCHEMA,
        "with_runbook": sum(bool(one.runbooks) for one in told),
        "without": sum(not one.runbooks for one in told),
        "rules": [_entry(one) for one in told],
        "runbooks_without_rule": list(unnamed),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _entry(one: _Covered) -> dict[str, Any]:
    runbooks = [
        {"name": name, "when": [",".join(map(str, all_of)) for all_of in ways if all_of]}
        for name, ways in one.runbooks.items()
    ]
    rule = one.rule
    return {
        "alert": rule.name,
        "group": rule.group,
        "source": rule.source,
        "labels": dict(sorted(rule.labels.items())),
        "runbooks": runbooks,
    }


def _text(told: Sequence[_Covered], unnamed: Sequence[str]) -> str:
    """A name stands once, whatever its severities and files."""
    answers: dict[str, dict[str, None]] = {}
    for one in told:
        names = answers.setdefault(one_line(one.rule.name), {})
        names.update(dict.fromkeys(_answer(name, ways) for name, ways in one.runbooks.items()))
    with_runbook = {name: ", ".join(said) for name, said in answers.items() if said}
    without = [name for name, said in answers.items() if not said]
    paragraphs = [
        f"{len(answers)} alerts in {len(told)} rules: {len(with_runbook)} with a runbook, {len(without)} without"
    ]
    if with_runbook:
        width = max(map(len, with_runbook))
        rows = (f"  {name:{width}}  {said}" for name, said in with_runbook.items())
        paragraphs.append("\n".join(("With a runbook:", *rows)))
    if without:
        paragraphs.append("\n".join(("Without:", *(f"  {name}" for name in without), _NOTE)))
    if unnamed:
        paragraphs.append(f"No rule names the problem of: {', '.join(unnamed)}")
    return "\n\n".join(paragraphs)


def _answer(name: str, ways: Sequence[Sequence[Matcher]]) -> str:
    if not all(ways):
        return name
    conditions = " or ".join(dict.fromkeys(",".join(map(str, all_of)) for all_of in ways))
    return f"{name} (where {conditions})"
