"""Judges a round from what clients wrote down, the event log, the read models and the national side's file.

Shares no code with the platform on purpose: every rule is stated here once more, as an auditor would. Pure; `campaign.
evidence` fetches what it is given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

from campaign.history import FAILED, OK, REFUSED, Attempt

# A caller waits this long for nothing: its own deadline, and the bounds of connecting, sending and being confirmed.
LONGEST_WAIT = timedelta(seconds=60)
SHANGHAI = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the log."""

    lane: str
    position: int
    stream: str
    version: int
    type: str
    event_id: str
    command_id: str
    correlation_id: str
    causation_id: str | None
    data: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime


@dataclass(slots=True)
class Findings:
    """What was checked, how often, and everything that was wrong."""

    checked: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def expect(self, rule: str, holds: object, what: str) -> None:
        """One check of a rule."""
        self.checked[rule] += 1
        if not holds:
            self.violations.append(f"{rule}: {what}")


# --- the log -----------------------------------------------------------------------------------------------------------


def check_log(events: Sequence[Event], lanes: Mapping[str, int], found: Findings) -> None:
    """Lanes and streams are gap-free, event ids follow from commands, causes are there."""
    at: dict[str, int] = defaultdict(int)
    versions: dict[str, int] = defaultdict(int)
    home: dict[str, str] = {}
    by_id: dict[str, Event] = {}
    for event in sorted(events, key=lambda each: (each.lane, each.position)):
        at[event.lane] += 1
        found.expect("lane gap-free", event.position == at[event.lane], f"{event.lane}/{event.position}")
        versions[event.stream] += 1
        ordered = event.version == versions[event.stream] and home.setdefault(event.stream, event.lane) == event.lane
        found.expect("stream gap-free", ordered, f"{event.stream} version {event.version} at {event.position}")
        found.expect("event once", event.event_id not in by_id, event.event_id)
        by_id[event.event_id] = event
    for lane, head in lanes.items():
        found.expect("lane head", at.get(lane, 0) == head, f"{lane} says {head}, holds {at.get(lane, 0)}")
    for command_id, own in _by_command(events).items():
        ids = [event.event_id for event in own]
        expected = [str(uuid5(UUID(command_id), f"{own[0].lane}/{index}")) for index in range(len(own))]
        together = (
            len({event.stream for event in own}) == 1
            and [event.version - own[0].version for event in own] == list(range(len(own)))
            and ids == expected
        )
        found.expect("command has one effect", together, f"{command_id}: {[event.type for event in own]}")
    for event in events:
        if event.causation_id is not None:
            cause = by_id.get(event.causation_id)
            linked = cause is not None and cause.correlation_id == event.correlation_id
            found.expect("cause is there", linked, f"{event.type} {event.event_id} by {event.causation_id}")


def _by_command(events: Iterable[Event]) -> dict[str, list[Event]]:
    commands: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda each: (each.lane, each.position)):
        commands[event.command_id].append(event)
    return commands


# --- what clients were told --------------------------------------------------------------------------------------------


def check_history(attempts: Sequence[Attempt], events: Sequence[Event], found: Findings) -> None:
    """Nothing answered is lost, nothing refused was done, every repeat has the same answer.

    One thing is allowed and counted as `overtaken`: an earlier attempt of a refused command that was still under way and
    took effect before its deadline.
    """
    commands = _by_command(events)
    told: dict[str, list[tuple[Attempt, str, Any]]] = defaultdict(list)
    for attempt in attempts:
        found.expect("no bug was answered", attempt.outcome != FAILED, f"{attempt.method} {attempt.code}")
        waited = (attempt.told_at or attempt.asked_at) - attempt.asked_at
        found.expect("everybody is told in time", waited <= LONGEST_WAIT, f"{attempt.method} after {waited}")
        for command_id, outcome, result in _parts(attempt):
            told[command_id].append((attempt, outcome, result))
    for command_id, answers in told.items():
        own = commands.get(command_id, [])
        _check_answers(command_id, [(each, result) for each, outcome, result in answers if outcome == OK], own, found)
        _check_refusals(
            command_id,
            [each for each, outcome, _ in answers if outcome == REFUSED],
            [a for a, _, _ in answers],
            own,
            found,
        )


