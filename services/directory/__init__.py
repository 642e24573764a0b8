"""Decides who there is: provinces with their settings, schools, departments, graduates on rosters, employers.

Owns the words province, school, department, roster, graduate, employer, verification. The only home of personal data.
Never knows offers, agreements, destinations or reviews.
"""
