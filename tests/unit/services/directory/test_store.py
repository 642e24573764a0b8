"""A folder keeps what every store promises, for its owner's eyes only, and leaves no half-written file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.directory.papers.store import FolderStore, ObjectStore
from shared.errors import Unavailable
from tests.support.store_contract import CONTENT, Damage, StoreContract


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence" / "files"


@pytest.fixture
def store(folder: Path) -> ObjectStore:
    return FolderStore(folder)


@pytest.fixture
def damage(folder: Path) -> Damage:
    def spoil(address: str) -> None:
        (folder / address[:2] / address[2:4] / address).write_bytes(CONTENT[:-1])

    return spoil


class TestFolderStore(StoreContract):
    """The contract."""


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_lie_apart_by_the_first_digits_and_only_the_owner_reads_them(store: ObjectStore, folder: Path) -> None:
    address = store.put(CONTENT)
    (file,) = files_of(folder)
    assert file == folder / address[:2] / address[2:4] / address
    assert file.stat().st_mode & 0o777 == 0o600
    assert {parent.stat().st_mode & 0o777 for parent in file.parents if parent.is_relative_to(folder)} == {0o700}


def test_a_write_that_fails_leaves_nothing_behind(
    store: ObjectStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable) as caught:
            store.put(CONTENT)
    assert caught.value.code == "object.unavailable"
    assert files_of(folder) == []
    assert store.get(store.put(CONTENT)) == CONTENT


def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file")
    for use in (lambda: store.put(CONTENT), lambda: store.get("0" * 64), lambda: store.delete("0" * 64)):
        with pytest.raises(Unavailable):
            use()
