"""Seals: the chain of hashes over ranges of postings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = "seals"
UNIQUE = ("id", "from_posting_id", "to_posting_id", "previous_hash", "hash")


def upgrade() -> None:
    """Create the table and its guards."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_posting_id", sa.Integer(), nullable=False),
        sa.Column("to_posting_id", sa.Integer(), nullable=False),
        sa.Column("posting_count", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_posting_id <= to_posting_id", name=op.f("ck_seals_range")),
        sa.CheckConstraint("posting_count > 0", name=op.f("ck_seals_not_empty")),
        sa.PrimaryKeyConstraint("id", name="pk_seals"),
        *(sa.UniqueConstraint(name, name=f"uq_seals_{name}") for name in UNIQUE[1:]),
        sqlite_autoincrement=True,
    )
    if op.get_context().dialect.name == "sqlite":
        same = " OR ".join(f"{column} = NEW.{column}" for column in UNIQUE)
        _guard_sqlite("updated", "UPDATE")
        _guard_sqlite("deleted", "DELETE")
        # INSERT OR REPLACE deletes the row that is in its way without asking the trigger on DELETE.
        _guard_sqlite("replaced", "INSERT", f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE {same})")
    else:
        _guard_postgresql("updated", "UPDATE", "ROW")
        _guard_postgresql("deleted", "DELETE", "ROW")
        _guard_postgresql("truncated", "TRUNCATE", "STATEMENT")


def _guard_sqlite(done: str, operation: str, when: str = "") -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append only'); END"
    op.execute(f"CREATE TRIGGER {TABLE}_are_never_{done} BEFORE {operation} ON {TABLE} {when} {refuse}")


def _guard_postgresql(done: str, operation: str, each: str) -> None:
    name = f"{TABLE}_are_never_{done}"
    refuse = f"BEGIN RAISE EXCEPTION '{TABLE} is append only'; END"
    when = f"BEFORE {operation} ON {TABLE} FOR EACH {each}"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {refuse} $$")
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
    # ALWAYS: an ordinary trigger sleeps in a session that calls itself a replica.
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")
