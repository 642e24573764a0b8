"""What follows the log for agreements."""

from services.agreement import read_model
from shared.following import Follower

FOLLOWERS = (
    Follower(name="agreement.project", schema="agreement", metadata=read_model.METADATA, apply=read_model.apply),
)
