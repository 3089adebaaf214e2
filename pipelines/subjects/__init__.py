"""Subjects (信用主体): one row for each credit code over all datasets, and whether codes, names and regions go together."""

from pipelines.subjects.mentions import SubjectMaster

__all__ = ["SubjectMaster"]
