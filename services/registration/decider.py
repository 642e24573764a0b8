"""Decisions about destinations: registering, withdrawing, voiding, and following agreements (DOMAIN 1.5, 5.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from services.registration import events as e
from services.registration.requirements import (
    Evidence,
    Graduate,
    check_destination,
    check_evidence,
    check_for,
    check_imported,
    check_unit_and_day,
    same_whereabouts,
    warnings_of,
)
from services.registration.state import INITIAL, Registrations, evolve
from services.registration.transfers import transfer_number
from shared.access import Subject, scope_path
from shared.clock import day_of
from shared.codes.destination import REOPENED_DAYS, Deadlines, deadlines_of, destinations_of
from shared.codes.uscc import confirming_chain
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded, lane_of, new_id, until

IMPORTED = "import"
KEPT_BY_SCHOOL = "kept"
# 信息确认.
CONFIRMED, DISPUTED, UNCHECKED = "confirmed", "disputed", "unchecked"
FREEING = ("agreement.AgreementReturned", "agreement.AgreementCancelled")
# Why a registration ended whose graduate was removed from the roster, and the cause of a re-opening then.
LEFT_ROSTER, REMOVED = "毕业生已移出生源名册", "removed"
ARCHIVES = ("unit", "talent_service", "school", "home_region", KEPT_BY_SCHOOL)

NO_GRADUATE = Reason(
    "registration.graduate_not_found",
    "没有该毕业生，或已移出名册，请核对考生号、学号或所选的人",
    "There is no such graduate on a roster: check the numbers, or whom you chose",
    NotFound,
)
NOT_PENDING = Reason(
    "registration.not_pending",
    "该去向登记不在审核中，不能撤回，请刷新后查看",
    "This registration is not under review: look at it again",
)
IN_REVIEW = Reason(
    "registration.in_review",
    "已有去向登记正在审核，请等待审核结果，或先撤回再登记",
    "A registration is already under review: wait for the result, or withdraw it first",
)
CONFIRM_FIRST = Reason(
    "registration.confirm_first",
    "您尚未确认基本信息（学校更正后须重新确认），请先完成信息确认，再登记毕业去向",
    "You have not confirmed your basic data as the roster has them now: confirm them first, then register",
)
DISPUTE_OPEN = Reason(
    "registration.dispute_open",
    "您对基本信息的异议学校尚未处理，请等待学校更正或答复后，再登记毕业去向",
    "The school has yet to act on what you dispute of your basic data: register when it has",
)
SIGNED = Reason(
    "registration.already_signed",
    "毕业生已应约或已有生效协议，不能登记其他去向，如需改变请先办理解约",
    "The graduate is bound by an agreement: cancel it first",
)
BOOK_OPEN = Reason(
    "registration.book_open",
    "毕业生的纸质协议书正在办理、尚未生效，请先作废该协议书，再登记去向",
    "An agreement book of the graduate is under way and not in force yet: void it before registering a destination",
)
VOID_FIRST = Reason(
    "registration.void_first",
    "已登记去向，不能再登记其他去向，请先申请作废",
    "A destination is registered: have it voided first",
)
NOTHING_REGISTERED = Reason(
    "registration.nothing_registered",
    "没有已登记的去向，无从作废，请刷新后查看",
    "No destination is registered: look at it again",
)
CANCEL_FIRST = Reason(
    "registration.cancel_agreement",
    "该去向来自就业协议，不能直接作废，请办理解约",
    "This destination comes from an agreement: cancel the agreement",
)
DEADLINE_OVER = Reason(
    "registration.deadline_over",
    "本届去向变更已于 {day:day} 截止，已登记的去向不再变更，请联系学校就业部门",
    "Changes of this class ended on {day:day} and what is registered stays: ask the school",
)
REGISTERING_OVER = Reason(
    "registration.registering_over",
    "本届去向登记已于 {day:day} 截止，请联系学校就业部门",
    "Registering for this class ended on {day:day}: ask the school",
)
NO_FILING = Reason(
    "registration.filing_not_found",
    "没有待确认的代填信息，请刷新后查看",
    "Nothing filled in for you awaits confirmation: look again",
    NotFound,
)
NOT_REGISTERED = Reason(
    "registration.register_first",
    "尚未登记毕业去向，请先登记毕业去向，再作离校确认",
    "No destination is registered: register one before confirming to leave",
)
RECIPIENT_NEEDED = Reason(
    "registration.recipient_needed",
    "档案接收信息不完整，请填写档案接收单位和地址",
    "Name the unit that receives the archive, and its address",
    Invalid,
)
ADDRESS_NEEDED = Reason(
    "registration.household_address_needed",
    "迁移户口须有迁入地址，请填写户口迁入地址",
    "A household that moves needs the address it moves to: fill it in",
    Invalid,
)
VOID_IN_REVIEW = Reason(
    "registration.void_in_review",
    "去向作废申请正在审核，请等待审核结果",
    "A void request is already under review: wait for the result",
)

VOIDED_BEFORE = Reason(
    "registration.voided_before",
    "该去向已经毕业生申请作废，不能再次导入，请核对后由毕业生自行登记",
    "The graduate had this destination voided and it is not imported again: let the graduate register",
)
IMPORTS_CLOSED = Reason(
    "registration.imports_closed",
    "本届不接受导入：省级未设置导入截止日期，或已过截止日期，请联系省级主管部门",
    "Nothing is imported for this class, the province has set no last day for it, or that day is over: ask the province",
)


@dataclass(frozen=True, slots=True)
class RegisterDestination:
    graduate_id: str
    destination: e.Destination
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileDestination:
    """代填 by an office in scope."""

    graduate_id: str
    destination: e.Destination
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportDestination:
    """What an older system had collected before this one began (DOMAIN 1.0)."""

    graduate_id: str
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class ConfirmFiling:
    graduate_id: str
    filing_id: str


@dataclass(frozen=True, slots=True)
class RejectFiling:
    graduate_id: str
    filing_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmLeaving:
    """离校确认."""

    graduate_id: str
    archive: e.Archive
    household: e.Household
    verification_authorised: bool = False


@dataclass(frozen=True, slots=True)
class ResetLeaving:
    """The roster was corrected, or left: `roster_version` is the place of that in the graduate's stream."""

    graduate_id: str
    roster_version: int


