"""How alembic runs our migrations: in the transaction of the connection it is handed, nowhere else."""

from __future__ import annotations

from alembic import context

from sync.history.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
