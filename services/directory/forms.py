"""Which forms 就业协议书 can be printed on: `templates/<province or default>/<version>-<two|three>-party.typ`.

A form never changes once a book was printed with it: a change is a new version. A form is named `<folder>/<version>`.
"""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT = "default"
LATEST = f"{DEFAULT}/2"

PARTIES = {2: "two", 3: "three"}


def form_path(form: str, parties: int) -> Path:
    """The template of a form for two or three parties. Raises LookupError where there is none."""
    path = TEMPLATES / f"{form}-{PARTIES[parties]}-party.typ"
    if (form, parties) not in forms():
        raise LookupError(f"no form {form} for {parties} parties")
    return path


def forms() -> frozenset[tuple[str, int]]:
    """Every form there is, with the parties it is for."""
    return frozenset(
        (f"{path.parent.name}/{path.name.removesuffix(f'-{word}-party.typ')}", parties)
        for parties, word in PARTIES.items()
        for path in TEMPLATES.glob(f"*/*-{word}-party.typ")
    )


# Read once: a release brings its forms with it.
FORMS = forms()


def usable(form: str, province: str, parties: int) -> bool:
    """Whether a province may print on a form: the default's or its own, made for that many parties."""
    return (form, parties) in FORMS and form.partition("/")[0] in (DEFAULT, province)
