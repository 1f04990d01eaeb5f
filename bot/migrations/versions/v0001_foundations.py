"""Incidents with their diagnoses and timeline, the ledger of delivery, and the jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _incidents()
    _ledger()
    _jobs()


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("group_hash", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("incident_of_group", "incident", ["group_hash", "opened_at"])
    op.create_index("incident_by_age", "incident", ["opened_at", "id"])
    op.create_index("incident_by_silence", "incident", ["state", "heard_at"])
    op.create_table(
        "diagnosis",
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "timeline",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("timeline_of_incident", "timeline", ["incident_id", "at", "id"])


def _ledger() -> None:
    op.create_table(
        "part",
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("intent_at", sa.BigInteger, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "channel",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("remedy", sa.Text, nullable=False, server_default=""),
        sa.Column("since", sa.BigInteger),
        sa.Column("id", sa.Text, nullable=False, server_default=""),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("dedup", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("run_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    ready, running = sa.text("state = 'ready'"), sa.text("state = 'running'")
    ended = sa.text("state IN ('done', 'gave_up')")
    _partial("job_waits_once", ["dedup"], ready, unique=True)
    _partial("job_runs_alone", ["key", "kind"], running, unique=True)
    _partial("job_next", ["kind", "run_at", "id"], ready)
    _partial("job_ended", ["state", "ended_at"], ended)


def _partial(name: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, "job", columns, unique=unique, sqlite_where=where, postgresql_where=where)