def _parts(attempt: Attempt) -> Iterator[tuple[str, str, Any]]:
    """(command id, outcome, result) of a command, or of each item of a bulk one."""
    if attempt.items is None:
        yield attempt.command_id, attempt.outcome, attempt.result
    elif attempt.outcome == OK:
        for item in attempt.result["items"]:
            item_id = str(uuid5(UUID(attempt.command_id), str(item["index"])))
            if "error" not in item:
                yield item_id, OK, item
            elif item["error"]["exc_type"] not in ("Conflict", "Unavailable"):
                yield item_id, REFUSED, item
    elif attempt.outcome == REFUSED:
        for index in range(attempt.items):
            yield str(uuid5(UUID(attempt.command_id), str(index))), REFUSED, None


def _check_answers(
    command_id: str, answers: Sequence[tuple[Attempt, Any]], own: Sequence[Event], found: Findings
) -> None:
    for attempt, result in answers:
        what = f"{attempt.method} {command_id} was told {result}"
        if result["position"] == 0:
            found.expect("nothing done is nothing", not own, what)
            continue
        last = own[-1] if own else None
        there = last is not None and (last.position, last.version, last.lane) == (
            result["position"],
            result["version"],
            result["id"][:2],
        )
        found.expect("nothing answered is lost", there, what)
    done = {(result["id"], result["version"], result["position"]) for _, result in answers if result["position"]}
    found.expect("a repeat has the same answer", len(done) <= 1, f"{command_id}: {sorted(done)}")


def _check_refusals(
    command_id: str,
    refused: Sequence[Attempt],
    everyone: Sequence[Attempt],
    own: Sequence[Event],
    found: Findings,
) -> None:
    for attempt in refused:
        if not own:
            found.expect("nothing refused is done", True, "")
            continue
        under_way = [each for each in everyone if own[0].recorded_at <= each.deadline + timedelta(seconds=1)]
        later = own[0].recorded_at > attempt.asked_at
        if under_way and later:
            found.checked["(overtaken)"] += 1
        found.expect("nothing refused is done", under_way and later, f"{attempt.method} {command_id} {attempt.code}")


# --- the rules of the field --------------------------------------------------------------------------------------------

BINDING = frozenset({"accepted", "attesting", "effective", "applied", "correcting", "issued", "scanned"})
_OFFER: Mapping[str, tuple[str, frozenset[str], str]] = {
    "agreement.OfferWithdrawn": ("offer_id", frozenset({"open"}), "withdrawn"),
    "agreement.OfferRefused": ("offer_id", frozenset({"open"}), "refused"),
    "agreement.OfferLapsed": ("offer_id", frozenset({"open"}), "lapsed"),
    "agreement.OfferAccepted": ("offer_id", frozenset({"open"}), "accepted"),
    "agreement.AttestationAwaited": ("agreement_id", frozenset({"accepted"}), "attesting"),
    "agreement.BookAmended": ("agreement_id", frozenset({"correcting"}), "applied"),
    "agreement.ApplicationReturned": ("agreement_id", frozenset({"applied"}), "correcting"),
    "agreement.BookIssued": ("agreement_id", frozenset({"applied"}), "issued"),
    "agreement.UploadOpened": ("agreement_id", frozenset({"issued"}), "issued"),
    "agreement.ScanSubmitted": ("agreement_id", frozenset({"issued"}), "scanned"),
    "agreement.ScanReturned": ("agreement_id", frozenset({"scanned"}), "issued"),
    "agreement.BookVoided": ("agreement_id", frozenset({"applied", "correcting", "issued", "scanned"}), "voided"),
    "agreement.AgreementConcluded": ("agreement_id", frozenset({"accepted", "attesting", "scanned"}), "effective"),
    "agreement.AgreementReturned": ("agreement_id", frozenset({"accepted", "attesting"}), "returned"),
    "agreement.AgreementCancelled": ("agreement_id", frozenset({"effective"}), "cancelled"),
}

