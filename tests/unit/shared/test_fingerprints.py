"""A fingerprint says whether two calls ask for the same, and nothing else."""

from __future__ import annotations

from shared.fingerprints import Fingerprints

ASKED = {"graduate_id": "14-one", "terms": {"monthly_pay": 8000, "place": "140100"}}


def test_the_same_request_has_the_same_fingerprint_in_every_process_and_every_order() -> None:
    again = {"terms": {"place": "140100", "monthly_pay": 8000}, "graduate_id": "14-one"}
    assert Fingerprints(b"k" * 64).of("agreement.send_offer", ASKED) == "f24f2eb65da6c609"
    assert Fingerprints(b"k" * 64).of("agreement.send_offer", again) == "f24f2eb65da6c609"


def test_another_method_payload_or_key_has_another() -> None:
    own = Fingerprints(b"k" * 64)
    found = {
        own.of("agreement.send_offer", ASKED),
        own.of("agreement.save_draft", ASKED),
        own.of("agreement.send_offer", {**ASKED, "graduate_id": "14-two"}),
        own.of("agreement.send_offer", [ASKED]),
        Fingerprints(b"l" * 64).of("agreement.send_offer", ASKED),
    }
    assert len(found) == 5
