"""Appending takes its events as one JSON text: one parameter to send and to parse instead of thirteen arrays."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPENDING = """
DROP FUNCTION eventlog.append;

CREATE FUNCTION eventlog.append(p_lane text, p_first_streams text[], p_first_versions integer[], p_events json)
RETURNS bigint LANGUAGE plpgsql SET search_path = eventlog, pg_temp AS $$
DECLARE
    total integer := json_array_length(p_events);
    head  bigint  := take_positions(p_lane, total, p_first_streams, p_first_versions);
BEGIN
    INSERT INTO events (lane, position, stream, version, type, type_version, event_id, command_id, correlation_id,
                        causation_id, actor_role, actor_id, actor_scope, data, occurred_at)
    SELECT p_lane, head - total + number, stream, version, type, type_version, event_id, command_id, correlation_id,
           causation_id, actor_role, actor_id, actor_scope, data, occurred_at
    FROM ROWS FROM (json_to_recordset(p_events) AS (
        stream text, version integer, type text, type_version smallint, event_id uuid, command_id uuid,
        correlation_id uuid, causation_id uuid, actor_role text, actor_id text, actor_scope text, data jsonb,
        occurred_at timestamptz
    )) WITH ORDINALITY AS written (stream, version, type, type_version, event_id, command_id, correlation_id,
                                   causation_id, actor_role, actor_id, actor_scope, data, occurred_at, number);
    RETURN head;
END $$;

REVOKE EXECUTE ON FUNCTION eventlog.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION eventlog.append TO wq_service;
"""


def upgrade() -> None:
    op.execute(APPENDING)
