"""The event log: lanes with a counter each, events that nobody can change, one function that appends."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE eventlog.lanes (
    lane     text   PRIMARY KEY CHECK (lane ~ '^[0-9]{2}$'),
    position bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE eventlog.events (
    lane           text        NOT NULL,
    position       bigint      NOT NULL,
    stream         text        NOT NULL,
    version        integer     NOT NULL CHECK (version > 0),
    type           text        NOT NULL,
    type_version   smallint    NOT NULL,
    event_id       uuid        NOT NULL,
    command_id     uuid        NOT NULL,
    correlation_id uuid        NOT NULL,
    causation_id   uuid,
    actor_role     text        NOT NULL,
    actor_id       text        NOT NULL,
    actor_scope    text        NOT NULL,
    data           jsonb       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT events_position PRIMARY KEY (lane, position),
    CONSTRAINT events_stream_version UNIQUE (lane, stream, version),
    CONSTRAINT events_event_id UNIQUE (lane, event_id)
);
"""

# An owner's slip must fail too, not only the service role's.
IMMUTABLE = """
CREATE FUNCTION eventlog.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'WQ002';
END $$;

CREATE TRIGGER events_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON eventlog.events
    FOR EACH STATEMENT EXECUTE FUNCTION eventlog.refuse_change();
"""

# The counter row is locked until commit, so positions appear in the order of commits and a rollback leaves no hole.
# The predecessors are looked up after the lock: whoever holds it sees everything the lane has committed.
APPENDING = """
CREATE FUNCTION eventlog.take_positions(p_lane text, p_count integer, p_streams text[], p_versions integer[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = eventlog, pg_temp AS $$
DECLARE
    head bigint;
BEGIN
    UPDATE lanes SET position = position + p_count WHERE lane = p_lane RETURNING position INTO head;
    IF NOT FOUND THEN
        INSERT INTO lanes AS known VALUES (p_lane, p_count)
        ON CONFLICT (lane) DO UPDATE SET position = known.position + p_count RETURNING position INTO head;
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_streams, p_versions) AS written (stream, version)
        WHERE written.version > 1 AND NOT EXISTS (
            SELECT FROM events
            WHERE events.lane = p_lane AND events.stream = written.stream AND events.version = written.version - 1)
    ) THEN
        RAISE EXCEPTION 'a stream is not at the expected version' USING ERRCODE = 'WQ001';
    END IF;
    RETURN head;
END $$;

CREATE FUNCTION eventlog.append(
    p_lane text, p_first_streams text[], p_first_versions integer[],
    p_streams text[], p_versions integer[], p_types text[], p_type_versions integer[],
    p_event_ids uuid[], p_command_ids uuid[], p_correlation_ids uuid[], p_causation_ids uuid[],
    p_actor_roles text[], p_actor_ids text[], p_actor_scopes text[], p_data jsonb[], p_occurred_at timestamptz[])
RETURNS bigint LANGUAGE plpgsql SET search_path = eventlog, pg_temp AS $$
DECLARE
    total integer := cardinality(p_streams);
    head  bigint  := take_positions(p_lane, total, p_first_streams, p_first_versions);
BEGIN
    INSERT INTO events (lane, position, stream, version, type, type_version, event_id, command_id, correlation_id,
                        causation_id, actor_role, actor_id, actor_scope, data, occurred_at)
    SELECT p_lane, head - total + number, stream, version, type, type_version, event_id, command_id, correlation_id,
           causation_id, actor_role, actor_id, actor_scope, data, occurred_at
    FROM unnest(p_streams, p_versions, p_types, p_type_versions, p_event_ids, p_command_ids, p_correlation_ids,
                p_causation_ids, p_actor_roles, p_actor_ids, p_actor_scopes, p_data, p_occurred_at)
        WITH ORDINALITY AS written (stream, version, type, type_version, event_id, command_id, correlation_id,
                                    causation_id, actor_role, actor_id, actor_scope, data, occurred_at, number);
    RETURN head;
END $$;
"""

RIGHTS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wq_service') THEN
        CREATE ROLE wq_service NOLOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA eventlog TO wq_service;
GRANT SELECT, INSERT ON eventlog.events TO wq_service;
GRANT SELECT ON eventlog.lanes TO wq_service;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA eventlog FROM PUBLIC;
GRANT EXECUTE ON FUNCTION eventlog.take_positions, eventlog.append TO wq_service;
"""


def upgrade() -> None:
    for statements in (TABLES, IMMUTABLE, APPENDING, RIGHTS):
        op.execute(statements)
