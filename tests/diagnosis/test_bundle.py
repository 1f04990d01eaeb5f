"""A bundle: every look and every snapshot comes back as it was, secrets are not in it, and a file that is not one is refused."""

import dataclasses
import json
import math
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import bot.diagnosis
from bot import __version__
from bot.diagnosis import bundle, evidence, evidence_objects
from bot.diagnosis.bundle import LOOKS, BundleError, decode, encode, pack, unpack
from bot.diagnosis.engine import Engine
from bot.diagnosis.evidence import LogTail, Point, Series, SeriesSet
from bot.diagnosis.looks import LogOf
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.recording import Asked, Recording
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Diagnosis, Finding, Reason, Source, Target, Verdict
from runbooks.catalog import CATALOG
from tests.builders import container, crashing, deployment, pod, pod_spec, replicaset
from tests.clients.cluster import cluster
from tests.clients.test_redaction import SECRETS
from tests.fakes.kubernetes import ContainerLog
from tests.snapshots import FORBIDDEN, NOW, TARGET

MOMENT = datetime(2026, 1, 1, 3, 12, 5, 123456, tzinfo=UTC)
TEXT = 'words \u201cin quotes\u201d, 한글, \\ " and \x00\n'
each_look = pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)


class Sampler:
    """A value of any type that stands in a look or a snapshot: full to the brim, or with as little as can be."""

    def __init__(self, *, full: bool) -> None:
        self._full = full
        self.built: set[type] = set()

    def make(self, kind: Any) -> Any:
        origin, inside = get_origin(kind), get_args(kind)
        if origin in {Union, UnionType}:
            if NoneType in inside and not self._full:
                return None
            return self.make(next(one for one in inside if one is not NoneType))
        if origin is tuple:
            many = inside[-1] is Ellipsis
            return tuple(map(self.make, inside[:1] * (2 if self._full else 0) if many else inside))
        if origin is Mapping or kind is Mapping:
            return {TEXT: self.make(inside[1])} if self._full else {}
        return self._dataclass(kind) if dataclasses.is_dataclass(kind) else self._plain(kind)

    def _dataclass(self, kind: Any) -> Any:
        self.built.add(kind)
        hints = get_type_hints(kind)
        return kind(
            **{one.name: self.make(hints[one.name]) for one in dataclasses.fields(kind) if self._wants(one)}
        )

    def _wants(self, one: dataclasses.Field[Any]) -> bool:
        missing = dataclasses.MISSING
        return self._full or (one.default is missing and one.default_factory is missing)

    def _plain(self, kind: Any) -> Any:
        if issubclass(kind, Enum):
            return list(kind)[-1 if self._full else 0]
        values: dict[type, tuple[Any, Any]] = {
            str: ("", TEXT),
            bool: (False, True),
            int: (0, -(2**40)),
            float: (0.0, 0.1),
            datetime: (NOW, MOMENT),
        }
        return values[kind][self._full]


def recording(answers: Mapping[Look[Any], Any], *, unanswered: tuple[Look[Any], ...] = ()) -> Recording:
    finding = Finding("triage", "crashing", Verdict.LIKELY, {"limit": math.inf, "count": 1, "share": 1.0})
    diagnosis = Diagnosis(TARGET, ("triage",), (finding,), at=MOMENT, took_ms=412)
    seconds = dict.fromkeys(answers, 0.25)
    asked = Asked(("triage",), ({"alertname": "A"}, {}), NOW)
    return Recording(asked, diagnosis, answers, seconds, unanswered, 25.0)


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(bot.diagnosis.__path__, "bot.diagnosis."):
        yield import_module(found.name)


def test_every_look_of_the_house_can_be_kept() -> None:
    looks = {
        value
        for module in _modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Look) and value is not Look
    }
    assert looks == set(LOOKS)
    assert len(LOOKS) == len(set(LOOKS))


@each_look
@pytest.mark.parametrize("full", [False, True], ids=["spare", "full"])
def test_a_look_and_its_answer_come_back_as_they_were(look: type[Look[Any]], *, full: bool) -> None:
    sampler = Sampler(full=full)
    asked = sampler.make(look)
    answer = sampler.make(bundle._answer_of(look))
    kept = recording({asked: answer})
    (back,) = decode(encode([kept]))
    assert back == kept
    (returned,) = back.answers.values()
    assert type(returned) is type(answer)
    assert repr(returned) == repr(answer).replace("datetime.timezone.utc", "TzInfo(0)")


def test_the_samples_hold_every_snapshot() -> None:
    sampler = Sampler(full=True)
    for look in LOOKS:
        sampler.make(bundle._answer_of(look))
    snapshots = {
        value
        for module in (evidence, evidence_objects)
        for value in vars(module).values()
        if dataclasses.is_dataclass(value) and value.__module__ == module.__name__
    }
    assert snapshots <= sampler.built


@each_look
def test_a_gap_comes_back(look: type[Look[Any]]) -> None:
    asked = Sampler(full=True).make(look)
    gap = Unavailable(Source.KUBERNETES, Reason.TIMEOUT, "get", "pods", "shop", TEXT, "apps")
    kept = recording({asked: gap})
    assert decode(encode([kept])) == (kept,)


