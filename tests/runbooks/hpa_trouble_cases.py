"""The causes of hpa_slow_scale_down that keep an autoscaler from acting, and what looks like them but is not."""

from dataclasses import replace

from bot.diagnosis.evidence import Condition, EventNote, PodList, Writer
from bot.diagnosis.evidence_objects import BudgetState
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.diagnosis.scaling.builders import BUSY, CPU, DISABLED, MEMORY, SLOW, metric, scaler
from tests.runbooks.hpa_cases import (
    APPLICATION,
    BY_ARGO,
    BY_SCALER,
    CONFIRMED,
    CREATED,
    FED,
    FOUGHT,
    FULL,
    LIKELY,
    NO_QUOTAS,
    NOT_CHECKED,
    NOT_YET,
    REFUSED,
    RULED_OUT,
    SEED,
    TEN,
    WIDE,
    Case,
    blind,
    seen,
)
from tests.snapshots import FORBIDDEN, ago, pod, workload

NO_APPLICATIONS = Unavailable(
    Source.KUBERNETES, Reason.FORBIDDEN, "get", "applications", "", "", "argoproj.io"
)
NO_API = (
    "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource "
    "metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
)
NO_REQUEST = "failed to get cpu utilization: missing request for cpu in container sidecar of Pod web-7d9-a"
NO_PODS = "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)"
NO_QUEUE = (
    "unable to get external metric shop/queue: unable to fetch metrics from external metrics API: the server is "
    "currently unable to handle the request (get queue.external.metrics.k8s.io)"
)
OFF = Condition(
    "ScalingActive", "False", "ScalingDisabled", "scaling is disabled since the replica count is zero"
)

AT_CREATION = Writer("argocd-controller", CREATED)
BY_HELM = Writer("helm", CREATED)
BY_HAND = Writer("kubectl", ago(5), "scale")
SET = replace(workload(desired=6), target=replace(WIDE.target, kind="StatefulSet"))
NOT_CREATED = EventNote(
    "Warning",
    "FailedCreate",
    'create Pod web-4 in StatefulSet web failed error: pods "web-4" is forbidden: exceeded quota: compute, '
    "requested: limits.cpu=2, used: limits.cpu=8, limited: limits.cpu=8",
    "StatefulSet/web",
    9,
    ago(20),
    ago(1),
)
UNABLE = Condition("AbleToScale", "False", "FailedGetScale", 'deployments.apps "gone" not found')
OTHERS = BudgetState("shop", "api-pdb", "app=api", minimum="10", healthy=10, wanted=10)
SHARE = BudgetState("shop", "web-pdb", "app=web", most_unavailable="1", healthy=10, allowed=1)

