"""What differs between two pod templates."""

from typing import Any

import pytest

from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, PodTemplate, Probe
from bot.diagnosis.revisions import differences
from tests.snapshots import spec, template

PROBE = Probe("liveness", 60, 30, 1, 3, "http://:8080/healthz")


def one(before: ContainerSpec, after: ContainerSpec) -> list[tuple[str, Any, Any]]:
    found = differences(template(before), template(after))
    return [(each.key, each.facts.get("before"), each.facts.get("after")) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ({}, {}, []),
        ({"image": "a:1"}, {"image": "a:2"}, [("image", "a:1", "a:2")]),
        ({"command": ("run",)}, {}, [("command", "run", "")]),
        ({"args": ("-v",)}, {"args": ("-v", "-x")}, [("command", "-v", "-v -x")]),
        ({"env": (EnvVar("A", "1"),)}, {"env": (EnvVar("A", "2"),)}, [("env", "1", "2")]),
        ({}, {"env": (EnvVar("A", "", "secret/db/user"),)}, [("env", "", "secret/db/user")]),
        (
            {"env": (EnvVar("A", "", "secret/db/user"),)},
            {"env": (EnvVar("A", "board"),)},
            [("env", "secret/db/user", "board")],
        ),
        ({"env": (EnvVar("A", "1"), EnvVar("A", "2"))}, {"env": (EnvVar("A", "2"),)}, []),
        ({"env": (EnvVar("A", "1"), EnvVar("B", "2"))}, {"env": (EnvVar("B", "2"), EnvVar("A", "1"))}, []),
        (
            {"env_from": (EnvSource("ConfigMap", "a"), EnvSource("Secret", "b"))},
            {"env_from": (EnvSource("Secret", "b"), EnvSource("ConfigMap", "a"))},
            [("env-from", "configmap/a, secret/b", "secret/b, configmap/a")],
        ),
        ({"limits": {"memory": "512Mi"}}, {"limits": {"memory": "1Gi"}}, [("resources", "512Mi", "1Gi")]),
        ({"requests": {"cpu": "1"}}, {}, [("resources", "1", "")]),
        (
            {},
            {"probes": (PROBE,)},
            [
                (
                    "probe",
                    "",
                    "http://:8080/healthz initialDelaySeconds=60 periodSeconds=30 timeoutSeconds=1 failureThreshold=3",
                )
            ],
        ),
    ],
)
def test_a_container(before: dict[str, Any], after: dict[str, Any], wanted: list[Any]) -> None:
    assert one(spec(**before), spec(**after)) == wanted


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (template(), template(spec(), spec("proxy:1", "proxy")), ["container-added"]),
        (template(spec(), spec("proxy:1", "proxy")), template(), ["container-removed"]),
        (template(), template(service_account="web"), ["service-account"]),
        (template(mounts=("secret/a",)), template(mounts=("secret/b",)), ["mount-added", "mount-removed"]),
        (template(), template(node_selector={"disk": "ssd"}), ["node-selector"]),
    ],
)
def test_a_pod(before: PodTemplate, after: PodTemplate, wanted: list[str]) -> None:
    assert [difference.key for difference in differences(before, after)] == wanted


def test_what_breaks_most_often_comes_first() -> None:
    before = template(spec("a:1", limits={"cpu": "1"}), mounts=("secret/a",))
    after = template(spec("a:2", limits={"cpu": "2"}, env=(EnvVar("A", "1"),)))

    assert [each.key for each in differences(before, after)] == ["image", "env", "resources", "mount-removed"]


def test_long_values_are_cut() -> None:
    ((_key, _before, after),) = one(spec(), spec(args=("x" * 10_000,)))

    assert len(after) == 160
