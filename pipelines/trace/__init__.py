"""The complete record (完整信用记录): everything the hub knows of one subject, down to the line of the file it came from."""

from pipelines.trace.gather import trace

__all__ = ["trace"]
