"""What a changed catalogue would do: retained deliveries screened under the rules of now and of then, nothing written."""

from pipelines.impact.impact import Impact, Turned, impact

__all__ = ["Impact", "Turned", "impact"]
