"""Decides who must look at what, in which order: department, school, province by setting; approve or return.

Owns the words case, chain, step, queue. Never knows what an agreement or a destination holds.
"""
