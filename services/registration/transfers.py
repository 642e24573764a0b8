"""转递编号: what an archive is sent under, made from the destination that it follows (DOMAIN 3.4, 5.6). Pure."""

from __future__ import annotations

from uuid import UUID, uuid5

from services.registration.events import Archive

LANE_PART = 3
SERIAL_DIGITS = 11


def transfer_number(class_year: int, school: str, registration_id: str, archive: Archive) -> str:
    """届 (4), school (5) and eleven digits: the same for the same registration and recipient, another for any other."""
    sent_to = f"{archive.kind}\n{archive.recipient}\n{archive.address}"
    serial = uuid5(UUID(registration_id[LANE_PART:]), sent_to).int % 10**SERIAL_DIGITS
    return f"{class_year}{school}{serial:0{SERIAL_DIGITS}d}"
