"""Every cause of triage that shows in pods, volumes and nodes around the containers, and what looks like it but is not."""

from bot.diagnosis.evidence import Condition
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target
from tests.runbooks.triage_cases import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case
from tests.snapshots import (
    FORBIDDEN,
    NO_EVENTS,
    ago,
    event,
    events,
    node,
    pod,
    scene,
    waiting,
    workload,
)

NODE = Target("default", "", "Node", "node-1")
CLAIM = Target("default", "shop", "PersistentVolumeClaim", "data-web-0")
NOTHING = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods", detail="no pods are looked at")
NO_NODES = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "nodes")

PENDING = pod(
    waiting("", restarts=0),
    phase="Pending",
    node="",
    conditions=(
        Condition(
            "PodScheduled",
            "False",
            "Unschedulable",
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {gpu: true}. "
            "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
            ago(9),
        ),
    ),
)
CREATING = pod(waiting("ContainerCreating"), phase="Pending")
NOT_MOUNTED = event("FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found')
EVICTED = pod(
    name="web-7d9-x", phase="Failed", reason="Evicted", message="The node was low on resource: memory."
)
NOT_READY = Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", ago(7))
PRESSURE = Condition("MemoryPressure", "True", "KubeletHasInsufficientMemory", "low on memory", ago(3))
CASES = [
    Case(
        "no node takes it",
        "unschedulable",
        CONFIRMED,
        scene(PENDING),
        {
            "affected": 1,
            "obstacles": (
                {"nodes": 1, "obstacle": "cpu", "text": "Insufficient cpu"},
                {"nodes": 2, "obstacle": "taint", "text": "node(s) had untolerated taint {gpu: true}"},
            ),
        },
    ),
    Case(
        "had failed, is placed now",
        "unschedulable",
        RULED_OUT,
        scene(events=events(event("FailedScheduling", "0/3 nodes are available"))),
        {"failures": 3},
    ),
    Case("pods are forbidden", "unschedulable", NOT_CHECKED, scene(pods=FORBIDDEN)),
    Case(
        "a Secret is not there",
        "volume-problem",
        CONFIRMED,
        scene(CREATING, events=events(NOT_MOUNTED)),
        {"reason": "FailedMount", "lacking_kind": "Secret", "lacking_name": "web-tls"},
    ),
    Case(
        "mounted at the second try",
        "volume-problem",
        RULED_OUT,
        scene(events=events(NOT_MOUNTED)),
        {"count": 3},
    ),
    Case("slow to create, no event", "volume-problem", RULED_OUT, scene(CREATING), {"count": 0}),
    Case(
        "events are forbidden", "volume-problem", NOT_CHECKED, scene(CREATING, events=events(gap=NO_EVENTS))
    ),
    Case(
        "a claim cannot be provisioned",
        "volume-problem",
        CONFIRMED,
        scene(
            target=CLAIM,
            pods=NOTHING,
            workload=NOTHING,
            events=events(
                event(
                    "ProvisioningFailed",
                    'storageclass "fast" not found',
                    about="PersistentVolumeClaim/data-web-0",
                )
            ),
        ),
        {"reason": "ProvisioningFailed"},
    ),
    Case(
        "a claim without events says nothing",
        "volume-problem",
        NOT_CHECKED,
        scene(target=CLAIM, pods=NOTHING, workload=NOTHING),
    ),
    Case(
        "the kubelet is silent",
        "node-unhealthy",
        CONFIRMED,
        scene(nodes=(node("node-1", NOT_READY),)),
        {"not_ready": True, "node": "node-1"},
    ),
    Case(
        "pressure under the pods",
        "node-unhealthy",
        LIKELY,
        scene(nodes=(node("node-1", PRESSURE),)),
        {"not_ready": False, "conditions": ("MemoryPressure",)},
    ),
    Case(
        "pressure of the node that the alert is about",
        "node-unhealthy",
        CONFIRMED,
        scene(target=NODE, pods=NOTHING, workload=NOTHING, nodes=(node("node-1", PRESSURE),)),
    ),
    Case(
        "only cordoned",
        "node-unhealthy",
        RULED_OUT,
        scene(nodes=(node("node-1", unschedulable=True),)),
        {"cordoned": ("node-1",)},
    ),
    Case("nodes are forbidden", "node-unhealthy", NOT_CHECKED, scene(nodes=(NO_NODES,))),
    Case("one well, one forbidden", "node-unhealthy", NOT_CHECKED, scene(nodes=(node(), NO_NODES))),
    Case("no pod is on a node", "node-unhealthy", NOT_CHECKED, scene(PENDING, nodes=())),
    Case(
        "and nothing took its place",
        "evicted",
        CONFIRMED,
        scene(EVICTED, workload=workload(ready=1)),
        {"affected": 1, "replaced": False},
    ),
    Case(
        "and was replaced",
        "evicted",
        LIKELY,
        scene(EVICTED, pod(), events=events(event("Evicted", "low on memory", about="Pod/web-7d9-x"))),
        {"replaced": True},
    ),
    Case(
        "so long ago that only its record is left",
        "evicted",
        RULED_OUT,
        scene(EVICTED, pod()),
        {"affected": 1, "replaced": True},
    ),
    Case(
        "and whether lately is not known",
        "evicted",
        LIKELY,
        scene(EVICTED, pod(), events=events(gap=FORBIDDEN)),
        {"replaced": True},
    ),
    Case(
        "and it is the one that was asked for",
        "evicted",
        LIKELY,
        scene(EVICTED, pod(), target=Target("default", "shop", "Pod", "web-7d9-x")),
        {"replaced": True},
    ),
    Case("failed for another reason", "evicted", RULED_OUT, scene(pod(phase="Failed"))),
]
