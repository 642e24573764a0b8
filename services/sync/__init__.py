"""Tells the national system, in real time, what became of each graduate, and checks that it knows.

Owns the words record, delivery, parked, reconciliation. Decides nothing. Never knows a name or an identity number: a
record is about a graduate id.
"""
