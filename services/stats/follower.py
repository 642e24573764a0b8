"""What follows the log for statistics."""

from services.stats import read_model
from shared.following import Follower

FOLLOWERS = (Follower(name="stats.project", schema="stats", metadata=read_model.METADATA, apply=read_model.apply),)
