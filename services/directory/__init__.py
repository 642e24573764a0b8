"""Decides who there is: provinces with their settings, schools, departments, graduates on rosters, employers.

Owns the words province, school, department, roster, graduate, employer, verification. The only home of personal data.
Never decides about offers, agreements, destinations or reviews; `papers` reads the events of agreements and registrations
to print them and to say what a number stands for.
"""
