"""Read-only SQL over the lake and the latest releases."""
