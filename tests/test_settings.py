"""The configuration as contract.md has it, and one line that names the key for everything that is wrong with it."""

import dataclasses
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.matchers import parse_matchers
from bot.secret import Secret
from bot.settings import (
    AccessSettings,
    AuditSettings,
    DeliverySettings,
    DiagnosisSettings,
    Endpoint,
    IncidentSettings,
    KubernetesSettings,
    RouteSettings,
    ServerSettings,
    Settings,
    SettingsError,
    SilenceSettings,
    SlackSettings,
    StormSettings,
    TokenSettings,
    from_environment,
    load,
    refuse_unsafe,
)

EXAMPLE = Path(__file__).parents[1] / "deploy" / "opsbot.example.yaml"
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> str:
        (tmp_path / "opsbot.yaml").write_text(text)
        return str(tmp_path / "opsbot.yaml")

    return write


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads an opsbot.yaml that lies around."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")


def test_nothing_at_all_is_a_configuration() -> None:
    settings = load({})
    assert settings.server == ServerSettings("127.0.0.1", 8080, "")
    assert settings.replica == socket.gethostname()
    assert settings.store_url.reveal() == "sqlite:///opsbot.db"
    assert settings.slack is None
    assert not settings.webhook
    assert not settings.console.access
    (cluster,) = settings.clusters
    assert (cluster.name, cluster.match, cluster.kubernetes) == ("default", {}, KubernetesSettings())
    assert (cluster.prometheus, cluster.alertmanager, cluster.argocd, cluster.grafana) == (None,) * 4
    assert settings.delivery == DeliverySettings(
        (),
        "#alerts",
        "en",
        timedelta(seconds=5),
        StormSettings(5, timedelta(seconds=60), timedelta(seconds=15)),
    )
    assert settings.access == AccessSettings((), {}, (), "")
    hours, minutes, days = timedelta(hours=9), timedelta(minutes=1), timedelta(days=30)
    assert settings.incidents == IncidentSettings(hours, 15 * minutes, 5 * minutes, days)
    assert settings.diagnosis == DiagnosisSettings(timedelta(seconds=25), 5)
    assert settings.audit == AuditSettings(timedelta(days=400))
    assert settings.silences == SilenceSettings(timedelta(days=1), ZoneInfo("UTC"))
    refuse_unsafe(settings)


@pytest.mark.parametrize("text", ["", "# nothing\n", "clusters:\ndelivery:\n", "{}"])
def test_an_empty_file_is_a_configuration(write: Write, text: str) -> None:
    assert load({}, write(text)) == load({})


def test_the_environment_alone(tmp_path: Path) -> None:
    (tmp_path / "argocd").write_text("argo-token\n")
    settings = load(
        {
            "OPSBOT_HOST": "0.0.0.0",
            "OPSBOT_PORT": "9000",
            "OPSBOT_REPLICA": "one",
            "OPSBOT_STORE_URL": "postgresql://u:hunter2@db/ops",
            "OPSBOT_WEBHOOK_TOKEN": "new, old\n",
            "OPSBOT_CONSOLE_TOKEN": "see",
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "sign",
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_API_URL": "http://127.0.0.1:9999/api",
            "PROMETHEUS_URL": "http://prometheus:9090/prefix",
            "ALERTMANAGER_URL": "http://alertmanager:9093",
            "ARGOCD_SERVER_URL": "https://argocd",
            "ARGOCD_TOKEN_FILE": str(tmp_path / "argocd"),
            "GRAFANA_URL": "https://grafana",
            "GRAFANA_TOKEN": "glsa",
            "KUBECONFIG": "/a:/b",
        }
    )
    assert settings.server == ServerSettings("0.0.0.0", 9000, "")
    assert settings.replica == "one"
    assert settings.store_url == Secret("postgresql://u:hunter2@db/ops")
    assert settings.webhook == TokenSettings((Secret("new"), Secret("old")))
    assert settings.console.access == TokenSettings((Secret("see"),))
    assert settings.slack == SlackSettings(
        Secret("xoxb-1"), Secret("sign"), Secret("xapp-1"), "http://127.0.0.1:9999/api/"
    )
    (cluster,) = settings.clusters
    assert cluster.kubernetes == KubernetesSettings(kubeconfig="/a:/b")
    assert cluster.prometheus == Endpoint("http://prometheus:9090/prefix")
    assert cluster.alertmanager == Endpoint("http://alertmanager:9093")
    assert cluster.argocd == Endpoint("https://argocd", Secret("argo-token"))
    assert cluster.grafana == Endpoint("https://grafana", Secret("glsa"))
    refuse_unsafe(settings)
    for secret in ("hunter2", "xoxb-1", "xapp-1", "sign'", "glsa", "argo-token", "'new'"):
        assert secret not in repr(settings)


