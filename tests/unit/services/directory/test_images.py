"""A picture is kept pixel by pixel and loses everything else; what is no whole picture is refused."""

from __future__ import annotations

import zlib
from io import BytesIO
from struct import pack
from typing import Any

import pytest
from PIL import Image, ImageOps

from services.directory.papers.images import MAX_SCANS, PNG_START, clean_jpeg, clean_png
from shared.errors import Invalid
from tests.support.evidence_examples import SECRET, jpeg, picture, png, png_chunk

IHDR = PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0))
IDAT = png_chunk(b"IDAT", zlib.compress(b"\x00ab"))
IEND = png_chunk(b"IEND", b"")


def refused(clean: Any, data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        clean(data)
    assert caught.value.field == "content"
    return caught.value.code


def pixels(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as opened:
        return opened.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_photograph_keeps_its_pixels_and_loses_its_notes(mode: str, progressive: bool) -> None:
    data = jpeg(picture(mode=mode), progressive=progressive, restart_marker_rows=1)
    cleaned = clean_jpeg(data)
    assert SECRET in data
    assert SECRET not in cleaned
    assert pixels(cleaned) == pixels(data)
    assert clean_jpeg(cleaned) == cleaned


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_taken_sideways_is_still_shown_upright(orientation: int) -> None:
    cleaned = clean_jpeg(jpeg(orientation=orientation))
    with Image.open(BytesIO(cleaned)) as opened:
        assert dict(opened.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
        assert opened.info["dpi"] == (200, 200)
    assert clean_jpeg(cleaned) == cleaned
    assert b"Exif" not in clean_jpeg(jpeg(orientation=orientation), turned=False)


@pytest.mark.parametrize(
    "extra",
    [b"\x00" * 9, b"\r\n", jpeg(), b"\x00" * 3 + jpeg(), b"\x00\x00\x00\x18ftypmp42" + SECRET, SECRET + b"SEFT"],
    ids=["zeros", "line end", "second picture", "padded picture", "clip", "camera block"],
)
def test_what_cameras_append_is_dropped(extra: bytes) -> None:
    assert clean_jpeg(jpeg() + extra) == clean_jpeg(jpeg())


@pytest.mark.parametrize("extra", [b"PK\x03\x04", b"%PDF-1.4", b"<script>", b"MZ", SECRET])
@pytest.mark.parametrize(("clean", "data"), [(clean_jpeg, jpeg()), (clean_png, png())], ids=["jpeg", "png"])
def test_a_file_behind_a_picture_is_refused(clean: Any, data: bytes, extra: bytes) -> None:
    assert refused(clean, data + extra) == "evidence.mixed"


@pytest.mark.parametrize(("clean", "data"), [(clean_jpeg, jpeg()), (clean_png, png())], ids=["jpeg", "png"])
def test_a_picture_cut_off_anywhere_is_refused(clean: Any, data: bytes) -> None:
    for length in range(8, len(data) - 1):
        assert refused(clean, data[:length]) == "evidence.broken"


def test_a_jpeg_without_a_picture_is_refused() -> None:
    assert refused(clean_jpeg, b"\xff\xd8\xff\xd9") == "evidence.broken"


def test_a_scan_before_its_frame_is_refused() -> None:
    data = jpeg()
    assert refused(clean_jpeg, data[:2] + data[data.index(b"\xff\xda") :]) == "evidence.broken"


def test_a_table_with_a_rider_is_refused() -> None:
    tables = b"\xff\xdb\x00\x84" + b"\x00" * 65 + b"\x01" * 65 + b"rider"
    assert refused(clean_jpeg, b"\xff\xd8" + tables + jpeg()[2:]) == "evidence.broken"


def test_a_lossless_jpeg_is_not_supported() -> None:
    assert refused(clean_jpeg, jpeg().replace(b"\xff\xc0\x00\x11", b"\xff\xc3\x00\x11")) == "evidence.unsupported"


def test_a_photograph_painted_too_often_is_refused() -> None:
    data = clean_jpeg(jpeg(progressive=True))
    first = data.index(b"\xff\xda")
    scan = data[first : data.index(b"\xff", first + 20)]
    assert refused(clean_jpeg, data[:-2] + scan * MAX_SCANS + data[-2:]) == "evidence.broken"


@pytest.mark.parametrize(("width", "height"), [(65_500, 1), (20_000, 20_000), (1, 65_500)])
def test_a_photograph_with_too_many_pixels_is_refused(width: int, height: int) -> None:
    data = jpeg()
    frame = data.index(b"\xff\xc0") + 5
    assert refused(clean_jpeg, data[:frame] + pack(">HH", height, width) + data[frame + 4 :]) == (
        "evidence.too_many_pixels"
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_keeps_its_pixels_and_loses_its_notes(mode: str) -> None:
    data = png(Image.new("I;16", (9, 7), 300) if mode == "I;16" else picture(mode=mode))
    cleaned = clean_png(data)
    assert SECRET in data
    assert SECRET not in cleaned
    assert pixels(cleaned) == pixels(data)
    assert clean_png(cleaned) == cleaned


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_png_taken_sideways_is_still_shown_upright(orientation: int) -> None:
    data = png(orientation=orientation)
    cleaned = clean_png(data)
    with Image.open(BytesIO(cleaned)) as opened, Image.open(BytesIO(data)) as given:
        assert dict(opened.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
        assert ImageOps.exif_transpose(opened).tobytes() == ImageOps.exif_transpose(given).tobytes()
    assert SECRET not in cleaned
    assert clean_png(cleaned) == cleaned


def test_a_note_behind_the_picture_turns_it_too() -> None:
    with Image.open(BytesIO(png(orientation=6))) as opened:
        note = opened.info["exif"].removeprefix(b"Exif\x00\x00")
    cleaned = clean_png(IHDR + IDAT + png_chunk(b"eXIf", note) + IEND)
    assert cleaned == clean_png(IHDR + png_chunk(b"eXIf", note) + IDAT + IEND)
    with Image.open(BytesIO(cleaned)) as opened:
        assert dict(opened.getexif()) == {0x0112: 6}


def test_a_note_that_makes_no_sense_is_dropped() -> None:
    for note in (b"", b"MM\x00*", b"II*\x00\xff\xff\xff\xff", b"hello"):
        assert clean_png(IHDR + png_chunk(b"eXIf", note) + IDAT + IEND) == IHDR + IDAT + IEND


def test_a_transparent_palette_stays_transparent() -> None:
    data = png(picture(mode="P"), transparency=bytes(range(100)))
    assert pixels(clean_png(data)) == pixels(data)


def test_a_moving_picture_stands_still() -> None:
    data = png(save_all=True, append_images=[picture().rotate(90)])
    cleaned = clean_png(data)
    assert b"fdAT" in data
    assert b"fdAT" not in cleaned
    assert pixels(cleaned) == pixels(data)


def test_an_interlaced_png_is_measured_pass_by_pass() -> None:
    header = PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 5, 3, 8, 0, 0, 0, 1))
    # 5 x 3 pixels: the third pass is empty, the others have these columns in each of their rows.
    raw = b"".join(b"\x00" + b"a" * columns for columns in (1, 1, 1, 3, 2, 2, 5))
    data = header + png_chunk(b"IDAT", zlib.compress(raw)) + IEND
    with Image.open(BytesIO(data)) as opened:
        opened.load()
    assert clean_png(data) == data
    short = header + png_chunk(b"IDAT", zlib.compress(raw[:-1])) + IEND
    assert refused(clean_png, short) == "evidence.broken"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (PNG_START + IDAT + IEND, "evidence.broken"),
        (IHDR + IEND, "evidence.broken"),
        (IHDR + IDAT, "evidence.broken"),
        (IHDR + IDAT[:-1] + b"\x00" + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"IDAT", b"no deflate") + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"IDAT", zlib.compress(b"\x00a")) + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"IDAT", zlib.compress(b"\x00abc")) + IEND, "evidence.mixed"),
        (IHDR + png_chunk(b"IDAT", zlib.compress(b"\x00ab") + b"rider") + IEND, "evidence.mixed"),
        (IHDR + IDAT + png_chunk(b"IDAT", b"rider") + IEND, "evidence.mixed"),
        (IHDR + IDAT + png_chunk(b"tEXt", b"") + IDAT + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"ABCD", b"") + IDAT + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"PLTE", b"123") + IDAT + IEND, "evidence.broken"),
        (IHDR + png_chunk(b"pHYs", SECRET) + IDAT + IEND, "evidence.broken"),
        (IHDR + IDAT + png_chunk(b"IEND", b"rider"), "evidence.broken"),
        (IHDR.replace(b"\x08\x00\x00\x00\x00", b"\x03\x00\x00\x00\x00"), "evidence.broken"),
        (PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 2, 1, 3, 0, 0, 0, 0)), "evidence.unsupported"),
        (PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 0, 1, 8, 0, 0, 0, 0)), "evidence.broken"),
        (PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 9000, 9000, 8, 0, 0, 0, 0)), "evidence.too_many_pixels"),
        (PNG_START + png_chunk(b"IHDR", pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0)) + IDAT + IEND, "evidence.broken"),
    ],
)
def test_a_png_that_is_not_exactly_its_picture_is_refused(data: bytes, code: str) -> None:
    assert refused(clean_png, data) == code


def test_a_small_file_that_inflates_without_end_is_refused() -> None:
    bomb = png_chunk(b"IDAT", zlib.compress(bytes(30_000_000)))
    assert len(bomb) < 40_000
    assert refused(clean_png, IHDR + bomb + IEND) == "evidence.mixed"
