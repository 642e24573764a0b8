"""What follows the log for the national system: one follower whose checkpoint moves over answered records only."""

from __future__ import annotations

from functools import partial

from services.sync import read_model
from services.sync.client import NationalClient
from services.sync.delivery import deliver
from services.sync.records import TYPES
from shared.following import Follower
from shared.settings import Settings


def client_of(settings: Settings) -> NationalClient:
    """The client of the configured target."""
    return NationalClient(settings.national_url, settings.secret(settings.national_key_file, 32))


def followers(settings: Settings) -> tuple[Follower, ...]:
    """The delivery to the configured target."""
    apply = partial(deliver, client=client_of(settings))
    metadata = read_model.METADATA
    return (Follower(name="sync.deliver", schema="sync", metadata=metadata, apply=apply, types=TYPES, outside=True),)
