"""Holds: money set aside for a movement that may never come."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Let each balance know what is held of it, nothing so far, and create the table of holds."""
    with op.batch_alter_table("account_balances", copy_from=_account_balances()) as table:
        table.drop_constraint(op.f("ck_account_balances_floor"), type_="check")
        table.add_column(
            sa.Column("held_cents", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        )
        table.create_check_constraint(op.f("ck_account_balances_held_not_negative"), "held_cents >= 0")
        table.create_check_constraint(
            op.f("ck_account_balances_floor"), "balance_cents - held_cents >= floor_cents"
        )
    _create_holds()


def _account_balances() -> sa.Table:
    # SQLite cannot drop a constraint: the table is copied, and this says what it was.
    return sa.Table(
        "account_balances",
        sa.MetaData(),
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("floor_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_cents >= floor_cents", name=op.f("ck_account_balances_floor")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_balances_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_balances"),
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=True),
        sa.Column("terminal_id", sa.Integer(), nullable=True),
        sa.Column("command_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("captured_cents", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        *_checks(),
        sa.ForeignKeyConstraint(["closed_by_id"], ["audit_log.id"], name="fk_holds_closed_by_id"),
        sa.ForeignKeyConstraint(["command_id"], ["audit_log.id"], name="fk_holds_command_id"),
        sa.ForeignKeyConstraint(["destination_id"], ["accounts.id"], name="fk_holds_destination_id"),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name="fk_holds_posting_id"),
        sa.ForeignKeyConstraint(["source_id"], ["accounts.id"], name="fk_holds_source_id"),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_holds_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("code", name="uq_holds_code"),
        sa.UniqueConstraint("posting_id", name="uq_holds_posting_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_holds_open", "holds", ["source_id", "expires_at"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def _checks() -> list[sa.CheckConstraint]:
    checks = {
        "amount_positive": "amount_cents > 0",
        "two_accounts": "source_id <> destination_id",
        "state": "state IN ('open', 'captured', 'released', 'expired')",
        "captured_within_hold": "captured_cents BETWEEN 0 AND amount_cents",
        "captured_has_amount": "(state = 'captured') = (captured_cents > 0)",
        "captured_has_posting": "(state = 'captured') = (posting_id IS NOT NULL)",
        "closed_at_a_time": "(state = 'open') = (closed_at IS NULL)",
        "closed_by_a_command": "(state = 'open') = (closed_by_id IS NULL)",
    }
    return [sa.CheckConstraint(says, name=op.f(f"ck_holds_{name}")) for name, says in checks.items()]
