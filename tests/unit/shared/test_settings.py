"""A process starts with every setting right, or says which one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.clock import MovableClock, SystemClock
from shared.settings import NEEDED, BadSetting, NoPlatform, read_settings

COMPLETE = {
    "DATABASE_URL": "postgresql://wq@db/wq",
    "AMQP_URI": "amqp://wq@mq//",
    "WQ_PRINCIPAL_KEYS_FILE": "/keys/principals.json",
    "WQ_PERSONAL_KEY_FILE": "/keys/personal",
    "WQ_NATIONAL_URL": "https://national.example",
    "WQ_NATIONAL_KEY_FILE": "/keys/national",
    "WQ_EVIDENCE_URL": "s3+https://objects.example/evidence",
    "WQ_CHECK_ADDRESS": "https://wq.example/check",
}


def test_production_is_the_default_and_keeps_the_machines_time() -> None:
    settings = read_settings(COMPLETE)
    assert settings.environment == "production"
    assert isinstance(settings.clock(), SystemClock)
    assert (settings.health_port, settings.max_workers) == (9100, 10)


def test_development_may_move_the_clock() -> None:
    settings = read_settings({**COMPLETE, "WQ_ENVIRONMENT": "development", "WQ_CLOCK_FILE": "clock"})
    assert isinstance(settings.clock(), MovableClock)


def test_where_nothing_runs_one_is_told_how_to_start_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoPlatform) as caught:
        read_settings({"HOME": "/home/somebody", "WQ_HEALTH_PORT": "9100"})
    assert "`make run`" in str(caught.value)
    assert "DATABASE_URL" not in str(caught.value)


def test_what_a_platform_needs_is_what_its_absence_is_noticed_by() -> None:
    assert set(NEEDED) == set(COMPLETE)


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({**COMPLETE, "DATABASE_URL": "x", missing: ""})
    assert caught.value.name == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WQ_ENVIRONMENT", "staging"),
        ("WQ_CLOCK_FILE", "clock"),
        ("WQ_PRINCIPAL_SIGNING_KEY_FILE", "key"),
        ("WQ_HEALTH_PORT", "http"),
        ("WQ_HEALTH_PORT", "70000"),
        ("WQ_MAX_WORKERS", "0"),
    ],
)
def test_a_setting_that_production_must_not_have_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({**COMPLETE, name: value})
    assert caught.value.name == name


@pytest.mark.parametrize("text", ["", "zz", "00" * 31])
def test_a_secret_of_the_wrong_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret"
    path.write_text(text)
    with pytest.raises(BadSetting):
        read_settings(COMPLETE).secret(path, 32)


def test_a_secret_is_hexadecimal_text(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("ab" * 32 + "\n")
    assert read_settings(COMPLETE).secret(path, 32) == b"\xab" * 32


@pytest.mark.parametrize(
    "good", ["file:///var/lib/wq", "s3+https://objects.example/evidence", "s3+http://127.0.0.1:9000/e"]
)
def test_evidence_lies_in_a_folder_or_a_bucket(good: str) -> None:
    assert read_settings({**COMPLETE, "WQ_EVIDENCE_URL": good}).evidence_url == good


@pytest.mark.parametrize(
    "bad", ["/var/lib/wq", "file://host/folder", "s3+https://objects.example", "https://x/y", "s3://e"]
)
def test_evidence_that_would_lie_nowhere_is_refused(bad: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({**COMPLETE, "WQ_EVIDENCE_URL": bad})
    assert caught.value.name == "WQ_EVIDENCE_URL"