_PROPOSAL: Mapping[str, str] = {
    "agreement.SigningProposed": "open",
    "agreement.ProposalWithdrawn": "withdrawn",
    "agreement.ProposalRefused": "refused",
    "agreement.ProposalLapsed": "lapsed",
}
_ROSTER = frozenset(f"directory.Graduate{what}" for what in ("Enrolled", "Corrected", "Removed"))
_CODES = frozenset({"agreement.OperationCodeSet", "agreement.OperationCodeReset"})
_REVIEWED = {"applied": "application", "scanned": "signing", "accepted": "agreement"}
_CANCELLATION = frozenset(
    f"agreement.Cancellation{what}" for what in ("Requested", "Withdrawn", "Refused", "Lapsed", "Agreed", "Returned")
)


@dataclass(slots=True)
class Offer:
    """An offer, or a book, as the log has it. `cancellation` is (id, whether both sides agreed) while one is under way.

    A book's `review` names what is looked at while it waits for one, its `loss` a report of loss under review.
    """

    state: str = "open"
    book: bool = False
    review: str | None = None
    loss: str | None = None
    number: str | None = None
    cancellation: tuple[str, bool] | None = None


@dataclass(slots=True)
class Destinations:
    """A graduate's registrations as the log has them. `registered` is (id, code, agreement id or None)."""

    pending: str | None = None
    registered: tuple[str, str, str | None] | None = None
    void: str | None = None
    # How much of the roster was known when the graduate confirmed to leave, None while that does not hold.
    leaving: int | None = None
    rows: dict[str, tuple[str, str | None]] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """Everything the log adds up to, by this checker's own account."""

    offers: dict[str, dict[str, Offer]] = field(default_factory=lambda: defaultdict(dict))
    destinations: dict[str, Destinations] = field(default_factory=lambda: defaultdict(Destinations))
    cases: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    reminded: set[str] = field(default_factory=set)
    proposals: dict[str, str] = field(default_factory=dict)
    # The last word on every graduate, None once removed, and its place in the graduate's stream.
    roster: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    roster_versions: dict[str, int] = field(default_factory=dict)


def fold(events: Sequence[Event], found: Findings) -> World:
    """The world, with every step checked against the rules."""
    world = World()
    numbers: set[str] = set()
    for event in sorted(events, key=lambda each: (each.lane, each.position)):
        context = event.type.partition(".")[0]
        _check_enrolled(world, event, found)
        if event.type in _ROSTER:
            _fold_roster(world, event, found)
        elif event.type in _PROPOSAL:
            _fold_proposal(world, event, _PROPOSAL[event.type], found)
        elif context == "agreement" and event.type not in _CODES:
            _fold_agreement(world, event, numbers, found)
        elif context == "registration":
            _fold_registration(world, event, found)
        elif context == "review":
            _fold_review(world, event, found)
    return world


def _fold_roster(world: World, event: Event, found: Findings) -> None:
    graduate = event.data["graduate_id"]
    there = world.roster.get(graduate) is not None
    wanted = event.type != "directory.GraduateEnrolled"
    found.expect("roster may say this", there == wanted, f"{graduate} {event.type}")
    removed = event.type == "directory.GraduateRemoved"
    in_force = [offer_id for offer_id, offer in world.offers[graduate].items() if offer.state == "effective"]
    found.expect("nobody bound is removed", not removed or not in_force, f"{graduate} {in_force}")
    world.roster[graduate] = None if removed else event.data
    world.roster_versions[graduate] = event.version


