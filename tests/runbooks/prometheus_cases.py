"""What a Prometheus out of memory is found by, and what looks like it but is not: the table of prometheus_oomkilled."""

from dataclasses import replace
from datetime import timedelta

from bot.diagnosis.evidence import ContainerSpec, LogTail, Resources, SeriesSet
from bot.diagnosis.evidence_objects import WalReplayState
from bot.diagnosis.prometheus_memory.exam import Sight
from bot.diagnosis.scene import Tail
from bot.model import Finding, Verdict
from runbooks.prometheus_oomkilled import decide
from tests.runbooks.prometheus_sights import (
    AT,
    DOUBTFUL,
    ELSEWHERE,
    EVICTION,
    GROWN,
    IMAGE,
    ITSELF,
    LIVENESS,
    LOW,
    MI,
    NO_LOGS,
    NO_NODE,
    POD,
    PRESSURE,
    READY,
    REPLAYING,
    SHORT,
    STARTUP,
    SYSTEM_OOM,
    TOO_MANY,
    UNFINISHED,
    again,
    around,
    blind,
    died,
    log,
    metrics,
    of_pod,
    owned,
    replay,
    series,
    served,
    sight,
)
from tests.runbooks.table import Row, one
from tests.snapshots import (
    FORBIDDEN,
    NO_EVENTS,
    NOW,
    ended,
    event,
    events,
    looping,
    node,
    running,
    scene,
    waiting,
    workload,
)

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED


class Case(Row[Sight]):
    def findings(self) -> list[Finding]:
        return decide(self.of)


def found(of: Sight, cause: str) -> Finding:
    return one(decide(of), cause)


GIVEN = Resources(limits={"memory": "6Gi"})
_WAL = [
    Case("the log ends in it", "wal-replay-oom", CONFIRMED, replay(),
         {"segment": 41, "last_segment": 97, "limit": "512Mi", "proposed": "1Gi", "peak": 500 * MI, "why": "log"}),
    Case("an autoscaler gave it more than the template", "wal-replay-oom", CONFIRMED,
         sight(around(died(resources=GIVEN), logs=log(*REPLAYING)), metrics=blind()), {"limit": "6Gi", "proposed": "9Gi"}),
    Case("only a LimitRange limits it", "wal-replay-oom", CONFIRMED,
         sight(around(died(resources=GIVEN), workload=owned(served(limit="")), logs=log(*REPLAYING)), metrics=blind()),
         {"limit": "6Gi", "proposed": "9Gi"}),
    Case("with no metrics at all", "wal-replay-oom", CONFIRMED, replay(metrics=blind()),
         {"proposed": "1Gi", "peak": None, "series": None}),
    Case("recovered since", "wal-replay-oom", LIKELY, sight(around(again(), logs=log(*REPLAYING))), {"current": False}),
    Case("the log may not be read, but it is asked and replays", "wal-replay-oom", LIKELY,
         sight(around(logs=(Tail(POD, "srv", NO_LOGS),)), metrics=metrics(replay=WalReplayState(0, 97, 41))),
         {"why": "asked", "segment": 41}),
    Case("the log may not be read", "wal-replay-oom", NOT_CHECKED, sight(around(logs=(Tail(POD, "srv", NO_LOGS),)))),
    Case("the log leaves such lines out", "wal-replay-oom", NOT_CHECKED,
         sight(around(logs=log('level=warn msg="A limit is near"', cut=True)))),
    Case("the log was not looked at", "wal-replay-oom", NOT_CHECKED, sight(around(logs=()))),
    Case("replayed whole", "wal-replay-oom", RULED_OUT, sight(), {"why": "after"}),
    Case("died before", "wal-replay-oom", RULED_OUT, sight(around(logs=log(REPLAYING[0]))), {"why": "before"}),
    Case("replays when its probe kills it", "wal-replay-oom", RULED_OUT,
         sight(around(died(137, "Error"), logs=log(*REPLAYING), events=events(*STARTUP))), {"why": "not-killed"}),
    Case("an exporter may die as it likes", "wal-replay-oom", RULED_OUT,
         sight(around(looping(137, "OOMKilled"), workload=workload(), logs=log(*REPLAYING))), {"why": "no-prometheus"}),
    Case("pods may not be read", "wal-replay-oom", NOT_CHECKED, sight(scene(pods=FORBIDDEN))),
]  # fmt: skip

