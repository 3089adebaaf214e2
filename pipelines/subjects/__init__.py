"""Subjects (信用主体): one row for each credit code over all datasets, and whether codes, names and regions go together."""

from pipelines.subjects.conflicts import conflicts_table
from pipelines.subjects.mentions import SubjectMaster
from pipelines.subjects.sources import losers_of

__all__ = ["SubjectMaster", "conflicts_table", "losers_of"]
