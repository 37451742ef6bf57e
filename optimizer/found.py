"""What a typed text was taken for, and how sure that is: the answer of every search of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["id", "code", "code_repaired", "exact", "alias", "letters", "spelling"]

# What is said about a reading beside how it was found; a program may turn each into its own sentence.
Remark = Literal[
    "code_repaired",  # the code lost a zero or its check digit and was completed
    "code_unknown",  # the code that stands beside the name is none we know
    "code_wrong",  # ... and its check digit is wrong
    "letters",  # letters of two alphabets were repaired
    "spelling",  # the name was corrected
    "export",  # (эксп.) was said, and the place is a border point
    "export_is_town",  # (эксп.) was said, but what we have is the town's station
    "count",  # the text held a number of units as well
    "ownership",  # ... or whose they are
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something else the text may mean, from 0 to 100, and its name that fitted."""

    id: str
    score: float
    matched: str


@dataclass(frozen=True, slots=True)
class Found:
    """The one thing a text means.

    Attributes:
        id: of the place, cargo or equipment.
        how: id or code; exact (its own name); alias (another spelling in our tables); letters (exact, once
            letters of two alphabets were put right); spelling (the nearest name, corrected); code_repaired
            (a code that lost digits, completed).
        score: 0 to 100; 97 and more is a name of ours letter for letter.
        matched: the name or code of ours that fitted, to show ("read as Kostanay").
        also: the runners-up, best first.
        remarks: what else a person should be told.
    """

    id: str
    how: How
    score: float
    matched: str
    also: tuple[Candidate, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def to_confirm(self) -> bool:
        """Whether the text was corrected on the way, so that a person should see what it was read as.

        >>> Found("kz-kostanay", "spelling", 94.1, "Kostanay").to_confirm
        True
        """
        changed: set[str] = {"code_repaired", "letters", "spelling"}
        return self.how in changed or bool(changed.intersection(self.remarks)) or "code_wrong" in self.remarks
