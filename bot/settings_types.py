"""What can be configured, as frozen types. Reads nothing and checks nothing; `bot.settings` fills them.

Secrets are `Secret`, so that settings can be printed; spans of time are timedeltas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.matchers import Matcher
from bot.secret import Secret


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`public_url` is where people reach the console, for links; empty when nobody said it."""

    host: str
    port: int
    public_url: str

    @property
    def loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Tokens that are accepted, and a file with more that may change while we run."""

    tokens: tuple[Secret, ...] = ()
    file: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.tokens) or self.file is not None


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """`trusted_header` names the header in which a proxy that has authenticated somebody says who it is."""

    access: TokenSettings
    trusted_header: str


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """With `app_token` Slack is reached by Socket Mode, without it requests are verified with `signing_secret`."""

    bot_token: Secret
    signing_secret: Secret | None
    app_token: Secret | None
    api_url: str


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """`api_host` and `api_port` are what a pod is told of its own cluster; empty when a kubeconfig is to be used."""

    context: str = ""
    kubeconfig: str = ""
    api_host: str = ""
    api_port: str = "443"


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """`match` holds the alert labels that say "this cluster"; without any it takes what no other cluster does."""

    name: str
    match: Mapping[str, str]
    kubernetes: KubernetesSettings
    prometheus: Endpoint | None
    alertmanager: Endpoint | None
    argocd: Endpoint | None
    grafana: Endpoint | None


@dataclass(frozen=True, slots=True)
class RouteSettings:
    matchers: tuple[Matcher, ...]
    channel: str


@dataclass(frozen=True, slots=True)
class StormSettings:
    """More than `bound` that wait in a channel are gathered into a digest. Messages of their own follow when none came for
    `calm`; until then one of the urgent ones every `urgent`.
    """

    bound: int
    calm: timedelta
    urgent: timedelta


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """`hold` is how long the first post may wait for the diagnosis."""

    routes: tuple[RouteSettings, ...]
    default_channel: str
    language: str
    hold: timedelta
    storm: StormSettings


@dataclass(frozen=True, slots=True)
class RunbookMatch:
    """More alerts for a runbook; `key` is where it stands in the file, for an error about an unknown runbook."""

    key: str
    matchers: tuple[Matcher, ...]
    runbook: str


@dataclass(frozen=True, slots=True)
class RunbookSettings:
    folders: tuple[Path, ...]
    match: tuple[RunbookMatch, ...]


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """`users` and `groups` empty: everybody in the allowed channels. `channels`: the namespaces (globs) that each may see.

    `ask` is whom a refusal says to ask.
    """

    users: tuple[str, ...]
    channels: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...] = ()
    ask: str = ""


@dataclass(frozen=True, slots=True)
class SilenceSettings:
    """`longest` is how long one may last that is made from here; `zone` is meant where somebody names none."""

    longest: timedelta
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How long it is remembered who did what."""

    retention: timedelta


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    stale_after: timedelta
    reopen_within: timedelta
    reorder_window: timedelta
    retention: timedelta


@dataclass(frozen=True, slots=True)
class DiagnosisSettings:
    """`targets` is how many targets of one incident are looked at."""

    deadline: timedelta
    targets: int


@dataclass(frozen=True, slots=True)
class Settings:
    """`notes` are what the person who starts the bot should know: settings that are there and have no effect."""

    server: ServerSettings
    replica: str
    store_url: Secret
    webhook: TokenSettings
    console: ConsoleSettings
    slack: SlackSettings | None
    clusters: tuple[ClusterSettings, ...]
    delivery: DeliverySettings
    runbooks: RunbookSettings
    access: AccessSettings
    audit: AuditSettings
    silences: SilenceSettings
    incidents: IncidentSettings
    diagnosis: DiagnosisSettings
    notes: tuple[str, ...]
