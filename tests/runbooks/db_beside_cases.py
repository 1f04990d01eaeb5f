"""Cases of a database that is asked for within the pod itself, and of what only looks like it."""

from typing import Any

from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.evidence import ContainerState, PodList
from tests.runbooks.db_cases import CONFIRMED, LIKELY, Case, env, given, refused, settings
from tests.snapshots import ended, looping, pod, running, waiting

LOCAL = "dial tcp 127.0.0.1:5432: connect: connection refused"
LOCAL_V6 = 'psycopg.OperationalError: connection to server at "::1", port 5432 failed: Connection refused'
ELSEWHERE = "dial tcp 10.4.0.9:5432: connect: connection refused"
NOT_YET = waiting(
    "CrashLoopBackOff",
    last=ended(1),
    name="sql",
    image="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14",
    restarts=9,
)
BOUNCER = running("pool", image="edoburu/pgbouncer:v1.23")
BY_MAP: dict[str, Any] = {"shared-config": {"DB_HOST": "127.0.0.1"}, "board-config": {}}


def with_beside(*others: ContainerState, line: str = LOCAL, **more: Any) -> Evidence:
    return refused(line, pods=PodList((pod(looping(1), *others),)), **more)


BESIDE = (
    Case("a proxy that falls over", "db-unreachable", CONFIRMED, with_beside(NOT_YET), {"local": True, "beside": "sql", "beside_ready": False, "beside_restarts": 9}),
    Case("a proxy that came later", "db-unreachable", CONFIRMED, with_beside(BOUNCER), {"beside": "pool", "beside_ready": True}),
    Case("the one that is not ready goes first", "db-unreachable", CONFIRMED, with_beside(BOUNCER, NOT_YET), {"beside": "sql"}),
    Case("a mesh and an exporter", "db-unreachable", CONFIRMED, with_beside(running("istio-proxy"), running("pg", image="x/postgres-exporter:1")), {"local": True, "beside": ""}),
    Case("nobody beside", "db-unreachable", CONFIRMED, with_beside(settings=settings(BY_MAP)), {"beside": "", "host_variable": "DB_HOST", "host_source": "ConfigMap shared-config"}),
    Case("a default", "db-unreachable", CONFIRMED, with_beside(workload=given(env_from=())), {"beside": "", "host_variable": ""}),
    Case("the other family", "db-unreachable", CONFIRMED, with_beside(NOT_YET, line=LOCAL_V6), {"local": True, "beside": "sql"}),
    Case("a proxy that has no part in it", "db-unreachable", CONFIRMED, with_beside(NOT_YET, line=ELSEWHERE), {"local": False, "beside": ""}),
    Case("it runs again", "db-unreachable", LIKELY, refused(LOCAL, pods=PodList((pod(running(last=ended(1, minutes=30), restarts=1), BOUNCER),))), {"beside": "pool"}),
    Case("by the template", "db-unreachable", CONFIRMED, with_beside(workload=given(env("DB_HOST", "localhost"), env_from=())), {"host_source": "env", "host_variable": "DB_HOST"}),
)  # fmt: skip
