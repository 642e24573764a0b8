"""The book says what was last agreed, under the number it has, on the day it got it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.agreement.events import CODEC
from services.directory.papers.printing import Names, book_of, printable
from shared.errors import NotFound, Refused
from shared.messages import NewEvent, Recorded
from tests.support import examples as x
from tests.support.spec import EMPLOYER, EMPLOYER_ID, GRADUATE, GRADUATE_ID, NOW, SCHOOL, SYSTEM

ROSTER = {
    "province": "14",
    "school": "10108",
    "department": "07",
    "education": "31",
    "major_name": "机械设计制造及其自动化",
}
NAMES = Names("山西大学", "机械工程学院")
PERSONAL = {"name": "王小明", "id_number": "140105200401010011"}


def told(*events: Any) -> list[Recorded]:
    """The events a day apart; of a pair of event and actor, by that actor."""
    history = []
    for version, each in enumerate(events, 1):
        event, actor = each if isinstance(each, tuple) else (each, SYSTEM)
        at = NOW + timedelta(days=version - 1)
        new = NewEvent(*CODEC.encode(event), uuid4(), uuid4(), uuid4(), None, actor, at)
        history.append(Recorded("14", version, f"agreement-{GRADUATE_ID}", version, at, new))
    return history


def printed(agreement_id: str, history: Sequence[Recorded]) -> Any:
    return book_of(printable(agreement_id, history), ROSTER, PERSONAL, NAMES, "1234567890123456")


def test_an_online_agreement_is_printed_on_the_terms_last_edited() -> None:
    book = printed(x.OFFER_ID, told(x.OFFER_SENT, x.EDITED, x.ACCEPTED, x.CONCLUDED))
    assert (book.number, book.issued_on, book.parties) == (x.NUMBER, date(2026, 5, 7), 2)
    assert (book.employer_name, book.credit_code) == (x.VERIFIED.name, x.VERIFIED.uscc)
    assert (book.job_title, book.monthly_salary) == ("高级机械工程师", 7500)
    assert (book.school, book.department, book.province) == ("山西大学", "机械工程学院", "山西省")
    assert book.place == "山西省（140105）"
    assert (book.graduate_name, book.id_number) == ("王小明", "140105200401010011")


def test_what_acceptance_bound_is_printed_as_of_that_day_also_after_its_conclusion() -> None:
    history = told(x.OFFER_SENT, replace(x.ACCEPTED, number=x.NUMBER), x.CONCLUDED)
    assert printed(x.OFFER_ID, history[:2]) == printed(x.OFFER_ID, history)
    assert printable(x.OFFER_ID, history).numbered == history[1]
    assert printed(x.OFFER_ID, history).issued_on == date(2026, 5, 5)


@pytest.mark.parametrize(
    "waiting",
    [
        (x.ACCEPTED, x.TO_BE_SEALED),
        (x.ACCEPTED, x.TO_BE_ATTESTED, replace(x.ATTESTED, number=x.NUMBER)),
        (replace(x.ACCEPTED, awaits="seal", number=x.NUMBER),),
    ],
)
def test_what_the_employer_is_to_stamp_is_printed_under_the_number_and_day_it_will_be_concluded_with(
    waiting: Any,
) -> None:
    history = told(x.OFFER_SENT, *waiting, x.SEALED, x.CONCLUDED)
    to_be_stamped = printed(x.OFFER_ID, history[: len(waiting) + 1])
    assert to_be_stamped.number == x.NUMBER
    assert replace(printed(x.OFFER_ID, history), records=to_be_stamped.records) == to_be_stamped
    declined = told(x.OFFER_SENT, *waiting, x.SEAL_DECLINED)
    assert printed(x.OFFER_ID, declined).mark == "已作废"


def test_a_book_is_printed_once_it_is_issued_and_under_its_new_number_after_a_loss() -> None:
    issued = told(x.APPLIED, x.APPLICATION_RETURNED, x.AMENDED, x.ISSUED)
    assert printed(x.BOOK_ID, issued).job_title == "科员"
    assert printed(x.BOOK_ID, issued).number == x.NUMBER
    effective = told(x.APPLIED, x.ISSUED, x.SCANNED, x.BOOK_CONCLUDED)
    assert printed(x.BOOK_ID, effective).issued_on == date(2026, 5, 5)
    again = told(x.APPLIED, x.ISSUED, x.LOST, x.REISSUED)
    assert (printed(x.BOOK_ID, again).number, printed(x.BOOK_ID, again).issued_on) == (x.NEXT_NUMBER, date(2026, 5, 7))


def test_the_template_is_the_one_it_was_made_under() -> None:
    sent = replace(x.OFFER_SENT, template="33/2")
    assert printable(x.OFFER_ID, told(sent, x.ACCEPTED, x.CONCLUDED)).form == "33/2"
    assert printable(x.OFFER_ID, told(x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)).employer_id == EMPLOYER_ID
    assert printable(x.BOOK_ID, told(x.APPLIED, x.ISSUED)).employer_id is None


@pytest.mark.parametrize("past", [(x.OFFER_SENT,), (x.OFFER_SENT, x.ACCEPTED), (x.OFFER_SENT, x.WITHDRAWN)])
def test_what_has_no_number_is_not_printed(past: Any) -> None:
    with pytest.raises(Refused) as caught:
        printable(x.OFFER_ID, told(*past))
    assert caught.value.code == "directory.agreement_not_numbered"


def test_what_is_not_in_the_stream_is_not_found() -> None:
    with pytest.raises(NotFound):
        printable("14-other", told(x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED))


def test_the_roster_is_read_as_it_was_when_the_number_was_given() -> None:
    history = told(x.APPLIED, x.ISSUED, x.SCANNED, x.LOST, x.REISSUED)
    assert list(printable(x.BOOK_ID, history[:3]).as_of(history)) == history[:2]
    assert list(printable(x.BOOK_ID, history).as_of(history)) == history


def test_a_book_made_again_after_a_loss_is_another_paper() -> None:
    history = told(x.APPLIED, x.ISSUED, x.LOST, x.REISSUED)
    assert printable(x.BOOK_ID, history[:3]).paper_id == x.BOOK_ID
    assert printable(x.BOOK_ID, history).paper_id == f"{x.BOOK_ID}/{x.NEXT_NUMBER}"
    assert printable(x.OFFER_ID, told(x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)).paper_id == x.OFFER_ID


@pytest.mark.parametrize(
    ("thing", "past", "mark"),
    [
        (x.BOOK_ID, (x.APPLIED, x.ISSUED), None),
        (x.BOOK_ID, (x.APPLIED, x.ISSUED, x.VOIDED), "已作废"),
        (x.OFFER_ID, (x.OFFER_SENT, replace(x.ACCEPTED, number=x.NUMBER), x.RETURNED), "已作废"),
        (x.OFFER_ID, (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED), None),
        (x.OFFER_ID, (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED, x.CANCELLED), "已解约"),
    ],
)
def test_what_no_longer_counts_is_marked(thing: str, past: Any, mark: str | None) -> None:
    assert printed(thing, told(*past)).mark == mark


def test_who_signed_on_the_platform_and_when_is_printed() -> None:
    history = told(
        replace(x.OFFER_SENT, parties=3, order=("accept", "review", "seal", "attest")),
        (x.ACCEPTED, GRADUATE),
        x.SEAL_AWAITED,
        (replace(x.SEALED, awaits="attest"), EMPLOYER),
        (replace(x.CONCLUDED, parties=3), SCHOOL),
    )
    assert printed(x.OFFER_ID, history).records == (
        "2026年5月5日 10:00 乙方 王小明 应约",
        f"2026年5月7日 10:00 甲方 {x.VERIFIED.name} 加盖电子签章",
        "2026年5月8日 10:00 山西大学 鉴证，经办账号 school-office",
    )
    earlier = told(x.OFFER_SENT, (x.ACCEPTED, GRADUATE), (x.ATTESTED, SCHOOL), (x.SEALED, EMPLOYER), x.CONCLUDED)
    assert [line.split()[-1] for line in printed(x.OFFER_ID, earlier).records] == [
        "应约",
        "school-office",
        "加盖电子签章",
    ]
    scanned = replace(x.SEALED, method="scan", evidence_id=x.SCAN_ID)
    shown = printed(x.OFFER_ID, told(x.OFFER_SENT, x.ACCEPTED, scanned, x.CONCLUDED)).records
    assert shown[1].endswith("上传盖章扫描件")


def test_what_was_signed_on_paper_has_no_record_here() -> None:
    assert printed(x.BOOK_ID, told(x.APPLIED, x.ISSUED, x.SCANNED, x.BOOK_CONCLUDED)).records == ()
