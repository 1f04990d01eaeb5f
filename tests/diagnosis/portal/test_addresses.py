"""Addresses of a Prometheus: which value is one, which Service it names, and which path its arguments move it to."""

import pytest

from bot.diagnosis.evidence import ContainerSpec, PodTemplate
from bot.diagnosis.portal.addresses import address, route_prefix


@pytest.mark.parametrize(
    ("value", "url", "path"),
    [
        ("http://prometheus:9090", "http://prometheus:9090", ""),
        ("http://prometheus:9090/", "http://prometheus:9090", ""),
        (" http://prometheus:9090/metrics/prom/ ", "http://prometheus:9090/metrics/prom", "/metrics/prom"),
        ("http://prometheus:9090/api/v1", "http://prometheus:9090", ""),
        ("http://prometheus:9090/base/api/v1/query", "http://prometheus:9090/base", "/base"),
    ],
)
def test_an_address(value: str, url: str, path: str) -> None:
    found = address(value)

    assert found is not None
    assert (found.url, found.path, found.origin) == (url, path, url.removesuffix(path))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "prometheus:9090",
        "[redacted]",
        "ftp://prometheus",
        "http://",
        "http://x:99999",
        "http://x/?a=b",
        "http://[::1",
    ],
)
def test_what_is_no_address(value: str) -> None:
    assert address(value) is None


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("http://prometheus:9090", ("shop", "prometheus")),
        ("http://prometheus.monitoring:9090", ("monitoring", "prometheus")),
        ("http://prometheus.monitoring.svc:9090", ("monitoring", "prometheus")),
        ("http://prometheus.monitoring.svc.cluster.local.:9090", ("monitoring", "prometheus")),
        ("https://prometheus.example.com", None),
        ("http://10.0.3.7:9090", None),
    ],
)
def test_the_service_that_it_names(url: str, service: tuple[str, str] | None) -> None:
    found = address(url)

    assert found is not None
    assert found.service("shop") == service


def test_a_service_is_asked_by_a_name_that_holds_everywhere() -> None:
    found = address("http://prometheus:9090/base")

    assert found is not None
    assert found.at_service("shop", "prometheus").url == "http://prometheus.shop.svc:9090/base"


@pytest.mark.parametrize(
    ("image", "args", "prefix"),
    [
        ("prom/prometheus:v2.55.1", (), ""),
        ("prom/prometheus:v2.55.1", ("--web.route-prefix=/api/prom",), "/api/prom"),
        ("prom/prometheus:v2.55.1", ("--web.route-prefix", "api/prom/"), "/api/prom"),
        ("prom/prometheus:v2.55.1", ("--web.external-url=https://x.example/metrics/",), "/metrics"),
        (
            "prom/prometheus:v2.55.1",
            ("--web.external-url=https://x.example/metrics", "--web.route-prefix=/"),
            "",
        ),
        ("registry:5000/mirror/prometheus@sha256:abc", ("--web.route-prefix=/p",), "/p"),
        ("shop/metrics:1", ("--storage.tsdb.path=/data", "--web.external-url=http://x/y"), "/y"),
        ("shop/web:1", ("--web.external-url=http://x/y",), None),
    ],
)
def test_the_path_that_the_arguments_say(image: str, args: tuple[str, ...], prefix: str | None) -> None:
    template = PodTemplate(
        (ContainerSpec("side", "shop/side:1", "main"), ContainerSpec("p", image, "main", args=args))
    )

    assert route_prefix(template) == prefix
