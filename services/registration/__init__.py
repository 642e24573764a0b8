"""Decides where a graduate went: the one registered destination, from an agreement or registered directly.

Owns the words destination (毕业去向), registration (去向登记), void (作废), re-opening.
Never knows how an agreement came about, how a review is done, or what a rate is.
"""
