"""What follows the log for registrations."""

from services.registration import read_model
from shared.following import Follower

FOLLOWERS = (
    Follower(
        name="registration.project",
        schema="registration",
        metadata=read_model.METADATA,
        apply=read_model.apply,
        types=read_model.TYPES,
    ),
)