def test_the_example_shows_every_key(tmp_path: Path) -> None:
    text = EXAMPLE.read_text().replace("/var/run/secrets/grafana/token", str(tmp_path / "grafana"))
    (tmp_path / "grafana").write_text("glsa")
    (tmp_path / "example.yaml").write_text(text)
    settings = load({"PROD_ARGOCD_TOKEN": "argo"}, str(tmp_path / "example.yaml"))
    assert settings.server == ServerSettings("127.0.0.1", 8080, "https://opsbot.example.com")
    assert settings.console.trusted_header == "X-Forwarded-User"
    prod, staging = settings.clusters
    assert prod.match == {"cluster": "prod"}
    assert prod.kubernetes == KubernetesSettings("prod", "/etc/opsbot/kubeconfig")
    assert prod.prometheus == Endpoint("http://prometheus:9090/api/monitoring/prometheus")
    assert prod.argocd == Endpoint("https://argocd.example.com", Secret("argo"))
    assert prod.grafana == Endpoint("https://grafana.example.com", Secret("glsa"))
    assert (staging.name, staging.argocd) == ("staging", None)
    assert settings.delivery.routes == (
        RouteSettings(parse_matchers('severity="critical",namespace!~"dev-.*"'), "#alerts-critical"),
        RouteSettings(parse_matchers('severity=~"warning|info"'), "#alerts"),
    )
    assert settings.runbooks.folders == (Path("/etc/opsbot/runbooks"),)
    (match,) = settings.runbooks.match
    assert (match.key, match.runbook) == ("runbooks.match[0]", "prometheus_oomkilled")
    assert match.matchers == parse_matchers('alertname=~"MyOOM.*"')
    assert settings.access.channels == {"C0123456789": ("shop", "wealist-*"), "direct": ("*",)}
    assert (settings.access.groups, settings.access.ask) == (("S0123456789",), "@platform-team")
    # What it gives as defaults are the defaults.
    for part in ("incidents", "diagnosis", "audit", "silences"):
        assert getattr(settings, part) == getattr(load({}), part)
    assert settings.delivery.hold == load({}).delivery.hold


def test_who_takes_commands_from_everybody_is_told(write: Write) -> None:
    token, commanded = (
        {"SLACK_BOT_TOKEN": "xoxb-1"},
        {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"},
    )
    assert load(token).notes == ()
    assert [note.split(":")[0] for note in load(commanded).notes] == ["access is open"]
    for restricted in ("users: [U123]", "groups: [S123]", "channels: {C123: [shop]}"):
        assert load(commanded, write(f"access: {{{restricted}}}")).notes == ()


def test_settings_are_frozen() -> None:
    settings = load({})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.replica = "other"  # type: ignore[misc]  # the point of the test


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for port in (1, 2, 3):
        (tmp_path / f"{port}.yaml").write_text(f"server: {{port: {port}}}")
    (tmp_path / "opsbot.yaml").write_text("server: {port: 4}")
    one, two = str(tmp_path / "1.yaml"), str(tmp_path / "2.yaml")
    assert load({"OPSBOT_CONFIG": two}, one).server.port == 1
    assert load({"OPSBOT_CONFIG": two}).server.port == 2
    assert load({}).server.port == 8080
    monkeypatch.chdir(tmp_path)
    assert load({}).server.port == 4
    monkeypatch.setenv("OPSBOT_CONFIG", two)
    assert from_environment().server.port == 2


@pytest.mark.parametrize("env", [{"OPSBOT_CONFIG": "gone.yaml"}, {}])
def test_a_named_file_must_be_there(env: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^gone\.yaml: cannot be read: No such file or directory$"):
        load(env, None if env else "gone.yaml")


def test_the_environment_wins_over_the_file(write: Write) -> None:
    settings = load({"OPSBOT_HOST": "[::1]"}, write("server: {host: 10.0.0.1, port: 81}"))
    assert (settings.server.host, settings.server.port) == ("::1", 81)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("opsbot.example", False),
        ("localhost.example", False),
    ],
)
def test_only_loopback_is_served_without_a_token(host: str, loopback: bool) -> None:
    settings = load({"OPSBOT_HOST": host})
    assert settings.server.loopback is loopback
    refuse_unsafe(load({"OPSBOT_HOST": host, "OPSBOT_WEBHOOK_TOKEN": "t"}))
    if loopback:
        refuse_unsafe(settings)
    else:
        with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_TOKEN: .*loopback"):
            refuse_unsafe(settings)


