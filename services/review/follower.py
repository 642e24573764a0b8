"""What follows the log for reviews."""

from services.review import read_model
from shared.following import Follower

FOLLOWERS = (
    Follower(
        name="review.project",
        schema="review",
        metadata=read_model.METADATA,
        apply=read_model.apply,
        types=read_model.TYPES,
    ),
)
