"""Tells the national employment-management system, in real time, what became of each graduate, and checks that it knows.

Owns the words record, delivery, parked, reconciliation. Decides nothing. Personal data stays in the directory in this
step: a record is about a graduate id.
"""
