"""The second route: the catalogue as Great Expectations suites, run on DuckDB.

Importing this package imports no Great Expectations (two seconds); ``compare`` and ``unmet`` do when they are called.
"""

from pipelines.expectations.double_entry import compare, connection
from pipelines.expectations.suites import CRITICAL, outdated, read, suite, write_all
from pipelines.expectations.unmet import unmet, unmet_rows

__all__ = ["CRITICAL", "compare", "connection", "outdated", "read", "suite", "unmet", "unmet_rows", "write_all"]
