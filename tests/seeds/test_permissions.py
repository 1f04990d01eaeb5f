"""What may not be looked at is not known: each permission taken away from each incident, and what `opsbot rbac` prints, enough.

Every verdict is held against that of a bot which may look at everything and asks every runbook.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from bot.commands.catalogue import rbac
from bot.delivery.words import Words
from bot.diagnosis.changes import CHANGE_READS
from bot.diagnosis.engine import Engine
from bot.diagnosis.looks import FindTargets
from bot.diagnosis.recording import Recording
from bot.diagnosis.sources import Unavailable
from bot.model import Alert, AlertStatus, Diagnosis, Finding, Missing, Reason, Source, Verdict
from bot.settings import load
from runbooks.catalog import CATALOG
from tests.builders import NOW
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.kubernetes.permitting import allowed_by, full, grants
from tests.fakes.kubernetes.resources import asked_of
from tests.fakes.kubernetes.statuses import Asked
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import SHOP, STORIES, Story, engine_at, found, workload

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second

LOADED = tuple(story for story in STORIES if story.runbook in {runbook.name for runbook in CATALOG})
everyone = pytest.mark.parametrize("story", LOADED, ids=lambda story: story.runbook)
WORDS = Words("en")
Key = tuple[str, str]
# Seeing less can make a verdict weaker, never another one. `likely` may take the place of what was ruled out by the
# look that is refused, and then has to name it.
_MAY_BECOME = {
    Verdict.CONFIRMED: {Verdict.CONFIRMED, Verdict.LIKELY, Verdict.NOT_CHECKED},
    Verdict.LIKELY: {Verdict.LIKELY, Verdict.NOT_CHECKED},
    Verdict.RULED_OUT: {Verdict.RULED_OUT, Verdict.LIKELY, Verdict.NOT_CHECKED},
    Verdict.NOT_CHECKED: {Verdict.NOT_CHECKED},
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the same diagnosis: asked by hand, or led there by the alert."""

    story: Story
    by_alert: bool

    def __str__(self) -> str:
        return "by alert" if self.by_alert else "by hand"

    async def follow(self, engine: Engine) -> Recording:
        if not self.by_alert:
            return await engine.record(self.story.target)
        labels = {"namespace": SHOP, "severity": "critical", **self.story.alert}
        alert = Alert(AlertStatus.FIRING, labels, {}, NOW, None, "", "1")
        target = workload(labels["pod"], "Pod") if "pod" in labels else self.story.target
        return await engine.record(await engine.owner(target), alerts=[alert])


def by_cause(diagnosis: Diagnosis) -> dict[Key, Finding]:
    return {(finding.runbook, finding.cause): finding for finding in diagnosis.findings}


def permissions(fake: FakeKubernetes) -> list[tuple[str, str]]:
    """What was asked for until now; taking away what nobody asks for takes nothing away."""
    asked = (asked_of(request.path.strip("/")) for request in fake.requests)
    return sorted({(one.verb, full(one)) for one in asked if one is not None})


def granted_wrongly(missing: Missing, refused: Mapping[tuple[str, str, str], Asked]) -> str:
    asked = refused.get((missing.verb, missing.resource, missing.namespace))
    if asked is None:
        return f"{missing.verb} {missing.resource} in {missing.namespace!r} was not what was refused"
    role, _binding = yaml.safe_load(missing.grant)["items"]
    allowed = list(allowed_by([role]))
    if not any(grant.allows(asked) for grant in allowed):
        return f"the grant allows {allowed}, which is not {asked}"
    if {grant.verb for grant in allowed} - {"get", "list"}:
        return f"the grant allows more than to read: {allowed}"
    return "" if role["kind"] == ("Role" if missing.namespace else "ClusterRole") else f"is a {role['kind']}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A diagnosis with one permission less. `truth` is what there was to find."""

    truth: Mapping[Key, Finding]
    before: Diagnosis
    recording: Recording
    refused: Mapping[tuple[str, str, str], Asked]

    def faults(self) -> Iterator[str]:
        findings = by_cause(self.recording.diagnosis)
        for key, finding in findings.items():
            yield from (f"{'/'.join(key)}: {fault}" for fault in self._of(self.truth[key], finding))
        for missing in (*self._missing(), *self.recording.diagnosis.gaps):
            if missing.reason is Reason.FORBIDDEN and (wrong := granted_wrongly(missing, self.refused)):
                yield wrong
        gone = set(by_cause(self.before)) - set(findings)
        if gone and not any(missing.reason is Reason.FORBIDDEN for missing in self._missing()):
            yield f"does not tell why it has nothing to say of {sorted(gone)}"

    def _of(self, was: Finding, finding: Finding) -> Iterator[str]:
        if finding.verdict not in _MAY_BECOME[was.verdict]:
            yield f"{was.verdict} became {finding.verdict}"
        forbidden = finding.missing is not None and finding.missing.reason is Reason.FORBIDDEN
        if finding.verdict is not was.verdict and not forbidden:
            yield f"{was.verdict} became {finding.verdict} without naming what is forbidden: {finding.missing}"
        blind = self._blind()
        shown = {seen.reproduce for seen in finding.evidence}
        if shown & blind:
            yield f"shows what nobody saw: {sorted(shown & blind)}"
        proof = {seen.reproduce for seen in was.evidence}
        if finding.verdict in {Verdict.CONFIRMED, Verdict.RULED_OUT} and proof and proof <= blind:
            yield f"is still {finding.verdict} although all that showed it is forbidden: {sorted(proof)}"

    def _missing(self) -> list[Missing]:
        return [one.missing for one in self.recording.diagnosis.findings if one.missing is not None]

    def _blind(self) -> set[str]:
        return {
            look.reproduce()
            for look, answer in self.recording.answers.items()
            if isinstance(answer, Unavailable) and answer.reason is Reason.FORBIDDEN
        } - {""}


