"""What every context stands on: messages, errors, the event log, handling, following, the seam to nameko. No business word,
except the national code tables in shared.codes.
"""
