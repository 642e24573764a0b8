"""Ids made of digests are those that the standard library makes."""

from __future__ import annotations

import copy
import pickle
from uuid import UUID, uuid5

from hypothesis import given, strategies

from shared.ids import derived, uuid_of


@given(digest=strategies.binary(min_size=16, max_size=64), version=strategies.integers(1, 5))
def test_an_id_of_a_digest_is_the_one_of_the_standard_library(digest: bytes, version: int) -> None:
    ours, theirs = uuid_of(digest, version), UUID(bytes=digest[:16], version=version)
    assert (ours, str(ours), hash(ours), ours.is_safe) == (theirs, str(theirs), hash(theirs), theirs.is_safe)
    assert (ours.version, ours.variant) == (theirs.version, theirs.variant)
    assert copy.deepcopy(ours) == theirs
    assert pickle.loads(pickle.dumps(ours)) == theirs


@given(space=strategies.uuids(), name=strategies.text())
def test_a_derived_id_is_the_one_of_the_standard_library(space: UUID, name: str) -> None:
    assert derived(space, name) == uuid5(space, name)
