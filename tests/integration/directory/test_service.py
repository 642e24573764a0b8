"""The directory through the service's own methods: who may, what is answered, what is shown to whom."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.directory import decider as c
from services.directory import schemas
from services.directory.decider import employer_id_of
from services.directory.papers.licence import ReadLicence
from services.directory.roster import graduate_id, written_hash
from shared.codec import to_json
from shared.codes.identity import make_resident_id
from shared.codes.schools import SCHOOLS
from shared.codes.uscc import make_uscc
from shared.errors import Forbidden, Invalid, NotFound, Refused, ServiceError, Unavailable
from shared.handling import handle
from shared.messages import Actor, new_id
from tests.integration.directory.conftest import SCHOOL_CODE, World, by
from tests.support import directory_examples as x
from tests.support import examples
from tests.support.directory_examples import moved, roster_row
from tests.support.evidence_examples import png
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE, GRADUATE_ID, MINISTRY, NOW, PROVINCE, SCHOOL, SYSTEM

OTHER_SCHOOL = Actor("school", "elsewhere", "CN/14/10109")
OTHER_DEPARTMENT = Actor("department", "elsewhere", "CN/14/10108/08")
OTHER_PROVINCE = Actor("province", "elsewhere", "CN/32")
EVERYBODY = (GRADUATE, EMPLOYER, DEPARTMENT, SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY, SYSTEM)
OWN_ID = employer_id_of(x.USCC)
OWN = Actor("employer", OWN_ID)
APPLICATION = schemas.Application(
    employer_id=OWN_ID,
    name=x.EMPLOYER_NAME,
    uscc=x.USCC,
    uscc_absent_reason=None,
    nature="31",
    industry="31",
    place="140105",
    address="太原市小店区",
    contact_name="王经理",
    contact_phone="0351-0000000",
    contact_email=None,
)
LATER = datetime(2030, 1, 2, tzinfo=UTC)


def graduate(world: World, number: int = 0) -> str:
    """The id of the number-th row's graduate."""
    return graduate_id(world.personal, SCHOOLS[SCHOOL_CODE], 2026, roster_row(number)["exam_no"])


def enrolled(world: World, count: int = 1) -> None:
    """A roster of `count` rows, followed."""
    roster = schemas.Roster(SCHOOL_CODE, 2026, tuple(map(roster_row, range(count))))
    items = world.service.import_roster(roster, by(SCHOOL, "import_roster"))["items"]
    assert all("error" not in each for each in items)
    world.follow()


def registered(world: World, *then: str) -> None:
    """The employer's application, and what an office did with it."""
    world.service.register_employer(APPLICATION, by(OWN, "register_employer"))
    for step in then:
        act(world, step)


def act(world: World, step: str, actor: Actor = PROVINCE) -> Any:
    """One of the offices' commands about the employer."""
    because = {"return": c.ReturnEmployer, "suspend": c.SuspendEmployer}
    alone = {"verify": c.VerifyEmployer, "reinstate": c.ReinstateEmployer}
    command = because[step](OWN_ID, "材料不符") if step in because else alone[step](OWN_ID)
    return getattr(world.service, f"{step}_employer")(command, by(actor, f"{step}_employer"))


def only(allowed: tuple[Actor, ...], call: Callable[[Actor], Any], among: tuple[Actor, ...] = EVERYBODY) -> None:
    """These may; everybody else is refused, and first, so that nothing was there for them to find."""
    for actor in among:
        if actor not in allowed:
            with pytest.raises(Forbidden) as caught:
                call(actor)
            assert caught.value.code == "access.denied"
    for actor in allowed:
        call(actor)


# Provinces and schools


def test_a_province_and_the_ministry_set_a_province_and_everybody_reads_it(world: World) -> None:
    def set_province(actor: Actor) -> Any:
        return world.service.set_province(x.SET_PROVINCE, by(actor, "set_province"))

    only((PROVINCE, MINISTRY), set_province)
    assert world.types("province-14") == ["ProvinceSettingsChanged"]
    query = schemas.OfProvince(province="14")
    for actor in EVERYBODY:
        shown = world.service.get_province(query, by(actor, "get_province"))
        assert shown["settings"]["2026"]["review_chain"] == ["department", "school"]
    unset = world.service.get_province(schemas.OfProvince(province="32"), by(MINISTRY, "get_province"))
    assert unset == {"province": "32", "settings": {}}


def test_a_school_and_its_province_set_a_school_and_the_school_adds_departments(world: World) -> None:
    wanted = schemas.SchoolSettings(SCHOOL_CODE, 2026, ("school",), None, None)
    only((SCHOOL, PROVINCE), lambda actor: world.service.set_school(wanted, by(actor, "set_school")))
    new = schemas.NewDepartment(SCHOOL_CODE, "07", "机械工程学院")
    only((SCHOOL,), lambda actor: world.service.add_department(new, by(actor, "add_department")))
    query = schemas.OfSchool(school=SCHOOL_CODE)
    for actor in EVERYBODY:
        shown = world.service.get_school(query, by(actor, "get_school"))
        assert shown["name"] == "山西大学"
        assert shown["departments"] == {"07": "机械工程学院"}
        assert shown["settings"]["2026"]["review_chain"] == ["school"]


