"""The tables of the store, and how times lie in them. The migrations in `bot/migrations` make what is declared here.

Times are whole microseconds since 1970 in UTC: both databases keep and compare them exactly. No statement is run here.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)

# The newest revision in bot/migrations: a store that is there already needs no look at alembic.
HEAD = "0008"

SECOND = 1_000_000  # in the microseconds of every time column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND


def short(said: str) -> str:
    """Words of other programs as a reason to keep: not long, and without what PostgreSQL refuses in a text."""
    return said.encode(errors="replace").decode().replace("\x00", "")[:500]


# SQLite numbers rows by itself only for INTEGER PRIMARY KEY, which is 64 bits wide there.
_Id = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

incident = Table(
    "incident",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("cluster", Text, nullable=False),
    Column("group_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("heard_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("incident_of_group", "group_hash", "opened_at"),
    Index("incident_by_age", "opened_at", "id"),
    Index("incident_by_silence", "state", "heard_at"),
)

# Apart from the incident, because they are big and a list of incidents does not need them.
diagnosis = Table(
    "diagnosis",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("body", Text, nullable=False),
)

# What was found when the diagnoses were made again.
recheck = Table(
    "recheck",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("body", Text, nullable=False),
)

# What the diagnoses were made from, compressed: `bot.diagnosis.bundle` writes and reads it.
bundle = Table(
    "bundle",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

# Of incidents that fire: what each may share with others. Who leads is not written down: the one that opened first.
trouble = Table(
    "trouble",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("trouble", Text, primary_key=True),
    Column("cluster", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Index("trouble_members", "cluster", "trouble", "opened_at", "incident_id"),
)

timeline = Table(
    "timeline",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Index("timeline_of_incident", "incident_id", "at", "id"),
)

# Silences that were asked for here. The row comes first and says `asked`; Alertmanager's own id is known when it has answered.
silence = Table(
    "silence",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("silence_of_incident", "incident_id", "created_at", "id"),
)

# Fixes that somebody has ticked off; one row for each fix, whoever touched it last. `fix` is what `bot.hands.fix_key` gives.
tick = Table(
    "tick",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("fix", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Not bound to its incident: what somebody did is remembered for longer than what they did it to.
audit = Table(
    "audit",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("via", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("result", Text, nullable=False),
    Index("audit_by_age", "at", "id"),
    Index("audit_of_incident", "incident_id", "at"),
    Index("audit_of_person", "who", "at"),
)


def _parts(name: str, owner: str, owners: Table) -> Table:
    """What stands in Slack, or may: see `bot.delivery.ledger`."""
    return Table(
        name,
        METADATA,
        Column(owner, Text, ForeignKey(owners.c.id, ondelete="CASCADE"), primary_key=True),
        Column("part", Text, primary_key=True),
        Column("channel", Text, nullable=False),
        Column("token", Text, nullable=False),
        Column("intent_at", BigInteger, nullable=False),
        Column("ts", Text, nullable=False),
        Column("digest", Text, nullable=False),
    )


part = _parts("part", "incident_id", incident)

channel = Table(
    "channel",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("not_before", BigInteger),
    Column("error", Text, nullable=False, server_default=""),
    Column("remedy", Text, nullable=False, server_default=""),
    Column("since", BigInteger),
    Column("id", Text, nullable=False, server_default=""),
)

# Whose first message is not in its channel yet. `seen_at`: when it was last seen that somebody works at that.
waiting = Table(
    "waiting",
    METADATA,
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("waiting_in_channel", "channel", "seen_at"),
)

IS_OPEN = text("closed_at IS NULL")

# Too many waited in a channel: from then on they are gathered into one digest. `grown_at`: when one last joined;
# `told_at`: when one last got a message of its own. One of a channel is open at most.
storm = Table(
    "storm",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("grown_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("closed_at", BigInteger),
    Index("storm_alone", "channel", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
)

# `line` is what the digest says of the incident; `alone`: its own job brings its message, not the storm's.
gathered = Table(
    "gathered",
    METADATA,
    Column("storm_id", Text, ForeignKey("storm.id", ondelete="CASCADE"), primary_key=True),
    Column("incident_id", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("line", Text, nullable=False),
    Index("gathered_of_incident", "incident_id"),
)

storm_part = _parts("storm_part", "storm_id", storm)

READY = text("state = 'ready'")
RUNNING = text("state = 'running'")
ENDED = text("state IN ('done', 'gave_up')")
ASKED = text("kind = 'ask'")

# Constants in a statement, not parameters: a planner uses a partial index only when it can see that it applies.
IS_READY: ColumnElement[str] = literal_column("'ready'")
IS_RUNNING: ColumnElement[str] = literal_column("'running'")

# `fence` grows with every claim: an answer that carries an older one comes from an owner that lost the job. `attempts` are
# those that were answered, and the one that runs; `deaths`, those since that ended with their process.
job = Table(
    "job",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("dedup", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("run_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("lease_until", BigInteger),
    Column("fence", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Index("job_waits_once", "dedup", unique=True, sqlite_where=READY, postgresql_where=READY),
    Index("job_runs_alone", "key", "kind", unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING),
    # Whatever its state: what Slack tells twice is heard once, for as long as the row is kept.
    Index("job_asked_once", "dedup", unique=True, sqlite_where=ASKED, postgresql_where=ASKED),
    Index("job_next", "kind", "run_at", "id", sqlite_where=READY, postgresql_where=READY),
    Index("job_ended", "state", "ended_at", sqlite_where=ENDED, postgresql_where=ENDED),
)
