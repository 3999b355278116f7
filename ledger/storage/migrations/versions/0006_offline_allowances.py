"""Offline allowances: how much a terminal's device may sell without asking."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = "offline_allowances"
LIMITS = ("per_token_cents", "in_sum_cents", "count", "hours")


def upgrade() -> None:
    """Create the table; nobody is granted anything so far."""
    op.create_table(
        TABLE,
        sa.Column("terminal_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("per_token_cents", sa.BigInteger(), nullable=False),
        sa.Column("in_sum_cents", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(f"{name} > 0", name=op.f(f"ck_{TABLE}_{name}")) for name in LIMITS),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name=f"fk_{TABLE}_terminal_id"),
        sa.PrimaryKeyConstraint("terminal_id", name=f"pk_{TABLE}"),
    )