def test_a_province_or_the_ministry_adds_an_institute_which_is_a_school_like_others(world: World) -> None:
    only((PROVINCE, MINISTRY), lambda actor: world.service.add_school(x.INSTITUTE, by(actor, "add_school")))
    assert world.types("school-14-80168") == ["SchoolListed"]
    assert world.types("school_code-00-80168") == ["SchoolCodeTaken"]
    elsewhere = replace(x.INSTITUTE, province="32")
    with pytest.raises(Refused) as taken:
        world.service.add_school(elsewhere, by(OTHER_PROVINCE, "add_school"))
    assert taken.value.code == "directory.school_code_taken"
    office = Actor("school", "institute-office", "CN/14/80168")
    world.service.set_school(schemas.SchoolSettings("80168", 2026, ("school",), None, None), by(office, "set_school"))
    roster = schemas.Roster("80168", 2026, (roster_row(),))
    (item,) = world.service.import_roster(roster, by(office, "import_roster"))["items"]
    assert item["id"].startswith("14-"), item
    before = replace(roster, class_year=2019)
    with pytest.raises(Refused) as caught:
        world.service.import_roster(before, by(office, "import_roster"))
    assert (caught.value.code, caught.value.field) == ("directory.school_not_valid", "class_year")
    shown = world.service.get_school(schemas.OfSchool(school="80168"), by(GRADUATE, "get_school"))
    assert (shown["name"], shown["level"], shown["valid_from"]) == ("山西某研究所", "研究生培养单位", "2020-09-01")
    world.follow()
    listed = world.service.list_schools(schemas.OfProvince(province="14"), by(GRADUATE, "list_schools"))["schools"]
    assert "80168" in [each["school"] for each in listed]


def test_a_school_is_shown_by_the_name_of_the_day(world: World) -> None:
    now, later = schemas.NewName(SCHOOL_CODE, "山西综合大学", NOW.date()), NOW.date() + timedelta(days=30)
    only((PROVINCE, MINISTRY), lambda actor: world.service.rename_school(now, by(actor, "rename_school")))
    coming = schemas.NewName(SCHOOL_CODE, "晋阳大学", later)
    world.service.rename_school(coming, by(PROVINCE, "rename_school"))
    world.follow()
    for at, name in ((NOW, "山西综合大学"), (NOW + timedelta(days=30), "晋阳大学")):
        shown = world.service.get_school(schemas.OfSchool(school=SCHOOL_CODE), by(GRADUATE, "get_school", at))
        assert (shown["name"], len(shown["names"])) == (name, 3)
        query = schemas.OfProvince(province="14", limit=1)
        (listed,) = world.service.list_schools(query, by(GRADUATE, "list_schools", at))["schools"]
        assert listed["name"] == name


def test_a_school_that_is_not_listed_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.service.get_school(schemas.OfSchool(school="10110"), by(MINISTRY, "get_school"))
    assert (caught.value.code, caught.value.field) == ("directory.school_not_found", "school")


def test_the_schools_of_a_province_are_listed_page_by_page(world: World) -> None:
    world.follow()
    query = schemas.OfProvince(province="14", limit=1)
    first = world.service.list_schools(query, by(GRADUATE, "list_schools"))
    assert [each["name"] for each in first["schools"]] == ["山西大学"]
    second = world.service.list_schools(replace(query, after=first["after"]), by(EMPLOYER, "list_schools"))
    assert [each["name"] for each in second["schools"]] == ["太原科技大学"]
    last = world.service.list_schools(replace(query, after=second["after"]), by(EMPLOYER, "list_schools"))
    assert last == {"schools": [], "after": None}


# Rosters


def test_only_the_school_imports_its_roster(world: World) -> None:
    roster = schemas.Roster(SCHOOL_CODE, 2026, (roster_row(),))
    only((SCHOOL,), lambda actor: world.service.import_roster(roster, by(actor, "import_roster")))


def test_five_hundred_rows_are_each_answered_for_themselves(world: World) -> None:
    rows = [roster_row(number) for number in range(500)]
    rows[7] |= {"name": "", "sex": "1"}
    rows[8] |= moved("07", "机电学院")
    rows[9] |= {"exam_no": rows[0]["exam_no"]}
    roster = schemas.Roster(SCHOOL_CODE, 2026, tuple(rows))
    meta = by(SCHOOL, "import_roster")
    items = world.service.import_roster(roster, meta)["items"]
    assert [each["index"] for each in items] == list(range(500))
    errors = {each["index"]: each["error"] for each in items if "error" in each}
    assert {index: error["exc_args"][0] for index, error in errors.items()} == {
        7: "payload.invalid",
        8: "directory.department_taken",
        9: "roster.repeated_row",
    }
    assert list(errors[7]["exc_args"][1]["fields"]) == ["rows.7.name", "rows.7.sex"]
    assert items[0]["id"] == graduate(world, 0)
    assert {each["version"] for each in items if "error" not in each} == {1}
    assert world.service.import_roster(roster, meta)["items"] == items


def test_an_odd_row_is_taken_with_a_warning_and_a_refused_one_has_none(world: World) -> None:
    odd = [make_resident_id("140199", date(2003, 5, 6), sequence) for sequence in (2, 4)]
    rows = (roster_row(0), roster_row(1, id_number=odd[0]), roster_row(2, id_number=odd[1], name=""))
    meta = by(SCHOOL, "import_roster")
    items = world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, rows), meta)["items"]
    assert ["warnings" in each for each in items] == [False, True, False]
    (warning,) = items[1]["warnings"]
    assert (warning["field"], warning["code"]) == ("id_number", "id.county_unknown")
    assert items[1]["version"] == 1
    assert world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, rows), meta)["items"] == items


def test_a_name_in_another_spelling_is_kept_in_one_form_told_and_found_by_any(world: World) -> None:
    vouched_for(world)
    odd = roster_row(0, name="阿依古丽•买买提\u200b")
    rows = (odd, roster_row(1, name="\u202d韩梅梅\u202c"))
    items = world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, rows), by(SCHOOL, "import_roster"))["items"]
    (warning,) = items[0]["warnings"]
    assert (warning["field"], warning["code"]) == ("name", "roster.unified")
    (reason,) = items[1]["error"]["exc_args"][1]["fields"]["rows.1.name"]
    assert "U+202D" in reason
    world.follow()
    for typed in ("阿依古丽·买买提", "阿依古丽.买买提", "阿依古丽・ 买买提", odd["name"]):
        assert find(world, typed, odd["id_number"])["graduate_id"] == graduate(world)


def test_no_rows_are_no_work(world: World) -> None:
    assert world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, ()), by(SCHOOL, "import_roster")) == {
        "items": []
    }