def _fold_agreement(world: World, event: Event, numbers: set[str], found: Findings) -> None:
    graduate, data = event.stream.removeprefix("agreement-"), event.data
    offers = world.offers[graduate]
    if event.type == "agreement.OfferSent":
        found.expect("offer is new", data["offer_id"] not in offers, f"{graduate} {data['offer_id']}")
        offers[data["offer_id"]] = Offer()
        if data.get("proposal_id") is not None:
            _fold_proposal(world, event, "answered", found)
    elif event.type == "agreement.BookApplied":
        found.expect("book is new", data["agreement_id"] not in offers, f"{graduate} {data['agreement_id']}")
        offers[data["agreement_id"]] = Offer("applied", book=True, review=data["review_id"])
    elif event.type in _OFFER:
        key, before, after = _OFFER[event.type]
        offer = offers[data[key]]
        found.expect("offer may do this", offer.state in before, f"{graduate} {event.type} while {offer.state}")
        offer.state = after
        offer.review = data.get("review_id") if after in ("applied", "scanned") else None
        if after == "voided":
            offer.loss = None
        if event.type == "agreement.BookIssued" or (after == "effective" and not offer.book):
            _take_number(offer, data["number"], numbers, found)
        elif after == "effective":
            found.expect("concludes under its number", offer.number == data["number"], f"{graduate} {offer.number}")
        if after == "cancelled":
            agreed = offer.cancellation == (data["cancellation_id"], True)
            found.expect("cancelled by both", agreed, f"{graduate} {data['agreement_id']}")
            offer.cancellation = offer.loss = None
    elif event.type in ("agreement.LossReported", "agreement.LossReturned", "agreement.BookReissued"):
        _fold_loss(offers[data["agreement_id"]], event, numbers, found)
    elif event.type == "agreement.CancellationReminded":
        asked = offers[data["agreement_id"]].cancellation == (data["cancellation_id"], False)
        found.expect("reminds of what is not answered", asked, f"{graduate} {data['cancellation_id']}")
        found.expect("reminds once", data["cancellation_id"] not in world.reminded, f"{graduate} {event.event_id}")
        world.reminded.add(data["cancellation_id"])
    elif event.type not in _CANCELLATION:
        found.expect("event is known", False, event.type)
    else:
        offer = offers[data["agreement_id"]]
        found.expect("cancels what is effective", offer.state == "effective", f"{graduate} {event.type}")
        if event.type == "agreement.CancellationRequested":
            found.expect("one cancellation at a time", offer.cancellation is None, f"{graduate} {event.event_id}")
            offer.cancellation = (data["cancellation_id"], False)
        elif event.type == "agreement.CancellationAgreed":
            found.expect("agrees to what is asked", offer.cancellation == (data["cancellation_id"], False), graduate)
            offer.cancellation = (data["cancellation_id"], True)
        else:
            found.expect("ends what is asked", offer.cancellation is not None, f"{graduate} {event.type}")
            offer.cancellation = None
    binding = [offer_id for offer_id, offer in offers.items() if offer.state in BINDING]
    found.expect("one binding agreement", len(binding) <= 1, f"{graduate}: {binding}")


def _check_enrolled(world: World, event: Event, found: Findings) -> None:
    if event.type == "agreement.AgreementConcluded":
        graduate = event.stream.removeprefix("agreement-")
        found.expect("takes effect on a roster", world.roster.get(graduate) is not None, graduate)


def _fold_proposal(world: World, event: Event, after: str, found: Findings) -> None:
    proposal_id = event.data["proposal_id"]
    state = world.proposals.get(proposal_id)
    wanted = None if after == "open" else "open"
    found.expect("proposal may do this", state == wanted, f"{event.type} {proposal_id} while {state}")
    world.proposals[proposal_id] = after


def _fold_loss(book: Offer, event: Event, numbers: set[str], found: Findings) -> None:
    data = event.data
    if event.type == "agreement.LossReported":
        found.expect("one loss at a time", book.loss is None and book.number is not None, str(data["loss_id"]))
        book.loss = data["loss_id"]
        return
    found.expect("ends the loss that was reported", book.loss == data["loss_id"], f"{event.type} {data['loss_id']}")
    book.loss = None
    if event.type == "agreement.BookReissued":
        found.expect("replaces its own number", book.number == data["old_number"], str(data["old_number"]))
        _take_number(book, data["number"], numbers, found)


def _take_number(agreement: Offer, number: str, numbers: set[str], found: Findings) -> None:
    found.expect("agreement number once", number not in numbers, str(number))
    numbers.add(number)
    agreement.number = number


