"""The audit: proves from what is on disk that no row was lost and nothing was altered."""

from pipelines.audit.audit import audit, examined
from pipelines.audit.finding import AuditFinding

__all__ = ["AuditFinding", "audit", "examined"]