def test_only_the_school_removes_a_graduate(world: World) -> None:
    enrolled(world, 2)
    command = c.RemoveGraduate(graduate(world), "延期毕业")
    only((SCHOOL,), lambda actor: world.service.remove_graduate(command, by(actor, "remove_graduate")))
    again = world.service.remove_graduate(command, by(SCHOOL, "remove_graduate"))
    assert (again.version, again.position) == (2, 0)
    world.follow()
    query = schemas.InScope(scope="CN/14/10108", class_year=2026)
    listed = world.service.list_graduates(query, by(SCHOOL, "list_graduates"))
    assert (listed["total"], [each["graduate_id"] for each in listed["graduates"]]) == (1, [graduate(world, 1)])
    enrolled(world, 2)
    assert world.service.list_graduates(query, by(SCHOOL, "list_graduates"))["total"] == 2


def test_nobody_is_removed_whom_an_agreement_binds_until_it_is_cancelled(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    command = c.RemoveGraduate(own, "延期毕业")
    for event in (examples.OFFER_SENT, examples.ACCEPTED, examples.CONCLUDED):
        world.tell(f"agreement-{own}", event.TYPE, **{**to_json(event), "graduate_id": own})
    with pytest.raises(Refused) as caught:
        world.service.remove_graduate(command, by(SCHOOL, "remove_graduate"))
    assert caught.value.code == "directory.agreement_in_force"
    assert examples.VERIFIED.name in caught.value.zh
    cancelled = {**to_json(examples.CANCELLED), "graduate_id": own}
    world.tell(f"agreement-{own}", "agreement.AgreementCancelled", **cancelled)
    world.service.remove_graduate(command, by(SCHOOL, "remove_graduate"))
    assert world.types(f"graduate-{own}") == ["GraduateEnrolled", "GraduateRemoved"]


def test_nobody_learns_by_removing_who_is_on_a_roster(world: World) -> None:
    unknown = c.RemoveGraduate(GRADUATE_ID, "延期毕业")
    with pytest.raises(Forbidden):
        world.service.remove_graduate(unknown, by(SCHOOL, "remove_graduate"))


# Personal data


def test_only_the_province_erases_a_graduate_and_nothing_brings_the_person_back(world: World) -> None:
    vouched_for(world)
    enrolled(world, 2)
    thing = graduate(world)
    command = c.EraseGraduate(thing, "本人申请")
    with pytest.raises(Refused) as early:
        world.service.erase_graduate(command, by(PROVINCE, "erase_graduate"))
    assert early.value.code == "directory.too_early_to_erase"
    meta = by(PROVINCE, "erase_graduate", LATER)
    only((PROVINCE,), lambda actor: world.service.erase_graduate(command, replace(meta, actor=actor)))
    assert world.service.erase_graduate(command, meta) == world.service.erase_graduate(command, meta)
    assert world.types(f"erasure-{thing}") == ["GraduateErased"]
    world.follow()
    own = Actor("graduate", thing)
    shown = world.service.get_graduate(schemas.OfGraduate(graduate_id=thing), by(own, "get_graduate"))
    assert shown["erased"] is True
    assert "name" not in shown
    row = roster_row()
    with pytest.raises(NotFound):
        find(world, row["name"], row["id_number"])
    query = schemas.InScope(scope="CN/14/10108", class_year=2026)
    assert world.service.list_graduates(query, by(SCHOOL, "list_graduates"))["total"] == 2
    roster = schemas.Roster(SCHOOL_CODE, 2026, (row,))
    (item,) = world.service.import_roster(roster, by(SCHOOL, "import_roster"))["items"]
    assert item["error"]["exc_args"][0] == "directory.graduate_erased"


def test_an_erasure_that_fell_after_its_event_is_completed_by_the_follower(world: World) -> None:
    enrolled(world)
    command = c.EraseGraduate(graduate(world), "本人申请")
    handle(world.log, c.ERASURE, command, by(PROVINCE, "erase_graduate", LATER))
    world.follow()
    query = schemas.OfGraduate(graduate_id=graduate(world))
    assert world.service.get_graduate(query, by(SCHOOL, "get_graduate"))["erased"] is True


def test_a_graduate_and_the_offices_above_see_the_graduate(world: World) -> None:
    enrolled(world)
    own = Actor("graduate", graduate(world))
    query = schemas.OfGraduate(graduate_id=graduate(world))
    offices = (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)
    among = (*EVERYBODY, own, OTHER_DEPARTMENT)
    only((own, *offices), lambda actor: world.service.get_graduate(query, by(actor, "get_graduate")), among)


def test_the_identity_number_is_shown_to_its_owner_and_the_school_and_masked_for_others(world: World) -> None:
    enrolled(world)
    number = roster_row()["id_number"]
    query = schemas.OfGraduate(graduate_id=graduate(world))
    scope = schemas.InScope(scope="CN/14/10108/07", class_year=2026)
    for actor, shown in (
        (Actor("graduate", graduate(world)), number),
        (SCHOOL, number),
        (DEPARTMENT, f"{number[:6]}********{number[-4:]}"),
        (PROVINCE, f"{number[:6]}********{number[-4:]}"),
        (MINISTRY, f"{number[:6]}********{number[-4:]}"),
    ):
        one = world.service.get_graduate(query, by(actor, "get_graduate"))
        assert (one["id_number"], one["name"]) == (shown, roster_row()["name"])
        assert "personal" not in one
        assert "id_hash" not in one
        if actor.role != "graduate":
            assert world.service.list_graduates(scope, by(actor, "list_graduates"))["graduates"] == [one]


def test_a_graduate_nobody_enrolled_is_found_by_nobody(world: World) -> None:
    query = schemas.OfGraduate(graduate_id=GRADUATE_ID)
    with pytest.raises(NotFound):
        world.service.get_graduate(query, by(GRADUATE, "get_graduate"))
    for actor in (SCHOOL, PROVINCE, MINISTRY):
        with pytest.raises(Forbidden):
            world.service.get_graduate(query, by(actor, "get_graduate"))


def vouched_for(world: World, actor: Actor = EMPLOYER, *then: str) -> None:
    """An employer that an office has verified, and what happened to it since."""
    application = {**to_json(x.REGISTERED), "employer_id": actor.id}
    world.tell(f"employer-{actor.id}", "directory.EmployerRegistered", **application)
    reason = {"Suspended": {"reason": "虚假招聘"}, "Returned": {"reason": "执照不清"}}
    closed = {"Closed": {"how": "deregistered", "closed_on": "2026-04-30"}}
    for step in then or ("Verified",):
        told = {"employer_id": actor.id, **(reason | closed).get(step, {})}
        world.tell(f"employer-{actor.id}", f"directory.Employer{step}", **told)


@pytest.mark.parametrize(
    "then",
    [None, ("Returned",), ("Verified", "Suspended"), ("Verified", "Closed")],
    ids=["unknown", "returned", "suspended", "closed"],
)
def test_an_employer_that_no_office_vouches_for_finds_nobody(world: World, then: tuple[str, ...] | None) -> None:
    enrolled(world)
    row = roster_row()
    if then is not None:
        vouched_for(world, EMPLOYER, *then)
    with pytest.raises(Forbidden) as caught:
        find(world, row["name"], row["id_number"])
    assert caught.value.code == "access.employer_not_approved"


def test_an_employer_finds_graduates_from_its_approval_on(world: World) -> None:
    enrolled(world)
    row = roster_row()
    world.service.register_employer(APPLICATION, by(OWN, "register_employer"))
    with pytest.raises(Forbidden):
        find(world, row["name"], row["id_number"], OWN)
    act(world, "verify")
    assert find(world, row["name"], row["id_number"], OWN)["graduate_id"] == graduate(world)
    act(world, "suspend")
    with pytest.raises(Forbidden):
        find(world, row["name"], row["id_number"], OWN)
    act(world, "reinstate")
    assert find(world, row["name"], row["id_number"], OWN)["graduate_id"] == graduate(world)


def find(world: World, name: str, number: str, actor: Actor = EMPLOYER, kind: str = "resident_id") -> Any:
    query = schemas.ByNumber(name=name, id_number=number, id_type=kind)
    return world.service.find_graduate(query, by(actor, "find_graduate"))


def test_who_knows_name_and_number_finds_the_graduate_and_is_told_little(world: World) -> None:
    vouched_for(world)
    enrolled(world, 2)
    row = roster_row()
    among = (*EVERYBODY, OTHER_DEPARTMENT)
    offices = (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)
    found = find(world, row["name"], row["id_number"].lower())
    assert found == {
        "graduate_id": graduate(world),
        "school": "10108",
        "department": "07",
        "class_year": 2026,
        "education": "31",
    }
    for actor in among:
        if actor in (EMPLOYER, *offices):
            assert find(world, row["name"], row["id_number"], actor) == found
        else:
            with pytest.raises((Forbidden, NotFound)) as caught:
                find(world, row["name"], row["id_number"], actor)
            outside = actor in (OTHER_SCHOOL, OTHER_PROVINCE, OTHER_DEPARTMENT)
            assert isinstance(caught.value, NotFound if outside else Forbidden)


def documents(world: World) -> list[dict[str, str]]:
    """Three graduates with papers of other kinds, two of whom have one number; followed."""
    rows = [
        roster_row(0, id_type="护照", id_number="12345678", born_on="20030506"),
        roster_row(1, id_type="台胞证", id_number="12345678"),
        roster_row(2, id_type="港澳台居民居住证", id_number=make_resident_id("810000", date(2003, 5, 6), 2)),
    ]
    items = world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, tuple(rows)), by(SCHOOL, "import_roster"))[
        "items"
    ]
    assert all("error" not in each for each in items)
    world.follow()
    return rows


