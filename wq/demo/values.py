"""Values as reports write them: whole numbers, percentages, days, lists; what is none of these is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.codes.tables import plain
from wq.demo.names import (
    TOTALS,
    ReportError,
)

LARGEST = 400_000
MOST_DECIMALS = 6


def bad_shape(name: str) -> ReportError:
    return ReportError("report.shape", f"{name} 的格式无法读取", f"{name} has a shape that cannot be read")


def too_many(listed: int, total: int) -> ReportError:
    return ReportError(
        "report.sum", f"各项合计 {listed} 大于总数 {total}", f"the counts add up to {listed}, more than {total}"
    )


def object_of(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad_shape(name)
    return found


def list_of(raw: Mapping[str, Any], name: str) -> list[Any]:
    found = raw.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise bad_shape(name)
    return found


def counts_of(raw: Mapping[str, Any]) -> dict[str, int]:
    return {name: whole_number(count, name) for name, count in object_of(raw, "counts").items()}


def heading_of(raw: Mapping[str, Any]) -> str | None:
    """What the names of a table are, by its first column or its `dimension`."""
    found = [*list_of(raw, "columns")[:1], raw.get("dimension")][0]
    return None if found is None else str(found)


def rows_of(raw: Mapping[str, Any]) -> list[list[Any]]:
    rows = list_of(raw, "rows")
    if not all(isinstance(row, list) and len(row) > 1 and isinstance(row[0], str) for row in rows):
        raise ReportError("report.rows", "每行应为 [名称, 人数, …]", "every row must be [name, numbers ...]")
    return rows


def is_total(row: Sequence[Any]) -> bool:
    return plain(str(row[0])) in TOTALS


def numbers_of(row: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """The whole numbers of a row and its percentages."""
    counts, percents = [], []
    for value in row[1:]:
        if isinstance(value, int) and not isinstance(value, bool):
            counts.append(whole_number(value, str(row[0])))
        elif value is None or isinstance(value, str | float):
            percents.append(value)
        else:
            raise ReportError("report.rows", f"{row[0]}：{value!r} 无法读取", f"{row[0]}: {value!r} cannot be read")
    return counts, percents


def whole_number(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ReportError(
            "report.count", f"{name}：人数应为非负整数", f"{name}: a count must be a whole number, not {value!r}"
        )
    return value


def percent_of(value: Any, name: str) -> Decimal | None:
    return None if value is None else printed_in(value, name)


def printed_in(value: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(value).strip().rstrip("%％"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ReportError("report.percent", f"{name}：比率 {value!r} 无法读取", f"{name}: {value!r} is no percentage")
    return found


def day_in(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ReportError("report.date", f"日期 {text!r} 应为 YYYY-MM-DD", f"{text!r} is no date YYYY-MM-DD") from None
