"""Fixes that somebody has ticked off, or has taken the tick away from again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "tick",
        sa.Column("incident_id", sa.Text, sa.ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("fix", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
