"""Files as people upload them: photographs with EXIF, pictures with notes, scans and printed pages as PDF."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRET = b"31.2304N 121.4737E"
_ORIENTATION, _MAKER = 0x0112, 0x010F


def picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Some picture; every row and column differs."""
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def jpeg(image: Image.Image | None = None, *, orientation: int = 1, **options: Any) -> bytes:
    """A photograph whose EXIF and comment hold a secret."""
    exif = Image.Exif()
    exif[_MAKER] = SECRET.decode()
    exif[_ORIENTATION] = orientation
    saved = BytesIO()
    (image or picture()).save(saved, "JPEG", exif=exif, comment=SECRET, dpi=(200, 200), **options)
    return saved.getvalue()


def png(image: Image.Image | None = None, *, orientation: int = 1, **options: Any) -> bytes:
    """A picture whose text chunks and EXIF hold a secret."""
    notes = PngInfo()
    notes.add_text("Author", SECRET.decode())
    notes.add_itxt("Comment", SECRET.decode(), zip=False)
    exif = Image.Exif()
    exif[_MAKER] = SECRET.decode()
    exif[_ORIENTATION] = orientation
    saved = BytesIO()
    (image or picture()).save(saved, "PNG", pnginfo=notes, exif=exif, dpi=(200, 200), **options)
    return saved.getvalue()


def png_chunk(name: bytes, payload: bytes) -> bytes:
    """One chunk with its right checksum."""
    return len(payload).to_bytes(4, "big") + name + payload + zlib.crc32(name + payload).to_bytes(4, "big")


def pdf(pages: int = 1, **extra: Any) -> bytes:
    """A scan: a photograph on each page, information about who made it, and what `extra` puts into the catalogue."""
    made = pdf_of(pages)
    for name, value in extra.items():
        made.Root[f"/{name}"] = value
    return saved(made)


def pdf_of(pages: int = 1) -> pikepdf.Pdf:
    """The same scan, to be changed before it is `saved`."""
    made = pikepdf.new()
    for _ in range(pages):
        photograph = pikepdf.Stream(
            made,
            jpeg(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=60,
            Height=40,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceRGB,
            Filter=pikepdf.Name.DCTDecode,
        )
        page = made.add_blank_page(page_size=(300, 200))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=photograph))
        page.Contents = made.make_stream(b"q 300 0 0 200 0 0 cm /Scan Do Q")
        page.PieceInfo = pikepdf.Dictionary(Note=pikepdf.String(SECRET.decode()))
    made.docinfo["/Author"] = SECRET.decode()
    made.Root.Metadata = made.make_stream(b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    return made


def saved(made: pikepdf.Pdf, **options: Any) -> bytes:
    """The file."""
    written = BytesIO()
    made.save(written, fix_metadata_version=False, **options)
    return written.getvalue()


def written(bodies: list[bytes], shift: int = 0) -> bytes:
    """A PDF by hand: its objects from number 1 on, the catalogue first; `shift` puts every offset of the table wrong."""
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data) + shift)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(data))
    return data + head + table + tail


def page_with(content: bytes, *, length: bytes | None = None, page: bytes = b"", catalogue: bytes = b"") -> list[bytes]:
    """The objects of one page with a line of text; `length` is what the file says of it, nothing where it is empty."""
    told = b"/Length %d" % len(content) if length is None else length
    return [
        b"<</Type/Catalog/Pages 2 0 R%b>>" % catalogue,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 150]/Resources<</Font<</F1 4 0 R>>/Properties<</L1 6 0 R>>>>"
        b"/Contents 5 0 R%b>>" % page,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<<%b>>\nstream\n%b\nendstream" % (told, content),
    ]


AGREEMENT = b"BT /F1 18 Tf 20 100 Td (AGREEMENT OF 2026) Tj ET"
