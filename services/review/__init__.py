"""Decides who must look at what, in which order: department, school, province by setting; approve or return.

Owns the words case, chain, step, queue. Of an agreement or a destination it shows what their streams tell, and keeps nothing.
"""
