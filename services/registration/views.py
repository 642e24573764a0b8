"""What registering sees of other contexts' events: the fields that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shared.access import scope_path
from shared.codes.destination import REOPENED_DAYS
from shared.views import Views


@dataclass(frozen=True, slots=True)
class OnRoster:
    """An entry of the roster."""

    province: str
    school: str
    department: str
    class_year: int
    training: str
    agreed_unit: str | None = None
    agreed_region: str | None = None
    enrolled_on: date | None = None

    @property
    def scope(self) -> str:
        """Where the graduate is."""
        return scope_path(self.province, self.school, self.department)


@dataclass(frozen=True, slots=True)
class Removed:
    """A graduate is on no roster any more."""


@dataclass(frozen=True, slots=True)
class ProvinceSettings:
    """What a province has set for a class."""

    class_year: int
    change_deadline: date | None = None
    evidence_required: bool = True
    imports_until: date | None = None
    reopened_days: int = REOPENED_DAYS
    registration_deadline: date | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a graduate."""

    graduate_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The graduate says that a roster entry is right."""

    entry: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """The graduate says that a roster entry is wrong."""

    entry: int
    dispute_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The school has answered a dispute."""

    dispute_id: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement took effect or was cancelled."""

    agreement_id: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of signing; until when the next one is waited for."""

    complete_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfGraduate:
    """Something happened to a graduate; the type says what."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class Concluded:
    """An agreement took effect, with this unit."""

    graduate_id: str
    agreement_id: str
    number: str
    scope: str
    class_year: int
    unit_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    uscc: str | None = None
    monthly_salary: int | None = None
    unit_address: str | None = None
    unit_phone: str | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reissued:
    """A lost book was made again under another number."""

    graduate_id: str
    agreement_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A graduate's agreement was cancelled."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A review passed."""

    graduate_id: str
    kind: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A review said no."""

    graduate_id: str
    kind: str
    subject_id: str
    reason: str


ROSTER = Views[OnRoster | Removed](
    {
        "directory.GraduateEnrolled": OnRoster,
        "directory.GraduateCorrected": OnRoster,
        "directory.GraduateRemoved": Removed,
    }
)
PROVINCE = Views[ProvinceSettings]({"directory.ProvinceSettingsChanged": ProvinceSettings})
EVIDENCE = Views[StoredFile]({"directory.EvidenceStored": StoredFile})
SAID = Views[Confirmed | Disputed | Answered](
    {
        "directory.BasicDataConfirmed": Confirmed,
        "directory.BasicDataDisputed": Disputed,
        "directory.DisputeAnswered": Answered,
    }
)
CONCLUDED = Views[Agreement]({"agreement.AgreementConcluded": Agreement})
REISSUED = Views[Reissued]({"agreement.BookReissued": Reissued})
CANCELLED = Views[Agreement]({"agreement.AgreementCancelled": Agreement})
STEPS = Views[Step](
    dict.fromkeys(
        (
            "agreement.OfferAccepted",
            "agreement.AttestationAwaited",
            "agreement.SealAwaited",
            "agreement.AgreementSealed",
            "agreement.AgreementAttested",
            "agreement.AgreementConcluded",
            "agreement.BookApplied",
            "agreement.PaperSubmitted",
        ),
        Step,
    )
)
