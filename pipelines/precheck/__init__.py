"""The same screening on a provider's own desk, before anything is sent."""

from pipelines.precheck.precheck import Prechecked, precheck

__all__ = ["Prechecked", "precheck"]
