"""The demonstration: a published employment report, played graduate by graduate, and every printed figure compared."""