_GROWTH = [
    Case("after the replay", "series-growth-oom", CONFIRMED, sight(metrics=GROWN),
         {"before": 20_000, "now": 90_000, "ratio": 4.5, "proposed": "1Gi"}),
    Case("in the replay it is a reason at most", "series-growth-oom", LIKELY, replay(metrics=GROWN), {"phase": "replay"}),
    Case("recovered since", "series-growth-oom", LIKELY, sight(around(again()), metrics=GROWN), {"current": False}),
    Case("of the only Prometheus that is known", "series-growth-oom", LIKELY,
         sight(metrics=metrics(series=series(*[20_000.0] * 60, *[90_000.0] * 12, of=ITSELF))), {"sure": False}),
    Case("steady", "series-growth-oom", RULED_OUT, sight(), {"why": "steady", "before": 20_000}),
    Case("a few more are no growth", "series-growth-oom", RULED_OUT,
         sight(metrics=metrics(series=series(*[1_000.0] * 60, *[3_000.0] * 12))), {"ratio": 3.0}),
    Case("to little under a large limit", "series-growth-oom", RULED_OUT,
         sight(around(workload=owned(served(limit="8Gi"))), metrics=GROWN), {"why": "small", "now": 90_000}),
    Case("never killed", "series-growth-oom", RULED_OUT, sight(around(running("srv", image=IMAGE)), metrics=GROWN),
         {"why": "not-killed"}),
    Case("of another Prometheus", "series-growth-oom", NOT_CHECKED, sight(metrics=ELSEWHERE)),
    Case("steady, but perhaps another's", "series-growth-oom", NOT_CHECKED, sight(metrics=DOUBTFUL)),
    Case("known for an hour", "series-growth-oom", NOT_CHECKED, sight(metrics=metrics(series=series(*[9e4] * 12)))),
    Case("no such series", "series-growth-oom", NOT_CHECKED, sight(metrics=metrics(series=SeriesSet(())))),
    Case("no metrics", "series-growth-oom", NOT_CHECKED, sight(metrics=blind())),
]  # fmt: skip

_QUERIES = [
    Case("beyond the limit of samples", "query-load-oom", CONFIRMED, sight(around(logs=log(*READY, TOO_MANY))),
         {"too_many": 1}),
    Case("as many at once as may be", "query-load-oom", CONFIRMED, sight(metrics=metrics(running=series(2.0, 20.0, 3.0))),
         {"running": 20, "possible": 20}),
    Case("fewer are allowed", "query-load-oom", CONFIRMED,
         sight(around(workload=owned(served(args=("--storage.tsdb.path=/d", "--query.max-concurrency=4")))),
               metrics=metrics(running=series(4.0))), {"possible": 4}),
    Case("some were running when it died", "query-load-oom", LIKELY,
         sight(heads=(LogTail(POD, "srv", previous=True, lines=(UNFINISHED,)),)),
         {"unfinished": ("sum(rate(http_requests_total[30d]))",), "unfinished_count": 1}),
    Case("slow ones", "query-load-oom", LIKELY, sight(metrics=metrics(seconds=series(1.0, 40.0))), {"seconds": 40.0}),
    Case("recovered since", "query-load-oom", LIKELY, sight(around(again(), logs=log(*READY, TOO_MANY))),
         {"current": False}),
    Case("quiet", "query-load-oom", RULED_OUT, sight(), {"why": "quiet", "running": 2}),
    Case("nobody can ask during the replay", "query-load-oom", RULED_OUT, replay(metrics=metrics(running=series(20.0))),
         {"why": "not-ready"}),
    Case("of another Prometheus", "query-load-oom", NOT_CHECKED, sight(metrics=ELSEWHERE)),
    Case("no metrics, and a quiet log", "query-load-oom", NOT_CHECKED, sight(metrics=blind())),
    Case("no log, and quiet metrics", "query-load-oom", NOT_CHECKED, sight(around(logs=(Tail(POD, "srv", NO_LOGS),)))),
]  # fmt: skip

