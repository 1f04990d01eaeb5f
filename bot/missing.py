"""What could not be looked at, and where, as a part of the vocabulary in `bot.model`. Standard library only."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    KUBERNETES = "kubernetes"
    PROMETHEUS = "prometheus"
    ARGOCD = "argocd"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"


class Reason(StrEnum):
    """Why a look-up gave nothing."""

    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NOT_CONFIGURED = "not_configured"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be looked at, and the grant (RBAC YAML) that would allow it."""

    source: Source
    reason: Reason
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    grant: str = ""
    detail: str = ""
