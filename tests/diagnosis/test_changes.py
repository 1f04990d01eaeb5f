"""What changed: which look-ups are made, which of the answers lie in the window, and what is said of the gaps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.wording_check import missing_words_of_change
from bot.delivery.words import Words
from bot.diagnosis.changes import CHANGE_READS, MOST_REFERENCES, referenced, what_changed
from bot.diagnosis.evidence import EnvSource, EnvVar, ObjectNote
from bot.diagnosis.evidence_objects import ApplicationState, Deployed, ScalerState
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    NodesJoined,
    RevisionsOf,
    ScalersOf,
    SecretNote,
)
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.timeline import MOST_CHANGES, Seen, find_changes, find_gaps
from bot.model import Change, Reason, Source, Target
from tests.fakes.sources import FakeSources
from tests.snapshots import NOW, TARGET, ago, event, revision, spec, template, workload

OLD, NEW = template(spec("shop/web:1")), template(spec("shop/web:2"))
FORBIDDEN = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "secrets", "shop")
ABSENT = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "configmaps", "shop")


def note(
    name: str, kind: str = "ConfigMap", *, created: float = 9999, changed: float | None = None
) -> ObjectNote:
    """`created` and `changed` in minutes ago."""
    return ObjectNote(kind, "shop", name, ago(created), ago(created if changed is None else changed), "helm")


def keys(seen: Seen) -> list[str]:
    return [change.key for change in find_changes(seen, NOW)]


def rolled(*revisions: Any, **more: Any) -> Seen:
    return Seen(workload=workload(), revisions=revisions, **more)


APPLICATION = ApplicationState(
    "argocd", "shop", "default", "Synced", "Healthy", "abc", "Succeeded", "", ago(8), ago(7),
    history=(Deployed(ago(7), "4f1f1e5aaaabbbbcccc", 12), Deployed(ago(3000), "0ld", 11)),
)  # fmt: skip
SCALER = ScalerState("shop", "web", "Deployment", "web", 2, 10, 4, 6, ago(30))


def test_an_image_that_changed() -> None:
    seen = rolled(revision(2, NEW, minutes=10), revision(1, OLD, minutes=2000))

    (change,) = find_changes(seen, NOW)

    assert change == Change(
        ago(10),
        "Deployment/web",
        "image",
        {"container": "app", "before": "shop/web:1", "after": "shop/web:2", "revision": 2},
    )


@pytest.mark.parametrize(
    ("minutes", "listed"),
    [(-9, True), (-11, False), (0, True), (24 * 60 - 1, True), (24 * 60 + 1, False)],
)
def test_the_window(minutes: float, listed: bool) -> None:
    seen = rolled(revision(2, NEW, minutes=minutes), revision(1, OLD, minutes=90_000))

    assert keys(seen) == (["image"] if listed else [])


def test_newest_first() -> None:
    seen = Seen(
        workload=workload(),
        revisions=(
            revision(3, NEW, minutes=5),
            revision(2, OLD, minutes=300),
            revision(1, NEW, minutes=9999),
        ),
        configuration=(note("web", changed=60), note("db", "Secret", created=20)),
        nodes=(note("node-9", "Node", created=100),),
        application=APPLICATION,
    )

    found = find_changes(seen, NOW)

    assert [(change.key, NOW - change.at) for change in found] == [
        ("image", timedelta(minutes=5)),
        ("deployed", timedelta(minutes=7)),
        ("configuration-created", timedelta(minutes=20)),
        ("configuration-changed", timedelta(minutes=60)),
        ("node-joined", timedelta(minutes=100)),
        ("image", timedelta(minutes=300)),
    ]


def test_a_restart_without_a_difference() -> None:
    seen = rolled(revision(2, OLD, minutes=10), revision(1, OLD, minutes=2000))

    assert keys(seen) == ["rollout"]


SCALED_UP = event(
    "ScalingReplicaSet",
    "Scaled up replica set web-old to 2",
    about="Deployment/web",
    minutes=3,
    type="Normal",
)


@pytest.mark.parametrize(
    ("events", "at"),
    [
        pytest.param((SCALED_UP,), [SCALED_UP.first_at], id="the event still knows when"),
        pytest.param((), [], id="nothing knows when, so nothing is claimed"),
        pytest.param(
            (replace(SCALED_UP, message="Scaled up replica set web-other to 2"),), [], id="of another one"
        ),
        pytest.param((replace(SCALED_UP, first_at=ago(90)),), [], id="of its first life"),
    ],
)
def test_a_rollback_takes_up_an_old_replica_set(events: tuple[Any, ...], at: list[Any]) -> None:
    """It keeps its old creation time: taken for the time of the rollout, that would name the wrong moment."""
    again = revision(3, OLD, minutes=2000, name="web-old")
    seen = rolled(again, revision(2, NEW, minutes=60), events=events)

    assert [change.at for change in find_changes(seen, NOW)] == at


def test_scaling_is_told_by_events_or_else_by_the_scaler() -> None:
    rescaled = event(
        "SuccessfulRescale", "New size: 6", about="HorizontalPodAutoscaler/web", minutes=2, type="Normal"
    )

    told = find_changes(Seen(scalers=(SCALER,), scaling=((rescaled,),)), NOW)
    untold = find_changes(Seen(scalers=(SCALER,), scaling=((),)), NOW)

    assert [(change.key, change.facts["message"]) for change in told] == [("rescaled", "New size: 6")]
    assert [(change.key, change.at) for change in untold] == [("scaled", ago(30))]


def test_a_failed_sync() -> None:
    failed = replace(APPLICATION, phase="Failed", message="no such host", history=())

    (change,) = find_changes(Seen(application=failed), NOW)

    assert (change.key, change.at, change.facts["message"]) == ("sync-failed", ago(7), "no such host")


def test_many_nodes_are_counted() -> None:
    nodes = tuple(note(f"node-{n}", "Node", created=n + 1) for n in range(40))

    found = find_changes(Seen(nodes=nodes), NOW)

    assert [change.object for change in found] == ["Node/node-0", "Node/node-1", "Node/node-2", "Node"]
    assert found[-1].facts == {"count": 37}


def test_the_list_is_bounded() -> None:
    env = tuple(EnvVar(f"V{n}", "1") for n in range(100))
    seen = rolled(
        revision(2, template(spec(env=env)), minutes=1),
        revision(1, template(spec()), minutes=2000),
        configuration=tuple(note(f"c{n}", changed=n + 2) for n in range(60)),
    )

    found = find_changes(seen, NOW)

    assert len(found) == MOST_CHANGES
    assert [change.key for change in found[:11]] == ["env"] * 10 + ["more"]
    assert found[10].facts["count"] == 90


def test_gaps_are_said_once_and_absence_is_none() -> None:
    seen = Seen(
        workload=workload(), configuration=(FORBIDDEN, FORBIDDEN, ABSENT), nodes=FORBIDDEN, left_out=3
    )

    gaps = find_gaps(seen)

    assert [(gap.reason, gap.resource) for gap in gaps] == [
        (Reason.FORBIDDEN, "secrets"),
        (Reason.NOT_READY, "configmaps"),
    ]
    assert "3 more" in gaps[1].detail


def test_a_workload_that_is_not_there_is_a_gap() -> None:
    assert [gap.reason for gap in find_gaps(Seen(workload=ABSENT))] == [Reason.NOT_FOUND]


TEMPLATE = template(
    spec(
        env=(EnvVar("A", "", "secret/db/password"), EnvVar("B", "", "secret/db/user"), EnvVar("C", "x")),
        env_from=(EnvSource("ConfigMap", "shared"), EnvSource("Secret", "db")),
    ),
    mounts=("configmap/web", "pvc/data", "configmap/shared"),
)


def test_what_the_pods_read() -> None:
    assert referenced("shop", TEMPLATE) == (
        ConfigMapNote("shop", "shared"),
        SecretNote("shop", "db"),
        ConfigMapNote("shop", "web"),
    )


async def test_the_looks_for_a_deployment() -> None:
    labels = {"argocd.argoproj.io/instance": "shop"}
    state = workload(template=TEMPLATE, labels=labels)
    answers = {
        RevisionsOf(TARGET, "uid-web", "app=web"): (
            revision(2, NEW, minutes=1),
            revision(1, OLD, minutes=99),
        ),
        EventsOf("shop", "Deployment", "web", warnings_only=False): (),
        ConfigMapNote("shop", "shared"): note("shared"),
        ConfigMapNote("shop", "web"): ABSENT,
        SecretNote("shop", "db"): FORBIDDEN,
        ScalersOf("shop", "Deployment", "web"): (SCALER,),
        EventsOf("shop", "HorizontalPodAutoscaler", "web", warnings_only=False): (),
        ApplicationOf("shop"): APPLICATION,
        NodesJoined(): (),
    }
    sources = FakeSources(answers, reads=CHANGE_READS)

    changes, gaps = await what_changed(TARGET, state, sources, NOW)

    assert [change.key for change in changes] == ["image", "deployed", "scaled"]
    assert [gap.resource for gap in gaps] == ["secrets"]
    assert len(sources.asked) == len(answers)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("Node", [NodesJoined()]), ("Application", [NodesJoined(), ApplicationOf("shop", "argocd")])],
)
async def test_the_looks_without_a_workload(kind: str, asked: list[Any]) -> None:
    target = Target("default", "argocd", kind, "shop")
    sources = FakeSources(
        {NodesJoined(): (), ApplicationOf("shop", "argocd"): APPLICATION}, reads=CHANGE_READS
    )

    changes, gaps = await what_changed(target, None, sources, NOW)

    assert sources.asked == asked
    assert gaps == ()
    assert len(changes) == (1 if kind == "Application" else 0)


async def test_looks_are_bounded() -> None:
    many = template(spec(env_from=tuple(EnvSource("ConfigMap", f"c{n}") for n in range(200))))
    sources = FakeSources(otherwise=lambda look: ABSENT if isinstance(look, ConfigMapNote) else ())

    _changes, gaps = await what_changed(TARGET, workload(template=many), sources, NOW)

    assert sum(isinstance(look, ConfigMapNote) for look in sources.asked) == MOST_REFERENCES
    assert "188 more" in gaps[0].detail


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_kind_of_change_is_worded(language: str) -> None:
    words = Words(language)
    rich = template(
        spec("shop/web:3", command=("a",), args=("b",), env=(EnvVar("A", "1"),), limits={"memory": "1Gi"}),
        spec("proxy:1", "proxy"),
        service_account="web",
        mounts=("configmap/x",),
    )
    plain = template(spec("shop/web:1"), service_account="", mounts=("secret/y",))
    changes: list[Change] = []
    for before, after in ((plain, rich), (rich, plain), (plain, plain)):
        seen = rolled(revision(2, after, minutes=1), revision(1, before, minutes=9999))
        changes.extend(find_changes(seen, NOW))
    changes.extend(
        find_changes(
            Seen(
                workload=replace(workload(), created_at=ago(3)),
                configuration=(note("web", changed=60), note("db", created=5)),
                scalers=(SCALER,),
                application=replace(APPLICATION, phase="Failed"),
                nodes=tuple(note(f"n{n}", "Node", created=1) for n in range(9)),
            ),
            NOW,
        )
    )

    assert [wrong for change in changes for wrong in missing_words_of_change(words, change)] == []
    assert {"command", "env", "resources", "container-added", "mount-removed", "rollout", "nodes-joined"} <= {
        change.key for change in changes
    }
