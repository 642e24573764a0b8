"""What cannot be rebuilt from the log: keys of persons, serials of agreement numbers, retries an operator decided."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA vault;
CREATE TABLE vault.subject_keys (
    subject_id  text        PRIMARY KEY,
    wrapped_key bytea,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    CONSTRAINT destroyed_means_gone CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE SCHEMA numbering;
CREATE TABLE numbering.serials (
    prefix text    PRIMARY KEY,
    last   integer NOT NULL
);

GRANT USAGE ON SCHEMA vault, numbering TO wq_service;
GRANT SELECT, INSERT, UPDATE ON vault.subject_keys TO wq_service;
GRANT SELECT, INSERT, UPDATE ON numbering.serials TO wq_service;
"""


def upgrade() -> None:
    op.execute(TABLES)
