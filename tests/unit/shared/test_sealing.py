"""Sealed words: the same of one person are the same text, of two they are not, and clear words are none."""

from __future__ import annotations

from base64 import b64decode

import pytest

from shared import shapes
from shared.errors import UnreadableEvent
from shared.opening import decrypted
from shared.sealing import SEALED, is_sealed, sealed_words

KEY, OTHER_KEY = bytes(32), bytes(range(32))
WORDS = "母亲患病需照顾"


def test_the_same_words_of_one_person_are_the_same_text() -> None:
    assert sealed_words(KEY, "14-a", WORDS) == sealed_words(KEY, "14-a", WORDS)
    assert sealed_words(KEY, "14-a", WORDS) != sealed_words(KEY, "14-a", f"{WORDS}。")
    assert sealed_words(KEY, "14-a", WORDS) != sealed_words(OTHER_KEY, "14-a", WORDS)


def test_words_open_with_the_key_of_their_person_alone() -> None:
    raw = b64decode(sealed_words(KEY, "14-a", WORDS).removeprefix(SEALED))
    assert decrypted(KEY, "14-a", raw).decode() == WORDS
    for key, subject in ((OTHER_KEY, "14-a"), (KEY, "14-b")):
        with pytest.raises(UnreadableEvent):
            decrypted(key, subject, raw)


class Said(shapes.Shape):
    """One sentence."""

    makes = dict
    words = shapes.sentence(200)


def test_nobody_can_write_what_looks_like_sealed_words() -> None:
    for text in (sealed_words(KEY, "14-a", WORDS), SEALED):
        assert not is_sealed(shapes.load(Said, {"words": text})["words"])


@pytest.mark.parametrize("value", [WORDS, "", None, 5, {"sealed:": 1}])
def test_clear_words_are_told_apart(value: object) -> None:
    assert not is_sealed(value)
    assert is_sealed(sealed_words(KEY, "14-a", "言"))
