"""The first schema: books, wallets, terminals, catalogue, access, and the plumbing of every write."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# What has been written stays as it was written: the database itself refuses anything else.
APPEND_ONLY = {"postings": ("id", "code", "reverses_id"), "audit_log": ("id",)}


def upgrade() -> None:
    """Create every table and the guards of those that are append only."""
    _create_accounts()
    _create_audit_log()
    _create_operators()
    _create_variants()
    _create_account_balances()
    _create_domain_events()
    _create_idempotency_keys()
    _create_terminals()
    _create_wallets()
    _create_credentials()
    _create_pairing_codes()
    _create_postings()
    _create_terminal_products()
    _create_wallet_tokens()
    for table, unique in APPEND_ONLY.items():
        _guard(table, "updated", "UPDATE")
        _guard(table, "deleted", "DELETE")
        _guard_against_replacing(table, unique)
        _guard_against_truncating(table)


def _guard(table: str, done: str, operation: str) -> None:
    name = f"{table}_are_never_{done}"
    if op.get_context().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {table} {refuse}")
        return
    _create_postgresql_guard(table, name, f"BEFORE {operation} ON {table} FOR EACH ROW")


def _create_postgresql_guard(table: str, name: str, when: str) -> None:
    refuse = f"BEGIN RAISE EXCEPTION '{table} is append only'; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {refuse} $$")
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
    # ALWAYS: an ordinary trigger sleeps in a session that calls itself a replica.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _guard_against_truncating(table: str) -> None:
    # TRUNCATE asks no trigger on DELETE; SQLite has no such statement.
    if op.get_context().dialect.name == "postgresql":
        name = f"{table}_are_never_truncated"
        _create_postgresql_guard(table, name, f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT")


def _guard_against_replacing(table: str, unique: tuple[str, ...]) -> None:
    # SQLite's INSERT OR REPLACE deletes the row that is in its way without asking the trigger on DELETE.
    if op.get_context().dialect.name != "sqlite":
        return
    same = " OR ".join(f"{column} = NEW.{column}" for column in unique)
    when = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
    op.execute(f"CREATE TRIGGER {table}_are_never_replaced BEFORE INSERT ON {table} {when} {refuse}")


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("normal_side", sa.String(length=6), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('wallet', 'terminal_sales', 'cash_box', 'till')", name=op.f("ck_accounts_kind")
        ),
        sa.CheckConstraint("normal_side IN ('debit', 'credit')", name=op.f("ck_accounts_normal_side")),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("code", name="uq_accounts_code"),
        sqlite_autoincrement=True,
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )


def _create_operators() -> None:
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'staff')", name=op.f("ck_operators_role")),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("username", name="uq_operators_username"),
        sqlite_autoincrement=True,
    )


def _create_variants() -> None:
    op.create_table(
        "variants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price_cents > 0", name=op.f("ck_variants_price_positive")),
        sa.PrimaryKeyConstraint("id", name="pk_variants"),
        sa.UniqueConstraint("slug", name="uq_variants_slug"),
        sqlite_autoincrement=True,
    )


def _create_account_balances() -> None:
    op.create_table(
        "account_balances",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("floor_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_cents >= floor_cents", name=op.f("ck_account_balances_floor")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_balances_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_balances"),
    )


def _create_domain_events() -> None:
    op.create_table(
        "domain_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["command_id"], ["audit_log.id"], name="fk_domain_events_command_id"),
        sa.PrimaryKeyConstraint("id", name="pk_domain_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_domain_events_command_id", "domain_events", ["command_id"])
    op.create_index("ix_domain_events_delivered_at", "domain_events", ["delivered_at"])


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=96), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("command_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 64", name=op.f("ck_idempotency_keys_key_length")),
        sa.ForeignKeyConstraint(["command_id"], ["audit_log.id"], name="fk_idempotency_keys_command_id"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_keys"),
        sa.UniqueConstraint("scope", "key", name="uq_idempotency_keys_scope_key"),
        sqlite_autoincrement=True,
    )


def _create_terminals() -> None:
    op.create_table(
        "terminals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("friendly_name", sa.String(length=64), nullable=False),
        sa.Column("permission", sa.String(length=8), nullable=False),
        sa.Column("sales_account_id", sa.Integer(), nullable=False),
        sa.Column("cash_account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("permission IN ('debit', 'credit', 'all')", name=op.f("ck_terminals_permission")),
        sa.ForeignKeyConstraint(["cash_account_id"], ["accounts.id"], name="fk_terminals_cash_account_id"),
        sa.ForeignKeyConstraint(["sales_account_id"], ["accounts.id"], name="fk_terminals_sales_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_terminals"),
        sa.UniqueConstraint("cash_account_id", name="uq_terminals_cash_account_id"),
        sa.UniqueConstraint("sales_account_id", name="uq_terminals_sales_account_id"),
        sa.UniqueConstraint("slug", name="uq_terminals_slug"),
        sqlite_autoincrement=True,
    )


def _create_wallets() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_wallets_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wallets"),
        sa.UniqueConstraint("account_id", name="uq_wallets_account_id"),
        sa.UniqueConstraint("code", name="uq_wallets_code"),
        sqlite_autoincrement=True,
    )


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('terminal_token')", name=op.f("ck_credentials_kind")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_credentials_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("secret_hash", name="uq_credentials_secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_credentials_terminal_id", "credentials", ["terminal_id"])


def _create_pairing_codes() -> None:
    op.create_table(
        "pairing_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("wallet_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallets.id"], name="fk_pairing_codes_wallet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pairing_codes"),
        sa.UniqueConstraint("code_hash", name="uq_pairing_codes_code_hash"),
        sqlite_autoincrement=True,
    )


def _create_postings() -> None:
    op.create_table(
        "postings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=True),
        sa.Column("terminal_id", sa.Integer(), nullable=True),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("command_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_postings_reversal_names_posting")
        ),
        sa.CheckConstraint("kind IN ('sale', 'debit', 'top_up', 'reversal')", name=op.f("ck_postings_kind")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_postings_amount_positive")),
        sa.CheckConstraint("source_id <> destination_id", name=op.f("ck_postings_two_accounts")),
        sa.ForeignKeyConstraint(["command_id"], ["audit_log.id"], name="fk_postings_command_id"),
        sa.ForeignKeyConstraint(["destination_id"], ["accounts.id"], name="fk_postings_destination_id"),
        sa.ForeignKeyConstraint(["reverses_id"], ["postings.id"], name="fk_postings_reverses_id"),
        sa.ForeignKeyConstraint(["source_id"], ["accounts.id"], name="fk_postings_source_id"),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_postings_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        sa.UniqueConstraint("code", name="uq_postings_code"),
        sa.UniqueConstraint("reverses_id", name="uq_postings_reverses_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_postings_command_id", "postings", ["command_id"])
    op.create_index("ix_postings_destination_id_id", "postings", ["destination_id", "id"])
    op.create_index("ix_postings_source_id_id", "postings", ["source_id", "id"])


def _create_terminal_products() -> None:
    op.create_table(
        "terminal_products",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_cents > 0", name=op.f("ck_terminal_products_price_positive")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_terminal_products_terminal_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_terminal_products_variant_id"),
        sa.PrimaryKeyConstraint("terminal_id", "variant_id", name="pk_terminal_products"),
    )


def _create_wallet_tokens() -> None:
    op.create_table(
        "wallet_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("as_given", sa.String(length=64), nullable=False),
        sa.Column("wallet_id", sa.Integer(), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unpaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["wallet_tokens.id"], name="fk_wallet_tokens_replaced_by_id"
        ),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallets.id"], name="fk_wallet_tokens_wallet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wallet_tokens"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_wallet_tokens_wallet_id", "wallet_tokens", ["wallet_id"])
    op.create_index(
        "uq_wallet_tokens_paired",
        "wallet_tokens",
        ["token_id"],
        unique=True,
        sqlite_where=sa.text("unpaired_at IS NULL"),
        postgresql_where=sa.text("unpaired_at IS NULL"),
    )