def _fold_registration(world: World, event: Event, found: Findings) -> None:
    graduate, data = event.stream.removeprefix("registration-"), event.data
    known = world.destinations[graduate]
    what = event.type.removeprefix("registration.")
    registration_id = data.get("registration_id", "")
    match what:
        case "RegistrationSubmitted":
            found.expect("one registration under review", known.pending is None, f"{graduate} {registration_id}")
            known.pending = registration_id
            known.rows[registration_id] = ("pending", None)
        case "RegistrationWithdrawn" | "RegistrationSuperseded" | "RegistrationReturned":
            found.expect("ends what is pending", known.pending == registration_id, f"{graduate} {what}")
            known.pending = None
            known.rows[registration_id] = ("ended", what.removeprefix("Registration").lower())
        case "DestinationRegistered":
            if known.registered is not None:
                known.rows[known.registered[0]] = ("ended", "superseded")
                found.expect("no void is left behind", known.void is None, f"{graduate} {registration_id}")
            if known.pending == registration_id:
                known.pending = None
            known.registered = (registration_id, data["destination"]["code"], data.get("agreement_id"))
            known.leaving = None
            known.rows[registration_id] = ("registered", None)
        case "DestinationReopened":
            current = known.registered is not None and known.registered[0] == registration_id
            found.expect("re-opens what is registered", current, f"{graduate} {registration_id}")
            known.registered = known.void = known.leaving = None
            known.rows[registration_id] = ("ended", data["cause"])
        case "VoidRequested":
            found.expect("one void at a time", known.void is None, f"{graduate} {data['void_id']}")
            known.void = data["void_id"]
        case "VoidReturned" | "VoidSuperseded":
            found.expect("ends what was asked to be voided", known.void == data["void_id"], f"{graduate} {what}")
            known.void = None
        case "LeavingConfirmed":
            current = known.registered is not None and known.registered[0] == registration_id
            found.expect(
                "leaves with what is registered", current and known.void is None, f"{graduate} {event.event_id}"
            )
            known.leaving = data["roster_version"]
        case "LeavingReset":
            found.expect("resets what was confirmed", known.leaving is not None, f"{graduate} {event.event_id}")
            known.leaving = None
        case "DestinationFiled" | "FilingRejected" | "AgreementOvertaken" | "AgreementRenumbered":
            pass
        case _:
            found.expect("event is known", False, event.type)


def _fold_review(world: World, event: Event, found: Findings) -> None:
    case_id, what = event.data["case_id"], event.type.removeprefix("review.")
    if what == "ReviewOpened":
        found.expect("case is new", case_id not in world.cases and case_id not in world.gone, case_id)
        world.cases[case_id] = (event.data["kind"], event.data["subject_id"], "waiting")
        return
    if case_id not in world.cases:
        found.expect("case is open", what == "ReviewClosed", f"{case_id} {what}")
        world.gone.add(case_id)
        return
    kind, subject, state = world.cases[case_id]
    found.expect("case is open", state == "waiting", f"{case_id} {what} while {state}")
    ended = {"ReviewPassed": "passed", "ReviewReturned": "returned", "ReviewClosed": "closed"}.get(what, "waiting")
    world.cases[case_id] = (kind, subject, ended)


