"""Is everything worded? For contract tests of runbooks and for the check of a team's own at start. Says, never mends.

A language must have its own words; only `commands` and `patch` of a fix may come from English.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.delivery.dictionary import CHANGES
from bot.delivery.phrases import PHRASES, with_phrases
from bot.delivery.sandbox import TEMPLATE_FAILURES
from bot.delivery.words import Words, change_path
from bot.model import Change, Chart, Finding, Fix, Target, Verdict

_ANY = Target("default", "namespace", "Deployment", "name")


def missing_words(words: Words, finding: Finding, target: Target = _ANY) -> list[str]:
    """Every sentence of this finding that is missing or cannot be rendered, as `book.path: why`."""
    context = {**finding.facts, "target": target}
    wanted: list[tuple[Sequence[str], Mapping[str, Any]]] = [(("causes", finding.cause, "name"), {})]
    wanted += [(path, context) for path in _verdict_paths(words, finding)]
    for seen in finding.evidence:
        wanted.append((("observations", seen.key), {**seen.facts, "target": target}))
    for fix in finding.fixes:
        wanted += [(path, {**context, **fix.facts}) for path in _fix_paths(words, finding.runbook, fix)]
    for chart in finding.charts:
        wanted += [(path, {**chart.facts, "target": target}) for path in _chart_paths(chart)]
    return [why for path, facts in wanted for why in _wrong(words, finding.runbook, path, facts)]


def missing_words_of_change(words: Words, change: Change, target: Target = _ANY) -> list[str]:
    context = {**change.facts, "object": change.object, "target": target}
    return _wrong(words, CHANGES, change_path(words.dictionary, change.key), context)


def missing_words_of_runbook(words: Words, runbook: str, causes: Iterable[str]) -> list[str]:
    """What is needed whatever is found: the runbook's title and summary, and the name of every cause."""
    paths: list[Sequence[str]] = [("title",), ("summary",)]
    paths += [("causes", cause, "name") for cause in causes]
    untold = [
        f"{words.language}/{runbook}.yaml: {PHRASES}.{name} is missing"
        for name in words.dictionary.find(runbook, PHRASES) or ()
        if words.dictionary.own(runbook, PHRASES, name) is None
    ]
    return untold + [why for path in paths for why in _wrong(words, runbook, path, {})]


def unreadable_sentences(words: Words, runbook: str) -> list[str]:
    """Sentences that no finding could ever be told with, because they are no templates."""
    wrong: list[str] = []
    for path, source in _sentences(words.dictionary.own(runbook), ()):
        try:
            words.template(source)
        except TEMPLATE_FAILURES as error:
            wrong.append(f"{words.language}/{runbook}.yaml: {'.'.join(path)}: {error}")
    return wrong


def _sentences(content: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match content:
        case str():
            yield at, content
        case Mapping():
            for key, inner in content.items():
                yield from _sentences(inner, (*at, str(key)))
        case list():
            for number, inner in enumerate(content):
                yield from _sentences(inner, (*at, str(number)))


def _verdict_paths(words: Words, finding: Finding) -> list[Sequence[str]]:
    at = ("causes", finding.cause)
    match finding.verdict:
        case Verdict.NOT_CHECKED:
            return []
        case Verdict.RULED_OUT:
            return [] if "explained" in finding.facts else [(*at, "ruled_out")]
        case Verdict.LIKELY if words.dictionary.own(finding.runbook, *at, "likely") is not None:
            verdict = Verdict.LIKELY
        case _:
            verdict = Verdict.CONFIRMED
    return [(*at, verdict.value, "title"), (*at, verdict.value, "detail")]


def _fix_paths(words: Words, runbook: str, fix: Fix) -> list[Sequence[str]]:
    at = ("fixes", fix.key)
    optional = [
        (*at, key) for key in ("commands", "patch") if words.dictionary.find(runbook, *at, key) is not None
    ]
    return [(*at, "title"), (*at, "risk"), (*at, "verify"), *optional]


def _chart_paths(chart: Chart) -> list[Sequence[str]]:
    at = ("charts", chart.key)
    curves = [(*at, "curves", curve.key) for curve in chart.curves]
    return [(*at, "title"), (*at, "unit"), *curves, *((*at, "levels", key) for key in sorted(chart.levels))]


def _wrong(words: Words, book: str, path: Sequence[str], context: Mapping[str, Any]) -> list[str]:
    where = f"{words.language}/{book}.yaml: {'.'.join(path)}"
    look = words.dictionary.find if path[-1] in {"commands", "patch"} else words.dictionary.own
    found = look(book, *path)
    if found is None:
        return [f"{where} is missing"]
    wrong: list[str] = []
    for source in found if isinstance(found, list) else [found]:
        try:
            if not words.render(str(source), with_phrases(words, book, context)):
                wrong.append(f"{where} is empty")
        except TEMPLATE_FAILURES as error:
            wrong.append(f"{where}: {error}")
    return wrong
