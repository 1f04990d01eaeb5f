"""Whose words a line of a log is: a server tells whom it refuses, a shipper and a gateway tell what others said. Pure.

What a database refuses counts only where the process that wrote it is the one that is refused.
"""

import re
from enum import StrEnum

from bot.diagnosis.evidence import ContainerSpec, ContainerState


class Serves(StrEnum):
    """What a container is to its clients. A proxy logs in somewhere as well, and has to reach that."""

    NOTHING = ""
    SERVER = "server"
    PROXY = "proxy"


_SERVERS = re.compile(
    r"(?:crunchy-|edb-)?postgres(?:ql)?(?:-(?:repmgr|ha|server|cluster|gis|pgvector|timescaledb?))?|postgis|pgvector|spilo(?:-\d+)?"
    r"|timescaledb?(?:-(?:ha|postgis))?|cockroach(?:db)?|mysql(?:-(?:server|cluster|community-server))?|mariadb(?:-(?:galera|server))?"
    r"|percona(?:-(?:server(?:-mongodb)?|xtradb-cluster|distribution-\w{1,20}))?|mongo(?:db(?:-(?:sharded|community-server|enterprise-server))?)?"
    r"|(?:redis|valkey)(?:-(?:cluster|server|stack|stack-server|sentinel))?|keydb|dragonfly",
    re.IGNORECASE,
)
_PROXIES = re.compile(
    r"(?i)pgbouncer|pgpool|pgcat|odyssey|supavisor|maxscale|proxysql|mysql-?router|twemproxy|sql-?(?:auth-)?proxy"
)
_SHIPPERS = re.compile(
    r"(?i)fluent|vector|promtail|(?:file|metric)beat|logstash|logging-operator|otelcol|opentelemetry-collector|grafana-agent|alloy|datadog-agent"
)
_END = r"(?=[\s;)\"'`]|$)"
# What a shell or a runtime starts, as opposed to a name among its arguments.
_STARTED = r"(?:^|[;|&(]\s*|\b(?:exec|then|do|else|until|while|if|!)\s+|-c\s+[\"']?|entrypoint\.sh[\"']?\s+)(?:/[\w./-]{0,100}/)?"
_SERVING = re.compile(
    rf"{_STARTED}(?:postgres|postmaster|mysqld(?:_safe)?|mariadbd(?:-safe)?|mongod|mongos|(?:redis|valkey)-server|patroni){_END}"
)
_ASKING = re.compile(
    rf"{_STARTED}(?:psql|pg_(?:dump|dumpall|restore|isready|basebackup)|pgbench|mysql|mysql(?:dump|admin|sh|import)|mariadb(?:-\w{{1,20}})?"
    rf"|mongo|mongosh|mongo(?:dump|restore|export|import)|(?:redis|valkey)-cli){_END}"
)
_ZONE = r"\d\d:\d\d:\d\d(?:\.\d{1,6})? [A-Z][\w+/-]{0,31} "
# log_line_prefix of PostgreSQL is by default '%m [%p] ': https://www.postgresql.org/docs/current/runtime-config-logging.html
_MARKS = r"\[\d{1,10}\]:? (?:\[\d{1,9}-\d{1,9}\] )?(?:[^\s=@]{0,64}[@=]\S{0,200} ){0,3}"
_OF_SERVER = re.compile(
    rf"{_MARKS}(?:LOG|FATAL|PANIC|ERROR|WARNING|DETAIL|HINT|STATEMENT|CONTEXT):  |{_ZONE}{_MARKS}[^\s:\[\]]{{2,20}}:  "
    r"|\"(?:error_severity|backend_type)\" ?:|\[MY-\d{6}\] \["
    r"|^\d{4}-\d\d-\d\d[T ] ?\d{1,2}:\d\d:\d\d\S{0,10} {1,4}\d{1,10} \[(?:Note|Warning|ERROR|System)\] "
    r"|\"s\": ?\"[FEWID]\d?\", ?\"c\": ?\"|^\d{1,10}:[MSXC] \d\d \w{3} \d{4} \d\d:\d\d:\d\d"
)
# How a server begins, whatever its image is called and its lines begin with.
_BEGINS = re.compile(
    r"\bLOG:  (?:starting PostgreSQL|database system (?:is ready|was shut))|\bmysqld?\b[^\n]{0,60}: ready for connections\."
    r"|\"initandlisten\"|\* Ready to accept connections\b"
)
# What a server or a proxy says of a login of its own, and what the clients say that its image has as well.
_AS_CLIENT = re.compile(
    r"(?i)\bserver login (?:has been )?fail|\bS-0x[0-9a-f]{1,16}\b|\bconnection to server at\b"
    r"|could not connect to the primary server|MASTER <-> REPLICA|\bERROR \d{4} \([0-9A-Z]{5}\)"
    r"|\b(?:psql|pg_(?:dump|restore|basebackup)|mysql(?:dump|admin)?|redis-cli): |\bMongoServerError\b"
)
_RELAYED = re.compile(
    r"\"kubernetes(?:[._]\w{1,40})?\" ?:|\"(?:namespace_name|pod_name|container_name|log_processed|docker_id)\" ?:"
)
_QUOTED = re.compile(
    r"(?i)\bupstream\b|\brpc error: code = |\"(?:body|response)\" ?:|\bHTTP/\d(?:\.\d)? 5\d\d\b"
    r"|\b(?:answer(?:ed)?|return(?:ed)?|respond(?:ed)?|replied|response|status(?:[ _]?code)?)\b\W{0,4}(?:with |of |is )?"
    r"(?:HTTP |status |code )?\W{0,2}5\d\d\b"
)


def serves(container: ContainerState, spec: ContainerSpec | None, *, lasting: bool) -> Serves:
    """`lasting`: of a workload that runs on. What is to come to an end, as an init container, asks and does not answer."""
    image = _name(spec.image if spec is not None else container.image)
    started = " ".join((*spec.command, *spec.args)) if spec is not None else ""
    if _PROXIES.search(image):
        return Serves.PROXY
    if _SERVING.search(started):
        return Serves.SERVER
    server = _SERVERS.fullmatch(image) and lasting and container.role != "init"
    return Serves.SERVER if server and not _ASKING.search(started) else Serves.NOTHING


def begins_as_server(text: str) -> bool:
    """Whether this line of its log tells that the container answers clients."""
    return _BEGINS.search(text) is not None


def ships(container: ContainerState) -> bool:
    """Whether it prints what others log."""
    return _SHIPPERS.search(_name(container.image)) is not None


def refused_itself(text: str, by: Serves, *, network: bool) -> bool:
    """Whether this line is about who wrote it, and not about a client of it. `text` is the line as it stands in the log."""
    if _AS_CLIENT.search(text):
        return True
    if by is Serves.NOTHING:
        return _OF_SERVER.search(text) is None
    return by is Serves.PROXY and network


def quoted(text: str) -> bool:
    """Whether a line holds a record that was shipped, or what somebody else answered."""
    return _RELAYED.search(text) is not None or _QUOTED.search(text) is not None


def _name(image: str) -> str:
    """`registry:5000/bitnami/postgresql:16@sha256:…` is postgresql."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
