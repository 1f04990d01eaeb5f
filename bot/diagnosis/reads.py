"""The permissions that looks need, each with its reason. `opsbot rbac` prints the union of what the runbooks declare.

Data only. A permission that is not here cannot be asked for; none of them writes.
"""

from bot.diagnosis.sources import Read
from bot.model import Source

POD_READ = Read(Source.KUBERNETES, "", ("pods",), why="container states, exit codes and restarts")
POD_LOGS = Read(Source.KUBERNETES, "", ("pods/log",), ("get",), why="the last lines before a container died")
EVENT_READ = Read(Source.KUBERNETES, "", ("events",), ("list",), why="warnings about the target")
WORKLOAD_READ = Read(
    Source.KUBERNETES,
    "apps",
    ("deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"),
    why="rollout state and earlier revisions",
)
ROLLOUT_READ = Read(
    Source.KUBERNETES,
    "argoproj.io",
    ("rollouts",),
    why="workloads that Argo Rollouts runs, where it is installed",
)
JOB_READ = Read(Source.KUBERNETES, "batch", ("jobs", "cronjobs"), why="state of jobs")
SCALER_READ = Read(
    Source.KUBERNETES, "autoscaling", ("horizontalpodautoscalers",), why="scaling before the alert"
)
NODE_READ = Read(
    Source.KUBERNETES, "", ("nodes",), cluster_wide=True, why="node conditions, and nodes that joined"
)
CONFIG_READ = Read(
    Source.KUBERNETES, "", ("configmaps",), ("get",), why="settings of a workload, and when they changed"
)
SECRET_META = Read(
    Source.KUBERNETES,
    "",
    ("secrets",),
    ("get",),
    why="when a Secret changed and which keys it has; only metadata is asked for, never data",
)
SERVICE_READ = Read(Source.KUBERNETES, "", ("services",), ("get",), why="which pods stand behind a Service")
ENDPOINT_READ = Read(
    Source.KUBERNETES,
    "discovery.k8s.io",
    ("endpointslices",),
    ("list",),
    why="whether anything answers behind a Service",
)
BUDGET_READ = Read(Source.KUBERNETES, "policy", ("poddisruptionbudgets",), ("list",), why="what holds pods")
QUOTA_READ = Read(Source.KUBERNETES, "", ("resourcequotas",), ("list",), why="what refuses more pods")
CRD_READ = Read(
    Source.KUBERNETES,
    "apiextensions.k8s.io",
    ("customresourcedefinitions",),
    ("get",),
    cluster_wide=True,
    why="served versions and conversion of custom resources",
)
PROMETHEUS_CR_READ = Read(
    Source.KUBERNETES, "monitoring.coreos.com", ("prometheuses",), ("get",), why="what the operator runs"
)
EXTERNAL_SECRET_READ = Read(
    Source.KUBERNETES, "external-secrets.io", ("externalsecrets",), why="state of synchronised secrets"
)
STORE_READ = Read(
    Source.KUBERNETES, "external-secrets.io", ("secretstores",), ("get",), why="state of a secret store"
)
CLUSTER_STORE_READ = Read(
    Source.KUBERNETES,
    "external-secrets.io",
    ("clustersecretstores",),
    ("get",),
    cluster_wide=True,
    why="state of a secret store of the whole cluster",
)
APPLICATION_READ = Read(
    Source.KUBERNETES, "argoproj.io", ("applications",), why="sync state and history of ArgoCD applications"
)
METRICS = Read(Source.PROMETHEUS, why="metrics of the target")

# All of them of the cluster: what a grant allows at once.
READS = (
    POD_READ,
    POD_LOGS,
    EVENT_READ,
    WORKLOAD_READ,
    ROLLOUT_READ,
    JOB_READ,
    SCALER_READ,
    NODE_READ,
    CONFIG_READ,
    SECRET_META,
    SERVICE_READ,
    ENDPOINT_READ,
    BUDGET_READ,
    QUOTA_READ,
    CRD_READ,
    PROMETHEUS_CR_READ,
    EXTERNAL_SECRET_READ,
    STORE_READ,
    CLUSTER_STORE_READ,
    APPLICATION_READ,
)
