"""Which contexts there are and what each brings: the composition roots of all processes start here.

Imports a context's modules only when asked, so that a follower never loads a nameko service and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from shared.following import Follower
from shared.publishing import Subscription, publisher
from shared.settings import Settings

CONTEXTS = ("directory", "agreement", "registration", "review", "stats", "sync")
SERVED = ("directory", "agreement", "registration", "review", "stats")
REACTING = ("agreement", "registration", "review")
# Contexts whose events others may read; each has an exchange `<context>.events`.
TELLING = ("directory", "agreement", "registration", "review")
PUBLISH = "publish"


def service_class(context: str) -> Any:
    """The nameko class of a context. Only for a nameko process."""
    module = import_module(f"services.{context}.service")
    (found,) = (
        value for value in vars(module).values() if isinstance(value, type) and getattr(value, "name", "") == context
    )
    return found


def subscriptions() -> tuple[Subscription, ...]:
    """Every (consumer, event type) pair of all policies."""
    return tuple(
        (context, event_type)
        for context in REACTING
        for event_type in import_module(f"services.{context}.policy").REACTIONS
    )


def followers(settings: Settings) -> tuple[Follower, ...]:
    """Every follower of the platform, the publisher first."""
    return (
        publisher(settings.amqp_uri, subscriptions(), TELLING),
        *(follower for context in CONTEXTS for follower in _followers(context, settings)),
    )


def _followers(context: str, settings: Settings) -> Sequence[Follower]:
    module = import_module(f"services.{context}.follower")
    declared = getattr(module, "followers", None)
    found: Sequence[Follower] = declared(settings) if declared is not None else module.FOLLOWERS
    return found
