"""What graduates may be counted by (DOMAIN 4.7): dimensions of the roster, and of the destination that day."""

from __future__ import annotations

ROSTER_COLUMNS = (
    "province",
    "school",
    "department",
    "education",
    "major",
    "sex",
    "ethnic",
    "political",
    "hardship",
    "normal",
    "origin",
)
DESTINATION_COLUMNS = ("code", "intention", "unit_nature", "industry", "position", "place")
# What the cube is kept by: the dimensions that dashboards open with.
CUBE_COLUMNS = ("province", "school", "department", "education", "code")
DIMENSIONS = (*ROSTER_COLUMNS, *DESTINATION_COLUMNS)