def test_a_graduate_is_found_by_the_kind_of_the_document_too(world: World) -> None:
    vouched_for(world)
    passport, taiwan, permit = documents(world)
    for number, (row, kind) in enumerate(((passport, "passport"), (taiwan, "taiwan_permit"))):
        assert find(world, row["name"], row["id_number"], kind=kind)["graduate_id"] == graduate(world, number)
    with pytest.raises(NotFound):
        find(world, passport["name"], passport["id_number"], kind="taiwan_permit")
    for kind in ("resident_id", "residence_permit"):
        assert find(world, permit["name"], permit["id_number"], kind=kind)["graduate_id"] == graduate(world, 2)
    with pytest.raises(Invalid) as caught:
        find(world, passport["name"], passport["id_number"])
    assert list(caught.value.details["fields"]) == ["id_number"]


def test_a_short_number_is_masked_too_and_the_birth_is_for_whom_the_number_is(world: World) -> None:
    documents(world)
    query = schemas.OfGraduate(graduate_id=graduate(world))
    own = world.service.get_graduate(query, by(Actor("graduate", graduate(world)), "get_graduate"))
    assert (own["id_type"], own["id_number"], own["born_on"]) == ("passport", "12345678", "2003-05-06")
    shown = world.service.get_graduate(query, by(PROVINCE, "get_graduate"))
    assert (shown["id_type"], shown["id_number"]) == ("passport", "1*****78")
    assert "born_on" not in shown


def test_an_unknown_name_and_an_unknown_number_are_answered_alike(world: World) -> None:
    vouched_for(world)
    enrolled(world)
    row, other = roster_row(0), roster_row(1)
    answers = []
    for name, number in ((other["name"], row["id_number"]), (row["name"], other["id_number"])):
        with pytest.raises(NotFound) as caught:
            find(world, name, number)
        answers.append((caught.value.code, caught.value.details))
    assert answers[0] == answers[1]
    assert answers[0][0] == "directory.graduate_not_found"


def test_a_number_that_cannot_be_right_is_told_so(world: World) -> None:
    vouched_for(world)
    with pytest.raises(Invalid) as caught:
        find(world, "张三", "140105200305060021")
    assert list(caught.value.details["fields"]) == ["id_number"]


