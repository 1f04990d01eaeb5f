"""An address that somebody else chose leads to a Service of the cluster, to the server known already, or nowhere."""

import pytest

from bot.clients.addresses import NotAskedError, asked_at

OWN = "http://10.0.0.5:9090/api/monitoring/prometheus"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://prometheus", "http://prometheus:80"),
        ("http://svc", "http://svc:80"),
        ("https://prometheus:9090/", "https://prometheus:9090"),
        ("http://Prometheus:9090/x/y/", "http://prometheus:9090/x/y"),
        ("http://prometheus.monitoring.svc:9090", "http://prometheus.monitoring.svc:9090"),
        ("http://prometheus.monitoring.svc.cluster.local.", "http://prometheus.monitoring.svc.cluster.local:80"),
        ("http://prometheus-0.prometheus.monitoring.svc", "http://prometheus-0.prometheus.monitoring.svc:80"),
        # Not a top-level domain of the world: the cluster's own name is asked.
        ("http://prometheus.monitoring:9090", "http://prometheus.monitoring.svc:9090"),
        ("http://evil.com/", "http://evil.com.svc:80"),
        ("http://10.0.0.5:9090", "http://10.0.0.5:9090"),
        ("http://10.0.0.5:9090/other", "http://10.0.0.5:9090/other"),
    ],
)  # fmt: skip
def test_services_and_the_known_server_are_asked(url: str, asked: str) -> None:
    assert asked_at(url, OWN) == asked


@pytest.mark.parametrize("own", ["https://prometheus.example.com", "https://prometheus.example.com:443/x"])
def test_the_known_server_may_be_anywhere(own: str) -> None:
    asked = "https://prometheus.example.com:443/api"
    assert asked_at("https://prometheus.example.com/api", own) == asked
    with pytest.raises(NotAskedError):
        asked_at("http://prometheus.example.com/api", own)


def test_the_known_server_may_have_an_address_of_ipv6() -> None:
    assert asked_at("http://[fd00::1]:9090", "http://[fd00::1]:9090/prom") == "http://[fd00::1]:9090"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "prometheus:9090",
        "ftp://prometheus",
        "file:///etc/passwd",
        "http://",
        "http:///api",
        "http://prometheus:port",
        "http://prometheus:99999",
        "http://10.0.0.6:9090",
        "http://10.0.0.5:9091",
        "http://10.0.0.5",
        "https://10.0.0.5:9090x",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://127.1",
        "http://[::1]:9090",
        "http://[::ffff:10.0.0.5]:9090",
        "http://localhost:9090",
        "http://localhost.localdomain",
        "http://metadata.google.internal",
        "http://prometheus.example.com",
        "http://prometheus.monitoring.svc.evil.com",
        "http://prometheus.monitoring.svc.cluster.local.evil.com",
        "http://evil.com.svc.cluster.local.x",
        "http://a_b",
        "http://user@prometheus",
        "http://user:pass@prometheus",
        "http://:@prometheus",
        "http://prometheus@evil.com",
        "http://prometheus?x=1",
        "http://prometheus/#/x",
        "http://prometheus/%2e%2e",
        "http://prometheus/a b",
        "http://prometheus\\@evil.com",
        "http://pro\nmetheus.example.com",
        "http://prometheus。example。com",
        "http://ｐrometheus",
    ],
)
def test_nothing_else_is_asked(url: str) -> None:
    with pytest.raises(NotAskedError):
        asked_at(url, OWN)
