"""What follows the log for the directory."""

from __future__ import annotations

from functools import partial

from services.directory import read_model
from services.directory.papers import verification_records
from services.directory.personal import personal_of
from shared.following import Follower
from shared.settings import Settings


def followers(settings: Settings) -> tuple[Follower, ...]:
    """The look-ups, and the numbers that papers are checked by, which need the platform's key."""
    verify = partial(verification_records.apply, keyed_hash=personal_of(settings).hash)
    return (
        Follower(name="directory.project", schema="directory", metadata=read_model.METADATA, apply=read_model.apply),
        Follower(
            name="directory.vouch",
            schema="verification",
            metadata=verification_records.METADATA,
            apply=verify,
            types=verification_records.TYPES,
        ),
    )
