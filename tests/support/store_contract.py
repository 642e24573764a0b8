"""What every store of files promises, as tests to inherit: a backend's own test gives the fixtures `store`, `damage`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Thread

import pytest

from services.directory.papers.store import ObjectStore
from shared.errors import NotFound, UnreadableEvent

CONTENT = b"\x00sealed\xff" * 1000
Damage = Callable[[str], None]


class StoreContract:
    """Subclass it with a fixture `store`, an empty one, and `damage`, which spoils what lies at an address."""

    @pytest.mark.parametrize("content", [CONTENT, b"", bytes(6 << 20)], ids=["some", "nothing", "six megabytes"])
    def test_what_was_put_is_got_back_whole(self, store: ObjectStore, content: bytes) -> None:
        assert store.get(store.put(content)) == content

    def test_the_address_is_the_digest_of_the_content(self, store: ObjectStore) -> None:
        assert store.put(CONTENT) == hashlib.sha256(CONTENT).hexdigest()

    def test_putting_again_changes_nothing(self, store: ObjectStore) -> None:
        address = store.put(CONTENT)
        assert store.put(CONTENT) == address
        assert store.get(address) == CONTENT

    def test_two_contents_have_two_addresses(self, store: ObjectStore) -> None:
        first, second = store.put(b"first"), store.put(b"second")
        assert (store.get(first), store.get(second)) == (b"first", b"second")

    def test_what_was_never_put_is_missing(self, store: ObjectStore) -> None:
        missing(store, "0" * 64)

    @pytest.mark.parametrize(
        "address", ["", "0" * 63, "0" * 65, "A" * 64, "../" + "0" * 61, "０" * 64, "0" * 63 + "\n"]
    )
    def test_what_is_no_digest_is_no_address(self, store: ObjectStore, address: str) -> None:
        missing(store, address)
        with pytest.raises(NotFound):
            store.delete(address)

    def test_what_was_deleted_is_missing_and_can_be_put_again(self, store: ObjectStore) -> None:
        address = store.put(CONTENT)
        other = store.put(b"other")
        store.delete(address)
        missing(store, address)
        assert store.get(other) == b"other"
        assert store.get(store.put(CONTENT)) == CONTENT

    def test_deleting_what_is_not_there_is_done_already(self, store: ObjectStore) -> None:
        store.delete("0" * 64)

    def test_damaged_content_is_never_given_out_and_mended_by_putting_it_again(
        self, store: ObjectStore, damage: Damage
    ) -> None:
        address = store.put(CONTENT)
        damage(address)
        with pytest.raises(UnreadableEvent) as caught:
            store.get(address)
        assert (caught.value.code, caught.value.details["address"]) == ("object.damaged", address)
        store.put(CONTENT)
        assert store.get(address) == CONTENT

    def test_many_may_put_the_same_at_once(self, store: ObjectStore) -> None:
        addresses: list[str] = []
        threads = [Thread(target=lambda: addresses.append(store.put(CONTENT))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(addresses) == 8
        assert len(set(addresses)) == 1
        assert store.get(addresses[0]) == CONTENT


def missing(store: ObjectStore, address: str) -> None:
    with pytest.raises(NotFound) as caught:
        store.get(address)
    assert caught.value.code == "object.missing"
