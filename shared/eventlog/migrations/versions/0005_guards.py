"""Appending states what the decision read, and frees its lane before the disk has the events: docs/decisions/0012.

Events keep the fingerprint of the call that asked for them.

The functions of the release before stay: its processes run on while this one's start.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FINGERPRINT = "ALTER TABLE eventlog.events ADD COLUMN fingerprint text"

# A guard is looked up after the lane's counter row is locked, so nobody else can write to a stream of this lane any more.
# A stream of another lane is as it was at this instant.
GUARDING = """
CREATE FUNCTION eventlog.take_positions(p_lane text, p_count integer, p_streams text[], p_versions integer[],
                                        p_guards text[], p_guard_versions integer[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = eventlog, pg_temp AS $$
DECLARE
    head bigint := take_positions(p_lane, p_count, p_streams, p_versions);
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_guards, p_guard_versions) AS guard (stream, version)
        WHERE guard.version IS DISTINCT FROM coalesce((
            SELECT events.version FROM events
            WHERE events.lane = left(split_part(guard.stream, '-', 2), 2) AND events.stream = guard.stream
            ORDER BY events.version DESC LIMIT 1), 0)
    ) THEN
        RAISE EXCEPTION 'a stream is not at the version that was read' USING ERRCODE = 'WQ001';
    END IF;
    RETURN head;
END $$;

REVOKE EXECUTE ON FUNCTION
    eventlog.take_positions(text, integer, text[], integer[], text[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    eventlog.take_positions(text, integer, text[], integer[], text[], integer[]) TO wq_service;
"""

# A procedure may commit, which a function cannot: nobody else waits for the flush, and it is one round trip still.
# The first commit does not wait for the disk, so the lane is free. Whatever was committed before the second one is in
# the log of the database before it, so that waiting for the second waits for all. It writes a message because a
# transaction that writes nothing waits for nothing, and it is inside a procedure because a statement's timeout ends
# before its own commit. A procedure that commits may have no search path of its own.
APPENDING = """
CREATE PROCEDURE eventlog.flush() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.pg_logical_emit_message(true, 'wq', '');
    COMMIT;
END $$;

CREATE PROCEDURE eventlog.append_events(
    p_lane text, p_first_streams text[], p_first_versions integer[], p_guards text[], p_guard_versions integer[],
    p_events json, INOUT p_head bigint, INOUT p_recorded_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    total integer := pg_catalog.json_array_length(p_events);
BEGIN
    SET LOCAL synchronous_commit = off;
    p_head := eventlog.take_positions(p_lane, total, p_first_streams, p_first_versions, p_guards, p_guard_versions);
    p_recorded_at := pg_catalog.clock_timestamp();
    INSERT INTO eventlog.events (lane, position, stream, version, type, type_version, event_id, command_id,
                                 correlation_id, causation_id, actor_role, actor_id, actor_scope, data, occurred_at,
                                 recorded_at, fingerprint)
    SELECT p_lane, p_head - total + number, stream, version, type, type_version, event_id, command_id,
           correlation_id, causation_id, actor_role, actor_id, actor_scope, data, occurred_at, p_recorded_at, fingerprint
    FROM ROWS FROM (pg_catalog.json_to_recordset(p_events) AS (
        stream text, version integer, type text, type_version smallint, event_id uuid, command_id uuid,
        correlation_id uuid, causation_id uuid, actor_role text, actor_id text, actor_scope text, data jsonb,
        occurred_at timestamptz, fingerprint text
    )) WITH ORDINALITY AS written (stream, version, type, type_version, event_id, command_id, correlation_id,
                                   causation_id, actor_role, actor_id, actor_scope, data, occurred_at, fingerprint,
                                   number);
    COMMIT;
    CALL eventlog.flush();
END $$;

REVOKE EXECUTE ON PROCEDURE eventlog.flush, eventlog.append_events FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE eventlog.flush, eventlog.append_events TO wq_service;
"""


def upgrade() -> None:
    for statements in (FINGERPRINT, GUARDING, APPENDING):
        op.execute(statements)
