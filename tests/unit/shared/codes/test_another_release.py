"""Another code, what it asks for, and another formula are changes of data files, for classes they name (DOMAIN 2.1)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.codes.tables import DATA

NEW = (
    "504,50,社区服务计划,就业,协议和合同就业,单位就业,1,unit_name,,intention;school_name,service_agreement,0,"
    ",0,unit,school,2030,,基层就业"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of today, with a code and a rule from the class of 2030 on; the code asks for something else from 2032 on."""
    made = tmp_path_factory.mktemp("release") / "data"
    shutil.copytree(DATA, made)
    table = made / "destinations.csv"
    header, *kept = table.read_text(encoding="utf-8").splitlines()
    counted = [f"{row},{row.split(',')[5]}" for row in kept]
    of_2030 = NEW.replace(",2030,,", ",2030,2031,")
    of_2032 = NEW.replace(",unit_name,", ",unit_name;uscc,").replace(",2030,,", ",2032,,")
    lines = [f"{header},group_2030", *counted, of_2030, of_2032]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (made / "rules.csv").open("a", encoding="utf-8") as rules:
        rules.write("2030,2030,另一办法\n")
    with (made / "rates.csv").open("a", encoding="utf-8") as rates:
        rates.write("2030,基层就业率,基层就业\n2030,毕业去向落实率,单位就业;基层就业;自主创业;自由职业;升学\n")
    return made


def played(folder: Path, class_year: int) -> dict[str, Any]:
    """What the release does with the new code and a graduate of a class."""
    asked = json.dumps({"code": "504", "class_year": class_year})
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.another_release", str(folder), asked],
        cwd=DATA.parents[2], capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_code_and_a_rule_added_to_the_data_register_import_report_and_count(folder: Path) -> None:
    assert played(folder, 2031) == {
        "registered": ["registration.RegistrationSubmitted"],
        "refused": None,
        "min_chain": [["school"]],
        "read": "504",
        "reported": None,
        "rates": {"基层就业率": "33.33", "毕业去向落实率": "33.33"},
    }


def test_a_class_before_knows_the_code_by_name_only(folder: Path) -> None:
    found = played(folder, 2029)
    assert (found["registered"], found["refused"]) == ([], "registration.not_of_class")
    assert (found["read"], found["reported"]) == ("504", "national.unknown_code")
    assert found["rates"]["单位就业率"] == "33.33"


def test_what_a_code_asks_for_may_change_with_the_class(folder: Path) -> None:
    assert played(folder, 2032)["reported"] == "national.field_missing"