_LIMIT = [
    Case("its series need more", "limit-too-low", CONFIRMED, sight(metrics=SHORT),
         {"why": "short", "series": 120_000, "limit": "512Mi", "proposed": "1Gi"}),
    Case("by elimination", "limit-too-low", LIKELY, sight(), {"why": "left", "proposed": "1Gi"}),
    Case("with no metrics at all", "limit-too-low", LIKELY, sight(metrics=blind()), {"peak": None, "need": None}),
    Case("with no log and no metrics", "limit-too-low", LIKELY,
         sight(around(logs=(Tail(POD, "srv", NO_LOGS),)), metrics=blind()), {"phase": "unknown"}),
    Case("recovered since", "limit-too-low", LIKELY, sight(around(again()), metrics=SHORT), {"current": False}),
    Case("perhaps another's series", "limit-too-low", LIKELY, sight(metrics=DOUBTFUL), {"sure": False}),
    Case("its series have grown, to little", "limit-too-low", LIKELY,
         sight(around(workload=owned(served(limit="8Gi"))), metrics=GROWN), {"proposed": "12Gi"}),
    Case("it dies in its replay", "limit-too-low", RULED_OUT, replay(), {"why": "replay"}),
    Case("its series have grown", "limit-too-low", RULED_OUT, sight(metrics=GROWN), {"why": "growth"}),
    Case("its queries took it", "limit-too-low", RULED_OUT, sight(around(logs=log(*READY, TOO_MANY))), {"why": "queries"}),
    Case("the node had none", "limit-too-low", RULED_OUT, sight(node_events=(SYSTEM_OOM,)), {"why": "node"}),
    Case("there is no limit", "limit-too-low", RULED_OUT,
         sight(around(workload=owned(served(limit=""))), metrics=metrics(limits=SeriesSet(()))), {"why": "no-limit"}),
    Case("who knows whether there is one", "limit-too-low", NOT_CHECKED,
         sight(around(workload=owned(served(limit=""))), metrics=blind())),
    Case("high use without a kill", "limit-too-low", RULED_OUT, sight(around(running("srv", image=IMAGE)), metrics=SHORT),
         {"why": "not-killed", "peak": 500 * MI}),
]  # fmt: skip

_BESIDE = ContainerSpec("reloader", "config-reloader:v1", "main", limits={"memory": "50Mi"})
_BOTH = owned(served(), _BESIDE)
_ALIVE = running("srv", image=IMAGE)
_SIDECAR = [
    Case("the reloader", "sidecar-oom", CONFIRMED,
         sight(around(_ALIVE, looping(137, "OOMKilled", name="reloader"), workload=_BOTH)),
         {"sidecar": "reloader", "limit": "50Mi", "proposed": "128Mi", "program": "srv"}),
    Case("recovered since", "sidecar-oom", LIKELY,
         sight(around(_ALIVE, running("reloader", last=ended(137, "OOMKilled", minutes=300)), workload=_BOTH)),
         {"current": False}),
    Case("it crashes for another reason", "sidecar-oom", RULED_OUT,
         sight(around(_ALIVE, looping(1, name="reloader"), workload=_BOTH)), {"sidecar": ""}),
    Case("Prometheus itself", "sidecar-oom", RULED_OUT, sight(), {"sidecar": ""}),
    Case("no pods", "sidecar-oom", NOT_CHECKED, sight(scene(pods=FORBIDDEN))),
]  # fmt: skip

