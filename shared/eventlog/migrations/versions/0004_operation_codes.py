"""Operation codes of graduates: a salted slow hash each, and how often a wrong one was tried. None of it is in the log."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA operation;
CREATE TABLE operation.codes (
    graduate_id text        PRIMARY KEY,
    version     integer     NOT NULL,
    hashed      text,
    tries       integer     NOT NULL DEFAULT 0,
    tried_at    timestamptz
);

GRANT USAGE ON SCHEMA operation TO wq_service;
GRANT SELECT, INSERT, UPDATE ON operation.codes TO wq_service;
"""


def upgrade() -> None:
    op.execute(TABLES)
