"""PDF rewritten as its pages and nothing else: no author, no dates, no forms, no actions, no earlier versions.

What a reader could run or unpack is refused, not removed: such a file is no scan. What stands on a page stays as it was
coded; annotations, such as the look of an electronic seal, and values of form fields become part of their page. A digital
signature does not survive: its look does. A damaged file is mended as viewers mend it. Whatever would then not look as it
did is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Pdf, Stream, StreamDecodeLevel
from pikepdf.settings import set_qpdf_limits

from services.directory.papers.images import (
    JPEG_START,
    MIXED,
    TOO_COMPLEX,
    UNSUPPORTED,
    broken,
    check_pixels,
    clean_jpeg,
)
from services.directory.papers.looks import LOOKS, check_looks, with_form_values
from shared.errors import Invalid, Reason

MAX_PAGES = 30
# All streams of a file together; a page scanned at 300 dpi in colour is 26 MB.
MAX_INFLATED = 256 << 20
MAX_OBJECTS = 50_000

ENCRYPTED = Reason(
    "evidence.encrypted",
    "PDF 已加密，不能保存，请去除密码后上传",
    "The PDF is encrypted: remove its password and upload it again",
    Invalid,
)
SCRIPT = Reason(
    "evidence.script",
    "PDF 含有脚本，不能保存，请打印为新的 PDF 后上传",
    "The PDF has scripts: print it to a new PDF",
    Invalid,
)
ATTACHMENT = Reason(
    "evidence.attachment",
    "PDF 含有附件，不能保存，请打印为新的 PDF 后上传",
    "The PDF has attachments: print it to a new PDF",
    Invalid,
)
ACTION = Reason(
    "evidence.action",
    "PDF 含有自动操作，不能保存，请打印为新的 PDF 后上传",
    "The PDF starts programs or sends data: print it to a new PDF",
    Invalid,
)
LAYERS = Reason(
    "evidence.layers",
    "PDF 含有隐藏的图层，请打印为新的 PDF 后上传",
    "The PDF has hidden layers: print it to a new PDF and upload that",
    Invalid,
)
TOO_MANY_PAGES = Reason(
    "evidence.too_many_pages",
    "PDF 页数过多，最多 {pages:number} 页，请删减或拆分后上传",
    "The PDF may have at most {pages:number} pages: leave some out, or split it",
    Invalid,
)

_SCRIPT_KEYS = ("/JS", "/JavaScript")
_ATTACHMENT_KEYS = ("/EF", "/EmbeddedFiles")
_ATTACHMENT_KINDS = ("/EmbeddedFile", "/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Sound", "/Screen")
_ACTIONS = (
    "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Movie", "/Sound", "/Rendition", "/RichMediaExecute",
)  # fmt: skip
_FILTERS = {
    "/FlateDecode", "/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/JPXDecode", "/ASCII85Decode", "/ASCIIHexDecode",
    "/RunLengthDecode",
}  # fmt: skip
_PAGE_KEYS = ("/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group")
_DROPPED_KEYS = {
    "/Metadata", "/PieceInfo", "/LastModified", "/OPI", "/Ref", "/AF", "/StructParent", "/StructParents", "/Alternates",
}  # fmt: skip

# Viewers draw these even where nothing in the file says how they look; the library that rewrites the file cannot.
_DRAWN_KINDS = {
    "/Ink", "/FreeText", "/Stamp", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline",
    "/Squiggly", "/StrikeOut", "/Caret",
}  # fmt: skip
_INVISIBLE = 1 | 2 | 32

# Also as damaged files write it, without the end of the line.
_STREAM = re.compile(rb"(?<!end)stream[ \t]*\r?\n?")
_LZW = re.compile(rb"/LZW(?:Decode|[\s/>\]])")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STEP = 1 << 16
# Many programs write files of which the library says this, and nothing is missing from them.
_MISCOUNTED = "is not one plus the highest object number"

_UNREADABLE = (
    pikepdf.PikepdfError, pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError,
)  # fmt: skip

# Process-wide. Streams that hold objects are the only ones decoded here, and no program chains their filters.
set_qpdf_limits(max_stream_filters=1, flate_max_memory=32 << 20, run_length_max_memory=32 << 20)


def clean_pdf(data: bytes) -> bytes:
    """The pages alone, always the same bytes for the same file; cleaning what is clean changes nothing.

    Raises Invalid: `evidence.broken`, `.mixed`, `.encrypted`, `.script`, `.attachment`, `.action`, `.unsupported`, `.layers`,
    `.looks`, `.too_many_pages`, `.too_complex` or `.too_many_pixels`.
    """
    cleaned, damaged, has_form = _cleaned(data)
    try:
        check_looks(data, cleaned, damaged=damaged)
    except Invalid as differing:
        if differing.code != LOOKS.code or not has_form:
            raise
        cleaned, damaged, _ = _cleaned(with_form_values(data))
        check_looks(data, cleaned, damaged=damaged)
    return cleaned


def _cleaned(data: bytes) -> tuple[bytes, bool, bool]:
    """The pages alone, whether anything had to be mended for that, and whether the file has a form."""
    _check_raw(data)
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as source, pikepdf.new() as made:
            has_form = "/AcroForm" in source.Root
            cleaned = _rewritten(source, made)
            damaged = any(_MISCOUNTED not in warning for warning in source.get_warnings())
            return cleaned, damaged, has_form
    except pikepdf.PasswordError:
        raise ENCRYPTED.error("content") from None
    except _UNREADABLE as error:
        # By a way of encrypting that the library does not know.
        raise (ENCRYPTED.error("content") if "encrypt" in str(error) else broken()) from None


def _check_raw(data: bytes) -> None:
    """What must be known before a library reads the file: it is whole, ends where it says and unpacks to little."""
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise broken()
    if data[end + 5 :].strip(b"\x00\r\n\t "):
        raise MIXED.error("content")
    if _LZW.search(_ESCAPE.sub(lambda escaped: bytes((int(escaped[1], 16),)), data)):
        raise UNSUPPORTED.error("content")
    left = MAX_INFLATED
    for number, stream in enumerate(_STREAM.finditer(data)):
        left -= _inflated_length(memoryview(data)[stream.end() :], left)
        if left < 0 or number > MAX_OBJECTS:
            raise TOO_COMPLEX.error("content")


def _inflated_length(data: memoryview, enough: int) -> int:
    """How much the deflated data at the start inflates to, counted until it is more than enough; 0 if it is not."""
    inflate, made = zlib.decompressobj(), 0
    try:
        for at in range(0, len(data), _STEP):
            tail: bytes | memoryview = data[at : at + _STEP]
            while tail:
                made += len(inflate.decompress(tail, _STEP))
                tail = inflate.unconsumed_tail
                if inflate.eof or made > enough:
                    return made
    except zlib.error:
        pass
    return made


def _rewritten(source: Pdf, made: Pdf) -> bytes:
    if source.is_encrypted:
        raise ENCRYPTED.error("content")
    if len(source.pages) > MAX_PAGES:
        raise TOO_MANY_PAGES.error("content", pages=MAX_PAGES)
    if not source.pages:
        raise broken()
    for node in _nodes(source):
        _check_harmless(node)
    _check_layers(source)
    _check_annotations(source)
    if "/AcroForm" in source.Root:
        # Fields are drawn as the file shows them; otherwise the library leaves them out.
        source.Root.AcroForm.NeedAppearances = False
    source.flatten_annotations("all")
    for page in source.pages:
        made.pages.append(page)
    for page in made.pages:
        for key in set(page.obj.keys()) - set(_PAGE_KEYS):
            del page.obj[key]
    for node in _nodes(made):
        _strip(node)
    saved = BytesIO()
    made.save(
        saved,
        static_id=True,
        force_version="1.7",
        fix_metadata_version=False,
        compress_streams=False,
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.disable,
    )
    return saved.getvalue()


def _nodes(pdf: Pdf) -> Iterator[Object]:
    """Every dictionary and stream of a file, wherever it stands. Raises Invalid `evidence.too_complex`."""
    count = 0
    for root in pdf.objects:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            count += 1
            if count > MAX_OBJECTS:
                raise TOO_COMPLEX.error("content")
            inner: list[object] = []
            if isinstance(node, (Dictionary, Stream)):
                yield node
                inner = [value for _, value in node.items()]
            elif isinstance(node, Array):
                inner = list(node)
            # What is referred to has its own turn.
            waiting.extend(each for each in inner if isinstance(each, Object) and not each.is_indirect)


def _check_harmless(node: Object) -> None:
    keys = set(node.keys())
    if keys.intersection(_SCRIPT_KEYS) or node.get("/S") == Name.JavaScript:
        raise SCRIPT.error("content")
    kinds = {str(node.get(key)) for key in ("/Type", "/Subtype")}
    external = isinstance(node, Stream) and "/F" in keys
    if external or keys.intersection(_ATTACHMENT_KEYS) or kinds.intersection(_ATTACHMENT_KINDS):
        raise ATTACHMENT.error("content")
    if str(node.get("/S")) in _ACTIONS:
        raise ACTION.error("content")
    if isinstance(node, Stream) and not set(_filters(node)) <= _FILTERS:
        raise UNSUPPORTED.error("content")
    if node.get("/Subtype") == Name.Image:
        check_pixels(int(node["/Width"]), int(node["/Height"]))


def _check_layers(source: Pdf) -> None:
    """Only layers that all are shown can be kept: without the list of layers every viewer shows them."""
    layers = source.Root.get("/OCProperties")
    if layers is None:
        return
    shown = layers.get("/D", Dictionary())
    conditional = any(
        node.get("/Type") == Name.OCMD and ("/VE" in node or node.get("/P", Name.AnyOn) not in (Name.AnyOn, Name.AllOn))
        for node in _nodes(source)
    )
    if conditional or len(shown.get("/OFF", Array())) or shown.get("/BaseState", Name.ON) != Name.ON:
        raise LAYERS.error("content")


def _check_annotations(source: Pdf) -> None:
    if source.Root.get("/NeedsRendering"):
        # Its pages are made by the program that filled the form; what the file holds is a page that says so.
        raise LOOKS.error("content", page=1)
    for number, page in enumerate(source.pages, 1):
        for annotation in page.obj.get("/Annots", Array()):
            if not isinstance(annotation, Dictionary):
                continue
            drawn = str(annotation.get("/Subtype")) in _DRAWN_KINDS and not int(annotation.get("/F", 0)) & _INVISIBLE
            if drawn and annotation.get("/AP", Dictionary()).get("/N") is None:
                raise LOOKS.error("content", page=number)


def _strip(node: Object) -> None:
    for key in _DROPPED_KEYS.intersection(node.keys()):
        del node[key]
    if isinstance(node, Stream) and _filters(node) == ["/DCTDecode"]:
        picture = node.read_raw_bytes()
        if not picture.startswith(JPEG_START):
            raise broken()
        parameters = node.get("/DecodeParms")
        node.write(clean_jpeg(picture, turned=False), filter=Name.DCTDecode)
        if parameters is not None:
            node.DecodeParms = parameters


def _filters(stream: Object) -> list[str]:
    found = stream.get("/Filter", Array())
    return [str(each) for each in found] if isinstance(found, Array) else [str(found)]
