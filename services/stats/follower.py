"""What follows the log for statistics."""

from services.stats import read_model
from shared.following import Follower

FOLLOWERS = (
    Follower(
        name="stats.project",
        schema="stats",
        metadata=read_model.METADATA,
        understand=read_model.understand,
        apply=read_model.apply,
        types=read_model.TYPES,
    ),
)
