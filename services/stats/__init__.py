"""Counts: graduates by destination and every dimension of the roster, as of any day, and the official rates.

Owns the words count, rate, base, rule version. Decides nothing and tells nobody anything: only counts what it read.
"""