def test_a_token_file_must_hold_a_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = load({"OPSBOT_HOST": "0.0.0.0", "OPSBOT_WEBHOOK_TOKEN_FILE": str(file)})
    assert settings.webhook == TokenSettings((), file)
    with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_TOKEN_FILE: .*cannot be read"):
        refuse_unsafe(settings)
    file.write_text(" ,\n")
    with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_TOKEN_FILE: .*no token"):
        refuse_unsafe(settings)
    file.write_text("t\n")
    refuse_unsafe(settings)


def test_a_service_called_opsbot_does_not_break_its_own_pods() -> None:
    """https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""
    env = {
        "OPSBOT_PORT": "tcp://10.96.7.1:8080",
        "OPSBOT_SERVICE_HOST": "10.96.7.1",
        "OPSBOT_SERVICE_PORT": "8080",
    }
    assert load(env).server.port == 8080


IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


def kubernetes(settings: Settings) -> KubernetesSettings:
    return settings.clusters[0].kubernetes


def test_a_pod_finds_its_own_cluster(write: Write) -> None:
    inside = KubernetesSettings(api_host="10.96.0.1", api_port="6443")
    assert kubernetes(load(IN_A_POD)) == inside
    assert kubernetes(load(IN_A_POD, write("clusters: [{name: a}]"))) == inside
    assert kubernetes(load(IN_A_POD | {"KUBECONFIG": "/k"})) == KubernetesSettings(kubeconfig="/k")
    elsewhere = write("clusters: [{name: a, kubernetes: {context: b}}]")
    assert kubernetes(load(IN_A_POD, elsewhere)) == KubernetesSettings(context="b")


def test_the_default_cluster_takes_what_the_environment_says(write: Write) -> None:
    path = write(
        "clusters:\n"
        "- {name: default, prometheus: {url: http://mine}}\n"
        "- {name: b, match: {c: b}, kubernetes: {context: b}}\n"
    )
    settings = load({"PROMETHEUS_URL": "http://theirs", "GRAFANA_URL": "http://grafana"}, path)
    assert settings.clusters[0].prometheus == Endpoint("http://mine")
    assert settings.clusters[0].grafana == Endpoint("http://grafana")
    assert settings.clusters[1].grafana is None
    assert settings.notes == ()


def test_a_variable_without_effect_is_noted(write: Write) -> None:
    settings = load({"PROMETHEUS_URL": "http://theirs"}, write("clusters: [{name: prod}]"))
    assert settings.clusters[0].prometheus is None
    assert settings.notes == ("PROMETHEUS_URL has no effect: no entry of clusters is called default",)


def test_relative_paths_start_at_the_file(write: Write) -> None:
    path = write("runbooks: {folders: [mine, /theirs]}\nclusters: [{name: a, kubernetes: {kubeconfig: k}}]")
    folder = Path(path).parent
    settings = load({}, path)
    assert settings.runbooks.folders == (folder / "mine", Path("/theirs"))
    assert kubernetes(settings).kubeconfig == str(folder / "k")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("4h", 14_400), ("2d", 172_800), ("1h30m", 5400), ("0s", 0)],
)
def test_durations(write: Write, text: str, seconds: int) -> None:
    name, least = ("stale_after", 300) if seconds >= 300 else ("reopen_within", 0)
    settings = load({}, write(f"incidents: {{{name}: {text}}}"))
    assert getattr(settings.incidents, name) == timedelta(seconds=max(seconds, least))
