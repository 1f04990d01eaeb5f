"""Who waits for the first message, and the digests into which incidents are gathered when too many do."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "waiting",
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_index("waiting_in_channel", "waiting", ["channel", "seen_at"])
    _storms()


def _storms() -> None:
    op.create_table(
        "storm",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("grown_at", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "storm_alone", "storm", ["channel"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "gathered",
        sa.Column("storm_id", sa.Text, sa.ForeignKey("storm.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("alone", sa.Boolean, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
    )
    op.create_index("gathered_of_incident", "gathered", ["incident_id"])
    op.create_table(
        "storm_part",
        sa.Column("storm_id", sa.Text, sa.ForeignKey("storm.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("intent_at", sa.BigInteger, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
