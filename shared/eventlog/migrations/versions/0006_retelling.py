"""Which queues are told everything again, and how far each lane has come."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA retelling;
CREATE TABLE retelling.queues (
    queue    text   NOT NULL,
    lane     text   NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (lane, queue)
);

GRANT USAGE ON SCHEMA retelling TO wq_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON retelling.queues TO wq_service;
"""


def upgrade() -> None:
    op.execute(TABLES)
