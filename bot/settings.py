"""All configuration, checked and frozen, from one YAML file and the environment. The only reader of the environment.

Whatever is wrong is a SettingsError that names the key and says why in one line. Nobody but `bot.app` and `bot.cli` sees
the result; other parts are handed what they need.
"""

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.secret import Secret, split_tokens
from bot.settings_access import open_to_all, read_access
from bot.settings_clusters import read_clusters
from bot.settings_environment import Environment
from bot.settings_file import Section, SettingsError, check_matchers, read_yaml
from bot.settings_types import (
    AccessSettings,
    AuditSettings,
    ClusterSettings,
    ConsoleSettings,
    DeliverySettings,
    DiagnosisSettings,
    Endpoint,
    IncidentSettings,
    KubernetesSettings,
    RouteSettings,
    RunbookMatch,
    RunbookSettings,
    ServerSettings,
    Settings,
    SilenceSettings,
    SlackSettings,
    StormSettings,
    TokenSettings,
)

__all__ = [
    "AccessSettings",
    "AuditSettings",
    "ClusterSettings",
    "ConsoleSettings",
    "DeliverySettings",
    "DiagnosisSettings",
    "Endpoint",
    "IncidentSettings",
    "KubernetesSettings",
    "RouteSettings",
    "RunbookMatch",
    "RunbookSettings",
    "Secret",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "SilenceSettings",
    "SlackSettings",
    "StormSettings",
    "TokenSettings",
    "from_environment",
    "load",
    "refuse_unsafe",
]

_DEFAULT_FILE = "opsbot.yaml"
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_IN_THE_ENVIRONMENT = {
    "slack": "is configured by SLACK_BOT_TOKEN and its neighbours in the environment",
    "store": "is configured by OPSBOT_STORE_URL in the environment",
    "store_url": "is configured by OPSBOT_STORE_URL in the environment",
    "replica": "is configured by OPSBOT_REPLICA in the environment",
    "webhook": "is configured by OPSBOT_WEBHOOK_TOKEN in the environment",
}


def from_environment(path: str | None = None) -> Settings:
    return load(os.environ, path)


def load(env: Mapping[str, str], path: str | None = None) -> Settings:
    """`path` wins over $OPSBOT_CONFIG, which wins over ./opsbot.yaml; a file that somebody named must be there."""
    environment = Environment(env)
    file = _file(environment, path)
    if file is not None:
        content = read_yaml(file)
        if content is not None and not isinstance(content, dict):
            raise SettingsError(str(file), "must be a mapping, such as delivery: {language: en}")
        folder = file.absolute().parent
    else:
        content, folder = {}, Path()
    with Section("", content, _IN_THE_ENVIRONMENT) as root:
        clusters, notes = read_clusters(root, environment, folder)
        slack, access = _slack(environment), read_access(root.section("access"))
        return Settings(
            server=_server(root.section("server"), environment),
            replica=environment.text("OPSBOT_REPLICA") or socket.gethostname(),
            store_url=_store_url(environment),
            webhook=environment.tokens("OPSBOT_WEBHOOK_TOKEN"),
            console=_console(root.section("console"), environment),
            slack=slack,
            clusters=clusters,
            delivery=_delivery(root.section("delivery")),
            runbooks=_runbooks(root.section("runbooks"), folder),
            access=access,
            audit=_audit(root.section("audit")),
            silences=_silences(root.section("silences")),
            incidents=_incidents(root.section("incidents")),
            diagnosis=_diagnosis(root.section("diagnosis")),
            notes=(*notes, *open_to_all(access, slack)),
        )


def refuse_unsafe(settings: Settings) -> None:
    """Before serving: everybody who can reach us could make alerts up. Commands that do not serve need no token."""
    for name, accepted in (("WEBHOOK", settings.webhook), ("CONSOLE", settings.console.access)):
        if accepted.file is not None:
            key = f"OPSBOT_{name}_TOKEN_FILE"
            _refuse_empty(key, accepted.file)
    if not settings.webhook and not settings.server.loopback:
        raise SettingsError(
            "OPSBOT_WEBHOOK_TOKEN",
            f"is needed to listen on {settings.server.host}: without a token only loopback (127.0.0.1) is served",
        )


def _refuse_empty(key: str, file: Path) -> None:
    try:
        tokens = split_tokens(file.read_bytes().decode())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(key, f"the file cannot be read: {type(error).__name__}") from None
    if not tokens:
        raise SettingsError(key, "the file holds no token")