def test_numbers_of_prometheus_that_are_none() -> None:
    series = Series({}, (Point(NOW, math.inf), Point(NOW, -math.inf), Point(NOW, math.nan)))
    kept = recording({InstantQuery("up"): SeriesSet((series,))})
    (back,) = decode(encode([kept]))
    (found,) = back.answers.values()
    assert [str(point.value) for point in found.series[0].points] == ["inf", "-inf", "nan"]


def test_one_bundle_holds_the_diagnoses_of_several_targets() -> None:
    one = recording({LogOf("shop", "web-1", "app"): LogTail("web-1", "app", previous=False, lines=("x",))})
    other = replace(
        recording({}, unanswered=(LogOf("shop", "web-2", "app"),)),
        diagnosis=Diagnosis(Target("default", "pay", "Job", "late"), (), ()),
        asked=Asked(),
    )
    raw = encode([one, other])
    assert decode(raw) == (one, other)
    assert unpack(pack([one, other])) == raw
    document = json.loads(raw)
    assert (document["schema"], document["opsbot"], len(document["cases"])) == (1, __version__, 2)


def test_a_look_of_a_teams_own_is_left_out() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Own(Look[str]):
        name: str = "x"

    own = Own()
    whole = recording({own: FORBIDDEN, LogOf("a", "b", "c"): FORBIDDEN}, unanswered=(Own("y"),))
    assert decode(encode([whole])) == (recording({LogOf("a", "b", "c"): FORBIDDEN}),)


def test_what_is_not_as_declared_is_not_written() -> None:
    wrong: Any = LogTail("p", "c", previous=False, lines=("x", 7))  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(BundleError, match=r"^cannot be written: .*int"):
        encode([recording({LogOf("shop", "p", "c"): wrong})])


def test_what_is_too_big_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "LARGEST", 100)
    with pytest.raises(BundleError, match=r"^would take \d+ bytes, more than the 100 that are kept$"):
        pack([recording({})])


# -- files that are no bundle


def _changed(**changes: Any) -> bytes:
    return json.dumps(
        json.loads(encode([recording({LogOf("shop", "p", "c"): FORBIDDEN})])) | changes
    ).encode()


def _entry(**changes: Any) -> bytes:
    document = json.loads(_changed())
    document["cases"][0]["looks"][0] |= changes
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        (_changed()[:-20], "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a bundle of opsbot"),
        (b'{"schema": 1, "target": {}, "findings": []}', "is not a bundle of opsbot"),
        (_changed(schema="1"), "is not a bundle of opsbot"),
        (_changed(schema=2, opsbot="9.1"), r"was written by a newer opsbot \(9.1\); use that version or a later one"),
        (_changed(more=1), "is damaged: more: Unexpected keyword argument"),
        (_changed(cases=[{}]), "is damaged: cases.0.asked: Field required"),
        (_entry(look="os.system"), "is damaged: cases.0.looks.0: Input tag 'os.system' .*"),
        (_entry(ask={"namespace": "shop"}), r"is damaged: cases.0.looks.0.LogOf.ask.pod: Field required"),
        (_entry(answer={"pod": 1}), r"is damaged: cases.0.looks.0.LogOf.answer.pod: .*valid string"),
        (_entry(unavailable=None), "is damaged: a LogOf has not exactly one answer"),
        (_entry(seconds="1"), r"is damaged: cases.0.looks.0.LogOf.seconds: .*valid number"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_bundle_is_refused_in_a_sentence(raw: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=rf"\A{why}\Z"):
        decode(raw)


# -- secrets

# One of them is a short number, which what must stay of another holds as well.
PLANTED = {kind: gone for kind, _, gone, _ in SECRETS if not any(gone in stays for _, _, _, stays in SECRETS)}


@pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second
async def test_no_planted_secret_is_in_a_bundle(tmp_path: Path) -> None:
    lines = "\n".join(f"{number} {text}" for number, (_, text, _, _) in enumerate(SECRETS))
    env = [{"name": f"SETTING_{number}", "value": text} for number, (_, text, _, _) in enumerate(SECRETS)]
    notes = {f"note/{number}": text for number, (_, text, _, _) in enumerate(SECRETS)}
    spec = pod_spec(container(env=[*env, {"name": "DB_PASSWORD", "value": "pa55word"}]))
    web = deployment("web", spec=spec, annotations=notes)
    newest = replicaset(web, spec=spec)
    broken = pod(
        "web-7d9f8c6b5d-x2k9p", owner=newest, labels={"app": "web"}, statuses=[crashing(message=lines)]
    )
    async with cluster(tmp_path, web, newest, broken) as (fake, client):
        log = ContainerLog(current=lines.encode(), previous=lines.encode())
        fake.log("shop", "web-7d9f8c6b5d-x2k9p", "app", log)
        engine = Engine(CATALOG, {"test": {Source.KUBERNETES: client}}, clock=lambda: NOW)
        kept = await engine.record(Target("test", "shop", "Deployment", "web"))
    said = encode([kept]).decode()
    assert "[redacted]" in said
    assert {type(look).__name__ for look in kept.answers} >= {"WorkloadOf", "LogOf", "RevisionsOf"}
    assert len(PLANTED) > 30
    assert [kind for kind, gone in PLANTED.items() if gone in said] == []
    assert "pa55word" not in said
