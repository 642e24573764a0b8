"""Whether two PDF files look the same, page by page, as a viewer shows them: form fields and annotations included.

The renderer is not the library that rewrites files, so that a mistake of one is no mistake of both. It is not made for
several threads: a process of its own calls it (`services.directory.papers.apart`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pypdfium2
from PIL import Image, ImageChops, ImageFilter
from pypdfium2.raw import (
    FLAT_NORMALDISPLAY,
    FLATTEN_FAIL,
    FPDF_DestroyLibrary,
    FPDF_InitLibrary,
    FPDFPage_Flatten,
)

from services.directory.papers.images import broken
from shared.errors import Invalid, Reason

LOOKS = Reason(
    "evidence.looks",
    "PDF 第 {page:number} 页的部分内容（如表单、手写批注）保存后会与原样不同，请打印为新的 PDF 后上传",
    "Page {page:number} of the PDF, such as a form or a handwritten note, would look different: print it to a new PDF",
    Invalid,
)

# A page is drawn this long on its longer side, whatever its size: 11 pixels for a character of 8 points on A4.
SIDE = 1200
# Places are rounded when a seal or a note becomes part of its page, so its edges come out a little otherwise. Measured on 150
# of them, no pixel strays by more than 2 of 255 from all around its place; where a stroke of half a point is gone one does by
# 163, where a pale marker is gone by 29.
_NEIGHBOURS = 3
_SHADE = 16
_WHITE = 255


def check_looks(before: bytes, after: bytes, *, damaged: bool) -> None:
    """Every page of one file looks as in the other; an empty page of a `damaged` file is one that lost what stood there.

    Raises Invalid `evidence.looks`, or `evidence.broken` where either cannot be drawn.
    """
    old_pages, new_pages = _drawn(before), _drawn(after)
    if len(old_pages) != len(new_pages):
        raise broken()
    for number, (old, new) in enumerate(zip(old_pages, new_pages, strict=True), 1):
        if old.size != new.size or _differ(old, new):
            raise LOOKS.error("content", page=number)
        if damaged and old.getextrema() == (_WHITE, _WHITE):
            raise broken()


def with_form_values(data: bytes) -> bytes:
    """The file with its form fields drawn on their pages by the renderer, which knows how to draw those without a look."""
    with _opened(data) as document:
        for number in range(len(document)):
            page = document[number]
            if FPDFPage_Flatten(page, FLAT_NORMALDISPLAY) == FLATTEN_FAIL:
                raise LOOKS.error("content", page=number + 1)
            page.close()
        written = BytesIO()
        document.save(written)
        return written.getvalue()


@contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    # What it drew before, such as fonts that stand in for others, would change how it draws.
    FPDF_DestroyLibrary()
    FPDF_InitLibrary()
    document = None
    try:
        document = pypdfium2.PdfDocument(data)
        # Values of form fields are drawn by this part.
        document.init_forms()
        yield document
    except pypdfium2.PdfiumError:
        raise broken() from None
    finally:
        if document is not None:
            document.close()


def _drawn(data: bytes) -> list[Image.Image]:
    with _opened(data) as document:
        return [_draw(document[number]) for number in range(len(document))]


def _draw(page: pypdfium2.PdfPage) -> Image.Image:
    longer = max(page.get_size())
    if longer <= 0:
        raise broken()
    bitmap = page.render(scale=SIDE / longer, grayscale=True)
    try:
        drawn: Image.Image = bitmap.to_pil().convert("L")
        return drawn
    finally:
        bitmap.close()
        page.close()


def _differ(old: Image.Image, new: Image.Image) -> bool:
    if old.tobytes() == new.tobytes():
        return False
    return _strays(old, new) or _strays(new, old)


def _strays(one: Image.Image, other: Image.Image) -> bool:
    """Whether one picture has a pixel lighter or darker than all around the same place in the other."""
    lightest = other.filter(ImageFilter.MaxFilter(_NEIGHBOURS))
    darkest = other.filter(ImageFilter.MinFilter(_NEIGHBOURS))
    strays = ImageChops.lighter(ImageChops.subtract(one, lightest), ImageChops.subtract(darkest, one))
    return any(strays.histogram()[_SHADE + 1 :])