_NOT = [
    Case("its liveness probe", "not-oom", CONFIRMED, sight(around(died(137, "Error"), events=events(*LIVENESS))),
         {"killer": "liveness", "exit_code": 137}),
    Case("its startup probe, in the replay", "not-oom", CONFIRMED,
         sight(around(died(137, "Error"), logs=log(*REPLAYING), events=events(*STARTUP))),
         {"killer": "startup", "phase": "replay", "segment": 41}),
    Case("137 and nobody says why", "not-oom", LIKELY, sight(around(died(137, "Error"))), {"killer": ""}),
    Case("137 and the events may not be read", "not-oom", LIKELY,
         sight(around(died(137, "Error"), events=events(gap=NO_EVENTS))), {"killer": ""}),
    Case("recovered since", "not-oom", LIKELY, sight(around(again(137, "Error"), events=events(*LIVENESS))),
         {"killer": "liveness", "current": False}),
    Case("OOMKilled, whatever the probes say", "not-oom", RULED_OUT, sight(around(events=events(*LIVENESS))),
         {"why": "killed"}),
    Case("it ends by itself", "not-oom", RULED_OUT, sight(around(died(2, "Error"))), {"why": "no-kill"}),
    Case("well", "not-oom", RULED_OUT, sight(around(_ALIVE)), {"why": "no-kill"}),
    Case("no pods", "not-oom", NOT_CHECKED, sight(scene(pods=FORBIDDEN))),
]  # fmt: skip

_EVICTED = of_pod(waiting("ContainerCreating", name="srv"), phase="Failed", reason="Evicted", message=LOW)
_DISK = "The node was low on resource: ephemeral-storage."
_NODE = [
    Case("evicted", "node-memory-pressure", CONFIRMED, sight(scene(_EVICTED, target=AT, workload=owned())),
         {"why": "evicted", "node": "node-1"}),
    Case("evicted and not back", "node-memory-pressure", CONFIRMED,
         sight(around(waiting("ContainerCreating", name="srv"), events=events(EVICTION))), {"why": "evicted", "pod": POD}),
    Case("the kernel chose it on a full node", "node-memory-pressure", CONFIRMED, sight(node_events=(SYSTEM_OOM,)),
         {"why": "system-oom", "node": "node-1"}),
    Case("evicted, and back", "node-memory-pressure", LIKELY, sight(around(_ALIVE, events=events(EVICTION))),
         {"why": "evicted"}),
    Case("killed under pressure", "node-memory-pressure", LIKELY, sight(around(nodes=(node("node-1", PRESSURE),))),
         {"why": "pressure", "node": "node-1"}),
    Case("killed without a limit", "node-memory-pressure", LIKELY,
         sight(around(workload=owned(served(limit=""))), metrics=metrics(limits=SeriesSet(()))), {"why": "no-limit"}),
    Case("evicted for its disk", "node-memory-pressure", RULED_OUT,
         sight(around(_ALIVE, events=events(event("Evicted", _DISK, about=f"Pod/{POD}")))), {"why": "well"}),
    Case("the kernel chose it long before", "node-memory-pressure", RULED_OUT,
         sight(node_events=(replace(SYSTEM_OOM, last_at=NOW - timedelta(minutes=50)),)), {"why": "well"}),
    Case("pressure, but nothing was killed", "node-memory-pressure", RULED_OUT,
         sight(around(_ALIVE, nodes=(node("node-1", PRESSURE),))), {"why": "pressed"}),
    Case("killed at its limit", "node-memory-pressure", RULED_OUT, sight(), {"nodes": ("node-1",)}),
    Case("the node may not be read", "node-memory-pressure", NOT_CHECKED, sight(around(nodes=(NO_NODE,)))),
    Case("the events may not be read", "node-memory-pressure", NOT_CHECKED, sight(around(events=events(gap=NO_EVENTS)))),
]  # fmt: skip

ALL_CASES = [*_WAL, *_GROWTH, *_QUERIES, *_LIMIT, *_SIDECAR, *_NOT, *_NODE]