def _file(environment: Environment, path: str | None) -> Path | None:
    named = path or environment.text("OPSBOT_CONFIG")
    if named:
        return Path(named)
    default = Path(_DEFAULT_FILE)
    return default if default.is_file() else None


def _server(section: Section, environment: Environment) -> ServerSettings:
    with section:
        host = section.text("host", "127.0.0.1")
        port = section.number("port", 8080, 0, 65535)
        public_url = section.url("public_url").rstrip("/")
    host = (environment.text("OPSBOT_HOST") or host).removeprefix("[").removesuffix("]")
    told = environment.port("OPSBOT_PORT")
    return ServerSettings(host, port if told is None else told, public_url)


def _store_url(environment: Environment) -> Secret:
    url = environment.text_or_file("OPSBOT_STORE_URL") or "sqlite:///opsbot.db"
    if not url.startswith(("sqlite:///", "postgresql://")):
        raise SettingsError("OPSBOT_STORE_URL", "must begin with sqlite:/// or postgresql://")
    return Secret(url)  # it may hold a password


def _console(section: Section, environment: Environment) -> ConsoleSettings:
    with section:
        header = section.text("trusted_header")
        if header and not _HEADER.fullmatch(header):
            raise SettingsError(section.path("trusted_header"), "is not the name of a header")
    return ConsoleSettings(environment.tokens("OPSBOT_CONSOLE_TOKEN"), header)


def _slack(environment: Environment) -> SlackSettings | None:
    bot_token = environment.secret("SLACK_BOT_TOKEN")
    signing_secret = environment.secret("SLACK_SIGNING_SECRET")
    app_token = environment.secret("SLACK_APP_TOKEN")
    api_url = environment.url("SLACK_API_URL") or "https://slack.com/api/"
    if bot_token is None:
        if signing_secret or app_token:
            raise SettingsError("SLACK_BOT_TOKEN", "is needed beside the other Slack settings")
        return None
    return SlackSettings(bot_token, signing_secret, app_token, api_url.rstrip("/") + "/")


def _delivery(section: Section) -> DeliverySettings:
    with section:
        return DeliverySettings(
            routes=tuple(_route(route) for route in section.sections("routes")),
            default_channel=section.text("default_channel", "#alerts"),
            language=section.choice("language", "en", "ko"),
            hold=section.duration("hold", "5s", "0s", "60s"),
            storm=_storm(section.section("storm")),
        )


def _storm(section: Section) -> StormSettings:
    with section:
        return StormSettings(
            bound=section.number("bound", 5, 1, 100_000),
            calm=section.duration("calm", "60s", "1s", "1h"),
            urgent=section.duration("urgent", "15s", "1s", "1h"),
        )


def _route(section: Section) -> RouteSettings:
    with section:
        channel = section.required("channel", 'is needed, for example "#alerts" in quotes')
        return RouteSettings(section.matchers("match"), channel)


def _runbooks(section: Section, folder: Path) -> RunbookSettings:
    with section:
        folders = tuple(folder / Path(name).expanduser() for name in section.texts("folders"))
        return RunbookSettings(folders, tuple(_match(match) for match in section.sections("match")))


def _match(section: Section) -> RunbookMatch:
    with section:
        alert = section.required("alert", "is needed: matchers such as 'alertname=\"MyAlert\"'")
        runbook = section.required("runbook", "is needed: the name of a runbook")
        return RunbookMatch(section.key, check_matchers(section.path("alert"), alert), runbook)


def _audit(section: Section) -> AuditSettings:
    with section:
        return AuditSettings(section.duration("retention", "400d", "1d", "3650d"))


def _silences(section: Section) -> SilenceSettings:
    with section:
        longest = section.duration("longest", "24h", "1m", "30d")
        name = section.text("time_zone", "UTC")
        try:
            return SilenceSettings(longest, ZoneInfo(name))
        except (KeyError, ValueError, OSError):  # not found, no key at all, a folder
            raise SettingsError(
                section.path("time_zone"), "is not a time zone such as UTC or Asia/Seoul"
            ) from None


def _incidents(section: Section) -> IncidentSettings:
    with section:
        return IncidentSettings(
            stale_after=section.duration("stale_after", "9h", "5m", "30d"),
            reopen_within=section.duration("reopen_within", "15m", "0s", "1d"),
            reorder_window=section.duration("reorder_window", "5m", "0s", "1h"),
            retention=section.duration("retention", "30d", "1d", "3650d"),
        )


def _diagnosis(section: Section) -> DiagnosisSettings:
    with section:
        return DiagnosisSettings(
            deadline=section.duration("deadline", "25s", "1s", "2m"),
            targets=section.number("targets", 5, 1, 50),
        )
