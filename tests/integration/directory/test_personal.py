"""Envelopes over a real vault: sealed once a subject's key is stored, opened by nobody once it is destroyed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from services.directory.personal import Personal, destroy_keys
from shared.errors import UnreadableEvent
from shared.sql import Driver, make_engine
from tests.support.spec import GRADUATE_ID

OTHER_ID = GRADUATE_ID[:-1] + "2"
CLEAR = {"name": "张三", "id_number": "140105200305060020"}
PERSONAL = Personal(b"k" * 32, b"l" * 32)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url, Driver.PLAIN, pool_size=4)
    yield made
    made.dispose()


def seal(engine: Engine, *subjects: str) -> dict[str, str | None]:
    with engine.begin() as connection:
        return PERSONAL.seal_many(connection, dict.fromkeys(subjects, CLEAR))


def opened(engine: Engine, envelope: str | None, subject: str = GRADUATE_ID) -> dict[str, Any] | None:
    assert envelope is not None
    with engine.connect() as connection:
        return PERSONAL.open_many(connection, {subject: envelope})[subject]


def destroy(engine: Engine, *subjects: str) -> None:
    with engine.begin() as connection:
        destroy_keys(connection, subjects)


def test_what_was_sealed_opens(engine: Engine) -> None:
    envelope = seal(engine, GRADUATE_ID)[GRADUATE_ID]
    assert envelope is not None
    assert CLEAR["name"] not in envelope
    assert opened(engine, envelope) == CLEAR


def test_a_subject_keeps_its_key_and_each_envelope_is_another(engine: Engine) -> None:
    first, second = (seal(engine, GRADUATE_ID)[GRADUATE_ID] for _ in range(2))
    assert first != second
    assert opened(engine, first) == opened(engine, second) == CLEAR


def test_an_envelope_opens_for_its_own_subject_only(engine: Engine) -> None:
    envelopes = seal(engine, GRADUATE_ID, OTHER_ID)
    with pytest.raises(UnreadableEvent) as caught:
        opened(engine, envelopes[GRADUATE_ID], OTHER_ID)
    assert caught.value.code == "personal.broken"


def test_a_changed_envelope_does_not_open(engine: Engine) -> None:
    envelope = seal(engine, GRADUATE_ID)[GRADUATE_ID]
    assert envelope is not None
    for broken in (
        "Ag" + envelope[2:],
        envelope[:-8] + ("AAAA" if envelope[-8:-4] != "AAAA" else "BBBB") + envelope[-4:],
    ):
        with pytest.raises(UnreadableEvent):
            opened(engine, broken)


def test_another_platforms_key_opens_nothing(engine: Engine) -> None:
    envelope = seal(engine, GRADUATE_ID)[GRADUATE_ID]
    assert envelope is not None
    stranger = Personal(b"z" * 32, b"l" * 32)
    with engine.connect() as connection, pytest.raises(UnreadableEvent):
        stranger.open_many(connection, {GRADUATE_ID: envelope})


def test_a_destroyed_key_erases_every_envelope_of_its_subject_and_no_other(engine: Engine) -> None:
    envelopes = seal(engine, GRADUATE_ID, OTHER_ID)
    again = seal(engine, GRADUATE_ID)[GRADUATE_ID]
    destroy(engine, GRADUATE_ID)
    assert opened(engine, envelopes[GRADUATE_ID]) is None
    assert opened(engine, again) is None
    assert opened(engine, envelopes[OTHER_ID], OTHER_ID) == CLEAR


def test_who_was_erased_is_not_sealed_again(engine: Engine) -> None:
    seal(engine, GRADUATE_ID)
    destroy(engine, GRADUATE_ID)
    destroy(engine, GRADUATE_ID)
    sealed = seal(engine, GRADUATE_ID, OTHER_ID)
    assert sealed[GRADUATE_ID] is None
    assert sealed[OTHER_ID] is not None


def test_a_subject_without_a_key_can_be_erased_before_it_has_one(engine: Engine) -> None:
    destroy(engine, GRADUATE_ID)
    assert seal(engine, GRADUATE_ID) == {GRADUATE_ID: None}


def test_nobody_is_sealed_without_a_question(engine: Engine) -> None:
    assert seal(engine) == {}


def test_two_importers_at_the_same_time_share_one_key_a_subject(engine: Engine) -> None:
    subjects = [f"{GRADUATE_ID[:-4]}{number:04d}" for number in range(200)]
    ready = threading.Barrier(2)

    def run(order: list[str]) -> dict[str, str | None]:
        ready.wait(60)
        return seal(engine, *order)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(run, [subjects, subjects[::-1]]))
    for envelopes in both:
        for subject in (subjects[0], subjects[99], subjects[-1]):
            assert opened(engine, envelopes[subject], subject) == CLEAR
