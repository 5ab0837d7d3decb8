"""The outbox: every message once, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

UNIQUE, PERIOD = "uq_outbox_person_kind_period", "ix_outbox_kind_period"
KEY = "(length(person)::text || ' ' || length(kind)::text || ' ' || person || kind || period)"
"""What is unique in PostgreSQL by a hash: a period may hold the text of a cell (see the first migration)."""


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("person", "kind", "period", name=op.f("uq_outbox_person_kind_period")),
    )
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"], unique=False)
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(UNIQUE, "outbox")
        op.execute(f"ALTER TABLE outbox ADD CONSTRAINT {UNIQUE} EXCLUDE USING hash ({KEY} WITH =)")
        op.create_index(PERIOD, "outbox", ["period"], postgresql_using="hash")
    else:
        op.create_index(PERIOD, "outbox", ["kind", "period"], unique=False)


def downgrade() -> None:
    """Drops the table, and with it what is known of messages."""
    op.drop_table("outbox")
