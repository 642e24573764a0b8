"""Every metric of the platform, one line of meaning each. Nothing else in the code creates one."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

COMMANDS = Counter(
    "wq_commands_total", "Calls answered, by action and outcome (ok or error code)", ["action", "outcome"]
)
COMMAND_SECONDS = Histogram("wq_command_seconds", "From taking up a call to its reply", ["action"], buckets=SECONDS)
REACTIONS = Counter(
    "wq_reactions_total", "Events consumed, by queue and outcome (ok, repeated, dead, requeued)", ["queue", "outcome"]
)
PUBLISHED = Counter("wq_published_events_total", "Events confirmed by the broker, by context", ["context"])
UNROUTED = Counter(
    "wq_unrouted_events_total", "Events returned by the broker although a consumer is declared", ["type"]
)
TOLD_AGAIN = Counter(
    "wq_queues_told_again_total", "Queues that were new to the publisher and are told everything, by queue", ["queue"]
)
FOLLOWED = Counter("wq_followed_events_total", "Events applied, by follower", ["follower"])
FOLLOWER_POSITION = Gauge("wq_follower_position", "Last position applied, by follower and lane", ["follower", "lane"])
FOLLOWER_LAG = Gauge("wq_follower_lag_events", "Events of all lanes not yet applied, by follower", ["follower"])
FOLLOWER_STOPPED = Gauge(
    "wq_follower_stopped", "1 when a follower met an event it cannot apply in a lane", ["follower", "lane"]
)
FOLLOWER_RETRIES = Counter(
    "wq_follower_retries_total", "Batches given up for now, by follower and code", ["follower", "code"]
)
DELIVERED = Counter("wq_delivered_records_total", "Records answered by the national system, by outcome", ["outcome"])
PARKED = Gauge("wq_parked_graduates", "Graduates whose records wait for an operator")
BREAKER_OPEN = Gauge("wq_breaker_open", "1 while the breaker to the national system is open")
SANDBOX_REQUESTS = Counter(
    "wq_sandbox_requests_total", "Requests the national sandbox answered, by outcome (ok or error code)", ["outcome"]
)
PERSONAL_READS = Counter("wq_personal_reads_total", "Persons whose data were shown, by action", ["action"])
