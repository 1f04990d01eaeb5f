"""How often a job has ended with its process is counted apart from its own failures."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("job", sa.Column("deaths", sa.Integer, nullable=False, server_default="0"))
