"""The directory's decisions: settings of provinces and schools, rosters, the life of an employer's account. Pure."""

from __future__ import annotations

from services.directory.decider.basic_data import (
    BASIC_DATA,
    AnswerDispute,
    ConfirmBasicData,
    DisputeBasicData,
    RosterFacts,
    roster_facts,
)
from services.directory.decider.common import CHAIN
from services.directory.decider.employers import (
    EMPLOYER,
    NO_EMPLOYER,
    NO_LICENCE,
    NOT_ITS_ID,
    ChangeEmployer,
    EmployerFacts,
    EmployerState,
    RegisterEmployer,
    ReinstateEmployer,
    ReturnEmployer,
    SuspendEmployer,
    VerifyEmployer,
    checked_uscc,
    employer_id_of,
)
from services.directory.decider.graduates import (
    ERASED,
    ERASURE,
    GRADUATE,
    NO_GRADUATE,
    EnrolGraduate,
    EraseGraduate,
    GraduateState,
    RemoveGraduate,
)
from services.directory.decider.platform import PLATFORM, PLATFORM_STREAM, SetCheckAddress
from services.directory.decider.provinces import PROVINCE, SetProvince
from services.directory.decider.schools import (
    NO_SCHOOL,
    SCHOOL,
    AddDepartment,
    ListSchool,
    SchoolState,
    SetSchool,
)

__all__ = [
    "BASIC_DATA",
    "CHAIN",
    "EMPLOYER",
    "ERASED",
    "ERASURE",
    "GRADUATE",
    "NOT_ITS_ID",
    "NO_EMPLOYER",
    "NO_GRADUATE",
    "NO_LICENCE",
    "NO_SCHOOL",
    "PLATFORM",
    "PLATFORM_STREAM",
    "PROVINCE",
    "SCHOOL",
    "AddDepartment",
    "AnswerDispute",
    "ChangeEmployer",
    "ConfirmBasicData",
    "DisputeBasicData",
    "EmployerFacts",
    "EmployerState",
    "EnrolGraduate",
    "EraseGraduate",
    "GraduateState",
    "ListSchool",
    "RegisterEmployer",
    "ReinstateEmployer",
    "RemoveGraduate",
    "ReturnEmployer",
    "RosterFacts",
    "SchoolState",
    "SetCheckAddress",
    "SetProvince",
    "SetSchool",
    "SuspendEmployer",
    "VerifyEmployer",
    "checked_uscc",
    "employer_id_of",
    "roster_facts",
]