@everyone
async def test_with_one_permission_less_nothing_is_claimed_that_was_not_seen(
    story: Story, tmp_path: Path
) -> None:
    fake = cluster(story.runbook, NOW)
    faults: list[str] = []
    tried = 0
    async with engine_at(fake, tmp_path) as engine:
        everything = await engine.diagnose(story.target, names=[runbook.name for runbook in CATALOG])
        truth = by_cause(everything)
        for way in (Way(story, by_alert=False), Way(story, by_alert=True)):
            fake.requests.clear()
            before = (await way.follow(engine)).diagnosis
            for verb, resource in permissions(fake):
                fake.requests.clear()
                fake.deny(verb, resource)
                recording = await way.follow(engine)
                fake.allow_all()
                refused = {(one.verb, full(one), one.namespace): one for one in fake.refused}
                tried += bool(refused)
                seen = Seen(truth, before, recording, refused)
                faults += (f"{way}, no {verb} {resource}: {fault}" for fault in seen.faults())
                assert WORDS.word(recording.diagnosis).findings
    assert faults == []
    assert tried > 10


@everyone
async def test_with_nothing_to_see_everything_is_not_checked(story: Story, tmp_path: Path) -> None:
    fake = cluster(story.runbook, NOW)
    fake.deny()
    async with engine_at(fake, tmp_path) as engine:
        diagnoses = [(await Way(story, by_alert).follow(engine)).diagnosis for by_alert in (False, True)]
        await fake.refuse_connections()
        diagnoses.append(await engine.diagnose(story.target, names=[story.runbook]))
    for diagnosis in diagnoses:
        assert {finding.verdict for finding in diagnosis.findings} == {Verdict.NOT_CHECKED}
    reasons = [finding.missing and finding.missing.reason for finding in diagnoses[-1].findings]
    assert Reason.UNREACHABLE in reasons
    assert set(reasons) <= {Reason.UNREACHABLE, Reason.NOT_CONFIGURED}


# -- what `opsbot rbac` prints


async def printed(*namespaces: str) -> str:
    return await rbac(load({}, None), namespaces, "opsbot")


async def test_what_is_printed_is_what_the_runbooks_declare() -> None:
    reads = [*(read for runbook in CATALOG for read in runbook.reads), *CHANGE_READS]
    declared = {
        (verb, read.group, resource)
        for read in reads
        if read.source is Source.KUBERNETES
        for resource in read.resources
        for verb in read.verbs
    }
    given = [(grant.verb, grant.group, grant.resource) for grant in grants(await printed())]
    assert sorted(given) == sorted(declared)


@everyone
async def test_what_is_printed_is_enough(story: Story, tmp_path: Path) -> None:
    """Nothing is refused, and the diagnosis is the same to the byte."""
    told = []
    for manifest in ("", await printed()):
        fake = cluster(story.runbook, NOW)
        if manifest:
            fake.allow_only(manifest)
        async with engine_at(fake, tmp_path) as engine:
            asked = FindTargets(story.target.name, story.target.namespace, story.target.kind)
            near = await engine.ask("default", asked)
            assert not isinstance(near, Unavailable)
            assert story.target in near
            recordings = [await Way(story, by_alert).follow(engine) for by_alert in (False, True)]
        assert fake.refused == ()
        told.append([{**WORDS.to_json(one.diagnosis), "took_ms": 0} for one in recordings])
    assert told[0] == told[1]


@everyone
async def test_what_is_printed_for_one_namespace_is_enough_for_what_is_in_it(
    story: Story, tmp_path: Path
) -> None:
    """Only what lies elsewhere is refused, and no verdict is another one for that."""
    namespace = story.target.namespace
    fake = cluster(story.runbook, NOW)
    async with engine_at(fake, tmp_path) as engine:
        truth = by_cause(await engine.diagnose(story.target, names=[runbook.name for runbook in CATALOG]))
        fake.requests.clear()
        fake.allow_only(await printed(namespace))
        recordings = [await Way(story, by_alert).follow(engine) for by_alert in (False, True)]
    assert [one for one in fake.refused if one.namespace == namespace] == []
    refused = {(one.verb, full(one), one.namespace): one for one in fake.refused}
    for recording in recordings:
        assert list(Seen(truth, recording.diagnosis, recording, refused).faults()) == []
        assert story.confirmed <= found(recording.diagnosis)
