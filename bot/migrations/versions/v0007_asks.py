"""What people ask in Slack is a job, and of what Slack tells twice there is one, whether it waits, runs or has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    asked = sa.text("kind = 'ask'")
    op.create_index(
        "job_asked_once", "job", ["dedup"], unique=True, sqlite_where=asked, postgresql_where=asked
    )