@dataclass(frozen=True, slots=True)
class EndUnfinished:
    """The graduate was removed from the roster: nothing is looked at any more, and nothing counts (DOMAIN 4.4)."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class WithdrawRegistration:
    graduate_id: str
    registration_id: str


@dataclass(frozen=True, slots=True)
class RequestVoid:
    graduate_id: str
    registration_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RegisterFromAgreement:
    """An agreement took effect."""

    graduate_id: str
    agreement_id: str
    scope: str
    class_year: int
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class ReopenRegistration:
    """An agreement was cancelled."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    graduate_id: str
    kind: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class FailReview:
    graduate_id: str
    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A province's settings for a class. No `change_deadline` means 31 August, no `registration_deadline` 31 December.

    `imports_until` is the last day on which schools import what an older system had collected, None for never.
    Whose destination is re-opened may register what follows for `reopened_days` more, whatever the last day was.
    """

    change_deadline: date | None = None
    evidence_required: bool = True
    imports_until: date | None = None
    reopened_days: int = REOPENED_DAYS
    registration_deadline: date | None = None

    def deadlines(self, class_year: int) -> Deadlines:
        """The last days of a class."""
        return deadlines_of(class_year, self.change_deadline, self.registration_deadline, self.reopened_days)


@dataclass(frozen=True, slots=True)
class Facts:
    """`signed`: an agreement binds, or one on paper is being made; then `on_paper`, until it is in force. What waits for a
    seal or an attestation binds until `signed_until`.

    `basic_data` is what the graduate said of the roster.

    `left` is where a graduate was who is on no roster any more. `roster_version` is how many events the directory has told
    about the graduate.
    `concluded` are the agreements that ever took effect, `cancelled` those that no longer bind. `freed_on` is the day on
    which an agreement last came to nothing: cancelled, or returned by its review.
    `settings` are those that the registration was made under; those of today for one that is being made, with the versions
    of the two streams that say so (None: not read).
    """

    graduate: Graduate | None = None
    left: str | None = None
    roster_version: int = 0
    basic_data: str = UNCHECKED
    signed: bool = False
    on_paper: bool = False
    signed_until: datetime | None = None
    concluded: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    freed_on: date | None = None
    settings: Settings = Settings()
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    province_version: int | None = None
    school_version: int | None = None


def decide(command: Any, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    match command:
        case RegisterDestination():
            return _register(command, state, facts, meta)
        case WithdrawRegistration(graduate_id, registration_id):
            if state.ended(registration_id) == "withdrawn":
                return []
            if state.pending is None or state.pending.registration_id != registration_id:
                raise NOT_PENDING.error(field="registration_id")
            return [e.RegistrationWithdrawn(registration_id, graduate_id)]
        case RequestVoid():
            return _request_void(command, state, facts, meta)
        case FileDestination():
            return _file(command, state, facts, meta)
        case ImportDestination():
            return _import(command, state, facts, meta)
        case ConfirmFiling():
            return _confirm_filing(command, state, facts, meta)
        case RejectFiling(graduate_id, filing_id, reason):
            if state.filed is None or state.filed.filing_id != filing_id:
                raise NO_FILING.error(field="filing_id")
            return [e.FilingRejected(filing_id, graduate_id, reason)]
        case ConfirmLeaving():
            return _confirm_leaving(command, state, facts)
        case ResetLeaving(_, roster_version):
            known = state.leaving
            return [] if known is None or known.roster_version >= roster_version else _reset(state, "roster_corrected")
        case EndUnfinished():
            return _end_unfinished(state, facts, meta)
        case RegisterFromAgreement():
            return _register_from_agreement(command, state, facts, meta)
        case ReopenRegistration():
            return _reopen(command, state, facts, meta)
        case PassReview():
            return _pass(command, state, facts, meta)
        case FailReview():
            return _fail(command, state, facts, meta)
    raise AssertionError(command)


def _register(command: RegisterDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    graduate, destination = _check_new(command, state, facts, meta)
    return [
        e.RegistrationSubmitted(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            evidence=command.evidence,
            min_chain=_min_chain(destination, graduate.class_year),
            warnings=warnings_of(destination),
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def _min_chain(destination: e.Destination, class_year: int) -> tuple[str, ...]:
    """The offices that must look at it: those of its category, and who confirms what is in doubt."""
    asked = destinations_of(class_year)[destination.code].min_chain
    return tuple(dict.fromkeys((*asked, *confirming_chain(destination.uscc))))


def _file(command: FileDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    graduate, destination = _check_new(command, state, facts, meta)
    filed = e.DestinationFiled(
        filing_id=new_id(lane_of(command.graduate_id), meta.command_id, "filing"),
        graduate_id=command.graduate_id,
        scope=graduate.scope,
        class_year=graduate.class_year,
        destination=destination,
        filed_by=meta.actor.id,
        evidence=command.evidence,
        province_version=facts.province_version,
        school_version=facts.school_version,
    )
    known = state.filed
    same = known is not None and (known.destination, known.evidence) == (filed.destination, filed.evidence)
    return [] if same else [filed]


def _confirm_filing(command: ConfirmFiling, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    filed = state.filed
    if filed is None or filed.filing_id != command.filing_id:
        raise NO_FILING.error(field="filing_id")
    graduate, destination = _check_new(filed, state, facts, meta)
    return [
        e.RegistrationSubmitted(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            evidence=filed.evidence,
            filing_id=filed.filing_id,
            min_chain=_min_chain(destination, graduate.class_year),
            warnings=warnings_of(destination),
            province_version=filed.province_version,
            school_version=filed.school_version,
        )
    ]


def _import(command: ImportDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    graduate = facts.graduate
    if graduate is None:
        raise NO_GRADUATE.error(field="graduate_id")
    today, until = day_of(meta.now), facts.settings.imports_until
    if until is None or today > until:
        raise IMPORTS_CLOSED.error()
    destination = check_imported(command.destination, graduate.class_year)
    _check_unsigned(facts, meta)
    if state.pending is not None:
        raise IN_REVIEW.error(registration_id=state.pending.registration_id)
    if state.void_id is not None:
        raise VOID_IN_REVIEW.error()
    registered = state.registered
    if registered is not None and registered.source != "agreement":
        if registered.destination == destination:
            return []
        # What the graduate has registered here is newer than anything an older system knows.
        if registered.source != IMPORTED:
            raise VOID_FIRST.error(registration_id=registered.registration_id)
    if any(past.ended == "voided" and same_whereabouts(past.destination, destination) for past in state.history):
        raise VOIDED_BEFORE.error()
    check_unit_and_day(destination, graduate, today)
    return [
        e.DestinationRegistered(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            source=IMPORTED,
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def _check_new(
    wanted: RegisterDestination | FileDestination | e.DestinationFiled, state: Registrations, facts: Facts, meta: Meta
) -> tuple[Graduate, e.Destination]:
    """Who registers and what, in its normal form."""
    graduate = facts.graduate
    if graduate is None:
        raise NO_GRADUATE.error(field="graduate_id")
    # An office fills in for whom it has not reached; the graduate confirms both.
    if not isinstance(wanted, FileDestination):
        _check_confirmed(facts)
    today = day_of(meta.now)
    _check_day(state, facts, graduate, today)
    destination = check_destination(wanted.destination, graduate.class_year)
    _check_unsigned(facts, meta)
    if state.pending is not None:
        raise IN_REVIEW.error(registration_id=state.pending.registration_id)
    # Who is not signed has no agreement that stands: what came from one is about to be re-opened.
    if state.placed and state.registered is not None and state.registered.source != "agreement":
        raise VOID_FIRST.error(registration_id=state.registered.registration_id)
    check_for(destination, graduate, today)
    # What is merely filled in is checked again, with its evidence, when the graduate confirms it.
    required = facts.settings.evidence_required and not isinstance(wanted, FileDestination)
    if not isinstance(wanted, e.DestinationFiled):
        check_evidence(
            destination, graduate.class_year, wanted.evidence, facts.evidence, wanted.graduate_id, required=required
        )
    elif required:
        check_evidence(
            destination, graduate.class_year, (), facts.evidence, wanted.graduate_id, required=not wanted.evidence
        )
    return graduate, destination


def _check_confirmed(facts: Facts) -> None:
    if facts.basic_data == DISPUTED:
        raise DISPUTE_OPEN.error()
    if facts.basic_data != CONFIRMED:
        raise CONFIRM_FIRST.error()


def _check_unsigned(facts: Facts, meta: Meta) -> None:
    # What nobody completed in time never takes effect, whenever the sweep writes that down.
    overdue = facts.signed_until is not None and meta.now >= facts.signed_until
    if facts.signed and not overdue:
        raise (BOOK_OPEN if facts.on_paper else SIGNED).error()


def _check_day(state: Registrations, facts: Facts, graduate: Graduate, today: date) -> None:
    """Who became free after the last day, or shortly before it, is not left unregistered for good."""
    last = last_day_for(state, facts, graduate)
    if today > last:
        raise REGISTERING_OVER.error(day=last.isoformat())


def last_day_for(state: Registrations, facts: Facts, graduate: Graduate) -> date:
    """The last day on which this graduate registers a destination or confirms what was filled in."""
    return facts.settings.deadlines(graduate.class_year).register_until(facts.freed_on, state.register_until)


def _confirm_leaving(command: ConfirmLeaving, state: Registrations, facts: Facts) -> list[Any]:
    registered = state.registered
    if facts.graduate is None:
        raise NO_GRADUATE.error(field="graduate_id")
    if registered is None:
        raise NOT_REGISTERED.error()
    if state.void_id is not None:
        raise VOID_IN_REVIEW.error()
    archive, household = command.archive, command.household
    if archive.kind != KEPT_BY_SCHOOL and (archive.recipient is None or archive.address is None):
        raise RECIPIENT_NEEDED.error(field="archive.recipient")
    if household.moves and household.address is None:
        raise ADDRESS_NEEDED.error(field="household.address")
    confirmed = e.LeavingConfirmed(
        graduate_id=command.graduate_id,
        registration_id=registered.registration_id,
        archive=archive,
        household=household,
        roster_version=facts.roster_version,
        transfer_number=_transfer_number(registered, archive),
        verification_authorised=command.verification_authorised,
    )
    return [] if state.leaving == confirmed else [confirmed]


def _transfer_number(registered: e.DestinationRegistered, archive: e.Archive) -> str | None:
    if archive.kind == KEPT_BY_SCHOOL:
        return None
    _, _, school, *_ = registered.scope.split("/")
    return transfer_number(registered.class_year, school, registered.registration_id, archive)


def _reset(state: Registrations, cause: str) -> list[Any]:
    """What was confirmed before leaving holds no more."""
    leaving = state.leaving
    return [] if leaving is None else [e.LeavingReset(leaving.graduate_id, leaving.registration_id, cause)]


def _request_void(command: RequestVoid, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    registered = state.registered
    if registered is None or registered.registration_id != command.registration_id:
        raise NOTHING_REGISTERED.error(field="registration_id")
    if registered.source == "agreement":
        raise CANCEL_FIRST.error()
    if state.void_id is not None:
        raise VOID_IN_REVIEW.error()
    last = facts.settings.deadlines(registered.class_year).changes
    if day_of(meta.now) > last:
        raise DEADLINE_OVER.error(day=last.isoformat())
    return [
        e.VoidRequested(
            void_id=new_id(lane_of(command.graduate_id), meta.command_id, "void"),
            registration_id=command.registration_id,
            graduate_id=command.graduate_id,
            scope=registered.scope,
            class_year=registered.class_year,
            reason=command.reason,
            province_version=registered.province_version,
            school_version=registered.school_version,
        ),
        *_reset(state, "void_requested"),
    ]


def _register_from_agreement(
    command: RegisterFromAgreement, state: Registrations, facts: Facts, meta: Meta
) -> list[Any]:
    # Its cancellation may have been told first; then nobody would ever re-open what is registered here.
    if command.agreement_id in facts.cancelled:
        return []
    registered = e.DestinationRegistered(
        registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
        graduate_id=command.graduate_id,
        scope=command.scope,
        class_year=command.class_year,
        destination=command.destination,
        source="agreement",
        agreement_id=command.agreement_id,
        province_version=facts.province_version,
    )
    if state.knows(registered.registration_id):
        return []
    superseded = []
    if state.pending is not None:
        pending = state.pending.registration_id
        superseded = [e.RegistrationSuperseded(pending, command.graduate_id, command.agreement_id)]
    return [*superseded, *_registering(registered, state)]


def _reopen(command: ReopenRegistration, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    graduate_id, agreement_id = command.graduate_id, command.agreement_id
    registered, until = state.registered, _register_until(facts, meta)
    if registered is not None and registered.agreement_id == agreement_id:
        return [e.DestinationReopened(registered.registration_id, graduate_id, "agreement_cancelled", until)]
    # Its conclusion may be on its way at this moment, decided before the cancellation: whoever writes second looks again.
    overtaken = agreement_id in facts.concluded and agreement_id not in state.followed
    return [e.AgreementOvertaken(graduate_id, agreement_id, until)] if overtaken else []


def _register_until(facts: Facts, meta: Meta) -> date | None:
    graduate = facts.graduate
    return None if graduate is None else facts.settings.deadlines(graduate.class_year).reopened_until(day_of(meta.now))


def _end_unfinished(state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """Who is enrolled again keeps what there is; what came from an agreement ends with that agreement."""
    if facts.graduate is not None:
        return []
    events: list[Any] = []
    if state.pending is not None:
        pending = state.pending
        events.append(e.RegistrationWithdrawn(pending.registration_id, pending.graduate_id, LEFT_ROSTER))
    registered = state.registered
    if registered is None or registered.source == "agreement":
        return events
    if state.void_id is not None:
        events.append(e.VoidSuperseded(state.void_id, registered.registration_id, registered.graduate_id))
    # Whoever was removed by mistake registers anew, after the last day too.
    until = facts.settings.deadlines(registered.class_year).reopened_until(day_of(meta.now))
    return [*events, e.DestinationReopened(registered.registration_id, registered.graduate_id, REMOVED, until)]


def _registering(registered: e.DestinationRegistered, state: Registrations) -> list[Any]:
    """The registration, after the end of a void request about the one that it supersedes."""
    before = state.registered
    if state.void_id is None or before is None:
        return [registered]
    return [e.VoidSuperseded(state.void_id, before.registration_id, registered.graduate_id), registered]


def _pass(command: PassReview, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        until = _register_until(facts, meta)
        return [e.DestinationReopened(state.registered.registration_id, command.graduate_id, "voided", until)]
    pending = state.pending
    if pending is None or pending.registration_id != command.subject_id:
        return []
    if facts.graduate is None:
        return [e.RegistrationWithdrawn(pending.registration_id, pending.graduate_id, LEFT_ROSTER)]
    registered = e.DestinationRegistered(
        registration_id=pending.registration_id,
        graduate_id=pending.graduate_id,
        scope=pending.scope,
        class_year=pending.class_year,
        destination=pending.destination,
        source="direct",
        province_version=pending.province_version,
        school_version=pending.school_version,
    )
    return _registering(registered, state)


def _fail(command: FailReview, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        registration_id = state.registered.registration_id
        return [e.VoidReturned(command.subject_id, registration_id, command.graduate_id, command.reason)]
    if state.pending is None or state.pending.registration_id != command.subject_id:
        return []
    until = _register_until(facts, meta)
    return [e.RegistrationReturned(command.subject_id, command.graduate_id, command.reason, until)]


def _facts(command: Any, streams: Streams) -> Facts:
    roster = streams.get(f"graduate-{command.graduate_id}", ())
    graduate = graduate_of(roster)
    agreements = streams.get(f"agreement-{command.graduate_id}", ())
    found = {each: _evidence(streams.get(f"evidence-{each}", ())) for each in getattr(command, "evidence", ())}
    signed, on_paper = _signed(agreements)
    begun = _begun(command, streams)
    province = streams.get(f"province-{lane_of(command.graduate_id)}", ())
    school = streams.get(_school_stream(graduate.scope)) if graduate else None
    return Facts(
        graduate=graduate,
        left=None if graduate is not None else scope_of(roster),
        roster_version=len(roster),
        basic_data=checked(roster, streams.get(f"basic_data-{command.graduate_id}", ())),
        signed=signed,
        on_paper=on_paper,
        signed_until=_signed_until(agreements),
        concluded=_agreements(agreements, "agreement.AgreementConcluded"),
        cancelled=_agreements(agreements, "agreement.AgreementCancelled"),
        freed_on=_freed_on(agreements),
        settings=_settings(
            until(province, begun.get("province_version")),
            begun.get("class_year") or (graduate.class_year if graduate else _class_of(roster)),
        ),
        evidence=MappingProxyType({each: evidence for each, evidence in found.items() if evidence is not None}),
        province_version=len(province),
        school_version=None if school is None else len(school),
    )


# What a graduate registers by: first the basic data are confirmed.
_CONFIRMED = (RegisterDestination, ConfirmFiling)
# What makes a registration keeps the settings of today for it.
_MAKING = (RegisterDestination, FileDestination, ImportDestination, RegisterFromAgreement)
_BEGINS = (
    "registration.DestinationFiled",
    "registration.RegistrationSubmitted",
    "registration.DestinationRegistered",
    "registration.VoidRequested",
)
_NAMED = ("registration_id", "filing_id", "subject_id", "agreement_id")
_BEGUN_AS = ("registration_id", "filing_id", "void_id", "agreement_id")


def _begun(command: Any, streams: Streams) -> Mapping[str, Any]:
    """What the registration, filing or void request that a command is about began with; nothing when it makes one."""
    about = {getattr(command, name, None) for name in _NAMED} - {None}
    if isinstance(command, _MAKING) or not about:
        return {}
    for recorded in reversed(streams.get(f"registration-{command.graduate_id}", ())):
        if recorded.type in _BEGINS and about & {recorded.data.get(name) for name in _BEGUN_AS}:
            return recorded.data
    return {}


def _school_stream(scope: str) -> str:
    _, province, school, *_ = scope.split("/")
    return f"school-{province}-{school}"


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    settings = Settings()
    for recorded in history:
        told = recorded.data
        if told["class_year"] == class_year:
            settings = Settings(
                change_deadline=_day(told.get("change_deadline")),
                evidence_required=told.get("evidence_required", True),
                imports_until=_day(told.get("imports_until")),
                reopened_days=told.get("reopened_days", REOPENED_DAYS),
                registration_deadline=_day(told.get("registration_deadline")),
            )
    return settings


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _evidence(history: Sequence[Recorded]) -> Evidence | None:
    stored = next((recorded.data for recorded in history if recorded.type == "directory.EvidenceStored"), None)
    return None if stored is None else Evidence(stored["graduate_id"], stored["kind"])


def graduate_of(history: Sequence[Recorded]) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    found: dict[str, Any] | None = None
    for recorded in history:
        found = None if recorded.type == "directory.GraduateRemoved" else recorded.data
    if found is None:
        return None
    return Graduate(
        scope=scope_path(found["province"], found["school"], found["department"]),
        class_year=found["class_year"],
        training=found["training"],
        agreed_unit=found.get("agreed_unit"),
        agreed_region=found.get("agreed_region"),
        enrolled_on=_day(found.get("enrolled_on")),
    )


def scope_of(history: Sequence[Recorded]) -> str | None:
    """Where a graduate is, or was before being removed; None for who never was on a roster."""
    entry = next((told.data for told in reversed(history) if "department" in told.data), None)
    return None if entry is None else scope_path(entry["province"], entry["school"], entry["department"])


def checked(roster: Sequence[Recorded], said: Sequence[Recorded]) -> str:
    """What a graduate said of the newest roster entry (信息确认): confirmed, disputed, or unchecked.

    The directory's own rule, from its events as published: another entry is looked at anew, a dispute that the school has
    answered blocks nothing and confirms nothing.
    """
    entry = next((each.version for each in reversed(roster) if each.type in _ENTRIES), None)
    confirmed: int | None = None
    disputes: set[str] = set()
    for each in said:
        match each.type:
            case "directory.BasicDataConfirmed":
                confirmed, disputes = each.data["entry"], set()
            case "directory.BasicDataDisputed":
                confirmed = None
                disputes |= {each.data["dispute_id"]} if each.data["entry"] == entry else set()
            case "directory.DisputeAnswered":
                disputes -= {each.data["dispute_id"]}
    if disputes:
        return DISPUTED
    return CONFIRMED if entry is not None and confirmed == entry else UNCHECKED


_ENTRIES = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def _class_of(history: Sequence[Recorded]) -> int:
    return next((int(told.data["class_year"]) for told in reversed(history) if "class_year" in told.data), 0)


def _agreements(history: Sequence[Recorded], event_type: str) -> frozenset[str]:
    return frozenset(recorded.data["agreement_id"] for recorded in history if recorded.type == event_type)


def _freed_on(history: Sequence[Recorded]) -> date | None:
    days = [day_of(recorded.event.occurred_at) for recorded in history if recorded.type in FREEING]
    return days[-1] if days else None


def _signed(history: Sequence[Recorded]) -> tuple[bool, bool]:
    """Whether something binds, and whether it is a book that is not in force yet."""
    signed = on_paper = False
    for recorded in history:
        match recorded.type:
            case "agreement.OfferAccepted":
                signed, on_paper = True, False
            case "agreement.BookApplied" | "agreement.PaperSubmitted":
                signed, on_paper = True, True
            case "agreement.AgreementConcluded":
                on_paper = False
            case "agreement.AgreementReturned" | "agreement.AgreementCancelled" | "agreement.BookVoided":
                signed = on_paper = False
    return signed, on_paper


def _signed_until(history: Sequence[Recorded]) -> datetime | None:
    """Until when the step of signing that comes next is waited for; None where nothing ends by itself."""
    told = next((recorded for recorded in reversed(history) if recorded.type in _STEPS_OF_SIGNING), None)
    until = told.data.get("complete_by") if told is not None else None
    return None if until is None else datetime.fromisoformat(until)


_STEPS_OF_SIGNING = (
    "agreement.OfferAccepted",
    "agreement.AttestationAwaited",
    "agreement.SealAwaited",
    "agreement.AgreementSealed",
    "agreement.AgreementAttested",
    "agreement.AgreementConcluded",
    "agreement.BookApplied",
    "agreement.PaperSubmitted",
)


def _then_reads(command: Any, streams: Streams) -> list[str]:
    """Whose school it is, the roster says; its settings say who reviews."""
    if not isinstance(command, (RegisterDestination, FileDestination, ImportDestination)):
        return []
    graduate = graduate_of(streams[f"graduate-{command.graduate_id}"])
    return [_school_stream(graduate.scope)] if graduate else []


def _subject(command: Any, state: Registrations, facts: Facts) -> Subject:
    # An office that asks again about who was removed since is answered as it was.
    return Subject(scope=facts.graduate.scope if facts.graduate else facts.left, graduate_id=command.graduate_id)


def _found(command: Any, state: Registrations) -> Mapping[str, str]:
    """What was filled in, or imported, the same before."""
    if isinstance(command, FileDestination) and state.filed is not None:
        return {"filing_id": state.filed.filing_id}
    if isinstance(command, ImportDestination) and state.registered is not None:
        return {"registration_id": state.registered.registration_id}
    return {}


HANDLING = Handling[Registrations](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"registration-{command.graduate_id}",
    reads=lambda command: [
        f"graduate-{command.graduate_id}",
        f"agreement-{command.graduate_id}",
        f"province-{lane_of(command.graduate_id)}",
        *([f"basic_data-{command.graduate_id}"] if isinstance(command, _CONFIRMED) else []),
        *(f"evidence-{each}" for each in getattr(command, "evidence", ())),
    ],
    facts=_facts,
    subject=_subject,
    then_reads=_then_reads,
    found=_found,
)
