"""What of personal data needs no database: keyed hashes and ids, and the secret they stand on."""

from __future__ import annotations

import hmac
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from services.directory.personal import Personal, personal_of
from shared.settings import BadSetting, Settings

KEY, LOOKUP, OTHER = b"k" * 32, b"l" * 32, b"m" * 32
NUMBER = "140105200305060020"


def settings(path: Path) -> Settings:
    return Settings(
        environment="development",
        database_url="",
        amqp_uri="",
        principal_keys_file=path,
        principal_signing_key_file=None,
        personal_key_file=path,
        national_url="",
        national_key_file=path,
        evidence_url="file:///nowhere",
        check_address="",
        clock_file=None,
        health_port=0,
        max_workers=1,
    )


def test_the_same_texts_have_the_same_hash_and_id_whatever_key_wraps() -> None:
    one, two = Personal(KEY, LOOKUP), Personal(OTHER, LOOKUP)
    assert one.hash("id_number", NUMBER) == two.hash("id_number", NUMBER)
    assert one.uuid("graduate", NUMBER) == two.uuid("graduate", NUMBER)


def test_nobody_without_the_key_can_compute_them() -> None:
    one, two = Personal(KEY, LOOKUP), Personal(KEY, OTHER)
    assert one.hash("id_number", NUMBER) != two.hash("id_number", NUMBER)
    assert one.uuid("graduate", NUMBER) != two.uuid("graduate", NUMBER)


def test_where_one_text_ends_and_the_next_begins_counts() -> None:
    personal = Personal(KEY, LOOKUP)
    assert personal.hash("ab", "c") != personal.hash("a", "bc")
    assert personal.hash("ab") != personal.hash("ab", "")


def test_a_hash_is_hexadecimal_and_an_id_a_random_looking_uuid() -> None:
    personal = Personal(KEY, LOOKUP)
    assert len(bytes.fromhex(personal.hash("张三"))) == 32
    assert UUID(str(personal.uuid("张三"))).version == 4


def test_the_secret_is_two_keys(tmp_path: Path) -> None:
    path = tmp_path / "personal.key"
    path.write_text((KEY + LOOKUP).hex() + "\n")
    personal = personal_of(settings(path))
    assert personal.hash("张三") == Personal(KEY, LOOKUP).hash("张三")
    assert personal_of(settings(path)) is personal


@pytest.mark.parametrize("text", ["", "zz", "5a" * 32, "5a" * 65])
def test_a_secret_of_another_size_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "personal.key"
    path.write_text(text)
    with pytest.raises(BadSetting):
        personal_of(settings(path))
    with pytest.raises(BadSetting):
        personal_of(replace(settings(path), personal_key_file=tmp_path / "absent"))


def test_a_hash_is_hmac_of_the_parts_whatever_they_hold() -> None:
    personal = Personal(KEY, LOOKUP)
    for parts in (("",), ("id_number", "110101200305060028"), ("王" * 500, "\x00", "b" * 64)):
        wanted = hmac.digest(LOOKUP, "\x1f".join(parts).encode(), "sha256")
        assert personal.hash(*parts) == wanted.hex()
        assert personal.uuid(*parts) == UUID(bytes=wanted[:16], version=4)