def test_of_two_rosters_with_one_person_the_newest_class_is_found(world: World) -> None:
    vouched_for(world)
    enrolled(world)
    row = roster_row(0, exam_no="29140100000000", enrolled_on="20260901", graduates_on="20290701", education="11")
    roster = schemas.Roster("10109", 2029, (row,))
    (item,) = world.service.import_roster(roster, by(OTHER_SCHOOL, "import_roster"))["items"]
    assert "error" not in item
    world.follow()
    assert find(world, row["name"], row["id_number"])["class_year"] == 2029
    assert find(world, row["name"], row["id_number"], SCHOOL)["class_year"] == 2026


def test_a_list_is_read_page_by_page_in_scope(world: World) -> None:
    enrolled(world, 7)

    def listed(actor: Actor, scope: str, limit: int) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            query = schemas.InScope(scope=scope, class_year=2026, limit=limit, after=after)
            page = world.service.list_graduates(query, by(actor, "list_graduates"))
            assert page["total"] == (7 if scope.count("/") < 3 else 4 if scope.endswith("07") else 3)
            assert len(page["graduates"]) <= limit
            found += [each["graduate_id"] for each in page["graduates"]]
            after = page["after"]
            if after is None:
                return found

    everybody = {graduate(world, number) for number in range(7)}
    for limit in (1, 3, 7, 100):
        found = listed(SCHOOL, "CN/14/10108", limit)
        assert len(found) == 7
        assert set(found) == everybody
    assert set(listed(DEPARTMENT, "CN/14/10108/07", 3)) == {graduate(world, number) for number in (0, 2, 4, 6)}
    assert set(listed(MINISTRY, "CN", 3)) == everybody


def test_a_list_outside_the_own_scope_is_refused(world: World) -> None:
    query = schemas.InScope(scope="CN/14/10108", class_year=2026)
    allowed = (SCHOOL, PROVINCE, MINISTRY)
    only(allowed, lambda actor: world.service.list_graduates(query, by(actor, "list_graduates")))


def test_destinations_are_exported_page_by_page_to_offices_of_the_scope(world: World) -> None:
    enrolled(world, 3)
    query = schemas.InScope(scope="CN/14/10108", class_year=2026, limit=2)
    allowed = (SCHOOL, PROVINCE, MINISTRY)
    only(allowed, lambda actor: world.service.export_destinations(query, by(actor, "export_destinations")))
    first = world.service.export_destinations(query, by(SCHOOL, "export_destinations"))
    rest = world.service.export_destinations(replace(query, after=first["after"]), by(SCHOOL, "export_destinations"))
    assert (len(first["rows"]), len(rest["rows"]), rest["after"]) == (2, 1, None)
    numbers = {row[first["columns"].index("学号")] for row in (*first["rows"], *rest["rows"])}
    assert numbers == {roster_row(number)["student_no"] for number in range(3)}


def test_a_list_that_is_behind_says_so(world: World) -> None:
    query = schemas.InScope(scope="CN/14", class_year=2026, at_least={"14": 99})
    with pytest.raises(Unavailable) as caught:
        world.service.list_graduates(query, by(PROVINCE, "list_graduates"))
    assert caught.value.code == "projection.behind"


# Basic data


def disputed(world: World, own: str, field: str = "major_name") -> str:
    """The graduate says that a field is wrong; the dispute's id."""
    meta = by(Actor("graduate", own), "dispute_basic_data")
    world.service.dispute_basic_data(schemas.Dispute(own, field, "我叫李明，专业应为车辆工程"), meta)
    return new_id("14", meta.command_id, "dispute")


def basic_data(world: World, own: str, actor: Actor | None = None) -> Any:
    asked = by(actor or Actor("graduate", own), "get_basic_data")
    return world.service.get_basic_data(schemas.OfGraduate(graduate_id=own), asked)


def in_list(world: World, state: str) -> list[Any]:
    world.follow()
    asked = schemas.Checked(scope="CN/14/10108", class_year=2026, state=state)
    listed: list[Any] = world.service.list_basic_data(asked, by(SCHOOL, "list_basic_data"))["graduates"]
    return listed


def test_a_dispute_is_in_the_schools_list_until_it_corrects_or_answers(world: World) -> None:
    enrolled(world, 3)
    first, second = graduate(world), graduate(world, 1)
    dispute_id = disputed(world, first)
    disputed(world, second, "political")
    assert "李明" not in str([told.data for told in world.lane()])
    waiting = {each["graduate_id"]: each["disputes"] for each in in_list(world, "disputed")}
    assert set(waiting) == {first, second}
    (shown,) = waiting[first]
    assert (shown["field"], shown["statement"], shown["dispute_id"]) == (
        "major_name",
        "我叫李明，专业应为车辆工程",
        dispute_id,
    )
    row = roster_row(0, major_name="车辆工程")
    world.service.import_roster(schemas.Roster("10108", 2026, (row,)), by(SCHOOL, "import_roster"))
    assert [each["graduate_id"] for each in in_list(world, "disputed")] == [second]
    (settled,) = basic_data(world, first)["disputes"]
    assert (settled["open"], settled["answer"]) == (False, None)
    (open_one,) = basic_data(world, second)["disputes"]
    answer = schemas.AnswerToDispute(second, open_one["dispute_id"], "以党组织关系为准")
    world.service.answer_dispute(answer, by(SCHOOL, "answer_dispute"))
    assert in_list(world, "disputed") == []
    told = basic_data(world, second, SCHOOL)
    assert (told["state"], told["disputes"][0]["answer"]) == ("unchecked", "以党组织关系为准")
    confirm = c.ConfirmBasicData(second)
    world.service.confirm_basic_data(confirm, by(Actor("graduate", second), "confirm_basic_data"))
    assert basic_data(world, second)["state"] == "confirmed"
    assert [each["graduate_id"] for each in in_list(world, "confirmed")] == [second]
    assert {each["graduate_id"] for each in in_list(world, "unchecked")} == {first, graduate(world, 2)}


