"""Rows of a national-format export of destinations, and such exports as files (DOMAIN 5.1)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import xlsxwriter

from shared.codes.uscc import make_uscc

COLUMNS: Final = (
    *("学号", "姓名", "性别", "生源地名称", "生源地代码", "民族名称", "政治面貌", "城乡生源", "学历层次", "专业名称"),
    *(
        "专业方向",
        "专业代码",
        "入学年月",
        "毕业日期",
        "培养方式",
        "委培单位",
        "学习形式",
        "毕业去向类别代码",
        "毕业去向",
    ),
    *("签约日期", "单位名称", "统一社会信用代码", "留学院校外文名称", "单位性质代码", "单位性质", "单位行业代码"),
    *("单位行业", "单位所在地代码", "单位所在地", "单位地址", "工作职位类别代码", "工作职位类别"),
)
# Of our own: what tells the form of a category 10 that was not signed for.
FURTHER: Final = ("录用形式",)
USCC: Final = make_uscc("91", "140105", "12345678")
EMPLOYED: Final = {
    "毕业去向类别代码": "11",
    "毕业去向": "签劳动合同形式就业",
    "签约日期": "20260415",
    "单位名称": "晋阳机械（集团）有限公司",
    "统一社会信用代码": USCC,
    "单位性质代码": "31",
    "单位性质": "国有企业",
    "单位行业代码": "22",
    "单位行业": "制造业",
    "单位所在地代码": "140105",
    "单位所在地": "山西省太原市小店区",
    "工作职位类别代码": "13",
    "工作职位类别": "工程技术人员",
}
STUDYING: Final = {
    "毕业去向类别代码": "801",
    "毕业去向": "境内升学—研究生",
    "单位名称": "山西大学",
    "单位所在地代码": "140105",
}
ABROAD: Final = {
    "毕业去向类别代码": "85",
    "毕业去向": "境外留学",
    "留学院校外文名称": "National University of Singapore",
    "单位所在地": "新加坡",
}
SEEKING: Final = {"毕业去向类别代码": "70", "毕业去向": "待就业—求职中"}


def export_row(base: Mapping[str, str] = EMPLOYED, **changes: str) -> dict[str, str]:
    """A row of the export by column, everything else empty."""
    return {**dict.fromkeys((*COLUMNS, *FURTHER), ""), "学历层次": "本科生毕业", **base, **changes}


def write_export(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """An export as a CSV or XLSX file, by its suffix."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
            sheet = book.add_worksheet()
            for number, cells in enumerate(lines):
                for column, cell in enumerate(cells):
                    sheet.write_string(number, column, cell)
        return path
    with path.open("w", encoding="gb18030", newline="") as out:
        csv.writer(out).writerows(lines)
    return path
