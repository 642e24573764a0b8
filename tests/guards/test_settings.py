"""Settings and metrics are the ones that docs/operating.md explains, one line each."""

from __future__ import annotations

import ast
import re

from tests.support.source import ROOT, calls_of, modules, table_column, texts_of

OPERATING = ROOT / "docs" / "operating.md"
SETTING = re.compile(r"WQ_[A-Z_]+|DATABASE_URL|AMQP_URI")


def settings_in(*names: str) -> set[str]:
    return {text for name in names for text in texts_of(ROOT / name) if SETTING.fullmatch(text)}


def test_every_setting_is_explained_and_every_explained_setting_is_read() -> None:
    explained = table_column(OPERATING, "Settings")
    assert len(explained) == len(set(explained))
    assert set(explained) == settings_in("shared/settings.py")


def test_settings_are_read_in_one_place() -> None:
    known = settings_in("shared/settings.py")
    named = {text for path in modules() for text in texts_of(path) if SETTING.fullmatch(text)}
    assert named == known


def test_every_metric_is_explained_and_every_explained_metric_is_kept() -> None:
    kept = {
        ast.literal_eval(call.args[0])
        for kind in ("Counter", "Gauge", "Histogram")
        for call in calls_of(ROOT / "shared" / "metrics.py", kind)
    }
    explained = table_column(OPERATING, "Metrics")
    assert len(explained) == len(set(explained))
    assert set(explained) == kept


def test_metrics_are_made_in_one_place() -> None:
    makers = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if re.search(r"^from prometheus_client import .*\b(Counter|Gauge|Histogram)\b", path.read_text(), re.MULTILINE)
    }
    assert makers == {"shared/metrics.py"}


def test_every_metric_is_used() -> None:
    catalogue = (ROOT / "shared" / "metrics.py").read_text()
    names = set(re.findall(r"^([A-Z_]+) = (?:Counter|Gauge|Histogram)\(", catalogue, re.MULTILINE))
    everything = "".join(path.read_text() for path in modules())
    assert not {name for name in names if f"metrics.{name}." not in everything}
