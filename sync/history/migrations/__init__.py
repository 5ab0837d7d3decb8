"""Migrations of the history database. `alembic` runs them; a test compares their result with the tables."""