def unfinished(world: World) -> list[str]:
    """What one context has said and another has not followed yet; empty once everything has been passed on."""
    waiting = {(kind, subject) for kind, subject, state in world.cases.values() if state == "waiting"}
    wanted: set[tuple[str, str]] = set()
    open_ends: list[str] = []
    for graduate, offers in world.offers.items():
        for offer_id, offer in offers.items():
            if offer.state in _REVIEWED:
                wanted.add((_REVIEWED[offer.state], offer.review or offer_id))
            if offer.loss is not None:
                wanted.add(("loss", offer.loss))
            if offer.cancellation is not None and offer.cancellation[1]:
                wanted.add(("cancellation", offer.cancellation[0]))
        effective = next((offer_id for offer_id, offer in offers.items() if offer.state == "effective"), None)
        registered = world.destinations[graduate].registered if graduate in world.destinations else None
        by_agreement = registered[2] if registered else None
        if effective != by_agreement:
            open_ends.append(f"{graduate}: effective {effective}, registered from {by_agreement}")
    for graduate, known in world.destinations.items():
        corrected = world.roster_versions.get(graduate, 0)
        if known.leaving is not None and known.leaving < corrected:
            open_ends.append(f"{graduate}: leaves by roster {known.leaving}, corrected by {corrected}")
        wanted |= {("registration", known.pending)} if known.pending else set()
        wanted |= {("void", known.void)} if known.void else set()
    open_ends += [f"no case for {kind} {subject}" for kind, subject in sorted(wanted - waiting)]
    open_ends += [f"a case waits for nothing: {kind} {subject}" for kind, subject in sorted(waiting - wanted)]
    return open_ends


# --- read models and the national side ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadModels:
    """Rows of the read models, by id."""

    checkpoints: Mapping[str, Mapping[str, int]]
    offers: Mapping[str, tuple[str, str | None]]
    books: Mapping[str, tuple[str, str | None]]
    registrations: Mapping[str, tuple[str, str | None]]
    cases: Mapping[str, str]
    spans: Mapping[str, str]
    cube: Mapping[str, int]
    graduates: Mapping[str, str]
    keyless: frozenset[str]
    parked: int


def check_read_models(models: ReadModels, events: Sequence[Event], world: World, found: Findings) -> None:
    """Every read model is what the log says."""
    heads = {event.lane: 0 for event in events}
    for event in events:
        heads[event.lane] = max(heads[event.lane], event.position)
    for schema, checkpoint in models.checkpoints.items():
        for lane, head in heads.items():
            found.expect(
                "checkpoint at head", checkpoint.get(lane, 0) == head, f"{schema} {lane}: {checkpoint.get(lane)}"
            )
    for rule, of_books, rows in (
        ("offers equal the log", False, models.offers),
        ("books equal the log", True, models.books),
    ):
        known = [pair for offers in world.offers.values() for pair in offers.items() if pair[1].book == of_books]
        _same(rule, rows, {thing_id: (thing.state, thing.number) for thing_id, thing in known}, found)
    registrations = {key: row for each in world.destinations.values() for key, row in each.rows.items()}
    _same("registrations equal the log", models.registrations, registrations, found)
    _same("cases equal the log", models.cases, {key: case[2] for key, case in world.cases.items()}, found)
    codes = {graduate: known.registered[1] for graduate, known in world.destinations.items() if known.registered}
    _same("spans equal the log", models.spans, codes, found)
    places = {
        graduate: f"{told['school']}/{told['department']}"
        for graduate, told in world.roster.items()
        if told is not None
    }
    _same("roster equals the log", models.graduates, places, found)
    counts = Counter(f"{place}/{codes.get(graduate, '')}" for graduate, place in places.items())
    _same("cube equals the log", models.cube, counts, found)
    found.expect("nothing is parked", models.parked == 0, f"{models.parked} parked")


def _same(rule: str, actual: Mapping[str, Any], expected: Mapping[str, Any], found: Findings) -> None:
    for key in sorted({*actual, *expected}):
        found.expect(rule, actual.get(key) == expected.get(key), f"{key}: {actual.get(key)}, log {expected.get(key)}")


def check_erased(attempts: Sequence[Attempt], keyless: frozenset[str], found: Findings) -> None:
    """Whoever was answered to be erased has no key any more, whatever was imported meanwhile."""
    for attempt in attempts:
        if attempt.method == "directory.erase_graduate" and attempt.outcome == OK:
            graduate = attempt.result["id"]
            found.expect("who is erased has no key", graduate in keyless, graduate)


def check_rebuilt(differences: Mapping[str, int], found: Findings) -> None:
    """Tables folded again from position 1 hold the same rows: per table, how many rows only one of the two has."""
    for table, rows in differences.items():
        found.expect("read model equals a fold from zero", rows == 0, f"{table}: {rows} rows differ")
