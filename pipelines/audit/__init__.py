"""The audit: proves from what is on disk that no row was lost and nothing was altered."""

from pipelines.audit.audit import AuditFinding, audit

__all__ = ["AuditFinding", "audit"]
