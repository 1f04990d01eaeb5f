"""Evidence and cases of crashloop_db_auth: a container that a database refuses, with its settings, and what a case is."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.environment import Settings
from bot.diagnosis.evidence import (
    ContainerState,
    EnvSource,
    EnvVar,
    LogTail,
    Marks,
    ObjectNote,
    WorkloadState,
)
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.scene import Tail
from bot.diagnosis.siblings import Sibling, Siblings
from bot.diagnosis.sources import Unavailable
from bot.model import Finding, Reason, Source, Target, Verdict
from runbooks.crashloop_db_auth import decide
from tests.runbooks.table import Row, one
from tests.snapshots import TARGET, ago, looping, pod, scene, spec, tail, template, workload

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED

NO_LOG = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods/log", "shop")
NO_MAP = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "configmaps", "shop")
NO_SECRET = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "secrets", "shop")

# What the drivers and servers write.
PASSWORD = 'FATAL: password authentication failed for user "board_db" (SQLSTATE 28P01)'
NO_ROLE = 'FATAL: role "board_db" does not exist (SQLSTATE 28000)'
NO_DATABASE = 'FATAL: database "board" does not exist (SQLSTATE 3D000)'
HBA = 'FATAL: no pg_hba.conf entry for host "10.1.2.3", user "board_db", database "board", no encryption'
HBA_TLS = 'FATAL: no pg_hba.conf entry for host "10.1.2.3", user "board_db", database "board", SSL encryption'
SCHEMA = "ERROR: permission denied for schema public (SQLSTATE 42501)"
FULL = "FATAL: sorry, too many clients already (SQLSTATE 53300)"
REFUSED = "dial tcp db.shop.svc:5432: connect: connection refused"
NO_HOST = "failed to connect to database: lookup db on 10.0.0.10:53: no such host"
SILENT = "could not open database: dial tcp 10.9.9.9:3306: i/o timeout"
MYSQL = "ERROR 1045 (28000): Access denied for user 'board_db'@'10.1.2.3' (using password: YES)"
MYSQL_BARE = "ERROR 1045 (28000): Access denied for user 'board_db'@'10.1.2.3' (using password: NO)"
MYSQL_RIGHT = "ERROR 1044 (42000): Access denied for user 'board_db'@'%' to database 'board'"
MYSQL_NONE = "ERROR 1049 (42000): Unknown database 'board'"
MYSQL_FULL = "ERROR 1040 (HY000): Too many connections"
MONGO = "MongoServerError: Authentication failed. code: 18"
WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled."
NOAUTH = "NOAUTH Authentication required."

SHARED, OWN = EnvSource("ConfigMap", "shared-config"), EnvSource("ConfigMap", "board-config")
SECRET = EnvSource("Secret", "shared-secret")
ALL = (SHARED, OWN, SECRET)
HELM = Marks(annotations={"meta.helm.sh/release-name": "board"})
ARGO = Marks(annotations={"argocd.argoproj.io/tracking-id": "board:v1/ConfigMap:shop/board-config"})
MAPS = {
    "shared-config": {"DB_USER": "wealist_admin", "DB_HOST": "db"},
    "board-config": {"DB_USER": "board_db"},
}
ONE_MAP = {"shared-config": {"DB_USER": "board_db", "DB_HOST": "db"}, "board-config": {"PORT": "8000"}}


def note(*keys: str, changed: datetime | None, by: str = "helm", name: str = "shared-secret") -> ObjectNote:
    return ObjectNote("Secret", "shop", name, ago(9000), changed, by, keys=keys)


OLD = note("DB_PASSWORD", changed=ago(3000))
NEW = note("DB_PASSWORD", changed=ago(1))


def settings(
    maps: dict[str, Any] | None = None, *, secret: ObjectNote | Unavailable = OLD, marks: Marks | None = None
) -> Settings:
    """`maps` are what ConfigMaps hold, or why that is not known."""
    held = MAPS if maps is None else maps
    states = {
        name: values
        if isinstance(values, Unavailable)
        else ConfigMapState("shop", name, values, marks or Marks(), ago(3000))
        for name, values in held.items()
    }
    return Settings("shop", states, {"shared-secret": secret})


def given(*env: EnvVar, env_from: tuple[EnvSource, ...] = ALL, **more: Any) -> WorkloadState:
    mounts = more.pop("mounts", ())
    made = template(spec(env=env, env_from=env_from), mounts=mounts)
    return workload(template=made, ready=0, available=0, **more)


def refused(*lines: str, by: ContainerState | None = None, **more: Any) -> Evidence:
    """A container that ended after these lines; keywords are parts of the evidence or of its scene."""
    own = {
        key: more.pop(key)
        for key in ("settings", "siblings", "endpoints", "hanging", "present")
        if key in more
    }
    around = {"workload": given(), "logs": (tail("starting", *lines),), **more}
    seen = scene(pod(by or looping(1)), **around)
    return replace(Evidence(seen, settings()), **own)


def sibling(name: str, *lines: str) -> Sibling:
    target = Target("default", "shop", "Deployment", name)
    return Sibling(target, Tail(f"{name}-1", "app", LogTail(f"{name}-1", "app", previous=True, lines=lines)))


SIX = Siblings(
    tuple(
        sibling(f"{name}-service", PASSWORD.replace("board_db", f"{name}_db"))
        for name in ("chat", "noti", "storage", "user", "video")
    )
)
BLIND = Evidence(
    scene(workload=NO_MAP, pods=NO_MAP, logs=()),
    NO_MAP,
)


class Case(Row[Evidence]):
    def findings(self) -> list[Finding]:
        return decide(self.of)


def found(of: Evidence, cause: str) -> Finding:
    return one(decide(of), cause)


def env(name: str, value: str = "", source: str = "") -> EnvVar:
    return EnvVar(name, value, source)


def target(name: str) -> Target:
    return replace(TARGET, name=name)
