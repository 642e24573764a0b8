"""The event log: the one record of everything that happened, kept in lanes that number their events without gaps."""
