"""The service: its lease, and the occurrences of its jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates both tables, and the one row of the lease, which nobody holds yet."""
    lease = op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("beat", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.Column("looked", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("job_since", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    texts = ("holder", "since", "beat", "expires", "looked", "job", "job_since")
    op.bulk_insert(lease, [{"id": 1, "token": 0} | dict.fromkeys(texts, "")])
    op.create_table(
        "slot",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("local", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("covers", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("finished", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("job", "local", "zone", name=op.f("uq_slot_job_local_zone")),
    )
    op.create_index(op.f("ix_slot_state"), "slot", ["state"], unique=False)


def downgrade() -> None:
    """Drops both; what a run needs is in none of them."""
    op.drop_table("slot")
    op.drop_table("lease")
