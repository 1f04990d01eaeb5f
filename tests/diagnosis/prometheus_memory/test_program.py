"""Which container runs Prometheus, and what its flags say."""

from typing import Any

import pytest

from bot.diagnosis.evidence import ContainerSpec, EnvVar
from bot.diagnosis.prometheus_memory.program import Program, is_prometheus, program_in, program_of, version_of
from tests.snapshots import pod, running, template, workload

DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("prom/prometheus:v2.55.1", ()),
        ("prometheus", ()),
        ("registry.example:5000/quay/prometheus/prometheus:v3.5.0" + DIGEST, ()),
        ("rancher/mirrored-prometheus-prometheus:v2.42.0", ()),
        ("registry.redhat.io/openshift4/ose-prometheus@sha256:1", ()),
        ("example/metrics:1", ("--storage.tsdb.path=/data",)),
        ("example/metrics:1", ("--storage.tsdb.path", "/data")),
        ("example/metrics:1", ("--config.file=/etc/prometheus/config_out/prometheus.env.yaml",)),
        ("example/metrics:1", ("/bin/sh", "-c", "exec prometheus --storage.tsdb.retention.time=2d")),
        ("example/metrics:1", ("--storage.agent.path=/data",)),
    ],
)
def test_is_prometheus(image: str, words: tuple[str, ...]) -> None:
    assert is_prometheus(image, words)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("quay.io/prometheus/alertmanager:v0.28.0", ("--config.file=/etc/alertmanager/config.yml", "--storage.path=/data")),
        ("quay.io/prometheus/blackbox-exporter:v0.25.0", ("--config.file=/config/blackbox.yaml",)),
        ("quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0", ("--config-file=/etc/prometheus/config.yaml",)),
        ("quay.io/prometheus-operator/prometheus-operator:v0.85.0", ()),
        ("quay.io/thanos/thanos:v0.37.0", ("sidecar", "--prometheus.url=http://localhost:9090", "--tsdb.path=/prometheus")),
        ("registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0", ()),
        ("prom/node-exporter:v1.9.0", ()),
        ("prom/prometheus:v2.55.1", ("promtool", "check", "config", "/etc/prometheus/prometheus.yml")),
        ("grafana/loki:3.6.3", ("-config.file=/etc/loki/config.yaml",)),
        ("shop/web:1.4.2", ()),
    ],
)  # fmt: skip
def test_is_something_else(image: str, words: tuple[str, ...]) -> None:
    assert not is_prometheus(image, words)


def program(*words: str, **more: Any) -> Program:
    return Program("srv", "prom/prometheus:v2.55.1", words=words, **more)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("--storage.tsdb.path=/data/",), "/data"),
        (("--storage.tsdb.path", "/data"), "/data"),
        (("--storage.agent.path=/agent",), "/agent"),
        (("--web.enable-lifecycle",), "/prometheus/data"),
        ((), "/prometheus"),
        (("--storage.tsdb.path",), "/prometheus/data"),
    ],
)
def test_where_the_database_is(words: tuple[str, ...], path: str) -> None:
    assert program(*words).path == path


@pytest.mark.parametrize(
    ("words", "prefix", "port"),
    [
        ((), "", 9090),
        (("--web.route-prefix=/",), "", 9090),
        (("--web.route-prefix=/api/prom/",), "/api/prom", 9090),
        (("--web.external-url=https://example/metrics", "--web.listen-address=:9099"), "/metrics", 9099),
        (("--web.external-url=https://example/metrics", "--web.route-prefix=/p"), "/p", 9090),
        (("--web.listen-address=[::1]:8080",), "", 8080),
        (("--web.listen-address=nonsense",), "", 9090),
    ],
)
def test_where_it_answers(words: tuple[str, ...], prefix: str, port: int) -> None:
    assert (program(*words).prefix, program(*words).port) == (prefix, port)


@pytest.mark.parametrize(
    ("words", "version", "known"),
    [
        ((), (2, 55), False),
        ((), (3, 0), True),
        ((), None, None),
        (("--enable-feature=exemplar-storage,auto-gomemlimit",), (2, 51), True),
        (("--no-auto-gomemlimit",), (3, 5), False),
    ],
)
def test_whether_go_is_told_of_the_limit(
    words: tuple[str, ...], version: tuple[int, int] | None, known: bool | None
) -> None:
    assert program(*words, version=version).limits_its_heap is known


def test_go_is_told_by_the_environment() -> None:
    spec = ContainerSpec("p", "prom/prometheus:v2.40.0", "main", env=(EnvVar("GOMEMLIMIT", "900MiB"),))

    found = program_of(workload(template=template(spec)))

    assert found is not None
    assert found.limits_its_heap is True


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("prom/prometheus:v2.55.1", (2, 55)),
        ("x:5000/prom/prometheus:3.0.0-rc.1" + DIGEST, (3, 0)),
        ("v3.5.0", (3, 5)),
        ("prom/prometheus:latest", None),
        ("registry:5000/prometheus", None),
        ("", None),
    ],
)
def test_versions(image: str, version: tuple[int, int] | None) -> None:
    assert version_of(image) == version


def test_an_init_container_that_checks_the_config_is_not_it() -> None:
    check = ContainerSpec("check", "prom/prometheus:v2.55.1", "init")
    serve = ContainerSpec("srv", "prom/prometheus:v2.55.1", "main", limits={"memory": "1Gi"})

    found = program_of(workload(template=template(check, serve)))

    assert found is not None
    assert (found.container, found.limit) == ("srv", "1Gi")
    assert program_of(workload()) is None


def test_without_the_workload_the_image_of_the_pod_tells() -> None:
    found = program_in([pod(), pod(running("p", image="quay.io/prometheus/prometheus:v3.1.0"))])

    assert found == Program("p", "quay.io/prometheus/prometheus:v3.1.0", version=(3, 1))
    assert program_in([pod()]) is None
