"""Small readings of what Kubernetes says: exit codes, pull failures, missing keys, the scheduler."""

from typing import Any

import pytest

from bot.diagnosis.containers import Exit, LackingConfig, Pull, lacking_config, meaning, pull_failure
from bot.diagnosis.happenings import failed_probe, fold, obstacles, probe_kill
from tests.snapshots import event


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (0, Exit.DONE),
        (1, Exit.GENERAL),
        (2, Exit.MISUSE),
        (126, Exit.NOT_EXECUTABLE),
        (127, Exit.NOT_FOUND),
        (128, Exit.BAD_EXIT),
        (130, Exit.SIGNAL),
        (134, Exit.ABORTED),
        (137, Exit.KILLED),
        (139, Exit.SEGFAULT),
        (143, Exit.TERMINATED),
        (255, Exit.OUT_OF_RANGE),
        (42, Exit.OTHER),
        (200, Exit.OTHER),
    ],
)
def test_exit_codes(code: int, wanted: Exit) -> None:
    assert meaning(code) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('Failed to pull image "prom/prometheus:v2.56.1": not found', Pull.NOT_FOUND),
        ("manifest unknown: manifest unknown", Pull.NOT_FOUND),
        (
            "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
            Pull.UNAUTHORIZED,
        ),
        ("pull access denied, repository does not exist or may require authorization", Pull.UNAUTHORIZED),
        ("403 Forbidden", Pull.UNAUTHORIZED),
        ("toomanyrequests: You have reached your pull rate limit", Pull.RATE_LIMITED),
        ("dial tcp: lookup registry.example on 10.96.0.10:53: no such host", Pull.NO_HOST),
        ("no match for platform in manifest: not found", Pull.PLATFORM),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", Pull.TLS),
        ("http: server gave HTTP response to HTTPS client", Pull.TLS),
        ("dial tcp 10.0.0.1:443: i/o timeout", Pull.TIMEOUT),
        ('InvalidImageName couldn\'t parse image name "Shop/Web"', Pull.BAD_NAME),
        ('Back-off pulling image "shop/web:1"', Pull.OTHER),
    ],
)
def test_why_an_image_was_not_pulled(text: str, wanted: Pull) -> None:
    assert pull_failure(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("couldn't find key DB_PASSWORD in Secret shop/db", LackingConfig("Secret", "db", "DB_PASSWORD")),
        ("couldn't find key a.b in ConfigMap shop/web", LackingConfig("ConfigMap", "web", "a.b")),
        ('secret "db" not found', LackingConfig("Secret", "db", "")),
        (
            'MountVolume.SetUp failed for volume "c" : configmap "web" not found',
            LackingConfig("ConfigMap", "web", ""),
        ),
        ("container has runAsNonRoot and image will run as root", None),
    ],
)
def test_what_configuration_is_lacking(text: str, wanted: LackingConfig | None) -> None:
    assert lacking_config(text) == wanted


CROWDED = (
    "0/5 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods, "
    "2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/5 nodes "
    "are available: 5 No preemption victims found for incoming pod."
)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (
            CROWDED,
            [(1, "cpu"), (1, "memory"), (1, "pods"), (2, "taint")],
        ),
        (
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
            [(3, "affinity")],
        ),
        ("0/2 nodes are available: 2 node(s) had volume node affinity conflict.", [(2, "volume")]),
        ("0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.", [(2, "spread")]),
        ("0/2 nodes are available: 1 node(s) were unschedulable, 1 Insufficient nvidia.com/gpu.",
         [(1, "unschedulable"), (1, "resource")]),
        ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: none", [(None, "volume")]),
        ('persistentvolumeclaim "data" not found', [(None, "volume")]),
        ("", []),
    ],
)  # fmt: skip
def test_the_scheduler(message: str, wanted: list[Any]) -> None:
    assert [(row["nodes"], row["obstacle"]) for row in obstacles(message)] == wanted


@pytest.mark.parametrize(
    ("note", "probe", "killed"),
    [
        (event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"), "liveness", ""),
        (event("Unhealthy", "Readiness probe errored: rpc error"), "readiness", ""),
        (event("Unhealthy", "Startup probe failed: dial tcp"), "startup", ""),
        (event("Killing", "Container app failed liveness probe, will be restarted"), "", "app"),
        (event("Killing", "Container app failed startup probe, will be restarted"), "", "app"),
        (event("Killing", "Stopping container app"), "", ""),
        (event("BackOff", "Liveness probe failed"), "", ""),
    ],
)
def test_probes(note: Any, probe: str, killed: str) -> None:
    assert (failed_probe(note), probe_kill(note)) == (probe, killed)


def test_folding_ignores_what_is_normal() -> None:
    assert fold([event("Pulled", "present", type="Normal")]) == ()
