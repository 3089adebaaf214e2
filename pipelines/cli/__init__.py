"""The command line ``credit-hub``: verbs by topic, and how results are printed."""

from pipelines.cli.app import main

__all__ = ["main"]
