"""From facts to sentences: findings, fixes, observations, gaps and changes in one language, as plain text without markup.

A sentence that cannot be rendered becomes short plain words and counts in a metric: a typing error in a template must
never cost the message. Nothing here looks, decides or lays out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Template

from bot.delivery import filters
from bot.delivery.charts import Level, Picture, lines_of, summary
from bot.delivery.dictionary import CHANGES, CHAT, COMMON, TEMPLATES, Dictionary
from bot.delivery.particles import settled
from bot.delivery.phrases import with_phrases
from bot.delivery.plaintext import clean, cut, one_line
from bot.delivery.sandbox import TEMPLATE_FAILURES, sandbox
from bot.delivery.steps import Step, command_of, step_of
from bot.delivery.worded import (
    WordedChange,
    WordedDiagnosis,
    WordedEvidence,
    WordedFinding,
    WordedFix,
    WordedGap,
)
from bot.model import (
    Change,
    Chart,
    Diagnosis,
    Fact,
    Facts,
    Finding,
    Fix,
    Missing,
    Observation,
    Reason,
    Target,
    Verdict,
)
from bot.observe import WORDS_MISSED, log

_LINE = 400
_PROSE = 4000
# A command that was cut is dangerous to paste: a longer one is left out.
_COMMAND = 8000
_FACTS_TOLD = 6
_NAME = 120


class Words:
    """The words of one language. `folders` hold `<language>/*.yaml`; later ones win.

    `own` says where the words of a team's own runbooks are, by their names.
    """

    def __init__(
        self,
        language: str = "en",
        *,
        folders: Sequence[Path] = (TEMPLATES,),
        own: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        self.dictionary = Dictionary(language, folders, own)
        self.language = language
        self._units: Mapping[str, str] = self.dictionary.find(COMMON, "units") or {}
        self._environment = sandbox(finalize=self.finalize, duration=self.duration, ago=self.ago)
        self._compiled: dict[str, Template] = {}

    # -- small words

    def duration(self, seconds: object) -> str:
        return filters.span(seconds, self._units)

    def ago(self, seconds: object) -> str:
        return self.common("ago", span=self.duration(seconds))

    def finalize(self, value: Any) -> Any:
        """How a bare value reads in a sentence; what was not said is called unknown, never left blank."""
        if value is None:
            return self.common("unknown")
        if isinstance(value, bool):
            return self.common("yes" if value else "no")
        if isinstance(value, float):
            return filters.number_text(value)
        if isinstance(value, tuple | list):
            return ", ".join(str(self.finalize(item)) for item in value)
        return value

    def common(self, *path: str, **facts: Fact) -> str:
        """A word that all runbooks share, for example `common("labels", "since")`."""
        return self._say(COMMON, path, facts, limit=_PROSE) or path[-1].replace("_", " ")

    def label(self, key: str, **facts: Fact) -> str:
        return self.common("labels", key, **facts)

    def chat(self, *path: str, **facts: Fact) -> str:
        """A sentence to somebody who asked."""
        return self._say(CHAT, path, facts, limit=_PROSE) or path[-1].replace("_", " ")

    def runbook_title(self, runbook: str) -> str:
        return self._say(runbook, ("title",), {}, limit=_LINE) or _humanised(runbook)

    def runbook_summary(self, runbook: str) -> str:
        return self._say(runbook, ("summary",), {}, limit=_PROSE) or ""

    def cause_name(self, runbook: str, cause: str) -> str:
        return self._say(runbook, ("causes", cause, "name"), {}, limit=_LINE) or _humanised(cause)

    # -- diagnoses

    def word(self, diagnosis: Diagnosis) -> WordedDiagnosis:
        return WordedDiagnosis(
            diagnosis.target,
            diagnosis.runbooks,
            tuple(self.finding(finding, diagnosis.target) for finding in diagnosis.findings),
            tuple(self.change(change, diagnosis.target) for change in diagnosis.changes),
            tuple(self.gap(gap) for gap in diagnosis.gaps),
            diagnosis.took_ms,
        )

    def to_json(self, diagnosis: Diagnosis) -> dict[str, Any]:
        """The contract's document."""
        return self.word(diagnosis).to_json()

    def finding(self, finding: Finding, target: Target) -> WordedFinding:
        context = {**finding.facts, "target": target}
        gap = self.gap(finding.missing) if finding.missing else None
        title, detail = self._title(finding, context, gap)
        name = self.cause_name(finding.runbook, finding.cause)
        workloads = finding.facts.get("affected_workloads")
        return WordedFinding(
            finding.runbook,
            finding.cause,
            finding.verdict,
            self.common("explained_name", name=name) if "explained" in finding.facts else name,
            title,
            detail,
            tuple(self._evidence(finding.runbook, seen, target) for seen in finding.evidence),
            tuple(self._fix(finding, fix, context) for fix in finding.fixes),
            gap,
            tuple(self.picture(finding.runbook, chart, target) for chart in finding.charts),
            workloads if isinstance(workloads, int) else 1,
        )

    def change(self, change: Change, target: Target) -> WordedChange:
        context = {**change.facts, "object": change.object, "target": target}
        text = self._say(CHANGES, change_path(self.dictionary, change.key), context, limit=_LINE)
        return WordedChange(change.at, change.object, text or _plain_words(change.key, change.facts))

    def gap(self, missing: Missing) -> WordedGap:
        # A refusal says once more, in many words, who was refused what.
        detail = "" if missing.reason is Reason.FORBIDDEN else one_line(missing.detail)
        return WordedGap(
            self._missing(missing, one_line(missing.detail)), missing, self._missing(missing, detail)
        )

    def _missing(self, missing: Missing, detail: str) -> str:
        text = self.common(
            "missing",
            source=self.common("sources", missing.source.value),
            reason=self.common("reasons", missing.reason.value),
            what=" ".join(part for part in (missing.verb, missing.resource) if part),
            namespace=missing.namespace,
            detail=detail,
        )
        return cut(text, _PROSE)

    def picture(self, runbook: str, chart: Chart, target: Target) -> Picture:
        context = {**chart.facts, "target": target}

        def said(*path: str) -> str:
            return self._say(runbook, ("charts", chart.key, *path), context, limit=_LINE) or ""

        lines = lines_of(chart, lambda curve: said("curves", curve.key) or _humanised(curve.key))
        levels = tuple(
            Level(said("levels", key) or _humanised(key), value)
            for key, value in sorted(chart.levels.items())
        )
        return Picture(
            title=said("title") or _humanised(chart.key),
            text=summary(lines, levels, chart.unit, self.duration if chart.relative else None),
            unit=chart.unit,
            unit_name=said("unit") or chart.unit,
            time_name=self.label("chart_minutes" if chart.relative else "chart_time"),
            lines=lines,
            levels=levels,
            relative=chart.relative,
            mark=self.label("chart_mark"),
        )

    def _title(self, finding: Finding, context: Mapping[str, Any], gap: WordedGap | None) -> tuple[str, str]:
        name = self.cause_name(finding.runbook, finding.cause)
        if finding.verdict is Verdict.NOT_CHECKED:
            return self.common("not_checked", name=name), gap.text if gap else ""
        if finding.verdict is Verdict.RULED_OUT:
            if "explained" in finding.facts:
                return self.common("explained", name=name), ""
            path = ("causes", finding.cause, "ruled_out")
            said = self._say(finding.runbook, path, context, limit=_PROSE)
            return said or self.common("ruled_out", name=name), ""
        for verdict in dict.fromkeys((finding.verdict, Verdict.CONFIRMED)):
            path = ("causes", finding.cause, verdict.value)
            if self.dictionary.find(finding.runbook, *path) is not None:
                break
        title = self._say(finding.runbook, (*path, "title"), context, limit=_LINE)
        detail = self._say(finding.runbook, (*path, "detail"), context, limit=_PROSE)
        return title or _plain_words(name, finding.facts), detail or ""

    def _evidence(self, runbook: str, seen: Observation, target: Target) -> WordedEvidence:
        context = {**seen.facts, "target": target}
        text = self._say(runbook, ("observations", seen.key), context, limit=_PROSE)
        text = text or _plain_words(seen.key, seen.facts)
        return WordedEvidence(seen.source.value, text, clean(seen.reproduce), seen.at)

    def _fix(self, finding: Finding, fix: Fix, context: Mapping[str, Any]) -> WordedFix:
        context = {**context, **fix.facts}
        at = ("fixes", fix.key)
        return WordedFix(
            self._say(finding.runbook, (*at, "title"), context, limit=_LINE) or _humanised(fix.key),
            fix.layer.value,
            fix.lasting,
            tuple(map(command_of, self._list(finding.runbook, (*at, "commands"), context, limit=_COMMAND))),
            self._say(finding.runbook, (*at, "patch"), context, limit=_COMMAND) or "",
            self._say(finding.runbook, (*at, "risk"), context, limit=_PROSE) or "",
            tuple(map(self._check, self._list(finding.runbook, (*at, "verify"), context, limit=_COMMAND))),
            put_back_by="" if fix.lasting else cut(one_line(str(context.get("owner") or "")), _NAME),
            key=fix.key,
        )

    def _check(self, text: str) -> Step:
        step = step_of(text)
        if not (step.command and step.remark):
            return step
        return replace(step, remark=self.label("expect", remark=step.remark))

    # -- rendering

    def _list(
        self, book: str, path: Sequence[str], context: Mapping[str, Any], *, limit: int
    ) -> tuple[str, ...]:
        sources = self.dictionary.find(book, *path)
        said = (self._render(book, path, source, context, limit) for source in sources or ())
        return tuple(text for text in said if text)

    def _say(self, book: str, path: Sequence[str], context: Mapping[str, Any], *, limit: int) -> str | None:
        """The sentence at `path`, or None where there is none or it cannot be rendered."""
        source = self.dictionary.find(book, *path)
        return None if source is None else self._render(book, path, source, context, limit)

    def _render(
        self, book: str, path: Sequence[str], source: Any, context: Mapping[str, Any], limit: int
    ) -> str | None:
        try:
            text = self.render(str(source), with_phrases(self, book, context))
        except TEMPLATE_FAILURES as error:
            WORDS_MISSED.labels(book).inc()
            log.warning(
                "a sentence could not be worded",
                words=f"{self.language}/{book}.yaml",
                at=".".join(path),
                error=f"{type(error).__name__}: {error}",
            )
            return None
        if limit == _COMMAND:
            return text if len(text) <= limit else None
        return cut(one_line(text) if limit == _LINE else text, limit)

    def render(self, source: str, context: Mapping[str, Any]) -> str:
        """One sentence; raises one of TEMPLATE_FAILURES."""
        text = clean(self.template(source).render(context)).strip()
        return settled(text) if self.language == "ko" else text

    def template(self, source: str) -> Template:
        """Raises TemplateSyntaxError."""
        found = self._compiled.get(source)
        return found or self._compiled.setdefault(source, self._environment.from_string(source))


def change_path(dictionary: Dictionary, key: str) -> tuple[str, ...]:
    """Sentences of changes stand under `changes`, or at the top of their file."""
    return ("changes", key) if dictionary.find(CHANGES, "changes") is not None else (key,)


def _humanised(key: str) -> str:
    return key.replace("-", " ").replace("_", " ")


def _plain_words(key: str, facts: Facts) -> str:
    """What can be said without a sentence: the key and the first facts."""
    told = [
        f"{name} {one_line(str(value))}"
        for name, value in list(facts.items())[:_FACTS_TOLD]
        if value is not None and not isinstance(value, tuple | list)
    ]
    return cut(": ".join(filter(None, (_humanised(key), ", ".join(told)))), _LINE)
