"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

BY_HASH = {
    "source": ("uq_source_key", "key"),
    "scope": ("uq_scope_unit_cycle", "(length(unit)::text || ' ' || unit || cycle)"),
    "series": ("uq_series_scope_id_tab_identity", "(scope_id::text || ' ' || tab || ' ' || identity)"),
}
"""What is unique in PostgreSQL by a hash: its trees refuse texts of 3 KB, which a cell may hold."""


def upgrade() -> None:
    """Creates every table."""
    op.create_table(
        "document",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("digest", name=op.f("uq_document_digest")),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "note",
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sheet", "row_key", "header", name=op.f("pk_note")),
    )
    op.create_table(
        "scope",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scope")),
        sa.UniqueConstraint("unit", "cycle", name=op.f("uq_scope_unit_cycle")),
    )
    op.create_table(
        "run",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Float(53), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("idle", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("settings_id", WHOLE, nullable=False),
        sa.Column("people_id", WHOLE, nullable=True),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.Column("master_digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["people_id"], ["document.id"], name=op.f("fk_run_people_id")),
        sa.ForeignKeyConstraint(["settings_id"], ["document.id"], name=op.f("fk_run_settings_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_table(
        "series",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("scope_id", WHOLE, nullable=False),
        sa.Column("tab", sa.String(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("current_key", sa.Text(), nullable=True),
        sa.Column("confidence_key", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("comment_key", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("value_seen", sa.Date(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=True),
        sa.Column("newest", sa.Date(), nullable=True),
        sa.Column("dropped_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_series_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("scope_id", "tab", "identity", name=op.f("uq_series_scope_id_tab_identity")),
    )
    op.create_table(
        "source",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("sheet_id", WHOLE, nullable=True),
        sa.Column("pending_id", WHOLE, nullable=True),
        sa.Column("problems_id", WHOLE, nullable=True),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Date(), nullable=True),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("feedback_digest", sa.String(), nullable=False),
        sa.Column("own_token", sa.Text(), nullable=False),
        sa.Column("own_hash", sa.String(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pending_id"], ["document.id"], name=op.f("fk_source_pending_id")),
        sa.ForeignKeyConstraint(["problems_id"], ["document.id"], name=op.f("fk_source_problems_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["document.id"], name=op.f("fk_source_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("key", name=op.f("uq_source_key")),
    )
    op.create_table(
        "figure",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("series_id", WHOLE, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("other", sa.Float(53), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_figure_run_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_figure_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
    )
    op.create_index(op.f("ix_figure_run_id"), "figure", ["run_id"], unique=False)
    op.create_index(op.f("ix_figure_series_id_id"), "figure", ["series_id", "id"], unique=False)
    op.create_table(
        "permission",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("source_id", WHOLE, nullable=False),
        sa.Column("given_at", sa.String(), nullable=False),
        sa.Column("used_run", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_permission_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission")),
    )
    op.create_table(
        "point",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("series_id", WHOLE, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("start", sa.Float(53), nullable=True),
        sa.Column("target", sa.Float(53), nullable=True),
        sa.Column("confidence", sa.Float(53), nullable=True),
        sa.Column("weight", sa.Float(53), nullable=True),
        sa.Column("new_value", sa.Boolean(), nullable=False),
        sa.Column("checked_in", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_point_run_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_point_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point")),
    )
    op.create_index(op.f("ix_point_run_id"), "point", ["run_id"], unique=False)
    op.create_index(op.f("ix_point_series_id_id"), "point", ["series_id", "id"], unique=False)
    op.create_table(
        "problem",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("tab", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("from_run", WHOLE, nullable=False),
        sa.Column("to_run", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["from_run"], ["run.id"], name=op.f("fk_problem_from_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
    )
    op.create_index(op.f("ix_problem_to_run_key"), "problem", ["to_run", "key"], unique=False)
    op.create_table(
        "rename",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("scope_id", WHOLE, nullable=False),
        sa.Column("series_id", WHOLE, nullable=True),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_rename_run_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_rename_scope_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_rename_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rename")),
    )
    op.create_table(
        "roll_up",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("scope_id", WHOLE, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("own_score", sa.Float(53), nullable=True),
        sa.Column("own_as_if_zero", sa.Float(53), nullable=True),
        sa.Column("roll_up", sa.Float(53), nullable=True),
        sa.Column("roll_up_as_if_zero", sa.Float(53), nullable=True),
        sa.Column("expected", sa.Float(53), nullable=True),
        sa.Column("confidence", sa.Float(53), nullable=True),
        sa.Column("coverage", sa.Float(53), nullable=True),
        sa.Column("alignment", sa.Float(53), nullable=True),
        sa.Column("check_in_rate", sa.Float(53), nullable=True),
        sa.Column("scored_krs", sa.Integer(), nullable=False),
        sa.Column("scorable_krs", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_roll_up_run_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_roll_up_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_up")),
    )
    op.create_index(op.f("ix_roll_up_scope_id_week_id"), "roll_up", ["scope_id", "week", "id"], unique=False)
    op.create_table(
        "source_period",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("source_id", WHOLE, nullable=False),
        sa.Column("sheet_id", WHOLE, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("from_run", WHOLE, nullable=False),
        sa.Column("to_run", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["from_run"], ["run.id"], name=op.f("fk_source_period_from_run")),
        sa.ForeignKeyConstraint(["sheet_id"], ["document.id"], name=op.f("fk_source_period_sheet_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_period_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_period")),
    )
    op.create_index(
        op.f("ix_source_period_source_id_to_run"), "source_period", ["source_id", "to_run"], unique=False
    )
    op.create_table(
        "tombstone",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("series_id", WHOLE, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("dates", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_tombstone_run_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_tombstone_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
    )
    if op.get_context().dialect.name == "postgresql":
        for table, (name, what) in BY_HASH.items():
            op.drop_constraint(name, table)
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING hash ({what} WITH =)")
        op.create_index("ix_series_scope_id", "series", ["scope_id"])


def downgrade() -> None:
    """Removes every table."""
    for name in (
        "tombstone",
        "source_period",
        "roll_up",
        "rename",
        "problem",
        "point",
        "permission",
        "figure",
        "source",
        "series",
        "run",
        "scope",
        "note",
        "meta",
        "document",
    ):
        op.drop_table(name)
