"""Firmware: releases for devices, and the files that they fetch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create both tables, empty."""
    op.create_table(
        "firmware_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_firmware_files"),
        sa.UniqueConstraint("sha256", name="uq_firmware_files_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "firmware_releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("manifest_id", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(length=512), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["firmware_files.id"], name="fk_firmware_releases_manifest_id"
        ),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_firmware_releases_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_firmware_releases"),
        sa.UniqueConstraint("board", "version", name="uq_firmware_releases_board_version"),
        sqlite_autoincrement=True,
    )
