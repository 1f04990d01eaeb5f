"""A tag that does not exist: the new pod cannot pull it, the old one serves on; the tag is corrected later."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.builders import App, node, over, pod_alert, running, waiting
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, PodTemplate, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, Deployed

_NODE = "worker-a2"
_APP = App("observability", "prometheus-server", labels={"app.kubernetes.io/instance": "observability"})
_REPOSITORY = "https://git.example/platform/observability.git"
_NEW, _OLD = "76d4f8b9c5-l7w2s", "5c9b7d6f84-t6h3z"
_PULL = (
    'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack image '
    '"docker.io/{image}": failed to resolve reference "docker.io/{image}": docker.io/{image}: not found'
)


def _template(tag: str) -> PodTemplate:
    spec = ContainerSpec(
        "prometheus-server",
        f"prom/prometheus:{tag}",
        "main",
        args=("--storage.tsdb.retention.time=7d", "--web.enable-lifecycle"),
        requests={"memory": "1Gi"},
        limits={"memory": "2Gi"},
    )
    return PodTemplate((spec,), service_account="prometheus-server")


def _workload(tag: str, now: datetime, ready: int) -> WorkloadState:
    tracking = {
        "argocd.argoproj.io/tracking-id": "observability:apps/Deployment:observability/prometheus-server"
    }
    state = _APP.workload(_template(tag), now - timedelta(days=300), desired=1, ready=ready)
    return replace(state, annotations=tracking, managers=("argocd-controller",))


def _application(now: datetime, *deployed: Deployed, health: str) -> ApplicationState:
    return ApplicationState(
        "argocd",
        "observability",
        "platform",
        "Synced",
        health,
        deployed[-1].revision,
        "Succeeded",
        "successfully synced (all tasks run)",
        deployed[-1].at,
        (deployed[-1].at or now) + timedelta(seconds=3),
        history=deployed,
        repo=_REPOSITORY,
        path="prod",
        automated=True,
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    image = "prom/prometheus:v2.56.1"
    since = now - timedelta(days=33)
    synced = now - timedelta(minutes=18)
    nodes = (node(_NODE, now - timedelta(days=120), cpu="4", memory="16Gi"),)
    old = _APP.pod(_OLD, since, _NODE, running(_template("v2.55.1").containers[0], since))
    stuck = waiting(
        _template("v2.56.1").containers[0], "ImagePullBackOff", f'Back-off pulling image "{image}"'
    )
    before = Deployed(since, "4be81f2a90c7d3e56b1f0a8d2c9e7745a1b3c5d7", 41)
    wrong = Deployed(synced, "9d03c7fe12ab45c688e0f7b6d5a4c3b2a1908f7e", 42)
    right = Deployed(now + timedelta(seconds=15), "1c8e5a7b3d9f20416e8c5a7b3d9f20416e8c5a7b", 43)
    last = now - timedelta(seconds=40)
    pull = _PULL.format(image=image)
    revisions = (
        _APP.revision(_NEW.split("-", maxsplit=1)[0], 12, synced, _template("v2.56.1"), 1),
        _APP.revision(_OLD.split("-", maxsplit=1)[0], 11, since, _template("v2.55.1"), 1),
    )
    broken = Place(
        _workload("v2.56.1", now, ready=1),
        (_APP.pod(_NEW, synced, _NODE, stuck), old),
        revisions,
        events=(
            _APP.warning(_NEW, "Failed", pull, count=8, first=synced, last=last),
            _APP.warning(_NEW, "Failed", "Error: ErrImagePull", count=8, first=synced, last=last),
            _APP.warning(_NEW, "Failed", "Error: ImagePullBackOff", count=70, first=synced, last=last),
        ),
    )
    fixed = _template("v2.55.1")
    healed = Place(
        _workload("v2.55.1", now, ready=1),
        (old,),
        (
            _APP.revision(_OLD.split("-", maxsplit=1)[0], 13, since, fixed, 1),
            replace(revisions[0], replicas=0),
        ),
    )
    alert = pod_alert(
        _APP,
        _NEW,
        "prometheus-server",
        now - timedelta(minutes=2),
        alertname="KubeContainerWaiting",
        reason="ImagePullBackOff",
    )
    failing = _application(now, before, wrong, health="Progressing")
    synced_again = _application(now, before, wrong, right, health="Healthy")
    return (
        Act("the new pod cannot pull its image", (alert,), World((broken,), nodes, applications=(failing,))),
        Act(
            "the tag is corrected in Git: resolved",
            over((alert,), now + timedelta(seconds=30)),
            World((healed,), nodes, applications=(synced_again,)),
            after=32,
        ),
    )


SCENARIO = Scenario("image-pull", "ArgoCD rolled out an image tag that does not exist", _acts)
