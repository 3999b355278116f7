"""Device pairings: new devices that show a code and wait for an operator."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of devices that wait for their token."""
    op.create_table(
        "device_pairings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("install_id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_device_pairings_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_device_pairings"),
        sa.UniqueConstraint("code_hash", name="uq_device_pairings_code_hash"),
        sa.UniqueConstraint("secret_hash", name="uq_device_pairings_secret_hash"),
        sqlite_autoincrement=True,
    )
