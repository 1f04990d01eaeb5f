"""Looks at configuration and custom resources: ConfigMaps, CRDs, External Secrets, budgets, quotas, endpoints.

Values only, as in `looks`. No look asks for the content of a Secret.
"""

from dataclasses import dataclass
from typing import ClassVar

from bot.diagnosis.commands import kubectl
from bot.diagnosis.evidence_objects import (
    BudgetState,
    ConfigMapState,
    CrdState,
    EndpointsState,
    ExternalSecretState,
    PrometheusState,
    QuotaState,
    StoreState,
)
from bot.diagnosis.reads import (
    BUDGET_READ,
    CLUSTER_STORE_READ,
    CONFIG_READ,
    CRD_READ,
    ENDPOINT_READ,
    EXTERNAL_SECRET_READ,
    PROMETHEUS_CR_READ,
    QUOTA_READ,
    STORE_READ,
)
from bot.diagnosis.sources import Look, Read


@dataclass(frozen=True, slots=True)
class ConfigMapOf(Look[ConfigMapState]):
    """The settings in a ConfigMap; values that may be secret arrive redacted."""

    read: ClassVar[Read] = CONFIG_READ
    namespace: str
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"configmap/{self.name}", "--output=yaml", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class EndpointsOf(Look[EndpointsState]):
    """What stands behind a Service, from its EndpointSlices."""

    read: ClassVar[Read] = ENDPOINT_READ
    namespace: str
    service: str

    def reproduce(self) -> str:
        chosen = f"--selector=kubernetes.io/service-name={self.service}"
        return kubectl("get", "endpointslices", chosen, namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class BudgetsOf(Look[tuple[BudgetState, ...]]):
    """PodDisruptionBudgets of a namespace."""

    read: ClassVar[Read] = BUDGET_READ
    namespace: str

    def reproduce(self) -> str:
        return kubectl("get", "poddisruptionbudgets", "--output=wide", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class QuotasOf(Look[tuple[QuotaState, ...]]):
    """ResourceQuotas of a namespace."""

    read: ClassVar[Read] = QUOTA_READ
    namespace: str

    def reproduce(self) -> str:
        return kubectl("describe", "resourcequotas", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class CrdOf(Look[CrdState]):
    """A CustomResourceDefinition by its full name, such as `externalsecrets.external-secrets.io`."""

    read: ClassVar[Read] = CRD_READ
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"customresourcedefinition/{self.name}", "--output=yaml")


@dataclass(frozen=True, slots=True)
class PrometheusOf(Look[PrometheusState]):
    """A `Prometheus` custom resource of the Prometheus operator."""

    read: ClassVar[Read] = PROMETHEUS_CR_READ
    namespace: str
    name: str

    def reproduce(self) -> str:
        what = f"prometheuses.monitoring.coreos.com/{self.name}"
        return kubectl("get", what, "--output=yaml", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class ExternalSecretsOf(Look[tuple[ExternalSecretState, ...]]):
    """The ExternalSecret called `name`, or all of a namespace."""

    read: ClassVar[Read] = EXTERNAL_SECRET_READ
    namespace: str
    name: str = ""

    def reproduce(self) -> str:
        kind = "externalsecrets.external-secrets.io"
        what = (f"{kind}/{self.name}", "--output=yaml") if self.name else (kind,)
        return kubectl("get", *what, namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class StoreOf(Look[StoreState]):
    """A SecretStore."""

    read: ClassVar[Read] = STORE_READ
    namespace: str
    name: str

    def reproduce(self) -> str:
        what = f"secretstores.external-secrets.io/{self.name}"
        return kubectl("get", what, "--output=yaml", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class ClusterStoreOf(Look[StoreState]):
    """A ClusterSecretStore."""

    read: ClassVar[Read] = CLUSTER_STORE_READ
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"clustersecretstores.external-secrets.io/{self.name}", "--output=yaml")
