"""What follows the log for the directory."""

from services.directory import read_model
from shared.following import Follower

FOLLOWERS = (
    Follower(name="directory.project", schema="directory", metadata=read_model.METADATA, apply=read_model.apply),
)