def test_basic_data_are_between_a_graduate_and_the_offices_of_its_scope(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    me = Actor("graduate", own)
    everybody = (*EVERYBODY, me)
    only((me, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY), lambda actor: basic_data(world, own, actor), everybody)
    dispute_id = disputed(world, own)
    answer = schemas.AnswerToDispute(own, dispute_id, "以学籍为准")
    only((SCHOOL,), lambda actor: world.service.answer_dispute(answer, by(actor, "answer_dispute")), everybody)
    for actor in (OTHER_SCHOOL, EMPLOYER, Actor("graduate", "14-somebody")):
        with pytest.raises(Forbidden):
            world.service.dispute_basic_data(schemas.Dispute(own, "name", "不是我"), by(actor, "dispute_basic_data"))
    with pytest.raises(NotFound):
        disputed(world, "14-nobody")


def test_the_checks_read_the_same_however_the_lane_is_cut(world: World) -> None:
    enrolled(world, 2)
    disputed(world, graduate(world))
    disputed(world, graduate(world), "political")
    confirm = c.ConfirmBasicData(graduate(world, 1))
    world.service.confirm_basic_data(confirm, by(Actor("graduate", graduate(world, 1)), "confirm_basic_data"))
    before = {state: in_list(world, state) for state in ("disputed", "confirmed", "unchecked")}
    for together in (True, False):
        with world.engine.begin() as connection:
            connection.exec_driver_sql("TRUNCATE graduates")
            for events in [world.lane()] if together else [[told] for told in world.lane()]:
                world.following.follower.apply(connection, events)
        assert {state: in_list(world, state) for state in before} == before


# Employers


def test_an_employer_registers_itself_and_nobody_else(world: World) -> None:
    def register(actor: Actor) -> Any:
        return world.service.register_employer(APPLICATION, by(actor, "register_employer"))

    only((OWN,), register, (*EVERYBODY, OWN))
    assert world.types(f"employer-{OWN_ID}") == ["EmployerRegistered"]
    assert "王经理" not in str(world.stream(f"employer-{OWN_ID}")[0].data)


def test_an_employer_does_not_register_under_the_id_of_another_code(world: World) -> None:
    foreign = replace(APPLICATION, uscc=make_uscc("91", "140105", "22000000"))
    with pytest.raises(Invalid) as caught:
        world.service.register_employer(foreign, by(OWN, "register_employer"))
    assert caught.value.code == "directory.wrong_employer_id"


def test_an_employer_belongs_to_no_province(world: World) -> None:
    local = f"14-{uuid4()}"
    application = replace(APPLICATION, employer_id=local, uscc=None, uscc_absent_reason="部队")
    with pytest.raises(Invalid) as caught:
        world.service.register_employer(application, by(Actor("employer", local), "register_employer"))
    assert caught.value.code == "directory.wrong_employer_id"
    assert caught.value.details["expected"] == f"00{local[2:]}"


def test_an_employer_without_a_code_says_why(world: World) -> None:
    own_id = f"00-{uuid4()}"
    application = replace(APPLICATION, employer_id=own_id, uscc=None)
    with pytest.raises(Invalid) as caught:
        world.service.register_employer(application, by(Actor("employer", own_id), "register_employer"))
    assert caught.value.code == "directory.uscc_needed"
    because = replace(application, uscc_absent_reason="部队")
    answer = world.service.register_employer(because, by(Actor("employer", own_id), "register_employer"))
    assert answer == {
        "id": own_id,
        "employer_id": own_id,
        "version": 1,
        "position": answer["position"],
        "warnings": [],
    }


NEWCOMER = Actor("employer", "hr-of-a-newcomer")
UNNAMED = replace(APPLICATION, employer_id=None)


def test_an_account_of_no_employer_registers_one_by_its_credit_code_and_is_told_its_id(world: World) -> None:
    meta = by(NEWCOMER, "register_employer")
    answer = world.service.register_employer(UNNAMED, meta)
    assert answer["employer_id"] == OWN_ID
    assert world.service.register_employer(UNNAMED, meta) == answer
    act(world, "return")
    world.service.register_employer(UNNAMED, by(NEWCOMER, "register_employer"))
    assert world.types(f"employer-{OWN_ID}")[-1] == "EmployerRegistered"


def test_who_does_not_say_which_employer_it_is_registers_no_second_one_and_nobody_elses(world: World) -> None:
    registered(world, "return")
    with pytest.raises(Refused) as caught:
        world.service.register_employer(UNNAMED, by(NEWCOMER, "register_employer"))
    assert caught.value.code == "directory.employer_known"
    other = replace(UNNAMED, uscc=make_uscc("91", "140105", "22000000"))
    with pytest.raises(Forbidden):
        world.service.register_employer(other, by(OWN, "register_employer"))
    with pytest.raises(Forbidden):
        world.service.register_employer(other, by(GRADUATE, "register_employer"))


def test_its_own_account_need_not_name_the_employer(world: World) -> None:
    assert world.service.register_employer(UNNAMED, by(OWN, "register_employer"))["id"] == OWN_ID
    without = replace(UNNAMED, uscc=None, uscc_absent_reason="部队")
    first = world.service.register_employer(without, by(NEWCOMER, "register_employer"))
    own = Actor("employer", f"00-{uuid4()}")
    assert first["id"].startswith("00-")
    assert world.service.register_employer(without, by(own, "register_employer"))["id"] == own.id


def test_an_employer_is_found_by_its_credit_code_registered_or_not(world: World) -> None:
    def found(actor: Actor = GRADUATE) -> Any:
        world.follow()
        query = schemas.OfCreditCode(uscc=x.USCC.lower())
        return world.service.find_employer(query, by(actor, "find_employer"))

    assert found() == {"employer_id": OWN_ID, "registered": False}
    registered(world)
    assert found() == {"employer_id": OWN_ID, "registered": True, "name": x.EMPLOYER_NAME, "status": "awaiting"}
    wrong = schemas.OfCreditCode(uscc="91140000110000000")
    with pytest.raises(Invalid) as caught:
        world.service.find_employer(wrong, by(GRADUATE, "find_employer"))
    assert caught.value.code == "directory.wrong_uscc"
    with pytest.raises(Forbidden):
        found(Actor("public", "anybody"))


def test_a_nature_that_does_not_fit_the_code_is_a_warning_and_the_employer_is_registered(world: World) -> None:
    odd = replace(APPLICATION, nature="10")
    meta = by(OWN, "register_employer")
    answer = world.service.register_employer(odd, meta)
    (warning,) = answer["warnings"]
    assert (warning["field"], warning["code"]) == ("nature", "uscc.nature")
    assert warning["zh"]
    assert warning["en"]
    assert world.types(f"employer-{OWN_ID}") == ["EmployerRegistered"]
    assert world.service.register_employer(odd, meta) == answer


def test_a_code_in_use_that_does_not_fit_its_check_character_is_for_an_office_to_confirm(world: World) -> None:
    code = "91350203M0001QKT19"
    own_id = employer_id_of(code)
    own = Actor("employer", own_id)
    answer = world.service.register_employer(
        replace(APPLICATION, employer_id=own_id, uscc=code), by(own, "register_employer")
    )
    (warning,) = answer["warnings"]
    assert (warning["field"], warning["code"]) == ("uscc", "uscc.check")
    world.follow()
    (waiting,) = world.service.list_employers(schemas.InState(status="awaiting"), by(PROVINCE, "list_employers"))[
        "employers"
    ]
    assert waiting["warnings"] == [warning]
    found = world.service.find_employer(schemas.OfCreditCode(uscc=code), by(GRADUATE, "find_employer"))
    assert (found["employer_id"], found["registered"], found["warnings"]) == (own_id, True, [warning])
    world.service.verify_employer(c.VerifyEmployer(own_id), by(PROVINCE, "verify_employer"))
    world.follow()
    shown = world.service.get_employer(schemas.OfEmployer(employer_id=own_id), by(own, "get_employer"))
    assert (shown["status"], shown["warnings"]) == ("verified", [warning])


def change(world: World, actor: Actor = OWN, **told: Any) -> Any:
    """What the employer says about itself now."""
    said: dict[str, Any] = {name: told.get(name) for name in schemas.Change.__dataclass_fields__}
    return world.service.change_employer(
        schemas.Change(**{**said, "employer_id": OWN_ID}), by(actor, "change_employer")
    )


def shown_employer(world: World) -> Any:
    world.follow()
    return world.service.get_employer(schemas.OfEmployer(employer_id=OWN_ID), by(PROVINCE, "get_employer"))


def test_an_employer_moves_at_once_and_is_renamed_when_an_office_has_verified_it(world: World) -> None:
    registered(world, "verify")
    change(world, address="太原市迎泽区", phone="0351-2222222", contact_name="李经理", contact_phone="0351-1111111")
    answer = shown_employer(world)
    assert answer["phone"] == "0351-2222222"
    assert (answer["address"], answer["contact_name"], answer["status"]) == ("太原市迎泽区", "李经理", "verified")
    assert "李经理" not in str([told.data for told in world.stream(f"employer-{OWN_ID}")])
    change(world, name="晋阳智能装备有限公司")
    answer = shown_employer(world)
    assert (answer["name"], answer["requested_name"]) == (x.EMPLOYER_NAME, "晋阳智能装备有限公司")
    to_others = world.service.get_employer(schemas.OfEmployer(employer_id=OWN_ID), by(GRADUATE, "get_employer"))
    assert not {"requested_name", "requested_nature", "licence", "contact_name"} & to_others.keys()
    asked = schemas.InState(status="changing")
    (waiting,) = world.service.list_employers(asked, by(PROVINCE, "list_employers"))["employers"]
    assert waiting["employer_id"] == OWN_ID
    act(world, "verify")
    answer = shown_employer(world)
    assert (answer["name"], answer["requested_name"], answer["nature"]) == ("晋阳智能装备有限公司", None, "31")
    assert world.service.list_employers(asked, by(PROVINCE, "list_employers"))["employers"] == []
    with pytest.raises(Refused) as caught:
        change(world, uscc=make_uscc("91", "140105", "22000000"))
    assert caught.value.code == "directory.uscc_is_the_account"
    only((OWN,), lambda actor: change(world, actor), (*EVERYBODY, OWN))


def test_a_province_may_want_the_licence_which_only_the_employer_and_offices_see(world: World) -> None:
    world.service.set_province(replace(x.SET_PROVINCE, licence_required=True), by(PROVINCE, "set_province"))
    registered(world)
    with pytest.raises(Refused) as caught:
        act(world, "verify")
    assert caught.value.code == "directory.licence_needed"
    act(world, "return")
    file = schemas.LicenceFile(OWN_ID, b64encode(png()).decode())
    stored = by(OWN, "store_licence")
    answer = world.service.store_licence(file, stored)
    assert world.service.store_licence(file, stored) == answer
    brought = replace(APPLICATION, licence=answer["id"] if isinstance(answer, dict) else answer.id)
    world.service.register_employer(brought, by(OWN, "register_employer"))
    act(world, "verify")
    licence_id = shown_employer(world)["licence"]
    reading = ReadLicence(licence_id, OWN_ID)

    def read(actor: Actor) -> Any:
        shown = world.service.read_licence(reading, by(actor, "read_licence"))
        assert b64decode(shown["content"]).startswith(b"\x89PNG")

    offices = (SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY)
    only((OWN, *offices), read, (*EVERYBODY, OWN))
    looks = world.types(f"licence-{licence_id}")
    assert looks == ["LicenceStored", *["LicenceRead"] * (len(offices) + 1)]
    only((OWN,), lambda actor: world.service.store_licence(file, by(actor, "store_licence")), (*EVERYBODY, OWN))


def test_a_repeated_application_is_answered_as_it_was_the_first_time(world: World) -> None:
    meta = by(OWN, "register_employer")
    assert world.service.register_employer(APPLICATION, meta) == world.service.register_employer(APPLICATION, meta)
    with pytest.raises(Refused) as caught:
        world.service.register_employer(APPLICATION, by(OWN, "register_employer"))
    assert caught.value.code == "directory.employer_known"


@pytest.mark.parametrize(
    ("past", "step", "allowed"),
    [
        ((), "verify", (SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY)),
        ((), "return", (SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY)),
        (("verify",), "suspend", (PROVINCE, OTHER_PROVINCE, MINISTRY)),
        (("verify", "suspend"), "reinstate", (PROVINCE, OTHER_PROVINCE, MINISTRY)),
    ],
    ids=["verify", "return", "suspend", "reinstate"],
)
def test_which_offices_look_after_an_employer(
    world: World, past: tuple[str, ...], step: str, allowed: tuple[Actor, ...]
) -> None:
    registered(world, *past)
    only(allowed, lambda actor: act(world, step, actor), (*EVERYBODY, OWN))


def test_the_life_of_an_employers_account(world: World) -> None:
    def status() -> str:
        world.follow()
        found = world.service.get_employer(schemas.OfEmployer(employer_id=OWN_ID), by(GRADUATE, "get_employer"))
        return str(found["status"])

    registered(world)
    assert status() == "awaiting"
    act(world, "return")
    assert status() == "returned"
    world.service.register_employer(APPLICATION, by(OWN, "register_employer"))
    for step, then in (("verify", "verified"), ("suspend", "suspended"), ("reinstate", "verified")):
        act(world, step)
        assert status() == then
    closed = c.CloseEmployer(OWN_ID, "revoked", NOW.date())
    offices = (SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY)
    only(offices, lambda actor: world.service.close_employer(closed, by(actor, "close_employer")), (*EVERYBODY, OWN))
    assert status() == "closed"
    found = world.service.get_employer(schemas.OfEmployer(employer_id=OWN_ID), by(GRADUATE, "get_employer"))
    assert (found["closed_how"], found["closed_on"]) == ("revoked", NOW.date().isoformat())
    act(world, "reinstate")
    assert status() == "verified"


def test_everybody_sees_an_employer_and_the_offices_and_itself_whom_to_ask(world: World) -> None:
    registered(world)
    world.follow()
    query = schemas.OfEmployer(employer_id=OWN_ID)
    asking = (OWN, SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY)
    for actor in (*EVERYBODY, OWN):
        shown = world.service.get_employer(query, by(actor, "get_employer"))
        assert (shown["name"], shown["status"]) == (x.EMPLOYER_NAME, "awaiting")
        assert shown.get("contact_name") == ("王经理" if actor in asking else None)
        assert "personal" not in shown


def test_an_employer_and_the_offices_see_why_it_was_returned_or_suspended_and_nobody_else_does(world: World) -> None:
    def reason(actor: Actor = OWN) -> Any:
        world.follow()
        shown = world.service.get_employer(schemas.OfEmployer(employer_id=OWN_ID), by(actor, "get_employer"))
        return shown.get("reason", "not told")

    registered(world, "return")
    assert (reason(), reason(PROVINCE)) == ("材料不符", "材料不符")
    assert reason(GRADUATE) == "not told"
    registered(world, "verify")
    assert reason() is None
    act(world, "suspend")
    assert reason() == "材料不符"
    act(world, "reinstate")
    change(world, name="晋阳重工有限公司")
    act(world, "return")
    assert reason() == "材料不符"
    change(world, name="晋阳重工股份有限公司")
    assert reason() is None


def test_an_employer_nobody_knows_is_not_found(world: World) -> None:
    query = schemas.OfEmployer(employer_id=OWN_ID)
    with pytest.raises(NotFound) as caught:
        world.service.get_employer(query, by(GRADUATE, "get_employer"))
    assert caught.value.code == "directory.employer_not_found"
    with pytest.raises(ServiceError) as unknown:
        act(world, "verify")
    assert unknown.value.code == "directory.employer_not_found"


def test_the_offices_list_the_employers_that_wait_for_them_page_by_page(world: World) -> None:
    codes = [make_uscc("91", "140105", f"{number}2000000") for number in range(3)]
    own = [employer_id_of(uscc) for uscc in codes]
    for uscc, own_id in zip(codes, own, strict=True):
        application = replace(APPLICATION, employer_id=own_id, uscc=uscc)
        world.service.register_employer(application, by(Actor("employer", own_id), "register_employer"))
    registered(world, "verify")
    world.follow()
    query = schemas.InState(status="awaiting", limit=2)

    def listed(actor: Actor, after: str | None = None) -> Any:
        return world.service.list_employers(replace(query, after=after), by(actor, "list_employers"))

    only((SCHOOL, OTHER_SCHOOL, PROVINCE, OTHER_PROVINCE, MINISTRY), listed, (*EVERYBODY, OWN))
    first = listed(PROVINCE)
    rest = listed(PROVINCE, first["after"])
    found = [each["employer_id"] for page in (first, rest) for each in page["employers"]]
    assert found == sorted(own)
    assert rest["after"] is None
    assert {each["contact_name"] for each in first["employers"]} == {"王经理"}


def test_a_permit_is_found_by_the_number_on_any_of_its_issues_also_on_rosters_of_before(world: World) -> None:
    vouched_for(world)
    row = roster_row(id_type="港澳居民来往内地通行证", id_number="H1234567800", born_on="20030506")
    (item,) = world.service.import_roster(schemas.Roster(SCHOOL_CODE, 2026, (row,)), by(SCHOOL, "import_roster"))[
        "items"
    ]
    world.follow()
    for number in ("H1234567800", "H1234567801", "h12345678"):
        assert find(world, row["name"], number, kind="home_return_permit")["graduate_id"] == item["id"]
    (enrolled,) = world.stream(f"graduate-{item['id']}")
    before = written_hash(world.personal, "home_return_permit", "H1234567800")
    world.tell(f"graduate-{item['id']}", "directory.GraduateCorrected", **{**enrolled.data, "id_hash": before})
    world.follow()
    assert find(world, row["name"], "H1234567800", kind="home_return_permit")["graduate_id"] == item["id"]
