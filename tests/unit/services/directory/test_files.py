"""Evidence is what its content says it is, comes back cleaned with the digest of exactly that, or is refused."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.papers.files import MAX_BYTES, PDF_START, Evidence, accept
from services.directory.papers.images import JPEG_START, PNG_START
from shared.errors import Invalid
from tests.support.evidence_examples import AGREEMENT, SECRET, jpeg, page_with, pdf, png, written

GOOD = {"image/jpeg": jpeg(), "image/png": png(), "application/pdf": pdf()}
STARTS = (b"", JPEG_START, PNG_START, PDF_START + b"1.7\n")


def refused(content: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        accept(content)
    error = caught.value
    assert error.code.startswith("evidence.")
    assert error.field == "content"
    assert error.zh != error.en
    assert "{" not in error.zh + error.en
    return error


def zipped() -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("payload.exe", b"MZ")
    return made.getvalue()


@pytest.mark.parametrize("media_type", GOOD)
def test_evidence_is_known_by_its_content_and_comes_back_clean(media_type: str) -> None:
    content = GOOD[media_type]
    accepted = accept(content)
    assert accepted.media_type == media_type
    assert accepted.digest == sha256(accepted.content).hexdigest()
    assert SECRET in content
    assert SECRET not in accepted.content


@pytest.mark.parametrize("media_type", GOOD)
def test_cleaning_what_is_clean_changes_nothing(media_type: str) -> None:
    accepted = accept(GOOD[media_type])
    assert accept(accepted.content) == accepted
    assert accept(GOOD[media_type]) == accepted


@pytest.mark.parametrize(
    "content",
    [b"hello", zipped(), b"GIF89a", b"\x89PNG\r\r\n\x1a", b" " + jpeg(), b"<html>", b"RIFF\0\0\0\0WEBP"],
)
def test_other_types_are_refused(content: bytes) -> None:
    assert refused(content).code == "evidence.wrong_type"


@pytest.mark.parametrize(
    "before",
    [b"\n", b"\xef\xbb\xbf", b"\x00" * 100, b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n", b"x" * 1019],
)
def test_what_stands_before_a_pdf_is_dropped_as_readers_do(before: bytes) -> None:
    assert accept(before + GOOD["application/pdf"]) == accept(GOOD["application/pdf"])


def test_a_pdf_whose_offsets_count_what_stood_before_it_is_kept_too() -> None:
    bodies = page_with(AGREEMENT)
    assert accept(b"\r\n\r\n" + written(bodies, shift=4)) == accept(written(bodies))


@pytest.mark.parametrize("content", [b"\n%PDF-1.7", b"HTTP/1.1 200 OK\r\n\r\n" + pdf()[:300]])
def test_a_damaged_pdf_is_called_damaged_and_not_another_type(content: bytes) -> None:
    assert refused(content).code == "evidence.broken"


def test_a_pdf_further_in_than_readers_look_is_no_pdf() -> None:
    assert refused(b"x" * 1020 + pdf()).code == "evidence.wrong_type"


def test_an_empty_file_is_refused() -> None:
    assert refused(b"").code == "evidence.empty"


def test_five_megabytes_are_the_limit() -> None:
    content = jpeg()
    assert accept(content + bytes(MAX_BYTES - len(content))).media_type == "image/jpeg"
    error = refused(content + bytes(MAX_BYTES - len(content) + 1))
    assert (error.code, error.details["megabytes"]) == ("evidence.too_large", 5)


@pytest.mark.parametrize("media_type", GOOD)
def test_a_file_that_also_reads_as_an_archive_is_refused(media_type: str) -> None:
    assert refused(GOOD[media_type] + zipped()).code == "evidence.mixed"


def test_an_archive_in_the_comment_of_a_photograph_is_refused() -> None:
    archive = zipped()
    comment = b"\xff\xfe" + (len(archive) + 2).to_bytes(2, "big") + archive
    assert refused(b"\xff\xd8" + comment + jpeg()[2:]).code == "evidence.mixed"


def test_an_archive_behind_the_last_pixel_of_a_photograph_is_refused() -> None:
    """Inside the scan, where no marker tells it from image data."""
    assert b"\xff" not in zipped()
    assert refused(jpeg()[:-2] + zipped() + b"\xff\xd9").code == "evidence.mixed"


def test_a_photograph_that_also_reads_as_a_pdf_is_refused() -> None:
    assert refused(b"\xff\xd8\xff\xfe\x00\x09%PDF-1." + jpeg()[2:]).code == "evidence.mixed"


def test_the_end_mark_of_an_archive_alone_is_no_archive() -> None:
    content = jpeg()
    comment = b"\xff\xfe\x00\x1cPK\x05\x06" + b"\xf0" * 22
    assert accept(b"\xff\xd8" + comment + content[2:]) == accept(content)


def accepted_or_refused(content: bytes) -> None:
    """Whatever comes in, Invalid or the same clean file again."""
    outcome = accepted_or_error(content)
    if isinstance(outcome, Evidence):
        assert accept(outcome.content) == outcome
    else:
        assert outcome.code.startswith("evidence.")
        assert outcome.field == "content"


def accepted_or_error(content: bytes) -> Evidence | Invalid:
    try:
        return accept(content)
    except Invalid as error:
        return error


@given(st.sampled_from(STARTS), st.binary(max_size=400), st.sampled_from((b"", b"\xff\xd9", b"%%EOF")))
@settings(max_examples=400)
def test_no_bytes_do_harm(start: bytes, content: bytes, end: bytes) -> None:
    accepted_or_refused(start + content + end)


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_no_damage_to_a_good_file_does_harm(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(tuple(GOOD.values()))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        cut = data.draw(st.integers(0, 8))
        content[at : at + cut] = data.draw(st.binary(max_size=8))
    accepted_or_refused(bytes(content))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_rewording_of_a_pdf_does_harm(data: st.DataObject) -> None:
    """Names and numbers exchanged where the offsets stay right: the library reads on, into nonsense."""
    words = [b"/Type", b"/Page", b"/Kids", b"/Count", b"1 0 R", b"2 0 R", b"4 0 R", b"/Filter", b"<<", b">>", b"[ ", b" ]",
             b"/XObject", b"/Width", b" 60", b"-99", b"null ", b"true "]  # fmt: skip
    content = GOOD["application/pdf"]
    for _ in range(data.draw(st.integers(1, 3))):
        old = data.draw(st.sampled_from(words))
        new = data.draw(st.sampled_from(words))
        at = content.find(old, data.draw(st.integers(0, len(content) - 1)))
        if at >= 0:
            width = max(len(old), len(new))
            content = content[:at] + new.ljust(width) + content[at + width :]
    accepted_or_refused(content)