TROUBLE = [
    Case(
        "the metrics API does not answer",
        "metrics-missing",
        CONFIRMED,
        seen(scaler(conditions=blind("FailedGetResourceMetric", NO_API))),
        {"kind": "api", "api": "v1beta1.metrics.k8s.io"},
    ),
    Case(
        "the external metrics API does not answer",
        "metrics-missing",
        CONFIRMED,
        seen(scaler(conditions=blind("FailedGetExternalMetric", NO_QUEUE))),
        {"kind": "api", "api": "v1beta1.external.metrics.k8s.io"},
    ),
    Case(
        "a container requests nothing",
        "metrics-missing",
        CONFIRMED,
        seen(scaler(conditions=blind("FailedGetResourceMetric", NO_REQUEST))),
        {"kind": "request", "resource": "cpu", "container": "sidecar"},
    ),
    Case(
        "a request without the name of the container",
        "metrics-missing",
        CONFIRMED,
        seen(scaler(conditions=blind("FailedGetResourceMetric", "missing request for memory"))),
        {"kind": "request", "resource": "memory", "container": ""},
    ),
    Case(
        "two autoscalers",
        "metrics-missing",
        CONFIRMED,
        seen(
            scaler(
                conditions=blind(
                    "AmbiguousSelector", "pods by selector app=web are controlled by multiple HPAs"
                )
            )
        ),
        {"kind": "ambiguous"},
    ),
    Case(
        "pods are not ready",
        "metrics-missing",
        CONFIRMED,
        seen(scaler(conditions=blind("FailedGetResourceMetric", NO_PODS))),
        {"kind": "other", "api": ""},
    ),
    Case(
        "one of two has no value",
        "metrics-missing",
        LIKELY,
        seen(scaler(CPU, metric("memory", None, 80))),
        {"unknown": ("memory",)},
    ),
    Case(
        "what it scales is not there",
        "metrics-missing",
        RULED_OUT,
        seen(scaler(metric("cpu", None, 70), conditions=(UNABLE,))),
        {"unable": 'deployments.apps "gone" not found'},
    ),
    Case("it has not looked yet", "metrics-missing", LIKELY, NOT_YET, {"unknown": ("CPU",)}),
    Case(
        "at zero on purpose",
        "metrics-missing",
        RULED_OUT,
        seen(scaler(metric("cpu", None, 70), current=0, conditions=(OFF,))),
        {"off": True},
    ),
    Case("all have values", "metrics-missing", RULED_OUT, SEED, {"known": ("CPU", "memory")}),
    Case(
        "values from before",
        "behavior-too-slow",
        RULED_OUT,
        seen(scaler(scale_down=SLOW, conditions=blind("FailedGetResourceMetric", NO_API))),
        {"why": "metrics"},
    ),
    Case(
        "values from before",
        "stabilization-window",
        RULED_OUT,
        seen(scaler(conditions=blind("FailedGetResourceMetric", NO_API))),
        {"why": "metrics"},
    ),
    Case(
        "disabled", "stabilization-window", RULED_OUT, seen(scaler(scale_down=DISABLED)), {"why": "disabled"}
    ),
    Case(
        "ArgoCD wrote it last",
        "replicas-fought-by-gitops",
        CONFIRMED,
        FOUGHT,
        {"manager": "argocd-controller", "application": "shop", "self_heal": True},
    ),
    Case(
        "both own it",
        "replicas-fought-by-gitops",
        CONFIRMED,
        seen(scaler(last_scaled_at=None), workload=replace(WIDE, replica_writers=(BY_SCALER, BY_HELM))),
        {"manager": "helm"},
    ),
    Case(
        "the application cannot be read",
        "replicas-fought-by-gitops",
        CONFIRMED,
        seen(scaler(), workload=replace(WIDE, replica_writers=(BY_ARGO,)), application=NO_APPLICATIONS),
        {"self_heal": False},
    ),
    Case(
        "it will be, once it scales",
        "replicas-fought-by-gitops",
        LIKELY,
        seen(
            scaler(last_scaled_at=None),
            workload=replace(WIDE, replica_writers=(AT_CREATION,)),
            application=APPLICATION,
        ),
    ),
    Case(
        "only when it was created",
        "replicas-fought-by-gitops",
        RULED_OUT,
        seen(scaler(last_scaled_at=None), workload=replace(WIDE, replica_writers=(BY_HELM,))),
        {"manager": "helm"},
    ),
    Case(
        "a person scaled it once",
        "replicas-fought-by-gitops",
        RULED_OUT,
        seen(scaler(), workload=replace(WIDE, replica_writers=(BY_HAND,))),
        {"manager": ""},
    ),
    Case("only the autoscaler", "replicas-fought-by-gitops", RULED_OUT, SEED, {"manager": ""}),
    Case(
        "out of sync for whatever reason",
        "replicas-fought-by-gitops",
        RULED_OUT,
        seen(scaler(), application=replace(APPLICATION, out_of_sync=("Service/api", "Deployment/web"))),
        {"drifts": True},
    ),
    Case(
        "the workload is forbidden",
        "replicas-fought-by-gitops",
        NOT_CHECKED,
        seen(scaler(), workload=FORBIDDEN),
    ),
    Case(
        "a Deployment is refused pods",
        "pdb-or-quota",
        CONFIRMED,
        seen(
            scaler(BUSY, current=6, desired=9), workload=replace(WIDE, conditions=(REFUSED,)), quotas=(FULL,)
        ),
        {"what": "quota", "quota": "compute", "message": "requested: pods=1, used: pods=6, limited: pods=6"},
    ),
    Case(
        "a StatefulSet is refused pods",
        "pdb-or-quota",
        CONFIRMED,
        seen(
            scaler(BUSY, current=4),
            workload=SET,
            pods=PodList((pod(),) * 4),
            refusals=(NOT_CREATED,),
            quotas=NO_QUOTAS,
        ),
        {"quota": "compute"},
    ),
    Case(
        "was refused before, and has all its pods",
        "pdb-or-quota",
        RULED_OUT,
        seen(scaler(), workload=SET, pods=PodList((pod(),) * 6), refusals=(NOT_CREATED,)),
    ),
    Case(
        "a budget for all of them",
        "pdb-or-quota",
        LIKELY,
        seen(scaler(), budgets=(TEN,)),
        {"budget": "web-pdb", "floor": 10},
    ),
    Case(
        "a budget, and nothing waits",
        "pdb-or-quota",
        RULED_OUT,
        replace(FED, around=seen(scaler(), budgets=(TEN,)).around),
    ),
    Case(
        "a budget of another", "pdb-or-quota", RULED_OUT, seen(scaler(), budgets=(OTHERS,)), {"budgets": ()}
    ),
    Case("a budget that shrinks along", "pdb-or-quota", RULED_OUT, seen(scaler(), budgets=(SHARE,))),
    Case(
        "a full quota refuses no one who leaves",
        "pdb-or-quota",
        RULED_OUT,
        seen(scaler(), quotas=(FULL,), pods=PodList((pod(), pod(deleting=True)))),
        {"ending": 1},
    ),
    Case("quotas are forbidden", "pdb-or-quota", NOT_CHECKED, seen(scaler(), quotas=NO_QUOTAS)),
    Case(
        "a metric with its container",
        "metric-holds-it-up",
        CONFIRMED,
        seen(
            scaler(
                CPU,
                metric(
                    "cpu", 700, 500, kind="ContainerResource", target_kind="AverageValue", container="app"
                ),
                MEMORY,
            )
        ),
        {"metric": "CPU (app)"},
    ),
]
