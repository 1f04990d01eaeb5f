"""Alembic's environment: migrates over the connection that the caller hands in, inside the caller's transaction.

To write a new revision, add a file to `versions` by hand and raise `bot.incidents.schema.HEAD`; a test compares the
result with the declared tables.
"""

from alembic import context

from bot.incidents.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
