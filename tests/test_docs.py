"""The documents tell the truth: links lead somewhere, every setting and metric they name exists and none is left out."""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from bot.delivery.dictionary import TEMPLATES
from bot.delivery.words import Words
from bot.diagnosis.checking import check_catalog
from bot.incidents.janitor import JanitorOptions
from bot.observe import REGISTRY
from bot.settings import load
from bot.settings_file import Section
from runbooks.triage import RUNBOOK as TRIAGE

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:bot|runbooks|templates|tests|deploy|docs)/[\w./-]*\w)/?`")
_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*)\| (.*)\|$", re.MULTILINE)
_VARIABLE = re.compile(r"`([A-Z]+(?:_[A-Z]+)+|KUBECONFIG)`")
_OURS = re.compile(r"\bopsbot_[a-z_]+")
# A person's own names, below which nothing is a key of ours.
_OWN_NAMES = re.compile(r"(clusters\[\]\.match|access\.channels)\..*")
# The example's own new files.
_NEW = re.compile(r".*job_deadline.*")


def _prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text())


def fenced(page: Path, language: str) -> list[str]:
    return [text for kind, text in _FENCED.findall(page.read_text()) if kind == language]


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_pages() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {page.name for page in PAGES}
    assert len(PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_prose(page)):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists() or (anchor and anchor not in _anchors(to)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    named = {path for path in _PATH.findall(_prose(page)) if not _NEW.fullmatch(path)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


# -- settings


@dataclass
class _Asked(Mapping[str, str]):
    """An environment that notes what it is asked for."""

    given: dict[str, str]
    names: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def _variables(folder: Path) -> set[str]:
    """Some are asked for only beside others."""
    env = _Asked({"ARGOCD_SERVER_URL": "http://argocd", "GRAFANA_URL": "http://grafana"})
    config = folder / "opsbot.yaml"
    config.touch()
    load(env, str(config))
    env.given["OPSBOT_CONFIG"] = str(config)
    load(env)
    return env.names


def test_every_variable_is_documented_and_every_documented_one_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs/configure.md").read_text()
    told = {name for name, *_ in _ROW.findall(page.partition("## Environment")[2])}

    assert told == _variables(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_variables_that_are_named_are_read(page: Path, tmp_path: Path) -> None:
    assert set(_VARIABLE.findall(_prose(page))) <= _variables(tmp_path)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """Every key that the complete example makes the settings ask for, with its default and its bounds."""
    asked: dict[str, tuple[str, ...]] = {}
    for name in ("choice", "duration", "number", "required", "text", "_take"):
        monkeypatch.setattr(Section, name, _noting(getattr(Section, name), asked))
    env = {"PROD_ARGOCD_TOKEN": "x"}
    example = (ROOT / "deploy/opsbot.example.yaml").read_text()
    monkeypatch.setattr("bot.settings_clusters.read_secret", lambda *_: None)
    monkeypatch.setattr("bot.settings.read_yaml", lambda _: yaml.safe_load(example))
    load(env, "opsbot.example.yaml")
    found = {name: said for name, said in asked.items() if not _OWN_NAMES.fullmatch(name)}
    return {name: said for name, said in found.items() if not _holds_others(name, found)}


def _noting(original: Any, asked: dict[str, tuple[str, ...]]) -> Any:
    def noting(section: Section, name: str, *limits: Any) -> Any:
        key = re.sub(r"\[\d+\]", "[]", section.path(name))
        asked.setdefault(key, ())
        if limits and original.__name__ != "required":
            asked[key] = tuple(str(limit) for limit in limits)
        return original(section, name, *limits)

    return noting


def _holds_others(name: str, found: Mapping[str, Any]) -> bool:
    return any(other.startswith((f"{name}.", f"{name}[]")) for other in found)


def test_every_key_is_documented_with_its_default(keys: dict[str, tuple[str, ...]]) -> None:
    page = (ROOT / "docs/configure.md").read_text().partition("## Environment")[0]
    told = {name: (default.strip(), text) for name, default, text in _ROW.findall(page)}

    assert set(told) == set(keys)
    for name, (default, *_) in ((name, said) for name, said in keys.items() if said):
        assert told[name][0] == f"`{default}`", name
    assert set(_duration_bounds(keys)) <= set(_spans(told)), "a bound of a time is not told"


def _duration_bounds(keys: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    for name, said in keys.items():
        if len(said) == 3 and said[0][-1:].isalpha():
            yield name, said[1], said[2]


def _spans(told: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for name, (_, text) in told.items():
        if span := re.search(r"`(\d+[smhd])` to `(\d+[smhd])`", text):
            yield name, span.group(1), span.group(2)


def test_retention_is_told_as_it_is() -> None:
    assert JanitorOptions().done_jobs == timedelta(hours=1)
    assert JanitorOptions().given_up_jobs == timedelta(days=30)
    assert "finished jobs after 1 hour, given-up jobs after 30 days" in (ROOT / "docs/operate.md").read_text()


# -- metrics and causes


def _samples() -> set[str]:
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        f"{metric.name}{suffix}"
        for metric in REGISTRY.collect()
        for suffix in ("", *suffixes.get(metric.type, ()))
    }


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "deploy/alerts.yaml"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_metrics_that_are_named_exist(page: Path) -> None:
    assert set(_OURS.findall(page.read_text())) <= _samples()


def test_every_metric_is_documented() -> None:
    told = {name for name, *_ in _ROW.findall((ROOT / "docs/operate.md").read_text())}
    ours = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in REGISTRY.collect()
    }

    assert {name for name in told if name.startswith("opsbot_")} == ours


def test_every_cause_of_triage_is_documented_in_its_order() -> None:
    told = [name for name, *_ in _ROW.findall((ROOT / "docs/triage.md").read_text())]

    assert told == [cause.id for cause in TRIAGE.causes]


# -- the example of a runbook


async def test_the_example_of_a_runbook_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runbook, its_test = fenced(ROOT / "CONTRIBUTING.md", "python")
    for language, words in zip(("en", "ko"), fenced(ROOT / "CONTRIBUTING.md", "yaml"), strict=True):
        (tmp_path / language).mkdir()
        (tmp_path / language / "job_deadline.yaml").write_text(words)

    made = _module("runbooks.job_deadline", runbook, monkeypatch)
    tests = _module("test_job_deadline", its_test, monkeypatch)
    monkeypatch.setattr(tests, "Words", lambda language: Words(language, folders=(TEMPLATES, tmp_path)))

    assert await check_catalog([made.RUNBOOK]) == []
    for case in tests.CASES:
        tests.test_found_by(*case)
    await tests.test_looks_at_the_job()
    for language in ("en", "ko"):
        tests.test_everything_is_worded(language)
    assert [
        name for name, _ in inspect.getmembers(tests, inspect.isfunction) if name.startswith("test_")
    ] == [
        "test_everything_is_worded",
        "test_found_by",
        "test_looks_at_the_job",
    ]


def _module(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, name, "exec"), module.__dict__)
    return module
